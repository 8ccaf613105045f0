/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript run: a handler on every packet of a capture. */
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buffer.h"
#include "capture.h"
#include "cli.h"
#include "dissect.h"
#include "host_user.h"
#include "result.h"
#include "state.h"

#define TIMED		16	/* one packet in so many is timed */
#define PROGRESS_EVERY	4096	/* packets between two looks at the clock */
#define PROGRESS_SIZE	(4 << 20)	/* bytes of a file that is worth a progress bar */

enum { OPT_WRITE, OPT_FUNCTION, OPT_COUNT, OPT_VERBOSE, OPT_ON_ERROR, OPT_STATE, OPT_VERDICTS,
       OPT_JSON, OPT_QUIET };

static const struct cli_option options[] = {
	{ "write", 'w', "FILE", "write the packets that are not dropped; - is standard output" },
	{ "function", 'f', "NAME", "the handler (default: " PS_STATE_FUNCTION ")" },
	{ "count", 'n', "COUNT", "stop after so many packets" },
	{ "verbose", 'v', NULL, "a line for each packet: its verdict, and fields before → after" },
	{ "on-error", 0, "VERDICT", "drop, accept or continue when the handler fails (default: drop)" },
	{ "state", 0, "N", "the number of the state, STATE_ID (default: 0)" },
	{ "verdicts", 0, "FILE", "write the verdict or the error of each packet, a line each" },
	{ "json", 0, NULL, "results as JSON; with -v one object for each packet before them" },
	{ "quiet", 'q', NULL, "no summary" },
	{ NULL },
};

struct job {
	struct ps_state state;
	struct ps_capture_in in;
	struct ps_capture_out out;
	bool writes;
	FILE *verdicts;
	FILE *report;		/* where results go: standard error if packets go to standard output */
	bool verbose, json, quiet, bar;
	uint32_t limit;
	uint8_t *bytes;		/* the packet that the handler works on */
	uint32_t room;
	uint64_t changed;
	uint64_t cut;		/* packets of which not all was captured */
	uint64_t timed, nanoseconds;	/* how many packets were timed, and what they took */
};

static volatile sig_atomic_t stopped;

static void on_stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* So that a read from a pipe ends. */
static void stop_on(int signal)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_stop;
	sigaction(signal, &action, NULL);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/*
 * Progress.
 */
static void show_progress(struct job *job)
{
	static uint64_t shown;
	uint64_t time = now();

	if (time - shown < 200000000)
		return;
	shown = time;
	fprintf(stderr, "\r%3d %%  %llu packets", ps_capture_percent(&job->in),
		(unsigned long long)job->in.count);
}

static void hide_progress(struct job *job)
{
	if (job->bar)
		fputs("\r\033[K", stderr);
}

/*
 * A line for each packet.
 */
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

static void print_packet(struct job *job, const struct ps_frame *frame, struct ps_packet *after,
			 enum ps_verdict verdict, uint16_t queue)
{
	struct changes changes = { job->report, NULL };
	struct ps_packet before;
	char line[512], name[32];

	/* only read */
	ps_buffer_init(&before, (void *)(frame->bytes + frame->skip), after->len, frame->network,
		       frame->protocol);
	ps_packet_line(&before, line, sizeof(line));
	ps_result_verdict(name, sizeof(name), verdict, queue);
	if (!job->json) {
		fprintf(job->report, "%llu  %s  %s", (unsigned long long)job->in.count, line, name);
		ps_diff(&before, after, print_change, &changes);
		if (verdict == PS_VERDICT_ERROR) {
			fputs("  ", job->report);
			ps_user_print(job->report, job->state.script.error);
		}
		fputc('\n', job->report);
		return;
	}
	changes.json = json_array();
	ps_diff(&before, after, add_change, &changes);
	ps_result_line(job->report,
		       json_pack("{s:I, s:s, s:s, s:o, s:o*}", "packet", (json_int_t)job->in.count,
				 "summary", line, "verdict", name, "changes", changes.json, "error",
				 verdict == PS_VERDICT_ERROR ?
					ps_result_text(job->state.script.error) : NULL));
}

/*
 * Packets.
 */
