/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What commands are made of. A command is one file and one row in main.c; its options are a table,
 * from which parsing, help, manual page and completion come.
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CLI_OPTIONS_MAX	16
#define CLI_ANY		(-1)	/* operands without a limit */

/* Exit codes, the same for all commands. */
enum cli_exit {
	CLI_OK = 0,
	CLI_FOUND = 1,		/* it did its work, and found fault with the script */
	CLI_TROUBLE = 2,	/* it could not: wrong usage, a missing file, a malformed capture */
};

struct cli_option {
	const char *name;	/* long, without dashes */
	char letter;		/* short, or 0 */
	const char *arg;	/* what its argument is called, or NULL: a switch */
	const char *help;	/* one line */
	const char *values;	/* what its argument may be, apart by spaces, or NULL: anything */
};

#define CLI_ON_ERROR	"drop accept continue"

struct cli_call;

struct cli_command {
	const char *name;
	const char *operands;		/* as in a synopsis: "SCRIPT IN.pcap" */
	int min, max;			/* how many of them; max may be CLI_ANY */
	const char *summary;		/* half a line */
	const char *about;		/* paragraphs, separated by empty lines */
	const char *examples;		/* lines, or NULL */
	const struct cli_option *options;	/* ends with name NULL; at most CLI_OPTIONS_MAX */
	void (*print_words)(void);	/* what operands may be, a space before each; NULL: files */
	int (*run)(const struct cli_call *call);	/* returns enum cli_exit */
};

/* What a command was called with. */
struct cli_call {
	const struct cli_command *command;
	const char *const *operands;
	int noperands;
	const char *values[CLI_OPTIONS_MAX];	/* by place in the table; "" for a switch; NULL: not given */
};

/* All of them; ends with NULL. */
extern const struct cli_command *const cli_commands[];

extern const struct cli_command cli_run, cli_queue, cli_check, cli_test, cli_protocols, cli_types, cli_help,
	cli_manual, cli_completion;

/* The command of this name, or NULL. */
const struct cli_command *cli_find(const char *name);

/* The options that each command has. */
extern const struct cli_option cli_common[];

/*
 * One line on standard error that begins with the program's name; what is in it may come from scripts
 * and packets. Returns CLI_TROUBLE.
 */
int cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same: there is no command of this name, but maybe one with nearly this name. */
int cli_unknown(const char *name);

/*
 * The number that option has, or preset if it was not given. False: it is none or not within
 * min…max, and standard error says so.
 */
bool cli_number(const struct cli_call *call, int option, uint32_t min, uint32_t max,
		uint32_t preset, uint32_t *number);

/* Help for a command, or NULL: for the program. */
void cli_print_help(FILE *to, const struct cli_command *command);

#endif
