/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Checks a script: compiles it with the engine's own Lua, as a rule would, follows the code of
 * its functions a few times, each time knowing more (lint_code.c), and sorts what is found.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lint_internals.h"
#include "testlib.h"
#include "lauxlib.h"
#include "lualib.h"
#include "lopcodes.h"

#define FINDINGS_MAX	1000	/* more are not kept: nobody reads them */
#define HANDLER		"process_packet"
#define MATCH		"match_packet"	/* of -m lua */
#define ON_CLOSE	"on_close"	/* called when the state closes, by no rule */
#define ON_RELOAD	"on_reload"	/* called when it is reloaded, by no rule */
#define CHUNK		"script"	/* the name of the chunk, with which the compiler's messages begin */

/*
 * Findings.
 */
static void add(struct lint *l, int line, enum ps_severity severity, const char *kind,
		const char *message, const char *name)
{
	struct lint_finding *f;
	char *text, *c;
	int i;

	for (i = 0; i < l->nfindings; i++) {
		f = &l->findings[i];
		if (f->f.line == line && f->f.kind == kind && !strcmp(f->f.message, message))
			return;
	}
	if (l->nfindings > FINDINGS_MAX)
		return;
	if (l->nfindings == FINDINGS_MAX) {
		line = 0;
		severity = PS_NOTE;
		kind = "too-many";
		message = "this is not all: correct what is found first";
		name = NULL;
	}
	text = strdup(message);
	if (!text) {
		l->failed = true;
		return;
	}
	for (c = text; *c; c++) {
		if (*c < ' ' || *c > '~')	/* from the script */
			*c = '?';
	}
	f = &l->findings[l->nfindings];
	f->order = l->nfindings++;
	f->f = (struct ps_finding){ l->path, line, severity, kind, text, name };
}

void lint_add(struct lint *l, int line, enum ps_severity severity, const char *kind,
	      const char *message)
{
	add(l, line, severity, kind, message, NULL);
}

static int by_line(const void *left, const void *right)
{
	const struct lint_finding *a = left, *b = right;

	if (a->f.line != b->f.line)
		return a->f.line < b->f.line ? -1 : 1;
	return a->order - b->order;
}

/*
 * Globals.
 */
static struct lint_global *place_of(struct lint *l, const TString *name)
{
	size_t i = (uintptr_t)name / 16 % l->globals_size;

	while (l->globals[i].name && l->globals[i].name != name)
		i = (i + 1) % l->globals_size;
	return &l->globals[i];
}

static bool grow_globals(struct lint *l)
{
	struct lint_global *old = l->globals, *table;
	size_t i, old_size = l->globals_size, size = old_size ? 2 * old_size : 64;

	table = calloc(size, sizeof(*table));
	if (!table) {
		l->failed = true;
		return false;
	}
	l->globals = table;
	l->globals_size = size;
	for (i = 0; i < old_size; i++) {
		if (old[i].name)
			*place_of(l, old[i].name) = old[i];
	}
	free(old);
	return true;
}

/* Others of the state define it. */
static bool is_declared(const struct lint *l, const char *name)
{
	size_t i = 0;

	while (i < l->options->nglobals && strcmp(name, l->options->globals[i]))
		i++;
	return i < l->options->nglobals;
}

struct lint_global *lint_global(struct lint *l, TString *name)
{
	struct lint_global *g;

	if (2 * l->nglobals >= l->globals_size && !grow_globals(l))
		return NULL;
	g = place_of(l, name);
	if (!g->name) {
		g->name = name;
		g->value.kind = PS_KIND_ANY;
		g->declared = (l->options->is_test && ps_test_is_global(getstr(name))) || is_declared(l, getstr(name));
		l->nglobals++;
	}
	return g;
}

static const struct lint_global *global_named(const struct lint *l, const char *name)
{
	size_t i;

	for (i = 0; i < l->globals_size; i++) {
		if (l->globals[i].name && !strcmp(getstr(l->globals[i].name), name))
			return &l->globals[i];
	}
	return NULL;
}

/*
 * Compiling.
 */
struct compile_request {
	struct lint *l;
	const char *part[2];	/* constants, text */
	size_t len[2];
	int n;
};

static const char *read_part(lua_State *L, void *data, size_t *size)
{
	struct compile_request *request = data;
	int n = request->n++;

	(void)L;
	if (n > 1)
		return NULL;
	*size = request->len[n];
	return request->part[n];
}

