/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "conf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "words.h"

#define MOST	(1 << 20)	/* bytes of a file */

static int fail(struct ps_conf *conf, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int fail(struct ps_conf *conf, const char *format, ...)
{
	int err = errno, len = snprintf(conf->error, sizeof(conf->error), "%s: ", conf->path);
	va_list args;

	va_start(args, format);
	if (len >= 0 && (size_t)len < sizeof(conf->error))
		vsnprintf(conf->error + len, sizeof(conf->error) - len, format, args);
	va_end(args);
	errno = err;
	return -1;
}

/* Who else could have written it, or put another one in its place; NULL: nobody. */
static const char *why_unsafe(const struct stat *st)
{
	if (st->st_uid && st->st_uid != geteuid())
		return "is another user's, so it is not obeyed: chown root";
	return st->st_mode & (S_IWGRP | S_IWOTH) ? "others can write to it, so it is not obeyed: chmod go-w" : NULL;
}

/*
 * Reading.
 */
static char *read_text(struct ps_conf *conf, int fd, size_t size)
{
	char *text = malloc(size + 1);
	size_t n = 0;
	ssize_t got = 1;

	while (text && n < size && got > 0) {
		got = read(fd, text + n, size - n);
		n += got > 0 ? got : 0;
	}
	if (text && got >= 0 && !memchr(text, 0, n)) {
		text[n] = 0;
		return text;
	}
	if (!text || got < 0)
		fail(conf, "%s", strerror(errno));
	else
		fail(conf, "is no text");
	free(text);
	return NULL;
}

static char *read_file(struct ps_conf *conf, int fd)
{
	const char *unsafe;
	struct stat st;

	if (fstat(fd, &st)) {
		fail(conf, "%s", strerror(errno));
		return NULL;
	}
	unsafe = why_unsafe(&st);
	if (!S_ISREG(st.st_mode))
		fail(conf, "is no file");
	else if (unsafe)
		fail(conf, "%s", unsafe);
	else if (st.st_size > MOST)
		fail(conf, "is larger than 1 MiB");
	else
		return read_text(conf, fd, st.st_size);
	return NULL;
}

static int cut_lines(struct ps_conf *conf, char *text)
{
	char *line;
	int err = 0;

	while (!err && text && *text) {
		line = strsep(&text, "\n");
		err = ps_conf_set(conf, conf->n, line);
	}
	return err;
}

int ps_conf_read(struct ps_conf *conf, const char *path)
{
	char *text;
	int fd, err;

	/* what a link leads to is what is written: the link stays */
	conf->path = realpath(path, NULL);
	if (!conf->path)
		conf->path = strdup(path);
	if (!conf->path)
		return -1;
	fd = open(conf->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fail(conf, "%s", strerror(errno));
	errno = 0;
	text = read_file(conf, fd);
	close(fd);
	if (!text) {
		errno = EINVAL;
		return -1;
	}
	err = cut_lines(conf, text);
	free(text);
	return err;
}

int ps_conf_set(struct ps_conf *conf, size_t i, const char *line)
{
	char *copy = line ? strdup(line) : NULL, **more;

	if (line && !copy)
		return fail(conf, "%s", strerror(errno));
	if (i == conf->n) {
		more = realloc(conf->lines, (conf->n + 1) * sizeof(*more));
		if (!more) {
			free(copy);
			return fail(conf, "%s", strerror(errno));
		}
		conf->lines = more;
		conf->lines[conf->n++] = NULL;
	}
	free(conf->lines[i]);
	conf->lines[i] = copy;
	if (copy)
		return 0;
	memmove(&conf->lines[i], &conf->lines[i + 1], (conf->n - i - 1) * sizeof(*conf->lines));
	conf->n--;
	return 0;
}

void ps_conf_clean(struct ps_conf *conf)
{
	size_t i;

	for (i = 0; i < conf->n; i++)
		free(conf->lines[i]);
	free(conf->lines);
	free(conf->path);
	memset(conf, 0, sizeof(*conf));
}

/*
 * Writing.
 */
static bool write_lines(const struct ps_conf *conf, int fd)
{
	FILE *file = fdopen(fd, "w");
	bool is_written;
	size_t i;

	if (!file) {
		close(fd);
		return false;
	}
	for (i = 0; i < conf->n; i++)
		fprintf(file, "%s\n", conf->lines[i]);
	is_written = !fflush(file) && !ferror(file) && !fchmod(fd, 0644) && !fsync(fd);
	return !fclose(file) && is_written;
}

/* What names files says has to be on the disk, too. */
static bool sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, slash > path ? slash - path : 1) : strdup(".");
	int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool is_synced = fd >= 0 && !fsync(fd);

	if (fd >= 0)
		close(fd);
	free(folder);
	return is_synced;
}

