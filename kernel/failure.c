/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/stdarg.h>
#include <linux/string.h>

#include "failure.h"

int ps_fail(struct ps_failure *failure, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vscnprintf(failure->text, sizeof(failure->text), format, args);
	va_end(args);
	return err;
}
EXPORT_SYMBOL_GPL(ps_fail);

int ps_fail_script(struct ps_failure *failure, int err, const char *message, const char *format, ...)
{
	va_list args;
	size_t used;

	va_start(args, format);
	used = vscnprintf(failure->text, sizeof(failure->text), format, args);
	va_end(args);
	scnprintf(failure->text + used, sizeof(failure->text) - used, "%*pE", (int)strlen(message), message);
	return err;
}
