/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The Lua objects of a runtime: views of packets, their fields, byte arrays.
 *
 * Objects are userdata that are made once and bound anew for each packet. Every one carries
 * the serial number of the packet it is bound to; with any other it is gone. So an object that
 * a script keeps never reaches memory that is no longer the packet's.
 */
#ifndef PS_BIND_H
#define PS_BIND_H

#include "count.h"
#include "flows.h"
#include "layer.h"
#include "listen.h"
#include "limit.h"
#include "protos.h"
#include "runtime.h"
#include "send.h"
#include "timer.h"

#define PS_POOL_SIZE	8	/* objects of a kind that are kept; more are garbage afterwards */
#define PS_METHODS	"methods"	/* a metatable's name for the methods of its objects; scripts can't get at it */
#define PS_ADDRESSES	64	/* that are remembered as text, in each direction */

struct ps_class;
struct ps_ct_object;
struct ps_defer;
struct ps_function;
struct ps_memory;
struct ps_object;
struct ps_proto_objects;

struct ps_pool {
	uint64_t packet;	/* the serial for which used counts */
	void *block[PS_POOL_SIZE];
	uint8_t made;
	uint8_t used;
};

/* An address whose text is a Lua string. */
struct ps_address {
	const char *text;	/* the bytes of the string; NULL: the entry is free */
	const struct ps_type *type;
	struct ps_value value;
};

struct ps_bind {
	struct ps_runtime rt;		/* first: found through the lua_State */
	struct ps_packet *pkt;		/* NULL: no handler runs */
	uint64_t serial;		/* of that packet; 0: of none */
	uint64_t stamp;			/* of views that are surely there: serial, and 1 more whenever layers were let go */
	uint64_t arrays;		/* of its byte arrays: serial, or the stamp when its length changed last */
	struct ps_flows flows;
	struct ps_layers layers;	/* of that packet */
	struct ps_address parsed[PS_ADDRESSES];
	struct ps_address formatted[PS_ADDRESSES];
	size_t allocated;		/* bytes, by ps_bind_allocate() */
	char decoded[PS_DECODED_MAX];	/* a text as it is read */
	struct ps_pool bytes;
	struct ps_registry registry;
	struct ps_proto_objects **objects;	/* for each protocol there */
	struct ps_proto_objects *all_objects;	/* these, and of those that could not be added */
	const struct Table *names;	/* of these protocols, as p.udp has them: their ids */
	struct ps_shared_space *space;	/* of what it shares with other states, or NULL (engine/shared.h) */
	struct ps_shared_name *shared_names;	/* that it has used */
	struct ps_blob *held, *held_old;	/* bytes of values that are on their way between the state and what is shared */
	struct ps_view *whole;		/* of the packet: what handlers get; while memory is looked at, nothing that scripts have */
	struct ps_sender *sender;	/* the owner's, who sets it; NULL: nothing can be sent */
	struct ps_sent sent;
	struct ps_memory *memory;	/* what is looked at instead of that packet (engine/memory.h), or NULL */
	struct {			/* then: what the packet has had */
		struct ps_packet *pkt;
		uint64_t stamp, arrays;
		struct ps_layers layers;
		struct ps_view *whole;
	} handled;
	struct ps_timers timers;
	struct ps_listening listening;
	struct ps_ct_object *ct[3];	/* p:ct() and its directions; NULL: no script has asked yet (engine/conntrack.c) */
	struct ps_limiters limiters;
	struct ps_counters *counters;	/* or NULL; and the owner's names of them, who sets that, or NULL */
	struct ps_counted *counted;
	struct ps_defer *defer;		/* the state's deferred work, of the owner; or NULL */
	struct ps_function *guests;	/* of a runtime that is no state's */
	struct ps_guest *guest;		/* what one of these has been called with, which has a packet; or NULL */
};

extern const struct ps_class ps_class_view, ps_class_bytes, ps_class_set, ps_class_shared_table, ps_class_shared_queue;

/*
 * Adds packet objects, verdicts, protocol ids and the bytes library to a runtime made with
 * ps_runtime_init(). A lua_CFunction: call it protected. ps_bind_clean() after the runtime.
 */
