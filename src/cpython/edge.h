/* cpython/edge.h - how one object refers to another.
 *
 * The numbers are part of the snapshot file: add at the end, never renumber. */
#ifndef HF_CPYTHON_EDGE_H
#define HF_CPYTHON_EDGE_H

#include <stdint.h>

typedef enum hf_edge_kind {
    HF_EDGE_FIELD = 0, /* a C field; label: its Python name (`__class__`, `__dict__`, `f_back`) */
    HF_EDGE_ATTRIBUTE = 1, /* inline value or slot of an instance; label: attribute name */
    HF_EDGE_KEY = 2,       /* key of a dict; no label */
    HF_EDGE_VALUE = 3,     /* value of a dict: its key is the target of the edge just before it */
    HF_EDGE_INDEX = 4,     /* item of a list, tuple, deque, ...; label: index */
    HF_EDGE_MEMBER = 5,    /* member of a set; no label */
    HF_EDGE_LOCAL = 6,     /* local variable of a frame or generator; label: its name */
    HF_EDGE_STACK = 7,     /* slot of a frame's evaluation stack; label: slot number */
    HF_EDGE_CELL = 8,      /* contents of a closure cell; no label */
    HF_EDGE_OFFSET = 9,    /* found by scanning; label: byte offset in the object */
    HF_EDGE_TOLD = 10, /* told by the object itself (asked.h); label: its place in the telling */
    HF_EDGE_KIND_COUNT
} hf_edge_kind;

typedef enum hf_edge_strength {
    HF_EDGE_STRONG = 0,  /* owns a reference, exact decoder */
    HF_EDGE_WEAK = 1,    /* owns none: weak reference, or borrowed */
    HF_EDGE_SCANNED = 2, /* an aligned word that points at an object: most likely owns one */
} hf_edge_strength;

/* True where the label is the number of a name and not a plain number. */
static inline int hf_edge_label_is_name(hf_edge_kind kind)
{
    return kind == HF_EDGE_FIELD || kind == HF_EDGE_ATTRIBUTE || kind == HF_EDGE_LOCAL;
}

#endif
