/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Functions that get what comes into queues: who is woken, in what order, what becomes of values whose function fails, of functions
 * whose script does, and of both when a state goes.
 */
#include "listen.h"
#include "lua.h"

#include "carry.h"
#include "packets.h"
#include "script.h"
#include "script_globals.h"
#include "shared.h"
#include "shared_store.h"
#include "test.h"

/*
 * Listeners alone.
 */
struct hearer {
	struct ps_listener listener;	/* first */
	bool cannot;
	int woken;
};

static bool wake(struct ps_listener *listener)
{
	struct hearer *hearer = (struct hearer *)listener;

	hearer->woken++;
	return !hearer->cannot;
}

static struct ps_shared_thing *open_queue(struct ps_shared_space *space)
{
	enum ps_shared_result why;

	return ps_shared_open(space, PS_SHARED_QUEUE, "q", &why);
}

static void send(struct ps_shared_queue *q, int64_t i)
{
	CHECK_INT(ps_queue_send(q, (struct ps_shared_value){ PS_SHARED_INTEGER, { i } }), PS_SHARED_DONE);
}

static void one_is_woken_in_its_turn(void)
{
	struct ps_shared_space *space = ps_shared_space_new();
	struct ps_shared_thing *thing = open_queue(space);
	struct ps_shared_queue *q = ps_shared_queue_of(thing);
	struct hearer h[3] = { { { wake } }, { { wake } }, { { wake } } };
	int i;

	for (i = 0; i < 3; i++)
		ps_queue_listen(q, &h[i].listener);
	send(q, 1);
	send(q, 2);
	CHECK(h[0].woken == 1 && h[1].woken == 1 && h[2].woken == 0);
	CHECK(ps_listener_is_awake(&h[0].listener) && !ps_listener_is_awake(&h[2].listener));
	CHECK_INT(ps_queue_take(q, &h[1].listener).i, 1);
	CHECK_INT(ps_queue_take(q, &h[1].listener).i, 2);
	CHECK_INT(ps_queue_take(q, &h[1].listener).type, PS_SHARED_NOTHING);
	CHECK_INT(ps_queue_take(q, &h[0].listener).type, PS_SHARED_NOTHING);
	CHECK(!ps_listener_is_awake(&h[0].listener));
	/* those that slept longest: 2, and then 1; one that is awake is not woken again */
	send(q, 3);
	send(q, 4);
	CHECK(h[2].woken == 1 && h[1].woken == 2 && h[0].woken == 1);
	/* one that goes leaves what is there to another */
	ps_queue_leave(q, &h[2].listener);
	CHECK_INT(h[0].woken, 2);
	ps_queue_leave(q, &h[1].listener);
	for (i = 3; i < 5; i++)
		CHECK_INT(ps_queue_take(q, &h[0].listener).i, i);
	CHECK_INT(ps_queue_take(q, &h[0].listener).type, PS_SHARED_NOTHING);
	send(q, 5);
	CHECK(h[0].woken == 3 && h[1].woken == 2 && h[2].woken == 1);
	/* one that comes finds what is there */
	CHECK_INT(ps_queue_take(q, &h[0].listener).i, 5);
	CHECK_INT(ps_queue_take(q, &h[0].listener).type, PS_SHARED_NOTHING);
	ps_queue_leave(q, &h[0].listener);
	send(q, 6);
	ps_queue_listen(q, &h[2].listener);
	CHECK_INT(h[2].woken, 2);
	ps_queue_leave(q, &h[2].listener);
	ps_shared_put(thing);
	ps_shared_space_put(space);
}

