/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef PS_SHIM_SIGNAL_H
#define PS_SHIM_SIGNAL_H
typedef int sig_atomic_t;
#endif
