/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* help, manual, completion: three ways of showing the tables of commands and options. */
#include <string.h>

#include "cli.h"

#define MANUAL_DATE	"2026-11-29"	/* of the last change of what the manual page shows */
#define SUMMARY	"runs PacketScript's scripts off the kernel: on captures, on live packets, in tests"

static const struct {
	const char *code, *meaning;
} exits[] = {
	{ "0", "all is well" },
	{ "1", "the script is at fault: it has errors, failed on packets, or a test failed" },
	{ "2", "it could not be done: wrong usage, a file that is missing or malformed" },
};

/* Prints an option as "-f, --function NAME". */
static void option_text(char *text, size_t size, const struct cli_option *option)
{
	snprintf(text, size, "%c%c%s--%s%s%s", option->letter ? '-' : ' ',
		 option->letter ? option->letter : ' ', option->letter ? ", " : "  ", option->name,
		 option->arg ? " " : "", option->arg ? option->arg : "");
}

static void print_options(FILE *to, const struct cli_option *option)
{
	char text[64];

	for (; option->name; option++) {
		option_text(text, sizeof(text), option);
		fprintf(to, "  %-26s %s\n", text, option->help);
	}
}

static void print_program_help(FILE *to)
{
	const struct cli_command *const *command;
	size_t i;

	fputs("usage: packetscript COMMAND [options] …\n\nPacketScript off the kernel: "
	      "the same script, on captures and live packets, and in tests.\n\n", to);
	for (command = cli_commands; *command; command++)
		fprintf(to, "  %-12s %s\n", (*command)->name, (*command)->summary);
	fputs("\n  packetscript COMMAND --help   its options\n"
	      "  packetscript --version\n\nExit codes:\n", to);
	for (i = 0; i < sizeof(exits) / sizeof(*exits); i++)
		fprintf(to, "  %s  %s\n", exits[i].code, exits[i].meaning);
}

void cli_print_help(FILE *to, const struct cli_command *command)
{
	if (!command) {
		print_program_help(to);
		return;
	}
	fprintf(to, "usage: %s [options]%s%s\n\n%s\n\nOptions:\n", cli_words(command),
		command->operands[0] ? " " : "", command->operands, command->about);
	print_options(to, command->options);
	print_options(to, cli_common);
	if (command->examples)
		fprintf(to, "\nExamples:\n%s", command->examples);
}

static int help(const struct cli_call *call)
{
	const struct cli_command *command = NULL;

	if (call->noperands) {
		command = cli_find(call->operands[0]);
		if (!command)
			return cli_unknown(call->operands[0]);
	}
	cli_print_help(stdout, command);
	return CLI_OK;
}

/*
 * The manual page, for man(7).
 */

/* Prints a character of two or three bytes by its number. Returns where its last byte is. */
static const char *roff_wide(const char *text)
{
	bool is_long = (text[0] & 0xF0) == 0xE0;
	unsigned int c = text[0] & (is_long ? 0x0F : 0x1F);

	c = c << 6 | (*++text & 0x3F);
	if (is_long)
		c = c << 6 | (*++text & 0x3F);
	printf("\\[u%04X]", c);
	return text;
}

/* Prints text for roff, in ASCII: no dash of it becomes a hyphen, and no line a request. */
static void roff(const char *text)
{
	bool at_start = true;

	for (; *text; text++) {
		if (at_start && (*text == '.' || *text == '\''))
			fputs("\\&", stdout);
		if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '-')
			fputs("\\-", stdout);
		else if (*text & 0x80)
			text = roff_wide(text);
		else
			putchar(*text);
		at_start = *text == '\n';
	}
}

static void roff_paragraphs(const char *text)
{
	const char *end;

	for (; *text; text = end) {
		char paragraph[2048];

		end = strstr(text, "\n\n");
		snprintf(paragraph, sizeof(paragraph), "%.*s",
			 end ? (int)(end - text) : (int)strlen(text), text);
		roff(paragraph);
		puts("");
		end = end ? end + 2 : text + strlen(text);
		if (*end)
			puts(".PP");
	}
}

static void roff_options(const struct cli_option *option)
{
	for (; option->name; option++) {
		puts(".TP");
		fputs(".BR ", stdout);
		if (option->letter)
			printf("\\-%c \", \" ", option->letter);
		printf("\\-\\-");
		roff(option->name);
		if (option->arg)
			printf(" \" \\fI%s\\fR\"", option->arg);
		puts("");
		roff(option->help);
		puts("");
	}
}

