/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Entries are set one by one, as scripts do it: who reads the table meanwhile sees those that have been. A table that is dumped is gone
 * through in the order of hashes, which does not change, so that each message only has to know how far the last one came.
 */
#include <linux/err.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "dump.h"
#include "failure.h"
#include "state.h"
#include "tables.h"

#define TTL_MAX	315360000000ull	/* milliseconds: ten years, as of scripts */

static struct netlink_range_validation ttl_range = { 0, TTL_MAX };

static const struct nla_policy entry_policy[PACKETSCRIPT_ENTRY_MAX + 1] = {
	[PACKETSCRIPT_ENTRY_NUMBER] = { .type = NLA_U64 },
	[PACKETSCRIPT_ENTRY_NAME] = { .type = NLA_BINARY, .len = PS_SHARED_KEY_MAX },
	[PACKETSCRIPT_ENTRY_INTEGER] = { .type = NLA_U64 },
	[PACKETSCRIPT_ENTRY_BOOLEAN] = NLA_POLICY_MAX(NLA_U8, 1),
	[PACKETSCRIPT_ENTRY_STRING] = { .type = NLA_BINARY, .len = PACKETSCRIPT_ENTRY_BYTES },
	[PACKETSCRIPT_ENTRY_ARRAY] = { .type = NLA_BINARY, .len = PACKETSCRIPT_ENTRY_BYTES },
	[PACKETSCRIPT_ENTRY_LENGTH] = { .type = NLA_REJECT },
	[PACKETSCRIPT_ENTRY_TTL] = NLA_POLICY_FULL_RANGE(NLA_U64, &ttl_range),
};

const struct nla_policy ps_tables_policy[PACKETSCRIPT_SHARED_MAX + 1] = {
	[PACKETSCRIPT_SHARED_NAME] = { .type = NLA_NUL_STRING, .len = PS_SHARED_NAME_MAX },
	[PACKETSCRIPT_SHARED_ACTION] = NLA_POLICY_RANGE(NLA_U8, PACKETSCRIPT_SHARED_SET, PACKETSCRIPT_SHARED_DESTROY),
	[PACKETSCRIPT_SHARED_ENTRY] = NLA_POLICY_NESTED(entry_policy),
	[PACKETSCRIPT_SHARED_COUNT] = { .type = NLA_REJECT },
	[PACKETSCRIPT_SHARED_SIZE] = { .type = NLA_REJECT },
	[PACKETSCRIPT_SHARED_TTL] = { .type = NLA_REJECT },
	[PACKETSCRIPT_SHARED_USES] = { .type = NLA_REJECT },
	[PACKETSCRIPT_SHARED_KEPT] = { .type = NLA_REJECT },
};

/*
 * Requests.
 */
static int refuse(struct ps_failure *failure, const char *name, const struct ps_shared_thing *thing, enum ps_shared_result why)
{
	switch (why) {
	case PS_SHARED_SIZE:
		return ps_fail(failure, -ENOSPC, "table '%s' is full: it has %u entries, its size", name, READ_ONCE(thing->size));
	case PS_SHARED_LIMIT:
		return ps_fail(failure, -ENOSPC, "table '%s': all that is shared may take %u MiB (shared_mb), and does", name,
			       READ_ONCE(ps_shared_limits.shared_mb));
	default:
		return ps_fail(failure, -ENOMEM, "table '%s': the machine has no memory left for it", name);
	}
}

static bool read_key(struct nlattr **attrs, struct ps_shared_key *key)
{
	const struct nlattr *number = attrs[PACKETSCRIPT_ENTRY_NUMBER], *name = attrs[PACKETSCRIPT_ENTRY_NAME];

	if (!number == !name)
		return false;
	if (number)
		ps_shared_key_integer(key, nla_get_u64(number));
	else
		ps_shared_key_text(key, nla_data(name), nla_len(name));
	return true;
}

static struct ps_blob *read_bytes(const struct nlattr *attr, enum ps_shared_result *why)
{
	struct ps_blob *blob = ps_blob_begin(nla_len(attr), why);
	u32 off, n;
	u8 *to;

	while (blob && blob->made < blob->npieces) {
		if (ps_blob_extend(blob, why))
			continue;
		ps_blob_free(blob);
		blob = NULL;
	}
	for (off = 0; blob && off < blob->len; off += n) {
		to = ps_blob_at(blob, off, &n);
		memcpy(to, nla_data(attr) + off, n);
	}
	return blob;
}

/* How many values there are. */
static unsigned int count_values(struct nlattr **attrs)
{
	return !!attrs[PACKETSCRIPT_ENTRY_INTEGER] + !!attrs[PACKETSCRIPT_ENTRY_BOOLEAN] + !!attrs[PACKETSCRIPT_ENTRY_STRING] +
	       !!attrs[PACKETSCRIPT_ENTRY_ARRAY];
}

