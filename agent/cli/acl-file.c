/* SPDX-License-Identifier: GPL-2.0-or-later */
/* acl-file.c - read the bridge helper's ACL from its files */
#include "agent/cli/acl-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/file.h"

static int check_kind(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -ENODEV;
	return 0;
}

static int read_path(void *arg, const char *path, char **ret, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int r;

	(void)arg;
	if (fd < 0)
		return -errno;
	r = check_kind(fd);
	if (r == 0)
		r = file_read(fd, ACL_SIZE_MAX, ret, ret_len);
	close(fd);
	return r;
}

int acl_read(const char *path, const char *bridge, struct acl *ret)
{
	return acl_parse(path, bridge, read_path, NULL, ret);
}
