/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Feeds packets to the iptables target LUA as they are. The IP stack drops malformed ones before
 * a rule sees them, and makes its buffers in few of the shapes that it may. For tests only.
 */
#include <linux/fs.h>
#include <linux/if_vlan.h>
#include <linux/ktime.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/netfilter/x_tables.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <net/checksum.h>
#include <net/net_namespace.h>

#include "ps_feed.h"

#define HEADROOM	(NET_SKB_PAD + NET_IP_ALIGN)
#define LEN_MAX	(65535 + ETH_HLEN)

struct feed {
	struct xt_target *target;	/* NULL: there is no rule */
	struct xt_lua_info rule;	/* keeps the state */
	struct xt_lua_info once;	/* one packet's rule in it; too large for a stack */
};

static int check(struct xt_target *target, struct xt_lua_info *info)
{
	struct xt_tgchk_param par = {
		.net = &init_net,
		.table = "mangle",
		.target = target,
		.targinfo = info,
		.hook_mask = 1 << NF_INET_PRE_ROUTING,
		.family = NFPROTO_IPV4,
		.nft_compat = true,	/* XT_RETURN comes as such */
	};

	return xt_check_target(&par, XT_ALIGN(sizeof(*info)), 0, false);
}

static void destroy(struct xt_target *target, struct xt_lua_info *info)
{
	const struct xt_tgdtor_param par = {
		.net = &init_net,
		.target = target,
		.targinfo = info,
		.family = NFPROTO_IPV4,
	};

	target->destroy(&par);
}

static void delete_rule(struct feed *feed)
{
	if (!feed->target)
		return;
	destroy(feed->target, &feed->rule);
	module_put(feed->target->me);
	feed->target = NULL;
}

static int add_rule(struct feed *feed, const void __user *from)
{
	struct xt_target *target;
	int err;

	delete_rule(feed);
	if (copy_from_user(&feed->rule, from, sizeof(feed->rule)))
		return -EFAULT;
	target = xt_request_find_target(NFPROTO_IPV4, "LUA", 0);
	if (IS_ERR(target))
		return PTR_ERR(target);
	err = check(target, &feed->rule);
	if (err)
		module_put(target->me);
	else
		feed->target = target;
	return err;
}

/* Puts what is not linear into pages, some of a few bytes only. */
static int put_into_pages(struct sk_buff *skb, const u8 *bytes, unsigned int len)
{
	static const unsigned int few[] = { 7, 1, 20, 33 };
	unsigned int i, size;
	struct page *page;

	for (i = 0; len; i++, bytes += size, len -= size) {
		size = min_t(unsigned int, len, PAGE_SIZE);
		if (i < ARRAY_SIZE(few) && skb->data_len + len <= 8 * PAGE_SIZE)
			size = min(size, few[i]);
		page = i < MAX_SKB_FRAGS ? alloc_page(GFP_KERNEL) : NULL;
		if (!page)
			return -ENOMEM;
		memcpy(page_address(page), bytes, size);
		skb_add_rx_frag(skb, i, page, 0, size, PAGE_SIZE);
	}
	return 0;
}

/* The link-layer header and what is to be linear: head bytes. */
static struct sk_buff *make_with_pages(const struct feed_packet *p, const u8 *bytes,
				       unsigned int head)
{
	struct sk_buff *skb = alloc_skb(HEADROOM + head, GFP_KERNEL);

	if (!skb)
		return NULL;
	skb_reserve(skb, HEADROOM);
	skb_put_data(skb, bytes, head);
	if (put_into_pages(skb, bytes + head, p->len - head)) {
		kfree_skb(skb);
		return NULL;
	}
	return skb;
}

/* The first head bytes are the skb's own, the rest is shared with *other. */
static struct sk_buff *make_sent(const struct feed_packet *p, const u8 *bytes, unsigned int head,
				 struct sk_buff **other)
{
	struct sk_buff *skb;

	*other = alloc_skb(HEADROOM + p->len, GFP_KERNEL);
	if (!*other)
		return NULL;
	skb_reserve(*other, HEADROOM + head);
	skb_put_data(*other, bytes + head, p->len - head);
	__skb_header_release(*other);
	skb = skb_clone(*other, GFP_KERNEL);
	if (skb)
		memcpy(skb_push(skb, head), bytes, head);
	return skb;
}

