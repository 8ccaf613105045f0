/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/sock.h>

#include "words.h"

/*
 * A task has one request at a time, but a socket may have several tasks: so each has a text of its own. Who opens ever more tasks gets no
 * more of them. A socket's number may be another one's before the first is known to be closed: so its texts are told apart by the socket.
 */
#define TASKS_MAX	16	/* of a socket */

struct words {
	struct hlist_node node;
	struct sock *sk;	/* held */
	const struct task_struct *task;	/* compared only */
	char *text;
};

static DEFINE_HASHTABLE(all, 8);	/* by the socket's number */
static DEFINE_MUTEX(lock);

static void words_free(struct words *words)
{
	hash_del(&words->node);
	sock_put(words->sk);
	kfree(words->text);
	kfree(words);
}

/* The task's of this socket, or a new one. NULL: there may be no more. */
static struct words *words_of(struct sock *sk, u32 portid)
{
	unsigned int tasks = 0;
	struct words *words;

	hash_for_each_possible(all, words, node, portid) {
		if (words->sk != sk)
			continue;
		if (words->task == current)
			return words;
		tasks++;
	}
	words = tasks < TASKS_MAX ? kzalloc(sizeof(*words), GFP_KERNEL_ACCOUNT) : NULL;
	if (!words)
		return NULL;
	sock_hold(sk);
	words->sk = sk;
	words->task = current;
	hash_add(all, &words->node, portid);
	return words;
}

const char *ps_words_keep(struct sock *sk, u32 portid, const char *text)
{
	char *copy = kstrdup(text, GFP_KERNEL_ACCOUNT);
	struct words *words;

	if (!copy)
		return NULL;
	mutex_lock(&lock);
	words = words_of(sk, portid);
	if (words)
		swap(copy, words->text);
	mutex_unlock(&lock);
	kfree(copy);
	return words ? words->text : NULL;
}

void ps_words_release(u32 portid)
{
	struct hlist_node *next;
	struct words *words;

	mutex_lock(&lock);
	hash_for_each_possible_safe(all, words, next, node, portid) {
		if (sock_flag(words->sk, SOCK_DEAD))
			words_free(words);
	}
	mutex_unlock(&lock);
}

void ps_words_teardown(void)
{
	struct hlist_node *next;
	struct words *words;
	int bucket;

	hash_for_each_safe(all, bucket, next, words, node)
		words_free(words);
}
