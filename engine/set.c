/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A set of addresses is ranges that do not touch, in order, and is searched by halves (engine/ranges.h). A set of names is a table of hashes.
 * Both are in pieces of memory that are objects of Lua: so they count as the state's, go with the set, and none needs more
 * than two pages of the machine in a row.
 */
#define LUA_LIB
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lauxlib.h"

#include "access.h"
#include "callable.h"
#include "host.h"
#include "library.h"
#include "ranges.h"
#include "script.h"
#include "set.h"
#include "shared.h"
#include "shared_store.h"

#define TYPE	"set"
#define PIECE	PS_RANGES_PIECE

struct ps_set {
	struct ps_object object;	/* of ps_class_set */
	bool of_names;
	uint8_t bits;		/* names: there are 2^bits slots */
	struct ps_ranges ranges;
	const struct ps_shared_set *named;	/* has the addresses; NULL: the set has its own */
	struct ps_pieces texts;	/* names in lower case, each behind its length; none is in two pieces, 0 ends one that is not full. n: bytes */
	struct ps_pieces slots;	/* uint32_t: the place of a text, and 1; 0: none */
	uint32_t npieces;
	uint8_t *pieces[];	/* of all parts */
};

const struct ps_object *ps_set_holds(const struct ps_object *object, unsigned int n)
{
	const struct ps_set *set = (const struct ps_set *)object;

	return n < set->npieces ? (const struct ps_object *)set->pieces[n] : NULL;
}

/*
 * Asking.
 */

/* Whether the address is in the set now. */
static bool has_address(const struct ps_set *set, const struct ps_type *type, struct ps_value value)
{
	bool has;

	if (ps_likely(!set->named))
		return ps_ranges_have(&set->ranges, type, value);
	ps_host_read_begin();
	has = ps_ranges_have(ps_shared_set_ranges(set->named), type, value);
	ps_host_read_end();
	return has;
}

/* The hash of a name is made from its end on, so that of each suffix comes on the way. */
static inline uint64_t hash_on(uint64_t hash, char c)
{
	return (hash + (uint8_t)c) * ps_guard_hash_factor;
}

static inline uint32_t *slot_at(const struct ps_pieces *slots, uint32_t i)
{
	return (uint32_t *)slots->pieces[i / PS_PER_PIECE(uint32_t)] + i % PS_PER_PIECE(uint32_t);
}

static bool is_text(const uint8_t *text, const char *name, size_t len)
{
	size_t i;

	if (*text != len)
		return false;
	for (i = 0; i < len && text[1 + i] == ps_lower(name[i]); i++)
		;
	return i == len;
}

/* The slot that has this name; or else the first one that is free for it. */
static uint32_t *find_slot(const struct ps_set *set, uint64_t hash, const char *name, size_t len)
{
	uint32_t mask = (1u << set->bits) - 1, i = hash >> 32 >> (32 - set->bits);
	uint32_t *slot = slot_at(&set->slots, i);

	while (*slot) {
		uint32_t at = *slot - 1;

		if (is_text(set->texts.pieces[at / PIECE] + at % PIECE, name, len))
			return slot;
		i = (i + 1) & mask;
		slot = slot_at(&set->slots, i);
	}
	return slot;
}

#define NAME_MAX	253	/* RFC 1035, 2.3.4, without the labels' form */

/* Whether the name, or what follows one of its dots, is in the set. No longer name can be, but its end. */
static bool has_name(const struct ps_set *set, const char *name, size_t len)
{
	size_t end = len && name[len - 1] == '.' ? len - 1 : len, i;
	uint64_t hash = 0;

	for (i = end; i-- > 0 && end - i <= NAME_MAX;) {
		hash = hash_on(hash, ps_lower(name[i]));
		if ((!i || name[i - 1] == '.') && *find_slot(set, hash, name + i, end - i))
			return true;
	}
	return false;
}

