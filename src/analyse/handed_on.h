/* analyse/handed_on.h - collections that hand on what they have: parcels are packed, then sent.
 * While the first fills up the second is worked off, and both together have what they had. */
#ifndef HF_ANALYSE_HANDED_ON_H
#define HF_ANALYSE_HANDED_ON_H

#include "analyse/clues.h"

/* Whether another collection of such members had become shorter at each look about as the owner,
 * which has become longer, did. Whether there are more such members in all is for the caller to
 * ask. */
bool hf_is_handed_on(const hf_clues *c);

#endif
