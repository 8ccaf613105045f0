/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "verdict.h"

const struct ps_verdict_row ps_verdicts[] = {
	[PS_VERDICT_DROP] = { "NF_DROP", PS_NF_DROP },
	[PS_VERDICT_ACCEPT] = { "NF_ACCEPT", PS_NF_ACCEPT },
	[PS_VERDICT_STOLEN] = { "NF_STOLEN", PS_NF_STOLEN },
	[PS_VERDICT_QUEUE] = { "NF_QUEUE", PS_NF_QUEUE },
	[PS_VERDICT_REPEAT] = { "NF_REPEAT", PS_NF_REPEAT },
	[PS_VERDICT_CONTINUE] = { "XT_CONTINUE", PS_XT_CONTINUE },
	[PS_VERDICT_RETURN] = { "XT_RETURN", PS_XT_RETURN },
	[PS_VERDICT_ERROR] = { "error" },
};
