/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * helper-check.c - vifctl helper-check: evaluate the bridge helper's ACL
 *
 * The helper reads the ACL as the user who runs it, with the user's groups
 * and without capabilities that affect file access.  Here a child does that.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/cli/acl-file.h"
#include "agent/cli/cmd.h"


/* The group of a uid without an account: Linux's overflowgid. */
#define NOGROUP 65534

struct user {
	const char *name;
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	int n_groups;
};

struct question {
	struct user user;
	const char *bridge;
	const char *path;
	const char *config_path;	/* NULL: the default one */
};

/* The result from the child. */
struct answer {
	int error;		/* why the child could not become the user */
	struct acl acl;
	bool network_refuses;
	char reason[REASON_SIZE];	/* … and why */
};

/* Finds all groups of the account.  Returns 0 or a negative errno. */
static int find_groups(const struct passwd *pw, struct user *u)
{
	int n = 32;

	for (;;) {
		gid_t *groups = reallocarray(u->groups, (size_t)n,
					     sizeof(*groups));
		int have = n;

		if (!groups)
			return -ENOMEM;
		u->groups = groups;
		if (getgrouplist(pw->pw_name, pw->pw_gid, groups, &n) >= 0) {
			u->n_groups = n;
			return 0;
		}
		/* in case it has not returned how many there are */
		if (n <= have)
			n = have * 2;
	}
}

/* Returns 0 or an exit code. */
static int find_user(const char *arg, struct user *u)
{
	/* (uid_t)-1 means "unchanged" to setresuid(). */
	const unsigned long max = UINT32_MAX - 1;
	struct passwd *pw = getpwnam(arg);
	unsigned long uid;
	int r;

	*u = (struct user) { .name = arg, .gid = NOGROUP };
	if (!pw) {
		if (text_number(arg, max, &uid) < 0)
			return cmd_fail(CMD_FAILED, "user %s does not exist",
					text_quote_str(arg).text);
		u->uid = (uid_t)uid;
		pw = getpwuid(u->uid);
	}
	if (!pw)
		return 0;
	u->uid = pw->pw_uid;
	u->gid = pw->pw_gid;
	r = find_groups(pw, u);
	if (r < 0)
		return cmd_fail(CMD_FAILED, "cannot find the groups of %s: %s", arg,
				strerror(-r));
	return 0;
}

/* For root nothing changes, as in the helper.  Other users can only check for
 * themselves, so they already have the right ids and groups. */
static int become(const struct user *u)
{
	if (u->uid == 0 || geteuid() != 0)
		return 0;
	if (setgroups((size_t)u->n_groups, u->groups) < 0 ||
	    setresgid(u->gid, u->gid, u->gid) < 0 ||
	    setresuid(u->uid, u->uid, u->uid) < 0)
		return -errno;
	return 0;
}

