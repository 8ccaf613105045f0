/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the kernel and userspace agree on: what "-j LUA" and "-m lua" are in a rule of
 * iptables and its relatives; and the family of generic netlink that controls states.
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
#define XT_LUA_FUNCTION_MATCH	"match_packet"	/* the default of a match */

/* What becomes of a packet whose handler failed (--on-error). A match accepts none; "continue" is: no match. */
enum xt_lua_on_error {
	XT_LUA_ON_ERROR_DROP,
	XT_LUA_ON_ERROR_ACCEPT,
	XT_LUA_ON_ERROR_CONTINUE,
	XT_LUA_ON_ERROR_COUNT,	/* the number of values, not one of them */
};

/* What the handler is given (--object). */
enum xt_lua_object {
	XT_LUA_OBJECT_DEFAULT,	/* raw; of arptables arp, of ebtables eth. A rule that names it has this as well */
	XT_LUA_OBJECT_RAW,
	XT_LUA_OBJECT_ETH,
	XT_LUA_OBJECT_ARP,
	XT_LUA_OBJECT_IP,
	XT_LUA_OBJECT_IP6,
	XT_LUA_OBJECT_COUNT,	/* the number of values, not one of them */
};

/* What packets of a family can be given as: bits. */
#define XT_LUA_OBJECTS_IPV4	(1 << XT_LUA_OBJECT_RAW | 1 << XT_LUA_OBJECT_ETH | 1 << XT_LUA_OBJECT_IP)
#define XT_LUA_OBJECTS_IPV6	(1 << XT_LUA_OBJECT_RAW | 1 << XT_LUA_OBJECT_ETH | 1 << XT_LUA_OBJECT_IP6)
#define XT_LUA_OBJECTS_ARP	(1 << XT_LUA_OBJECT_RAW | 1 << XT_LUA_OBJECT_ETH | 1 << XT_LUA_OBJECT_ARP)
#define XT_LUA_OBJECTS_BRIDGE	(XT_LUA_OBJECTS_IPV4 | XT_LUA_OBJECTS_IPV6 | XT_LUA_OBJECTS_ARP)

struct ps_rule;

/* Of the target and of the match. */
struct xt_lua_info {
	char script[XT_LUA_SCRIPT_SIZE];
	char function[XT_LUA_FUNCTION_SIZE];
	__u32 state;
	__u32 memory;		/* KiB that the state may hold; 0: XT_LUA_MEMORY_DEFAULT */
	__u8 on_error;		/* enum xt_lua_on_error */
	__u8 percpu;		/* 0 or 1: a copy of the state for each CPU */
	__u8 object;		/* enum xt_lua_object */
	__u8 invert;		/* 0 or 1: "!", of a match */
	__u8 reserved[4];	/* zero, for options to come: a kernel that knows none refuses them */

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
	__u8 can_queue;		/* and NF_QUEUE */
};

/* docs/packetscript.yaml describes the family. */
#define PACKETSCRIPT_FAMILY_NAME	"packetscript"
#define PACKETSCRIPT_FAMILY_VERSION	1

enum {
	PACKETSCRIPT_A_STATE = 1,	/* u32: the number that rules give the state */
	PACKETSCRIPT_A_ERROR,		/* string, from the kernel: why the request fails, whose acknowledgement follows and says so, too */
	/* from the kernel, one of them in each message of a list */
	PACKETSCRIPT_A_COUNTS,		/* nest of PACKETSCRIPT_COUNT_…: a state */
	PACKETSCRIPT_A_SCRIPT,		/* nest of PACKETSCRIPT_SCRIPT_…: of the state before it */
	PACKETSCRIPT_A_PART,		/* the same of a module or list that the script before it asks for */
	PACKETSCRIPT_A_RULE,		/* nest of PACKETSCRIPT_RULE_…: of the script before it */
	PACKETSCRIPT_A_HOOK,		/* nest of PACKETSCRIPT_HOOK_…: what to attach, what to detach; from the kernel, what it has detached */
	PACKETSCRIPT_A_COUNTER,		/* nest of PACKETSCRIPT_COUNTER_…: of the state before it */
	PACKETSCRIPT_A_LINE,		/* nest of PACKETSCRIPT_LINE_…: what the state has to tell, to those who listen */
	PACKETSCRIPT_A_SET,		/* nest of PACKETSCRIPT_SET_…: what to do with a set of addresses; from the kernel, one, or some of what is in it */
	PACKETSCRIPT_A_TRACE,		/* nest of PACKETSCRIPT_TRACE_…: which packets to tell of; from the kernel, one of them */
	PACKETSCRIPT_A_LIMITS,		/* nest of PACKETSCRIPT_LIMIT_…: what to change of a state's limits; from the kernel, what they are */
	PACKETSCRIPT_A_SHARED,		/* nest of PACKETSCRIPT_SHARED_…: what to do with a shared table; from the kernel, one, or some of what is in it */
	__PACKETSCRIPT_A_MAX,
	PACKETSCRIPT_A_MAX = __PACKETSCRIPT_A_MAX - 1
};

