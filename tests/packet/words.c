/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissect.h"
#include "field.h"
#include "layers.h"
#include "sum.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

char words_wrong[256];

enum { OTHER_TYPE = 0xFFFF, OTHER_PROTOCOL = 253, NO_NEXT_HEADER = 59 };

static const struct words_kind kinds[] = {
	{ "eth", "dmac=02:00:00:00:00:01 smac=02:00:00:00:00:02", "", BY_TYPE, 0x6558 },
	{ "vlan", "vid=5", "", BY_TYPE, 0x8100 },
	{ "arp", "htype=1 ptype=0x0800 hlen=6 plen=4 oper=1 sha=02:00:00:00:00:02 spa=10.0.0.1 tpa=10.0.0.2", "",
	  NOTHING, 0x0806 },
	{ "ip", "version=4 id=4660 ttl=64 saddr=10.0.0.1 daddr=10.0.0.2", "final ", BY_PROTOCOL, 0x0800, 4 },
	{ "ip6", "version=6 hop_limit=64 saddr=fd00::1 daddr=fd00::2",
	  "extensions final ", BY_PROTOCOL, 0x86DD, 41 },
	{ "icmp", "type=8 id=7 sequence=1", "", NOTHING, 0, 1 },
	{ "icmp6", "type=128 id=7 sequence=1", "", NOTHING, 0, 58 },
	{ "tcp", "sport=1234 dport=5678 seq=1000 ack=2000 flags=24 window_size=8192", "", NOTHING, 0, 6 },
	{ "udp", "sport=1234 dport=5678", "", NOTHING, 0, 17 },
	{ "udplite", "sport=1234 dport=5678", "", NOTHING, 0, 136 },
	{ "dccp", "sport=1234 dport=5678 type=2 x=1 options=000003e8", "", NOTHING, 0, 33 },
	{ "gre", "", "", BY_TYPE, 0, 47 },
	{ "mpls", "label=1000 ttl=64", "", BY_LABEL, 0x8847 },
	{ "pppoe", "version=1 type=1 session=1", "", BY_PPP, 0x8864 },
	{ "vxlan", "flags=8 vni=100", "", NOTHING },
	{ "ah", "len=4 spi=256 seq=1 icv=000102030405060708090a0b", "", BY_PROTOCOL, 0, 51 },
	{ "sctp", "sport=1234 dport=5678 vtag=1000", "", NOTHING, 0, 132 },
};

/*
 * Memory.
 */
static struct block { struct block *next; } *blocks;	/* found by who looks for what is lost */

void words_give_up(const char *why)
{
	fprintf(stderr, "packet-case: %s\n", why);
	exit(2);
}

void *words_allocate(size_t size)
{
	struct block *b = calloc(1, sizeof(*b) + size + 1);

	if (!b)
		words_give_up("no memory");
	b->next = blocks;
	blocks = b;
	return b + 1;
}

char *words_printf(const char *format, ...)
{
	char *text, *copy;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		words_give_up("no memory");
	va_end(args);
	copy = words_allocate(strlen(text));
	strcpy(copy, text);
	free(text);
	return copy;
}

/* NULL, and words_wrong says why. */
static void *wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void *wrong(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(words_wrong, sizeof(words_wrong), format, args);
	va_end(args);
	return NULL;
}

/*
 * Values.
 */
const struct ps_proto *words_proto(const struct words_kind *kind)
{
	return ps_proto_named(kind->name);
}

static const struct words_kind *kind_named(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(kinds); i++) {
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	}
	return NULL;
}

struct words_value *words_given(const struct words_layer *layer, const char *name)
{
	int i;

	for (i = 0; i < layer->nvalues; i++) {
		if (!strcmp(layer->values[i]->name, name))
			return layer->values[i];
	}
	return NULL;
}

