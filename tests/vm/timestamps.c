// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* timestamps FD: asks for the time at which packets arrive at that socket. The kernel takes it of all packets until the socket is closed. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	int on = 1;

	if (argc != 2) {
		fprintf(stderr, "usage: timestamps FD\n");
		return 1;
	}
	if (setsockopt(atoi(argv[1]), SOL_SOCKET, SO_TIMESTAMP, &on, sizeof(on)) != 0) {
		perror("timestamps: SO_TIMESTAMP");
		return 1;
	}
	return 0;
}