static enum ps_shared_result read_value(struct nlattr **attrs, struct ps_shared_value *value)
{
	const struct nlattr *string = attrs[PACKETSCRIPT_ENTRY_STRING];
	enum ps_shared_result why = PS_SHARED_DONE;

	if (attrs[PACKETSCRIPT_ENTRY_INTEGER]) {
		*value = (struct ps_shared_value){ PS_SHARED_INTEGER, { nla_get_u64(attrs[PACKETSCRIPT_ENTRY_INTEGER]) } };
	} else if (attrs[PACKETSCRIPT_ENTRY_BOOLEAN]) {
		*value = (struct ps_shared_value){ PS_SHARED_BOOLEAN, { nla_get_u8(attrs[PACKETSCRIPT_ENTRY_BOOLEAN]) } };
	} else {
		value->type = string ? PS_SHARED_STRING : PS_SHARED_ARRAY;
		value->blob = read_bytes(string ?: attrs[PACKETSCRIPT_ENTRY_ARRAY], &why);
	}
	return why;
}

/* One that may be shared with others, as they all are: whoever has a reference may change it. */
struct request {
	const char *name;
	struct ps_shared_thing *thing;
	struct ps_failure *failure;
};

static int set_entry(const struct request *r, struct nlattr **attrs, const struct ps_shared_key *key)
{
	struct ps_shared_table *t = ps_shared_table_of(r->thing);
	const struct nlattr *ttl = attrs[PACKETSCRIPT_ENTRY_TTL];
	struct ps_shared_value value;
	enum ps_shared_result why = read_value(attrs, &value);

	if (why)
		return refuse(r->failure, r->name, r->thing, why);
	why = ps_table_set(t, key, value, ttl ? nla_get_u64(ttl) : ps_table_ttl(t));
	if (!why)
		return 0;
	if (ps_shared_has_bytes(value.type))
		ps_blob_free(value.blob);
	return refuse(r->failure, r->name, r->thing, why);
}

static int delete_entry(const struct request *r, const struct ps_shared_key *key)
{
	enum ps_shared_result why = ps_table_set(ps_shared_table_of(r->thing), key, (struct ps_shared_value){ PS_SHARED_NOTHING }, 0);

	return why ? refuse(r->failure, r->name, r->thing, why) : 0;
}

/*
 * Telling entries.
 */
static bool put_u64(struct sk_buff *skb, int type, u64 value)
{
	return !nla_put_u64_64bit(skb, type, value, 0);
}

static bool put_bytes(struct sk_buff *skb, struct ps_shared_value value)
{
	u32 n = min_t(u32, value.blob->len, PACKETSCRIPT_ENTRY_BYTES);
	struct nlattr *attr = nla_reserve(skb, value.type == PS_SHARED_STRING ? PACKETSCRIPT_ENTRY_STRING : PACKETSCRIPT_ENTRY_ARRAY, n);

	if (!attr)
		return false;
	ps_blob_read(value.blob, 0, nla_data(attr), n);
	return n == value.blob->len || !nla_put_u32(skb, PACKETSCRIPT_ENTRY_LENGTH, value.blob->len);
}

static bool put_value(struct sk_buff *skb, struct ps_shared_value value)
{
	if (value.type == PS_SHARED_INTEGER)
		return put_u64(skb, PACKETSCRIPT_ENTRY_INTEGER, value.i);
	if (value.type == PS_SHARED_BOOLEAN)
		return !nla_put_u8(skb, PACKETSCRIPT_ENTRY_BOOLEAN, value.i);
	return put_bytes(skb, value);
}

static bool put_key(struct sk_buff *skb, const struct ps_shared_key *key)
{
	return key->text ? !nla_put(skb, PACKETSCRIPT_ENTRY_NAME, key->len, key->text) : put_u64(skb, PACKETSCRIPT_ENTRY_NUMBER, key->i);
}

/* What the key has, if it has something. False: there was no room, and nothing is there. */
static bool put_entry(struct sk_buff *skb, const struct ps_shared_table *t, const struct ps_shared_key *key)
{
	struct nlattr *nest = nla_nest_start(skb, PACKETSCRIPT_SHARED_ENTRY);
	struct ps_shared_value value;
	bool is_put;
	u64 left;

	if (!nest)
		return false;
	ps_host_read_begin();
	value = ps_table_look(t, key, &left);
	is_put = !value.type || (put_key(skb, key) && put_value(skb, value) && (!left || put_u64(skb, PACKETSCRIPT_ENTRY_TTL, left)));
	ps_host_read_end();
	if (is_put && value.type)
		nla_nest_end(skb, nest);
	else
		nla_nest_cancel(skb, nest);
	return is_put;
}

