/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Target packets: scripts from files, or made of assignments to fields, on packets that the input
 * has. Each script runs compiled and interpreted, and has to come to the same.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "fuzz.h"
#include "model.h"

/*
 * Scripts from files. A comment in one may promise: "fuzz: reads" that it writes nothing, "fuzz:
 * keeps" that it keeps views, of which linear code makes fewer, "fuzz: never drops" that if it does, what it
 * looks for is wrong.
 */
static const struct {
	const char *name, *text;
} files[] = {
#include "scripts.inc"
}, modules[] = {
#include "modules.inc"
};

#define FILES	(sizeof(files) / sizeof(files[0]))
#define MODULES	(sizeof(modules) / sizeof(modules[0]))

#define CHOICES	(256 - CASE_SCRIPTS)

static uint32_t hash(const char *text)
{
	uint32_t h = 0x811C9DC5;

	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 0x01000193;
	return h ^ h >> 15;
}

/* Each file has a number of its own, or the next free one, and those up to the next file's: one more changes what few inputs mean. */
static unsigned int choose_file(uint8_t script)
{
	static uint8_t owners[CHOICES];		/* 1 + the file */
	static bool is_made;
	unsigned int i, n;

	_Static_assert(FILES <= CHOICES, "more scripts than an input can choose from");
	for (i = 0; i < FILES && !is_made; i++) {
		for (n = hash(files[i].name) % CHOICES; owners[n]; n = (n + 1) % CHOICES)
			;
		owners[n] = 1 + i;
	}
	is_made = true;
	for (n = script - CASE_SCRIPTS; !owners[n]; n = (n + CHOICES - 1) % CHOICES)
		;
	return owners[n] - 1;
}

/* Copies the name of global function n of a script, or of one of the first ones. */
static void function_name(const char *text, unsigned int n, char *name, size_t size)
{
	const char *at = text, *found[16];
	unsigned int count = 0;

	while ((at = strstr(at, "\nfunction ")) && count < 16) {
		at += strlen("\nfunction ");
		if (strncmp(at, "gone(", 5))
			found[count++] = at;
	}
	if (!count)
		fuzz_fail("a script without a function");
	at = found[n % count];
	snprintf(name, size, "%.*s", (int)strcspn(at, "("), at);
}

static enum ps_read read_module(const char *path, const char **text, size_t *len)
{
	const char *name = strrchr(path, '/');
	unsigned int i;

	for (i = 0; i < MODULES; i++) {
		if (name && !strcmp(name + 1, modules[i].name)) {
			*text = modules[i].text;
			*len = strlen(*text);
			return PS_READ_DONE;
		}
	}
	return PS_READ_ABSENT;
}

/* The file and what it requires: compiled once, as it is the same each time. */
static const struct ps_bundle *gather(unsigned int file)
{
	static struct ps_bundle bundles[FILES];
	const struct ps_bundle_source source = {
		.path = files[file].name, .text = files[file].text, .len = strlen(files[file].text), .beside = "",
		.folder = "/modules", .memory = PS_SCRIPT_MEMORY,
	};
	char error[PS_SCRIPT_ERROR_SIZE] = "";

	if (bundles[file].n)
		return &bundles[file];
	fuzz_read = read_module;
	if (ps_bundle_make(&bundles[file], &source, error, sizeof(error)))
		fuzz_fail("cannot be gathered: %s\n%s", error, source.text);
	fuzz_read = NULL;
	return &bundles[file];
}

/* What ps_script_load() and ps_script_load_bundle() returned: the script's time may be up, where the machine has other things to do. */
static bool is_loaded(struct fuzz_state *state, int result, const char *text)
{
	if (result && !strstr(state->s.error, "time limit exceeded"))
		fuzz_fail("cannot be loaded: %s\n%s", state->s.error, text);
	return !result;
}

/* The same; -1 then. */
static int find(struct fuzz_state *state, const char *function, enum ps_given given)
{
	int handler = ps_script_find_given(&state->s, 0, function, given);

	if (handler < 0 && !strstr(state->s.error, "time limit exceeded"))
		fuzz_fail("no function: %s", state->s.error);
	return handler;
}

/* Whether outcomes of the two ways have to be the same. */
static bool is_comparable(const struct frame *frame, const struct fuzz_outcome *a,
			  const struct fuzz_outcome *b)
{
	return !(frame->moving && frame->failing) && !a->late && !b->late;
}

