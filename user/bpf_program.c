/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "bpf_program.h"

#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include "control.h"
#include "hooks.h"

#define MODULE	"packetscript_bpf"

static int fail(char *error, size_t size, const char *what, int err)
{
	snprintf(error, size, "%s: %s", what, strerror(err < 0 ? -err : err));
	return -1;
}

uint32_t ps_program_number(void)
{
	uint32_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		number = getpid();
	return number % PACKETSCRIPT_PROGRAM_MAX + 1;
}

/* As 'bpftool prog' shows it. */
static void name_of(uint32_t number, char name[BPF_OBJ_NAME_LEN])
{
	snprintf(name, BPF_OBJ_NAME_LEN, "ps_hook_%x", number);
}

/*
 * The function, among the kernel's types.
 */

/* The module's types, as a file descriptor, and their number; or -1. */
static int open_types(uint32_t *id)
{
	char name[64];
	int fd;

	*id = 0;
	while (!bpf_btf_get_next_id(*id, id)) {
		struct bpf_btf_info info = { .name = (uintptr_t)name, .name_len = sizeof(name) };
		uint32_t len = sizeof(info);

		fd = bpf_btf_get_fd_by_id(*id);
		if (fd < 0)
			continue;	/* it has gone meanwhile */
		name[0] = 0;
		if (!bpf_obj_get_info_by_fd(fd, &info, &len) && info.kernel_btf && !strcmp(name, MODULE))
			return fd;
		close(fd);
	}
	return -1;
}

/* The number of the function of that name, or what is below 0. */
static int find_function(uint32_t id, const char *name)
{
	struct btf *kernel = btf__load_vmlinux_btf(), *module = kernel ? btf__load_from_kernel_by_id_split(id, kernel) : NULL;
	int number = module ? btf__find_by_name_kind(module, name, BTF_KIND_FUNC) : -errno;

	btf__free(module);
	btf__free(kernel);
	return number;
}

/*
 * The program: what the function returns from PACKETSCRIPT_PROGRAM_REDIRECT on is a device, all else is its own result.
 */
static int load(const struct ps_attachment *attachment, char *error, size_t size)
{
	const bool is_xdp = attachment->hook == PS_HOOK_XDP;
	uint32_t types;
	int fds[2] = { -1, open_types(&types) };
	int function = fds[1] < 0 ? -1 : find_function(types, is_xdp ? "bpf_packetscript_xdp" : "bpf_packetscript_tc");
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = attachment->program },
		{ .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL, .off = 1, .imm = function },
		{ .code = BPF_JMP32 | BPF_JSGE | BPF_K, .dst_reg = BPF_REG_0, .off = 1, .imm = PACKETSCRIPT_PROGRAM_REDIRECT },
		{ .code = BPF_JMP | BPF_EXIT },
		{ .code = BPF_ALU | BPF_MOV | BPF_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_0 },
		{ .code = BPF_ALU | BPF_ADD | BPF_K, .dst_reg = BPF_REG_1, .imm = -PACKETSCRIPT_PROGRAM_REDIRECT },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .fd_array = fds);
	char name[BPF_OBJ_NAME_LEN];
	int program, err;

	if (function < 0) {
		if (fds[1] >= 0)
			close(fds[1]);
		snprintf(error, size, "the kernel shows no types (BTF) of the module " MODULE ": /sys/kernel/btf");
		return -1;
	}
	name_of(attachment->program, name);
	program = bpf_prog_load(is_xdp ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_SCHED_CLS, name, "Dual MIT/GPL", insns, sizeof(insns) / sizeof(insns[0]), &options);
	err = errno;
	close(fds[1]);
	return program < 0 ? fail(error, size, "the kernel refuses the program", err) : program;
}

/*
 * tc: filters of the queueing discipline clsact, which is made if need be. The filter's handle is the number.
 */
static int tc_attach(const struct ps_attachment *attachment, int ifindex, int program, char *error, size_t size)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = attachment->hook == PS_HOOK_TC_INGRESS ? BPF_TC_INGRESS : BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program, .handle = attachment->program, .priority = attachment->priority);
	int err = bpf_tc_hook_create(&hook);

	if (err && err != -EEXIST)
		return fail(error, size, "tc, clsact", err);
	err = bpf_tc_attach(&hook, &options);
	return err ? fail(error, size, "tc, filter", err) : 0;
}