static bool has_text(const struct ps_set *set, const char *text, size_t len)
{
	const struct ps_type *type;
	struct ps_value value;

	if (set->of_names)
		return has_name(set, text, len);
	type = ps_address_parse(text, len, &value);
	return type && has_address(set, type, value);
}

static bool is_address(const struct ps_field *field)
{
	return field && (field->type == PS_IPV4 || field->type == PS_IPV6);
}

/* A field of this packet that has an address, where its table says. */
static bool read_field(const struct ps_bind *bind, const struct ps_object *object, const struct ps_type **type,
		       struct ps_value *value)
{
	const struct ps_view *v = ps_access_view(bind, object);

	if (!v || !ps_access_is_there(&v->place, v->place.field) || !is_address(v->place.field))
		return false;
	*type = v->place.field->type;
	return !ps_field_get_value(bind->pkt, v->place.layer->header.range.off, v->place.field, value);
}

/* As struct ps_class, call: set:has(x). */
int ps_set_call(lua_State *L, const struct ps_method *method, StkId func, int nargs)
{
	const struct ps_set *set = (const struct ps_set *)ps_object_of(s2v(func + 1));
	const TValue *x = s2v(func + 2);
	const struct ps_type *type = PS_IPV4;
	struct ps_value value = { 0, 0 };
	const struct ps_object *object;
	bool has;

	if (method->op != PS_OP_HAS || nargs != 2)
		return -1;
	object = ps_check(x, &ps_class_view);
	if (ttisstring(x)) {
		has = has_text(set, getstr(tsvalue(x)), tsslen(tsvalue(x)));
	} else if (set->of_names) {
		return -1;
	} else if (object) {
		if (!read_field(ps_bind_of(L), object, &type, &value))
			return -1;
		has = has_address(set, type, value);
	} else {
		if (!ttisinteger(x) || l_castS2U(ivalue(x)) >> 32)
			return -1;
		has = has_address(set, PS_IPV4, (struct ps_value){ 0, ivalue(x) });
	}
	if (has)
		setbtvalue(s2v(func));
	else
		setbfvalue(s2v(func));
	return 1;
}

static bool has_view(lua_State *L, const struct ps_set *set)
{
	const struct ps_place *at;
	struct ps_value value;

	lua_pushvalue(L, 2);
	lua_insert(L, 1);
	at = &ps_view_check(L)->place;
	luaL_argcheck(L, is_address(at->field), 2, "not a field that is an address of IPv4 or IPv6");
	return ps_view_value(L, at, &value) && has_address(set, at->field->type, value);
}

static int set_has(lua_State *L)
{
	const struct ps_set *set = ps_arg_object(L, 1, &ps_class_set);
	lua_Integer address;
	bool has = false;
	const char *text;
	size_t len;

	if (!set)
		luaL_typeerror(L, 1, ps_class_set.name);
	if (lua_type(L, 2) == LUA_TSTRING) {
		text = lua_tolstring(L, 2, &len);
		has = has_text(set, text, len);
	} else if (set->of_names && lua_type(L, 2) != LUA_TNIL) {
		luaL_typeerror(L, 2, "name");
	} else if (lua_type(L, 2) == LUA_TNUMBER) {
		address = luaL_checkinteger(L, 2);
		luaL_argcheck(L, !(address >> 32), 2, "not an address of IPv4 (0 to 4294967295)");
		has = has_address(set, PS_IPV4, (struct ps_value){ 0, address });
	} else if (ps_arg_object(L, 2, &ps_class_view)) {
		has = has_view(L, set);
	} else if (lua_type(L, 2) != LUA_TNIL) {
		luaL_typeerror(L, 2, "address");
	}
	lua_pushboolean(L, has);
	return 1;
}

/*
 * Making.
 */

/* Elements that become more, in pieces that a table on the stack keeps. */
struct pile {
	struct ps_pieces part;
	uint32_t npieces, room;	/* room: of part.pieces */
	unsigned int per_piece;
	unsigned int size;	/* of an element */
	int anchors;		/* where the table is. At 0 it has the memory of part.pieces */
};

