/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "bundle.h"

#include <string.h>

#include "host.h"
#include "script.h"
#include "set.h"

const struct ps_part_call ps_part_calls[] = {
	[PS_PART_MODULE] = { NULL, "require", "module", "require \"name\"" },
	[PS_PART_ADDRESSES] = { "set", "file", "list", "set.file(\"name\")" },
	[PS_PART_NAMES] = { "set", "names_file", "list", "set.names_file(\"name\")" },
};

/* What a part asks for: as often as it says so. */
struct need {
	enum ps_part_kind kind;
	char name[PS_MODULE_NAME];
	int line;
	bool is_name;	/* as files of this kind may have it */
};

struct needs {
	struct need *need;
	size_t n, room;
};

/* While a bundle is made. */
struct gathering {
	struct ps_bundle *bundle;
	const struct ps_bundle_source *source;
	size_t modules, lists;	/* bytes of all their texts so far */
	char *error;
	size_t size;
};

/* While a part is compiled. */
struct compiling {
	struct ps_part *part;
	struct needs *needs;
};

/*
 * Errors. What is wrong in a file is told with the way that led there.
 */
static void put_before(struct gathering *g, const struct ps_part *part, const struct need *need)
{
	static const char format[] = "%s:%d: %s '%s': ";
	const char *what = ps_part_calls[need->kind].what;
	size_t n = ps_host_format(NULL, 0, format, part->path, need->line, what, need->name);
	size_t len = strlen(g->error) + 1;
	char first = g->error[0];

	if (n + len > g->size)
		return;	/* what is wrong matters more than the whole way */
	memmove(g->error + n, g->error, len);
	ps_host_format(g->error, n + 1, format, part->path, need->line, what, need->name);
	g->error[n] = first;
}

static int no_memory(struct gathering *g)
{
	ps_host_format(g->error, g->size, "not enough memory");
	return -1;
}

/*
 * Names and files.
 */

/* How files of a kind are named. */
static const struct naming {
	char between;		/* folders */
	const char *suffix;	/* of the file, behind the name */
	const char *rule;
} module_names = {
	'.', PS_MODULE_SUFFIX, "a module's name has letters, digits, _ and -, with a dot between folders",
}, list_names = {
	'/', "", "a list's name has letters, digits, _, - and ., with a / between folders, none of which begins with a dot",
};

static const struct naming *naming_of(enum ps_part_kind kind)
{
	return kind == PS_PART_MODULE ? &module_names : &list_names;
}

/* None leads out of the folders that are looked in, since a dot never stands where a name of a folder or a file begins. */
static bool is_name(const struct naming *naming, const char *name, size_t len)
{
	char before = naming->between;
	size_t i;

	for (i = 0; i < len; before = name[i++]) {
		if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= 'A' && name[i] <= 'Z') ||
		      (name[i] >= '0' && name[i] <= '9') || name[i] == '_' || name[i] == '-' ||
		      ((name[i] == '.' || name[i] == naming->between) && before != naming->between)))
			return false;
	}
	return before != naming->between && len < PS_MODULE_NAME;
}

/* folder[:len]/a/b.lua, for the module a.b; NULL: no memory. */
static char *file_path(const char *folder, size_t len, const struct naming *naming, const char *name)
{
	size_t size = len + 1 + strlen(name) + strlen(naming->suffix) + 1;
	char *path = ps_host_resize(NULL, 0, size), *c;

	if (!path)
		return NULL;
	memcpy(path, folder, len);
	c = path + len;
	if (len && c[-1] != '/')
		*c++ = '/';
	ps_host_format(c, size - (c - path), "%s%s", name, naming->suffix);
	for (; *name; name++, c++) {
		if (*c == naming->between)
			*c = '/';
	}
	return path;
}

static size_t folder_length(const char *path)
{
	size_t len = strlen(path);

	while (len && path[len - 1] != '/')
		len--;
	return len;
}

static void free_block(void *block)
{
	ps_host_resize(block, 0, 0);
}

