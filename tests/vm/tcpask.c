/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * tcpask ADDRESS PORT CONNECTIONS AT_ONCE TIMES SEND EXPECT: makes that many connections, some at once, says SEND on each that many times, and
 * compares what comes with as many of EXPECT. In both, % stands for the connection's number. Ends when all are done, or when nothing has
 * come for 60 s, and prints how many were right.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
	char *send, *expect;
	size_t to_send, sent, to_expect, expected;
};

static struct sockaddr_in server = { .sin_family = AF_INET };
static int times;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* The text as often as was asked for, with the number in it. */
static char *fill_in(const char *text, int number, size_t *len)
{
	size_t size = times * (strlen(text) * 12 + 1);
	char *filled = malloc(size), *to = filled;
	const char *from;
	int i;

	if (!filled)
		die("malloc");
	for (i = 0; i < times; i++) {
		for (from = text; *from; from++)
			to += *from == '%' ? sprintf(to, "%d", number) : (*to = *from, 1);
	}
	*len = to - filled;
	return filled;
}

static void begin(struct connection *c, struct pollfd *fd, int number, const char *send, const char *expect)
{
	c->send = fill_in(send, number, &c->to_send);
	c->expect = fill_in(expect, number, &c->to_expect);
	c->sent = c->expected = 0;
	fd->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (fd->fd < 0)
		die("socket");
	if (connect(fd->fd, (struct sockaddr *)&server, sizeof(server)) && errno != EINPROGRESS)
		die("connect");
	fd->events = POLLIN | POLLOUT;
}

static void end(struct connection *c, struct pollfd *fd)
{
	close(fd->fd);
	fd->fd = -1;
	free(c->send);
	free(c->expect);
}

/* Returns 1 when all that is expected has come, -1 when something else has. */
static int go_on(struct connection *c, struct pollfd *fd)
{
	char got[65536];
	ssize_t n;

	if (fd->revents & POLLOUT && c->sent < c->to_send) {
		n = send(fd->fd, c->send + c->sent, c->to_send - c->sent, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			return -1;
		if (n > 0)
			c->sent += n;
		if (c->sent == c->to_send)
			fd->events = POLLIN;
	}
	if (!(fd->revents & (POLLIN | POLLERR | POLLHUP)))
		return 0;
	n = read(fd->fd, got, sizeof(got));
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0 || (size_t)n > c->to_expect - c->expected || memcmp(got, c->expect + c->expected, n))
		return -1;
	c->expected += n;
	return c->expected == c->to_expect;
}

int main(int argc, char **argv)
{
	int total, at_once, begun = 0, ended = 0, right = 0, i, is_over;
	struct connection *connections;
	struct pollfd *fds;

	if (argc != 8 || inet_pton(AF_INET, argv[1], &server.sin_addr) != 1) {
		fputs("usage: tcpask ADDRESS PORT CONNECTIONS AT_ONCE TIMES SEND EXPECT\n", stderr);
		return 2;
	}
	server.sin_port = htons(atoi(argv[2]));
	total = atoi(argv[3]);
	at_once = atoi(argv[4]);
	times = atoi(argv[5]);
	connections = calloc(at_once, sizeof(*connections));
	fds = calloc(at_once, sizeof(*fds));
	if (!connections || !fds)
		die("calloc");
	for (i = 0; i < at_once; i++)
		fds[i].fd = -1;
	while (ended < total) {
		for (i = 0; i < at_once; i++) {
			if (fds[i].fd < 0 && begun < total)
				begin(connections + i, fds + i, begun++, argv[6], argv[7]);
		}
		if (poll(fds, at_once, 60000) <= 0)
			break;
		for (i = 0; i < at_once; i++) {
			if (fds[i].fd < 0 || !fds[i].revents)
				continue;
			is_over = go_on(connections + i, fds + i);
			if (!is_over)
				continue;
			right += is_over > 0;
			ended++;
			end(connections + i, fds + i);
		}
	}
	printf("%d right of %d\n", right, total);
	return right != total;
}
