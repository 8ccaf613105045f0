/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "entries.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "host_user.h"

#define KEY_MAX		255			/* bytes of a key, */
#define TTL_MAX		315360000000ll		/* and milliseconds: as of scripts */

#define TOO_LONG	"a key has 255 bytes at most, and a value 16384"

/* Memory that is there until the entries are cleaned. */
struct kept {
	struct kept *next;
	char bytes[];
};

static char *keep(struct cli_entries *entries, size_t len)
{
	struct kept *kept = malloc(sizeof(*kept) + len + 1);

	if (!kept)
		abort();
	kept->next = entries->kept;
	entries->kept = kept;
	return kept->bytes;
}

static void add(struct cli_entries *entries, const struct ps_shared_entry *entry)
{
	if (entries->n == entries->room) {
		entries->room = entries->room ? 2 * entries->room : 64;
		entries->list = realloc(entries->list, entries->room * sizeof(*entries->list));
		if (!entries->list)
			abort();
	}
	entries->list[entries->n++] = *entry;
}

void cli_entries_clean(struct cli_entries *entries)
{
	struct kept *kept, *next;

	for (kept = entries->kept; kept; kept = next) {
		next = kept->next;
		free(kept);
	}
	json_decref(entries->json);
	free(entries->list);
	memset(entries, 0, sizeof(*entries));
}

static bool is_too_long(const struct ps_cell *cell, bool is_key)
{
	return cell->len > (is_key ? KEY_MAX : PACKETSCRIPT_ENTRY_BYTES);
}

static struct ps_cell string_of(const char *bytes, size_t len)
{
	return (struct ps_cell){ .type = PS_CELL_STRING, .bytes = bytes, .len = len };
}

static struct ps_cell number_of(enum ps_cell_type type, long long number)
{
	return (struct ps_cell){ .type = type, .number = number };
}

/*
 * Text.
 */
static bool is(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && !memcmp(text, word, len);
}

/* A sign or none, and digits. */
static bool looks_like_integer(const char *text, size_t len)
{
	size_t i = len && text[0] == '-';

	if (i == len)
		return false;
	while (i < len && isdigit((unsigned char)text[i]))
		i++;
	return i == len;
}

static const char *read_integer(const char *text, size_t len, long long *number)
{
	char copy[32];

	if (len >= sizeof(copy))
		return "an integer has 64 bits at most; in double quotes it is a string";
	memcpy(copy, text, len);
	copy[len] = 0;
	errno = 0;
	*number = strtoll(copy, NULL, 10);
	return errno ? "an integer has 64 bits at most; in double quotes it is a string" : NULL;
}

/* What is within the quotes. NULL: they do not match. */
static const char *unquote(struct cli_entries *entries, const char *text, size_t len, size_t *n)
{
	char *to = keep(entries, len);
	size_t i;

	*n = 0;
	for (i = 1; i + 1 < len; i++) {
		if (text[i] == '"' && (i + 2 >= len || text[++i] != '"'))
			return NULL;
		to[(*n)++] = text[i];
	}
	return len >= 2 && text[len - 1] == '"' ? to : NULL;
}

const char *cli_cell_read(struct cli_entries *entries, const char *text, size_t len, bool is_key, struct ps_cell *cell)
{
	const char *bytes, *why = NULL;
	long long number = 0;
	size_t n;

	if (len && text[0] == '"') {
		bytes = unquote(entries, text, len, &n);
		*cell = string_of(bytes, bytes ? n : 0);
		why = bytes ? NULL : "a double quote has to have another one at the end; within, two are one";
	} else if (looks_like_integer(text, len)) {
		why = read_integer(text, len, &number);
		*cell = number_of(PS_CELL_INTEGER, number);
	} else if (!is_key && (is(text, len, "true") || is(text, len, "false"))) {
		*cell = number_of(PS_CELL_BOOLEAN, text[0] == 't');
	} else {
		*cell = string_of(text, len);
		why = len ? NULL : "there is nothing; an empty string is \"\"";
	}
	return why ? why : is_too_long(cell, is_key) ? TOO_LONG : NULL;
}

