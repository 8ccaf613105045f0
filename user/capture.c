/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "capture.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define ETH_P_IP	0x0800
#define ETH_P_IPV6	0x86DD

/* How a link layer tells what it carries. */
enum link_kind {
	BY_TYPE,	/* an Ethernet type at byte at */
	BY_FAMILY,	/* an address family, in the byte order of the host that captured */
	BY_FAMILY_NET,	/* the same in network byte order */
	BY_VERSION,	/* the first four bits of the IP header */
};

struct ps_link {
	int dlt;
	uint8_t header;		/* bytes before the network header */
	uint8_t kind;		/* enum link_kind */
	uint8_t at;
	bool is_ethernet;	/* the header is one that scripts see */
};

/* https://www.tcpdump.org/linktypes.html */
static const struct ps_link links[] = {
	{ DLT_EN10MB,     14, BY_TYPE, 12, true },
	{ DLT_LINUX_SLL,  16, BY_TYPE, 14 },
	{ DLT_LINUX_SLL2, 20, BY_TYPE, 0 },
	{ DLT_NULL,        4, BY_FAMILY },
	{ DLT_LOOP,        4, BY_FAMILY_NET },
	{ DLT_RAW,         0, BY_VERSION },
	{ DLT_IPV4,        0, BY_VERSION },
	{ DLT_IPV6,        0, BY_VERSION },
};

#define LINKS	"Ethernet, raw IP, Linux cooked, loopback"

static int fail(char *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, PS_CAPTURE_ERROR_SIZE, format, args);
	va_end(args);
	return -1;
}

/*
 * Whether times are in nanoseconds, which libpcap does not tell: pcap files begin with a1b23c4d
 * then, in the byte order of the host that wrote them. pcapng may have any precision.
 */
static bool is_nano(FILE *file)
{
	uint8_t magic[4] = { 0 };
	size_t n = fread(magic, 1, sizeof(magic), file);

	/* the buffer is at its beginning: there is room for all of them, also in a pipe's */
	while (n > 0 && ungetc(magic[n - 1], file) != EOF)
		n--;
	return ps_load32(magic) == 0xA1B23C4D || ps_load32(magic) == 0x4D3CB2A1 ||
	       ps_load32(magic) == 0x0A0D0D0A;
}

int ps_capture_open(struct ps_capture_in *in, const char *path)
{
	bool is_stdin = !strcmp(path, "-");
	char why[PCAP_ERRBUF_SIZE] = "";
	struct stat about;
	FILE *file;
	size_t i;
	int dlt;

	memset(in, 0, sizeof(*in));
	in->name = is_stdin ? "standard input" : path;
	file = is_stdin ? stdin : fopen(path, "rb");
	if (!file)
		return fail(in->error, "%s: %s", in->name, strerror(errno));
	if (fstat(fileno(file), &about) == 0 && S_ISREG(about.st_mode))
		in->size = about.st_size;
	else
		in->is_live = true;
	in->is_nano = is_nano(file);
	in->pcap = pcap_fopen_offline_with_tstamp_precision(file,
		in->is_nano ? PCAP_TSTAMP_PRECISION_NANO : PCAP_TSTAMP_PRECISION_MICRO, why);
	if (!in->pcap) {
		if (!is_stdin)
			fclose(file);
		return fail(in->error, "%s: no capture that can be read: %s", in->name, why);
	}
	dlt = pcap_datalink(in->pcap);
	for (i = 0; i < sizeof(links) / sizeof(*links); i++) {
		if (links[i].dlt == dlt)
			in->link = &links[i];
	}
	if (!in->link) {
		const char *name = pcap_datalink_val_to_name(dlt);

		return fail(in->error, "%s: link type %s (%d) is not supported; there are " LINKS,
			    in->name, name ? name : "unknown", dlt);
	}
	return 0;
}

void ps_capture_close(struct ps_capture_in *in)
{
	if (in->pcap)
		pcap_close(in->pcap);
	in->pcap = NULL;
}

/* The Ethernet type for an address family; those of IPv6 differ between systems. */
static uint16_t of_family(uint32_t family)
{
	switch (family) {
	case 2:
		return ETH_P_IP;
	case 10: case 24: case 28: case 30:
		return ETH_P_IPV6;
	}
	return 0;
}

uint16_t ps_capture_ip_type(const uint8_t *bytes, uint32_t len)
{
	unsigned int version = len ? bytes[0] >> 4 : 0;

	return version == 4 ? ETH_P_IP : version == 6 ? ETH_P_IPV6 : 0;
}

static uint16_t network_protocol(const struct ps_link *link, const uint8_t *bytes, uint32_t len)
{
	uint32_t family;

	if (len < link->header)
		return 0;
	switch (link->kind) {
	case BY_TYPE:
		return ps_load16(bytes + link->at);
	case BY_FAMILY:
		memcpy(&family, bytes, sizeof(family));
		return of_family(family > 0xFFFF ? __builtin_bswap32(family) : family);
	case BY_FAMILY_NET:
		return of_family(ps_load32(bytes));
	}
	return ps_capture_ip_type(bytes, len);
}

int ps_capture_read(struct ps_capture_in *in, struct ps_frame *frame)
{
	const struct ps_link *link = in->link;
	struct pcap_pkthdr *header;
	uint32_t start;

	switch (pcap_next_ex(in->pcap, &header, &frame->bytes)) {
	case 1:
		break;
	case PCAP_ERROR_BREAK:
		return 0;
	default:
		return fail(in->error, "%s: after %llu packets: %s", in->name,
			    (unsigned long long)in->count, pcap_geterr(in->pcap));
	}
	in->count++;
	frame->header = *header;
	start = header->caplen < link->header ? header->caplen : link->header;
	frame->skip = link->is_ethernet ? 0 : start;
	frame->network = link->is_ethernet ? start : 0;
	frame->protocol = network_protocol(link, frame->bytes, header->caplen);
	return 1;
}

