/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* SHA-256 (FIPS 180-4): what tells one text of a script from another, the same as sha256sum says. */
#ifndef PS_DIGEST_H
#define PS_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define PS_DIGEST_SIZE	32

void ps_digest(const void *data, size_t len, uint8_t digest[PS_DIGEST_SIZE]);

#endif