static void pile_init(lua_State *L, struct pile *pile, unsigned int size)
{
	*pile = (struct pile){ .per_piece = PIECE / size, .size = size };
	lua_newtable(L);
	pile->anchors = lua_gettop(L);
}

static void pile_extend(lua_State *L, struct pile *pile)
{
	uint8_t **pieces;

	if (pile->npieces == pile->room) {
		pile->room = pile->room ? 2 * pile->room : 4;
		pieces = lua_newuserdatauv(L, pile->room * sizeof(*pieces), 0);
		if (pile->npieces)
			memcpy(pieces, pile->part.pieces, pile->npieces * sizeof(*pieces));
		lua_rawseti(L, pile->anchors, 0);
		pile->part.pieces = pieces;
	}
	pile->part.pieces[pile->npieces] = lua_newuserdatauv(L, PIECE, 0);
	lua_rawseti(L, pile->anchors, ++pile->npieces);
}

/* The element. Below, size is a constant, so that nothing is divided. */
static ps_inline void *pile_at(const struct pile *pile, uint32_t i, unsigned int size)
{
	return pile->part.pieces[i / (PIECE / size)] + i % (PIECE / size) * size;
}

/* Room for one more element. */
static ps_inline void *pile_add(lua_State *L, struct pile *pile, unsigned int size)
{
	ps_guard_tick(L);
	if (pile->part.n == pile->npieces * pile->per_piece)
		pile_extend(L, pile);
	return pile_at(pile, pile->part.n++, size);
}

/*
 * Ranges are put in order by the bits of where they begin, from the highest on that differs: those without it to the
 * front. That takes so many steps for each as an address has bits, at most, in whatever order they come.
 */
#define FEW	12	/* that are put in order by insertion */

static ps_inline struct ps_value first_of(const void *range, unsigned int size)
{
	if (size == sizeof(struct ps_span4))
		return (struct ps_value){ 0, ((const struct ps_span4 *)range)->first };
	return ((const struct ps_span *)range)->first;
}

static ps_inline void move_range(void *to, const void *from, unsigned int size)
{
	memcpy(to, from, size);
}

static ps_inline void insert_few(const struct pile *pile, uint32_t from, uint32_t end, unsigned int size)
{
	uint8_t held[sizeof(struct ps_span)];
	uint32_t i, j;

	for (i = from + 1; i < end; i++) {
		move_range(held, pile_at(pile, i, size), size);
		for (j = i; j > from && !ps_value_is_at_most(first_of(pile_at(pile, j - 1, size), size), first_of(held, size)); j--)
			move_range(pile_at(pile, j, size), pile_at(pile, j - 1, size), size);
		move_range(pile_at(pile, j, size), held, size);
	}
}

/* The highest bit by which they differ, counted from 0; -1: they do not. */
static ps_inline int highest_difference(lua_State *L, const struct pile *pile, uint32_t from, uint32_t end,
					unsigned int size)
{
	struct ps_value first = first_of(pile_at(pile, from, size), size), all = { 0, 0 };
	uint32_t i;

	for (i = from + 1; i < end; i++) {
		struct ps_value v = first_of(pile_at(pile, i, size), size);

		ps_guard_tick(L);
		all.high |= v.high ^ first.high;
		all.low |= v.low ^ first.low;
	}
	if (all.high)
		return 127 - __builtin_clzll(all.high);
	return all.low ? 63 - __builtin_clzll(all.low) : -1;
}

static ps_inline bool has_bit(struct ps_value v, int bit)
{
	return (bit < 64 ? v.low >> bit : v.high >> (bit - 64)) & 1;
}

