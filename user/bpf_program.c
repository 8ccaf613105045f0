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
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "control.h"
#include "hooks.h"

#define MODULE	"packetscript_bpf"

static int fail(char *error, size_t size, const char *what, int err)
{
	snprintf(error, size, "%s: %s", what, strerror(err < 0 ? -err : err));
	return -1;
}

/*
 * What the kernel says beside a number, which libbpf prints: no word goes to a terminal of ours.
 */
#define KERNEL_SAYS	"Kernel error message: "
static char said[128];

static int hear(enum libbpf_print_level level, const char *format, va_list args)
{
	char text[256];
	const char *words;

	(void)level;
	vsnprintf(text, sizeof(text), format, args);
	words = strstr(text, KERNEL_SAYS);
	if (words)
		snprintf(said, sizeof(said), "%.*s", (int)strcspn(words + strlen(KERNEL_SAYS), "\n"), words + strlen(KERNEL_SAYS));
	return 0;
}

/* Why a call of libbpf has failed. */
static const char *reason(int err)
{
	return said[0] ? said : strerror(-err);
}

static void listen_to_libbpf(void)
{
	said[0] = 0;
	libbpf_set_print(hear);
}

static int fail_by(char *error, size_t size, const char *what, int err)
{
	snprintf(error, size, "%s: %s", what, reason(err));
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

/* The module's types, as a file descriptor, and their number; or -errno. */
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
	return -errno;
}

/* The number of the function of that name; or -1, and the error says why. */
static int find_function(uint32_t id, const char *name, char *error, size_t size)
{
	struct btf *kernel = btf__load_vmlinux_btf(), *module;
	int number;

	if (!kernel)
		return fail(error, size, "the kernel's own types (BTF), which it has if it was built with CONFIG_DEBUG_INFO_BTF: /sys/kernel/btf/vmlinux", errno);
	module = btf__load_from_kernel_by_id_split(id, kernel);
	number = module ? btf__find_by_name_kind(module, name, BTF_KIND_FUNC) : -errno;
	btf__free(module);
	btf__free(kernel);
	if (number > 0)
		return number;
	snprintf(error, size, "the types (BTF) of the module " MODULE " have no function %s(): they are another kernel's, or the module is older than this command", name);
	return -1;
}

/* The function, and the types that have it as a file descriptor; or -1, and the error says why. */
static int open_function(const char *name, int *types, char *error, size_t size)
{
	uint32_t id;
	int function;

	*types = open_types(&id);
	if (*types == -EPERM)
		return fail(error, size, "to look for the types (BTF) of the module " MODULE " takes CAP_SYS_ADMIN", EPERM);
	if (*types < 0) {
		snprintf(error, size, "the kernel shows no types (BTF) of the module " MODULE ", by which programs find its functions: "
			 "they are another kernel's; 'make btf_install', and make the modules again");
		return -1;
	}
	function = find_function(id, name, error, size);
	if (function < 0)
		close(*types);
	return function;
}

/* What the kernel says of a program that it refuses: its last line but the one that counts. */
static const char *last_line(char *log)
{
	char *end = strstr(log, "\nprocessed "), *line;

	if (end)
		*end = 0;
	for (end = log + strlen(log); end > log && end[-1] == '\n'; end--)
		end[-1] = 0;
	line = strrchr(log, '\n');
	return line ? line + 1 : log;
}

/*
 * The program: what the function returns from PACKETSCRIPT_PROGRAM_REDIRECT on is a device, all else is its own result.
 */
static int load(const struct ps_attachment *attachment, char *error, size_t size)
{
	const bool is_xdp = attachment->hook == PS_HOOK_XDP;
	int fds[2] = { -1, -1 };
	int function = open_function(is_xdp ? "bpf_packetscript_xdp" : "bpf_packetscript_tc", &fds[1], error, size);
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
	static char log[4096];	/* written to where the kernel refuses */
	LIBBPF_OPTS(bpf_prog_load_opts, options, .fd_array = fds, .log_buf = log, .log_size = sizeof(log));
	char name[BPF_OBJ_NAME_LEN];
	int program, err;

	if (function < 0)
		return -1;
	name_of(attachment->program, name);
	log[0] = 0;
	program = bpf_prog_load(is_xdp ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_SCHED_CLS, name, "Dual MIT/GPL", insns, sizeof(insns) / sizeof(insns[0]), &options);
	err = errno;
	close(fds[1]);
	if (program >= 0)
		return program;
	snprintf(error, size, "the kernel refuses the program: %s%s%s", strerror(err), log[0] ? ": " : "", last_line(log));
	return -1;
}

