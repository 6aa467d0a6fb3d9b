/* graph/shared.h - the big columns of a graph in memory that who decodes a heap has in common with
 * who asked for it.
 *
 * A snapshot that nobody keeps needs no file for objects and edges: the decoder, a child, puts them
 * straight into the columns that all analysis runs on, and nothing is packed, written, read and
 * unpacked. What is small, and values, which are looked at one by one, go through the file as ever.
 * To the parent what is shared is a stranger's: it is looked at only when the child has ended, and
 * all of it is checked before it is a graph (hf_snapshot_read_shared()).
 *
 * How many edges there will be nobody knows before, so there is room for more than memory can hold:
 * address space, which costs nothing until it is written to. Where even that cannot be had, the
 * file has to do. */
#ifndef HF_GRAPH_SHARED_H
#define HF_GRAPH_SHARED_H

#include "base/cleanup.h"
#include "graph/graph.h"

typedef struct hf_shared_graph hf_shared_graph;

/* For a heap in `bytes` of memory. Made before the child is forked; NULL where there is no
 * room for it. */
hf_shared_graph *hf_shared_new(uint64_t bytes);
void hf_shared_free(hf_shared_graph *s); /* NULL is fine */
HF_RELEASE_BY(hf_shared_graph, hf_shared_free)

/* In the child, in the order of hf_heap_sink; at last hf_shared_seal(). Fail where there is
 * no more room. */
void hf_shared_notes(hf_shared_graph *s, bool born, bool asked);
hf_err *hf_shared_object(hf_shared_graph *s, const hf_object *object);
hf_err *hf_shared_edge(hf_shared_graph *s, const hf_edge *edge);
void hf_shared_value(hf_shared_graph *s); /* the last object has a value */
void hf_shared_seal(hf_shared_graph *s);

#endif
