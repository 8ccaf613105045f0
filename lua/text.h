/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Which bytes of scripts and packets may be shown on a terminal, and how the others are. */
#ifndef PS_TEXT_H
#define PS_TEXT_H

#include <stddef.h>

/*
 * The length of the character in UTF-8 at the beginning of text[len]. 0: there is none, or it may control a
 * terminal, as those below U+0020 and from U+007F to U+009F do.
 */
size_t ps_text_shown(const char *text, size_t len);

/* Writes a byte that may not be shown, as "\x1b"; without a final zero. */
#define PS_TEXT_ESCAPED	4
void ps_text_escape(char to[PS_TEXT_ESCAPED], char byte);

#endif
