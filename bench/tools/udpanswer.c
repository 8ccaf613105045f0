/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * udpanswer PORT TO COUNT: receives COUNT datagrams, and sends the payload of each to the same port of that address, as a server
 * answers. Prints the time stamp counter afterwards.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <x86intrin.h>

int main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET }, to = at;
	static unsigned char payload[2048];
	int s = socket(AF_INET, SOCK_DGRAM, 0), room = 4 << 20, i;
	ssize_t len;

	if (argc != 4 || inet_pton(AF_INET, argv[2], &to.sin_addr) != 1) {
		fprintf(stderr, "usage: udpanswer PORT TO COUNT\n");
		return 1;
	}
	at.sin_port = to.sin_port = htons(atoi(argv[1]));
	if (s < 0 || setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0 ||
	    bind(s, (void *)&at, sizeof(at)) < 0)
		goto failed;
	for (i = 0; i < atoi(argv[3]); i++) {
		len = recvfrom(s, payload, sizeof(payload), 0, NULL, NULL);
		if (len < 0 || sendto(s, payload, len, 0, (void *)&to, sizeof(to)) < 0)
			goto failed;
	}
	printf("%llu\n", __rdtsc());
	return 0;
failed:
	perror("udpanswer");
	return 1;
}
