/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * sendframes DEVICE: sends the frames that are on standard input, a line of hexadecimal digits each, out of the device as they are: whatever
 * they are. Spaces between digits are for people.
 */
#include <ctype.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* How many bytes the line has; -1: it is none of digits. */
static int parse(const char *line, unsigned char *frame, int size)
{
	int n = 0;
	unsigned int byte;

	while (*line) {
		if (isspace((unsigned char)*line)) {
			line++;
			continue;
		}
		if (n == size || !isxdigit((unsigned char)line[0]) || !isxdigit((unsigned char)line[1]) || sscanf(line, "%2x", &byte) != 1)
			return -1;
		frame[n++] = byte;
		line += 2;
	}
	return n;
}

int main(int argc, char **argv)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	static unsigned char frame[65536];
	int s = socket(AF_PACKET, SOCK_RAW, 0), len;
	size_t size = 0;
	char *line = NULL;

	to.sll_ifindex = argc == 2 ? if_nametoindex(argv[1]) : 0;
	if (!to.sll_ifindex || s < 0) {
		fputs("usage, as root: sendframes DEVICE <FRAMES\n", stderr);
		return 2;
	}
	while (getline(&line, &size, stdin) > 0) {
		len = parse(line, frame, sizeof(frame));
		if (len < 0 || sendto(s, frame, len, 0, (struct sockaddr *)&to, sizeof(to)) != len) {
			fprintf(stderr, "sendframes: not sent: %s", line);
			return 1;
		}
	}
	free(line);
	return 0;
}
