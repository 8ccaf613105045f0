/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* For files that include both kernel headers and ours. */
#include <linux/stdarg.h>
