/* present/cli/watch_plan.h - how often, how long, and where to: what watching one process and
 * watching a tree of them have in common. */
#ifndef HF_PRESENT_CLI_WATCH_PLAN_H
#define HF_PRESENT_CLI_WATCH_PLAN_H

#include "acquire/process.h"
#include "present/cli/session.h"

#include <stdint.h>
#include <sys/types.h>

enum { HF_WATCH_LEAST = 3 }; /* snapshots of one process */

typedef struct hf_watch_plan {
    double seconds;
    size_t snapshots;
    bool is_asked;       /* --every says how many */
    const char *keep;    /* folder where snapshots stay, or NULL */
    const char *scratch; /* a private folder: see scratch.h */
    char stamp[32];      /* of the names of kept files */
} hf_watch_plan;

/* From --for, --every and --keep; makes the folders. */
hf_err *hf_watch_plan_make(const hf_arguments *a, hf_watch_plan *ret);

/* After the first look: where each look costs seconds of processor time, and nobody asked for more,
 * the least number of looks that tells steady growth from growth that has stopped is enough, and
 * that is said on stderr. objects: of all heaps that are watched. */
void hf_watch_plan_for_heap(hf_watch_plan *p, uint64_t objects);

/* Gives the file at `path`, snapshot `number` of pid, its name in p->keep. */
hf_err *hf_watch_keep(const hf_watch_plan *p, pid_t pid, size_t number, const char *path);

/* Whether it is time to ask if more would tell more: there are enough snapshots, half of the
 * time is over, and there is more left to be saved than asking costs. objects: of all heaps
 * that are watched. */
bool hf_watch_may_end(const hf_watch_plan *p, size_t snapshots, uint64_t objects, double elapsed);

/* Seconds of CLOCK_MONOTONIC. */
double hf_watch_now(void);

/* Waits until then, with progress shown; an interrupt ends the waiting, and so does the end of the
 * process (NULL: of none). */
void hf_watch_wait(double moment, double begun, double seconds, const hf_process *process);

#endif
