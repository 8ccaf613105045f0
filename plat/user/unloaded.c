/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "unloaded.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define CERTIFICATE	"/var/lib/dkms/mok.pub"	/* of the key that DKMS signs modules with */

/* Kernels that take signed modules only: a file that contains the word tells. */
static const struct obstacle {
	const char *file, *word;
	const char *what;	/* it is, too */
	const char *instead;	/* of a signature */
} obstacles[] = {
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

static const struct obstacle *find_obstacle(void)
{
	size_t i;

	for (i = 0; i < sizeof(obstacles) / sizeof(obstacles[0]); i++) {
		if (file_has(obstacles[i].file, obstacles[i].word))
			return &obstacles[i];
	}
	return NULL;
}

/* The machine's owner enrols keys by shim, which only machines with EFI have. */
static void tell_obstacle(const struct obstacle *obstacle, char text[PS_UNLOADED_TEXT])
{
	if (!access(CERTIFICATE, F_OK) && !access("/sys/firmware/efi", F_OK))
		snprintf(text, PS_UNLOADED_TEXT,
			 "this kernel %stakes signed modules only: if 'mokutil -t " CERTIFICATE "' says that the key of DKMS is not enrolled, "
			 "'mokutil -i " CERTIFICATE "' and a restart enrol it; or %s", obstacle->what, obstacle->instead);
	else
		snprintf(text, PS_UNLOADED_TEXT,
			 "this kernel %stakes signed modules only: sign PacketScript's modules with a key that it trusts, or %s", obstacle->what,
			 obstacle->instead);
}

static bool is_installed(const char *module, const char *release)
{
	char modules[sizeof(((struct utsname *)0)->release) + 32], file[64];

	snprintf(modules, sizeof(modules), "/lib/modules/%s/modules.dep", release);
	snprintf(file, sizeof(file), "/%s.ko", module);
	return file_has(modules, file);
}

static void tell_installation(const char *module, const char *release, char text[PS_UNLOADED_TEXT])
{
	if (!access("/var/lib/dkms/packetscript", F_OK))
		snprintf(text, PS_UNLOADED_TEXT, "the module %s is not installed for this kernel: install linux-headers-%s, and DKMS builds it", module,
			 release);
	else
		snprintf(text, PS_UNLOADED_TEXT, "the module %s is not installed for this kernel: in PacketScript's folder, make install KVER=%s", module,
			 release);
}

void ps_unloaded(const char *module, char text[PS_UNLOADED_TEXT])
{
	const struct obstacle *obstacle = find_obstacle();
	struct utsname system;

	uname(&system);
	if (file_has("/proc/sys/kernel/modules_disabled", "1"))
		snprintf(text, PS_UNLOADED_TEXT, "this kernel takes no more modules since kernel.modules_disabled was set: load %s before that, after a "
			 "restart", module);
	else if (access("/proc/modules", F_OK) < 0)
		snprintf(text, PS_UNLOADED_TEXT, "this kernel is built without modules: start another");
	else if (!is_installed(module, system.release))
		tell_installation(module, system.release, text);
	else if (obstacle)
		tell_obstacle(obstacle, text);
	else
		snprintf(text, PS_UNLOADED_TEXT, "the module %s is installed but not loaded: modprobe %s, as root, loads it or says why not", module,
			 module);
}
