/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What of the bytes that scripts and packets hold may be shown on a terminal. */
#ifndef PS_TEXT_H
#define PS_TEXT_H

#include <stddef.h>

/*
 * How many bytes of a character in UTF-8 are at text[len], that may be shown; 0: it is none, or one that
 * controls a terminal, those up to U+009F.
 */
size_t ps_text_shown(const char *text, size_t len);

/* Writes such a byte as "\x1b"; without a final zero. */
#define PS_TEXT_ESCAPED	4
void ps_text_escape(char to[PS_TEXT_ESCAPED], char byte);

#endif