int ps_capture_percent(const struct ps_capture_in *in)
{
	long at = in->size ? ftell(pcap_file(in->pcap)) : -1;

	return at < 0 ? -1 : (int)(at * 100 / in->size);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* "-", or another name for the same file or pipe, /dev/stdout for one. */
static bool is_stdout(const char *path, const struct stat *standard)
{
	struct stat about;

	if (!strcmp(path, "-"))
		return true;
	return (S_ISREG(standard->st_mode) || S_ISFIFO(standard->st_mode)) &&
	       stat(path, &about) == 0 && is_same(&about, standard);
}

/*
 * A file beside the one that it is to replace, with its rights; old: that one, or NULL. It has a
 * name, so that it can be renamed.
 */
static FILE *create_temporary(struct ps_capture_out *out, const char *path,
			      const struct stat *old)
{
	mode_t mask = umask(0);
	FILE *file = NULL;
	int fd, err;

	umask(mask);
	if (old && access(path, W_OK))
		return NULL;
	/* a link goes on being one */
	out->path = old ? realpath(path, NULL) : strdup(path);
	if (!out->path || asprintf(&out->temporary, "%s.XXXXXX", out->path) < 0) {
		out->temporary = NULL;
		return NULL;
	}
	fd = mkstemp(out->temporary);
	if (fd >= 0) {
		/* only root may give files away; whoever may not has made one of his own */
		if (old && fchown(fd, old->st_uid, old->st_gid))
			errno = 0;
		fchmod(fd, old ? old->st_mode & 0777 : 0666 & ~mask);
		file = fdopen(fd, "wb");
	}
	if (!file) {
		err = errno;
		if (fd >= 0) {
			close(fd);
			unlink(out->temporary);
		}
		free(out->temporary);
		out->temporary = NULL;
		errno = err;
	}
	return file;
}

/* Opens it; *is_file: it is a file, not a pipe or the like. */
static FILE *open_out(struct ps_capture_out *out, const char *path, const struct stat *in,
		      bool *is_file)
{
	struct stat about = { 0 };
	bool exists;

	fstat(STDOUT_FILENO, &about);
	if (is_stdout(path, &about)) {
		out->name = "standard output";
		*is_file = S_ISREG(about.st_mode);
		return stdout;
	}
	exists = stat(path, &about) == 0;
	*is_file = !exists || S_ISREG(about.st_mode);
	out->is_input = exists && is_same(&about, in);
	errno = ENOENT;
	if (!path[0])
		return NULL;
	return *is_file ? create_temporary(out, path, exists ? &about : NULL) : fopen(path, "wb");
}

int ps_capture_create(struct ps_capture_out *out, const char *path,
		      const struct ps_capture_in *in)
{
	struct stat about = { 0 };
	bool is_file;

	memset(out, 0, sizeof(*out));
	out->name = path;
	fstat(fileno(pcap_file(in->pcap)), &about);
	out->file = open_out(out, path, &about, &is_file);
	if (!out->file)
		return fail(out->error, "%s: cannot be written: %s", out->name, strerror(errno));
	if (isatty(fileno(out->file)))
		return fail(out->error, "%s: is a terminal, and a capture is no text; "
			    "give a file, or a pipe", out->name);
	out->is_live = in->is_live && !is_file;
	out->pcap = pcap_open_dead_with_tstamp_precision(pcap_datalink(in->pcap),
		pcap_snapshot(in->pcap),
		in->is_nano ? PCAP_TSTAMP_PRECISION_NANO : PCAP_TSTAMP_PRECISION_MICRO);
	out->dumper = out->pcap ? pcap_dump_fopen(out->pcap, out->file) : NULL;
	if (!out->dumper)
		return fail(out->error, "%s: cannot be written: %s", out->name,
			    out->pcap ? pcap_geterr(out->pcap) : "not enough memory");
	return 0;
}

static int fail_write(struct ps_capture_out *out)
{
	const char *why = strerror(errno);

	return fail(out->error, "%s: %safter %llu packets: %s", out->name,
		    out->temporary ? "not written: " : "", (unsigned long long)out->count, why);
}

int ps_capture_write(struct ps_capture_out *out, const struct pcap_pkthdr *header,
		     const uint8_t *bytes)
{
	pcap_dump((u_char *)out->dumper, header, bytes);
	if (out->is_live)
		pcap_dump_flush(out->dumper);
	if (ferror(out->file))
		return fail_write(out);
	out->count++;
	return 0;
}

int ps_capture_finish(struct ps_capture_out *out)
{
	int err = 0;

	if (pcap_dump_flush(out->dumper) || ferror(out->file))
		err = fail_write(out);
	else if (out->temporary && rename(out->temporary, out->path))
		err = fail(out->error, "%s: not written: %s", out->name, strerror(errno));
	if (!err) {
		free(out->temporary);
		out->temporary = NULL;
	}
	ps_capture_discard(out);
	return err;
}

void ps_capture_discard(struct ps_capture_out *out)
{
	if (out->file == stdout)
		fflush(stdout);		/* it is closed at the end of the program */
	else if (out->dumper)
		pcap_dump_close(out->dumper);
	else if (out->file)
		fclose(out->file);
	if (out->pcap)
		pcap_close(out->pcap);
	if (out->temporary)
		unlink(out->temporary);
	free(out->temporary);
	free(out->path);
	out->dumper = NULL;
	out->pcap = NULL;
	out->file = NULL;
	out->temporary = NULL;
	out->path = NULL;
}