/* Beside it, by a name that no reader takes for such a file. */
static char *temporary_name(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char *temporary;

	return asprintf(&temporary, "%.*s.%s.XXXXXX", (int)(name - path), path, name) < 0 ? NULL : temporary;
}

int ps_conf_write(struct ps_conf *conf)
{
	char *temporary;
	int fd, err;

	if (!conf->n)
		return unlink(conf->path) || !sync_folder(conf->path) ? fail(conf, "%s", strerror(errno)) : 0;
	temporary = temporary_name(conf->path);
	fd = temporary ? mkostemp(temporary, O_CLOEXEC) : -1;
	if (fd < 0) {
		free(temporary);
		return fail(conf, "%s", strerror(errno));
	}
	if (write_lines(conf, fd) && !rename(temporary, conf->path) && sync_folder(conf->path)) {
		free(temporary);
		return 0;
	}
	err = errno;
	unlink(temporary);
	free(temporary);
	errno = err;
	return fail(conf, "%s", strerror(err));
}

/*
 * Words.
 */
const char *ps_conf_cut(struct ps_conf_words *words, const char *line)
{
	char *to = malloc(strlen(line) + 1);

	words->text = to;
	words->n = 0;
	if (!to)
		return "not enough memory";
	for (line += strspn(line, " \t"); *line && *line != '#'; line += strspn(line, " \t")) {
		if (words->n == PS_CONF_WORDS)
			return "has too many words";
		words->words[words->n++] = to;
		to = ps_word_cut(&line, to);
		if (!to)
			return "a quote is not closed";
	}
	words->words[words->n] = NULL;
	return NULL;
}

/*
 * Folders.
 */
static int is_conf(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && !strcmp(entry->d_name + len - 5, ".conf");
}

/* Not as the language that the user speaks would have it: at boot there is another one, or none. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int ps_conf_list(const char *folder, char ***paths, char *error, size_t size)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), n = -1, i;
	struct dirent **entries = NULL;
	const char *unsafe = NULL;
	struct stat st;

	*paths = NULL;
	if (fd >= 0 && !fstat(fd, &st)) {
		unsafe = why_unsafe(&st);
		n = unsafe ? -1 : scandirat(fd, ".", &entries, is_conf, by_name);
	}
	snprintf(error, size, "%s: %s", folder, unsafe ? unsafe : strerror(errno));
	if (unsafe)
		errno = EINVAL;
	if (fd >= 0)
		close(fd);
	if (n < 0)
		return -1;
	*paths = calloc(n + 1, sizeof(**paths));
	for (i = 0; i < n; i++) {
		if (*paths && asprintf(&(*paths)[i], "%s/%s", folder, entries[i]->d_name) < 0)
			(*paths)[i] = NULL;
		free(entries[i]);
	}
	free(entries);
	return *paths ? n : -1;
}

int ps_conf_lock(const char *folder)
{
	int fd;

	if (mkdir(folder, 0755) ? errno != EEXIST : !sync_folder(folder))
		return -1;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX)) {
		close(fd);
		return -1;
	}
	return fd;
}