/* Hexadecimal digits, with spaces or '_' between bytes, to at most size bytes. Returns how many, or -1. */
static long parse_hex(const char *text, uint8_t *bytes, size_t size)
{
	size_t n = 0;
	unsigned int byte;

	while (*text) {
		if (*text == ' ' || *text == '_') {
			text++;
			continue;
		}
		if (n == size || strspn(text, "0123456789abcdefABCDEF") < 2 || sscanf(text, "%2x", &byte) != 1)
			return -1;
		bytes[n++] = byte;
		text += 2;
	}
	return n;
}

static bool parse_number(const char *text, uint64_t *number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	*number = strtoull(text, &end, strncmp(text, "0x", 2) ? 10 : 16);
	return !*end;
}

/* What a value is that a protocol has words for, and no field. */
static const struct ps_type *type_named(const struct words_layer *layer, const char *name)
{
	if (!strcmp(name, "extensions"))
		return PS_BYTES;
	if (!strcmp(name, "final"))
		return words_is(layer, "ip6") ? PS_IPV6 : PS_IPV4;
	return PS_UINT;
}

static bool parse_value(const struct words_layer *layer, struct words_value *value,
			const struct ps_field *field, const char *text)
{
	const struct ps_type *type = field ? field->type : type_named(layer, value->name);
	unsigned int width = field ? field->at.width : type == PS_UINT ? 32 : 0;
	struct ps_value number;
	long len;

	value->field = field;
	value->text = text;
	if (type->is_bytes) {
		len = parse_hex(text, value->bytes, width ? width / 8 : WORDS_OPTIONS_MAX);
		if (len < 0 || (width && (unsigned long)len != width / 8))
			return false;
		value->len = len;
		return true;
	}
	if (type->parse) {
		if (!type->parse(text, strlen(text), &number))
			return false;
		value->number = number.low;
		value->high = number.high;
		return true;
	}
	if (*text == '+' && field && field->flags & PS_CHECKSUM) {
		value->is_relative = true;
		text++;
	}
	return parse_number(text, &value->number) && !(value->number >> width);
}

bool words_give(struct words_layer *layer, const char *name, const char *text)
{
	const struct ps_proto *proto = words_proto(layer->kind);
	const struct ps_field *field = ps_field_named(proto, name);
	struct words_value *value = words_given(layer, name), *now = words_allocate(sizeof(*now));
	const char *more = strstr(layer->kind->more, words_printf("%s ", name));
	int i;

	if (!field && !more)
		return wrong("%s has no '%s'", layer->kind->name, name);
	snprintf(now->name, sizeof(now->name), "%s", name);
	if (!parse_value(layer, now, field, text))
		return wrong("%s: '%s' is not what %s can be", layer->kind->name, text, name);
	for (i = 0; value && layer->values[i] != value; i++)
		;
	if (!value)
		i = layer->nvalues;
	if (i == WORDS_VALUES)
		return wrong("%s has more values than there is room for", layer->kind->name);
	layer->values[i] = now;
	if (!value)
		layer->nvalues++;
	return true;
}

void words_take(struct words_layer *layer, const char *name)
{
	int i;

	for (i = 0; i < layer->nvalues; i++) {
		if (strcmp(layer->values[i]->name, name))
			continue;
		layer->nvalues--;
		memmove(layer->values + i, layer->values + i + 1,
			(layer->nvalues - i) * sizeof(*layer->values));
		return;
	}
}

/*
 * Bits.
 */
static struct ps_bits low_half(struct ps_bits at)
{
	return (struct ps_bits){ at.bit + at.width - 64, 64 };
}

static struct ps_bits high_half(struct ps_bits at)
{
	return (struct ps_bits){ at.bit, at.width - 64 };
}

struct ps_value words_get_value(const uint8_t *header, struct ps_bits at)
{
	if (at.width <= 64)
		return (struct ps_value){ 0, words_get_bits(header, at) };
	return (struct ps_value){ words_get_bits(header, high_half(at)),
				  words_get_bits(header, low_half(at)) };
}

