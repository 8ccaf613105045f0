/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "depot.h"

/* Where what is wrong is told. */
struct told {
	char *error;
	size_t size;
};

static int fail(const struct told *told, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int fail(const struct told *told, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(told->error, told->size, format, args);
	va_end(args);
	return -1;
}

bool ps_folder_path(char *path, const char *folder, const char *name)
{
	int len = snprintf(path, PATH_MAX, "%s/%s", folder, name);

	return len >= 0 && len < PATH_MAX;
}

static ssize_t read_whole(int fd, char *bytes, size_t len)
{
	size_t n = 0;
	ssize_t got = 1;

	while (n < len && got > 0) {
		got = read(fd, bytes + n, len - n);
		n += got > 0 ? got : 0;
	}
	return got < 0 ? -1 : (ssize_t)n;
}

static int write_whole(int fd, const char *bytes, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes += n;
		len -= n;
	}
	return 0;
}

/* Adds a chunk to what is known of its file. The digest of the first one is the file's so far, and need not be made twice. */
static bool add_chunk(struct ps_sha *of_file, size_t i, const char *piece, size_t len, char digest[PS_SHA_TEXT])
{
	if (!ps_sha_add(of_file, piece, len))
		return false;
	if (i)
		return ps_sha_of(piece, len, digest);
	ps_sha_so_far(of_file, digest);
	return digest[0];
}

/*
 * Reading.
 */
static int read_pieces(struct ps_file *file, int fd, char *piece, const struct told *told)
{
	struct ps_sha digest;
	size_t i, n = ps_file_chunks(file->size), len;
	bool is_done = ps_sha_begin(&digest);

	file->chunks = calloc(n ? n : 1, sizeof(*file->chunks));
	is_done &= file->chunks != NULL;
	for (i = 0; is_done && i < n; i++) {
		len = ps_file_chunk_bytes(file, i);
		is_done = read_whole(fd, piece, len) == (ssize_t)len && add_chunk(&digest, i, piece, len, file->chunks[i]);
	}
	ps_sha_end(&digest, file->digest);
	return is_done ? 0 : fail(told, "%s: cannot be read, or changes meanwhile", file->name);
}

static int read_file(struct ps_file *file, const char *path, char *piece, const struct told *told)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err;
	struct stat st;

	if (fd < 0)
		return fail(told, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		err = fail(told, "%s: is no file", path);
	else if (st.st_size > PS_FILE_BYTES)
		err = fail(told, "%s: has more than 256 MiB", path);
	else
		err = 0;
	if (!err) {
		file->size = st.st_size;
		err = read_pieces(file, fd, piece, told);
	}
	close(fd);
	return err;
}

/* Hidden files and what editors leave are no part of it. */
static bool is_left_out(const FTSENT *entry)
{
	return entry->fts_level > 0 && (entry->fts_name[0] == '.' || entry->fts_name[entry->fts_namelen - 1] == '~');
}

static int add_entry(struct ps_revision *revision, const FTSENT *entry, size_t skipped, char *piece, const struct told *told)
{
	const char *name = entry->fts_path + skipped, *wrong = ps_name_wrong(name);
	struct ps_file *file;

	if (wrong)
		return fail(told, "%s: %s", entry->fts_path, wrong);
	file = ps_revision_add(revision, name);
	return file ? read_file(file, entry->fts_path, piece, told) : fail(told, "%s: there are more than 4096 files", entry->fts_path);
}

static int walk(struct ps_revision *revision, FTS *tree, size_t skipped, char *piece, const struct told *told)
{
	FTSENT *entry;
	int err = 0;

	while (!err && (entry = fts_read(tree))) {
		if (is_left_out(entry)) {
			fts_set(tree, entry, FTS_SKIP);
			continue;
		}
		switch (entry->fts_info) {
		case FTS_F:
			err = entry->fts_level ? add_entry(revision, entry, skipped, piece, told) : fail(told, "%s: is no folder", entry->fts_path);
			break;
		case FTS_D:
		case FTS_DP:
			break;
		case FTS_DC:
			err = fail(told, "%s: leads to itself", entry->fts_path);
			break;
		default:
			err = fail(told, "%s: %s", entry->fts_path, entry->fts_errno ? strerror(entry->fts_errno) : "is no file");
		}
	}
	return err;
}

