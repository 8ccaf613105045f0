/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript shared: the tables that scripts in the kernel share, and what is in them. */
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "entries.h"
#include "host_user.h"
#include "result.h"
#include "states.h"
#include "verbs.h"

enum { OPT_TTL, OPT_NETNS, OPT_JSON };

static const struct cli_option options[] = {
	{ "ttl", 't', "MS", "milliseconds that what is set is there, 0 for ever (what the table's script says)" },
	{ "netns", 'n', "NAME", CLI_NETNS_HELP },
	{ "json", 0, NULL, "what is shown as JSON, on one line" },
	{ NULL },
};

/*
 * Showing.
 */
static void add_table(void *context, const struct ps_listed_table *table)
{
	json_array_append_new(context, json_pack("{s:o, s:I, s:I, s:I, s:I, s:b}", "name", ps_result_text(table->name), "entries",
						 (json_int_t)table->count, "size", (json_int_t)table->size, "ttl", (json_int_t)table->ttl, "uses",
						 (json_int_t)table->uses, "kept", table->is_kept));
}

static int read_tables(struct ps_control *control, json_t *tables)
{
	return ps_control_tables(control, add_table, tables);
}

static void print_table(const json_t *table)
{
	ps_user_print(stdout, json_string_value(json_object_get(table, "name")));
	printf(": %lld", cli_states_number(table, NULL, "entries"));
	if (cli_states_number(table, NULL, "size"))
		printf(" of %lld", cli_states_number(table, NULL, "size"));
	printf(" entries, ");
	if (cli_states_number(table, NULL, "ttl"))
		printf("each for %lld ms, ", cli_states_number(table, NULL, "ttl"));
	printf("named by %lld Lua states%s\n", cli_states_number(table, NULL, "uses"), json_is_true(json_object_get(table, "kept")) ? ", kept" : "");
}

static int show_tables(const struct cli_call *call)
{
	json_t *tables = cli_verbs_list(call->values[OPT_NETNS], read_tables);
	const json_t *table;
	size_t i;

	if (!tables)
		return CLI_TROUBLE;
	if (call->values[OPT_JSON]) {
		ps_result_line(stdout, tables);
		return CLI_OK;
	}
	json_array_foreach(tables, i, table)
		print_table(table);
	json_decref(tables);
	return CLI_OK;
}

/* context: an array, to which it is added; NULL: it is printed. */
static void tell_entry(void *context, const struct ps_shared_entry *entry)
{
	if (context)
		json_array_append_new(context, cli_entry_json(entry));
	else
		cli_entry_print(entry);
}

static int do_list(struct ps_control *control, const struct cli_call *call, const struct cli_entries *given)
{
	json_t *entries = call->values[OPT_JSON] ? json_array() : NULL;
	int failed = ps_control_table_read(control, call->operands[0], tell_entry, entries);

	(void)given;
	if (!failed && entries)
		ps_result_line(stdout, json_pack("{s:o, s:O}", "name", ps_result_text(call->operands[0]), "entries", entries));
	json_decref(entries);
	return failed ? cli_error("%s", control->error) : CLI_OK;
}

/* What is told of a key. */
struct got {
	bool is_json, is_there;
};

static void tell_value(void *context, const struct ps_shared_entry *entry)
{
	struct got *got = context;

	got->is_there = true;
	if (got->is_json)
		ps_result_line(stdout, cli_entry_json(entry));
	else
		cli_entry_print_value(entry);
	if (entry->length)
		cli_error("these are the first %u of %zu bytes", PACKETSCRIPT_ENTRY_BYTES, entry->length);
}

static int do_get(struct ps_control *control, const struct cli_call *call, const struct cli_entries *given)
{
	struct got got = { .is_json = call->values[OPT_JSON] };

	if (ps_control_table_get(control, call->operands[0], &given->list[0].key, tell_value, &got))
		return cli_error("%s", control->error);
	if (got.is_there)
		return CLI_OK;
	cli_error("table '%s': the key %s has no value", call->operands[0], call->operands[2]);
	return CLI_FOUND;
}

/*
 * Changing.
 */
static int change(struct ps_control *control, const struct cli_call *call, const struct cli_entries *given, enum packetscript_shared_action action)
{
	return ps_control_table(control, call->operands[0], action, given->list, given->n) ? cli_error("%s", control->error) : CLI_OK;
}

static int do_set(struct ps_control *control, const struct cli_call *call, const struct cli_entries *given)
{
	return change(control, call, given, PACKETSCRIPT_SHARED_SET);
}

static int do_delete(struct ps_control *control, const struct cli_call *call, const struct cli_entries *given)
{
	return change(control, call, given, PACKETSCRIPT_SHARED_DELETE);
}

static int do_destroy(struct ps_control *control, const struct cli_call *call, const struct cli_entries *given)
{
	return change(control, call, given, PACKETSCRIPT_SHARED_DESTROY);
}

/*
 * Reading what is given. False, after a message.
 */
static bool read_cell(struct cli_entries *entries, const char *text, bool is_key, struct ps_cell *cell)
{
	const char *why = cli_cell_read(entries, text, strlen(text), is_key, cell);

	if (why)
		cli_error("'%s': %s", text, why);
	return !why;
}

/* Keys, as many as there are; or a key and a value. */
static bool read_operands(const struct cli_call *call, struct cli_entries *entries, bool has_value)
{
	int i, n = has_value ? 1 : call->noperands - 2;

	entries->list = calloc(n, sizeof(*entries->list));
	if (!entries->list)
		abort();
	entries->n = entries->room = n;
	for (i = 0; i < n; i++) {
		if (!read_cell(entries, call->operands[2 + i], true, &entries->list[i].key))
			return false;
	}
	return !has_value || read_cell(entries, call->operands[3], false, &entries->list[0].value);
}

