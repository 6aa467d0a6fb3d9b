/* analyse/awaits.h - what a coroutine waits for, and what that waits for, to the innermost: the
 * `cr_await` of each, as its frame's stack has it. */
#ifndef HF_ANALYSE_AWAITS_H
#define HF_ANALYSE_AWAITS_H

#include "graph/graph.h"

enum { HF_AWAITS_MAX = 256 }; /* steps of one chain; a heap may hold rings of them */

/* How objects of a type take part in a chain. */
typedef enum hf_await_role {
    HF_AWAIT_NOTHING,
    HF_AWAIT_CALL,   /* coroutine, generator, asynchronous generator: has a frame */
    HF_AWAIT_STEP,   /* stands between two others: an iterator over a coroutine or a future */
    HF_AWAIT_FUTURE, /* a future or task of asyncio: the end of a chain */
    HF_AWAIT_TASK,
} hf_await_role;

/* One hf_await_role a type; the caller frees it, NULL when out of memory. */
uint8_t *hf_await_roles(hf_graph *g);

typedef struct hf_awaits {
    uint32_t calls[HF_AWAITS_MAX]; /* objects with a frame, outermost first */
    size_t count;
    uint32_t end; /* what the innermost waits for; HF_NO_OBJECT: not known, or it does not wait */
    bool cut;     /* longer, or a ring */
} hf_awaits;

void hf_awaits_follow(const hf_graph *g, const uint8_t *roles, uint32_t outermost, hf_awaits *ret);

/* The code object of a coroutine or generator; HF_NO_OBJECT where it is not known. */
uint32_t hf_await_code(const hf_graph *g, uint32_t call);

#endif
