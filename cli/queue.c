/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript queue: a handler on live packets, which a rule hands over (NFQUEUE). */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <linux/capability.h>
#include <linux/netfilter.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli.h"
#include "handle.h"
#include "host_user.h"
#include "iptables.h"
#include "nfqueue.h"
#include "rawout.h"
#include "result.h"
#include "state.h"

#define LENGTH		8192	/* packets that may wait in the queue, unless an option says */
#define LENGTH_MAX	1000000
#define DRAIN_ROUNDS	1000	/* batches that are handled at most when the rule is gone */

enum { OPT_QUEUE, OPT_FUNCTION, OPT_INSTALL, OPT_YES, OPT_FAIL_OPEN, OPT_LENGTH, OPT_SEGMENTS,
       OPT_IPV6, OPT_COUNT, OPT_VERBOSE, OPT_ON_ERROR, OPT_OBJECT, OPT_STATE, OPT_MEMORY,
       OPT_PACKET_MS, OPT_LOAD_MS, OPT_SET, OPT_JSON };

static const struct cli_option options[] = {
	{ "queue", 'q', "NUM", "the number of the queue (default: 0)" },
	{ "function", 'f', "NAME", "the handler (default: " PS_STATE_FUNCTION ")" },
	{ "install", 0, "RULE", "print the iptables command for RULE, as \"-t mangle -A POSTROUTING\"" },
	{ "yes", 0, NULL, "with --install: run it, and take the rule away at the end" },
	{ "fail-open", 0, NULL, "packets pass when the queue is full; by --install also when nobody listens" },
	{ "queue-length", 0, "COUNT", "how many packets may wait (default: 8192)" },
	{ "segments", 0, NULL, "let the kernel cut large packets (GSO) before they come" },
	{ "ipv6", '6', NULL, "with --install: ip6tables" },
	{ "count", 'n', "COUNT", "stop after so many packets" },
	{ "verbose", 'v', NULL, "a line for each packet: its verdict, and fields before → after" },
	{ "on-error", 0, "VERDICT", "drop, accept or continue when the handler fails (default: drop)",
	  CLI_ON_ERROR },
	{ "object", 0, "OBJECT", "what the handler gets: raw, eth, arp, ip or ip6 (default: raw)", CLI_OBJECTS },
	{ "state", 0, "N", "the number of the state, STATE_ID (default: 0)" },
	{ "memory", 0, "SIZE", "what the state may hold, 128K to 64M (default: 1M)" },
	CLI_LIMITS,
	CLI_SETS,
	{ "json", 0, NULL, "results as JSON; with -v one object for each packet before them" },
	{ NULL },
};

static const struct ps_handle_options rule_options = {
	OPT_FUNCTION, OPT_STATE, OPT_MEMORY, OPT_ON_ERROR, OPT_OBJECT, -1,
};

struct job {
	const struct cli_call *call;
	struct ps_state states[2], *state;	/* the one that is live; another is there while the script is loaded anew */
	struct ps_nfqueue queue;
	struct ps_nfqueue_config config;
	struct ps_iptables rule;
	struct ps_rawout out;	/* for what the script sends */
	bool verbose, json;
	bool told_untracked;
	bool of_terminal;	/* it ends with the terminal from which it was started */
	uint32_t limit;		/* packets; 0: none */
	uint64_t changed;
	int errors_told;
	struct ps_timing timing;
};

static bool has_terminal(void)
{
	int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static volatile sig_atomic_t stopped, asked, hung_up;

static void on_signal(int signal)
{
	if (signal == SIGUSR1)
		asked = 1;
	else if (signal == SIGHUP)
		hung_up = 1;
	else
		stopped = 1;
}

/* Handles signals; each ends a wait for packets. */
static void listen_to(const int *signals, size_t n)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_signal;
	while (n--)
		sigaction(signals[n], &action, NULL);
}

/*
 * Packets.
 */

/* As in kernel/front/xt_target.c, but a rule with NFQUEUE ends its table: there are no rules to continue with. */
static uint32_t kernel_verdict(enum ps_verdict verdict, uint16_t queue)
{
	switch (verdict) {
	case PS_VERDICT_ACCEPT:
	case PS_VERDICT_CONTINUE:
	case PS_VERDICT_RETURN:
		return NF_ACCEPT;
	case PS_VERDICT_QUEUE:
		return NF_QUEUE_NR(queue);
	case PS_VERDICT_DROP:
	case PS_VERDICT_STOLEN:
	case PS_VERDICT_TX:
	case PS_VERDICT_REDIRECT:
	case PS_VERDICT_REPEAT:
	case PS_VERDICT_ERROR:
		break;
	}
	return NF_DROP;
}