/* other: gets another owner of the bytes, or NULL; also after a failure. */
static struct sk_buff *make(const struct feed_packet *p, const u8 *bytes, struct sk_buff **other)
{
	unsigned int head = p->network + min(p->linear, p->len - p->network);
	struct sk_buff *skb;

	*other = NULL;
	if (p->how & FEED_SENT)
		skb = make_sent(p, bytes, head, other);
	else
		skb = make_with_pages(p, bytes, head);
	if (!skb)
		return NULL;
	skb_reset_mac_header(skb);
	__skb_pull(skb, p->network);
	skb_reset_network_header(skb);
	skb->protocol = htons(p->protocol);
	if (p->how & FEED_TAGGED)
		skb = skb_vlan_untag(skb);	/* as when it is received */
	if (!skb)
		return NULL;
	skb->dev = init_net.loopback_dev;
	if (p->how & FEED_PARTIAL) {
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->csum_start = skb_headroom(skb) + p->csum_start;
		skb->csum_offset = p->csum_offset;
	} else if (p->how & FEED_COMPLETE) {
		skb->ip_summed = CHECKSUM_COMPLETE;
		skb->csum = skb_checksum(skb, 0, skb->len, 0);
	}
	if (p->how & FEED_CLONE) {
		*other = skb_clone(skb, GFP_KERNEL);
		if (!*other) {
			kfree_skb(skb);
			return NULL;
		}
	}
	return skb;
}

/* With a link-layer header, as in PREROUTING; without, as in OUTPUT. */
static void run(struct feed_packet *p, struct xt_target *target, const struct xt_lua_info *info,
		struct sk_buff *skb)
{
	const bool has_link = p->network > 0;
	const struct nf_hook_state state = {
		.hook = has_link ? NF_INET_PRE_ROUTING : NF_INET_LOCAL_OUT,
		.pf = NFPROTO_IPV4,
		.in = has_link ? init_net.loopback_dev : NULL,
		.out = has_link ? NULL : init_net.loopback_dev,
		.net = &init_net,
	};
	const struct xt_action_param par = { .target = target, .targinfo = info, .state = &state };
	u64 start;

	local_bh_disable();
	rcu_read_lock();
	start = ktime_get_ns();
	p->verdict = target->target(skb, &par);
	p->ns = ktime_get_ns() - start;
	rcu_read_unlock();
	local_bh_enable();
}

/* What a device does with a packet before it sends it. */
static int complete_checksum(struct sk_buff *skb)
{
	unsigned int end;

	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return 0;
	end = skb_checksum_start_offset(skb) + skb->csum_offset + sizeof(__sum16);
	return pskb_may_pull(skb, end) ? skb_checksum_help(skb) : -ENOMEM;
}

/* A tag outside of the packet is put into it again, as before it is sent. NULL: no memory, and the packet is gone. */
static struct sk_buff *put_tag(struct sk_buff *skb)
{
	if (!skb_vlan_tag_present(skb))
		return skb;
	__skb_push(skb, ETH_HLEN);
	skb = __vlan_hwaccel_push_inside(skb);
	if (!skb)
		return NULL;
	skb_reset_mac_header(skb);
	__skb_pull(skb, ETH_HLEN);
	skb_reset_network_header(skb);
	return skb;
}

/* Reads the packet with its link-layer header back into bytes, which have p->room. */
static int collect(struct feed_packet *p, struct sk_buff *skb, u8 *bytes)
{
	int err;

	if (skb->ip_summed == CHECKSUM_COMPLETE &&
	    csum_fold(skb->csum) != csum_fold(skb_checksum(skb, 0, skb->len, 0)))
		p->wrong |= FEED_SUM_STALE;
	p->len = p->network + skb->len;
	if (p->len > p->room || skb_network_offset(skb) || skb->data - skb_mac_header(skb) != p->network) {
		p->wrong |= FEED_MOVED;
		p->len = 0;
		return 0;
	}
	err = complete_checksum(skb);
	return err ? err : skb_copy_bits(skb, -(int)p->network, bytes, p->len);
}

