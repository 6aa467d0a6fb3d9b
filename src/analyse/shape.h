/* analyse/shape.h - how an object hangs below its collection: many owners of one shape are one
 * finding ("the list `history` of each item of `cars`"). */
#ifndef HF_ANALYSE_SHAPE_H
#define HF_ANALYSE_SHAPE_H

#include "analyse/dominators.h"

#define HF_NO_EDGE UINT64_MAX

/* For each object the first edge by which its immediate dominator has it, or HF_NO_EDGE where the
 * dominator does not refer to it itself. The caller frees it; NULL when out of memory. */
uint64_t *hf_shape_edges(const hf_graph *g, const hf_dominators *d);

/* A number that is equal for objects that hang alike below the same collection, and differs for
 * all others. Goes up the dominators through attributes to the nearest collection, *ret_collection
 * (HF_NO_OBJECT where there is none). The graph needs its reverse edges. */
uint64_t hf_shape_of(const hf_graph *g, const hf_dominators *d, const uint64_t *edge_to,
                     uint32_t object, uint32_t *ret_collection);

/* The same, for objects below collections that are below collections: goes on upwards as long
 * as there are some, through at most as many levels as people nest them, and takes what they hold
 * for alike. *ret_collection becomes the highest. */
uint64_t hf_shape_below_all(const hf_graph *g, const hf_dominators *d, const uint64_t *edge_to,
                            uint32_t object, uint32_t *ret_collection);

/* The same of what hangs below a local variable of a suspended call (a coroutine, a generator)
 * whose task or other holder is an entry of *ret_collection and not in its hands alone: what a
 * task waits for has the task, too. */
uint64_t hf_shape_of_local(const hf_graph *g, const hf_dominators *d, const uint64_t *edge_to,
                           uint32_t object, uint32_t *ret_collection);

/* The shape of an entry of a collection that is not in its hands alone. */
uint64_t hf_shape_of_entry(const hf_graph *g, uint32_t object, uint32_t collection);

/* The same of a holder that was asked before whether it is a namespace. */
bool hf_shape_is_entry_of(const hf_graph *g, uint64_t edge, bool namespace);

/* Whether the edge is an entry of a collection, and not the name of an attribute or a variable. */
bool hf_shape_is_entry(const hf_graph *g, uint32_t holder, uint64_t edge);

/* A named tuple, or a tuple of a few items: each is a thing of its own kind, as a field is. */
bool hf_shape_is_record(const hf_graph *g, uint32_t object);

/* A dict that is the namespace of an instance, a class or a module: its holder has it as __dict__,
 * or, since so many functions have that of a module that the module is not among the first,
 * as __globals__. The graph needs its reverse edges. */
bool hf_shape_is_namespace(const hf_graph *g, uint32_t dict);

#endif
