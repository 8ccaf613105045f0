/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef PS_HOST_KERNEL_H
#define PS_HOST_KERNEL_H

#include <linux/mm.h>
#include <linux/types.h>

#include "host.h"

/* Whether memory of ps_host_get_pages() is in pages of its own: not where a page would be larger than it. */
#define PS_HOST_LENDS	(PAGE_SIZE <= PS_HOST_PAGES / 2)

/* Reads a regular file of at most max bytes; *text is freed by vfree(). Returns its length, or an errno. Process context. */
ssize_t ps_host_read_file(const char *path, size_t max, void **text);

/*
 * As ps_host_read(), but in the first mount namespace, from its root, and with the kernel's own rights: what the caller has
 * mounted there, or may not read, counts for nothing. Also where a process ends.
 */
enum ps_read ps_host_read_first(const char *path, size_t max, void **text, size_t *len, char *why, size_t size);

/*
 * Any context: whether enough of the stack is left for what may sleep, as to read a file, to send, or to wait for memory, and
 * so many bytes more.
 */
bool ps_host_has_stack(size_t more);

/* Before the first runtime is made, and after the last one is gone. Process context. */
void ps_host_setup(void);
void ps_host_teardown(void);

#endif