/* What the upper half of the byte that chooses a function says: what it is given, and whether it is asked for a match. */
static enum ps_given choose_given(uint8_t function, bool *matches)
{
	static const enum ps_given givens[] = {
		PS_GIVEN_RAW, PS_GIVEN_RAW, PS_GIVEN_RAW, PS_GIVEN_RAW, PS_GIVEN_RAW, PS_GIVEN_RAW, PS_GIVEN_RAW, PS_GIVEN_RAW,
		PS_GIVEN_ETH, PS_GIVEN_ARP, PS_GIVEN_IP, PS_GIVEN_IP6,
		PS_GIVEN_RAW, PS_GIVEN_RAW, PS_GIVEN_IP, PS_GIVEN_IP6,
	};

	*matches = function >= 0xC0;
	return givens[function / 16];
}

static void run_file(const struct fuzz_case *c)
{
	unsigned int file = choose_file(c->script);
	const char *name = files[file].name, *text = files[file].text;
	const bool reads = strstr(text, "fuzz: reads"), keeps = strstr(text, "fuzz: keeps");
	const bool never_drops = strstr(text, "fuzz: never drops");
	struct fuzz_outcome outcomes[2], after;
	struct fuzz_state states[2];
	int i, way, handlers[2], gone[2] = { -1, -1 };
	bool ready = true, same = !keeps, matches;
	enum ps_given given = choose_given(c->function, &matches);
	char function[64];

	function_name(text, c->function % 16, function, sizeof(function));
	if (fuzz_show)
		printf("%s, function %s, given %s%s\n", name, function, ps_givens[given].name, matches ? ", for a match" : "");
	for (way = 0; way < 2; way++) {
		fuzz_plainly = way;
		if (fuzz_state_init(&states[way]))
			fuzz_fail("no state");
		ready &= is_loaded(&states[way], ps_script_load_bundle(&states[way].s, 0, gather(file)), text);
		handlers[way] = ready ? find(&states[way], function, given) : -1;
		ready &= handlers[way] >= 0;
		if (keeps && ready)
			gone[way] = find(&states[way], "gone", PS_GIVEN_RAW);
		ready &= !keeps || gone[way] >= 0;
	}
	for (i = 0; ready && i < c->nframes; i++) {
		const struct frame *frame = &c->frames[i];

		for (way = 0; way < 2; way++) {
			struct fuzz_outcome *o = &outcomes[way];

			fuzz_plainly = way;
			(matches ? fuzz_match : fuzz_run)(&states[way], handlers[way], frame, o);
			if (o->verdict == PS_VERDICT_ERROR && !states[way].refused)
				fuzz_check_place(o->error, name);
			if (never_drops && o->verdict == PS_VERDICT_DROP)
				fuzz_fail("%s found something wrong", name);
			if (reads && (o->len != frame->len || memcmp(o->bytes, frame->bytes, frame->len)))
				fuzz_fail("a script that only reads has written");
			if (!keeps)
				continue;
			fuzz_run(&states[way], gone[way], frame, &after);
			if (after.verdict != PS_VERDICT_ACCEPT && !after.late)
				fuzz_fail("a view is not gone: %s", after.error);
			fuzz_outcome_clean(&after);
		}
		same &= is_comparable(frame, &outcomes[0], &outcomes[1]);	/* states keep what they have seen */
		if (same)
			fuzz_compare(&outcomes[0], &outcomes[1]);
		fuzz_outcome_clean(&outcomes[0]);
		fuzz_outcome_clean(&outcomes[1]);
	}
	for (way = 0; way < 2; way++) {
		fuzz_plainly = way;
		if (handlers[way] >= 0)
			ps_script_put(&states[way].s, handlers[way]);
		fuzz_state_clean(&states[way]);
	}
}

/*
 * Assignments: a handler walks to a header, and sets one of its fields.
 */
struct assignment {
	struct model_step steps[MODEL_DEPTH];
	int nsteps;
	const struct ps_field *field;
	bool in_chain;		/* p:…:field():set(), without a variable */
	bool has_value;
	struct ps_value value;
	char text[512];
};

static void go(struct assignment *a, int id)
{
	a->steps[a->nsteps++].id = id;
}

static void go_raw(struct assignment *a, uint32_t off, uint32_t len)
{
	a->steps[a->nsteps++] = (struct model_step){ .id = MODEL_RANGE, .off = off, .len = len };
}

