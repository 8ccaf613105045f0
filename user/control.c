/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "control.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <limits.h>
#include <linux/genetlink.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "field.h"
#include "filter.h"
#include "spans.h"
#include "uapi/packetscript.h"

#define MESSAGE	32768	/* bytes that the kernel sends at once at most */

static void path_of(char path[PATH_MAX], const char *netns)
{
	snprintf(path, PATH_MAX, "%s%s", strchr(netns, '/') ? "" : "/run/netns/", netns);
}

bool ps_control_has_netns(const char *netns)
{
	char path[PATH_MAX];

	path_of(path, netns);
	return !access(path, F_OK) || errno != ENOENT;
}

static int enter(const char *netns, char *error, size_t size)
{
	char path[PATH_MAX];
	int fd, err;

	path_of(path, netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		snprintf(error, size, "network namespace %s: %s", netns, strerror(errno));
		return -1;
	}
	err = setns(fd, CLONE_NEWNET);
	if (err)
		snprintf(error, size, "network namespace %s: %s", netns, strerror(errno));
	close(fd);
	return err;
}

/* A request without attributes, in buffer[MESSAGE]. */
static struct nlmsghdr *begin(char *buffer, uint16_t family, uint8_t command, uint8_t version)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	message->nlmsg_type = family;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	message->nlmsg_seq = 1;
	header->cmd = command;
	header->version = version;
	return message;
}

/* A request whose answer is read. */
struct asked {
	struct ps_control *control;
	mnl_cb_t read;
	void *context;
};

static int read_reply(const struct nlmsghdr *message, void *context)
{
	const struct asked *asked = context;

	return asked->read ? asked->read(message, asked->context) : MNL_CB_OK;
}

/* The acknowledgement: errno becomes what it says, and the error its words, unless there are some already. */
static int read_acknowledgement(const struct nlmsghdr *message, void *context)
{
	const struct nlmsgerr *answer = mnl_nlmsg_get_payload(message);
	struct ps_control *control = ((const struct asked *)context)->control;
	const struct nlattr *attr;
	size_t at = sizeof(*answer);

	if (mnl_nlmsg_get_payload_len(message) < at) {
		errno = EBADMSG;
		return MNL_CB_ERROR;
	}
	errno = -answer->error;
	if (!answer->error)
		return MNL_CB_STOP;
	if (!(message->nlmsg_flags & NLM_F_CAPPED))
		at += MNL_ALIGN(answer->msg.nlmsg_len) - sizeof(answer->msg);
	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS) || at > mnl_nlmsg_get_payload_len(message))
		return MNL_CB_ERROR;
	mnl_attr_for_each(attr, message, at) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0 && !control->error[0])
			snprintf(control->error, sizeof(control->error), "%s", mnl_attr_get_str(attr));
	}
	errno = -answer->error;
	return MNL_CB_ERROR;
}

/* Sends it, and reads until it is acknowledged, or the dump ends. Returns 0; or -1, errno, and in control->error what words came. */
static int ask(struct ps_control *control, const struct nlmsghdr *message, mnl_cb_t read, void *context)
{
	static mnl_cb_t others[NLMSG_ERROR + 1] = { [NLMSG_ERROR] = read_acknowledgement };
	struct asked asked = { control, read, context };
	char buffer[MESSAGE];
	ssize_t len;
	int more;

	control->error[0] = 0;
	if (mnl_socket_sendto(control->socket, message, message->nlmsg_len) < 0)
		return -1;
	do {
		len = mnl_socket_recvfrom(control->socket, buffer, sizeof(buffer));
		if (len < 0)
			return -1;
		more = mnl_cb_run2(buffer, len, message->nlmsg_seq, mnl_socket_get_portid(control->socket), read_reply, &asked, others,
				   NLMSG_ERROR + 1);
	} while (more > 0);
	return more;
}

/* Words in acknowledgements, and not all of the request. A kernel that knows neither does without. */
static void want_words(const struct ps_control *control)
{
	int one = 1;

	mnl_socket_setsockopt(control->socket, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(control->socket, NETLINK_CAP_ACK, &one, sizeof(one));
}

static void read_groups(struct ps_control *control, const struct nlattr *groups)
{
	const struct nlattr *group, *attr;

	mnl_attr_for_each_nested(group, groups) {
		bool is_ours = false;
		uint32_t id = 0;

		mnl_attr_for_each_nested(attr, group) {
			if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME)
				is_ours = !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) && !strcmp(mnl_attr_get_str(attr), PACKETSCRIPT_GROUP_LOG);
			else if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID && !mnl_attr_validate(attr, MNL_TYPE_U32))
				id = mnl_attr_get_u32(attr);
		}
		if (is_ours)
			control->group = id;
	}
}

static int read_family(const struct nlmsghdr *message, void *context)
{
	struct ps_control *control = context;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID && !mnl_attr_validate(attr, MNL_TYPE_U16))
			control->family = mnl_attr_get_u16(attr);
		else if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GROUPS)
			read_groups(control, attr);
	}
	return MNL_CB_OK;
}

int ps_control_open(struct ps_control *control, const char *netns)
{
	char buffer[MESSAGE];
	struct nlmsghdr *message = begin(buffer, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);

	memset(control, 0, sizeof(*control));
	if (netns && enter(netns, control->error, sizeof(control->error)))
		return -1;
	mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, PACKETSCRIPT_FAMILY_NAME);
	control->socket = mnl_socket_open(NETLINK_GENERIC);
	if (control->socket)
		want_words(control);
	if (control->socket && !mnl_socket_bind(control->socket, 0, MNL_SOCKET_AUTOPID) && !ask(control, message, read_family, control) &&
	    control->family)
		return 0;
	if (errno == ENOENT)
		snprintf(control->error, sizeof(control->error),
			 "the kernel module packetscript is not loaded, or too old for this: so there are no states");
	else
		snprintf(control->error, sizeof(control->error), "netlink: %s", strerror(errno));
	return -1;
}