/* Finds and reads the file of the part, and gives that its path. Returns 0 or -1. */
static int read_part(struct gathering *g, struct ps_part *part, size_t max, void **text, size_t *len)
{
	const char *folders[] = { g->source->beside, g->source->folder };
	size_t lengths[] = { folder_length(folders[0]), strlen(folders[1]) }, i;
	char *absent[2] = { NULL, NULL }, why[64];
	enum ps_read read = PS_READ_ABSENT;

	for (i = 0; i < 2 && read == PS_READ_ABSENT; i++) {
		absent[i] = file_path(folders[i], lengths[i], naming_of(part->kind), part->name);
		if (!absent[i]) {
			no_memory(g);
			read = PS_READ_FAILED;
			break;
		}
		read = ps_host_read(absent[i], max, text, len, why, sizeof(why));
		if (read == PS_READ_FAILED)
			ps_host_format(g->error, g->size, "%s: %s", absent[i], why);
		if (read != PS_READ_DONE)
			continue;
		part->path = absent[i];
		absent[i] = NULL;
	}
	if (read == PS_READ_ABSENT)
		ps_host_format(g->error, g->size, "not found: there is no %s and no %s", absent[0], absent[1]);
	free_block(absent[0]);
	free_block(absent[1]);
	return read == PS_READ_DONE ? 0 : -1;
}

/*
 * Parts.
 */
static struct ps_part *add_part(struct gathering *g, enum ps_part_kind kind, const char *name)
{
	struct ps_bundle *bundle = g->bundle;
	struct ps_part *part;

	if (bundle->n > PS_MODULES_MAX) {
		ps_host_format(g->error, g->size, "is one more than the %d modules and lists that a script may have",
			       PS_MODULES_MAX);
		return NULL;
	}
	part = ps_host_resize(NULL, 0, sizeof(*part));
	if (!part) {
		no_memory(g);
		return NULL;
	}
	memset(part, 0, sizeof(*part));
	part->kind = kind;
	strcpy(part->name, name);
	bundle->part[bundle->n++] = part;
	return part;
}

/* Makes room for one more of what has n elements of a size; false: there is no memory. */
static bool make_room(void **block, size_t *room, size_t n, size_t size, size_t more)
{
	size_t larger = 2 * *room > n + more ? 2 * *room : n + more;
	void *other;

	if (n + more <= *room)
		return true;
	other = ps_host_resize(*block, n * size, larger * size);
	if (!other)
		return false;
	*block = other;
	*room = larger;
	return true;
}

static int add_code(void *to, const void *code, size_t len)
{
	struct ps_part *part = ((struct compiling *)to)->part;

	if (!make_room(&part->code, &part->room, part->len, 1, len))
		return -1;
	memcpy((char *)part->code + part->len, code, len);
	part->len += len;
	return 0;
}

static int add_need(void *to, enum ps_part_kind kind, const char *name, size_t len, int line)
{
	struct needs *needs = ((struct compiling *)to)->needs;
	void *block = needs->need;
	struct need *need;
	size_t i;

	if (!make_room(&block, &needs->room, needs->n, sizeof(*need), 1))
		return -1;
	needs->need = block;
	need = &needs->need[needs->n++];
	need->kind = kind;
	need->is_name = is_name(naming_of(kind), name, len);
	need->line = line;
	for (i = 0; i < len && i < sizeof(need->name) - 1; i++)
		need->name[i] = name[i] < ' ' || name[i] > '~' ? '?' : name[i];	/* for messages */
	need->name[i] = 0;
	return 0;
}

static int compile(struct gathering *g, struct ps_part *part, const char *text, size_t len, struct needs *needs)
{
	struct compiling compiling = { part, needs };
	const struct ps_compilation c = {
		.path = part->path, .text = text, .len = len,
		.memory = g->source->memory, .region = g->source->region,
		.write = add_code, .need = add_need, .to = &compiling,
		.defers = &g->bundle->defers, .translates = &g->bundle->translates, .offloads = &g->bundle->offloads,
		.tracks = &g->bundle->tracks,
	};

	return ps_script_compile(&c, g->error, g->size);
}

static int gather(struct gathering *g, struct ps_part *part, const char *text, size_t len, int depth);

/* A module that the bundle does not have yet. */
static int gather_module(struct gathering *g, struct ps_part *part, int depth)
{
	void *text;
	size_t len;
	int err;

	if (depth > PS_MODULES_DEEP) {
		ps_host_format(g->error, g->size, "more than %d modules require each other in a row", PS_MODULES_DEEP);
		return -1;
	}
	if (read_part(g, part, PS_SCRIPT_TEXT_MAX, &text, &len))
		return -1;
	g->modules += len;
	if (g->modules > PS_MODULES_TEXT_MAX) {
		ps_host_format(g->error, g->size, "with it the script's modules are larger than %d bytes",
			 PS_MODULES_TEXT_MAX);
		err = -1;
	} else {
		err = gather(g, part, text, len, depth);
	}
	free_block(text);
	return err;
}

