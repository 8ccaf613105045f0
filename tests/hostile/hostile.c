/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Runs hostile scripts, and measures the processor time of the worst packet: from the call of its handler
 * to the verdict, with all that follows (closes, error handlers, coroutines, collection, __tostring).
 *
 *   hostile [--limit MS] [--packets N] [--memory SIZE] SCRIPT…
 *
 * A script has a function process_packet; what it is called with is one UDP packet of 1,400 bytes. Its
 * main chunk is measured as well, against the limit of loading. The limit of 60 ms is for states of the
 * usual size: what cannot be interrupted takes its time by the bytes there are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host_user.h"
#include "packets.h"
#include "state.h"

static double cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

#define ROOM	(14 + PS_PACKET_MAX)	/* that a packet may grow to */

struct result {
	double load, worst, close;	/* ms of processor time */
	bool ran;
	const char *ended;		/* how the worst packet did */
	char error[PS_SCRIPT_ERROR_SIZE + 600];
};

static void run_packets(struct ps_state *s, unsigned int packets, struct result *r)
{
	static const struct shape udp = { .protocol = 17, .payload = 1400, .ethernet = true };

	while (packets--) {
		enum ps_verdict verdict;
		struct ps_packet pkt;
		struct ps_buffer buffer;
		struct layout at;
		uint8_t *bytes = realloc(make_packet(&udp, &pkt, &at), ROOM);
		double start = cpu_ms(), ms;
		uint16_t queue;

		ps_buffer_init_room(&buffer, bytes, pkt.len, ROOM, pkt.network, pkt.protocol);
		verdict = ps_state_run(s, &buffer.pkt, &queue);
		ms = cpu_ms() - start;
		free(bytes);
		if (ms < r->worst)
			continue;
		r->worst = ms;
		r->ended = ps_verdicts[verdict].name;
		snprintf(r->error, sizeof(r->error), "%s",
			 verdict == PS_VERDICT_ERROR ? s->script.error : "");
	}
}

static void run(const char *path, size_t memory, unsigned int packets, struct result *r)
{
	const struct ps_state_rule rule = { .path = path, .memory = memory };
	static struct ps_state s;
	double start = cpu_ms();

	memset(r, 0, sizeof(*r));
	r->ended = "not loaded";
	if (!ps_state_init(&s, &rule, r->error, sizeof(r->error))) {
		r->load = cpu_ms() - start;
		r->ran = true;
		run_packets(&s, packets, r);
	} else {
		r->load = cpu_ms() - start;
	}
	/* what was shared goes when nobody reads any more: in the kernel in process context, where packets do not wait for it */
	ps_host_read_begin();
	start = cpu_ms();
	ps_state_clean(&s);
	r->close = cpu_ms() - start;
	ps_host_read_end();
}

/* What print says is of no interest, and may be much. */
static void log_nothing(const char *level, const char *line)
{
	(void)level;
	(void)line;
}

static bool is_within(const struct result *r, double limit)
{
	return r->ran && r->worst <= limit && r->load <= limit + ps_limits.load_ms && r->close <= limit;
}

int main(int argc, char **argv)
{
	double limit = 60, worst = 0;
	unsigned int packets = 6, passed = 0, failed = 0, tries;
	size_t memory = PS_SCRIPT_MEMORY;
	int i = 1;

	for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
		if (!strcmp(argv[i], "--limit"))
			limit = atof(argv[i + 1]);
		else if (!strcmp(argv[i], "--packets"))
			packets = atoi(argv[i + 1]);
		else if (strcmp(argv[i], "--memory") || !ps_script_memory(argv[i + 1], &memory))
			break;
	}
	if (i == argc || argv[i][0] == '-' || ps_user_watch_start()) {
		fprintf(stderr, "usage: hostile [--limit MS] [--packets N] [--memory SIZE] SCRIPT...\n");
		return 2;
	}
	ps_user_log = log_nothing;
	for (; i < argc; i++) {
		bool ok;
		struct result r;
		const char *name = strrchr(argv[i], '/') ? strrchr(argv[i], '/') + 1 : argv[i];

		/*
		 * A machine that is busy elsewhere makes packets dear for a second or two: what is slow itself is
		 * so again after 1, 2, 4 and 8 s of rest.
		 */
		for (tries = 0, ok = false; !ok && tries < 5; tries++) {
			sleep(tries ? 1 << (tries - 1) : 0);
			run(argv[i], memory, packets, &r);
			ok = is_within(&r, limit);
		}
		ok ? passed++ : failed++;
		worst = r.worst > worst ? r.worst : worst;
		printf("%s - %s: %.2f ms a packet, %.2f to load, %.2f to close; %s %s\n", ok ? "ok" : "not ok", name,
		       r.worst, r.load, r.close, r.ended, r.error);
	}
	printf("# the worst packet took %.1f ms of processor time, of %.0f\n", worst, limit);
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}
