/* present/cli/watch.h - several snapshots of one process, spread over a time. */
#ifndef HF_PRESENT_CLI_WATCH_H
#define HF_PRESENT_CLI_WATCH_H

#include "acquire/footprint.h"
#include "analyse/diagnose.h"
#include "present/cli/session.h"

typedef struct hf_watch {
    hf_graph **graphs; /* oldest first */
    size_t count;
    char *note; /* what went otherwise than asked, or NULL */
    /* Of a process, right before the first and the last snapshot: */
    bool measured;
    hf_footprint first, last;
} hf_watch;

/* Says on stderr what will happen and how long the process will stand still, then takes the
 * snapshots that --for and --every ask for. A process that ends meanwhile is no failure once there
 * are two snapshots to compare. The caller releases *ret, also on failure. */
hf_err *hf_watch_process(hf_session *s, pid_t pid, hf_watch *ret);

/* Reads files, and puts them in the order in which they were taken. */
hf_err *hf_watch_files(hf_session *s, char *const *paths, size_t count, hf_watch *ret);

void hf_watch_deinit(hf_watch *w);

#endif
