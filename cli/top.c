/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript top: what the states in the kernel do now, on a terminal. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "host_user.h"
#include "result.h"
#include "states.h"

/* The first ones are where cli_states_read() looks for them. */
enum { OPT_STATE = CLI_STATES_STATE, OPT_NETNS = CLI_STATES_NETNS, OPT_DELAY };

static const struct cli_option options[] = {
	{ "state", 0, "N", "only the state to which rules give this number" },
	{ "netns", 'n', "NAME", CLI_NETNS_HELP },
	{ "delay", 'd', "SECONDS", "how long to wait before it is shown anew (default: 2)" },
	{ NULL },
};

enum { PACKETS, ERRORS, BYTES, COUNTS };

static const char *const counts[COUNTS] = { "packets", "errors", "bytes" };

/* A state, or a rule of one. */
struct row {
	long long state;
	bool is_rule;
	char *label;
	long long memory;
	long long count[COUNTS];
	double rate[COUNTS];		/* a second */
	double of_state[COUNTS];	/* the same of its state, by which the states are sorted */
	bool is_taken;			/* what there is now has been compared with it */
};

struct table {
	struct row *rows;
	size_t n;
	double at;
};

/*
 * What there is.
 */

/* of: a state's object or a rule's. The label becomes the row's. */
static struct row *add(struct table *table, const json_t *of, long long state, char *label)
{
	struct row *rows = label ? realloc(table->rows, (table->n + 1) * sizeof(*rows)) : NULL, *row;
	int i;

	if (!rows) {
		free(label);
		return NULL;
	}
	table->rows = rows;
	row = &rows[table->n++];
	*row = (struct row){ .state = state, .label = label, .memory = cli_states_number(of, NULL, "memory") };
	for (i = 0; i < COUNTS; i++)
		row->count[i] = cli_states_number(of, NULL, counts[i]);
	return row;
}

static void add_rules(struct table *table, const json_t *state, long long number)
{
	const json_t *script, *rule;
	struct row *row;
	size_t i, j;

	json_array_foreach(json_object_get(state, "scripts"), i, script) {
		json_array_foreach(json_object_get(script, "rules"), j, rule) {
			row = add(table, rule, number, cli_states_label(script, rule));
			if (row)
				row->is_rule = true;
		}
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static bool read_table(const struct cli_call *call, struct table *table)
{
	json_t *states = cli_states_read(call);
	const json_t *state;
	char label[64];
	size_t i;

	*table = (struct table){ .at = now() };
	json_array_foreach(states, i, state) {
		long long number = cli_states_number(state, NULL, "state"), rules = cli_states_number(state, NULL, "rules");

		snprintf(label, sizeof(label), "state %lld, %lld rule%s", number, rules, rules == 1 ? "" : "s");
		add(table, state, number, strdup(label));
		add_rules(table, state, number);
	}
	json_decref(states);
	return states;
}

static void free_table(struct table *table)
{
	size_t i;

	for (i = 0; i < table->n; i++)
		free(table->rows[i].label);
	free(table->rows);
	*table = (struct table){ NULL };
}

/* The same as it was; each is found once, as rules may look the same. */
static const struct row *find(struct table *before, const struct row *row)
{
	size_t i;

	for (i = 0; i < before->n; i++) {
		struct row *old = &before->rows[i];

		if (!old->is_taken && old->state == row->state && old->is_rule == row->is_rule && !strcmp(old->label, row->label)) {
			old->is_taken = true;
			return old;
		}
	}
	return NULL;
}

/* What has been made anew meanwhile has counted less than before: its rates are known next time. */
static void compare(struct table *table, struct table *before)
{
	const struct row *old, *state = NULL;
	struct row *row;
	int i;

	for (row = table->rows; row < table->rows + table->n; row++) {
		old = find(before, row);
		for (i = 0; old && i < COUNTS && table->at > before->at; i++) {
			if (row->count[i] > old->count[i])
				row->rate[i] = (row->count[i] - old->count[i]) / (table->at - before->at);
		}
		state = row->is_rule ? state : row;
		memcpy(row->of_state, state ? state->rate : row->rate, sizeof(row->of_state));
	}
}

/*
 * The order: states by what they do, each with its rules below it, which are in the same order.
 */
static int sorted_by;

static int by_number(double a, double b)
{
	return (a < b) - (a > b);
}

static int by_rate(const void *a, const void *b)
{
	const struct row *one = a, *other = b;
	int order = by_number(one->of_state[sorted_by], other->of_state[sorted_by]);

	if (!order)
		order = by_number(other->state, one->state);
	if (!order)
		order = one->is_rule - other->is_rule;
	if (!order)
		order = by_number(one->rate[sorted_by], other->rate[sorted_by]);
	return order ? order : by_number(one->count[sorted_by], other->count[sorted_by]);
}

/*
 * The terminal.
 */
static struct termios terminal_before;
static volatile sig_atomic_t ended_by;

static void end(int number)
{
	ended_by = number;
}

static void wake(int number)
{
	(void)number;
}

/* Signals are blocked but while it waits: so none comes between looking and waiting. */
static void catch_signals(sigset_t *before)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction action = { .sa_handler = end };
	sigset_t blocked;
	size_t i;

	sigemptyset(&blocked);
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		sigaddset(&blocked, ends[i]);
		sigaction(ends[i], &action, NULL);
	}
	sigaddset(&blocked, SIGWINCH);
	action.sa_handler = wake;
	sigaction(SIGWINCH, &action, NULL);
	sigprocmask(SIG_BLOCK, &blocked, before);
}

