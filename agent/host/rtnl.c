/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnl.c - rtnetlink: the conversation, and libnl's links as ours */
#include "agent/host/rtnl.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet6.h>
#include <netlink/route/link/macvtap.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/text.h"

/* The kernel's largest part of a dump (netlink_dump, net/netlink/af_netlink.c); a
 * single link takes a few KiB, but with many alternative names it takes more. */
#define BUFFER_SIZE 32768

#define MESSAGES_MAX 2

/* How often a question is asked; see rtnl_ask(). */
#define TRIES 8

/* ---- the conversation ------------------------------------------------- */

int rtnl_socket(bool peek, struct nl_sock **ret)
{
	struct nl_sock *sk = nl_socket_alloc();
	int r;

	if (!sk)
		return -ENOMEM;
	errno = 0;
	/* with SOCK_CLOEXEC */
	if (nl_connect(sk, NETLINK_ROUTE) < 0) {
		r = errno ? -errno : -EIO;
		nl_socket_free(sk);
		return r;
	}
	(void)nl_socket_set_msg_buf_size(sk, BUFFER_SIZE);
	/* This costs one more system call for each message. */
	if (peek)
		nl_socket_enable_msg_peek(sk);
	else
		nl_socket_disable_msg_peek(sk);
	*ret = sk;
	return 0;
}

/* Ignore late answers to earlier requests. */
static int on_sequence(struct nl_msg *msg, void *arg)
{
	const struct rtnl *t = arg;

	return nlmsg_hdr(msg)->nlmsg_seq - t->first < t->n ? NL_OK : NL_SKIP;
}

static int answered(struct rtnl *t)
{
	return --t->open > 0 ? NL_SKIP : NL_STOP;
}

static int on_answer(struct nl_msg *msg, void *arg)
{
	struct rtnl *t = arg;

	if (t->fn && !t->stopped)
		t->stopped = t->fn(msg, t->arg);
	if (nlmsg_hdr(msg)->nlmsg_flags & NLM_F_MULTI)
		return NL_OK;
	return answered(t);
}

static int on_end(struct nl_msg *msg, void *arg)
{
	(void)msg;
	return answered(arg);
}

/* The extended acknowledgement's text (NLMSGERR_ATTR_MSG). */
static void take_words(const struct nlmsghdr *h, char *words)
{
	const struct nlmsgerr *e = nlmsg_data(h);
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1] = { 0 };
	size_t skip = sizeof(*e);
	struct nlattr *head;
	int len;

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		skip += e->msg.nlmsg_len - NLMSG_HDRLEN;
	len = (int)h->nlmsg_len - NLMSG_HDRLEN - (int)NLMSG_ALIGN(skip);
	head = (struct nlattr *)((char *)nlmsg_data(h) + NLMSG_ALIGN(skip));
	if (len > 0 && nla_parse(tb, NLMSGERR_ATTR_MAX, head, len, NULL) == 0 &&
	    tb[NLMSGERR_ATTR_MSG])
		(void)nla_strlcpy(words, tb[NLMSGERR_ATTR_MSG],
				  sizeof(((struct host *)NULL)->error));
}

/* libnl has fewer error codes than errno, and not the kernel's text. */
static int on_error(struct sockaddr_nl *nla, struct nlmsgerr *e, void *arg)
{
	struct rtnl *t = arg;

	(void)nla;
	/* libnl passes the payload; the header is in front of it. */
	take_words((const struct nlmsghdr *)((const char *)e - NLMSG_HDRLEN),
		   t->words);
	if (!t->err)
		t->err = e->error;
	return answered(t);
}

static void set_option(struct nl_sock *sk, int option)
{
	static const int one = 1;

	(void)setsockopt(nl_socket_get_fd(sk), SOL_NETLINK, option, &one,
			 sizeof(one));
}

