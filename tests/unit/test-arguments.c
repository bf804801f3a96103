/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-arguments.c - the command line of a program that is given taps */
#include "tests/unit/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/core/arguments.h"

#define QEMU "/usr/bin/qemu-system-x86_64"
#define DEVICE0 "virtio-net-pci,netdev=vifnic0,mac=52:54:00:00:00:01,host_mtu=1500"

static const int fd0[] = { 4, 5 }, fd1[] = { 9 }, vhost0[] = { 6, 7 };

static struct nic_arguments nics[2];

static int setup(void **state)
{
	(void)state;
	nics[0] = (struct nic_arguments){
		.model = MODEL_DEFAULT, .queues = 1, .fd = fd0, .name = "vtap7",
		.mac = { 0x52, 0x54, 0, 0, 0, 1 }, .mtu = 1500,
	};
	nics[1] = nics[0];
	nics[1].fd = fd1;
	memcpy(nics[1].name, "web0", 5);
	nics[1].mac[5] = 2;
	nics[1].mtu = 9000;
	return 0;
}

static void becomes(size_t n, const char *const *args,
		    const char *const *wanted)
{
	char *const *argv = (char *const *)args;
	char error[REASON_SIZE] = "";
	char **got;
	size_t i;

	check(arguments_scan(argv, nics, n, error) == 0, "%s", error);
	got = arguments_make(argv, nics, n);
	assert_non_null(got);
	for (i = 0; got[i] && wanted[i]; i++)
		assert_string_equal(got[i], wanted[i]);
	check(!got[i] && !wanted[i], "argument %zu: %s instead of %s", i,
	      got[i] ? got[i] : "none", wanted[i] ? wanted[i] : "none");
	assert_null(arguments_free(got));
}

#define ARGV(...) ((const char *[]){ __VA_ARGS__, NULL })
#define WANTED ARGV

static void is_wrong(size_t n, const char *const *argv, const char *words)
{
	char error[REASON_SIZE] = "";

	assert_int_equal(arguments_scan((char *const *)argv, nics, n, error), -EINVAL);
	check(strstr(error, words), "%s", error);
}

static void qemu_is_told_all_of_it(void **state)
{
	(void)state;
	becomes(1, ARGV(QEMU, "-m", "128"),
		WANTED(QEMU, "-m", "128", "-netdev", "tap,id=vifnic0,fd=4",
		       "-device", DEVICE0));
	assert_true(nics[0].by_fd && !nics[0].by_name);
	becomes(0, ARGV(QEMU, "", "{}"), WANTED(QEMU, "", "{}"));
}

static void queues_and_vhost_have_lists(void **state)
{
	(void)state;
	nics[0].queues = 2;
	nics[0].vhost = vhost0;
	becomes(1, ARGV("kvm"),
		WANTED("kvm", "-netdev",
		       "tap,id=vifnic0,fds=4:5,vhost=on,vhostfds=6:7",
		       "-device", DEVICE0 ",mq=on,vectors=6"));
	assert_int_equal(arguments_set_model(&nics[0], "virtio-net-device"), 0);
	becomes(1, ARGV("kvm"),
		WANTED("kvm", "-netdev",
		       "tap,id=vifnic0,fds=4:5,vhost=on,vhostfds=6:7",
		       "-device",
		       "virtio-net-device,netdev=vifnic0,mac=52:54:00:00:00:01,host_mtu=1500,mq=on"));
}

static void other_models_know_nothing_of_virtio(void **state)
{
	(void)state;
	assert_int_equal(arguments_set_model(&nics[0], "e1000"), 0);
	becomes(1, ARGV(QEMU),
		WANTED(QEMU, "-netdev", "tap,id=vifnic0,fd=4", "-device",
		       "e1000,netdev=vifnic0,mac=52:54:00:00:00:01"));
}

static void what_the_user_wrote_is_filled_in(void **state)
{
	(void)state;
	becomes(2, ARGV("cloud-hypervisor", "--net", "fd={fd},mac={mac0}",
			"fd={fds1},mtu={mtu1}"),
		WANTED("cloud-hypervisor", "--net",
		       "fd=4,mac=52:54:00:00:00:01", "fd=9,mtu=9000"));
	becomes(2, ARGV(QEMU, "-netdev", "tap,id=a,fd={fd1}"),
		WANTED(QEMU, "-netdev", "tap,id=a,fd=9", "-netdev",
		       "tap,id=vifnic0,fd=4", "-device", DEVICE0));
	becomes(1, ARGV("firecracker", "{name}{name}"),
		WANTED("firecracker", "vtap7vtap7"));
	assert_true(nics[0].by_name && !nics[0].by_fd);
	nics[0].queues = 2;
	nics[0].vhost = vhost0;
	becomes(1, ARGV("x", "{fds} {vhostfds}"), WANTED("x", "4:5 6:7"));
}