static int transport(unsigned int n)
{
	n %= MODEL_ICMP6 + 2 - MODEL_ICMP;
	return MODEL_ICMP + n <= MODEL_ICMP6 ? MODEL_ICMP + n : MODEL_SCTP;
}

/* To IPv6, from the link layer or a tag on, and further in. */
static void choose_ip6_way(struct assignment *a, const struct statement *s, unsigned int way)
{
	go(a, MODEL_IP6);
	if (way == 4 || way == 5) {
		go(a, s->inner & 8 ? MODEL_ICMP6 : MODEL_IP6);
		if (s->inner & 8)
			go(a, MODEL_IP6);
	}
	if (way == 6)
		go(a, MODEL_IP);
	if (s->inner % 8)
		go(a, transport(s->inner));
}

/* To PPPoE, MPLS or no further than the link layer, and to what is in them. */
static void choose_between(struct assignment *a, unsigned int n)
{
	if (!(n & 3))
		return;
	go(a, n & 1 ? MODEL_MPLS : MODEL_PPPOE);
	if (n & 4)
		go(a, n & 1 ? MODEL_MPLS : MODEL_IP6);
	if (n & 8)
		go(a, MODEL_IP);
	if (n & 16)
		go(a, transport(n / 32));
}

/* Where to; mostly where something is. */
static void choose_way(struct assignment *a, const struct statement *s)
{
	unsigned int way = s->way % 8, last = s->inner % 8;
	int id;

	if (way == 7) {
		go_raw(a, s->way / 8, 20 + s->inner);
		id = 1 + s->inner % (MODEL_PROTOCOLS - 1);
		go(a, id >= MODEL_TEXTS && id < MODEL_MPLS ? MODEL_UDP : id);
		return;
	}
	if (way != 2)
		go(a, MODEL_ETH);
	if (way == 3) {
		choose_between(a, s->inner);
		return;
	}
	if (s->way & 0x40)
		go(a, MODEL_VLAN);
	if (s->way & 0x80 && way == 0) {
		go(a, MODEL_ARP);
		return;
	}
	if (s->way & 0x80) {
		choose_ip6_way(a, s, way);
		return;
	}
	go(a, MODEL_IP);
	switch (way) {
	case 4:		/* an ICMP error, or a tunnel */
		go(a, s->inner & 8 ? MODEL_ICMP : s->inner & 16 ? MODEL_UDPLITE : MODEL_UDP);
		if (s->inner & 32) {
			go(a, MODEL_VXLAN);
			go(a, MODEL_ETH);
		} else {
			go(a, MODEL_RAW);
		}
		go(a, MODEL_IP);
		break;
	case 5:
		go(a, s->inner & 8 ? MODEL_RAW : s->inner & 16 ? MODEL_ICMP : MODEL_GRE);
		go(a, MODEL_IP);
		break;
	case 6:		/* where it begins at an odd byte, as a rule */
		go(a, s->inner & 4 ? MODEL_ICMP : MODEL_UDP);
		go(a, MODEL_RAW);
		if (s->way / 8 % 4) {
			a->steps[a->nsteps].off = s->way / 8 % 4 == 3 ? 2 : 1;
			go(a, MODEL_REST);
			go(a, MODEL_IP);
			break;
		}
		go_raw(a, s->way / 8, 20 + s->inner / 8);
		go(a, s->inner & 1 ? MODEL_IP : transport(s->inner / 2));
		return;
	}
	if (last && (way == 1 || way >= 4))
		go(a, transport(last));
}

static const struct ps_field *choose_field(int id, unsigned int n)
{
	const struct ps_proto *proto = ps_protos[id];
	unsigned int i = n % proto->nfields;

	while (proto->fields[i].type->is_bytes || proto->fields[i].type->is_text || proto->fields[i].flags & PS_PART)
		i = (i + 1) % proto->nfields;
	return &proto->fields[i];
}

__attribute__((format(printf, 4, 5)))
static size_t add(char *to, size_t size, size_t used, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(to + used, size - used, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= size - used)
		fuzz_fail("no room for a script");
	return used + n;
}

static uint64_t mask_of(const struct ps_field *field)
{
	return field->at.width < 64 ? ((uint64_t)1 << field->at.width) - 1 : UINT64_MAX;
}

