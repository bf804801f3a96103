/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cppcheck.h - macros of system headers, which cppcheck does not read */
#define TAILQ_FOREACH(v, h, f) for ((v) = (h)->first; (v); (v) = (v)->f.next)
#define udev_list_entry_foreach(e, l) for ((e) = (l); (e); (e) = next(e))