static bool make_room(struct job *job, uint32_t len)
{
	uint8_t *bytes;

	if (len < job->room)
		return true;
	/* one more, so that an empty packet has a place too */
	bytes = realloc(job->bytes, len + 1);
	if (!bytes)
		return false;
	job->bytes = bytes;
	job->room = len + 1;
	return true;
}

static enum ps_verdict run_timed(struct job *job, struct ps_packet *pkt, uint16_t *queue)
{
	enum ps_verdict verdict;
	uint64_t start;

	if (job->state.packets % TIMED)
		return ps_state_run(&job->state, pkt, queue);
	start = now();
	verdict = ps_state_run(&job->state, pkt, queue);
	job->nanoseconds += now() - start;
	job->timed++;
	return verdict;
}

static int run_packet(struct job *job, const struct ps_frame *frame)
{
	const uint32_t len = frame->header.caplen;
	enum ps_verdict verdict;
	struct ps_packet pkt;
	uint16_t queue = 0;

	if (!make_room(job, len))
		return cli_error("not enough memory for a packet of %u bytes", len);
	memcpy(job->bytes, frame->bytes, len);
	ps_buffer_init(&pkt, job->bytes + frame->skip, len - frame->skip, frame->network,
		       frame->protocol);
	verdict = run_timed(job, &pkt, &queue);
	job->changed += memcmp(job->bytes, frame->bytes, len) != 0;
	job->cut += len < frame->header.len;

	if (job->verbose)
		print_packet(job, frame, &pkt, verdict, queue);
	if (job->verdicts) {
		char name[32];

		ps_result_verdict(name, sizeof(name), verdict, queue);
		fputs(name, job->verdicts);
		if (verdict == PS_VERDICT_ERROR) {
			putc(' ', job->verdicts);
			ps_user_print(job->verdicts, job->state.script.error);
		}
		putc('\n', job->verdicts);
	}
	if (job->writes && ps_verdict_passes(ps_state_decide(&job->state, verdict)) &&
	    ps_capture_write(&job->out, &frame->header, job->bytes))
		return cli_error("%s", job->out.error);
	return CLI_OK;
}

static int run_packets(struct job *job)
{
	struct ps_frame frame;
	int status, got;

	while (!stopped && (!job->limit || job->in.count < job->limit)) {
		got = ps_capture_read(&job->in, &frame);
		if (!got || (got < 0 && stopped))
			break;
		if (got < 0) {
			hide_progress(job);
			return cli_error("%s", job->in.error);
		}
		status = run_packet(job, &frame);
		if (status)
			return status;
		if (job->bar && job->in.count % PROGRESS_EVERY == 0)
			show_progress(job);
		if (ferror(job->report))	/* nobody reads it any more */
			break;
	}
	hide_progress(job);
	return CLI_OK;
}

/*
 * The summary.
 */
static void print_summary(struct job *job)
{
	const struct ps_state *s = &job->state;
	uint64_t each = job->timed ? job->nanoseconds / job->timed : 0;

	if (job->json) {
		json_t *result = ps_result_json(s);

		json_object_set_new(result, "changed", json_integer(job->changed));
		json_object_set_new(result, "truncated", json_integer(job->cut));
		json_object_set_new(result, "nanoseconds_per_packet", json_integer(each));
		if (job->writes)
			json_object_set_new(result, "written", json_integer(job->out.count));
		ps_result_line(job->report, result);
		return;
	}
	ps_result_print(job->report, s);
	fprintf(job->report, "%llu changed", (unsigned long long)job->changed);
	if (job->writes)
		fprintf(job->report, ", %llu written", (unsigned long long)job->out.count);
	if (job->cut)
		fprintf(job->report, ", %llu captured in part only", (unsigned long long)job->cut);
	fprintf(job->report, "; %llu ns a packet in the handler\n", (unsigned long long)each);
}

