/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What one case does. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netfuzz.h"
#include "packetscript.h"

const char *hostile_folder;

/* A command is drawn more often if it can do more. */
static unsigned int draw_command(struct chance *c)
{
	static const unsigned char often[] = { [PACKETSCRIPT_CMD_RELOAD] = 4, [PACKETSCRIPT_CMD_LIST] = 4, [PACKETSCRIPT_CMD_ATTACH] = 9,
					       [PACKETSCRIPT_CMD_DETACH] = 10, [PACKETSCRIPT_CMD_SET] = 18, [PACKETSCRIPT_CMD_SETS] = 6,
					       [PACKETSCRIPT_CMD_TRACE] = 4, [PACKETSCRIPT_CMD_LIMITS] = 8, [PACKETSCRIPT_CMD_SHARED] = 30,
					       [PACKETSCRIPT_CMD_TABLES] = 6 };
	unsigned int sum = 0, i;

	for (i = 0; i < ncommands; i++)
		sum += often[commands[i].number];
	sum = below(c, sum);
	for (i = 0; sum >= often[commands[i].number]; i++)
		sum -= often[commands[i].number];
	return i;
}

/* The kernel refuses these two to all but root, so others seldom ask for them. */
static unsigned int any_command(struct worker *w)
{
	unsigned int i = draw_command(&w->chance);

	while (!w->is_root && (commands[i].number == PACKETSCRIPT_CMD_ATTACH || commands[i].number == PACKETSCRIPT_CMD_RELOAD) &&
	       percent(&w->chance, 90))
		i = draw_command(&w->chance);
	return i;
}

static unsigned int number_of(int command)
{
	unsigned int i = 0;

	while (commands[i].number != command)
		i++;
	return i;
}

static void begin(struct worker *w)
{
	w->message.len = w->message.nmarks = w->message.depth = w->message.wrong = 0;
}

/* Adds a message to the datagram, with so many mistakes in it. */
static void add(struct worker *w, unsigned int command, unsigned int wrong)
{
	struct message *m = &w->message;
	size_t at = m->len;

	m->nmarks = 0;
	m->wrong = wrong;
	message_begin(m, command, w->family, 0, client_seq(command));
	message_attributes(m, command);
	message_end(m, at);
	if (!wrong && client_is_program(m, at))
		((struct nlmsghdr *)(m->bytes + at))->nlmsg_seq = client_seq(DID_PROGRAM);
	message_spoil(m, at);
	while (m->len % NLMSG_ALIGNTO)
		m->bytes[m->len++] = 0;
}

static unsigned int how_wrong(struct chance *c)
{
	return percent(c, 60) ? 0 : percent(c, 70) ? 1 : 1 + below(c, 8);
}

bool case_generate(struct worker *w)
{
	unsigned int wrong = how_wrong(&w->chance);
	const struct message *m = &w->message;

	begin(w);
	add(w, any_command(w), wrong);
	return wrong || is_as_described(m->bytes + NLMSG_LENGTH(GENL_HDRLEN), m->len - NLMSG_LENGTH(GENL_HDRLEN), 0);
}

static void ask(struct worker *w)
{
	begin(w);
	add(w, any_command(w), how_wrong(&w->chance));
	client_send(w, w->sock);
	client_read(w->sock, 1000);
}

static void ask_for_several(struct worker *w)
{
	begin(w);
	for (unsigned int n = 2 + below(&w->chance, 6); n && w->message.len < MESSAGE_MAX / 4; n--)
		add(w, any_command(w), how_wrong(&w->chance));
	client_send(w, w->sock);
	client_read(w->sock, 1000);
}

/* A dump is left half read: the socket asks for another one meanwhile, or is closed. */
static void dump(struct worker *w)
{
	static const int dumps[] = { PACKETSCRIPT_CMD_LIST, PACKETSCRIPT_CMD_SETS, PACKETSCRIPT_CMD_TABLES };
	int sock = client_open();

	if (sock < 0)
		return;
	for (unsigned int n = 1 + below(&w->chance, 3); n; n--) {
		begin(w);
		add(w, number_of(dumps[below(&w->chance, 3)]), percent(&w->chance, 70) ? 0 : 1);
		client_send(w, sock);
		client_read(sock, below(&w->chance, 4));
		if (percent(&w->chance, 20))
			usleep(below(&w->chance, 3000));
	}
	if (percent(&w->chance, 30))
		client_read(sock, 1000);
	close(sock);
}

