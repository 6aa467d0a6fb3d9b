/* graph/snapshot.h - from a pid or a core file to a snapshot file: the whole left half of the
 * picture. */
#ifndef HF_GRAPH_SNAPSHOT_H
#define HF_GRAPH_SNAPSHOT_H

#include "acquire/core.h"
#include "graph/graph.h"

typedef enum hf_stage { HF_STAGE_COPY, HF_STAGE_WALK } hf_stage;

typedef struct hf_snapshot_options {
    hf_freeze_options freeze; /* rest words and on_demand are filled in here */
    hf_walk_options walk;
    hf_core_places places; /* where the binaries of a core file are looked for */
    void (*progress)(void *context, hf_stage stage, uint64_t done, uint64_t total);
    /* Called once it is known what will happen, before the target is stopped. */
    void (*announce)(void *context, const hf_freeze_plan *plan);
    /* Called when the target is out of our hands: no copy of it is left. NULL: nobody asks. */
    void (*released)(void *context);
    /* Asked now and then while the heap is decoded: true ends that, with
     * HF_ERR_INTERRUPTED. NULL: never. */
    bool (*interrupted)(void *context);
    void *context;
} hf_snapshot_options;

/* Freezes pid, walks its heap and leaves a finished snapshot at `path`; nothing on failure.
 * *ret_info, if not NULL, is filled without its texts. */
hf_err *hf_snapshot_take(pid_t pid, const char *path, const hf_snapshot_options *options,
                         hf_snapshot_info *ret_info);

/* The same without a snapshot that stays: its graph, which needs less time. `path`: where a file
 * may lie meanwhile; it is removed, but for the values in it, which the graph keeps open. The
 * caller owns *ret. */
hf_err *hf_snapshot_take_graph(pid_t pid, const char *path, const hf_snapshot_options *options,
                               hf_graph **ret);

/* The same for the process of a core file, told by its content, whatever it is called. What of the
 * process could not be had is told in (*ret_info).missing. */
hf_err *hf_snapshot_take_core(const char *core, const char *path,
                              const hf_snapshot_options *options, hf_snapshot_info *ret_info);

/* Writes the memory of pid as it is into `path`, a new file of mode 0600, as a compressed core file
 * (acquire/core_write.h) that hf_snapshot_take_core() reads anywhere. Parses nothing of the heap,
 * and takes a process of which no layout is known too, without waiting for its rest. Nothing is
 * left at `path` on failure. */
typedef struct hf_raw_info {
    hf_freeze_info freeze;
    uint64_t rss, anonymous; /* of the process, bytes */
    uint64_t file_size;
    char why_not_rest[256]; /* "" or why its moment of rest was not known */
} hf_raw_info;

hf_err *hf_snapshot_take_raw(pid_t pid, const char *path, const hf_snapshot_options *options,
                             hf_raw_info *ret);

#endif
