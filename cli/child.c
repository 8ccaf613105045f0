/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGS_MAX	4200	/* files of a revision, and some options */
#define KEPT_BYTES	4096	/* of what it says */

/* What comes from one of its outputs: the first bytes are kept. */
struct output {
	int fd;
	char text[KEPT_BYTES];
	size_t n;
};

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

/* Rights are gone when the program is started: they are not in the set that root gets then. */
static void give_up_rights(int ms)
{
	const struct rlimit no_files = { 0, 0 }, cpu = { ms / 1000 + 1, ms / 1000 + 2 };
	int cap;

	for (cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		prctl(PR_CAPBSET_DROP, cap);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	setrlimit(RLIMIT_FSIZE, &no_files);
	setrlimit(RLIMIT_CPU, &cpu);
}

static void become(const struct cli_child *child, int out, int err)
{
	char *args[ARGS_MAX + 2] = { (char *)"packetscript" };
	int null = open("/dev/null", O_RDONLY), n;
	sigset_t none;

	for (n = 0; child->args[n] && n < ARGS_MAX; n++)
		args[n + 1] = (char *)child->args[n];
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	if (dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0)
		_exit(127);
	if (child->is_trial)
		give_up_rights(child->ms);
	execv("/proc/self/exe", args);
	_exit(127);
}

static void take(struct output *output)
{
	char piece[4096];
	ssize_t n = read(output->fd, piece, sizeof(piece));
	size_t room = sizeof(output->text) - 1 - output->n;

	if (n <= 0) {
		close(output->fd);
		output->fd = -1;
		return;
	}
	if ((size_t)n < room)
		room = n;
	memcpy(output->text + output->n, piece, room);
	output->n += room;
	output->text[output->n] = 0;
}

/* NULL, or why it has to be ended. */
static const char *listen_to(const struct cli_child *child, struct output *outputs)
{
	long long until = now_ms() + child->ms, left;

	while (outputs[0].fd >= 0 || outputs[1].fd >= 0) {
		struct pollfd fds[] = { { outputs[0].fd, POLLIN, 0 }, { outputs[1].fd, POLLIN, 0 }, { child->stop, POLLIN, 0 } };
		int i;

		left = until - now_ms();
		if (left <= 0)
			return "takes too long, and was ended";
		if (poll(fds, 3, left) < 0)
			continue;
		if (fds[2].revents)
			return "was ended, as this program is";
		for (i = 0; i < 2; i++) {
			if (fds[i].revents)
				take(&outputs[i]);
		}
	}
	return NULL;
}

/* Without the program's name, which each of its lines begins with, and without the last line's end. */
static void tell(char *text, size_t size, const struct output *outputs)
{
	static const char name[] = "packetscript: ";
	const char *from = outputs[1].n ? outputs[1].text : outputs[0].text;
	size_t n = 0;

	if (!strncmp(from, name, strlen(name)))
		from += strlen(name);
	for (; *from && n + 1 < size; from++)
		text[n++] = *from;
	while (n && text[n - 1] == '\n')
		n--;
	text[n] = 0;
}

static int wait_for(pid_t pid, const char *why, char *text, size_t size)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return CLI_CHILD_ENDED;
	}
	if (!why && WIFEXITED(status))
		return WEXITSTATUS(status);
	snprintf(text, size, "%s", why ? why : "was ended by a signal");
	return CLI_CHILD_ENDED;
}

int cli_child_run(const struct cli_child *child, char *text, size_t size)
{
	struct output outputs[2] = { { .fd = -1 }, { .fd = -1 } };
	int out[2], err[2];
	const char *why;
	pid_t pid;

	snprintf(text, size, "no process: %s", strerror(errno));
	if (pipe2(out, O_CLOEXEC))
		return CLI_CHILD_ENDED;
	pid = pipe2(err, O_CLOEXEC) ? -1 : fork();
	if (!pid)
		become(child, out[1], err[1]);
	close(out[1]);
	outputs[0].fd = out[0];
	if (pid < 0) {
		close(out[0]);
		return CLI_CHILD_ENDED;
	}
	close(err[1]);
	outputs[1].fd = err[0];
	why = listen_to(child, outputs);
	if (why)
		kill(-pid, SIGKILL);
	if (why)
		kill(pid, SIGKILL);
	if (outputs[0].fd >= 0)
		close(outputs[0].fd);
	if (outputs[1].fd >= 0)
		close(outputs[1].fd);
	tell(text, size, outputs);
	return wait_for(pid, why, text, size);
}
