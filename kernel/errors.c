/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define pr_fmt(fmt) "packetscript: " fmt

#include <linux/printk.h>
#include <linux/string.h>

#include "control.h"
#include "errors.h"
#include "generation.h"
#include "state.h"

void ps_errors_init(struct ps_errors *errors)
{
	spin_lock_init(&errors->lock);
	errors->log = (struct ps_log){ 0 };
}

/* To those who listen: each error, as the log has them. */
static noinline void tell(struct ps_instance *instance, const char *of, const char *on_error)
{
	struct ps_script *script = &instance->script;
	struct ps_state *state = instance->generation->state;
	char text[PS_SCRIPT_ERROR_SIZE + 96];
	struct ps_line line = {
		.text = text, .level = PS_LOG_WARNING, .is_error = true, .at = script->bind.rt.level, .levels = script->levels,
	};

	if (!ps_control_is_heard(state))
		return;
	if (on_error)
		snprintf(text, sizeof(text), "%sstate %u: %s (on error: %s)", instance->prefix, state->id, script->error, on_error);
	else
		snprintf(text, sizeof(text), "%sstate %u: %s%s", instance->prefix, state->id, of, script->error);
	ps_control_tell(state, &line);
}

static const struct ps_state *state_of(const struct ps_runtime *rt)
{
	return container_of(rt, struct ps_instance, script.bind.rt)->generation->state;
}

static bool is_heard(const struct ps_runtime *rt)
{
	return ps_control_is_heard(state_of(rt));
}

static void tell_printed(struct ps_runtime *rt, enum ps_log_level level, const char *text)
{
	ps_control_tell((struct ps_state *)state_of(rt), &(struct ps_line){ .text = text, .level = level == PS_LOG_PRINT ? -1 : level });
}

const struct ps_audience ps_errors_audience = { is_heard, tell_printed };

void ps_errors_add(struct ps_errors *errors, struct ps_instance *instance, const char *of, const char *on_error)
{
	const struct ps_runtime *rt = &instance->script.bind.rt;
	bool is_off = rt->guard.refused == PS_REFUSED_STOPS;
	const char *error = instance->script.error;
	unsigned int left_out = 0;
	bool may_log;

	instance->errors++;
	if (is_off && instance->is_off_told)
		return;
	instance->is_off_told = is_off;
	tell(instance, of, on_error);
	spin_lock_bh(&errors->lock);
	may_log = ps_host_may_log(&errors->log, &left_out);
	spin_unlock_bh(&errors->lock);
	if (left_out)
		pr_warn("state %u: %u errors %s left out\n", rt->state_id, left_out,
			on_error ? "of this rule" : "of timers and deferred work");
	if (may_log && on_error)
		pr_warn("%sstate %u: %*pE (on error: %s)\n", instance->prefix, rt->state_id, (int)strlen(error), error,
			on_error);
	else if (may_log)
		pr_warn("%sstate %u: %s%*pE\n", instance->prefix, rt->state_id, of, (int)strlen(error), error);
	if (is_off)
		pr_warn("%sstate %u: switched off, as it was stopped by the time limit %u times: its rules do what they do on errors until a script is loaded into it anew\n",
			instance->prefix, rt->state_id, rt->guard.stops);
}

/* This CPU may be within one of the lines that are counted here. */
void ps_errors_add_inner(struct ps_errors *errors, unsigned int state_id, const char *on_error)
{
	unsigned int left_out = 0;
	unsigned long flags;
	bool may_log;

	if (!spin_trylock_irqsave(&errors->lock, flags))
		return;
	may_log = ps_host_may_log(&errors->log, &left_out);
	spin_unlock_irqrestore(&errors->lock, flags);
	if (left_out)
		pr_warn("state %u: %u errors of this rule left out\n", state_id, left_out);
	if (may_log)
		pr_warn("state %u: not called for a packet that a script or the log has made at once: does tc send on what a device of the kind nlmon has, or netconsole what the log says? (on error: %s)\n",
			state_id, on_error);
}
