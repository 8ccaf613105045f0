/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_LIB
#include "send.h"

#include <string.h>

#include "lua.h"
#include "lauxlib.h"

#include "bind.h"
#include "buffer.h"
#include "bytes.h"
#include "host.h"
#include "internals.h"
#include "library.h"
#include "shared.h"

#define SECOND		1000000000ull
#define LINK_MIN	14	/* bytes: an Ethernet header, */
#define LINK_MAX	(PS_FRAME_MAX - PS_PACKET_MAX)	/* and some tags */
#define PARTS		1	/* where the table of parts, and what is to become of them, is on the stack */

struct ps_send_limits ps_send_limits = { .send_each = 64, .send_rate = 100000, .send_rate_kib = 256 * 1024, .send_queue_kib = 4096 };

/*
 * Limits.
 */

static unsigned int limit(unsigned int own, unsigned int usual)
{
	return own ? own - 1 : usual;
}

/* Why so many more packets, of so many bytes, are too many; NULL: they are not. */
static const char *too_many(struct ps_bind *bind, unsigned int packets, uint32_t bytes)
{
	struct ps_sent *sent = &bind->sent;
	const unsigned int each = limit(sent->own.each, ps_send_limits.send_each);
	const unsigned int rate = limit(sent->own.rate, ps_send_limits.send_rate);
	unsigned long long now = ps_host_time();

	if (sent->packet != bind->serial || !bind->serial) {
		sent->packet = bind->serial;
		sent->each = 0;
	}
	if (now - sent->second >= SECOND) {
		sent->second = now;
		sent->packets = 0;
		sent->bytes = 0;
	}
	if (packets > each || sent->each > each - packets)
		return "too many packets for one packet (send_each)";
	if (packets > rate || sent->packets > rate - packets)
		return "too many packets in a second (send_rate)";
	if (sent->bytes + bytes > 1024ull * limit(sent->own.rate_kib, ps_send_limits.send_rate_kib))
		return "too many bytes in a second (send_rate_kib)";
	return NULL;
}

static void count(struct ps_sent *sent, unsigned int packets, uint32_t bytes)
{
	sent->each += packets;
	sent->packets += packets;
	sent->bytes += bytes;
}

/*
 * Sending.
 */
static struct ps_sender *check_sender(lua_State *L)
{
	struct ps_bind *bind = ps_bind_of(L);

	if (bind->rt.guard.is_loading || !bind->sender)
		luaL_error(L, "packets are sent by functions that are called for packets, not while scripts are loaded or closed");
	return bind->sender;
}

/*
 * Whether devices find the checksum that they are to complete: the transport follows the header of IP. What is lent nobody can sum up
 * here.
 */
static bool can_be_partial(const struct ps_sender_ops *ops, const uint8_t *draft, const struct ps_message *message)
{
	const uint32_t head = message->is.is_ip6 ? 40 : 4 * (draft[0] & 15);

	return message->drafted < message->len || (ops->finishes_checksums && message->is.transport == head);
}

/* Completes the draft, which has all its bytes. Returns how many packets will be made of it. */
static unsigned int complete(lua_State *L, const struct ps_sender_ops *ops, uint8_t *draft, struct ps_message *message)
{
	struct ps_packet pkt;
	const char *wrong;
	uint32_t payload;

	if (message->link)
		return 1;
	ps_buffer_init(&pkt, draft, message->drafted, 0, 0);
	pkt.len = message->len;
	wrong = ps_complete(&pkt, ps_host_random() % 0xFFFF + 1, message->segment || ops->finishes_checksums, &message->is);
	if (!wrong && message->segment && !message->is.protocol)
		wrong = "segments are made of TCP and UDP only, and of no fragments";
	if (!wrong && message->is.payload > message->drafted)
		wrong = "its headers are not all in strings and byte arrays";
	if (wrong)
		luaL_error(L, "this is no packet to send: %s", wrong);
	payload = message->len - message->is.payload;
	if (message->segment && payload <= message->segment)	/* all of it is one segment */
		message->segment = 0;
	if (pkt.partial && !message->segment && !can_be_partial(ops, draft, message)) {
		pkt.partial = 0;
		ps_complete(&pkt, 0, false, &message->is);
	}
	message->partial = pkt.partial;
	return message->segment ? (payload + message->segment - 1) / message->segment : 1;
}

