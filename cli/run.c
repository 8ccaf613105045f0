/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript run: a handler on every packet of a capture. */
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"
#include "offload.h"
#include "capture.h"
#include "cli.h"
#include "clock.h"
#include "handle.h"
#include "host_user.h"
#include "link.h"
#include "packet.h"
#include "result.h"
#include "state.h"

#define PROGRESS_EVERY	4096	/* after so many packets the progress may be shown anew */
#define PROGRESS_SIZE	(4 << 20)	/* smaller files are read before anyone has seen a progress bar */

enum { OPT_WRITE, OPT_FUNCTION, OPT_COUNT, OPT_VERBOSE, OPT_ON_ERROR, OPT_OBJECT, OPT_MATCH, OPT_STATE, OPT_MEMORY,
       OPT_PACKET_MS, OPT_LOAD_MS, OPT_SET, OPT_VERDICTS, OPT_OFFLOAD, OPT_JSON, OPT_QUIET };

static const struct cli_option options[] = {
	{ "write", 'w', "FILE", "write the packets that are not dropped; - is standard output" },
	{ "function", 'f', "NAME", "the handler (default: " PS_STATE_FUNCTION ")" },
	{ "count", 'n', "COUNT", "stop after so many packets" },
	{ "verbose", 'v', NULL, "a line for each packet: its verdict, and fields before → after" },
	{ "on-error", 0, "VERDICT", "drop, accept or continue when the handler fails (default: drop)",
	  CLI_ON_ERROR },
	{ "object", 0, "OBJECT", "what the handler gets: raw, eth, arp, ip or ip6 (default: raw)", CLI_OBJECTS },
	{ "match", 0, NULL, "the handler is one of -m lua, " PS_STATE_MATCH ": packets are read-only, and -w has those that match" },
	{ "state", 0, "N", "the number of the state, STATE_ID (default: 0)" },
	{ "memory", 0, "SIZE", "what the state may hold, 128K to 64M (default: 1M)" },
	CLI_LIMITS,
	CLI_SETS,
	{ "verdicts", 0, "FILE", "write the verdict or the error of each packet, a line each; - is standard output" },
	{ "offload", 0, NULL, "checksums of TCP and UDP are completed after the handler, as by a device" },
	{ "json", 0, NULL, "results as JSON; with -v one object for each packet before them" },
	{ "quiet", 'q', NULL, "no summary" },
	{ NULL },
};

static const struct ps_handle_options rule_options = {
	OPT_FUNCTION, OPT_STATE, OPT_MEMORY, OPT_ON_ERROR, OPT_OBJECT, OPT_MATCH,
};

struct job {
	struct ps_state state;
	struct ps_capture_in in;
	struct ps_capture_out out;
	bool writes;
	FILE *verdicts;
	const char *verdicts_name;
	FILE *report;		/* where results go: standard error if packets go to standard output */
	bool verbose, json, quiet, offload, bar;
	uint32_t limit;
	uint8_t *bytes;		/* the packet that the handler works on */
	uint32_t room;
	uint64_t changed;
	uint64_t cut;		/* packets of which not all was captured */
	uint64_t other;		/* frames that carry no packet of a network layer: no handler sees them */
	uint64_t unknown;	/* frames of a link type that is not known */
	uint16_t unknown_link;	/* the link type of the first of them */
	struct ps_sent_list sent;	/* and not written yet */
	struct ps_frame last;		/* that was read, without its bytes */
	uint64_t lost;		/* packets that were sent, and that frames of the capture cannot carry */
	struct ps_timing timing;
};

static volatile sig_atomic_t stopped;	/* the signal that stopped the run, or 0 */

/* A signal that comes just before a read begins does not interrupt it: the alarm that follows each second does. */
static void on_stop(int signal)
{
	if (signal != SIGALRM)
		stopped = signal;
	alarm(1);
}

/* Stops the run on a signal, also in a read from a pipe. A signal that was ignored stays so, unless always is set. */
static void stop_on(int signal, bool always)
{
	struct sigaction action;

	if (!always && !sigaction(signal, NULL, &action) && action.sa_handler == SIG_IGN)
		return;
	memset(&action, 0, sizeof(action));
	action.sa_handler = on_stop;
	sigaction(signal, &action, NULL);
}