static const char *read_ttl(const char *text, size_t len, struct ps_shared_entry *entry)
{
	long long ttl;

	if (!looks_like_integer(text, len) || read_integer(text, len, &ttl) || ttl < 0 || ttl > TTL_MAX)
		return "a time to live is 0 (it stays) to 315360000000 milliseconds";
	entry->has_ttl = true;
	entry->ttl = ttl;
	return NULL;
}

/* How many bytes a field has, up to the comma behind it or the end. */
static size_t field_len(const char *at, const char *end)
{
	bool is_quoted = false;
	const char *to;

	for (to = at; to < end && (is_quoted || *to != ','); to++)
		is_quoted ^= *to == '"';
	return to - at;
}

static void trim(const char **text, size_t *len)
{
	while (*len && isspace((unsigned char)**text)) {
		++*text;
		--*len;
	}
	while (*len && isspace((unsigned char)(*text)[*len - 1]))
		--*len;
}

static const char *read_fields(struct cli_entries *entries, const char *line, size_t len)
{
	struct ps_shared_entry entry = { .length = 0 };
	const char *at = line, *end = line + len, *field, *why = NULL;
	size_t n;
	int i;

	for (i = 0; i < 3 && at <= end && !why; i++) {
		field = at;
		n = field_len(at, end);
		at += n + 1;
		trim(&field, &n);
		why = i == 2 ? read_ttl(field, n, &entry) : cli_cell_read(entries, field, n, !i, i ? &entry.value : &entry.key);
	}
	if (!why && (i < 2 || at <= end))
		why = "a line is KEY,VALUE or KEY,VALUE,MILLISECONDS";
	if (!why)
		add(entries, &entry);
	return why;
}

/* A first line that says what columns there are. */
static bool is_head(const char *line, size_t len)
{
	return is(line, len, "key,value") || is(line, len, "key,value,ttl");
}

static bool read_lines(struct cli_entries *entries, const char *text, size_t len, const char *name)
{
	const char *at = text, *end = text + len, *line, *next, *why = NULL;
	unsigned int number = 0;

	for (; at < end && !why; at = next + 1) {
		next = memchr(at, '\n', end - at);
		next = next ? next : end;
		line = at;
		len = next - at;
		trim(&line, &len);
		number++;
		if (len && line[0] != '#' && !(number == 1 && is_head(line, len)))
			why = read_fields(entries, line, len);
	}
	if (why)
		cli_error("%s:%u: %s", name, number, why);
	return !why;
}

/*
 * JSON.
 */
static int digit_of(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return at ? at - digits : -1;
}

static const char *read_hex(struct cli_entries *entries, const json_t *json, enum ps_cell_type type, struct ps_cell *cell)
{
	const char *hex = json_string_value(json);
	size_t i, len = json_string_length(json) / 2;
	char *to;

	if (!hex || json_string_length(json) % 2)
		return "bytes are text with two hexadecimal digits for each";
	to = keep(entries, len);
	for (i = 0; i < len; i++) {
		if (digit_of(hex[2 * i]) < 0 || digit_of(hex[2 * i + 1]) < 0)
			return "bytes are text with two hexadecimal digits for each";
		to[i] = digit_of(hex[2 * i]) << 4 | digit_of(hex[2 * i + 1]);
	}
	*cell = (struct ps_cell){ .type = type, .bytes = to, .len = len };
	return NULL;
}

static const char *read_json_cell(struct cli_entries *entries, const json_t *json, bool is_key, struct ps_cell *cell)
{
	const json_t *string = json_object_get(json, "string"), *array = is_key ? NULL : json_object_get(json, "bytes");
	const char *why = NULL;

	if (json_is_integer(json))
		*cell = number_of(PS_CELL_INTEGER, json_integer_value(json));
	else if (!is_key && json_is_boolean(json))
		*cell = number_of(PS_CELL_BOOLEAN, json_is_true(json));
	else if (json_is_string(json))
		*cell = string_of(json_string_value(json), json_string_length(json));
	else if (json_object_size(json) == 1 && (string || array))
		why = read_hex(entries, string ? string : array, string ? PS_CELL_STRING : PS_CELL_ARRAY, cell);
	else
		return is_key ? "a key is an integer, a string or {\"string\": HEX}" :
				"a value is an integer, true, false, a string, {\"string\": HEX} or {\"bytes\": HEX}";
	return why ? why : is_too_long(cell, is_key) ? TOO_LONG : NULL;
}

