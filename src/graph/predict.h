/* graph/predict.h - what a row of the snapshot file most likely holds, seen from the rows before.
 *
 * Writer and reader run the same predictor over the same rows; the file holds the differences.
 * Its state never leaves a block. */
#ifndef HF_GRAPH_PREDICT_H
#define HF_GRAPH_PREDICT_H

#include "cpython/heap.h"
#include "graph/format.h"

/* The columns of an object that are foretold from the last object of its type. */
typedef struct hf_object_row {
    uint64_t size, block, length, degree;
    int64_t refcount;
    uint32_t flags;
} hf_object_row;

/* What is noted of objects in columns of their own. */
typedef enum hf_side { HF_SIDE_SITE, HF_SIDE_BORN, HF_SIDE_ASKED, HF_SIDES } hf_side;

static const hf_block_kind hf_side_kinds[HF_SIDES] = {HF_BLOCK_OBJECT_SITES, HF_BLOCK_OBJECT_BIRTHS,
                                                      HF_BLOCK_OBJECT_SAMPLES};

typedef struct hf_type_state {
    uint32_t block_number;        /* state of another block counts as none */
    uint32_t degree_slope;        /* edges more for each item more: 0, 1, 2 */
    uint32_t last_side[HF_SIDES]; /* of the last object of the type */
    hf_object_row last;
} hf_type_state;

static inline void hf_type_state_enter(hf_type_state *s, uint32_t block_number)
{
    if (s->block_number != block_number)
        *s = (hf_type_state){.block_number = block_number};
}

/* Allocators round up to 16; static objects take nothing from them. */
static inline uint64_t hf_predict_block(uint64_t size, uint32_t flags)
{
    return flags & HF_OBJECT_STATIC ? 0 : (size + 15) & ~(uint64_t)15;
}

/* Length follows size in whole items: exact for bytes, tuples and texts without wide letters. */
static inline uint64_t hf_predict_length(const hf_type_state *s, const hf_type *type, uint64_t size)
{
    if (size == s->last.size || !s->last.length)
        return s->last.length;
    int64_t item = type->itemsize > 0 && type->itemsize < 4096 ? (int64_t)type->itemsize : 1;
    return s->last.length + (uint64_t)((int64_t)(size - s->last.size) / item);
}

static inline uint64_t hf_predict_degree(const hf_type_state *s, uint64_t length)
{
    return s->last.degree + (length - s->last.length) * s->degree_slope;
}

/* Takes the row for the last one of its type. */
static inline void hf_type_state_learn(hf_type_state *s, const hf_object_row *row)
{
    uint64_t items = row->length - s->last.length, edges = row->degree - s->last.degree;
    if (items && (edges == 0 || edges == items || edges == items * 2))
        s->degree_slope = edges == 0 ? 0 : edges == items ? 1 : 2;
    s->last = *row;
}

/* Edges: the place of an edge is the type of its source, what came before it in the object, and
 * its ordinal as far as that is small. Places share slots of a small table; a clash costs a few
 * bytes and nothing else. */
enum { HF_PLACES = 1 << 13, HF_ORDINALS = 7 };

typedef struct hf_place {
    uint32_t code; /* of the label */
    uint32_t target;
    uint8_t class_; /* kind | strength << 4 */
} hf_place;

typedef struct hf_edge_state {
    hf_place places[HF_PLACES];
    uint32_t source, type, ordinal;
    uint32_t label, target; /* of the edge before */
    uint8_t class_;
} hf_edge_state;

static inline void hf_edge_state_enter_object(hf_edge_state *s, uint32_t source, uint32_t type)
{
    s->source = source;
    s->type = type;
    s->ordinal = 0;
    s->label = 0;
    s->target = source;
    s->class_ = 0;
}

/* Items of these kinds are numbered one after the other. */
static inline bool hf_edge_counts_up(uint8_t class_)
{
    return (class_ & 15) == HF_EDGE_INDEX || (class_ & 15) == HF_EDGE_STACK;
}

static inline hf_place *hf_edge_place(hf_edge_state *s)
{
    uint64_t key = (uint64_t)s->type << 32;
    key ^= (uint64_t)s->class_ << 24 ^ (uint64_t)s->ordinal << 20;
    key ^= hf_edge_counts_up(s->class_) ? 0 : s->label;
    return &s->places[key * 0x9e3779b97f4a7c15ULL >> (64 - 13)];
}

/* What is added to a label's code to give the label. */
static inline uint32_t hf_edge_label_base(const hf_edge_state *s, uint8_t class_)
{
    return hf_edge_counts_up(class_) && class_ == s->class_ ? s->label + 1 : 0;
}

static inline void hf_edge_state_learn(hf_edge_state *s, hf_place *place, uint8_t class_,
                                       uint32_t label, uint32_t code, uint32_t target)
{
    *place = (hf_place){.code = code, .target = target, .class_ = class_};
    s->class_ = class_;
    s->label = label;
    s->target = target;
    s->ordinal += s->ordinal < HF_ORDINALS;
}

#endif