/* Those that have not the bit come first. Returns where the others begin. */
static ps_inline uint32_t divide(lua_State *L, const struct pile *pile, uint32_t from, uint32_t end, int bit,
				 unsigned int size)
{
	uint8_t held[sizeof(struct ps_span)];

	while (from < end) {
		void *a = pile_at(pile, from, size), *b;

		ps_guard_tick(L);
		if (!has_bit(first_of(a, size), bit)) {
			from++;
			continue;
		}
		b = pile_at(pile, --end, size);
		move_range(held, a, size);
		move_range(a, b, size);
		move_range(b, held, size);
	}
	return from;
}

struct stretch {
	uint32_t from, end;
};

static ps_inline void sort_ranges(lua_State *L, const struct pile *pile, unsigned int size)
{
	/* of each stretch that is left, all highest bits that it and the one before have in common are one more */
	struct stretch *todo = lua_newuserdatauv(L, (8 * size / 2 + 1) * sizeof(*todo), 0);
	int n = 0, bit;
	uint32_t at;

	todo[n++] = (struct stretch){ 0, pile->part.n };
	while (n) {
		struct stretch s = todo[--n];

		bit = s.end - s.from > FEW ? highest_difference(L, pile, s.from, s.end, size) : -1;
		if (bit < 0) {
			if (s.end - s.from <= FEW)
				insert_few(pile, s.from, s.end, size);
			continue;
		}
		at = divide(L, pile, s.from, s.end, bit, size);
		todo[n++] = (struct stretch){ s.from, at };
		todo[n++] = (struct stretch){ at, s.end };
	}
	lua_pop(L, 1);
}

static ps_inline bool are_sorted(lua_State *L, const struct pile *pile, unsigned int size)
{
	uint32_t i;

	for (i = 1; i < pile->part.n; i++) {
		ps_guard_tick(L);
		if (!ps_value_is_at_most(first_of(pile_at(pile, i - 1, size), size), first_of(pile_at(pile, i, size), size)))
			return false;
	}
	return true;
}

/* Makes one of ranges that overlap or touch. They are in order. */
static void join4(lua_State *L, struct pile *pile)
{
	uint32_t i, n = 0;
	struct ps_span4 *last = NULL;

	for (i = 0; i < pile->part.n; i++) {
		struct ps_span4 *r = pile_at(pile, i, sizeof(*r));

		ps_guard_tick(L);
		if (last && (!(last->last + 1) || r->first <= last->last + 1)) {
			if (r->last > last->last)
				last->last = r->last;
		} else {
			last = pile_at(pile, n++, sizeof(*r));
			*last = *r;
		}
	}
	pile->part.n = n;
}

static void join6(lua_State *L, struct pile *pile)
{
	static const struct ps_value zero = { 0, 0 };
	struct ps_span *last = NULL;
	uint32_t i, n = 0;

	for (i = 0; i < pile->part.n; i++) {
		struct ps_span *r = pile_at(pile, i, sizeof(*r));
		struct ps_value next = last ? ps_value_next(last->last) : zero;

		ps_guard_tick(L);
		if (last && (ps_value_is(next, zero) || ps_value_is_at_most(r->first, next))) {
			if (!ps_value_is_at_most(r->last, last->last))
				last->last = r->last;
		} else {
			last = pile_at(pile, n++, sizeof(*r));
			*last = *r;
		}
	}
	pile->part.n = n;
}

/*
 * Entries.
 */

/* What is being made. */
struct making {
	struct pile ranges4, ranges6;	/* of addresses */
	struct pile texts;		/* of names; elements are bytes */
	uint32_t nnames;
};

static bool add_address(lua_State *L, struct making *m, const char *text, size_t len)
{
	struct ps_span range;
	const struct ps_type *type = ps_span_parse(text, len, &range);

	if (type == PS_IPV4)
		*(struct ps_span4 *)pile_add(L, &m->ranges4, sizeof(struct ps_span4)) =
			(struct ps_span4){ range.first.low, range.last.low };
	else if (type)
		*(struct ps_span *)pile_add(L, &m->ranges6, sizeof(struct ps_span)) = range;
	return type;
}

