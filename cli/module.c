/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "module.h"

#include <errno.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "unloaded.h"

bool cli_modprobe_all(const char *option, const char *const names[], int n)
{
	char *argv[2 + CLI_MODULES_MAX + 1] = { (char *)"modprobe", (char *)option };
	int i, status;
	pid_t pid;

	for (i = 0; i < n; i++)
		argv[2 + i] = (char *)names[i];
	if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ))
		return false;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

bool cli_modprobe(const char *option, const char *name)
{
	return cli_modprobe_all(option, &name, 1);
}

int cli_module_missing(const char *name)
{
	char why[PS_UNLOADED_TEXT];

	ps_unloaded(name, why);
	return cli_error("%s", why);
}
