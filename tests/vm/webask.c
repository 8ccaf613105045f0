/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * webask ADDRESS CONNECTIONS AT_ONCE TIMES PATH FILE: makes that many connections to a web server, some at once, asks on each that many times
 * for PATH, in which % stands for the connection's number, and compares what comes with FILE. Nobody asks before as many as are at once are
 * there. With its last request each says that the server shall close. Ends when all are done, or when nothing has come for 60 s, and prints
 * how many answers were right, and in which time.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct connection {
	int fd, number, is_open, asked;
	int is_in_body;
	size_t in_head, in_body; /* bytes that have come */
	char head[2048];
};

static struct sockaddr_in server = { .sin_family = AF_INET, };
static const char *host, *path;
static char *body;
static size_t body_size;
static int times, poller;
static long right;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void read_file(const char *name)
{
	FILE *file = fopen(name, "r");
	struct stat s;

	if (!file || fstat(fileno(file), &s))
		die(name);
	body_size = s.st_size;
	body = malloc(body_size + 1);
	if (!body || fread(body, 1, body_size, file) != body_size)
		die(name);
	fclose(file);
}

static void begin(struct connection *c, int number)
{
	struct epoll_event event = { .events = EPOLLOUT, .data.ptr = c };

	memset(c, 0, sizeof(*c));
	c->number = number;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		die("socket");
	if (connect(c->fd, (struct sockaddr *)&server, sizeof(server)) && errno != EINPROGRESS)
		die("connect");
	if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event))
		die("epoll_ctl");
}

static int ask(struct connection *c)
{
	const char *percent = strchr(path, '%');
	int before = percent ? percent - path : (int)strlen(path), n;
	char number[16] = "", request[1024];

	if (percent)
		sprintf(number, "%d", c->number);
	n = snprintf(request, sizeof(request), "GET %.*s%s%s HTTP/1.1\r\nHost: %s\r\n%s\r\n", before, path, number,
		     percent ? percent + 1 : "", host, ++c->asked == times ? "Connection: close\r\n" : "");
	c->in_head = c->in_body = 0;
	c->is_in_body = 0;
	return send(c->fd, request, n, MSG_NOSIGNAL) == n ? 0 : -1;
}

/* What has come, of which nothing may come after the answer. Returns -1: it is wrong. */
static int take(struct connection *c, const char *data, size_t len)
{
	const char *end, *field;
	size_t n;

	if (!c->is_in_body) {
		n = sizeof(c->head) - 1 - c->in_head;
		if (n > len)
			n = len;
		memcpy(c->head + c->in_head, data, n);
		end = memmem(c->head, c->in_head + n, "\r\n\r\n", 4);
		if (!end) {
			c->in_head += n;
			return n < len ? -1 : 0;
		}
		n = end + 4 - c->head - c->in_head;
		c->head[end + 2 - c->head] = 0;
		field = strstr(c->head, "\r\nContent-Length: ");
		if (strncmp(c->head, "HTTP/1.1 200 ", 13) || !field || strtoul(field + 18, NULL, 10) != body_size)
			return -1;
		c->is_in_body = 1;
		data += n;
		len -= n;
	}
	if (len > body_size - c->in_body || memcmp(data, body + c->in_body, len))
		return -1;
	c->in_body += len;
	return 0;
}

/* Returns 1 when the connection has ended as it should, -1 when something is wrong. */
static int go_on(struct connection *c)
{
	static char got[1 << 18];
	ssize_t n = read(c->fd, got, sizeof(got));

	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	if (n == 0)
		return c->asked == times && c->is_in_body && c->in_body == body_size ? 1 : -1;
	if (take(c, got, n))
		return -1;
	if (!c->is_in_body || c->in_body < body_size)
		return 0;
	right++;
	return c->asked == times ? 0 : ask(c);
}

int main(int argc, char **argv)
{
	int total, at_once, begun = 0, ended = 0, wrong = 0, open = 0, most = 0, has_begun = 0, i, n, is_over;
	struct connection *connections, *c;
	static struct epoll_event events[1024];
	struct timespec from, to;

	if (argc != 7 || inet_pton(AF_INET, argv[1], &server.sin_addr) != 1) {
		fputs("usage: webask ADDRESS CONNECTIONS AT_ONCE TIMES PATH FILE\n", stderr);
		return 2;
	}
	total = atoi(argv[2]);
	at_once = atoi(argv[3]) < total ? atoi(argv[3]) : total;
	times = atoi(argv[4]);
	server.sin_port = htons(80);
	host = argv[1];
	path = argv[5];
	read_file(argv[6]);
	connections = calloc(at_once, sizeof(*connections));
	poller = epoll_create1(0);
	if (!connections || poller < 0)
		die("epoll_create1");
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (; begun < at_once; begun++)
		begin(connections + begun, begun);
	while (ended < total) {
		n = epoll_wait(poller, events, 1024, 60000);
		if (n <= 0)
			break;
		for (i = 0; i < n; i++) {
			c = events[i].data.ptr;
			is_over = 0;
			if (!c->is_open && !(events[i].events & (EPOLLERR | EPOLLHUP))) {
				struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };

				c->is_open = 1;
				most = ++open > most ? open : most;
				if (epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event))
					die("epoll_ctl");
				if (has_begun)
					is_over = ask(c);
			} else {
				is_over = go_on(c);
			}
			if (!is_over)
				continue;
			wrong += is_over < 0;
			open -= c->is_open;
			ended++;
			close(c->fd);
			c->fd = -1;
			if (begun < total)
				begin(c, begun++);
		}
		if (!has_begun && open == at_once) {
			has_begun = 1;
			for (i = 0; i < at_once; i++) {
				if (ask(connections + i))
					die("send");
			}
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%ld right of %ld, %d at once, %d connections wrong\n", right, (long)total * times, most, wrong);
	fprintf(stderr, "%.6f s\n", to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) / 1e9);
	return right != (long)total * times || wrong > 0;
}
