/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Nothing: luaconf.h's l_floatatt has the answers. */
