/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Modules of the kernel, which modprobe(8) loads and unloads. */
#ifndef CLI_MODULE_H
#define CLI_MODULE_H

#include <stdbool.h>

/* False: it cannot be run, or has failed. It says itself why, unless the option is -q. */
bool cli_modprobe(const char *option, const char *name);

#define CLI_MODULES_MAX	64

/*
 * The same for several, CLI_MODULES_MAX at most, in their order. False: modprobe cannot be run, or has failed for one; it has tried the others
 * all the same.
 */
bool cli_modprobe_all(const char *option, const char *const names[], int n);

/* Says why a module is not there, after it could not be loaded. Returns CLI_TROUBLE. */
int cli_module_missing(const char *name);

#endif
