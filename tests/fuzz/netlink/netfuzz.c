/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The processes: those of root, of which one is killed now and then; one in a user namespace of its own; one of nobody; one that sends packets.
 * Who stands in the kernel's log, by the name of a task, says by that which case it was: nf2.17 is case 17 of worker 2.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "netfuzz.h"

struct counts *counts;

static uint64_t seed;
static unsigned long seconds = 8, cases = ~0ul;
static bool needs_programs;	/* hooks of tc and XDP have to be made */

enum role { ROOT, OWNER, NOBODY, SENDER };

static struct process {
	enum role role;
	unsigned int first, workers;
	pid_t pid;
	bool is_killed;		/* by us */
} processes[] = {
	{ ROOT, 0, 2 }, { ROOT, 2, 2 }, { OWNER, 4, 2 }, { NOBODY, 6, 1 }, { SENDER, 7, 0 },
};

#define PROCESSES	(sizeof(processes) / sizeof(processes[0]))

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/*
 * Workers.
 */
static void begin_case(struct worker *w, unsigned long n)
{
	char name[32];

	snprintf(name, sizeof(name), "nf%u.%lu", w->number, n);
	prctl(PR_SET_NAME, name);
	w->chance.state = seed ^ (uint64_t)(w->number + 1) << 56 ^ n * 0x2545f4914f6cdd1dull;
	draw(&w->chance);
}

static bool make_worker(struct worker *w, unsigned int number, bool is_root)
{
	*w = (struct worker){ .number = number, .is_root = is_root, .message = { .bytes = malloc(MESSAGE_MAX + 4096) } };
	w->message.chance = &w->chance;
	w->sock = client_open();
	return w->message.bytes && w->sock >= 0;
}

static void *work(void *of)
{
	struct worker *w = of;
	unsigned long n;

	while (!atomic_load(&counts->is_over)) {
		n = atomic_fetch_add(&counts->next[w->number], 1);
		if (n >= cases)
			break;
		begin_case(w, n);
		case_run(w);
		usleep(w->number < 4 ? 0 : w->number < 6 ? 20000 : 100000);	/* a request that is refused takes no time: these two would leave root none */
	}
	return NULL;
}

static void send_packets(unsigned int n)
{
	static const struct sockaddr_in to4 = { AF_INET, 0, { 0 }, { 0 } };
	struct sockaddr_in ip4 = to4;
	struct sockaddr_in6 ip6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int sock4 = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), sock6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	static const char text[2000];

	ip4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ip4.sin_port = ip6.sin6_port = htons(9);
	for (; n; n--) {
		if (sendto(sock4, text, n * 97 % sizeof(text), MSG_DONTWAIT, (struct sockaddr *)&ip4, sizeof(ip4)) >= 0)
			atomic_fetch_add(&counts->packets, 1);
		if (sendto(sock6, text, n * 53 % sizeof(text), MSG_DONTWAIT, (struct sockaddr *)&ip6, sizeof(ip6)) >= 0)
			atomic_fetch_add(&counts->packets, 1);
	}
	close(sock4);
	close(sock6);
}

static void *send_slowly(void *unused)
{
	(void)unused;
	while (!atomic_load(&counts->is_over)) {
		send_packets(3);	/* with more, a debug kernel has no time for anything else */
		usleep(30000);
	}
	return NULL;
}

static void raise_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ioctl(sock, SIOCSIFFLAGS, &request);
	close(sock);
}

/*
 * Who is who.
 */
static void write_map(pid_t pid, const char *file, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	write_file(path, text);
}

/* The owner of a namespace may fill sets and tables there, but only root may load the script that names them: so root does. */
static void attach_named(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		_exit(1);
	execlp("packetscript", "packetscript", "attach", "/tmp/fuzz/named.lua", "--family", "inet", "--hook", "input", NULL);
	_exit(1);
}

/* The child waits until its user namespace has a root. */
static void become_owner(int ready[2], int go[2])
{
	char c;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		die("unshare");
	if (write(ready[1], "", 1) != 1 || read(go[0], &c, 1) != 1)
		exit(1);
	raise_loopback();
}

/* False: it has no namespace, or no script there. */
static bool make_owner(pid_t pid, int ready[2], int go[2])
{
	int status;
	pid_t helper;
	char c;

	if (read(ready[0], &c, 1) != 1)
		return false;
	write_map(pid, "setgroups", "deny");
	write_map(pid, "uid_map", "0 0 1");
	write_map(pid, "gid_map", "0 0 1");
	helper = fork();
	if (!helper)
		attach_named(pid);
	return helper > 0 && waitpid(helper, &status, 0) == helper && !status && write(go[1], "", 1) == 1;
}

static void become_nobody(void)
{
	if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
		die("setuid");
}

