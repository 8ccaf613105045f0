/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Commands. Each is one file and one row in main.c; its options are a table, from which parsing, help, manual page and
 * completion come.
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CLI_OPTIONS_MAX	20
#define CLI_LISTED_MAX	64	/* times that an option may be given which is a list */
#define CLI_ANY		(-1)	/* operands without a limit */

/* Exit codes, the same for all commands. */
enum cli_exit {
	CLI_OK = 0,
	CLI_FOUND = 1,		/* the command did its work, and the script is at fault */
	CLI_TROUBLE = 2,	/* it could not do it: wrong usage, a missing file, a malformed capture */
};

struct cli_option {
	const char *name;	/* long, without dashes */
	char letter;		/* short, or 0 */
	const char *arg;	/* the name of its argument in help; NULL: it is a switch */
	const char *help;	/* one line */
	const char *values;	/* the words that its argument may be, with spaces between; NULL: anything */
	bool is_list;		/* it may be given several times; one option of a command at most */
};

#define CLI_ON_ERROR	"drop accept continue"
#define CLI_OBJECTS	"raw eth arp ip ip6"

/* Rows of the limits of time, one after the other, and how many they are: ps_handle_limits() reads them. */
#define CLI_LIMITS								\
	{ "packet-ms", 0, "MS", "milliseconds that a packet's handler may take, as the module's parameter (default: 40)" },	\
	{ "load-ms", 0, "MS", "milliseconds that loading a script may take (default: 250)" }

/* What is in sets that scripts name: ps_handle_sets() reads it. */
#define CLI_SETS									\
	{ "set", 0, "NAME=FILE", "what is in set.named(NAME): a file as for 'packetscript set NAME load'; any number of these", NULL, true }

#define CLI_NETNS_HELP	"the network namespace, as ip-netns(8) calls it, or the path of its file"

struct cli_call;

struct cli_command {
	const char *name;
	const char *operands;		/* as in a synopsis: "SCRIPT IN.pcap" */
	int min, max;			/* how many of them; max may be CLI_ANY */
	const char *summary;		/* half a line */
	const char *about;		/* paragraphs, separated by empty lines */
	const char *examples;		/* lines, or NULL */
	const struct cli_option *options;	/* ends with name NULL; at most CLI_OPTIONS_MAX */
	void (*print_words)(void);	/* prints the words that operands may be, each after a space; NULL: they are files */
	int (*run)(const struct cli_call *call);	/* returns enum cli_exit */
};

/* The arguments of a call. */
struct cli_call {
	const struct cli_command *command;
	const char *const *operands;
	int noperands;
	const char *values[CLI_OPTIONS_MAX];	/* of options, by place in the table; "" for a switch; NULL: not given */
	const char *listed[CLI_LISTED_MAX];	/* of the option that is a list, in order */
	int nlisted;
};

/* All of them; ends with NULL. */
extern const struct cli_command *const cli_commands[];

extern const struct cli_command cli_run, cli_queue, cli_reload, cli_attach, cli_detach, cli_restore, cli_list, cli_stats, cli_log, cli_top, cli_set, cli_limits, cli_shared, cli_agent, cli_fleet, cli_trace,
	cli_runtime, cli_check, cli_test, cli_protocols, cli_types, cli_help, cli_manual, cli_completion;

/* What a user types to get the command: "packetscript NAME", or the name that the program was called by. Holds until the next call. */
const char *cli_words(const struct cli_command *command);

/* The command of this name, or NULL. */
const struct cli_command *cli_find(const char *name);

/* The options that each command has. */
extern const struct cli_option cli_common[];

/*
 * Prints a line on standard error that begins with the program's name. Text from scripts and packets in it is escaped.
 * Returns CLI_TROUBLE.
 */
int cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* All such lines are about this place of a file, and begin with it, until it is NULL. */
void cli_error_at(const char *place);

/* *first, if it is NULL, becomes the text of the next message, without the place and the program's name, and is the caller's then. NULL:
 * no more. */
void cli_error_keep(char **first);

enum cli_parsed {
	CLI_PARSED,
	CLI_ASKS_HELP,
	CLI_MISUSED,		/* after a message */
};

/*
 * Reads what a command is called with, behind argv[0], with which some messages begin unless they are about a place; argv is put in
 * another order, and has to stay as long as the call, but for argv[0].
 */
enum cli_parsed cli_parse(struct cli_call *call, const struct cli_command *command, int argc, char **argv);

/* Says in such a line that there is no command of this name, and which one may be meant. */
int cli_unknown(const char *name);

/*
 * The number that is given for an option, or preset if none is. False, after a message: it is no number, or not within
 * min…max.
 */
bool cli_number(const struct cli_call *call, int option, uint32_t min, uint32_t max,
		uint32_t preset, uint32_t *number);

/* Word n of text, from 0; *len: its length. */
const char *cli_nth_word(const char *text, int n, int *len);

/* Prints the help for a command; NULL: for the program. */
void cli_print_help(FILE *to, const struct cli_command *command);

#endif
