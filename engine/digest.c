/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "digest.h"

#include <string.h>

#define BLOCK	64

static const uint32_t round_constants[BLOCK] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static uint32_t load32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | from[1] << 16 | from[2] << 8 | from[3];
}

static void store32(uint8_t *to, uint32_t x)
{
	to[0] = x >> 24;
	to[1] = x >> 16;
	to[2] = x >> 8;
	to[3] = x;
}

static void add_block(uint32_t h[8], const uint8_t *block)
{
	uint32_t v[8], w[16], a, b, x, y;
	int i;

	memcpy(v, h, sizeof(v));
	for (i = 0; i < BLOCK; i++) {
		if (i < 16) {
			w[i] = load32(block + 4 * i);
		} else {
			a = w[(i + 1) % 16];
			b = w[(i + 14) % 16];
			w[i % 16] += (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[(i + 9) % 16] +
				     (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
		}
		x = v[7] + (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)) +
		    (v[6] ^ (v[4] & (v[5] ^ v[6]))) + round_constants[i] + w[i % 16];
		y = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) +
		    ((v[0] & v[1]) | (v[2] & (v[0] | v[1])));
		memmove(v + 1, v, 7 * sizeof(*v));
		v[4] += x;
		v[0] = x + y;
	}
	for (i = 0; i < 8; i++)
		h[i] += v[i];
}

void ps_digest(const void *data, size_t len, uint8_t digest[PS_DIGEST_SIZE])
{
	uint32_t h[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};
	const uint8_t *from = data;
	uint8_t last[2 * BLOCK] = { 0 };
	size_t left = len, i, end;

	for (; left >= BLOCK; left -= BLOCK, from += BLOCK)
		add_block(h, from);

	/* the rest, a bit of 1, and the length in bits at the end of the last block */
	memcpy(last, from, left);
	last[left] = 0x80;
	end = left < BLOCK - 8 ? BLOCK : 2 * BLOCK;
	store32(last + end - 8, (uint64_t)len >> 29);
	store32(last + end - 4, len << 3);
	for (i = 0; i < end; i += BLOCK)
		add_block(h, last + i);
	for (i = 0; i < 8; i++)
		store32(digest + 4 * i, h[i]);
}