/*
 * Row i is of packets for which a function took less than 2^(PACKETSCRIPT_TIMES_FIRST + i) nanoseconds, and no less than the rows before
 * say; the last one has the others.
 */
#define PACKETSCRIPT_TIMES	20
#define PACKETSCRIPT_TIMES_FIRST	8

/* u64. The sums of the state's Lua states for packets, but for those of deferred work. */
enum {
	PACKETSCRIPT_COUNT_RULES = 1,
	PACKETSCRIPT_COUNT_GENERATION,	/* 1, and one more with each reload */
	PACKETSCRIPT_COUNT_COPIES,	/* Lua states, of a state that has one for each CPU; else absent */
	PACKETSCRIPT_COUNT_LIMIT,	/* bytes that each Lua state may hold */
	PACKETSCRIPT_COUNT_MEMORY,	/* bytes that they hold */
	PACKETSCRIPT_COUNT_ALLOCATIONS,
	PACKETSCRIPT_COUNT_PACKETS,
	PACKETSCRIPT_COUNT_ERRORS,
	PACKETSCRIPT_COUNT_PULLED,	/* packets of which bytes were copied out of pages */
	PACKETSCRIPT_COUNT_TIMERS_PENDING,
	PACKETSCRIPT_COUNT_TIMERS_RUN,
	PACKETSCRIPT_COUNT_TIMERS_FAILED,
	PACKETSCRIPT_COUNT_VALUES_RUN,	/* of queues, for which functions were called */
	PACKETSCRIPT_COUNT_VALUES_FAILED,
	/* absent where there is no Lua state for deferred work */
	PACKETSCRIPT_COUNT_WORK_PENDING,
	PACKETSCRIPT_COUNT_WORK_DONE,
	PACKETSCRIPT_COUNT_WORK_FAILED,
	PACKETSCRIPT_COUNT_WORK_REFUSED,
	PACKETSCRIPT_COUNT_WORK_MEMORY,	/* bytes */
	/* of rules, too, as the packets and errors above; of those that were, too */
	PACKETSCRIPT_COUNT_BYTES,	/* of packets, from their network header on, as they came */
	PACKETSCRIPT_COUNT_DROP,	/* verdicts, as functions gave them; here and below absent of a match */
	PACKETSCRIPT_COUNT_ACCEPT,
	PACKETSCRIPT_COUNT_STOLEN,
	PACKETSCRIPT_COUNT_QUEUE,
	PACKETSCRIPT_COUNT_REPEAT,	/* at first; the packet's last verdict is counted as well */
	PACKETSCRIPT_COUNT_CONTINUE,
	PACKETSCRIPT_COUNT_RETURN,
	PACKETSCRIPT_COUNT_UNMATCHED,	/* answers of matches; absent of other rules */
	PACKETSCRIPT_COUNT_MATCHED,
	/* of states only */
	PACKETSCRIPT_COUNT_STOPPED,	/* runs that the time limit has ended */
	PACKETSCRIPT_COUNT_PEAK,	/* bytes that one of the Lua states has held at most */
	PACKETSCRIPT_COUNT_COLLECTIONS,	/* of garbage */
	/* of rules, too; absent where no packet was timed, as the module's parameter times says */
	PACKETSCRIPT_COUNT_TOOK,	/* nanoseconds that functions took for packets that were timed */
	PACKETSCRIPT_COUNT_TIMES,	/* binary, in place of a u64: PACKETSCRIPT_TIMES of these, how many packets took how long */
	/* of rules, too: verdicts, as the others */
	PACKETSCRIPT_COUNT_TX,
	PACKETSCRIPT_COUNT_REDIRECT,
	__PACKETSCRIPT_COUNT_MAX,
	PACKETSCRIPT_COUNT_MAX = __PACKETSCRIPT_COUNT_MAX - 1
};