static void put_value(uint8_t *header, struct ps_bits at, const struct words_value *value)
{
	if (at.width > 64) {
		words_put_bits(header, high_half(at), value->high);
		at = low_half(at);
	}
	words_put_bits(header, at, value->number);
}

uint64_t words_get_bits(const uint8_t *header, struct ps_bits at)
{
	uint64_t value = 0;
	unsigned int i;

	for (i = at.bit; i < at.bit + at.width; i++)
		value = value << 1 | (header[i / 8] >> (7 - i % 8) & 1);
	return value;
}

void words_put_bits(uint8_t *header, struct ps_bits at, uint64_t value)
{
	unsigned int i, bit;

	for (i = 0; i < at.width; i++) {
		bit = at.bit + at.width - 1 - i;
		header[bit / 8] &= ~(0x80 >> bit % 8);
		if (value >> i & 1)
			header[bit / 8] |= 0x80 >> bit % 8;
	}
}

static void put_word(uint8_t *header, struct ps_word word, uint32_t value)
{
	unsigned int width = __builtin_popcount(word.mask);

	words_put_bits(header, (struct ps_bits){ word.at * 8 + 16 - word.shift - width, width }, value);
}

/*
 * Building.
 */
bool words_is(const struct words_layer *layer, const char *name)
{
	return layer->kind && !strcmp(layer->kind->name, name);
}

const struct ps_field *words_options(const struct words_kind *kind)
{
	const struct ps_proto *proto = words_proto(kind);
	unsigned int i;

	for (i = 0; i < proto->nfields; i++) {
		if (proto->fields[i].flags & PS_OPTIONS && strcmp(kind->name, "gre"))
			return &proto->fields[i];
	}
	return NULL;
}

const struct ps_field *words_checksum(const struct words_layer *layer)
{
	const struct ps_proto *proto = layer->kind ? words_proto(layer->kind) : NULL;
	unsigned int i;

	for (i = 0; proto && i < proto->nfields; i++) {
		if (proto->fields[i].flags & PS_CHECKSUM)
			return !words_is(layer, "gre") || words_given(layer, "check") ? &proto->fields[i] : NULL;
	}
	return NULL;
}

#define GRE_PART	4	/* bytes of each */

/* Parts of GRE's header, in their order, and the bit that says that there is one: RFC 2890. */
static const struct { const char *name; unsigned int bit; } gre_parts[] = {
	{ "check", 0 }, { "key", 2 }, { "sequence", 3 }, { "ack", 8 },
};

static int gre_part(const char *name)
{
	unsigned int i;

	for (i = 0; i < COUNT(gre_parts) && strcmp(gre_parts[i].name, name); i++)
		;
	return i < COUNT(gre_parts) ? (int)i : -1;
}

bool words_place(const struct words_layer *layer, struct ps_field *field)
{
	int part = words_is(layer, "gre") ? gre_part(field->name) : -1, i;

	if (part < 0)
		return field->at.bit + field->at.width <= layer->size * 8;
	for (i = 0; i < part; i++)
		field->at.bit += words_given(layer, gre_parts[i].name) ? 8 * GRE_PART : 0;
	return words_given(layer, field->name);
}

#define ARP_SIZE	28	/* with addresses of Ethernet and IPv4, RFC 826; others are told in hexadecimal digits */

static uint32_t size_of(const struct words_layer *layer)
{
	const struct words_value *options;
	uint32_t size;
	size_t i;

	if (!layer->kind)
		return layer->size;
	size = words_is(layer, "arp") ? ARP_SIZE : words_proto(layer->kind)->header_min;
	options = words_given(layer, "options");
	if (!options)
		options = words_given(layer, "icv");
	if (!options)
		options = words_given(layer, "extensions");
	if (options)
		size += options->len;
	for (i = 0; words_is(layer, "gre") && i < COUNT(gre_parts); i++)
		size += words_given(layer, gre_parts[i].name) ? GRE_PART : 0;
	return size;
}

