// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * "-j LUA" and "-m lua" for iptables and its relatives: checks what userspace can
 * check, so that a mistake is iptables' own error line, and fills in the rule.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#define XTABLES_INTERNAL	1	/* afinfo */
#include <xtables.h>

#include "uapi/packetscript.h"
#include "bundle.h"
#include "host_user.h"
#include "script.h"
#include "unloaded.h"

_Static_assert(XT_LUA_MEMORY_DEFAULT * 1024 == PS_SCRIPT_MEMORY &&
	       XT_LUA_MEMORY_MIN * 1024 == PS_SCRIPT_MEMORY_MIN &&
	       XT_LUA_MEMORY_MAX * 1024 == PS_SCRIPT_MEMORY_MAX, "what the engine allows");

enum { OPT_SCRIPT, OPT_FUNCTION, OPT_STATE, OPT_PERCPU, OPT_MEMORY, OPT_ON_ERROR, OPT_OBJECT };

/*
 * In the order of their numbers; as getopt_long() has them, with parse(): struct xt_option_entry (x6_options) has grown from iptables 1.8.9 to
 * 1.8.11, so an extension that has a table of these works only with the libxtables that it was built with.
 */
static const struct option options[] = {
	{ "script",   required_argument, NULL, OPT_SCRIPT },
	{ "function", required_argument, NULL, OPT_FUNCTION },
	{ "state",    required_argument, NULL, OPT_STATE },
	{ "percpu",   no_argument,	 NULL, OPT_PERCPU },
	{ "memory",   required_argument, NULL, OPT_MEMORY },
	{ "on-error", required_argument, NULL, OPT_ON_ERROR },
	{ "object",   required_argument, NULL, OPT_OBJECT },
	{ NULL },
};

/* In the order of the engine's, with the default before them. */
static const char *object_name(unsigned int object)
{
	return object > 0 && object < XT_LUA_OBJECT_COUNT ? ps_givens[object - 1].name : "unknown";
}

static const char *const on_error_names[XT_LUA_ON_ERROR_COUNT] = {
	[XT_LUA_ON_ERROR_DROP]     = "drop",
	[XT_LUA_ON_ERROR_ACCEPT]   = "accept",
	[XT_LUA_ON_ERROR_CONTINUE] = "continue",
};

/* Lua's keywords: they look like names, but no function can have one. */
static const char *const lua_reserved[] = {
	"and", "break", "do", "else", "elseif", "end", "false", "for", "function",
	"goto", "if", "in", "local", "nil", "not", "or", "repeat", "return", "then",
	"true", "until", "while",
};

static void help(void)
{
	printf(
"LUA target options:\n"
"  --script FILE     Lua script that decides about the packet (required)\n"
"  --function NAME   function to call (default: " XT_LUA_FUNCTION_DEFAULT ")\n"
"  --state N         Lua state to load the script into, 0-4294967295 (default: 0)\n"
"  --percpu          a copy of the state for each CPU: no waiting for another CPU,\n"
"                    but each copy has its own globals\n"
"  --memory SIZE     what the state may hold, 128K to 64M (default: 1M)\n"
"  --on-error drop|accept|continue\n"
"                    what becomes of a packet whose function fails (default: drop)\n"
"  --object raw|eth|arp|ip|ip6\n"
"                    what the function gets: the packet as bytes, or one of its\n"
"                    headers (default: raw; of arptables arp, of ebtables eth)\n"
"Example:\n"
"  iptables -t mangle -A POSTROUTING -d 8.8.8.8 -j LUA --script dnat.lua\n");
}

static void match_help(void)
{
	printf(
"lua match options:\n"
"[!] --script FILE   Lua script that says whether the packet matches (required)\n"
"  --function NAME   function to call, which returns true or false\n"
"                    (default: " XT_LUA_FUNCTION_MATCH ")\n"
"  --state N         Lua state to load the script into, 0-4294967295 (default: 0)\n"
"  --percpu          a copy of the state for each CPU\n"
"  --memory SIZE     what the state may hold, 128K to 64M (default: 1M)\n"
"  --on-error continue|drop\n"
"                    a packet whose function fails does not match, with ! or\n"
"                    without, or is dropped (default: continue)\n"
"  --object raw|eth|ip|ip6\n"
"                    what the function gets: the packet as bytes, or one of its\n"
"                    headers (default: raw)\n"
"Example:\n"
"  iptables -A FORWARD -m lua --script far.lua -j DROP\n");
}

