/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript agent: keeps this machine as the fleet's store says. */
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "apply.h"
#include "child.h"
#include "depot.h"
#include "folder.h"
#include "host_user.h"
#include "machine.h"
#include "target.h"
#include "trial.h"

#define SERVER_MS	5000
#define BACKOFF_FIRST	200	/* milliseconds; doubled after each failure, */
#define BACKOFF_MAX	10000	/* up to this */
#define RETRY		5000	/* until what could not be mended is tried again */
#define PAUSE_MAX	3600000	/* at most, until a revision that could not be taken is tried again */

enum { OPT_MACHINE = CLI_TARGET_NEXT, OPT_STATE, OPT_HEARTBEAT, OPT_COMPARE, OPT_CHECK, OPT_ONCE, OPT_DRY_RUN };

static const struct cli_option options[] = {
	CLI_TARGET_OPTIONS,
	{ "machine", 'm', "NAME", "what this machine is called (default: its host's name)" },
	{ "state", 0, "DIR", "where the last good revision is kept (default: " CLI_STATE_DIR ")" },
	{ "heartbeat", 0, "SECONDS", "how often the machine says what it has, and asks what it is to have (default: 5)" },
	{ "compare", 0, "SECONDS", "how often all that is loaded is compared with the revision (default: 60)" },
	{ "check-ms", 0, "MS", "how long the check of a revision, and its tests, may take (default: 60000)" },
	{ "once", 0, NULL, "makes it so once, and ends" },
	{ "dry-run", 0, NULL, "only says what would be done" },
	{ NULL },
};

struct agent {
	struct cli_target target;
	struct cli_machine machine;
	struct ps_depot depot, listener;
	char name[64];
	long long heartbeat, compare;	/* milliseconds */
	int trial_ms;
	int stop;			/* of signals that end it */
	/* what is wanted, and what has become of it */
	long long wanted;
	char refused[PS_SHA_TEXT];	/* the digest of the text of a revision that was refused; "": none was */
	long long again, pause;		/* when it is tried again, by cli_now_ms(); how long it was let be last */
	long long busy;			/* milliseconds that a revision which is being taken may leave for no heartbeat */
	bool is_taking, is_left;	/* is_left: it is not wanted any more */
	char error[3072], drift[3072];	/* why the machine has not what is wanted, or not what it should have; "": all is well */
	long long drifts;
	/* times, by cli_now_ms() */
	long long next_try, backoff, next_heartbeat, next_compare;
	int silence;			/* signs of life that were asked for, and have not come */
	bool is_away;			/* that the store cannot be reached was told */
};

/* A line for whoever looks after the machine. */
static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	fputs("packetscript: agent: ", stderr);
	ps_user_print(stderr, text ? text : "not enough memory");
	fputc('\n', stderr);
	free(text);
}