/*
 * Progress.
 */
static void show_progress(struct job *job)
{
	static uint64_t shown;
	uint64_t time = ps_now();

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
 * Packets.
 */
static bool make_room(struct job *job, uint32_t len)
{
	uint8_t *bytes;

	if (len < job->room)
		return true;
	/* one more, so that an empty packet has memory, too */
	bytes = realloc(job->bytes, len + 1);
	if (!bytes)
		return false;
	job->bytes = bytes;
	job->room = len + 1;
	return true;
}

/*
 * Makes pkt of the packet in a frame, in job->bytes. A frame that tells how long what it carries is keeps its length, since
 * that is not the packet's.
 */
static bool open_packet(struct job *job, const struct ps_frame *frame, struct ps_buffer *buffer)
{
	const uint32_t len = frame->record.captured, max = frame->network + PS_PACKET_MAX;
	uint32_t room = max < frame->len ? frame->len : max;

	if (ps_link_tells_length(frame->link))
		room = 0;
	if (!make_room(job, len + room))
		return false;
	memcpy(job->bytes, frame->record.bytes, len);
	ps_buffer_init_room(buffer, job->bytes + frame->skip, frame->len, room, frame->network, frame->protocol);
	ps_buffer_accompany(buffer);
	return true;
}

/* Puts what followed the packet in the frame behind it again. Returns how long the frame is now. */
static uint32_t close_packet(struct job *job, const struct ps_frame *frame, const struct ps_packet *pkt)
{
	const uint32_t end = frame->skip + frame->len, rest = frame->record.captured - end;

	if (pkt->len != frame->len)
		memcpy(job->bytes + frame->skip + pkt->len, frame->record.bytes + end, rest);
	return frame->skip + pkt->len + rest;
}

static void print_packet(struct job *job, const struct ps_frame *frame, struct ps_packet *after,
			 enum ps_verdict verdict, uint16_t queue)
{
	struct ps_packet before;
	const struct ps_handled handled = { job->in.count, &before, after, verdict, queue };

	/* nothing writes to this packet */
	ps_buffer_init(&before, (void *)(frame->record.bytes + frame->skip), frame->len,
		       frame->network, frame->protocol);
	ps_handled_print(job->report, job->json, &job->state, &handled);
}

static void tell_verdict(struct job *job, enum ps_verdict verdict, uint16_t queue)
{
	char name[32];

	ps_result_verdict(name, sizeof(name), &job->state, verdict, queue);
	fputs(name, job->verdicts);
	if (verdict == PS_VERDICT_ERROR) {
		putc(' ', job->verdicts);
		ps_user_print(job->verdicts, job->state.script.error);
	}
	putc('\n', job->verdicts);
}

static int write_packet(struct job *job, const struct ps_frame *frame, const uint8_t *bytes, uint32_t len)
{
	if (!job->writes || !ps_capture_write(&job->out, frame, bytes, len))
		return CLI_OK;
	return stopped == SIGPIPE ? CLI_TROUBLE : cli_error("%s", job->out.error);
}

/* Frames without a packet pass without asking the handler: in the kernel it would not get them either. */
static int pass_untouched(struct job *job, const struct ps_frame *frame)
{
	job->other += frame->is_known;
	if (!frame->is_known && !job->unknown++)
		job->unknown_link = frame->link;
	if (job->verbose)
		ps_untouched_print(job->report, job->json, job->in.count, frame->link,
				   frame->record.captured);
	if (job->verdicts)
		fputs("untouched\n", job->verdicts);
	return write_packet(job, frame, frame->record.bytes, frame->record.captured);
}

/* Whether -w has the packet: of a match, those that match. */
static bool is_wanted(const struct ps_state *state, enum ps_verdict verdict)
{
	if (state->is_match)
		return verdict == PS_VERDICT_ACCEPT;
	return ps_verdict_passes(ps_state_decide(state, verdict));
}

/* The frame that carries what was sent, in a capture of this link layer: in bytes. Returns its length, or 0: there is none. */
static uint32_t make_frame(uint16_t link, const struct ps_sent_packet *sent, uint8_t bytes[PS_LINK_HEADER + PS_FRAME_MAX])
{
	const uint32_t skip = link == PS_LINK_ETHERNET ? 0 : sent->link;
	const uint8_t *packet = sent->bytes + skip;
	const uint32_t len = sent->len - skip;
	const uint16_t type = ps_link_ip_type(packet, len);
	int header = 0;

	if (skip && type != ps_load16(packet - 2))
		return 0;
	if (skip || !sent->link)
		header = type ? ps_link_make(link, packet, len, bytes) : -1;
	if (header < 0)
		return 0;
	memcpy(bytes + header, packet, len);
	return header + len;
}

/* What the handler has sent comes behind the packet that it has sent it for. */
static int write_sent(struct job *job, const struct ps_frame *frame)
{
	uint8_t bytes[PS_LINK_HEADER + PS_FRAME_MAX];
	const struct ps_sent_packet *sent;
	uint32_t len;

	for (sent = job->sent.first; sent; sent = sent->next) {
		if (job->verbose)
			ps_sent_print(job->report, job->json, sent);
		len = job->writes ? make_frame(frame->link, sent, bytes) : 0;
		job->lost += job->writes && !len;
		if (len && ps_capture_add(&job->out, frame, bytes, len))
			return stopped == SIGPIPE ? CLI_TROUBLE : cli_error("%s", job->out.error);
	}
	ps_sent_clean(&job->sent);
	return CLI_OK;
}

static int run_packet(struct job *job, const struct ps_frame *frame)
{
	const uint32_t captured = frame->record.captured;
	struct ps_offload message;
	struct ps_buffer buffer;
	enum ps_verdict verdict;
	uint16_t queue = 0;
	uint32_t len;
	int status;

	if (!open_packet(job, frame, &buffer))
		return cli_error("not enough memory for a packet of %u bytes", captured);
	if (job->offload)
		ps_buffer_offload(&buffer.pkt, &message);
	verdict = ps_handle_timed(&job->timing, &job->state, &buffer.pkt, &queue);
	ps_buffer_complete(&buffer.pkt, &message);
	len = close_packet(job, frame, &buffer.pkt);
	job->changed += len != captured || memcmp(job->bytes, frame->record.bytes, len);

	if (job->verbose)
		print_packet(job, frame, &buffer.pkt, verdict, queue);
	if (job->verdicts)
		tell_verdict(job, verdict, queue);
	status = is_wanted(&job->state, verdict) ? write_packet(job, frame, job->bytes, len) : CLI_OK;
	return status ? status : job->sent.first ? write_sent(job, frame) : CLI_OK;
}

/* Time passes, until that of a frame, or after it. */
struct passing {
	struct job *job;
	const struct ps_frame *frame;
	uint64_t at;		/* the clock's time that the frame has */
	int status;
};

/* What was sent by now was sent at the time that the clock has. */
static bool write_late(void *context)
{
	struct passing *p = context;
	struct ps_frame at = *p->frame;
	const double units = at.record.interface->units / 1e9;

	if (p->job->sent.first) {
		at.record.time += (int64_t)(((double)ps_clock_now() - (double)p->at) * units);
		p->status = write_sent(p->job, &at);
	}
	return !p->status && !stopped;
}

/* What is due until then runs in its turn. at: the time of the frame. */
static int pass_time(struct job *job, const struct ps_frame *frame, uint64_t at, uint64_t until)
{
	struct passing passing = { job, frame, at, CLI_OK };
	struct ps_state *state = &job->state;

	if (ps_state_next(state) > until) {
		if (until > ps_clock_now())
			ps_clock_advance(until - ps_clock_now());
		return CLI_OK;
	}
	ps_states_pass(&state, 1, until, write_late, &passing);
	if (!passing.status)
		write_late(&passing);
	return passing.status;
}

/* What is pending when the capture ends is done; what that asks for, if it is due by then. */
static int run_pending(struct job *job)
{
	uint64_t now = ps_clock_now(), last = ps_state_last(&job->state);

	return stopped || !job->last.record.interface ? CLI_OK : pass_time(job, &job->last, now, last > now ? last : now);
}

static int run_packets(struct job *job)
{
	struct ps_frame frame;
	int status, got;
	uint64_t until;

	while (!stopped && (!job->limit || job->in.count < job->limit)) {
		got = ps_capture_read(&job->in, &frame);
		if (!got || (got < 0 && stopped))
			return run_pending(job);
		if (got < 0)
			return cli_error("%s", job->in.error);
		job->cut += frame.record.captured < frame.record.length;
		until = ps_clock_now() + ps_clock_since(ps_clock_captured(&frame.record));
		status = pass_time(job, &frame, until, until);
		if (status)
			return status;
		job->last = frame;
		status = frame.is_packet ? run_packet(job, &frame) : pass_untouched(job, &frame);
		if (status)
			return status;
		if (job->bar && job->in.count % PROGRESS_EVERY == 0)
			show_progress(job);
		if (ferror(job->report))
			return stopped ? CLI_OK : cli_error("standard output: %s", strerror(errno));
	}
	return run_pending(job);
}

/* A live capture ends by a signal; of a file, packets are missing then. */
static int tell_stop(struct job *job, int status)
{
	if (!stopped || stopped == SIGPIPE)
		return status;
	cli_error("%s: stopped after %llu packet%s by a signal (%s)", job->in.name,
		  (unsigned long long)job->in.count, job->in.count == 1 ? "" : "s",
		  strsignal(stopped));
	return job->in.is_live ? status : CLI_TROUBLE;
}

/*
 * The summary.
 */
static void print_summary(struct job *job)
{
	const struct ps_state *s = &job->state;
	uint64_t each = ps_timing_each(&job->timing);

	if (job->json) {
		json_t *result = ps_result_json(s);

		json_object_set_new(result, "changed", json_integer(job->changed));
		json_object_set_new(result, "truncated", json_integer(job->cut));
		json_object_set_new(result, "untouched", json_integer(job->other + job->unknown));
		json_object_set_new(result, "nanoseconds_per_packet", json_integer(each));
		json_object_set_new(result, "sent", json_integer(s->outbox.count));
		if (job->writes)
			json_object_set_new(result, "written", json_integer(job->out.count));
		ps_result_line(job->report, result);
		return;
	}
	ps_result_print(job->report, s);
	fprintf(job->report, "%llu changed", (unsigned long long)job->changed);
	if (job->writes)
		fprintf(job->report, ", %llu written", (unsigned long long)job->out.count);
	if (s->outbox.count)
		fprintf(job->report, ", %llu sent", (unsigned long long)s->outbox.count);
	if (job->lost)
		fprintf(job->report, ", %llu of these not written: no frame of this link type is made of them",
			(unsigned long long)job->lost);
	if (job->cut)
		fprintf(job->report, ", %llu captured in part only", (unsigned long long)job->cut);
	if (job->other)
		fprintf(job->report, ", %llu passed untouched: no IP in them",
			(unsigned long long)job->other);
	if (job->unknown)
		fprintf(job->report, ", %llu passed untouched: link type %u is not known",
			(unsigned long long)job->unknown, job->unknown_link);
	fprintf(job->report, "; %llu ns a packet in the handler\n", (unsigned long long)each);
}

static int finish_verdicts(struct job *job)
{
	bool failed;

	if (!job->verdicts)
		return CLI_OK;
	failed = fflush(job->verdicts) || ferror(job->verdicts);
	if (failed && stopped != SIGPIPE)
		cli_error("%s: %s", job->verdicts_name, strerror(errno));
	if (job->verdicts != stdout)	/* which is closed when the program ends */
		fclose(job->verdicts);
	return failed ? CLI_TROUBLE : CLI_OK;
}

/* Why a capture with a part of the packets must not be written; NULL: it is better than none. */
static const char *why_not_written(const struct job *job)
{
	if (job->out.is_input)
		return "it is the capture that was read, and would be replaced by a part of it";
	if (stopped && !job->in.is_live)
		return "the run was stopped, and packets would be missing";
	return ferror(job->report) ? "the report could not be written either" : NULL;
}

/*
 * If the capture ends too early, the packets read until then are written, and a message says so. But they do not replace the
 * capture that they are a part of, and after a signal no file is written.
 */
static int finish_capture(struct job *job, int status)
{
	const unsigned long long count = job->out.count;
	const char *why;
	const bool is_part = status || stopped;

	if (!job->writes)
		return CLI_OK;
	if (job->out.error[0] || stopped == SIGPIPE) {
		job->writes = false;
		return CLI_OK;
	}
	why = is_part ? why_not_written(job) : NULL;
	if (why) {
		job->writes = false;
		return cli_error("%s: not written: %s", job->out.name, why);
	}
	if (ps_capture_finish(&job->out)) {
		job->writes = false;
		return stopped == SIGPIPE ? CLI_TROUBLE : cli_error("%s", job->out.error);
	}
	if (is_part)
		cli_error("%s has the %llu packet%s until then that %s not dropped", job->out.name,
			  count, count == 1 ? "" : "s", count == 1 ? "was" : "were");
	return CLI_OK;
}

static int finish(struct job *job, int status)
{
	int captured, told;

	status = tell_stop(job, status);
	captured = finish_capture(job, status);
	told = finish_verdicts(job);
	return status ? status : captured ? captured : told;
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat about_a, about_b;

	return !strcmp(a, b) ||
	       (!stat(a, &about_a) && !stat(b, &about_b) && S_ISREG(about_a.st_mode) &&
		about_a.st_dev == about_b.st_dev && about_a.st_ino == about_b.st_ino);
}

/* Refuses to write over the script or the capture. -w may name the capture, which is replaced when it has been read. */
static int check_files(const struct cli_call *call)
{
	const char *script = call->operands[0], *capture = call->operands[1];
	const char *written = call->values[OPT_WRITE], *verdicts = call->values[OPT_VERDICTS];

	if (written && is_same_file(written, script))
		return cli_error("-w %s: that is the script", written);
	if (!verdicts || !strcmp(verdicts, "-"))
		return CLI_OK;
	if (is_same_file(verdicts, script) || is_same_file(verdicts, capture) ||
	    (written && is_same_file(verdicts, written)))
		return cli_error("--verdicts %s: that is the script or a capture", verdicts);
	return CLI_OK;
}

static int open_verdicts(struct job *job, const char *path)
{
	const bool is_standard = path && !strcmp(path, "-");

	if (!path)
		return CLI_OK;
	if (is_standard && job->out.file == stdout)
		return cli_error("--verdicts -: packets go to standard output; give a file for one of them");
	job->verdicts_name = is_standard ? "standard output" : path;
	job->verdicts = is_standard ? stdout : fopen(path, "w");
	if (!job->verdicts)
		return cli_error("%s: cannot be written: %s", path, strerror(errno));
	if (job->in.is_live)
		setvbuf(job->verdicts, NULL, _IOLBF, BUFSIZ);
	return CLI_OK;
}

static int start(struct job *job, const struct cli_call *call)
{
	const char *const *values = call->values;
	int status;

	if (!cli_number(call, OPT_COUNT, 1, UINT32_MAX, 0, &job->limit))
		return CLI_TROUBLE;
	job->verbose = values[OPT_VERBOSE];
	job->json = values[OPT_JSON];
	job->quiet = values[OPT_QUIET];
	job->offload = values[OPT_OFFLOAD];
	job->writes = values[OPT_WRITE];

	status = check_files(call);
	ps_clock_start();
	if (!status && !ps_handle_sets(call))
		status = CLI_TROUBLE;
	if (!status)
		status = ps_handle_load(&job->state, call, &rule_options);
	if (status)
		return status;
	ps_outbox_deliver(&job->state.outbox, ps_sent_keep, &job->sent);
	if (ps_capture_open(&job->in, call->operands[1]))
		return cli_error("%s", job->in.error);
	if (job->writes && ps_capture_create(&job->out, values[OPT_WRITE], &job->in))
		return cli_error("%s", job->out.error);
	status = open_verdicts(job, values[OPT_VERDICTS]);
	if (status)
		return status;
	job->report = job->out.file == stdout || job->verdicts == stdout ? stderr : stdout;
	if (job->in.is_live)
		setvbuf(job->report, NULL, _IOLBF, BUFSIZ);
	job->bar = isatty(STDERR_FILENO) && job->in.size >= PROGRESS_SIZE &&
		   !(job->verbose && isatty(fileno(job->report)));
	return CLI_OK;
}

static void clean(struct job *job)
{
	ps_capture_discard(&job->out);
	ps_capture_close(&job->in);
	ps_state_clean(&job->state);
	ps_sent_clean(&job->sent);
	free(job->bytes);
}

/* Nobody reads the output any more: ends by SIGPIPE, without a message, as other filters do. */
static void die_of_pipe(void)
{
	fflush(stdout);
	if (stopped != SIGPIPE)
		return;
	signal(SIGPIPE, SIG_DFL);
	raise(SIGPIPE);
}

static int run(const struct cli_call *call)
{
	struct job job = { .report = stdout };
	int status, closed;

	stop_on(SIGALRM, true);
	stop_on(SIGINT, true);
	stop_on(SIGTERM, true);
	stop_on(SIGHUP, false);
	stop_on(SIGPIPE, false);
	signal(SIGXFSZ, SIG_IGN);	/* writing beyond the limit of a file's size fails instead */
	if (!ps_handle_limits(call, OPT_PACKET_MS))
		return CLI_TROUBLE;
	if (ps_user_watch_start())
		return cli_error("no timer: %s", strerror(errno));
	status = start(&job, call);
	if (!status) {
		status = run_packets(&job);
		hide_progress(&job);
		closed = ps_handle_close(&job.state, call);
		status = finish(&job, status);
		if (!status)
			status = closed;
		if (!job.quiet && stopped != SIGPIPE)
			print_summary(&job);
		if (!status && (job.state.verdicts[PS_VERDICT_ERROR] || job.state.late_errors))
			status = CLI_FOUND;
	}
	clean(&job);
	die_of_pipe();
	return status;
}

const struct cli_command cli_run = {
	.name = "run",
	.operands = "SCRIPT CAPTURE",
	.min = 2, .max = 2,
	.summary = "runs a handler on the packets of a capture",
	.about =
"Runs the script's handler on every packet of a pcap or pcapng file, which may be compressed by gzip or zstd;\n"
"- is standard input. Says how many packets got which verdict, where the handler failed and how many packets\n"
"it changed. No root is needed.\n"
"\n"
"Link types: Ethernet; raw IP, Linux cooked, loopback, NFLOG, PPP, 802.11, Frame Relay, Cisco HDLC and SLIP, where\n"
"packets have no link-layer header, as in the chains OUTPUT and POSTROUTING. Frames that carry anything but IP\n"
"there, and those of other link types, pass without asking the handler, and are counted.\n"
"\n"
"With -w the packets that pass are written, with times and link type as they were, in the format of the\n"
"capture, or in that which the name's end says: .pcap, .pcapng. The file appears, or replaces the one that was\n"
"there, which may be the capture itself, only when all of it is written; if a signal ends the run, there is\n"
"none. Of a capture that is cut off or malformed, and of standard input when a signal comes, it has the packets\n"
"until then, and that is said.\n"
"\n"
"In the kernel, packets that the machine itself sends have no checksum of TCP or UDP yet: a network device\n"
"completes it. --offload pretends that: a script that reads such a checksum, or writes its bytes, sees what it\n"
"will see there.\n"
"\n"
"Time, as scripts see it by nf.get_time(), goes on by what lies between the time stamps of packets.\n"
"\n"
"What the script sends by nf.send() is written behind the packet for which it does, with its time; what timers and\n"
"deferred work send, with the time at which they do. What is pending at the end is done.\n"
"\n"
"STOLEN packets are not written, QUEUE counts as passing. Limits of time, memory and stack are the kernel's;\n"
"time is what the processor spends.",
	.examples =
"  packetscript run dnat.lua in.pcap -w out.pcap -v\n"
"  tcpdump -U -w - | packetscript run dnat.lua - -w - | tcpdump -n -r -\n",
	.options = options,
	.run = run,
};
