/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * segments ADDRESS PORT FROM: plays what its standard input says, one line each, in the notation of packetdrill and tcpdump, to the TCP at that address,
 * from the port FROM. Prints 'right', or the line at which something else came.
 *
 *   < FLAGS SEQ:END(LENGTH) [ack N] [win N] [mss N]   is sent: FLAGS are letters of S F R P and '.', which is ACK
 *   > FLAGS SEQ:END(LENGTH) [ack N] [win N] [mss N]   has to come next; what is not said of it may be anything
 *   wait SECONDS       to wait, whatever comes meanwhile is next
 *   nothing SECONDS    for so long nothing comes
 *   echoes             bytes that come are those that were sent with the same numbers
 *
 * Numbers count from the SYN of each side, which is 0. Those of this side wrap after 16. What was awaited last may come again before what is
 * awaited now, as machines may be slow. This host's own TCP must not see what comes (a rule in 'raw').
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define OURS		0xfffffff0u	/* our first sequence number */
#define PATIENCE	20.0		/* seconds for which a segment is awaited */
#define DATA_MAX	2000

struct segment {
	char flags[8];
	unsigned int seq, end, len;
	int ack, win, mss;	/* -1: none, or any */
};

struct packet {
	struct iphdr ip;
	struct tcphdr tcp;
	unsigned char rest[4 + DATA_MAX];	/* options and data */
};

static struct sockaddr_in peer = { .sin_family = AF_INET }, self = { .sin_family = AF_INET };
static int out, in;
static unsigned int theirs;	/* the peer's first sequence number */
static bool echoes;
static const char letters[] = "FSRP.";	/* in the order of the header's bits */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static unsigned char byte_at(unsigned int number)
{
	return 'a' + number % 26;
}

static unsigned int sum(const void *from, size_t len, unsigned int s)
{
	const unsigned char *p = from;
	size_t i;

	for (i = 0; i < len; i++)
		s += i & 1 ? p[i] : p[i] << 8;
	return s;
}

/* Of the segment with its pseudo header: 0 if the checksum in it is right */
static unsigned short checksum(const struct packet *p, size_t len)
{
	unsigned int s = sum(&p->tcp, len, sum(&p->ip.saddr, 8, IPPROTO_TCP + len));

	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return ~s;
}

static bool parse(const char *line, struct segment *s)
{
	char word[16];
	int at, value, n;

	*s = (struct segment){ .ack = -1, .win = -1, .mss = -1 };
	if (sscanf(line, " %*c %7s %u:%u(%u)%n", s->flags, &s->seq, &s->end, &s->len, &at) != 4 || s->end - s->seq != s->len || s->len > DATA_MAX)
		return false;
	for (line += at; sscanf(line, " %15s %d%n", word, &value, &n) == 2; line += n) {
		if (!strcmp(word, "ack"))
			s->ack = value;
		else if (!strcmp(word, "win"))
			s->win = value;
		else if (!strcmp(word, "mss"))
			s->mss = value;
		else
			return false;
	}
	return line[strspn(line, " \t\n")] == '\0';
}

static void send_segment(const struct segment *s)
{
	struct packet p = { .ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP } };
	size_t options = s->mss < 0 ? 0 : 4, len = sizeof(p.tcp) + options + s->len, i;
	unsigned char flags = 0;

	for (i = 0; i < sizeof(letters) - 1; i++)
		flags |= strchr(s->flags, letters[i]) ? 1 << i : 0;
	p.ip.saddr = self.sin_addr.s_addr;
	p.ip.daddr = peer.sin_addr.s_addr;
	p.tcp.source = self.sin_port;
	p.tcp.dest = peer.sin_port;
	p.tcp.seq = htonl(OURS + s->seq);
	p.tcp.ack_seq = s->ack < 0 ? 0 : htonl(theirs + s->ack);
	p.tcp.doff = (sizeof(p.tcp) + options) / 4;
	p.tcp.th_flags = flags;
	p.tcp.window = htons(s->win < 0 ? 0xffff : s->win);
	if (options)
		memcpy(p.rest, (unsigned char[]){ 2, 4, s->mss >> 8, s->mss & 0xff }, 4);
	for (i = 0; i < s->len; i++)
		p.rest[options + i] = byte_at(s->seq + i);
	p.tcp.check = htons(checksum(&p, len));
	if (sendto(out, &p, sizeof(p.ip) + len, 0, (struct sockaddr *)&peer, sizeof(peer)) < 0)
		perror("sendto");
}

/* The MSS among options; -1: it is not there. */
static int mss_of(const unsigned char *options, size_t len)
{
	size_t i;

	for (i = 0; i + 1 < len && options[i]; i += options[i] == 1 ? 1 : options[i + 1] < 2 ? len : options[i + 1]) {
		if (options[i] == 2 && i + 4 <= len)
			return options[i + 2] << 8 | options[i + 3];
	}
	return -1;
}

