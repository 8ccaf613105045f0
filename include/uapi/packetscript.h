/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the kernel and userspace agree on: the layout of an iptables rule that
 * ends in "-j LUA".
 */
#ifndef PS_UAPI_PACKETSCRIPT_H
#define PS_UAPI_PACKETSCRIPT_H

#include <linux/types.h>

/*
 * nf_tables stores a rule in fewer than 4096 bytes (nft_rule.dlen has 12 bits),
 * so a path of PATH_MAX does not fit.
 */
#define XT_LUA_SCRIPT_SIZE	512	/* absolute path, with its final zero */
#define XT_LUA_FUNCTION_SIZE	64	/* a Lua name, with its final zero */

#define XT_LUA_DIGEST_SIZE	8

/* KiB */
#define XT_LUA_MEMORY_MIN	128
#define XT_LUA_MEMORY_DEFAULT	1024
#define XT_LUA_MEMORY_MAX	(64 * 1024)

#define XT_LUA_FUNCTION_DEFAULT	"process_packet"

/* What becomes of a packet whose handler failed (--on-error). */
enum xt_lua_on_error {
	XT_LUA_ON_ERROR_DROP,
	XT_LUA_ON_ERROR_ACCEPT,
	XT_LUA_ON_ERROR_CONTINUE,
	XT_LUA_ON_ERROR_COUNT,	/* the number of values, not one of them */
};

struct ps_rule;

struct xt_lua_tginfo {
	char script[XT_LUA_SCRIPT_SIZE];
	char function[XT_LUA_FUNCTION_SIZE];
	__u32 state;
	__u32 memory;		/* KiB that the state may hold; 0: XT_LUA_MEMORY_DEFAULT */
	__u8 on_error;		/* enum xt_lua_on_error */
	__u8 percpu;		/* 0 or 1: a copy of the state for each CPU */
	__u8 reserved[6];	/* zero, for options to come: a kernel that knows none refuses them */

	/*
	 * Which text of the script: the first bytes of its SHA-256. No option, so rules that differ in it
	 * are the same to userspace, but it goes along when a table is read and written back: the rules
	 * that were there keep the text they have. Zero: whatever the file holds. The kernel fills in what
	 * the rule has got.
	 */
	__u8 digest[XT_LUA_DIGEST_SIZE] __attribute__((aligned(8)));

	/* The kernel's own, from here on. The same size for 32-bit userspace. */
	struct ps_rule *rule __attribute__((aligned(8)));
	__u8 can_return __attribute__((aligned(8)));	/* the table knows XT_RETURN from a target */
};

#endif
