/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What transports carry, and the options of TCP: messages as other programs send them, and some that nearly are. They are
 * the same each time that *random, which goes on, is the same.
 */
#ifndef PS_TEST_MESSAGES_H
#define PS_TEST_MESSAGES_H

#include <stdint.h>

#define MESSAGE_MAX	512	/* bytes */

/*
 * Makes one for TCP (6) or UDP (17) of at most MESSAGE_MAX bytes, and returns its length. One of the two ports that ports
 * points to becomes the one by which it is known; now and then neither does.
 */
uint32_t messages_build(uint8_t *to, uint8_t protocol, uint8_t *ports, uint32_t *random);

/* Makes options of a multiple of 4 bytes, at most 40, and returns how many. */
uint32_t messages_build_options(uint8_t *to, uint32_t *random);

#endif
