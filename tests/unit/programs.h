/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Random scripts: loops that end, conditions, arithmetic, tables, functions, views and fields, errors.
 */
#ifndef PS_TEST_PROGRAMS_H
#define PS_TEST_PROGRAMS_H

#include <stddef.h>

/*
 * Writes the script number seed to text[size]. It has two functions: process_packet(p), and digest(p), which returns
 * NF_QUEUE with a number made of all that process_packet() has left behind.
 */
void make_program(unsigned int seed, char *text, size_t size);

#endif
