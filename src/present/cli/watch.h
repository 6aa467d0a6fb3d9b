/* present/cli/watch.h - several snapshots of one process, spread over a time. */
#ifndef HF_PRESENT_CLI_WATCH_H
#define HF_PRESENT_CLI_WATCH_H

#include "acquire/footprint.h"
#include "analyse/diagnose.h"
#include "present/cli/session.h"

typedef struct hf_watch {
    /* Told each snapshot, which it takes over, also on failure; NULL: they are kept in graphs, and
     * the watch ends when they prove a culprit. */
    hf_err *(*see)(void *context, hf_graph *graph);
    void *context;

    hf_graph **graphs; /* oldest first */
    size_t count;
    pid_t pid;           /* of the process of the first file */
    char host[256];      /* likewise */
    uint64_t start_time; /* of the process */
    char *note;          /* what went otherwise than asked, or NULL */
    /* Of a process, right before the first and the last snapshot: */
    bool measured;
    hf_footprint first, last;
} hf_watch;

/* Reads files, and puts those that are kept in the order in which they were taken. */
hf_err *hf_watch_files(hf_session *s, char *const *paths, size_t count, hf_watch *ret);

/* One of both: the operands of a command are one process, or one and more files. *ret_pid, where it
 * is not NULL, becomes the process, or 0. */
hf_err *hf_watch_operands(hf_session *s, const char *command, hf_watch *ret, pid_t *ret_pid);

void hf_watch_deinit(hf_watch *w);

#endif
