/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What captures are compared with, and what that needs:
 *   plain make COUNT FILE        a capture of so many small UDP packets
 *   plain copy IN OUT            libpcap's own loop: reads a packet, writes it
 *   plain measure COMMAND…       runs it and prints: seconds, and peak memory in KiB
 */
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORTS	1024	/* packets differ in their source port */

/* 10.0.0.1:0 > 10.0.0.2:53, checksums right; Ethernet's shortest frame. */
static const unsigned char frame[60] = {
	0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1, 0x08, 0,
	0x45, 0, 0, 46, 0, 1, 0, 0, 64, 17, 0x66, 0xbc, 10, 0, 0, 1, 10, 0, 0, 2,
	0, 0, 0, 53, 0, 26, 0xeb, 0x82,
};

enum { SPORT = 34, UDP_CHECK = 40 };

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "plain: %s: %s\n", what, why);
	return 1;
}

static int finish(pcap_dumper_t *out, const char *path)
{
	int failed = pcap_dump_flush(out) || ferror(pcap_dump_file(out));

	pcap_dump_close(out);
	return failed ? fail(path, "cannot be written") : 0;
}

static int make(long count, const char *path)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 262144);
	pcap_dumper_t *out = pcap_dump_open(pcap, path);
	struct pcap_pkthdr header = { .caplen = sizeof(frame), .len = sizeof(frame) };
	unsigned char bytes[sizeof(frame)];
	unsigned int port, check;
	long i;

	if (!out)
		return fail(path, pcap_geterr(pcap));
	memcpy(bytes, frame, sizeof(frame));
	for (i = 0; i < count; i++) {
		port = i % PORTS;
		check = (frame[UDP_CHECK] << 8 | frame[UDP_CHECK + 1]) - port;
		bytes[SPORT] = port >> 8;
		bytes[SPORT + 1] = port;
		bytes[UDP_CHECK] = check >> 8;
		bytes[UDP_CHECK + 1] = check;
		header.ts.tv_sec = 1700000000 + i / 1000000;
		header.ts.tv_usec = i % 1000000;
		pcap_dump((u_char *)out, &header, bytes);
	}
	return finish(out, path);
}

static int copy(const char *from, const char *to)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *in = pcap_open_offline(from, error);
	struct pcap_pkthdr *header;
	const u_char *bytes;
	pcap_dumper_t *out;
	int got;

	if (!in)
		return fail(from, error);
	out = pcap_dump_open(in, to);
	if (!out)
		return fail(to, pcap_geterr(in));
	while ((got = pcap_next_ex(in, &header, &bytes)) == 1)
		pcap_dump((u_char *)out, header, bytes);
	if (got != PCAP_ERROR_BREAK)
		return fail(from, pcap_geterr(in));
	pcap_close(in);
	return finish(out, to);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int measure(char **command)
{
	double start = now();
	struct rusage usage;
	int status;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		return fail(command[0], "no process");
	if (!pid) {
		execvp(command[0], command);
		_exit(fail(command[0], "cannot be run"));
	}
	if (wait4(pid, &status, 0, &usage) < 0 || !WIFEXITED(status) || WEXITSTATUS(status))
		return fail(command[0], "failed");
	printf("%.6f %ld\n", now() - start, usage.ru_maxrss);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "make"))
		return make(atol(argv[2]), argv[3]);
	if (argc == 4 && !strcmp(argv[1], "copy"))
		return copy(argv[2], argv[3]);
	if (argc >= 3 && !strcmp(argv[1], "measure"))
		return measure(argv + 2);
	return fail("usage", "make COUNT FILE, copy IN OUT, measure COMMAND…");
}
