/* SPDX-License-Identifier: GPL-2.0-or-later */
/* acl.c - the ACL of QEMU's bridge helper: which bridges a user may use */
#include "agent/core/acl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* g_ascii_isspace(), which has no \v */
#define BLANKS " \t\n\f\r"

/* An error that ends the file it is in, but not the files that include that
 * one.  All other errors end everything. */
#define FILE_ENDS (-EINVAL)

/* A file that is being read, and how far. */
struct file {
	char name[ACL_FILESIZE];
	char *text;
	const char *next;		/* the line to be read next */
	const char *end;
	unsigned int line;		/* number of the last one read */
};

struct parser {
	struct acl *acl;
	const char *bridge;
	acl_read_fn read;
	void *arg;
	struct file open[ACL_DEPTH_MAX + 1];	/* each included by the one before */
	unsigned int n_open;
	unsigned int n_files;			/* read so far */
};

static struct file *current(struct parser *p)
{
	return &p->open[p->n_open - 1];
}

/* Report what is wrong with the line; returns @r. */
__attribute__((format(printf, 3, 4)))
static int wrong(struct parser *p, int r, const char *fmt, ...)
{
	const struct file *f = current(p);
	char text[REASON_SIZE];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text_reason(p->acl->error, "%s line %u: %s", f->name, f->line, text);
	return r;
}

__attribute__((format(printf, 2, 3)))
static void note(struct acl *acl, const char *fmt, ...)
{
	unsigned int n = acl->n_notes++;
	va_list ap;

	if (n >= ACL_NOTES_MAX)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(acl->note[n], REASON_SIZE, fmt, ap);
	va_end(ap);
}

/* An error in an included file becomes a note. */
static void forgive(struct acl *acl, const char *so)
{
	note(acl, "%.320s; %s", acl->error, so);
	acl->error[0] = '\0';
}

/* Quote a path only if it needs quoting. */
static void show(char name[ACL_FILESIZE], const char *path)
{
	bool plain = *path;

	for (const char *p = path; *p; p++)
		plain = plain && *p > ' ' && *p < 0x7f;
	if (!plain || !text_copy(name, ACL_FILESIZE, path))
		(void)text_copy(name, ACL_FILESIZE, text_quote_str(path).text);
}

static const char *read_error(int r)
{
	if (r == -EFBIG)
		return "it is larger than 1 MiB";
	if (r == -ENODEV)
		return "it is not a regular file";
	return strerror(-r);
}

/*
 * Failures that may mean that this user is not allowed to read the included
 * file.  Too little memory and too few descriptors are not among them: the
 * helper's caller can cause both.
 */
static bool may_be_unread(int r)
{
	return r == -EACCES || r == -EPERM || r == -ENOENT || r == -ENOTDIR ||
	       r == -ELOOP || r == -ENAMETOOLONG || r == -EISDIR ||
	       r == -ENODEV || r == -ENXIO;
}

static int open_file(struct parser *p, const char *path)
{
	struct file *f = &p->open[p->n_open];
	size_t len = 0;
	int r;

	p->n_files++;
	memset(f, 0, sizeof(*f));
	r = p->read(p->arg, path, &f->text, &len);
	if (r < 0)
		return r;
	show(f->name, path);
	f->next = f->text;
	f->end = f->text + len;
	p->n_open++;
	return 0;
}

static void close_file(struct parser *p)
{
	free(current(p)->text);
	p->n_open--;
}

static int include(struct parser *p, const char *path)
{
	const struct file *f = current(p);
	char name[ACL_FILESIZE];
	int r;

	if (p->n_open > ACL_DEPTH_MAX)
		return wrong(p, -ELOOP, "files include each other more than %d deep",
			     ACL_DEPTH_MAX);
	if (p->n_files >= ACL_FILES_MAX)
		return wrong(p, -ELOOP, "more than %d files are included",
			     ACL_FILES_MAX);
	show(name, path);
	if (path[0] != '/')
		note(p->acl, "%s line %u: %s is not an absolute path: the user who starts the helper chooses the directory",
		     f->name, f->line, name);
	r = open_file(p, path);
	if (r == 0)
		return 0;
	(void)wrong(p, r, "%s cannot be read: %s", name, read_error(r));
	if (!may_be_unread(r))
		return -EIO;
	forgive(p->acl, "it is ignored");
	return 0;
}

/* allow and deny; the first rule about the bridge is kept. */
static void take(struct parser *p, struct acl_rule *rule, const char *verb,
		 const char *name)
{
	const struct file *f = current(p);

	if (strcmp(name, "all") != 0 && strcmp(name, p->bridge) != 0)
		return;
	if (rule->line)
		return;
	rule->line = f->line;
	memcpy(rule->file, f->name, sizeof(rule->file));
	(void)snprintf(rule->text, sizeof(rule->text), "%s %s", verb, name);
}