/* The parts of GRE that are given; the checksum comes later. */
static void put_parts(const struct words_layer *layer, uint8_t *header)
{
	struct ps_bits at = { 32, 32 };
	size_t i;

	for (i = 0; i < COUNT(gre_parts); i++) {
		const struct words_value *part = words_given(layer, gre_parts[i].name);

		if (!part)
			continue;
		words_put_bits(header, (struct ps_bits){ gre_parts[i].bit, 1 }, 1);
		words_put_bits(header, at, part->field->flags & PS_CHECKSUM ? 0 : part->number);
		at.bit += 8 * GRE_PART;
	}
}

enum { IP6_FIXED = 40, PPPOE_SIZE = 6, PPP_IP = 0x21, PPP_IP6 = 0x57 };

static void put_extensions(const struct words_layer *layer, uint8_t *header, uint32_t len)
{
	const struct words_value *extensions = words_given(layer, "extensions");

	words_put_bits(header, ps_field_named(words_proto(layer->kind), "payload_len")->at, len - IP6_FIXED);
	if (extensions)
		memcpy(header + IP6_FIXED, extensions->bytes, extensions->len);
}

/* All of a header but its checksum. next: the layer behind it, or NULL. */
static void put_header(const struct words_layer *layer, const struct words_layer *next, uint8_t *header,
		       uint32_t len)
{
	const struct words_kind *kind = layer->kind, *inner = next ? next->kind : NULL;
	const struct ps_proto *proto = words_proto(kind);
	int i;

	if (proto->header_len.mask)
		put_word(header, proto->header_len, layer->size / 4);
	if (proto->total_len.mask)
		put_word(header, proto->total_len, kind->carries == BY_PPP ? len - PPPOE_SIZE : len);
	if (!strcmp(kind->name, "ip6"))
		put_extensions(layer, header, len);
	if (kind->carries == BY_TYPE)
		put_word(header, proto->next_by, inner && inner->type ? inner->type : OTHER_TYPE);
	if (kind->carries == BY_PROTOCOL)
		put_word(header, proto->next_by, inner && inner->protocol ? inner->protocol :
			 !strcmp(kind->name, "ip6") ? NO_NEXT_HEADER : OTHER_PROTOCOL);
	if (kind->carries == BY_PPP)
		put_word(header, proto->next_by, inner && !strcmp(inner->name, "ip6") ? PPP_IP6 : PPP_IP);
	if (kind->carries == BY_LABEL)
		put_word(header, proto->next_by, !inner || strcmp(inner->name, "mpls"));
	if (!strcmp(kind->name, "gre"))
		put_parts(layer, header);
	for (i = 0; i < layer->nvalues; i++) {
		const struct words_value *value = layer->values[i];

		if (!value->field || value->field->flags & PS_CHECKSUM ||
		    (value->field->flags & PS_LOCATED && !strcmp(kind->name, "gre")))
			continue;
		if (value->field->type->is_bytes)
			memcpy(header + value->field->at.bit / 8, value->bytes, value->len);
		else
			put_value(header, value->field->at, value);
	}
}

/* How many of the bytes from the header on its checksum is of. */
static uint32_t covered(const struct words_layer *layer, const uint8_t *header, uint32_t len)
{
	const struct ps_proto *proto = words_proto(layer->kind);
	uint32_t n = len;

	if (words_is(layer, "ip"))
		n = (header[0] & 15) * 4;
	else if (words_is(layer, "udplite"))
		n = words_get_bits(header, ps_field_named(proto, "length")->at);
	else if (words_is(layer, "dccp") && header[5] & 15)
		n = layer->size + ((header[5] & 15) - 1) * 4;
	return n && n < len ? n : len;
}

