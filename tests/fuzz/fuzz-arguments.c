/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz-arguments.c - a program's command line, with braces anywhere */
#include "tests/fuzz/fuzz.h"

#include "agent/core/arguments.h"

#define ARGS_MAX 16
#define NICS 3

static const int fds[NICS][2] = { { 3, 4 }, { 5, 6 }, { 7, 8 } };

static void set_up(struct nic_arguments nics[NICS], uint8_t bits)
{
	for (size_t i = 0; i < NICS; i++) {
		nics[i] = (struct nic_arguments){
			.model = MODEL_DEFAULT,
			.queues = bits >> i & 1 ? 2 : 1,
			.fd = fds[i],
			.vhost = bits & 8 ? fds[i] : NULL,
			.name = "vtap7",
			.mac = { 0x52, 0x54, 0, 0, 0, 1 },
			.mtu = 1500,
			.has_name = bits & 16,
		};
	}
}

static void check_made(char *const *argv, size_t args,
		       const struct nic_arguments *nics, size_t n)
{
	char **made = arguments_make(argv, nics, n);
	size_t count = 0, added = 0;

	must(made);
	for (size_t i = 0; i < n; i++) {
		must(nics[i].by_fd || nics[i].by_name);
		must(!nics[i].added || arguments_is_qemu(argv[0]));
		added += nics[i].added;
	}
	while (made[count])
		count++;
	must(count == args + 4 * added);
	/* What has no brace stays as it is. */
	for (size_t i = 0; i < args; i++)
		must(strchr(argv[i], '{') || strcmp(argv[i], made[i]) == 0);
	arguments_free(made);
}

/* A byte of settings, then arguments with a NUL between them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nic_arguments nics[NICS];
	char *argv[ARGS_MAX + 1] = { 0 };
	char error[REASON_SIZE] = "";
	size_t args = 0;
	char *text;

	if (size < 1)
		return 0;
	set_up(nics, data[0]);
	text = fuzz_string(data + 1, size - 1);
	for (size_t i = 0; i < size && args < ARGS_MAX;
	     i += strlen(text + i) + 1)
		argv[args++] = text + i;
	if (arguments_scan(argv, nics, data[0] >> 5 & NICS, error) < 0)
		must_be_a_sentence(error);
	else
		check_made(argv, args, nics, data[0] >> 5 & NICS);
	(void)arguments_set_model(&nics[0], text);
	must(nics[0].model[0] && strlen(nics[0].model) < MODEL_SIZE);
	free(text);
	return 0;
}
