/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "layers.h"

#define SHOWN	32	/* bytes of a difference */

/*
 * Packets to words.
 */
static void append(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void append(char **text, const char *format, ...)
{
	char *old = *text, *more;
	va_list args;

	va_start(args, format);
	if (vasprintf(&more, format, args) < 0)
		words_give_up("no memory");
	va_end(args);
	*text = words_printf("%s%s", old, more);
	free(more);
}

/* A space after each 16, for lines to break at; none within a value. */
static const char *hex_of(const uint8_t *bytes, uint32_t len, bool has_spaces)
{
	char *text = words_allocate(len * 3), *p = text;
	uint32_t i;

	for (i = 0; i < len; i++)
		p += sprintf(p, has_spaces && i && i % 16 == 0 ? " %02x" : "%02x", bytes[i]);
	return text;
}

static const char *hex_text(const uint8_t *bytes, uint32_t len)
{
	return hex_of(bytes, len, true);
}

/* How many of the same byte there are. */
static uint32_t same_bytes(const uint8_t *bytes, uint32_t len)
{
	uint32_t n = 1;

	while (n < len && bytes[n] == bytes[0])
		n++;
	return n;
}

static uint32_t letters(const uint8_t *bytes, uint32_t len)
{
	uint32_t n = 0;

	while (n < len && bytes[n] > ' ' && bytes[n] < 0x7F && bytes[n] != '/')
		n++;
	return n;
}

/* Bytes as layers: "text abc / hex 00ff / fill 40 0x00". */
static const char *pieces(const uint8_t *bytes, uint32_t len)
{
	enum { FILL_MIN = 20, TEXT_MIN = 4 };
	char *text = "";
	uint32_t at, n;

	for (at = 0; at < len; at += n) {
		const char *slash = at ? " / " : "";

		n = same_bytes(bytes + at, len - at);
		if (n >= FILL_MIN) {
			append(&text, "%sfill %u 0x%02x", slash, n, bytes[at]);
			continue;
		}
		n = letters(bytes + at, len - at);
		if (n >= TEXT_MIN || (n && n == len)) {
			append(&text, "%stext %.*s", slash, (int)n, bytes + at);
			continue;
		}
		for (n = 1; at + n < len && letters(bytes + at + n, len - at - n) < TEXT_MIN &&
			    same_bytes(bytes + at + n, len - at - n) < FILL_MIN; n++)
			;
		append(&text, "%shex %s", slash, hex_text(bytes + at, n));
	}
	return *text ? text : "nothing";
}

static const char *field_text(const struct ps_proto *proto, const struct ps_field *field, const uint8_t *header,
			      uint32_t size)
{
	char text[PS_TEXT_SIZE];
	struct ps_value value;

	if (field->flags & PS_OPTIONS)
		return hex_of(header + field->at.bit / 8, size - field->at.bit / 8, false);
	if (field->type->is_bytes)
		return hex_of(header + field->at.bit / 8, field->at.width / 8, false);
	value = words_get_value(header, field->at);
	if (field->type->format)
		return words_printf("%.*s", (int)field->type->format(text, value), text);
	if (field->flags & PS_CHECKSUM || (proto->next_by.mask == 0xFFFF && field->at.bit == proto->next_by.at * 8))
		return words_printf("0x%0*llx", (int)field->at.width / 4, (unsigned long long)value.low);
	return words_printf("%llu", (unsigned long long)value.low);
}

/* The field, as it lies in the header: *here. False: that has not got it. */
static bool find_field(const struct words_layer *layer, const struct ps_field *field, struct ps_field *here)
{
	*here = *field;
	if (field->flags & PS_PAYLOAD)
		return false;
	if (field->flags & PS_OPTIONS)
		return field == words_options(layer->kind) && layer->size > field->at.bit / 8u;
	return (!(field->flags & PS_CHECKSUM) || words_checksum(layer)) && words_place(layer, here);
}

static const char *print(const struct words *w)
{
	char *text = "";
	int i, j;

	for (i = 0; i < w->nlayers; i++) {
		const struct words_layer *layer = &w->layers[i];

		append(&text, "%s%s", i ? " / " : "", layer->kind ? layer->kind->name : layer->text);
		for (j = 0; j < layer->nvalues; j++)
			append(&text, " %s=%s", layer->values[j]->name, layer->values[j]->text);
	}
	if (w->pad)
		append(&text, " / pad %u", w->pad);
	return text;
}

/* Gives the header the values that these bytes have. */
static void describe_header(struct words_layer *layer, const uint8_t *old, const uint8_t *now)
{
	const struct ps_proto *proto = words_proto(layer->kind);
	const struct ps_field *f;
	struct ps_field here;

	for (f = proto->fields; f < proto->fields + proto->nfields; f++) {
		const char *text;

		if (!find_field(layer, f, &here) || f->flags & PS_CHECKSUM)
			continue;
		text = field_text(proto, &here, now, layer->size);
		if (strcmp(text, field_text(proto, &here, old, layer->size)))
			words_give(layer, f->name, text);
	}
}

/* A checksum that is not what w has is right, or of this value. Inner ones first. */
static bool describe_checksum(struct words *w, int i, const uint8_t *bytes)
{
	struct words_layer *layer = &w->layers[i];
	const struct ps_field *field = words_checksum(layer);
	uint32_t value;

	if (!field)
		return true;
	value = words_get_bits(bytes + layer->at, field->at);
	if (value == words_get_bits(w->bytes + layer->at, field->at))
		return true;
	if (!words_is(layer, "gre"))
		words_take(layer, field->name);
	else
		words_give(layer, field->name, "+0");
	if (!words_build(w))
		return false;
	if (value != words_get_bits(w->bytes + layer->at, field->at))
		words_give(layer, field->name, words_printf("0x%0*x", (int)field->at.width / 4, value));
	return words_build(w);
}

/* The layer becomes bytes, of which there are size. */
static void make_bytes(struct words_layer *layer, const uint8_t *bytes, uint32_t size)
{
	layer->kind = NULL;
	layer->nvalues = 0;
	layer->text = pieces(bytes, size);
	layer->bytes = bytes;
	layer->size = size;
}

/* What is behind the last header becomes one layer, if it has changed. */
static void describe_payload(struct words *w, const uint8_t *bytes, uint32_t len)
{
	int n = w->nlayers;
	uint32_t at;

	while (n && !w->layers[n - 1].kind)
		n--;
	at = n ? w->layers[n - 1].at + w->layers[n - 1].size : 0;
	if (len < at || n == WORDS_LAYERS || (len == w->len && !memcmp(bytes + at, w->bytes + at, len - at)))
		return;
	if (len == w->len && !memcmp(bytes + len - w->pad, w->bytes + len - w->pad, w->pad))
		len -= w->pad;
	else
		w->pad = 0;
	w->nlayers = n;
	if (len == at)
		return;
	w->layers[n].at = at;
	make_bytes(&w->layers[n], bytes + at, len - at);
	w->nlayers++;
}

/* Gives headers the values that these bytes have, where w has others. */
static bool describe_layers(struct words *w, const uint8_t *bytes)
{
	int i;

	if (!words_build(w))
		return false;
	for (i = 0; i < w->nlayers; i++) {
		struct words_layer *layer = &w->layers[i];
		const uint8_t *old = w->bytes + layer->at, *now = bytes + layer->at;

		if (layer->kind)
			describe_header(layer, old, now);
		else if (memcmp(old, now, layer->size))
			make_bytes(layer, now, layer->size);
	}
	return words_build(w);
}

/* A header whose bytes are not only those of fields becomes bytes, too. */
static void describe_rest(struct words *w, const uint8_t *bytes)
{
	int i;

	for (i = 0; i < w->nlayers; i++) {
		struct words_layer *layer = &w->layers[i];
		const struct ps_field *checksum = words_checksum(layer);
		uint8_t *old = words_allocate(layer->size), *now = words_allocate(layer->size);

		memcpy(old, w->bytes + layer->at, layer->size);
		memcpy(now, bytes + layer->at, layer->size);
		if (checksum)
			words_put_bits(old, checksum->at, words_get_bits(now, checksum->at));
		if (memcmp(old, now, layer->size))
			make_bytes(layer, bytes + layer->at, layer->size);
	}
}

/* All len bytes in words; or NULL: words cannot say it. */
static const char *describe(const struct words *from, const uint8_t *bytes, uint32_t len)
{
	struct words w = *from;
	const struct words *again;
	const char *text;
	int i;

	describe_payload(&w, bytes, len);
	if (!describe_layers(&w, bytes) || w.len != len)
		return NULL;
	describe_rest(&w, bytes);
	if (!describe_layers(&w, bytes))
		return NULL;
	for (i = w.nlayers - 1; i >= 0; i--) {
		if (!describe_checksum(&w, i, bytes))
			return NULL;
	}
	text = print(&w);
	again = words_parse(text);
	return again && again->len == len && !memcmp(again->bytes, bytes, len) ? text : NULL;
}

/* A layer of bytes for each of the layers that it had. */
static const char *describe_bytes(const struct words *from, const uint8_t *bytes, uint32_t len)
{
	char *text = "";
	uint32_t at, end;
	int i;

	for (i = 0; i < from->nlayers && from->layers[i].at < len; i++) {
		at = from->layers[i].at;
		end = i + 1 < from->nlayers && from->layers[i + 1].at < len ? from->layers[i + 1].at : len;
		append(&text, "%shex %s", i ? " / " : "", hex_text(bytes + at, end - at));
	}
	return *text ? text : "nothing";
}

const char *words_describe(const struct words *from, uint32_t from_len, const uint8_t *bytes, uint32_t len,
			   bool *is_whole)
{
	uint8_t *whole;
	const char *text;

	*is_whole = from->is_cut && len == from_len;
	if (from->is_cut && !*is_whole)
		return describe_bytes(from, bytes, len);
	if (len == from_len && !memcmp(bytes, from->bytes, len))
		return "same";
	whole = words_allocate(*is_whole ? from->len : len);
	memcpy(whole, bytes, len);
	if (*is_whole)	/* what is behind the cut is as it was */
		memcpy(whole + len, from->bytes + len, from->len - len);
	text = describe(from, whole, *is_whole ? from->len : len);
	if (text)
		return text;
	*is_whole = false;
	return describe_bytes(from, bytes, len);
}

/*
 * Differences.
 */
static void print_bytes(const char *what, const uint8_t *bytes, uint32_t from, uint32_t to)
{
	uint32_t i;

	printf("%s", what);
	for (i = from; i < to && i < from + SHOWN; i++)
		printf(" %02x", bytes[i]);
	fputs(i < to ? " …" : "", stdout);
}

/* The layer that a byte is in, or NULL. */
static const struct words_layer *layer_at(const struct words *w, uint32_t at)
{
	int i;

	for (i = 0; i < w->nlayers; i++) {
		if (at >= w->layers[i].at && at < w->layers[i].at + w->layers[i].size)
			return &w->layers[i];
	}
	return NULL;
}

/* How many headers of its protocol there are up to this one, if that is not one: "ip", "ip 2". */
static const char *name_of(const struct words *w, const struct words_layer *layer)
{
	const struct words_layer *l;
	int n = 1;

	for (l = w->layers; l < layer; l++)
		n += l->kind == layer->kind;
	return n == 1 ? layer->kind->name : words_printf("%s %d", layer->kind->name, n);
}

/* Fields that are in both packets and differ are marked as told. */
static void print_fields(const struct words *w, const struct words_layer *layer, const uint8_t *expected,
			 const uint8_t *got, uint32_t len, uint8_t *told, const char *prefix)
{
	const struct ps_proto *proto = words_proto(layer->kind);
	const struct ps_field *f;
	struct ps_field here;
	uint32_t first, end;

	for (f = proto->fields; f < proto->fields + proto->nfields; f++) {
		const char *a, *b;

		if (!find_field(layer, f, &here))
			continue;
		first = layer->at + here.at.bit / 8;
		end = layer->at + (here.flags & PS_OPTIONS ? layer->size : (here.at.bit + here.at.width + 7u) / 8);
		if (end > len)
			continue;
		a = field_text(proto, &here, expected + layer->at, layer->size);
		b = field_text(proto, &here, got + layer->at, layer->size);
		if (!strcmp(a, b))
			continue;
		printf("%s%s.%s: expected %s, got %s\n", prefix, name_of(w, layer), f->name, a, b);
		memset(told + first, 1, end - first);
	}
}

void words_print_difference(const struct words *w, const uint8_t *expected, uint32_t expected_len, const uint8_t *got,
			    uint32_t got_len, const char *prefix)
{
	uint32_t len = expected_len < got_len ? expected_len : got_len, at, end;
	uint8_t *told = words_allocate(len);
	const struct words_layer *layer;
	int i;

	if (expected_len != got_len)
		printf("%slength: expected %u bytes, got %u\n", prefix, expected_len, got_len);
	for (i = 0; i < w->nlayers; i++) {
		if (w->layers[i].kind)
			print_fields(w, &w->layers[i], expected, got, len, told, prefix);
	}
	for (at = 0; at < len; at = end) {
		end = at + 1;
		if (told[at] || expected[at] == got[at])
			continue;
		layer = layer_at(w, at);
		while (end < len && !told[end] && expected[end] != got[end] && layer_at(w, end) == layer)
			end++;
		printf("%sbytes from %u on", prefix, at);
		if (layer)
			printf(", byte %u of the %s", at - layer->at, layer->kind ? name_of(w, layer) : "payload");
		print_bytes(": expected", expected, at, end);
		print_bytes(", got", got, at, end);
		putchar('\n');
	}
}
