/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript set: the sets of addresses that scripts in the kernel name, and what is in them. */
#include <string.h>

#include "control.h"
#include "host_user.h"
#include "result.h"
#include "spans.h"
#include "states.h"
#include "verbs.h"

enum { OPT_NETNS, OPT_JSON };

static const struct cli_option options[] = {
	{ "netns", 'n', "NAME", CLI_NETNS_HELP },
	{ "json", 0, NULL, "what is shown as JSON, on one line" },
	{ NULL },
};

/*
 * Showing.
 */
static void add_set(void *context, const struct ps_listed_set *set)
{
	json_array_append_new(context, json_pack("{s:o, s:I, s:I, s:I, s:I, s:b}", "name", ps_result_text(set->name), "ranges4",
						 (json_int_t)set->count4, "ranges6", (json_int_t)set->count6, "bytes",
						 (json_int_t)set->bytes, "uses", (json_int_t)set->uses, "kept", set->is_kept));
}

static int read_sets(struct ps_control *control, json_t *sets)
{
	return ps_control_sets(control, add_set, sets);
}

static int show_sets(const struct cli_call *call)
{
	json_t *sets = cli_verbs_list(call->values[OPT_NETNS], read_sets);
	const json_t *set;
	size_t i;

	if (!sets)
		return CLI_TROUBLE;
	if (call->values[OPT_JSON]) {
		ps_result_line(stdout, sets);
		return CLI_OK;
	}
	json_array_foreach(sets, i, set) {
		ps_user_print(stdout, json_string_value(json_object_get(set, "name")));
		printf(": %lld ranges of IPv4, %lld of IPv6, %lld bytes, named by %lld Lua states%s\n", cli_states_number(set, NULL, "ranges4"),
		       cli_states_number(set, NULL, "ranges6"), cli_states_number(set, NULL, "bytes"), cli_states_number(set, NULL, "uses"),
		       json_is_true(json_object_get(set, "kept")) ? ", kept" : "");
	}
	json_decref(sets);
	return CLI_OK;
}

/* As lines, or into entries, if that is not NULL. */
static void show_list(const struct ps_span_list *list, const struct ps_type *type, json_t *entries)
{
	char text[PS_SPAN_TEXT];
	size_t i;

	for (i = 0; i < list->n; i++) {
		ps_span_format(text, type, &list->spans[i]);
		if (entries)
			json_array_append_new(entries, json_string(text));
		else
			puts(text);
	}
}

static int show_set(struct ps_control *control, const struct cli_call *call)
{
	json_t *entries = call->values[OPT_JSON] ? json_array() : NULL;
	struct ps_spans spans = { .list4 = { NULL } };
	int err = ps_control_set_read(control, call->operands[0], &spans);

	if (!err) {
		show_list(&spans.list4, PS_IPV4, entries);
		show_list(&spans.list6, PS_IPV6, entries);
	}
	ps_spans_clean(&spans);
	if (entries && !err)
		ps_result_line(stdout, json_pack("{s:o, s:O}", "name", ps_result_text(call->operands[0]), "entries", entries));
	json_decref(entries);
	return err ? cli_error("%s", control->error) : CLI_OK;
}

/*
 * Changing. Each function fills in what is to be done. False, after a message: it cannot be.
 */
static bool read_entries(const struct cli_call *call, struct ps_spans *spans, struct ps_set_change *change)
{
	int i;

	for (i = 2; i < call->noperands; i++) {
		if (ps_spans_add_text(spans, call->operands[i], strlen(call->operands[i])))
			continue;
		cli_error("'%s' is no " PS_SPAN_FORMS, call->operands[i]);
		return false;
	}
	change->spans = spans;
	return true;
}

static bool read_file(const struct cli_call *call, struct ps_spans *spans, struct ps_set_change *change)
{
	char error[4096];

	if (ps_spans_read(spans, call->operands[2], error, sizeof(error))) {
		cli_error("%s", error);
		return false;
	}
	change->spans = spans;
	return true;
}

static bool read_other(const struct cli_call *call, struct ps_spans *spans, struct ps_set_change *change)
{
	size_t len = strlen(call->operands[2]);

	(void)spans;
	change->other = call->operands[2];
	if (!len || len > CLI_NAME_BYTES)
		cli_error("the name of a set has 1 to %d bytes", CLI_NAME_BYTES);
	return len && len <= CLI_NAME_BYTES;
}

static bool read_nothing(const struct cli_call *call, struct ps_spans *spans, struct ps_set_change *change)
{
	(void)call;
	(void)spans;
	(void)change;
	return true;
}

