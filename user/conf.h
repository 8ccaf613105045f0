/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Files of lines that the administrator writes as well as the command: read with care, replaced as a whole. */
#ifndef PS_USER_CONF_H
#define PS_USER_CONF_H

#include <stddef.h>

#define PS_CONF_DIR	"/etc/packetscript"
#define PS_CONF_WORDS	64	/* of a line, at most */

/* A file's lines, without what ends each. All zero at first. */
struct ps_conf {
	char *path;
	char **lines;
	size_t n;
	char error[512];	/* what the last call that failed has to say: it begins with a path */
};

/*
 * Reads the file. One that others than root and the caller could have written is refused, and what is no text. Returns 0, or -1 and
 * errno: ENOENT, there is none. The path is set then as well, so that lines can be added and written. ps_conf_clean() in any case.
 */
int ps_conf_read(struct ps_conf *conf, const char *path);

/* Sets line i, or adds it if i is n; NULL takes it away. Returns 0 or -1. */
int ps_conf_set(struct ps_conf *conf, size_t i, const char *line);

/*
 * Writes the lines into a new file, which takes the place of the old one when it is on the disk; without lines, there is no file then.
 * Returns 0 or -1; then the old one is as it was.
 */
int ps_conf_write(struct ps_conf *conf);

void ps_conf_clean(struct ps_conf *conf);

/* The words of a line; none, if it has only blanks and what is behind a # for people. */
struct ps_conf_words {
	char *text;		/* what they are in */
	char *words[PS_CONF_WORDS + 1];	/* ends with NULL */
	int n;
};

/* Returns NULL, or what is wrong. free(words->text) in any case. */
const char *ps_conf_cut(struct ps_conf_words *words, const char *line);

/*
 * The paths of the folder's files NAME.conf, by their names in order, which are the caller's, as are the texts. Folders that others can
 * write to are refused. Returns how many they are, or -1, errno and in error[size] what is wrong, beginning with the path.
 */
int ps_conf_list(const char *folder, char ***paths, char *error, size_t size);

/* Nobody else who asks for this edits the folder's files, until the descriptor is closed. The folder is made, if need be. -1 and errno. */
int ps_conf_lock(const char *folder);

#endif
