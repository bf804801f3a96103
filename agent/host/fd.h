/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fd.h - private to agent/host: descriptors that are closed at the block's end */
#ifndef VIFAGENT_FD_H
#define VIFAGENT_FD_H

#include <unistd.h>

static inline void fd_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define CLOSED __attribute__((cleanup(fd_close)))

#endif
