/* graph/write.h - the two halves of hf_snapshot_writer_finish(), for a file that one process
 * fills and another publishes; and what only tests of damaged files want. */
#ifndef HF_GRAPH_WRITE_H
#define HF_GRAPH_WRITE_H

#include "graph/file.h"
#include "graph/shared.h"

/* compress: false stores columns as they are, so that a fuzzer can reach them. */
hf_err *hf_snapshot_writer_open(const char *path, bool compress, hf_snapshot_writer **ret);

/* As hf_snapshot_writer_sink(), but that objects and edges go to `shared` and not into the file,
 * which nobody but hf_snapshot_read_shared() can read then. */
hf_heap_sink hf_snapshot_writer_sink_sharing(hf_snapshot_writer *w, const hf_strtab *names,
                                             hf_shared_graph *shared);

hf_err *hf_snapshot_writer_seal(hf_snapshot_writer *w, const hf_snapshot_info *info);
hf_err *hf_snapshot_writer_publish(hf_snapshot_writer *w);

/* Of the file that is being written, for a child that keeps nothing else open. */
int hf_snapshot_writer_fd(const hf_snapshot_writer *w);

#endif