/* What goes on being so is told once. */
static void set_text(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void set_text(char *to, size_t size, const char *format, ...)
{
	char text[3072];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (text[0] && strcmp(text, to))
		say("%s", text);
	snprintf(to, size, "%s", text);
}

#define set_error(agent, ...)	set_text((agent)->error, sizeof((agent)->error), __VA_ARGS__)
#define set_drift(agent, ...)	set_text((agent)->drift, sizeof((agent)->drift), __VA_ARGS__)

static bool is_stopped(const struct agent *agent)
{
	struct pollfd fd = { .fd = agent->stop, .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

/*
 * Telling the store.
 */
static char *report_of(const struct agent *agent)
{
	char *error = strdup(agent->is_taking ? "" : agent->error[0] ? agent->error : agent->drift), *text;
	json_t *object;
	size_t i;

	for (i = 0; error && error[i]; i++) {
		if (error[i] & 0x80)
			error[i] = '?';
	}
	object = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s, s:s}", "machine", agent->name, "state",
			   agent->is_taking ? "taking" : agent->drift[0] ? "drift" : agent->error[0] ? "error" : "ok", "revision",
			   (json_int_t)agent->machine.revision.number, "wanted", (json_int_t)agent->wanted, "drifts", (json_int_t)agent->drifts,
			   "heartbeat", (json_int_t)agent->heartbeat, "busy", (json_int_t)agent->busy, "error", error ? error : "", "version", PS_VERSION);
	text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	free(error);
	return text;
}

static void report(struct agent *agent)
{
	char *text = report_of(agent);

	agent->next_heartbeat = cli_now_ms() + agent->heartbeat;
	/* a store that does not let it write is told of; the machine goes on reading */
	if (text && ps_depot_report(&agent->depot, agent->name, text) && ps_depot_is_open(&agent->depot))
		say("%s", agent->depot.error);
	free(text);
}

/*
 * A revision of the store becomes the machine's.
 */
enum outcome {
	DONE,
	TAKEN,		/* and it was not the machine's before */
	REFUSED,	/* the revision is at fault, or the machine could not take it */
	UNASKED,	/* the same, as the kernel could not be asked, or has not what was before */
	LEFT,		/* another one is wanted, or the agent ends */
	LOST,		/* the store went away */
};

/* It is not tried again until it becomes another one, or after a while, which gets longer each time. */
static void refuse(struct agent *agent, const char *text, bool for_ever)
{
	char digest[PS_SHA_TEXT];

	ps_sha_of(text, strlen(text), digest);
	agent->pause = strcmp(digest, agent->refused) ? agent->compare : 2 * agent->pause;
	if (agent->pause > PAUSE_MAX)
		agent->pause = PAUSE_MAX;
	agent->again = for_ever ? LLONG_MAX : cli_now_ms() + agent->pause;
	strcpy(agent->refused, digest);
}

static bool is_refused(const struct agent *agent, const char *text)
{
	char digest[PS_SHA_TEXT];

	return agent->refused[0] && cli_now_ms() < agent->again && ps_sha_of(text, strlen(text), digest) && !strcmp(digest, agent->refused);
}

/* It could not be had: whose fault that is. */
static enum outcome blame(struct agent *agent, long long number, const char *why)
{
	if (!ps_depot_is_open(&agent->depot))
		return LOST;
	set_error(agent, "revision %lld: %s", number, why);
	return REFUSED;
}

/* Whether it is still wanted, which is asked with each heartbeat. */
static bool is_wanted(void *context)
{
	struct agent *agent = context;
	long long head;

	if (cli_now_ms() >= agent->next_heartbeat) {
		report(agent);
		agent->is_left = !ps_depot_head(&agent->depot, &head) && head != agent->wanted;
	}
	return !agent->is_left && !is_stopped(agent);
}

/* What has come stays only where it may go on. */
static enum outcome fetch(struct agent *agent, const struct ps_revision *revision, const char *text, long long *fetched)
{
	struct ps_fetch fetch = { &agent->depot, revision, agent->machine.next, agent->machine.current, is_wanted, agent, 0 };
	enum outcome outcome;
	char error[2048];

	agent->is_left = false;
	if (!ps_folder_fetch(&fetch, error, sizeof(error))) {
		*fetched = fetch.fetched;
		return DONE;
	}
	if (agent->is_left || is_stopped(agent))
		return LEFT;
	outcome = blame(agent, revision->number, error);
	if (outcome == LOST)
		return LOST;
	ps_folder_remove(agent->machine.next);
	refuse(agent, text, false);
	return outcome;
}

static enum outcome try_it(struct agent *agent, const struct ps_revision *revision, const char *text, const char *folder)
{
	const struct cli_trial trial = { revision, folder, agent->trial_ms, agent->stop };
	char error[2048];
	int failed = cli_trial_run(&trial, error, sizeof(error));

	if (!failed)
		return DONE;
	if (is_stopped(agent))
		return LEFT;
	ps_folder_remove(folder);
	refuse(agent, text, failed > 0);
	set_error(agent, "revision %lld: not taken, as it fails its check: %s", revision->number, error);
	return REFUSED;
}

static enum outcome put_it(struct agent *agent, struct ps_revision *revision, char **text)
{
	long long number = revision->number;
	enum cli_applied applied;
	char error[2048] = "";

	applied = cli_apply(&agent->machine, revision, text, error, sizeof(error));
	if (applied == CLI_APPLIED)
		return TAKEN;
	if (applied == CLI_APPLY_LOST)
		set_drift(agent, "drift: %s", error);
	set_error(agent, "revision %lld: not taken: %s", number, error);
	if (*text)
		refuse(agent, *text, false);
	return applied == CLI_APPLY_BACK ? REFUSED : UNASKED;
}

static enum outcome take(struct agent *agent, struct ps_revision *revision, char **text)
{
	long long began = cli_now_ms(), number = revision->number, before = agent->machine.revision.number, fetched = 0, came, checked;
	enum outcome outcome;

	if (agent->machine.is_unsettled && cli_machine_settle(&agent->machine))
		return blame(agent, number, "not taken, as the one before could not be written to the disk");
	agent->is_taking = true;
	agent->busy = 0;
	report(agent);
	outcome = fetch(agent, revision, *text, &fetched);
	came = cli_now_ms();
	if (outcome == DONE) {
		agent->busy = agent->trial_ms + CLI_APPLY_MS;
		report(agent);
		outcome = try_it(agent, revision, *text, agent->machine.next);
	}
	checked = cli_now_ms();
	if (outcome == DONE)
		outcome = put_it(agent, revision, text);
	agent->is_taking = false;
	agent->busy = 0;
	if (outcome != TAKEN)
		return outcome;
	/* it is told before what was there goes, which may take long */
	set_error(agent, "%s", "");
	report(agent);
	say("revision %lld: taken, in place of %lld: %lld bytes fetched in %lld ms; check %lld ms, all %lld ms", number, before, fetched,
	    came - began, checked - came, cli_now_ms() - began);
	if (cli_machine_settle(&agent->machine))
		say("%s: %s", agent->machine.folder, strerror(errno));
	return TAKEN;
}

/* Reads what is wanted, all of it, and makes it so. */
static enum outcome reconcile(struct agent *agent)
{
	struct ps_revision revision = { .number = 0 };
	enum outcome outcome = DONE;
	char *text = NULL;

	if (ps_depot_head(&agent->depot, &agent->wanted))
		return blame(agent, 0, agent->depot.error);
	if (agent->wanted && ps_depot_revision(&agent->depot, agent->wanted, &revision, &text))
		outcome = blame(agent, agent->wanted, agent->depot.error);
	else if (text && agent->machine.is_stuck)
		outcome = blame(agent, agent->wanted, "not taken, as the one before could not be put back into its folder: start the agent anew");
	else if (text && is_refused(agent, text))
		outcome = REFUSED;
	else if (text && (!agent->machine.text || strcmp(text, agent->machine.text)))
		outcome = take(agent, &revision, &text);
	if (outcome == DONE || outcome == TAKEN) {
		agent->refused[0] = 0;
		set_error(agent, "%s", "");
	}
	ps_revision_clean(&revision);
	free(text);
	return outcome;
}

/* What is loaded is as the machine's revision says. */
static void compare(struct agent *agent)
{
	char text[2048];
	int drift = cli_compare(&agent->machine, true, text, sizeof(text));

	/* a device or memory that was not there may be soon */
	agent->next_compare = cli_now_ms() + (drift < 0 && agent->compare > RETRY ? RETRY : agent->compare);
	if (drift && (drift > 0 || !agent->drift[0]))
		agent->drifts++;
	if (drift > 0)
		say("mended: %s", text);
	if (drift < 0)
		set_drift(agent, "drift: %s", text);
	else
		set_drift(agent, "%s", "");
}

/*
 * The connection.
 */
static void lose(struct agent *agent, const char *why)
{
	unsigned int chance = 0;

	if (!agent->is_away && !is_stopped(agent))
		say("the store is away: %s; revision %lld goes on", why, agent->machine.revision.number);
	agent->is_away = true;
	ps_depot_close(&agent->depot);
	ps_depot_close(&agent->listener);
	/* many machines that lost the same store do not come back in the same moment */
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) < 0)
		chance = getpid();
	agent->next_try = cli_now_ms() + agent->backoff / 2 + chance % (agent->backoff / 2 + 1);
	agent->backoff = 2 * agent->backoff < BACKOFF_MAX ? 2 * agent->backoff : BACKOFF_MAX;
}

