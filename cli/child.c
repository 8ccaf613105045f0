/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGS_MAX	4200	/* files of a revision, and some options */
#define KEPT_BYTES	4096	/* of what it says */
#define TRIAL_BYTES	(1ul << 30)

/* What comes from one of its outputs: the first bytes are kept. */
struct output {
	int fd;
	char text[KEPT_BYTES];
	size_t n;
};

long long cli_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

/* So much address space is enough for all that a revision may rightly have. The sanitizer's own tables do not fit into it. */
static int limit_memory(void)
{
#if defined(__SANITIZE_ADDRESS__)
	return 0;
#else
	const struct rlimit memory = { TRIAL_BYTES, TRIAL_BYTES };

	return setrlimit(RLIMIT_AS, &memory);
#endif
}

#define NOT_STARTED	127	/* as shells have it: it has said why */

/* What it has none of and may get none of is not given to the program either, whoever starts it. */
static int give_up_rights(int ms)
{
	const struct rlimit no_files = { 0, 0 }, cpu = { ms / 1000 + 1, ms / 1000 + 2 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };

	/* rights last: where less is allowed already, they are needed to allow as much */
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || setrlimit(RLIMIT_FSIZE, &no_files) || setrlimit(RLIMIT_CPU, &cpu) || limit_memory() ||
	       syscall(SYS_capset, &header, none) ? -1 : 0;
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
		_exit(NOT_STARTED);
	if (child->is_trial && give_up_rights(child->ms)) {
		dprintf(STDERR_FILENO, "no rights could be given up: %s\n", strerror(errno));
		_exit(NOT_STARTED);
	}
	execv("/proc/self/exe", args);
	_exit(NOT_STARTED);
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
	long long until = cli_now_ms() + child->ms, left;

	while (outputs[0].fd >= 0 || outputs[1].fd >= 0) {
		struct pollfd fds[] = { { outputs[0].fd, POLLIN, 0 }, { outputs[1].fd, POLLIN, 0 }, { child->stop, POLLIN, 0 } };
		int i;

		left = until - cli_now_ms();
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
		return WEXITSTATUS(status) == NOT_STARTED ? CLI_CHILD_ENDED : WEXITSTATUS(status);
	if (!why)
		/* what reads files gives up so where memory is short */
		why = WTERMSIG(status) == SIGABRT ? "needs more memory than it may have" : "was ended by a signal";
	snprintf(text, size, "%s", why);
	return CLI_CHILD_ENDED;
}

static bool make_pipes(int pipes[2][2])
{
	if (pipe2(pipes[0], O_CLOEXEC))
		return false;
	if (!pipe2(pipes[1], O_CLOEXEC))
		return true;
	close(pipes[0][0]);
	close(pipes[0][1]);
	return false;
}

int cli_child_run(const struct cli_child *child, char *text, size_t size)
{
	struct output outputs[2] = { { .fd = -1 }, { .fd = -1 } };
	const char *why = NULL;
	int pipes[2][2], i;
	pid_t pid = -1;

	if (make_pipes(pipes)) {
		pid = fork();
		if (!pid)
			become(child, pipes[0][1], pipes[1][1]);
		for (i = 0; i < 2; i++) {
			close(pipes[i][1]);
			outputs[i].fd = pipes[i][0];
		}
	}
	if (pid < 0)
		snprintf(text, size, "no process: %s", strerror(errno));
	else
		why = listen_to(child, outputs);
	if (why)
		kill(-pid, SIGKILL);
	if (why)
		kill(pid, SIGKILL);
	for (i = 0; i < 2; i++) {
		if (outputs[i].fd >= 0)
			close(outputs[i].fd);
	}
	if (pid < 0)
		return CLI_CHILD_ENDED;
	tell(text, size, outputs);
	return wait_for(pid, why, text, size);
}
