/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Makes messages by the grammar, right ones and such with mistakes. */
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>

#include "netfuzz.h"
#include "packetscript.h"

#include "grammar.inc"

#define NEST_MAX	200	/* how deep, where something is wrong */

static bool has_room(const struct message *m, size_t n)
{
	return m->len + n + 64 < MESSAGE_MAX;
}

/* Whether a mistake is made here, of those that the message may still have: where lengths and values are checked, more often. */
static bool goes_wrong_often(struct message *m, unsigned int n)
{
	if (!m->wrong || !percent(m->chance, n))
		return false;
	m->wrong--;
	return true;
}

static bool goes_wrong(struct message *m)
{
	return goes_wrong_often(m, 5);
}

size_t nest_begin(struct message *m, unsigned int number)
{
	const struct nlattr attr = { .nla_type = number };
	size_t at = m->len;

	if (m->nmarks < MARKS)
		m->marks[m->nmarks++] = at;
	memcpy(m->bytes + at, &attr, sizeof(attr));
	m->len += sizeof(attr);
	return at;
}

/* The length has 16 bits, so of a longer nest it is wrong. */
void nest_end(struct message *m, size_t at)
{
	const uint16_t len = m->len - at;

	memcpy(m->bytes + at, &len, sizeof(len));	/* a mistake before it may have left it unaligned */
	while (m->len % NLA_ALIGNTO)
		m->bytes[m->len++] = 0;
}

static void put(struct message *m, const void *bytes, size_t n)
{
	if (!has_room(m, n))
		return;
	memcpy(m->bytes + m->len, bytes, n);
	m->len += n;
}

static void put_noise(struct message *m, size_t n)
{
	uint64_t word;

	for (; n && has_room(m, n); n -= n < 8 ? n : 8) {
		word = draw(m->chance);
		put(m, &word, n < 8 ? n : 8);
	}
}

static void put_number(struct message *m, unsigned int size, uint64_t value)
{
	put(m, &value, size);	/* a machine's numbers begin with the low byte, as of all that the tests run on */
}

void message_number(struct message *m, unsigned int number, unsigned int size, uint64_t value)
{
	size_t at = nest_begin(m, number);

	put_number(m, size, value);
	nest_end(m, at);
}

void message_string(struct message *m, unsigned int number, const char *text)
{
	size_t at = nest_begin(m, number);

	put(m, text, strlen(text) + 1);
	nest_end(m, at);
}

/*
 * Values.
 */
static uint64_t extreme(struct chance *c)
{
	static const uint64_t numbers[] = { 0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff, ~0ull, 1ull << 63 };

	return percent(c, 70) ? numbers[below(c, sizeof(numbers) / sizeof(numbers[0]))] : draw(c);
}

static void put_value_number(struct message *m, const struct attribute *a, const uint64_t *numbers, unsigned int n)
{
	if (goes_wrong(m))
		put_noise(m, below(m->chance, 12));
	else if (goes_wrong_often(m, 20) || !n)
		put_number(m, a->size, extreme(m->chance));
	else
		put_number(m, a->size, numbers[below(m->chance, n)]);
}

static void put_value_string(struct message *m, const struct attribute *a)
{
	const char *text = a->n ? a->strings[below(m->chance, a->n > 5 && percent(m->chance, 80) ? 5 : a->n)] : "";

	if (goes_wrong_often(m, 30)) {	/* long, around the limit or far above it, maybe without an end */
		size_t n = percent(m->chance, 50) ? a->max + below(m->chance, 4) : below(m->chance, 70000);

		for (; n && has_room(m, n); n--)
			m->bytes[m->len++] = 'a' + below(m->chance, 26);
		if (percent(m->chance, 50))
			put(m, "", 1);
	} else if (goes_wrong(m)) {
		put_noise(m, below(m->chance, 64));
	} else if (goes_wrong(m)) {	/* without a zero, or empty, or with something behind it */
		put(m, text, percent(m->chance, 50) ? strlen(text) : 0);
	} else if (goes_wrong(m)) {
		put(m, text, strlen(text) + 1);
		put_noise(m, below(m->chance, 32));
	} else {
		put(m, text, strlen(text) + 1);
	}
}

static void put_value_bytes(struct message *m, const struct attribute *a)
{
	unsigned int most = a->n ? a->n : 64;

	if (goes_wrong_often(m, 30))
		put_noise(m, below(m->chance, 2) ? most + below(m->chance, 3) : below(m->chance, 66000));
	else if (percent(m->chance, 5) && m->len < 20000)	/* the nest has 64 KiB */
		put_noise(m, most - below(m->chance, 2));
	else
		put_noise(m, below(m->chance, most < 24 ? most + 1 : 24));
}