static bool is_entry(const char *text, size_t len)
{
	struct ps_span range;

	return ps_span_parse(text, len, &range);
}

/* What of it counts. */
static size_t without_last_dot(const char *text, size_t len)
{
	return len - (len && text[len - 1] == '.');
}

/* Whether it is labels with dots between. A character of a label is anything but what separates and what stands for others. */
static bool is_name(const char *text, size_t len)
{
	size_t i, label = 0;

	len = without_last_dot(text, len);
	if (len > NAME_MAX)
		return false;
	for (i = 0; i < len; i++) {
		if (text[i] == '.' ? !label : text[i] <= ' ' || text[i] == '*' || text[i] == 127 || label == 63)
			return false;
		label = text[i] == '.' ? 0 : label + 1;
	}
	return label;
}

static bool add_name(lua_State *L, struct making *m, const char *text, size_t len)
{
	struct pile *pile = &m->texts;
	uint32_t left;
	uint8_t *to;
	size_t i;

	if (!is_name(text, len))
		return false;
	len = without_last_dot(text, len);
	ps_guard_tick(L);
	left = pile->npieces * PIECE - pile->part.n;
	if (left < 1 + len) {
		if (left)
			*(uint8_t *)pile_at(pile, pile->part.n, 1) = 0;
		pile->part.n += left;
		pile_extend(L, pile);
	}
	to = pile_at(pile, pile->part.n, 1);
	*to++ = len;
	for (i = 0; i < len; i++)
		to[i] = ps_lower(text[i]);
	pile->part.n += 1 + len;
	m->nnames++;
	return true;
}

static ps_noinline void sort4(lua_State *L, const struct pile *pile)
{
	if (!are_sorted(L, pile, sizeof(struct ps_span4)))
		sort_ranges(L, pile, sizeof(struct ps_span4));
}

static ps_noinline void sort6(lua_State *L, const struct pile *pile)
{
	if (!are_sorted(L, pile, sizeof(struct ps_span)))
		sort_ranges(L, pile, sizeof(struct ps_span));
}

/*
 * The set.
 */
static void making_init(lua_State *L, struct making *m)
{
	pile_init(L, &m->ranges4, sizeof(struct ps_span4));
	pile_init(L, &m->ranges6, sizeof(struct ps_span));
	pile_init(L, &m->texts, 1);
	m->nnames = 0;
}

/* Pieces that are in use. */
static uint32_t count_pieces(const struct pile *pile)
{
	return (pile->part.n + pile->per_piece - 1) / pile->per_piece;
}

/* Gives the set the pieces of a pile. */
static void take(struct ps_set *set, struct ps_pieces *part, const struct pile *pile)
{
	part->n = pile->part.n;
	part->pieces = set->pieces + set->npieces;
	set->npieces += count_pieces(pile);
	if (part->n)
		memcpy(part->pieces, pile->part.pieces, count_pieces(pile) * sizeof(*part->pieces));
}

/* Pushes a set of these. */
static struct ps_set *push_set(lua_State *L, const struct pile *a, const struct pile *b)
{
	size_t n = count_pieces(a) + count_pieces(b);
	struct ps_set *set = ps_bind_new(L, sizeof(*set) + n * sizeof(set->pieces[0]), &ps_class_set, TYPE);

	memset(&set->object + 1, 0, sizeof(*set) - sizeof(set->object));
	return set;
}

static void push_addresses(lua_State *L, struct making *m)
{
	struct ps_set *set;

	sort4(L, &m->ranges4);
	sort6(L, &m->ranges6);
	join4(L, &m->ranges4);
	join6(L, &m->ranges6);
	set = push_set(L, &m->ranges4, &m->ranges6);
	take(set, &set->ranges.ranges4, &m->ranges4);
	take(set, &set->ranges.ranges6, &m->ranges6);
}