/* Finds the globals of the engine, and leaves the compiled script on the stack. */
static int compile(lua_State *L)
{
	struct compile_request *request = lua_touserdata(L, 1);
	struct lint *l = request->l;

	lua_pushglobaltable(L);
	l->engine_globals = (Table *)lua_topointer(L, -1);
	lua_getglobal(L, LUA_STRLIBNAME);
	l->strings = lua_topointer(L, -1);

	ps_bind_push_constants(L);
	request->part[0] = lua_tolstring(L, -1, &request->len[0]);
	if (lua_load(L, read_part, request, "@" CHUNK, "t") != LUA_OK)
		lua_error(L);
	return 1;
}

/* What the compiler says of things that other languages have, and what to do. */
static const char *advice(const char *message)
{
	static const struct {
		const char *said, *advice;
	} table[] = {
		{ "near '!'", "'not equal' is ~= and 'not' is not" },
		{ "near '&'", "'and' is and" },
		{ "near '|'", "'or' is or" },
		{ "near '//'", "comments begin with --" },
		{ "near '/'", "comments begin with --" },
		{ "syntax error near '+'", "there is no += or ++: x = x + 1" },
		{ "malformed number", "there are integers only: 10, 0xFF" },
		{ "const variable", "verdicts, protocol ids and <const> variables cannot be assigned; "
				    "choose another name" },
		{ "expected near '='", "'equal' is ==" },
		{ "binary chunk", "give the text of the script" },
		{ "C stack overflow", "the expression is nested too deeply for the kernel; split it" },
		{ "not enough memory", "a state has 1 MiB; shorten the script" },
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strstr(message, table[i].said))
			return table[i].advice;
	}
	return "correct this line, or what is open before it";
}

static void add_error(struct lint *l, int line, const char *kind, const char *text,
		      const char *remedy)
{
	char message[LINT_MESSAGE_SIZE];

	snprintf(message, sizeof(message), "%s; %s", text, remedy);
	lint_add(l, line, PS_ERROR, kind, message);
}

/* error: "script:LINE: what", or what alone. */
static void syntax_error(struct lint *l, const char *error)
{
	char *end;
	long line = 0;

	if (!strncmp(error, CHUNK ":", strlen(CHUNK ":"))) {
		line = strtol(error + strlen(CHUNK ":"), &end, 10);
		error = end + strspn(end, ": ");
	}
	add_error(l, line > 0 && line <= INT_MAX ? line : 0, "syntax", error, advice(error));
}

static bool has_right_size(struct lint *l, size_t len)
{
	char reason[64];

	if (!len) {
		add_error(l, 0, "syntax", "is empty",
			  "write the function that the rule shall call into it");
		return false;
	}
	if (len > PS_SCRIPT_TEXT_MAX) {
		snprintf(reason, sizeof(reason), "is bigger than %d bytes", PS_SCRIPT_TEXT_MAX);
		add_error(l, 0, "syntax", reason, "shorten it");
		return false;
	}
	return true;
}

/* The compiled script, or NULL: it is refused, or there is no memory (l->failed). */
static const Proto *compile_script(struct lint *l, const char *text, size_t len)
{
	const size_t before = ps_script_begin(text, len);
	struct compile_request request = { .l = l, .part = { NULL, text + before },
					   .len = { 0, len - before } };
	struct ps_runtime *rt = &l->script.bind.rt;
	char error[PS_SCRIPT_ERROR_SIZE];
	const char *place;
	int status;

	if (!has_right_size(l, len))
		return NULL;
	if (ps_script_check(CHUNK, text, len, error, sizeof(error))) {
		syntax_error(l, error);
		return NULL;
	}
	status = ps_runtime_call(rt, compile, &request, ~0u);
	if (status != LUA_OK) {
		syntax_error(l, ps_runtime_error(rt, status, &place));
		return NULL;
	}
	return clLvalue(s2v(PS_STACK_TOP(rt->L) - 1))->p;
}

/*
 * Functions.
 */
static int count(const Proto *p)
{
	int i, n = 1;

	for (i = 0; i < p->sizep; i++)
		n += count(p->p[i]);
	return n;
}