/*
 * tc: filters of the queueing discipline clsact, which is made if need be. The filter's handle is the number.
 */
static enum bpf_tc_attach_point point_of(const struct ps_attachment *attachment)
{
	return attachment->hook == PS_HOOK_TC_INGRESS ? BPF_TC_INGRESS : BPF_TC_EGRESS;
}

static int tc_detach(const struct ps_attachment *attachment, int ifindex, char *error, size_t size)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = point_of(attachment));
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = attachment->program, .priority = attachment->priority);
	int err;

	listen_to_libbpf();
	err = bpf_tc_detach(&hook, &options);
	return !err || err == -ENOENT || err == -EINVAL ? 0 : fail_by(error, size, "tc, filter", err);
}

/* Calls read for each message of what the kernel is asked to list. */
static void dump(struct mnl_socket *socket, struct nlmsghdr *request, mnl_cb_t read, void *context)
{
	char buffer[32768];
	ssize_t len;

	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) || mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return;
	do
		len = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
	while (len > 0 && mnl_cb_run(buffer, len, 0, 0, read, context) > MNL_CB_STOP);
}

/* The hook's filters, of which those are looked for that are called as a program of the handle is: libbpf adds what is behind the colon. */
struct search {
	struct ps_program_found *found;
	int n, max;
};

static int read_options(const struct nlattr *attr, void *context)
{
	if (mnl_attr_get_type(attr) == TCA_BPF_NAME && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
		*(const char **)context = mnl_attr_get_str(attr);
	return MNL_CB_OK;
}

static int read_filter(const struct nlmsghdr *message, void *context)
{
	const struct tcmsg *filter = mnl_nlmsg_get_payload(message);
	const char *kind = "", *name = "";
	struct search *search = context;
	const struct nlattr *attr;
	char ours[BPF_OBJ_NAME_LEN];

	if (message->nlmsg_type != RTM_NEWTFILTER || search->n == search->max)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, message, sizeof(*filter)) {
		if (mnl_attr_get_type(attr) == TCA_KIND && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			kind = mnl_attr_get_str(attr);
		if (mnl_attr_get_type(attr) == TCA_OPTIONS)
			mnl_attr_parse_nested(attr, read_options, &name);
	}
	name_of(filter->tcm_handle, ours);
	if (strcmp(kind, "bpf") || strncmp(name, ours, strlen(ours)) || name[strlen(ours)] != ':')
		return MNL_CB_OK;
	search->found[search->n].number = filter->tcm_handle;
	search->found[search->n++].priority = filter->tcm_info >> 16;
	return MNL_CB_OK;
}

static void search_filters(struct mnl_socket *socket, const struct ps_attachment *attachment, int ifindex, struct search *search)
{
	char buffer[MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct tcmsg))];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct tcmsg *filter = mnl_nlmsg_put_extra_header(message, sizeof(*filter));

	message->nlmsg_type = RTM_GETTFILTER;
	filter->tcm_ifindex = ifindex;
	filter->tcm_parent = TC_H_MAKE(TC_H_CLSACT, attachment->hook == PS_HOOK_TC_INGRESS ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
	dump(socket, message, read_filter, search);
}

int ps_program_find(const struct ps_attachment *attachment, struct ps_program_found *found, int n)
{
	int ifindex = attachment->hook == PS_HOOK_XDP ? 0 : if_nametoindex(attachment->device);
	struct mnl_socket *socket = ifindex ? mnl_socket_open(NETLINK_ROUTE) : NULL;
	struct search search = { found, 0, n };

	if (!socket)
		return 0;
	search_filters(socket, attachment, ifindex, &search);
	mnl_socket_close(socket);
	return search.n;
}

