/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef PS_SHIM_MATH_H
#define PS_SHIM_MATH_H
/* Only code that handles floats names these, and there are none: any value will do. */
#define HUGE_VAL	__LONG_LONG_MAX__
#define floor(x)	(x)
#define ceil(x)		(x)
#define fabs(x)		((x) < 0 ? -(x) : (x))
#define ldexp(x, e)	((void)(x), (void)(e), 0)
#define frexp(x, e)	(*(e) = 0, (x))
#define fmod(a, b)	((void)(a), (void)(b), 0)
#define pow(a, b)	((void)(a), (void)(b), 0)
#endif
