/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Programs of BPF at tc and XDP of a device, which do no more than ask the kernel's module what becomes of a packet. They are made here, in
 * the process's network namespace, and stay when it ends.
 */
#ifndef PS_BPF_PROGRAM_H
#define PS_BPF_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ps_attachment;

/* How a program is at XDP: by the driver, by the kernel's own code, or by the driver if that can. */
enum ps_xdp_mode {
	PS_XDP_ANY,
	PS_XDP_NATIVE,
	PS_XDP_GENERIC,
};

/*
 * Makes the program that asks for the attachment, by its number, and puts it where that is. *mode becomes what it is, of XDP. Returns 0; or -1,
 * and the error says why. Where the driver could not have it, which is no failure then, the error says why, too; else it is "".
 */
int ps_program_attach(const struct ps_attachment *attachment, enum ps_xdp_mode *mode, char *error, size_t size);

/* Takes it away. It is no failure if it is not there any more. Returns 0; or -1, and the error says why. */
int ps_program_detach(const struct ps_attachment *attachment, char *error, size_t size);

/* Whether it is there. */
bool ps_program_is_there(const struct ps_attachment *attachment);

/* At the same hook of the same device of tc, one of ours, by the attachment that it asks for. */
struct ps_program_found {
	uint32_t number;
	int32_t priority;
};

/* Those that are there, n of them at most, none of XDP. Returns how many. */
int ps_program_find(const struct ps_attachment *attachment, struct ps_program_found *found, int n);

/* A number that hardly any other program has. */
uint32_t ps_program_number(void);

#endif
