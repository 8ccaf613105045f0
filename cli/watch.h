/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Files that a command waits for: that one of them changes, in place or by another that gets its name. */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

struct cli_watch {
	int fd;		/* of inotify */
	struct cli_watched *files;
	size_t nfiles;
	bool is_lacking;	/* a folder that could not be watched: it is looked for every second */
	sigset_t signals;	/* as they were; those that end the waiting are blocked else, so none is lost */
};

/* From here on SIGINT and SIGTERM end the waiting only. False, after a message. */
bool cli_watch_open(struct cli_watch *watch);
void cli_watch_close(struct cli_watch *watch);

/* No file is watched. What has changed before and has not been waited for is not forgotten. */
void cli_watch_clear(struct cli_watch *watch);

/* Watches one more, by its folder. The path stays the caller's. */
void cli_watch_add(struct cli_watch *watch, const char *path);

enum cli_waited {
	CLI_WATCH_CHANGED,	/* a file; others that changed soon after it are done with that, too */
	CLI_WATCH_LOOK,		/* a second has passed, and a folder is lacking */
	CLI_WATCH_ENDED,	/* by a signal; or after a message, then is_failed */
};

enum cli_waited cli_watch_wait(struct cli_watch *watch, bool *is_failed);

#endif
