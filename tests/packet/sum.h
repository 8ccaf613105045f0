/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The Internet checksum (RFC 1071) as the tests have it: not the engine's, which they test. */
#ifndef PS_TEST_SUM_H
#define PS_TEST_SUM_H

#include <stdint.h>

/* Of bytes in words of 16 bits, not folded. The first byte is the high one of a word. */
static inline uint32_t sum(const uint8_t *p, uint32_t len)
{
	uint32_t i, sum = 0;

	for (i = 0; i < len; i++)
		sum += i & 1 ? p[i] : p[i] << 8;
	return sum;
}

static inline uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return sum;
}

#endif