static void other_braces_are_the_program_s(void **state)
{
	static const char *const args[] = {
		"{\"driver\":\"x\"}", "{fd", "fd}", "{", "}", "{ fd}", "{FD}",
		"{fdx}", "{fd-1}", "{1}", "{fd99999999}", "{{}}", "${x}",
	};

	(void)state;
	for (each(i, args))
		becomes(1, ARGV("x", "{fd}", args[i]),
			WANTED("x", "4", args[i]));
	becomes(1, ARGV("x", "{{fd}}"), WANTED("x", "{4}"));
}

static void a_program_may_know_the_name_by_itself(void **state)
{
	(void)state;
	nics[0].has_name = true;
	becomes(1, ARGV("firecracker"), WANTED("firecracker"));
	assert_true(nics[0].by_name && !nics[0].by_fd);
	becomes(1, ARGV("x", "{fd}"), WANTED("x", "4"));
	assert_true(nics[0].by_fd && !nics[0].by_name);
	becomes(1, ARGV(QEMU), WANTED(QEMU, "-netdev", "tap,id=vifnic0,fd=4",
				      "-device", DEVICE0));
}

static void a_nic_that_is_not_used_is_an_error(void **state)
{
	(void)state;
	is_wrong(1, ARGV("cloud-hypervisor"), "is not QEMU");
	is_wrong(1, ARGV("cloud-hypervisor", "{mac}"), "is not QEMU");
	is_wrong(2, ARGV("cloud-hypervisor", "{fd}"), "NIC 1");
	is_wrong(1, ARGV("cloud-hypervisor", "{fd1}"), "there are 1");
	is_wrong(0, ARGV(QEMU, "{name}"), "there are 0");
	nics[0].queues = 2;
	is_wrong(1, ARGV(QEMU, "{fd}"), "write {fds}");
}

static void qemus_are_known_by_name(void **state)
{
	static const struct {
		const char *program;
		bool is;
	} rows[] = {
		{ "qemu-system-x86_64", true }, { "/a/qemu-system-arm", true },
		{ "/usr/libexec/qemu-kvm", true }, { "kvm", true },
		{ "qemu-img", false }, { "/qemu-system-x/sh", false },
		{ "", false },
	};

	(void)state;
	for (each(i, rows))
		check(arguments_is_qemu(rows[i].program) == rows[i].is, "%s",
		      rows[i].program);
}

static void a_model_is_a_word(void **state)
{
	static const char *const bad[] = { "", "a,b", "a b", "a=b", "a/b",
					   "12345678901234567890123456789012" };

	(void)state;
	for (each(i, bad))
		check(arguments_set_model(&nics[0], bad[i]) == -EINVAL, "%s",
		      bad[i]);
	assert_string_equal(nics[0].model, MODEL_DEFAULT);
}

#define argument_test(f) cmocka_unit_test_setup(f, setup)

/* … and taps that are open come along. */
static void a_qemu_that_daemonizes_loses_what_ends_with_its_first_process(void **state)
{
	static const char *const words[] = { "-daemonize", "--daemonize" };

	(void)state;
	for (each(i, words)) {
		nics[0].stays = false;
		is_wrong(1, ARGV(QEMU, words[i], "-netdev", "tap,ifname={name}"),
			 "NIC 0 (a tap opened by its name) disappears");
		becomes(1, ARGV(QEMU, words[i], "-netdev", "tap,fd={fd}"),
			WANTED(QEMU, words[i], "-netdev", "tap,fd=4"));
		nics[0].stays = true;
		is_wrong(1, ARGV(QEMU, words[i], "-netdev", "tap,fd={fd}"),
			 "NIC 0 (a macvtap) disappears");
		/* another program's option of that name is its own affair */
		becomes(1, ARGV("vmm", words[i], "{fd}"),
			WANTED("vmm", words[i], "4"));
	}
	assert_null(arguments_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		argument_test(qemu_is_told_all_of_it),
		argument_test(queues_and_vhost_have_lists),
		argument_test(other_models_know_nothing_of_virtio),
		argument_test(what_the_user_wrote_is_filled_in),
		argument_test(other_braces_are_the_program_s),
		argument_test(a_program_may_know_the_name_by_itself),
		argument_test(a_nic_that_is_not_used_is_an_error),
		argument_test(qemus_are_known_by_name),
		argument_test(a_model_is_a_word),
		argument_test(a_qemu_that_daemonizes_loses_what_ends_with_its_first_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