static int send(lua_State *L, struct ps_sender *sender, uint8_t *draft, struct ps_message *message)
{
	struct ps_bind *bind = ps_bind_of(L);
	const unsigned int packets = complete(L, sender->ops, draft, message);
	const char *why_not = too_many(bind, packets, message->len);

	if (!why_not)
		why_not = sender->ops->send(sender, message);
	if (!why_not)	/* what cannot leave now does not count, so that it may be tried again */
		count(&bind->sent, packets, message->len);
	return ps_library_answer(L, why_not);
}

static uint8_t *new_draft(lua_State *L, struct ps_sender *sender, uint32_t len)
{
	if (len < 4)
		luaL_error(L, "this is no packet to send: it has %d bytes", (int)len);
	return sender->ops->draft(sender, len);
}

int ps_send_packet(lua_State *L)
{
	struct ps_sender *sender = check_sender(L);
	struct ps_message message;
	uint8_t *draft;
	size_t len = ps_bytes_part_len(L, 2);

	if (len > PS_PACKET_MAX)
		return luaL_error(L, "this is no packet to send: it has more than %d bytes", PS_PACKET_MAX);
	memset(&message, 0, sizeof(message));
	message.len = message.drafted = len;
	draft = new_draft(L, sender, len);
	if (!draft)
		return ps_library_answer(L, "no memory");
	ps_bytes_part_copy(L, 2, draft, len);
	return send(L, sender, draft, &message);
}

/*
 * nf.send{ … }
 */

/* An option that is a number, of the table's value on top of the stack. */
static uint32_t check_number(lua_State *L, const char *name, lua_Integer min, lua_Integer max)
{
	if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < min || lua_tointeger(L, -1) > max)
		luaL_error(L, "%s = an integer from %I to %I", name, (LUAI_UACINT)min, (LUAI_UACINT)max);
	return lua_tointeger(L, -1);
}

static void check_dev(lua_State *L, char dev[PS_SEND_DEVICE])
{
	size_t len = 0;
	const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;

	if (!name || !len || len >= PS_SEND_DEVICE || strlen(name) != len)
		luaL_error(L, "dev = the name of a network device, of 1 to %d characters", PS_SEND_DEVICE - 1);
	memcpy(dev, name, len + 1);
}

/* Takes an option: its name is at -2, its value at -1. */
static void take_option(lua_State *L, struct ps_message *message)
{
	const char *name = lua_tostring(L, -2);

	if (!strcmp(name, "dev")) {
		check_dev(L, message->dev);
	} else if (!strcmp(name, "link")) {
		size_t len = ps_bytes_is_part(L, -1) ? ps_bytes_part_len(L, -1) : 0;

		if (len < LINK_MIN || len > LINK_MAX)
			luaL_error(L, "link = the bytes of an Ethernet header, %d to %d with its tags", LINK_MIN, LINK_MAX);
		message->link = len;
	} else if (!strcmp(name, "segment")) {
		message->segment = check_number(L, name, 1, PS_PACKET_MAX);
	} else if (!strcmp(name, "mark")) {
		message->mark = check_number(L, name, 0, 0xFFFFFFFF);
	} else if (!strcmp(name, "priority")) {
		message->priority = check_number(L, name, 0, 0xFFFFFFFF);
	} else {
		luaL_error(L, "there is no '%s' here: there are dev, link, segment, mark, priority, and parts without a name", name);
	}
}

static void take_options(lua_State *L, struct ps_message *message)
{
	if (ps_is_array(ps_arg(L, PARTS)))
		return;
	lua_pushnil(L);
	while (lua_next(L, PARTS)) {
		ps_guard_tick(L);
		if (lua_type(L, -2) == LUA_TSTRING)
			take_option(L, message);
		else if (!lua_isinteger(L, -2))
			luaL_error(L, "parts are numbered from 1 on, and options have names");
		lua_pop(L, 1);
	}
	if (message->link && !message->dev[0])
		luaL_error(L, "with link, say by which device it leaves: dev = \"eth0\"");
	if (message->link && message->segment)
		luaL_error(L, "segments are made of packets that are routed, without link");
}