static void another_takes_what_one_cannot(void)
{
	struct ps_shared_space *space = ps_shared_space_new();
	struct ps_shared_thing *thing = open_queue(space);
	struct ps_shared_queue *q = ps_shared_queue_of(thing);
	struct hearer h[3] = { { { wake }, true }, { { wake }, true }, { { wake } } };
	int i;

	for (i = 0; i < 3; i++)
		ps_queue_listen(q, &h[i].listener);
	send(q, 1);
	CHECK(h[0].woken == 1 && h[1].woken == 1 && h[2].woken == 1);
	send(q, 2);	/* all are awake: nobody is asked again */
	CHECK(h[0].woken == 1 && h[1].woken == 1 && h[2].woken == 1);
	CHECK_INT(ps_queue_take(q, &h[2].listener).i, 1);
	CHECK_INT(ps_queue_take(q, &h[1].listener).i, 2);
	CHECK_INT(ps_queue_take(q, &h[1].listener).type, PS_SHARED_NOTHING);
	ps_queue_pass_on(q);	/* nothing is there */
	CHECK_INT(h[1].woken, 1);
	send(q, 3);
	CHECK_INT(h[1].woken, 2);
	CHECK_INT(ps_queue_take(q, &h[2].listener).i, 3);
	CHECK_INT(ps_queue_take(q, &h[2].listener).type, PS_SHARED_NOTHING);
	send(q, 4);
	CHECK_INT(h[2].woken, 2);
	CHECK_INT(ps_queue_take(q, &h[1].listener).i, 4);
	CHECK_INT(ps_queue_take(q, &h[1].listener).type, PS_SHARED_NOTHING);
	h[1].cannot = false;
	ps_queue_pass_on(q);
	CHECK_INT(h[1].woken, 2);
	send(q, 5);
	CHECK_INT(h[1].woken, 3);
	for (i = 0; i < 3; i++)
		ps_queue_leave(q, &h[i].listener);
	ps_shared_put(thing);
	ps_shared_space_put(space);
}

/*
 * Scripts.
 */
static void load(struct ps_script *s, struct ps_shared_space *space, bool is_interrupt, const char *script)
{
	CHECK_INT(ps_script_init(s, 0, is_interrupt), 0);
	ps_shared_join(&s->bind, space);
	s->error[0] = 0;
	ps_script_load(s, 0, "/s/listen.lua", script, strlen(script));
}

/* How many values are handled, and how many of these functions fail. */
static int run(struct ps_script *s, int *failed)
{
	bool later;
	int err, n = 0;

	*failed = 0;
	for (; n < 1000 && ps_listen_run(s, &later, &err); n++)
		*failed += err != 0;
	return n;
}

static void values_are_handled_in_order(void)
{
	long before = ps_shared_used();
	struct ps_shared_space *space = ps_shared_space_new();
	struct ps_script s, work;
	int failed;

	load(&work, space, false, "said = '' local q, other = shared.queue('q'), shared.queue('other')\n"
				  "q:on(function(v) said = said .. (type(v) == 'userdata' and v:string() or tostring(v)) .. '.' end)\n"
				  "other:on(function(v) error(v) end)\n");
	CHECK_TEXT(work.error, "");
	CHECK_INT(run(&work, &failed), 0);
	load(&s, space, true, "local q, other = shared.queue('q'), shared.queue('other')\n"
			      "q:send(1) q:send(true) q:send('text') other:send('first') q:send(bytes.new_from_string('array'):slice(0, 5))\n"
			      "other:send('second') q:send(('x'):rep(30000)) q:send(2)");
	CHECK_TEXT(s.error, "");
	CHECK(ps_listen_is_awake(&work.bind.listening));
	CHECK(!ps_listen_is_awake(&s.bind.listening));
	CHECK_INT(ps_listen_pending(&work.bind.listening), 8);
	CHECK_INT(run(&s, &failed), 0);
	CHECK_INT(run(&work, &failed), 8);
	CHECK_INT(failed, 2);
	CHECK_TEXT(work.error, "/s/listen.lua:3: second");
	CHECK_INT(work.bind.listening.run, 8);
	CHECK_INT(work.bind.listening.failed, 2);
	CHECK_TEXT(global(&work, "said"), "1.true.text.array.xxxxx");
	lua_settop(work.bind.rt.L, 0);
	CHECK(!ps_listen_is_awake(&work.bind.listening));
	ps_script_clean(&s);
	ps_script_clean(&work);
	CHECK_INT(work.bind.rt.memory, 0);
	CHECK_INT(ps_shared_used(), before);
	ps_shared_space_put(space);
}

