/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript trace: what scripts in the kernel make of packets, as they come. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "control.h"
#include "dissect.h"
#include "filter.h"
#include "handle.h"
#include "hooks.h"
#include "host_user.h"
#include "link.h"
#include "pcapng.h"
#include "result.h"
#include "states.h"

enum { OPT_COUNT, OPT_WRITE, OPT_NETNS, OPT_JSON };

static const struct cli_option options[] = {
	{ "count", 'n', "N", "ends after so many packets (default: when it is interrupted)" },
	{ "write", 'w', "FILE", "writes the packets to FILE, pcapng, with the verdict as a comment; \"-\": standard output" },
	{ "netns", 0, "NAME", CLI_NETNS_HELP },
	{ "json", 0, NULL, "an object on a line for each packet" },
	{ NULL },
};

struct tracing {
	const struct cli_call *call;
	struct ps_trace_wanted wanted;
	char script[PATH_MAX];
	struct ps_filter filter;
	FILE *to;		/* a capture; or NULL */
	int frames, packets;	/* its interfaces: of packets with a header of Ethernet, and without; 0: there is none yet, 1 the first one */
	uint64_t last;		/* number of the last packet that came */
	uint64_t count, lost;
	bool has_lost;		/* some; how many is not known, where there is a filter */
	uint32_t max;
};

static volatile sig_atomic_t is_interrupted;

static void interrupt(int signal)
{
	(void)signal;
	is_interrupted = 1;
	alarm(1);	/* it may come just before the process waits for a packet: this one finds it waiting */
}

/*
 * What comes.
 */

/* Nothing writes to it. */
static void packet_of(struct ps_packet *pkt, const struct ps_traced_packet *traced, const uint8_t *bytes, uint32_t len)
{
	ps_buffer_init(pkt, (void *)bytes, len, traced->link, traced->protocol);
}

static const char *family_of(const struct ps_traced_packet *traced)
{
	const struct ps_hook_family *family = ps_hook_family_find(traced->family);

	return family ? family->name : "unknown";
}

/* "NF_DROP", "match"; "NF_QUEUE 5". */
static const char *verdict_of(const struct ps_traced_packet *traced, char *text, size_t size)
{
	if (!traced->has_queue)
		return traced->verdict;
	snprintf(text, size, "%s %u", traced->verdict, traced->queue);
	return text;
}

static void print(const struct ps_traced_packet *traced, const char *at, struct ps_packet *before, struct ps_packet *after)
{
	char line[512], verdict[32];

	ps_packet_line(before, line, sizeof(line));
	printf("%s  state %u  %s %s%s%s%s%s%s%s  %s  %s", at, traced->state, family_of(traced), traced->table, traced->table[0] ? " " : "",
	       traced->hook, traced->dev_in[0] ? " in " : "", traced->dev_in, traced->dev_out[0] ? " out " : "", traced->dev_out, line,
	       verdict_of(traced, verdict, sizeof(verdict)));
	ps_changes_print(stdout, before, after);
	printf("  ");
	ps_user_print(stdout, traced->error[0] ? traced->error : traced->place[0] ? traced->place : traced->script);
	printf("  %llu.%llu us\n", (unsigned long long)traced->took / 1000, (unsigned long long)traced->took / 100 % 10);
}

static json_t *text_or_null(const char *text)
{
	return text[0] ? ps_result_text(text) : json_null();
}

static void print_json(const struct ps_traced_packet *traced, const char *at, uint64_t lost, struct ps_packet *before,
		       struct ps_packet *after)
{
	char line[512], verdict[32];

	ps_packet_line(before, line, sizeof(line));
	ps_result_line(stdout, json_pack("{s:s, s:I, s:o, s:o, s:s, s:o, s:s, s:o, s:o, s:s, s:I, s:s, s:o, s:o, s:o, s:I, s:I}",
					 "time", at, "state", (json_int_t)traced->state, "script", ps_result_text(traced->script),
					 "function", ps_result_text(traced->function), "family", family_of(traced),
					 "table", text_or_null(traced->table), "hook", traced->hook, "in", text_or_null(traced->dev_in),
					 "out", text_or_null(traced->dev_out), "packet", line, "length", (json_int_t)traced->before_length,
					 "verdict", verdict_of(traced, verdict, sizeof(verdict)), "changes", ps_changes_json(before, after),
					 "place", text_or_null(traced->place), "error", text_or_null(traced->error),
					 "nanoseconds", (json_int_t)traced->took, "lost", (json_int_t)lost));
}

