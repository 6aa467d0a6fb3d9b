/* graph/graph.h - a heap as columns: one row an object, one row an edge.
 *
 * Objects are numbered 0 .. object_count-1 in order of address. The edges of object i are the rows
 * edge_start[i] .. edge_start[i+1]-1, in the order in which the object holds them. Reverse edges
 * are made on demand. A graph is read from a file and never changes; it needs no process. */
#ifndef HF_GRAPH_GRAPH_H
#define HF_GRAPH_GRAPH_H

#include "base/cleanup.h"
#include "cpython/memory.h"
#include "graph/info.h"
#include "graph/numbers.h"

#include <string.h>

#define HF_NO_OBJECT UINT32_MAX

typedef struct hf_graph_thread {
    uint64_t native_id;
    uint32_t name;
    const uint32_t *frames; /* name numbers, innermost first */
    size_t frame_count;
} hf_graph_thread;

/* Where memory was asked for: see hf_site. Its frames are those of hf_graph_frames(). */
typedef struct hf_graph_site {
    uint64_t first_frame;
    uint32_t frame_count;
    uint64_t blocks, bytes;
} hf_graph_site;

/* What was computed from a graph and will be asked for again; it ends with the graph. */
typedef struct hf_graph_kept {
    void *data; /* NULL: nothing yet */
    void (*free)(void *data);
} hf_graph_kept;

enum { HF_KEPT_DOMINATORS, HF_KEPT_PATHS, HF_KEPT_COUNT };

typedef struct hf_graph {
    hf_snapshot_info info;
    hf_strtab names;
    hf_memory memory; /* measured is false where the file does not tell */

    uint32_t object_count;
    uint64_t *address;                            /* ascending */
    uint32_t *type;                               /* row in types */
    uint32_t *flags;                              /* HF_OBJECT_* */
    hf_numbers counts;                            /* hf_graph_refcount() + 1 */
    hf_numbers sizes, blocks, externals, lengths; /* hf_graph_size() and its like */

    /* Known where tracemalloc was on in the process; else site is NULL and the rest nothing. */
    uint32_t *site;       /* number of the site where the object was allocated; 0: not known */
    hf_graph_site *sites; /* number n at n - 1 */
    uint32_t site_count;
    hf_site_frame *site_frames;
    uint32_t *born;  /* hf_object.born, counted from info.check.births_start; NULL: of none */
    uint32_t *asked; /* hf_object.asked; NULL: not of samples */

    uint64_t edge_count;
    uint64_t *edge_start; /* object_count + 1 */
    uint32_t *edge_target;
    uint8_t *edge_class;  /* kind | strength << 4: hf_graph_kind(), hf_graph_strength() */
    uint32_t *edge_label; /* name number or number (saturates at UINT32_MAX) */

    hf_type *types;
    uint32_t type_count;
    hf_root *roots; /* sorted by kind, then interpreter, then target */
    uint32_t root_count;
    hf_graph_thread *threads;
    uint32_t thread_count;

    /* Reverse edges, made by hf_graph_reverse(): sources of the strong and scanned edges into i
     * are source[source_start[i]] .. ; one entry an edge. */
    uint64_t *source_start;
    uint32_t *source;

    struct hf_graph_values *values; /* see hf_graph_value() */
    hf_rare_numbers bounds;
    struct hf_graph_titles *titles; /* see hf_graph_type_title() */
    hf_graph_kept kept[HF_KEPT_COUNT];
} hf_graph;

static inline hf_edge_kind hf_graph_kind(const hf_graph *g, uint64_t edge)
{
    return (hf_edge_kind)(g->edge_class[edge] & 15);
}

static inline hf_edge_strength hf_graph_strength(const hf_graph *g, uint64_t edge)
{
    return (hf_edge_strength)(g->edge_class[edge] >> 4);
}

/* The frames of a site that is known, innermost first. */
static inline const hf_site_frame *hf_graph_frames(const hf_graph *g, uint32_t site)
{
    return g->site_frames + g->sites[site - 1].first_frame;
}

