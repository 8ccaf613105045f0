/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The library socket: the kernel's sockets, of the network namespace of whoever makes them. Errors are integers of linux.errno.
 */
#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/net.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uio.h>
#include <net/sock.h>

#include <lunatik.h>

#include "compat.h"
#include "here.h"

/*
 * Runtimes share sockets: one may close what another waits for. So each call counts as a user, and the last one releases
 * what has been closed.
 */
struct lua_socket {
	struct socket *socket;
	spinlock_t lock;		/* of what follows */
	unsigned int users;
	bool is_closed;
	/* do not change */
	int family;
	bool is_stream, is_nonblocking;
};

/*
 * How long the kernel waits at a time. In between it is looked whether the caller is to end, and whether the socket was closed: not
 * every family wakes who waits for that.
 */
#define SLICE	(HZ / 10)

#define LENGTH_MAX	(16 * 1024 * 1024)

static const struct lunatik_class class;

static lunatik_object_t *new_object(lua_State *L)
{
	lunatik_object_t *object = lunatik_newobject(L, &class, sizeof(struct lua_socket));
	struct lua_socket *s = object->private;

	spin_lock_init(&s->lock);
	return object;
}

/* It is the object's from now on. */
static void adopt(struct lua_socket *s, struct socket *socket)
{
	socket->sk->sk_rcvtimeo = SLICE;
	socket->sk->sk_sndtimeo = SLICE;
	s->family = socket->sk->sk_family;
	s->is_stream = socket->type == SOCK_STREAM;
	s->socket = socket;
}

static void release(lunatik_object_t *object)
{
	struct lua_socket *s = object->private;

	if (s->socket)
		sock_release(s->socket);
}

static bool hold(struct lua_socket *s)
{
	bool is_held;

	spin_lock_bh(&s->lock);
	is_held = s->socket && !s->is_closed;
	if (is_held)
		s->users++;
	spin_unlock_bh(&s->lock);
	return is_held;
}

static void unhold(struct lua_socket *s)
{
	struct socket *socket = NULL;

	spin_lock_bh(&s->lock);
	s->users--;
	if (!s->users && s->is_closed)
		swap(socket, s->socket);
	spin_unlock_bh(&s->lock);
	if (socket)
		sock_release(socket);
}

/*
 * A call that may wait: attempt() waits for SLICE at most, and is made again as long as it says that it has not come to an end.
 */
struct call {
	struct lua_socket *s;
	int (*attempt)(struct call *call);	/* -errno, or a result; -EAGAIN: nothing has come yet */
	struct sockaddr_storage address;
	int address_len;
	int flags;			/* of messages, or O_NONBLOCK */
	bool is_nonblocking;
	bool wants_address;
	void *buffer;
	size_t len, done;		/* what is done is so, whatever ends the call */
	struct socket *accepted;
};

static bool is_unfinished(const struct call *call, int ret)
{
	return ret == -EAGAIN && !call->is_nonblocking;
}

static int repeat(struct call *call, const struct lunatik_entry *entry)
{
	int ret;

	do {
		ret = call->attempt(call);
		if (ret < 0 && READ_ONCE(call->s->is_closed))
			ret = -EBADF;
		cond_resched();
	} while (is_unfinished(call, ret) && !lunatik_isstopping(entry));
	if (ret < 0 && call->done)
		return call->done;
	return is_unfinished(call, ret) ? -EINTR : ret;
}

/*
 * Within a function that a script calls, of that name. Raises. The socket is looked for anew, as what a finalizer does while
 * memory is made may close it; and held, as another visit may do so meanwhile.
 */
static int make(lua_State *L, struct call *call, const char *function)
{
	lunatik_object_t *object = lunatik_checkobject(L, 1, &class);
	struct lunatik_entry *entry;
	int ret = -EBADF;

	lunatik_checksleep(L, function);
	call->s = object->private;
	call->is_nonblocking |= call->s->is_nonblocking;
	lunatik_getobject(object);
	entry = lunatik_sleep(L);
	if (hold(call->s)) {
		ret = repeat(call, entry);
		unhold(call->s);
	}
	lunatik_awake(entry);
	lunatik_putobject(object);
	if (ret >= 0)
		return ret;
	return lunatik_throw(L, ret <= -512 ? -EINTR : ret);	/* -ERESTARTSYS and the like are nobody's but the kernel's */
}