/* Of a header that ends len bytes further on. */
static uint32_t pseudo_sum(const struct words_layer *network, const struct words_layer *layer,
			   const uint8_t *bytes, uint32_t len)
{
	const struct words_value *final = network ? words_given(network, "final") : NULL;
	uint32_t n = layer->kind->protocol + (len & 0xFFFF);
	uint8_t address[16];

	if (network && words_is(network, "ip6") && final) {
		put_value(address, (struct ps_bits){ 0, 128 }, final);
		return n + sum(bytes + network->at + 8, 16) + sum(address, 16);
	}
	if (network && words_is(network, "ip6"))
		return n + sum(bytes + network->at + 8, 32);
	if (!network || !words_is(network, "ip"))
		return n;
	n += sum(bytes + network->at + 12, 4);
	return n + (final ? (uint32_t)(final->number >> 16) + (final->number & 0xFFFF) :
			    sum(bytes + network->at + 16, 4));
}

/* RFC 9260, appendix A, bit by bit. */
static uint32_t crc32c(const uint8_t *bytes, uint32_t len)
{
	uint32_t crc = ~0u, i;

	for (; len; len--, bytes++) {
		crc ^= *bytes;
		for (i = 0; i < 8; i++)
			crc = crc & 1 ? crc >> 1 ^ 0x82F63B78 : crc >> 1;
	}
	return __builtin_bswap32(~crc);
}

static const struct words_layer *network_before(const struct words *w, int i)
{
	do
		i--;
	while (i && words_is(&w->layers[i], "ah"));
	return &w->layers[i];
}

static void put_checksum(const struct words *w, int i)
{
	const struct words_layer *layer = &w->layers[i];
	const struct ps_field *field = words_checksum(layer);
	uint8_t *header = w->bytes + layer->at;
	uint32_t len = w->len - w->pad - layer->at, right;
	const struct words_value *value;

	if (!field)
		return;
	value = words_given(layer, field->name);
	words_put_bits(header, field->at, 0);
	if (words_is(layer, "sctp")) {
		right = crc32c(header, len);
		if (value)
			right = value->is_relative ? right + value->number : value->number;
		words_put_bits(header, field->at, right);
		return;
	}
	right = sum(header, covered(layer, header, len));
	if (words_proto(layer->kind)->csum.kind == PS_CSUM_PSEUDO)
		right += pseudo_sum(i ? network_before(w, i) : NULL, layer, w->bytes, len);
	right = (uint16_t)~fold(right);
	if (!right && words_proto(layer->kind)->csum.zero_is_none)
		right = 0xFFFF;
	if (value)
		right = value->is_relative ? right + value->number : value->number;
	words_put_bits(header, field->at, right & 0xFFFF);
}

/* What a layer is if nothing else is said. */
static struct words_layer preset(const struct words_layer *layer)
{
	struct words_layer whole = { .kind = layer->kind, .size = layer->size };
	char text[256], *word, *rest = text, *equals;
	int i;

	if (!layer->kind)
		return *layer;
	snprintf(text, sizeof(text), "%s", layer->kind->presets);
	while ((word = strsep(&rest, " ")) && *word) {
		equals = strchr(word, '=');
		*equals = 0;
		if (!words_given(layer, word) && !words_give(&whole, word, words_printf("%s", equals + 1)))
			words_give_up(words_wrong);
	}
	for (i = 0; i < layer->nvalues; i++)
		whole.values[whole.nvalues++] = layer->values[i];
	return whole;
}

bool words_build(struct words *w)
{
	struct words_layer whole[WORDS_LAYERS];
	struct words full = *w;
	uint32_t len = 0;
	int i;

	for (i = 0; i < w->nlayers; i++) {
		whole[i] = preset(&w->layers[i]);
		w->layers[i].at = whole[i].at = len;
		w->layers[i].size = whole[i].size = size_of(&whole[i]);
		len += whole[i].size;
	}
	w->len = len + w->pad;
	if (w->len > WORDS_MAX)
		return wrong("the packet is too large");
	w->bytes = words_allocate(w->len);
	for (i = 0; i < w->nlayers; i++) {
		if (whole[i].kind)
			put_header(&whole[i], i + 1 < w->nlayers ? &whole[i + 1] : NULL,
				   w->bytes + whole[i].at, len - whole[i].at);
		else
			memcpy(w->bytes + whole[i].at, whole[i].bytes, whole[i].size);
	}
	full = *w;
	memcpy(full.layers, whole, sizeof(whole));
	for (i = w->nlayers - 1; i >= 0; i--)	/* outer sums are of inner ones */
		put_checksum(&full, i);
	return true;
}

