/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef PS_SHIM_STDDEF_H
#define PS_SHIM_STDDEF_H
typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;
#undef NULL
#define NULL	((void *)0)
#undef offsetof
#define offsetof(type, member)	__builtin_offsetof(type, member)
#endif
