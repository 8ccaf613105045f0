/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript attach, detach: scripts at hooks of netfilter, without a table. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attach.h"
#include "bpf_program.h"
#include "conf.h"
#include "handle.h"
#include "hooks.h"
#include "host_user.h"
#include "persist.h"
#include "result.h"
#include "states.h"
#include "words.h"

/* What says which hook it is, for both commands; and then how the script runs there. Lines of files have those before OPT_LINE. */
enum { OPT_HOOK, OPT_FAMILY, OPT_DEV, OPT_PRIORITY, OPT_FUNCTION, OPT_STATE, OPT_NETNS, OPT_PLACE };
enum { OPT_PERCPU = OPT_PLACE, OPT_DEFRAG, OPT_MEMORY, OPT_ON_ERROR, OPT_OBJECT, OPT_XDP_MODE, OPT_LINE, OPT_PERSIST = OPT_LINE, OPT_JSON };
enum { OPT_DETACH_PERSIST = OPT_PLACE, OPT_DETACH_JSON };

#define FAMILIES	"ip ip6 inet arp bridge netdev"
#define HOOKS		"prerouting input forward output postrouting ingress egress tc-ingress tc-egress xdp"
#define XDP_MODES	"native generic"
#define PLACE_OPTIONS(family, priority, function, state)								\
	{ "hook", 'k', "HOOK", HOOKS_HELP, HOOKS },								\
	{ "family", 0, "FAMILY", "ip, ip6, inet, arp, bridge or netdev, as nft calls them" family, FAMILIES },	\
	{ "dev", 'd', "IF", "the device, of ingress, egress, tc-ingress, tc-egress and xdp" },						\
	{ "priority", 'p', "N", "a number, or as nft: raw, mangle, dstnat, filter, security, srcnat, out, mangle+5" priority },	\
	{ "function", 'f', "NAME", "the function" function },							\
	{ "state", 0, "N", "the number of the state" state },							\
	{ "netns", 'n', "NAME", CLI_NETNS_HELP }
#define HOOKS_HELP	"prerouting, input, forward, output, postrouting; of devices ingress, egress, tc-ingress, tc-egress, xdp"

static const struct cli_option attach_options[] = {
	PLACE_OPTIONS(" (default: ip)", " (default: filter)", " (default: " PS_STATE_FUNCTION ")", " (default: 0)"),
	{ "percpu", 0, NULL, "a copy of the state for each CPU" },
	{ "defrag", 0, NULL, "fragments are put together before, of ip, ip6 and inet" },
	{ "memory", 0, "SIZE", "what the state may hold, 128K to 64M (default: 1M)" },
	{ "on-error", 0, "VERDICT", "drop, accept or continue when the function fails (default: drop)", CLI_ON_ERROR },
	{ "object", 0, "OBJECT", "what the function gets: raw, eth, arp, ip or ip6 (default: the family's header)", CLI_OBJECTS },
	{ "xdp-mode", 0, "MODE", "native or generic: by the device's driver or not (default: native, where it can)", XDP_MODES },
	{ "persist", 0, NULL, "writes it down, for 'restore' when the machine starts" },
	{ "json", 0, NULL, "where it is then, as JSON, on one line" },
	{ NULL },
};

#define ANY	" (default: any)"
static const struct cli_option detach_options[] = {
	PLACE_OPTIONS(ANY, ANY, ANY, ANY),
	{ "persist", 0, NULL, "nothing restores it any more, either" },
	{ "json", 0, NULL, "what is detached, as JSON, on one line" },
	{ NULL },
};

/*
 * Priorities, by nft's names for them.
 */
#define OF_IP	(1u << PS_HOOK_OF_IP | 1u << PS_HOOK_OF_IP6 | 1u << PS_HOOK_OF_INET)
#define OF_REST	(1u << PS_HOOK_OF_ARP | 1u << PS_HOOK_OF_NETDEV)
#define OF_BRIDGE	(1u << PS_HOOK_OF_BRIDGE)

static const struct {
	const char *name;
	unsigned int families;	/* bits */
	int priority;
} priorities[] = {
	{ "raw", OF_IP, -300 },
	{ "mangle", OF_IP, -150 },
	{ "dstnat", OF_IP, -100 },
	{ "filter", OF_IP | OF_REST, 0 },
	{ "security", OF_IP, 50 },
	{ "srcnat", OF_IP, 100 },
	{ "dstnat", OF_BRIDGE, -300 },
	{ "filter", OF_BRIDGE, -200 },
	{ "out", OF_BRIDGE, 100 },
	{ "srcnat", OF_BRIDGE, 300 },
};

static bool number_of(const char *text, long long base, int32_t *priority)
{
	long long value;
	char *end;

	errno = 0;
	value = base + strtoll(text, &end, 10);
	if (errno || end == text || *end || value < INT32_MIN || value > INT32_MAX)
		return false;
	*priority = value;
	return true;
}