/* At least twice as many slots as names, all of them free. */
static void make_slots(lua_State *L, struct pile *slots, uint32_t nnames, uint8_t *bits)
{
	*bits = 1;
	while (1ull << *bits < 2ull * nnames)
		++*bits;
	pile_init(L, slots, sizeof(uint32_t));
	while (slots->npieces * slots->per_piece < 1u << *bits) {
		ps_guard_tick(L);
		pile_extend(L, slots);
		memset(slots->part.pieces[slots->npieces - 1], 0, PIECE);
	}
	slots->part.n = 1u << *bits;
}

static void fill_slots(lua_State *L, const struct ps_set *set)
{
	uint32_t at = 0, *slot;
	const uint8_t *text;
	uint64_t hash;
	size_t i;

	while (at < set->texts.n) {
		text = set->texts.pieces[at / PIECE] + at % PIECE;
		ps_guard_tick(L);
		if (!*text) {
			at += PIECE - at % PIECE;
			continue;
		}
		for (hash = 0, i = *text; i > 0; i--)
			hash = hash_on(hash, text[i]);
		slot = find_slot(set, hash, (const char *)text + 1, *text);
		if (!*slot)
			*slot = at + 1;
		at += 1 + *text;
	}
}

static void push_names(lua_State *L, struct making *m)
{
	struct pile slots;
	struct ps_set *set;
	uint8_t bits;

	make_slots(L, &slots, m->nnames, &bits);
	set = push_set(L, &m->texts, &slots);
	set->of_names = true;
	set->bits = bits;
	take(set, &set->texts, &m->texts);
	take(set, &set->slots, &slots);
	fill_slots(L, set);
}

/* What a set may be of. */
static const struct kind {
	bool (*is_entry)(const char *text, size_t len);
	bool (*add)(lua_State *L, struct making *m, const char *text, size_t len);	/* false: it is no entry */
	void (*push)(lua_State *L, struct making *m);
	const char *what;
} addresses = {
	is_entry, add_address, push_addresses,
	"no " PS_SPAN_FORMS,
}, names = {
	is_name, add_name, push_names, "no domain name (such as example.com, which stands for all names that end so, too)",
};

static int make(lua_State *L, const struct kind *kind)
{
	struct making m;
	lua_Integer i, n;
	const char *text;
	size_t len;

	luaL_checktype(L, 1, LUA_TTABLE);
	making_init(L, &m);
	n = lua_rawlen(L, 1);
	for (i = 1; i <= n; i++) {
		if (lua_rawgeti(L, 1, i) != LUA_TSTRING)
			return luaL_error(L, "entry %I: string expected, got %s", (LUAI_UACINT)i, luaL_typename(L, -1));
		text = lua_tolstring(L, -1, &len);
		if (!kind->add(L, &m, text, len))
			return luaL_error(L, "entry %I is %s: '%s'", (LUAI_UACINT)i, kind->what, text);
		lua_pop(L, 1);
	}
	kind->push(L, &m);
	return 1;
}

static int set_new(lua_State *L)
{
	return make(L, &addresses);
}

static int set_names(lua_State *L)
{
	return make(L, &names);
}

/*
 * Files: an entry in each line. What follows a # is for people.
 */
struct line {
	const char *entry;
	size_t len;
	unsigned int number;
	const char *next, *end;
};

static struct line before_first(const struct ps_part *list)
{
	return (struct line){ .next = list->code, .end = (const char *)list->code + list->len };
}

/* Finds the next line that has an entry. False: there is none. */
static bool find_entry(struct line *line)
{
	const char *end, *comment;

	for (line->len = 0; !line->len && line->next < line->end; line->next = end + 1) {
		line->entry = line->next;
		line->number++;
		end = memchr(line->entry, '\n', line->end - line->entry);
		end = end ? end : line->end;
		comment = memchr(line->entry, '#', end - line->entry);
		line->len = (comment ? comment : end) - line->entry;
		ps_span_trim(&line->entry, &line->len);
	}
	return line->len;
}

static const struct kind *kind_of(enum ps_part_kind kind)
{
	return kind == PS_PART_ADDRESSES ? &addresses : &names;
}

