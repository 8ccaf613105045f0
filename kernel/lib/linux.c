/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <lunatik.h>

static int open(lua_State *L)
{
	lua_newtable(L);
	return 1;
}

static struct lunatik_library library = { "linux", open, THIS_MODULE };

module_lunatik(library, "linux");
MODULE_DESCRIPTION("Lua library linux");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