/* Whether the family knows it: a number, a name, or a name with what is to be added. */
static bool priority_of(const char *text, unsigned int family, int32_t *priority)
{
	size_t i, len = strcspn(text, "+-");

	if (!isalpha((unsigned char)text[0]))
		return number_of(text, 0, priority);
	for (i = 0; i < sizeof(priorities) / sizeof(priorities[0]); i++) {
		if (!(priorities[i].families & 1u << family) || strlen(priorities[i].name) != len || strncmp(priorities[i].name, text, len))
			continue;
		*priority = priorities[i].priority;
		return !text[len] || number_of(text + len, priorities[i].priority, priority);
	}
	return false;
}

/*
 * Hooks.
 */
static const struct ps_hook_family *family_named(const char *name)
{
	const struct ps_hook_family *family = ps_hook_family(0);
	unsigned int n = 0;

	while (family && strcmp(family->name, name))
		family = ps_hook_family(++n);
	return family;
}

/* Whether the family has it. */
static bool hook_of(const char *name, const struct ps_hook_family *family, uint32_t *hook)
{
	for (*hook = 0; *hook < family->hooks; ++*hook) {
		if (!strcasecmp(name, ps_hook_name(family->number, *hook)))
			return true;
	}
	return false;
}

static const char *lower(const char *name, char *text, size_t size)
{
	size_t i;

	for (i = 0; name[i] && i + 1 < size; i++)
		text[i] = tolower((unsigned char)name[i]);
	text[i] = 0;
	return text;
}

/* Says which hooks the family has. */
static int no_such_hook(const char *name, const struct ps_hook_family *family)
{
	char names[128] = "", hook[16];
	unsigned int i;

	for (i = 0; i < family->hooks; i++) {
		if (i)
			strcat(names, ", ");
		strcat(names, lower(ps_hook_name(family->number, i), hook, sizeof(hook)));
	}
	return cli_error("--hook %s: the family %s has %s", name, family->name, names);
}

static bool is_of_device(const char *hook)
{
	uint32_t number;

	return hook_of(hook, ps_hook_family_find(PS_HOOK_OF_NETDEV), &number);
}

/* What is said of the family, or is plain from what else is; NULL: nothing. */
static const char *family_name(const struct cli_call *call)
{
	const char *hook = call->values[OPT_HOOK];

	if (call->values[OPT_FAMILY])
		return call->values[OPT_FAMILY];
	return call->values[OPT_DEV] || (hook && is_of_device(hook)) ? "netdev" : NULL;
}

/* Fills in the hook and the priority that the call names. False: the family does not have them. */
static bool fill_place(struct ps_attachment *place, const struct cli_call *call, const struct ps_hook_family *family)
{
	const char *hook = call->values[OPT_HOOK], *priority = call->values[OPT_PRIORITY];

	place->has_family = true;
	place->family = family->number;
	place->has_hook = hook;
	place->has_priority = priority;
	return (!hook || hook_of(hook, family, &place->hook)) && (!priority || priority_of(priority, family->number, &place->priority));
}

/* The same, and it is told. */
static bool need_place(struct ps_attachment *place, const struct cli_call *call, const struct ps_hook_family *family)
{
	const char *hook = call->values[OPT_HOOK], *priority = call->values[OPT_PRIORITY];

	if (fill_place(place, call, family))
		return true;
	if (hook && !hook_of(hook, family, &place->hook))
		no_such_hook(hook, family);
	else
		cli_error("--priority %s: is no number, and no name of a priority of the family %s", priority, family->name);
	return false;
}

/* The absolute path of a file, as resolve(). The kernel would wait for somebody to write to a pipe. */
static char *resolve_file(const char *path)
{
	char *resolved = realpath(path, NULL);
	struct stat st;

	if (resolved && !stat(resolved, &st) && S_ISREG(st.st_mode))
		return resolved;
	cli_error("%s: %s", path, resolved ? "is no file" : strerror(errno));
	free(resolved);
	return NULL;
}

/* The script's absolute path, without links as far as it is there; the caller's. NULL, after a message. */
static char *resolve(const char *path, bool has_to_be)
{
	char *resolved = has_to_be ? resolve_file(path) : realpath(path, NULL), *folder;

	if (resolved || has_to_be)
		return resolved;
	folder = path[0] == '/' ? strdup("") : realpath(".", NULL);
	if (!folder || asprintf(&resolved, "%s%s%s", folder, path[0] == '/' ? "" : "/", path) < 0)
		resolved = NULL;
	free(folder);
	return resolved;
}

