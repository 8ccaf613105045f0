/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "message.h"

#include <stdio.h>
#include <string.h>

#include "field.h"
#include "protos.h"

struct writer {
	const struct ps_build_layer *layer;
	uint8_t *to;	/* or NULL: bytes are only counted */
	size_t len;
};

static void put(struct writer *w, const void *bytes, size_t len)
{
	if (w->to && len)
		memcpy(w->to + w->len, bytes, len);
	w->len += len;
}

static void put_string(struct writer *w, const char *text)
{
	put(w, text, strlen(text));
}

static void put_number(struct writer *w, uint32_t value, unsigned int bytes)
{
	uint8_t byte;

	while (bytes--) {
		byte = value >> 8 * bytes;
		put(w, &byte, 1);
	}
}

static void put_zeros(struct writer *w, size_t len)
{
	while (len--)
		put_number(w, 0, 1);
}

/* What comes until the matching call stands behind its length, of so many bytes. */
static size_t open_part(struct writer *w, unsigned int bytes)
{
	put_zeros(w, bytes);
	return w->len;
}

static void close_part(struct writer *w, size_t begin, unsigned int bytes)
{
	struct writer length = { w->layer, w->to, begin - bytes };

	put_number(&length, w->len - begin, bytes);
}

static const struct ps_build_value *given(const struct ps_build_layer *layer, const char *name)
{
	const struct ps_build_value *value = &layer->value[ps_field_named(layer->proto, name) - layer->proto->fields];

	return value->is_set ? value : NULL;
}

/* The text that is given, or this one. */
static void put_text(struct writer *w, const char *name, const char *otherwise)
{
	const struct ps_build_value *value = given(w->layer, name);

	if (value)
		put(w, value->bytes, value->len);
	else
		put_string(w, otherwise);
}

static uint32_t number_of(const struct writer *w, const char *name, uint32_t otherwise)
{
	const struct ps_build_value *value = given(w->layer, name);

	return value ? value->number.low : otherwise;
}

/*
 * DNS: a query, or what answers it.
 */
enum { DNS_A = 1, DNS_CNAME = 5, DNS_AAAA = 28, DNS_IN = 1, DNS_TTL = 300, DNS_QUERY = 0x0100, DNS_RESPONSE = 0x8180,
       DNS_QNAME = 0xC00C /* a pointer to the question's name */ };

/* The caller has seen to it that the text is one. */
static void put_name(struct writer *w, const void *text, size_t len)
{
	const struct ps_coding *coding = ps_field_named(w->layer->proto, "qname")->type->coding;
	uint8_t bytes[PS_ENCODED_MAX];
	int n = coding->encode(text, len, bytes);

	put(w, bytes, n > 0 ? n : 0);
}

static void put_answer(struct writer *w, const struct ps_build_item *item)
{
	const char *text = (const char *)item->bytes;
	struct ps_value address;
	bool is_v4 = PS_IPV4->parse(text, item->len, &address);
	bool is_v6 = !is_v4 && PS_IPV6->parse(text, item->len, &address);
	size_t data;

	put_number(w, DNS_QNAME, 2);
	put_number(w, is_v4 ? DNS_A : is_v6 ? DNS_AAAA : DNS_CNAME, 2);
	put_number(w, DNS_IN, 2);
	put_number(w, DNS_TTL, 4);
	data = open_part(w, 2);
	if (is_v6) {
		put_number(w, address.high >> 32, 4);
		put_number(w, address.high, 4);
		put_number(w, address.low >> 32, 4);
	}
	if (is_v4 || is_v6)
		put_number(w, address.low, 4);
	else
		put_name(w, text, item->len);
	close_part(w, data, 2);
}

static void write_dns(struct writer *w)
{
	const struct ps_build_value *qname = given(w->layer, "qname");
	unsigned int i;

	put_number(w, 0, 2);
	put_number(w, w->layer->nitems ? DNS_RESPONSE : DNS_QUERY, 2);
	put_number(w, 1, 2);
	put_number(w, w->layer->nitems, 2);
	put_zeros(w, 4);
	put_name(w, qname ? (const char *)qname->bytes : ".", qname ? qname->len : 1);
	put_number(w, DNS_A, 2);
	put_number(w, DNS_IN, 2);
	for (i = 0; i < w->layer->nitems; i++)
		put_answer(w, &w->layer->item[i]);
}

/*
 * TFTP: what the opcode says, or what the texts are of.
 */
enum { TFTP_READ = 1, TFTP_WRITE, TFTP_ERROR = 5, TFTP_OPTIONS };

static void write_tftp(struct writer *w)
{
	const struct ps_build_layer *layer = w->layer;
	bool is_request = given(layer, "filename") || given(layer, "mode");
	uint32_t opcode = number_of(w, "opcode", given(layer, "errmsg") ? TFTP_ERROR :
					     is_request || !layer->nitems ? TFTP_READ : TFTP_OPTIONS);
	unsigned int i;

	put_number(w, opcode, 2);
	if (opcode == TFTP_ERROR) {
		put_number(w, 0, 2);
		put_text(w, "errmsg", "");
		put_number(w, 0, 1);
	}
	if (opcode == TFTP_READ || opcode == TFTP_WRITE) {
		put_text(w, "filename", "file");
		put_number(w, 0, 1);
		put_text(w, "mode", "octet");
		put_number(w, 0, 1);
	}
	for (i = 0; i < layer->nitems; i++) {
		put(w, layer->item[i].key.name, layer->item[i].key.len);
		put_number(w, 0, 1);
		put(w, layer->item[i].bytes, layer->item[i].len);
		put_number(w, 0, 1);
	}
}

