/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Sockets of generic netlink, and what comes back on them. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netfilter.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netfuzz.h"
#include "packetscript.h"

int shared_socks[SHARED];

static const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

int client_open(void)
{
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC), size = 2 * MESSAGE_MAX;

	if (sock >= 0)
		setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return sock;
}

/* An answer has only the request's sequence number, so its lowest bits are the command's index in commands, or DID_PROGRAM. */
uint32_t client_seq(unsigned int command)
{
	static _Thread_local uint32_t n;

	return ++n << 4 | command;
}

static void count(unsigned int what, int err)
{
	atomic_fetch_add(err ? &counts->refused[what] : &counts->accepted[what], 1);
	if (err > 0 && err < ERRNOS)
		atomic_fetch_add(&counts->errnos[err], 1);
}

/* What the kernel sends has to be as the grammar describes it. */
static void look(const struct nlmsghdr *message)
{
	const struct genlmsghdr *genl = NLMSG_DATA(message);
	size_t len = message->nlmsg_len - NLMSG_HDRLEN;

	if (message->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN) || message->nlmsg_type < NLMSG_MIN_TYPE + 1)
		return;
	if (genl->cmd == PACKETSCRIPT_CMD_LOG)
		atomic_fetch_add(&counts->lines, 1);
	if (genl->cmd == PACKETSCRIPT_CMD_TRACED)
		atomic_fetch_add(&counts->traced, 1);
	if (is_as_described((const unsigned char *)(genl + 1), len - GENL_HDRLEN, 0))
		return;
	if (!atomic_fetch_add(&counts->misfits, 1))
		snprintf(counts->misfit, sizeof(counts->misfit), "a message of %u bytes of command %u", message->nlmsg_len, genl->cmd);
}

static void answer(const struct nlmsghdr *message)
{
	if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) {
		unsigned int command = message->nlmsg_seq & 15;
		int err = message->nlmsg_len >= NLMSG_LENGTH(sizeof(int)) ? -*(const int *)NLMSG_DATA(message) : 0;

		count(command < ncommands || command == DID_PROGRAM ? command : DID_OTHER, err);
	} else if (message->nlmsg_type > GENL_ID_CTRL) {
		look(message);
	}
}

/* The kernel does what it is asked to within send(), and goes on with a dump within recv(). */
unsigned int client_read(int sock, unsigned int reads)
{
	static _Thread_local unsigned char buffer[128 * 1024];
	unsigned int n = 0;

	for (; n < reads; n++) {
		int len = recv(sock, buffer, sizeof(buffer), MSG_DONTWAIT);
		const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;

		if (len < 0 && errno == ENOBUFS)
			continue;
		if (len <= 0)
			break;
		for (; NLMSG_OK(message, (unsigned int)len); message = NLMSG_NEXT(message, len))
			answer(message);
	}
	return n;
}

