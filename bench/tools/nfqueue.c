/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * nfqueue accept|ADDRESS COUNT [now]: accepts COUNT packets of queue 0, as they are or with ADDRESS as
 * destination, and prints the time stamp counter after the last. now: others don't go first.
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <x86intrin.h>

#define QUEUE_MAX	65536		/* packets */
#define BUFFER_BYTES	(64 << 20)	/* of the socket */

static unsigned int daddr;		/* 0: packets stay as they are */
static int done;

/* RFC 1624 */
static void checksum_replace(unsigned short *checksum, unsigned int from, unsigned int to)
{
	unsigned int sum = (unsigned short)~*checksum;

	sum += (unsigned short)~from + (unsigned short)~(from >> 16) + (to & 0xFFFF) + (to >> 16);
	sum = (sum & 0xFFFF) + (sum >> 16);
	sum += sum >> 16;
	*checksum = ~sum;
}

static void rewrite(unsigned char *packet, int len)
{
	struct iphdr *ip = (void *)packet;
	struct udphdr *udp = (void *)(packet + ip->ihl * 4);

	if (ip->protocol == IPPROTO_UDP && len >= ip->ihl * 4 + (int)sizeof(*udp) && udp->check) {
		checksum_replace(&udp->check, ip->daddr, daddr);
		if (!udp->check)
			udp->check = 0xFFFF;
	}
	checksum_replace(&ip->check, ip->daddr, daddr);
	ip->daddr = daddr;
}

static int handle(struct nfq_q_handle *queue, struct nfgenmsg *msg, struct nfq_data *data, void *arg)
{
	unsigned int id = ntohl(nfq_get_msg_packet_hdr(data)->packet_id);
	unsigned char *packet;
	int len;

	(void)msg;
	(void)arg;
	done++;
	if (!daddr)
		return nfq_set_verdict(queue, id, NF_ACCEPT, 0, NULL);
	len = nfq_get_payload(data, &packet);
	if (len < (int)sizeof(struct iphdr))
		return nfq_set_verdict(queue, id, NF_DROP, 0, NULL);
	rewrite(packet, len);
	return nfq_set_verdict(queue, id, NF_ACCEPT, len, packet);
}

/*
 * Runs when nobody else wants to: the sender finishes first, and the queue is worked off without a
 * switch for each packet. That is NFQUEUE at its best, and does not depend on the scheduler's mood.
 */
static void be_idle(void)
{
	const struct sched_param none = { 0 };

	if (sched_setscheduler(0, SCHED_IDLE, &none) < 0)
		perror("nfqueue: SCHED_IDLE");
}

int main(int argc, char **argv)
{
	static char buffer[128 << 10] __attribute__((aligned(8)));
	struct nfq_q_handle *queue;
	struct nfq_handle *nfq;
	int s, n, bytes = BUFFER_BYTES;

	if (argc < 3 || (strcmp(argv[1], "accept") && inet_pton(AF_INET, argv[1], &daddr) != 1)) {
		fprintf(stderr, "usage: nfqueue accept|ADDRESS COUNT [now]\n");
		return 1;
	}
	nfq = nfq_open();
	queue = nfq ? nfq_create_queue(nfq, 0, handle, NULL) : NULL;
	if (!queue || nfq_set_mode(queue, NFQNL_COPY_PACKET, 0xFFFF) < 0 ||
	    nfq_set_queue_maxlen(queue, QUEUE_MAX) < 0) {
		perror("nfqueue");
		return 1;
	}
	s = nfq_fd(nfq);
	setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	if (argc == 3)
		be_idle();
	while (done < atoi(argv[2])) {
		n = recv(s, buffer, sizeof(buffer), 0);
		if (n < 0) {
			perror("nfqueue: recv");
			return 1;
		}
		nfq_handle_packet(nfq, buffer, n);
	}
	printf("%llu\n", __rdtsc());
	return 0;
}
