/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "hash.h"

#include "guard.h"
#include "host.h"

uint64_t ps_hash_secrets[2];

void ps_hash_setup(void)
{
	/* with any lock: two CPUs may make the first tables at the same time, and the keys of neither shall get another hash */
	ps_host_lock(0);
	if (!ps_hash_secrets[1]) {
		ps_hash_secrets[0] = ps_host_random();
		ps_hash_secrets[1] = ps_host_random() | 1;
	}
	ps_host_unlock(0);
}

static ps_inline uint64_t load64(const char *p)
{
	uint64_t n;

	memcpy(&n, p, sizeof(n));
	return n;
}

static ps_inline uint64_t load32(const char *p)
{
	uint32_t n;

	memcpy(&n, p, sizeof(n));
	return n;
}

uint64_t ps_hash_text(const char *text, uint32_t len)
{
	uint64_t hash = ps_hash_integer(len), a, b;	/* folded: or bytes could be chosen that cancel the length */
	const char *end = text + len;
	uint32_t left = len;

	for (; left > 16; left -= 16)
		hash = ps_hash_words(hash, load64(end - left), load64(end - left + 8));
	if (left >= 8) {
		a = load64(end - left);
		b = load64(end - 8);
	} else if (left >= 4) {
		a = load32(end - left);
		b = load32(end - 4);
	} else {
		a = left ? (uint8_t)text[0] << 16 | (uint8_t)text[left / 2] << 8 | (uint8_t)text[left - 1] : 0;
		b = 0;
	}
	return ps_hash_words(hash, a, b);
}
