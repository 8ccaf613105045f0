/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * udpsend INTERFACE TO-MAC FROM TO PAYLOAD BATCHES [FLOWS]: sends packets over IPv4 or IPv6, as the
 * addresses are, UDP with a payload of so many bytes or a message that messages.h names, of FLOWS source ports in turn, in batches of 32; two to warm up and BATCHES that count. A
 * packet goes all its way before sendmmsg() returns: the veth pairs hand it on in softirq, on the one CPU.
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
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <x86intrin.h>

#include "messages.h"
#include "payload.h"

#define BATCH		32
#define WARM_UP		2	/* batches that do not count */
#define FROM_PORT	2000
#define TO_PORT		7

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

static bool is_ip6(const char *address)
{
	return strchr(address, ':');
}

/* An address that is none is a mistake in guest.sh. */
static void address(int family, const char *text, void *to)
{
	if (inet_pton(family, text, to) != 1) {
		fprintf(stderr, "udpsend: '%s' is not an address\n", text);
		exit(1);
	}
}

static unsigned char *append(unsigned char *at, const void *header, size_t size)
{
	memcpy(at, header, size);
	return at + size;
}

static unsigned char *append_eth(unsigned char *at, const char *to_mac, unsigned int type)
{
	struct ether_header eth = { .ether_shost = { 2 }, .ether_type = htons(type) };
	unsigned char *mac = eth.ether_dhost;

	if (sscanf(to_mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2, mac + 3, mac + 4,
		   mac + 5) != 6) {
		fprintf(stderr, "udpsend: '%s' is not a MAC address\n", to_mac);
		exit(1);
	}
	return append(at, &eth, sizeof(eth));
}

/* This and the next: len is what follows, of that protocol; addresses is their sum, for its checksum. */
static unsigned char *append_ip(unsigned char *at, const char *from, const char *to, int len, int protocol,
				unsigned long *addresses)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.tot_len = htons(sizeof(ip) + len),
		.frag_off = htons(IP_DF),
		.ttl = 64,
		.protocol = protocol,
	};

	address(AF_INET, from, &ip.saddr);
	address(AF_INET, to, &ip.daddr);
	ip.check = fold(sum(&ip, sizeof(ip), 0));
	*addresses = sum(&ip.saddr, 8, 0);
	return append(at, &ip, sizeof(ip));
}

static unsigned char *append_ip6(unsigned char *at, const char *from, const char *to, int len, int protocol,
				 unsigned long *addresses)
{
	struct ip6_hdr ip = {
		.ip6_flow = htonl(6u << 28),
		.ip6_plen = htons(len),
		.ip6_nxt = protocol,
		.ip6_hlim = 64,
	};

	address(AF_INET6, from, &ip.ip6_src);
	address(AF_INET6, to, &ip.ip6_dst);
	*addresses = sum(&ip.ip6_src, 32, 0);
	return append(at, &ip, sizeof(ip));
}

static size_t frame_size(const char *to, size_t len)
{
	return sizeof(struct ether_header) + (is_ip6(to) ? sizeof(struct ip6_hdr) : sizeof(struct iphdr)) + len;
}

static void frame_init(unsigned char *frame, char **arg, const struct message *message, int port)
{
	const char *mac = arg[2], *from = arg[3], *to = arg[4];
	unsigned char *at = append_eth(frame, mac, is_ip6(to) ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
	unsigned short source = htons(port), check;
	unsigned long addresses;

	at = (is_ip6(to) ? append_ip6 : append_ip)(at, from, to, message->size, message->protocol, &addresses);
	append(at, message->bytes, message->size);
	append(at, &source, sizeof(source));	/* it comes first, in UDP and TCP */
	check = fold(sum(at, message->size, addresses + message->protocol + message->size));
	if (!check)
		check = 0xFFFF;
	append(at + message->checksum, &check, sizeof(check));
}

/* A message of UDP with so many bytes. */
static struct message udp_message(int payload)
{
	size_t size = sizeof(struct udphdr) + payload;
	struct udphdr udp = { .dest = htons(TO_PORT), .len = htons(size) };
	unsigned char *bytes = malloc(size), *data = bytes + sizeof(udp);
	int i;

	if (!bytes)
		die("malloc");
	append(bytes, &udp, sizeof(udp));
	for (i = 0; i < payload; i++)
		data[i] = payload_byte(i);
	return (struct message){ .bytes = bytes, .size = size, .protocol = IPPROTO_UDP, .checksum = 6 };
}

/* What the argument asks for: a number of bytes, or a name. */
static struct message message_of(const char *name)
{
	const struct message *message;

	for (message = messages; message->name; message++) {
		if (!strcmp(message->name, name))
			return *message;
	}
	return udp_message(atoi(name));
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

static void send_all(int s, unsigned char *frames, size_t size, int batches, int flows)
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
	struct message message;
	int batches, flows, i;
	unsigned char *frames;
	size_t size;

	if (argc == 2 && !strcmp(argv[1], "--calibrate"))
		return calibrate();
	if (argc < 7) {
		fprintf(stderr, "usage: udpsend INTERFACE TO-MAC FROM TO PAYLOAD BATCHES [FLOWS]\n");
		return 1;
	}
	message = message_of(argv[5]);
	batches = atoi(argv[6]);
	flows = argc > 7 ? atoi(argv[7]) : 1;

	size = frame_size(argv[4], message.size);
	frames = calloc(flows, size);
	if (!frames)
		die("calloc");
	for (i = 0; i < flows; i++)
		frame_init(frames + i * size, argv, &message, FROM_PORT + i);
	send_all(open_socket(argv[1]), frames, size, batches, flows);
	return 0;
}
