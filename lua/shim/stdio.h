/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef PS_SHIM_STDIO_H
#define PS_SHIM_STDIO_H
#include <stddef.h>
#include <stdarg.h>
int snprintf(char *, size_t, const char *, ...) __attribute__((format(printf, 3, 4)));

/* For luaL_loadfilex alone, which no one calls: no file opens. */
typedef struct ps_no_file FILE;
#define EOF	(-1)
#define BUFSIZ	16
#define stdin	((FILE *)0)
#define stdout	((FILE *)0)
#define stderr	((FILE *)0)
static inline FILE *fopen(const char *n, const char *m) { (void)n; (void)m; return 0; }
static inline FILE *freopen(const char *n, const char *m, FILE *f) { (void)n; (void)m; (void)f; return 0; }
static inline int getc(FILE *f) { (void)f; return EOF; }
static inline int ungetc(int c, FILE *f) { (void)c; (void)f; return EOF; }
static inline int feof(FILE *f) { (void)f; return 1; }
static inline int ferror(FILE *f) { (void)f; return 1; }
static inline int fclose(FILE *f) { (void)f; return 0; }
static inline int fflush(FILE *f) { (void)f; return 0; }
static inline char *fgets(char *s, int n, FILE *f) { (void)s; (void)n; (void)f; return 0; }
static inline size_t fread(void *b, size_t s, size_t n, FILE *f) { (void)b; (void)s; (void)n; (void)f; return 0; }
#endif
