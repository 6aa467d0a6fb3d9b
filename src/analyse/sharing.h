/* analyse/sharing.h - members that their holder does not keep alone: what they take, and who else
 * keeps them. */
#ifndef HF_ANALYSE_SHARING_H
#define HF_ANALYSE_SHARING_H

#include "analyse/clues.h"

typedef struct hf_sharing {
    uint64_t bytes; /* what the holder retains, and what its members do that it does not keep alone:
                       it goes when all who hold them let go */
    uint32_t other; /* an old object that holds most of these members, too, or HF_NO_OBJECT */
    bool alike;     /* it does together with others of its kind, of which it holds most */
    bool frames;    /* ... or running frames do */
} hf_sharing;

/* The graph needs its reverse edges. */
hf_err *hf_sharing_find(const hf_clues *c, hf_sharing *ret);

#endif
