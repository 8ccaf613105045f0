/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * netfuzz drives the netlink family and the rules of iptables (docs/fuzzing.md). What it does is cut into cases: all that one does comes of the
 * seed, the worker's number and its own number.
 */
#ifndef NETFUZZ_H
#define NETFUZZ_H

#include <linux/types.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Chance.
 */
struct chance {
	uint64_t state;
};

static inline uint64_t draw(struct chance *c)
{
	uint64_t x = c->state += 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

/* 0 to n - 1. */
static inline unsigned int below(struct chance *c, unsigned int n)
{
	return draw(c) % n;
}

static inline bool percent(struct chance *c, unsigned int n)
{
	return below(c, 100) < n;
}

/*
 * The grammar, which tests/fuzz/netlink/describe makes.
 */
enum kind { NUMBER = 1, STRING, BYTES, FLAG, NEST, RANGES4, RANGES6 };

struct attribute {
	const char *name;
	enum kind kind;
	bool is_requested;
	unsigned int size, set, n;	/* bytes of a number; the set of a nest; how many values there are, or bytes at most */
	uint64_t min, max, mask;	/* as the specification has them; 0: it does not */
	const uint64_t *numbers;
	const char *const *strings;
};

struct shape {
	int command;			/* 0: of all of them */
	uint64_t with, without;		/* bits */
	struct {
		unsigned int attribute;	/* 0: no more */
		const uint64_t *numbers;
		unsigned int n;
	} numbers[3];
};

struct set {
	const char *name;
	const struct attribute *attributes;	/* by number; 0 is none */
	unsigned int n;
	const struct shape *shapes;
	unsigned int nshapes;
};

struct command {
	const char *name;
	int number;
	bool is_dump;
	uint64_t attributes;	/* bits */
};

extern const struct set sets[];			/* the first one is that of messages */
extern const struct command commands[];
extern const unsigned int nsets, ncommands;
extern const char *const *scripts, *const *functions;
extern const unsigned int nscripts, nfunctions;

/*
 * Messages.
 */
#define MESSAGE_MAX	(192 * 1024)
#define MARKS		512

struct message {
	unsigned char *bytes;		/* MESSAGE_MAX of them */
	size_t len;
	struct chance *chance;
	int command;			/* its number */
	unsigned int wrong;		/* how many more things are to be wrong in it */
	unsigned int depth, nmarks;
	size_t marks[MARKS];		/* where attributes begin */
};

/* A datagram may have several messages: begin adds one, of the command with this index in commands. */
void message_begin(struct message *m, unsigned int command, uint16_t family, uint16_t flags, uint32_t seq);
void message_attributes(struct message *m, unsigned int command);
void message_attribute(struct message *m, unsigned int set, unsigned int number);
void message_number(struct message *m, unsigned int number, unsigned int size, uint64_t value);
void message_string(struct message *m, unsigned int number, const char *text);
size_t nest_begin(struct message *m, unsigned int number);
void nest_end(struct message *m, size_t at);
void message_end(struct message *m, size_t begin);
/* Uses up the mistakes that are left: lengths, types, headers and bytes are changed. */
void message_spoil(struct message *m, size_t begin);
/* Whether attributes that the kernel has sent are those of the set, with the sizes that the grammar says. */
bool is_as_described(const unsigned char *at, size_t len, unsigned int set);

/*
 * What all processes count, in memory that they share.
 */
#define WORKERS		16
#define COMMANDS	15	/* at most */
#define ERRNOS		134

enum { DID_PROGRAM = COMMANDS, DID_REPLACE, DID_READ, DID_UNLOAD, DID_PARAMETER, DID_OTHER, DID_COUNT };	/* behind the commands; the first one is an attach at tc or XDP */

struct counts {
	atomic_ulong accepted[DID_COUNT], refused[DID_COUNT];
	atomic_ulong errnos[ERRNOS];
	atomic_ulong cases, lines, traced, misfits, packets;
	atomic_ulong next[WORKERS];	/* the case that a worker comes to next */
	atomic_bool is_over;
	char misfit[128];	/* what a misfit was in */
};

extern struct counts *counts;

/* A thread, which does one case after the other. */
struct worker {
	unsigned int number;
	bool is_root;		/* in the first user namespace; others may do less, or nothing */
	struct chance chance;
	struct message message;
	uint16_t family;
	int sock;		/* its own */
};

/*
 * Sockets.
 */
int client_open(void);
/* The number of the family, which its module is loaded for; 0: there is none. */
uint16_t client_family(int sock);
int client_group(int sock);		/* the number of the group log; 0 */
/* Sends what is there, and counts what comes back, until nothing does or so many reads were done. */
void client_send(struct worker *w, int sock);
unsigned int client_read(int sock, unsigned int reads);
uint32_t client_seq(unsigned int command);
/* Whether the message that begins there attaches a script at tc or XDP: its sequence number may be that of DID_PROGRAM then. */
bool client_is_program(const struct message *m, size_t at);
/* Compares the policy that the kernel tells with the grammar. Prints what differs; returns how much does. */
unsigned int client_policy(void);

/* A shared socket has one file descriptor for good, whose socket is another one now and then. */
#define SHARED	2
extern int shared_socks[SHARED];

/*
 * Cases.
 */
void case_run(struct worker *w);
/* Makes a message that it does not send. False: nothing should be wrong in it, and it is not as described. */
bool case_generate(struct worker *w);
extern const char *hostile_folder;
extern unsigned int failing;
void write_file(const char *path, const char *text);

/* A table of iptables, drawn by chance, gets rules with our target and match, right ones or wrong ones. */
void rules_replace(struct worker *w);
/* Reads a table and writes the same, or nearly the same, again. */
void rules_write_back(struct worker *w);
/* Takes all rules out of all tables. */
void rules_flush(struct worker *w);

#endif
