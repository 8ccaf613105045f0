/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The library syscall: numbers of system calls, and where their functions are. The kernel's table of these is not exported, and newer
 * ones have none that is used; but a kprobe that is never armed finds each function by its name.
 */
#include <asm/unistd.h>
#include <linux/kprobes.h>
#include <linux/string.h>

#include <lunatik.h>

#include "registers.h"

/* By name as userspace has it: made from the kernel's headers. */
static const struct lunatik_constant numbers[] = {
#include "syscall_numbers.h"
};

/* By number, as the kernel calls the functions. */
#undef __SYSCALL
#undef __SYSCALL_NORETURN
#undef __SYSCALL_WITH_COMPAT
#define __SYSCALL(number, function)			[number] = #function,
#define __SYSCALL_NORETURN(number, function)		[number] = #function,
#define __SYSCALL_WITH_COMPAT(number, function, compat)	[number] = #function,
static const char *const functions[] = {
#include PS_SYSCALL_TABLE
};

static void *find(const char *function)
{
	char symbol[KSYM_NAME_LEN];
	struct kprobe probe = { .symbol_name = symbol, .flags = KPROBE_FLAG_DISABLED };

	snprintf(symbol, sizeof(symbol), PS_SYSCALL_PREFIX "%s", function);
	if (register_kprobe(&probe))
		return NULL;
	unregister_kprobe(&probe);
	return probe.addr;
}

/* syscall.address(number) */
static int address(lua_State *L)
{
	lua_Integer number = luaL_checkinteger(L, 1);
	struct lunatik_entry *entry;
	void *found;

	lunatik_checksleep(L, "syscall.address()");
	if (number < 0 || number >= ARRAY_SIZE(functions) || !functions[number] || !strcmp(functions[number], "sys_ni_syscall"))
		return 0;
	entry = lunatik_sleep(L);
	found = find(functions[number]);
	lunatik_awake(entry);
	if (!found)
		return 0;
	lua_pushlightuserdata(L, found);
	return 1;
}

/* syscall.number(name) */
static int number_of(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (!strcmp(numbers[i].name, name)) {
			lua_pushinteger(L, numbers[i].value);
			return 1;
		}
	}
	return 0;
}

static int open(lua_State *L)
{
	static const luaL_Reg library[] = {
		{ "address", address },
		{ "number", number_of },
		{ NULL, NULL }
	};

	luaL_newlib(L, library);
	lunatik_setconstants(L, "numbers", numbers, ARRAY_SIZE(numbers));
	return 1;
}

static struct lunatik_library library = { "syscall", open, THIS_MODULE };

module_lunatik(library, "syscall");
MODULE_DESCRIPTION("Lua library syscall");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