static int get_entry(const struct request *r, const struct ps_shared_key *key, struct sk_buff *reply)
{
	struct nlattr *nest = nla_nest_start(reply, PACKETSCRIPT_A_SHARED);

	if (!nest || nla_put_string(reply, PACKETSCRIPT_SHARED_NAME, r->name) || !put_entry(reply, ps_shared_table_of(r->thing), key))
		return -EMSGSIZE;
	nla_nest_end(reply, nest);
	return 0;
}

/*
 * What is asked for.
 */
static int do_entry(const struct request *r, u8 action, const struct nlattr *nest, struct sk_buff *reply, struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[PACKETSCRIPT_ENTRY_MAX + 1];
	struct ps_shared_key key;
	int err = nla_parse_nested(attrs, PACKETSCRIPT_ENTRY_MAX, nest, entry_policy, extack);

	if (err)
		return err;
	if (!read_key(attrs, &key))
		return ps_fail(r->failure, -EINVAL, "table '%s': an entry has one key", r->name);
	if (action == PACKETSCRIPT_SHARED_GET)
		return get_entry(r, &key, reply);
	if (action == PACKETSCRIPT_SHARED_DELETE)
		return delete_entry(r, &key);
	if (count_values(attrs) != 1)
		return ps_fail(r->failure, -EINVAL, "table '%s': an entry has one value", r->name);
	return set_entry(r, attrs, &key);
}

static int do_entries(const struct request *r, u8 action, const struct nlattr *entries, struct sk_buff *reply, struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	bool is_kept = false;
	int rem, err = 0;

	nla_for_each_nested(attr, entries, rem) {
		if (nla_type(attr) != PACKETSCRIPT_SHARED_ENTRY)
			continue;
		err = do_entry(r, action, attr, reply, extack);
		if (err || action == PACKETSCRIPT_SHARED_GET)
			break;
		if (action == PACKETSCRIPT_SHARED_SET && !is_kept) {	/* with the first that is set, the table stays */
			ps_shared_keep(r->thing, true);
			is_kept = true;
		}
		cond_resched();
	}
	return err;
}

/* With a reference; or an errno, and words. */
static struct ps_shared_thing *open_table(struct ps_shared_space *space, const char *name, u8 action, bool may_make, struct ps_failure *failure)
{
	enum ps_shared_result why = PS_SHARED_DONE;
	bool makes = action == PACKETSCRIPT_SHARED_SET;
	struct ps_shared_thing *thing;

	thing = makes && may_make ? ps_shared_open(space, PS_SHARED_TABLE, name, &why) : ps_shared_find(space, PS_SHARED_TABLE, name);
	if (thing)
		return thing;
	if (why)
		return ERR_PTR(refuse(failure, name, NULL, why));
	if (!makes)
		return ERR_PTR(ps_fail(failure, -ENOENT, "table '%s': there is none in this network namespace", name));
	return ERR_PTR(ps_fail(failure, -EPERM, "table '%s': no script names it in this network namespace, and to make it needs CAP_NET_ADMIN not only in "
			       "a user namespace", name));
}

/* A table that somebody has filled stays until somebody destroys it. */
static int change(const struct request *r, u8 action, const struct nlattr *nest, struct sk_buff *reply, struct netlink_ext_ack *extack)
{
	if (action == PACKETSCRIPT_SHARED_DESTROY)
		return ps_shared_abandon(r->thing) ? 0 : ps_fail(r->failure, -EBUSY, "table '%s': scripts name it, or somebody reads it", r->name);
	return do_entries(r, action, nest, reply, extack);
}

int ps_tables_change(struct genl_info *info, bool may_make, struct sk_buff *reply, struct ps_failure *failure)
{
	const struct nlattr *nest = info->attrs[PACKETSCRIPT_A_SHARED];
	struct request r = { .failure = failure };
	struct nlattr *attrs[PACKETSCRIPT_SHARED_MAX + 1];
	int err;
	u8 action;

	if (!nest)
		return ps_fail(failure, -EINVAL, "no table is named");
	err = nla_parse_nested(attrs, PACKETSCRIPT_SHARED_MAX, nest, ps_tables_policy, info->extack);
	if (err)
		return err;
	if (!attrs[PACKETSCRIPT_SHARED_NAME] || !attrs[PACKETSCRIPT_SHARED_ACTION] || !*(char *)nla_data(attrs[PACKETSCRIPT_SHARED_NAME]))
		return ps_fail(failure, -EINVAL, "a table needs a name, and what to do with it");
	action = nla_get_u8(attrs[PACKETSCRIPT_SHARED_ACTION]);
	r.name = nla_data(attrs[PACKETSCRIPT_SHARED_NAME]);
	r.thing = open_table(ps_states_space(genl_info_net(info)), r.name, action, may_make, failure);
	if (IS_ERR(r.thing))
		return PTR_ERR(r.thing);
	err = change(&r, action, nest, reply, info->extack);
	ps_shared_put(r.thing);
	return err;
}