int ps_folder_read(struct ps_revision *revision, const char *folder, char *error, size_t size)
{
	const struct told told = { error, size };
	size_t len = strlen(folder);
	char *copy = strdup(folder), *paths[] = { copy, NULL }, *piece = malloc(PS_CHUNK_BYTES);
	const char *wrong;
	FTS *tree;
	int err;

	while (copy && len > 1 && copy[len - 1] == '/')
		copy[--len] = 0;
	tree = copy && piece ? fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, NULL) : NULL;
	err = tree ? walk(revision, tree, len + 1, piece, &told) : fail(&told, "%s: %s", folder, strerror(errno));
	if (tree)
		fts_close(tree);
	free(piece);
	free(copy);
	wrong = err ? NULL : ps_revision_sort(revision);
	return wrong ? fail(&told, "%s: %s", folder, wrong) : err;
}

/*
 * Sending.
 */
static int send_chunk(struct ps_depot *store, const char *digest, const char *piece, size_t len, long long *sent, const struct told *told)
{
	bool is_there;

	if (ps_depot_has_chunk(store, digest, &is_there))
		return fail(told, "%s", store->error);
	if (is_there)
		return 0;
	*sent += len;
	return ps_depot_put_chunk(store, digest, piece, len) ? fail(told, "%s", store->error) : 0;
}

static int send_file(struct ps_depot *store, const struct ps_file *file, const char *folder, char *piece, long long *sent, const struct told *told)
{
	char path[PATH_MAX], digest[PS_SHA_TEXT];
	int fd = ps_folder_path(path, folder, file->name) ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1, err = 0;
	size_t i, len;

	if (fd < 0)
		return fail(told, "%s: %s", file->name, strerror(errno));
	for (i = 0; !err && i < ps_file_chunks(file->size); i++) {
		len = ps_file_chunk_bytes(file, i);
		if (read_whole(fd, piece, len) != (ssize_t)len || !ps_sha_of(piece, len, digest) || strcmp(digest, file->chunks[i]))
			err = fail(told, "%s: has changed meanwhile", file->name);
		else
			err = send_chunk(store, digest, piece, len, sent, told);
	}
	close(fd);
	return err;
}

int ps_folder_send(struct ps_depot *store, const struct ps_revision *revision, const char *folder, long long *sent, char *error, size_t size)
{
	const struct told told = { error, size };
	char *piece = malloc(PS_CHUNK_BYTES);
	int err = piece ? 0 : fail(&told, "not enough memory");
	size_t i;

	for (i = 0; !err && i < revision->n; i++)
		err = send_file(store, &revision->files[i], folder, piece, sent, &told);
	free(piece);
	return err;
}

/*
 * Fetching.
 */
