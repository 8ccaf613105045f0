/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "csum.h"
#include "packets.h"
#include "test.h"

/* RFC 1071, section 3, the example. */
static void rfc1071(void)
{
	static const uint8_t bytes[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	CHECK_INT(ps_csum_fold(ps_csum_add(0, bytes, 8)), 0xddf2);
}

static void any_length(void)
{
	uint8_t bytes[70];

	for (unsigned int i = 0; i < sizeof(bytes); i++)
		bytes[i] = i * 37 + 200;
	for (unsigned int len = 0; len <= sizeof(bytes); len++)
		CHECK_INT(0xFFFF - ps_csum_fold(ps_csum_add(0, bytes, len)),
			  naive_csum(bytes, len, 0));
}

static void large(void)
{
	static uint8_t bytes[65535];

	memset(bytes, 0xFF, sizeof(bytes));
	CHECK_INT(ps_csum_fold(ps_csum_add(0xFFFFFFFF, bytes, 65534)), 0xFFFF);
}

/* Long ones are added in words that are larger: they carry, wherever they begin, and are 0 only if all bytes are. */
static void long_ones(void)
{
	uint8_t bytes[320];

	for (unsigned int kind = 0; kind < 4; kind++) {
		for (unsigned int i = 0; i < sizeof(bytes); i++)
			bytes[i] = kind == 0 ? i * 37 + 200 : kind == 1 ? 0xFF : kind == 2 ? 0xFE | (i & 1) : 0;
		for (unsigned int off = 0; off < 9; off++) {
			for (unsigned int len = 0; len <= 300; len++) {
				const uint32_t sum = ps_csum_fold(ps_csum_add(off * 0x1FFFF, bytes + off, len));

				CHECK_INT(0xFFFF - ps_csum_fold(ps_csum_add(0, bytes + off, len)),
					  naive_csum(bytes + off, len, 0));
				CHECK_INT(sum, ps_csum_fold(off * 0x1FFFF + ps_csum_fold(ps_csum_add(0, bytes + off, len))));
			}
		}
	}
	bytes[123] = 1;
	CHECK_INT(ps_csum_fold(ps_csum_add(0, bytes, sizeof(bytes))), 1);
}

/* At every offset and length, the difference makes of the old sum the new one. */
static void difference(void)
{
	uint8_t bytes[32], changed[32];

	for (unsigned int off = 0; off < 24; off++) {
		for (unsigned int len = 1; len <= 8; len++) {
			uint32_t sum, diff;

			for (unsigned int i = 0; i < sizeof(bytes); i++)
				bytes[i] = i * 91 + 3;
			memcpy(changed, bytes, sizeof(bytes));
			for (unsigned int i = 0; i < len; i++)
				changed[off + i] = ~bytes[off + i] + off;
			diff = ps_csum_diff(off, bytes + off, changed + off, len);
			sum = ps_csum_fold(ps_csum_add(0, bytes, sizeof(bytes)));
			sum = ps_csum_fold(sum + diff);
			CHECK_INT(0xFFFF - sum, naive_csum(changed, sizeof(changed), 0));
		}
	}
}

/* RFC 3720, B.4, and the check value of the Rocksoft model; in any pieces. */
static void crc32c(void)
{
	static const struct { const char *bytes; uint32_t len, crc; } rows[] = {
		{ "123456789", 9, 0xE3069283 },
		{ "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32, 0x8A9136AA },
		{ "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
		  "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 32, 0x62A8AB43 },
		{ "", 0, 0 },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint8_t *bytes = (const uint8_t *)rows[i].bytes;

		for (uint32_t n = 0; n <= rows[i].len; n++) {
			uint32_t crc = ps_crc32c_add(0xFFFFFFFF, bytes, n);

			CHECK_INT(~ps_crc32c_add(crc, bytes + n, rows[i].len - n), rows[i].crc);
		}
	}
}

const struct test csum_tests[] = {
	{ "csum: the example of RFC 1071", rfc1071 },
	{ "csum: any length is summed as one byte after the other", any_length },
	{ "csum: long ones", long_ones },
	{ "csum: 64 KB of ones do not overflow", large },
	{ "csum: a difference turns the old sum into the new one", difference },
	{ "csum: CRC32c of known bytes", crc32c },
	{ NULL, NULL },
};