/* Threads send on one socket at once, while one of them now and then closes it and puts a new one in its place. */
static void ask_on_shared(struct worker *w)
{
	int *sock = &shared_socks[below(&w->chance, SHARED)], other;

	begin(w);
	add(w, any_command(w), how_wrong(&w->chance));
	client_send(w, *sock);
	client_read(*sock, below(&w->chance, 20));
	if (!percent(&w->chance, 10))
		return;
	other = client_open();
	if (other >= 0) {
		dup3(other, *sock, O_CLOEXEC);
		close(other);
	}
}

/* A set's ranges come in several messages, of which the last may never come. */
static void draft(struct worker *w)
{
	struct message *m = &w->message;
	unsigned int command = number_of(PACKETSCRIPT_CMD_SET), action = 1 + below(&w->chance, 3), n = 1 + below(&w->chance, 5);
	const struct attribute *name = &sets[0].attributes[PACKETSCRIPT_A_SET];
	const char *text = sets[name->set].attributes[PACKETSCRIPT_SET_NAME].strings[below(&w->chance, 3)];
	int sock = client_open();
	uint32_t at = 0;

	if (sock < 0)
		return;
	for (; n; n--) {
		uint32_t ranges[128];
		size_t begins, nest, attr;

		for (unsigned int i = 0; i < 128; i++) {
			ranges[i] = __builtin_bswap32(at);
			at += i % 2 ? 2 + below(&w->chance, 1000) : below(&w->chance, 2);
		}
		begin(w);
		begins = m->len;
		message_begin(m, command, w->family, 0, client_seq(command));
		nest = nest_begin(m, PACKETSCRIPT_A_SET | NLA_F_NESTED);
		message_string(m, PACKETSCRIPT_SET_NAME, text);
		message_number(m, PACKETSCRIPT_SET_ACTION, 1, action);
		attr = nest_begin(m, PACKETSCRIPT_SET_RANGES4);
		memcpy(m->bytes + m->len, ranges, sizeof(ranges));
		m->len += sizeof(ranges);
		nest_end(m, attr);
		if (n > 1 || percent(&w->chance, 30))
			message_number(m, PACKETSCRIPT_SET_MORE, 0, 0);
		nest_end(m, nest);
		message_end(m, begins);
		client_send(w, sock);
		client_read(sock, 10);
		if (percent(&w->chance, 10)) {		/* the kernel has to drop the draft then */
			begin(w);
			add(w, percent(&w->chance, 50) ? command : any_command(w), how_wrong(&w->chance));
			client_send(w, sock);
		}
	}
	client_read(sock, below(&w->chance, 10));
	close(sock);
}

/* The socket asks to be told of packets, or of what scripts say, and reads some of that or nothing. */
static void listen_for_some_time(struct worker *w)
{
	int sock = client_open(), group, small = 4096;

	if (sock < 0)
		return;
	if (percent(&w->chance, 30))
		setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	if (percent(&w->chance, 60)) {
		group = client_group(sock);
		setsockopt(sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
	}
	begin(w);
	add(w, number_of(PACKETSCRIPT_CMD_TRACE), percent(&w->chance, 80) ? 0 : 1);
	client_send(w, sock);
	for (unsigned int n = below(&w->chance, 5); n; n--) {
		usleep(below(&w->chance, 20000));
		client_read(sock, below(&w->chance, 50));
	}
	close(sock);
}

/*
 * Files.
 */
void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	size_t len = strlen(text);

	if (fd < 0)
		return;
	if (write(fd, text, len) != (ssize_t)len)
		ftruncate(fd, 0);
	close(fd);
}

static bool is_script(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && !strcmp(dot, ".lua");
}

/* Writes the path of one of the folder's scripts, drawn by chance. False: there is none. */
static bool any_hostile(struct chance *c, char *path, size_t size)
{
	DIR *dir = opendir(hostile_folder);
	const struct dirent *entry;
	unsigned int n = 0;

	if (!dir)
		return false;
	while ((entry = readdir(dir))) {
		if (is_script(entry) && !below(c, ++n))
			snprintf(path, size, "%s/%s", hostile_folder, entry->d_name);
	}
	closedir(dir);
	return n;
}