/* The group of who listens: what scripts print, and errors, as they come. */
#define PACKETSCRIPT_GROUP_LOG	"log"

enum {
	PACKETSCRIPT_LINE_TEXT = 1,	/* string, as in the log; its end may be left out if it is long */
	PACKETSCRIPT_LINE_LEVEL,	/* u8: of syslog; absent of what print() writes */
	PACKETSCRIPT_LINE_ERROR,	/* flag: it is an error */
	PACKETSCRIPT_LINE_TIME,		/* u64: nanoseconds since 1970 */
	PACKETSCRIPT_LINE_NUMBER,	/* u64: of the state's lines, from 1: where some are missing, they were lost */
	PACKETSCRIPT_LINE_AT,		/* nest of PACKETSCRIPT_AT_…: a function that an error was in, the innermost first */
	__PACKETSCRIPT_LINE_MAX,
	PACKETSCRIPT_LINE_MAX = __PACKETSCRIPT_LINE_MAX - 1
};

enum {
	PACKETSCRIPT_AT_FILE = 1,	/* string, as errors have it: its beginning may be left out */
	PACKETSCRIPT_AT_LINE,		/* u32: where it was */
	PACKETSCRIPT_AT_DEFINED,	/* u32: the line where the function begins; 0: it is the script itself */
	PACKETSCRIPT_AT_FUNCTION,	/* string: by which name it was called; absent where it has none */
	__PACKETSCRIPT_AT_MAX,
	PACKETSCRIPT_AT_MAX = __PACKETSCRIPT_AT_MAX - 1
};

/* What a script counts by nf.count(). */
enum {
	PACKETSCRIPT_COUNTER_NAME = 1,	/* string */
	PACKETSCRIPT_COUNTER_VALUE,	/* u64 */
	__PACKETSCRIPT_COUNTER_MAX,
	PACKETSCRIPT_COUNTER_MAX = __PACKETSCRIPT_COUNTER_MAX - 1
};

enum {
	PACKETSCRIPT_SCRIPT_PATH = 1,	/* string */
	PACKETSCRIPT_SCRIPT_DIGEST,	/* binary: SHA-256 of the text */
	PACKETSCRIPT_SCRIPT_LOADED,	/* u64: seconds since 1970; not of parts */
	PACKETSCRIPT_SCRIPT_KIND,	/* string: what a part is, "module" or "list" */
	__PACKETSCRIPT_SCRIPT_MAX,
	PACKETSCRIPT_SCRIPT_MAX = __PACKETSCRIPT_SCRIPT_MAX - 1
};

enum {
	PACKETSCRIPT_RULE_FAMILY = 1,	/* u8: NFPROTO_… */
	PACKETSCRIPT_RULE_TABLE,	/* string */
	PACKETSCRIPT_RULE_HOOKS,	/* u32: a bit for each, by the family's numbers */
	PACKETSCRIPT_RULE_MATCH,	/* flag: it is a match */
	PACKETSCRIPT_RULE_FUNCTION,	/* string */
	PACKETSCRIPT_RULE_ON_ERROR,	/* string */
	PACKETSCRIPT_RULE_OBJECT,	/* string: what the function is given */
	PACKETSCRIPT_RULE_COUNTS,	/* nest of PACKETSCRIPT_COUNT_… */
	/* of a script that is attached to a hook: of a rule they are absent, as its table is here */
	PACKETSCRIPT_RULE_PRIORITY,	/* s32 */
	PACKETSCRIPT_RULE_DEVICE,	/* string; only of NFPROTO_NETDEV */
	PACKETSCRIPT_RULE_PROGRAM,	/* u32: of tc and XDP, as PACKETSCRIPT_HOOK_PROGRAM */
	__PACKETSCRIPT_RULE_MAX,
	PACKETSCRIPT_RULE_MAX = __PACKETSCRIPT_RULE_MAX - 1
};