/* Listens first, and reads then: so no change is missed in between. */
static bool connect_it(struct agent *agent)
{
	const char *why = NULL;

	if (ps_depot_open(&agent->listener, &agent->target.wire, agent->target.prefix) || ps_depot_listen(&agent->listener))
		why = agent->listener.error;
	else if (ps_depot_open(&agent->depot, &agent->target.wire, agent->target.prefix))
		why = agent->depot.error;
	if (why) {
		lose(agent, why);
		return false;
	}
	if (agent->is_away)
		say("the store is back");
	agent->is_away = false;
	agent->silence = 0;
	return true;
}

/* After it was away, or something has changed, or for a heartbeat. */
static void look(struct agent *agent)
{
	enum outcome outcome = reconcile(agent);

	/* files that somebody has changed come from the store again, and then the machine is compared anew */
	if (outcome == TAKEN && agent->drift[0])
		compare(agent);
	if (outcome != LOST)
		report(agent);
	if (outcome == LEFT)
		agent->next_heartbeat = cli_now_ms();
	if (!ps_depot_is_open(&agent->depot)) {
		lose(agent, agent->depot.error);
		return;
	}
	agent->backoff = BACKOFF_FIRST;
}

static void beat(struct agent *agent)
{
	if (agent->silence > 2)
		lose(agent, "it has not answered for three heartbeats");
	else if (ps_depot_ping(&agent->listener))
		lose(agent, agent->listener.error);
	else
		look(agent);
	agent->silence++;
}

