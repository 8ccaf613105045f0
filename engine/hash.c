/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "hash.h"

#include "guard.h"
#include "host.h"
#include "packet.h"

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

uint64_t ps_hash_text(const char *text, uint32_t len)
{
	uint64_t hash = ps_hash_integer(len), a, b;	/* folded: or bytes could be chosen that cancel the length */
	const uint8_t *bytes = (const uint8_t *)text, *end = bytes + len;
	uint32_t left = len;

	for (; left > 16; left -= 16)
		hash = ps_hash_words(hash, ps_load64_raw(end - left), ps_load64_raw(end - left + 8));
	if (left >= 8) {
		a = ps_load64_raw(end - left);
		b = ps_load64_raw(end - 8);
	} else if (left >= 4) {
		a = ps_load32_raw(end - left);
		b = ps_load32_raw(end - 4);
	} else {
		a = left ? bytes[0] << 16 | bytes[left / 2] << 8 | bytes[left - 1] : 0;
		b = 0;
	}
	return ps_hash_words(hash, a, b);
}
