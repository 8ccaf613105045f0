/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What acknowledgements say. Netlink writes one when its request has been carried out, and has only a pointer to the text until then.
 */
#ifndef PS_WORDS_H
#define PS_WORDS_H

#include <linux/types.h>

struct sock;

/*
 * A copy of the text that is there until this task has had its acknowledgement, and longer: until it asks again by this socket, or that is
 * closed. NULL: there is no memory for it. Process context, within a request of the socket, which has this number.
 */
const char *ps_words_keep(struct sock *sk, u32 portid, const char *text);

/* A socket of this number is closed: what closed sockets had goes. Process context. */
void ps_words_release(u32 portid);

void ps_words_teardown(void);	/* no request is being carried out any more, nor acknowledged */

#endif
