/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Functions for tests of scripts, in Lua: test(), equal(), packet.udp{}, script(). A file of tests has a Lua state of its
 * own; so has each script that it loads, as in the kernel.
 */
#ifndef PS_USER_TESTLIB_H
#define PS_USER_TESTLIB_H

#include <stdbool.h>
#include <stddef.h>

/* Called for each test, in order. error: NULL if it passed; it may have several lines. */
typedef void ps_test_report(void *context, const char *name, const char *error);

struct ps_test_options {
	const char *filter;	/* only tests whose name contains it, or NULL */
	size_t memory;		/* bytes that a script's state may hold, unless the test says how many */
	unsigned int ms;	/* of processor time that a test may take */
};

/* Runs the tests of a file. Returns 0; or -1 if the file has errors outside of its tests, with the first one in error[size]. */
int ps_test_file(const char *path, const struct ps_test_options *options, ps_test_report *report, void *context,
		 char *error, size_t size);

/* True if it is a global that only files of tests have, not every script. */
bool ps_test_is_global(const char *name);

#endif
