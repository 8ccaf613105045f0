/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define pr_fmt(fmt) "packetscript: " fmt

#include <linux/err.h>
#include <linux/slab.h>

#include "failure.h"
#include "xt_rule.h"

int ps_xt_rule_new(struct xt_lua_info *info, const struct ps_place *place)
{
	struct ps_failure *failure = kzalloc(sizeof(*failure), GFP_KERNEL);	/* scripts need the stack */
	struct ps_rule *rule = failure ? ps_options_rule(info, place, place->family, failure) : ERR_PTR(-ENOMEM);
	int err = PTR_ERR_OR_ZERO(rule);

	if (!err)
		info->rule = rule;
	else if (failure && failure->text[0])
		pr_err("%s\n", failure->text);
	kfree(failure);
	return err;
}
