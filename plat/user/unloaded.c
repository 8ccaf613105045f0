/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "unloaded.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define CERTIFICATE	"/var/lib/dkms/mok.pub"

/* Reasons why a kernel takes no module: a file that contains the word tells. */
static const struct obstacle {
	const char *file, *word;
	const char *text;	/* in front of "takes signed modules only" */
	const char *instead;	/* of a signature; NULL: it takes none at all */
} obstacles[] = {
	{ "/proc/sys/kernel/modules_disabled", "1", NULL, NULL },
	{ "/sys/kernel/security/lockdown", "[integrity]", "is locked down and ", "turn Secure Boot off" },
	{ "/sys/kernel/security/lockdown", "[confidentiality]", "is locked down and ", "turn Secure Boot off" },
	{ "/sys/module/module/parameters/sig_enforce", "Y", "", "start it without module.sig_enforce" },
};

static bool file_has(const char *path, const char *word)
{
	FILE *file = fopen(path, "re");
	char line[1024];
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = strstr(line, word);
	fclose(file);
	return found;
}

static void tell_signature(const struct obstacle *obstacle, char text[PS_UNLOADED_TEXT])
{
	if (!access(CERTIFICATE, F_OK))
		snprintf(text, PS_UNLOADED_TEXT,
			 "this kernel %stakes signed modules only: mokutil -i " CERTIFICATE " and a restart have it trust the key that DKMS "
			 "signs modules with, or %s", obstacle->text, obstacle->instead);
	else
		snprintf(text, PS_UNLOADED_TEXT,
			 "this kernel %stakes signed modules only: sign PacketScript's modules with a key that it trusts, or %s", obstacle->text,
			 obstacle->instead);
}

static void tell_obstacle(const struct obstacle *obstacle, const char *module, char text[PS_UNLOADED_TEXT])
{
	if (obstacle->instead)
		tell_signature(obstacle, text);
	else
		snprintf(text, PS_UNLOADED_TEXT, "this kernel takes no more modules since kernel.modules_disabled was set: load %s before that, "
			 "after a restart", module);
}

void ps_unloaded(const char *module, char text[PS_UNLOADED_TEXT])
{
	char modules[sizeof(((struct utsname *)0)->release) + 32], file[64];
	struct utsname system;
	size_t i;

	for (i = 0; i < sizeof(obstacles) / sizeof(obstacles[0]); i++) {
		if (file_has(obstacles[i].file, obstacles[i].word)) {
			tell_obstacle(&obstacles[i], module, text);
			return;
		}
	}
	uname(&system);
	snprintf(modules, sizeof(modules), "/lib/modules/%s/modules.dep", system.release);
	snprintf(file, sizeof(file), "/%s.ko", module);
	if (access("/proc/modules", F_OK) < 0)
		snprintf(text, PS_UNLOADED_TEXT, "this kernel is built without modules: start another");
	else if (!file_has(modules, file))
		snprintf(text, PS_UNLOADED_TEXT, "the module %s is not installed for this kernel: in PacketScript's folder, make install KVER=%s",
			 module, system.release);
	else
		snprintf(text, PS_UNLOADED_TEXT, "the module %s is installed but not loaded: modprobe %s, as root, loads it or says why not",
			 module, module);
}
