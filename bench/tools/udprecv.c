/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * udprecv PORT PAYLOAD COUNT: receives until COUNT packets have come or none for 3 seconds, and
 * prints how many were whole (right length and payload; the kernel has looked at the checksums), and
 * from where and to where the last one went, as:  20 192.168.0.2 8.8.8.8  Its socket is for IPv6, which
 * serves IPv4 as well.
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "payload.h"

struct arrival {
	struct in6_addr from, to;
	unsigned char payload[2048];
	int len;
};

static bool receive(int s, struct arrival *a)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
		struct cmsghdr align;
	} control;
	struct sockaddr_in6 from;
	struct iovec part = { a->payload, sizeof(a->payload) };
	struct msghdr message = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct pollfd readable = { .fd = s, .events = POLLIN };
	struct cmsghdr *c;

	if (poll(&readable, 1, 3000) <= 0)
		return false;
	a->len = recvmsg(s, &message, 0);
	if (a->len < 0)
		return false;
	a->from = from.sin6_addr;
	for (c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
			a->to = ((struct in6_pktinfo *)CMSG_DATA(c))->ipi6_addr;
	}
	return true;
}

static bool is_whole(const struct arrival *a, int payload)
{
	int i;

	for (i = 0; i < a->len; i++) {
		if (a->payload[i] != payload_byte(i))
			return false;
	}
	return a->len == payload;
}

static const char *name(const struct in6_addr *address, char *text)
{
	if (IN6_IS_ADDR_V4MAPPED(address))
		return inet_ntop(AF_INET, &address->s6_addr[12], text, INET6_ADDRSTRLEN);
	return inet_ntop(AF_INET6, address, text, INET6_ADDRSTRLEN);
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6 };
	char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];
	struct arrival a = { 0 };
	int s, yes = 1, seen, whole = 0;

	if (argc != 4) {
		fprintf(stderr, "usage: udprecv PORT PAYLOAD COUNT\n");
		return 1;
	}
	at.sin6_port = htons(atoi(argv[1]));
	s = socket(AF_INET6, SOCK_DGRAM, 0);
	if (s < 0 || bind(s, (void *)&at, sizeof(at)) < 0 ||
	    setsockopt(s, IPPROTO_IPV6, IPV6_RECVPKTINFO, &yes, sizeof(yes)) < 0) {
		perror("udprecv");
		return 1;
	}
	for (seen = 0; seen < atoi(argv[3]) && receive(s, &a); seen++)
		whole += is_whole(&a, atoi(argv[2]));
	printf("%d %s %s\n", whole, name(&a.from, from), name(&a.to, to));
	return 0;
}