int rtnl_open(struct rtnl *t)
{
	int r = rtnl_socket(t->peek, &t->sk);

	if (r < 0)
		return r;
	/* Without these two (Linux 4.12) only the kernel's text is missing; */
	set_option(t->sk, NETLINK_EXT_ACK);
	set_option(t->sk, NETLINK_CAP_ACK);
	/* without this one (4.20) it sends more addresses than were asked for. */
	set_option(t->sk, NETLINK_GET_STRICT_CHK);
	nl_socket_disable_auto_ack(t->sk);
	nl_socket_modify_cb(t->sk, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_sequence, t);
	nl_socket_modify_cb(t->sk, NL_CB_VALID, NL_CB_CUSTOM, on_answer, t);
	nl_socket_modify_cb(t->sk, NL_CB_ACK, NL_CB_CUSTOM, on_end, t);
	nl_socket_modify_cb(t->sk, NL_CB_FINISH, NL_CB_CUSTOM, on_end, t);
	(void)nl_socket_modify_err_cb(t->sk, NL_CB_CUSTOM, on_error, t);
	return 0;
}

static int exchange(struct rtnl *t, struct nl_msg *msgs[])
{
	struct iovec iov[MESSAGES_MAX];
	int r;

	for (uint32_t i = 0; i < t->n; i++) {
		struct nlmsghdr *h = nlmsg_hdr(msgs[i]);

		nl_complete_msg(t->sk, msgs[i]);
		/* A requested link is an answer by itself. */
		if (h->nlmsg_type != RTM_GETLINK)
			h->nlmsg_flags |= NLM_F_ACK;
		iov[i] = (struct iovec) { h, NLMSG_ALIGN(h->nlmsg_len) };
	}
	t->first = nlmsg_hdr(msgs[0])->nlmsg_seq;
	t->open = (int)t->n;
	r = nl_send_iovec(t->sk, msgs[0], iov, t->n);
	while (t->open > 0 && r >= 0)
		r = nl_recvmsgs_default(t->sk);
	if (t->open == 0)
		return r == -NLE_DUMP_INTR ? -EINTR : 0;
	t->peek |= r == -NLE_MSG_TRUNC;
	nl_socket_free(t->sk);
	t->sk = NULL;
	return -ECONNRESET;
}

int rtnl_talk(struct rtnl *t, struct nl_msg *msgs[], uint32_t n, rtnl_fn fn,
	      void *arg)
{
	int r = 0;

	t->words[0] = '\0';
	t->n = n;
	t->fn = fn;
	t->arg = arg;
	t->err = t->stopped = 0;
	for (uint32_t i = 0; i < n && r == 0; i++)
		if (!msgs[i])
			r = -ENOMEM;
	if (r == 0 && !t->sk)
		r = rtnl_open(t);
	if (r == 0)
		r = exchange(t, msgs);
	for (uint32_t i = 0; i < n; i++)
		nlmsg_free(msgs[i]);
	if (t->err)
		return t->err;
	if (r < 0)
		return r;
	return t->stopped;
}

int rtnl_ask(struct rtnl *t, struct nl_msg *(*build)(const void *question),
	     const void *question, void (*begin)(void *arg), rtnl_fn fn,
	     void *arg)
{
	int r = -EINTR;

	for (int i = 0; i < TRIES && (r == -EINTR || r == -ECONNRESET ||
				      r == -ENOMEM); i++) {
		struct nl_msg *msg = build(question);

		if (begin)
			begin(arg);
		r = rtnl_talk(t, &msg, 1, fn, arg);
	}
	return r == -EINTR ? 0 : r;
}

/* ---- links ------------------------------------------------------------ */

/* libnl's texts may be NULL. */
static bool copy(char *dst, size_t size, const char *src)
{
	return text_copy(dst, size, src ? src : "");
}

/* What it is on: of a veth IFLA_LINK is its other end, and of a link whose lower
 * one is in another network namespace, a number there. */
static int lower_of(struct rtnl_link *l, const struct link *link)
{
	int32_t netns;

	if (link_is(link, LINK_VETH) ||
	    rtnl_link_get_link_netnsid(l, &netns) == 0)
		return 0;
	return rtnl_link_get_link(l);
}