/* The number of the capture's interface that has such packets. Programs that know one link layer in a file can read it if there is one. */
static uint32_t interface_of(struct tracing *tracing, bool is_frame)
{
	const struct ps_interface interface = {
		.link = is_frame ? PS_LINK_ETHERNET : PS_LINK_RAW, .snap = PACKETSCRIPT_TRACE_BYTES, .units = 1000000000,
	};
	int *number = is_frame ? &tracing->frames : &tracing->packets;

	if (!*number) {
		*number = 1 + (tracing->frames || tracing->packets);
		ps_pcapng_put_interface(tracing->to, &interface);
	}
	return *number - 1;
}

static void write_one(struct tracing *tracing, const struct ps_traced_packet *traced, const uint8_t *bytes, uint32_t captured,
		      uint32_t length, const char *comment)
{
	const struct ps_record record = { .captured = captured, .length = length, .time = traced->time };

	ps_pcapng_put_commented(tracing->to, &record, interface_of(tracing, traced->link), bytes, captured, comment);
}

/* The packet as it came; and once more as it was left, if that is another. */
static bool write_packet(struct tracing *tracing, const struct ps_traced_packet *traced)
{
	const bool is_changed = traced->after != traced->before;
	char comment[1024], verdict[32];

	snprintf(comment, sizeof(comment), "state %u, %s %s %s, %s: %s%s%s%s%s", traced->state, family_of(traced), traced->table, traced->hook,
		 traced->function, verdict_of(traced, verdict, sizeof(verdict)), traced->place[0] ? " at " : "", traced->place,
		 traced->error[0] ? ": " : "", traced->error);
	write_one(tracing, traced, traced->before, traced->before_captured, traced->before_length, comment);
	if (is_changed)
		write_one(tracing, traced, traced->after, traced->after_captured, traced->after_length, "as it was left");
	return !fflush(tracing->to);
}

/* How many were lost before this one, since the first one that came. */
static uint64_t lost_before(struct tracing *tracing, const struct ps_traced_packet *traced)
{
	const uint64_t lost = tracing->last && traced->number > tracing->last ? traced->number - tracing->last - 1 : 0;

	tracing->last = traced->number;
	/* the kernel left those out that the filter is not about */
	return tracing->wanted.filter ? 0 : lost;
}

static bool tell(void *context, const struct ps_traced_packet *traced)
{
	struct tracing *tracing = context;
	const uint64_t lost = lost_before(tracing, traced);
	struct ps_packet before, after;
	bool is_written = true;
	char at[64];

	tracing->lost += lost;
	tracing->count++;
	packet_of(&before, traced, traced->before, traced->before_captured);
	packet_of(&after, traced, traced->after, traced->after_captured);
	ps_result_time(at, sizeof(at), traced->time);
	if (tracing->to)
		is_written = write_packet(tracing, traced);
	if (tracing->call->values[OPT_JSON])
		print_json(traced, at, lost, &before, &after);
	else if (tracing->to != stdout)
		print(traced, at, &before, &after);
	return is_written && !fflush(stdout) && !is_interrupted && tracing->count != tracing->max;
}

/*
 * What is asked for: a state or a script, and a filter, which may be of several words.
 */
static bool is_number(const char *text)
{
	return text[0] && strspn(text, "0123456789") == strlen(text);
}

static bool is_script(const char *text)
{
	const size_t len = strlen(text);

	return strchr(text, '/') || (len > 4 && !strcmp(text + len - 4, ".lua"));
}

static bool read_state(struct tracing *tracing, const char *text)
{
	unsigned long long value;

	errno = 0;
	value = strtoull(text, NULL, 10);
	if (errno || value > UINT32_MAX) {
		cli_error("%s: states have numbers from 0 to %u", text, UINT32_MAX);
		return false;
	}
	tracing->wanted.has_state = true;
	tracing->wanted.state = value;
	return true;
}

static bool read_script(struct tracing *tracing, const char *path)
{
	if (!realpath(path, tracing->script)) {
		cli_error("%s: %s", path, strerror(errno));
		return false;
	}
	tracing->wanted.script = tracing->script;
	return true;
}

static bool read_filter(struct tracing *tracing, const char *const *words, int n)
{
	char text[4096] = "", error[PCAP_ERRBUF_SIZE];
	size_t used = 0;
	int i;

	for (i = 0; i < n && used < sizeof(text); i++)
		used += snprintf(text + used, sizeof(text) - used, "%s%s", i ? " " : "", words[i]);
	if (used >= sizeof(text)) {
		cli_error("the filter is too long: %zu bytes at most", sizeof(text) - 1);
		return false;
	}
	if (ps_filter_compile(&tracing->filter, text, error, sizeof(error))) {
		cli_error("%s: is no filter: %s; see pcap-filter(7)", text, error);
		return false;
	}
	tracing->wanted.filter = &tracing->filter;
	return true;
}

