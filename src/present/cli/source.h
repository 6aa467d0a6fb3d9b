/* present/cli/source.h - what a TARGET on the command line is, and how to get a graph from it. */
#ifndef HF_PRESENT_CLI_SOURCE_H
#define HF_PRESENT_CLI_SOURCE_H

#include "graph/snapshot.h"
#include "present/cli/session.h"

typedef struct hf_source {
    pid_t pid;        /* 0: a file */
    const char *path; /* the operand itself, for a file */
    bool core;        /* the file is a core file, by its content */
} hf_source;

/* A number is a pid, what exists or holds a slash is a file, anything else the name of exactly one
 * process that `ps` shows. A script or a folder that exists, without a slash, is the process that
 * runs it, if there is one: neither can be a snapshot. */
hf_err *hf_source_resolve(const char *operand, hf_source *ret);

/* Whether an operand may name the process that runs it, although a file or a folder of that name
 * stands here: who stands beside a script or a package names the process by it. */
bool hf_source_may_be_program(const char *operand);

/* The words by which a process is known, "shop.service" of "python3 -m shop.service" or "worker.py"
 * of "/usr/bin/python3 worker.py": true where `name` is one. `command` is as in hf_target_info. */
bool hf_source_is_named(const char *command, const char *name);

/* The options of the command line that say how to freeze and what to keep. */
hf_snapshot_options hf_source_options(const hf_arguments *arguments);

/* Takes a snapshot of pid into `path`, with progress, interrupts held off while the target is
 * copied. announce: say on stderr beforehand what will happen. */
hf_err *hf_source_take(hf_session *s, pid_t pid, const char *path, bool announce,
                       hf_snapshot_info *ret);

/* The same for who wants the graph alone: it takes less time, and no file stays at `path`. The
 * caller owns *ret. */
hf_err *hf_source_take_graph(hf_session *s, pid_t pid, const char *path, bool announce,
                             hf_graph **ret);

/* The same from a core file; what could not be had of it is told on stderr. */
hf_err *hf_source_take_core(hf_session *s, const char *core, const char *path,
                            hf_snapshot_info *ret);

/* Writes the memory of pid as it is. */
hf_err *hf_source_take_raw(hf_session *s, pid_t pid, const char *path, hf_raw_info *ret);

/* Reads the graph of an operand; a process is first written into a private folder that is removed
 * at once. The caller owns *ret. */
hf_err *hf_source_load(hf_session *s, const char *operand, hf_graph **ret);

/* Reads a snapshot file, or a core file by way of one, with what the command line says
 * of values applied. */
hf_err *hf_source_read(hf_session *s, const char *path, hf_graph **ret);

/* "2.8 ms (copy-on-write fork)", and on busy processors "2.8 ms (copy-on-write fork; 939 us where
 * processors are free)". queue: hf_pause_queue(); way: NULL to say none. */
void hf_source_say_pause(uint64_t predicted, double queue, const char *way, hf_buf *out);

/* "copy-on-write fork": for sentences. */
const char *hf_source_way_name(hf_way way);

#endif