/* To attach, it needs SCRIPT, FAMILY and NUMBER. To detach, it needs SCRIPT, and goes for those of which all that is said is true. */
enum {
	PACKETSCRIPT_HOOK_SCRIPT = 1,	/* string: absolute path */
	PACKETSCRIPT_HOOK_FUNCTION,	/* string; to attach it is XT_LUA_FUNCTION_DEFAULT, unless one is named */
	PACKETSCRIPT_HOOK_FAMILY,	/* u8: NFPROTO_… */
	PACKETSCRIPT_HOOK_NUMBER,	/* u32: of the hook, as the family has it */
	PACKETSCRIPT_HOOK_DEVICE,	/* string: of NFPROTO_NETDEV, which needs it to attach */
	PACKETSCRIPT_HOOK_PRIORITY,	/* s32; to attach it is 0, unless one is named */
	/* to attach */
	PACKETSCRIPT_HOOK_MEMORY,	/* u32: as xt_lua_info.memory; and so are these, which are 0 if they are absent */
	PACKETSCRIPT_HOOK_PERCPU,	/* flag */
	PACKETSCRIPT_HOOK_ON_ERROR,	/* u8 */
	PACKETSCRIPT_HOOK_OBJECT,	/* u8; 0 is the family's own header */
	PACKETSCRIPT_HOOK_DEFRAG,	/* flag: of NFPROTO_IPV4, NFPROTO_IPV6 and NFPROTO_INET, fragments are put together before */
	/* of tc and XDP */
	PACKETSCRIPT_HOOK_PROGRAM,	/* u32: by which number the program that is there asks for it; to attach, one that no other has */
	__PACKETSCRIPT_HOOK_MAX,
	PACKETSCRIPT_HOOK_MAX = __PACKETSCRIPT_HOOK_MAX - 1
};

/*
 * Hooks of NFPROTO_NETDEV, behind netfilter's, at which a program of BPF calls the function: bpf_packetscript_tc(), bpf_packetscript_xdp(). A script may
 * write to the packet, make it longer or shorter and move it: pointers into it that the program has are void after the call, and have to be read anew
 * from its context, which the verifier does not see to.
 */
enum {
	PACKETSCRIPT_NUMBER_TC_INGRESS = 2,
	PACKETSCRIPT_NUMBER_TC_EGRESS,
	PACKETSCRIPT_NUMBER_XDP,
};

/* Such numbers go from 1 to this. */
#define PACKETSCRIPT_PROGRAM_MAX	0xfffffff

/*
 * What these functions return is the program's own verdict; from this on it is the number of a device that the packet is to be redirected
 * to, by the helper bpf_redirect(), and this.
 */
#define PACKETSCRIPT_PROGRAM_REDIRECT	256

/*
 * Sets of addresses that scripts name (set.named()). Ranges are pairs of addresses in network byte order, the first and the last of each;
 * they come in order, and none overlaps another, also in one message after the other.
 */
enum {
	PACKETSCRIPT_SET_NAME = 1,	/* string of up to 63 bytes */
	PACKETSCRIPT_SET_ACTION,	/* u8: enum packetscript_set_action */
	PACKETSCRIPT_SET_RANGES4,	/* binary: 8 bytes each */
	PACKETSCRIPT_SET_RANGES6,	/* binary: 32 bytes each */
	PACKETSCRIPT_SET_MORE,		/* flag: nothing is done yet, as the socket's next message about this set has more ranges */
	PACKETSCRIPT_SET_OTHER,		/* string: with which one to swap */
	/* from the kernel */
	PACKETSCRIPT_SET_COUNT4,	/* u32: ranges */
	PACKETSCRIPT_SET_COUNT6,	/* u32 */
	PACKETSCRIPT_SET_BYTES,		/* u64: that it takes */
	PACKETSCRIPT_SET_USES,		/* u32: Lua states that name it */
	PACKETSCRIPT_SET_KEPT,		/* flag: it stays when none does */
	__PACKETSCRIPT_SET_MAX,
	PACKETSCRIPT_SET_MAX = __PACKETSCRIPT_SET_MAX - 1
};

/* Each is done at once: a packet sees the set as it was before, or as it is afterwards. */
enum packetscript_set_action {
	PACKETSCRIPT_SET_ADD = 1,	/* what was not in it before is, too; the set has to be there, for all but REPLACE */
	PACKETSCRIPT_SET_REMOVE,	/* what was in it is not */
	PACKETSCRIPT_SET_REPLACE,	/* the ranges are what is in it; the set is made, if need be */
	PACKETSCRIPT_SET_SWAP,		/* OTHER gets what is in it, and the other way round: one set after the other */
	PACKETSCRIPT_SET_DESTROY,	/* -EBUSY: a Lua state names it */
};