/* Finds how many local variables there are at each instruction, and which are assigned while they are in scope. */
static void find_variables(struct lint_function *f)
{
	const Proto *p = f->p;
	int active[LINT_REGISTERS], nactive = 0, next = 0, pc, first, last, i, n;

	for (pc = 0; pc < p->sizecode; pc++) {
		for (i = n = 0; i < nactive; i++) {
			if (pc < p->locvars[active[i]].endpc)
				active[n++] = active[i];
		}
		nactive = n;
		while (next < p->sizelocvars && p->locvars[next].startpc <= pc) {
			if (pc < p->locvars[next].endpc && nactive < LINT_REGISTERS - 1)
				active[nactive++] = next;
			next++;
		}
		f->active[pc] = nactive;
		if (!ps_code_writes(p, p->code[pc], &first, &last))
			continue;
		for (i = first; i <= last && i < nactive; i++)
			f->reassigned[active[i]] = true;
	}
}

/* Finds the upvalues that the function assigns. Those of the functions inside of it are known by then. */
static void find_written(struct lint_function *f)
{
	const Proto *p = f->p;
	int pc, i, n;

	for (pc = 0; pc < p->sizecode; pc++) {
		if (GET_OPCODE(p->code[pc]) == OP_SETUPVAL)
			lint_set_bit(f->written, GETARG_B(p->code[pc]));
	}
	for (i = 0; i < p->sizep; i++) {
		for (n = 0; n < f->inner[i].p->sizeupvalues; n++) {
			const Upvaldesc *up = &f->inner[i].p->upvalues[n];

			if (lint_bit(f->inner[i].written, n))
				lint_set_bit(up->instack ? f->shared : f->written, up->idx);
		}
	}
}

/* What has such a method is a packet object: get() and set() others have as well, and rows of their own for each kind. */
static bool is_packet_method(const char *name)
{
	const struct ps_callable *row = ps_row_named(ps_view_methods, PS_OF_VIEW, name);

	return row && row->of == PS_OF_VIEW;
}

static bool is_header_name(const char *name)
{
	const struct ps_known packet = { .kind = PS_KIND_VIEW, .whole = true, .proto = &ps_proto_raw };

	return ps_known_member(packet, name, false).kind == PS_KIND_VIEW;
}

/* Whether the instruction goes on with the first argument as with a packet: p:data(…), p.udp. */
static bool uses_packet(const Proto *p, Instruction i)
{
	if (!p->numparams || GETARG_B(i) != 0)
		return false;
	if (GET_OPCODE(i) == OP_GETFIELD)
		return is_header_name(getstr(tsvalue(&p->k[GETARG_C(i)])));
	return GET_OPCODE(i) == OP_SELF && TESTARG_k(i) && is_packet_method(getstr(tsvalue(&p->k[GETARG_C(i)])));
}

/*
 * Of a table that describes a protocol: the global that the protocol's name will be, and functions that are named in text. The
 * instruction sets a member of a table to a constant.
 */
static void look_at_member(struct lint *l, const Proto *p, Instruction i)
{
	const TValue *value = &p->k[GETARG_C(i)];
	const char *key = getstr(tsvalue(&p->k[GETARG_B(i)]));
	struct lint_global *g;

	if (!ttisstring(value))
		return;
	if (!strcmp(key, "name")) {
		g = lint_global(l, tsvalue(value));
		if (g)
			g->is_given = true;
	} else if (!strcmp(key, "has_protocol") || !strcmp(key, "get_field_changes")) {
		g = lint_global(l, tsvalue(value));
		if (g)
			g->read = true;
	}
}

static void look_at_code(struct lint *l, struct lint_function *f)
{
	const Proto *p = f->p;
	int pc, i;

	for (pc = 0; pc < p->sizecode; pc++) {
		Instruction c = p->code[pc];

		f->uses_packet |= uses_packet(p, c);
		if (GET_OPCODE(c) == OP_SETFIELD && TESTARG_k(c))
			look_at_member(l, p, c);
	}
	for (i = 0; i < p->sizek; i++) {
		if (!ttisstring(&p->k[i]))
			continue;
		l->has_division |= !strcmp(getstr(tsvalue(&p->k[i])), "__div");
		l->has_power |= !strcmp(getstr(tsvalue(&p->k[i])), "__pow");
	}
}

