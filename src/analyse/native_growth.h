/* analyse/native_growth.h - whether the memory grows that C code has, judged by that memory alone.
 *
 * Chunks of malloc that no object has are counted one by one. They have nothing of the noise of the
 * process: not what Python's objects come and go by, nor what allocators keep free. So nothing of
 * that is set off against them. */
#ifndef HF_ANALYSE_NATIVE_GROWTH_H
#define HF_ANALYSE_NATIVE_GROWTH_H

#include "analyse/drafts.h"

typedef struct hf_native_growth {
    bool measured;
    int64_t bytes;     /* between the first snapshot and the last */
    int64_t now;       /* bytes that there are */
    bool steady;       /* it grew all the time, and by enough to say so */
    bool now_and_then; /* it grew more than once, and went back at no time */
    /* That is little, or may be given back soon: there was as much before, or it came in a small
     * part of the time that the process has run, or is of objects that come and go. */
    bool may_end;
} hf_native_growth;

hf_native_growth hf_native_growth_of(const hf_case *c);

/* Between the first snapshot and the last; 0 where it was not measured. */
int64_t hf_native_grown(const hf_timeline *t);

/* What tracemalloc itself has of that, about. */
int64_t hf_native_notes(const hf_graph *g);

/* Whether few new objects of a type explain it: memory of C code is most of what the process has,
 * and so many of so many are about as large a part as what it grew by. */
bool hf_native_is_share_of(const hf_case *c, const hf_native_growth *growth, uint64_t count,
                           uint32_t type);

/* Whether a holder of such objects has others at each look, though it may seem to keep them: where
 * one is freed the next soon lies. *ret_explains: so many more there are now that what it grew by
 * is theirs. */
bool hf_native_is_passing(const hf_case *c, const hf_native_growth *growth, uint32_t holder,
                          uint32_t type, bool *ret_explains);

#endif
