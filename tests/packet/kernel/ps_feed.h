/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What /dev/ps_feed takes: a rule, then packets for it.
 */
#ifndef PS_FEED_H
#define PS_FEED_H

#include <linux/ioctl.h>
#include <linux/types.h>

#include "packetscript.h"

/* How the socket buffer is made. */
#define FEED_CLONE	1	/* another owner looks at the same bytes */
#define FEED_PARTIAL	2	/* CHECKSUM_PARTIAL: the device would complete the checksum */
#define FEED_COMPLETE	4	/* CHECKSUM_COMPLETE: the device has summed the packet */
#define FEED_SENT	8	/* as TCP sends: another owner keeps what is not in linear, linearly too */
#define FEED_TAGGED	16	/* the VLAN tag that it begins with is kept outside of it */

/* What is wrong with it afterwards. */
#define FEED_CLONE_CHANGED	1	/* the other owner sees other bytes now */
#define FEED_SUM_STALE		2	/* still CHECKSUM_COMPLETE, but that is not the sum */
#define FEED_MOVED		4	/* its headers have another place, or there is no room for its bytes */

struct feed_packet {
	__u64 bytes;		/* address; what the packet has become is written there, too */
	__u32 len;		/* back: of what it has become */
	__u32 room;		/* bytes at that address, at least len */
	__u32 network;		/* bytes of the link-layer header: 0 or 14 */
	__u32 linear;		/* so many from the network header on are linear, others in pages */
	__u32 how;		/* FEED_CLONE … */
	__u16 protocol;		/* Ethernet type, host byte order */
	__u16 csum_start;	/* with FEED_PARTIAL, from the network header on */
	__u16 csum_offset;
	__u16 reserved;
	__u32 verdict;		/* back: what the target returned */
	__u32 wrong;		/* back: FEED_CLONE_CHANGED … */
	__u64 ns;		/* back: how long the target took, by the clock */
};

/* Adds the rule, after deleting the one before. The log says why it is refused. */
#define FEED_RULE	_IOW('P', 1, struct xt_lua_info)
/* Runs the packet through a rule that is added for it beside that one, so that no message is lost. */
#define FEED_PACKET	_IOWR('P', 2, struct feed_packet)

#endif
