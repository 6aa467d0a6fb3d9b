/* cpython/refcount.h - how many references an object counts.
 *
 * With a GIL that is one number. Free-threaded builds keep two (Include/object.h, PEP 703): what
 * the thread that made the object counts for itself, and what all others count together, above two
 * bits of flags; their sum is the count, and the second alone may be negative.
 *
 * Objects that use deferred counting (functions, code, modules, classes) carry a number on top
 * which only keeps them until the collector looks. In 3.13 that is one reference, and all others
 * are counted (Objects/object.c, _PyObject_SetDeferredRefcount). From 3.14 on the stacks of
 * threads refer to them without counting, and threads count for themselves in tables of their own:
 * then nothing that can be said of such a count would be true. */
#ifndef HF_CPYTHON_REFCOUNT_H
#define HF_CPYTHON_REFCOUNT_H

#include "base/bytes.h"
#include "cpython/layout.h"

typedef struct hf_refcount {
    int64_t count;
    bool immortal; /* the count is not kept */
    bool partial;  /* there are references that the count leaves out */
} hf_refcount;

/* Static objects before 3.12: _PyObject_IMMORTAL_REFCNT, pycore_object.h. */
#define HF_IMMORTAL_3_11 (999999999 / 2)

/* What deferral adds from 3.14 on: _Py_REF_DEFERRED, internal/pycore_object.h. */
#define HF_DEFERRED_3_14 (INT64_MAX / 8)

/* Of the object whose first object_size bytes are at `object`. */
static inline hf_refcount hf_refcount_of(const hf_layout *l, const uint8_t *object)
{
    if (!l->free_threaded) {
        uint64_t count = hf_load_u64(object + l->object_ob_refcnt);
        if (HF_HAS(l, object_ob_flags)) /* in the upper quarter of the word */
            count &= ~(UINT64_C(0xffff) << 48);
        /* From 3.12 on the low half is negative; before, static objects just start very high. */
        bool immortal =
            HF_HAS(l, code_co_cached) ? (int32_t)(uint32_t)count < 0 : count >= HF_IMMORTAL_3_11;
        return (hf_refcount){.count = (int64_t)count, .immortal = immortal};
    }
    uint32_t local = hf_load_u32(object + l->object_ob_ref_local);
    int64_t shared = (int64_t)hf_load_u64(object + l->object_ob_ref_shared);
    hf_refcount r = {.count = (int64_t)local + (shared >> l->object_ref_shared_shift),
                     .immortal = local == UINT32_MAX};
    if (!(object[l->object_ob_gc_bits] & l->gc_bits_deferred) || r.immortal)
        return r;
    r.partial = !HF_HAS(l, object_deferred_reference);
    r.count -= r.partial ? HF_DEFERRED_3_14 : l->object_deferred_reference;
    return r;
}

/* Whether the small numbers in the header are ones that an object can have; true with a GIL, where
 * there are none. A mutex has two bits (Include/cpython/lock.h), and one of gc's eight is free. */
static inline bool hf_header_is_sane(const hf_layout *l, const uint8_t *object)
{
    return !l->free_threaded ||
           (object[l->object_ob_mutex] <= 3 && object[l->object_ob_gc_bits] <= 0x7f &&
            (!HF_HAS(l, object_padding) || !hf_load_u16(object + l->object_padding)));
}

#endif