/* Tells each error once, when it comes for the first time: the summary may be hours away. */
static void tell_error(struct job *job)
{
	if (job->errors_told == job->state->nerrors)
		return;
	job->errors_told = job->state->nerrors;
	fputs("packetscript: ", stderr);
	ps_user_print(stderr, job->state->script.error);
	fprintf(stderr, " (--on-error %s)\n", ps_on_error_name(job->state->on_error));
}

static void print_packet(struct job *job, struct ps_nfqueue_packet *p, enum ps_verdict verdict,
			 uint16_t queue)
{
	struct ps_packet before;
	const struct ps_handled handled = { job->state->packets, &before, &p->pkt, verdict, queue };

	ps_nfqueue_before(p, &before);
	ps_handled_print(stdout, job->json, job->state, &handled);
}

static uint32_t handle(void *context, struct ps_nfqueue_packet *p)
{
	struct job *job = context;
	enum ps_verdict verdict;
	uint16_t queue = 0;

	verdict = ps_handle_timed(&job->timing, job->state, &p->pkt, &queue);
	if (verdict == PS_VERDICT_QUEUE && queue == job->config.number)
		verdict = ps_state_refuse(job->state, verdict,
					  "NF_QUEUE %u: that is where the packet comes from", queue);
	if (verdict == PS_VERDICT_ERROR)
		tell_error(job);
	job->changed += p->is_written && !ps_nfqueue_sees_again(p);
	if (job->verbose)
		print_packet(job, p, verdict, queue);
	return kernel_verdict(ps_state_decide(job->state, verdict), queue);
}

/*
 * Statistics.
 */
static void print_json(struct job *job, bool known, uint64_t full, uint64_t overrun)
{
	json_t *result = ps_result_json(job->state);
	json_t *drops = known ? json_pack("{s:I, s:I}", "queue_full", (json_int_t)full,
					  "socket_full", (json_int_t)overrun) : json_null();

	json_object_set_new(result, "changed", json_integer(job->changed));
	json_object_set_new(result, "dropped_by_kernel", drops);
	json_object_set_new(result, "sent", json_integer(job->state->outbox.count));
	json_object_set_new(result, "late", json_integer(job->queue.late));
	json_object_set_new(result, "seen_again", json_integer(job->queue.again));
	json_object_set_new(result, "nanoseconds_per_packet",
			    json_integer(ps_timing_each(&job->timing)));
	ps_result_line(stdout, result);
}

static void print_count(uint64_t count, const char *what)
{
	if (count)
		printf(", %llu %s", (unsigned long long)count, what);
}

static void print_statistics(struct job *job)
{
	uint64_t full = 0, overrun = 0;
	bool known = ps_nfqueue_drops(&job->queue, &full, &overrun);

	if (job->json) {
		print_json(job, known, full, overrun);
	} else {
		ps_result_print(stdout, job->state);
		printf("%llu changed", (unsigned long long)job->changed);
		print_count(job->state->outbox.count, "sent");
		print_count(full, "dropped by the kernel: queue full");
		print_count(overrun, "dropped by the kernel: socket full");
		print_count(job->queue.late, "verdicts too late");
		print_count(job->queue.again, "seen again in segments");
		printf("; %llu ns a packet in the handler\n",
		       (unsigned long long)ps_timing_each(&job->timing));
	}
	fflush(stdout);
}

/*
 * The command.
 */
#define TURN	10000000	/* nanoseconds after which packets have theirs */

/* All that is due by now; what that makes due later than now waits until packets have been looked at. */
static void run_due(struct ps_state *state)
{
	uint64_t now = ps_host_time();

	while (ps_state_next(state) <= now && ps_host_time() - now < TURN)
		ps_state_run_due(state, now);
}

/* Microseconds until something is due: so long it may wait for packets, but no longer than a second. */
static unsigned int wait_for(struct ps_state *state)
{
	uint64_t now = ps_host_time(), next = ps_state_next(state);

	if (next <= now)
		return 1;
	return (next - now) / 1000 >= PS_NFQUEUE_WAIT ? PS_NFQUEUE_WAIT : (next - now) / 1000 + 1;
}