/*
 * HTTP: a request, or what answers it if a part of that is given.
 */
static void write_http(struct writer *w)
{
	const struct ps_build_layer *layer = w->layer;
	char status[12];
	unsigned int i;

	if (given(layer, "status") || given(layer, "reason")) {
		put_text(w, "version", "HTTP/1.1");
		snprintf(status, sizeof(status), " %u ", number_of(w, "status", 200));
		put_string(w, status);
		put_text(w, "reason", "OK");
	} else {
		put_text(w, "method", "GET");
		put_string(w, " ");
		put_text(w, "uri", "/");
		put_string(w, " ");
		put_text(w, "version", "HTTP/1.1");
	}
	for (i = 0; i < layer->nitems; i++) {
		put_string(w, "\r\n");
		put(w, layer->item[i].key.name, layer->item[i].key.len);
		put_string(w, ": ");
		put(w, layer->item[i].bytes, layer->item[i].len);
	}
	put_string(w, "\r\n\r\n");
}

/*
 * DHCP: options behind the fixed part.
 */
enum { DHCP_END = 255 };

static void write_dhcp(struct writer *w)
{
	const struct ps_build_layer *layer = w->layer;
	unsigned int i;

	put_zeros(w, layer->proto->header_min);
	for (i = 0; i < layer->nitems; i++) {
		put_number(w, layer->item[i].key.number, 1);
		put_number(w, layer->item[i].len, 1);
		put(w, layer->item[i].bytes, layer->item[i].len);
	}
	put_number(w, DHCP_END, 1);
}

/*
 * TLS: a ClientHello, RFC 8446, 4.1.2.
 */
enum { TLS_HANDSHAKE = 22, TLS_1_0 = 0x0301, TLS_1_2 = 0x0303, TLS_CLIENT_HELLO = 1, TLS_AES_128_GCM_SHA256 = 0x1301,
       TLS_SNI = 0, TLS_ALPN = 16 };

static void put_sni(struct writer *w, const struct ps_build_value *name)
{
	size_t extension, list, host;

	put_number(w, TLS_SNI, 2);
	extension = open_part(w, 2);
	list = open_part(w, 2);
	put_number(w, 0, 1);	/* a host's name */
	host = open_part(w, 2);
	put(w, name->bytes, name->len);
	close_part(w, host, 2);
	close_part(w, list, 2);
	close_part(w, extension, 2);
}

/* Names with commas between. */
static void put_alpn(struct writer *w, const struct ps_build_value *names)
{
	const uint8_t *at = names->bytes, *end = at + names->len, *comma;
	size_t extension, list;

	put_number(w, TLS_ALPN, 2);
	extension = open_part(w, 2);
	list = open_part(w, 2);
	for (; at < end; at = comma + 1) {
		comma = memchr(at, ',', end - at);
		comma = comma ? comma : end;
		put_number(w, comma - at, 1);
		put(w, at, comma - at);
	}
	close_part(w, list, 2);
	close_part(w, extension, 2);
}

static void write_tls(struct writer *w)
{
	const struct ps_build_value *sni = given(w->layer, "sni"), *alpn = given(w->layer, "alpn");
	size_t record, hello, extensions;

	put_number(w, TLS_HANDSHAKE, 1);
	put_number(w, TLS_1_0, 2);
	record = open_part(w, 2);
	put_number(w, TLS_CLIENT_HELLO, 1);
	hello = open_part(w, 3);
	put_number(w, TLS_1_2, 2);
	put_zeros(w, 32 + 1);	/* random bytes; no session */
	put_number(w, 2, 2);
	put_number(w, TLS_AES_128_GCM_SHA256, 2);
	put_number(w, 0x0100, 2);	/* no compression */
	extensions = open_part(w, 2);
	if (sni)
		put_sni(w, sni);
	if (alpn)
		put_alpn(w, alpn);
	close_part(w, extensions, 2);
	close_part(w, hello, 3);
	close_part(w, record, 2);
}

static const struct message {
	const struct ps_proto *proto;
	void (*write)(struct writer *w);
	const char *items;
	bool is_all;		/* there is nothing else: without a message no header */
} messages[] = {
	{ &ps_proto_dns, write_dns, "answers" },
	{ &ps_proto_tftp, write_tftp, "option" },
	{ &ps_proto_http, write_http, "header", true },
	{ &ps_proto_dhcp, write_dhcp, "option" },
	{ &ps_proto_tls, write_tls },
};

static const struct message *message_of(const struct ps_proto *proto)
{
	size_t i;

	for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		if (messages[i].proto == proto)
			return &messages[i];
	}
	return NULL;
}

const char *ps_message_items(const struct ps_proto *proto)
{
	const struct message *message = message_of(proto);

	return message ? message->items : NULL;
}

/* Whether something is given that has no place without a message. */
static bool is_wanted(const struct ps_build_layer *layer)
{
	const struct ps_field *field = layer->proto->fields;
	unsigned int i;

	for (i = 0; i < layer->proto->nfields; i++, field++) {
		if (layer->value[i].is_set && (field->type->is_text || (field->flags & PS_LOCATED && !layer->proto->extent)))
			return true;
	}
	return layer->nitems;
}

size_t ps_message_write(const struct ps_build_layer *layer, uint8_t *to)
{
	const struct message *message = message_of(layer->proto);
	struct writer w = { layer, to, 0 };

	if (message && (message->is_all || is_wanted(layer)))
		message->write(&w);
	return w.len;
}