static int make_folders(char *path, size_t skipped)
{
	char *slash;
	int err;

	for (slash = strchr(path + skipped, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		err = mkdir(path, 0700) && errno != EEXIST;
		*slash = '/';
		if (err)
			return -1;
	}
	return 0;
}

static int fetch_chunk(struct ps_fetch *fetch, const struct ps_file *file, size_t i, int fd, char *piece, struct ps_sha *of_file, const struct told *told)
{
	size_t len = ps_file_chunk_bytes(file, i);
	char digest[PS_SHA_TEXT];

	if (fetch->go_on && !fetch->go_on(fetch->context))
		return fail(told, "%s: was given up", file->name);
	if (ps_depot_chunk(fetch->store, file->chunks[i], piece, len))
		return fail(told, "%s: %s", file->name, fetch->store->error);
	if (!add_chunk(of_file, i, piece, len, digest) || strcmp(digest, file->chunks[i]))
		return fail(told, "%s: %s: the store has something else than it is called", file->name, file->chunks[i]);
	if (lseek(fd, (off_t)i * PS_CHUNK_BYTES, SEEK_SET) < 0 || write_whole(fd, piece, len))
		return fail(told, "%s: %s", file->name, strerror(errno));
	fetch->fetched += len;
	return 0;
}

/* Chunks that are there already, from the first one on, are not fetched. */
static int fetch_pieces(struct ps_fetch *fetch, const struct ps_file *file, int fd, char *piece, const struct told *told)
{
	struct ps_sha digest;
	char found[PS_SHA_TEXT];
	int err = ps_sha_begin(&digest) ? 0 : fail(told, "not enough memory");
	bool is_kept = true;
	size_t i, len;

	for (i = 0; !err && i < ps_file_chunks(file->size); i++) {
		len = ps_file_chunk_bytes(file, i);
		is_kept = is_kept && read_whole(fd, piece, len) == (ssize_t)len && ps_sha_of(piece, len, found) && !strcmp(found, file->chunks[i]);
		if (is_kept)
			ps_sha_add(&digest, piece, len);
		else
			err = fetch_chunk(fetch, file, i, fd, piece, &digest, told);
	}
	ps_sha_end(&digest, found);
	if (!err && ftruncate(fd, file->size))
		err = fail(told, "%s: %s", file->name, strerror(errno));
	if (!err && strcmp(found, file->digest))
		err = fail(told, "%s: its chunks are not what its digest says", file->name);
	return err;
}

static int fetch_file(struct ps_fetch *fetch, const struct ps_file *file, const char *path, char *piece, const struct told *told)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600), err;

	if (fd < 0)
		return fail(told, "%s: %s", path, strerror(errno));
	err = fetch_pieces(fetch, file, fd, piece, told);
	if (close(fd) && !err)
		err = fail(told, "%s: %s", path, strerror(errno));
	return err;
}

static bool is_file(const struct ps_file *file, const char *path)
{
	char digest[PS_SHA_TEXT];

	return ps_sha_of_file(path, file->size, digest) && !strcmp(digest, file->digest);
}

static bool link_file(const struct ps_file *file, const char *path, const char *from)
{
	char other[PATH_MAX];

	if (!from || !ps_folder_path(other, from, file->name) || !is_file(file, other))
		return false;
	return !link(other, path) || (errno == EEXIST && !unlink(path) && !link(other, path));
}

/* What an earlier call has left stays where it is of use: files of the revision that are nobody else's. */
static bool is_of_use(const struct ps_revision *revision, const FTSENT *entry, size_t skipped)
{
	return entry->fts_info == FTS_F && entry->fts_statp->st_nlink == 1 && ps_revision_find(revision, entry->fts_path + skipped);
}

static int clear(const struct ps_revision *revision, const char *folder, const struct told *told)
{
	char *paths[] = { (char *)folder, NULL };
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;
	int err = tree ? 0 : -1;

	while (!err && (entry = fts_read(tree))) {
		if (entry->fts_info == FTS_D || (entry->fts_info == FTS_NS && entry->fts_errno == ENOENT) || is_of_use(revision, entry, strlen(folder) + 1))
			continue;
		/* folders of files that stay */
		err = remove(entry->fts_accpath) && errno != ENOTEMPTY && errno != EEXIST;
	}
	if (tree)
		fts_close(tree);
	return err ? fail(told, "%s: %s", folder, strerror(errno)) : 0;
}