/*
 * Dumps: of all tables, or of what is in one.
 */
struct walk {
	struct ps_shared_thing *thing;	/* NULL: of all tables */
	u64 at;				/* as in struct ps_table_walk; of all tables, so many have been told */
	bool is_over;
};

static struct walk *walk_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct walk) > sizeof(cb->args));
	return (struct walk *)cb->args;
}

int ps_tables_start(struct netlink_callback *cb)
{
	const struct nlattr *nest = nlmsg_find_attr(cb->nlh, GENL_HDRLEN, PACKETSCRIPT_A_SHARED);
	struct nlattr *attrs[PACKETSCRIPT_SHARED_MAX + 1];
	int err;

	if (!nest)
		return 0;
	err = nla_parse_nested(attrs, PACKETSCRIPT_SHARED_MAX, nest, ps_tables_policy, cb->extack);
	if (err || !attrs[PACKETSCRIPT_SHARED_NAME])
		return err ?: -EINVAL;
	walk_of(cb)->thing = ps_shared_find(ps_states_space(sock_net(cb->skb->sk)), PS_SHARED_TABLE, nla_data(attrs[PACKETSCRIPT_SHARED_NAME]));
	cb->min_dump_alloc = PS_TABLES_SIZE + NLMSG_HDRLEN + GENL_HDRLEN;	/* each entry has room in an empty message */
	return walk_of(cb)->thing ? 0 : -ENOENT;
}

int ps_tables_done(struct netlink_callback *cb)
{
	if (walk_of(cb)->thing)
		ps_shared_put(walk_of(cb)->thing);
	return 0;
}

static bool put_table(struct sk_buff *skb, const void *of)
{
	const struct ps_shared_thing *thing = of;
	const struct ps_shared_table *t = ps_shared_table_of((struct ps_shared_thing *)thing);

	return !nla_put_string(skb, PACKETSCRIPT_SHARED_NAME, thing->name) && put_u64(skb, PACKETSCRIPT_SHARED_COUNT, ps_table_count(t)) &&
	       !nla_put_u32(skb, PACKETSCRIPT_SHARED_SIZE, thing->size) && put_u64(skb, PACKETSCRIPT_SHARED_TTL, ps_table_ttl(t)) &&
	       !nla_put_u32(skb, PACKETSCRIPT_SHARED_USES, thing->refs) && (!thing->is_kept || !nla_put_flag(skb, PACKETSCRIPT_SHARED_KEPT));
}

/* Room for the keys of a walk, which is too much for a stack. */
struct reader {
	struct walk *walk;
	struct ps_table_walk *to;
};

/* As many entries as the message has room for. True: there are some. */
static bool put_entries(struct sk_buff *skb, const void *of)
{
	const struct reader *reader = of;
	struct ps_table_walk *to = reader->to;
	const struct ps_shared_table *t = ps_shared_table_of(reader->walk->thing);
	const unsigned int before = skb->len;
	struct ps_shared_key key;

	while (!to->is_over && !signal_pending(current)) {
		reader->walk->at = to->at;
		cond_resched();
		if (!ps_table_next(t, to))
			continue;
		if (to->is_integer)
			ps_shared_key_integer(&key, to->i);
		else
			ps_shared_key_text(&key, to->text, to->len);
		if (!put_entry(skb, t, &key))
			return skb->len > before;	/* this one comes first in the next message */
	}
	reader->walk->at = to->at;
	reader->walk->is_over = to->is_over;
	return skb->len > before;
}

static int dump_entries(const struct ps_dump *dump, struct walk *walk)
{
	struct ps_table_walk *to = kzalloc(sizeof(*to), GFP_KERNEL);
	struct reader reader = { walk, to };

	if (!to)
		return -ENOMEM;
	to->at = walk->at;
	if (!walk->is_over)
		ps_dump_write(dump, put_entries, &reader);
	kfree(to);
	if (signal_pending(current) && !walk->is_over && !dump->skb->len)
		return -EINTR;
	return dump->skb->len || walk->is_over ? dump->skb->len : -EMSGSIZE;
}

int ps_tables_dump(const struct genl_family *family, struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct ps_dump dump = { family, skb, cb, PACKETSCRIPT_CMD_TABLES, PACKETSCRIPT_A_SHARED };

	if (walk_of(cb)->thing)
		return dump_entries(&dump, walk_of(cb));
	return ps_dump_things(&dump, PS_SHARED_TABLE, put_table, &walk_of(cb)->at);
}
