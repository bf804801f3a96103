/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-agent.c - the configuration: a file, and the directory beside it */
#include "tests/unit/check.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/engine/agent.h"

static char top[PATH_MAX];		/* the directory that a test is in */
static char error[REASON_SIZE];
static struct config *config;

static int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	(void)snprintf(top, sizeof(top), "%s/test-agent.XXXXXX",
		       tmp ? tmp : "/tmp");
	config = NULL;
	return mkdtemp(top) ? chdir(top) : -1;
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	(void)state;
	config = config_free(config);
	if (chdir("/") < 0)
		return -1;
	return nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int load(void)
{
	config = config_free(config);
	return agent_load_config("vifagent.conf", &config, error);
}

/* The bridge of network red. */
static const char *red(void)
{
	static struct wish w;

	w = (struct wish){ .by = BY_HAND, .network = "red" };
	config_resolve(config, &w);
	return w.bridge;
}

static void a_file_that_is_named_must_be_there(void **state)
{
	(void)state;
	assert_int_equal(load(), -ENOENT);
	assert_null(config);
	check(strstr(error, "vifagent.conf\" cannot be read: No such file"),
	      "%s", error);
	write_file("vifagent.conf", "");
	assert_int_equal(load(), 0);
	assert_string_equal(red(), "red");
}

static void a_file_is_read(void **state)
{
	(void)state;
	write_file("vifagent.conf", "[network red]\nbridge = br1\n");
	assert_int_equal(load(), 0);
	assert_string_equal(red(), "br1");
}

static void a_mistake_is_told_with_its_file(void **state)
{
	(void)state;
	write_file("vifagent.conf", "[network red]\nbridge = br1\nodd = 1\n");
	assert_int_equal(load(), -EINVAL);
	assert_null(config);
	check(strstr(error, "vifagent.conf\" is refused: line 3: "), "%s", error);
}

static void what_is_no_file_is_not_read(void **state)
{
	(void)state;
	assert_int_equal(mkdir("vifagent.conf", 0700), 0);
	assert_int_equal(load(), -EISDIR);
	check(strstr(error, "cannot be read: Is a directory"), "%s", error);
}

static void later_names_in_the_directory_go_before(void **state)
{
	(void)state;
	write_file("vifagent.conf", "[network red]\nbridge = br1\n");
	assert_int_equal(mkdir("vifagent.conf.d", 0700), 0);
	assert_int_equal(load(), 0);
	assert_string_equal(red(), "br1");
	write_file("vifagent.conf.d/20.conf", "[network red]\nbridge = br3\n");
	write_file("vifagent.conf.d/10.conf", "[network red]\nbridge = br2\n");
	assert_int_equal(load(), 0);
	assert_string_equal(red(), "br3");
}

static void what_is_no_conf_does_not_count(void **state)
{
	static const char *const names[] = {
		".conf", ".hidden.conf", "10.conf~", "10.conf.dpkg-old",
		"README", "conf",
	};

	(void)state;
	write_file("vifagent.conf", "");
	assert_int_equal(mkdir("vifagent.conf.d", 0700), 0);
	for (each(i, names)) {
		char name[NAME_MAX];

		(void)snprintf(name, sizeof(name), "vifagent.conf.d/%s",
			       names[i]);
		write_file(name, "a mistake");
		check(load() == 0, "%s: %s", names[i], error);
	}
	write_file("vifagent.conf.d/a.conf", "a mistake");
	assert_int_equal(load(), -EINVAL);
}

/* And no later file makes up for it. */
static void a_mistake_in_one_file_refuses_all(void **state)
{
	(void)state;
	write_file("vifagent.conf", "[network red]\nbridge = br1\n");
	assert_int_equal(mkdir("vifagent.conf.d", 0700), 0);
	write_file("vifagent.conf.d/10.conf", "[network red]\nodd = 1\n");
	write_file("vifagent.conf.d/20.conf", "[network red]\nbridge = br3\n");
	assert_int_equal(load(), -EINVAL);
	assert_null(config);
	check(strstr(error, "10.conf\" is refused: line 2: "), "%s", error);
}

static void a_directory_that_is_none_is_said_so(void **state)
{
	(void)state;
	write_file("vifagent.conf", "");
	write_file("vifagent.conf.d", "");
	assert_int_equal(load(), -ENOTDIR);
	check(strstr(error, "vifagent.conf.d\" cannot be read: Not a directory"),
	      "%s", error);
}

/* The next one that is free */
static int next_fd(void)
{
	int fd = open("/dev/null", O_RDONLY);

	assert_true(fd >= 0);
	(void)close(fd);
	return fd;
}

static void files_are_closed_again(void **state)
{
	int before = next_fd();

	(void)state;
	write_file("vifagent.conf", "[network red]\nbridge = br1\n");
	assert_int_equal(load(), 0);
	assert_int_equal(next_fd(), before);
	write_file("vifagent.conf", "a mistake");
	assert_int_equal(load(), -EINVAL);
	assert_int_equal(next_fd(), before);
}

#define conf_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		conf_test(a_file_that_is_named_must_be_there),
		conf_test(a_file_is_read),
		conf_test(a_mistake_is_told_with_its_file),
		conf_test(what_is_no_file_is_not_read),
		conf_test(later_names_in_the_directory_go_before),
		conf_test(what_is_no_conf_does_not_count),
		conf_test(a_mistake_in_one_file_refuses_all),
		conf_test(a_directory_that_is_none_is_said_so),
		conf_test(files_are_closed_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
