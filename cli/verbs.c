/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "verbs.h"

#include <string.h>

#include "control.h"
#include "states.h"

static const struct cli_verb *row(const struct cli_verbs *verbs, size_t i)
{
	return (const struct cli_verb *)((const char *)verbs->rows + i * verbs->size);
}

void cli_verbs_print(const struct cli_verbs *verbs)
{
	size_t i;

	for (i = 0; i < verbs->n; i++)
		printf(" %s", row(verbs, i)->name);
}

static const struct cli_verb *named(const struct cli_verbs *verbs, const char *name)
{
	size_t i;

	for (i = 0; i < verbs->n; i++) {
		if (!strcmp(row(verbs, i)->name, name))
			return row(verbs, i);
	}
	return NULL;
}

/* Says which there are. */
static void tell_names(const struct cli_verbs *verbs, const struct cli_call *call, const char *name)
{
	char names[256] = "";
	size_t i, used = 0;

	for (i = 0; i < verbs->n && used < sizeof(names); i++)
		used += snprintf(names + used, sizeof(names) - used, "%s%s", !i ? "" : i + 1 == verbs->n ? " or " : ", ", row(verbs, i)->name);
	cli_error("%s %s %s: give %s", call->command->name, verbs->what, name, names);
}

const void *cli_verbs_find(const struct cli_verbs *verbs, const struct cli_call *call)
{
	const struct cli_verb *verb = call->noperands > 1 ? named(verbs, call->operands[1]) : row(verbs, 0);
	int n = call->noperands > 2 ? call->noperands - 2 : 0, len;
	const char *missing;

	if (!verb) {
		tell_names(verbs, call, call->operands[1]);
		return NULL;
	}
	if (n < verb->min) {
		missing = cli_nth_word(verb->operands, n, &len);
		cli_error("%s %s %s: %.*s is missing", call->command->name, verbs->what, verb->name, len, missing);
		return NULL;
	}
	if (verb->max != CLI_ANY && n > verb->max) {
		cli_error("%s %s %s: '%s' is one argument too many", call->command->name, verbs->what, verb->name, call->operands[2 + verb->max]);
		return NULL;
	}
	return verb;
}

struct list {
	int (*read)(struct ps_control *control, json_t *array);
	json_t *array;
};

static int read_list(struct ps_control *control, void *context)
{
	struct list *list = context;

	json_array_clear(list->array);
	return list->read(control, list->array);
}

json_t *cli_verbs_list(const char *netns, int (*read)(struct ps_control *control, json_t *array))
{
	struct list list = { .read = read };
	struct ps_control control;
	int status;

	if (cli_states_open(&control, netns, false))
		return NULL;
	list.array = json_array();
	status = cli_states_list(&control, read_list, &list);
	if (status < 0)
		cli_error("%s", control.error);
	ps_control_close(&control);
	if (status >= 0)
		return list.array;
	json_decref(list.array);
	return NULL;
}