void client_send(struct worker *w, int sock)
{
	if (sendto(sock, w->message.bytes, w->message.len, MSG_DONTWAIT, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		count(DID_OTHER, errno);
}

/*
 * What the controller says.
 */
struct ask {
	struct nlmsghdr header;
	struct genlmsghdr genl;
	struct nlattr name;
	char text[sizeof(PACKETSCRIPT_FAMILY_NAME)];
};

static const struct nlattr *attribute(const void *at, size_t len, unsigned int type)
{
	while (len >= NLA_HDRLEN) {
		const struct nlattr *attr = at;
		size_t whole = NLA_ALIGN(attr->nla_len);

		if (attr->nla_len < NLA_HDRLEN || attr->nla_len > len)
			return NULL;
		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr;
		at = (const char *)at + whole;
		len -= whole < len ? whole : len;
	}
	return NULL;
}

static const void *data(const struct nlattr *attr)
{
	return attr + 1;
}

static size_t length(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}

bool client_is_program(const struct message *m, size_t at)
{
	const struct nlmsghdr *header = (const struct nlmsghdr *)(m->bytes + at);
	const struct genlmsghdr *genl = NLMSG_DATA(header);
	const struct nlattr *hook, *family, *number;
	uint32_t value;

	if (genl->cmd != PACKETSCRIPT_CMD_ATTACH)
		return false;
	hook = attribute(genl + 1, m->len - at - NLMSG_LENGTH(GENL_HDRLEN), PACKETSCRIPT_A_HOOK);
	family = hook ? attribute(data(hook), length(hook), PACKETSCRIPT_HOOK_FAMILY) : NULL;
	number = hook ? attribute(data(hook), length(hook), PACKETSCRIPT_HOOK_NUMBER) : NULL;
	if (!family || !number || length(number) != sizeof(value) || *(const uint8_t *)data(family) != NFPROTO_NETDEV)
		return false;
	memcpy(&value, data(number), sizeof(value));
	return value >= PACKETSCRIPT_NUMBER_TC_INGRESS && value <= PACKETSCRIPT_NUMBER_XDP;
}

static int ask(int sock, int command, int flags)
{
	struct ask ask = {
		.header = { sizeof(ask), GENL_ID_CTRL, NLM_F_REQUEST | flags, 1, 0 },
		.genl = { .cmd = command, .version = 1 },
		.name = { NLA_HDRLEN + sizeof(PACKETSCRIPT_FAMILY_NAME), CTRL_ATTR_FAMILY_NAME },
		.text = PACKETSCRIPT_FAMILY_NAME,
	};

	return sendto(sock, &ask, sizeof(ask), 0, (const struct sockaddr *)&kernel, sizeof(kernel));
}

static const struct nlattr *family_attribute(int sock, unsigned int type)
{
	static _Thread_local unsigned char buffer[8192];
	const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;
	int len;

	if (ask(sock, CTRL_CMD_GETFAMILY, 0) < 0)
		return NULL;
	len = recv(sock, buffer, sizeof(buffer), MSG_DONTWAIT);
	if (len < 0 || !NLMSG_OK(message, (unsigned int)len) || message->nlmsg_type != GENL_ID_CTRL)
		return NULL;
	return attribute((const char *)NLMSG_DATA(message) + GENL_HDRLEN, message->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN), type);
}

uint16_t client_family(int sock)
{
	const struct nlattr *attr = family_attribute(sock, CTRL_ATTR_FAMILY_ID);

	return attr ? *(const uint16_t *)data(attr) : 0;
}

int client_group(int sock)
{
	const struct nlattr *groups = family_attribute(sock, CTRL_ATTR_MCAST_GROUPS);
	const struct nlattr *group = groups ? attribute(data(groups), length(groups), 1) : NULL;
	const struct nlattr *id = group ? attribute(data(group), length(group), CTRL_ATTR_MCAST_GRP_ID) : NULL;

	return id ? *(const int *)data(id) : 0;
}

/*
 * The policy: a message for each attribute of each of the kernel's tables, by number. Which table is which of our sets follows from where it is
 * named: table 0 is that of messages.
 */
#define TABLES	16

struct told {
	unsigned int table_of[TABLES];	/* the number of our set, plus 1 */
	uint64_t seen[TABLES];		/* bits */
	unsigned int wrong;
};

static uint64_t number(const struct nlattr *policy, unsigned int type, uint64_t otherwise)
{
	const struct nlattr *attr = attribute(data(policy), length(policy), type);
	uint64_t value = 0;

	if (!attr)
		return otherwise;
	memcpy(&value, data(attr), length(attr) < 8 ? length(attr) : 8);
	return value;
}

static void differs(struct told *told, const struct set *set, unsigned int i, const char *what, uint64_t kernels, uint64_t ours)
{
	printf("# %s.%s: %s: %llu in the kernel, %llu in docs/packetscript.yaml\n", set->name, set->attributes[i].name, what,
	       (unsigned long long)kernels, (unsigned long long)ours);
	told->wrong++;
}

/* As the kernel's header has them. */
static unsigned int kernels_type(const struct attribute *a)
{
	switch (a->kind) {
	case NUMBER:
		return a->size == 1 ? NL_ATTR_TYPE_U8 : a->size == 2 ? NL_ATTR_TYPE_U16 : a->size == 4 ? NL_ATTR_TYPE_U32 : NL_ATTR_TYPE_U64;
	case STRING:
		return NL_ATTR_TYPE_NUL_STRING;
	case FLAG:
		return NL_ATTR_TYPE_FLAG;
	case NEST:
		return NL_ATTR_TYPE_NESTED;
	default:
		return NL_ATTR_TYPE_BINARY;
	}
}

static void compare(struct told *told, const struct set *set, unsigned int i, const struct nlattr *policy)
{
	const struct attribute *a = &set->attributes[i];
	unsigned int type = number(policy, NL_POLICY_TYPE_ATTR_TYPE, 0);
	uint64_t most = a->size == 8 ? ~0ull : (1ull << a->size * 8) - 1;

	if (type >= NL_ATTR_TYPE_S8 && type <= NL_ATTR_TYPE_S64) {
		type -= NL_ATTR_TYPE_S8 - NL_ATTR_TYPE_U8;	/* the grammar tells no signs, nor limits of such numbers */
		most = 0;
	}
	if (type != kernels_type(a))
		differs(told, set, i, "type", type, kernels_type(a));
	if (a->kind == NUMBER && a->mask && number(policy, NL_POLICY_TYPE_ATTR_MASK, 0) != a->mask)
		differs(told, set, i, "mask", number(policy, NL_POLICY_TYPE_ATTR_MASK, 0), a->mask);
	if (a->kind == NUMBER && most && !a->mask) {
		if (number(policy, NL_POLICY_TYPE_ATTR_MIN_VALUE_U, 0) != a->min)
			differs(told, set, i, "the smallest", number(policy, NL_POLICY_TYPE_ATTR_MIN_VALUE_U, 0), a->min);
		if (number(policy, NL_POLICY_TYPE_ATTR_MAX_VALUE_U, most) != (a->max ? a->max : most))
			differs(told, set, i, "the largest", number(policy, NL_POLICY_TYPE_ATTR_MAX_VALUE_U, most), a->max ? a->max : most);
	}
	if ((a->kind == STRING || a->kind == BYTES) && number(policy, NL_POLICY_TYPE_ATTR_MAX_LENGTH, 0) != a->max)
		differs(told, set, i, "the longest", number(policy, NL_POLICY_TYPE_ATTR_MAX_LENGTH, 0), a->max);
	if (a->kind == NEST && number(policy, NL_POLICY_TYPE_ATTR_POLICY_IDX, 0) < TABLES)
		told->table_of[number(policy, NL_POLICY_TYPE_ATTR_POLICY_IDX, 0)] = a->set + 1;
}

/* CTRL_ATTR_POLICY has the table's number as a type, and in it the attribute's number. */
static void hear(struct told *told, const struct nlmsghdr *message)
{
	const struct nlattr *policy = attribute((const char *)NLMSG_DATA(message) + GENL_HDRLEN, message->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN),
						CTRL_ATTR_POLICY);
	const struct nlattr *table = policy ? data(policy) : NULL, *attr = table ? data(table) : NULL;
	unsigned int t, i;

	if (!attr)
		return;
	t = table->nla_type & NLA_TYPE_MASK;
	i = attr->nla_type & NLA_TYPE_MASK;
	if (t >= TABLES || !told->table_of[t] || i >= 64)
		return;
	told->seen[t] |= 1ull << i;
	if (i < sets[told->table_of[t] - 1].n)
		compare(told, &sets[told->table_of[t] - 1], i, attr);
	else
		told->wrong++;
}