static bool init_function(struct lint_function *f)
{
	f->upvalues = calloc(f->p->sizeupvalues + 1, sizeof(*f->upvalues));
	f->reassigned = calloc(f->p->sizelocvars + 1, 1);
	f->active = calloc(f->p->sizecode, 1);
	return f->upvalues && f->reassigned && f->active;
}

/* Lists all functions, those of one function in a row. */
static bool list_functions(struct lint *l, const Proto *main)
{
	int n = count(main), i, j, end = 1;

	l->functions = calloc(n, sizeof(*l->functions));
	if (!l->functions)
		return false;
	l->nfunctions = n;
	l->functions[0].p = main;
	for (i = 0; i < n; i++) {
		struct lint_function *f = &l->functions[i];

		f->inner = &l->functions[end];
		for (j = 0; j < f->p->sizep; j++)
			l->functions[end++].p = f->p->p[j];
		f->may_leave = true;
		if (!init_function(f))
			return false;
		find_variables(f);
		look_at_code(l, f);
	}
	while (n--)
		find_written(&l->functions[n]);
	return true;
}

/*
 * Rounds.
 */
static bool is_asked_for(const struct lint *l, const char *name)
{
	return l->options->function && !strcmp(name, l->options->function);
}

static bool is_wanted(const struct lint *l, const char *name)
{
	return !strcmp(name, HANDLER) || !strcmp(name, MATCH) || is_asked_for(l, name);
}

/* The handler of a match, by its name or by what is asked for. */
static bool is_match(const struct lint *l, const char *name)
{
	return is_asked_for(l, name) ? l->options->is_match : !strcmp(name, MATCH);
}

/* True if f looks like a handler: the script itself does not use it. */
static bool looks_like_handler(const struct lint *l, const struct lint_function *f)
{
	const struct lint_global *g;

	if (!f->name || !strcmp(getstr(f->name), ON_CLOSE) || !strcmp(getstr(f->name), ON_RELOAD))
		return false;
	if (is_wanted(l, getstr(f->name)))
		return true;
	g = global_named(l, getstr(f->name));
	return g && !g->read && (f->gives_verdict || (f->uses_packet && f->gives_value));
}

static void follow_all(struct lint *l)
{
	int i, n;

	for (i = 1; i < l->nfunctions; i++) {
		for (n = 0; n < l->functions[i].p->sizeupvalues; n++)
			l->functions[i].upvalues[n].kind = PS_KIND_NONE;
	}
	l->gives = (struct ps_known){ .kind = PS_KIND_NONE };
	l->functions[0].upvalues[0].kind = PS_KIND_GLOBALS;
	if (lint_bit(l->functions[0].written, 0)) {	/* _ENV = … */
		l->functions[0].upvalues[0].kind = PS_KIND_ANY;
		l->globals_escape = true;
	}
	for (i = 0; i < l->nfunctions; i++) {
		struct lint_function *f = &l->functions[i];

		f->returns = false;
		for (n = 0; n < f->p->sizeupvalues; n++) {
			if (f->upvalues[n].kind == PS_KIND_NONE)	/* no path makes the function */
				f->upvalues[n].kind = PS_KIND_ANY;
		}
		lint_follow(l, f);
	}
}

/* Hands what this round has found to the next one. */
static void conclude(struct lint *l)
{
	static const struct ps_known none = { .kind = PS_KIND_NONE };
	size_t i;
	int n;

	for (i = 0; i < l->globals_size; i++) {
		struct lint_global *g = &l->globals[i];

		g->value = g->next;
		if (g->next.kind == PS_KIND_NONE)
			g->value.kind = PS_KIND_ANY;
		g->next = none;
	}
	for (n = 0; n < l->nfunctions; n++) {
		struct lint_function *f = &l->functions[n];

		f->never_returns = !f->returns;
		f->is_handler = looks_like_handler(l, f) &&
				((f->gives_verdict && f->uses_packet) || is_wanted(l, getstr(f->name)));
		f->is_match = f->is_handler && is_match(l, getstr(f->name));
	}
}

/*
 * Handlers.
 */
static bool is_local(const struct lint *l, const char *name)
{
	const Proto *main = l->functions[0].p;
	int i;

	for (i = 0; i < main->sizelocvars; i++) {
		if (!strcmp(getstr(main->locvars[i].varname), name))
			return true;
	}
	return false;
}

