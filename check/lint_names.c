/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Names: which one may be meant, and which ones there are.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lint_internals.h"

#define NAMES_MAX	64	/* that are listed */

void lint_try_table(struct ps_guess *guess, const Table *table)
{
	unsigned int i;

	for (i = 0; i < (unsigned int)sizenode(table); i++) {
		const Node *n = gnode(table, i);

		if (!isempty(gval(n)) && keyisshrstr(n))
			ps_guess_try(guess, getstr(keystrval(n)));
	}
}

static void list(char *to, size_t size, const char *name)
{
	size_t used = strlen(to);

	snprintf(to + used, size - used, "%s%s", used ? ", " : "", name);
}

/* Methods of the owner, one after the other; NULL: there are no more. */
static const char *next_method(const struct ps_callable **row, unsigned int owner)
{
	const struct ps_callable *r = *row;

	while (r->method.name && (!(r->of & owner) || ps_callable_is_operator(r)))
		r++;
	*row = r + !!r->method.name;
	return r->method.name;
}

void lint_try_methods(struct ps_guess *guess, const struct ps_callable *rows, unsigned int owner)
{
	const char *name;

	for (name = next_method(&rows, owner); name; name = next_method(&rows, owner))
		ps_guess_try(guess, name);
}

/* Names that are to be listed, in order. */
struct names {
	const char *name[NAMES_MAX];
	unsigned int n;
};

static void add_name(struct names *names, const char *name)
{
	unsigned int i;

	if (names->n == NAMES_MAX)
		return;
	for (i = names->n++; i && strcmp(names->name[i - 1], name) > 0; i--)
		names->name[i] = names->name[i - 1];
	names->name[i] = name;
}

static void list_names(char *to, size_t size, const struct names *names)
{
	unsigned int i;

	to[0] = 0;
	for (i = 0; i < names->n; i++)
		list(to, size, names->name[i]);
}

void lint_list_table(char *to, size_t size, const Table *table)
{
	struct names names = { .n = 0 };
	unsigned int i;

	for (i = 0; i < (unsigned int)sizenode(table); i++) {
		const Node *node = gnode(table, i);

		if (!isempty(gval(node)) && keyisshrstr(node))
			add_name(&names, getstr(keystrval(node)));
	}
	list_names(to, size, &names);
}

void lint_list_methods(char *to, size_t size, const struct ps_callable *rows, unsigned int owner)
{
	struct names names = { .n = 0 };
	const char *name;

	for (name = next_method(&rows, owner); name; name = next_method(&rows, owner))
		add_name(&names, name);
	list_names(to, size, &names);
}

void lint_list_fields(char *to, size_t size, const struct ps_proto *proto)
{
	unsigned int i;

	to[0] = 0;
	for (i = 0; i < proto->nfields; i++) {
		if (!(proto->fields[i].flags & PS_PAYLOAD))
			list(to, size, proto->fields[i].name);
	}
}

void lint_list_payloads(char *to, size_t size, const struct ps_proto *proto)
{
	const struct ps_next *row;

	to[0] = 0;
	for (row = proto->next; row && row->proto; row++)
		list(to, size, row->proto->name);
}

void lint_list_protos(char *to, size_t size)
{
	unsigned int i;

	to[0] = 0;
	for (i = 0; i < ps_nprotos; i++)
		list(to, size, ps_protos[i]->name);
}

#define NO_CLOCK	"there is no clock for scripts yet; count packets instead"
#define NO_FILES	"there are no files; print() writes to the log, and data stands in the script, or in lists: set.file(\"name\")"
#define MODULES		"require \"name\" loads name.lua, from beside the script or the folder of modules"
#define NO_FLOATS	"there are no floats"

const char *lint_instead(const char *library, const char *name)
{
	static const struct {
		const char *library, *name, *instead;
	} rows[] = {
		{ NULL, "os", "there is no clock yet, and no environment" },
		{ "os", "time", NO_CLOCK },
		{ "os", "clock", NO_CLOCK },
		{ "os", "date", NO_CLOCK },
		{ "os", "difftime", NO_CLOCK },
		{ "os", "getenv", "there is no environment; put the value into the script" },
		{ "os", "exit", "return a verdict, or raise with error()" },
		{ NULL, "io", NO_FILES },
		{ "io", "write", "print() writes a line to the log" },
		{ NULL, "package", MODULES },
		{ NULL, "module", MODULES },
		{ NULL, "dofile", MODULES },
		{ NULL, "loadfile", MODULES },
		{ NULL, "loadstring", "it is load() in Lua 5.4" },
		{ NULL, "unpack", "it is table.unpack() in Lua 5.4" },
		{ NULL, "debug", "an error names its line; print() shows values" },
		{ NULL, "warn", "print() writes a line to the log" },
		{ NULL, "setfenv", "declare 'local _ENV = ...'" },
		{ NULL, "getfenv", "it is _ENV in Lua 5.4" },
		{ NULL, "bit", "there are & | ~ << >>" },
		{ NULL, "bit32", "there are & | ~ << >>" },
		{ NULL, "jit", "this is Lua 5.4" },
		{ NULL, "REJECT", "return NF_DROP, or leave it to a rule with '-j REJECT'" },
		{ "math", "huge", NO_FLOATS "; the largest integer is math.maxinteger" },
		{ "math", "pow", "multiply, or shift with '<<'" },
		{ "math", "randomseed", "math.random() is the kernel's, which needs no seed" },
		{ "math", "mod", "write 'a % b'" },
		{ "math", "sqrt", NO_FLOATS "; compare with the square" },
		{ "math", "modf", NO_FLOATS },
		{ "math", "pi", NO_FLOATS },
		{ "math", "exp", NO_FLOATS },
		{ "math", "log", NO_FLOATS },
		{ "math", "log10", NO_FLOATS },
		{ "math", "ldexp", NO_FLOATS "; shift with '<<'" },
		{ "math", "frexp", NO_FLOATS },
		{ "math", "sin", NO_FLOATS },
		{ "math", "cos", NO_FLOATS },
		{ "math", "tan", NO_FLOATS },
		{ "math", "asin", NO_FLOATS },
		{ "math", "acos", NO_FLOATS },
		{ "math", "atan", NO_FLOATS },
		{ "math", "atan2", NO_FLOATS },
		{ "math", "deg", NO_FLOATS },
		{ "math", "rad", NO_FLOATS },
		{ "table", "getn", "the length is #t" },
		{ "table", "maxn", "the length is #t" },
		{ "table", "foreach", "write 'for k, v in pairs(t) do'" },
		{ "table", "foreachi", "write 'for i, v in ipairs(t) do'" },
		{ "string", "gfind", "it is string.gmatch() in Lua 5.4" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!strcmp(rows[i].library ? rows[i].library : "", library ? library : "") &&
		    !strcmp(rows[i].name, name))
			return rows[i].instead;
	}
	return NULL;
}
