/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Which return gives a handler's result. */
#include "packets.h"
#include "script.h"
#include "test.h"

static const char script[] =
	"local function verdict(n)\n"
	"  if n == 1 then return NF_DROP end\n"
	"  return NF_ACCEPT\n"
	"end\n"
	"local co = coroutine.wrap(function() while true do coroutine.yield(NF_ACCEPT) end end)\n"
	"function last() return verdict(1) end\n"
	"function own()\n"
	"  local v = verdict(2)\n"
	"  return v\n"
	"end\n"
	"function fails() verdict(1) error('x') end\n"
	"function forever() while true do verdict(1) end end\n"
	"function resumes()\n"
	"  return co()\n"
	"end\n"
	"function no()\n"
	"  return false\n"
	"end\n";

static const struct shape udp = { .protocol = 17, .payload = 30 };

static void load(struct ps_script *s)
{
	CHECK_INT(ps_script_init(s, 0, true), 0);
	CHECK_INT(ps_script_load(s, 0, "/s/trace.lua", script, strlen(script)), 0);
}

static enum ps_verdict run_traced(struct ps_script *s, const char *function, struct ps_traced *traced)
{
	int handler = ps_script_find(s, 0, function);
	struct ps_packet pkt;
	struct layout at;
	uint8_t *data = make_packet(&udp, &pkt, &at);
	enum ps_verdict verdict;
	uint16_t queue;

	CHECK(handler >= 0);
	ps_script_trace(s, handler, traced);
	verdict = ps_script_run(s, handler, &pkt, &queue);
	ps_script_untrace(s, handler);
	/* and as always without */
	CHECK_INT(ps_script_run(s, handler, &pkt, &queue), verdict);
	ps_script_put(s, handler);
	free(data);
	return verdict;
}

static void returns_are_noted(void)
{
	struct ps_traced traced;
	struct ps_script s;

	load(&s);
	CHECK_INT(run_traced(&s, "last", &traced), PS_VERDICT_DROP);
	CHECK_TEXT(traced.place, "/s/trace.lua:2");
	CHECK_INT(run_traced(&s, "own", &traced), PS_VERDICT_ACCEPT);
	CHECK_TEXT(traced.place, "/s/trace.lua:9");
	CHECK_INT(run_traced(&s, "resumes", &traced), PS_VERDICT_ACCEPT);
	CHECK_TEXT(traced.place, "/s/trace.lua:14");
	CHECK_INT(run_traced(&s, "fails", &traced), PS_VERDICT_ERROR);
	CHECK_TEXT(s.error, "/s/trace.lua:11: x");
	ps_script_clean(&s);
}

/* The limit of time has a hook as well. */
static void traced_handlers_end(void)
{
	struct ps_traced traced;
	struct ps_script s;
	unsigned int packet_ms;

	load(&s);
	packet_ms = test_limit(&ps_limits.packet_ms, 40);
	CHECK_INT(run_traced(&s, "forever", &traced), PS_VERDICT_ERROR);
	ps_limits.packet_ms = packet_ms;
	CHECK_TEXT(s.error, ": time limit exceeded");
	CHECK_INT(run_traced(&s, "last", &traced), PS_VERDICT_DROP);
	CHECK_TEXT(traced.place, "/s/trace.lua:2");
	ps_script_clean(&s);
}

static void matches_are_traced(void)
{
	struct ps_traced traced;
	struct ps_script s;
	struct ps_packet pkt;
	struct layout at;
	uint8_t *data = make_packet(&udp, &pkt, &at);
	int handler;

	load(&s);
	handler = ps_script_find(&s, 0, "no");
	CHECK(handler >= 0);
	ps_script_trace(&s, handler, &traced);
	CHECK_INT(ps_script_match(&s, handler, &pkt), PS_ANSWER_NO);
	ps_script_untrace(&s, handler);
	CHECK_TEXT(traced.place, "/s/trace.lua:17");
	ps_script_clean(&s);
	free(data);
}

const struct test trace_tests[] = {
	{ "trace: the return that gave the verdict", returns_are_noted },
	{ "trace: handlers that are traced end in time", traced_handlers_end },
	{ "trace: what a match says", matches_are_traced },
	{ NULL },
};