/* A list that the bundle does not have yet. It keeps its text, as what the set is made of. */
static int gather_list(struct gathering *g, struct ps_part *part)
{
	size_t max = PS_LISTS_TEXT_MAX;

	if (read_part(g, part, max, &part->code, &part->len))
		return -1;
	part->room = part->len;
	g->lists += part->len;
	if (g->lists > max) {
		ps_host_format(g->error, g->size, "with it the script's lists are larger than %d bytes", PS_LISTS_TEXT_MAX);
		return -1;
	}
	ps_digest(part->code, part->len, part->text);
	memcpy(part->digest, part->text, sizeof(part->digest));
	return ps_set_check(part, g->error, g->size);
}

/* Returns what is needed, gathered; or NULL. */
static const struct ps_part *meet(struct gathering *g, const struct need *need, int depth)
{
	struct ps_part *part = (struct ps_part *)ps_bundle_part(g->bundle, need->kind, need->name);
	int err;

	if (!need->is_name) {
		ps_host_format(g->error, g->size, "%s, and at most %d bytes", naming_of(need->kind)->rule,
			       PS_MODULE_NAME - 1);
		return NULL;
	}
	if (part && part->is_open) {
		ps_host_format(g->error, g->size, "requires itself in the end: move what both need into a third one");
		return NULL;
	}
	if (part)
		return part;
	part = add_part(g, need->kind, need->name);
	if (!part)
		return NULL;
	err = need->kind == PS_PART_MODULE ? gather_module(g, part, depth) : gather_list(g, part);
	return err ? NULL : part;
}

/* The digest takes in that of another part. */
static void fold(uint8_t digest[PS_DIGEST_SIZE], const uint8_t other[PS_DIGEST_SIZE])
{
	uint8_t both[2 * PS_DIGEST_SIZE];

	memcpy(both, digest, PS_DIGEST_SIZE);
	memcpy(both + PS_DIGEST_SIZE, other, PS_DIGEST_SIZE);
	ps_digest(both, sizeof(both), digest);
}

static int gather(struct gathering *g, struct ps_part *part, const char *text, size_t len, int depth)
{
	const struct ps_part *other;
	struct needs needs = { NULL };
	size_t i;
	int err;

	part->is_open = true;
	ps_digest(text, len, part->text);
	memcpy(part->digest, part->text, sizeof(part->digest));
	err = compile(g, part, text, len, &needs);
	for (i = 0; !err && i < needs.n; i++) {
		other = meet(g, &needs.need[i], depth + 1);
		if (other) {
			fold(part->digest, other->digest);
		} else {
			put_before(g, part, &needs.need[i]);
			err = -1;
		}
	}
	free_block(needs.need);
	part->is_open = false;
	return err;
}

int ps_bundle_make(struct ps_bundle *bundle, const struct ps_bundle_source *source, char *error, size_t size)
{
	struct gathering g = { bundle, source, .error = error, .size = size };
	struct ps_part *script = add_part(&g, PS_PART_MODULE, "");
	size_t len = strlen(source->path) + 1;

	if (!script)
		return -1;
	script->path = ps_host_resize(NULL, 0, len);
	if (!script->path)
		return no_memory(&g);
	memcpy(script->path, source->path, len);
	return gather(&g, script, source->text, source->len, 0);
}

void ps_bundle_drop_code(struct ps_bundle *bundle)
{
	int i;

	for (i = 0; i < bundle->n; i++) {
		free_block(bundle->part[i]->code);
		bundle->part[i]->code = NULL;
		bundle->part[i]->len = bundle->part[i]->room = 0;
	}
}

void ps_bundle_clean(struct ps_bundle *bundle)
{
	ps_bundle_drop_code(bundle);
	while (bundle->n) {
		free_block(bundle->part[--bundle->n]->path);
		free_block(bundle->part[bundle->n]);
	}
}

const struct ps_part *ps_bundle_part(const struct ps_bundle *bundle, enum ps_part_kind kind, const char *name)
{
	int i;

	for (i = 1; i < bundle->n; i++) {
		if (bundle->part[i]->kind == kind && !strcmp(bundle->part[i]->name, name))
			return bundle->part[i];
	}
	return NULL;
}
