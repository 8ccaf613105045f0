/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The files of a revision in a folder. */
#ifndef PS_FLEET_FOLDER_H
#define PS_FLEET_FOLDER_H

#include "revision.h"

struct ps_depot;

/* Finds what a revision has that is made of the folder: names, sizes, digests. Returns 0, or -1 and in error[size] what is wrong. */
int ps_folder_read(struct ps_revision *revision, const char *folder, char *error, size_t size);

/* Sends what the store lacks, and adds up its bytes. As above. */
int ps_folder_send(struct ps_depot *store, const struct ps_revision *revision, const char *folder, long long *sent, char *error, size_t size);

/* Files that come from a store. */
struct ps_fetch {
	struct ps_depot *store;
	const struct ps_revision *revision;
	const char *folder;		/* where they will be */
	const char *from;		/* another folder, which may have some of them; NULL: none */
	bool (*go_on)(void *context);	/* asked before each chunk: false ends it; NULL: nobody is asked */
	void *context;
	long long fetched;		/* adds up bytes that came from the store */
};

/*
 * Makes the folder of the revision's files: those that from has are linked from there, others come from the store, but for what an earlier call has
 * left in the folder, which goes on where it ended. Each byte has been looked at. As above.
 */
int ps_folder_fetch(struct ps_fetch *fetch, char *error, size_t size);

/* Writes a file below the folder, anew. Returns 0 or -1 and errno. */
int ps_folder_write(const char *folder, const char *name, const char *text);

/* The text of such a file, which the caller frees. NULL and errno: it cannot be read, or has more than max bytes. */
char *ps_folder_text(const char *folder, const char *name, size_t max);

/* Takes the folder away with all that is in it, if it is there. Returns 0 or -1 and errno. */
int ps_folder_remove(const char *folder);

/* The path of the file in the folder: snprintf() into PATH_MAX bytes. False: it is too long. */
bool ps_folder_path(char *path, const char *folder, const char *name);

#endif
