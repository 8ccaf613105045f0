/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Capture files: pcap and pcapng in, pcap out, by libpcap. "-" is standard input or output.
 */
#ifndef PS_USER_CAPTURE_H
#define PS_USER_CAPTURE_H

#include <limits.h>
#include <pcap/pcap.h>

#include "packet.h"

#define PS_CAPTURE_ERROR_SIZE	(PCAP_ERRBUF_SIZE + PATH_MAX + 128)

struct ps_link;

/* A capture that is read. */
struct ps_capture_in {
	pcap_t *pcap;
	const char *name;	/* for messages */
	const struct ps_link *link;
	uint64_t size;		/* of the file in bytes; 0: not known */
	uint64_t count;		/* packets read */
	bool is_nano;		/* times are in nanoseconds */
	bool is_live;		/* not a file: there may be a wait for each packet */
	char error[PS_CAPTURE_ERROR_SIZE];
};

/*
 * What was captured of a packet. It holds until the next one is read. The bytes before skip are a
 * header that is none of Ethernet's, and are left as they are; the packet begins after it.
 */
struct ps_frame {
	struct pcap_pkthdr header;
	const uint8_t *bytes;
	uint32_t skip;
	uint32_t network;	/* where the network header begins, from skip on; 0: no link layer */
	uint16_t protocol;	/* its Ethernet type; 0: not known */
};

/*
 * Opens a capture. Returns 0, or -1 with one line in error. Close in any case.
 */
int ps_capture_open(struct ps_capture_in *in, const char *path);
void ps_capture_close(struct ps_capture_in *in);

/* Returns 1 and the next packet; 0 at the end; -1: in->error. */
int ps_capture_read(struct ps_capture_in *in, struct ps_frame *frame);

/* The Ethernet type of an IP packet, by its version; 0: it is none. */
uint16_t ps_capture_ip_type(const uint8_t *bytes, uint32_t len);

/* How much of the file has been read, in percent; -1: not known. */
int ps_capture_percent(const struct ps_capture_in *in);

/*
 * A capture that is written. A file has its name only when all of it is there; if there is one of
 * that name, it is replaced then, and its rights are kept.
 */
struct ps_capture_out {
	pcap_t *pcap;
	pcap_dumper_t *dumper;
	FILE *file;
	const char *name;	/* for messages */
	char *path;		/* the name that the file gets, or NULL: it is none */
	char *temporary;	/* where it is until then, or NULL */
	bool is_input;		/* it replaces the capture that is read */
	bool is_live;
	uint64_t count;
	char error[PS_CAPTURE_ERROR_SIZE];
};

/*
 * Begins a capture of the same kind as in, which is open. Returns 0, or -1 with one line in error:
 * also for a terminal. Finish or discard in any case.
 */
int ps_capture_create(struct ps_capture_out *out, const char *path,
		      const struct ps_capture_in *in);

/* Returns 0, or -1: out->error. bytes: header->caplen of them. */
int ps_capture_write(struct ps_capture_out *out, const struct pcap_pkthdr *header,
		     const uint8_t *bytes);

/* Gives the file its name. Returns 0, or -1: out->error, and no file was made or replaced. */
int ps_capture_finish(struct ps_capture_out *out);
void ps_capture_discard(struct ps_capture_out *out);

#endif