/*
 * Between two packets: another load of the script takes the place of this one, or all stays as it is. Returns enum cli_exit, after a
 * message: the queue is lost.
 */
static int reload(struct job *job)
{
	struct ps_state *next = &job->states[job->state == job->states];

	if (ps_handle_reload(next, job->state, job->call, &rule_options)) {
		fputs("packetscript: what was loaded before goes on\n", stderr);
		return CLI_OK;
	}
	job->state = next;
	fprintf(stderr, "packetscript: %s: loaded anew\n", job->call->operands[0]);
	if (next->tracks == job->queue.config.tracks || job->told_untracked)
		return CLI_OK;
	return ps_nfqueue_track(&job->queue, next->tracks) ? cli_error("%s", job->queue.error) : CLI_OK;
}

/* Once. */
static void tell_untracked(struct job *job)
{
	if (job->told_untracked || !job->state->tracks || job->queue.config.tracks)
		return;
	job->told_untracked = true;
	fputs("packetscript: p:ct() is nil: this kernel does not tell connections of packets in queues\n", stderr);
}

static int listen_loop(struct job *job)
{
	uint32_t max = UINT32_MAX;

	while (!stopped) {
		tell_untracked(job);
		run_due(job->state);
		if (job->limit)
			max = job->limit - job->state->packets;
		if (!max)
			break;
		if (ps_nfqueue_work(&job->queue, max, wait_for(job->state), handle, job) < 0)
			return cli_error("%s", job->queue.error);
		if (job->verbose)
			fflush(stdout);
		if (asked) {
			asked = 0;
			print_statistics(job);
		}
		if (hung_up) {
			hung_up = 0;
			if (job->of_terminal && !has_terminal())	/* nobody is there to end this */
				break;
			if (reload(job))
				return CLI_TROUBLE;
		}
		if (ferror(stdout))	/* nobody reads the output any more */
			break;
	}
	return CLI_OK;
}

/* Handles the packets that were queued before the rule was removed: the kernel would drop them. */
static void drain(struct job *job)
{
	int i;

	for (i = 0; i < DRAIN_ROUNDS; i++) {
		if (ps_nfqueue_work(&job->queue, UINT32_MAX, 0, handle, job) <= 0)
			break;
	}
}

static int configure(struct job *job, const struct cli_call *call)
{
	const char *const *values = call->values;
	uint32_t number;

	if (!cli_number(call, OPT_QUEUE, 0, UINT16_MAX, 0, &number) ||
	    !cli_number(call, OPT_LENGTH, 1, LENGTH_MAX, LENGTH, &job->config.length) ||
	    !cli_number(call, OPT_COUNT, 1, UINT32_MAX, 0, &job->limit))
		return CLI_TROUBLE;
	job->config.number = number;
	job->config.fail_open = values[OPT_FAIL_OPEN];
	job->config.segments = values[OPT_SEGMENTS];
	job->config.keeps = values[OPT_VERBOSE];
	job->verbose = values[OPT_VERBOSE];
	job->json = values[OPT_JSON];
	if (!values[OPT_INSTALL]) {
		if (values[OPT_YES] || values[OPT_IPV6])
			return cli_error("--%s goes with --install",
					 values[OPT_YES] ? "yes" : "ipv6");
		return CLI_OK;
	}
	if (ps_iptables_init(&job->rule, values[OPT_INSTALL], values[OPT_IPV6], number,
			     job->config.fail_open))
		return cli_error("%s", job->rule.error);
	return CLI_OK;
}

/* Keeps only the rights that the queue needs, should a packet or a script ever get at this process. */
static int drop_rights(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct rights[2] = { { 0 } };

	rights[0].effective = rights[0].permitted = 1u << CAP_NET_ADMIN;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_capset, &header, rights))
		return cli_error("rights cannot be given up: %s", strerror(errno));
	return CLI_OK;
}

/* Tells what the command waits for. */
static void tell_queue(const struct job *job, bool install)
{
	fprintf(stderr, "packetscript: listens on queue %u", job->config.number);
	if (install) {
		fputs(", for which there is now: ", stderr);
		ps_iptables_print(stderr, &job->rule);
	} else {
		fputs("; packets come by rules with -j NFQUEUE", stderr);
		if (job->config.number)
			fprintf(stderr, " --queue-num %u", job->config.number);
		fputc('\n', stderr);
	}
}