void ps_control_close(struct ps_control *control)
{
	if (control->socket)
		mnl_socket_close(control->socket);
	control->socket = NULL;
}

static int read_error(const struct nlmsghdr *message, void *context)
{
	struct ps_control *control = context;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == PACKETSCRIPT_A_ERROR && !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
			snprintf(control->error, sizeof(control->error), "%s", mnl_attr_get_str(attr));
	}
	return MNL_CB_OK;
}

int ps_control_reload(struct ps_control *control, uint32_t state)
{
	char buffer[MESSAGE];
	struct nlmsghdr *message = begin(buffer, control->family, PACKETSCRIPT_CMD_RELOAD, PACKETSCRIPT_FAMILY_VERSION);
	int err;

	mnl_attr_put_u32(message, PACKETSCRIPT_A_STATE, state);
	if (!ask(control, message, read_error, control))
		return 0;
	err = errno;
	if (err == EPERM)
		snprintf(control->error, sizeof(control->error),
			 "not permitted: loading scripts needs CAP_NET_ADMIN, and not only in a user namespace");
	else if (!control->error[0])
		snprintf(control->error, sizeof(control->error), "state %u: %s", state, strerror(err));
	return err == EINVAL ? 1 : -1;
}

/* Who is told of a list. */
struct listing {
	void (*tell)(void *context, const struct ps_listed *listed);
	void *context;
};

static const char *text_of(const struct nlattr *attr)
{
	return mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0 ? "" : mnl_attr_get_str(attr);
}

/* Whether it has room for as many bytes. */
static bool has(const struct nlattr *attr, unsigned int bytes)
{
	return mnl_attr_get_payload_len(attr) >= bytes;
}

/* The number that it is, or 0 if it is too short to be one. */
static uint8_t u8_of(const struct nlattr *attr)
{
	return has(attr, sizeof(uint8_t)) ? mnl_attr_get_u8(attr) : 0;
}

static uint16_t u16_of(const struct nlattr *attr)
{
	return has(attr, sizeof(uint16_t)) ? mnl_attr_get_u16(attr) : 0;
}

static uint32_t u32_of(const struct nlattr *attr)
{
	return has(attr, sizeof(uint32_t)) ? mnl_attr_get_u32(attr) : 0;
}

static uint64_t u64_of(const struct nlattr *attr)
{
	return has(attr, sizeof(uint64_t)) ? mnl_attr_get_u64(attr) : 0;
}

static void read_counts(const struct nlattr *nest, struct ps_listed *listed)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		unsigned int type = mnl_attr_get_type(attr);

		if (!type || type > PACKETSCRIPT_COUNT_MAX || !has(attr, type == PACKETSCRIPT_COUNT_TIMES ? sizeof(listed->times) : sizeof(uint64_t)))
			continue;
		listed->has_count[type] = true;
		if (type == PACKETSCRIPT_COUNT_TIMES)
			memcpy(listed->times, mnl_attr_get_payload(attr), sizeof(listed->times));
		else
			listed->counts[type] = mnl_attr_get_u64(attr);
	}
}

static void read_script(const struct nlattr *nest, struct ps_listed *listed)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case PACKETSCRIPT_SCRIPT_PATH:
			listed->path = text_of(attr);
			break;
		case PACKETSCRIPT_SCRIPT_KIND:
			listed->kind = text_of(attr);
			break;
		case PACKETSCRIPT_SCRIPT_DIGEST:
			listed->digest = mnl_attr_get_payload(attr);
			listed->digest_size = mnl_attr_get_payload_len(attr);
			break;
		case PACKETSCRIPT_SCRIPT_LOADED:
			listed->loaded = u64_of(attr);
			break;
		}
	}
}

static void read_rule(const struct nlattr *nest, struct ps_listed *listed)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case PACKETSCRIPT_RULE_FAMILY:
			listed->family = u8_of(attr);
			break;
		case PACKETSCRIPT_RULE_HOOKS:
			listed->hooks = u32_of(attr);
			break;
		case PACKETSCRIPT_RULE_MATCH:
			listed->is_match = true;
			break;
		case PACKETSCRIPT_RULE_TABLE:
			listed->table = text_of(attr);
			break;
		case PACKETSCRIPT_RULE_FUNCTION:
			listed->function = text_of(attr);
			break;
		case PACKETSCRIPT_RULE_ON_ERROR:
			listed->on_error = text_of(attr);
			break;
		case PACKETSCRIPT_RULE_OBJECT:
			listed->object = text_of(attr);
			break;
		case PACKETSCRIPT_RULE_COUNTS:
			read_counts(attr, listed);
			break;
		case PACKETSCRIPT_RULE_PRIORITY:
			listed->has_place = true;
			listed->priority = (int32_t)u32_of(attr);
			break;
		case PACKETSCRIPT_RULE_PROGRAM:
			listed->program = u32_of(attr);
			break;
		case PACKETSCRIPT_RULE_DEVICE:
			listed->device = text_of(attr);
			break;
		}
	}
}

static void read_counter(const struct nlattr *nest, struct ps_listed *listed)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case PACKETSCRIPT_COUNTER_NAME:
			listed->name = text_of(attr);
			break;
		case PACKETSCRIPT_COUNTER_VALUE:
			listed->value = u64_of(attr);
			break;
		}
	}
}

