/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef PS_SHIM_STDBOOL_H
#define PS_SHIM_STDBOOL_H
#define bool	_Bool
#define true	1
#define false	0
#endif
