// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* Sends each UDP datagram back where it came from. Returns, and serves in the background, once it listens. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int listen_on(const char *host, const char *port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(atoi(port)) };
	int is_v4 = inet_pton(AF_INET, host, &v4.sin_addr) == 1;
	int fd;

	if (!is_v4 && inet_pton(AF_INET6, host, &v6.sin6_addr) != 1) {
		fprintf(stderr, "udpecho: '%s' is no address\n", host);
		return -1;
	}
	fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM, 0);
	if (fd < 0) {
		perror("udpecho: socket");
		return -1;
	}
	if (bind(fd, is_v4 ? (void *)&v4 : (void *)&v6, is_v4 ? sizeof(v4) : sizeof(v6)) != 0) {
		perror("udpecho: bind");
		return -1;
	}
	return fd;
}

int main(int argc, char **argv)
{
	static char data[65536];
	struct sockaddr_storage peer;
	socklen_t peer_len;
	ssize_t n;
	int fd;

	if (argc != 3) {
		fprintf(stderr, "usage: udpecho ADDRESS PORT\n");
		return 1;
	}
	fd = listen_on(argv[1], argv[2]);
	if (fd < 0)
		return 1;
	if (daemon(0, 0) != 0) {
		perror("udpecho: daemon");
		return 1;
	}
	for (;;) {
		peer_len = sizeof(peer);
		n = recvfrom(fd, data, sizeof(data), 0, (void *)&peer, &peer_len);
		if (n >= 0)
			sendto(fd, data, n, 0, (void *)&peer, peer_len);
	}
}