int ps_bind_open(struct lua_State *L);
void ps_bind_clean(struct ps_bind *bind);

/* Of that only what packets are looked at with: their objects, protocol ids, byte arrays, sets. */
int ps_bind_open_packets(struct lua_State *L);

/*
 * Packets in a runtime that is no state's, which begins with a struct ps_bind all the same. Opens what these need, unless
 * that is open; what asks for files or for functions that a state has is not there. May raise.
 */
void ps_bind_open_guest(struct lua_State *L);

/*
 * What a function of such a runtime is called with: a userdata that stands for a packet, which may have been made before
 * anybody has asked for it by the userdata's packet().
 */
struct ps_guest {
	void *block;		/* the userdata's; or NULL: whoever asks for the packet has to call the method */
	struct ps_packet *pkt;	/* which becomes the one that is handled when it is asked for; or NULL */
	bool is_asked;		/* somebody has */
	bool is_shown;		/* somebody has asked for its bytes */
	bool is_touched;	/* something else has happened that has to be seen to at the end */
	bool is_integer;	/* what the function has returned */
	long long result;	/* if it is one */
};

/*
 * pkt is the packet that is handled, from now to ps_bind_end_guest(); before that it neither goes nor is another one begun.
 * Returns the block of its raw view, which ps_bind_push_whole() pushes. Neither raises.
 */
void *ps_bind_begin_guest(struct lua_State *L, struct ps_packet *pkt);
void ps_bind_push_whole(struct lua_State *L);
void ps_bind_end_guest(struct lua_State *L);

/*
 * Adds a protocol to those that the state knows: its id is the next one, in a global of its name, which nothing else in the
 * state has. It has to last as long as the state. May raise, and then nothing has been added. In a lua_CFunction: call it
 * protected.
 */
void ps_bind_add_protocol(struct lua_State *L, const struct ps_proto *proto);

/* Takes back all of what adding the protocol has done that is the last one, or could not be added. No packet is handled. */
void ps_bind_forget_protocol(struct lua_State *L, const struct ps_proto *proto);

/* Whether views of any kind have a method of that name, whose place no field may take. */
bool ps_bind_has_method(const char *name);

/*
 * Makes the objects of the protocol of that id, unless they are there: at load, so that packets find them. False: no memory.
 */
bool ps_bind_open_protocol(struct lua_State *L, unsigned int id);

/*
 * Pushes Lua source that declares protocol ids and verdicts as constants, so that the compiler
 * puts their values where scripts name them. No newline: a script's first line stays its first.
 */
void ps_bind_push_constants(struct lua_State *L);

static inline struct ps_bind *ps_bind_of(struct lua_State *L)
{
	return (struct ps_bind *)ps_guard_of(L);
}

/*
 * Pushes a new object and returns its block of size bytes, of which no more than the struct ps_object is filled in: of the
 * class, with the metatable named type and its methods. May raise. What the class holds is filled in before Lua allocates again.
 */
void *ps_bind_new(struct lua_State *L, size_t size, const struct ps_class *class, const char *type);

/*
 * Pushes an object from the pool, or a new one with the metatable named type, and returns its
 * block of size bytes. The caller fills in all but the struct ps_object. May raise.
 */
void *ps_bind_take(struct lua_State *L, struct ps_pool *pool, size_t size,
		   const struct ps_class *class, const char *type);

/*
 * Memory that ps_bind_clean() frees and that counts as the state's, or NULL. Any context that the
 * runtime is in.
 */
void *ps_bind_allocate(struct ps_bind *bind, size_t size);

/* Raises that of bytes of this packet which were found when it had another length. */
void ps_bind_bytes_are_gone(struct lua_State *L);

/* Raises unless the packet that is being handled, which there is, may be written. */
void ps_bind_check_writable(struct lua_State *L);

/* Raises that the packet could not be written: it is read-only, or there was no memory. */
int ps_bind_not_written(struct lua_State *L);

/* Raises "packet is gone" unless serial is that of the packet that is being handled. */
struct ps_packet *ps_bind_check_packet(struct lua_State *L, uint64_t serial);

#endif