/* The ranges are in order, and none touches another. */
static void put_value_ranges(struct message *m, unsigned int size)
{
	unsigned int n = percent(m->chance, 3) ? below(m->chance, 30000 / size) : below(m->chance, 12);
	uint32_t at = below(m->chance, 1000);
	unsigned char range[32];

	for (; n && has_room(m, size); n--) {
		memset(range, 0, sizeof(range));
		for (unsigned int i = 0; i < 2; i++) {
			uint32_t be = __builtin_bswap32(at);

			memcpy(range + (i + 1) * size / 2 - 4, &be, 4);
			at += below(m->chance, 3);
		}
		at += 1 + below(m->chance, 100000);
		put(m, range, size);
	}
	if (goes_wrong(m))
		put_noise(m, below(m->chance, 64));
}

static void put_set(struct message *m, unsigned int of);

/* Nests are put one into the other. */
static void put_deep(struct message *m, unsigned int number)
{
	size_t at[NEST_MAX];
	unsigned int n = 1 + below(m->chance, NEST_MAX), i;

	for (i = 0; i < n && has_room(m, 64); i++)
		at[i] = nest_begin(m, number | NLA_F_NESTED);
	while (i)
		nest_end(m, at[--i]);
}

static void put_value_nest(struct message *m, const struct attribute *a)
{
	unsigned int n = 1;

	if (goes_wrong(m))
		put_set(m, below(m->chance, nsets));
	else if (goes_wrong(m))
		put_noise(m, below(m->chance, 200));
	else if (goes_wrong(m))
		n = below(m->chance, 3) ? 0 : 1 + below(m->chance, 1000);
	else if (goes_wrong(m))
		put_deep(m, below(m->chance, 16));
	for (; n && has_room(m, 4096); n--)
		put_set(m, a->set);
}

static void put_value(struct message *m, const struct attribute *a, const uint64_t *numbers, unsigned int n)
{
	if (goes_wrong(m)) {		/* what another attribute has */
		const struct set *other = &sets[below(m->chance, nsets)];

		a = &other->attributes[1 + below(m->chance, other->n - 1)];
		numbers = a->numbers;
		n = a->n;
	}
	switch (a->kind) {
	case NUMBER:
		put_value_number(m, a, numbers, n);
		break;
	case STRING:
		put_value_string(m, a);
		break;
	case BYTES:
		put_value_bytes(m, a);
		break;
	case RANGES4:
		put_value_ranges(m, 8);
		break;
	case RANGES6:
		put_value_ranges(m, 32);
		break;
	case NEST:
		put_value_nest(m, a);
		break;
	case FLAG:
		if (goes_wrong(m))
			put_noise(m, below(m->chance, 16));
		break;
	}
}

static void put_attribute(struct message *m, const struct set *set, unsigned int number, const uint64_t *numbers, unsigned int n)
{
	const struct attribute *a = &set->attributes[number];
	unsigned int type = number | (a->kind == NEST ? NLA_F_NESTED : 0), times = 1;
	size_t at;

	if (goes_wrong(m))
		type ^= NLA_F_NESTED;
	if (goes_wrong(m))
		type = percent(m->chance, 50) ? below(m->chance, 64) : below(m->chance, 65536);
	if (goes_wrong(m))
		times = below(m->chance, 3);	/* absent, or twice */
	for (; times && m->depth < NEST_MAX && has_room(m, 64); times--) {
		at = nest_begin(m, type);
		m->depth++;
		put_value(m, a, numbers, n);
		m->depth--;
		nest_end(m, at);
	}
}

void message_attribute(struct message *m, unsigned int set, unsigned int number)
{
	const struct attribute *a = &sets[set].attributes[number];

	put_attribute(m, &sets[set], number, a->numbers, a->n);
}

/* The shape may narrow the numbers that the attribute has by the grammar. */
static void put_shaped(struct message *m, const struct set *set, unsigned int number, const struct shape *shape)
{
	unsigned int i;

	for (i = 0; shape && i < sizeof(shape->numbers) / sizeof(shape->numbers[0]); i++) {
		if (shape->numbers[i].attribute == number) {
			put_attribute(m, set, number, shape->numbers[i].numbers, shape->numbers[i].n);
			return;
		}
	}
	put_attribute(m, set, number, set->attributes[number].numbers, set->attributes[number].n);
}

/* One of the set's shapes that fits the command. NULL: attributes are drawn without one. */
static const struct shape *any_shape(struct message *m, const struct set *set)
{
	const struct shape *shape = NULL;

	for (unsigned int tries = 20; tries && set->nshapes; tries--) {
		shape = &set->shapes[below(m->chance, set->nshapes)];
		if (!shape->command || shape->command == m->command)
			return shape;
	}
	return NULL;
}

static void put_set(struct message *m, unsigned int of)
{
	const struct set *set = &sets[of];
	const struct shape *shape = goes_wrong(m) ? NULL : any_shape(m, set);
	unsigned int i, times;

	for (i = 1; i < set->n; i++) {
		const struct attribute *a = &set->attributes[i];
		uint64_t bit = 1ull << i;

		if (!a->is_requested && !goes_wrong(m))
			continue;
		if (shape && (shape->without & bit) && !goes_wrong(m))
			continue;
		if (!(shape && (shape->with & bit)) && !percent(m->chance, 25))
			continue;
		/* a table has several entries in one message */
		for (times = a->kind == NEST && a->set != of && of ? 1 + below(m->chance, 4) : 1; times; times--)
			put_shaped(m, set, i, shape);
	}
	if (goes_wrong(m))
		put_noise(m, below(m->chance, 40));
}

