/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Lua's configuration, in place of the luaconf.h that Lua 5.4 ships. It is the only
 * header of Lua's that is ours, and the same one serves the kernel and userspace:
 *
 *  - numbers are 64-bit integers; no float can come into being;
 *  - C recursion is limited in bytes of stack, not in levels;
 *  - loops inside the C libraries look whether their time is up;
 *  - chunks are text, finalizers are refused.
 *
 * Where a macro is meant for one of Lua's sources, the <file>_c symbol that each defines selects it.
 * What macros cannot do is in lua/patches.
 */
#ifndef luaconf_h
#define luaconf_h

#include <limits.h>
#include <stddef.h>
#include "guard.h"

#define LUAI_IS32INT	1

/* Integers. */
#define LUA_INT_INT		1
#define LUA_INT_LONG		2
#define LUA_INT_LONGLONG	3
#define LUA_FLOAT_FLOAT		1
#define LUA_FLOAT_DOUBLE	2
#define LUA_FLOAT_LONGDOUBLE	3

#define LUA_INT_TYPE		LUA_INT_LONGLONG
#define LUA_INTEGER		long long
#define LUA_UNSIGNED		unsigned long long
#define LUA_INTEGER_FRMLEN	"ll"
#define LUA_INTEGER_FMT		"%lld"
#define LUAI_UACINT		LUA_INTEGER
#define LUA_MAXINTEGER		LLONG_MAX
#define LUA_MININTEGER		LLONG_MIN
#define LUA_MAXUNSIGNED		ULLONG_MAX
#define lua_integer2str(s, sz, n) \
	l_sprintf((s), (sz), LUA_INTEGER_FMT, (LUAI_UACINT)(n))

/*
 * Floats. The type exists, since Lua's sources name it, but it is an integer type and no
 * operation makes a value of it: no numeral is one, and what would compute one raises.
 */
#define LUA_NUMBER		long long
#define LUAI_UACNUMBER		long long
#define LUA_NUMBER_FRMLEN	"ll"
#define LUA_NUMBER_FMT		"%lld"
#define l_mathop(op)		(LUA_NUMBER)op
#define l_floor(x)		(x)
#define l_floatatt(n)		(PS_FLT_##n)
#define PS_FLT_MANT_DIG		64
#define PS_FLT_MAX_10_EXP	20
#define lua_number2str(s, sz, n) \
	l_sprintf((s), (sz), LUA_NUMBER_FMT, (LUAI_UACNUMBER)(n))
#define lua_number2strx(L, b, sz, f, n) \
	((void)(b), (void)(f), (void)(n), (int)ps_guard_no_float(L))
#define lua_numbertointeger(n, p)	(*(p) = (LUA_INTEGER)(n), 1)
#define lua_str2number(s, p)	(*(p) = (char *)(s), (LUA_NUMBER)0)
#define lua_strx2number(s, p)	lua_str2number(s, p)
#define l_hashfloat(n)		((int)(n))

/*
 * The interpreter's loop saves nothing before float arithmetic, which cannot fail in stock
 * Lua. savestate is lvm.c's own macro: with it the error names the right line.
 */
#if defined(lvm_c)
#define luai_numdiv(L, a, b)	((void)(a), (void)(b), savestate(L, ci), ps_guard_no_float(L))
#else
#define luai_numdiv(L, a, b)	((void)(a), (void)(b), ps_guard_no_float(L))
#endif
#define luai_numpow(L, a, b)	luai_numdiv(L, a, b)
#define luai_numidiv(L, a, b)	((void)(a), (void)(b), ps_guard_no_float(L))
#define luai_nummod(L, a, b, m)	((void)(a), (void)(b), (m) = ps_guard_no_float(L))
#define luai_numadd(L, a, b)	((a) + (b))
#define luai_numsub(L, a, b)	((a) - (b))
#define luai_nummul(L, a, b)	((a) * (b))
#define luai_numunm(L, a)	(-(a))
#define luai_numeq(a, b)	((a) == (b))
#define luai_numlt(a, b)	((a) < (b))
#define luai_numle(a, b)	((a) <= (b))
#define luai_numgt(a, b)	((a) > (b))
#define luai_numge(a, b)	((a) >= (b))
#define luai_numisnan(a)	((void)(a), 0)

#if defined(lcode_c)		/* the compiler must not raise: "/" and "^" are left to run time */
#define luaO_rawarith	ps_guard_fold
#endif
#if defined(lstrlib_c)		/* string.pack "f", "d", "n" and string.format "%f" raise */
#define float		int
#define double		long long
#define luaL_checknumber(L, arg)	((void)(arg), ps_guard_no_float(L))
#define lua_pushnumber(L, n)	((void)(n), (void)ps_guard_no_float(L))
#elif defined(lbaselib_c)	/* collectgarbage("count") */
#define lua_pushnumber(L, n)	lua_pushinteger(L, (LUA_INTEGER)(n))
#endif