static int read_listed(const struct nlmsghdr *message, void *context)
{
	static void (*const read[PACKETSCRIPT_A_MAX + 1])(const struct nlattr *nest, struct ps_listed *listed) = {
		[PACKETSCRIPT_A_COUNTS] = read_counts, [PACKETSCRIPT_A_SCRIPT] = read_script,
		[PACKETSCRIPT_A_PART] = read_script, [PACKETSCRIPT_A_RULE] = read_rule, [PACKETSCRIPT_A_COUNTER] = read_counter,
	};
	struct ps_listed listed = { .path = "", .kind = "", .table = "", .function = "", .on_error = "", .object = "", .device = "", .name = "" };
	const struct listing *listing = context;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr)) {
		unsigned int type = mnl_attr_get_type(attr);

		if (type == PACKETSCRIPT_A_STATE && has(attr, sizeof(uint32_t)))
			listed.state = mnl_attr_get_u32(attr);
		if (type > PACKETSCRIPT_A_MAX || !read[type])
			continue;
		listed.what = type;
		read[type](attr, &listed);
	}
	if (listed.what)
		listing->tell(listing->context, &listed);
	return MNL_CB_OK;
}

/* What errno says of a request: what that is doing, and what a module does that knows it. */
static void tell_refused(struct ps_control *control, const char *doing, const char *does)
{
	if (errno == EPERM)
		snprintf(control->error, sizeof(control->error), "not permitted: %s needs CAP_NET_ADMIN", doing);
	else if (errno == EOPNOTSUPP)
		snprintf(control->error, sizeof(control->error), "the kernel module that is loaded is older, and cannot %s", does);
	else if (!control->error[0])
		snprintf(control->error, sizeof(control->error), "%s: %s", doing, strerror(errno));
}

int ps_control_list(struct ps_control *control, void (*tell)(void *context, const struct ps_listed *listed), void *context)
{
	char buffer[MESSAGE];
	struct nlmsghdr *message = begin(buffer, control->family, PACKETSCRIPT_CMD_LIST, PACKETSCRIPT_FAMILY_VERSION);
	struct listing listing = { tell, context };

	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	if (!ask(control, message, read_listed, &listing))
		return 0;
	if (errno == EINTR)
		return 1;
	tell_refused(control, "listing states", "list states");
	return -1;
}

static void put_text(struct nlmsghdr *message, uint16_t type, const char *text)
{
	if (text)
		mnl_attr_put_strz(message, type, text);
}

static void read_limits(const struct nlattr *nest, struct ps_state_limits *limits)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		unsigned int type = mnl_attr_get_type(attr);

		if (type == PACKETSCRIPT_LIMIT_OWN)
			limits->own = u32_of(attr);
		else if (type && type < PACKETSCRIPT_LIMIT_OWN) {
			limits->has |= 1u << type;
			limits->values[type] = u32_of(attr);
		}
	}
}

static int read_limited(const struct nlmsghdr *message, void *context)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == PACKETSCRIPT_A_LIMITS)
			read_limits(attr, context);
	}
	return MNL_CB_OK;
}

int ps_control_limits(struct ps_control *control, uint32_t state, struct ps_state_limits *limits)
{
	char buffer[MESSAGE];
	struct nlmsghdr *message = begin(buffer, control->family, PACKETSCRIPT_CMD_LIMITS, PACKETSCRIPT_FAMILY_VERSION);
	struct ps_state_limits answer = { .has = 0 };
	struct nlattr *nest;
	unsigned int i;

	mnl_attr_put_u32(message, PACKETSCRIPT_A_STATE, state);
	nest = mnl_attr_nest_start(message, PACKETSCRIPT_A_LIMITS);
	for (i = 1; i < PACKETSCRIPT_LIMIT_OWN; i++) {
		if (limits->has & 1u << i)
			mnl_attr_put_u32(message, i, limits->values[i]);
	}
	if (limits->usual)
		mnl_attr_put_u32(message, PACKETSCRIPT_LIMIT_USUAL, limits->usual);
	mnl_attr_nest_end(message, nest);
	if (ask(control, message, read_limited, &answer)) {
		if (!control->error[0])
			tell_refused(control, "limits of states", "change limits");
		return -1;
	}
	*limits = answer;
	return 0;
}

/* A request that is about this. */
static struct nlmsghdr *begin_hook(char *buffer, const struct ps_control *control, uint8_t command, const struct ps_attachment *of)
{
	struct nlmsghdr *message = begin(buffer, control->family, command, PACKETSCRIPT_FAMILY_VERSION);
	struct nlattr *nest;

	if (of->has_state)
		mnl_attr_put_u32(message, PACKETSCRIPT_A_STATE, of->state);
	nest = mnl_attr_nest_start(message, PACKETSCRIPT_A_HOOK);
	put_text(message, PACKETSCRIPT_HOOK_SCRIPT, of->script);
	put_text(message, PACKETSCRIPT_HOOK_FUNCTION, of->function);
	put_text(message, PACKETSCRIPT_HOOK_DEVICE, of->device);
	if (of->has_family)
		mnl_attr_put_u8(message, PACKETSCRIPT_HOOK_FAMILY, of->family);
	if (of->has_hook)
		mnl_attr_put_u32(message, PACKETSCRIPT_HOOK_NUMBER, of->hook);
	if (of->has_priority)
		mnl_attr_put_u32(message, PACKETSCRIPT_HOOK_PRIORITY, (uint32_t)of->priority);
	if (of->program)
		mnl_attr_put_u32(message, PACKETSCRIPT_HOOK_PROGRAM, of->program);
	if (of->memory)
		mnl_attr_put_u32(message, PACKETSCRIPT_HOOK_MEMORY, of->memory);
	if (of->percpu)
		mnl_attr_put(message, PACKETSCRIPT_HOOK_PERCPU, 0, NULL);
	if (of->defrag)
		mnl_attr_put(message, PACKETSCRIPT_HOOK_DEFRAG, 0, NULL);
	if (of->on_error)
		mnl_attr_put_u8(message, PACKETSCRIPT_HOOK_ON_ERROR, of->on_error);
	if (of->object)
		mnl_attr_put_u8(message, PACKETSCRIPT_HOOK_OBJECT, of->object);
	mnl_attr_nest_end(message, nest);
	return message;
}

