/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main.c - a fuzzer without libFuzzer: runs the files that it is given
 *
 * Without arguments all of $srcdir/tests/fuzz/corpus/NAME, where the program
 * is called fuzz-NAME.
 */
#include <dirent.h>

#include "tests/fuzz/fuzz.h"

#define INPUT_MAX (1 << 20)

static int run_file(const char *path)
{
	uint8_t *data = malloc(INPUT_MAX), *exact;
	FILE *f = fopen(path, "rb");
	size_t size;

	if (!f || !data) {
		perror(path);
		free(data);
		return 1;
	}
	size = fread(data, 1, INPUT_MAX, f);
	(void)fclose(f);
	/* of just its size, so that ASan sees who reads on */
	exact = malloc(size ? size : 1);
	must(exact);
	memcpy(exact, data, size);
	free(data);
	(void)LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	return 0;
}

static int run_corpus(const char *program)
{
	const char *name = strrchr(program, '/'), *src = getenv("srcdir");
	char dir[1024], path[2048];
	int failed = 0, count = 0;
	struct dirent *e;
	DIR *d;

	name = strstr(name ? name : program, "fuzz-");
	if (!name)
		return 1;
	(void)snprintf(dir, sizeof(dir), "%s/tests/fuzz/corpus/%s",
		       src ? src : ".", name + strlen("fuzz-"));
	d = opendir(dir);
	if (!d) {
		perror(dir);
		return 1;
	}
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		failed |= run_file(path);
		count++;
	}
	(void)closedir(d);
	(void)printf("%s: %d files\n", name, count);
	return failed || !count;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc < 2)
		return run_corpus(argv[0]);
	for (int i = 1; i < argc; i++)
		failed |= run_file(argv[i]);
	return failed;
}