/* How messages call what is being parsed; one at a time is. */
static const char *extension = "LUA";

static void __attribute__((noreturn))
refuse_script(const char *path, const char *reason, const char *remedy)
{
	xtables_error(PARAMETER_PROBLEM, "%s: --script %s: %s; %s", extension, path, reason, remedy);
}

static void __attribute__((noreturn)) refuse_errno(const char *path, int error)
{
	const char *remedy = "give the path of a Lua script "
		"(a rule whose script is gone can be deleted by its number)";

	if (error == EACCES)
		remedy = "make the file and the folders above it readable";
	refuse_script(path, strerror(error), remedy);
}

/* Returns the absolute path without symbolic links, for the caller to free. */
static char *script_resolve(const char *arg)
{
	const char *c;
	char *path;

	path = realpath(arg, NULL);
	if (!path)
		refuse_errno(arg, errno);

	if (strlen(path) >= XT_LUA_SCRIPT_SIZE) {
		char reason[64];

		snprintf(reason, sizeof(reason), "its absolute path is longer than %d bytes",
			 XT_LUA_SCRIPT_SIZE - 1);
		refuse_script(path, reason, "move the script to a folder with a shorter name");
	}

	/* iptables-save writes a rule as one line and does not escape these. */
	for (c = path; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			refuse_script(arg, "its path contains a control character, "
				      "which iptables-save cannot write", "rename it");
	}

	return path;
}

/* Returns the text, for the caller to free. */
static char *script_read(const char *path, size_t *len)
{
	struct stat st;
	char *text;
	FILE *file;

	/* look before opening: opening a FIFO would block, and opening a device may do anything */
	if (stat(path, &st) < 0)
		refuse_errno(path, errno);
	if (S_ISDIR(st.st_mode))
		refuse_script(path, "is a folder", "give the path of a Lua script in it");
	if (!S_ISREG(st.st_mode))
		refuse_script(path, "is not a regular file", "give the path of a Lua script");

	file = fopen(path, "re");
	if (!file)
		refuse_errno(path, errno);

	text = xtables_malloc(PS_SCRIPT_TEXT_MAX + 1);
	*len = fread(text, 1, PS_SCRIPT_TEXT_MAX + 1, file);
	if (ferror(file))
		refuse_errno(path, errno);
	fclose(file);

	if (*len > PS_SCRIPT_TEXT_MAX) {
		char reason[64];

		snprintf(reason, sizeof(reason), "is bigger than %d bytes", PS_SCRIPT_TEXT_MAX);
		refuse_script(path, reason, "shorten it");
	}
	if (*len == 0)
		refuse_script(path, "is empty",
			      "write the function that the rule shall call into it");

	return text;
}

static void script_parse(struct xt_lua_info *info, const char *arg)
{
	char *path = script_resolve(arg);

	strcpy(info->script, path);	/* script_resolve() has seen to it that it fits; the rest of it is zero */
	free(path);
}

/* Refuses the script for what is wrong in it or in what it requires. In its own messages it goes without its folder. */
static void __attribute__((noreturn)) refuse_text(const char *path, const char *error)
{
	size_t folder = strrchr(path, '/') + 1 - path;
	char reason[512];

	if (!strncmp(error, path, strlen(path)))
		error += folder;
	snprintf(reason, sizeof(reason), "does not compile: %s", error);
	refuse_script(path, reason, "correct the script");
}

/* Checks the script and its modules, once it is known which function shall be called. */
static void script_check(struct xt_lua_info *info)
{
	struct ps_bundle_source source = {
		.path = info->script, .beside = info->script, .folder = ps_user_module_folder(),
		.memory = info->memory ? info->memory * 1024 : PS_SCRIPT_MEMORY,
	};
	struct ps_bundle bundle = { .n = 0 };
	char reason[512], error[480];
	char *text;

	text = script_read(info->script, &source.len);
	source.text = text;
	if (ps_bundle_make(&bundle, &source, error, sizeof(error)))
		refuse_text(info->script, error);
	if (!ps_script_may_define(text, source.len, info->function)) {
		snprintf(reason, sizeof(reason), "has no function '%s'", info->function);
		refuse_script(info->script, reason,
			      "define it as a global, or name another one with --function");
	}
	memcpy(info->digest, bundle.part[0]->digest, sizeof(info->digest));
	ps_bundle_clean(&bundle);
	free(text);
}