/* What errno says of a request, unless the kernel has sent words. */
static void tell_errno(struct ps_control *control, const char *script)
{
	if (errno == EPERM)
		snprintf(control->error, sizeof(control->error),
			 "not permitted: attaching scripts needs CAP_NET_ADMIN, and not only in a user namespace; detaching needs it there");
	else if (!control->error[0] && errno == EOPNOTSUPP)
		snprintf(control->error, sizeof(control->error), "the kernel module that is loaded is older, and cannot attach scripts");
	else if (!control->error[0])
		snprintf(control->error, sizeof(control->error), "%s: %s", script, strerror(errno));
}

int ps_control_attach(struct ps_control *control, const struct ps_attachment *attachment)
{
	char buffer[MESSAGE];
	const struct nlmsghdr *message = begin_hook(buffer, control, PACKETSCRIPT_CMD_ATTACH, attachment);
	int err;

	if (!ask(control, message, read_error, control))
		return 0;
	err = errno;
	tell_errno(control, attachment->script);
	return err == EINVAL ? PS_CONTROL_SCRIPT : err == EEXIST ? PS_CONTROL_THERE : PS_CONTROL_FAILED;
}

struct detaching {
	void (*tell)(void *context, const struct ps_attachment *detached);
	void *context;
	int n;
};

static void read_hook(const struct nlattr *nest, struct ps_attachment *hook)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case PACKETSCRIPT_HOOK_SCRIPT:
			hook->script = text_of(attr);
			break;
		case PACKETSCRIPT_HOOK_FUNCTION:
			hook->function = text_of(attr);
			break;
		case PACKETSCRIPT_HOOK_DEVICE:
			hook->device = text_of(attr);
			break;
		case PACKETSCRIPT_HOOK_FAMILY:
			hook->family = u8_of(attr);
			break;
		case PACKETSCRIPT_HOOK_NUMBER:
			hook->hook = u32_of(attr);
			break;
		case PACKETSCRIPT_HOOK_PRIORITY:
			hook->priority = (int32_t)u32_of(attr);
			break;
		case PACKETSCRIPT_HOOK_PROGRAM:
			hook->program = u32_of(attr);
			break;
		}
	}
}

static int read_detached(const struct nlmsghdr *message, void *context)
{
	struct detaching *detaching = context;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr)) {
		struct ps_attachment hook = { .script = "", .function = "" };

		if (mnl_attr_get_type(attr) != PACKETSCRIPT_A_HOOK)
			continue;
		read_hook(attr, &hook);
		detaching->tell(detaching->context, &hook);
		detaching->n++;
	}
	return MNL_CB_OK;
}

int ps_control_detach(struct ps_control *control, const struct ps_attachment *wanted,
		      void (*tell)(void *context, const struct ps_attachment *detached), void *context)
{
	struct detaching detaching = { .tell = tell, .context = context };
	char buffer[MESSAGE];

	/* the kernel takes as many at once as its answer has room for */
	while (!ask(control, begin_hook(buffer, control, PACKETSCRIPT_CMD_DETACH, wanted), read_detached, &detaching))
		;
	if (errno == ENOENT)
		return detaching.n;
	tell_errno(control, wanted->script);
	return -1;
}

/* Reads what comes, until that is no more wanted or a signal interrupts. Returns 0, or -1. */
static int hear(struct ps_control *control, mnl_cb_t read, void *context)
{
	char buffer[MESSAGE];
	int more = 1;
	ssize_t len;

	while (more > 0) {
		len = mnl_socket_recvfrom(control->socket, buffer, sizeof(buffer));
		if (len < 0 && errno == ENOBUFS) {	/* what comes is numbered: that tells how much was lost */
			control->overruns++;
			continue;
		}
		more = len < 0 ? -1 : mnl_cb_run(buffer, len, 0, 0, read, context);
	}
	if (!more || errno == EINTR)
		return 0;
	snprintf(control->error, sizeof(control->error), "netlink: %s", strerror(errno));
	return -1;
}

/* Who is told of lines. */
struct listener {
	bool (*tell)(void *context, const struct ps_told *line);
	void *context;
};

static void read_at(const struct nlattr *nest, struct ps_told_at *at)
{
	const struct nlattr *attr;

	*at = (struct ps_told_at){ .file = "" };
	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case PACKETSCRIPT_AT_FILE:
			at->file = text_of(attr);
			break;
		case PACKETSCRIPT_AT_FUNCTION:
			at->function = text_of(attr);
			break;
		case PACKETSCRIPT_AT_LINE:
			at->line = u32_of(attr);
			break;
		case PACKETSCRIPT_AT_DEFINED:
			at->defined = u32_of(attr);
			break;
		}
	}
}

static void read_line(const struct nlattr *nest, struct ps_told *line)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case PACKETSCRIPT_LINE_TEXT:
			line->text = text_of(attr);
			break;
		case PACKETSCRIPT_LINE_LEVEL:
			line->level = u8_of(attr);
			line->has_level = true;
			break;
		case PACKETSCRIPT_LINE_AT:
			if (line->levels < PS_TOLD_LEVELS)
				read_at(attr, &line->at[line->levels++]);
			break;
		case PACKETSCRIPT_LINE_ERROR:
			line->is_error = true;
			break;
		case PACKETSCRIPT_LINE_TIME:
			line->time = u64_of(attr);
			break;
		case PACKETSCRIPT_LINE_NUMBER:
			line->number = u64_of(attr);
			break;
		}
	}
}

static int read_told(const struct nlmsghdr *message, void *context)
{
	struct ps_told line = { .text = NULL };
	const struct listener *listener = context;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == PACKETSCRIPT_A_STATE && has(attr, sizeof(uint32_t)))
			line.state = mnl_attr_get_u32(attr);
		else if (mnl_attr_get_type(attr) == PACKETSCRIPT_A_LINE)
			read_line(attr, &line);
	}
	return !line.text || listener->tell(listener->context, &line) ? MNL_CB_OK : MNL_CB_STOP;
}