/* Of two queues, the one with little in it does not wait for the other, and one function may send to itself. */
static void queues_take_turns(void)
{
	struct ps_shared_space *space = ps_shared_space_new();
	struct ps_script s;
	bool later;
	int err, n;

	load(&s, space, true, "many, few, itself, asked = 0, 0, 0, 0\n"
			      "local m, f, i = shared.queue('m'), shared.queue('f'), shared.queue('i')\n"
			      "m:on(function() many = many + 1 end) f:on(function() few = few + 1 end)\n"
			      "i:on(function(v) itself = v i:send(v + 1) end)\n"
			      "for n = 1, 1000 do m:send(n) end f:send(1) f:send(1) i:send(1)\n");
	CHECK_TEXT(s.error, "");
	for (n = 0; n < 6; n++)
		CHECK(ps_listen_run(&s, &later, &err) && !err);
	CHECK_TEXT(global(&s, "many"), "2");
	CHECK_TEXT(global(&s, "few"), "2");
	CHECK_TEXT(global(&s, "itself"), "2");
	CHECK(ps_listen_is_awake(&s.bind.listening));
	ps_script_clean(&s);
	ps_shared_space_put(space);
}

static void functions_come_and_go(void)
{
	static const char again[] = "local q = shared.queue('q') q:on(function(v) said = said .. 'b' .. v end) q:send(2)",
			  fails[] = "local q, other = shared.queue('q'), shared.queue('other')\n"
				    "q:on(print) q:on(nil) other:on(print) error('refused')",
			  none[] = "shared.queue('q'):on()";
	long before = ps_shared_used();
	struct ps_shared_space *space = ps_shared_space_new();
	struct ps_script s;
	int failed;

	load(&s, space, true, "said = '' local q = shared.queue('q')\n"
			      "function a(v) said = said .. 'a' .. v end q:on(a) q:send(1)");
	CHECK_INT(run(&s, &failed), 1);
	CHECK_INT(ps_script_load(&s, 1, "/s/fails.lua", fails, sizeof(fails) - 1), -1);
	CHECK_INT(ps_script_load(&s, 2, "/s/send.lua", "shared.queue('q'):send(1) shared.queue('other'):send(1)", 55), 0);
	CHECK_INT(run(&s, &failed), 1);
	CHECK_TEXT(global(&s, "said"), "a1a1");
	CHECK_INT(ps_script_load(&s, 3, "/s/again.lua", again, sizeof(again) - 1), 0);
	CHECK_INT(ps_script_load(&s, 4, "/s/fails.lua", fails, sizeof(fails) - 1), -1);
	CHECK_INT(run(&s, &failed), 1);
	CHECK_TEXT(global(&s, "said"), "a1a1b2");
	/* what waited when a function comes is its */
	CHECK_INT(ps_script_load(&s, 5, "/s/none.lua", none, sizeof(none) - 1), 0);
	CHECK_INT(ps_script_load(&s, 2, "/s/send.lua", "shared.queue('q'):send(7)", 25), 0);
	CHECK_INT(run(&s, &failed), 0);
	CHECK_INT(ps_script_load(&s, 6, "/s/on.lua", "shared.queue('q'):on(a)", 23), 0);
	CHECK_INT(run(&s, &failed), 1);
	CHECK_TEXT(global(&s, "said"), "a1a1b2a7");
	/* and when the state closes, none is called any more */
	CHECK_INT(ps_script_load(&s, 2, "/s/send.lua", "shared.queue('q'):send(8)", 25), 0);
	ps_listen_close(&s.bind);
	CHECK_INT(run(&s, &failed), 0);
	CHECK_INT(ps_script_load(&s, 7, "/s/on.lua", "shared.queue('q'):on(print)", 27), -1);
	CHECK_TEXT(s.error, "/s/on.lua:1: nobody listens to a queue any more: this Lua state closes");
	ps_script_clean(&s);
	CHECK_INT(s.bind.rt.memory, 0);
	CHECK_INT(ps_shared_used(), before);
	ps_shared_space_put(space);
}

/* Lua's memory, which there is none of from a moment on. */
struct starving {
	lua_Alloc allocate;
	void *data;
	unsigned int left;	/* requests that are granted */
	bool is_on;
};

static void *starve(void *data, void *block, size_t old, size_t size)
{
	struct starving *starving = data;

	if (starving->is_on && size && (!block || size > old) && !starving->left--) {
		starving->left = 0;
		return NULL;
	}
	return starving->allocate(starving->data, block, old, size);
}