/* Whether there are these bytes from off on. */
static bool has_bytes(const struct sk_buff *skb, int off, const u8 *bytes, unsigned int len)
{
	u8 *seen = kvmalloc(len + 1, GFP_KERNEL);
	bool same = seen && !skb_copy_bits(skb, off, seen, len) && !memcmp(seen, bytes, len);

	kvfree(seen);
	return same;
}

/* True if the other owner, if there is one, still sees the bytes. */
static bool is_untouched(const struct feed_packet *p, const struct sk_buff *other, const u8 *bytes)
{
	if (!other)
		return true;
	if (p->how & FEED_SENT)
		return has_bytes(other, 0, bytes + p->len - other->len, other->len);
	if (p->how & FEED_TAGGED)
		return has_bytes(other, -ETH_HLEN, bytes, 2 * ETH_ALEN) &&
		       has_bytes(other, 0, bytes + p->len - other->len, other->len);
	return has_bytes(other, -(int)p->network, bytes, p->len);
}

/* bytes: of the packet, and what it has become. */
static int feed_bytes(struct feed *feed, struct feed_packet *p, u8 *bytes)
{
	struct xt_lua_info *rule = &feed->once;
	struct sk_buff *skb, *other;
	int err;

	*rule = feed->rule;
	rule->rule = NULL;
	err = check(feed->target, rule);
	if (err)
		return err;
	err = -ENOMEM;
	skb = make(p, bytes, &other);
	if (!skb)
		goto out;
	run(p, feed->target, rule, skb);
	if (!is_untouched(p, other, bytes))
		p->wrong |= FEED_CLONE_CHANGED;
	err = 0;
	if (p->verdict == NF_STOLEN)
		skb = NULL;
	else
		skb = put_tag(skb);
	if (skb)
		err = collect(p, skb, bytes);
	kfree_skb(skb);
out:
	kfree_skb(other);
	destroy(feed->target, rule);
	return err;
}

static int feed_packet(struct feed *feed, struct feed_packet __user *user)
{
	struct feed_packet p;
	u8 *bytes;
	int err;

	if (copy_from_user(&p, user, sizeof(p)))
		return -EFAULT;
	if (!feed->target || p.len > LEN_MAX || p.room < p.len || p.room > 2 * LEN_MAX)
		return -EINVAL;
	if ((p.network && p.network != ETH_HLEN) || p.network > p.len)
		return -EINVAL;
	if (p.how & FEED_PARTIAL && p.csum_start + p.csum_offset + 2u > p.len - p.network)
		return -EINVAL;
	p.wrong = 0;
	bytes = kvmalloc(p.room + 1, GFP_KERNEL);
	if (!bytes)
		return -ENOMEM;
	err = -EFAULT;
	if (!copy_from_user(bytes, u64_to_user_ptr(p.bytes), p.len)) {
		err = feed_bytes(feed, &p, bytes);
		if (!err && (copy_to_user(u64_to_user_ptr(p.bytes), bytes, p.len) ||
			     copy_to_user(user, &p, sizeof(p))))
			err = -EFAULT;
	}
	kvfree(bytes);
	return err;
}

static int feed_open(struct inode *inode, struct file *file)
{
	struct feed *feed = kzalloc(sizeof(*feed), GFP_KERNEL);

	file->private_data = feed;
	return feed ? 0 : -ENOMEM;
}

static int feed_release(struct inode *inode, struct file *file)
{
	delete_rule(file->private_data);
	kfree(file->private_data);
	return 0;
}

static long feed_ioctl(struct file *file, unsigned int command, unsigned long arg)
{
	switch (command) {
	case FEED_RULE:
		return add_rule(file->private_data, (void __user *)arg);
	case FEED_PACKET:
		return feed_packet(file->private_data, (void __user *)arg);
	}
	return -ENOTTY;
}

static const struct file_operations feed_operations = {
	.owner = THIS_MODULE,
	.open = feed_open,
	.release = feed_release,
	.unlocked_ioctl = feed_ioctl,
};

static struct miscdevice feed_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "ps_feed",
	.fops = &feed_operations,
	.mode = 0600,
};

module_misc_device(feed_device);
MODULE_DESCRIPTION("Test: feeds packets to the iptables target LUA");
MODULE_LICENSE("Dual MIT/GPL");
