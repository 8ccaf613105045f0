/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the targets have in common: scripts run on frames, with a clock, with memory that may run
 * out, and with what must hold after each run whatever the script and the packet are.
 */
#ifndef PS_FUZZ_H
#define PS_FUZZ_H

#include "frame.h"
#include "script.h"

struct ps_shared_space;

/* Says what does not hold, and aborts. */
void fuzz_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Set by the environment, FUZZ_SHOW=1: scripts, packets and outcomes are printed. */
extern bool fuzz_show;

/* Neither linear code nor the shorter ways of engine/object.c and engine/bytes.c are taken. */
extern bool fuzz_plainly;

/* What happens at the n-th time that memory is asked for, from now on. 0: never. */
struct fuzz_events {
	unsigned long fails;	/* there is none… */
	unsigned long times;	/* …so many times, one after the other */
	unsigned long expires;	/* the script's time is up */
};
extern struct fuzz_events fuzz_events;

/* What the clock of scripts says, in nanoseconds; and how files are found. NULL: there are none. */
extern unsigned long long fuzz_time;
extern enum ps_read (*fuzz_read)(const char *path, const char **text, size_t *len);

/* Since the last call: a hash of what scripts have printed and sent; whether the time of one was up, or one has told of memory. */
uint64_t fuzz_take_log(void);
bool fuzz_was_late(void);

/*
 * Memory that is given back is what is asked for next, as in the kernel; else the address sanitizer
 * keeps it for long. Change it only while there is no state.
 */
void fuzz_recycle(bool on);

struct fuzz_state {
	struct ps_script s;
	bool refused;	/* memory, at least once */
	void *(*allocate)(void *, void *, size_t, size_t);
	void *allocate_data;
	struct ps_sender sender;
	uint8_t *draft;		/* of what is sent, or NULL */
	void *region;		/* for large blocks, or NULL */
};

/* What a run came to. */
struct fuzz_outcome {
	enum ps_verdict verdict;
	char error[PS_SCRIPT_ERROR_SIZE];
	uint64_t log;		/* hash of what the script printed */
	uint8_t *bytes;		/* the packet's, afterwards; free with fuzz_outcome_clean() */
	uint32_t len;
	uint32_t partial;	/* as it is afterwards */
	bool late;		/* its time was up */
};

/* Returns 0, or -1 if there was no memory. */
int fuzz_state_init(struct fuzz_state *state);

/*
 * The same, of one of either kind, with as much memory as a rule says; NULL: it says nothing. What it shares is in the space; NULL:
 * in one of its own.
 */
int fuzz_state_init_as(struct fuzz_state *state, bool is_interrupt, const char *memory, struct ps_shared_space *space);
void fuzz_state_clean(struct fuzz_state *state);

void fuzz_run(struct fuzz_state *state, int handler, const struct frame *frame,
	      struct fuzz_outcome *outcome);

/* The same, asking whether the packet matches: that is PS_VERDICT_ACCEPT or, if not, PS_VERDICT_CONTINUE. */
void fuzz_match(struct fuzz_state *state, int handler, const struct frame *frame,
		struct fuzz_outcome *outcome);
void fuzz_outcome_clean(struct fuzz_outcome *outcome);

/* Fails unless the error begins with "NAME:LINE: ". */
void fuzz_check_place(const char *error, const char *name);

/* Fails unless the two ways of running a script came to the same. */
void fuzz_compare(const struct fuzz_outcome *compiled, const struct fuzz_outcome *plain);

/* Prints bytes in hexadecimal, if fuzz_show. */
void fuzz_show_bytes(const char *what, const uint8_t *bytes, uint32_t len);

/* Input that is read byte by byte; after its end come zeros. */
struct fuzz_input {
	const uint8_t *at, *end;
};

static inline unsigned int fuzz_take(struct fuzz_input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static inline unsigned int fuzz_take16(struct fuzz_input *in)
{
	unsigned int high = fuzz_take(in);

	return high << 8 | fuzz_take(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#endif