static struct lua_socket *check_socket(lua_State *L)
{
	return lunatik_checkobject(L, 1, &class)->private;
}

/* The integer that argument arg is, from 0 to max; or ifnone, if there is none. */
static lua_Integer check_range(lua_State *L, int arg, lua_Integer max, lua_Integer ifnone)
{
	lua_Integer value = luaL_optinteger(L, arg, ifnone);

	luaL_argcheck(L, value >= 0 && value <= max, arg, "out of range");
	return value;
}

/*
 * Addresses: two integers, or a packed string of what comes behind the family. Reading them returns the number of the argument behind them.
 */
static int check_inet(lua_State *L, int arg, struct call *call)
{
	struct sockaddr_in *address = (struct sockaddr_in *)&call->address;

	luaL_checkinteger(L, arg);
	address->sin_addr.s_addr = htonl(check_range(L, arg, U32_MAX, 0));
	address->sin_port = htons(check_range(L, arg + 1, U16_MAX, 0));
	call->address_len = sizeof(*address);
	return arg + 2;
}

static int check_packet(lua_State *L, int arg, struct call *call)
{
	struct sockaddr_ll *address = (struct sockaddr_ll *)&call->address;

	address->sll_protocol = htons(check_range(L, arg, U16_MAX, 0));
	address->sll_ifindex = check_range(L, arg + 1, INT_MAX, 0);
	call->address_len = sizeof(*address);
	return arg + 2;
}

#define PACKED	offsetof(struct sockaddr, sa_data)

static int check_packed(lua_State *L, int arg, struct call *call)
{
	size_t len;
	const char *packed = luaL_checklstring(L, arg, &len);

	luaL_argcheck(L, len <= sizeof(call->address) - PACKED, arg, "too long for an address");
	if (call->s->family == AF_UNIX && len && *packed && !current->fs)
		lunatik_throw(L, -ENOENT);	/* where a process ends, there are no paths any more */
	memcpy((char *)&call->address + PACKED, packed, len);
	call->address_len = PACKED + len;
	return arg + 1;
}

static int check_address(lua_State *L, int arg, struct call *call)
{
	call->address.ss_family = call->s->family;
	if (call->s->family == AF_INET)
		return check_inet(L, arg, call);
	if (call->s->family == AF_PACKET && lua_type(L, arg) == LUA_TNUMBER)
		return check_packet(L, arg, call);
	return check_packed(L, arg, call);
}

static int push_address(lua_State *L, const struct call *call)
{
	const struct sockaddr_in *address = (const struct sockaddr_in *)&call->address;

	if (call->address_len < (int)PACKED)
		return 0;
	if (call->address.ss_family != AF_INET) {
		lua_pushlstring(L, (const char *)&call->address + PACKED, call->address_len - PACKED);
		return 1;
	}
	lua_pushinteger(L, ntohl(address->sin_addr.s_addr));
	lua_pushinteger(L, ntohs(address->sin_port));
	return 2;
}

/* socket.new(family, type [, protocol]) */
static int new_socket(lua_State *L)
{
	int family = luaL_checkinteger(L, 1), type = luaL_checkinteger(L, 2), protocol = luaL_optinteger(L, 3, 0);
	struct lunatik_entry *entry;
	struct lua_socket *s;
	struct socket *socket;
	int err;

	lunatik_checksleep(L, "socket.new()");
	if (type & ~(SOCK_TYPE_MASK | SOCK_CLOEXEC | SOCK_NONBLOCK))
		return lunatik_throw(L, -EINVAL);
	if (family == AF_PACKET)
		protocol = htons(protocol);
	s = new_object(L)->private;
	s->is_nonblocking = type & SOCK_NONBLOCK;
	entry = lunatik_sleep(L);
	err = __sock_create(ps_net_here(), family, type & SOCK_TYPE_MASK, protocol, &socket, 0);
	if (!err)
		adopt(s, socket);
	lunatik_awake(entry);
	return err ? lunatik_throw(L, err) : 1;
}

