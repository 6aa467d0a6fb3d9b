/* analyse/growth.h - what was born between the first and the last snapshot and still lives, and
 * which old object holds it.
 *
 * Each newly born object is charged to one owner: the nearest old object that dominates it and
 * has it in its own hands; where two hold it together, the container that became longer and is
 * nearest. What died is charged the same way, so that turnover cancels out. Objects that no root
 * reaches have one of the owners below instead of an object. */
#ifndef HF_ANALYSE_GROWTH_H
#define HF_ANALYSE_GROWTH_H

#include "analyse/dominators.h"
#include "analyse/timeline.h"

enum {
    HF_OWNER_ROOTS = UINT32_MAX - 2,   /* held by frames, threads or C statics alone */
    HF_OWNER_C = UINT32_MAX - 3,       /* references that nobody accounts for */
    HF_OWNER_GARBAGE = UINT32_MAX - 4, /* nothing holds them */
};

static inline bool hf_owner_is_object(uint32_t owner)
{
    return owner < HF_OWNER_GARBAGE;
}

/* Owners of one shape below one collection ("the lists `history` of the items of `cars`") are one
 * row, and so are those below collections of collections that would each be too small to be told;
 * `owner` is then the one that grew most. */
typedef struct hf_growth_row {
    uint32_t owner;
    uint32_t owners; /* how many there are of this shape */
    /* Where the owners are parts of trees (analyse/branches.h): how many. `owner` is then the
     * highest node of the one that grew most, and of one tree the collection, too. */
    uint32_t trees;
    uint32_t collection; /* that the owners are below of; HF_NO_OBJECT where there is none */
    int64_t born_bytes, born_objects, died_bytes, died_objects;
    int64_t own_bytes;   /* change of the owners' own block and buffers */
    int64_t filled_room; /* of these: went into room that a buffer had made before */
    int64_t owner_net;   /* what `owner` alone grew by */
    uint64_t retained;   /* bytes that the owners retain together, in the last snapshot */
    size_t first, count; /* its newly born objects: in hf_growth.born */
} hf_growth_row;

typedef struct hf_growth {
    hf_growth_row *rows; /* most net bytes first */
    size_t row_count;
    uint32_t *born; /* numbers in the last snapshot, by row, ascending */
    size_t born_count;
    uint32_t *record_of;   /* as hf_records_of() tells it */
    uint8_t *buffer_kinds; /* as hf_buffer_kinds() of the last graph */
    int64_t churn;         /* bytes of the first snapshot whose objects have died since */
    int64_t least;         /* bytes: what grows less is not told */
} hf_growth;

static inline int64_t hf_growth_net(const hf_growth_row *r)
{
    return r->born_bytes - r->died_bytes + r->own_bytes;
}

/* Adds up owners and what they have, but for what is of one owner. */
static inline void hf_growth_add(hf_growth_row *sum, const hf_growth_row *row)
{
    sum->owners += row->owners;
    sum->trees += row->trees;
    sum->retained += row->retained;
    sum->born_bytes += row->born_bytes;
    sum->born_objects += row->born_objects;
    sum->died_bytes += row->died_bytes;
    sum->died_objects += row->died_objects;
    sum->own_bytes += row->own_bytes;
    sum->filled_room += row->filled_room;
}

/* first, last: dominators of the first and the last graph of t. */
hf_err *hf_growth_compute(const hf_timeline *t, const hf_dominators *first,
                          const hf_dominators *last, hf_growth *ret);
void hf_growth_deinit(hf_growth *growth);

#endif