/* Another screen without a cursor, and keys as they are pressed; Ctrl-Z would leave that behind. */
static bool begin_screen(void)
{
	struct termios terminal;

	if (tcgetattr(STDIN_FILENO, &terminal_before))
		return false;
	terminal = terminal_before;
	terminal.c_lflag &= ~(ICANON | ECHO);
	terminal.c_cc[VSUSP] = _POSIX_VDISABLE;
	terminal.c_cc[VMIN] = 1;
	terminal.c_cc[VTIME] = 0;
	fputs("\033[?1049h\033[?25l", stdout);
	fflush(stdout);
	return !tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal);
}

static void end_screen(void)
{
	fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal_before);
}

/* As many characters of a line as there are columns: one fewer than the terminal has, as behind its last one nothing may be erased. */
static void put_line(const char *line, int columns)
{
	for (; *line && (columns > 0 || (*line & 0xc0) == 0x80); line++) {
		columns -= (*line & 0xc0) != 0x80;
		putchar(*line);
	}
	fputs("\033[K", stdout);
}

static void put_row(const struct row *row, int columns)
{
	char memory[24] = "", line[512];

	if (!row->is_rule)
		snprintf(memory, sizeof(memory), "%lldK", row->memory / 1024);
	snprintf(line, sizeof(line), "%11.0f %9.1f %12.0f %14lld %10lld %7s  %s%s", row->rate[PACKETS], row->rate[ERRORS], row->rate[BYTES],
		 row->count[PACKETS], row->count[ERRORS], memory, row->is_rule ? "  " : "", row->label);
	put_line(line, columns);
}

static void put_head(const struct table *table, int columns)
{
	double packets = 0, errors = 0;
	size_t i, states = 0;
	char line[256];

	for (i = 0; i < table->n; i++) {
		if (table->rows[i].is_rule)
			continue;
		states++;
		packets += table->rows[i].rate[PACKETS];
		errors += table->rows[i].rate[ERRORS];
	}
	snprintf(line, sizeof(line), "%zu states, %zu rules: %.0f packets/s, %.1f errors/s   sorted by %s/s   s: by another   q: quit", states,
		 table->n - states, packets, errors, counts[sorted_by]);
	put_line(line, columns);
	snprintf(line, sizeof(line), "%11s %9s %12s %14s %10s %7s  %s", "PACKETS/S", "ERRORS/S", "BYTES/S", "PACKETS", "ERRORS", "MEMORY",
		 "STATE, RULES");
	fputs("\n\033[7m", stdout);
	put_line(line, columns);
	fputs("\033[0m", stdout);
}

