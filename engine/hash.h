/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Hashes of what packets say, so others choose it. They are secret, and the same for all tables: products of 128 bits, folded,
 * have no pairs of keys that collide whatever the secrets are.
 */
#ifndef PS_HASH_H
#define PS_HASH_H

#include <stdint.h>
#include <string.h>

#include "attr.h"

extern uint64_t ps_hash_secrets[2];

/* Before the first hash. Any context; holds a lock of ps_host_lock() for a moment. */
void ps_hash_setup(void);

static ps_inline uint64_t ps_hash_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static ps_inline uint64_t ps_hash_integer(int64_t i)
{
	return ps_hash_fold((uint64_t)i ^ ps_hash_secrets[0], ps_hash_secrets[1]);
}

/* Two words go on with a hash that there is. */
static ps_inline uint64_t ps_hash_words(uint64_t hash, uint64_t a, uint64_t b)
{
	return ps_hash_fold(a ^ ps_hash_secrets[1], b ^ hash);
}

uint64_t ps_hash_text(const char *text, uint32_t len);

#endif
