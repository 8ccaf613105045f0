/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript: the index of its commands, and how their options are read. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "host_user.h"
#include "spelling.h"

const struct cli_command *const cli_commands[] = {
	&cli_run,
	&cli_queue,
	&cli_attach,
	&cli_detach,
	&cli_restore,
	&cli_list,
	&cli_stats,
	&cli_log,
	&cli_top,
	&cli_trace,
	&cli_reload,
	&cli_set,
	&cli_shared,
	&cli_agent,
	&cli_fleet,
	&cli_limits,
	&cli_runtime,
	&cli_test,
	&cli_check,
	&cli_protocols,
	&cli_types,
	&cli_help,
	&cli_manual,
	&cli_completion,
	NULL,
};

const struct cli_option cli_common[] = {
	{ "help", 'h', NULL, "how to use it" },
	{ NULL },
};

/* The name that the program was called by. */
static const char *program = "packetscript";

const char *cli_words(const struct cli_command *command)
{
	static char words[64];

	snprintf(words, sizeof(words), "packetscript %s", command->name);
	return strcmp(program, "packetscript") ? program : words;
}

/* What messages are about; NULL: what the user has typed. */
static const char *error_place;

/* Who gets the first message; NULL: nobody but the user. */
static char **error_copy;

void cli_error_at(const char *place)
{
	error_place = place;
}

void cli_error_keep(char **first)
{
	error_copy = first;
}

int cli_error(const char *format, ...)
{
	char *text = NULL;
	va_list args;

	fflush(stdout);
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	fprintf(stderr, "%s: ", program);
	if (error_place) {
		ps_user_print(stderr, error_place);
		fputs(": ", stderr);
	}
	ps_user_print(stderr, text ? text : "not enough memory");
	fputc('\n', stderr);
	if (error_copy && !*error_copy)
		*error_copy = text;
	else
		free(text);
	return CLI_TROUBLE;
}

const struct cli_command *cli_find(const char *name)
{
	const struct cli_command *const *command;

	for (command = cli_commands; *command; command++) {
		if (!strcmp((*command)->name, name))
			return *command;
	}
	return NULL;
}

bool cli_number(const struct cli_call *call, int option, uint32_t min, uint32_t max,
		uint32_t preset, uint32_t *number)
{
	const char *text = call->values[option];
	unsigned long long value;
	char *end;

	*number = preset;
	if (!text)
		return true;
	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || *end || end == text || text[0] == '-' || value < min || value > max) {
		cli_error("--%s %s: give a number from %u to %u",
			  call->command->options[option].name, text, min, max);
		return false;
	}
	*number = value;
	return true;
}

int cli_unknown(const char *name)
{
	const struct cli_command *const *command;
	const char *near = NULL;
	unsigned int far = 3, d;

	for (command = cli_commands; *command; command++) {
		d = ps_spelling_distance(name, (*command)->name);
		if (d >= far || d >= strlen((*command)->name) - 1)
			continue;
		near = (*command)->name;
		far = d;
	}
	if (near)
		return cli_error("there is no command '%s'; is '%s' meant?", name, near);
	return cli_error("there is no command '%s'; 'packetscript --help' lists them", name);
}

/* Adds a table to that of getopt_long(), which returns first for its first row, and so on. */
static void add_options(const struct cli_option *options, int first, struct option *to,
			char *letters)
{
	int i;

	for (i = 0; options[i].name; i++) {
		to[i].name = options[i].name;
		to[i].has_arg = options[i].arg ? required_argument : no_argument;
		to[i].flag = NULL;
		to[i].val = first + i;
		if (!options[i].letter)
			continue;
		letters += strlen(letters);
		*letters++ = options[i].letter;
		if (options[i].arg)
			*letters++ = ':';
		*letters = 0;
	}
}

static int count(const struct cli_option *options)
{
	int n = 0;

	while (options[n].name)
		n++;
	return n;
}

/* The place of the option with this letter, or that of the table's end. */
static int by_letter(const struct cli_option *options, int letter)
{
	int i;

	for (i = 0; options[i].name; i++) {
		if (options[i].letter == letter)
			break;
	}
	return i;
}

const char *cli_nth_word(const char *text, int n, int *len)
{
	for (; n > 0 && strchr(text, ' '); n--)
		text = strchr(text, ' ') + 1;
	*len = strcspn(text, " ");
	return text;
}

static int wrong_usage(const struct cli_command *command)
{
	const char *words = cli_words(command);

	fprintf(stderr, "usage: %s [options]%s%s (%s --help says more)\n", words, command->operands[0] ? " " : "", command->operands, words);
	return CLI_TROUBLE;
}

/* The option of this value, or the table's end. */
static const struct option *option_of(const struct option *table, int value)
{
	while (table->name && table->val != value)
		table++;
	return table;
}