/* Whether it has from 1 to max bytes, as the kernel wants it. NULL has. */
static bool fits(const char *text, size_t max, const char *what)
{
	size_t len = text ? strlen(text) : 1;

	if (len >= 1 && len <= max)
		return true;
	cli_error("%s has %zu bytes: 1 to %zu are possible", what, len, max);
	return false;
}

static bool fill_common(struct ps_attachment *attachment, const struct cli_call *call)
{
	if (!fits(call->values[OPT_FUNCTION], XT_LUA_FUNCTION_SIZE - 1, "--function") || !fits(call->values[OPT_DEV], IF_NAMESIZE - 1, "--dev"))
		return false;
	attachment->function = call->values[OPT_FUNCTION];
	attachment->device = call->values[OPT_DEV];
	attachment->has_state = call->values[OPT_STATE];
	return cli_number(call, OPT_STATE, 0, UINT32_MAX, 0, &attachment->state);
}

/* Where a function of a script is, or was. */
static json_t *hook_json(const struct ps_attachment *at)
{
	const struct ps_hook_family *family = ps_hook_family_find(at->family);
	const char *name = ps_hook_name(at->family, at->hook);
	char hook[16];

	return json_pack("{s:o, s:o, s:s, s:s, s:o, s:i}", "script", ps_result_text(at->script), "function",
			 ps_result_text(at->function ? at->function : PS_STATE_FUNCTION), "family", family ? family->name : "unknown", "hook",
			 name ? lower(name, hook, sizeof(hook)) : "unknown", "device", at->device && at->device[0] ? ps_result_text(at->device) : json_null(),
			 "priority", (int)at->priority);
}

/*
 * attach
 */

/* What the script is given and may hold, by the numbers of struct xt_lua_info. */
static bool fill_options(struct ps_attachment *attachment, const struct cli_call *call)
{
	static const uint8_t on_error[] = {
		[PS_VERDICT_DROP] = XT_LUA_ON_ERROR_DROP,
		[PS_VERDICT_ACCEPT] = XT_LUA_ON_ERROR_ACCEPT,
		[PS_VERDICT_CONTINUE] = XT_LUA_ON_ERROR_CONTINUE,
	};
	enum ps_verdict verdict;
	enum ps_given given;
	size_t memory;

	if (!ps_handle_on_error(call, OPT_ON_ERROR, &verdict) || !ps_handle_memory(call, OPT_MEMORY, &memory) ||
	    !ps_handle_object(call, OPT_OBJECT, &given))
		return false;
	attachment->on_error = on_error[verdict];
	attachment->memory = call->values[OPT_MEMORY] ? memory / 1024 : 0;
	attachment->object = call->values[OPT_OBJECT] ? given + 1 : XT_LUA_OBJECT_DEFAULT;
	attachment->percpu = call->values[OPT_PERCPU];
	attachment->defrag = call->values[OPT_DEFRAG];
	return true;
}

static bool is_program(const struct ps_attachment *attachment)
{
	return ps_hook_is_program(attachment->family, attachment->hook);
}

static bool is_xdp(const struct ps_attachment *attachment)
{
	return is_program(attachment) && attachment->hook == PS_HOOK_XDP;
}

/* tc has other priorities than netfilter, from 1 on, and has no names for them. */
#define TC_PRIORITY	"100"
static bool is_tc(const struct ps_attachment *attachment)
{
	return is_program(attachment) && !is_xdp(attachment);
}

static bool fill(struct ps_attachment *attachment, const struct cli_call *call)
{
	const char *name = family_name(call);
	const struct ps_hook_family *family = family_named(name ? name : "ip");

	if (!call->values[OPT_HOOK])
		cli_error("--hook is missing: give one of " HOOKS);
	else if (!family)
		cli_error("--family %s: give one of " FAMILIES, name);
	if (!call->values[OPT_HOOK] || !family || !fill_common(attachment, call) || !fill_options(attachment, call) ||
	    !need_place(attachment, call, family))
		return false;
	if (!attachment->has_priority)
		priority_of(is_tc(attachment) ? TC_PRIORITY : "filter", family->number, &attachment->priority);
	attachment->has_priority = true;
	return true;
}

static bool read_mode(struct cli_hook *hook, const struct cli_call *call)
{
	const char *mode = call->values[OPT_XDP_MODE];

	hook->mode = PS_XDP_ANY;
	if (!mode)
		return true;
	if (is_xdp(&hook->attachment)) {
		hook->mode = !strcmp(mode, "native") ? PS_XDP_NATIVE : !strcmp(mode, "generic") ? PS_XDP_GENERIC : PS_XDP_ANY;
		if (hook->mode != PS_XDP_ANY)
			return true;
	}
	cli_error("--xdp-mode %s: is native or generic, of --hook xdp", mode);
	return false;
}

