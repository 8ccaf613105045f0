/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Lua's functions, for other modules. There are no files and no processes, and no state without a runtime.
 */
#include <linux/export.h>
#include <linux/module.h>

#include "buffer.h"
#include "env.h"

/* host.h */
EXPORT_SYMBOL_GPL(ps_host_may_log);

/* lua.h */
EXPORT_SYMBOL_GPL(lua_newstate);
EXPORT_SYMBOL_GPL(lua_close);
EXPORT_SYMBOL_GPL(lua_newthread);
EXPORT_SYMBOL_GPL(lua_resetthread);
EXPORT_SYMBOL_GPL(lua_atpanic);
EXPORT_SYMBOL_GPL(lua_version);
EXPORT_SYMBOL_GPL(lua_absindex);
EXPORT_SYMBOL_GPL(lua_gettop);
EXPORT_SYMBOL_GPL(lua_settop);
EXPORT_SYMBOL_GPL(lua_pushvalue);
EXPORT_SYMBOL_GPL(lua_rotate);
EXPORT_SYMBOL_GPL(lua_copy);
EXPORT_SYMBOL_GPL(lua_checkstack);
EXPORT_SYMBOL_GPL(lua_xmove);
EXPORT_SYMBOL_GPL(lua_isnumber);
EXPORT_SYMBOL_GPL(lua_isstring);
EXPORT_SYMBOL_GPL(lua_iscfunction);
EXPORT_SYMBOL_GPL(lua_isinteger);
EXPORT_SYMBOL_GPL(lua_isuserdata);
EXPORT_SYMBOL_GPL(lua_type);
EXPORT_SYMBOL_GPL(lua_typename);
EXPORT_SYMBOL_GPL(lua_tonumberx);
EXPORT_SYMBOL_GPL(lua_tointegerx);
EXPORT_SYMBOL_GPL(lua_toboolean);
EXPORT_SYMBOL_GPL(lua_tolstring);
EXPORT_SYMBOL_GPL(lua_rawlen);
EXPORT_SYMBOL_GPL(lua_tocfunction);
EXPORT_SYMBOL_GPL(lua_touserdata);
EXPORT_SYMBOL_GPL(lua_tothread);
EXPORT_SYMBOL_GPL(lua_topointer);
EXPORT_SYMBOL_GPL(lua_arith);
EXPORT_SYMBOL_GPL(lua_rawequal);
EXPORT_SYMBOL_GPL(lua_compare);
EXPORT_SYMBOL_GPL(lua_pushnil);
EXPORT_SYMBOL_GPL(lua_pushnumber);
EXPORT_SYMBOL_GPL(lua_pushinteger);
EXPORT_SYMBOL_GPL(lua_pushlstring);
EXPORT_SYMBOL_GPL(lua_pushstring);
EXPORT_SYMBOL_GPL(lua_pushvfstring);
EXPORT_SYMBOL_GPL(lua_pushfstring);
EXPORT_SYMBOL_GPL(lua_pushcclosure);
EXPORT_SYMBOL_GPL(lua_pushboolean);
EXPORT_SYMBOL_GPL(lua_pushlightuserdata);
EXPORT_SYMBOL_GPL(lua_pushthread);
EXPORT_SYMBOL_GPL(lua_getglobal);
EXPORT_SYMBOL_GPL(lua_gettable);
EXPORT_SYMBOL_GPL(lua_getfield);
EXPORT_SYMBOL_GPL(lua_geti);
EXPORT_SYMBOL_GPL(lua_rawget);
EXPORT_SYMBOL_GPL(lua_rawgeti);
EXPORT_SYMBOL_GPL(lua_rawgetp);
EXPORT_SYMBOL_GPL(lua_createtable);
EXPORT_SYMBOL_GPL(lua_newuserdatauv);
EXPORT_SYMBOL_GPL(lua_getmetatable);
EXPORT_SYMBOL_GPL(lua_getiuservalue);
EXPORT_SYMBOL_GPL(lua_setglobal);
EXPORT_SYMBOL_GPL(lua_settable);
EXPORT_SYMBOL_GPL(lua_setfield);
EXPORT_SYMBOL_GPL(lua_seti);
EXPORT_SYMBOL_GPL(lua_rawset);
EXPORT_SYMBOL_GPL(lua_rawseti);
EXPORT_SYMBOL_GPL(lua_rawsetp);
EXPORT_SYMBOL_GPL(lua_setmetatable);
EXPORT_SYMBOL_GPL(lua_setiuservalue);
EXPORT_SYMBOL_GPL(lua_callk);
EXPORT_SYMBOL_GPL(lua_pcallk);
EXPORT_SYMBOL_GPL(lua_load);
EXPORT_SYMBOL_GPL(lua_dump);
EXPORT_SYMBOL_GPL(lua_yieldk);
EXPORT_SYMBOL_GPL(lua_resume);
EXPORT_SYMBOL_GPL(lua_status);
EXPORT_SYMBOL_GPL(lua_isyieldable);
EXPORT_SYMBOL_GPL(lua_setwarnf);
EXPORT_SYMBOL_GPL(lua_warning);
EXPORT_SYMBOL_GPL(lua_gc);
EXPORT_SYMBOL_GPL(lua_error);
EXPORT_SYMBOL_GPL(lua_next);
EXPORT_SYMBOL_GPL(lua_concat);
EXPORT_SYMBOL_GPL(lua_len);
EXPORT_SYMBOL_GPL(lua_stringtonumber);
EXPORT_SYMBOL_GPL(lua_getallocf);
EXPORT_SYMBOL_GPL(lua_setallocf);
EXPORT_SYMBOL_GPL(lua_toclose);
EXPORT_SYMBOL_GPL(lua_closeslot);
EXPORT_SYMBOL_GPL(lua_getstack);
EXPORT_SYMBOL_GPL(lua_getinfo);
EXPORT_SYMBOL_GPL(lua_getlocal);
EXPORT_SYMBOL_GPL(lua_setlocal);
EXPORT_SYMBOL_GPL(lua_getupvalue);
EXPORT_SYMBOL_GPL(lua_setupvalue);
EXPORT_SYMBOL_GPL(lua_upvalueid);
EXPORT_SYMBOL_GPL(lua_upvaluejoin);
EXPORT_SYMBOL_GPL(lua_sethook);
EXPORT_SYMBOL_GPL(lua_gethook);
EXPORT_SYMBOL_GPL(lua_gethookmask);
EXPORT_SYMBOL_GPL(lua_gethookcount);
EXPORT_SYMBOL_GPL(lua_setcstacklimit);

