/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * require() and package in runtimes: libraries of modules, which are loaded if they are not there, and Lua files.
 */
#include <linux/kmod.h>
#include <linux/string.h>

#include "env.h"
#include "host_kernel.h"

#define PATH	PS_RUNTIME_FOLDER "/?.lua;" PS_RUNTIME_FOLDER "/?/init.lua"

struct lua_file {
	const char *path;
	void *text;
	size_t len;
	enum ps_read read;
	char why[80];
};

/* Reads it outside of the runtime's lock, as that takes long. */
static void read_file(lua_State *L, struct lua_file *file)
{
	struct lunatik_entry *entry = lunatik_sleep(L);

	file->read = ps_host_read_first(file->path, PS_RUNTIME_FILE_MAX, &file->text, &file->len, file->why, sizeof(file->why));
	lunatik_awake(entry);
}

void ps_compile_file(lua_State *L, const char *path, const char *text, size_t len)
{
	lua_pushfstring(L, "@%s", path);
	if (luaL_loadbufferx(L, text, len, lua_tostring(L, -1), "t") != LUA_OK)
		lua_error(L);
	lua_remove(L, -2);
}

static int compile(lua_State *L)
{
	const struct lua_file *file = lua_touserdata(L, 1);

	ps_compile_file(L, file->path, file->text, file->len);
	return 1;
}

/* Pushes the file's function, or a message, on failure with false. */
static bool load_file(lua_State *L, const char *path)
{
	struct lua_file file = { .path = path };
	int status;

	read_file(L, &file);
	if (file.read != PS_READ_DONE) {
		lua_pushfstring(L, "%s: %s", path, file.read == PS_READ_ABSENT ? "there is no such file" : file.why);
		return false;
	}
	lua_pushcfunction(L, compile);
	lua_pushlightuserdata(L, &file);
	status = lua_pcall(L, 1, 1, 0);
	ps_host_resize_any(file.text, file.len, 0, false);
	if (status != LUA_OK)
		lua_error(L);
	return true;
}

static const char *package_path(lua_State *L)
{
	const char *path;

	lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	lua_getfield(L, -1, LUA_LOADLIBNAME);
	if (!lua_istable(L, -1) || lua_getfield(L, -1, "path") != LUA_TSTRING)
		luaL_error(L, "'package.path' must be a string");
	path = lua_tostring(L, -1);
	return path;	/* stays on the stack */
}

/* Pushes the template with the name in it. */
static const char *fill_in(lua_State *L, const char *template, size_t len, const char *name)
{
	lua_pushlstring(L, template, len);
	luaL_gsub(L, lua_tostring(L, -1), "?", name);
	lua_remove(L, -2);
	return lua_tostring(L, -1);
}

/* Pushes the function and its file's path, and returns true; or adds what was tried to the buffer-like string at index tried. */
static bool search_files(lua_State *L, const char *name, const char *path, int tried)
{
	const char *end, *file;
	int top;

	for (; *path; path = *end ? end + 1 : end) {
		end = strchrnul(path, ';');
		top = lua_gettop(L);
		file = fill_in(L, path, end - path, name);
		if (load_file(L, file)) {
			lua_insert(L, -2);
			return true;
		}
		lua_pushvalue(L, tried);
		lua_pushfstring(L, "\n\t%s", lua_tostring(L, -2));
		lua_concat(L, 2);
		lua_replace(L, tried);
		lua_settop(L, top);
	}
	return false;
}

static bool find_file(lua_State *L, const char *name, int tried)
{
	const char *path = package_path(L);

	name = luaL_gsub(L, name, ".", "/");
	return search_files(L, name, path, tried);
}

/* Loads the module that has the library, if there is one. */
static lua_CFunction load_library(lua_State *L, const char *name)
{
	struct lunatik_entry *entry = lunatik_sleep(L);

	request_module(LUNATIK_ALIAS "%s", name);
	lunatik_awake(entry);
	return ps_library_find(L, name);
}

/* Pushes the loader and its second argument. */
static void find_loader(lua_State *L, const char *name)
{
	lua_CFunction open = ps_library_find(L, name);
	int tried;

	lua_pushliteral(L, "");
	tried = lua_gettop(L);
	if (!open) {
		lunatik_checksleep(L, "require()");
		if (strstr(name, "..") || strlen(name) > 64)
			luaL_error(L, "there is no module '%s'", name);
		if (find_file(L, name, tried))
			return;
		open = load_library(L, name);
	}
	if (!open)
		luaL_error(L, "there is no module '%s':\n\tno library " LUNATIK_ALIAS "%s of the kernel's modules%s", name, name,
			   lua_tostring(L, tried));
	lua_pushcfunction(L, open);
	lua_pushliteral(L, ":library:");
}

static bool find_preload(lua_State *L, const char *name)
{
	lua_getfield(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
	if (!lua_istable(L, -1) || lua_getfield(L, -1, name) == LUA_TNIL)
		return false;
	lua_pushliteral(L, ":preload:");
	return true;
}

static int require(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);

	lua_settop(L, 1);
	lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);	/* 2 */
	if (lua_getfield(L, 2, name) != LUA_TNIL)
		return 1;
	if (!find_preload(L, name))
		find_loader(L, name);
	lua_pushvalue(L, -1);
	lua_insert(L, 3);		/* what the loader was found by */
	lua_pushvalue(L, 1);
	lua_insert(L, -2);
	lua_call(L, 2, 1);
	if (!lua_isnil(L, -1))
		lua_setfield(L, 2, name);
	if (lua_getfield(L, 2, name) == LUA_TNIL) {
		lua_pushboolean(L, true);
		lua_copy(L, -1, -2);
		lua_setfield(L, 2, name);
	}
	lua_pushvalue(L, 3);
	return 2;
}

/* loadfile(path [, mode [, env]]) */
static int load_chunk(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);

	lunatik_checksleep(L, "loadfile()");
	lua_settop(L, 3);
	if (!load_file(L, path)) {
		lua_pushnil(L);
		lua_insert(L, -2);
		return 2;
	}
	if (!lua_isnil(L, 3)) {
		lua_pushvalue(L, 3);
		lua_setupvalue(L, -2, 1);
	}
	return 1;
}

/* dofile(path) */
static int do_file(lua_State *L)
{
	lunatik_checksleep(L, "dofile()");
	lua_settop(L, 1);
	if (!load_file(L, luaL_checkstring(L, 1)))
		return lua_error(L);
	lua_call(L, 0, LUA_MULTRET);
	return lua_gettop(L) - 1;
}

int ps_open_package(lua_State *L)
{
	lua_register(L, "loadfile", load_chunk);
	lua_register(L, "dofile", do_file);
	lua_createtable(L, 0, 4);
	lua_pushliteral(L, PATH);
	lua_setfield(L, -2, "path");
	lua_pushliteral(L, "/\n;\n?\n!\n-\n");
	lua_setfield(L, -2, "config");
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
	lua_setfield(L, -2, "preload");
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	lua_pushvalue(L, -2);
	lua_setfield(L, -2, LUA_LOADLIBNAME);
	lua_setfield(L, -2, "loaded");
	lua_setglobal(L, LUA_LOADLIBNAME);
	lua_register(L, "require", require);
	return 0;
}