static void value_text(char *text, size_t size, const struct ps_field *field, struct ps_value value, bool as_text)
{
	const struct ps_type *type = field->type;
	char address[PS_TEXT_SIZE];
	size_t len, i;

	if ((!as_text && type->has_int) || !type->format || !ps_value_fits(value, type->width)) {
		snprintf(text, size, "%llu", (unsigned long long)value.low);
		return;
	}
	len = type->format(address, value);
	for (i = 0; i < len; i += 2)	/* digits of either case are read */
		address[i] = i % 4 ? tolower(address[i]) : toupper(address[i]);
	snprintf(text, size, "'%.*s'", (int)len, address);
}

static void make_assignment(struct assignment *a, const struct statement *s, int number)
{
	const uint64_t four = (uint64_t)s->value[0] << 24 | s->value[1] << 16 | s->value[2] << 8 |
			      s->value[3];
	size_t n = 0, size = sizeof(a->text);
	const char *field;
	char value[PS_TEXT_SIZE + 3], chain[200], start[240] = "";
	int i;

	memset(a, 0, sizeof(*a));
	choose_way(a, s);
	a->field = choose_field(a->steps[a->nsteps - 1].id, s->field);
	a->value.low = four;
	if (a->field->at.width >= 48)
		a->value.low |= four << 16;
	if (!a->field->type->has_int && s->style & 0x20)
		a->value = (struct ps_value){ four << 32 | four >> 8, four << (s->field % 33) };
	if (!(s->style & 0x40))		/* lengths that small packets have */
		a->value.low &= a->field->flags & PS_COVERAGE ? mask_of(a->field) & 127 : mask_of(a->field);
	a->has_value = s->style % 8 != 4;
	a->in_chain = s->style % 8 == 3 || s->style % 8 == 4;
	field = a->field->name;
	value_text(value, sizeof(value), a->field, a->value, s->style & 0x20);

	strcpy(chain, "p");
	for (i = 0; i < a->nsteps; i++) {
		const struct model_step *step = &a->steps[i];

		n = strlen(chain);
		if (step->id == MODEL_REST) {
			add(start, sizeof(start), 0, " local o = %s\n", chain);
			add(chain, sizeof(chain), 0, "o:raw(%u, #o - %u)", step->off, step->off);
		} else if (step->id == MODEL_RANGE) {
			add(chain, sizeof(chain), n, ":raw(%u, %u)", step->off, step->len);
		} else if (step->id == MODEL_RAW && s->style & 0x10) {
			add(chain, sizeof(chain), n, ":data()");
		} else {
			add(chain, sizeof(chain), n, ":data(%d)", step->id);
		}
	}
	n = add(a->text, size, 0, "function set%d(p)\n%s", number, start);
	if (!a->in_chain)
		n = add(a->text, size, n, " local v = %s\n if not v then return XT_CONTINUE end\n", chain);
	switch (s->style % 8) {
	case 0:
		n = add(a->text, size, n, " v.%s = %s\n", field, value);
		break;
	case 1:
		n = add(a->text, size, n, " v:%s():set(%s)\n", field, value);
		break;
	case 2:
		n = add(a->text, size, n, " local x = %s\n v.%s = x\n", value, field);
		break;
	case 3:
		n = add(a->text, size, n, " %s:%s():set(%s)\n", chain, field, value);
		break;
	case 4:
		n = add(a->text, size, n, " %s:%s():set()\n", chain, field);
		break;
	case 5:
		n = add(a->text, size, n, " local f = v:%s()\n f:set(%s)\n", field, value);
		break;
	case 6:
		n = add(a->text, size, n, " local x = v.%s\n v.%s = %s\n", field, field, value);
		if (a->field->type->has_int)
			n = add(a->text, size, n, " if v:%s():int() ~= %llu then return NF_DROP end\n", field,
				(unsigned long long)a->value.low);
		else
			n = add(a->text, size, n, " if v.%s ~= (%s):lower() then return NF_DROP end\n", field, value);
		break;
	case 7:		/* a name that is computed is left to metamethods */
		n = add(a->text, size, n, " local name = '%s'\n v[name] = %s\n", field, value);
		break;
	}
	add(a->text, size, n, " return NF_ACCEPT\nend\n");
}

