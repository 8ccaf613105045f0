/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What is wrong with a script, as far as its compiled code tells: it is never run.
 */
#ifndef PS_LINT_H
#define PS_LINT_H

#include <stdbool.h>
#include <stddef.h>

enum ps_severity {
	PS_NOTE,	/* a handler has been found; something has not been looked at */
	PS_WARNING,	/* compiles, and will hardly do what is meant */
	PS_ERROR,	/* a rule with this script is refused */
};

struct ps_finding {
	const char *path;	/* as given to ps_lint() */
	int line;		/* from 1; 0: the whole file */
	enum ps_severity severity;
	const char *kind;	/* a short name that stays: "unknown-global" (docs/check.md) */
	const char *message;	/* printable ASCII; what is wrong, and what to do */
	const char *name;	/* PS_NOTE of kind "handler": the function's; else NULL */
};

struct ps_lint_options {
	const char *function;	/* the handler that must be there; NULL: any, best process_packet */
	const char *const *globals;	/* what other scripts of the state define */
	size_t nglobals;
	bool is_test;		/* of 'packetscript test': has no handler, and other globals */
};

/*
 * Looks at text[len] and reports what it finds, by line. The finding is the callee's until report()
 * returns. Memory and time are bounded whatever the text is. Returns 0, or -1 when there is no
 * memory.
 */
int ps_lint(const char *path, const char *text, size_t len, const struct ps_lint_options *options,
	    void (*report)(void *context, const struct ps_finding *finding), void *context);

#endif