/* Wherever memory ends while a script is loaded, the functions are those of before: giving them back needs none. */
static void functions_come_back_without_memory(void)
{
	static const char changes[] = "local q = {}\n"
				      "for i = 1, 4 do q[i] = shared.queue('q' .. i) q[i]:on() end\n"
				      "for i = 5, 9 do q[i] = shared.queue('q' .. i) q[i]:on(print) end\n"
				      "for i = 1, 4 do q[i]:on(print) q[i]:on() end error('refused')";
	struct ps_shared_space *space = ps_shared_space_new();
	struct starving starving;
	struct ps_script s;
	int failed;
	bool is_over = false;
	unsigned int n;

	for (n = 0; n < 1000 && !is_over; n++) {
		load(&s, space, true, "n = 0 for i = 1, 4 do shared.queue('q' .. i):on(function(v) n = n + v end) end\n"
				      "function send() for i = 1, 9 do shared.queue('q' .. i):send(i) end end");
		starving = (struct starving){ .left = n, .is_on = true };
		starving.allocate = lua_getallocf(s.bind.rt.L, &starving.data);
		lua_setallocf(s.bind.rt.L, starve, &starving);
		CHECK_INT(ps_script_load(&s, 1, "/s/changes.lua", changes, sizeof(changes) - 1), -1);
		starving.is_on = false;
		is_over = strstr(s.error, "refused");
		CHECK_INT(ps_script_load(&s, 2, "/s/send.lua", "send()", 6), 0);
		CHECK_INT(run(&s, &failed), 4);
		CHECK_TEXT(global(&s, "n"), "10");
		CHECK_INT(ps_listen_pending(&s.bind.listening), 0);
		ps_script_clean(&s);
		CHECK_INT(s.bind.rt.memory, 0);
	}
	CHECK(is_over && n > 20);
	ps_shared_space_put(space);
}

/* A function that runs on is stopped, and what comes after it is handled, until the state is switched off. */
static void a_function_has_limits(void)
{
	struct ps_shared_space *space = ps_shared_space_new();
	unsigned int packet_ms = ps_limits.packet_ms, stops = ps_limits.stops;
	struct ps_script s;
	bool later = false;
	int err, n;

	ps_limits.packet_ms = 10;
	ps_limits.stops = 3;
	load(&s, space, true, "local q = shared.queue('q') q:on(function(v) while v do end end)\n"
			      "q:send(false) for i = 1, 10 do q:send(true) end");
	CHECK_TEXT(s.error, "");
	for (n = 0; ps_listen_run(&s, &later, &err) && n < 20; n++)
		CHECK_INT(err, n ? -1 : 0);
	CHECK_INT(n, 4);
	CHECK(later);
	CHECK_INT(ps_listen_pending(&s.bind.listening), 7);
	ps_script_clean(&s);
	ps_limits.packet_ms = packet_ms;
	ps_limits.stops = stops;
	ps_shared_space_put(space);
}

static void no_lock(struct ps_old *old)
{
	(void)old;
}

/* As one of a script that is loaded: another one that fails later has nothing to do with it. */
static void a_function_of_on_reload_stays(void)
{
	struct ps_shared_space *space = ps_shared_space_new();
	struct ps_old old = { .lock = no_lock, .unlock = no_lock };
	struct ps_script s, before;
	int failed;

	load(&before, space, true, "x = 1");
	load(&s, space, true, "function on_reload(old) shared.queue('q'):on(function(v) _G.got = v end) end");
	old.script = &before;
	CHECK_INT(ps_script_reload(&s, 0, &old), 0);
	CHECK_INT(ps_script_load(&s, 1, "/s/fails.lua", "error('no') ", 11), -1);
	CHECK_INT(ps_script_load(&s, 2, "/s/sends.lua", "shared.queue('q'):send(5)", 25), 0);
	CHECK_INT(run(&s, &failed), 1);
	CHECK_TEXT(global(&s, "got"), "5");
	ps_script_clean(&s);
	ps_script_clean(&before);
	ps_shared_space_put(space);
}

const struct test listen_tests[] = {
	{ "listen: of several one is woken, that which slept longest", one_is_woken_in_its_turn },
	{ "listen: what one cannot take now, another is woken for", another_takes_what_one_cannot },
	{ "listen: functions get values in order, and one that fails does not keep the next from coming", values_are_handled_in_order },
	{ "listen: queues take turns, whatever is in them", queues_take_turns },
	{ "listen: functions come and go, and come back when a script fails that has changed them", functions_come_and_go },
	{ "listen: a function that on_reload gives stays", a_function_of_on_reload_stays },
	{ "listen: functions come back wherever memory ends while a script is loaded", functions_come_back_without_memory },
	{ "listen: a function has no more time than a packet, and is not called when the state is switched off", a_function_has_limits },
	{ NULL },
};