int ps_control_listen(struct ps_control *control, bool (*tell)(void *context, const struct ps_told *line), void *context)
{
	struct listener listener = { tell, context };
	int group = control->group;

	if (!group) {
		snprintf(control->error, sizeof(control->error), "the kernel module that is loaded is older, and tells nobody");
		return -1;
	}
	if (mnl_socket_setsockopt(control->socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group))) {
		snprintf(control->error, sizeof(control->error), "%s", errno == EPERM ?
			 "not permitted: listening to states needs CAP_NET_ADMIN" : strerror(errno));
		return -1;
	}
	return hear(control, read_told, &listener);
}

/*
 * Sets of addresses.
 */
#define RANGES_MAX	28000	/* bytes of ranges in one message */

/* How far the spans are sent. */
struct sent {
	size_t n4, n6;
};

static void put_ranges4(struct nlmsghdr *message, const struct ps_span_list *list, size_t *sent)
{
	uint8_t bytes[RANGES_MAX];
	size_t used;

	for (used = 0; *sent < list->n && used + 8 <= RANGES_MAX; ++*sent, used += 8) {
		ps_store32(bytes + used, list->spans[*sent].first.low);
		ps_store32(bytes + used + 4, list->spans[*sent].last.low);
	}
	mnl_attr_put(message, PACKETSCRIPT_SET_RANGES4, used, bytes);
}

static void put_ranges6(struct nlmsghdr *message, const struct ps_span_list *list, size_t *sent)
{
	uint8_t bytes[RANGES_MAX];
	size_t used;

	for (used = 0; *sent < list->n && used + 32 <= RANGES_MAX; ++*sent, used += 32) {
		ps_store128(bytes + used, list->spans[*sent].first);
		ps_store128(bytes + used + 16, list->spans[*sent].last);
	}
	mnl_attr_put(message, PACKETSCRIPT_SET_RANGES6, used, bytes);
}

/* Some of what is left. Returns whether there is more. */
static bool put_spans(struct nlmsghdr *message, const struct ps_spans *spans, struct sent *sent)
{
	if (sent->n4 < spans->list4.n)
		put_ranges4(message, &spans->list4, &sent->n4);
	else
		put_ranges6(message, &spans->list6, &sent->n6);
	return sent->n4 < spans->list4.n || sent->n6 < spans->list6.n;
}

static const char *set_error(int err)
{
	if (err == EPERM)
		return "not permitted: sets need CAP_NET_ADMIN";
	return err == EOPNOTSUPP ? "the kernel module that is loaded is older, and has no sets" : strerror(err);
}

int ps_control_set(struct ps_control *control, const struct ps_set_change *change)
{
	struct sent sent = { 0, 0 };
	char buffer[MESSAGE];
	struct nlmsghdr *message;
	struct nlattr *nest;
	bool has_more;

	do {
		message = begin(buffer, control->family, PACKETSCRIPT_CMD_SET, PACKETSCRIPT_FAMILY_VERSION);
		nest = mnl_attr_nest_start(message, PACKETSCRIPT_A_SET);
		put_text(message, PACKETSCRIPT_SET_NAME, change->name);
		mnl_attr_put_u8(message, PACKETSCRIPT_SET_ACTION, change->action);
		put_text(message, PACKETSCRIPT_SET_OTHER, change->other);
		has_more = change->spans && put_spans(message, change->spans, &sent);
		if (has_more)
			mnl_attr_put(message, PACKETSCRIPT_SET_MORE, 0, NULL);
		mnl_attr_nest_end(message, nest);
		if (!ask(control, message, read_error, control))
			continue;
		if (!control->error[0])
			snprintf(control->error, sizeof(control->error), "set '%s': %s", change->name, set_error(errno));
		return -1;
	} while (has_more);
	return 0;
}

struct set_reader {
	void (*tell)(void *context, const struct ps_listed_set *set);
	void *context;
};

static void read_ranges4(const struct nlattr *attr, struct ps_spans *spans)
{
	const uint8_t *at = mnl_attr_get_payload(attr);
	size_t n;

	for (n = mnl_attr_get_payload_len(attr) / 8; n; n--, at += 8) {
		struct ps_span span = { { 0, ps_load32(at) }, { 0, ps_load32(at + 4) } };

		ps_spans_add(spans, PS_IPV4, &span);
	}
}

static void read_ranges6(const struct nlattr *attr, struct ps_spans *spans)
{
	const uint8_t *at = mnl_attr_get_payload(attr);
	size_t n;

	for (n = mnl_attr_get_payload_len(attr) / 32; n; n--, at += 32) {
		struct ps_span span = { ps_load128(at), ps_load128(at + 16) };

		ps_spans_add(spans, PS_IPV6, &span);
	}
}

static int read_set(const struct nlattr *attr, void *context)
{
	struct ps_listed_set *set = context;

	switch (mnl_attr_get_type(attr)) {
	case PACKETSCRIPT_SET_NAME:
		set->name = text_of(attr);
		break;
	case PACKETSCRIPT_SET_COUNT4:
		set->count4 = u32_of(attr);
		break;
	case PACKETSCRIPT_SET_COUNT6:
		set->count6 = u32_of(attr);
		break;
	case PACKETSCRIPT_SET_BYTES:
		set->bytes = u64_of(attr);
		break;
	case PACKETSCRIPT_SET_USES:
		set->uses = u32_of(attr);
		break;
	case PACKETSCRIPT_SET_KEPT:
		set->is_kept = true;
		break;
	}
	return MNL_CB_OK;
}

static int read_sets(const struct nlmsghdr *message, void *context)
{
	const struct set_reader *reader = context;
	struct ps_listed_set set = { .name = "" };
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) != PACKETSCRIPT_A_SET)
			continue;
		mnl_attr_parse_nested(attr, read_set, &set);
		reader->tell(reader->context, &set);
	}
	return MNL_CB_OK;
}