/* An edge that keeps its target alive. */
static inline bool hf_graph_holds(const hf_graph *g, uint64_t edge)
{
    return hf_graph_strength(g, edge) != HF_EDGE_WEAK;
}

/* The key of a dict's value is the target of the edge just before it; HF_NO_OBJECT: of this edge
 * there is none. */
static inline uint32_t hf_graph_key(const hf_graph *g, uint64_t edge)
{
    bool has_key = edge && hf_graph_kind(g, edge) == HF_EDGE_VALUE &&
                   hf_graph_kind(g, edge - 1) == HF_EDGE_KEY;
    return has_key ? g->edge_target[edge - 1] : HF_NO_OBJECT;
}

/* References that it counts; -1: immortal. */
static inline int64_t hf_graph_refcount(const hf_graph *g, uint32_t object)
{
    return (int64_t)(hf_numbers_at(&g->counts, object) - 1);
}

/* Bytes and items, as hf_object has them. */
static inline uint64_t hf_graph_size(const hf_graph *g, uint32_t object)
{
    return hf_numbers_at(&g->sizes, object);
}

static inline uint64_t hf_graph_block(const hf_graph *g, uint32_t object)
{
    return hf_numbers_at(&g->blocks, object);
}

static inline uint64_t hf_graph_external(const hf_graph *g, uint32_t object)
{
    return hf_numbers_at(&g->externals, object);
}

static inline uint64_t hf_graph_length(const hf_graph *g, uint32_t object)
{
    return hf_numbers_at(&g->lengths, object);
}

/* Bytes that vanish with the object alone: block + external. */
static inline uint64_t hf_graph_shallow(const hf_graph *g, uint32_t object)
{
    return hf_graph_block(g, object) + hf_graph_external(g, object);
}

void hf_graph_free(hf_graph *g); /* NULL is fine */
HF_RELEASE_BY(hf_graph, hf_graph_free)

/* Makes the reverse edges, once; cheap when they are there. */
hf_err *hf_graph_reverse(hf_graph *g);

/* Whether it has a reference that no object of the heap accounts for, or no count at all: immortal
 * objects are nobody's garbage. The graph needs its reverse edges. */
static inline bool hf_graph_held_by_c(const hf_graph *g, uint32_t object)
{
    uint64_t sources = g->source_start[object + 1] - g->source_start[object];
    int64_t count = hf_graph_refcount(g, object);
    return count < 0 || (uint64_t)count > sources;
}

/* Give back what was computed from it and can be computed again: the reverse edges, or all that is
 * kept as well. Nobody may still look at it. */
void hf_graph_forget_sources(hf_graph *g);
void hf_graph_forget(hf_graph *g);

/* The object at exactly this address, or HF_NO_OBJECT. */
uint32_t hf_graph_find(const hf_graph *g, uint64_t address);

/* The object that has this edge. */
uint32_t hf_graph_source_of(const hf_graph *g, uint64_t edge);

/* Text of a value (str, int, float, bytes, bool, None, function, code, module, type ...), cut at
 * the snapshot's limit; NULL where there is none. Strings come without quotes. Valid until the
 * next call. */
const char *hf_graph_value(hf_graph *g, uint32_t object, size_t *ret_length);

/* How often a block of values was unpacked to answer so far. It is many values, and few blocks are
 * kept: who asks for values in the order of chance unpacks one for nearly each. */
uint64_t hf_graph_values_unpacked(const hf_graph *g);

/* maxlen or maxsize of an object with HF_OBJECT_BOUNDED, else 0. */
uint64_t hf_graph_bound(const hf_graph *g, uint32_t object);

/* Module and qualified name of an object's type: "builtins" is left out ("dict"), other modules
 * are written ("shop.pricing.Quote"). Valid as long as the graph. */
const char *hf_graph_type_name(const hf_graph *g, uint32_t object);
const char *hf_graph_type_title(const hf_graph *g, uint32_t type);

/* Whether the type of an object, not one that it is derived from, is called so there. */
static inline bool hf_graph_is(const hf_graph *g, uint32_t object, const char *type)
{
    return strcmp(hf_graph_type_name(g, object), type) == 0;
}

#endif