/* Tables that scripts share (shared.table()). */
enum {
	PACKETSCRIPT_SHARED_NAME = 1,	/* string of up to 63 bytes */
	PACKETSCRIPT_SHARED_ACTION,	/* u8: enum packetscript_shared_action */
	PACKETSCRIPT_SHARED_ENTRY,	/* nest of PACKETSCRIPT_ENTRY_…; as often as there is one */
	/* from the kernel */
	PACKETSCRIPT_SHARED_COUNT,	/* u64: entries, with those that have expired lately */
	PACKETSCRIPT_SHARED_SIZE,	/* u32: entries that it may have; 0: as many as there is memory for */
	PACKETSCRIPT_SHARED_TTL,	/* u64: milliseconds that entries have which get none of their own; 0: they stay */
	PACKETSCRIPT_SHARED_USES,	/* u32: Lua states that name it, and requests that read it */
	PACKETSCRIPT_SHARED_KEPT,	/* flag: it stays when none does */
	__PACKETSCRIPT_SHARED_MAX,
	PACKETSCRIPT_SHARED_MAX = __PACKETSCRIPT_SHARED_MAX - 1
};

enum packetscript_shared_action {
	PACKETSCRIPT_SHARED_SET = 1,	/* the keys get their values, one after the other; the table is made, if need be, and stays */
	PACKETSCRIPT_SHARED_DELETE,	/* the keys are taken out, as far as they are there */
	PACKETSCRIPT_SHARED_GET,	/* the first key's entry is told, if it is there */
	PACKETSCRIPT_SHARED_DESTROY,	/* -EBUSY: a Lua state names it */
};

/* Bytes of a string or byte array that are told, or set, at most. */
#define PACKETSCRIPT_ENTRY_BYTES	16384

/* A key, of which there is one, and its value, of which there is one at most. */
enum {
	PACKETSCRIPT_ENTRY_NUMBER = 1,	/* u64: the key, an integer with a sign */
	PACKETSCRIPT_ENTRY_NAME,	/* binary: the key, a string of up to 255 bytes */
	PACKETSCRIPT_ENTRY_INTEGER,	/* u64: the value, an integer with a sign */
	PACKETSCRIPT_ENTRY_BOOLEAN,	/* u8: 0 or 1 */
	PACKETSCRIPT_ENTRY_STRING,	/* binary */
	PACKETSCRIPT_ENTRY_ARRAY,	/* binary: a byte array */
	PACKETSCRIPT_ENTRY_LENGTH,	/* u32, from the kernel: bytes of the value, where not all are told */
	PACKETSCRIPT_ENTRY_TTL,		/* u64: milliseconds; 0: it stays; absent: the table's; from the kernel, what is left, absent if it stays */
	__PACKETSCRIPT_ENTRY_MAX,
	PACKETSCRIPT_ENTRY_MAX = __PACKETSCRIPT_ENTRY_MAX - 1
};

/* Bytes of a packet that are told at most. */
#define PACKETSCRIPT_TRACE_BYTES	2048

/*
 * A packet, and what a function made of it. TRACE is the first attribute of the message, and LENGTH, LINK and BEFORE are the first ones
 * in it: so a filter of the socket finds each at the same place.
 */
enum {
	PACKETSCRIPT_TRACE_LENGTH = 1,	/* u32, network byte order: bytes of the packet, with its link-layer header */
	PACKETSCRIPT_TRACE_LINK,	/* u8: bytes of the link-layer header that it begins with: 14 (Ethernet), or 0 */
	PACKETSCRIPT_TRACE_BEFORE,	/* binary: as it came, the first PACKETSCRIPT_TRACE_BYTES of it */
	PACKETSCRIPT_TRACE_AFTER,	/* binary: the same, as it was left; absent: these are the same */
	PACKETSCRIPT_TRACE_LEFT,	/* u32: LENGTH, as it was left; absent: the same */
	PACKETSCRIPT_TRACE_PROTOCOL,	/* u16: an Ethernet type: what the packet is behind the link layer */
	PACKETSCRIPT_TRACE_TIME,	/* u64: nanoseconds since 1970, when it came to the function */
	PACKETSCRIPT_TRACE_TOOK,	/* u64: nanoseconds that the function took, interpreted and watched */
	PACKETSCRIPT_TRACE_NUMBER,	/* u64: of those that the socket is told of, from 1: where some are missing, they were lost */
	PACKETSCRIPT_TRACE_SCRIPT,	/* string: path; of a request, only rules of this script */
	PACKETSCRIPT_TRACE_FUNCTION,	/* string */
	PACKETSCRIPT_TRACE_FAMILY,	/* u8: NFPROTO_… */
	PACKETSCRIPT_TRACE_TABLE,	/* string; absent: it is attached to a hook */
	PACKETSCRIPT_TRACE_HOOK,	/* string: as scripts call it */
	PACKETSCRIPT_TRACE_DEV_IN,	/* string; this and the next absent where there is none */
	PACKETSCRIPT_TRACE_DEV_OUT,
	PACKETSCRIPT_TRACE_MATCH,	/* flag: a match was asked */
	PACKETSCRIPT_TRACE_VERDICT,	/* string: the verdict's name, "error"; of a match "match", "no match" */
	PACKETSCRIPT_TRACE_QUEUE,	/* u16: with NF_QUEUE */
	PACKETSCRIPT_TRACE_PLACE,	/* string: "file:line" of the return that gave the verdict; absent: it came of none */
	PACKETSCRIPT_TRACE_ERROR,	/* string: why the function gave none */
	__PACKETSCRIPT_TRACE_MAX,
	PACKETSCRIPT_TRACE_MAX = __PACKETSCRIPT_TRACE_MAX - 1
};

