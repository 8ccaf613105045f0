/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Tables of iptables, ip6tables and arptables as their setsockopt() takes them, without the programs of these names. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netfilter_arp/arp_tables.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

#include "netfuzz.h"
#include "packetscript.h"

/* The three are alike, but for an entry's size and the places of its offsets. */
static const struct family {
	int domain, level;
	size_t entry, target_offset, next_offset;
	bool has_matches;
	const char *tables[4];
} families[] = {
	{ AF_INET, IPPROTO_IP, sizeof(struct ipt_entry), offsetof(struct ipt_entry, target_offset), offsetof(struct ipt_entry, next_offset), true,
	  { "mangle", "filter", "raw", "nat" } },
	{ AF_INET6, IPPROTO_IPV6, sizeof(struct ip6t_entry), offsetof(struct ip6t_entry, target_offset), offsetof(struct ip6t_entry, next_offset), true,
	  { "mangle", "filter", "raw", "nat" } },
	{ AF_INET, IPPROTO_IP, sizeof(struct arpt_entry), offsetof(struct arpt_entry, target_offset), offsetof(struct arpt_entry, next_offset), false,
	  { "filter", "filter", "filter", "filter" } },
};

#define IS_ARP(family)	(!(family)->has_matches)
#define SET_REPLACE(family)	(IS_ARP(family) ? ARPT_SO_SET_REPLACE : IPT_SO_SET_REPLACE)
#define GET_INFO(family)	(IS_ARP(family) ? ARPT_SO_GET_INFO : IPT_SO_GET_INFO)
#define GET_ENTRIES(family)	(IS_ARP(family) ? ARPT_SO_GET_ENTRIES : IPT_SO_GET_ENTRIES)

/* The structures of iptables and ip6tables are the same; those of arptables have shorter arrays. */
struct info {
	char name[XT_TABLE_MAXNAMELEN];
	unsigned int valid_hooks, hook_entry[NF_INET_NUMHOOKS], underflow[NF_INET_NUMHOOKS], num_entries, size;
};

_Static_assert(sizeof(struct info) == sizeof(struct ipt_getinfo) && sizeof(struct info) == sizeof(struct ip6t_getinfo), "alike");

#define ENTRIES_MAX	(96 * 1024)

static _Thread_local _Alignas(8) unsigned char blob[sizeof(struct ipt_replace) + ENTRIES_MAX];
static _Thread_local struct xt_counters old_counters[4096];

static int get_info(int sock, const struct family *f, const char *table, struct info *info)
{
	struct arpt_getinfo arp = { .valid_hooks = 0 };
	socklen_t len = IS_ARP(f) ? sizeof(arp) : sizeof(*info);
	void *to = IS_ARP(f) ? (void *)&arp : info;

	memset(info, 0, sizeof(*info));
	strcpy(to, table);
	if (getsockopt(sock, f->level, GET_INFO(f), to, &len))
		return errno;
	if (!IS_ARP(f))
		return 0;
	strcpy(info->name, table);
	info->valid_hooks = arp.valid_hooks;
	memcpy(info->hook_entry, arp.hook_entry, sizeof(arp.hook_entry));
	memcpy(info->underflow, arp.underflow, sizeof(arp.underflow));
	info->num_entries = arp.num_entries;
	info->size = arp.size;
	return 0;
}