/* Not isalpha(): Lua's names know no locale. */
static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (c >= '0' && c <= '9');
}

static bool is_lua_name(const char *name)
{
	size_t i;

	if (*name == '\0' || (*name >= '0' && *name <= '9'))
		return false;
	for (i = 0; name[i]; i++) {
		if (!is_name_char(name[i]))
			return false;
	}
	for (i = 0; i < ARRAY_SIZE(lua_reserved); i++) {
		if (strcmp(name, lua_reserved[i]) == 0)
			return false;
	}
	return true;
}

static void function_parse(struct xt_lua_info *info, const char *arg)
{
	if (!is_lua_name(arg))
		xtables_error(PARAMETER_PROBLEM,
			      "%s: --function \"%s\": is not a Lua name; give the name of a "
			      "global function of the script (letters, digits and _)",
			      extension, arg);
	if (strlen(arg) >= sizeof(info->function))
		xtables_error(PARAMETER_PROBLEM,
			      "%s: --function %s: is longer than %zu bytes; "
			      "shorten the function's name",
			      extension, arg, sizeof(info->function) - 1);

	strcpy(info->function, arg);
}

/* The default is stored as 0, so that a rule which names it is the same as one that does not. */
static void memory_parse(struct xt_lua_info *info, const char *arg)
{
	size_t memory;

	if (!ps_script_memory(arg, &memory))
		xtables_error(PARAMETER_PROBLEM,
			      "%s: --memory \"%s\": is no such size; give %uK to %uM, as in 512K or 4M",
			      extension, arg, XT_LUA_MEMORY_MIN, XT_LUA_MEMORY_MAX / 1024);
	if (memory != PS_SCRIPT_MEMORY)
		info->memory = memory / 1024;
}

static void on_error_parse(struct xt_lua_info *info, const char *arg, bool is_match)
{
	unsigned int i;

	for (i = 0; i < XT_LUA_ON_ERROR_COUNT; i++) {
		if (strcmp(arg, on_error_names[i]) == 0 && !(is_match && i == XT_LUA_ON_ERROR_ACCEPT)) {
			info->on_error = i;
			return;
		}
	}
	xtables_error(PARAMETER_PROBLEM, is_match ?
		      "%s: --on-error \"%s\": is nothing that a match can do; give continue or drop" :
		      "%s: --on-error \"%s\": is no such verdict; give drop, accept or continue",
		      extension, arg);
}

/* What packets of each family can be given as, and are, unless an option says otherwise. */
static const struct {
	unsigned int possible;	/* bits: enum xt_lua_object */
	enum xt_lua_object usual;
	const char *names;
} objects[NFPROTO_NUMPROTO] = {
	[NFPROTO_IPV4]   = { XT_LUA_OBJECTS_IPV4, XT_LUA_OBJECT_RAW, "raw, eth or ip" },
	[NFPROTO_IPV6]   = { XT_LUA_OBJECTS_IPV6, XT_LUA_OBJECT_RAW, "raw, eth or ip6" },
	[NFPROTO_ARP]    = { XT_LUA_OBJECTS_ARP, XT_LUA_OBJECT_ARP, "raw, eth or arp" },
	[NFPROTO_BRIDGE] = { XT_LUA_OBJECTS_BRIDGE, XT_LUA_OBJECT_ETH, "raw, eth, arp, ip or ip6" },
};

/* The default is stored as that, so that a rule which names it is the same as one that does not. */
static void object_parse(struct xt_lua_info *info, const char *arg)
{
	enum ps_given given;
	unsigned int object;

	if (!ps_given_named(arg, &given) || !(objects[afinfo->family].possible & 1u << (given + 1)))
		xtables_error(PARAMETER_PROBLEM, "%s: --object \"%s\": is nothing that packets of this table are; give %s",
			      extension, arg, objects[afinfo->family].names);
	object = given + 1;
	info->object = object == objects[afinfo->family].usual ? XT_LUA_OBJECT_DEFAULT : object;
}

static void state_parse(struct xt_lua_info *info, const char *arg)
{
	if (!xtables_strtoui(arg, NULL, &info->state, 0, UINT32_MAX))
		xtables_error(PARAMETER_PROBLEM, "%s: bad value for option \"--state\", or out of range (0-%u).", extension, UINT32_MAX);
}

