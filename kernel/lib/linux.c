// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The library linux: random numbers, time, sleep, byte orders and constants. Any context, but schedule().
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/stat.h>
#include <net/net_namespace.h>

#include "timeout.h"

/*
 * Random numbers.
 */

/* From 0 to max, each as likely as the others: what exceeds the mask of max is drawn again. */
static u64 random_below(u64 max)
{
	u64 mask = max ? ~0ULL >> (64 - fls64(max)) : 0, drawn;

	do {
		drawn = (mask >> 32 ? get_random_u64() : get_random_u32()) & mask;
	} while (drawn > max);
	return drawn;
}

/* linux.random([m [, n]]), as math.random() */
static int random(lua_State *L)
{
	lua_Integer low = 1, high;

	switch (lua_gettop(L)) {
	case 0:
		lua_pushinteger(L, get_random_u64());
		return 1;
	case 1:
		high = luaL_checkinteger(L, 1);
		if (!high) {
			lua_pushinteger(L, get_random_u64());
			return 1;
		}
		break;
	case 2:
		low = luaL_checkinteger(L, 1);
		high = luaL_checkinteger(L, 2);
		break;
	default:
		return luaL_error(L, "wrong number of arguments");
	}
	luaL_argcheck(L, low <= high, lua_gettop(L), "interval is empty");
	lua_pushinteger(L, low + random_below((u64)high - (u64)low));
	return 1;
}

/*
 * Time.
 */
static int get_time(lua_State *L)
{
	lua_pushinteger(L, ktime_get_real_ns());
	return 1;
}

/* linux.difftime(t2, t1) */
static int difference(lua_State *L)
{
	lua_pushinteger(L, (lua_Unsigned)luaL_checkinteger(L, 1) - (lua_Unsigned)luaL_checkinteger(L, 2));
	return 1;
}

static const struct lunatik_constant states[] = {
	{ "RUNNING", TASK_RUNNING },
	{ "INTERRUPTIBLE", TASK_INTERRUPTIBLE },
	{ "UNINTERRUPTIBLE", TASK_UNINTERRUPTIBLE },
	{ "KILLABLE", TASK_KILLABLE },
	{ "IDLE", TASK_IDLE },
};

static lua_Integer check_state(lua_State *L, int arg)
{
	lua_Integer state = luaL_optinteger(L, arg, TASK_INTERRUPTIBLE);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		if (states[i].value == state)
			return state;
	}
	return luaL_argerror(L, arg, "must be one of linux.task");
}

/* Who sleeps heeding signals is woken by one; who does not, and KILLABLE by those that kill. */
static bool is_woken(const struct lunatik_entry *entry, unsigned int state)
{
	return lunatik_isstopping(entry) && (!signal_pending(current) || signal_pending_state(state, current));
}

/* linux.schedule([timeout [, state]]): milliseconds that were left. Where the runtime is stopped meanwhile, it is woken. */
static int schedule_for(lua_State *L)
{
	long timeout = luatimeout_check(L, 1);
	unsigned int state = check_state(L, 2);
	struct lunatik_entry *entry;

	lunatik_checksleep(L, "linux.schedule()");
	entry = lunatik_sleep(L);
	set_current_state(state);
	if (!is_woken(entry, state))
		timeout = schedule_timeout(timeout);
	__set_current_state(TASK_RUNNING);
	lunatik_awake(entry);
	lua_pushinteger(L, luatimeout_ms(timeout));
	return 1;
}

/*
 * Byte orders.
 */
static int swap_be16(lua_State *L)
{
	lua_pushinteger(L, (__force u16)cpu_to_be16((u16)luaL_checkinteger(L, 1)));
	return 1;
}

static int swap_be32(lua_State *L)
{
	lua_pushinteger(L, (__force u32)cpu_to_be32((u32)luaL_checkinteger(L, 1)));
	return 1;
}

static int swap_be64(lua_State *L)
{
	lua_pushinteger(L, (__force u64)cpu_to_be64(luaL_checkinteger(L, 1)));
	return 1;
}

static int swap_le16(lua_State *L)
{
	lua_pushinteger(L, (__force u16)cpu_to_le16((u16)luaL_checkinteger(L, 1)));
	return 1;
}

static int swap_le32(lua_State *L)
{
	lua_pushinteger(L, (__force u32)cpu_to_le32((u32)luaL_checkinteger(L, 1)));
	return 1;
}

