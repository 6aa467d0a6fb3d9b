/* graph/info.h - what a snapshot says about where it comes from. */
#ifndef HF_GRAPH_INFO_H
#define HF_GRAPH_INFO_H

#include "acquire/freeze.h"
#include "cpython/heap.h"

/* Texts belong to the graph that holds the info. */
typedef struct hf_snapshot_info {
    const char *tool_version;
    const char *host;
    pid_t pid;
    uint64_t start_time; /* clock ticks after boot; pid + start_time + host name one process */
    const char *executable, *command;
    uint64_t rss, anonymous, swap; /* bytes */
    uint64_t peak;                 /* the most that rss has been; 0: not known */
    uint64_t age;                  /* of the process at the cut, nanoseconds; 0: not known */
    hf_freeze_info freeze;         /* why_not_fork belongs to the graph too */
    uint64_t monotonic;            /* CLOCK_MONOTONIC at the cut, nanoseconds; 0: not known */
    hf_python_info python;
    hf_walk_check check;
    hf_asking_info asking;
    bool has_values;
    char missing[4096]; /* what of the process's memory could not be had, and why: lines */
} hf_snapshot_info;

#endif
