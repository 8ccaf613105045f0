/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Bytes of a packet that are written, not fields. Functions return 0 or a negative enum
 * ps_field_error, and then nothing has been touched; any context that the packet is in.
 */
#ifndef PS_WRITE_H
#define PS_WRITE_H

#include "field.h"

/*
 * Puts bytes where range is, which lies in within: a view's header, or a raw one. All checksums that
 * cover them follow by difference: of what within lies in, and of the headers inside as far as the
 * policy knows them. A checksum that is itself among what changes is what is written.
 */
int ps_write_bytes(struct ps_packet *pkt, const struct ps_header *within,
		   const struct ps_range *range, const uint8_t *bytes);

/*
 * Fills bytes, and nothing else: no checksum follows but one that is completed later, which holds
 * the sum of addresses.
 */
int ps_write_fill(struct ps_packet *pkt, const struct ps_range *range, uint8_t value);

/* The same with the bytes where range is. */
int ps_write_as_is(struct ps_packet *pkt, const struct ps_range *range, const uint8_t *bytes);

#endif