static void run(const struct process *p)
{
	static struct worker workers[WORKERS];
	pthread_t threads[WORKERS + 1];
	unsigned int i, n = 0;

	for (i = 0; i < SHARED; i++)
		shared_socks[i] = client_open();
	for (i = 0; i < p->workers; i++) {
		struct worker *w = &workers[p->first + i];

		if (!make_worker(w, p->first + i, p->role == ROOT) || pthread_create(&threads[n++], NULL, work, w))
			exit(1);
	}
	if ((p->role == SENDER || p->role == OWNER) && pthread_create(&threads[n++], NULL, send_slowly, NULL))
		exit(1);
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	exit(0);
}

static void start(struct process *p)
{
	int ready[2], go[2];

	if (pipe2(ready, O_CLOEXEC) || pipe2(go, O_CLOEXEC))
		die("pipe");
	p->is_killed = false;
	p->pid = fork();
	if (p->pid < 0)
		die("fork");
	if (!p->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (p->role == OWNER)
			become_owner(ready, go);
		if (p->role == NOBODY)
			become_nobody();
		run(p);
	}
	close(ready[1]);	/* so that the end of a child ends what waits for its word */
	if (p->role == OWNER && !make_owner(p->pid, ready, go)) {
		fputs("netfuzz: the namespace of its own user could not be made, or root could not attach a script there\n", stderr);
		exit(2);
	}
	close(ready[0]);
	close(go[0]);
	close(go[1]);
}

/*
 * What they have done.
 */
static void tell_pair(const char *what, unsigned int i)
{
	printf(" %s %lu/%lu", what, atomic_load(&counts->accepted[i]), atomic_load(&counts->refused[i]));
}

/* Each pair tells how many requests of a command were done, and how many were refused. */
static void tell(double passed)
{
	unsigned int i;

	printf("# %.0f s: %lu cases;", passed, atomic_load(&counts->cases));
	for (i = 0; i < ncommands; i++)
		tell_pair(commands[i].name, i);
	printf(";");
	tell_pair("attach at tc and XDP", DID_PROGRAM);
	tell_pair("replace", DID_REPLACE);
	tell_pair("read", DID_READ);
	tell_pair("unload", DID_UNLOAD);
	tell_pair("parameter", DID_PARAMETER);
	tell_pair("other", DID_OTHER);
	printf("; %lu packets, told %lu lines, %lu traced\n", atomic_load(&counts->packets), atomic_load(&counts->lines), atomic_load(&counts->traced));
	fflush(stdout);
}

static void tell_errnos(void)
{
	printf("# refused with:");
	for (unsigned int i = 0; i < ERRNOS; i++) {
		unsigned long n = atomic_load(&counts->errnos[i]);

		if (n)
			printf(" %s %lu", strerrorname_np(i) ?: "?", n);
	}
	printf("\n");
}

/* The name of something that was never done. Unloading is not looked at, since it needs luck. */
static const char *missing(void)
{
	static const char *const others[] = { "attach at tc and XDP", "replace", "read" };

	for (unsigned int i = 0; i < ncommands; i++) {
		if (!atomic_load(&counts->accepted[i]))
			return commands[i].name;
	}
	for (unsigned int i = needs_programs ? DID_PROGRAM : DID_REPLACE; i <= DID_READ; i++) {
		if (!atomic_load(&counts->accepted[i]))
			return others[i - DID_PROGRAM];
	}
	return NULL;
}

/* Whether all was done at least once, and the kernel sent only what is described. */
static bool is_well(void)
{
	bool is = true;

	if (missing() && cases == ~0ul) {
		printf("# nothing of it was done: %s\n", missing());
		is = false;
	}
	if (atomic_load(&counts->misfits)) {
		printf("# %lu messages of the kernel are not as docs/packetscript.yaml says, as %s\n", atomic_load(&counts->misfits), counts->misfit);
		is = false;
	}
	return is;
}

static struct process *process_of(pid_t pid)
{
	for (unsigned int i = 0; i < PROCESSES; i++) {
		if (processes[i].pid == pid)
			return &processes[i];
	}
	return NULL;
}

/* Starts anew what was killed. False: a process has died by itself, or could not go on. */
static bool reap(bool restarts)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct process *p = process_of(pid);

		if (!p)
			continue;
		if (WIFSIGNALED(status) && !p->is_killed) {
			printf("# a process was ended by signal %d\n", WTERMSIG(status));
			return false;
		}
		if (WIFEXITED(status) && WEXITSTATUS(status)) {
			printf("# a process has ended with status %d\n", WEXITSTATUS(status));
			return false;
		}
		p->pid = 0;
		if (restarts && p->is_killed)
			start(p);
	}
	return true;
}

static bool are_any(void)
{
	for (unsigned int i = 0; i < PROCESSES; i++) {
		if (processes[i].pid && processes[i].workers)
			return true;
	}
	return false;
}

static void kill_one(struct chance *c)
{
	struct process *p = &processes[below(c, 2)];

	if (!p->pid)
		return;
	p->is_killed = true;
	kill(p->pid, SIGKILL);
}

