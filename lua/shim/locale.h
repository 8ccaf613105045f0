/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Nothing: luaconf.h's lua_getlocaledecpoint has the answer. */
