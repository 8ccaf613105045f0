/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "watch.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

#define GATHER_MS	100	/* editors and copies of folders change several files, one after the other */
#define GATHERED_MAX	20	/* so often at most: what changes all the time is not waited for without an end */
#define LOOK_MS		1000

/* Editors write the file, or another one that gets its name. The folder may get another's place, too. */
#define CHANGES		(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVE_SELF | IN_DELETE_SELF)
#define OF_FOLDER	(IN_MOVE_SELF | IN_DELETE_SELF | IN_IGNORED)

struct cli_watched {
	int folder;	/* as inotify calls it; -1: it cannot be watched */
	char name[NAME_MAX + 1];
};

static volatile sig_atomic_t is_ended;

static void end(int signal)
{
	(void)signal;
	is_ended = 1;
}

static void catch_signals(sigset_t *before)
{
	static const int ends[] = { SIGINT, SIGTERM };
	const struct sigaction action = { .sa_handler = end };
	sigset_t blocked;
	size_t i;

	sigemptyset(&blocked);
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigaddset(&blocked, ends[i]);
	sigprocmask(SIG_BLOCK, &blocked, before);
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		sigdelset(before, ends[i]);
		sigaction(ends[i], &action, NULL);
	}
}

bool cli_watch_open(struct cli_watch *watch)
{
	*watch = (struct cli_watch){ .fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC) };
	if (watch->fd < 0) {
		cli_error("files cannot be watched: %s", strerror(errno));
		return false;
	}
	catch_signals(&watch->signals);
	return true;
}

void cli_watch_clear(struct cli_watch *watch)
{
	free(watch->files);
	watch->files = NULL;
	watch->nfiles = 0;
	watch->is_lacking = false;
}

void cli_watch_close(struct cli_watch *watch)
{
	cli_watch_clear(watch);
	close(watch->fd);
}

static void add_name(struct cli_watch *watch, const char *path)
{
	const char *name = strrchr(path, '/');
	struct cli_watched *files, *file;
	char folder[PATH_MAX];

	if (!name || strlen(path) >= sizeof(folder) || strlen(name + 1) > NAME_MAX)
		return;
	files = realloc(watch->files, (watch->nfiles + 1) * sizeof(*files));
	if (!files)
		return;
	watch->files = files;
	file = &files[watch->nfiles++];
	strcpy(file->name, name + 1);
	snprintf(folder, sizeof(folder), "%.*s", name == path ? 1 : (int)(name - path), path);
	/* a folder that is watched already has the same number then */
	file->folder = inotify_add_watch(watch->fd, folder, CHANGES | IN_ONLYDIR);
	if (file->folder >= 0)
		return;
	/* it is told once, and not every second */
	if (errno != ENOENT && errno != ENOTDIR)
		cli_error("%s: cannot be watched: %s", folder, strerror(errno));
	else
		watch->is_lacking = true;
}

void cli_watch_add(struct cli_watch *watch, const char *path)
{
	char target[PATH_MAX];

	add_name(watch, path);
	/* a link may get another target, and its target another text */
	if (realpath(path, target) && strcmp(path, target))
		add_name(watch, target);
}

static bool is_about(const struct cli_watch *watch, const struct inotify_event *event)
{
	size_t i;

	if (event->mask & IN_Q_OVERFLOW)
		return true;
	for (i = 0; i < watch->nfiles; i++) {
		if (watch->files[i].folder != event->wd)
			continue;
		if (event->mask & OF_FOLDER || (event->len && !strcmp(event->name, watch->files[i].name)))
			return true;
	}
	return false;
}

/* Reads what has come, all of it. Whether some is about one of the files. */
static bool read_events(const struct cli_watch *watch)
{
	char buffer[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *event;
	bool is_found = false;
	ssize_t len;
	char *at;

	while ((len = read(watch->fd, buffer, sizeof(buffer))) > 0) {
		for (at = buffer; at < buffer + len; at += sizeof(*event) + event->len) {
			event = (const struct inotify_event *)at;
			is_found |= is_about(watch, event);
		}
	}
	return is_found;
}

/* As ppoll(); 0: nothing came within so many milliseconds, -1: no limit. */
static int poll_events(const struct cli_watch *watch, int ms)
{
	const struct timespec timeout = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
	struct pollfd fd = { .fd = watch->fd, .events = POLLIN };

	return ppoll(&fd, 1, ms < 0 ? NULL : &timeout, &watch->signals);
}

enum cli_waited cli_watch_wait(struct cli_watch *watch, bool *is_failed)
{
	bool is_changed = false;
	int i, n;

	for (i = 0; i < GATHERED_MAX;) {
		n = poll_events(watch, is_changed ? GATHER_MS : watch->is_lacking ? LOOK_MS : -1);
		if (is_ended)
			return CLI_WATCH_ENDED;
		if (!n)
			break;
		if (n < 0 && errno != EINTR) {
			*is_failed = true;
			cli_error("files cannot be watched: %s", strerror(errno));
			return CLI_WATCH_ENDED;
		}
		is_changed |= n > 0 && read_events(watch);
		i += is_changed;
	}
	return is_changed ? CLI_WATCH_CHANGED : CLI_WATCH_LOOK;
}
