/* cpython/prove_kinds.h - what a member may lead to, for the files of prove.h. */
#ifndef HF_CPYTHON_PROVE_KINDS_H
#define HF_CPYTHON_PROVE_KINDS_H

#include "cpython/decode.h"

/* Kinds of objects. Subclasses are of the kind of their base. */
enum {
    NUL = 1 << 0, /* no object at all */
    STR = 1 << 1,
    TUPLE = 1 << 2,
    LIST = 1 << 3,
    DICT = 1 << 4,
    BYTES = 1 << 5,
    TYPE = 1 << 6,
    EXCEPTION = 1 << 7,
    CODE = 1 << 8,
    FUNCTION = 1 << 9,
    MODULE = 1 << 10,
    FRAME = 1 << 11,
    TRACEBACK = 1 << 12,
    CONTEXT = 1 << 13,
    CONTEXT_VAR = 1 << 14,
    COROUTINE = 1 << 15,
    MANAGED_BUFFER = 1 << 16,
    HAMT = 1 << 17,
    TEE_DATA = 1 << 18,
    NONE = 1 << 19,
    INT = 1 << 20,
    LRU_LINK = 1 << 21,
    BUILTIN = 1 << 22, /* a function in C */
    OTHER = 1 << 30,
    ANY = ~NUL,
};

typedef struct {
    size_t place; /* offset in hf_layout of the member's place */
    uint32_t kinds;
} reference_fact;

#define LEADS(member, kinds)                           \
    {                                                  \
        offsetof(hf_layout, member), (uint32_t)(kinds) \
    }

/* The kind of an object; NUL of address 0, no kind at all where there is no object. */
uint32_t hf_kind_of(hf_decode *d, uint64_t object);

/* Asks each member of a struct of the target; the facts end with one of no kinds. */
void hf_prove_references(hf_decode *d, const reference_fact *facts, const char *holder,
                         uint64_t address);

/* Asks an object whether its numbers agree; NULL for types of which nothing more is known.
 * (prove_counts.c) */
typedef void hf_counts(hf_decode *d, const hf_type_record *type, uint64_t address);
hf_counts *hf_counts_of(const char *type);

/* True where the member at this place of hf_layout is asked by prove_counts.c. */
bool hf_counts_prove(size_t place);

#endif
