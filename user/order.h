/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Numbers in the order of bytes of the host that wrote them. */
#ifndef PS_USER_ORDER_H
#define PS_USER_ORDER_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define PS_HOST_IS_BIG	(__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

static inline uint16_t ps_get16(const uint8_t *p, bool is_big)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return is_big == PS_HOST_IS_BIG ? v : __builtin_bswap16(v);
}

static inline uint32_t ps_get32(const uint8_t *p, bool is_big)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return is_big == PS_HOST_IS_BIG ? v : __builtin_bswap32(v);
}

static inline void ps_put32(uint8_t *p, bool is_big, uint32_t v)
{
	if (is_big != PS_HOST_IS_BIG)
		v = __builtin_bswap32(v);
	memcpy(p, &v, sizeof(v));
}

#endif
