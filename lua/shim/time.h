/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Nothing: luai_makeseed and l_randomizePivot, the users of time(), are in luaconf.h. */
