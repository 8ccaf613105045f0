/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "hooklines.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "folder.h"
#include "given.h"
#include "state.h"
#include "words.h"

#define TEXT_MAX	(1 << 20)

/* What is read, for messages. */
struct reading {
	const struct ps_revision *revision;
	const char *base;
	size_t number;		/* of the line */
	char *error;
	size_t size;
};

static int fail(const struct reading *reading, const char *what)
{
	snprintf(reading->error, reading->size, PS_HOOKS_FILE ":%zu: %s", reading->number, what);
	return -1;
}

void cli_lines_clean(struct cli_lines *lines)
{
	size_t i;

	for (i = 0; i < lines->n; i++) {
		free(lines->list[i].text);
		free(lines->list[i].script);
		free(lines->list[i].function);
		free(lines->list[i].device);
		free(lines->list[i].netns);
	}
	free(lines->list);
	memset(lines, 0, sizeof(*lines));
}

/* The same words, but the script by its whole path; the caller's. */
static char *write_line(char *const *words, int n, const char *script, const char *base)
{
	char *text = NULL, path[PATH_MAX];
	size_t size;
	FILE *to = ps_folder_path(path, base, script) ? open_memstream(&text, &size) : NULL;
	int i;

	if (!to)
		return NULL;
	for (i = 0; i < n; i++) {
		if (i)
			fputc(' ', to);
		ps_word_print(to, words[i] == script ? path : words[i]);
	}
	if (fclose(to)) {
		free(text);
		return NULL;
	}
	return text;
}

/* What the function gets if no option says so. */
static const char *object_of(const struct ps_attachment *at)
{
	if (at->object && at->object <= PS_GIVEN_COUNT)
		return ps_givens[at->object - 1].name;
	switch (at->family) {
	case NFPROTO_IPV6:
		return ps_givens[PS_GIVEN_IP6].name;
	case NFPROTO_ARP:
		return ps_givens[PS_GIVEN_ARP].name;
	case NFPROTO_BRIDGE:
	case NFPROTO_NETDEV:
		return ps_givens[PS_GIVEN_ETH].name;
	}
	return ps_givens[PS_GIVEN_IP].name;
}

/* What its options say, now that all of it is there. */
static bool read_options(struct cli_line *line, const char *text)
{
	struct ps_conf_words words = { .text = NULL };
	struct cli_hook hook = { .script = NULL };
	struct cli_call call;
	bool is_read = !ps_conf_cut(&words, text) && words.n && cli_hook_line_read(&hook, &call, words.n, words.words, false);

	if (is_read) {
		line->at = hook.attachment;
		line->function = strdup(line->at.function ? line->at.function : PS_STATE_FUNCTION);
		line->device = line->at.device ? strdup(line->at.device) : NULL;
		line->netns = hook.netns ? strdup(hook.netns) : NULL;
		line->at.script = line->at.function = line->at.device = NULL;
		line->object = object_of(&line->at);
	}
	cli_hook_clean(&hook);
	free(words.text);
	return is_read;
}

static const char *script_wrong(const struct ps_revision *revision, const char *script)
{
	if (script[0] == '/')
		return "its script is named as in the folder, without a / before it";
	if (!ps_revision_find(revision, script))
		return "the revision has no such script";
	return NULL;
}

static int read_words(const struct reading *reading, struct cli_line *line, const struct ps_conf_words *words)
{
	char *parsed[PS_CONF_WORDS + 1], *said = NULL;
	struct cli_call call;
	const char *wrong;
	bool is_read;

	if (strcmp(words->words[0], "attach"))
		return fail(reading, "a line begins with attach");
	memcpy(parsed, words->words, sizeof(parsed));
	cli_error_keep(&said);
	is_read = cli_parse(&call, &cli_attach, words->n, parsed) == CLI_PARSED;
	wrong = is_read ? script_wrong(reading->revision, call.operands[0]) : NULL;
	if (is_read && !wrong) {
		line->script = strdup(call.operands[0]);
		line->text = write_line(words->words, words->n, call.operands[0], reading->base);
		is_read = line->script && line->text && read_options(line, line->text);
	}
	cli_error_keep(NULL);
	if (!is_read || wrong)
		fail(reading, wrong ? wrong : said ? said : "cannot be read");
	free(said);
	return is_read && !wrong ? 0 : -1;
}

static int read_line(const struct reading *reading, struct cli_lines *lines, const char *text)
{
	struct cli_line *more = realloc(lines->list, (lines->n + 1) * sizeof(*more));
	struct ps_conf_words words = { .text = NULL };
	const char *wrong = more ? ps_conf_cut(&words, text) : "not enough memory";
	int err = wrong ? fail(reading, wrong) : 0;

	if (more)
		lines->list = more;
	if (!err && words.n) {
		lines->list[lines->n] = (struct cli_line){ .text = NULL };
		err = read_words(reading, &lines->list[lines->n++], &words);
	}
	free(words.text);
	return err;
}

int cli_lines_read(struct cli_lines *lines, const struct ps_revision *revision, const char *folder, const char *base, char *error, size_t size)
{
	struct reading reading = { revision, base, 0, error, size };
	char *text, *at, *line;
	int err = 0;

	*lines = (struct cli_lines){ .list = NULL };
	if (!ps_revision_find(revision, PS_HOOKS_FILE))
		return 0;
	text = ps_folder_text(folder, PS_HOOKS_FILE, TEXT_MAX);
	if (!text) {
		snprintf(error, size, PS_HOOKS_FILE ": %s", errno == EFBIG ? "is no text of 1 MiB at most" : strerror(errno));
		return -1;
	}
	for (at = text; !err && at && *at;) {
		line = strsep(&at, "\n");
		reading.number++;
		err = read_line(&reading, lines, line);
	}
	free(text);
	return err;
}

bool cli_lines_have(const struct cli_lines *lines, const char *text)
{
	size_t i;

	for (i = 0; i < lines->n; i++) {
		if (!strcmp(lines->list[i].text, text))
			return true;
	}
	return false;
}

int cli_lines_write(const struct cli_lines *lines, const struct cli_lines *but, const char *folder, const char *name)
{
	char *text = NULL;
	size_t size, i;
	FILE *to = open_memstream(&text, &size);
	int n = 0, err;

	if (!to)
		return -1;
	for (i = 0; i < lines->n; i++) {
		if (but && cli_lines_have(but, lines->list[i].text))
			continue;
		fprintf(to, "%s\n", lines->list[i].text);
		n++;
	}
	err = fclose(to) ? -1 : ps_folder_write(folder, name, text);
	free(text);
	return err ? -1 : n;
}