bool cli_hook_read(struct cli_hook *hook, const struct cli_call *call, bool has_to_be)
{
	if (!fill(&hook->attachment, call))
		return false;
	if (!read_mode(hook, call))
		return false;
	hook->script = resolve(call->operands[0], has_to_be);
	hook->attachment.script = hook->script;
	hook->netns = call->values[OPT_NETNS];
	if (hook->script && !fits(hook->script, XT_LUA_SCRIPT_SIZE - 1, "the script's absolute path"))
		cli_hook_clean(hook);
	return hook->script;
}

void cli_hook_clean(struct cli_hook *hook)
{
	free(hook->script);
	hook->script = NULL;
}

static const char *function_of(const struct ps_attachment *attachment)
{
	return attachment->function ? attachment->function : PS_STATE_FUNCTION;
}

/* The numbers by which programs ask for what is attached in this network namespace. */
struct numbers {
	uint32_t *all;
	size_t n;
	bool failed;	/* some are missing */
	/* the one that is looked for, and what it is */
	const struct ps_attachment *wanted;
	bool is_script;	/* the one before the rules that come */
	uint32_t found;
};

static void keep_number(struct numbers *numbers, uint32_t number)
{
	uint32_t *all = realloc(numbers->all, (numbers->n + 1) * sizeof(*all));

	numbers->failed |= !all;
	if (!all)
		return;
	all[numbers->n++] = number;
	numbers->all = all;
}

static bool is_that(const struct ps_listed *rule, const struct ps_attachment *wanted)
{
	return rule->state == wanted->state && rule->family == wanted->family && rule->hooks == 1u << wanted->hook &&
	       rule->priority == wanted->priority && !strcmp(rule->device, wanted->device) && !strcmp(rule->function, function_of(wanted));
}

static void read_number(void *context, const struct ps_listed *listed)
{
	struct numbers *numbers = context;

	if (listed->what == PACKETSCRIPT_A_SCRIPT)
		numbers->is_script = !strcmp(listed->path, numbers->wanted->script);
	if (listed->what != PACKETSCRIPT_A_RULE || !listed->program)
		return;
	keep_number(numbers, listed->program);
	if (numbers->is_script && is_that(listed, numbers->wanted))
		numbers->found = listed->program;
}

static int list_numbers(struct ps_control *control, void *context)
{
	struct numbers *numbers = context;

	numbers->n = 0;
	return ps_control_list(control, read_number, numbers);
}

/* False: there may be others. numbers->all is the caller's in any case. */
static bool read_numbers(const struct ps_attachment *wanted, struct numbers *numbers)
{
	struct ps_control control;
	int status;

	*numbers = (struct numbers){ .wanted = wanted };
	status = ps_control_open(&control, NULL);
	if (!status)
		status = cli_states_list(&control, list_numbers, numbers);
	ps_control_close(&control);
	return !status && !numbers->failed;
}

static bool has_number(const struct numbers *numbers, uint32_t number)
{
	size_t i;

	for (i = 0; i < numbers->n; i++) {
		if (numbers->all[i] == number)
			return true;
	}
	return false;
}

/*
 * Programs of tc at the same hook that ask for nothing any more, since a command was killed before it could take them away. A program comes after
 * what it asks for, and goes after that: so those that are there before the numbers are told, and whose number is not, are such; unless the module
 * is older, and tells none, not even that of what has just been attached.
 */
static void take_strays(const struct ps_attachment *attached)
{
	struct ps_program_found found[64];
	int i, n = ps_program_find(attached, found, sizeof(found) / sizeof(found[0]));
	struct ps_attachment stray = *attached;
	struct numbers numbers;
	char error[256];

	if (!n)
		return;
	if (read_numbers(attached, &numbers) && has_number(&numbers, attached->program)) {
		for (i = 0; i < n; i++) {
			stray.program = found[i].number;
			stray.priority = found[i].priority;
			if (!has_number(&numbers, found[i].number) && ps_program_detach(&stray, error, sizeof(error)))
				cli_error("--dev %s: a program that asks for nothing stays: %s", stray.device, error);
		}
	}
	free(numbers.all);
}

static void forget(void *context, const struct ps_attachment *detached)
{
	(void)context;
	(void)detached;
}

/* The program that asks for what has been attached. Returns 0 or -1, after a message. */
static int put_program(const struct cli_hook *hook, const struct ps_attachment *attached)
{
	enum ps_xdp_mode mode = hook->mode;
	char error[256];

	if (ps_program_attach(attached, &mode, error, sizeof(error))) {
		cli_error("--dev %s: %s", attached->device, error);
		return -1;
	}
	if (is_xdp(attached) && mode != hook->mode && mode == PS_XDP_GENERIC)
		cli_error("--dev %s: its driver takes no program (%s): it is at XDP as --xdp-mode generic has it, which is slower", attached->device, error);
	return 0;
}