static int bad_verb(struct parser *p, const char *verb)
{
	const char *hint = "";

	if (strchr(verb, '\t'))
		hint = "; in a line with a space the verb ends there, not at a tab";
	return wrong(p, FILE_ENDS, "%s is not a verb: use allow, deny or include%s",
		     text_quote_str(verb).text, hint);
}

static int obey(struct parser *p, const char *verb, const char *arg)
{
	struct acl_rule *rule = &p->acl->deny;

	if (strcmp(verb, "include") == 0)
		return include(p, arg);
	if (strcmp(verb, "allow") == 0)
		rule = &p->acl->allow;
	else if (strcmp(verb, "deny") != 0)
		return bad_verb(p, verb);
	if (strlen(arg) >= ACL_NAMESIZE)
		return wrong(p, FILE_ENDS, "%s is too long for a bridge's name by %zu characters",
			     text_quote_str(arg).text,
			     strlen(arg) - ACL_NAMESIZE + 1);
	take(p, rule, verb, arg);
	return 0;
}

static int parse_line(struct parser *p, char *line)
{
	char *verb = line + strspn(line, BLANKS);
	char *arg = strchr(verb, ' ');
	size_t len;

	if (!*verb || *verb == '#')
		return 0;
	/* A tab ends the verb only in a line that has no space at all. */
	if (!arg)
		arg = strchr(verb, '\t');
	if (!arg)
		return wrong(p, FILE_ENDS, "%s is not allow, deny or include followed by a name",
			     text_quote_str(verb).text);
	*arg++ = '\0';
	arg += strspn(arg, BLANKS);
	len = strlen(arg);
	while (len && strchr(BLANKS, arg[len - 1]))
		arg[--len] = '\0';
	return obey(p, verb, arg);
}

static int read_line(struct parser *p, char line[ACL_LINE_MAX + 1])
{
	struct file *f = current(p);
	size_t left = (size_t)(f->end - f->next);
	const char *stop = memchr(f->next, '\n', left);
	size_t n = stop ? (size_t)(stop - f->next) : left;

	f->line++;
	if (n > ACL_LINE_MAX)
		return wrong(p, -E2BIG, "it is longer than %d characters",
			     ACL_LINE_MAX);
	if (memchr(f->next, '\0', n))
		return wrong(p, -EBADMSG, "it contains a NUL byte");
	memcpy(line, f->next, n);
	line[n] = '\0';
	f->next += n + (stop != NULL);
	return 0;
}

/* One line of the file that is being read, or its end. */
static int step(struct parser *p)
{
	char line[ACL_LINE_MAX + 1];
	int r;

	if (current(p)->next == current(p)->end) {
		close_file(p);
		return 0;
	}
	r = read_line(p, line);
	if (r == 0)
		r = parse_line(p, line);
	if (r == FILE_ENDS && p->n_open > 1) {
		forgive(p->acl, "the rest of that file is ignored");
		close_file(p);
		r = 0;
	}
	return r;
}

int acl_parse(const char *path, const char *bridge, acl_read_fn read, void *arg,
	      struct acl *ret)
{
	struct parser p = { .acl = ret, .bridge = bridge, .read = read,
			    .arg = arg };
	int r;

	memset(ret, 0, sizeof(*ret));
	show(ret->file, path);
	r = open_file(&p, path);
	if (r < 0)
		text_reason(ret->error, "%s cannot be read: %s", ret->file,
			    read_error(r));
	while (r == 0 && p.n_open > 0)
		r = step(&p);
	while (p.n_open > 0)
		close_file(&p);
	return r;
}

const struct acl_rule *acl_decisive(const struct acl *acl)
{
	if (acl->error[0])
		return NULL;
	if (acl->deny.line)
		return &acl->deny;
	if (acl->allow.line)
		return &acl->allow;
	return NULL;
}

bool acl_allows(const struct acl *acl)
{
	return acl_decisive(acl) == &acl->allow;
}

void acl_reason(const struct acl *acl, char reason[REASON_SIZE])
{
	const struct acl_rule *rule = acl_decisive(acl);

	if (acl->error[0])
		text_reason(reason, "%s", acl->error);
	else if (rule)
		text_reason(reason, "%s line %u, %s", rule->file, rule->line,
			    text_quote_str(rule->text).text);
	else
		text_reason(reason, "no line of %s allows it", acl->file);
}