static int read_range(const struct nlattr *attr, void *context)
{
	if (mnl_attr_get_type(attr) == PACKETSCRIPT_SET_RANGES4)
		read_ranges4(attr, context);
	else if (mnl_attr_get_type(attr) == PACKETSCRIPT_SET_RANGES6)
		read_ranges6(attr, context);
	return MNL_CB_OK;
}

static int read_spans(const struct nlmsghdr *message, void *context)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == PACKETSCRIPT_A_SET)
			mnl_attr_parse_nested(attr, read_range, context);
	}
	return MNL_CB_OK;
}

int ps_control_sets(struct ps_control *control, void (*tell)(void *context, const struct ps_listed_set *set), void *context)
{
	char buffer[MESSAGE];
	struct nlmsghdr *message = begin(buffer, control->family, PACKETSCRIPT_CMD_SETS, PACKETSCRIPT_FAMILY_VERSION);
	struct set_reader reader = { tell, context };

	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	if (!ask(control, message, read_sets, &reader))
		return 0;
	if (errno == EINTR)
		return 1;
	snprintf(control->error, sizeof(control->error), "%s", set_error(errno));
	return -1;
}

int ps_control_set_read(struct ps_control *control, const char *name, struct ps_spans *spans)
{
	char buffer[MESSAGE];
	struct nlmsghdr *message = begin(buffer, control->family, PACKETSCRIPT_CMD_SETS, PACKETSCRIPT_FAMILY_VERSION);
	struct nlattr *nest = mnl_attr_nest_start(message, PACKETSCRIPT_A_SET);

	put_text(message, PACKETSCRIPT_SET_NAME, name);
	mnl_attr_nest_end(message, nest);
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	if (!ask(control, message, read_spans, spans))
		return 0;
	snprintf(control->error, sizeof(control->error), "set '%s': %s", name,
		 errno == ENOENT ? "there is none in this network namespace" : set_error(errno));
	return -1;
}

/*
 * Shared tables.
 */
struct table_reader {
	void (*tell_table)(void *context, const struct ps_listed_table *table);
	void (*tell_entry)(void *context, const struct ps_shared_entry *entry);
	void *context;
};

static struct ps_cell number_cell(enum ps_cell_type type, int64_t number)
{
	return (struct ps_cell){ .type = type, .number = number };
}

static struct ps_cell bytes_cell(enum ps_cell_type type, const struct nlattr *attr)
{
	return (struct ps_cell){ .type = type, .bytes = mnl_attr_get_payload(attr), .len = mnl_attr_get_payload_len(attr) };
}

static int read_cell(const struct nlattr *attr, void *context)
{
	struct ps_shared_entry *entry = context;

	switch (mnl_attr_get_type(attr)) {
	case PACKETSCRIPT_ENTRY_NUMBER:
		entry->key = number_cell(PS_CELL_INTEGER, u64_of(attr));
		break;
	case PACKETSCRIPT_ENTRY_NAME:
		entry->key = bytes_cell(PS_CELL_STRING, attr);
		break;
	case PACKETSCRIPT_ENTRY_INTEGER:
		entry->value = number_cell(PS_CELL_INTEGER, u64_of(attr));
		break;
	case PACKETSCRIPT_ENTRY_BOOLEAN:
		entry->value = number_cell(PS_CELL_BOOLEAN, u8_of(attr));
		break;
	case PACKETSCRIPT_ENTRY_STRING:
		entry->value = bytes_cell(PS_CELL_STRING, attr);
		break;
	case PACKETSCRIPT_ENTRY_ARRAY:
		entry->value = bytes_cell(PS_CELL_ARRAY, attr);
		break;
	case PACKETSCRIPT_ENTRY_LENGTH:
		entry->length = u32_of(attr);
		break;
	case PACKETSCRIPT_ENTRY_TTL:
		entry->ttl = u64_of(attr);
		entry->has_ttl = true;
		break;
	}
	return MNL_CB_OK;
}

static void read_entry(const struct nlattr *nest, const struct table_reader *reader)
{
	struct ps_shared_entry entry = { .length = 0 };

	mnl_attr_parse_nested(nest, read_cell, &entry);
	if (entry.key.type && entry.value.type)
		reader->tell_entry(reader->context, &entry);
}

static void read_table(const struct nlattr *nest, const struct table_reader *reader)
{
	struct ps_listed_table table = { .name = "" };
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case PACKETSCRIPT_SHARED_ENTRY:
			if (reader->tell_entry)
				read_entry(attr, reader);
			break;
		case PACKETSCRIPT_SHARED_NAME:
			table.name = text_of(attr);
			break;
		case PACKETSCRIPT_SHARED_COUNT:
			table.count = u64_of(attr);
			break;
		case PACKETSCRIPT_SHARED_SIZE:
			table.size = u32_of(attr);
			break;
		case PACKETSCRIPT_SHARED_TTL:
			table.ttl = u64_of(attr);
			break;
		case PACKETSCRIPT_SHARED_USES:
			table.uses = u32_of(attr);
			break;
		case PACKETSCRIPT_SHARED_KEPT:
			table.is_kept = true;
			break;
		}
	}
	if (reader->tell_table)
		reader->tell_table(reader->context, &table);
}

static int read_tables(const struct nlmsghdr *message, void *context)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == PACKETSCRIPT_A_SHARED)
			read_table(attr, context);
	}
	return MNL_CB_OK;
}

static int table_failed(struct ps_control *control, const char *name)
{
	int err = errno;

	if (err == EOPNOTSUPP)
		snprintf(control->error, sizeof(control->error), "the kernel module that is loaded is older, and tells nothing of shared tables");
	else if (!control->error[0] && err == EPERM)
		snprintf(control->error, sizeof(control->error), "not permitted: shared tables need CAP_NET_ADMIN");
	else if (!control->error[0])
		snprintf(control->error, sizeof(control->error), "table '%s': %s", name,
			 err == ENOENT ? "there is none in this network namespace" : strerror(err));
	return -1;
}

