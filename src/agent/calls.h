/* agent/calls.h - what a traced program may ask of its own tracer, by the symbol `holdfast_agent`.
 *
 * All are called with the GIL held. A block is a part of the run whose allocations are wanted
 * apart: while it is entered, stacks begin at a node of its own (HF_STATE_BLOCK), below that of the
 * block around it. */
#ifndef HF_AGENT_CALLS_H
#define HF_AGENT_CALLS_H

#include "trace/state.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct hf_agent_calls {
    uint32_t version; /* HF_STATE_VERSION */
    /* NULL where nothing is recorded; another one in a forked child, so that it is
     * read each time. */
    hf_state_header *const *header;
    /* A new block below another, or below HF_STATE_ROOT; 0 where there is no room. */
    uint32_t (*block)(uint32_t parent);
    /* From now on stacks begin there: at a block, or at HF_STATE_ROOT. */
    void (*enter)(uint32_t node);
    /* While it pauses, no new blocks are noted; what is known is followed until it is freed. */
    void (*pause)(bool pauses);
    /* The peak begins anew at what is held now. */
    void (*reset_peak)(void);
} hf_agent_calls;

#endif