/* If there can be no program, what has been attached goes. Returns as enter_hook(). */
static int add_program(struct ps_control *control, const struct cli_hook *hook, const struct ps_attachment *attached)
{
	take_strays(attached);
	if (!put_program(hook, attached))
		return 0;
	ps_control_detach(control, attached, forget, NULL);
	control->error[0] = 0;
	return PS_CONTROL_FAILED;
}

/* What is attached already may lack its program, if the command that attached it was killed, or somebody took it away. Returns as enter_hook(). */
static int mend_program(struct ps_control *control, const struct cli_hook *hook)
{
	struct ps_attachment attached = hook->attachment;
	struct numbers numbers;

	read_numbers(&attached, &numbers);
	free(numbers.all);
	attached.program = numbers.found;
	if (!attached.program || ps_program_is_there(&attached))
		return PS_CONTROL_THERE;
	control->error[0] = 0;
	return put_program(hook, &attached) ? PS_CONTROL_FAILED : 0;
}

/* Returns as ps_control_attach(), after a message; or PS_CONTROL_THERE without one. */
static int enter_hook(struct ps_control *control, const struct cli_hook *hook)
{
	struct ps_attachment attachment = hook->attachment;
	int failed;

	if (is_program(&attachment))
		attachment.program = ps_program_number();
	failed = ps_control_attach(control, &attachment);
	if (!failed && attachment.program)
		failed = add_program(control, hook, &attachment);
	else if (failed == PS_CONTROL_THERE && attachment.program)
		failed = mend_program(control, hook);
	return failed;
}

/*
 * Goes into its network namespace, and attaches it; can_be_there: unless it is there already; can_be_later: unless its device is not
 * there. Returns as cli_hook_line_do().
 */
static int enter(const struct cli_hook *hook, bool can_be_there, bool can_be_later, bool *was_there)
{
	const char *device = hook->attachment.device;
	struct ps_control control;
	int failed;

	if (cli_states_open(&control, hook->netns, true))
		return CLI_TROUBLE;
	if (can_be_later && device && !if_nametoindex(device)) {
		ps_control_close(&control);
		return CLI_HOOK_LATER;
	}
	failed = enter_hook(&control, hook);
	*was_there = failed == PS_CONTROL_THERE && can_be_there;
	if (*was_there)
		failed = 0;
	if (failed && control.error[0])
		cli_error("%s", control.error);
	ps_control_close(&control);
	return !failed ? CLI_OK : failed == PS_CONTROL_SCRIPT ? CLI_FOUND : CLI_TROUBLE;
}

static void print_attached(const struct ps_attachment *attached)
{
	json_t *hook = hook_json(attached);

	json_object_set_new(hook, "state", json_integer(attached->state));
	ps_result_line(stdout, hook);
}

static int attach(const struct cli_call *call)
{
	bool persist = call->values[OPT_PERSIST], was_there = false;
	struct cli_hook hook = { .script = NULL };
	int status = CLI_TROUBLE;
	char *line = NULL;

	if (cli_hook_read(&hook, call, true))
		line = persist ? cli_hook_line(&hook, call) : NULL;
	if (hook.script && !persist == !line)
		status = enter(&hook, persist, false, &was_there);
	if (!status && was_there)
		cli_error("%s: is attached already, with the options that it had: for others, detach it first", hook.script);
	if (!status && persist && cli_persist_add(&hook, line))
		status = cli_error("%s: is attached, but not written down", hook.script);
	if (!status && call->values[OPT_JSON])
		print_attached(&hook.attachment);
	free(line);
	cli_hook_clean(&hook);
	return status;
}

const struct cli_command cli_attach = {
	.name = "attach",
	.operands = "SCRIPT",
	.min = 1, .max = 1,
	.summary = "gives a script the packets of a hook of netfilter, without a table",
	.about =
"The kernel calls a function of the script for each packet that comes to a hook: for users of nft, whose tables have no targets of\n"
"xtables, and for speed, since no rule is looked for. The function does what it does in a rule of iptables. XT_CONTINUE and XT_RETURN let\n"
"the packet go on, to what has a higher priority at this hook; conntrack is at -200.\n"
"\n"
"Unless --object says otherwise, the function gets the header of the family: ip, ip6, arp; eth of bridge and netdev; of inet ip or ip6, as each\n"
"packet is. A script that was written for iptables needs --object raw. The family is ip if none is named, or netdev of the hooks ingress and\n"
"egress, which are those of a device. The device of other hooks is what p:dev_in() and p:dev_out() tell.\n"
"\n"
"tc-ingress, tc-egress and xdp are of a device, too: a small program of BPF is put there, which asks the script. There NF_TX sends the packet back,\n"
"and nf.redirect() to another device. The kernel needs the types (BTF) of the module packetscript_bpf; where they are not, it says so.\n"
"\n"
"A script that cannot be loaded is told with file and line, and the command exits with 1. It stays attached until 'detach', until its device or\n"
"network namespace goes, or the machine. 'list' shows it, 'reload' loads its script anew.\n"
"\n"
"With --persist it comes back when the machine starts: the call is written down as a line of a file in " PS_CONF_DIR ", in place of one\n"
"for the same function at the same hook, and packetscript.service restores it ('restore').\n"
"\n"
"It needs root, or CAP_NET_ADMIN, like adding a rule.",
	.examples =
"  packetscript attach dnat.lua --hook prerouting --priority dstnat --object raw\n"
"  packetscript attach mac.lua --family bridge --hook forward --function outgoing\n"
"  packetscript attach flood.lua --hook ingress --dev eth0 --percpu --persist\n"
"  packetscript attach flood.lua --hook xdp --dev eth0 --percpu\n",
	.options = attach_options,
	.run = attach,
};