int ps_control_tables(struct ps_control *control, void (*tell)(void *context, const struct ps_listed_table *table), void *context)
{
	struct table_reader reader = { .tell_table = tell, .context = context };
	char buffer[MESSAGE];
	struct nlmsghdr *message = begin(buffer, control->family, PACKETSCRIPT_CMD_TABLES, PACKETSCRIPT_FAMILY_VERSION);

	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	if (!ask(control, message, read_tables, &reader))
		return 0;
	return errno == EINTR ? 1 : table_failed(control, "");
}

static void put_key(struct nlmsghdr *message, const struct ps_cell *key)
{
	if (key->type == PS_CELL_INTEGER)
		mnl_attr_put_u64(message, PACKETSCRIPT_ENTRY_NUMBER, key->number);
	else
		mnl_attr_put(message, PACKETSCRIPT_ENTRY_NAME, key->len, key->bytes);
}

static void put_value(struct nlmsghdr *message, const struct ps_cell *value)
{
	if (value->type == PS_CELL_INTEGER)
		mnl_attr_put_u64(message, PACKETSCRIPT_ENTRY_INTEGER, value->number);
	else if (value->type == PS_CELL_BOOLEAN)
		mnl_attr_put_u8(message, PACKETSCRIPT_ENTRY_BOOLEAN, value->number);
	else if (value->type)
		mnl_attr_put(message, value->type == PS_CELL_STRING ? PACKETSCRIPT_ENTRY_STRING : PACKETSCRIPT_ENTRY_ARRAY, value->len, value->bytes);
}

static void put_entry(struct nlmsghdr *message, const struct ps_shared_entry *entry)
{
	struct nlattr *nest = mnl_attr_nest_start(message, PACKETSCRIPT_SHARED_ENTRY);

	put_key(message, &entry->key);
	put_value(message, &entry->value);
	if (entry->has_ttl)
		mnl_attr_put_u64(message, PACKETSCRIPT_ENTRY_TTL, entry->ttl);
	mnl_attr_nest_end(message, nest);
}

#define ENTRY_REST	64	/* bytes of attributes of an entry, besides its own bytes */

/* How many of the entries have room in a message. */
static size_t count_fitting(const struct ps_shared_entry *entries, size_t n)
{
	size_t i, used = 256;

	for (i = 0; i < n; i++) {
		used += entries[i].key.len + entries[i].value.len + ENTRY_REST;
		if (used > MESSAGE)
			break;
	}
	return i;
}

static struct nlmsghdr *begin_table(char *buffer, const struct ps_control *control, const char *name, enum packetscript_shared_action action,
				    const struct ps_shared_entry *entries, size_t n)
{
	struct nlmsghdr *message = begin(buffer, control->family, PACKETSCRIPT_CMD_SHARED, PACKETSCRIPT_FAMILY_VERSION);
	struct nlattr *nest = mnl_attr_nest_start(message, PACKETSCRIPT_A_SHARED);

	put_text(message, PACKETSCRIPT_SHARED_NAME, name);
	mnl_attr_put_u8(message, PACKETSCRIPT_SHARED_ACTION, action);
	for (; n; n--, entries++)
		put_entry(message, entries);
	mnl_attr_nest_end(message, nest);
	return message;
}

int ps_control_table_read(struct ps_control *control, const char *name,
			  void (*tell)(void *context, const struct ps_shared_entry *entry), void *context)
{
	struct table_reader reader = { .tell_entry = tell, .context = context };
	char buffer[MESSAGE];
	struct nlmsghdr *message = begin(buffer, control->family, PACKETSCRIPT_CMD_TABLES, PACKETSCRIPT_FAMILY_VERSION);
	struct nlattr *nest = mnl_attr_nest_start(message, PACKETSCRIPT_A_SHARED);

	put_text(message, PACKETSCRIPT_SHARED_NAME, name);
	mnl_attr_nest_end(message, nest);
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	return ask(control, message, read_tables, &reader) ? table_failed(control, name) : 0;
}

int ps_control_table_get(struct ps_control *control, const char *name, const struct ps_cell *key,
			 void (*tell)(void *context, const struct ps_shared_entry *entry), void *context)
{
	struct table_reader reader = { .tell_entry = tell, .context = context };
	const struct ps_shared_entry entry = { .key = *key };
	char buffer[MESSAGE];
	const struct nlmsghdr *message = begin_table(buffer, control, name, PACKETSCRIPT_SHARED_GET, &entry, 1);

	return ask(control, message, read_tables, &reader) ? table_failed(control, name) : 0;
}

int ps_control_table(struct ps_control *control, const char *name, enum packetscript_shared_action action,
		     const struct ps_shared_entry *entries, size_t n)
{
	char buffer[MESSAGE];
	size_t some;

	do {
		some = count_fitting(entries, n);
		if (n && !some) {
			snprintf(control->error, sizeof(control->error), "table '%s': the bytes of an entry do not fit into a message", name);
			return -1;
		}
		if (ask(control, begin_table(buffer, control, name, action, entries, some), NULL, NULL))
			return table_failed(control, name);
		entries += some;
		n -= some;
	} while (n);
	return 0;
}

/* Who is told of packets. */
struct tracing {
	const struct ps_filter *filter;
	bool (*tell)(void *context, const struct ps_traced_packet *packet);
	void *context;
};

/* Bytes of a packet, no more than it has. */
static const uint8_t *bytes_of(const struct nlattr *attr, uint32_t *captured)
{
	*captured = mnl_attr_get_payload_len(attr);
	return mnl_attr_get_payload(attr);
}