/* The rule is added when the queue is listened to, and what has been queued is handled when the rule is removed. */
static int listen_to_queue(struct job *job, bool install)
{
	int status;

	job->config.tracks = job->state->tracks;
	if (ps_nfqueue_open(&job->queue, &job->config))
		return cli_error("%s", job->queue.error);
	ps_rawout_open(&job->out);
	ps_outbox_deliver(&job->state->outbox, ps_rawout_deliver, &job->out);
	if (install && ps_iptables_add(&job->rule))
		return cli_error("%s", job->rule.error);
	status = drop_rights();
	if (!status) {
		tell_queue(job, install);
		status = listen_loop(job);
	}
	if (install) {
		if (ps_iptables_remove(&job->rule))
			status = cli_error("%s", job->rule.error);
		drain(job);
	}
	print_statistics(job);
	if (!status && (job->state->verdicts[PS_VERDICT_ERROR] || job->state->late_errors))
		status = CLI_FOUND;
	return status;
}

static int run(const struct cli_call *call)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1 };
	struct job job = { .call = call, .state = job.states, .out = { -1, -1, -1 } };
	int status, closed;

	signal(SIGPIPE, SIG_IGN);
	job.of_terminal = signal(SIGHUP, SIG_IGN) != SIG_IGN && has_terminal();	/* with nohup it does not */
	listen_to(signals, sizeof(signals) / sizeof(*signals));
	status = configure(&job, call);
	if (!status && call->values[OPT_INSTALL] && !call->values[OPT_YES]) {
		ps_iptables_print(stdout, &job.rule);
		ps_iptables_clean(&job.rule);
		return CLI_OK;
	}
	if (!status && (!ps_handle_limits(call, OPT_PACKET_MS) || !ps_handle_sets(call)))
		status = CLI_TROUBLE;
	if (!status && ps_user_watch_start())
		status = cli_error("no timer: %s", strerror(errno));
	if (!status)
		status = ps_handle_load(job.state, call, &rule_options);
	if (!status) {
		status = listen_to_queue(&job, call->values[OPT_INSTALL]);
		closed = ps_handle_close(job.state, call);
		if (!status)
			status = closed;
	}
	ps_iptables_clean(&job.rule);
	ps_nfqueue_close(&job.queue);
	ps_rawout_close(&job.out);
	ps_state_clean(job.state);
	return status;
}

const struct cli_command cli_queue = {
	.name = "queue",
	.operands = "SCRIPT",
	.min = 1, .max = 1,
	.summary = "runs a handler on live packets, without a module",
	.about =
"Runs the script's handler on the packets that a rule hands over (NFQUEUE), on kernels that take no\n"
"modules. It needs root, or CAP_NET_ADMIN, and a rule such as\n"
"\n"
"  iptables -t mangle -A POSTROUTING -p udp -j NFQUEUE --queue-num 0\n"
"\n"
"which --install prints, and with --yes adds for as long as the command runs.\n"
"\n"
"At the end, and after SIGUSR1, it says how many packets got which verdict, where the handler failed, how\n"
"many packets it has written to, and how many the kernel dropped because the queue was full.\n"
"\n"
"SIGHUP has the script loaded anew, as packetscript reload does in the kernel, and the files of sets (--set): if that fails, what was\n"
"there goes on. If it comes\n"
"because the terminal was closed, the command ends.\n"
"\n"
"Unlike in the kernel, a rule with NFQUEUE ends its table: XT_CONTINUE and XT_RETURN let the packet pass\n"
"without asking the rules after it. NF_STOLEN drops it. NF_QUEUE with the command's own queue is an error.\n"
"What the script sends leaves through raw sockets, and passes the chain OUTPUT as what other programs send: if the rule\n"
"is there, let it pass over these, by a mark that nf.send{ mark = 7 } gives. \n"
"p:ct() has what the kernel tells of the packet's connection, and is nil where it tells nothing.\n"
"There is no link-layer header, in no chain. Limits of time, memory and stack are the kernel's; time is\n"
"what the processor spends.",
	.examples =
"  packetscript queue dnat.lua -v --yes --install '-t mangle -A POSTROUTING -d 8.8.8.8'\n"
"  packetscript queue filter.lua -q 5 --fail-open --on-error accept\n",
	.options = options,
	.run = run,
};
