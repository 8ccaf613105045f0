/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What tests of scripts are written with, in Lua: test(), equal(), packet.udp{}, script(). A file
 * of tests has a Lua state of its own; each script that it asks for has another, as in the kernel.
 */
#ifndef PS_USER_TESTLIB_H
#define PS_USER_TESTLIB_H

#include <stdbool.h>
#include <stddef.h>

/* Told of each test, in order. error: NULL if it passed; may have several lines. */
typedef void ps_test_report(void *context, const char *name, const char *error);

/*
 * Runs the tests of a file; those whose name does not contain filter, if it is not NULL, are left
 * out. States of scripts hold memory bytes, if the tests don't say. Returns 0, or -1 with what is wrong in error[size], if the file has errors outside of its
 * tests.
 */
int ps_test_file(const char *path, const char *filter, size_t memory, ps_test_report *report,
		 void *context, char *error, size_t size);

/* True if it is one of the functions and tables above; those that scripts have do not count. */
bool ps_test_is_global(const char *name);

#endif
