/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The interpreter's table of labels, as released, in the section where objtool looks for the
 * targets of computed jumps (linux/compiler.h, __annotate_jump_table). lvm.c includes this in
 * the middle of a function; the table is the only static thing in it.
 */
#define static	static __attribute__((section(PS_JUMP_TABLE_SECTION)))
#include "released/ljumptab.h"
#undef static
