/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A script with the modules that it requires, found and compiled before it runs, since nothing is read then. Process context.
 */
#ifndef PS_BUNDLE_H
#define PS_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"

#define PS_MODULES_MAX		32		/* of a script, those that modules require counted */
#define PS_MODULES_DEEP		4		/* of them in one another: each takes of the C stack while it runs */
#define PS_MODULES_TEXT_MAX	(1024 * 1024)	/* bytes of all of them */
#define PS_MODULE_NAME		64		/* bytes of a name, with the final 0 */
#define PS_MODULE_FOLDER	"/usr/share/packetscript/lua"	/* of those that are there for all scripts */
#define PS_MODULE_SUFFIX	".lua"

struct ps_part {
	char name[PS_MODULE_NAME];	/* by which it is required; of the script itself "" */
	char *path;			/* as messages have it */
	uint8_t text[PS_DIGEST_SIZE];	/* of its text */
	uint8_t digest[PS_DIGEST_SIZE];	/* of that, and of those of all modules that it requires; without any the same */
	void *code;
	size_t len, room;		/* bytes of code, and of memory for it */
	bool is_open;			/* what it requires is being gathered */
};

/* All zero: empty. */
struct ps_bundle {
	struct ps_part *part[1 + PS_MODULES_MAX];	/* the script first */
	int n;
};

/* What a bundle is made of. */
struct ps_bundle_source {
	const char *path;	/* of the script, with which its messages begin */
	const char *text;
	size_t len;
	const char *beside;	/* the path beside which modules are looked for first */
	const char *folder;	/* where they are looked for then */
	size_t memory;		/* as for ps_script_compile() */
	void *region;
};

/*
 * Fills in bundle, which is empty. Returns 0, or -1 and why in error[size]. ps_bundle_clean() undoes it, also after a
 * failure.
 */
int ps_bundle_make(struct ps_bundle *bundle, const struct ps_bundle_source *source, char *error, size_t size);
void ps_bundle_clean(struct ps_bundle *bundle);

/* Gives the code back, where it is loaded in all states that there will be; the names stay. */
void ps_bundle_drop_code(struct ps_bundle *bundle);

/* The module that is required by this name, or NULL. */
const struct ps_part *ps_bundle_module(const struct ps_bundle *bundle, const char *name);

#endif
