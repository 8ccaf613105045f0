/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A script with the modules that it requires and the lists of its sets, found before it runs, since nothing is read then:
 * scripts and modules are compiled, lists are looked through. Process context.
 */
#ifndef PS_BUNDLE_H
#define PS_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"

#define PS_MODULES_MAX		32		/* of a script, with its lists; those that modules require counted */
#define PS_MODULES_DEEP		4		/* of them in one another: each takes of the C stack while it runs */
#define PS_MODULES_TEXT_MAX	(1024 * 1024)	/* bytes of all of them */
#define PS_LISTS_TEXT_MAX	(16 * 1024 * 1024)	/* bytes of all lists of a script */
#define PS_MODULE_NAME		64		/* bytes of a name, with the final 0 */
#define PS_MODULE_FOLDER	"/usr/share/packetscript/lua"	/* of those that are there for all scripts */
#define PS_MODULE_SUFFIX	".lua"

/* What files are read for. A script itself is read like a module. */
enum ps_part_kind {
	PS_PART_MODULE,
	PS_PART_ADDRESSES,
	PS_PART_NAMES,
	PS_PART_KINDS,
};

/* How scripts ask for a file of a kind: by a call with its name. */
struct ps_part_call {
	const char *library, *function;	/* library: NULL, if the function is a global */
	const char *what;		/* the file is called in messages */
	const char *as;			/* an example of such a call */
};

extern const struct ps_part_call ps_part_calls[PS_PART_KINDS];

struct ps_part {
	enum ps_part_kind kind;
	char name[PS_MODULE_NAME];	/* by which it is asked for; of the script itself "" */
	char *path;			/* as messages have it */
	uint8_t text[PS_DIGEST_SIZE];	/* of its text */
	uint8_t digest[PS_DIGEST_SIZE];	/* of that, and of those of all files that it asks for; without any the same */
	void *code;			/* of a list its text */
	size_t len, room;		/* bytes of code, and of memory for it */
	bool is_open;			/* what it requires is being gathered */
};

/* All zero: empty. */
struct ps_bundle {
	struct ps_part *part[1 + PS_MODULES_MAX];	/* the script first */
	int n;
	bool defers;	/* it asks for a Lua state for deferred work */
	bool translates;	/* and to translate connections */
	bool offloads;		/* and to hand them over */
	bool tracks;		/* and what is known of them */
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

/* The part that is asked for by this name, or NULL. */
const struct ps_part *ps_bundle_part(const struct ps_bundle *bundle, enum ps_part_kind kind, const char *name);

#endif
