/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * udpsend INTERFACE TO-MAC FROM TO PAYLOAD BATCHES [FLOWS]: sends UDP packets, of FLOWS source ports
 * in turn, in batches of 32; two to warm up and BATCHES that count. A packet goes all its way before sendmmsg() returns: the veth pairs hand it on in
 * softirq, on the one CPU.
 *
 * Prints the time stamp counter before the first packet, and the ticks that a packet takes. The dearer quarter of the batches is left out: the timer's interrupt is in them.
 *
 * udpsend --calibrate: prints how many ticks a million instructions take.
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <x86intrin.h>

#include "payload.h"

#define BATCH		32
#define WARM_UP		2	/* batches that do not count */
#define FROM_PORT	2000
#define TO_PORT		7

struct frame {
	struct ether_header eth;
	struct iphdr ip;
	struct udphdr udp;
	unsigned char payload[];
} __attribute__((packed));

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* The sum of big-endian 16-bit words; n is even but for the last piece. */
static unsigned long sum(const void *data, size_t n, unsigned long sum)
{
	const unsigned char *p = data;
	size_t i;

	for (i = 0; i < n; i++)
		sum += i % 2 ? p[i] : p[i] << 8;
	return sum;
}

static unsigned short fold(unsigned long sum)
{
	while (sum >> 16)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return htons(~sum);
}

/* An address that is none is a mistake in guest.sh. */
static void address(const char *text, unsigned int *to)
{
	if (inet_pton(AF_INET, text, to) != 1) {
		fprintf(stderr, "udpsend: '%s' is not an address\n", text);
		exit(1);
	}
}

static void frame_init(struct frame *f, char **arg, int payload, int port)
{
	unsigned int from, to, i;
	unsigned char *mac = f->eth.ether_dhost;

	if (sscanf(arg[2], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2, mac + 3, mac + 4,
		   mac + 5) != 6) {
		fprintf(stderr, "udpsend: '%s' is not a MAC address\n", arg[2]);
		exit(1);
	}
	address(arg[3], &from);
	address(arg[4], &to);
	f->eth.ether_shost[0] = 2;
	f->eth.ether_type = htons(ETHERTYPE_IP);

	f->ip.version = 4;
	f->ip.ihl = 5;
	f->ip.tot_len = htons(sizeof(f->ip) + sizeof(f->udp) + payload);
	f->ip.frag_off = htons(IP_DF);
	f->ip.ttl = 64;
	f->ip.protocol = IPPROTO_UDP;
	f->ip.saddr = from;
	f->ip.daddr = to;
	f->ip.check = fold(sum(&f->ip, sizeof(f->ip), 0));

	f->udp.source = htons(port);
	f->udp.dest = htons(TO_PORT);
	f->udp.len = htons(sizeof(f->udp) + payload);
	for (i = 0; i < (unsigned int)payload; i++)
		f->payload[i] = payload_byte(i);
	f->udp.check = fold(sum(&f->udp, sizeof(f->udp) + payload,
				sum(&f->ip.saddr, 8, IPPROTO_UDP + sizeof(f->udp) + payload)));
	if (!f->udp.check)
		f->udp.check = 0xFFFF;
}

static int open_socket(const char *interface)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = 0,	/* receives nothing */
		.sll_ifindex = if_nametoindex(interface),
	};
	int s = socket(AF_PACKET, SOCK_RAW, 0), yes = 1;

	if (s < 0 || !at.sll_ifindex || bind(s, (void *)&at, sizeof(at)) < 0)
		die(interface);
	if (setsockopt(s, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)) < 0)
		die("PACKET_QDISC_BYPASS");
	return s;
}

static void send_batch(int s, struct mmsghdr *messages, int n)
{
	while (n) {
		int sent = sendmmsg(s, messages, n, 0);

		if (sent < 0)
			die("sendmmsg");
		messages += sent;
		n -= sent;
	}
}

static int compare(const void *a, const void *b)
{
	const unsigned long long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Of a packet, without the dearer quarter of the batches. */
static double ticks_per_packet(unsigned long long *batch, int n)
{
	int i, kept = n - n / 4;
	double sum = 0;

	qsort(batch, n, sizeof(*batch), compare);
	for (i = 0; i < kept; i++)
		sum += batch[i];
	return sum / kept / BATCH;
}

static void send_all(int s, char *frames, size_t size, int batches, int flows)
{
	unsigned long long *ticks = calloc(batches + WARM_UP, sizeof(*ticks)), begin = 0, now;
	struct mmsghdr messages[BATCH] = { 0 };
	struct iovec parts[BATCH];
	int i, batch, sent = 0;

	if (!ticks)
		die("calloc");
	for (i = 0; i < BATCH; i++) {
		parts[i].iov_len = size;
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	for (batch = 0; batch < batches + WARM_UP; batch++) {
		for (i = 0; i < BATCH; i++)
			parts[i].iov_base = frames + sent++ % flows * size;
		now = __rdtsc();
		send_batch(s, messages, BATCH);
		ticks[batch] = __rdtsc() - now;
		if (batch == 0)
			begin = now;
	}
	printf("%llu %.2f\n", begin, ticks_per_packet(ticks + WARM_UP, batches));
}

static int calibrate(void)
{
	unsigned long loops = 25000000;	/* of two instructions */
	unsigned long long begin = __rdtsc(), ticks;

	__asm__ volatile("1: dec %0; jnz 1b" : "+r"(loops));
	ticks = __rdtsc() - begin;
	printf("%llu\n", ticks / 50);
	return 0;
}

int main(int argc, char **argv)
{
	int payload, batches, flows, i;
	char *frames;
	size_t size;

	if (argc == 2 && !strcmp(argv[1], "--calibrate"))
		return calibrate();
	if (argc < 7) {
		fprintf(stderr, "usage: udpsend INTERFACE TO-MAC FROM TO PAYLOAD BATCHES [FLOWS]\n");
		return 1;
	}
	payload = atoi(argv[5]);
	batches = atoi(argv[6]);
	flows = argc > 7 ? atoi(argv[7]) : 1;

	size = sizeof(struct frame) + payload;
	frames = calloc(flows, size);
	if (!frames)
		die("calloc");
	for (i = 0; i < flows; i++)
		frame_init((struct frame *)(frames + i * size), argv, payload, FROM_PORT + i);
	send_all(open_socket(argv[1]), frames, size, batches, flows);
	return 0;
}
