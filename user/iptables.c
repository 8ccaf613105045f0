/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "iptables.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "words.h"

static int fail(struct ps_iptables *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->error, sizeof(r->error), format, args);
	va_end(args);
	return -1;
}

static int add_word(struct ps_iptables *r, char *word)
{
	if (r->nwords + 1 >= PS_IPTABLES_WORDS)
		return fail(r, "--install: more than %d words", PS_IPTABLES_WORDS);
	r->words[r->nwords++] = word;
	r->words[r->nwords] = NULL;
	return 0;
}

/* True if word is the option, also if it is cut short, or its value follows: "--jum", "-jDROP". */
static bool is_option(const char *word, const char *letter, const char *name)
{
	size_t len = strcspn(word, "=");

	if (!strncmp(word, "--", 2))
		return len > 2 && len <= strlen(name) && !strncmp(word, name, len);
	return !strncmp(word, letter, 2);
}

static bool is_number(const char *word)
{
	return word && *word && !word[strspn(word, "0123456789")];
}

static int check_words(struct ps_iptables *r, int first)
{
	int i;

	for (i = first; i < r->nwords; i++) {
		char *word = r->words[i];

		if (is_option(word, "-j", "--jump") || is_option(word, "-g", "--goto"))
			return fail(r, "--install: the rule has a target (%s); it gets -j NFQUEUE",
				    word);
		if (strcmp(word, "-A") && strcmp(word, "--append") && strcmp(word, "-I") &&
		    strcmp(word, "--insert"))
			continue;
		if (r->command || !r->words[i + 1])
			break;
		r->command = i;
		r->has_place = is_number(r->words[i + 2]);
	}
	if (i < r->nwords || !r->command)
		return fail(r, "--install: the rule has to have one -A CHAIN or -I CHAIN");
	return 0;
}

int ps_iptables_init(struct ps_iptables *r, const char *rule, bool ipv6, uint16_t queue,
		     bool bypass)
{
	static char number_option[] = "--queue-num", jump[] = "-j", target[] = "NFQUEUE";
	static char bypass_option[] = "--queue-bypass", wait[] = "-w";
	static char iptables[] = "iptables", ip6tables[] = "ip6tables";
	char *to;
	int first;

	memset(r, 0, sizeof(*r));
	r->life = -1;
	r->text = malloc(strlen(rule) + 1);
	if (!r->text)
		return fail(r, "--install: not enough memory");
	to = r->text;
	add_word(r, ipv6 ? ip6tables : iptables);
	add_word(r, wait);	/* another program may be changing rules just now */
	first = r->nwords;
	for (rule += strspn(rule, " \t\n"); *rule; rule += strspn(rule, " \t\n")) {
		char *word = to;

		to = ps_word_cut(&rule, to);
		if (!to)
			return fail(r, "--install: a quote is not closed");
		if (add_word(r, word))
			return -1;
	}
	if (check_words(r, first))
		return -1;
	snprintf(r->target, sizeof(r->target), "%u", queue);
	if (add_word(r, jump) || add_word(r, target) || add_word(r, number_option) ||
	    add_word(r, r->target) || (bypass && add_word(r, bypass_option)))
		return -1;
	return 0;
}

void ps_iptables_clean(struct ps_iptables *r)
{
	ps_iptables_remove(r);
	free(r->text);
	r->text = NULL;
}

void ps_iptables_print(FILE *to, const struct ps_iptables *r)
{
	int i;

	for (i = 0; i < r->nwords; i++) {
		if (i)
			putc(' ', to);
		ps_word_print(to, r->words[i]);
	}
	putc('\n', to);
}

/*
 * The keeper: a process that adds the rule, waits until the program ends, and removes the rule. It has its own session, so
 * that Ctrl-C does not end it as well.
 */

/* Runs the command with -A or -I replaced. Returns its exit status. */
static int run_iptables(const struct ps_iptables *r, char *command, bool quiet)
{
	char *words[PS_IPTABLES_WORDS];
	int i, n = 0, status;
	pid_t pid;

	for (i = 0; i < r->nwords; i++) {
		bool is_place = r->has_place && i == r->command + 2;

		if (!command)
			words[n++] = r->words[i];
		else if (!is_place)
			words[n++] = i == r->command ? command : r->words[i];
	}
	words[n] = NULL;

	pid = fork();
	if (pid < 0)
		return 127;
	if (!pid) {
		if (quiet) {
			int null = open("/dev/null", O_WRONLY);

			dup2(null, STDERR_FILENO);
		}
		execvp(words[0], words);
		if (!quiet)
			fprintf(stderr, "%s: %s\n", words[0], strerror(errno));
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return 127;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

enum { ADDED, EXISTS, REFUSED };

static void keep(const struct ps_iptables *r, int life, int answer)
{
	static char check[] = "-C", delete[] = "-D";
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1,
				       SIGVTALRM };
	unsigned char said;
	ssize_t n;
	size_t i;
	char none;

	setsid();
	for (i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	/* others wait for the end of the queue's socket, or of a pipe that standard output is: close these here */
	dup2(life, STDIN_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	dup2(answer, 3);
	if (close_range(4, ~0u, 0))	/* before Linux 5.9 */
		for (i = 4; i < (size_t)sysconf(_SC_OPEN_MAX); i++)
			close(i);

	said = run_iptables(r, check, true) == 0 ? EXISTS :
	       run_iptables(r, NULL, false) == 0 ? ADDED : REFUSED;
	/* if the program has ended meanwhile, nobody reads this, and the wait that follows is over at once */
	n = write(3, &said, 1);
	if (said != ADDED)
		_exit(1);
	do
		n = read(STDIN_FILENO, &none, 1);
	while (n < 0 && errno == EINTR);
	_exit(run_iptables(r, delete, false) ? 1 : 0);
}

int ps_iptables_add(struct ps_iptables *r)
{
	int life[2], answer[2];
	unsigned char said;
	ssize_t n;

	if (pipe2(life, O_CLOEXEC))
		return fail(r, "--install: %s", strerror(errno));
	if (pipe2(answer, O_CLOEXEC)) {
		close(life[0]);
		close(life[1]);
		return fail(r, "--install: %s", strerror(errno));
	}
	fflush(NULL);
	r->keeper = fork();
	if (!r->keeper) {
		close(life[1]);
		close(answer[0]);
		keep(r, life[0], answer[1]);
	}
	close(life[0]);
	close(answer[1]);
	r->life = life[1];
	if (r->keeper < 0) {
		r->keeper = 0;
		close(r->life);
		close(answer[0]);
		return fail(r, "--install: %s", strerror(errno));
	}
	do
		n = read(answer[0], &said, 1);
	while (n < 0 && errno == EINTR);
	close(answer[0]);
	if (n == 1 && said == ADDED)
		return 0;
	close(r->life);
	while (waitpid(r->keeper, NULL, 0) < 0 && errno == EINTR)
		;
	r->keeper = 0;
	if (n == 1 && said == EXISTS)
		return fail(r, "--install: there is this rule already");
	return fail(r, "--install: %s did not take the rule", r->words[0]);
}

int ps_iptables_remove(struct ps_iptables *r)
{
	pid_t keeper = r->keeper;
	int status = -1;

	if (!keeper)
		return 0;
	r->keeper = 0;
	close(r->life);
	while (waitpid(keeper, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return fail(r, "--install: the rule could not be taken away");
}