static const struct verb {
	struct cli_verb verb;	/* first */
	enum packetscript_set_action action;	/* 0: none, it shows the set, or only reads what is given */
	bool (*read)(const struct cli_call *call, struct ps_spans *spans, struct ps_set_change *change);
} rows[] = {
	{ { "list", "", 0, 0, false }, 0, NULL },
	{ { "add", "ENTRY…", 1, CLI_ANY, false }, PACKETSCRIPT_SET_ADD, read_entries },
	{ { "remove", "ENTRY…", 1, CLI_ANY, false }, PACKETSCRIPT_SET_REMOVE, read_entries },
	{ { "load", "FILE", 1, 1, true }, PACKETSCRIPT_SET_REPLACE, read_file },
	{ { "check", "FILE", 1, 1, false }, 0, read_file },
	{ { "swap", "OTHER", 1, 1, false }, PACKETSCRIPT_SET_SWAP, read_other },
	{ { "destroy", "", 0, 0, false }, PACKETSCRIPT_SET_DESTROY, read_nothing },
};

static const struct cli_verbs verbs = { "NAME", rows, sizeof(rows) / sizeof(rows[0]), sizeof(rows[0]) };

static void print_words(void)
{
	cli_verbs_print(&verbs);
}

static int do_verb(const struct cli_call *call, const struct verb *verb, struct ps_spans *spans)
{
	struct ps_set_change change = { .name = call->operands[0], .action = verb->action };
	struct ps_control control;
	int status;

	if (verb->read && !verb->read(call, spans, &change))
		return CLI_TROUBLE;
	if (verb->read && !verb->action)
		return CLI_OK;
	ps_spans_sort(spans);
	if (cli_states_open(&control, call->values[OPT_NETNS], verb->verb.loads))
		return CLI_TROUBLE;
	if (!verb->action)
		status = show_set(&control, call);
	else
		status = ps_control_set(&control, &change) ? cli_error("%s", control.error) : CLI_OK;
	ps_control_close(&control);
	return status;
}

static int run(const struct cli_call *call)
{
	struct ps_spans spans = { .list4 = { NULL } };
	const struct verb *verb;
	size_t len;
	int status;

	if (!call->noperands)
		return show_sets(call);
	len = strlen(call->operands[0]);
	if (!len || len > CLI_NAME_BYTES)
		return cli_error("the name of a set has 1 to %d bytes", CLI_NAME_BYTES);
	verb = cli_verbs_find(&verbs, call);
	if (!verb)
		return CLI_TROUBLE;
	status = do_verb(call, verb, &spans);
	ps_spans_clean(&spans);
	return status;
}

const struct cli_command cli_set = {
	.name = "set",
	.operands = "[NAME [list|add|remove|load|check|swap|destroy] …]",
	.min = 0, .max = CLI_ANY,
	.summary = "fills and shows the sets of addresses that scripts in the kernel name",
	.about =
"A script asks set.named(NAME):has(address); what is in the set comes from here, and changes while packets pass. A packet sees the set as\n"
"it was before a command, or as it is afterwards, and nothing in between, however much is loaded. Without a name, all sets of the\n"
"network namespace are shown; with a name only, or with 'list', what is in that one: what overlaps or touches is one entry.\n"
"\n"
"'NAME add ENTRY…' and 'NAME remove ENTRY…' take addresses, prefixes and ranges, of IPv4 and IPv6: 192.0.2.1, 10.0.0.0/8,\n"
"2001:db8::1-2001:db8::9. What is removed may be a part of what was added; what is not in the set is not missed.\n"
"'NAME load FILE' replaces all of it by what a file has (- is standard input), which gzip or zstd may have compressed: an entry a line; what\n"
"follows a # is for people. A line that is none is told, and the set stays as it was. 'NAME check FILE' only says whether it could be loaded.\n"
"'NAME swap OTHER' has two sets change what is in them; both have all for a moment, so that a packet that asks both finds an address in one\n"
"at least.\n"
"\n"
"'load' makes the set if no script has named it yet: so it may come before the rules. What has been filled stays until the network namespace\n"
"goes, or until 'NAME destroy', which is refused while a script names it. All that is shared may take as many MiB as\n"
"the module's parameter shared_mb says (256).\n"
"\n"
"It needs CAP_NET_ADMIN in the network namespace; to make a set, and not only in a user namespace.",
	.examples =
"  packetscript set blocked load /var/lib/feeds/blocked.txt\n"
"  curl -s https://example.com/drop.txt | packetscript set blocked load -\n"
"  packetscript set blocked add 192.0.2.0/24 2001:db8::/32\n"
"  packetscript set --json | jq -r '.[].name'\n",
	.options = options,
	.print_words = print_words,
	.run = run,
};
