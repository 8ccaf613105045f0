/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "filter.h"

#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define LENGTH_MAX	65535	/* bytes of a packet */

static int compile(struct bpf_program *program, int link, const char *text, char *error, size_t size)
{
	pcap_t *pcap = pcap_open_dead(link, LENGTH_MAX);
	int err = pcap ? pcap_compile(pcap, program, text, 1, PCAP_NETMASK_UNKNOWN) : -1;

	if (err) {
		memset(program, 0, sizeof(*program));
		snprintf(error, size, "%s", pcap ? pcap_geterr(pcap) : "no memory");
	}
	if (pcap)
		pcap_close(pcap);
	return err;
}

/* What Ethernet has names for is not known where there is none: "arp", "ether host". */
int ps_filter_compile(struct ps_filter *filter, const char *text, char *error, size_t size)
{
	char ignored[PCAP_ERRBUF_SIZE];

	memset(filter, 0, sizeof(*filter));
	if (compile(&filter->frames, DLT_EN10MB, text, error, size))
		return -1;
	compile(&filter->packets, DLT_RAW, text, ignored, sizeof(ignored));
	return 0;
}

void ps_filter_clean(struct ps_filter *filter)
{
	pcap_freecode(&filter->frames);
	pcap_freecode(&filter->packets);
}

bool ps_filter_has(const struct ps_filter *filter, bool is_frame, const uint8_t *bytes, uint32_t captured, uint32_t length)
{
	const struct pcap_pkthdr header = { .caplen = captured, .len = length };
	const struct bpf_program *program = is_frame ? &filter->frames : &filter->packets;

	return program->bf_len && pcap_offline_filter(program, &header, bytes);
}

/* The instruction, as it is to be where the packet is not at the beginning. False: there is none. */
static bool move(struct bpf_insn *insn, const struct ps_filter_layout *layout)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		if (BPF_MODE(insn->code) == BPF_ABS || BPF_MODE(insn->code) == BPF_IND) {
			insn->k += layout->bytes;
		} else if (BPF_MODE(insn->code) == BPF_LEN) {
			insn->code = BPF_LD | BPF_W | BPF_ABS;
			insn->k = layout->length;
		}
		return true;
	case BPF_LDX:
		if (BPF_MODE(insn->code) == BPF_MSH)
			insn->k += layout->bytes;
		return BPF_MODE(insn->code) != BPF_LEN;
	}
	return true;
}

/* Puts the program behind n instructions; one that has none says no. Returns how many there are then, or 0. */
static unsigned int add(struct bpf_insn *all, unsigned int n, const struct bpf_program *program, const struct ps_filter_layout *layout)
{
	static const struct bpf_insn no = BPF_STMT(BPF_RET | BPF_K, 0);
	unsigned int i;

	if (!program->bf_len) {
		all[n] = no;
		return n + 1;
	}
	for (i = 0; i < program->bf_len; i++) {
		all[n + i] = program->bf_insns[i];
		if (!move(&all[n + i], layout))
			return 0;
	}
	return n + i;
}

void ps_filter_attach(const struct ps_filter *filter, int socket, const struct ps_filter_layout *layout)
{
	/* jumps of conditions reach 255 instructions */
	const struct bpf_insn head[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, layout->link),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_JMP | BPF_JA, filter->frames.bf_len ? filter->frames.bf_len : 1),
	};
	const unsigned int n = sizeof(head) / sizeof(*head);
	struct bpf_insn *all = calloc(n + filter->frames.bf_len + filter->packets.bf_len + 2, sizeof(*all));
	struct sock_fprog program = { .filter = (struct sock_filter *)all };
	unsigned int len;

	_Static_assert(sizeof(struct bpf_insn) == sizeof(struct sock_filter), "both are what the kernel takes");
	if (!all)
		return;
	memcpy(all, head, sizeof(head));
	len = add(all, n, &filter->frames, layout);
	len = len ? add(all, len, &filter->packets, layout) : 0;
	program.len = len;
	if (len && len <= BPF_MAXINSNS)
		setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	free(all);
}
