/* analyse/slots.h - classes whose instances have a dict of attributes, and what
 * __slots__ would save.
 *
 * Today an instance takes its own block (with inline values from 3.13 on, values beside it in 3.11
 * and 3.12) and often a dict. With __slots__ it takes a header, what its base has, and one word a
 * slot: sizes that follow from the interpreter's version, its allocator's unit of 16 bytes, and the
 * class, so that the saving is exact and not a rule of thumb. */
#ifndef HF_ANALYSE_SLOTS_H
#define HF_ANALYSE_SLOTS_H

#include "analyse/dominators.h"

typedef struct hf_slot_name {
    const char *name;
    uint64_t instances; /* that have it */
    uint32_t last;      /* the last instance that was counted */
} hf_slot_name;

typedef struct hf_slots_row {
    uint32_t type; /* row in types */
    uint64_t instances;
    uint64_t with_dict;     /* of these, with a dict object of their own */
    uint64_t bytes;         /* blocks of the instances, values and dicts now */
    uint64_t slotted_bytes; /* ... with __slots__ */
    int64_t saved;       /* the difference; may be below zero where most attributes are missing */
    hf_slot_name *names; /* by how many instances have them, most first */
    size_t name_count;
    size_t sparse;   /* names that less than half of the instances have */
    bool bases_too;  /* a base class made in Python gives a dict as well: it needs __slots__, too */
    bool weakrefs;   /* instances have weak references: "__weakref__" is among the slots counted */
    bool many_names; /* more names than anybody would write */
} hf_slots_row;

typedef struct hf_slots {
    hf_slots_row *rows; /* most saved first */
    size_t count;
    uint64_t instances, bytes; /* of all rows */
    int64_t saved;             /* of the rows that save something */
} hf_slots;

/* Classes with at least `least` instances. */
hf_err *hf_slots_find(hf_graph *g, const hf_dominators *d, uint64_t least, hf_slots *ret);
void hf_slots_deinit(hf_slots *s);

#endif