/* A script gets another text, maybe a damaged one, and its state is reloaded. */
static void edit(struct worker *w)
{
	const char *path = scripts[percent(&w->chance, 70) ? 4 : 6];	/* edited.lua, hostile.lua */
	char from[512], text[8192];
	ssize_t n = -1;
	int fd;

	if (percent(&w->chance, 40)) {
		snprintf(text, sizeof(text), "local n = %u\nfunction process_packet(p) n = n + 1 nf.count('edited') return XT_CONTINUE end\n"
			 "function match_packet(p) return n %% 2 == 0 end\nfunction on_reload(old) n = n + 1 end\n", below(&w->chance, 1000));
		n = strlen(text);
	} else if (any_hostile(&w->chance, from, sizeof(from))) {
		fd = open(from, O_RDONLY | O_CLOEXEC);
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	if (n < 0)
		return;
	text[n] = 0;
	if (percent(&w->chance, 10))
		text[below(&w->chance, n + 1)] = 0;
	if (percent(&w->chance, 5))
		text[below(&w->chance, n + 1)] = draw(&w->chance);
	write_file(path, text);
	begin(w);
	add(w, number_of(PACKETSCRIPT_CMD_RELOAD), 0);
	client_send(w, w->sock);
	client_read(w->sock, 100);
}

/* Reads parts of files that our modules provide, from anywhere in them. */
static void read_some(struct worker *w)
{
	static const char *const files[] = { "/proc/net/packetscript", "/proc/net/ip_tables_targets", "/proc/net/ip_tables_matches",
					     "/sys/module/packetscript/parameters/packet_ms", "/sys/module/packetscript/parameters/strays" };
	char buffer[3000];
	int fd = open(files[below(&w->chance, sizeof(files) / sizeof(files[0]))], O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		atomic_fetch_add(&counts->refused[DID_READ], 1);
		return;
	}
	for (unsigned int n = 1 + below(&w->chance, 4); n; n--) {
		if (percent(&w->chance, 30))
			lseek(fd, below(&w->chance, 5000), SEEK_SET);
		if (read(fd, buffer, 1 + below(&w->chance, sizeof(buffer))) < 0)
			break;
	}
	close(fd);
	atomic_fetch_add(&counts->accepted[DID_READ], 1);
}

/* A parameter of the module gets a wrong value, or a right one for a moment. */
static void parameter(struct worker *w)
{
	static const char *const rows[][3] = {
		{ "packet_ms", "20", "1000" },	 { "load_ms", "20", "1000" },	  { "work_ms", "20", "2000" },	{ "pending", "0", "1" },
		{ "pending_memory", "1", "2" },	 { "schedule_rate", "0", "10" },  { "share", "0", "100" },	{ "stops", "0", "1" },
		{ "send_each", "0", "65535" },	 { "send_rate", "0", "1" },	  { "send_rate_kib", "0", "1" }, { "send_queue_kib", "0", "1" },
		{ "shared_mb", "1", "8" },	 { "module_folder", "/", "x" },
	};
	static const char *const wrong[] = { "", "-1", "x", "99999999999999999999", "4294967296", "0x", " 40", "40 ", "1048577" };
	const char *const *row = rows[below(&w->chance, sizeof(rows) / sizeof(rows[0]))], *value = row[1 + below(&w->chance, 2)];
	char path[128], before[256];
	ssize_t len;
	int fd;

	if (percent(&w->chance, 40))
		value = wrong[below(&w->chance, sizeof(wrong) / sizeof(wrong[0]))];
	snprintf(path, sizeof(path), "/sys/module/packetscript/parameters/%s", row[0]);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		atomic_fetch_add(&counts->refused[DID_PARAMETER], 1);
		return;
	}
	len = read(fd, before, sizeof(before));
	if (write(fd, value, strlen(value)) < 0) {
		atomic_fetch_add(&counts->refused[DID_PARAMETER], 1);
	} else {
		atomic_fetch_add(&counts->accepted[DID_PARAMETER], 1);
		usleep(below(&w->chance, 2000));
		if (len > 0 && write(fd, before, len) != len)
			atomic_fetch_add(&counts->refused[DID_PARAMETER], 1);
	}
	close(fd);
}

/*
 * What there is goes.
 */
static void detach_all(struct worker *w)
{
	struct message *m = &w->message;
	unsigned int command = number_of(PACKETSCRIPT_CMD_DETACH);

	for (unsigned int i = 0; i < nscripts; i++) {
		size_t nest;

		begin(w);
		message_begin(m, command, w->family, 0, client_seq(command));
		nest = nest_begin(m, PACKETSCRIPT_A_HOOK | NLA_F_NESTED);
		message_string(m, PACKETSCRIPT_HOOK_SCRIPT, scripts[i]);
		nest_end(m, nest);
		message_end(m, 0);
		client_send(w, w->sock);
		client_read(w->sock, 10);
	}
}

