/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "words.h"

#include <string.h>

char *ps_word_cut(const char **from, char *to)
{
	const char *p = *from;
	char quote = 0;

	for (; *p && (quote || !strchr(" \t\n", *p)); p++) {
		if (*p == quote) {
			quote = 0;
		} else if (!quote && (*p == '\'' || *p == '"')) {
			quote = *p;
		} else {
			if (*p == '\\' && quote != '\'' && p[1])
				p++;
			*to++ = *p;
		}
	}
	*to++ = 0;
	*from = p;
	return quote ? NULL : to;
}

void ps_word_print(FILE *to, const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				    "_-./:,=+@%";

	if (*word && !word[strspn(word, plain)]) {
		fputs(word, to);
		return;
	}
	putc('\'', to);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", to);
		else
			putc(*word, to);
	}
	putc('\'', to);
}
