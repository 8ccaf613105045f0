/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript test: runs *_test.lua and prints TAP. */
#include <errno.h>
#include <fts.h>
#include <string.h>

#include "cli.h"
#include "handle.h"
#include "host_user.h"
#include "result.h"
#include "script.h"
#include "testlib.h"

#define SUFFIX	"_test.lua"
#define TEST_MS	10000	/* milliseconds that a test may take, unless an option says more */

enum { OPT_FILTER, OPT_JSON, OPT_LIST, OPT_MEMORY, OPT_PACKET_MS, OPT_LOAD_MS, OPT_SET, OPT_TEST_MS };

static const struct cli_option options[] = {
	{ "filter", 0, "TEXT", "only tests whose name contains it" },
	{ "json", 0, NULL, "an object for each test, a line each, and one with how many there were" },
	{ "list", 'l', NULL, "only say which files there are" },
	{ "memory", 0, "SIZE", "what states of scripts may hold, 128K to 64M (default: 1M)" },
	CLI_LIMITS,
	CLI_SETS,
	{ "test-ms", 0, "MS", "milliseconds of processor time that a test may take (default: 10000)" },
	{ NULL },
};

/* Counts, and what is the same for all files. */
struct tally {
	const char *path;
	struct ps_test_options options;
	int passed, failed;
	bool json;
};

/* With --json: the lines that the test has printed until now. */
static json_t *printed;

/* Prints lines, each as a comment of TAP. */
static void print_comment(const char *text)
{
	const char *end;

	for (; *text; text = *end ? end + 1 : end) {
		char line[1024];

		end = strchrnul(text, '\n');
		snprintf(line, sizeof(line), "%.*s", (int)(end - text), text);
		fputs("# ", stdout);
		ps_user_print(stdout, line);
		putchar('\n');
	}
}

/* Prints a line of a script's print() or nf.log() as a comment. */
static void print_log(const char *level, const char *line)
{
	printf("# %s%s%s\n", level, level[0] ? ": " : "", line);
}

static void keep_log(const char *level, const char *line)
{
	char *text;

	if (asprintf(&text, "%s%s%s", level, level[0] ? ": " : "", line) < 0)
		return;
	json_array_append_new(printed, ps_result_text(text));
	free(text);
}

static void report(void *context, const char *name, const char *error)
{
	struct tally *tally = context;

	if (error)
		tally->failed++;
	else
		tally->passed++;
	if (tally->json) {
		ps_result_line(stdout, json_pack("{s:i, s:o, s:o, s:b, s:o, s:o}", "test", tally->passed + tally->failed, "file",
						 ps_result_text(tally->path), "name", ps_result_text(name), "passed", !error,
						 "error", error ? ps_result_text(error) : json_null(), "printed", printed));
		printed = json_array();
		return;
	}
	printf("%sok %d - %s: ", error ? "not " : "", tally->passed + tally->failed, tally->path);
	ps_user_print(stdout, name);
	putchar('\n');
	if (error)
		print_comment(error);
}

static void run_file(struct tally *tally, const char *path, const struct cli_call *call)
{
	int before = tally->passed + tally->failed;
	char error[PS_SCRIPT_ERROR_SIZE];

	if (call->values[OPT_LIST]) {
		if (tally->json)
			ps_result_line(stdout, json_pack("{s:o}", "file", ps_result_text(path)));
		else
			puts(path);
		return;
	}
	tally->path = path;
	if (ps_test_file(path, &tally->options, report, tally, error, sizeof(error)))
		report(tally, "the file runs to its end", error);
	else if (!tally->options.filter && tally->passed + tally->failed == before)
		report(tally, "has tests", "no test(name, function) in it");
	if (json_array_size(printed)) {
		ps_result_line(stdout, json_pack("{s:o, s:o}", "file", ps_result_text(path), "printed", printed));
		printed = json_array();
	}
}

