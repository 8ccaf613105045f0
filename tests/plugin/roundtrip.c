// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Does with the plugin what iptables does, without a kernel: parses options,
 * saves the rule, parses that as iptables-restore would, and compares.
 */
#include <getopt.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xtables.h>

#include "uapi/packetscript.h"

#define ARGS_MAX	64

struct args {
	int count;
	char *at[ARGS_MAX + 1];
};

static void __attribute__((noreturn, format(printf, 2, 3)))
exit_error(enum xtables_exittype status, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(status);
}

static int is_compatible(const char *name, uint8_t revision, int opt)
{
	return 1;	/* there is no kernel to ask */
}

static struct option no_options[] = { XT_GETOPT_TABLEEND };

static struct xtables_globals globals = {
	.program_name	 = "roundtrip",
	.program_version = "0",
	.orig_opts	 = no_options,
	.exit_err	 = exit_error,
	.compat_rev	 = is_compatible,
};

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static void args_add(struct args *args, const char *text)
{
	if (args->count == ARGS_MAX)
		fail("more than %d arguments", ARGS_MAX);
	args->at[args->count++] = xtables_strdup(text);
}

/* iptables-restore's rules: blanks separate, "..." quotes, \ escapes inside quotes. */
static struct args args_from_line(const char *line)
{
	struct args args = { 0 };
	bool is_open = false, is_quoted = false;
	char word[1024];
	size_t len = 0;

	args_add(&args, "LUA");
	for (;; line++) {
		if (*line == '"') {
			is_open = !is_open;
			is_quoted = true;
			continue;
		}
		if (*line == '\0' || (!is_open && strchr(" \t\n", *line))) {
			word[len] = '\0';
			if (len || is_quoted)
				args_add(&args, word);
			len = 0;
			is_quoted = false;
			if (*line == '\0')
				return args;
			continue;
		}
		if (is_open && *line == '\\' && line[1])
			line++;
		if (len == sizeof(word) - 1)
			fail("word too long for iptables-restore");
		word[len++] = *line;
	}
}

/* Returns a rule's target for the caller to free. Exits as iptables does on errors. */
static struct xt_entry_target *rule_parse(struct xtables_target *plugin, struct args *args)
{
	struct option *opts;
	size_t size;
	int c;

	size = XT_ALIGN(sizeof(struct xt_entry_target)) + plugin->size;
	plugin->t = xtables_calloc(1, size);
	plugin->t->u.target_size = size;
	plugin->tflags = 0;
	if (plugin->init)
		plugin->init(plugin->t);

	opts = xtables_merge_options(globals.orig_opts, NULL, plugin->extra_opts, &plugin->option_offset);
	optind = 0;
	for (;;) {
		c = getopt_long(args->count, args->at, "", opts, NULL);
		if (c < 0)
			break;
		if (c == '?')
			exit(PARAMETER_PROBLEM);
		if (plugin->family == NFPROTO_BRIDGE)	/* as ebtables does */
			plugin->parse(c - plugin->option_offset, args->at, false,
				      &plugin->tflags, NULL, &plugin->t);
		else
			xtables_option_tpcall(c, args->at, false, plugin, NULL);
	}
	if (optind != args->count)
		fail("left over: %s", args->at[optind]);
	xtables_option_tfcall(plugin);
	free(opts);

	return plugin->t;
}

/* Returns what iptables-save, or iptables -L, prints of the rule; the caller frees it. */
static char *rule_show(struct xtables_target *plugin, const struct xt_entry_target *rule,
		       bool is_save, int numeric)
{
	FILE *real_stdout = stdout;
	char *text = NULL;
	size_t len = 0;

	stdout = open_memstream(&text, &len);
	if (!stdout)
		fail("open_memstream failed");
	if (is_save && plugin->family != NFPROTO_BRIDGE)
		plugin->save(NULL, rule);
	else
		plugin->print(NULL, rule, numeric);
	fclose(stdout);
	stdout = real_stdout;

	return text;
}

