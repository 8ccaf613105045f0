/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What sender and receiver agree on. */
#ifndef BENCH_PAYLOAD_H
#define BENCH_PAYLOAD_H

static inline unsigned char payload_byte(unsigned int i)
{
	return i * 7;
}

#endif
