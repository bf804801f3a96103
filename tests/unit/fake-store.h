/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake-store.h - a xenstored in memory, behind store.h and watch.h
 *
 * All of store_*() and watch_*() is defined here, so a test that links this
 * file does not link libxenstore.  Any thread may call anything.
 *
 * Each call is a question, and each question has a text:
 *
 *   open   self   read PATH   introduced DOMID   list PATH   write GUARD
 *   rm-empty PATH   watch
 *
 * These texts say what was asked, what hangs and what fails.
 */
#ifndef VIFAGENT_FAKE_STORE_H
#define VIFAGENT_FAKE_STORE_H

#include "agent/xen/store.h"
#include "agent/xen/watch.h"

/* Begin a test: an empty tree, no questions so far, nothing hangs or fails. */
void fake_store_start(void);

/* ---- the tree ----------------------------------------------------------- */

/* Write a node, as the toolstack does; its parents appear, too. */
void fake_store_put(const char *path, const char *value);
void fake_store_put_bytes(const char *path, const void *value, size_t len);
void fake_store_rm(const char *path);

/* Has the node this value?  NULL: does it not exist? */
bool fake_store_is(const char *path, const char *value);

/* Domains that exist. */
void fake_store_introduce(uint32_t domid);
void fake_store_destroy(uint32_t domid);

/* ---- what was asked ----------------------------------------------------- */

/* How often was this asked since the start?  NULL: all questions. */
unsigned int fake_store_asked(const char *question);

/* Question number @i, from 0 on; "" if there were fewer. */
const char *fake_store_question(unsigned int i);

/* Change number @i by store_write_if() or store_rm_empty(): "PATH=VALUE", or
 * "rm PATH"; "" if there were fewer. */
const char *fake_store_change(unsigned int i);

/* Count from 0 again. */
void fake_store_forget(void);

/* Connections and watches that are open now. */
unsigned int fake_store_connections(void);
unsigned int fake_store_watches(void);
bool fake_store_is_watched(const char *path);

/* Wait until all connections are closed.  False after some seconds. */
bool fake_store_wait_for_end(void);

/* An event of all watches. */
void fake_store_fire(const char *path);

/* ---- faults ------------------------------------------------------------- */

/* From now on this question is not answered, or none at all: "*". */
void fake_store_hang(const char *question);
void fake_store_release(void);

/* Wait until so many calls hang.  False after some seconds. */
bool fake_store_wait_for_hung(unsigned int n);

/* The @n-th question from now (1 is the next) fails, once. */
void fake_store_fail_nth(unsigned int n, int error);

/* This question fails always; 0: no more. */
void fake_store_fail(const char *question, int error);

/* xenstored ends: all connections are of no more use, and nobody listens
 * until it is started again, with its tree or without. */
void fake_store_die(void);
void fake_store_restart(bool keep_tree);

/* Called at each question, by who asks, before the answer; it may call
 * anything here.  NULL: no more. */
void fake_store_hook(void (*fn)(const char *question));

#endif
