/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A test is a function in a table; a check that fails says where and what, and the test goes on.
 */
#ifndef PS_TEST_H
#define PS_TEST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct test {
	const char *name;	/* a claim: "a truncated header is no view" */
	void (*run)(void);
};

extern bool test_failed;

/* How many of so many random inputs a test takes: all of them, but so many times fewer where UNIT_SLOWNESS is set, as under memcheck,
 * which looks for what each of them leaves behind, and needs as long for one as the processor for dozens. */
unsigned int test_rounds(unsigned int rounds);

/* Sets one of ps_limits, where all the time is used up, whose limit need not be that of a slower machine; and says what it was. */
unsigned int test_limit(unsigned int *limit, unsigned int ms);

#define CHECK(condition) \
	test_check((condition), __FILE__, __LINE__, #condition)
#define CHECK_INT(actual, expected) \
	test_check_int((actual), (expected), __FILE__, __LINE__, #actual)
#define CHECK_TEXT(actual, expected) \
	test_check_text((actual), (expected), __FILE__, __LINE__, #actual)

void test_check(bool ok, const char *file, int line, const char *what);
void test_check_int(long long actual, long long expected, const char *file, int line,
		    const char *what);
/* The text contains what is expected; is empty, if that is. */
void test_check_text(const char *actual, const char *expected, const char *file, int line,
		     const char *what);

/* Ends with name NULL. */
extern const struct test csum_tests[], field_tests[], proto_tests[], layer_tests[], resize_tests[], store_tests[], script_tests[],
	value_tests[], dynamic_tests[], set_tests[], callable_tests[], company_tests[], arena_tests[], watch_tests[], heap_tests[], defer_tests[], limit_tests[], count_tests[], flows_tests[], flow_tests[], compile_tests[], programs_tests[],
	carry_tests[], given_tests[], guest_tests[], send_tests[], shared_tests[], listen_tests[], trace_tests[], tracked_tests[];

#endif
