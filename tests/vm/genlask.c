/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * genlask [-w] FAMILY: sends a request of generic netlink for each line of standard input, all of one socket: "COMMAND [FLAGS] HEX", where FLAGS are
 * nlmsg_flags besides NLM_F_REQUEST and NLM_F_ACK, in decimal, or - for none, and HEX is the attributes as they are sent. Prints what errno
 * each was answered with, 0 if it was done; with -w, behind that the words of the acknowledgement, if it has some.
 */
#include <ctype.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
	struct nlmsghdr header;
	struct genlmsghdr genl;
	unsigned char attributes[70000];
};

static int sock;
static char words[4096];	/* of the last acknowledgement */
static unsigned short family;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Looks for the number of the family in what the controller says of it. */
static void read_family(const unsigned char *at, const unsigned char *end)
{
	while (end - at >= NLA_HDRLEN) {
		const struct nlattr *attr = (const struct nlattr *)at;

		if (attr->nla_len < NLA_HDRLEN || attr->nla_len > end - at)
			return;
		if (attr->nla_type == CTRL_ATTR_FAMILY_ID)
			memcpy(&family, at + NLA_HDRLEN, sizeof(family));
		at += NLA_ALIGN(attr->nla_len);
	}
}

/* The words of an acknowledgement. */
static void read_words(const struct nlmsghdr *message)
{
	const struct nlmsgerr *answer = NLMSG_DATA(message);
	const unsigned char *at = (const unsigned char *)(answer + 1), *end = (const unsigned char *)message + message->nlmsg_len;

	words[0] = 0;
	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(message->nlmsg_flags & NLM_F_CAPPED))
		at += NLMSG_ALIGN(answer->msg.nlmsg_len) - sizeof(answer->msg);
	while (end - at >= NLA_HDRLEN) {
		const struct nlattr *attr = (const struct nlattr *)at;

		if (attr->nla_len < NLA_HDRLEN || attr->nla_len > end - at)
			return;
		if (attr->nla_type == NLMSGERR_ATTR_MSG)
			snprintf(words, sizeof(words), " %.*s", attr->nla_len - NLA_HDRLEN, (const char *)(attr + 1));
		at += NLA_ALIGN(attr->nla_len);
	}
}

/* Reads until the request is acknowledged or the dump ends. Returns the errno. */
static int read_answer(void)
{
	static unsigned char buffer[70000];

	for (;;) {
		int len = recv(sock, buffer, sizeof(buffer), 0);
		const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;

		if (len < 0)
			die("recv");
		for (; NLMSG_OK(message, (unsigned int)len); message = NLMSG_NEXT(message, len)) {
			if (message->nlmsg_type == NLMSG_ERROR)
				read_words(message);
			if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE)
				return -*(const int *)NLMSG_DATA(message);
			if (message->nlmsg_type == GENL_ID_CTRL)
				read_family((const unsigned char *)NLMSG_DATA(message) + GENL_HDRLEN, (const unsigned char *)message + message->nlmsg_len);
		}
	}
}

static int ask(struct request *request, unsigned short type, int command, int flags, int len)
{
	static const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	request->header = (struct nlmsghdr){ .nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN) + len, .nlmsg_type = type,
					     .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags };
	request->genl = (struct genlmsghdr){ .cmd = command, .version = 1 };
	if (sendto(sock, request, request->header.nlmsg_len, 0, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return errno;
	return read_answer();
}

static int digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

static int unhex(const char *text, unsigned char *to, int room)
{
	int n = 0;

	for (; n < room && isxdigit((unsigned char)text[0]) && isxdigit((unsigned char)text[1]); text += 2)
		to[n++] = digit(text[0]) << 4 | digit(text[1]);
	return n;
}

int main(int argc, char **argv)
{
	static struct request request;
	static char line[150000];
	struct nlattr *name = (struct nlattr *)request.attributes;
	int command, at, wants_words = argc == 3 && !strcmp(argv[1], "-w");
	char flags[16];

	argv += wants_words;
	if (argc != 2 + wants_words || strlen(argv[1]) >= GENL_NAMSIZ) {
		fprintf(stderr, "usage: genlask [-w] FAMILY\n");
		return 1;
	}
	sock = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	if (sock < 0)
		die("socket");
	if (wants_words && setsockopt(sock, SOL_NETLINK, NETLINK_EXT_ACK, &wants_words, sizeof(wants_words)))
		die("NETLINK_EXT_ACK");
	*name = (struct nlattr){ .nla_len = NLA_HDRLEN + strlen(argv[1]) + 1, .nla_type = CTRL_ATTR_FAMILY_NAME };
	strcpy((char *)(name + 1), argv[1]);
	if (ask(&request, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0, NLA_ALIGN(name->nla_len)) || !family) {
		fprintf(stderr, "genlask: there is no family %s\n", argv[1]);
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%d %15s %n", &command, flags, &at) < 2)
			die("a line");
		at = ask(&request, family, command, atoi(flags), unhex(line + at, request.attributes, sizeof(request.attributes)));
		printf("%d%s\n", at, words);
	}
	return 0;
}
