/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * As hostile.c, in the kernel: measures how long the worst packet takes of scripts that want to do harm, from
 * the call of the target to its verdict, with softirqs off.
 *
 *   in-kernel [--limit MS] [--packets N] SCRIPT…
 *
 * The kernel has no other measure than the clock, and a host that is busy elsewhere makes that go on while the machine
 * stands still. So a script that is over the limit gets more trials, each in a new state and after twice the rest of
 * the one before, since a host is busy for seconds: what is slow itself is slow each time.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ps_feed.h"

#define TRIALS	5	/* with rests of 1, 2, 4 and 8 s between them */
#define PAYLOAD	1400

/* One packet of UDP, whose handler may change it: so it is made anew each time. */
struct frame {
	uint8_t ethernet[14];
	uint8_t ip[20];
	uint8_t udp[8];
	uint8_t payload[PAYLOAD];
};

static void make_frame(struct frame *f)
{
	const uint16_t len = htons(sizeof(*f) - sizeof(f->ethernet)), udp_len = htons(sizeof(f->udp) + PAYLOAD);

	*f = (struct frame){
		.ethernet = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0 },
		.ip = { 0x45, [8] = 64, [9] = 17, [12] = 192, 0, 2, 1, 192, 0, 2, 2 },
		.udp = { 0x30, 0x39, 0x00, 0x35 },
	};
	memcpy(f->ip + 2, &len, sizeof(len));
	memcpy(f->udp + 4, &udp_len, sizeof(udp_len));
	memset(f->payload, 'x', PAYLOAD);
}

/* Sets *worst to the milliseconds of the worst packet in a new state. False, with errno: not loaded, or not run. */
static bool run(int device, const char *path, unsigned int packets, double *worst)
{
	struct xt_lua_info rule = { .function = XT_LUA_FUNCTION_DEFAULT };

	*worst = 0;
	if (!realpath(path, rule.script) || ioctl(device, FEED_RULE, &rule))
		return false;
	while (packets--) {
		struct frame f;
		struct feed_packet p = {
			.bytes = (uintptr_t)&f, .len = sizeof(f), .room = sizeof(f), .linear = UINT32_MAX,
			.network = sizeof(f.ethernet), .protocol = 0x0800,
		};

		make_frame(&f);
		if (ioctl(device, FEED_PACKET, &p))
			return false;
		*worst = p.ns / 1e6 > *worst ? p.ns / 1e6 : *worst;
	}
	return true;
}

/* Returns the milliseconds of the worst packet in the best trial, or -1 if the script did not run. */
static double measure(int device, const char *path, unsigned int packets, double limit)
{
	double best = -1, worst;
	int i;

	for (i = 0; i < TRIALS && (i == 0 || best > limit); i++) {
		if (i)
			sleep(1 << (i - 1));
		if (!run(device, path, packets, &worst))
			return -1;
		best = i == 0 || worst < best ? worst : best;
	}
	return best;
}

int main(int argc, char **argv)
{
	double limit = 100, ms, worst = 0;
	unsigned int packets = 3;
	int device, i;

	for (i = 1; i + 1 < argc && argv[i][0] == '-'; i += 2) {
		if (!strcmp(argv[i], "--limit"))
			limit = atof(argv[i + 1]);
		else if (!strcmp(argv[i], "--packets"))
			packets = atoi(argv[i + 1]);
		else
			break;
	}
	if (i >= argc || argv[i][0] == '-') {
		fprintf(stderr, "usage: in-kernel [--limit MS] [--packets N] SCRIPT...\n");
		return 2;
	}
	device = open("/dev/ps_feed", O_RDWR);
	if (device < 0) {
		fprintf(stderr, "in-kernel: /dev/ps_feed: %s; load the module ps_feed\n", strerror(errno));
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (; i < argc; i++) {
		const char *name = strrchr(argv[i], '/') ? strrchr(argv[i], '/') + 1 : argv[i];

		ms = measure(device, argv[i], packets, limit);
		if (ms < 0)
			printf("not ok - %s: %s; see the kernel's log\n", name, strerror(errno));
		else
			printf("%s - %s: %.1f ms a packet\n", ms <= limit ? "ok" : "not ok", name, ms);
		worst = ms > worst ? ms : worst;
	}
	printf("# the worst packet took %.1f ms, of %.0f\n", worst, limit);
	return 0;
}