/*
 * detach
 */

/* What is done with those that are detached. */
struct detached {
	json_t *hooks;	/* an array that gets them; NULL: they are printed */
	int status;	/* CLI_OK; or CLI_TROUBLE, after a message: a program stays */
};

/* The kernel's module has let go of it: so the program has nothing to ask any more, and lets all packets pass. Returns enum cli_exit, after a message. */
static int take_program(const struct ps_attachment *detached)
{
	char error[256];

	if (!detached->program || !ps_program_detach(detached, error, sizeof(error)))
		return CLI_OK;
	return cli_error("--dev %s: its program stays, and lets all pass: %s", detached->device, error);
}

static void tell_detached(void *context, const struct ps_attachment *detached)
{
	struct detached *all = context;
	const struct ps_hook_family *family = ps_hook_family_find(detached->family);
	const char *name = ps_hook_name(detached->family, detached->hook);
	char hook[16];

	if (take_program(detached))
		all->status = CLI_TROUBLE;
	if (all->hooks) {
		json_array_append_new(all->hooks, hook_json(detached));
		return;
	}
	printf("detached %s %s%s%s, priority %d: %s of ", family ? family->name : "unknown", name ? lower(name, hook, sizeof(hook)) : "?",
	       detached->device ? " of " : "", detached->device ? detached->device : "", (int)detached->priority, detached->function);
	ps_user_print(stdout, detached->script);
	putchar('\n');
}

/* How many there were, or -1. */
static int detach_of(struct ps_control *control, struct ps_attachment *wanted, const struct cli_call *call, struct detached *detached)
{
	const struct ps_hook_family *family = ps_hook_family(0);
	unsigned int n = 0;
	int all = 0, some;

	if (wanted->has_family || (!call->values[OPT_HOOK] && !call->values[OPT_PRIORITY]))
		return ps_control_detach(control, wanted, tell_detached, detached);
	for (; family; family = ps_hook_family(++n)) {
		some = fill_place(wanted, call, family) ? ps_control_detach(control, wanted, tell_detached, detached) : 0;
		if (some < 0)
			return -1;
		all += some;
	}
	return all;
}

/* Which lines are taken away: what is wanted, and the call for what is another priority or hook in each family. */
struct named {
	const struct ps_attachment *wanted;
	const struct cli_call *call;
};

/* The texts are the same, or the first is not said. */
static bool is_or_any(const char *wanted, const char *text)
{
	return !wanted || (text && !strcmp(wanted, text));
}

static bool is_place(const struct ps_attachment *wanted, const struct ps_attachment *of)
{
	return (!wanted->has_family || wanted->family == of->family) && (!wanted->has_hook || wanted->hook == of->hook) &&
	       (!wanted->has_priority || wanted->priority == of->priority) && (!wanted->has_state || wanted->state == of->state) &&
	       is_or_any(wanted->device, of->device) && is_or_any(wanted->function, function_of(of)) && !strcmp(wanted->script, of->script);
}

static bool is_netns(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : !a && !b;
}

static bool is_named(const struct cli_hook *hook, const void *context)
{
	const struct named *named = context;
	struct ps_attachment wanted = *named->wanted;

	return (wanted.has_family || fill_place(&wanted, named->call, ps_hook_family_find(hook->attachment.family))) &&
	       is_place(&wanted, &hook->attachment) && is_netns(named->call->values[OPT_NETNS], hook->netns);
}

bool cli_hook_is_same(const struct cli_hook *a, const struct cli_hook *b)
{
	struct ps_attachment all = a->attachment;

	all.function = function_of(&all);
	all.has_state = true;
	return is_place(&all, &b->attachment) && is_netns(a->netns, b->netns);
}

