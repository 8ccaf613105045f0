/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What docs/language.md promises of views and of fields that are set, computed anew and plainly:
 * which headers there are, which bytes may change, which checksums are right.
 */
#ifndef PS_FUZZ_MODEL_H
#define PS_FUZZ_MODEL_H

#include "frame.h"
#include "proto.h"

enum { MODEL_RAW, MODEL_ETH, MODEL_IP, MODEL_ICMP, MODEL_TCP, MODEL_UDP, MODEL_UDPLITE, MODEL_DCCP,
       MODEL_GRE, MODEL_ICMP6, MODEL_IP6, MODEL_VLAN, MODEL_ARP,
       MODEL_TEXTS,	/* of those from here to the next one, which have fields of text, no model knows anything */
       MODEL_MPLS = MODEL_TEXTS + 6, MODEL_PPPOE, MODEL_VXLAN, MODEL_SCTP, MODEL_AH, MODEL_PROTOCOLS };

#define MODEL_DEPTH	10

struct model_view {
	int id;
	uint32_t off, len;
	bool whole, absent;
	bool quoted;	/* in what an ICMP error quotes: its end may be missing */
};

enum { MODEL_RANGE = -1, MODEL_REST = -2 };

/* :data(id), :raw(off, len), or all from off on as a raw view. */
struct model_step {
	int id;
	uint32_t off, len;
};

/* From the whole packet to a view, through all of these. */
struct model_path {
	struct model_view views[MODEL_DEPTH + 1];
	int n;
};

/*
 * Where steps lead in a packet with these bytes. Returns how many of them lead somewhere; path has
 * these.
 */
int model_walk(const struct frame *frame, const uint8_t *bytes, const struct model_step *steps,
	       int n, struct model_path *path);

/* Whether the header at the path's end has the field. */
bool model_has_field(const uint8_t *bytes, const struct model_view *v,
		     const struct ps_field *field);

/*
 * Fails unless setting a field of the header at the path's end from what it was in frame to what
 * it is in after, where a checksum at partial is completed later, kept what is promised. done: it
 * was set to value; else it was refused.
 */
void model_check_set(const struct frame *frame, const uint8_t *after, uint32_t partial,
		     const struct model_path *path, const struct ps_field *field, bool done,
		     bool has_value, struct ps_value value);

#endif