static bool tc_is_there(const struct ps_attachment *attachment, int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = point_of(attachment));
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = attachment->program, .priority = attachment->priority);

	return !bpf_tc_query(&hook, &options);
}

/* A device, and whether what stands in the place of clsact is the older one, which has filters for what comes in only. */
struct place {
	int ifindex;
	bool has_ingress;
};

static int read_qdisc(const struct nlmsghdr *message, void *context)
{
	const struct tcmsg *qdisc = mnl_nlmsg_get_payload(message);
	struct place *place = context;
	const struct nlattr *attr;

	if (message->nlmsg_type != RTM_NEWQDISC || qdisc->tcm_ifindex != place->ifindex || qdisc->tcm_parent != TC_H_CLSACT)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, message, sizeof(*qdisc)) {
		if (mnl_attr_get_type(attr) == TCA_KIND && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			place->has_ingress = !strcmp(mnl_attr_get_str(attr), "ingress");
	}
	return MNL_CB_OK;
}

/* It would take a filter for what leaves, and ask that of what comes in. */
static bool has_ingress(int ifindex)
{
	char buffer[MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct tcmsg))];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct mnl_socket *socket = mnl_socket_open(NETLINK_ROUTE);
	struct place place = { .ifindex = ifindex };
	struct tcmsg *qdisc = mnl_nlmsg_put_extra_header(message, sizeof(*qdisc));

	if (!socket)
		return false;
	message->nlmsg_type = RTM_GETQDISC;
	qdisc->tcm_ifindex = ifindex;
	dump(socket, message, read_qdisc, &place);
	mnl_socket_close(socket);
	return place.has_ingress;
}

static int make_clsact(const struct ps_attachment *attachment, const struct bpf_tc_hook *hook, char *error, size_t size)
{
	struct bpf_tc_hook made = *hook;
	int err;

	listen_to_libbpf();
	err = bpf_tc_hook_create(&made);
	if (err && err != -EEXIST)
		return fail_by(error, size, "tc, clsact", err);
	if (!err || attachment->hook == PS_HOOK_TC_INGRESS || !has_ingress(hook->ifindex))
		return 0;
	snprintf(error, size, "tc: the queueing discipline 'ingress' is in the place of clsact, and has nothing for what leaves: 'tc qdisc del dev %s ingress' "
		 "takes it away, and its filters", attachment->device);
	return -1;
}

/* Two commands may put the program there that asks for the same: it is there then, whoever was first. */
static int tc_attach(const struct ps_attachment *attachment, int ifindex, int program, char *error, size_t size)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = point_of(attachment));
	LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program, .handle = attachment->program, .priority = attachment->priority);
	int err;

	if (make_clsact(attachment, &hook, error, size))
		return -1;
	listen_to_libbpf();
	err = bpf_tc_attach(&hook, &options);
	return err && (err != -EEXIST || !tc_is_there(attachment, ifindex)) ? fail_by(error, size, "tc, filter", err) : 0;
}

/*
 * XDP
 */

/*
 * The program of this number, as a file descriptor, if its name is that, or begins so if the name ends with an underscore; or -errno: -ENOENT, it is
 * another one or none, -EPERM, we may not look.
 */
static int open_named(uint32_t id, const char *name)
{
	size_t len_name = strlen(name) + (name[strlen(name) - 1] != '_');
	struct bpf_prog_info info = { .id = 0 };
	uint32_t len = sizeof(info);
	int fd;

	if (!id)
		return -ENOENT;
	fd = bpf_prog_get_fd_by_id(id);
	if (fd < 0)
		return -errno;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len) && !strncmp(info.name, name, len_name))
		return fd;
	close(fd);
	return -ENOENT;
}

/*
 * One of ours that nobody asks for any more, as the kernel's module knows of none here, gives way. A device has one by the driver or a generic one: of
 * the same kind it is replaced, and of the other one it goes before.
 */
