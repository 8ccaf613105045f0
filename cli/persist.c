/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "persist.h"

#include <ctype.h>
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attach.h"
#include "conf.h"
#include "host_user.h"

/* What is done with each line about a hook of which is_it() is true. */
struct edit {
	bool (*is_it)(const struct cli_hook *hook, const void *context);
	const void *context;
	const char *line;	/* the first one becomes this; NULL: none does */
	int n;			/* how many there were */
};

/* Whether the line is about such a hook. What is wrong with others is told, and they stay. */
static bool is_about(const struct edit *edit, const struct ps_conf *conf, size_t i)
{
	struct ps_conf_words words;
	const char *wrong = ps_conf_cut(&words, conf->lines[i]);
	struct cli_hook hook = { .script = NULL };
	struct cli_call call;
	char place[1024];
	bool is = false;

	snprintf(place, sizeof(place), "%s:%zu", conf->path, i + 1);
	cli_error_at(place);
	if (wrong)
		cli_error("%s", wrong);
	else if (words.n && cli_hook_line_read(&hook, &call, words.n, words.words, false))
		is = edit->is_it(&hook, edit->context);
	cli_error_at(NULL);
	cli_hook_clean(&hook);
	free(words.text);
	return is;
}

static int edit_line(struct edit *edit, struct ps_conf *conf, size_t i)
{
	const char *line = edit->n ? NULL : edit->line;

	edit->n++;
	if (!edit->line) {
		fprintf(stderr, "taken out of %s: ", conf->path);
		ps_user_print(stderr, conf->lines[i]);
		putc('\n', stderr);
	}
	return ps_conf_set(conf, i, line);
}

static int edit_file(struct edit *edit, const char *path)
{
	struct ps_conf conf = { .path = NULL };
	int before = edit->n, err = ps_conf_read(&conf, path);
	size_t i = 0, n;

	while (!err && i < conf.n) {
		n = conf.n;
		if (is_about(edit, &conf, i))
			err = edit_line(edit, &conf, i);
		i += conf.n == n;
	}
	if (!err && edit->n > before)
		err = ps_conf_write(&conf);
	if (err)
		cli_error("%s", conf.error);
	ps_conf_clean(&conf);
	return err;
}

static int edit_files(struct edit *edit)
{
	char error[512], **paths;
	int n = ps_conf_list(PS_CONF_DIR, &paths, error, sizeof(error)), i, err = 0;

	if (n < 0) {
		cli_error("%s", error);
		return -1;
	}
	for (i = 0; i < n; i++) {
		if (!err)
			err = edit_file(edit, paths[i]);
		free(paths[i]);
	}
	free(paths);
	return err;
}

/* The file for scripts of this name. */
static char *file_of(const char *script)
{
	const char *slash = strrchr(script, '/'), *name = slash ? slash + 1 : script;
	size_t len = strlen(name);
	char *path, *c;

	if (len > 4 && !strcmp(name + len - 4, ".lua"))
		len -= 4;
	if (asprintf(&path, PS_CONF_DIR "/%.*s.conf", (int)len, name) < 0)
		return NULL;
	for (c = path + strlen(PS_CONF_DIR) + 1; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
			*c = '_';
	}
	c = path + strlen(PS_CONF_DIR) + 1;
	if (*c == '.')
		*c = '_';
	return path;
}

static int append(const struct cli_hook *hook, const char *line)
{
	struct ps_conf conf = { .path = NULL };
	char *path = file_of(hook->script);
	int err = path ? ps_conf_read(&conf, path) : -1;

	if (err && errno == ENOENT && conf.path)
		err = 0;
	if (!err)
		err = ps_conf_set(&conf, conf.n, line);
	if (!err)
		err = ps_conf_write(&conf);
	if (err)
		cli_error("%s", conf.path ? conf.error : "not enough memory");
	ps_conf_clean(&conf);
	free(path);
	return err;
}

static bool is_same(const struct cli_hook *hook, const void *context)
{
	return cli_hook_is_same(hook, context);
}

/* Nobody would notice before the machine starts again. */
static void warn_of_service(void)
{
	static const char *const systemctl[] = { "systemctl", "--quiet", "is-enabled", "packetscript.service", NULL };
	int status;
	pid_t pid;

	if (access("/run/systemd/system", F_OK) || posix_spawnp(&pid, systemctl[0], NULL, NULL, (char *const *)systemctl, environ))
		return;
	if (waitpid(pid, &status, 0) == pid && status)
		cli_error("it is written down, but nothing restores it when the machine starts: systemctl enable packetscript.service");
}

int cli_persist_add(const struct cli_hook *hook, const char *line)
{
	struct edit edit = { .is_it = is_same, .context = hook, .line = line };
	int lock = ps_conf_lock(PS_CONF_DIR), err;

	if (lock < 0) {
		cli_error(PS_CONF_DIR ": %s", strerror(errno));
		return -1;
	}
	err = edit_files(&edit);
	if (!err && !edit.n)
		err = append(hook, line);
	close(lock);
	if (!err)
		warn_of_service();
	return err;
}

int cli_persist_remove(bool (*is_it)(const struct cli_hook *hook, const void *context), const void *context)
{
	struct edit edit = { .is_it = is_it, .context = context };
	int lock, err;

	if (access(PS_CONF_DIR, F_OK) && errno == ENOENT)
		return 0;
	lock = ps_conf_lock(PS_CONF_DIR);
	if (lock < 0) {
		cli_error(PS_CONF_DIR ": %s", strerror(errno));
		return -1;
	}
	err = edit_files(&edit);
	close(lock);
	return err ? -1 : edit.n;
}