/* sock:close() */
static int close(lua_State *L)
{
	lunatik_object_t *object = lunatik_checkobject(L, 1, &class);
	struct lua_socket *s = object->private;
	struct lunatik_entry *entry;
	bool is_used;

	lunatik_checksleep(L, "close()");
	lunatik_getobject(object);
	entry = lunatik_sleep(L);
	if (hold(s)) {
		spin_lock_bh(&s->lock);
		s->is_closed = true;
		is_used = s->users > 1;
		spin_unlock_bh(&s->lock);
		if (is_used)
			kernel_sock_shutdown(s->socket, SHUT_RDWR);
		unhold(s);
	}
	lunatik_awake(entry);
	lunatik_closeobject(L, 1);
	lunatik_putobject(object);
	return 0;
}

/* Of what a stream does not take at once, the rest comes later. */
static int attempt_send(struct call *call)
{
	struct msghdr message = { .msg_flags = MSG_NOSIGNAL | (call->is_nonblocking ? MSG_DONTWAIT : 0) };
	struct kvec part = { call->buffer + call->done, call->len - call->done };
	int ret;

	if (call->address_len) {
		message.msg_name = &call->address;
		message.msg_namelen = call->address_len;
	}
	ret = kernel_sendmsg(call->s->socket, &message, &part, 1, part.iov_len);
	if (ret > 0)
		call->done += ret;
	return ret > 0 && call->done < call->len ? -EAGAIN : ret < 0 ? ret : call->done;
}

/* sock:send(message [, addr [, port]]): how many bytes were sent */
static int send(lua_State *L)
{
	struct call call = { .s = check_socket(L), .attempt = attempt_send };

	call.buffer = (char *)luaL_checklstring(L, 2, &call.len);
	if (!lua_isnoneornil(L, 3))
		check_address(L, 3, &call);
	lua_pushinteger(L, make(L, &call, "send()"));
	return 1;
}

static int attempt_peername(struct call *call)
{
	int ret = kernel_getpeername(call->s->socket, (struct sockaddr *)&call->address);

	call->address_len = max(ret, 0);
	return ret;
}

static int attempt_sockname(struct call *call)
{
	int ret = kernel_getsockname(call->s->socket, (struct sockaddr *)&call->address);

	call->address_len = max(ret, 0);
	return ret;
}

/* Of a stream's peer, which is always the same, the message does not tell the address. */
static int attempt_receive(struct call *call)
{
	struct msghdr message = { .msg_name = &call->address };
	struct kvec part = { call->buffer + call->done, call->len - call->done };
	int ret = kernel_recvmsg(call->s->socket, &message, &part, 1, part.iov_len, call->flags);

	if (ret < 0)
		return ret;
	call->address_len = message.msg_namelen;
	if (call->wants_address && !call->address_len)
		attempt_peername(call);
	call->done = min(call->done + ret, call->len);	/* MSG_TRUNC tells how long the message was */
	if (ret && call->done < call->len && call->flags & MSG_WAITALL)
		return -EAGAIN;
	return call->done || !READ_ONCE(call->s->is_closed) ? call->done : -EBADF;
}

/* sock:receive(length [, flags [, from]]): the message; if from, the address, too. "": there is nothing more to come */
static int receive(lua_State *L)
{
	struct call call = { .s = check_socket(L), .attempt = attempt_receive };
	int len;

	lua_settop(L, 4);
	call.len = luaL_checkinteger(L, 2);
	luaL_argcheck(L, call.len > 0 && call.len <= LENGTH_MAX, 2, "out of range");
	call.flags = luaL_optinteger(L, 3, 0) & ~(int)MSG_CMSG_COMPAT;
	if (call.s->is_nonblocking)
		call.flags |= MSG_DONTWAIT;
	call.is_nonblocking = call.flags & MSG_DONTWAIT;
	if (!call.s->is_stream || call.flags & MSG_PEEK)
		call.flags &= ~MSG_WAITALL;	/* a message is whole, and what is looked at comes again */
	call.buffer = lua_newuserdatauv(L, call.len, 0);
	if (call.flags & MSG_TRUNC)
		memset(call.buffer, 0, call.len);	/* streams write nothing then */
	call.wants_address = lua_toboolean(L, 4);
	len = make(L, &call, "receive()");
	lua_pushlstring(L, call.buffer, len);
	return call.wants_address ? 1 + push_address(L, &call) : 1;
}

/* A server that begins anew has its port again at once, though connections of the one before may still be ending there: nobody can listen beside it. */
static int attempt_bind(struct call *call)
{
	if (call->s->is_stream && (call->s->family == AF_INET || call->s->family == AF_INET6))
		sock_set_reuseaddr(call->s->socket->sk);
	return kernel_bind(call->s->socket, (struct sockaddr_unsized *)&call->address, call->address_len);
}