/* One of a list. */
static const char *read_json_entry(struct cli_entries *entries, const json_t *json)
{
	const json_t *key = json_object_get(json, "key"), *value = json_object_get(json, "value"), *ttl = json_object_get(json, "ttl");
	struct ps_shared_entry entry = { .length = 0 };
	const char *why;

	if (!key || !value)
		return "an entry is an object with key and value, and maybe ttl";
	if (json_object_get(json, "length"))
		return "not all bytes of the value are here";
	if (json_object_size(json) != (ttl ? 3 : 2))
		return "an entry has key and value, and maybe ttl, and nothing else";
	why = read_json_cell(entries, key, true, &entry.key);
	if (!why)
		why = read_json_cell(entries, value, false, &entry.value);
	if (why)
		return why;
	if (ttl && (!json_is_integer(ttl) || json_integer_value(ttl) < 0 || json_integer_value(ttl) > TTL_MAX))
		return "a time to live is 0 (it stays) to 315360000000 milliseconds";
	entry.has_ttl = ttl;
	entry.ttl = json_integer_value(ttl);
	add(entries, &entry);
	return NULL;
}

static bool read_list(struct cli_entries *entries, const json_t *list, const char *name)
{
	const json_t *json;
	const char *why;
	size_t i;

	json_array_foreach(list, i, json) {
		why = read_json_entry(entries, json);
		if (!why)
			continue;
		cli_error("%s: entry %zu: %s", name, i + 1, why);
		return false;
	}
	return true;
}

/* Keys are strings there. */
static bool read_object(struct cli_entries *entries, json_t *object, const char *name)
{
	struct ps_shared_entry entry;
	const char *key, *why;
	json_t *value;

	json_object_foreach(object, key, value) {
		entry = (struct ps_shared_entry){ .key = string_of(key, strlen(key)) };
		why = is_too_long(&entry.key, true) ? TOO_LONG : read_json_cell(entries, value, false, &entry.value);
		if (why) {
			cli_error("%s: \"%s\": %s", name, key, why);
			return false;
		}
		add(entries, &entry);
	}
	return true;
}

static bool read_json(struct cli_entries *entries, const char *text, size_t len, const char *name)
{
	const json_t *list;
	json_error_t error;

	entries->json = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (!entries->json) {
		cli_error("%s:%d: %s", name, error.line, error.text);
		return false;
	}
	list = json_object_get(entries->json, "entries");
	if (json_is_array(entries->json) || (json_is_array(list) && json_is_string(json_object_get(entries->json, "name"))))
		return read_list(entries, json_is_array(entries->json) ? entries->json : list, name);
	if (json_is_object(entries->json))
		return read_object(entries, entries->json, name);
	cli_error("%s: give an object of keys and values, or a list of entries", name);
	return false;
}

/*
 * Files.
 */
static bool ends_in(const char *path, const char *end)
{
	return strlen(path) > strlen(end) && !strcmp(path + strlen(path) - strlen(end), end);
}

static bool is_json(const char *path, const char *text, size_t len)
{
	if (ends_in(path, ".json") || ends_in(path, ".csv"))
		return ends_in(path, ".json");
	trim(&text, &len);
	return len && (text[0] == '{' || text[0] == '[');
}

/* All of it. NULL, and errno. */
static char *read_all(FILE *file, size_t *len)
{
	size_t room = 1 << 16, n;
	char *text = malloc(room);

	*len = 0;
	while (text) {
		n = fread(text + *len, 1, room - *len, file);
		*len += n;
		if (!n)
			break;
		if (*len == room) {
			room *= 2;
			text = realloc(text, room);
		}
	}
	if (!text)
		abort();
	if (!ferror(file))
		return text;
	free(text);
	return NULL;
}