static void check_is_zero(const char *what, const void *from, const void *to)
{
	const char *c;

	for (c = from; c < (const char *)to; c++) {
		if (*c)
			fail("%s: byte %zd is %d, not 0", what, c - (const char *)from, *c);
	}
}

static void check_unused_is_zero(const struct xtables_target *plugin,
				 const struct xt_entry_target *rule)
{
	const struct xt_lua_info *info = (const void *)rule->data;

	check_is_zero("after script", info->script + strlen(info->script),
		      info->script + sizeof(info->script));
	check_is_zero("after function", info->function + strlen(info->function),
		      info->function + sizeof(info->function));
	check_is_zero("after invert", &info->invert + 1, info->digest);
	check_is_zero("after digest", info->digest + sizeof(info->digest), rule->data + plugin->size);
}

/* Userspace stops at userspacesize, but the rest must be zero as well. */
static void check_is_same(const struct xtables_target *plugin,
			  const struct xt_entry_target *a, const struct xt_entry_target *b)
{
	if (memcmp(a->data, b->data, plugin->size) != 0)
		fail("the rules differ");
}

static void check_layout(const struct xtables_target *plugin)
{
	if (plugin->userspacesize != offsetof(struct xt_lua_info, digest))
		fail("userspacesize is %zu", plugin->userspacesize);
	if (plugin->size != XT_ALIGN(sizeof(struct xt_lua_info)))
		fail("size is %zu", plugin->size);
}

static void command_save(struct xtables_target *plugin, struct args *args)
{
	struct xt_entry_target *rule, *again;
	struct args saved_args;
	char *saved, *saved_again;

	rule = rule_parse(plugin, args);
	check_unused_is_zero(plugin, rule);
	saved = rule_show(plugin, rule, true, 0);

	saved_args = args_from_line(saved);
	again = rule_parse(plugin, &saved_args);
	check_is_same(plugin, rule, again);
	saved_again = rule_show(plugin, again, true, 0);
	if (strcmp(saved, saved_again) != 0)
		fail("saved%s\nthen %s", saved, saved_again);

	puts(saved);
}

static void command_print(struct xtables_target *plugin, struct args *args)
{
	struct xt_entry_target *rule = rule_parse(plugin, args);
	char *names = rule_show(plugin, rule, false, 0);
	char *numbers = rule_show(plugin, rule, false, 1);

	if (strcmp(names, numbers) != 0)
		fail("-L prints%s\n-n prints%s", names, numbers);
	puts(names);
}

static void command_same(struct xtables_target *plugin, struct args *args)
{
	struct args first = { 0 }, second = { 0 };
	int i;

	args_add(&first, "LUA");
	args_add(&second, "LUA");
	for (i = 1; i < args->count && strcmp(args->at[i], ",") != 0; i++)
		args_add(&first, args->at[i]);
	for (i++; i < args->count; i++)
		args_add(&second, args->at[i]);
	check_is_same(plugin, rule_parse(plugin, &first), rule_parse(plugin, &second));
}

static void command_digest(struct xtables_target *plugin, struct args *args)
{
	const struct xt_lua_info *info = (const void *)rule_parse(plugin, args)->data;
	size_t i;

	for (i = 0; i < sizeof(info->digest); i++)
		printf("%02x", info->digest[i]);
	putchar('\n');
}

/*
 * The match. What it has in common with the target is tested with that.
 */

/* As rule_parse(); "!" before an option inverts it. */
static struct xt_entry_match *match_parse(struct xtables_match *plugin, struct args *args)
{
	struct option *opts;
	bool invert = false;
	size_t size;
	int c;

	size = XT_ALIGN(sizeof(struct xt_entry_match)) + plugin->size;
	plugin->m = xtables_calloc(1, size);
	plugin->m->u.match_size = size;
	plugin->mflags = 0;
	plugin->init(plugin->m);

