/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "text.h"

#include <stdint.h>

#include "host.h"

const char *const ps_log_levels[PS_LOG_LEVELS] = {
	"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug",
};

size_t ps_text_shown(const char *text, size_t len)
{
	static const struct {
		uint8_t mask, lead;
		uint32_t least;		/* of the characters of that length */
	} lengths[] = {
		{ 0x80, 0x00, ' ' }, { 0xE0, 0xC0, 0xA0 }, { 0xF0, 0xE0, 0x800 }, { 0xF8, 0xF0, 0x10000 },
	};
	const uint8_t *byte = (const uint8_t *)text;
	size_t n, i;
	uint32_t c;

	for (n = 0; n < 4 && (byte[0] & lengths[n].mask) != lengths[n].lead; n++)
		;
	if (n == 4 || n >= len)
		return 0;
	c = byte[0] & ~lengths[n].mask;
	for (i = 1; i <= n; i++) {
		if ((byte[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (byte[i] & 0x3F);
	}
	if (c < lengths[n].least || c == 0x7F || (c >= 0xD800 && c <= 0xDFFF) || c > 0x10FFFF)
		return 0;
	return n + 1;
}

void ps_text_escape(char to[PS_TEXT_ESCAPED], char byte)
{
	static const char digits[] = "0123456789abcdef";

	to[0] = '\\';
	to[1] = 'x';
	to[2] = digits[(uint8_t)byte >> 4];
	to[3] = digits[byte & 15];
}