/* lauxlib.h */
EXPORT_SYMBOL_GPL(luaL_checkversion_);
EXPORT_SYMBOL_GPL(luaL_getmetafield);
EXPORT_SYMBOL_GPL(luaL_callmeta);
EXPORT_SYMBOL_GPL(luaL_tolstring);
EXPORT_SYMBOL_GPL(luaL_argerror);
EXPORT_SYMBOL_GPL(luaL_typeerror);
EXPORT_SYMBOL_GPL(luaL_checklstring);
EXPORT_SYMBOL_GPL(luaL_optlstring);
EXPORT_SYMBOL_GPL(luaL_checknumber);
EXPORT_SYMBOL_GPL(luaL_optnumber);
EXPORT_SYMBOL_GPL(luaL_checkinteger);
EXPORT_SYMBOL_GPL(luaL_optinteger);
EXPORT_SYMBOL_GPL(luaL_checkstack);
EXPORT_SYMBOL_GPL(luaL_checktype);
EXPORT_SYMBOL_GPL(luaL_checkany);
EXPORT_SYMBOL_GPL(luaL_newmetatable);
EXPORT_SYMBOL_GPL(luaL_setmetatable);
EXPORT_SYMBOL_GPL(luaL_testudata);
EXPORT_SYMBOL_GPL(luaL_checkudata);
EXPORT_SYMBOL_GPL(luaL_where);
EXPORT_SYMBOL_GPL(luaL_error);
EXPORT_SYMBOL_GPL(luaL_checkoption);
EXPORT_SYMBOL_GPL(luaL_ref);
EXPORT_SYMBOL_GPL(luaL_unref);
EXPORT_SYMBOL_GPL(luaL_loadfilex);
EXPORT_SYMBOL_GPL(luaL_loadbufferx);
EXPORT_SYMBOL_GPL(luaL_loadstring);
EXPORT_SYMBOL_GPL(luaL_len);
EXPORT_SYMBOL_GPL(luaL_addgsub);
EXPORT_SYMBOL_GPL(luaL_gsub);
EXPORT_SYMBOL_GPL(luaL_setfuncs);
EXPORT_SYMBOL_GPL(luaL_getsubtable);
EXPORT_SYMBOL_GPL(luaL_traceback);
EXPORT_SYMBOL_GPL(luaL_requiref);
EXPORT_SYMBOL_GPL(luaL_buffinit);
EXPORT_SYMBOL_GPL(luaL_prepbuffsize);
EXPORT_SYMBOL_GPL(luaL_addlstring);
EXPORT_SYMBOL_GPL(luaL_addstring);
EXPORT_SYMBOL_GPL(luaL_addvalue);
EXPORT_SYMBOL_GPL(luaL_pushresult);
EXPORT_SYMBOL_GPL(luaL_pushresultsize);
EXPORT_SYMBOL_GPL(luaL_buffinitsize);

/* lualib.h */
EXPORT_SYMBOL_GPL(luaopen_base);
EXPORT_SYMBOL_GPL(luaopen_coroutine);
EXPORT_SYMBOL_GPL(luaopen_table);
EXPORT_SYMBOL_GPL(luaopen_string);
EXPORT_SYMBOL_GPL(luaopen_utf8);
EXPORT_SYMBOL_GPL(luaopen_debug);
EXPORT_SYMBOL_GPL(luaL_openlibs);

/* engine/bind.h: packets in runtimes, for libraries that have some. */
EXPORT_SYMBOL_GPL(ps_bind_open_guest);
EXPORT_SYMBOL_GPL(ps_bind_begin_guest);
EXPORT_SYMBOL_GPL(ps_bind_push_whole);
EXPORT_SYMBOL_GPL(ps_bind_end_guest);
EXPORT_SYMBOL_GPL(ps_buffer_init_room);
EXPORT_SYMBOL_GPL(ps_networks);

int luaopen_math(lua_State *L)
{
	return ps_open_math(L);
}
EXPORT_SYMBOL_GPL(luaopen_math);

/* Opens what a runtime has from the beginning; io and os are not there. */
void luaL_openlibs(lua_State *L)
{
	ps_open_libraries(L);
	ps_env_open_libraries(L);
}
