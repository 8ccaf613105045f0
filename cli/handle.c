/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "handle.h"

#include <time.h>

#include "buffer.h"
#include "cli.h"
#include "dissect.h"
#include "host_user.h"
#include "link.h"
#include "result.h"
#include "set_files.h"

/* In milliseconds. Below two ticks a limit would stop runs that took no time; above an hour it is none. */
#define LIMIT_MIN	(2 * PS_WATCH_TICK_MS)
#define LIMIT_MAX	3600000

#define TIMED	64	/* the first 64 packets are timed, and then one in 64 */

bool ps_handle_ms(const struct cli_call *call, int option, uint32_t otherwise, uint32_t *ms)
{
	return cli_number(call, option, LIMIT_MIN, LIMIT_MAX, otherwise, ms);
}

bool ps_handle_limits(const struct cli_call *call, int option)
{
	return ps_handle_ms(call, option, ps_limits.packet_ms, &ps_limits.packet_ms) &&
	       ps_handle_ms(call, option + 1, ps_limits.load_ms, &ps_limits.load_ms);
}

bool ps_handle_memory(const struct cli_call *call, int option, size_t *memory)
{
	if (ps_script_memory(call->values[option], memory))
		return true;
	cli_error("--memory %s: give %dK to %dM, as in 512K or 4M", call->values[option],
		  PS_SCRIPT_MEMORY_MIN / 1024, PS_SCRIPT_MEMORY_MAX / (1024 * 1024));
	return false;
}

bool ps_handle_object(const struct cli_call *call, int option, enum ps_given *given)
{
	const char *name = call->values[option];

	*given = PS_GIVEN_RAW;
	if (!name || ps_given_named(name, given))
		return true;
	cli_error("--object %s: give raw, eth, arp, ip or ip6", name);
	return false;
}

bool ps_handle_on_error(const struct cli_call *call, int option, enum ps_verdict *verdict)
{
	if (ps_on_error_parse(call->values[option], verdict))
		return true;
	cli_error("--on-error %s: give drop, accept or continue", call->values[option]);
	return false;
}

/* Returns enum cli_exit, after a message. */
static int make_rule(struct ps_state_rule *rule, const struct cli_call *call, const struct ps_handle_options *options)
{
	const char *const *values = call->values;

	*rule = (struct ps_state_rule){
		.path = call->operands[0],
		.function = values[options->function],
		.is_match = options->match >= 0 && values[options->match],
	};
	if (!cli_number(call, options->state, 0, UINT32_MAX, 0, &rule->id) ||
	    !ps_handle_memory(call, options->memory, &rule->memory) ||
	    !ps_handle_object(call, options->object, &rule->given) ||
	    !ps_handle_on_error(call, options->on_error, &rule->on_error))
		return CLI_TROUBLE;
	if (rule->is_match && rule->on_error == PS_VERDICT_ACCEPT)
		return cli_error("--on-error accept: a match that fails accepts no packet; give drop or continue");
	return CLI_OK;
}

/* What ps_state_init() has returned, as an exit code. */
static int tell_failed(int failed, const char *error)
{
	if (!failed)
		return CLI_OK;
	cli_error("%s", error);
	return failed < 0 ? CLI_TROUBLE : CLI_FOUND;
}

int ps_handle_load(struct ps_state *state, const struct cli_call *call,
		   const struct ps_handle_options *options)
{
	char error[PS_SCRIPT_ERROR_SIZE + PATH_MAX];
	struct ps_state_rule rule;
	int status = make_rule(&rule, call, options);

	return status ? status : tell_failed(ps_state_init(state, &rule, error, sizeof(error)), error);
}

static bool read_sets(struct ps_set_files *sets, const struct cli_call *call)
{
	char error[PS_SCRIPT_ERROR_SIZE + PATH_MAX];

	if (!ps_set_files_read(sets, call->listed, call->nlisted, error, sizeof(error)))
		return true;
	cli_error("%s", error);
	return false;
}

bool ps_handle_sets(const struct cli_call *call)
{
	struct ps_set_files sets;
	bool is_read = read_sets(&sets, call);

	if (is_read)
		ps_set_files_fill(&sets);
	ps_set_files_clean(&sets);
	return is_read;
}

int ps_handle_reload(struct ps_state *next, struct ps_state *state, const struct cli_call *call,
		     const struct ps_handle_options *options)
{
	char error[PS_SCRIPT_ERROR_SIZE + PATH_MAX];
	struct ps_state_rule rule;
	struct ps_set_files sets;
	int status = make_rule(&rule, call, options);

	if (status)
		return status;
	status = read_sets(&sets, call) ? CLI_OK : CLI_TROUBLE;
	if (!status)
		status = tell_failed(ps_state_reload(next, state, &rule, error, sizeof(error)), error);
	if (!status)
		ps_set_files_fill(&sets);
	ps_set_files_clean(&sets);
	if (status)
		return status;
	ps_handle_close(state, call);
	ps_state_clean(state);
	return CLI_OK;
}

