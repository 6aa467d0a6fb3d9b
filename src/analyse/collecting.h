/* analyse/collecting.h - how a collector does: what it does by itself, when it will next, what one
 * collection would free, and what should be changed. */
#ifndef HF_ANALYSE_COLLECTING_H
#define HF_ANALYSE_COLLECTING_H

#include "analyse/collection.h"

typedef enum hf_collecting_verdict {
    HF_COLLECTING_WELL,
    HF_COLLECTING_OFF,           /* gc.disable(), or a first threshold of 0 */
    HF_COLLECTING_OUT_OF_REACH,  /* the first threshold is above what lives */
    HF_COLLECTING_SAVE_ALL,      /* DEBUG_SAVEALL keeps all that is found */
    HF_COLLECTING_UNCOLLECTABLE, /* gc.garbage is not empty */
    HF_COLLECTING_WAITS,         /* it works, and yet much waits for it */
    HF_COLLECTING_IN_VAIN,       /* it works often, and finds nothing */
} hf_collecting_verdict;

enum { HF_GC_DEBUG_SAVEALL = 32 }; /* Modules/gcmodule.c */

typedef struct hf_collecting {
    hf_collecting_verdict verdict;
    hf_collection would_free;
    uint64_t until_young;      /* net allocations of tracked objects up to the next collection */
    uint64_t until_full;       /* ... up to the next full one, as far as counts decide it */
    bool full_is_scheduled;    /* false: the incremental collector, or off */
    uint64_t survivors_needed; /* a full one also waits for so many objects that survive a
                                  collection of generation 1; 0: enough have */
    uint32_t suggested[3];     /* thresholds that would suit; all 0: those that it has do */
    const char *cure;          /* a sentence; "" where nothing is to be done */
} hf_collecting;

hf_err *hf_collecting_judge(hf_graph *g, hf_collecting *ret);
void hf_collecting_deinit(hf_collecting *c);

#endif
