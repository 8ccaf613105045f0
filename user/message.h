/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Messages of protocols whose fields are texts, which have no place of their own until the message is there.
 */
#ifndef PS_USER_MESSAGE_H
#define PS_USER_MESSAGE_H

#include "build.h"

/* What the items of a layer are called, of which it may have any number: "header"; or NULL: it has none. */
const char *ps_message_items(const struct ps_proto *proto);

/*
 * Writes the message with the texts and items of the layer, and what has to be there else; its numbers follow, by where the
 * message has them. Returns how many bytes it has; 0: the layer is of no such protocol, or has nothing that asks for a
 * message. to: NULL, only to learn that.
 */
size_t ps_message_write(const struct ps_build_layer *layer, uint8_t *to);

#endif