static void no_handler(struct lint *l, enum ps_severity severity, const char *name)
{
	struct ps_guess guess = { .name = name };
	char message[LINT_MESSAGE_SIZE];
	int i;

	for (i = 0; i < l->nfunctions; i++) {
		if (l->functions[i].name)
			ps_guess_try(&guess, getstr(l->functions[i].name));
	}
	if (is_local(l, name))
		snprintf(message, sizeof(message), "'%.60s' is local, so no rule finds it; leave out "
			 "'local'", name);
	else if (guess.best)
		snprintf(message, sizeof(message), "no global function '%.60s'; is '%.60s' meant?", name,
			 guess.best);
	else
		snprintf(message, sizeof(message), "no global function '%.60s'; define it, or name another "
			 "one with --function", name);
	lint_add(l, 0, severity, "no-handler", message);
}

static void check_handlers(struct lint *l)
{
	const struct lint_global *g;
	const char *wanted = l->options->function, *best = l->options->is_match ? MATCH : HANDLER;
	char message[LINT_MESSAGE_SIZE];
	bool found = l->globals_escape;
	int i;

	for (i = 0; i < l->nfunctions; i++) {
		const struct lint_function *f = &l->functions[i];

		if (!looks_like_handler(l, f))
			continue;
		found = true;
		snprintf(message, sizeof(message), "handler '%.60s'", getstr(f->name));
		add(l, f->p->linedefined, PS_NOTE, "handler", message, getstr(f->name));
	}
	if (l->options->is_module || is_declared(l, wanted ? wanted : best) ||
	    (l->gives.kind == PS_KIND_TABLE && !wanted))	/* looks like a module */
		return;
	g = global_named(l, wanted ? wanted : best);
	if ((g && g->assigned) || ((found || l->options->is_test) && !wanted) || l->globals_escape)
		return;
	no_handler(l, wanted ? PS_ERROR : PS_WARNING, wanted ? wanted : best);
}

/* Tells what others want to know of the text. */
static void tell(const struct lint *l)
{
	const struct ps_lint_options *o = l->options;
	size_t i;

	for (i = 0; o->take_global && i < l->globals_size; i++) {
		if (l->globals[i].name && l->globals[i].assigned)
			o->take_global(o->context, getstr(l->globals[i].name));
	}
	if (o->is_table)
		*o->is_table = l->gives.kind == PS_KIND_TABLE;
}

static void check(struct lint *l, const char *text, size_t len)
{
	const Proto *main = compile_script(l, text, len);
	int round;

	if (!main)
		return;
	if (!list_functions(l, main)) {
		l->failed = true;
		return;
	}
	for (round = 1; round <= LINT_ROUNDS; round++) {
		l->report = round == LINT_ROUNDS;
		follow_all(l);
		conclude(l);
	}
	check_handlers(l);
	tell(l);
}

static void clean(struct lint *l)
{
	int i;

	for (i = 0; i < l->nfindings; i++)
		free((char *)l->findings[i].f.message);
	for (i = 0; i < l->nfunctions; i++) {
		free(l->functions[i].upvalues);
		free(l->functions[i].reassigned);
		free(l->functions[i].active);
	}
	free(l->findings);
	free(l->functions);
	free(l->globals);
	free(l->assigned_members);
	ps_script_clean(&l->script);
	free(l);
}

int ps_lint(const char *path, const char *text, size_t len, const struct ps_lint_options *options,
	    void (*report)(void *context, const struct ps_finding *finding), void *context)
{
	static const struct ps_lint_options defaults;
	struct lint *l = calloc(1, sizeof(*l));
	int i, err;

	if (!l)
		return -1;
	if (ps_script_init(&l->script, 0, true)) {
		free(l);
		return -1;
	}
	l->path = path;
	l->options = options ? options : &defaults;
	l->steps = LINT_STEPS_MAX;
	l->guesses = LINT_GUESSES_MAX;
	l->findings = calloc(FINDINGS_MAX + 1, sizeof(*l->findings));
	l->failed = !l->findings;
	if (!l->failed)
		check(l, text, len);

	err = l->failed ? -1 : 0;
	qsort(l->findings, l->nfindings, sizeof(*l->findings), by_line);
	for (i = 0; !err && i < l->nfindings; i++)
		report(context, &l->findings[i].f);
	clean(l);
	return err;
}