/* What was read is written even if the capture ends too early: that is said. */
static int finish(struct job *job, int status)
{
	const uint64_t count = job->out.count;

	if (job->verdicts && (fclose(job->verdicts) || ferror(job->report)))
		status = cli_error("--verdicts: %s", strerror(errno));
	if (!job->writes)
		return status;
	if (job->out.error[0]) {
		ps_capture_discard(&job->out);
		cli_error("%s has not been made", job->out.name);
		return CLI_TROUBLE;
	}
	if (ps_capture_finish(&job->out)) {
		cli_error("%s", job->out.error);
		return cli_error("%s has not been made", job->out.name);
	}
	if (status)
		cli_error("%s has the %llu packets until then that were not dropped", job->out.name,
			  (unsigned long long)count);
	return status;
}

static int start(struct job *job, const struct cli_call *call)
{
	const char *const *values = call->values;
	char error[PS_SCRIPT_ERROR_SIZE + 64];
	enum ps_verdict on_error;
	uint32_t state;

	if (!cli_number(call, OPT_COUNT, 1, UINT32_MAX, 0, &job->limit) ||
	    !cli_number(call, OPT_STATE, 0, UINT32_MAX, 0, &state))
		return CLI_TROUBLE;
	if (!ps_on_error_parse(values[OPT_ON_ERROR], &on_error))
		return cli_error("--on-error %s: give drop, accept or continue", values[OPT_ON_ERROR]);
	job->verbose = values[OPT_VERBOSE];
	job->json = values[OPT_JSON];
	job->quiet = values[OPT_QUIET];
	job->writes = values[OPT_WRITE];
	job->report = job->writes && !strcmp(values[OPT_WRITE], "-") ? stderr : stdout;

	if (ps_state_init(&job->state, call->operands[0], values[OPT_FUNCTION], state, on_error,
			  error, sizeof(error))) {
		cli_error("%s", error);
		return access(call->operands[0], R_OK) ? CLI_TROUBLE : CLI_FOUND;
	}
	if (ps_capture_open(&job->in, call->operands[1]))
		return cli_error("%s", job->in.error);
	if (values[OPT_VERDICTS]) {
		job->verdicts = fopen(values[OPT_VERDICTS], "w");
		if (!job->verdicts)
			return cli_error("%s: %s", values[OPT_VERDICTS], strerror(errno));
	}
	if (job->writes && ps_capture_create(&job->out, values[OPT_WRITE], &job->in))
		return cli_error("%s", job->out.error);
	job->bar = isatty(STDERR_FILENO) && job->in.size >= PROGRESS_SIZE &&
		   !(job->verbose && isatty(fileno(job->report)));
	return CLI_OK;
}

static void clean(struct job *job)
{
	ps_capture_discard(&job->out);
	ps_capture_close(&job->in);
	ps_state_clean(&job->state);
	free(job->bytes);
}

static int run(const struct cli_call *call)
{
	struct job job = { .report = stdout };
	int status;

	stop_on(SIGINT);
	stop_on(SIGTERM);
	signal(SIGPIPE, SIG_IGN);
	if (ps_user_watch_start())
		return cli_error("no timer: %s", strerror(errno));
	status = start(&job, call);
	if (!status) {
		status = run_packets(&job);
		if (!job.quiet)
			print_summary(&job);
		status = finish(&job, status);
		if (!status && job.state.verdicts[PS_VERDICT_ERROR])
			status = CLI_FOUND;
	}
	clean(&job);
	return status;
}

const struct cli_command cli_run = {
	.name = "run",
	.operands = "SCRIPT CAPTURE",
	.min = 2, .max = 2,
	.summary = "runs a handler on the packets of a capture",
	.about =
"Runs the script's handler on every packet of a pcap or pcapng file; - is standard input. Says how many\n"
"packets got which verdict, where the handler failed and how many packets it changed. No root is needed.\n"
"\n"
"Link types: Ethernet; raw IP, Linux cooked and loopback, where packets have no link-layer header, as in\n"
"the chains OUTPUT and POSTROUTING. With -w the packets that pass are written, as pcap, with times and link\n"
"type as they were. The file appears only when all of it is written.\n"
"\n"
"STOLEN packets are not written, QUEUE counts as passing. Limits of time, memory and stack are the kernel's;\n"
"time is what the processor spends.",
	.examples =
"  packetscript run dnat.lua in.pcap -w out.pcap -v\n"
"  tcpdump -U -w - | packetscript run dnat.lua - -w - | tcpdump -n -r -\n",
	.options = options,
	.run = run,
};
