/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "apply.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "child.h"
#include "folder.h"
#include "hooklines.h"
#include "machine.h"
#include "states.h"
#include "tables.h"

#define GOING		"going.conf"	/* in the machine's folder: lines of hooks that go */
#define HOOKS		".hooks"	/* in current: lines as 'restore' reads them */

/* From what to what. */
struct change {
	const struct cli_machine *machine;
	const struct ps_revision *from, *to;
	const struct cli_lines *from_lines, *to_lines;
	bool is_back;	/* to what was there before, as far as it can be had */
	char *text;
	size_t size;
};

#define UNASKED	(-2)	/* what fails because the kernel cannot be asked; -1: for another reason */

static int fail(const struct change *change, const char *what, const char *why)
{
	snprintf(change->text, change->size, "%s: %s", what, why);
	return -1;
}

static bool is_thing(const struct ps_file *file)
{
	return ps_file_kind(file->name) == PS_FILE_SET || ps_file_kind(file->name) == PS_FILE_TABLE;
}

/* Whether a revision has a file with the same in it, since the same time. */
static bool has_same(const struct ps_revision *revision, const struct ps_file *file)
{
	const struct ps_file *other = ps_revision_find(revision, file->name);

	return other && other->from == file->from && !strcmp(other->digest, file->digest);
}

/*
 * Sets and tables.
 */

/* The control is opened when it is first needed. */
static int open_once(const struct change *change, struct ps_control *control, bool *is_open)
{
	if (*is_open)
		return 0;
	if (cli_states_open(control, NULL, true))
		return fail(change, "hooks and sets", "the kernel's module cannot be asked");
	*is_open = true;
	return 0;
}

static int compare_thing(struct ps_control *control, const struct ps_file *file, const char *folder, bool mend, char *text, size_t size)
{
	char path[PATH_MAX];

	if (!ps_folder_path(path, folder, file->name))
		return -1;
	if (ps_file_kind(file->name) == PS_FILE_SET)
		return cli_set_compare(control, file, path, mend, text, size);
	return cli_table_compare(control, file, path, mend, text, size);
}

/* What is in the set already is of no matter: that is another one. */
static int load_thing(const struct change *change, struct ps_control *control, const struct ps_file *file)
{
	char path[PATH_MAX];

	if (ps_file_kind(file->name) != PS_FILE_SET)
		return compare_thing(control, file, change->machine->current, true, change->text, change->size);
	return ps_folder_path(path, change->machine->current, file->name) ? cli_set_load(control, file, path, change->text, change->size) : -1;
}

/* Those that are new or have changed. */
static int load_things(const struct change *change, struct ps_control *control, bool *is_open)
{
	const struct ps_file *file;
	size_t i;

	for (i = 0; i < change->to->n; i++) {
		file = &change->to->files[i];
		if (!is_thing(file) || has_same(change->from, file))
			continue;
		if (open_once(change, control, is_open))
			return UNASKED;
		if (load_thing(change, control, file) < 0)
			return -1;
	}
	return 0;
}

/* Whether a revision tells of the same set or table, in whatever file. */
static bool has_thing(const struct ps_revision *revision, const struct ps_file *file)
{
	char name[PS_NAME_BYTES + 1], other[PS_NAME_BYTES + 1];
	size_t i;

	ps_file_thing(file, name);
	for (i = 0; i < revision->n; i++) {
		if (ps_file_kind(revision->files[i].name) != ps_file_kind(file->name))
			continue;
		ps_file_thing(&revision->files[i], other);
		if (!strcmp(name, other))
			return true;
	}
	return false;
}

/* Those that are no more. Scripts of others may still ask them, so they are empty at least. */
static void drop_things(const struct change *change, struct ps_control *control, bool *is_open)
{
	const struct ps_file *file;
	size_t i;

	for (i = 0; i < change->from->n; i++) {
		file = &change->from->files[i];
		if (is_thing(file) && !has_thing(change->to, file) && !open_once(change, control, is_open))
			cli_thing_drop(control, file);
	}
}