/* Writes what stands before the entries. Returns how long that is. */
static size_t put_replace(const struct family *f, const struct info *info, unsigned int counters)
{
	if (IS_ARP(f)) {
		struct arpt_replace *to = (struct arpt_replace *)blob;

		memset(to, 0, sizeof(*to));
		memcpy(to->name, info->name, sizeof(to->name));
		to->valid_hooks = info->valid_hooks;
		to->num_entries = info->num_entries;
		to->size = info->size;
		memcpy(to->hook_entry, info->hook_entry, sizeof(to->hook_entry));
		memcpy(to->underflow, info->underflow, sizeof(to->underflow));
		to->num_counters = counters;
		to->counters = old_counters;
		return sizeof(*to);
	}
	struct ipt_replace *to = (struct ipt_replace *)blob;

	memset(to, 0, sizeof(*to));
	memcpy(to->name, info->name, sizeof(to->name));
	to->valid_hooks = info->valid_hooks;
	to->num_entries = info->num_entries;
	to->size = info->size;
	memcpy(to->hook_entry, info->hook_entry, sizeof(to->hook_entry));
	memcpy(to->underflow, info->underflow, sizeof(to->underflow));
	to->num_counters = counters;
	to->counters = old_counters;
	return sizeof(*to);
}

/*
 * Rules.
 */
struct build {
	const struct family *family;
	struct chance *chance;
	unsigned char *entries;
	size_t len;
	bool is_wrong;		/* it may have something wrong in it */
};

static bool goes_wrong(struct build *b)
{
	return b->is_wrong && percent(b->chance, 8);
}

static void noise(struct chance *c, void *to, size_t n)
{
	for (unsigned char *at = to; n; n--)
		*at++ = draw(c);
}

static unsigned char *reserve(struct build *b, size_t n)
{
	unsigned char *at = b->entries + b->len;

	memset(at, 0, n);
	b->len += n;
	return at;
}

/* All rules of a state need the same memory and percpu, so a right one has those of its state. */
static void put_info(struct build *b, struct xt_lua_info *info, bool is_match)
{
	struct chance *c = b->chance;

	memset(info, 0, sizeof(*info));
	/* one script that cannot be loaded has the kernel refuse the whole table, so mostly it is one of those that can */
	strcpy(info->script, scripts[percent(c, 85) ? below(c, 5) : below(c, nscripts)]);
	strcpy(info->function, is_match ? "match_packet" : "process_packet");
	info->state = below(c, 4);
	if (percent(c, 10)) {
		info->state = 7;
		info->percpu = 1;
	}
	info->on_error = is_match && percent(c, 50) ? XT_LUA_ON_ERROR_CONTINUE : below(c, is_match ? 1 : XT_LUA_ON_ERROR_COUNT);
	info->invert = is_match && percent(c, 50);
	if (percent(c, 5))
		strcpy(info->function, functions[below(c, nfunctions)]);
	if (percent(c, 5))
		info->object = below(c, XT_LUA_OBJECT_COUNT);
	if (goes_wrong(b))
		memset(info->script, '/', sizeof(info->script) - below(c, 2));
	if (goes_wrong(b))
		strcpy(info->script, "../../../../tmp/fuzz/pass.lua");
	if (goes_wrong(b))
		memset(info->function, 'f', sizeof(info->function) - below(c, 2));
	if (goes_wrong(b))
		info->function[0] = 0;
	if (goes_wrong(b))
		noise(c, info->script, sizeof(info->script));
	if (goes_wrong(b))
		info->memory = percent(c, 50) ? below(c, 200) : draw(c);
	if (goes_wrong(b))
		info->on_error = draw(c);
	if (goes_wrong(b))
		info->object = draw(c);
	if (goes_wrong(b))
		info->percpu = draw(c);
	if (goes_wrong(b))
		info->invert = draw(c);
	if (goes_wrong(b))
		noise(c, info->reserved, sizeof(info->reserved));
	if (goes_wrong(b))
		noise(c, info->digest, sizeof(info->digest));
	if (percent(c, 20))	/* the kernel must not believe these, but fill them in */
		noise(c, &info->rule, sizeof(*info) - offsetof(struct xt_lua_info, rule));
}

