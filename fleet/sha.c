/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "sha.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool ps_sha_begin(struct ps_sha *digest)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	digest->context = context;
	return context && EVP_DigestInit_ex(context, EVP_sha256(), NULL);
}

bool ps_sha_add(struct ps_sha *digest, const void *bytes, size_t len)
{
	return digest->context && EVP_DigestUpdate(digest->context, bytes, len);
}

void ps_sha_end(struct ps_sha *digest, char text[PS_SHA_TEXT])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned int n = 0, i;

	text[0] = 0;
	if (digest->context && EVP_DigestFinal_ex(digest->context, bytes, &n)) {
		for (i = 0; i < n; i++)
			snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	}
	EVP_MD_CTX_free(digest->context);
	digest->context = NULL;
}

void ps_sha_so_far(const struct ps_sha *digest, char text[PS_SHA_TEXT])
{
	struct ps_sha copy = { EVP_MD_CTX_new() };

	if (copy.context && (!digest->context || !EVP_MD_CTX_copy_ex(copy.context, digest->context))) {
		EVP_MD_CTX_free(copy.context);
		copy.context = NULL;
	}
	ps_sha_end(&copy, text);
}

bool ps_sha_of(const void *bytes, size_t len, char text[PS_SHA_TEXT])
{
	struct ps_sha digest;
	bool is_done = ps_sha_begin(&digest) && ps_sha_add(&digest, bytes, len);

	ps_sha_end(&digest, text);
	return is_done && text[0];
}

bool ps_sha_of_file(const char *path, long long size, char text[PS_SHA_TEXT])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct ps_sha digest;
	char piece[65536];
	struct stat st;
	bool is_done;
	ssize_t n = 1;

	text[0] = 0;
	if (fd < 0)
		return false;
	is_done = ps_sha_begin(&digest) && !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size == size;
	while (is_done && n > 0) {
		n = read(fd, piece, sizeof(piece));
		if (n > 0)
			is_done = ps_sha_add(&digest, piece, n);
	}
	close(fd);
	ps_sha_end(&digest, text);
	return is_done && !n && text[0];
}

bool ps_sha_is(const char *text)
{
	return strlen(text) == PS_SHA_TEXT - 1 && strspn(text, "0123456789abcdef") == PS_SHA_TEXT - 1;
}