/* The options that begin like the word, --WORD or --WORD=…, each behind a space. Returns how many. */
static int find_alike(const struct option *table, const char *word, char *names, size_t size)
{
	size_t len = strcspn(word + 2, "="), used = 0;
	int n = 0;

	for (; table->name; table++) {
		if (strncmp(table->name, word + 2, len))
			continue;
		used += snprintf(names + used, size - used, " '--%s'", table->name);
		used = used < size ? used : size - 1;
		n++;
	}
	return n;
}

/* In the words of getopt(3), which knows of no place in a file. option: what getopt_long() has returned; word: the last that it has read. */
static void option_error(int option, const char *word, const struct option *table)
{
	const struct option *known = option_of(table, optopt);
	char alike[512];

	if (!optopt && find_alike(table, word, alike, sizeof(alike)) > 1)
		cli_error("option '%s' is ambiguous; possibilities:%s", word, alike);
	else if (!optopt)
		cli_error("unrecognized option '%s'", word);
	else if (option == ':' && known->name)
		cli_error("option '--%s' requires an argument", known->name);
	else if (option == ':')
		cli_error("option requires an argument -- '%c'", optopt);
	else if (known->name)
		cli_error("option '--%s' doesn't allow an argument", known->name);
	else
		cli_error("invalid option -- '%c'", optopt);
}

enum cli_parsed cli_parse(struct cli_call *call, const struct cli_command *command, int argc, char **argv)
{
	enum { FIRST = 1000, COMMON = 2000 };
	struct option table[CLI_OPTIONS_MAX + 4] = { { NULL } };
	char letters[3 * (CLI_OPTIONS_MAX + 4)] = ":";
	int n = count(command->options), option, place, len;
	const char *missing;

	*call = (struct cli_call){ .command = command };
	add_options(command->options, FIRST, table, letters);
	add_options(cli_common, COMMON, table + n, letters);
	optind = 0;
	opterr = 0;
	for (;;) {
		option = getopt_long(argc, argv, letters, table, NULL);
		if (option < 0)
			break;
		if (option == '?' || option == ':') {
			option_error(option, argv[optind - 1], table);
			return CLI_MISUSED;
		}
		if (option == 'h' || option >= COMMON)
			return CLI_ASKS_HELP;
		place = option >= FIRST ? option - FIRST : by_letter(command->options, option);
		call->values[place] = optarg ? optarg : "";
		if (option < FIRST || !command->options[place].is_list)
			continue;
		if (call->nlisted == CLI_LISTED_MAX) {
			cli_error("--%s: %d times at most", command->options[place].name, CLI_LISTED_MAX);
			return CLI_MISUSED;
		}
		call->listed[call->nlisted++] = optarg;
	}
	call->operands = (const char *const *)argv + optind;
	call->noperands = argc - optind;
	if (call->noperands < command->min) {
		missing = cli_nth_word(command->operands, call->noperands, &len);
		cli_error("%s: %.*s is missing", command->name, len, missing);
		return CLI_MISUSED;
	}
	if (command->max != CLI_ANY && call->noperands > command->max) {
		cli_error("%s: '%s' is one argument too many", command->name,
			  call->operands[command->max]);
		return CLI_MISUSED;
	}
	return CLI_PARSED;
}

static int call_command(const struct cli_command *command, int argc, char **argv)
{
	struct cli_call call;

	switch (cli_parse(&call, command, argc, argv)) {
	case CLI_MISUSED:
		return wrong_usage(command);
	case CLI_ASKS_HELP:
		cli_print_help(stdout, command);
		return CLI_OK;
	case CLI_PARSED:
		break;
	}
	return command->run(&call);
}

/* If standard output is closed, the next file that is opened would take its place: prevents that. */
static void occupy_standard(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		/* opened in the wrong direction: using it is an error, as it was when it was closed */
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_RDONLY : O_WRONLY) < 0)
			exit(CLI_TROUBLE);
	}
}

/* By this name the program is one of its commands. */
static bool is_lunatik(const char *path)
{
	const char *name = path ? strrchr(path, '/') : NULL;

	return path && !strcmp(name ? name + 1 : path, "lunatik");
}

int main(int argc, char **argv)
{
	const struct cli_command *command;
	int status;

	occupy_standard();
	if (is_lunatik(argv[0])) {
		program = "lunatik";
		return call_command(&cli_runtime, argc, argv);
	}

	if (argc < 2) {
		cli_print_help(stderr, NULL);
		return CLI_TROUBLE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		cli_print_help(stdout, NULL);
		return CLI_OK;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts("packetscript " PS_VERSION);
		return CLI_OK;
	}
	command = cli_find(argv[1]);
	if (!command)
		return cli_unknown(argv[1]);
	argv[1] = (char *)"packetscript";
	status = call_command(command, argc - 1, argv + 1);
	if ((fflush(stdout) || ferror(stdout)) && status != CLI_TROUBLE)
		return cli_error("standard output: %s", strerror(errno));
	return status;
}