/*
 * Messages.
 */
void message_begin(struct message *m, unsigned int command, uint16_t family, uint16_t flags, uint32_t seq)
{
	const struct nlmsghdr header = {
		.nlmsg_type = family,
		.nlmsg_flags = NLM_F_REQUEST | flags | (commands[command].is_dump ? NLM_F_DUMP : NLM_F_ACK),
		.nlmsg_seq = seq,
	};
	const struct genlmsghdr genl = { .cmd = commands[command].number, .version = 1 };

	put(m, &header, sizeof(header));
	put(m, &genl, sizeof(genl));
}

/* The message gets the command's attributes; a dump goes without them, too, and then it is of all that there is. */
void message_attributes(struct message *m, unsigned int command)
{
	unsigned int i;

	m->command = commands[command].number;
	for (i = 1; i < sets[0].n; i++) {
		bool has = commands[command].attributes & 1ull << i;

		if (has ? commands[command].is_dump && percent(m->chance, 30) : !goes_wrong(m))
			continue;
		message_attribute(m, 0, i);
	}
}

void message_end(struct message *m, size_t begin)
{
	struct nlmsghdr *header = (struct nlmsghdr *)(m->bytes + begin);

	header->nlmsg_len = m->len - begin;
	while (m->len % NLMSG_ALIGNTO)
		m->bytes[m->len++] = 0;
}

/* A number beside n. */
static unsigned int near(struct chance *c, unsigned int n)
{
	return n + below(c, 17) - 8;
}

static void spoil_attribute(struct message *m)
{
	unsigned char *at = m->bytes + m->marks[below(m->chance, m->nmarks)];
	struct nlattr attr;

	memcpy(&attr, at, sizeof(attr));
	switch (below(m->chance, 4)) {
	case 0:
		attr.nla_len = near(m->chance, attr.nla_len);
		break;
	case 1:
		attr.nla_len = extreme(m->chance);
		break;
	case 2:
		attr.nla_type ^= 1 << below(m->chance, 16);
		break;
	case 3:
		attr.nla_type = near(m->chance, attr.nla_type);
		break;
	}
	memcpy(at, &attr, sizeof(attr));
}

static void spoil_header(struct message *m, size_t begin)
{
	struct nlmsghdr *header = (struct nlmsghdr *)(m->bytes + begin);
	struct genlmsghdr *genl = (struct genlmsghdr *)(header + 1);

	switch (below(m->chance, 7)) {
	case 0:
		header->nlmsg_len = near(m->chance, header->nlmsg_len);
		break;
	case 1:
		header->nlmsg_len = extreme(m->chance);
		break;
	case 2:
		header->nlmsg_flags ^= 1 << below(m->chance, 16);
		break;
	case 3:
		genl->cmd = percent(m->chance, 80) ? below(m->chance, 16) : below(m->chance, 256);
		break;
	case 4:
		genl->version = below(m->chance, 256);
		break;
	case 5:
		genl->reserved = draw(m->chance);
		break;
	case 6:
		if (m->len > 4)
			m->len -= below(m->chance, m->len < 40 ? m->len : 40);	/* the message is cut */
		break;
	}
}

void message_spoil(struct message *m, size_t begin)
{
	for (; m->wrong; m->wrong--) {
		unsigned int what = below(m->chance, 10);

		if (what < 6 && m->nmarks)
			spoil_attribute(m);
		else if (what < 8)
			spoil_header(m, begin);
		else if (m->len > begin + NLMSG_HDRLEN)
			m->bytes[begin + NLMSG_HDRLEN + below(m->chance, m->len - begin - NLMSG_HDRLEN)] ^= 1 << below(m->chance, 8);
	}
}

/*
 * What the kernel sends.
 */
static bool is_value(const unsigned char *at, size_t len, const struct attribute *a)
{
	switch (a->kind) {
	case NUMBER:
		return len == a->size;
	case STRING:
		return len && strnlen((const char *)at, len) == len - 1;
	case NEST:
		return is_as_described(at, len, a->set);
	case RANGES4:
		return len % 8 == 0;
	case RANGES6:
		return len % 32 == 0;
	case FLAG:
		return !len;
	case BYTES:
		break;
	}
	return true;
}

bool is_as_described(const unsigned char *at, size_t len, unsigned int of)
{
	const struct set *set = &sets[of];

	while (len >= NLA_HDRLEN) {
		const struct nlattr *attr = (const struct nlattr *)at;
		unsigned int type = attr->nla_type & NLA_TYPE_MASK;
		size_t whole = NLA_ALIGN(attr->nla_len);

		if (attr->nla_len < NLA_HDRLEN || attr->nla_len > len || type >= set->n)
			return false;
		if (type && (!set->attributes[type].kind || !is_value(at + NLA_HDRLEN, attr->nla_len - NLA_HDRLEN, &set->attributes[type])))
			return false;
		if (whole > len)
			whole = len;
		at += whole;
		len -= whole;
	}
	return !len;
}
