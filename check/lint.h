/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Finds what is wrong with a script in its compiled code, without running it.
 */
#ifndef PS_LINT_H
#define PS_LINT_H

#include <stdbool.h>
#include <stddef.h>

#include "given.h"

enum ps_severity {
	PS_NOTE,	/* of a handler that was found, or of code that was not looked at */
	PS_WARNING,	/* the script compiles, but will hardly do what is meant */
	PS_ERROR,	/* a rule with this script is refused */
};

struct ps_finding {
	const char *path;	/* as given to ps_lint() */
	int line;		/* from 1; 0: the whole file */
	enum ps_severity severity;
	const char *kind;	/* a short name that later releases keep: "unknown-global" (docs/check.md) */
	const char *message;	/* printable ASCII; what is wrong, and what to do */
	const char *name;	/* PS_NOTE of kind "handler": the function's; else NULL */
};

struct ps_lint_options {
	const char *function;	/* the handler that the script must have; NULL: any, preferably process_packet */
	bool is_match;		/* it is one of a match, preferably match_packet */
	enum ps_given given;	/* what handlers get */
	const char *const *globals;	/* globals that other scripts of the state define */
	size_t nglobals;
	bool is_test;		/* a file of tests: it has no handler, and more globals */
	bool is_module;		/* it is required, so it needs no handler */
	/* Whether a module gives a table, or that is not known; gets context. NULL: nothing is known. */
	bool (*gives_table)(void *context, const char *module);
	/* Gets each global that the text assigns. NULL: nobody asks. */
	void (*take_global)(void *context, const char *name);
	bool *is_table;		/* becomes true if the text, as a module, gives a table; or NULL */
	void *context;
};

/*
 * Looks at text[len] and reports what it finds, by line. The finding is the callee's until report()
 * returns. Memory and time are bounded whatever the text is. Returns 0, or -1 when there is no
 * memory.
 */
int ps_lint(const char *path, const char *text, size_t len, const struct ps_lint_options *options,
	    void (*report)(void *context, const struct ps_finding *finding), void *context);

#endif