/*
 * Parts: what is in a shared table is lent from the first part on behind which there is nothing else.
 */
#define LENT_PARTS	4	/* at most: kernels take 17 pieces of a packet, and of these has each two more than its length asks for */
#define HEADERS_MIN	28	/* bytes, of IPv4 and UDP: the headers are in the draft */

struct parts {
	lua_Integer n, lent;	/* how many there are, and which is the first one that is lent */
	uint32_t len, drafted;	/* bytes */
};

/* Where the bytes go that are copied. */
struct room {
	uint8_t *to, *end;
};

static bool copy(void *context, const uint8_t *bytes, uint32_t n)
{
	struct room *room = context;

	if (n > room->end - room->to)
		return false;
	memcpy(room->to, bytes, n);
	room->to += n;
	return true;
}

static bool lend(void *context, const uint8_t *bytes, uint32_t n)
{
	struct ps_sender *sender = context;

	return sender->ops->lend(sender, bytes, n);
}

/* Pushes part i. True: it is in a shared table. */
static bool push_part(lua_State *L, lua_Integer i)
{
	bool is_shared;

	ps_guard_tick(L);
	lua_rawgeti(L, PARTS, i);
	is_shared = lua_istable(L, -1);
	if (!is_shared && !ps_bytes_is_part(L, -1))
		luaL_error(L, "part %I: string, byte array or list of a shared table's bytes expected, got %s", (LUAI_UACINT)i,
			   luaL_typename(L, -1));
	return is_shared;
}

/* What there is, behind the bytes of a link-layer header. */
static struct parts measure(lua_State *L, const struct ps_sender_ops *ops, const struct ps_message *message)
{
	struct parts parts = { .n = lua_rawlen(L, PARTS), .lent = 1, .len = message->link, .drafted = message->link };
	lua_Integer i;

	for (i = 1; i <= parts.n; i++) {
		bool is_shared = push_part(L, i);
		size_t len = is_shared ? ps_shared_part_len(L, i) : ps_bytes_part_len(L, -1);

		if (len > PS_PACKET_MAX || parts.len + len - message->link > PS_PACKET_MAX)
			luaL_error(L, "this is no packet to send: it has more than %d bytes", PS_PACKET_MAX);
		parts.len += len;
		if (!is_shared || len <= PS_SHARED_LENT) {
			parts.drafted = parts.len;
			parts.lent = i + 1;
		}
		lua_pop(L, 1);
	}
	if (!ops->lend || !message->segment || parts.drafted < HEADERS_MIN || parts.n - parts.lent >= LENT_PARTS) {
		parts.drafted = parts.len;
		parts.lent = parts.n + 1;
	}
	return parts;
}

/* Puts part i where it belongs. Returns NULL, or why that is not possible. */
static const char *put_part(lua_State *L, lua_Integer i, bool is_lent, struct ps_sender *sender, struct room *room)
{
	const char *why_not = NULL;

	if (!push_part(L, i))
		room->to += ps_bytes_part_copy(L, -1, room->to, room->end - room->to);
	else
		why_not = ps_shared_part_give(L, i, is_lent ? lend : copy, is_lent ? (void *)sender : room);
	lua_pop(L, 1);
	return why_not;
}

int ps_send(lua_State *L)
{
	struct ps_sender *sender = check_sender(L);
	struct ps_message message;
	const char *why_not = NULL;
	struct parts parts;
	struct room room;
	uint8_t *draft;
	lua_Integer i;

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	memset(&message, 0, sizeof(message));
	take_options(L, &message);
	parts = measure(L, sender->ops, &message);
	message.len = parts.len;
	message.drafted = parts.drafted;
	draft = new_draft(L, sender, parts.drafted);
	if (!draft)
		return ps_library_answer(L, "no memory");
	room = (struct room){ draft, draft + parts.drafted };
	if (message.link) {
		lua_getfield(L, PARTS, "link");
		room.to += ps_bytes_part_copy(L, -1, room.to, room.end - room.to);
		lua_pop(L, 1);
	}
	for (i = 1; i <= parts.n && !why_not; i++)
		why_not = put_part(L, i, i >= parts.lent, sender, &room);
	return why_not ? ps_library_answer(L, why_not) : send(L, sender, draft, &message);
}
