/* graph/file.h - writing and reading snapshot files. The format is drawn in graph/format.h. */
#ifndef HF_GRAPH_FILE_H
#define HF_GRAPH_FILE_H

#include "base/cleanup.h"
#include "graph/graph.h"

typedef struct hf_snapshot_writer hf_snapshot_writer;

/* Starts a snapshot at `path`: written under a temporary name in the same folder, mode 0600,
 * O_EXCL and O_NOFOLLOW, and renamed by hf_snapshot_writer_finish(). The caller owns *ret. */
hf_err *hf_snapshot_writer_create(const char *path, hf_snapshot_writer **ret);

/* The sink that fills it: hand this to hf_heap_walk() (or tell it a made-up heap in tests). */
hf_heap_sink hf_snapshot_writer_sink(hf_snapshot_writer *w, const hf_strtab *names);

/* Adds where the memory was; at most once, after all has been told and before the finish. */
hf_err *hf_snapshot_writer_memory(hf_snapshot_writer *w, const hf_memory *memory);

/* Writes what is left, closes and renames. Frees nothing. */
hf_err *hf_snapshot_writer_finish(hf_snapshot_writer *w, const hf_snapshot_info *info);

/* Frees; without a finish before it the temporary file is removed. NULL is fine. */
void hf_snapshot_writer_free(hf_snapshot_writer *w);
HF_RELEASE_BY(hf_snapshot_writer, hf_snapshot_writer_free)

/* Reads a snapshot; every number in it is checked against what the file holds, so that a graph
 * from a stranger's file is safe to index. The caller owns *ret. */
hf_err *hf_snapshot_read(const char *path, hf_graph **ret);

/* Whether a file starts as a snapshot does. */
bool hf_snapshot_is(const char *path);

#endif