/* flags: a bit of each option that the rule has. False: it is none of ours. */
static bool parse_option(struct xt_lua_info *info, int id, bool is_inverted, unsigned int *flags, bool is_match)
{
	if (id < OPT_SCRIPT || id > OPT_OBJECT)
		return false;
	extension = is_match ? "lua" : "LUA";
	if (*flags & 1u << id)
		xtables_error(PARAMETER_PROBLEM, "%s: option \"--%s\" can only be used once.", extension, options[id].name);
	if (is_inverted && !(is_match && id == OPT_SCRIPT))
		xtables_error(PARAMETER_PROBLEM, "%s: option \"--%s\" cannot be inverted.", extension, options[id].name);
	*flags |= 1u << id;

	switch (id) {
	case OPT_SCRIPT:
		script_parse(info, optarg);
		info->invert = is_inverted;
		break;
	case OPT_FUNCTION:
		function_parse(info, optarg);
		break;
	case OPT_STATE:
		state_parse(info, optarg);
		break;
	case OPT_PERCPU:
		info->percpu = 1;
		break;
	case OPT_MEMORY:
		memory_parse(info, optarg);
		break;
	case OPT_ON_ERROR:
		on_error_parse(info, optarg, is_match);
		break;
	case OPT_OBJECT:
		object_parse(info, optarg);
		break;
	}
	return true;
}

static int parse(int id, char **argv, int invert, unsigned int *flags, const void *entry, struct xt_entry_target **target)
{
	return parse_option((void *)(*target)->data, id, invert, flags, false);
}

static int match_parse(int id, char **argv, int invert, unsigned int *flags, const void *entry, struct xt_entry_match **match)
{
	return parse_option((void *)(*match)->data, id, invert, flags, true);
}

static void explain_missing_module(void)
{
	char text[PS_UNLOADED_TEXT];

	ps_unloaded("xt_LUA", text);
	fprintf(stderr, "LUA: %s\n", text);
}

/*
 * iptables and ip6tables have asked the kernel for the target by now, which loads the module, and have said
 * "missing kernel module?" if it did not come. The others do not ask before they hand over their rules.
 */
static void check_module(void)
{
	static bool looked;	/* it is told once, however many rules there are */

	if (looked || !afinfo || (afinfo->family != NFPROTO_IPV4 && afinfo->family != NFPROTO_IPV6))
		return;
	looked = true;
	if (access("/sys/module", F_OK) == 0 && access("/sys/module/xt_LUA", F_OK) < 0)
		explain_missing_module();
}

static void check_all(struct xt_fcheck_call *cb, const char *function)
{
	struct xt_lua_info *info = cb->data;

	extension = cb->ext_name;
	if (!info->script[0])
		xtables_error(PARAMETER_PROBLEM, "%s: --script parameter required", extension);

	if (!info->function[0])
		strcpy(info->function, function);
	script_check(info);
	check_module();
}

static void final_check(struct xt_fcheck_call *cb)
{
	check_all(cb, XT_LUA_FUNCTION_DEFAULT);
}

static void match_final_check(struct xt_fcheck_call *cb)
{
	check_all(cb, XT_LUA_FUNCTION_MATCH);
}

static void match_init(struct xt_entry_match *match)
{
	struct xt_lua_info *info = (void *)match->data;

	info->on_error = XT_LUA_ON_ERROR_CONTINUE;
}

static const char *on_error_name(const struct xt_lua_info *info)
{
	if (info->on_error >= XT_LUA_ON_ERROR_COUNT)
		return "unknown";
	return on_error_names[info->on_error];
}

/* The option's name and value, with dashes as in a command. */
static void print_memory(const struct xt_lua_info *info, const char *dashes)
{
	bool is_mib = info->memory % 1024 == 0;

	if (info->memory)
		printf(" %smemory %u%c", dashes, is_mib ? info->memory / 1024 : info->memory,
		       is_mib ? 'M' : 'K');
}

/* What a target, or a match, has unless an option says otherwise. */
struct defaults {
	const char *function;
	enum xt_lua_on_error on_error;
};

static const struct defaults target_defaults = { XT_LUA_FUNCTION_DEFAULT, XT_LUA_ON_ERROR_DROP };
static const struct defaults match_defaults = { XT_LUA_FUNCTION_MATCH, XT_LUA_ON_ERROR_CONTINUE };