static bool hear_all(struct told *told, int sock)
{
	static unsigned char buffer[65536];

	for (;;) {
		int len = recv(sock, buffer, sizeof(buffer), MSG_DONTWAIT);
		const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;

		if (len <= 0)
			return false;
		for (; NLMSG_OK(message, (unsigned int)len); message = NLMSG_NEXT(message, len)) {
			if (message->nlmsg_type == NLMSG_DONE)
				return true;
			hear(told, message);
		}
	}
}

/* The kernel tells nothing of attributes that it refuses: those must be in no request. */
static void compare_seen(struct told *told)
{
	for (unsigned int t = 0; t < TABLES && told->table_of[t]; t++) {
		const struct set *set = &sets[told->table_of[t] - 1];

		for (unsigned int i = 1; i < set->n; i++) {
			bool is_seen = told->seen[t] >> i & 1;

			if (is_seen != set->attributes[i].is_requested)
				differs(told, set, i, "it may be asked with", is_seen, set->attributes[i].is_requested);
		}
	}
}

unsigned int client_policy(void)
{
	struct told told = { .table_of = { 1 } };
	int sock = client_open();
	unsigned int tables = 0;

	if (ask(sock, CTRL_CMD_GETPOLICY, NLM_F_DUMP) < 0 || !hear_all(&told, sock)) {
		printf("# the kernel tells no policy\n");
		return 1;
	}
	close(sock);
	compare_seen(&told);
	while (tables < TABLES && told.table_of[tables])
		tables++;
	printf("# the kernel's policy has %u tables\n", tables);
	return told.wrong + (tables < 7);
}