/*
 * Words to packets.
 */

/* "text …", "hex …", "fill N BYTE", "nothing". False: it is none of these, or words_wrong says why. */
static bool parse_bytes(struct words_layer *layer, const char *text)
{
	uint8_t *bytes = words_allocate(strlen(text));
	unsigned int n, byte;
	char end;
	long len;

	layer->text = text;
	layer->bytes = bytes;
	if (!strncmp(text, "text ", 5)) {
		layer->size = strlen(text + 5);
		memcpy(bytes, text + 5, layer->size);
	} else if (!strncmp(text, "hex ", 4)) {
		len = parse_hex(text + 4, bytes, strlen(text));
		if (len < 0)
			return wrong("not whole bytes in hexadecimal digits: '%.80s'", text + 4);
		layer->size = len;
	} else if (!strncmp(text, "fill ", 5)) {
		if (sscanf(text, "fill %u %i%c", &n, (int *)&byte, &end) != 2 || n > WORDS_MAX || byte > 255)
			return wrong("'%.80s' is not 'fill COUNT BYTE'", text);
		layer->bytes = bytes = words_allocate(n);
		layer->size = n;
		memset(bytes, byte, n);
	} else if (strcmp(text, "nothing")) {
		return wrong("there is no layer '%.80s'", text);
	}
	return true;
}

static bool parse_header(struct words_layer *layer, char *rest)
{
	char *word, *equals;

	while ((word = strsep(&rest, " "))) {
		if (!*word)
			continue;
		equals = strchr(word, '=');
		if (!equals)
			return wrong("name=value is wanted, not '%s'", word);
		*equals = 0;
		if (words_given(layer, word))
			return wrong("%s has two of '%s'", layer->kind->name, word);
		if (!words_give(layer, word, equals + 1))
			return false;
	}
	return true;
}

static bool parse_layer(struct words *w, char *text)
{
	struct words_layer *layer = &w->layers[w->nlayers];
	char *end = strchr(text, ' '), *name = words_printf("%.*s", (int)strcspn(text, " "), text), c;
	int n;

	if (!strcmp(name, "pad"))
		return (sscanf(text, "pad %u%c", &w->pad, &c) == 1 && w->pad < WORDS_MAX) ||
		       wrong("'%s' is not 'pad COUNT'", text);
	if (!strcmp(name, "cut")) {
		n = sscanf(text, "cut %u-%u%c", &w->cut, &w->cut_end, &c);
		if (n == 1)
			w->cut_end = w->cut;
		w->is_cut = true;
		return ((n == 1 || n == 2) && w->cut <= w->cut_end) ||
		       wrong("'%s' is not 'cut LENGTH' or 'cut FIRST-LAST'", text);
	}
	if (w->nlayers == WORDS_LAYERS)
		return wrong("more layers than there is room for");
	w->nlayers++;
	layer->kind = kind_named(name);
	return layer->kind ? parse_header(layer, end ? end + 1 : NULL) : parse_bytes(layer, text);
}

const struct words *words_parse(const char *text)
{
	struct words *w = words_allocate(sizeof(*w));
	char *copy = words_printf("%s", text), *end;

	for (; copy; copy = end) {
		end = strstr(copy, " / ");
		if (end) {
			*end = 0;
			end += 3;
		}
		if (!parse_layer(w, copy))
			return NULL;
	}
	if (!words_build(w))
		return NULL;
	if (w->is_cut && w->cut_end > w->len)
		return wrong("cut %u: there are only %u bytes", w->cut_end, w->len);
	return w;
}