/* A match or a target, whose head is the same: size, name, revision. */
static void put_extension(struct build *b, bool is_match)
{
	size_t size = XT_ALIGN(sizeof(struct xt_entry_target)) + XT_ALIGN(sizeof(struct xt_lua_info)), told = size;
	struct xt_entry_target *t;

	if (goes_wrong(b))
		size = XT_ALIGN(sizeof(struct xt_entry_target)) + XT_ALIGN(below(b->chance, 800));
	told = goes_wrong(b) ? draw(b->chance) : size;
	t = (struct xt_entry_target *)reserve(b, size);
	strcpy(t->u.user.name, is_match ? "lua" : "LUA");
	if (goes_wrong(b))
		memset(t->u.user.name, 'L', sizeof(t->u.user.name));
	t->u.user.revision = goes_wrong(b) ? draw(b->chance) : 0;
	t->u.user.target_size = told;
	if (size >= XT_ALIGN(sizeof(struct xt_entry_target)) + sizeof(struct xt_lua_info))
		put_info(b, (struct xt_lua_info *)t->data, is_match);
	else
		noise(b->chance, t->data, size - XT_ALIGN(sizeof(struct xt_entry_target)));
}

static void put_offset(struct build *b, size_t entry, size_t field, size_t value)
{
	uint16_t offset = goes_wrong(b) ? value + below(b->chance, 33) - 16 : goes_wrong(b) ? draw(b->chance) : value;

	memcpy(b->entries + entry + field, &offset, sizeof(offset));
}

static void put_verdict(struct build *b, int verdict)
{
	struct xt_standard_target *t = (struct xt_standard_target *)reserve(b, XT_ALIGN(sizeof(*t)));

	t->target.u.user.target_size = XT_ALIGN(sizeof(*t));
	t->verdict = verdict;
}

static void put_error(struct build *b)
{
	struct xt_error_target *t = (struct xt_error_target *)reserve(b, XT_ALIGN(sizeof(*t)));

	t->target.u.user.target_size = XT_ALIGN(sizeof(*t));
	strcpy(t->target.u.user.name, XT_ERROR_TARGET);
	strcpy(t->errorname, "ERROR");
}

enum { OURS, POLICY, ERROR };

/* A rule for all packets. */
static void put_entry(struct build *b, int what)
{
	size_t entry = b->len;
	unsigned int matches = what == OURS && b->family->has_matches && percent(b->chance, 30) ? 1 + below(b->chance, 2) : 0;

	reserve(b, b->family->entry);
	for (unsigned int i = 0; i < matches; i++)
		put_extension(b, true);
	put_offset(b, entry, b->family->target_offset, b->len - entry);
	if (what == ERROR)
		put_error(b);
	else if (what == POLICY || (matches && percent(b->chance, 30)))
		put_verdict(b, -NF_ACCEPT - 1);
	else
		put_extension(b, false);
	put_offset(b, entry, b->family->next_offset, b->len - entry);
}

/* Writes a chain for each hook of the table, and in info what the kernel is told of them. */
static void build(struct build *b, struct info *info, unsigned int rules)
{
	info->num_entries = 0;
	for (unsigned int hook = 0; hook < NF_INET_NUMHOOKS; hook++) {
		if (!(info->valid_hooks & 1u << hook))
			continue;
		info->hook_entry[hook] = b->len;
		for (unsigned int n = rules && percent(b->chance, 40) ? 1 + below(b->chance, rules) : 0; n; n--, info->num_entries++)
			put_entry(b, OURS);
		info->underflow[hook] = b->len;
		put_entry(b, POLICY);
		info->num_entries++;
	}
	put_entry(b, ERROR);
	info->num_entries++;
	info->size = b->len;
}

static void spoil(struct build *b, struct info *info, unsigned int *counters)
{
	if (goes_wrong(b))
		info->valid_hooks = draw(b->chance);
	if (goes_wrong(b))
		info->num_entries += below(b->chance, 5) - 2;
	if (goes_wrong(b))
		info->size = percent(b->chance, 50) ? info->size + below(b->chance, 65) - 32 : draw(b->chance) % (1 << 20);
	if (goes_wrong(b))
		info->hook_entry[below(b->chance, NF_INET_NUMHOOKS)] += below(b->chance, 33) - 16;
	if (goes_wrong(b))
		info->underflow[below(b->chance, NF_INET_NUMHOOKS)] = draw(b->chance) % (info->size + 1);
	if (goes_wrong(b))
		*counters = percent(b->chance, 50) ? 0 : below(b->chance, 4096);
	if (goes_wrong(b))
		memset(info->name, 'n', sizeof(info->name));
}