static void read_traced(const struct nlattr *nest, struct ps_traced_packet *packet)
{
	const char **const texts[PACKETSCRIPT_TRACE_MAX + 1] = {
		[PACKETSCRIPT_TRACE_SCRIPT] = &packet->script, [PACKETSCRIPT_TRACE_FUNCTION] = &packet->function,
		[PACKETSCRIPT_TRACE_TABLE] = &packet->table, [PACKETSCRIPT_TRACE_HOOK] = &packet->hook,
		[PACKETSCRIPT_TRACE_DEV_IN] = &packet->dev_in, [PACKETSCRIPT_TRACE_DEV_OUT] = &packet->dev_out,
		[PACKETSCRIPT_TRACE_VERDICT] = &packet->verdict, [PACKETSCRIPT_TRACE_PLACE] = &packet->place,
		[PACKETSCRIPT_TRACE_ERROR] = &packet->error,
	};
	const struct nlattr *attr;
	bool has_left = false;

	mnl_attr_for_each_nested(attr, nest) {
		unsigned int type = mnl_attr_get_type(attr);

		if (type <= PACKETSCRIPT_TRACE_MAX && texts[type])
			*texts[type] = text_of(attr);
		switch (type) {
		case PACKETSCRIPT_TRACE_LENGTH:
			packet->before_length = ntohl(u32_of(attr));
			break;
		case PACKETSCRIPT_TRACE_LINK:
			packet->link = u8_of(attr);
			break;
		case PACKETSCRIPT_TRACE_BEFORE:
			packet->before = bytes_of(attr, &packet->before_captured);
			break;
		case PACKETSCRIPT_TRACE_AFTER:
			packet->after = bytes_of(attr, &packet->after_captured);
			break;
		case PACKETSCRIPT_TRACE_LEFT:
			packet->after_length = u32_of(attr);
			has_left = true;
			break;
		case PACKETSCRIPT_TRACE_PROTOCOL:
			packet->protocol = u16_of(attr);
			break;
		case PACKETSCRIPT_TRACE_TIME:
			packet->time = u64_of(attr);
			break;
		case PACKETSCRIPT_TRACE_TOOK:
			packet->took = u64_of(attr);
			break;
		case PACKETSCRIPT_TRACE_NUMBER:
			packet->number = u64_of(attr);
			break;
		case PACKETSCRIPT_TRACE_FAMILY:
			packet->family = u8_of(attr);
			break;
		case PACKETSCRIPT_TRACE_MATCH:
			packet->is_match = true;
			break;
		case PACKETSCRIPT_TRACE_QUEUE:
			packet->has_queue = true;
			packet->queue = u16_of(attr);
			break;
		}
	}
	if (!has_left)
		packet->after_length = packet->before_length;
	if (!packet->after) {
		packet->after = packet->before;
		packet->after_captured = packet->before_captured;
	}
}

static bool is_about(const struct ps_filter *filter, const struct ps_traced_packet *packet)
{
	return !filter || ps_filter_has(filter, packet->link, packet->before, packet->before_captured, packet->before_length);
}

static int read_trace(const struct nlmsghdr *message, void *context)
{
	struct ps_traced_packet packet = {
		.script = "", .function = "", .table = "", .hook = "", .dev_in = "", .dev_out = "", .verdict = "", .place = "", .error = "",
	};
	const struct tracing *tracing = context;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == PACKETSCRIPT_A_STATE)
			packet.state = u32_of(attr);
		else if (mnl_attr_get_type(attr) == PACKETSCRIPT_A_TRACE)
			read_traced(attr, &packet);
	}
	if (!packet.before || packet.link > packet.before_captured || packet.link > packet.after_captured || !is_about(tracing->filter, &packet))
		return MNL_CB_OK;
	return tracing->tell(tracing->context, &packet) ? MNL_CB_OK : MNL_CB_STOP;
}

/* The kernel puts the packet first, behind headers of attributes: of the nest, of numbers, of its own. */
static const struct ps_filter_layout trace_layout = {
	.length = NLMSG_HDRLEN + GENL_HDRLEN + 2 * NLA_HDRLEN,
	.link = NLMSG_HDRLEN + GENL_HDRLEN + 3 * NLA_HDRLEN + 4,
	.bytes = NLMSG_HDRLEN + GENL_HDRLEN + 4 * NLA_HDRLEN + 4 + 4,
};

static int start_trace(struct ps_control *control, const struct ps_trace_wanted *wanted)
{
	char buffer[MESSAGE];
	struct nlmsghdr *message = begin(buffer, control->family, PACKETSCRIPT_CMD_TRACE, PACKETSCRIPT_FAMILY_VERSION);
	struct nlattr *nest;

	if (wanted->has_state)
		mnl_attr_put_u32(message, PACKETSCRIPT_A_STATE, wanted->state);
	nest = mnl_attr_nest_start(message, PACKETSCRIPT_A_TRACE);
	put_text(message, PACKETSCRIPT_TRACE_SCRIPT, wanted->script);
	mnl_attr_nest_end(message, nest);
	if (!ask(control, message, NULL, NULL))
		return 0;
	if (errno == ENOENT)
		snprintf(control->error, sizeof(control->error),
			 "no rule or hook of this network namespace has it; 'packetscript list' shows what there is");
	else if (errno == EBUSY)
		snprintf(control->error, sizeof(control->error), "too many trace packets already");
	else
		tell_refused(control, "tracing packets", "trace packets");
	return -1;
}

int ps_control_trace(struct ps_control *control, const struct ps_trace_wanted *wanted,
		     bool (*tell)(void *context, const struct ps_traced_packet *packet), void *context)
{
	struct tracing tracing = { wanted->filter, tell, context };

	if (start_trace(control, wanted))
		return -1;
	if (wanted->filter)
		ps_filter_attach(wanted->filter, mnl_socket_get_fd(control->socket), &trace_layout);
	return hear(control, read_trace, &tracing);
}
