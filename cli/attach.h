/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What 'attach' says of a hook, for what keeps that in files. */
#ifndef CLI_ATTACH_H
#define CLI_ATTACH_H

#include <jansson.h>
#include <stdbool.h>

#include "bpf_program.h"
#include "cli.h"
#include "control.h"

/* All zero at first; cli_hook_clean() in any case. Texts are the call's, but the path. */
struct cli_hook {
	struct ps_attachment attachment;
	enum ps_xdp_mode mode;	/* of --hook xdp */
	char *script;		/* the absolute path */
	const char *netns;	/* NULL: that of the process */
};

/* What a call of attach says. has_to_be: the script has to be there. False, after a message. */
bool cli_hook_read(struct cli_hook *hook, const struct cli_call *call, bool has_to_be);
void cli_hook_clean(struct cli_hook *hook);

/* Whether both are the same function of the same script and state at the same hook. */
bool cli_hook_is_same(const struct cli_hook *a, const struct cli_hook *b);

/* The line that says the same as the call, which is the caller's; NULL, after a message: none can. */
char *cli_hook_line(const struct cli_hook *hook, const struct cli_call *call);

/* What becomes of a hook of which a line tells. */
enum cli_hook_action {
	CLI_HOOK_CHECK,		/* nothing */
	CLI_HOOK_RELOAD,	/* the scripts of its state are loaded anew, if that is there */
	CLI_HOOK_ATTACH,	/* it is there then, or was already */
	CLI_HOOK_DETACH,	/* it is not there then */
};

/*
 * Detaches all of which that is true, in this network namespace, with programs; stays: one of these could not be taken away, and a message says so.
 * Returns how many those were, or -1 and an error of the control.
 */
int cli_hook_detach(struct ps_control *control, const struct ps_attachment *wanted, bool *stays);

#define CLI_HOOK_LATER	(-1)	/* its device is not there */
#define CLI_HOOK_UNREAD	(-2)	/* its words are wrong */

/*
 * Reads the line's words, and does that. reloaded: an object, whose names are states that were reloaded, so that each is once. Returns enum
 * cli_exit or CLI_HOOK_UNREAD, after a message; or CLI_HOOK_LATER, if it can be done later.
 */
int cli_hook_line_do(int nwords, char **words, enum cli_hook_action action, bool can_be_later, json_t *reloaded);

/* Reads the line's words into call and hook; the script need not be there. False, after a message. */
bool cli_hook_line_read(struct cli_hook *hook, struct cli_call *call, int nwords, char **words, bool has_to_be);

#endif