static int swap_le64(lua_State *L)
{
	lua_pushinteger(L, (__force u64)cpu_to_le64(luaL_checkinteger(L, 1)));
	return 1;
}

/* linux.ifindex(name): of a network interface, in the namespace of who calls, or the first one in an interrupt; or nil */
static int get_ifindex(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	struct net_device *dev;
	int index = 0;

	rcu_read_lock();
	dev = dev_get_by_name_rcu(in_task() && current->nsproxy ? current->nsproxy->net_ns : &init_net, name);
	if (dev)
		index = dev->ifindex;
	rcu_read_unlock();
	if (!index)
		return 0;
	lua_pushinteger(L, index);
	return 1;
}

static const luaL_Reg functions[] = {
	{ "random", random },
	{ "schedule", schedule_for },
	{ "time", get_time },
	{ "difftime", difference },
	{ "ifindex", get_ifindex },
	/* the same there and back */
	{ "hton16", swap_be16 },	{ "ntoh16", swap_be16 },
	{ "hton32", swap_be32 },	{ "ntoh32", swap_be32 },
	{ "hton64", swap_be64 },	{ "ntoh64", swap_be64 },
	{ "htobe16", swap_be16 },	{ "be16toh", swap_be16 },
	{ "htobe32", swap_be32 },	{ "be32toh", swap_be32 },
	{ "htobe64", swap_be64 },	{ "be64toh", swap_be64 },
	{ "htole16", swap_le16 },	{ "le16toh", swap_le16 },
	{ "htole32", swap_le32 },	{ "le32toh", swap_le32 },
	{ "htole64", swap_le64 },	{ "le64toh", swap_le64 },
	{ NULL, NULL }
};

static const struct lunatik_constant stats[] = {
	{ "IRWXUGO", S_IRWXUGO }, { "IRUGO", S_IRUGO }, { "IWUGO", S_IWUGO }, { "IXUGO", S_IXUGO },
	{ "IALLUGO", S_IALLUGO }, { "ISUID", S_ISUID }, { "ISGID", S_ISGID }, { "ISVTX", S_ISVTX },
	{ "IRWXU", S_IRWXU }, { "IRUSR", S_IRUSR }, { "IWUSR", S_IWUSR }, { "IXUSR", S_IXUSR },
	{ "IRWXG", S_IRWXG }, { "IRGRP", S_IRGRP }, { "IWGRP", S_IWGRP }, { "IXGRP", S_IXGRP },
	{ "IRWXO", S_IRWXO }, { "IROTH", S_IROTH }, { "IWOTH", S_IWOTH }, { "IXOTH", S_IXOTH },
};

static const struct lunatik_constant errors[] = {
	{ "PERM", EPERM }, { "NOENT", ENOENT }, { "SRCH", ESRCH }, { "INTR", EINTR }, { "IO", EIO }, { "NXIO", ENXIO },
	{ "2BIG", E2BIG }, { "NOEXEC", ENOEXEC }, { "BADF", EBADF }, { "CHILD", ECHILD }, { "AGAIN", EAGAIN },
	{ "NOMEM", ENOMEM }, { "ACCES", EACCES }, { "FAULT", EFAULT }, { "NOTBLK", ENOTBLK }, { "BUSY", EBUSY },
	{ "EXIST", EEXIST }, { "XDEV", EXDEV }, { "NODEV", ENODEV }, { "NOTDIR", ENOTDIR }, { "ISDIR", EISDIR },
	{ "INVAL", EINVAL }, { "NFILE", ENFILE }, { "MFILE", EMFILE }, { "NOTTY", ENOTTY }, { "TXTBSY", ETXTBSY },
	{ "FBIG", EFBIG }, { "NOSPC", ENOSPC }, { "SPIPE", ESPIPE }, { "ROFS", EROFS }, { "MLINK", EMLINK },
	{ "PIPE", EPIPE }, { "DOM", EDOM }, { "RANGE", ERANGE },
};

static int open(lua_State *L)
{
	luaL_newlib(L, functions);
	lunatik_setconstants(L, "stat", stats, ARRAY_SIZE(stats));
	lunatik_setconstants(L, "task", states, ARRAY_SIZE(states));
	lunatik_setconstants(L, "errno", errors, ARRAY_SIZE(errors));
	return 1;
}

static struct lunatik_library library = { "linux", open, THIS_MODULE };

module_lunatik(library, "linux");
MODULE_DESCRIPTION("Lua library linux");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