/* Texts that do not fit are not from Linux. */
static int get_link(struct rtnl_link *l, struct link *ret)
{
	unsigned int flags = rtnl_link_get_flags(l);
	struct nl_addr *mac = rtnl_link_get_addr(l);
	struct link r = { .ifindex = rtnl_link_get_ifindex(l), .addrgen = -1 };
	uint8_t addrgen;

	if (!copy(r.name, sizeof(r.name), rtnl_link_get_name(l)) ||
	    !copy(r.alias, sizeof(r.alias), rtnl_link_get_ifalias(l)))
		return -EBADMSG;
	/* A kind with a longer name does not matter here. */
	if (!copy(r.kind, sizeof(r.kind), rtnl_link_get_type(l)))
		(void)copy(r.kind, sizeof(r.kind), "other");
	if (rtnl_link_is_macvtap(l))
		r.mode = rtnl_link_macvtap_get_mode(l);
	r.lower = lower_of(l, &r);
	r.ethernet = rtnl_link_get_arptype(l) == ARPHRD_ETHER && mac &&
		     nl_addr_get_len(mac) == sizeof(r.mac);
	if (r.ethernet)
		memcpy(r.mac, nl_addr_get_binary_addr(mac), sizeof(r.mac));
	r.mtu = rtnl_link_get_mtu(l);
	r.master = rtnl_link_get_master(l);
	r.up = flags & IFF_UP;
	r.carrier = flags & IFF_LOWER_UP;
	r.loopback = flags & IFF_LOOPBACK;
	r.allmulticast = flags & IFF_ALLMULTI;
	if (rtnl_link_inet6_get_addr_gen_mode(l, &addrgen) == 0)
		r.addrgen = addrgen;
	*ret = r;
	return 0;
}

/* libnl-route-3 does not read all of IFLA_LINKINFO. */
static int parse_info(struct nl_msg *msg, struct nlattr *info[IFLA_INFO_MAX + 1])
{
	struct nlattr *linkinfo = nlmsg_find_attr(nlmsg_hdr(msg),
						  sizeof(struct ifinfomsg),
						  IFLA_LINKINFO);

	if (!linkinfo)
		return -ENODATA;
	return nla_parse_nested(info, IFLA_INFO_MAX, linkinfo, NULL);
}

/* A number of one byte among others; -1 if it is not there. */
static int byte_in(const struct nlattr *nest, int attr)
{
	const struct nlattr *found = NULL;

	if (nest)
		found = nla_find(nla_data(nest), nla_len(nest), attr);
	return found && nla_len(found) >= 1 ? nla_get_u8(found) : -1;
}

/* @data: the bridge's IFLA_INFO_DATA */
static enum vlan_filtering filtering_in(const struct nlattr *data)
{
	switch (byte_in(data, IFLA_BR_VLAN_FILTERING)) {
	case -1:
		return VLAN_FILTERING_MISSING;
	case 0:
		return VLAN_FILTERING_OFF;
	default:
		return VLAN_FILTERING_ON;
	}
}

/* Since Linux 4.20; earlier nothing can be done about it. */
static bool learns_linklocal(const struct nlattr *data)
{
	const struct nlattr *found = NULL;
	struct br_boolopt_multi options;

	if (data)
		found = nla_find(nla_data(data), nla_len(data),
				 IFLA_BR_MULTI_BOOLOPT);
	if (!found || nla_len(found) < (int)sizeof(options))
		return false;
	memcpy(&options, nla_data(found), sizeof(options));
	return !(options.optval & 1U << BR_BOOLOPT_NO_LL_LEARN);
}

struct nl_msg *rtnl_message(int type, int flags, void *head, size_t size)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	if (msg && nlmsg_append(msg, head, size, NLMSG_ALIGNTO) == 0)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

