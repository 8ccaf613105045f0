/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * devread FILE BATCHES: reads 64 bytes from the device in batches of 256, one to warm up and BATCHES that count. Prints the
 * ticks that a read takes; the dearer quarter of the batches is left out: the timer's interrupt is in them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <x86intrin.h>

#define BATCH		256
#define BATCHES_MAX	1024

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int compare(const void *a, const void *b)
{
	unsigned long long x = *(const unsigned long long *)a, y = *(const unsigned long long *)b;

	return (x > y) - (x < y);
}

static unsigned long long run(int file)
{
	unsigned long long begin = __rdtsc();
	char bytes[64];
	int i;

	for (i = 0; i < BATCH; i++) {
		if (read(file, bytes, sizeof(bytes)) != sizeof(bytes))
			die("devread: read");
	}
	return __rdtsc() - begin;
}

int main(int argc, char **argv)
{
	int batches = argc == 3 ? atoi(argv[2]) : 0, file, i, kept;
	unsigned long long ticks[BATCHES_MAX], sum = 0;

	if (batches < 1 || batches > BATCHES_MAX) {
		fprintf(stderr, "usage: devread FILE BATCHES (1 to %d)\n", BATCHES_MAX);
		return 1;
	}
	file = open(argv[1], O_RDONLY);
	if (file < 0)
		die(argv[1]);
	run(file);
	for (i = 0; i < batches; i++)
		ticks[i] = run(file);
	qsort(ticks, batches, sizeof(ticks[0]), compare);
	kept = (batches * 3 + 3) / 4;
	for (i = 0; i < kept; i++)
		sum += ticks[i];
	printf("%.2f\n", (double)sum / kept / BATCH);
	return 0;
}