/* Limits. */
#define LUAI_MAXSTACK		8000	/* slots of a Lua stack; 16 bytes each */
#define LUA_EXTRASPACE		(sizeof(void *))	/* struct ps_guard * */
#define LUA_IDSIZE		60	/* these buffers are on the C stack */
#define LUAL_BUFFERSIZE		128	/* so are these */
#define LUAI_MAXALIGN		lua_Number n; void *s; lua_Integer i; long l

/*
 * Lua compares its count of nested C calls with this value: equal raises "C stack overflow",
 * more than 11/10 of it gives up handling that error. So a soft limit answers with the count
 * itself, a hard one with 0.
 */
#define LUAI_MAXCCALLS \
	(ps_stack_pointer() > ps_guard_of(L)->stack_soft ? PS_MAX_C_LEVELS : \
	 ps_stack_pointer() > ps_guard_of(L)->stack_hard ? (unsigned int)getCcalls(L) : 0u)
#define PS_MAX_C_LEVELS		200u
#if defined(lstrlib_c)
#define MAXCCALLS		40	/* levels of string.find's match() */
#endif

#if defined(ldebug_c)		/* the call of a message handler; also renames the prototype */
#define luaD_callnoyield(L, func, n)	ps_guard_handler(L, func, n)
#endif
#if defined(lapi_c)
#define luaC_checkfinalizer(L, o, mt)	ps_guard_finalizer(L, o, mt)
#endif
#if defined(lgc_c)		/* also renames the prototype */
#define luaF_freeproto(L, f)	ps_guard_freeproto(L, f)
#endif
#if defined(lauxlib_c)
#define lua_getallocf(L, ud)	ps_guard_getallocf(L, ud)
#endif
#if defined(lbaselib_c)		/* load(): text only, whatever the script asks for */
#define lua_load(L, reader, data, name, mode) \
	((void)(mode), (lua_load)(L, reader, data, name, "t"))
#define luaL_loadbufferx(L, s, n, name, mode) \
	((void)(mode), (luaL_loadbufferx)(L, s, n, name, "t"))
#endif

/* Time. */
#if defined(lcorolib_c)
#define lua_resume(co, from, n, results)	ps_guard_resume(co, from, n, results)
#define lua_resetthread(co)		ps_guard_close(co, L)
#define lua_closethread(co, from)	ps_guard_close(co, from)
#endif
#if defined(lstrlib_c) || defined(lutf8lib_c)	/* a loop over arguments, each a numeral of any length */
#define luaL_checkinteger(L, arg)	(ps_guard_tick(L), (luaL_checkinteger)(L, arg))
#endif
#if defined(ltablib_c)
#define lua_geti(L, t, i)	(ps_guard_tick(L), (lua_geti)(L, t, i))
#define lua_seti(L, t, i)	(ps_guard_tick(L), (lua_seti)(L, t, i))
#endif

/* The rest is as in stock Lua, or nothing. */
#define LUA_VDIR		LUA_VERSION_MAJOR "." LUA_VERSION_MINOR
#define LUA_PATH_SEP		";"
#define LUA_PATH_MARK		"?"
#define LUA_EXEC_DIR		"!"
#define LUA_DIRSEP		"/"
#define LUA_PATH_DEFAULT	""
#define LUA_CPATH_DEFAULT	""
#define LUA_KCONTEXT		ptrdiff_t
#define LUA_API			extern
#define LUALIB_API		LUA_API
#define LUAMOD_API		LUA_API
#define LUAI_FUNC		extern
#define LUAI_DDEC(dec)		LUAI_FUNC dec
#define LUAI_DDEF
#define l_noret			void	/* noreturn makes objtool end functions too early */
#define l_sprintf(s, sz, f, i)	snprintf(s, sz, f, i)
#define lua_pointer2str(s, sz, p)	l_sprintf(s, sz, "%p", p)
#define lua_getlocaledecpoint()	('.')
#define lua_writestring(s, l)	((void)(s), (void)(l))	/* print is lua/runtime.c's */
#define lua_writeline()		((void)0)
#define lua_writestringerror(s, p)	((void)(s), (void)(p))
#define luai_makeseed(L)	((unsigned int)ps_host_random())
#define l_randomizePivot()	((unsigned int)ps_host_random())
#define luai_likely(x)		(__builtin_expect(((x) != 0), 1))
#define luai_unlikely(x)	(__builtin_expect(((x) != 0), 0))
#if defined(LUA_CORE) || defined(LUA_LIB)
#define l_likely(x)		luai_likely(x)
#define l_unlikely(x)		luai_unlikely(x)
#endif

#endif
