/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Capture files: pcap and pcapng, read and written. "-" is standard input or output. If the format stays the same, all that
 * is not packets is written as it was read, byte for byte.
 */
#ifndef PS_USER_CAPTURE_H
#define PS_USER_CAPTURE_H

#include <limits.h>
#include <stdio.h>

#include "pcapng.h"
#include "source.h"

#define PS_CAPTURE_ERROR_SIZE	(PATH_MAX + 256)

struct ps_capture_out;

enum ps_capture_format { PS_PCAP, PS_PCAPNG };

/* A capture that is read. */
struct ps_capture_in {
	struct ps_source source;
	const char *name;	/* for messages */
	enum ps_capture_format format;
	struct ps_pcapng blocks;	/* pcap: its one interface, and the order of bytes */
	uint8_t header[24];	/* pcap: of the file */
	uint32_t record;	/* pcap: bytes of the header of a packet */
	struct ps_capture_out *out;	/* where blocks go that are no packets, or NULL */
	uint64_t size;		/* of the file in bytes; 0: not known */
	uint64_t count;		/* packets read */
	bool is_live;		/* it is not a file: each packet may keep the reader waiting */
	char error[PS_CAPTURE_ERROR_SIZE];
};

/*
 * What was captured of a packet. It holds until the next one is read. Scripts see len bytes from skip on: the packet of the
 * network layer, with its Ethernet header if it has one. The bytes around these stay as they are.
 */
struct ps_frame {
	struct ps_record record;
	uint16_t link;		/* https://www.tcpdump.org/linktypes.html */
	bool is_packet;		/* false: the frame carries something else; skip, network, protocol are 0 */
	bool is_known;		/* false: this program does not know the link layer of this number */
	uint32_t skip, len;
	uint32_t network;	/* where the network header begins, from skip on; 0: no link layer */
	uint16_t protocol;	/* its Ethernet type; 0: not known */
};

/*
 * Opens a capture. Returns 0, or -1 with one line in error. Close in any case.
 */
int ps_capture_open(struct ps_capture_in *in, const char *path);
void ps_capture_close(struct ps_capture_in *in);

/* The same for in->source, which is open. The capture closes it, also if this fails. */
int ps_capture_begin(struct ps_capture_in *in);

/* Returns 1 and the next packet; 0 at the end; -1: in->error. */
int ps_capture_read(struct ps_capture_in *in, struct ps_frame *frame);

/* How much of the file has been read, in percent; -1: not known. */
int ps_capture_percent(const struct ps_capture_in *in);

/*
 * A capture that is written. A file gets its name when all of it is written; if there is a file of that name, it is
 * replaced then, and its rights are kept.
 */
struct ps_capture_out {
	struct ps_capture_in *in;
	enum ps_capture_format format;
	FILE *file;
	const char *name;	/* for messages */
	char *path;		/* the name that the file gets; NULL: it is not a file */
	char *temporary;	/* its name until then, or NULL */
	bool is_input;		/* it replaces the capture that is read */
	bool is_live;
	bool has_header;	/* the file header is written: of a pcap made of pcapng, with its first packet */
	uint16_t link;		/* pcap: of all packets */
	uint32_t fractions;	/* pcap: in a second */
	uint64_t count;
	char error[PS_CAPTURE_ERROR_SIZE];
};

/*
 * Begins a capture of the packets of in, which stays open until this is finished. A name that ends in .pcap or .pcapng
 * chooses the format; with any other it is that of in. Returns 0, or -1 with
 * one line in error: also for a terminal. Finish or discard in any case.
 */
int ps_capture_create(struct ps_capture_out *out, const char *path, struct ps_capture_in *in);

/* The same, to a file that is open; path and temporary are NULL then. */
void ps_capture_create_to(struct ps_capture_out *out, FILE *file, enum ps_capture_format format,
			  struct ps_capture_in *in);

/*
 * Writes the packet that in has read last. bytes: the len ones that the handler has left in the place of what was captured
 * of it; as many more or less the packet has now. Returns 0, or -1: out->error.
 */
int ps_capture_write(struct ps_capture_out *out, const struct ps_frame *frame, const uint8_t *bytes, uint32_t len);

/*
 * Writes a frame that was not captured, as if it had been when and where that one was: it has the same link layer. Returns 0, or -1:
 * out->error.
 */
int ps_capture_add(struct ps_capture_out *out, const struct ps_frame *after, const uint8_t *bytes, uint32_t len);

/* Gives the file its name. Returns 0, or -1: out->error, and no file was made or replaced. */
int ps_capture_finish(struct ps_capture_out *out);
void ps_capture_discard(struct ps_capture_out *out);

#endif