/*
 * Hooks.
 */
static bool is_read_by_scripts(const struct ps_file *file)
{
	return !is_thing(file) && ps_file_kind(file->name) != PS_FILE_TEST;
}

static bool lacks_one(const struct ps_revision *revision, const struct ps_revision *of)
{
	size_t i;

	for (i = 0; i < of->n; i++) {
		if (is_read_by_scripts(&of->files[i]) && !has_same(revision, &of->files[i]))
			return true;
	}
	return false;
}

/* option: NULL, none. */
static int call_restore(const struct change *change, const char *option, const char *folder, const char *name)
{
	char path[PATH_MAX], said[2048];
	const char *args[] = { "restore", path, option, NULL };
	const struct cli_child child = { args, CLI_APPLY_MS, false, -1 };

	if (!ps_folder_path(path, folder, name))
		return fail(change, name, "the path is too long");
	if (!cli_child_run(&child, said, sizeof(said)))
		return 0;
	snprintf(change->text, change->size, "%s", said);
	return -1;
}

static int detach_gone(const struct change *change)
{
	int n = cli_lines_write(change->from_lines, change->to_lines, change->machine->folder, GOING);

	if (n < 0)
		return fail(change, GOING, strerror(errno));
	return n ? call_restore(change, "--detach", change->machine->folder, GOING) : 0;
}

static int attach_new(const struct change *change, const char *option)
{
	int n = cli_lines_write(change->to_lines, NULL, change->machine->current, HOOKS);

	if (n < 0)
		return fail(change, HOOKS, strerror(errno));
	return n ? call_restore(change, option, change->machine->current, HOOKS) : 0;
}

/*
 * Hooks that the kernel has.
 */
struct listing {
	const struct cli_machine *machine;
	const struct cli_lines *lines;
	bool *is_there;			/* of each line */
	char script[PATH_MAX];		/* the one that the kernel tells of now, by its name in the folder; "": another one */
	struct ps_attachment *extra;	/* hooks of scripts in the folder that no line tells of; texts are our own */
	size_t nextra;
	const struct ps_file *other;	/* one whose text is not the one that the kernel has; NULL: none */
	uint32_t *stale;		/* the states that have such a one */
	size_t nstale;
	bool is_out_of_memory;
};

/* Scripts of a state come one after the other. */
static void add_stale(struct listing *listing, uint32_t state)
{
	uint32_t *more = listing->stale;

	if (listing->nstale && more[listing->nstale - 1] == state)
		return;
	more = realloc(more, (listing->nstale + 1) * sizeof(*more));
	listing->is_out_of_memory |= !more;
	if (!more)
		return;
	listing->stale = more;
	more[listing->nstale++] = state;
}

/* What it is called in the machine's folder. "": it is elsewhere. */
static const char *name_in(const struct cli_machine *machine, const char *path)
{
	size_t len = strlen(machine->current);

	return !strncmp(path, machine->current, len) && path[len] == '/' ? path + len + 1 : "";
}

/* A script, or a module or a list that one asks for. */
static void tell_text(struct listing *listing, const struct ps_listed *listed)
{
	const struct ps_file *file = ps_revision_find(&listing->machine->revision, name_in(listing->machine, listed->path));
	char digest[PS_SHA_TEXT] = "";
	size_t i;

	for (i = 0; i < listed->digest_size && i < (PS_SHA_TEXT - 1) / 2; i++)
		snprintf(digest + 2 * i, 3, "%02x", listed->digest[i]);
	/* the kernel may tell the first bytes only */
	if (!file || !digest[0] || !strncmp(digest, file->digest, strlen(digest)))
		return;
	listing->other = file;
	add_stale(listing, listed->state);
}

/* inet is a hook of each of both families. */
static bool is_family(uint8_t wanted, uint8_t found)
{
	return wanted == found || (wanted == NFPROTO_INET && (found == NFPROTO_IPV4 || found == NFPROTO_IPV6));
}