/*
 * The loop.
 */
static long long soonest(const struct agent *agent)
{
	long long at = agent->next_compare;
	bool is_open = ps_depot_is_open(&agent->depot);

	if (is_open && agent->next_heartbeat < at)
		at = agent->next_heartbeat;
	if (!is_open && agent->next_try < at)
		at = agent->next_try;
	return at - cli_now_ms();
}

static void wait(const struct agent *agent)
{
	struct pollfd fds[] = { { agent->stop, POLLIN, 0 }, { agent->listener.wire.fd, POLLIN, 0 } };
	long long ms = soonest(agent);

	if (ms > 0)
		poll(fds, 2, ms);
}

static void hear(struct agent *agent)
{
	int changes = 0, signs = 0;

	if (!ps_depot_is_open(&agent->listener))
		return;
	if (ps_depot_hear(&agent->listener, &changes, &signs)) {
		lose(agent, agent->listener.error);
		return;
	}
	if (changes || signs)
		agent->silence = 0;
	if (changes)
		look(agent);
}

static void step(struct agent *agent)
{
	long long now = cli_now_ms();

	if (now >= agent->next_compare) {
		compare(agent);
		if (ps_depot_is_open(&agent->depot))
			look(agent);
	}
	if (!ps_depot_is_open(&agent->depot)) {
		if (now >= agent->next_try && connect_it(agent))
			look(agent);
	} else if (now >= agent->next_heartbeat) {
		beat(agent);
	}
}

/* systemd may go on: what was last good is loaded. */
static void tell_ready(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (!len || len >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, len);
	if (to.sun_path[0] == '@')
		to.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, "READY=1", 7, MSG_NOSIGNAL, (struct sockaddr *)&to, offsetof(struct sockaddr_un, sun_path) + len) < 0)
		say("systemd: %s", strerror(errno));
	close(fd);
}

static int go_on(struct agent *agent)
{
	say("%s: begins, with revision %lld", agent->name, agent->machine.revision.number);
	compare(agent);
	agent->drifts = 0;
	tell_ready();
	while (!is_stopped(agent)) {
		step(agent);
		hear(agent);
		wait(agent);
	}
	say("ends; what is loaded stays");
	return CLI_OK;
}

/*
 * Once.
 */
static int connect_once(struct agent *agent)
{
	if (ps_depot_open(&agent->depot, &agent->target.wire, agent->target.prefix))
		return cli_error("%s", agent->depot.error);
	return CLI_OK;
}

static int once(struct agent *agent)
{
	enum outcome outcome;

	if (connect_once(agent)) {
		/* the last good one, nevertheless */
		compare(agent);
		return CLI_TROUBLE;
	}
	compare(agent);
	outcome = reconcile(agent);
	if (outcome == TAKEN && agent->drift[0])
		compare(agent);
	if (outcome == LOST)
		return cli_error("%s", agent->depot.error);
	report(agent);
	if (outcome == REFUSED)
		return CLI_FOUND;
	return outcome == UNASKED || outcome == LEFT || agent->drift[0] ? CLI_TROUBLE : CLI_OK;
}

static int tell_wanted(struct agent *agent, const struct ps_revision *revision, const char *text, const char *folder)
{
	struct ps_fetch fetch = { &agent->depot, revision, folder, agent->machine.current, NULL, NULL, 0 };
	char error[1024];

	if (ps_folder_fetch(&fetch, error, sizeof(error)))
		return cli_error("revision %lld: %s", revision->number, error);
	printf("revision %lld, here is %lld; %lld bytes are fetched\n", revision->number, agent->machine.revision.number, fetch.fetched);
	cli_apply_tell(&agent->machine, revision, folder);
	return try_it(agent, revision, text, folder) == DONE ? CLI_OK : CLI_FOUND;
}

