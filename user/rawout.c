/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "rawout.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IP_DADDR = 16, IP6_DADDR = 24 };

static int open_socket(int family, int protocol)
{
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

	return fd < 0 ? -errno : fd;
}

void ps_rawout_open(struct ps_rawout *out)
{
	out->ip = open_socket(AF_INET, IPPROTO_RAW);
	out->ip6 = open_socket(AF_INET6, IPPROTO_RAW);
	out->frame = open_socket(AF_PACKET, 0);
	memset(out->priority, 0, sizeof(out->priority));
}

static void close_socket(int fd)
{
	if (fd >= 0)
		close(fd);
}

void ps_rawout_close(struct ps_rawout *out)
{
	close_socket(out->ip);
	close_socket(out->ip6);
	close_socket(out->frame);
}

static const char *explain(int error)
{
	switch (error) {
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EACCES:
		return "no route";
	case EINVAL:
		return "no route, or none from such an address";
	case EMSGSIZE:
		return "it is larger than the route's MTU";
	case ENODEV:
	case ENXIO:
		return "there is no such device";
	case ENETDOWN:
		return "the device is down";
	case EPERM:
		return "not permitted (CAP_NET_RAW, or a rule of the firewall)";
	case EAFNOSUPPORT:
		return "this kernel has no IPv6";
	case ENOBUFS:
	case ENOMEM:
	case EAGAIN:
		return "too much waits to be sent";
	default:
		return "the system refuses it";
	}
}

/* Where a message is to go, and how. */
struct request {
	union {
		struct sockaddr_in ip;
		struct sockaddr_in6 ip6;
		struct sockaddr_ll frame;
	} to;
	socklen_t size;
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint32_t))];
	} control;
	size_t used;
};

static void add_control(struct request *request, int level, int type, const void *data, size_t size)
{
	struct cmsghdr *head = (struct cmsghdr *)(request->control.bytes + request->used);

	head->cmsg_level = level;
	head->cmsg_type = type;
	head->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(head), data, size);
	request->used += CMSG_SPACE(size);
}

static void address_ip(struct request *request, const uint8_t *bytes, unsigned int dev)
{
	const struct in_pktinfo from = { .ipi_ifindex = dev };

	request->to.ip.sin_family = AF_INET;
	memcpy(&request->to.ip.sin_addr, bytes + IP_DADDR, sizeof(request->to.ip.sin_addr));
	request->size = sizeof(request->to.ip);
	if (dev)
		add_control(request, IPPROTO_IP, IP_PKTINFO, &from, sizeof(from));
}

static void address_ip6(struct request *request, const uint8_t *bytes, unsigned int dev)
{
	const struct in6_pktinfo from = { .ipi6_ifindex = dev };

	request->to.ip6.sin6_family = AF_INET6;
	memcpy(&request->to.ip6.sin6_addr, bytes + IP6_DADDR, sizeof(request->to.ip6.sin6_addr));
	request->to.ip6.sin6_scope_id = dev;
	request->size = sizeof(request->to.ip6);
	if (dev)
		add_control(request, IPPROTO_IPV6, IPV6_PKTINFO, &from, sizeof(from));
}

static void address_frame(struct request *request, unsigned int dev)
{
	request->to.frame.sll_family = AF_PACKET;
	request->to.frame.sll_ifindex = dev;
	request->size = sizeof(request->to.frame);
}

const char *ps_rawout_deliver(void *context, const struct ps_outgoing *packet)
{
	struct ps_rawout *out = context;
	const struct ps_message *message = packet->message;
	const unsigned int dev = message->dev[0] ? if_nametoindex(message->dev) : 0;
	const int fd = message->link ? out->frame : message->is.is_ip6 ? out->ip6 : out->ip;
	uint32_t *priority = &out->priority[message->link ? 2 : message->is.is_ip6];
	struct iovec bytes = { (void *)packet->bytes, packet->len };
	struct request request;
	struct msghdr header;

	if (message->dev[0] && !dev)
		return explain(ENODEV);
	if (fd < 0)
		return explain(-fd);
	memset(&request, 0, sizeof(request));
	if (message->link)
		address_frame(&request, dev);
	else if (message->is.is_ip6)
		address_ip6(&request, packet->bytes, dev);
	else
		address_ip(&request, packet->bytes, dev);
	if (message->mark)
		add_control(&request, SOL_SOCKET, SO_MARK, &message->mark, sizeof(message->mark));
	if (*priority != message->priority && setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &message->priority, sizeof(*priority)))
		return explain(errno);
	*priority = message->priority;
	memset(&header, 0, sizeof(header));
	header.msg_name = &request.to;
	header.msg_namelen = request.size;
	header.msg_iov = &bytes;
	header.msg_iovlen = 1;
	header.msg_control = request.used ? &request.control : NULL;
	header.msg_controllen = request.used;
	return sendmsg(fd, &header, 0) < 0 ? explain(errno) : NULL;
}