static int xdp_replace(int ifindex, int program, uint32_t flag)
{
	const bool is_generic = flag == XDP_FLAGS_SKB_MODE;
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	LIBBPF_OPTS(bpf_xdp_attach_opts, options);
	uint32_t same, other;
	int err = bpf_xdp_query(ifindex, 0, &query);

	if (err)
		return -EBUSY;
	same = is_generic ? query.skb_prog_id : query.drv_prog_id;
	other = is_generic ? query.drv_prog_id : query.skb_prog_id;
	options.old_prog_fd = open_named(same ? same : other, "ps_hook_");
	if (options.old_prog_fd < 0)
		return -EBUSY;
	listen_to_libbpf();
	if (same) {
		err = bpf_xdp_attach(ifindex, program, flag | XDP_FLAGS_REPLACE, &options);
	} else {
		err = bpf_xdp_detach(ifindex, is_generic ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE, &options);
		if (!err)
			err = bpf_xdp_attach(ifindex, program, flag | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL);
	}
	close(options.old_prog_fd);
	return err;
}

static int xdp_put(int ifindex, int program, uint32_t flag)
{
	int err;

	listen_to_libbpf();
	err = bpf_xdp_attach(ifindex, program, flag | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL);
	return err == -EBUSY || err == -EEXIST ? xdp_replace(ifindex, program, flag) : err;
}

static int xdp_attach(int ifindex, int program, enum ps_xdp_mode *mode, char *error, size_t size)
{
	int err = *mode == PS_XDP_GENERIC ? -EOPNOTSUPP : xdp_put(ifindex, program, XDP_FLAGS_DRV_MODE);
	bool is_taken = err == -EBUSY || err == -EEXIST;

	if (err && !is_taken && *mode == PS_XDP_ANY)
		snprintf(error, size, "%s", reason(err));
	if (err && !is_taken && *mode != PS_XDP_NATIVE) {
		err = xdp_put(ifindex, program, XDP_FLAGS_SKB_MODE);
		is_taken = err == -EBUSY || err == -EEXIST;
		*mode = PS_XDP_GENERIC;
	} else {
		*mode = PS_XDP_NATIVE;
	}
	if (is_taken)
		snprintf(error, size, "XDP: another program is there already; 'ip link' shows it");
	else if (err)
		snprintf(error, size, "XDP: the device's driver takes no program: %s", reason(err));
	return err ? -1 : 0;
}

static bool xdp_is_there(const struct ps_attachment *attachment, int ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	char name[BPF_OBJ_NAME_LEN];
	int i, fd = -1;

	if (bpf_xdp_query(ifindex, 0, &query))
		return false;
	name_of(attachment->program, name);
	for (i = 0; i < 2 && fd < 0; i++)
		fd = open_named(i ? query.skb_prog_id : query.drv_prog_id, name);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
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
		if (options.old_prog_fd == -EPERM)
			return fail(error, size, "XDP: to look whether the program is this one takes CAP_SYS_ADMIN", EPERM);
		if (options.old_prog_fd < 0)
			continue;
		listen_to_libbpf();
		err = bpf_xdp_detach(ifindex, flags[i], &options);
		close(options.old_prog_fd);
	}
	return err && err != -ENODEV ? fail_by(error, size, "XDP", err) : 0;
}

int ps_program_attach(const struct ps_attachment *attachment, enum ps_xdp_mode *mode, char *error, size_t size)
{
	int ifindex = if_nametoindex(attachment->device), program, failed;

	error[0] = 0;
	if (!ifindex)
		return fail(error, size, attachment->device, errno);
	listen_to_libbpf();
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
	listen_to_libbpf();
	return attachment->hook == PS_HOOK_XDP ? xdp_detach(attachment, ifindex, error, size) : tc_detach(attachment, ifindex, error, size);
}

bool ps_program_is_there(const struct ps_attachment *attachment)
{
	int ifindex = if_nametoindex(attachment->device);

	listen_to_libbpf();
	return ifindex && (attachment->hook == PS_HOOK_XDP ? xdp_is_there(attachment, ifindex) : tc_is_there(attachment, ifindex));
}