static bool read_operands(struct tracing *tracing)
{
	const char *const *operands = tracing->call->operands;
	int n = tracing->call->noperands;

	for (; n && (is_number(*operands) || is_script(*operands)); operands++, n--) {
		if (is_number(*operands) ? !read_state(tracing, *operands) : !read_script(tracing, *operands))
			return false;
	}
	return !n || read_filter(tracing, operands, n);
}

static bool open_capture(struct tracing *tracing)
{
	const char *path = tracing->call->values[OPT_WRITE];

	if (!path)
		return true;
	tracing->to = strcmp(path, "-") ? fopen(path, "wb") : stdout;
	if (!tracing->to) {
		cli_error("%s: %s", path, strerror(errno));
		return false;
	}
	ps_pcapng_put_section(tracing->to);
	return true;
}

static int end(struct tracing *tracing, bool is_failed)
{
	int status = is_failed ? CLI_TROUBLE : CLI_OK;

	if (!status) {
		fprintf(stderr, "%llu packet%s traced", (unsigned long long)tracing->count, tracing->count == 1 ? "" : "s");
		if (tracing->lost)
			fprintf(stderr, ", %llu lost", (unsigned long long)tracing->lost);
		else if (tracing->has_lost)
			fprintf(stderr, ", some lost");
		putc('\n', stderr);
	}
	if (tracing->to && (ferror(tracing->to) | (tracing->to != stdout ? fclose(tracing->to) : fflush(stdout))))
		status = cli_error("%s: not all of it could be written", tracing->call->values[OPT_WRITE]);
	ps_filter_clean(&tracing->filter);
	return status;
}

/* An interrupt ends it in good order; the second one ends it at once. */
static void listen_to_signals(void)
{
	const struct sigaction action = { .sa_handler = interrupt, .sa_flags = SA_RESETHAND }, again = { .sa_handler = interrupt };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGALRM, &again, NULL);
}

static int run(const struct cli_call *call)
{
	struct tracing tracing = { .call = call };
	struct ps_control control;
	bool is_failed;

	if (!cli_number(call, OPT_COUNT, 1, UINT32_MAX, 0, &tracing.max) || !read_operands(&tracing))
		return CLI_TROUBLE;
	if (call->values[OPT_JSON] && call->values[OPT_WRITE] && !strcmp(call->values[OPT_WRITE], "-"))
		return cli_error("--json and --write - would both write to standard output");
	if (cli_states_open(&control, call->values[OPT_NETNS], false)) {
		ps_filter_clean(&tracing.filter);
		return CLI_TROUBLE;
	}
	listen_to_signals();
	is_failed = !open_capture(&tracing);
	if (!is_failed && ps_control_trace(&control, &tracing.wanted, tell, &tracing)) {
		is_failed = true;
		cli_error("%s", control.error);
	}
	tracing.has_lost = control.overruns;
	ps_control_close(&control);
	return end(&tracing, is_failed);
}

const struct cli_command cli_trace = {
	.name = "trace",
	.operands = "[STATE] [SCRIPT] [FILTER…]",
	.min = 0, .max = CLI_ANY,
	.summary = "shows what scripts in the kernel make of packets, as they come",
	.about =
"A line for each packet that a function of a rule or hook is called for, from now on: when it came, the state, the table and the hook, the\n"
"devices, the packet, the verdict, which fields were changed, the line of the script that returned the verdict or the error, and how long\n"
"the function took.\n"
"\n"
"STATE is a number: only packets of that state. SCRIPT is a file, whose name has a \"/\" in it or ends in \".lua\": only those that it is\n"
"asked about. FILTER is in the language of tcpdump, pcap-filter(7): only packets that it is about, as they came to the function. Packets of\n"
"iptables and ip6tables have an Ethernet header where they come from a device, and none on their way out.\n"
"\n"
"With --write the packets are written too, each as it came, with its verdict as the comment; and as it was left, if it was changed. No\n"
"more than 2,048 bytes of a packet are told of.\n"
"\n"
"A packet that is traced takes longer, since its function is interpreted all the way: what it takes is shown for comparison with others.\n"
"As long as nobody traces, it costs nothing. It needs root, or CAP_NET_ADMIN.",
	.examples =
"  packetscript trace\n"
"  packetscript trace 3 -n 10 udp port 53\n"
"  packetscript trace dnat.lua -w dnat.pcapng\n"
"  packetscript trace --json 'icmp[icmptype] = icmp-echo' | jq -r .place\n",
	.options = options,
	.run = run,
};