static bool is_line(const struct cli_line *line, const char *script, const struct ps_listed *listed)
{
	return !strcmp(line->script, script) && line->at.state == listed->state && is_family(line->at.family, listed->family) &&
	       listed->hooks & 1u << line->at.hook && line->at.priority == listed->priority && !strcmp(line->function, listed->function) &&
	       !strcmp(line->device ? line->device : "", listed->device);
}

static void add_extra(struct listing *listing, const struct ps_listed *listed)
{
	struct ps_attachment *more, *extra;
	char path[PATH_MAX];

	if (!ps_folder_path(path, listing->machine->current, listing->script))
		return;
	more = realloc(listing->extra, (listing->nextra + 1) * sizeof(*more));
	listing->is_out_of_memory |= !more;
	if (!more)
		return;
	listing->extra = more;
	extra = &more[listing->nextra++];
	*extra = (struct ps_attachment){
		.has_state = true, .has_family = true, .has_hook = true, .has_priority = true, .state = listed->state,
		.family = listed->family, .hook = ffs(listed->hooks) - 1, .priority = listed->priority,
	};
	extra->script = strdup(path);
	extra->function = strdup(listed->function);
	extra->device = listed->device[0] ? strdup(listed->device) : NULL;
	listing->is_out_of_memory |= !extra->script || !extra->function || (listed->device[0] && !extra->device);
}

static void tell_hook(struct listing *listing, const struct ps_listed *listed)
{
	bool is_extra = true;
	size_t i;

	for (i = 0; i < listing->lines->n; i++) {
		if (!is_line(&listing->lines->list[i], listing->script, listed))
			continue;
		listing->is_there[i] = true;
		is_extra = false;
	}
	if (is_extra)
		add_extra(listing, listed);
}

static void tell(void *context, const struct ps_listed *listed)
{
	struct listing *listing = context;

	if (listed->what == PACKETSCRIPT_A_SCRIPT)
		snprintf(listing->script, sizeof(listing->script), "%s", name_in(listing->machine, listed->path));
	if (listed->what == PACKETSCRIPT_A_SCRIPT || listed->what == PACKETSCRIPT_A_PART)
		tell_text(listing, listed);
	if (listed->what == PACKETSCRIPT_A_RULE && listed->has_place && listing->script[0])
		tell_hook(listing, listed);
}

static void clean_listing(struct listing *listing)
{
	size_t i;

	for (i = 0; i < listing->nextra; i++) {
		free((char *)listing->extra[i].script);
		free((char *)listing->extra[i].function);
		free((char *)listing->extra[i].device);
	}
	free(listing->extra);
	free(listing->is_there);
	free(listing->stale);
}

static int list_once(struct ps_control *control, void *context)
{
	struct listing *listing = context;
	const struct cli_machine *machine = listing->machine;
	const struct cli_lines *lines = listing->lines;
	int status;

	clean_listing(listing);
	*listing = (struct listing){ .machine = machine, .lines = lines, .is_there = calloc(lines->n + 1, sizeof(bool)) };
	listing->is_out_of_memory = !listing->is_there;
	status = listing->is_there ? ps_control_list(control, tell, listing) : -1;
	return listing->is_out_of_memory ? -1 : status;
}

/* clean_listing() in any case. Returns 0; or -1, after text was written. */
static int list_hooks(struct listing *listing, struct ps_control *control, const struct change *change)
{
	int status;

	*listing = (struct listing){ .machine = change->machine, .lines = change->to_lines };
	status = cli_states_list(control, list_once, listing);
	if (status > 0)
		return fail(change, "states", "they change all the time");
	return status < 0 ? fail(change, change->machine->current, listing->is_out_of_memory ? "not enough memory" : control->error) : 0;
}