bool cli_entries_load(struct cli_entries *entries, const char *path)
{
	bool is_standard = !strcmp(path, "-"), is_read;
	const char *name = is_standard ? "standard input" : path;
	FILE *file = is_standard ? stdin : fopen(path, "re");
	char *text = file ? read_all(file, &entries->room) : NULL, *kept;
	size_t len = entries->room;

	entries->room = 0;
	if (!text)
		cli_error("%s: %s", name, strerror(errno));
	if (file && !is_standard)
		fclose(file);
	if (!text)
		return false;
	kept = keep(entries, len);
	memcpy(kept, text, len);
	free(text);
	is_read = is_json(path, kept, len) ? read_json(entries, kept, len, name) : read_lines(entries, kept, len, name);
	if (is_read && !entries->n)
		cli_error("%s: there is no entry in it", name);
	return is_read && entries->n;
}

/*
 * Telling.
 */
static char *hex_of(const struct ps_cell *cell)
{
	char *hex = malloc(2 * cell->len + 1);
	size_t i;

	if (!hex)
		abort();
	for (i = 0; i < cell->len; i++)
		snprintf(hex + 2 * i, 3, "%02x", (unsigned char)cell->bytes[i]);
	hex[2 * cell->len] = 0;
	return hex;
}

static json_t *cell_json(const struct ps_cell *cell)
{
	json_t *json = cell->type == PS_CELL_STRING ? json_stringn(cell->bytes, cell->len) : NULL;
	char *hex;

	if (json)
		return json;
	if (cell->type == PS_CELL_INTEGER)
		return json_integer(cell->number);
	if (cell->type == PS_CELL_BOOLEAN)
		return json_boolean(cell->number);
	hex = hex_of(cell);
	json = json_pack("{s:s}", cell->type == PS_CELL_STRING ? "string" : "bytes", hex);
	free(hex);
	return json;
}

json_t *cli_entry_json(const struct ps_shared_entry *entry)
{
	json_t *json = json_pack("{s:o, s:o}", "key", cell_json(&entry->key), "value", cell_json(&entry->value));

	if (entry->has_ttl)
		json_object_set_new(json, "ttl", json_integer(entry->ttl));
	if (entry->length)
		json_object_set_new(json, "length", json_integer(entry->length));
	return json;
}

/* Bytes that are no text are escaped. is_quoted: within quotes, of which two are one. */
static void print_string(const struct ps_cell *cell, bool is_quoted)
{
	char *text = malloc(4 * cell->len + 1), *to = text;
	size_t i;

	if (!text)
		abort();
	for (i = 0; i < cell->len; i++) {
		unsigned char c = cell->bytes[i];

		if (!c) {
			to += sprintf(to, "\\x00");
			continue;
		}
		if (is_quoted && c == '"')
			*to++ = '"';
		*to++ = c;
	}
	*to = 0;
	if (is_quoted)
		putchar('"');
	ps_user_print(stdout, text);
	if (is_quoted)
		putchar('"');
	free(text);
}

static void print_cell(const struct ps_cell *cell, bool is_quoted)
{
	char *hex;

	switch (cell->type) {
	case PS_CELL_INTEGER:
		printf("%lld", (long long)cell->number);
		break;
	case PS_CELL_BOOLEAN:
		printf("%s", cell->number ? "true" : "false");
		break;
	case PS_CELL_STRING:
		print_string(cell, is_quoted);
		break;
	case PS_CELL_ARRAY:
		hex = hex_of(cell);
		printf("%s", hex);
		free(hex);
		break;
	case PS_CELL_NOTHING:
		break;
	}
}

void cli_entry_print(const struct ps_shared_entry *entry)
{
	print_cell(&entry->key, true);
	putchar(',');
	print_cell(&entry->value, true);
	if (entry->has_ttl)
		printf(",%llu", (unsigned long long)entry->ttl);
	putchar('\n');
}

void cli_entry_print_value(const struct ps_shared_entry *entry)
{
	print_cell(&entry->value, false);
	putchar('\n');
}