static bool end_all(void)
{
	double end = now() + 120;
	bool is_well = true;

	atomic_store(&counts->is_over, true);
	while (is_well && now() < end) {
		is_well = reap(false);
		if (!are_any())
			break;
		usleep(20000);
	}
	for (unsigned int i = 0; i < PROCESSES; i++) {
		if (!processes[i].pid)
			continue;
		if (processes[i].workers && is_well)
			printf("# a process does not come to its end: %u\n", i);
		is_well = is_well && !processes[i].workers;
		kill(processes[i].pid, SIGKILL);	/* what is stuck in the kernel does not even end by that, so nobody waits for it */
	}
	return is_well;
}

/* On a busy machine it takes longer until all was done once. */
static bool goes_on(double passed)
{
	return passed < seconds || (cases == ~0ul && passed < seconds + 100 && missing());
}

/* Runs for so long, or until each worker has done its cases. */
static bool run_all(void)
{
	struct chance c = { seed };
	double began, told, killed;
	bool is_well = true;

	for (unsigned int i = PROCESSES; i--;)	/* those of root come last: they take away what the others need to begin */
		start(&processes[i]);
	began = told = killed = now();
	while (is_well && goes_on(now() - began) && are_any()) {
		usleep(50000);
		is_well = reap(true);
		if (now() > told + 10) {
			told = now();
			tell(told - began);
		}
		if (now() > killed + 3 + below(&c, 5) && cases == ~0ul) {
			killed = now();
			kill_one(&c);
		}
	}
	is_well = end_all() && is_well;
	tell(now() - began);
	tell_errnos();
	return is_well;
}

/* One case, in a process such as its worker is of: of root, of nobody, or of the owner of a namespace. */
static int run_one(const char *which)
{
	struct process *p = processes;
	unsigned int worker;
	unsigned long n;
	bool is_well;

	if (sscanf(which, "%u.%lu", &worker, &n) != 2)
		p += PROCESSES;
	while (p < processes + PROCESSES && worker >= p->first + p->workers)
		p++;
	if (p >= processes + PROCESSES) {
		fputs("netfuzz: --only takes WORKER.CASE, of a worker from 0 to 6\n", stderr);
		return 2;
	}
	p->first = worker;
	p->workers = 1;
	cases = n + 1;
	atomic_store(&counts->next[worker], n);
	start(p);
	while ((is_well = reap(false)) && p->pid && !atomic_load(&counts->cases))
		usleep(1000);
	is_well = end_all() && is_well;
	tell(0);
	tell_errnos();
	return !is_well;
}

/* Nothing is sent: messages in which nothing is wrong have to be as described, and others are only made. */
static int generate(unsigned long n)
{
	unsigned long misfits = 0, bytes = 0;
	struct worker w;

	if (!make_worker(&w, 0, true))
		return 1;
	for (unsigned long i = 0; i < n; i++) {
		begin_case(&w, i);
		misfits += !case_generate(&w);
		bytes += w.message.len;
	}
	free(w.message.bytes);
	printf("%s - netfuzz makes messages as they are described (%lu of %lu bytes, %lu are not)\n", misfits ? "not ok" : "ok", n, bytes, misfits);
	printf("%u passed, %u failed\n", !misfits, !!misfits);
	return misfits != 0;
}

int main(int argc, char **argv)
{
	const char *only = NULL;
	bool is_policy = false, is_fine;
	int i;

	seed = time(NULL);
	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--policy"))
			is_policy = true;
		else if (!strcmp(argv[i], "--programs"))
			needs_programs = true;
		else if (i + 1 == argc)
			break;
		else if (!strcmp(argv[i], "--seed"))
			seed = strtoull(argv[++i], NULL, 0);
		else if (!strcmp(argv[i], "--seconds"))
			seconds = strtoul(argv[++i], NULL, 0);
		else if (!strcmp(argv[i], "--cases"))
			cases = strtoul(argv[++i], NULL, 0);
		else if (!strcmp(argv[i], "--hostile"))
			hostile_folder = argv[++i];
		else if (!strcmp(argv[i], "--fail"))
			failing = strtoul(argv[++i], NULL, 0);
		else if (!strcmp(argv[i], "--generate"))
			return generate(strtoul(argv[i + 1], NULL, 0));
		else if (!strcmp(argv[i], "--only"))
			only = argv[++i];
		else
			break;
	}
	if (i < argc) {
		fputs("usage, as root: netfuzz [--seed N] [--seconds N] [--cases N] [--hostile FOLDER] [--fail PERCENT] [--programs] [--only WORKER.CASE]\n"
		      "                netfuzz --policy\n"
		      "       anywhere: netfuzz --generate N\n", stderr);
		return 2;
	}
	if (is_policy)
		return client_policy() != 0;
	if (ncommands > COMMANDS) {
		fputs("netfuzz: there are more commands than are counted\n", stderr);
		return 2;
	}
	hostile_folder = hostile_folder ?: "/tests/hostile";
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED)
		die("mmap");
	printf("# netfuzz --seed %llu\n", (unsigned long long)seed);
	fflush(stdout);
	if (only)
		return run_one(only);
	raise_loopback();
	is_fine = run_all();
	return !(is_well() && is_fine);
}
