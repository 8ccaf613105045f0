/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Runs all unit tests, or those whose names contain the argument. TAP goes to stdout. */
#include <stdlib.h>

#include "host_user.h"
#include "runtime.h"
#include "test.h"

bool test_failed;

void test_check(bool ok, const char *file, int line, const char *what)
{
	if (ok)
		return;
	printf("# %s:%d: not so: %s\n", file, line, what);
	test_failed = true;
}

void test_check_int(long long actual, long long expected, const char *file, int line,
		    const char *what)
{
	if (actual == expected)
		return;
	printf("# %s:%d: %s is %lld (0x%llx), not %lld (0x%llx)\n", file, line, what, actual,
	       actual, expected, expected);
	test_failed = true;
}

void test_check_text(const char *actual, const char *expected, const char *file, int line,
		     const char *what)
{
	if (expected[0] ? strstr(actual, expected) != NULL : !actual[0])
		return;
	printf("# %s:%d: %s is \"%s\", without \"%s\"\n", file, line, what, actual, expected);
	test_failed = true;
}

/* UNIT_SLOWNESS: how many times slower everything is under a tool, or 1. */
static unsigned int test_slowness(void)
{
	const char *slowness = getenv("UNIT_SLOWNESS");

	return slowness ? atoi(slowness) : 1;
}

unsigned int test_limit(unsigned int *limit, unsigned int ms)
{
	unsigned int before = *limit;

	*limit = ms;
	return before;
}

unsigned int test_rounds(unsigned int rounds)
{
	return (rounds + test_slowness() - 1) / test_slowness();
}

int main(int argc, char **argv)
{
	static const struct test *const tables[] = {
		csum_tests, value_tests, field_tests, proto_tests, layer_tests, resize_tests, store_tests, script_tests, dynamic_tests, set_tests, carry_tests, callable_tests, company_tests, send_tests,
		arena_tests, heap_tests, defer_tests, limit_tests, count_tests, flows_tests, watch_tests, flow_tests, compile_tests, programs_tests, given_tests, guest_tests, shared_tests, listen_tests, trace_tests, tracked_tests,
	};
	int passed = 0, failed = 0;

	if (ps_user_watch_start()) {
		perror("the clock that ends long runs");
		return 1;
	}
	ps_limits.packet_ms *= test_slowness();
	ps_limits.load_ms *= test_slowness();
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		for (const struct test *t = tables[i]; t->name; t++) {
			if (argc > 1 && !strstr(t->name, argv[1]))
				continue;
			test_failed = false;
			t->run();
			if (test_failed)
				failed++;
			else
				passed++;
			printf("%s %d - %s\n", test_failed ? "not ok" : "ok", passed + failed, t->name);
		}
	}
	printf("%d passed, %d failed\n", passed, failed);
	return failed || !passed;
}
