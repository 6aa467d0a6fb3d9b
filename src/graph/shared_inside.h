/* graph/shared_inside.h - the memory that shared.c lets a child fill, column by column. For
 * shared.c and its fuzzer. */
#ifndef HF_GRAPH_SHARED_INSIDE_H
#define HF_GRAPH_SHARED_INSIDE_H

#include "graph/shared.h"

/* A number that does not fit its column; or one of a few. */
enum {
    HF_SHARED_COUNTS,
    HF_SHARED_SIZES,
    HF_SHARED_BLOCKS,
    HF_SHARED_EXTERNALS,
    HF_SHARED_LENGTHS,
    HF_SHARED_BOUNDS, /* these are all rare */
    HF_SHARED_NUMBERS
};

typedef struct hf_shared_rare {
    uint32_t kind, object; /* HF_SHARED_COUNTS and so on */
    uint64_t number;
} hf_shared_rare;

enum { HF_SHARED_BORN = 1 << 0, HF_SHARED_ASKED = 1 << 1 }; /* bits of hf_shared_tally.notes */

typedef struct hf_shared_tally {
    uint64_t objects, edges, rare, notes;
} hf_shared_tally;

/* Each with its room in items; all are shared. */
struct hf_shared_graph {
    uint64_t object_room, edge_room, rare_room;
    uint64_t *address, *edge_start;
    uint32_t *type, *flags;
    uint16_t *numbers[HF_SHARED_BOUNDS];
    uint32_t *site, *born, *asked;
    uint32_t *edge_target, *edge_label;
    uint8_t *edge_class;
    hf_shared_rare *rare;
    hf_shared_tally *told;               /* what the child says at last */
    hf_shared_tally count;               /* the child's own, until then */
    uint64_t objects_ready, edges_ready; /* the child's: so many have memory */
};

typedef struct hf_shared_column {
    void **items;
    uint64_t room;
    size_t size; /* bytes of an item */
} hf_shared_column;

enum { HF_SHARED_COLUMNS = 17 };

/* All memory that is shared. */
void hf_shared_columns(hf_shared_graph *s, hf_shared_column ret[HF_SHARED_COLUMNS]);

#endif