static bool read_keys(const struct cli_call *call, struct cli_entries *entries)
{
	return read_operands(call, entries, false);
}

static bool read_pair(const struct cli_call *call, struct cli_entries *entries)
{
	return read_operands(call, entries, true);
}

static bool read_file(const struct cli_call *call, struct cli_entries *entries)
{
	return cli_entries_load(entries, call->operands[2]);
}

/* Of all that has none of its own. */
static bool read_ttl(const struct cli_call *call, struct cli_entries *entries)
{
	uint32_t ttl;
	size_t i;

	if (!call->values[OPT_TTL])
		return true;
	if (!cli_number(call, OPT_TTL, 0, UINT32_MAX, 0, &ttl))
		return false;
	for (i = 0; i < entries->n; i++) {
		if (entries->list[i].has_ttl)
			continue;
		entries->list[i].has_ttl = true;
		entries->list[i].ttl = ttl;
	}
	return true;
}

static const struct verb {
	struct cli_verb verb;	/* first */
	bool (*read)(const struct cli_call *call, struct cli_entries *entries);	/* or NULL */
	int (*run)(struct ps_control *control, const struct cli_call *call, const struct cli_entries *given);	/* NULL: it only reads */
} rows[] = {
	{ { "list", "", 0, 0, false }, NULL, do_list },
	{ { "get", "KEY", 1, 1, false }, read_keys, do_get },
	{ { "set", "KEY VALUE", 2, 2, true }, read_pair, do_set },
	{ { "delete", "KEY…", 1, CLI_ANY, false }, read_keys, do_delete },
	{ { "load", "FILE", 1, 1, true }, read_file, do_set },
	{ { "check", "FILE", 1, 1, false }, read_file, NULL },
	{ { "destroy", "", 0, 0, false }, NULL, do_destroy },
};

static const struct cli_verbs verbs = { "TABLE", rows, sizeof(rows) / sizeof(rows[0]), sizeof(rows[0]) };

static void print_words(void)
{
	cli_verbs_print(&verbs);
}

static int do_verb(const struct cli_call *call, const struct verb *verb, struct cli_entries *entries)
{
	struct ps_control control;
	int status;

	if ((verb->read && !verb->read(call, entries)) || !read_ttl(call, entries))
		return CLI_TROUBLE;
	if (!verb->run)
		return CLI_OK;
	if (cli_states_open(&control, call->values[OPT_NETNS], verb->verb.loads))
		return CLI_TROUBLE;
	status = verb->run(&control, call, entries);
	ps_control_close(&control);
	return status;
}

static int run(const struct cli_call *call)
{
	struct cli_entries entries = { .list = NULL };
	const struct verb *verb;
	size_t len;
	int status;

	if (!call->noperands)
		return show_tables(call);
	len = strlen(call->operands[0]);
	if (!len || len > CLI_NAME_BYTES)
		return cli_error("the name of a table has 1 to %d bytes", CLI_NAME_BYTES);
	verb = cli_verbs_find(&verbs, call);
	if (!verb)
		return CLI_TROUBLE;
	status = do_verb(call, verb, &entries);
	cli_entries_clean(&entries);
	return status;
}

const struct cli_command cli_shared = {
	.name = "shared",
	.operands = "[TABLE [list|get|set|delete|load|check|destroy] …]",
	.min = 0, .max = CLI_ANY,
	.summary = "shows and fills the tables that scripts in the kernel share",
	.about =
"What scripts keep in shared.table(TABLE) can be seen and changed from here while packets pass. Without a name, the tables of the network\n"
"namespace are shown; with a name only, or with 'list', what is in that one, in no order: what is there all the time once, what comes or goes\n"
"meanwhile once or not at all.\n"
"\n"
"'TABLE get KEY' shows the value, and exits with 1 if there is none. 'TABLE set KEY VALUE' sets one, for as long as --ttl or the table says.\n"
"'TABLE delete KEY…' takes entries out. An integer is one, true and false are values of their own, all else is a string; what\n"
"stands in double quotes is a string, too: '\"12\"'. Before a number with a sign, write --.\n"
"'TABLE load FILE' sets what a file has (- is standard input), one entry after the other; others stay. A file is JSON, if its name ends in .json or\n"
"it begins with { or [: an object of keys, which are strings, and values; or a list of {\"key\": …, \"value\": …, \"ttl\": …}, or what --json shows.\n"
"Else its lines are KEY,VALUE or KEY,VALUE,MILLISECONDS; a line that begins with # is for people. Where something in it is wrong, nothing is set.\n"
"'TABLE check FILE' only says whether it could be loaded.\n"
"Bytes that are no text are {\"string\": HEX} in JSON, and byte arrays {\"bytes\": HEX}. Of a value, 16384 bytes are shown or set at most.\n"
"\n"
"'set' and 'load' make the table if no script has named it yet, and it stays until the network namespace goes, or until 'TABLE destroy', which\n"
"is refused while a script names it. How many entries there may be, its script says; all that is shared may take as many MiB as the\n"
"module's parameter shared_mb says (256). Where a limit is met, what came before it is set.\n"
"\n"
"It needs CAP_NET_ADMIN in the network namespace; to make a table, and not only in a user namespace.",
	.examples =
"  packetscript shared\n"
"  packetscript shared hosts get 192.0.2.1\n"
"  packetscript shared hosts set 192.0.2.1 true --ttl 60000\n"
"  packetscript shared prices load prices.csv\n"
"  packetscript shared hosts --json >hosts.json\n",
	.options = options,
	.print_words = print_words,
	.run = run,
};