static int tc_detach(const struct ps_attachment *attachment, int ifindex, char *error, size_t size)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = attachment->hook == PS_HOOK_TC_INGRESS ? BPF_TC_INGRESS : BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = attachment->program, .priority = attachment->priority);
	int err = bpf_tc_detach(&hook, &options);

	return !err || err == -ENOENT || err == -EINVAL ? 0 : fail(error, size, "tc, filter", err);
}

/*
 * XDP
 */

/* The program of this number, as a file descriptor, if its name begins so; or -1. */
static int open_named(uint32_t id, const char *prefix)
{
	struct bpf_prog_info info = { .id = 0 };
	uint32_t len = sizeof(info);
	int fd = id ? bpf_prog_get_fd_by_id(id) : -1;

	if (fd < 0)
		return -1;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len) && !strncmp(info.name, prefix, strlen(prefix)))
		return fd;
	close(fd);
	return -1;
}

/* One of ours that nobody asks for any more, as the kernel's module knows of none here, gives way. */
static int xdp_replace(int ifindex, int program, uint32_t flag)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	LIBBPF_OPTS(bpf_xdp_attach_opts, options);
	int err = bpf_xdp_query(ifindex, 0, &query);

	options.old_prog_fd = err ? -1 : open_named(flag == XDP_FLAGS_SKB_MODE ? query.skb_prog_id : query.drv_prog_id, "ps_hook_");
	if (options.old_prog_fd < 0)
		return -EBUSY;
	err = bpf_xdp_attach(ifindex, program, flag | XDP_FLAGS_REPLACE, &options);
	close(options.old_prog_fd);
	return err;
}

static int xdp_put(int ifindex, int program, uint32_t flag)
{
	int err = bpf_xdp_attach(ifindex, program, flag | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL);

	return err == -EBUSY || err == -EEXIST ? xdp_replace(ifindex, program, flag) : err;
}

static int xdp_attach(int ifindex, int program, enum ps_xdp_mode *mode, char *error, size_t size)
{
	int err = *mode == PS_XDP_GENERIC ? -EOPNOTSUPP : xdp_put(ifindex, program, XDP_FLAGS_DRV_MODE);

	if (err && err != -EBUSY && err != -EEXIST && *mode != PS_XDP_NATIVE) {
		err = xdp_put(ifindex, program, XDP_FLAGS_SKB_MODE);
		*mode = PS_XDP_GENERIC;
	} else {
		*mode = PS_XDP_NATIVE;
	}
	if (err == -EBUSY || err == -EEXIST) {
		snprintf(error, size, "XDP: another program is there already; 'ip link' shows it");
		return -1;
	}
	return err ? fail(error, size, "XDP: the device's driver", err) : 0;
}

static int xdp_detach(const struct ps_attachment *attachment, int ifindex, char *error, size_t size)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	LIBBPF_OPTS(bpf_xdp_attach_opts, options);
	const uint32_t flags[2] = { XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE };
	char name[BPF_OBJ_NAME_LEN];
	int i, err = bpf_xdp_query(ifindex, 0, &query);
	uint32_t ids[2] = { query.drv_prog_id, query.skb_prog_id };

	name_of(attachment->program, name);
	for (i = 0; i < 2 && !err; i++) {
		options.old_prog_fd = open_named(ids[i], name);
		if (options.old_prog_fd < 0)
			continue;
		err = bpf_xdp_detach(ifindex, flags[i], &options);
		close(options.old_prog_fd);
	}
	return err && err != -ENODEV ? fail(error, size, "XDP", err) : 0;
}

/* Their words go to no terminal of ours. */
static int say_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

int ps_program_attach(const struct ps_attachment *attachment, enum ps_xdp_mode *mode, char *error, size_t size)
{
	int ifindex = if_nametoindex(attachment->device), program, failed;

	if (!ifindex)
		return fail(error, size, attachment->device, errno);
	libbpf_set_print(say_nothing);
	program = load(attachment, error, size);
	if (program < 0)
		return -1;
	failed = attachment->hook == PS_HOOK_XDP ? xdp_attach(ifindex, program, mode, error, size) : tc_attach(attachment, ifindex, program, error, size);
	close(program);
	return failed;
}

int ps_program_detach(const struct ps_attachment *attachment, char *error, size_t size)
{
	int ifindex = attachment->device ? if_nametoindex(attachment->device) : 0;

	if (!ifindex)
		return 0;	/* what was on it went with it */
	libbpf_set_print(say_nothing);
	return attachment->hook == PS_HOOK_XDP ? xdp_detach(attachment, ifindex, error, size) : tc_detach(attachment, ifindex, error, size);
}