#define SHOWN	40	/* bytes of an entry */

int ps_set_check(const struct ps_part *list, char *error, size_t size)
{
	const struct kind *kind = kind_of(list->kind);
	struct line line = before_first(list);
	char entry[SHOWN + 1];
	size_t i;

	while (find_entry(&line)) {
		if (kind->is_entry(line.entry, line.len))
			continue;
		for (i = 0; i < line.len && i < SHOWN; i++)
			entry[i] = line.entry[i] < ' ' || line.entry[i] > '~' ? '?' : line.entry[i];
		entry[i] = 0;
		ps_host_format(error, size, "%s:%u: '%s' is %s", list->path, line.number, entry, kind->what);
		return -1;
	}
	return 0;
}

/* Each entry has been looked at, so each can be added. */
static int make_of_list(lua_State *L, enum ps_part_kind part)
{
	const struct kind *kind = kind_of(part);
	struct line line = before_first(ps_script_part(L, part, luaL_checkstring(L, 1)));
	struct making m;

	making_init(L, &m);
	while (find_entry(&line))
		kind->add(L, &m, line.entry, line.len);
	kind->push(L, &m);
	return 1;
}

static int set_file(lua_State *L)
{
	return make_of_list(L, PS_PART_ADDRESSES);
}

static int set_names_file(lua_State *L)
{
	return make_of_list(L, PS_PART_NAMES);
}

/*
 * Sets that are filled from outside of scripts.
 */
static const char named;	/* the address is the registry's key of a table: struct ps_shared_thing → set */

/* The same object each time. */
static int set_named(lua_State *L)
{
	struct ps_shared_thing *thing = ps_shared_name(L, PS_SHARED_SET);
	struct ps_set *set;

	lua_rawgetp(L, LUA_REGISTRYINDEX, &named);
	if (lua_rawgetp(L, -1, thing) != LUA_TNIL)
		return 1;
	set = ps_bind_new(L, sizeof(*set), &ps_class_set, TYPE);
	memset(&set->object + 1, 0, sizeof(*set) - sizeof(set->object));
	set->named = ps_shared_set_of(thing);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, -4, thing);
	return 1;
}

const struct ps_callable ps_set_methods[] = {
	{ { "has", set_has, PS_OP_HAS }, PS_OF_SET, { { "x", PS_LUA_MEMBER } }, PS_LUA_BOOLEAN, NULL,
	  "whether the address, or the name, is in the set; nil, and text that is none, is not" },
	{ { NULL } },
};

const struct ps_callable ps_set_library[] = {
	{ { "new", set_new }, PS_OF_LIBRARY, { { "list", PS_LUA_STRINGS } }, PS_LUA_SET, NULL,
	  "a set of addresses: of all that the addresses, prefixes and ranges in the list have" },
	{ { "file", set_file }, PS_OF_LIBRARY, { { "name", PS_LUA_FILE } }, PS_LUA_SET, NULL,
	  "the same of those in a [file](#sets-from-files), one a line" },
	{ { "names", set_names }, PS_OF_LIBRARY, { { "list", PS_LUA_STRINGS } }, PS_LUA_SET, NULL,
	  "a set of names: of those in the list, and of all that end with a dot and one of those" },
	{ { "names_file", set_names_file }, PS_OF_LIBRARY, { { "name", PS_LUA_FILE } }, PS_LUA_SET, NULL,
	  "the same of those in a [file](#sets-from-files), one a line" },
	{ { "named", set_named }, PS_OF_LIBRARY, { { "name", PS_LUA_STRING } }, PS_LUA_SET, NULL,
	  "the set of addresses that [goes by that name](#sets-with-names) and is filled from outside; there is nothing in it before" },
	{ { NULL } },
};

int ps_set_open(lua_State *L)
{
	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &named);
	ps_library_new_type(L, TYPE, ps_set_methods);
	ps_library_push(L, ps_set_library);
	return 1;
}