/* The first line that is not attached, or NULL. Another network namespace has a list of its own. */
static const struct cli_line *missing_line(const struct listing *listing)
{
	size_t i;

	for (i = 0; i < listing->lines->n; i++) {
		if (!listing->is_there[i] && !listing->lines->list[i].netns)
			return &listing->lines->list[i];
	}
	return NULL;
}

/*
 * Takes away what no line tells of: an agent that was killed while it took a revision may have left it. A hook of inet is told as one of each of
 * both families, and goes by its own name.
 */
static int detach_extra(const struct change *change, struct ps_control *control, const struct listing *listing)
{
	bool stays;
	size_t i;
	int n;

	for (i = 0; i < listing->nextra; i++) {
		n = cli_hook_detach(control, &listing->extra[i], &stays);
		if (!n && (listing->extra[i].family == NFPROTO_IPV4 || listing->extra[i].family == NFPROTO_IPV6)) {
			listing->extra[i].family = NFPROTO_INET;
			n = cli_hook_detach(control, &listing->extra[i], &stays);
		}
		if (n < 0)
			return fail(change, listing->extra[i].script, control->error);
	}
	return 0;
}

/*
 * All of it. Sets and tables come first, so that a script that is loaded then finds what it was written for; what a hook is called for no
 * more goes before scripts are loaded, since its file may be gone.
 */
static int detach_others(const struct change *change, struct ps_control *control)
{
	struct listing listing;
	int err = list_hooks(&listing, control, change);

	if (!err)
		err = detach_extra(change, control, &listing);
	clean_listing(&listing);
	return err;
}

static int change_hooks(const struct change *change, struct ps_control *control, bool *is_open)
{
	if (!lacks_one(change->from, change->to) && !lacks_one(change->to, change->from))
		return 0;
	if ((change->to_lines->n || cli_states_are_loaded()) && open_once(change, control, is_open))
		return UNASKED;
	if (detach_gone(change) || (*is_open && detach_others(change, control)))
		return -1;
	return attach_new(change, "--reload");
}

static int make_change(const struct change *change)
{
	struct ps_control control;
	bool is_open = false;
	int err = load_things(change, &control, &is_open), hooks = 0;

	if (!err || change->is_back)
		hooks = change_hooks(change, &control, &is_open);
	if (!err && !hooks)
		drop_things(change, &control, &is_open);
	if (is_open)
		ps_control_close(&control);
	return err ? err : hooks;
}

/* The kernel gets what the folder has by now. */
static int move(const struct cli_machine *machine, const struct ps_revision *from, const struct cli_lines *from_lines, bool is_back, char *text, size_t size)
{
	struct cli_lines lines;
	const struct change change = { machine, from, &machine->revision, from_lines, &lines, is_back, text, size };
	int err = cli_lines_read(&lines, &machine->revision, machine->current, machine->current, text, size);

	if (!err)
		err = make_change(&change);
	cli_lines_clean(&lines);
	return err;
}

/* Those of the machine's revision. There are none if somebody has spoilt the file: that is no reason to be stuck with it. */
static void read_lines(struct cli_lines *lines, const struct cli_machine *machine)
{
	char text[512];

	if (cli_lines_read(lines, &machine->revision, machine->current, machine->current, text, sizeof(text)))
		cli_lines_clean(lines);
}

/* The revision that has failed goes back to next. Hooks of its own are taken away, and what it changed is as before. */
static enum cli_applied go_back(struct cli_machine *machine, struct ps_revision *revision, char **manifest, char *text, size_t size)
{
	struct cli_lines lines;
	char why[1024];
	int err;

	read_lines(&lines, machine);
	err = cli_machine_go_back(machine, revision, manifest);
	if (err) {
		snprintf(why, sizeof(why), "%s", strerror(errno));
	} else {
		err = move(machine, revision, &lines, true, why, sizeof(why));
		ps_folder_remove(machine->next);
	}
	cli_lines_clean(&lines);
	if (!err)
		return CLI_APPLY_BACK;
	snprintf(text + strlen(text), size - strlen(text), "; and what was before is not back: %s", why);
	return CLI_APPLY_LOST;
}