static void count(int err)
{
	atomic_fetch_add(err ? &counts->refused[DID_REPLACE] : &counts->accepted[DID_REPLACE], 1);
	if (err > 0 && err < ERRNOS)
		atomic_fetch_add(&counts->errnos[err], 1);
}

/* The entries were written behind the largest head; they move to the end of this one. */
static void send_table(int sock, const struct family *f, const struct info *info, size_t len, unsigned int counters)
{
	unsigned char *entries = blob + sizeof(struct ipt_replace);
	size_t head = put_replace(f, info, counters);

	memmove(blob + head, entries, len);
	count(setsockopt(sock, f->level, SET_REPLACE(f), blob, head + len) ? errno : 0);
}

static void replace(struct worker *w, const struct family *f, const char *table, unsigned int rules, bool is_wrong)
{
	struct build b = { .family = f, .chance = &w->chance, .entries = blob + sizeof(struct ipt_replace), .is_wrong = is_wrong };
	int sock = socket(f->domain, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW), err;
	struct info info;
	unsigned int counters;

	if (sock < 0)
		return count(errno);
	err = get_info(sock, f, table, &info);
	if (err) {
		count(err);
	} else {
		counters = info.num_entries < 4096 ? info.num_entries : 4096;
		build(&b, &info, rules);
		spoil(&b, &info, &counters);
		send_table(sock, f, &info, b.len, counters);
	}
	close(sock);
}

static const struct family *any_family(struct chance *c)
{
	return &families[below(c, sizeof(families) / sizeof(families[0]))];
}

void rules_replace(struct worker *w)
{
	const struct family *f = any_family(&w->chance);
	const char *table = f->tables[below(&w->chance, 4)];

	replace(w, f, table, 1 + below(&w->chance, 3), percent(&w->chance, 50));
}

void rules_flush(struct worker *w)
{
	for (const struct family *f = families; f < families + sizeof(families) / sizeof(families[0]); f++) {
		for (unsigned int i = 0; i < (IS_ARP(f) ? 1 : 4); i++)
			replace(w, f, f->tables[i], 0, false);
	}
}

void rules_write_back(struct worker *w)
{
	const struct family *f = any_family(&w->chance);
	const char *table = f->tables[below(&w->chance, 4)];
	int sock = socket(f->domain, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	/* all three begin with the name and the size, and the entries follow */
	struct ipt_get_entries *get = (struct ipt_get_entries *)(blob + sizeof(struct ipt_replace) - sizeof(*get));
	struct info info;
	socklen_t len;

	if (sock < 0)
		return;
	if (get_info(sock, f, table, &info) || info.size > ENTRIES_MAX)
		goto out;
	memset(get, 0, sizeof(*get));
	strcpy(get->name, table);
	get->size = info.size + (percent(&w->chance, 10) ? below(&w->chance, 64) - 32 : 0);
	len = sizeof(*get) + get->size;
	if (getsockopt(sock, f->level, GET_ENTRIES(f), get, &len)) {
		atomic_fetch_add(&counts->refused[DID_READ], 1);
		goto out;
	}
	atomic_fetch_add(&counts->accepted[DID_READ], 1);
	if (percent(&w->chance, 30) && info.size)
		blob[sizeof(struct ipt_replace) + below(&w->chance, info.size)] ^= 1 << below(&w->chance, 8);
	send_table(sock, f, &info, info.size, info.num_entries < 4096 ? info.num_entries : 4096);
out:
	close(sock);
}