/* sock:bind(addr [, port]) */
static int bind(lua_State *L)
{
	struct call call = { .s = check_socket(L), .attempt = attempt_bind, .is_nonblocking = true };

	check_address(L, 2, &call);
	make(L, &call, "bind()");
	return 0;
}

static int attempt_listen(struct call *call)
{
	return kernel_listen(call->s->socket, call->flags);
}

/* sock:listen([backlog]) */
static int listen(lua_State *L)
{
	struct call call = { .s = check_socket(L), .attempt = attempt_listen, .is_nonblocking = true };

	call.flags = check_range(L, 2, INT_MAX, SOMAXCONN);
	make(L, &call, "listen()");
	return 0;
}

static int attempt_accept(struct call *call)
{
	return kernel_accept(call->s->socket, &call->accepted, call->is_nonblocking ? O_NONBLOCK : 0);
}

/* Flags of socket.sock, of which NONBLOCK says something here. */
static bool check_nonblock(lua_State *L, int arg)
{
	return check_range(L, arg, INT_MAX, 0) & SOCK_NONBLOCK;
}

/* sock:accept([flags]): a socket */
static int accept(lua_State *L)
{
	struct call call = { .s = check_socket(L), .attempt = attempt_accept, .is_nonblocking = check_nonblock(L, 2) };
	struct lua_socket *accepted = new_object(L)->private;

	make(L, &call, "accept()");
	adopt(accepted, call.accepted);
	return 1;
}

/* Where it goes on in the kernel, it is asked for anew, until it has come to an end. */
static int attempt_connect(struct call *call)
{
	int ret = kernel_connect(call->s->socket, (struct sockaddr_unsized *)&call->address, call->address_len,
				 call->is_nonblocking ? O_NONBLOCK : 0);
	bool goes_on = ret == -EINPROGRESS || ret == -EALREADY;

	return goes_on && !call->is_nonblocking ? -EAGAIN : ret;
}

/* sock:connect(addr [, port] [, flags]) */
static int connect(lua_State *L)
{
	struct call call = { .s = check_socket(L), .attempt = attempt_connect };
	int flags = check_address(L, 2, &call);

	call.is_nonblocking = check_nonblock(L, flags);
	make(L, &call, "connect()");
	return 0;
}

/* sock:getsockname() */
static int getsockname(lua_State *L)
{
	struct call call = { .s = check_socket(L), .attempt = attempt_sockname, .is_nonblocking = true };

	make(L, &call, "getsockname()");
	return push_address(L, &call);
}

/* sock:getpeername() */
static int getpeername(lua_State *L)
{
	struct call call = { .s = check_socket(L), .attempt = attempt_peername, .is_nonblocking = true };

	make(L, &call, "getpeername()");
	return push_address(L, &call);
}

static const luaL_Reg methods[] = {
	{ "close", close },
	{ "send", send },
	{ "receive", receive },
	{ "bind", bind },
	{ "listen", listen },
	{ "accept", accept },
	{ "connect", connect },
	{ "getsockname", getsockname },
	{ "getpeername", getpeername },
	{ NULL, NULL }
};

static const struct lunatik_class class = {
	.name = "socket",
	.methods = methods,
	.release = release,
	.owner = THIS_MODULE,
};

/* Numbers stand for names that some kernels lack. */
static const struct lunatik_constant families[] = {
	{ "UNSPEC", 0 },	{ "UNIX", 1 },		{ "LOCAL", 1 },		{ "INET", 2 },
	{ "AX25", 3 },		{ "IPX", 4 },		{ "APPLETALK", 5 },	{ "NETROM", 6 },
	{ "BRIDGE", 7 },	{ "ATMPVC", 8 },	{ "X25", 9 },		{ "INET6", 10 },
	{ "ROSE", 11 },		{ "DEC", 12 },		{ "DECnet", 12 },	{ "NETBEUI", 13 },
	{ "SECURITY", 14 },	{ "KEY", 15 },		{ "NETLINK", 16 },	{ "ROUTE", 16 },
	{ "PACKET", 17 },	{ "ASH", 18 },		{ "ECONET", 19 },	{ "ATMSVC", 20 },
	{ "RDS", 21 },		{ "SNA", 22 },		{ "IRDA", 23 },		{ "PPPOX", 24 },
	{ "WANPIPE", 25 },	{ "LLC", 26 },		{ "IB", 27 },		{ "MPLS", 28 },
	{ "CAN", 29 },		{ "TIPC", 30 },		{ "BLUETOOTH", 31 },	{ "IUCV", 32 },
	{ "RXRPC", 33 },	{ "ISDN", 34 },		{ "PHONET", 35 },	{ "IEEE802154", 36 },
	{ "CAIF", 37 },		{ "ALG", 38 },		{ "NFC", 39 },		{ "VSOCK", 40 },
	{ "KCM", 41 },		{ "QIPCRTR", 42 },	{ "SMC", 43 },		{ "XDP", 44 },
	{ "MCTP", 45 },		{ "MAX", AF_MAX },
};