/* What a statement came to, on a frame that it was run on. */
static void check_assignment(const struct assignment *a, const struct frame *frame,
			     const struct fuzz_outcome *o)
{
	const bool sure = !(frame->moving && frame->failing);
	const bool checksum = a->field->flags & PS_CHECKSUM;
	struct model_path path;
	int steps = model_walk(frame, frame->bytes, a->steps, a->nsteps, &path);
	const struct model_view *v = &path.views[path.n - 1];
	enum ps_verdict expected;

	if (o->late)
		return;
	if (o->verdict == PS_VERDICT_ERROR)
		fuzz_check_place(o->error, "set.lua");
	if (steps < a->nsteps)
		expected = steps == a->nsteps - 1 && !a->in_chain ? PS_VERDICT_CONTINUE : PS_VERDICT_ERROR;
	else if (v->absent || !model_has_field(frame->bytes, v, a->field) ||
		 (a->has_value ? !ps_value_fits(a->value, a->field->at.width) : !checksum))
		expected = PS_VERDICT_ERROR;
	else if (checksum && (!a->has_value || frame->segments))
		expected = o->verdict;	/* the model does not tell */
	else
		expected = PS_VERDICT_ACCEPT;
	if (sure ? o->verdict != expected : o->verdict == PS_VERDICT_DROP)
		fuzz_fail("verdict %d (%s), not %d, for\n%s", o->verdict, o->error, expected, a->text);
	if (o->verdict == PS_VERDICT_CONTINUE || steps < a->nsteps || v->absent ||
	    (sure && o->verdict == PS_VERDICT_ERROR)) {
		if (memcmp(o->bytes, frame->bytes, frame->len))
			fuzz_fail("bytes changed although nothing was set");
		return;
	}
	model_check_set(frame, o->bytes, o->partial, &path, a->field,
			o->verdict == PS_VERDICT_ACCEPT, a->has_value, a->value);
}

static void run_assignments(const struct fuzz_case *c)
{
	static struct assignment made[CASE_STATEMENTS];
	static char text[CASE_STATEMENTS * sizeof(made[0].text)];
	int handlers[2][CASE_STATEMENTS];
	struct fuzz_state states[2];
	bool ready = true;
	char name[16];
	int i, k, way;

	text[0] = 0;
	for (k = 0; k < c->nstatements; k++) {
		make_assignment(&made[k], &c->statements[k], k);
		strcat(text, made[k].text);
	}
	if (fuzz_show)
		printf("%s", text);
	for (way = 0; way < 2; way++) {
		fuzz_plainly = way;
		if (fuzz_state_init(&states[way]))
			fuzz_fail("no state");
		ready &= is_loaded(&states[way], ps_script_load(&states[way].s, 0, "set.lua", text, strlen(text)), text);
		for (k = 0; ready && k < c->nstatements; k++) {
			snprintf(name, sizeof(name), "set%d", k);
			handlers[way][k] = find(&states[way], name, PS_GIVEN_RAW);
			ready = handlers[way][k] >= 0;
		}
	}
	for (i = 0; ready && i < c->nframes; i++) {
		struct frame frame = c->frames[i];

		for (k = 0; k < c->nstatements; k++) {
			struct fuzz_outcome outcomes[2];

			for (way = 0; way < 2; way++) {
				fuzz_plainly = way;
				fuzz_run(&states[way], handlers[way][k], &frame, &outcomes[way]);
				check_assignment(&made[k], &frame, &outcomes[way]);
			}
			if (is_comparable(&frame, &outcomes[0], &outcomes[1]))
				fuzz_compare(&outcomes[0], &outcomes[1]);
			memcpy(frame.bytes, outcomes[0].bytes, frame.len);
			frame.partial = outcomes[0].partial;
			fuzz_outcome_clean(&outcomes[0]);
			fuzz_outcome_clean(&outcomes[1]);
		}
	}
	for (way = 0; way < 2; way++) {
		fuzz_plainly = way;
		fuzz_state_clean(&states[way]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_case c;
	int i;

	case_read(&c, data, size);
	for (i = 0; i < c.nframes; i++) {
		if (c.repair[i] & (CASE_LENGTHS | CASE_CHECKSUMS))
			frame_repair(&c.frames[i], c.repair[i] & CASE_LENGTHS,
				     c.repair[i] & CASE_CHECKSUMS);
		if (c.repair[i] & CASE_PARTIAL)
			frame_make_partial(&c.frames[i]);
	}
	if (c.script < CASE_SCRIPTS)
		run_assignments(&c);
	else
		run_file(&c);
	return 0;
}