/* Mostly rules and hooks hold the modules, so some cases take these away before. The kernel loads the modules anew when somebody needs them. */
static void unload(struct worker *w)
{
	static const char *const modules[] = { "xt_LUA", "packetscript_bpf", "packetscript_nat", "packetscript_flow", "packetscript_conntrack", "packetscript" };
	unsigned int i;

	if (percent(&w->chance, 20)) {
		rules_flush(w);
		detach_all(w);
	}
	for (i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		long err = syscall(SYS_delete_module, modules[i], O_NONBLOCK);

		atomic_fetch_add(err ? &counts->refused[DID_UNLOAD] : &counts->accepted[DID_UNLOAD], 1);
	}
	w->family = client_family(w->sock);
}

/* A device comes and goes, and with it the hooks that were attached to it meanwhile. */
static void device(struct worker *w)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK), sock;
	char packet[64];

	snprintf(request.ifr_name, sizeof(request.ifr_name), "fz%u", below(&w->chance, 2));
	if (percent(&w->chance, 50))
		request.ifr_flags = IFF_TAP | IFF_NO_PI;
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request)) {
		close(fd);
		return;
	}
	sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	request.ifr_flags = IFF_UP;
	ioctl(sock, SIOCSIFFLAGS, &request);
	close(sock);
	for (unsigned int n = 1 + below(&w->chance, 10); n; n--) {
		ask(w);
		memset(packet, 0, sizeof(packet));
		packet[0] = 0x45;
		for (unsigned int i = 1; i < sizeof(packet); i++)
			packet[i] = draw(&w->chance);
		if (write(fd, packet, 1 + below(&w->chance, sizeof(packet))) > 0)
			atomic_fetch_add(&counts->packets, 1);
	}
	close(fd);
}

/* A network namespace goes with all that was made in it. That needs a process, since a thread cannot leave a namespace for nothing. */
static void namespace(struct worker *w)
{
	pid_t pid = fork();

	if (pid) {
		if (pid > 0)
			waitpid(pid, NULL, 0);
		return;
	}
	prctl(PR_SET_PDEATHSIG, 9);
	if (unshare(CLONE_NEWNET))
		_exit(0);
	close(w->sock);
	w->sock = client_open();
	w->family = client_family(w->sock);
	for (unsigned int n = below(&w->chance, 30); n; n--) {
		if (percent(&w->chance, 15))
			rules_replace(w);
		else
			ask(w);
	}
	_exit(0);
}

/*
 * Memory runs out, in a kernel that can be told to pretend so (CONFIG_FAULT_INJECTION): the task's allocation that is so many ahead fails.
 */
unsigned int failing;	/* percent of cases */

static int open_failure(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%ld/fail-nth", syscall(SYS_gettid));
	return open(path, O_RDWR | O_CLOEXEC);
}

static void fail_allocation(int fd, unsigned int n)
{
	char text[16];

	if (fd >= 0 && pwrite(fd, text, snprintf(text, sizeof(text), "%u", n), 0) < 0)
		perror("fail-nth");
}

static void do_something(struct worker *w)
{
	static const struct {
		void (*f)(struct worker *w);
		unsigned int often;
		bool needs_root;	/* the kernel refuses it to others, or others have nothing to try there */
	} rows[] = {
		{ ask, 400, false },	{ ask_for_several, 80, false }, { dump, 80, false },	 { ask_on_shared, 120, false },
		{ draft, 60, false },	{ listen_for_some_time, 20, false }, { rules_replace, 50, true }, { rules_write_back, 20, false },
		{ edit, 12, true },	{ read_some, 30, false },	{ parameter, 10, true }, { unload, 3, true },
		{ device, 5, true },	{ namespace, 3, true },	{ rules_flush, 1, true }, { detach_all, 1, true },
	};
	unsigned int sum = 0, i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		sum += rows[i].often;
	do {
		unsigned int n = below(&w->chance, sum);

		for (i = 0; n >= rows[i].often; i++)
			n -= rows[i].often;
	} while (rows[i].needs_root && !w->is_root && (rows[i].f != rules_replace || percent(&w->chance, 90)));
	rows[i].f(w);
}

void case_run(struct worker *w)
{
	int fd;

	if (!w->family)
		w->family = client_family(w->sock);
	if (percent(&w->chance, 2)) {
		close(w->sock);
		w->sock = client_open();
	}
	fd = w->is_root && percent(&w->chance, failing) ? open_failure() : -1;
	if (fd >= 0)
		fail_allocation(fd, 1 + below(&w->chance, percent(&w->chance, 50) ? 20 : 300));
	do_something(w);
	if (fd >= 0) {
		fail_allocation(fd, 0);
		close(fd);
	}
	atomic_fetch_add(&counts->cases, 1);
}