/* Takes it from hooks. kept: how many lines have been taken away. Returns enum cli_exit, after a message. */
static int take_hooks(struct ps_attachment *wanted, const struct cli_call *call, int kept, struct detached *detached)
{
	struct ps_control control;
	int n;

	if (kept && !cli_states_are_loaded())
		return CLI_OK;
	if (cli_states_open(&control, call->values[OPT_NETNS], false))
		return CLI_TROUBLE;
	n = detach_of(&control, wanted, call, detached);
	if (n < 0)
		cli_error("%s", control.error);
	else if (!n && !kept)
		cli_error("%s: is at no such hook in this network namespace; 'packetscript list' shows what is", wanted->script);
	ps_control_close(&control);
	return n > 0 || (!n && kept) ? CLI_OK : CLI_TROUBLE;
}

/* The same, and the hooks are told: tell_detached() has printed them already, unless they are wanted as JSON. */
static int take(struct ps_attachment *wanted, const struct cli_call *call, int kept)
{
	struct detached detached = { .hooks = call->values[OPT_DETACH_JSON] ? json_array() : NULL, .status = CLI_OK };
	int status = take_hooks(wanted, call, kept, &detached);

	if (detached.hooks && !status)
		ps_result_line(stdout, detached.hooks);
	else
		json_decref(detached.hooks);
	return status ? status : detached.status;
}

static int detach(const struct cli_call *call)
{
	const char *name = family_name(call);
	const struct ps_hook_family *family = name ? family_named(name) : NULL;
	struct ps_attachment wanted = { .script = NULL };
	const struct named named = { &wanted, call };
	int status = CLI_TROUBLE, kept = 0;
	char *path;

	if (name && !family)
		return cli_error("--family %s: give one of " FAMILIES, name);
	if (!fill_common(&wanted, call) || (family && !need_place(&wanted, call, family)))
		return CLI_TROUBLE;
	path = resolve(call->operands[0], false);
	wanted.script = path;
	if (path && call->values[OPT_DETACH_PERSIST])
		kept = cli_persist_remove(is_named, &named);
	if (path && kept >= 0)
		status = take(&wanted, call, kept);
	free(path);
	return status;
}

const struct cli_command cli_detach = {
	.name = "detach",
	.operands = "SCRIPT",
	.min = 1, .max = 1,
	.summary = "takes a script away from hooks to which 'attach' has brought it",
	.about =
"The script is taken away from all hooks of the network namespace, or from those that options name, and each is told. No packet is in it when\n"
"the command ends; with the last rule or hook of its state, on_close() has been called. If there is none, it exits with 2;\n"
"so it does if a program of tc or XDP cannot be taken away, which is told, and lets all packets pass.\n"
"\n"
"What 'attach --persist' has written down comes back when the machine starts, unless --persist takes its line away here, too.\n"
"\n"
"It needs root, or CAP_NET_ADMIN.",
	.examples =
"  packetscript detach dnat.lua\n"
"  packetscript detach flood.lua --dev eth0 --persist\n",
	.options = detach_options,
	.run = detach,
};

/*
 * Lines of files
 */
static bool is_readable(const char *text)
{
	for (; *text; text++) {
		if (iscntrl((unsigned char)*text))
			return false;
	}
	return true;
}

char *cli_hook_line(const struct cli_hook *hook, const struct cli_call *call)
{
	char *line = NULL;
	size_t size;
	FILE *to;
	int i;

	if (hook->netns && hook->netns[0] != '/' && strchr(hook->netns, '/')) {
		cli_error("--netns %s: with --persist, give its name, or its whole path", hook->netns);
		return NULL;
	}
	to = open_memstream(&line, &size);
	if (!to) {
		cli_error("not enough memory");
		return NULL;
	}
	fputs("attach ", to);
	ps_word_print(to, hook->script);
	for (i = 0; i < OPT_LINE; i++) {
		if (!call->values[i])
			continue;
		fprintf(to, " --%s", attach_options[i].name);
		if (!attach_options[i].arg)
			continue;
		fputc(' ', to);
		ps_word_print(to, call->values[i]);
	}
	if (!fclose(to) && is_readable(line))
		return line;
	cli_error("%s: cannot be written down, since a line has no room for such characters", hook->script);
	free(line);
	return NULL;
}

bool cli_hook_line_read(struct cli_hook *hook, struct cli_call *call, int nwords, char **words, bool has_to_be)
{
	enum cli_parsed parsed;

	if (strcmp(words[0], cli_attach.name)) {
		cli_error("'%s': a line begins with attach", words[0]);
		return false;
	}
	parsed = cli_parse(call, &cli_attach, nwords, words);
	if (parsed == CLI_ASKS_HELP)
		cli_error("--help: is no option of a line");
	if (parsed != CLI_PARSED)
		return false;
	if (call->operands[0][0] == '/')
		return cli_hook_read(hook, call, has_to_be);
	cli_error("%s: give the whole path of the script, which begins with /", call->operands[0]);
	return false;
}

