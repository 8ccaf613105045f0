/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* TCP: RFC 9293, 3.1. */
#include "protos.h"

static const struct ps_field fields[] = {
	{ "sport",       {   0, 16 }, PS_UINT },
	{ "dport",       {  16, 16 }, PS_UINT },
	{ "seq",         {  32, 32 }, PS_UINT },
	{ "ack",         {  64, 32 }, PS_UINT },
	{ "data_off",    {  96,  4 }, PS_UINT, PS_SHAPE },
	{ "reserved",    { 100,  4 }, PS_UINT },
	{ "flags",       { 104,  8 }, PS_UINT },
	{ "window_size", { 112, 16 }, PS_UINT },
	{ "check",       { 128, 16 }, PS_UINT, PS_CHECKSUM },
	{ "urgent",      { 144, 16 }, PS_UINT },
	{ "options",     { 160,  0 }, PS_BYTES, PS_OPTIONS },
	{ "data",        { 160,  0 }, PS_BYTES, PS_PAYLOAD },
};

const struct ps_proto ps_proto_tcp = {
	.name = "packet_tcp",
	.header_min = 20,
	.header_len = PS_WORD(96, 4),
	.csum = { .kind = PS_CSUM_PSEUDO, .at = 16 },
	PS_FIELDS(fields),
};
