/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * latepage FILE: reads FILE into a page that does not come, as userfaultfd has it and gives nothing. Says so when the page is
 * asked for, and waits until it is killed.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE	65536	/* of whatever size pages are */

static void *page;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void *read_there(void *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0 || read(fd, page, PAGE) < 0)
		die(path);
	return NULL;
}

int main(int argc, char **argv)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	struct uffd_msg message;
	pthread_t thread;

	if (argc != 2 || uffd < 0 || ioctl(uffd, UFFDIO_API, &api))
		die("userfaultfd");
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range.range.start = (unsigned long)page;
	range.range.len = PAGE;
	if (page == MAP_FAILED || ioctl(uffd, UFFDIO_REGISTER, &range))
		die("the page");
	if (pthread_create(&thread, NULL, read_there, argv[1]))
		die("a thread");
	if (read(uffd, &message, sizeof(message)) != sizeof(message))
		die("its fault");
	puts("asked for");
	fflush(stdout);
	pause();
}