/* What has come by until; false: nothing. what: more to say of it, if it is not as it should be. */
static bool receive(struct segment *s, double until, const char **what)
{
	static struct packet p;
	size_t header, len, i, n;
	struct pollfd fd = { .fd = in, .events = POLLIN };
	double left;

	while ((left = until - now()) > 0) {
		ssize_t got;

		if (poll(&fd, 1, left * 1000 + 1) <= 0)
			continue;
		got = recv(in, &p, sizeof(p), 0);
		if (got < (ssize_t)(sizeof(p.ip) + sizeof(p.tcp)) || p.ip.ihl != 5 || p.ip.protocol != IPPROTO_TCP || p.ip.saddr != peer.sin_addr.s_addr ||
		    p.tcp.source != peer.sin_port || p.tcp.dest != self.sin_port)
			continue;
		len = ntohs(p.ip.tot_len) - sizeof(p.ip);
		header = p.tcp.doff * 4;
		*what = "";
		if (len > got - sizeof(p.ip) || header < sizeof(p.tcp) || header > len) {
			*what = ", which has a wrong length";
			len = header = sizeof(p.tcp);
		} else if (checksum(&p, len)) {
			*what = ", whose checksum is wrong";
		}
		*s = (struct segment){ .len = len - header, .win = ntohs(p.tcp.window), .ack = -1, .mss = -1 };
		for (i = n = 0; i < sizeof(letters) - 1; i++) {
			if (p.tcp.th_flags & 1 << i)
				s->flags[n++] = letters[i];
		}
		if (p.tcp.syn)
			theirs = ntohl(p.tcp.seq);
		s->seq = ntohl(p.tcp.seq) - theirs;
		s->end = s->seq + s->len;
		if (p.tcp.ack)
			s->ack = ntohl(p.tcp.ack_seq) - OURS;
		s->mss = mss_of(p.rest, header - sizeof(p.tcp));
		for (i = 0; echoes && i < s->len; i++) {
			if (p.rest[header - sizeof(p.tcp) + i] != byte_at(s->seq + i))
				*what = ", which has other bytes";
		}
		return true;
	}
	return false;
}

/* Flags may be in any order. */
static bool is_as(const struct segment *s, const struct segment *wanted)
{
	return strlen(s->flags) == strlen(wanted->flags) && strspn(s->flags, wanted->flags) == strlen(s->flags) && s->seq == wanted->seq &&
	       s->len == wanted->len && (wanted->ack < 0 || s->ack == wanted->ack) && (wanted->win < 0 || s->win == wanted->win) &&
	       (wanted->mss < 0 || s->mss == wanted->mss);
}

static int fail(int number, const char *line, const struct segment *got, const char *what)
{
	printf("line %d: %.*s: ", number, (int)strcspn(line, "\n"), line);
	if (got)
		printf("%s %u:%u(%u) ack %d win %d mss %d has come%s\n", got->flags, got->seq, got->end, got->len, got->ack, got->win, got->mss, what);
	else
		puts(what);
	return 1;
}

static int play(int number, const char *line)
{
	static struct segment last;
	struct segment s, got;
	const char *what = "";
	double seconds;

	if (!line[strspn(line, " \t\n")])
		return 0;
	if (!strncmp(line, "echoes", 6)) {
		echoes = true;
	} else if (sscanf(line, "wait %lf", &seconds) == 1) {
		usleep(seconds * 1e6);
	} else if (sscanf(line, "nothing %lf", &seconds) == 1) {
		if (receive(&got, now() + seconds, &what))
			return fail(number, line, &got, what);
	} else if (*line == '<' && parse(line, &s)) {
		send_segment(&s);
	} else if (*line == '>' && parse(line, &s)) {
		double until = now() + PATIENCE;

		do {
			if (!receive(&got, until, &what))
				return fail(number, line, NULL, "nothing has come");
			if (*what || (!is_as(&got, &s) && !is_as(&got, &last)))
				return fail(number, line, &got, what);
		} while (!is_as(&got, &s));
		last = s;
	} else {
		return fail(number, line, NULL, "this is no line of a script");
	}
	return 0;
}

int main(int argc, char **argv)
{
	socklen_t len = sizeof(self);
	int number = 0, udp = socket(AF_INET, SOCK_DGRAM, 0);
	char line[256];

	if (argc != 4 || inet_pton(AF_INET, argv[1], &peer.sin_addr) != 1) {
		fputs("usage, as root: segments ADDRESS PORT FROM <SCRIPT\n", stderr);
		return 2;
	}
	peer.sin_port = htons(atoi(argv[2]));
	out = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	in = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	if (out < 0 || in < 0 || connect(udp, (struct sockaddr *)&peer, sizeof(peer)) || getsockname(udp, (struct sockaddr *)&self, &len)) {
		perror("socket");
		return 2;
	}
	self.sin_port = htons(atoi(argv[3]));
	while (fgets(line, sizeof(line), stdin)) {
		if (play(++number, line))
			return 1;
	}
	puts("right");
	return 0;
}