static const struct lunatik_constant types[] = {
	{ "STREAM", SOCK_STREAM },	{ "DGRAM", SOCK_DGRAM },	{ "RAW", SOCK_RAW },
	{ "RDM", SOCK_RDM },		{ "SEQPACKET", SOCK_SEQPACKET },	{ "DCCP", SOCK_DCCP },
	{ "PACKET", SOCK_PACKET },	{ "CLOEXEC", SOCK_CLOEXEC },	{ "NONBLOCK", SOCK_NONBLOCK },
};

static const struct lunatik_constant protocols[] = {
	{ "IP", 0 },	{ "ICMP", 1 },	{ "IGMP", 2 },	{ "IPIP", 4 },	{ "TCP", 6 },	{ "EGP", 8 },	{ "PUP", 12 },
	{ "UDP", 17 },	{ "IDP", 22 },	{ "TP", 29 },	{ "DCCP", 33 },	{ "IPV6", 41 },	{ "RSVP", 46 },	{ "GRE", 47 },
	{ "ESP", 50 },	{ "AH", 51 },	{ "MTP", 92 },	{ "BEETPH", 94 },	{ "ENCAP", 98 },	{ "PIM", 103 },
	{ "COMP", 108 },	{ "SCTP", 132 },	{ "UDPLITE", 136 },	{ "MPLS", 137 },	{ "ETHERNET", 143 },
	{ "RAW", 255 },	{ "MPTCP", 262 },
};

static const struct lunatik_constant flags[] = {
	{ "OOB", 0x1 },			{ "PEEK", 0x2 },		{ "DONTROUTE", 0x4 },	{ "TRYHARD", 0x4 },
	{ "CTRUNC", 0x8 },		{ "PROBE", 0x10 },		{ "TRUNC", 0x20 },	{ "DONTWAIT", 0x40 },
	{ "EOR", 0x80 },		{ "WAITALL", 0x100 },		{ "FIN", 0x200 },	{ "SYN", 0x400 },
	{ "CONFIRM", 0x800 },		{ "RST", 0x1000 },		{ "ERRQUEUE", 0x2000 },	{ "NOSIGNAL", 0x4000 },
	{ "MORE", 0x8000 },		{ "WAITFORONE", 0x10000 },	{ "SENDPAGE_NOPOLICY", 0x10000 },
	{ "SENDPAGE_NOTLAST", 0x20000 },	{ "BATCH", 0x40000 },	{ "EOF", 0x200 },
	{ "NO_SHARED_FRAGS", 0x80000 },	{ "SENDPAGE_DECRYPTED", 0x100000 },	{ "ZEROCOPY", 0x4000000 },
	{ "FASTOPEN", 0x20000000 },	{ "CMSG_CLOEXEC", 0x40000000 },
};

static const luaL_Reg functions[] = {
	{ "new", new_socket },
	{ NULL, NULL }
};

static int open(lua_State *L)
{
	luaL_newlib(L, functions);
	luaL_setfuncs(L, methods, 0);
	lunatik_setconstants(L, "af", families, ARRAY_SIZE(families));
	lunatik_setconstants(L, "sock", types, ARRAY_SIZE(types));
	lunatik_setconstants(L, "ipproto", protocols, ARRAY_SIZE(protocols));
	lunatik_setconstants(L, "msg", flags, ARRAY_SIZE(flags));
	return 1;
}

static struct lunatik_library library = { "socket", open, THIS_MODULE };

module_lunatik(library, "socket");
MODULE_DESCRIPTION("Lua library socket");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