/* In a folder of its own, so nothing of the machine's is touched. */
static int dry_run(struct agent *agent)
{
	struct ps_revision revision = { .number = 0 };
	char folder[] = "/tmp/packetscript-XXXXXX", files[sizeof(folder) + 8], *text = NULL;
	long long head;
	int status;

	if (connect_once(agent))
		return CLI_TROUBLE;
	if (ps_depot_head(&agent->depot, &head))
		return cli_error("%s", agent->depot.error);
	if (!head) {
		puts("nothing has been pushed yet");
		return CLI_OK;
	}
	if (!mkdtemp(folder))
		return cli_error("%s: %s", folder, strerror(errno));
	snprintf(files, sizeof(files), "%s/files", folder);
	if (ps_depot_revision(&agent->depot, head, &revision, &text)) {
		cli_error("%s", agent->depot.error);
		status = ps_depot_is_open(&agent->depot) ? CLI_FOUND : CLI_TROUBLE;
	} else {
		status = tell_wanted(agent, &revision, text, files);
	}
	ps_folder_remove(folder);
	ps_revision_clean(&revision);
	free(text);
	return status;
}

/*
 * The call.
 */
static bool read_name(struct agent *agent, const struct cli_call *call)
{
	const char *wrong;
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	wrong = cli_machine_wrong(call->values[OPT_MACHINE] ? call->values[OPT_MACHINE] : host);
	if (wrong)
		return !cli_error("--machine: %s", wrong);
	snprintf(agent->name, sizeof(agent->name), "%.63s", call->values[OPT_MACHINE] ? call->values[OPT_MACHINE] : host);
	return true;
}

static bool read_options(struct agent *agent, const struct cli_call *call)
{
	uint32_t heartbeat, compare, trial;

	if (!cli_target_read(&agent->target, call, SERVER_MS) || !read_name(agent, call) || !cli_number(call, OPT_HEARTBEAT, 1, 3600, 5, &heartbeat) ||
	    !cli_number(call, OPT_COMPARE, 1, 86400, 60, &compare) || !cli_number(call, OPT_CHECK, 1, 3600000, 60000, &trial))
		return false;
	agent->heartbeat = heartbeat * 1000ll;
	agent->compare = compare * 1000ll;
	agent->trial_ms = trial;
	return true;
}

/* From here on the signals that end it are read, and end nothing else. */
static int catch_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &signals, NULL))
		return -1;
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int run(const struct cli_call *call)
{
	struct agent agent = { .stop = -1, .backoff = BACKOFF_FIRST };
	const char *folder = call->values[OPT_STATE] ? call->values[OPT_STATE] : CLI_STATE_DIR;
	int status = CLI_TROUBLE;

	agent.depot.wire.fd = agent.listener.wire.fd = -1;
	agent.machine.lock = -1;
	if (read_options(&agent, call)) {
		agent.stop = agent.target.wire.stop = catch_signals();
		if (call->values[OPT_DRY_RUN])
			status = cli_machine_read(&agent.machine, folder) ? dry_run(&agent) : CLI_TROUBLE;
		else if (cli_machine_open(&agent.machine, folder, agent.stop))
			status = call->values[OPT_ONCE] ? once(&agent) : go_on(&agent);
	}
	ps_depot_close(&agent.depot);
	ps_depot_close(&agent.listener);
	cli_machine_close(&agent.machine);
	cli_target_clean(&agent.target);
	if (agent.stop >= 0)
		close(agent.stop);
	return status;
}

const struct cli_command cli_agent = {
	.name = "agent",
	.operands = "",
	.max = 0,
	.summary = "keeps this machine as a store says, one of a fleet",
	.about =
"A Redis or Valkey server has what the machines of a fleet are to have ('packetscript fleet'): scripts, the hooks that they are attached to, sets and\n"
"shared tables. The agent makes this machine, in its network namespace, like that, and keeps it so until it is ended.\n"
"\n"
"When it begins, after each loss of the connection, and when it hears of a change, it reads the whole of what is wanted. What it gets is verified by its\n"
"digests and checked with 'check' and the revision's own tests, without rights, before anything is loaded. Then files change all at once, sets and\n"
"tables become what the revision has, scripts are reloaded, and hooks attached and detached. If something of that fails, what was before is\n"
"put back, and the store told why.\n"
"\n"
"While the store is away, the machine goes on with the last good revision, which is kept in a folder, also when it starts anew. What somebody else\n"
"changes of it is mended when all is compared. When the agent ends, what is loaded stays.\n"
"\n"
"--once makes it so and exits with 0; with 1, if the revision was refused; with 2, if the store could not be asked, or the kernel. A password comes\n"
"from a file or the environment, since a command line is everybody's to read.",
	.examples =
"  packetscript agent --redis rediss://agent@store.example --password-file /etc/packetscript/password\n"
"  packetscript agent --redis unix:/run/redis.sock --once\n"
"  systemctl enable --now packetscript-agent\n",
	.options = options,
	.run = run,
};