enum cli_applied cli_apply(struct cli_machine *machine, struct ps_revision *revision, char **manifest, char *text, size_t size)
{
	enum cli_applied applied = CLI_APPLIED;
	struct cli_lines lines;
	int err;

	read_lines(&lines, machine);
	if (cli_machine_exchange(machine, revision, manifest)) {
		snprintf(text, size, "%s: %s", machine->next, strerror(errno));
		applied = CLI_APPLY_BACK;
	} else {
		err = move(machine, revision, &lines, false, text, size);
		if (err)
			applied = go_back(machine, revision, manifest, text, size);
		if (err == UNASKED && applied == CLI_APPLY_BACK)
			applied = CLI_APPLY_UNASKED;
	}
	cli_lines_clean(&lines);
	return applied;
}

/*
 * Comparing.
 */
/* States whose scripts are as they should be go on with what they have in their variables: only others are loaded anew. */
static int mend_hooks(const struct change *change, struct ps_control *control, const struct listing *listing)
{
	size_t i;

	if (detach_extra(change, control, listing))
		return -1;
	for (i = 0; i < listing->nstale; i++) {
		if (ps_control_reload(control, listing->stale[i]))
			return fail(change, listing->other->name, control->error);
	}
	/* what went may have had a part of a line */
	return listing->nextra || missing_line(listing) ? attach_new(change, NULL) : 0;
}

static int compare_hooks(const struct change *change, struct ps_control *control, bool mend)
{
	struct listing listing;
	int status = list_hooks(&listing, control, change), drift = 0;
	const struct cli_line *missing = status ? NULL : missing_line(&listing);
	char what[PATH_MAX + 64] = "";

	if (missing)
		snprintf(what, sizeof(what), "is not attached: %s", missing->text);
	else if (!status && listing.nextra)
		snprintf(what, sizeof(what), "is attached, and no line says so: %s", listing.extra[0].script);
	else if (!status && listing.other)
		snprintf(what, sizeof(what), "%s: the kernel has another text of it", listing.other->name);
	if (what[0])
		drift = mend && mend_hooks(change, control, &listing) ? -1 : 1;
	if (drift > 0)
		snprintf(change->text, change->size, "%s", what);
	clean_listing(&listing);
	return status < 0 ? -1 : drift;
}

/* Finds which files are no more what the revision says, and tells of one of them. is_spoilt has room for all. */
static bool find_spoilt(const struct cli_machine *machine, bool *is_spoilt, char *text, size_t size)
{
	char path[PATH_MAX], digest[PS_SHA_TEXT];
	const struct ps_file *file;
	bool is_found = false;
	size_t i;

	for (i = 0; i < machine->revision.n; i++) {
		file = &machine->revision.files[i];
		is_spoilt[i] = !ps_folder_path(path, machine->current, file->name) || !ps_sha_of_file(path, file->size, digest) || strcmp(digest, file->digest);
		if (is_spoilt[i])
			snprintf(text, size, "%s: is not what the revision says", path);
		is_found |= is_spoilt[i];
	}
	return is_found;
}

/* Whether hooks can be mended: scripts, and what these read, are loaded for that. */
static bool has_hooks(const struct cli_machine *machine, const bool *is_spoilt)
{
	size_t i;

	for (i = 0; i < machine->revision.n; i++) {
		if (is_spoilt[i] && is_read_by_scripts(&machine->revision.files[i]))
			return false;
	}
	return true;
}

static int compare_things(const struct change *change, const bool *is_spoilt, struct ps_control *control, bool mend)
{
	const struct ps_revision *revision = change->to;
	int drift = 0, one;
	char what[1024];
	size_t i;

	for (i = 0; i < revision->n; i++) {
		if (!is_thing(&revision->files[i]) || is_spoilt[i])
			continue;
		one = compare_thing(control, &revision->files[i], change->machine->current, mend, what, sizeof(what));
		if (one)
			snprintf(change->text, change->size, "%s", what);
		if (one < 0)
			return -1;
		drift |= one;
	}
	return drift;
}

