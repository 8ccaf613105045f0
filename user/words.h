/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Words of a command on a line, as a shell reads and shows them; but nothing other than quotes and backslashes is special. */
#ifndef PS_USER_WORDS_H
#define PS_USER_WORDS_H

#include <stdio.h>

/*
 * Copies the word that begins at *from to *to, without its quotes; *from is then behind it. Returns where the next word may go, or
 * NULL: a quote is open. All words of a text need no more room than the text, with its end.
 */
char *ps_word_cut(const char **from, char *to);

/* Writes the word so that a shell, and ps_word_cut(), read it as it is. */
void ps_word_print(FILE *to, const char *word);

#endif