/* Links what can be linked, and adds up how many bytes others need that are not there yet. */
static int link_files(const struct ps_fetch *fetch, bool *is_linked, long long *needed, const struct told *told)
{
	const struct ps_file *file;
	char path[PATH_MAX];
	struct stat st;
	size_t i;

	for (i = 0; i < fetch->revision->n; i++) {
		file = &fetch->revision->files[i];
		if (!ps_folder_path(path, fetch->folder, file->name) || make_folders(path, strlen(fetch->folder) + 1))
			return fail(told, "%s: %s", file->name, strerror(errno));
		is_linked[i] = link_file(file, path, fetch->from);
		if (!is_linked[i])
			*needed += file->size - (!lstat(path, &st) && st.st_size < file->size ? st.st_size : 0);
	}
	return 0;
}

/* A file system that is full is no good to others either. */
static int need_room(const struct ps_fetch *fetch, long long needed, const struct told *told)
{
	struct statvfs fs;
	long long room;

	if (statvfs(fetch->folder, &fs))
		return fail(told, "%s: %s", fetch->folder, strerror(errno));
	room = (long long)fs.f_bavail * fs.f_frsize;
	return needed > room ? fail(told, "the disk has no room: it needs %lld bytes, and %lld of them are missing", needed, needed - room) : 0;
}

static int fetch_files(struct ps_fetch *fetch, const bool *is_linked, char *piece, const struct told *told)
{
	char path[PATH_MAX];
	int err = 0;
	size_t i;

	for (i = 0; !err && i < fetch->revision->n; i++) {
		if (!is_linked[i] && ps_folder_path(path, fetch->folder, fetch->revision->files[i].name))
			err = fetch_file(fetch, &fetch->revision->files[i], path, piece, told);
	}
	return err;
}

int ps_folder_fetch(struct ps_fetch *fetch, char *error, size_t size)
{
	const struct told told = { error, size };
	bool *is_linked = calloc(fetch->revision->n, sizeof(*is_linked));
	char *piece = malloc(PS_CHUNK_BYTES);
	int err = piece && is_linked ? clear(fetch->revision, fetch->folder, &told) : fail(&told, "not enough memory");
	long long needed = 0;

	if (!err && mkdir(fetch->folder, 0700) && errno != EEXIST)
		err = fail(&told, "%s: %s", fetch->folder, strerror(errno));
	if (!err)
		err = link_files(fetch, is_linked, &needed, &told);
	if (!err)
		err = need_room(fetch, needed, &told);
	if (!err)
		err = fetch_files(fetch, is_linked, piece, &told);
	free(piece);
	free(is_linked);
	return err;
}

/*
 * Others.
 */
int ps_folder_write(const char *folder, const char *name, const char *text)
{
	char path[PATH_MAX];
	int fd, err;

	if (!ps_folder_path(path, folder, name))
		return -1;
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	err = write_whole(fd, text, strlen(text));
	return close(fd) || err ? -1 : 0;
}

char *ps_folder_text(const char *folder, const char *name, size_t max)
{
	char path[PATH_MAX], *text = NULL;
	struct stat st;
	ssize_t n = -1;
	int fd = ps_folder_path(path, folder, name) ? open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK) : -1;

	if (fd < 0)
		return NULL;
	errno = EFBIG;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size >= 0 && (size_t)st.st_size <= max)
		text = malloc(st.st_size + 1);
	if (text)
		n = read_whole(fd, text, st.st_size);
	close(fd);
	if (n >= 0 && !memchr(text, 0, n)) {
		text[n] = 0;
		return text;
	}
	free(text);
	return NULL;
}

int ps_folder_remove(const char *folder)
{
	char *paths[] = { (char *)folder, NULL };
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	int err = tree ? 0 : -1;
	FTSENT *entry;

	while (tree && (entry = fts_read(tree))) {
		if (entry->fts_info == FTS_D || (entry->fts_info == FTS_NS && entry->fts_errno == ENOENT))
			continue;
		if (remove(entry->fts_accpath))
			err = -1;
	}
	if (tree)
		fts_close(tree);
	return err;
}
