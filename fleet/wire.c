/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * hiredis writes commands and reads replies. The socket is ours, since its releases before 1.0, as Debian 12 has, know no TLS: so one code
 * does for all of them.
 */
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define REPLY_BYTES	(16u << 20)	/* of a reply, at most: the server is not trusted with our memory */
#define REPLY_LIST	100000		/* elements of a list in it, since room for all is made before the first one has come */
#define PIECE		65536
#define PATIENCE	24		/* a reply that goes on coming, as by a slow link, may take so many times what its next bytes may */

/* What a URL says. */
struct address {
	bool is_tls, is_unix;
	char user[128], password[256], host[256], port[8], path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	unsigned int number;	/* of the database */
};

static int fail(struct ps_wire *wire, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int fail(struct ps_wire *wire, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(wire->error, sizeof(wire->error), format, args);
	va_end(args);
	return -1;
}

/* As fail(); nothing that comes after it would be understood. */
static int lose(struct ps_wire *wire, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int lose(struct ps_wire *wire, const char *format, ...)
{
	char text[sizeof(wire->error)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	ps_wire_close(wire);
	return fail(wire, "%s", text);
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

/*
 * URLs.
 */
static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Copies len bytes, in which %41 is A. False: they have no room, or are no text. */
static bool decode(char *to, size_t size, const char *from, size_t len)
{
	size_t i, n = 0;
	char c;

	for (i = 0; i < len; i++) {
		c = from[i];
		if (c == '%') {
			if (len - i < 3 || digit(from[i + 1]) < 0 || digit(from[i + 2]) < 0)
				return false;
			c = digit(from[i + 1]) << 4 | digit(from[i + 2]);
			i += 2;
		}
		if (!c || n + 1 >= size)
			return false;
		to[n++] = c;
	}
	to[n] = 0;
	return true;
}

static const char *read_user(struct address *to, const char *at, size_t len)
{
	const char *colon = memchr(at, ':', len);
	size_t n = colon ? (size_t)(colon - at) : len;

	if (!decode(to->user, sizeof(to->user), at, n) || (colon && !decode(to->password, sizeof(to->password), colon + 1, len - n - 1)))
		return "the user or the password in it cannot be read: write % as %25, @ as %40";
	return NULL;
}

static const char *read_number(struct address *to, const char *text)
{
	char *end;

	to->number = 0;
	if (text[0] == '/' && text[1]) {
		to->number = strtoul(text + 1, &end, 10);
		if (text[1] < '0' || text[1] > '9' || *end || to->number > 65535)
			return "what is behind the last / is the number of a database";
	}
	return NULL;
}

static const char *read_host(struct address *to, const char *at)
{
	size_t len = strcspn(at, "/"), n;
	const char *rest = at + len, *port = NULL;

	if (at[0] == '[') {
		n = strcspn(at, "]");
		if (n >= len || !decode(to->host, sizeof(to->host), at + 1, n - 1))
			return "a ] is missing behind the address";
		if (at[n + 1] && !strchr(":/", at[n + 1]))
			return "what is behind the ] is no port";
		port = at[n + 1] == ':' ? at + n + 2 : NULL;
	} else {
		n = strcspn(at, ":/");
		if (!decode(to->host, sizeof(to->host), at, n))
			return "the host's name is too long";
		port = at[n] == ':' ? at + n + 1 : NULL;
	}
	if (!to->host[0])
		return "the host is missing";
	strcpy(to->port, "6379");
	if (port) {
		n = rest - port;
		if (!n || n > 5 || strspn(port, "0123456789") != n)
			return "the port is no number";
		memcpy(to->port, port, n);
		to->port[n] = 0;
	}
	return read_number(to, rest);
}

static const char *read_url(struct address *to, const char *url)
{
	const char *at, *end, *wrong;

	*to = (struct address){ .port = "" };
	if (!strncmp(url, "unix:", 5)) {
		to->is_unix = true;
		url += 5;
		while (url[0] == '/' && url[1] == '/')
			url++;
		return url[0] == '/' && decode(to->path, sizeof(to->path), url, strlen(url)) ? NULL : "unix: is followed by the socket's whole path";
	}
	to->is_tls = !strncmp(url, "rediss://", 9);
	if (!to->is_tls && strncmp(url, "redis://", 8))
		return "it begins with redis://, rediss:// or unix:/";
	url += to->is_tls ? 9 : 8;
	end = url + strcspn(url, "/");
	for (at = end; at > url && at[-1] != '@'; at--)
		;
	if (at > url) {
		wrong = read_user(to, url, at - 1 - url);
		if (wrong)
			return wrong;
	}
	return read_host(to, at);
}

const char *ps_wire_check(const char *url, bool *has_password)
{
	struct address address;
	const char *wrong = read_url(&address, url);

	*has_password = address.password[0];
	OPENSSL_cleanse(&address, sizeof(address));
	return wrong;
}

/*
 * Sockets.
 */
static bool wait_for(const struct ps_wire *wire, short events, long long until)
{
	struct pollfd fds[] = { { wire->fd, events, 0 }, { wire->stop, POLLIN, 0 } };
	long long left;
	int n;

	do {
		left = until - now_ms();
		n = poll(fds, 2, left > 0 ? left : 0);
	} while (n < 0 && errno == EINTR && left > 0);
	return n > 0 && fds[0].revents;
}

static int connect_to(struct ps_wire *wire, const struct sockaddr *address, socklen_t len)
{
	int err = 0;
	socklen_t size = sizeof(err);

	wire->fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (wire->fd < 0)
		return -1;
	if (!connect(wire->fd, address, len))
		return 0;
	if (errno == EINPROGRESS && wait_for(wire, POLLOUT, now_ms() + wire->ms)) {
		getsockopt(wire->fd, SOL_SOCKET, SO_ERROR, &err, &size);
		if (!err)
			return 0;
		errno = err;
	} else if (errno == EINPROGRESS) {
		errno = ETIMEDOUT;
	}
	err = errno;
	close(wire->fd);
	wire->fd = -1;
	errno = err;
	return -1;
}

static int connect_unix(struct ps_wire *wire, const struct address *address)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	memcpy(to.sun_path, address->path, sizeof(to.sun_path));
	return connect_to(wire, (struct sockaddr *)&to, sizeof(to)) ? fail(wire, "%s: %s", address->path, strerror(errno)) : 0;
}

/* A peer that has gone without a word is noticed by the heartbeat; these are for what is in between. */
static void set_options(int fd)
{
	int on = 1, idle = 15, count = 3;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

static int connect_tcp(struct ps_wire *wire, const struct address *address)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL, *one;
	int err = getaddrinfo(address->host, address->port, &hints, &list);

	if (err)
		return fail(wire, "%s: %s", address->host, gai_strerror(err));
	for (one = list; one && wire->fd < 0; one = one->ai_next)
		connect_to(wire, one->ai_addr, one->ai_addrlen);
	err = errno;
	freeaddrinfo(list);
	if (wire->fd < 0)
		return fail(wire, "%s port %s: %s", address->host, address->port, strerror(err));
	set_options(wire->fd);
	return 0;
}

/*
 * TLS.
 */
static int fail_tls(struct ps_wire *wire, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	return fail(wire, "%s: %s", what, reason ? reason : "TLS failed");
}

static int load_files(struct ps_wire *wire, SSL_CTX *context, const struct ps_wire_target *target)
{
	if (target->ca ? !SSL_CTX_load_verify_locations(context, target->ca, NULL) : !SSL_CTX_set_default_verify_paths(context))
		return fail_tls(wire, target->ca ? target->ca : "the system's authorities");
	if (target->cert && SSL_CTX_use_certificate_chain_file(context, target->cert) != 1)
		return fail_tls(wire, target->cert);
	if (target->cert && SSL_CTX_use_PrivateKey_file(context, target->key ? target->key : target->cert, SSL_FILETYPE_PEM) != 1)
		return fail_tls(wire, target->key ? target->key : target->cert);
	return 0;
}

/* The certificate has to be for the name or the address that the URL has. */
static bool name_peer(SSL *tls, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(tls);

	if (X509_VERIFY_PARAM_set1_ip_asc(param, host))
		return true;
	ERR_clear_error();
	return SSL_set_tlsext_host_name(tls, host) && SSL_set1_host(tls, host);
}

static int shake_hands(struct ps_wire *wire, const char *host)
{
	long long until = now_ms() + wire->ms, verified;
	int result, why;

	for (;;) {
		ERR_clear_error();
		result = SSL_connect(wire->tls);
		if (result == 1)
			return 0;
		why = SSL_get_error(wire->tls, result);
		if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
			break;
		if (!wait_for(wire, why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, until))
			return fail(wire, "%s: no TLS within %d ms", host, wire->ms);
	}
	verified = SSL_get_verify_result(wire->tls);
	if (verified != X509_V_OK)
		return fail(wire, "%s: its certificate: %s", host, X509_verify_cert_error_string(verified));
	return fail_tls(wire, host);
}

static int open_tls(struct ps_wire *wire, const struct address *address, const struct ps_wire_target *target)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	wire->tls_context = context;
	if (!context)
		return fail(wire, "TLS: not enough memory");
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (load_files(wire, context, target))
		return -1;
	wire->tls = SSL_new(context);
	if (!wire->tls || !SSL_set_fd(wire->tls, wire->fd) || !name_peer(wire->tls, address->host))
		return fail_tls(wire, address->host);
	return shake_hands(wire, address->host);
}

/*
 * Bytes. Each returns how many there were; 0: none could go now, and *events says what to wait for; -1: the connection is lost.
 */
static ssize_t after_tls(struct ps_wire *wire, int result, short *events)
{
	unsigned long code;
	const char *reason;
	char byte;

	switch (SSL_get_error(wire->tls, result)) {
	case SSL_ERROR_WANT_READ:
		*events = POLLIN;
		return 0;
	case SSL_ERROR_WANT_WRITE:
		*events = POLLOUT;
		return 0;
	case SSL_ERROR_SYSCALL:
		/* what cannot be written to may have said why before */
		SSL_read(wire->tls, &byte, 1);
	}
	code = ERR_peek_last_error();
	reason = code ? ERR_reason_error_string(code) : NULL;
	ERR_clear_error();
	return lose(wire, "the server has closed the connection%s%s", reason ? ": " : "", reason ? reason : "");
}

static ssize_t after_plain(struct ps_wire *wire, ssize_t n, short wanted, short *events)
{
	if (n > 0)
		return n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		*events = wanted;
		return 0;
	}
	return n ? lose(wire, "the server: %s", strerror(errno)) : lose(wire, "the server has closed the connection");
}

static ssize_t put_some(struct ps_wire *wire, const char *bytes, size_t len, short *events)
{
	int n;

	if (!wire->tls)
		return after_plain(wire, send(wire->fd, bytes, len, MSG_NOSIGNAL), POLLOUT, events);
	ERR_clear_error();
	n = SSL_write(wire->tls, bytes, len < PIECE ? len : PIECE);
	return n > 0 ? n : after_tls(wire, n, events);
}

static ssize_t get_some(struct ps_wire *wire, char *bytes, size_t size, short *events)
{
	int n;

	if (!wire->tls)
		return after_plain(wire, recv(wire->fd, bytes, size, 0), POLLIN, events);
	ERR_clear_error();
	n = SSL_read(wire->tls, bytes, size);
	return n > 0 ? n : after_tls(wire, n, events);
}

static int put_all(struct ps_wire *wire, const char *bytes, size_t len)
{
	long long until = now_ms() + wire->ms;
	short events = POLLOUT;
	ssize_t n;

	while (len) {
		n = put_some(wire, bytes, len, &events);
		if (n < 0)
			return -1;
		if (!n && !wait_for(wire, events, until))
			return lose(wire, "the server takes nothing for %d ms", wire->ms);
		if (n)
			until = now_ms() + wire->ms;
		bytes += n;
		len -= n;
	}
	return 0;
}

int ps_wire_send(struct ps_wire *wire, int n, const char *const *args, const size_t *lens)
{
	char *text = NULL;
	int len, err;

	if (wire->fd < 0)
		return -1;
	len = redisFormatCommandArgv(&text, n, (const char **)args, lens);
	if (len < 0)
		return lose(wire, "not enough memory");
	err = put_all(wire, text, len);
	redisFreeCommand(text);
	return err;
}

/* A reply that is there already. 0: there is none yet; -1: what came is none. */
static int take_read(struct ps_wire *wire, redisReply **reply)
{
	redisReader *reader = wire->reader;
	void *got = NULL;

	if (redisReaderGetReply(reader, &got) != REDIS_OK)
		return lose(wire, "the server does not speak as Redis does: %s", reader->errstr);
	*reply = got;
	if (got)
		wire->fed = 0;
	return got ? 1 : 0;
}

static int feed(struct ps_wire *wire, short *events)
{
	char piece[PIECE];
	ssize_t n = get_some(wire, piece, sizeof(piece), events);

	if (n <= 0)
		return n;
	wire->fed += n;
	if (wire->fed > REPLY_BYTES)
		return lose(wire, "the server sends a reply of more than %u bytes", REPLY_BYTES);
	redisReaderFeed(wire->reader, piece, n);
	return 1;
}

redisReply *ps_wire_take(struct ps_wire *wire, int ms, bool *is_lost)
{
	long long until = now_ms() + ms, last = now_ms() + (long long)PATIENCE * ms;
	redisReply *reply = NULL;
	short events = POLLIN;
	int n;

	*is_lost = wire->fd < 0;
	while (!*is_lost) {
		n = take_read(wire, &reply);
		if (n > 0)
			return reply;
		if (!n)
			n = feed(wire, &events);
		if (n > 0)
			until = now_ms() + ms;
		if (!n && !wait_for(wire, events, until < last ? until : last)) {
			fail(wire, "the server does not answer within %d ms", ms);
			return NULL;
		}
		*is_lost = n < 0;
	}
	return NULL;
}

redisReply *ps_wire_ask(struct ps_wire *wire, int n, const char *const *args, const size_t *lens)
{
	redisReply *reply = NULL;
	bool is_lost = true;

	if (!ps_wire_send(wire, n, args, lens))
		reply = ps_wire_take(wire, wire->ms, &is_lost);
	if (!reply) {
		/* its answer may come later, and would be taken for that to another question */
		if (!is_lost)
			ps_wire_close(wire);
		return NULL;
	}
	if (reply->type != REDIS_REPLY_ERROR)
		return reply;
	fail(wire, "the server refuses %s: %.300s", args[0], reply->str);
	freeReplyObject(reply);
	return NULL;
}

/*
 * Opening.
 */
#if HIREDIS_MAJOR >= 1
typedef size_t list_size;
#else
typedef int list_size;
#endif

static redisReplyObjectFunctions functions;
static void *(*create_list)(const redisReadTask *task, list_size n);

/* NULL is what hiredis takes for want of memory. */
static void *create_short_list(const redisReadTask *task, list_size n)
{
	return n <= REPLY_LIST ? create_list(task, n) : NULL;
}

static redisReader *create_reader(void)
{
	redisReader *reader = redisReaderCreate();

	if (!reader)
		return NULL;
	if (!create_list) {
		functions = *reader->fn;
		create_list = functions.createArray;
		functions.createArray = create_short_list;
	}
	reader->fn = &functions;
	return reader;
}

static int tell(struct ps_wire *wire, int n, const char *const *args)
{
	redisReply *reply = ps_wire_ask(wire, n, args, NULL);

	if (!reply)
		return -1;
	freeReplyObject(reply);
	return 0;
}

static int say_who(struct ps_wire *wire, const struct address *address, const char *password)
{
	const char *with_user[] = { "AUTH", address->user, password }, *without[] = { "AUTH", password };
	char number[16];
	const char *select[] = { "SELECT", number };

	if (password[0] && tell(wire, address->user[0] ? 3 : 2, address->user[0] ? with_user : without))
		return -1;
	if (!address->number)
		return 0;
	snprintf(number, sizeof(number), "%u", address->number);
	return tell(wire, 2, select);
}

int ps_wire_open(struct ps_wire *wire, const struct ps_wire_target *target)
{
	struct address address;
	const char *wrong = read_url(&address, target->url);
	int err;

	*wire = (struct ps_wire){ .fd = -1, .ms = target->ms, .stop = target->stop };
	if (wrong)
		return fail(wire, "%s", wrong);
	wire->reader = create_reader();
	if (!wire->reader)
		return fail(wire, "not enough memory");
	err = address.is_unix ? connect_unix(wire, &address) : connect_tcp(wire, &address);
	if (!err && address.is_tls)
		err = open_tls(wire, &address, target);
	if (!err)
		err = say_who(wire, &address, target->password ? target->password : address.password);
	OPENSSL_cleanse(&address, sizeof(address));
	if (err)
		ps_wire_close(wire);
	return err;
}

void ps_wire_close(struct ps_wire *wire)
{
	SSL_free(wire->tls);
	SSL_CTX_free(wire->tls_context);
	if (wire->reader)
		redisReaderFree(wire->reader);
	if (wire->fd >= 0)
		close(wire->fd);
	wire->tls = wire->tls_context = wire->reader = NULL;
	wire->fd = -1;
	wire->fed = 0;
}