static void keep_quiet(void *context, const struct ps_attachment *detached)
{
	bool *stays = context;

	if (take_program(detached))
		*stays = true;
}

int cli_hook_detach(struct ps_control *control, const struct ps_attachment *wanted, bool *stays)
{
	*stays = false;
	return ps_control_detach(control, wanted, keep_quiet, stays);
}

/* It need not be there. Returns enum cli_exit, after a message. */
static int leave(const struct cli_hook *hook)
{
	struct ps_attachment wanted = hook->attachment;
	struct ps_control control;
	bool stays;
	int n;

	/* a network namespace that is gone has taken its hooks with it */
	if (!cli_states_are_loaded() || (hook->netns && !ps_control_has_netns(hook->netns)))
		return CLI_OK;
	if (cli_states_open(&control, hook->netns, false))
		return CLI_TROUBLE;
	wanted.has_state = true;
	wanted.function = function_of(&wanted);
	n = cli_hook_detach(&control, &wanted, &stays);
	if (n < 0)
		cli_error("%s", control.error);
	ps_control_close(&control);
	return n < 0 || stays ? CLI_TROUBLE : CLI_OK;
}

/* A state, and whether a list has it. */
struct sought {
	uint32_t number;
	bool is_there;
};

static void seek(void *context, const struct ps_listed *listed)
{
	struct sought *state = context;

	if (listed->what == PACKETSCRIPT_A_COUNTS && listed->state == state->number)
		state->is_there = true;
}

/* Whether the state of this network namespace has no name there yet, which it has then. */
static bool is_first(json_t *states, uint32_t number)
{
	struct stat netns = { .st_ino = 0 };
	char name[64];

	stat("/proc/self/ns/net", &netns);
	snprintf(name, sizeof(name), "%ju %u", (uintmax_t)netns.st_ino, number);
	if (json_object_get(states, name))
		return false;
	json_object_set_new(states, name, json_true());
	return true;
}

/* What changes elsewhere in the list does not matter once the state has been seen. */
static int list_states(struct ps_control *control, void *context)
{
	const struct sought *state = context;

	return state->is_there ? 0 : ps_control_list(control, seek, context);
}

/* Returns 0 or -1. */
static int look_for(struct ps_control *control, struct sought *state)
{
	int status = cli_states_list(control, list_states, state);

	if (status > 0 && !state->is_there) {
		snprintf(control->error, sizeof(control->error), "state %u: states change all the time: try again", state->number);
		return -1;
	}
	return status < 0 ? -1 : 0;
}

/* Returns enum cli_exit, after a message. */
static int renew(const struct cli_hook *hook, json_t *reloaded)
{
	struct sought state = { .number = hook->attachment.state };
	struct ps_control control;
	int failed = 0;

	if (!cli_states_are_loaded())
		return CLI_OK;
	if (cli_states_open(&control, hook->netns, false))
		return CLI_TROUBLE;
	if (is_first(reloaded, state.number))
		failed = look_for(&control, &state);
	if (!failed && state.is_there)
		failed = ps_control_reload(&control, state.number);
	if (failed)
		cli_error("%s", control.error);
	ps_control_close(&control);
	return !failed ? CLI_OK : failed > 0 ? CLI_FOUND : CLI_TROUBLE;
}

static int do_hook(const struct cli_hook *hook, enum cli_hook_action action, bool can_be_later, json_t *reloaded)
{
	bool was_there;

	switch (action) {
	case CLI_HOOK_CHECK:
		return CLI_OK;
	case CLI_HOOK_RELOAD:
		return renew(hook, reloaded);
	case CLI_HOOK_ATTACH:
		return enter(hook, true, can_be_later, &was_there);
	case CLI_HOOK_DETACH:
		return leave(hook);
	}
	return CLI_TROUBLE;
}

/* The next line may be about another network namespace. */
static int go_home(int home, int status)
{
	if (home < 0 || setns(home, CLONE_NEWNET))
		status = cli_error("going back to the network namespace: %s", strerror(errno));
	if (home >= 0)
		close(home);
	return status;
}

int cli_hook_line_do(int nwords, char **words, enum cli_hook_action action, bool can_be_later, json_t *reloaded)
{
	bool has_to_be = action == CLI_HOOK_CHECK || action == CLI_HOOK_ATTACH;
	struct cli_hook hook = { .script = NULL };
	int status = CLI_HOOK_UNREAD, home = -1;
	struct cli_call call;

	if (cli_hook_line_read(&hook, &call, nwords, words, has_to_be)) {
		if (hook.netns)
			home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
		status = do_hook(&hook, action, can_be_later, reloaded);
		if (hook.netns)
			status = go_home(home, status);
	}
	cli_hook_clean(&hook);
	return status;
}
