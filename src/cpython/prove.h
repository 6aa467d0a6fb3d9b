/* cpython/prove.h - what a target says for and against a row of the layout tables.
 *
 * A wrong row still finds most of a heap, so a row is believed only where nothing in the target
 * contradicts it. Each number of a row has a proof (hf_proof_of()):
 *
 *     layout_sound.c    what every C compiler does
 *     prove_types.c     sizes and offsets that CPython's own type objects state
 *     layout_runs.c     the order of members in every version's source
 *     prove_objects.c   what the members of every object lead to
 *     prove_counts.c    numbers that must agree with each other
 *     prove_runtime.c   interpreters and threads, against what Python names
 *     prove.c           frames of threads; the collector's lists: lists.c
 *
 * What the target states of itself may not contradict at all. Objects are asked while they are
 * followed, all of them: a wrong number contradicts all objects of a type alike, or those at least
 * that have the member; damage contradicts single ones. So at rest one in 64 of a type is forgiven,
 * none of types with fewer instances, but where others that are decoded by the same numbers are
 * many and sound: then a single object of a rare type is damaged. */
#ifndef HF_CPYTHON_PROVE_H
#define HF_CPYTHON_PROVE_H

#include "cpython/decode.h"
#include "cpython/layout_entries.h"

/* Counts against the row, or against the object that is asked just now (d->charge); of each the
 * first is kept for the message. printf-like. */
void hf_contradict(hf_decode *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Compares what a type object says of its instances. Called once a type, when it is first met and
 * `type->decoder` was made for it and not for a base. */
void hf_prove_type(hf_decode *d, const hf_type_record *type);

/* Sets type->kind and type->facts: what its instances are to the facts, and which are known of
 * them. `name`: its tp_name. */
void hf_prove_prepare(hf_type_record *type, const char *name, size_t length);

/* Asks an object whose type has facts or counts where its members lead to and what they hold. */
void hf_prove_object(hf_decode *d, const hf_type_record *type, uint64_t address);

/* Equal for types whose instances are decoded by the same numbers, however they are called. */
const void *hf_prove_family(const hf_type_record *type);

/* True where the members at this place of hf_layout are asked so. */
bool hf_object_proves(size_t place);

/* True where a member of an interpreter or a thread at this place is asked by prove_runtime.c. */
bool hf_runtime_proves(size_t place);

/* True where a word of an interpreter, a thread or a collector may be the member at this place of
 * hf_layout: it leads to what it must, and to what Python code sees of it in the modules of the
 * dict `modules`. A member of which nothing is known may be any word. */
bool hf_runtime_word_holds(hf_decode *d, uint64_t modules, size_t place, uint64_t word);

/* True where the versions of functions may be at `at`, as far as this version's are known. */
bool hf_are_function_versions(hf_decode *d, uint64_t at);

/* True where a type object states the number at this place of hf_layout. */
bool hf_type_proves(size_t place);

typedef enum hf_proof {
    HF_PROOF_NONE,
    HF_PROOF_DEBUG_OFFSETS, /* 3.13 and later state it themselves, else the symbol's size */
    HF_PROOF_TYPE,          /* a type object states it: sizes, offsets, PyMemberDef */
    HF_PROOF_REFERENCE,     /* in all objects it leads to objects of a certain kind */
    HF_PROOF_COUNT,         /* in all objects it agrees with other numbers */
    HF_PROOF_STRUCTURE,     /* links that close, pointers back, pages that add up */
    HF_PROOF_RUN,           /* neighbours in every version's source hold it in place */
    HF_PROOF_UNUSED,        /* no object, reference, size or label depends on it */
} hf_proof;

/* How a wrong value of this number is noticed. */
hf_proof hf_proof_of(const hf_layout_entry *entry);

#endif
