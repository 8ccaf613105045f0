/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lunatik.h"

static enum ps_answer trouble(char **text, const char *what)
{
	const int err = errno;

	if (asprintf(text, "%s: %s%s", what, strerror(err),
		     err == ENOENT ? ": 'lunatik load' makes it" : err == EACCES ? ": this takes root" : "") < 0)
		*text = NULL;
	return PS_ANSWER_NONE;
}

/* All that can be read, with a final 0; or NULL. */
static char *read_all(int fd)
{
	size_t len = 0, room = 4096;
	char *text = malloc(room), *larger;
	ssize_t n;

	while (text) {
		n = read(fd, text + len, room - len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += n;
		if (len < room - 1)
			continue;
		larger = realloc(text, room *= 2);
		if (!larger)
			free(text);
		text = larger;
	}
	if (text && n < 0) {
		free(text);
		return NULL;
	}
	if (text)
		text[len] = 0;
	return text;
}

static enum ps_answer to_answer(char kind)
{
	switch (kind) {
	case '=':
		return PS_ANSWER_VALUES;
	case '?':
		return PS_ANSWER_INCOMPLETE;
	default:
		return PS_ANSWER_ERROR;
	}
}

static enum ps_answer ask(int fd, const char *lines, char **text)
{
	enum ps_answer answer;

	if (write(fd, lines, strlen(lines)) != (ssize_t)strlen(lines))
		return trouble(text, PS_LUNATIK_DEVICE);
	*text = read_all(fd);
	if (!*text)
		return trouble(text, PS_LUNATIK_DEVICE);
	answer = to_answer(**text);
	if (**text)
		memmove(*text, *text + 1, strlen(*text));
	return answer;
}

enum ps_answer ps_lunatik_run(const char *lines, char **text)
{
	int fd = open(PS_LUNATIK_DEVICE, O_RDWR | O_CLOEXEC);
	enum ps_answer answer;

	if (fd < 0)
		return trouble(text, PS_LUNATIK_DEVICE);
	answer = ask(fd, lines, text);
	close(fd);
	return answer;
}