int ps_handle_close(struct ps_state *state, const struct cli_call *call)
{
	char error[PS_SCRIPT_ERROR_SIZE + PATH_MAX];

	if (!ps_state_close(state, call->operands[0], error, sizeof(error)))
		return CLI_OK;
	cli_error("on_close: %s", error);
	return CLI_FOUND;
}

uint64_t ps_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* Nanoseconds of processor time that this thread has used. */
static uint64_t spent(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* How many of them spent() itself takes, since it is a system call. */
static uint64_t find_cost(void)
{
	enum { TRIES = 16 };
	uint64_t least = UINT64_MAX, start, took;
	int i;

	for (i = 0; i < TRIES; i++) {
		start = spent();
		took = spent() - start;
		if (took < least)
			least = took;
	}
	return least;
}

enum ps_verdict ps_handle_timed(struct ps_timing *timing, struct ps_state *state,
				struct ps_packet *pkt, uint16_t *queue)
{
	enum ps_verdict verdict;
	uint64_t start, took;

	if (state->packets >= TIMED && state->packets % TIMED)
		return ps_state_run(state, pkt, queue);
	if (!timing->timed)
		timing->cost = find_cost();
	start = spent();
	verdict = ps_state_run(state, pkt, queue);
	took = spent() - start;
	if (took > timing->cost)
		timing->nanoseconds += took - timing->cost;
	timing->timed++;
	return verdict;
}

uint64_t ps_timing_each(const struct ps_timing *timing)
{
	return timing->timed ? timing->nanoseconds / timing->timed : 0;
}

struct changes {
	FILE *to;
	json_t *json;
};

static void print_change(void *context, const char *name, const char *before, const char *after)
{
	struct changes *changes = context;

	fprintf(changes->to, "  %s %s → %s", name, before[0] ? before : "(none)",
		after[0] ? after : "(none)");
}

static void add_change(void *context, const char *name, const char *before, const char *after)
{
	struct changes *changes = context;

	json_array_append_new(changes->json, json_pack("{s:s, s:s, s:s}", "field", name, "before",
						       before, "after", after));
}

void ps_changes_print(FILE *to, struct ps_packet *before, struct ps_packet *after)
{
	struct changes changes = { to, NULL };

	ps_diff(before, after, print_change, &changes);
}

json_t *ps_changes_json(struct ps_packet *before, struct ps_packet *after)
{
	struct changes changes = { NULL, json_array() };

	ps_diff(before, after, add_change, &changes);
	return changes.json;
}

void ps_handled_print(FILE *to, bool json, const struct ps_state *state,
		      const struct ps_handled *handled)
{
	const bool is_error = handled->verdict == PS_VERDICT_ERROR;
	char line[512], name[32];

	ps_packet_line(handled->before, line, sizeof(line));
	ps_result_verdict(name, sizeof(name), state, handled->verdict, handled->queue);
	if (!json) {
		fprintf(to, "%llu  %s  %s", (unsigned long long)handled->number, line, name);
		ps_changes_print(to, handled->before, handled->after);
		if (is_error) {
			fputs("  ", to);
			ps_user_print(to, state->script.error);
		}
		fputc('\n', to);
		return;
	}
	ps_result_line(to, json_pack("{s:I, s:s, s:s, s:o, s:o*}", "packet",
				     (json_int_t)handled->number, "summary", line, "verdict", name,
				     "changes", ps_changes_json(handled->before, handled->after), "error",
				     is_error ? ps_result_text(state->script.error) : NULL));
}

void ps_sent_print(FILE *to, bool json, const struct ps_sent_packet *sent)
{
	struct ps_packet pkt;
	char line[512];

	/* nothing writes to this packet */
	ps_buffer_init(&pkt, (void *)sent->bytes, sent->len, sent->link, sent->link ? ps_load16(sent->bytes + sent->link - 2) :
		       ps_link_ip_type(sent->bytes, sent->len));
	ps_packet_line(&pkt, line, sizeof(line));
	if (json)
		ps_result_line(to, json_pack("{s:s}", "sent", line));
	else
		fprintf(to, "sent  %s\n", line);
}

void ps_untouched_print(FILE *to, bool json, uint64_t number, uint16_t link, uint32_t len)
{
	char line[64];

	snprintf(line, sizeof(line), "link type %u %u", link, len);
	if (json)
		ps_result_line(to, json_pack("{s:I, s:s, s:s, s:[]}", "packet", (json_int_t)number,
					     "summary", line, "verdict", "untouched", "changes"));
	else
		fprintf(to, "%llu  %s  untouched\n", (unsigned long long)number, line);
}
