/* agent/blocks.c - see agent/calls.h. */
#include "agent/agent.h"
#include "agent/calls.h"

#define EXPORT __attribute__((visibility("default")))

bool hf_pauses;

static uint32_t block(uint32_t parent)
{
    static uint32_t number;
    hf_busy++;
    uint32_t node = hf_hot.header ? hf_tree_block(parent, ++number) : 0;
    hf_busy--;
    return node;
}

static void enter(uint32_t node)
{
    hf_hot.root = node;
    __atomic_fetch_add(&hf_hot.generation, 1, __ATOMIC_RELEASE); /* all stacks are new ones */
}

static void pause_noting(bool pauses)
{
    hf_pauses = hf_hot.paused = pauses;
    hf_set_plain();
}

static void reset_peak(void)
{
    hf_state_header *h = hf_hot.header;
    if (!h)
        return;
    hf_busy++;
    hf_lock(&h->native_lock);
    uint64_t live = __atomic_load_n(&h->python_live, __ATOMIC_RELAXED) + h->native_live;
    __atomic_store_n(&h->peak, live, __ATOMIC_RELAXED);
    __atomic_fetch_add(&h->epoch, 1, __ATOMIC_RELAXED);
    hf_unlock(&h->native_lock);
    hf_busy--;
}

EXPORT const hf_agent_calls holdfast_agent = {HF_STATE_VERSION, &hf_hot.header, block, enter,
                                              pause_noting,     reset_peak};
