/* SPDX-License-Identifier: GPL-2.0-or-later */
/* acl-file.c - the bridge helper's ACL, from its files */
#include "agent/acl-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int check_kind(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return S_ISREG(st.st_mode) ? 0 : -ENODEV;
}

static ssize_t read_all(int fd, char *buf, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, buf + len, size - len);

		if (n == 0)
			break;
		if (n > 0)
			len += (size_t)n;
		else if (errno != EINTR)
			return -errno;
	}
	return (ssize_t)len;
}

static int read_text(int fd, char **ret, size_t *ret_len)
{
	char *buf = malloc(ACL_SIZE_MAX + 1);
	ssize_t n;

	if (!buf)
		return -ENOMEM;
	n = read_all(fd, buf, ACL_SIZE_MAX + 1);
	if (n > ACL_SIZE_MAX)
		n = -EFBIG;
	if (n < 0) {
		free(buf);
		return (int)n;
	}
	*ret = buf;
	*ret_len = (size_t)n;
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
		r = read_text(fd, ret, ret_len);
	close(fd);
	return r;
}

int acl_read(const char *path, const char *bridge, struct acl *ret)
{
	return acl_parse(path, bridge, read_path, NULL, ret);
}
