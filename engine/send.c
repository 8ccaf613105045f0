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
#include "library.h"

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

/* Why so many more packets, of so many bytes, are too many; NULL: they are not, and count. */
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
	sent->each += packets;
	sent->packets += packets;
	sent->bytes += bytes;
	return NULL;
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

/* Completes the draft, which has all its bytes. Returns how many packets will be made of it. */
static unsigned int complete(lua_State *L, uint8_t *draft, struct ps_message *message)
{
	struct ps_packet pkt;
	const char *wrong;
	uint32_t payload;

	ps_buffer_init(&pkt, draft, message->len, 0, 0);
	if (message->link)
		return 1;
	wrong = ps_complete(&pkt, ps_host_random() % 0xFFFF + 1, message->segment, &message->is);
	if (wrong)
		luaL_error(L, "this is no packet to send: %s", wrong);
	if (!message->segment)
		return 1;
	payload = message->len - message->is.payload;
	if (payload <= message->segment) {	/* all of it is one segment */
		message->segment = 0;
		pkt.partial = 0;
		ps_complete(&pkt, 0, 0, &message->is);
		return 1;
	}
	message->partial = pkt.partial;
	return (payload + message->segment - 1) / message->segment;
}

static int send(lua_State *L, struct ps_sender *sender, uint8_t *draft, struct ps_message *message)
{
	const char *why_not = too_many(ps_bind_of(L), complete(L, draft, message), message->len);

	return ps_library_answer(L, why_not ? why_not : sender->ops->send(sender, message));
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
	message.len = len;
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

/* Pushes part i. */
static size_t push_part(lua_State *L, lua_Integer i)
{
	ps_guard_tick(L);
	lua_rawgeti(L, PARTS, i);
	if (!ps_bytes_is_part(L, -1))
		luaL_error(L, "part %I: string or byte array expected, got %s", (LUAI_UACINT)i, luaL_typename(L, -1));
	return ps_bytes_part_len(L, -1);
}

int ps_send(lua_State *L)
{
	struct ps_sender *sender = check_sender(L);
	struct ps_message message;
	lua_Integer i, n;
	uint8_t *draft, *to;
	size_t len;

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	memset(&message, 0, sizeof(message));
	take_options(L, &message);
	n = lua_rawlen(L, PARTS);
	len = message.link;
	for (i = 1; i <= n; i++) {
		len += push_part(L, i);
		if (len - message.link > PS_PACKET_MAX)
			return luaL_error(L, "this is no packet to send: it has more than %d bytes", PS_PACKET_MAX);
		lua_pop(L, 1);
	}
	message.len = len;
	to = draft = new_draft(L, sender, len);
	if (!draft)
		return ps_library_answer(L, "no memory");
	if (message.link) {
		lua_getfield(L, PARTS, "link");
		to += ps_bytes_part_copy(L, -1, to, len);
		lua_pop(L, 1);
	}
	for (i = 1; i <= n; i++) {
		push_part(L, i);
		to += ps_bytes_part_copy(L, -1, to, draft + len - to);
		lua_pop(L, 1);
	}
	return send(L, sender, draft, &message);
}
