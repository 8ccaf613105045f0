/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "module.h"

#include <errno.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "unloaded.h"

bool cli_modprobe(const char *option, const char *name)
{
	char *const argv[] = { (char *)"modprobe", (char *)option, (char *)name, NULL };
	int status;
	pid_t pid;

	if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ))
		return false;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

int cli_module_missing(const char *name)
{
	char why[PS_UNLOADED_TEXT];

	ps_unloaded(name, why);
	return cli_error("%s", why);
}
