/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/netfilter_bridge.h>
#include <linux/seq_file.h>
#include <linux/timekeeping.h>

#include "generation.h"
#include "hooks.h"
#include "instance.h"
#include "show.h"
#include "state.h"

void ps_show_head(struct seq_file *seq)
{
	seq_printf(seq, "%-10s %5s %12s %9s %9s %11s %6s %8s\n", "state", "rules", "packets",
		   "errors", "memory", "allocations", "percpu", "pulled");
}

/* The sums of its instances, also of those that were. */
static void sums_show(struct seq_file *seq, const struct ps_state *state, const struct ps_sums *sums)
{
	seq_printf(seq, "%-10u %5u %12llu %9llu %9zu %11lu ", state->id, state->rules,
		   sums->counts.packets, sums->counts.errors, sums->memory, sums->counts.allocations);
	if (state->is_percpu)
		seq_printf(seq, "%6u", sums->instances);
	else
		seq_printf(seq, "%6s", "-");
	seq_printf(seq, " %8llu\n", sums->counts.pulled);
	if (state->generation->number > 1)
		seq_printf(seq, "  generation: %u\n", state->generation->number);
}

/* Whether a function gets what comes into a queue, in any Lua state. */
static bool has_ears(const struct ps_generation *generation)
{
	const struct ps_instance *instance;
	bool any = false;
	unsigned int n;

	ps_for_each_runtime(instance, n, generation)
		any |= READ_ONCE(instance->script.bind.listening.ears) != NULL;
	return any;
}

/* What timers, functions of queues and deferred work have to tell, if there are any. */
static void late_show(struct seq_file *seq, const struct ps_state *state, const struct ps_sums *sums)
{
	const struct ps_instance *work = state->generation->instances[PS_WORK];
	const struct ps_defer *defer = &state->worker.defer;
	const struct ps_counts *counts = &sums->counts;

	if (sums->timers || counts->timers_run)
		seq_printf(seq, "  timers: %u pending, %llu run, %llu failed\n", sums->timers, counts->timers_run,
			   counts->timers_failed);
	if (has_ears(state->generation) || counts->values_run)
		seq_printf(seq, "  queues: %llu values, %llu failed\n", counts->values_run, counts->values_failed);
	if (work)
		seq_printf(seq, "  deferred work: %u pending, %llu done, %llu failed, %llu refused, memory %zu\n",
			   READ_ONCE(defer->heap.n), READ_ONCE(defer->done), READ_ONCE(defer->failed),
			   READ_ONCE(defer->refused), READ_ONCE(work->script.bind.rt.memory));
}

static void source_show(struct seq_file *seq, const struct ps_source *source)
{
	struct tm tm;
	int i;

	time64_to_tm(source->loaded, 0, &tm);
	seq_puts(seq, "  script ");
	seq_escape(seq, source->path, "\n");
	seq_printf(seq, "\n    loaded %ld-%02d-%02d %02d:%02d:%02d UTC, sha256 %4phN\n", tm.tm_year + 1900,
		   tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, source->bundle.part[0]->text);
	for (i = 1; i < source->bundle.n; i++) {
		const struct ps_part *part = source->bundle.part[i];

		seq_printf(seq, "    %s sha256 %4phN ", ps_part_calls[part->kind].what, part->text);
		seq_escape(seq, part->path, "\n");
		seq_putc(seq, '\n');
	}
}

/* In which table it is, or that it needs none, and where. Others are refused. */
static void place_show(struct seq_file *seq, const struct ps_handler *handler)
{
	const struct ps_hook_family *family = ps_hook_family_find(handler->family);

	if (!handler->place)
		seq_printf(seq, "    %s %s %s", handler->is_match ? "match" : "rule", family->program, handler->table);
	else
		seq_printf(seq, "    hook %s", family->name);
}

static void rule_show(struct seq_file *seq, const struct ps_handler *handler)
{
	unsigned int hook;

	place_show(seq, handler);
	for (hook = 0; hook < NF_BR_NUMHOOKS; hook++) {
		if (handler->hooks & BIT(hook))
			seq_printf(seq, " %s", ps_hook_name(handler->family, hook));
	}
	if (handler->place)
		seq_printf(seq, "%s%s, priority %d", handler->place->device[0] ? " of " : "", handler->place->device, handler->place->priority);
	seq_printf(seq, ": %s, on error %s", handler->function, handler->on_error);
	if (handler->given != PS_GIVEN_RAW)
		seq_printf(seq, ", object %s", ps_givens[handler->given].name);
	seq_putc(seq, '\n');
}

static void scripts_show(struct seq_file *seq, const struct ps_state *state)
{
	const struct ps_source *source;
	const struct ps_handler *handler;

	list_for_each_entry(source, &state->generation->sources, list) {
		source_show(seq, source);
		list_for_each_entry(handler, &state->handlers, list) {
			if (handler->source == source)
				rule_show(seq, handler);
		}
	}
}

void ps_show_state(struct seq_file *seq, const struct ps_state *state)
{
	struct ps_sums sums;

	ps_state_sum(state, &sums);
	sums_show(seq, state, &sums);
	late_show(seq, state, &sums);
	scripts_show(seq, state);
}