	opts = xtables_merge_options(globals.orig_opts, NULL, plugin->extra_opts, &plugin->option_offset);
	optind = 0;
	for (;;) {
		c = getopt_long(args->count, args->at, "-", opts, NULL);
		if (c < 0)
			break;
		if (c == '?')
			exit(PARAMETER_PROBLEM);
		if (c == 1) {
			if (invert || strcmp(optarg, "!") != 0)
				fail("left over: %s", optarg);
			invert = true;
			continue;
		}
		xtables_option_mpcall(c, args->at, invert, plugin, NULL);
		invert = false;
	}
	xtables_option_mfcall(plugin);
	free(opts);
	return plugin->m;
}

static char *match_show(struct xtables_match *plugin, const struct xt_entry_match *rule, bool is_save)
{
	FILE *real_stdout = stdout;
	char *text = NULL;
	size_t len = 0;

	stdout = open_memstream(&text, &len);
	if (!stdout)
		fail("open_memstream failed");
	if (is_save)
		plugin->save(NULL, rule);
	else
		plugin->print(NULL, rule, 0);
	fclose(stdout);
	stdout = real_stdout;
	return text;
}

static void match_save(struct xtables_match *plugin, struct args *args)
{
	struct xt_entry_match *rule = match_parse(plugin, args), *again;
	char *saved = match_show(plugin, rule, true), *saved_again;
	struct args saved_args = args_from_line(saved);

	again = match_parse(plugin, &saved_args);
	if (memcmp(rule->data, again->data, plugin->size) != 0)
		fail("the rules differ");
	saved_again = match_show(plugin, again, true);
	if (strcmp(saved, saved_again) != 0)
		fail("saved%s\nthen %s", saved, saved_again);
	puts(saved);
}

static void match_print(struct xtables_match *plugin, struct args *args)
{
	puts(match_show(plugin, match_parse(plugin, args), false));
}

static const struct {
	const char *name;
	void (*run)(struct xtables_match *plugin, struct args *args);
} match_commands[] = {
	{ "match-save",  match_save },
	{ "match-print", match_print },
};

static const struct {
	const char *name;
	void (*run)(struct xtables_target *plugin, struct args *args);
} commands[] = {
	{ "save",  command_save },
	{ "print", command_print },
	{ "same",  command_same },
	{ "digest", command_digest },
};

static uint8_t family_from_name(const char *name)
{
	if (strcmp(name, "ipv6") == 0)
		return NFPROTO_IPV6;
	if (strcmp(name, "arp") == 0)
		return NFPROTO_ARP;
	if (strcmp(name, "bridge") == 0)
		return NFPROTO_BRIDGE;
	return NFPROTO_IPV4;
}

int main(int argc, char **argv)
{
	struct xtables_target *plugin;
	struct xtables_match *match;
	struct args args = { 0 };
	size_t i;
	int k;

	if (argc < 3)
		fail("usage: roundtrip ipv4|ipv6|arp|bridge save|print|digest|match-save|match-print OPTION...\n"
		     "       roundtrip FAMILY same OPTION... , OPTION...");

	args_add(&args, "LUA");
	for (k = 3; k < argc; k++)
		args_add(&args, argv[k]);

	xtables_init_all(&globals, family_from_name(argv[1]));
	for (i = 0; i < sizeof(match_commands) / sizeof(*match_commands); i++) {
		if (strcmp(argv[2], match_commands[i].name) == 0) {
			match = xtables_find_match("lua", XTF_LOAD_MUST_SUCCEED, NULL);
			if (match->userspacesize != offsetof(struct xt_lua_info, digest) ||
			    match->size != XT_ALIGN(sizeof(struct xt_lua_info)))
				fail("the match has %zu bytes, %zu of them userspace's", match->size,
				     match->userspacesize);
			match_commands[i].run(match, &args);
			return 0;
		}
	}
	plugin = xtables_find_target("LUA", XTF_LOAD_MUST_SUCCEED);
	check_layout(plugin);

	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(argv[2], commands[i].name) == 0) {
			commands[i].run(plugin, &args);
			return 0;
		}
	}
	fail("no such command: %s", argv[2]);
}