static bool has_things(const struct ps_revision *revision)
{
	size_t i;

	for (i = 0; i < revision->n; i++) {
		if (is_thing(&revision->files[i]))
			return true;
	}
	return false;
}

static int compare_kernel(const struct change *change, const bool *is_spoilt, bool mend)
{
	struct ps_control control;
	int things, hooks = 0;

	if (!has_things(change->to) && !change->to_lines->n && !cli_states_are_loaded())
		return 0;
	if (cli_states_open(&control, NULL, true))
		return fail(change, "hooks and sets", "the kernel's module cannot be asked");
	things = compare_things(change, is_spoilt, &control, mend);
	if (things >= 0 && has_hooks(change->machine, is_spoilt))
		hooks = compare_hooks(change, &control, mend);
	ps_control_close(&control);
	return things < 0 || hooks < 0 ? -1 : things | hooks;
}

/* What is intact is compared, and mended, whatever became of other files. */
static int compare_intact(struct cli_machine *machine, const bool *is_spoilt, bool mend, char *text, size_t size)
{
	const struct ps_revision nothing = { .number = 0 };
	const struct cli_lines none = { NULL, 0 };
	struct cli_lines lines = { NULL, 0 };
	const struct change change = { machine, &nothing, &machine->revision, &none, &lines, false, text, size };
	int status = 0;

	if (has_hooks(machine, is_spoilt))
		status = cli_lines_read(&lines, &machine->revision, machine->current, machine->current, text, size);
	if (!status)
		status = compare_kernel(&change, is_spoilt, mend);
	cli_lines_clean(&lines);
	return status;
}

int cli_compare(struct cli_machine *machine, bool mend, char *text, size_t size)
{
	bool *is_spoilt;
	int status;

	text[0] = 0;
	if (!machine->revision.number)
		return 0;
	is_spoilt = calloc(machine->revision.n, sizeof(*is_spoilt));
	if (!is_spoilt) {
		snprintf(text, size, "not enough memory");
		return -1;
	}
	status = find_spoilt(machine, is_spoilt, text, size);
	if (status) {
		char other[1024];

		/* files can be mended by the store only, which sends them again when the text is not known any more */
		free(machine->text);
		machine->text = strdup("");
		compare_intact(machine, is_spoilt, mend, other, sizeof(other));
		status = -1;
	} else {
		status = compare_intact(machine, is_spoilt, mend, text, size);
	}
	free(is_spoilt);
	return status;
}

/*
 * Telling.
 */
static void tell_lines(const struct cli_lines *lines, const struct cli_lines *others, const char *what)
{
	size_t i;

	for (i = 0; i < lines->n; i++) {
		if (!cli_lines_have(others, lines->list[i].text))
			printf("%s: %s\n", what, lines->list[i].text);
	}
}

void cli_apply_tell(const struct cli_machine *machine, const struct ps_revision *revision, const char *folder)
{
	struct cli_lines before, after;
	char text[1024];
	size_t i;

	for (i = 0; i < revision->n; i++) {
		if (!has_same(&machine->revision, &revision->files[i]))
			printf("%s: %s, %lld bytes\n", ps_revision_find(&machine->revision, revision->files[i].name) ? "changed" : "new", revision->files[i].name,
			       revision->files[i].size);
	}
	for (i = 0; i < machine->revision.n; i++) {
		if (!ps_revision_find(revision, machine->revision.files[i].name))
			printf("gone: %s\n", machine->revision.files[i].name);
	}
	if (!cli_lines_read(&after, revision, folder, machine->current, text, sizeof(text))) {
		read_lines(&before, machine);
		tell_lines(&before, &after, "detached");
		tell_lines(&after, &before, "attached");
		cli_lines_clean(&before);
	}
	cli_lines_clean(&after);
}
