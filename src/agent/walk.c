/* agent/walk.c - stacks that have changed; see agent/walk.h. And what is kept for each thread. */
#include "agent/walk.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

__thread hf_thread *hf_self;
__thread int hf_busy;
__thread bool hf_native_called;
__thread int64_t hf_native_left;

/* In a program that has no threads, they are in no library before glibc 2.34. */
#pragma weak pthread_key_create
#pragma weak pthread_setspecific
#ifdef __x86_64__
__asm__(".symver pthread_key_create, pthread_key_create@GLIBC_2.2.5");
__asm__(".symver pthread_setspecific, pthread_setspecific@GLIBC_2.2.5");
#endif

static hf_thread *spare; /* of threads that have ended */
static uint32_t spare_lock;
static pthread_key_t at_end;
static bool has_key;
static __thread bool is_ending __attribute__((tls_model("initial-exec")));

static void give_back(void *thread)
{
    hf_thread *t = thread;
    if (!hf_hot.header) /* a child without handlers: who held the lock is not there */
        return;
    hf_busy++;
    is_ending = true; /* destructors that run after this one still allocate */
    hf_self = NULL;
    hf_lock(&spare_lock);
    t->next = spare;
    spare = t;
    hf_unlock(&spare_lock);
    hf_busy--;
}

/* The thread that forked may have done so while another one held the lock. What that one was about
 * to spare is lost. */
void hf_threads_begin(void)
{
    spare = NULL;
    spare_lock = 0;
}

hf_thread *hf_thread_begin(void)
{
    if (is_ending)
        return NULL;
    hf_lock(&spare_lock);
    if (!has_key && pthread_key_create)
        has_key = pthread_key_create(&at_end, give_back) == 0;
    hf_thread *t = spare;
    if (t)
        spare = t->next;
    hf_unlock(&spare_lock);
    if (!t)
        t = hf_pages(sizeof(*t));
    if (!t)
        return NULL;
    hf_walk_forget(t);
    t->return_count = 0;
    t->readable = t->readable_end = 0; /* another thread's stack */
    t->native = (hf_countdown){0};
    hf_self = t;
    if (has_key)
        pthread_setspecific(at_end, t);
    return t;
}

void hf_walk_forget(hf_thread *t)
{
    enum { GENERATION_BITS = 64 - 2 * HF_NODE_BITS };
    uint32_t now = __atomic_load_n(&hf_hot.generation, __ATOMIC_RELAXED);
    t->depth = 0;
    if (t->generation >> GENERATION_BITS != now >> GENERATION_BITS)
        memset(t->known, 0, sizeof(t->known)); /* numbers of generations come again */
    t->generation = now;
}

static bool is_current(const hf_thread *t, const hf_known_call *k)
{
    return k->where >> 2 * HF_NODE_BITS == hf_known_where(t, 0) >> 2 * HF_NODE_BITS;
}

/* Puts a call at a place; those that were there go on to the first that is free or void. Returns
 * what had to leave the line, void where nothing. */
static hf_known_call put_known(const hf_thread *t, hf_known_call *place, hf_known_call call)
{
    uintptr_t last = 0;
    while (last < HF_KNOWN_BESIDE - 1 && is_current(t, hf_known_beside(place, last)))
        last++;
    hf_known_call left = *hf_known_beside(place, last);
    for (uintptr_t way = last; way; way--)
        *hf_known_beside(place, way) = *hf_known_beside(place, way - 1);
    *place = call;
    return left;
}

void hf_known_set(hf_thread *t, uint32_t parent, uintptr_t instruction, uint32_t node)
{
    hf_known_call call = {instruction, hf_known_where(t, parent) | node};
    hf_known_call left = put_known(t, hf_known_place(t, parent, instruction, false), call);
    if (!is_current(t, &left))
        return;
    uint32_t its_parent = (uint32_t)(left.where >> HF_NODE_BITS) & ((1U << HF_NODE_BITS) - 1);
    put_known(t, hf_known_place(t, its_parent, left.instruction, true), left);
}