static void show(struct table *table)
{
	struct winsize size;
	size_t i;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_row < 3 || !size.ws_col)
		size = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	if (table->n)
		qsort(table->rows, table->n, sizeof(*table->rows), by_rate);
	fputs("\033[H", stdout);
	put_head(table, size.ws_col - 1);
	for (i = 0; i < table->n && i + 2 < size.ws_row; i++) {
		putchar('\n');
		put_row(&table->rows[i], size.ws_col - 1);
	}
	fputs("\033[J", stdout);
	fflush(stdout);
}

/* Waits until then, showing the table anew where a key or the terminal's size asks for that. False: it shall end. */
static bool wait(struct table *table, double until, const sigset_t *signals)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	double rest = until - now();
	struct timespec timeout;
	char key;
	int n;

	for (; rest > 0; rest = until - now()) {
		timeout = (struct timespec){ .tv_sec = rest, .tv_nsec = (rest - (time_t)rest) * 1e9 };
		n = ppoll(&fd, 1, &timeout, signals);
		if (ended_by || (n < 0 && errno != EINTR))
			return false;
		if (!n)
			return true;
		if (n > 0) {
			if (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q')
				return false;
			if (key == 's')
				sorted_by = (sorted_by + 1) % COUNTS;
		}
		show(table);
	}
	return true;
}

/* Returns whether what there is could be read until it was to end. */
static bool show_all(const struct cli_call *call, struct table *table, double delay, const sigset_t *signals)
{
	struct table before;

	for (;;) {
		show(table);
		if (!wait(table, table->at + delay, signals))
			return true;
		before = *table;
		if (!read_table(call, table)) {
			free_table(&before);
			return false;
		}
		compare(table, &before);
		free_table(&before);
	}
}

static int run(const struct cli_call *call)
{
	struct table table;
	sigset_t signals;
	uint32_t delay;
	bool is_read;

	if (!cli_number(call, OPT_DELAY, 1, 3600, 2, &delay))
		return CLI_TROUBLE;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return cli_error("top needs a terminal; 'packetscript stats --watch 1' prints lines, and 'stats --json' what programs read");
	if (!read_table(call, &table))
		return CLI_TROUBLE;
	catch_signals(&signals);
	is_read = begin_screen() && show_all(call, &table, delay, &signals);
	end_screen();
	free_table(&table);
	if (!is_read)	/* what was said of it was on the other screen */
		return read_table(call, &table) ? (free_table(&table), CLI_OK) : CLI_TROUBLE;
	if (ended_by && ended_by != SIGINT) {
		signal(ended_by, SIG_DFL);
		sigprocmask(SIG_SETMASK, &signals, NULL);
		raise(ended_by);
	}
	return CLI_OK;
}

const struct cli_command cli_top = {
	.name = "top",
	.operands = "",
	.min = 0, .max = 0,
	.summary = "shows what the states in the kernel do now, on a terminal",
	.about =
"The states of the network namespace, those first that have the most packets a second, and below each its rules, in the same order: packets,\n"
"errors and bytes a second since it was shown last, and what they have come to; of states the memory that their Lua states hold. Rates\n"
"are there from the second time on.\n"
"\n"
"s sorts by errors, by bytes, and by packets again; q quits, and so does Ctrl-C. Without a terminal it refuses.\n"
"\n"
"It needs root, or CAP_NET_ADMIN.",
	.examples =
"  packetscript top\n"
"  packetscript top -d 1 --netns blue\n",
	.options = options,
	.run = run,
};
