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
	const char *error = instance->script.error;
	struct ps_state *state = instance->generation->state;
	char line[PS_SCRIPT_ERROR_SIZE + 96];

	if (!ps_control_is_heard(state))
		return;
	if (on_error)
		snprintf(line, sizeof(line), "%sstate %u: %s (on error: %s)", instance->prefix, state->id, error, on_error);
	else
		snprintf(line, sizeof(line), "%sstate %u: %s%s", instance->prefix, state->id, of, error);
	ps_control_tell(state, PS_LOG_WARNING, true, line);
}

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