/* A pipe may take less than was given. */
static int write_all(int fd, const void *data, size_t size)
{
	const char *p = data;

	while (size > 0) {
		ssize_t n = write(fd, p, size);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			p += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

static bool read_all(int fd, void *data, size_t size)
{
	char *p = data;

	while (size > 0) {
		ssize_t n = read(fd, p, size);

		if (n == 0 || (n < 0 && errno != EINTR))
			return false;
		if (n > 0) {
			p += n;
			size -= (size_t)n;
		}
	}
	return true;
}

static void child(const struct question *q, int fd)
{
	struct answer a = { .error = become(&q->user) };

	if (a.error == 0) {
		(void)acl_read(q->path, q->bridge, &a.acl);
		a.network_refuses = agent_helper_refuses(q->config_path, q->bridge, a.reason);
	}
	_exit(write_all(fd, &a, sizeof(a)) < 0);
}

/* Returns 0 or an exit code. */
static int ask(const struct question *q, struct answer *ret)
{
	int fds[2], r = 0;
	bool answered;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return cmd_fail(CMD_FAILED, "cannot create a pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0)
		child(q, fds[1]);
	if (pid < 0)
		r = cmd_fail(CMD_FAILED, "cannot fork: %s", strerror(errno));
	close(fds[1]);
	answered = pid > 0 && read_all(fds[0], ret, sizeof(*ret));
	close(fds[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (r == 0 && !answered)
		r = cmd_fail(CMD_FAILED, "the child process that read the files as %s died",
			     q->user.name);
	if (r == 0 && ret->error < 0)
		r = cmd_fail(CMD_FAILED, "cannot become %s: %s", q->user.name,
			     strerror(-ret->error));
	return r;
}

static struct json_object *rule_json(const struct acl_rule *rule)
{
	struct json_object *o;

	if (!rule)
		return NULL;
	o = json_object_new_object();
	json_object_object_add(o, "file", json_object_new_string(rule->file));
	json_object_object_add(o, "line", json_object_new_int64(rule->line));
	json_object_object_add(o, "text", json_object_new_string(rule->text));
	return o;
}

/* @reason: why it is allowed, or not */
static void print_json(const struct question *q, const struct acl *acl,
		       bool allowed, const char *reason)
{
	struct json_object *o = json_object_new_object();
	struct json_object *notes = json_object_new_array();
	struct json_object *error = NULL;

	for (unsigned int i = 0; i < acl->n_notes && i < ACL_NOTES_MAX; i++)
		json_object_array_add(notes,
				      json_object_new_string(acl->note[i]));
	json_object_object_add(o, "user", json_object_new_string(q->user.name));
	json_object_object_add(o, "bridge", json_object_new_string(q->bridge));
	json_object_object_add(o, "acl", json_object_new_string(acl->file));
	json_object_object_add(o, "allowed",
			       json_object_new_boolean(allowed));
	json_object_object_add(o, "reason", json_object_new_string(reason));
	json_object_object_add(o, "rule", rule_json(acl_decisive(acl)));
	if (acl->error[0])
		error = json_object_new_string(acl->error);
	json_object_object_add(o, "error", error);
	json_object_object_add(o, "notes", notes);
	output_json_print(o);
}

static void print(const struct question *q, const struct acl *acl,
		  bool allowed, const char *reason)
{
	(void)printf("%s %s use %s: %s\n", q->user.name,
		     allowed ? "may" : "may not", q->bridge, reason);
	for (unsigned int i = 0; i < acl->n_notes && i < ACL_NOTES_MAX; i++)
		(void)cmd_fail(0, "note: %s", acl->note[i]);
	if (acl->n_notes > ACL_NOTES_MAX)
		(void)cmd_fail(0, "note: %u more notes are not shown",
			       acl->n_notes - ACL_NOTES_MAX);
}

/* Returns an exit code. */
static int check(struct cmd *c, const struct question *q)
{
	char reason[REASON_SIZE];
	struct answer a = { 0 };
	bool allowed;
	int r;

	if (geteuid() != 0 && q->user.uid != getuid())
		return cmd_fail(CMD_FAILED, "only root can check for user %s, because the files must be read as that user",
				q->user.name);
	r = ask(q, &a);
	if (r)
		return r;
	acl_reason(&a.acl, reason);
	allowed = acl_allows(&a.acl) && !a.network_refuses;
	if (acl_allows(&a.acl) && a.network_refuses)
		memcpy(reason, a.reason, sizeof(reason));
	if (c->json)
		print_json(q, &a.acl, allowed, reason);
	else
		print(q, &a.acl, allowed, reason);
	return allowed ? CMD_OK : CMD_FAILED;
}

int cmd_helper_check(struct cmd *c)
{
	struct question q = { .path = ACL_FILE, .config_path = c->config_path };
	int r;

	if (c->argc < 2 || c->argc > 3)
		return cmd_fail(CMD_USAGE, "helper-check takes USER BRIDGE [FILE]; see vifctl help helper-check");
	q.bridge = c->argv[1];
	if (vif_name_check(q.bridge) < 0)
		return cmd_fail(CMD_USAGE, "%s is not a valid bridge name",
				text_quote_str(q.bridge).text);
	if (c->argc > 2)
		q.path = c->argv[2];
	r = find_user(c->argv[0], &q.user);
	if (r == 0)
		r = check(c, &q);
	free(q.user.groups);
	return r;
}