/* Of a state, each of its Lua states that handle packets. */
enum {
	PACKETSCRIPT_LIMIT_TIME = 1,	/* u32: milliseconds that a packet may take */
	PACKETSCRIPT_LIMIT_MEMORY,	/* u32: KiB, XT_LUA_MEMORY_MIN to XT_LUA_MEMORY_MAX; also of the Lua state for deferred work */
	PACKETSCRIPT_LIMIT_SENDS,	/* u32: packets that may be sent in a second */
	PACKETSCRIPT_LIMIT_SENDS_EACH,	/* u32: packets that may be sent for each one */
	PACKETSCRIPT_LIMIT_SENDS_KIB,	/* u32: KiB that may be sent in a second */
	PACKETSCRIPT_LIMIT_OWN,		/* u32, from the kernel: a bit (1 << number) for each that the state has of its own */
	PACKETSCRIPT_LIMIT_USUAL,	/* u32, to the kernel: a bit for each that becomes what it was: the module's, of MEMORY the rules' */
	__PACKETSCRIPT_LIMIT_MAX,
	PACKETSCRIPT_LIMIT_MAX = __PACKETSCRIPT_LIMIT_MAX - 1
};

#define PACKETSCRIPT_TIME_MIN		20	/* milliseconds */
#define PACKETSCRIPT_TIME_MAX		1000
#define PACKETSCRIPT_SENDS_MAX		100000000
#define PACKETSCRIPT_SENDS_EACH_MAX	65535

enum {
	PACKETSCRIPT_CMD_RELOAD = 1,	/* STATE: its rules' scripts are read and loaded anew */
	PACKETSCRIPT_CMD_LIST,		/* a dump: the states of the network namespace; a message for each, and for each script, part and rule */
	PACKETSCRIPT_CMD_ATTACH,	/* HOOK, STATE (0 if absent): a script gets the packets of a hook, without a table */
	PACKETSCRIPT_CMD_DETACH,	/* HOOK, STATE (any if absent): some of these are taken away and told; -ENOENT: there are none (any more) */
	PACKETSCRIPT_CMD_LOG,		/* from the kernel, to PACKETSCRIPT_GROUP_LOG: STATE and LINE */
	PACKETSCRIPT_CMD_SET,		/* SET: a set of addresses is changed */
	PACKETSCRIPT_CMD_SETS,		/* a dump: the sets of the network namespace; or the ranges of one, if SET has a NAME */
	PACKETSCRIPT_CMD_TRACE,		/* STATE (any if absent), TRACE: the socket is told of packets until it is closed; -ENOENT: no such rule */
	PACKETSCRIPT_CMD_TRACED,	/* from the kernel, to that socket: TRACE, STATE */
	PACKETSCRIPT_CMD_LIMITS,	/* STATE, LIMITS (nothing is changed if absent): the answer has them as they are then */
	PACKETSCRIPT_CMD_SHARED,	/* SHARED: a shared table is changed, or an entry is looked for, which the answer has */
	PACKETSCRIPT_CMD_TABLES,	/* a dump: the shared tables of the network namespace; or the entries of one, if SHARED has a NAME */
	__PACKETSCRIPT_CMD_MAX,
	PACKETSCRIPT_CMD_MAX = __PACKETSCRIPT_CMD_MAX - 1
};

#endif