static inline __attribute__((always_inline)) const hf_level *verify_top(const hf_level *newest,
                                                                        bool by_index)
{
    const uintptr_t previous_at = hf_hot.frames.frame_previous;
    const uintptr_t instruction_at = hf_hot.frames.frame_instruction;
    const hf_level *last = newest - HF_VERIFIED_TOP;
    uintptr_t frame = newest->frame, differs = 0;
    bool stays = hf_walk_instruction(frame, instruction_at, by_index) == newest->instruction;
#pragma GCC unroll 8
    for (int i = 1; i <= HF_VERIFIED_TOP; i++) {
        uintptr_t below = newest[-i].frame;
        if (HF_UNLIKELY(hf_word(frame + previous_at) != below))
            return NULL;
        frame = below;
        differs |= hf_walk_instruction(frame, instruction_at, by_index) ^ newest[-i].instruction;
    }
    if (HF_UNLIKELY(hf_word(frame + previous_at) != last[-1].frame))
        return NULL;
    return HF_UNLIKELY(differs) ? hf_walk_lowest(last, newest, by_index)
           : stays              ? newest + 1
                                : newest;
}

const hf_level *hf_walk_verify_top(const hf_level *newest)
{
    return hf_hot.frames.by_index ? verify_top(newest, true) : verify_top(newest, false);
}

/* Puts the calls of t->fresh (count of them, newest first) on top of the levels below `depth`. */
static void push(hf_thread *t, uint32_t depth, uint32_t count)
{
    for (uint32_t i = count; i-- > 0; depth++) {
        uintptr_t frame = t->fresh[i];
        t->levels[depth].frame = frame;
        t->level_of[hf_frame_hash(frame)] = (uint16_t)depth;
    }
    t->depth = depth;
}

uint32_t hf_walk_new_calls(hf_thread *t, uintptr_t frame)
{
    uint32_t count = 0, at = HF_LEVELS_MAX;
    for (; frame; frame = hf_frame_previous(frame)) {
        at = t->level_of[hf_frame_hash(frame)];
        if (at < t->depth && t->levels[at].frame == frame)
            break;
        if (count == HF_LEVELS_MAX) {
            hf_raise_flag(1 << 6); /* HF_TRACED_DEEP */
            return HF_LEVELS_MAX;
        }
        t->fresh[count++] = frame;
        at = HF_LEVELS_MAX;
    }
    uint32_t below = 0,
             lowest = 0; /* levels that stay; the first of them that is to be looked up */
    if (frame) {
        lowest = hf_walk_verify(t, at);
        below = at + 1;
        if (lowest == HF_LEVELS_MAX) { /* the chain below is another one: all of it is new */
            t->depth = 0;
            for (; frame && count < HF_LEVELS_MAX; frame = hf_frame_previous(frame))
                t->fresh[count++] = frame;
            below = lowest = 0;
        }
    }
    if (frame && !below)
        lowest = HF_LEVELS_MAX;
    if (lowest == HF_LEVELS_MAX || below + count > HF_LEVELS_MAX) {
        t->depth = 0;
        hf_raise_flag(1 << 6);
        return HF_LEVELS_MAX;
    }
    if (below + count > HF_VERIFIED_WHOLE)
        hf_raise_flag(HF_FAR_CALLERS);
    push(t, below, count);
    return lowest;
}

uint32_t hf_walk_renewed(hf_thread *t, const hf_level *lowest)
{
    uint32_t at = t->depth - 1;
    hf_walk_renew(t, (uint32_t)(lowest - t->levels), at);
    return t->levels[at].node;
}

uint32_t hf_walk_anew(hf_thread *t, uintptr_t frame)
{
    uint32_t lowest = hf_walk_levels(t, frame);
    if (HF_UNLIKELY(lowest == HF_LEVELS_MAX))
        return HF_STATE_REST;
    uint32_t at = t->depth - 1;
    if (lowest <= at)
        hf_walk_renew(t, lowest, at);
    return t->levels[at].node;
}