/* All options behind --script, with dashes as in a command. */
static void print_options(const struct xt_lua_info *info, const struct defaults *defaults, const char *dashes)
{
	if (strcmp(info->function, defaults->function) != 0)
		printf(" %sfunction %s", dashes, info->function);
	if (info->state != 0)
		printf(" %sstate %u", dashes, info->state);
	if (info->percpu)
		printf(" %spercpu", dashes);
	print_memory(info, dashes);
	if (info->on_error != defaults->on_error)
		printf(" %son-error %s", dashes, on_error_name(info));
	if (info->object != XT_LUA_OBJECT_DEFAULT)
		printf(" %sobject %s", dashes, object_name(info->object));
}

static void print(const void *ip, const struct xt_entry_target *target, int numeric)
{
	const struct xt_lua_info *info = (const void *)target->data;

	printf(" LUA script %s", info->script);
	print_options(info, &target_defaults, "");
}

static void match_print(const void *ip, const struct xt_entry_match *match, int numeric)
{
	const struct xt_lua_info *info = (const void *)match->data;

	printf(" lua%s script %s", info->invert ? " !" : "", info->script);
	print_options(info, &match_defaults, "");
}

static void save(const void *ip, const struct xt_entry_target *target)
{
	const struct xt_lua_info *info = (const void *)target->data;

	printf(" --script");
	xtables_save_string(info->script);
	print_options(info, &target_defaults, "--");
}

static void match_save(const void *ip, const struct xt_entry_match *match)
{
	const struct xt_lua_info *info = (const void *)match->data;

	printf("%s --script", info->invert ? " !" : "");
	xtables_save_string(info->script);
	print_options(info, &match_defaults, "--");
}

/* A rule of ebtables that has no options yet. ebtables-restore has the next rule begin with the flags of the one before. */
static const struct xt_entry_target *begun;

static void ebtables_init(struct xt_entry_target *target)
{
	begun = target;
}

/* ebtables does not know save, and prints a rule with print where it should come out as it went in. */
static int ebtables_parse(int id, char **argv, int invert, unsigned int *flags,
			  const void *entry, struct xt_entry_target **target)
{
	if (id >= OPT_SCRIPT && id <= OPT_OBJECT) {
		if (*target == begun)
			*flags = 0;
		begun = NULL;
	}
	return parse(id, argv, invert, flags, entry, target);
}

static void ebtables_print(const void *ip, const struct xt_entry_target *target,
			   int numeric)
{
	save(ip, target);
}

static struct xtables_target targets[] = {
	{
		.version	= XTABLES_VERSION,
		.name		= "LUA",
		.revision	= 0,
		.family		= NFPROTO_UNSPEC,
		.size		= XT_ALIGN(sizeof(struct xt_lua_info)),
		.userspacesize	= offsetof(struct xt_lua_info, digest),
		.help		= help,
		.print		= print,
		.save		= save,
		.parse		= parse,
		.x6_fcheck	= final_check,
		.extra_opts	= options,
	}, {
		.version	= XTABLES_VERSION,
		.name		= "LUA",
		.revision	= 0,
		.family		= NFPROTO_BRIDGE,
		.size		= XT_ALIGN(sizeof(struct xt_lua_info)),
		.userspacesize	= offsetof(struct xt_lua_info, digest),
		.help		= help,
		.init		= ebtables_init,
		.print		= ebtables_print,
		.save		= save,
		.parse		= ebtables_parse,
		.x6_fcheck	= final_check,
		.extra_opts	= options,
	},
};

static struct xtables_match match = {
	.version	= XTABLES_VERSION,
	.name		= "lua",
	.revision	= 0,
	.family		= NFPROTO_UNSPEC,
	.size		= XT_ALIGN(sizeof(struct xt_lua_info)),
	.userspacesize	= offsetof(struct xt_lua_info, digest),
	.help		= match_help,
	.init		= match_init,
	.print		= match_print,
	.save		= match_save,
	.parse		= match_parse,
	.x6_fcheck	= match_final_check,
	.extra_opts	= options,
};

/* The library has two names, since extensions are looked for by theirs: one is a link to the other. */
static void __attribute__((constructor)) libxt_LUA_setup(void)
{
	xtables_register_targets(targets, ARRAY_SIZE(targets));
	xtables_register_match(&match);
}
