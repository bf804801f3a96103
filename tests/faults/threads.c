/* SPDX-License-Identifier: GPL-2.0-or-later */
/* threads.c - a program for test_fail.py: some threads, which allocate, open and
 * receive; it prints how many calls failed, and how */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define THREADS 4
#define ROUNDS 100

static atomic_int failed, last_errno;

static void check(int ok)
{
	if (ok)
		return;
	atomic_store(&last_errno, errno);
	atomic_fetch_add(&failed, 1);
}

static void open_and_receive(void)
{
	struct msghdr m = { 0 };
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fd) < 0 ||
	    send(fd[0], "", 1, 0) != 1)
		abort();
	check(recvmsg(fd[1], &m, MSG_DONTWAIT) >= 0);
	close(fd[0]);
	close(fd[1]);
	fd[0] = open("/dev/null", O_RDONLY);
	check(fd[0] >= 0);
	close(fd[0]);
}

static void *work(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		char *p = strdup("text");

		check(p != NULL);
		free(p);
		open_and_receive();
	}
	return NULL;
}

int main(void)
{
	pthread_t t[THREADS];

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, work, NULL))
			abort();
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	printf("%d %d\n", failed, last_errno);
	return 0;
}
