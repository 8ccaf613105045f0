/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "words.h"

/*
 * A task has one request at a time, but a socket may have several tasks: so each has a text of its own. Who opens ever more tasks gets no
 * more of them.
 */
#define TASKS_MAX	16	/* of a socket */

struct words {
	struct list_head list;
	const struct net *net;	/* compared only, as is task */
	u32 portid;
	const struct task_struct *task;
	char *text;
};

static LIST_HEAD(all);
static DEFINE_MUTEX(lock);

static void words_free(struct words *words)
{
	list_del(&words->list);
	kfree(words->text);
	kfree(words);
}

/* The task's of this socket, or a new one. NULL: there may be no more. */
static struct words *words_of(const struct net *net, u32 portid)
{
	unsigned int tasks = 0;
	struct words *words;

	list_for_each_entry(words, &all, list) {
		if (words->net != net || words->portid != portid)
			continue;
		if (words->task == current)
			return words;
		tasks++;
	}
	words = tasks < TASKS_MAX ? kzalloc(sizeof(*words), GFP_KERNEL_ACCOUNT) : NULL;
	if (!words)
		return NULL;
	words->net = net;
	words->portid = portid;
	words->task = current;
	list_add(&words->list, &all);
	return words;
}

const char *ps_words_keep(const struct net *net, u32 portid, const char *text)
{
	char *copy = kstrdup(text, GFP_KERNEL_ACCOUNT);
	struct words *words;

	if (!copy)
		return NULL;
	mutex_lock(&lock);
	words = words_of(net, portid);
	if (words)
		swap(copy, words->text);
	mutex_unlock(&lock);
	kfree(copy);
	return words ? words->text : NULL;
}

void ps_words_release(const struct net *net, u32 portid)
{
	struct words *words, *next;

	mutex_lock(&lock);
	list_for_each_entry_safe(words, next, &all, list) {
		if (words->net == net && words->portid == portid)
			words_free(words);
	}
	mutex_unlock(&lock);
}

void ps_words_teardown(void)
{
	struct words *words, *next;

	list_for_each_entry_safe(words, next, &all, list)
		words_free(words);
}
