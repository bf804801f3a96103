/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guard-cost.c - what a guard costs; prints numbers, one a line
 *
 *   add N...		µs to guard one more port, with so many guarded ports there
 *			(a median; elements do not need a link)
 *   fill N		guard so many ports
 *   frames IN OUT	ns of a frame from the tap of fd IN to that of fd OUT
 *   flush IFINDEX...	µs from the end of our table until all these ports are
 *			guarded again
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/host/guard.h"
#include "agent/host/guard-sets.h"

#define SAMPLES 21
#define FRAMES 2000
#define FIRST 1000000	/* ifindices that nobody has */

static int64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void print_median(int64_t samples[SAMPLES], double unit)
{
	qsort(samples, SAMPLES, sizeof(samples[0]), compare);
	(void)printf("%.1f\n", (double)samples[SAMPLES / 2] / unit);
}

static void die(const char *what, int r)
{
	(void)fprintf(stderr, "guard-cost: %s: %s\n", what, strerror(-r));
	exit(1);
}

static struct guard guard_of(int i)
{
	struct guard g = {
		.kind = GUARD_IP, .n_macs = 1, .n_ip4 = 1,
		.mac = { { 2, 0, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i, 1 } },
		.ip4 = { { 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i } },
	};

	guard_add_link_local(&g);
	return g;
}

static void set(struct nft *t, int i, bool on)
{
	const struct guard_port p = { .ifindex = FIRST + i, .family = NFPROTO_BRIDGE };
	struct guard g = { 0 };
	int r;

	if (on)
		g = guard_of(i);
	r = guard_set(t, &p, &g);
	if (r < 0)
		die("guard_set", r);
}

static void fill(struct nft *t, int n)
{
	for (int i = 0; i < n; i++)
		set(t, i, true);
}

static void add(struct nft *t, int argc, char **argv)
{
	int64_t samples[SAMPLES];
	int have = 0;

	for (int a = 0; a < argc; a++) {
		while (have < atoi(argv[a]))
			set(t, have++, true);
		for (int i = 0; i < SAMPLES; i++) {
			int64_t begin = now_ns(CLOCK_MONOTONIC);

			set(t, have + i, true);
			samples[i] = now_ns(CLOCK_MONOTONIC) - begin;
		}
		for (int i = 0; i < SAMPLES; i++)
			set(t, have + i, false);
		print_median(samples, 1e3);
	}
}

/* From 02:00:00:00:00:01, 10.0.0.1. */
static const uint8_t frame[60] = {
	2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 46, 0, 0, 0, 0,
	64, 17, 0x66, 0xbd, 10, 0, 0, 1, 10, 0, 0, 2, 0, 5, 0, 6, 0, 26,
};

static void drain(int fd)
{
	uint8_t buf[2048];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
}

static void frames(int in, int out)
{
	int64_t samples[SAMPLES];

	for (int s = 0; s < SAMPLES; s++) {
		int64_t begin = now_ns(CLOCK_PROCESS_CPUTIME_ID);

		for (int i = 0; i < FRAMES; i++) {
			if (write(in, frame, sizeof(frame)) < 0)
				die("write", -errno);
			if (i % 16 == 15)
				drain(out);
		}
		samples[s] = now_ns(CLOCK_PROCESS_CPUTIME_ID) - begin;
	}
	print_median(samples, FRAMES);
}

static void flush(struct nft *t, int argc, char **argv)
{
	struct batch b = { .nft = t, .family = NFPROTO_BRIDGE };
	struct nlmsghdr *h;
	int64_t begin;
	int r;

	nft_begin(&b);
	h = nft_start(&b, NFT_MSG_DELTABLE, 0);
	mnl_attr_put_strz(h, NFTA_TABLE_NAME, GUARD_TABLE);
	nft_added(&b, h);
	nft_end(&b);
	begin = now_ns(CLOCK_MONOTONIC);
	r = nft_send(&b);
	if (r < 0)
		die("delete table", r);
	for (int a = 0; a < argc;) {
		const struct guard_port p = { .ifindex = atoi(argv[a]), .family = NFPROTO_BRIDGE };
		struct guard g;

		if (guard_read(t, &p, &g) == 0 && g.kind != GUARD_NONE)
			a++;
		else if (now_ns(CLOCK_MONOTONIC) - begin > 60 * 1000000000LL)
			die("waited for a guard", -ETIMEDOUT);
	}
	(void)printf("%.0f\n", (double)(now_ns(CLOCK_MONOTONIC) - begin) / 1e3);
}

int main(int argc, char **argv)
{
	struct nft t = { 0 };

	if (argc > 2 && strcmp(argv[1], "add") == 0)
		add(&t, argc - 2, argv + 2);
	else if (argc == 3 && strcmp(argv[1], "fill") == 0)
		fill(&t, atoi(argv[2]));
	else if (argc == 4 && strcmp(argv[1], "frames") == 0)
		frames(atoi(argv[2]), atoi(argv[3]));
	else if (argc > 2 && strcmp(argv[1], "flush") == 0)
		flush(&t, argc - 2, argv + 2);
	else
		return 2;
	nft_close(&t);
	return 0;
}