static bool is_test(const FTSENT *entry)
{
	size_t len = strlen(entry->fts_name), suffix = strlen(SUFFIX);

	return len >= suffix && !strcmp(entry->fts_name + len - suffix, SUFFIX);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Runs the files that are named, and the *_test.lua in folders that are. Returns 0 or CLI_TROUBLE. */
static int walk(struct tally *tally, const struct cli_call *call)
{
	char *here[] = { ".", NULL };
	char *const *paths = call->noperands ? (char *const *)call->operands : here;
	FTS *tree = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	int status = 0;
	FTSENT *entry;

	if (!tree)
		return cli_error("%s", strerror(errno));
	while ((entry = fts_read(tree))) {
		switch (entry->fts_info) {
		case FTS_F:
		case FTS_DEFAULT:	/* a pipe, if it is named */
			if (entry->fts_level == FTS_ROOTLEVEL ||
			    (entry->fts_info == FTS_F && is_test(entry)))
				run_file(tally, entry->fts_path, call);
			break;
		case FTS_NS:
		case FTS_ERR:
		case FTS_DNR:
			status = cli_error("%s: %s", entry->fts_path, strerror(entry->fts_errno));
			break;
		}
	}
	fts_close(tree);
	return status;
}

static int run(const struct cli_call *call)
{
	struct tally tally = { NULL };
	int status;

	if (!ps_handle_memory(call, OPT_MEMORY, &tally.options.memory) || !ps_handle_limits(call, OPT_PACKET_MS) ||
	    !ps_handle_ms(call, OPT_TEST_MS, TEST_MS, &tally.options.ms) || !ps_handle_sets(call))
		return CLI_TROUBLE;
	tally.options.filter = call->values[OPT_FILTER];
	tally.json = call->values[OPT_JSON];
	if (ps_user_watch_start())
		return cli_error("no timer: %s", strerror(errno));
	ps_user_log = tally.json ? keep_log : print_log;
	printed = tally.json ? json_array() : NULL;
	status = walk(&tally, call);
	json_decref(printed);
	if (call->values[OPT_LIST])
		return status;
	if (tally.json)
		ps_result_line(stdout, json_pack("{s:i, s:i}", "passed", tally.passed, "failed", tally.failed));
	else
		printf("1..%d\n# %d passed, %d failed\n", tally.passed + tally.failed, tally.passed, tally.failed);
	if (!status && !tally.passed && !tally.failed)
		return cli_error("no tests: files are called *" SUFFIX);
	return status ? status : tally.failed ? CLI_FOUND : CLI_OK;
}

const struct cli_command cli_test = {
	.name = "test",
	.operands = "[PATH…]",
	.max = CLI_ANY,
	.summary = "runs tests of scripts, *_test.lua",
	.about =
"Runs files of tests, and those called *_test.lua in folders; without PATH, below the current one. Prints\n"
"TAP, and of a failed test its line and what differs, field by field.\n"
"\n"
"A file of tests is Lua. It has test(name, function); equal(got, expected), of values, tables and packets;\n"
"raises(function, text); script(path), which loads a script into a state of its own: its functions are\n"
"called with a packet and return the verdict, the packet as it is then, and an array of the packets that they\n"
"have sent by nf.send(). script(path, { match = true }) has\n"
"functions of -m lua, which return true or false, and { object = \"ip\" } those that get an IP header.\n"
"\n"
"Packets are built by packet.udp{ src = \"10.0.0.1\", dport = 53, payload = \"…\", ip = { ttl = 3 } }, and\n"
"the same with the other protocols; by packet.hex(text) and packet.pcap(path). packet.ip.ttl is a value,\n"
"packet.payload and packet.bytes are strings, packet.mark and packet.priority what a handler has set.\n"
"\n"
"clock.advance(ms) lets time pass for scripts, which see none pass otherwise.",
	.examples =
"  packetscript test examples\n",
	.options = options,
	.run = run,
};