int rtnl_option_attr(enum port_option option)
{
	static const int attrs[PORT_OPTIONS] = {
		[OPTION_ISOLATED] = IFLA_BRPORT_ISOLATED,
		[OPTION_HAIRPIN] = IFLA_BRPORT_MODE,
		[OPTION_FLOOD] = IFLA_BRPORT_UNICAST_FLOOD,
		[OPTION_MCAST_FLOOD] = IFLA_BRPORT_MCAST_FLOOD,
		[OPTION_BCAST_FLOOD] = IFLA_BRPORT_BCAST_FLOOD,
		[OPTION_BPDU_GUARD] = IFLA_BRPORT_GUARD,
		[OPTION_ROOT_BLOCK] = IFLA_BRPORT_PROTECT,
		[OPTION_FAST_LEAVE] = IFLA_BRPORT_FAST_LEAVE,
		[OPTION_NEIGH_SUPPRESS] = IFLA_BRPORT_NEIGH_SUPPRESS,
		[OPTION_LEARNING] = IFLA_BRPORT_LEARNING,
		[OPTION_LOCKED] = IFLA_BRPORT_LOCKED,
	};

	return attrs[option];
}

/* An option that this kernel does not know is as it always was. */
static uint16_t options_in(const struct nlattr *port)
{
	uint16_t on = 0;

	for (enum port_option o = 0; o < PORT_OPTIONS; o++) {
		int value = byte_in(port, rtnl_option_attr(o));

		if (value == 1 || (value < 0 && OPTIONS_DEFAULT & OPTION(o)))
			on |= OPTION(o);
	}
	return on;
}

/* What only a bridge or a port has. */
static void get_more(struct nl_msg *msg, struct link *ret)
{
	struct nlattr *info[IFLA_INFO_MAX + 1] = { 0 };
	bool is_bridge = link_is(ret, LINK_BRIDGE);

	if ((!is_bridge && !ret->master) || parse_info(msg, info) < 0)
		return;
	if (is_bridge) {
		ret->filtering = filtering_in(info[IFLA_INFO_DATA]);
		ret->learns_linklocal = learns_linklocal(info[IFLA_INFO_DATA]);
	}
	if (!info[IFLA_INFO_SLAVE_KIND] ||
	    nla_strcmp(info[IFLA_INFO_SLAVE_KIND], "bridge") != 0)
		return;
	ret->stp_state = byte_in(info[IFLA_INFO_SLAVE_DATA], IFLA_BRPORT_STATE);
	ret->options = options_in(info[IFLA_INFO_SLAVE_DATA]);
}

static void keep_link(struct nl_object *o, void *arg)
{
	struct rtnl_link **l = arg;

	nl_object_get(o);
	*l = (struct rtnl_link *)o;
}

int rtnl_parse_port(struct nl_msg *msg, struct link *ret)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);
	const struct ifinfomsg *ifi = nlmsg_data(h);
	const struct nlattr *port;

	if (h->nlmsg_type != RTM_NEWLINK || !nlmsg_valid_hdr(h, sizeof(*ifi)) ||
	    ifi->ifi_family != AF_BRIDGE)
		return -EAGAIN;
	port = nlmsg_find_attr(h, sizeof(*ifi), IFLA_PROTINFO);
	if (!port)
		return -EAGAIN;
	ret->ifindex = ifi->ifi_index;
	ret->options = options_in(port);
	return 0;
}

int rtnl_parse(struct nl_msg *msg, struct link *ret)
{
	const struct nlmsghdr *h = nlmsg_hdr(msg);
	const struct ifinfomsg *ifi = nlmsg_data(h);
	struct rtnl_link *l = NULL;
	int r;

	if (h->nlmsg_type != RTM_NEWLINK && h->nlmsg_type != RTM_DELLINK)
		return -EAGAIN;
	if (!nlmsg_valid_hdr(h, sizeof(*ifi)))
		return -EBADMSG;
	/* AF_BRIDGE: a port's options; an RTM_DELLINK of that family only
	 * says that a link is no longer a port. */
	if (ifi->ifi_family != AF_UNSPEC)
		return -EAGAIN;
	r = nl_msg_parse(msg, keep_link, &l);
	if (r == -NLE_NOMEM)
		return -ENOMEM;
	if (!l)
		return -EBADMSG;
	r = get_link(l, ret);
	if (r == 0)
		get_more(msg, ret);
	rtnl_link_put(l);
	return r;
}