static int manual(const struct cli_call *call)
{
	const struct cli_command *const *command;
	size_t i;

	(void)call;
	puts(".\\\" SPDX-License-Identifier: MIT OR GPL-2.0-only\n"
	     ".\\\" Made by 'packetscript manual'.\n"
	     ".TH PACKETSCRIPT 8 " MANUAL_DATE " \"PacketScript " PS_VERSION "\" \"PacketScript\"\n"
	     ".SH NAME\npacketscript \\- " SUMMARY "\n.SH SYNOPSIS");
	for (command = cli_commands; *command; command++) {
		if (command > cli_commands)
			puts(".br");
		printf(".B packetscript %s\n[\\fIoptions\\fR]%s", (*command)->name,
		       (*command)->operands[0] ? " " : "");
		roff((*command)->operands);
		puts("");
	}
	puts(".SH DESCRIPTION\nScripts are those of the iptables target LUA, see\n.BR xt_LUA (8),\n"
	     "and the engine is the same: what passes here behaves the same in the kernel.\n"
	     ".SH COMMANDS");
	for (command = cli_commands; *command; command++) {
		printf(".SS %s%s", (*command)->name, (*command)->operands[0] ? " " : "");
		roff((*command)->operands);
		puts("");
		roff_paragraphs((*command)->about);
		roff_options((*command)->options);
		if (!(*command)->examples)
			continue;
		puts(".PP\n.nf");
		roff((*command)->examples);
		puts(".fi");
	}
	puts(".SH EXIT STATUS");
	for (i = 0; i < sizeof(exits) / sizeof(*exits); i++)
		printf(".TP\n.B %s\n%s\n", exits[i].code, exits[i].meaning);
	puts(".SH SEE ALSO\n.BR xt_LUA (8),\n.BR iptables (8),\n.BR tcpdump (8)");
	return CLI_OK;
}

/*
 * Completion, for bash.
 */
static void complete_options(const struct cli_option *option)
{
	for (; option->name; option++)
		printf(" --%s", option->name);
}

/* Prints the words that may follow each option whose argument has to be one of some words. */
static void complete_values(const struct cli_command *command)
{
	const struct cli_option *option;

	for (option = command->options; option->name; option++) {
		if (option->values)
			printf("\t\t\"%s --%s\") words='%s' ;;\n", command->name, option->name,
			       option->values);
	}
}

static void complete_commands(void)
{
	const struct cli_command *const *command;

	for (command = cli_commands; *command; command++)
		printf(" %s", (*command)->name);
}

static int completion(const struct cli_call *call)
{
	const struct cli_command *const *command;

	(void)call;
	puts("# SPDX-License-Identifier: MIT OR GPL-2.0-only\n"
	     "# bash completion for packetscript, made by 'packetscript completion'\n"
	     "_packetscript()\n{\n\tlocal word=${COMP_WORDS[COMP_CWORD]} words=\n\tCOMPREPLY=()\n"
	     "\tif [ \"$COMP_CWORD\" = 1 ]; then");
	printf("\t\twords='--help --version");
	complete_commands();
	puts("'\n\telif [[ $word == -* ]]; then\n\t\tcase ${COMP_WORDS[1]} in");
	for (command = cli_commands; *command; command++) {
		printf("\t\t%s) words='", (*command)->name);
		complete_options(cli_common);
		complete_options((*command)->options);
		puts("' ;;");
	}
	puts("\t\tesac\n\telse\n\t\tcase \"${COMP_WORDS[1]} ${COMP_WORDS[COMP_CWORD-1]}\" in");
	for (command = cli_commands; *command; command++)
		complete_values(*command);
	for (command = cli_commands; *command; command++) {
		if (!(*command)->print_words)
			continue;
		printf("\t\t\"%s \"*) words='", (*command)->name);
		(*command)->print_words();
		puts("' ;;");
	}
	puts("\t\tesac\n\tfi\n\tif [ -n \"$words\" ]; then\n"
	     "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n\telse\n"
	     "\t\tcompopt -o default\n\tfi\n}\ncomplete -F _packetscript packetscript");
	return CLI_OK;
}

static const struct cli_option none[] = { { NULL } };

const struct cli_command cli_help = {
	.name = "help", .operands = "[COMMAND]", .max = 1,
	.summary = "how to use a command",
	.about = "Prints what 'packetscript COMMAND --help' does.",
	.options = none,
	.print_words = complete_commands,
	.run = help,
};

const struct cli_command cli_manual = {
	.name = "manual", .operands = "",
	.summary = "prints the manual page, for man",
	.about = "Prints the manual page in man's format: packetscript manual | man -l -",
	.options = none,
	.run = manual,
};

const struct cli_command cli_completion = {
	.name = "completion", .operands = "",
	.summary = "prints what bash needs to complete commands and options",
	.about = "Prints a bash completion script: source <(packetscript completion)",
	.options = none,
	.run = completion,
};
