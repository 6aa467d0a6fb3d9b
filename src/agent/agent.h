/* agent/agent.h - the guest in a traced process: what its parts share.
 *
 * The agent is a shared object that LD_PRELOAD puts into a process. It must never fail visibly,
 * never print, allocate nothing but mappings, and stay out of the way where there is no Python:
 *
 *   install.c   finds CPython in the process, chooses its layout, installs and forks
 *   python.c    hooks of CPython's own allocators; the GIL is held there. python_sampled.c: those
 *               of samples
 *   native.c    malloc and its family; anybody may call them at any time
 *   mappings.c  mmap and its, likewise
 *   walk.h      from the thread's stack to a node of the tree
 *   tree.c      the tree, the codes and their texts, in the state file
 *   mixed.h     the same with the calls of C between those of Python: unwind.h finds them by
 *               rules.h, which reads what compilers wrote down (frame_info.h) of each binary
 *               (modules.h)
 *   codes.c     codes that die
 *   live.h      from a block's address to its node and size
 *   sample.h    which blocks are noted where only a sample is, and what one of them stands for
 *   creators.c  objects that are made of memory that an earlier one has left
 *   blocks.c    what the program itself asks of us (calls.h)
 *   symbols.c   CPython's functions, and those that ours stand in for
 *   state.c     the state file (trace/state.h), its space and its end
 *
 * Who calls: a hook marks its thread as busy (hf_busy) while it is at work, and what is allocated
 * by a busy thread is not noted: so a block is counted once, where it was first asked for, and the
 * agent cannot enter itself, neither by what it calls nor by a signal handler that interrupts it.
 *
 * fork: everything that may be used at an event is in hf_hot, on a page of its own that the kernel
 * wipes in a child (MADV_WIPEONFORK). A child is so without a tracer until its fork handler has
 * made a new one, and however it was forked, it can neither write into its parent's state nor wait
 * for a lock that a thread of its parent held: locks are only for who has a state. */
#ifndef HF_AGENT_AGENT_H
#define HF_AGENT_AGENT_H

#include "trace/state.h"

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HF_LIKELY(x)   __builtin_expect(!!(x), 1)
#define HF_UNLIKELY(x) __builtin_expect(!!(x), 0)

enum {
    HF_REGION_BITS = 26, /* the live map has one table for each 64 MiB of addresses */
    HF_ADDRESS_BITS = 47,
    HF_LEVELS_MAX = 1 << 14, /* deeper stacks are not followed */
    HF_OWN_CALLS = 16,       /* ours, when a stack is looked at: no more than that */
    HF_KNOWN_FRAMES = 1024,
    HF_KNOWN_BITS = 18,
    HF_NODE_BITS = 21, /* of a number below HF_STATE_NODES_MAX */
};

/* How calls of Python are found between those of C; see mixed.h. */
typedef enum hf_anchors { HF_ANCHORS_FRAMES, HF_ANCHORS_CFRAMES, HF_ANCHORS_ORDER } hf_anchors;

/* Offsets and functions of this process's CPython, as they are used at each event. */
typedef struct hf_frames {
    uint32_t thread_frame, frame_previous, frame_code, frame_instruction;
    bool by_cframe, by_index;
    uint32_t cframe_frame, cframe_previous;
    hf_anchors anchors;
    void *(*current_thread)(void); /* holds the GIL: who calls */
    /* The same, without the GIL: NULL for threads unknown to Python */
    void *(*thread_of_this)(void);
} hf_frames;

/* How far it is to the next block that is noted; see sample.h. */
typedef struct hf_countdown {
    int64_t left;     /* bytes that go by before it; -1 while the blocks after a sample are looked
                         at, too */
    int64_t really;   /* bytes up to it, then */
    uint32_t watched; /* so many blocks will be looked at */
    uint32_t started;
    uint64_t random;
} hf_countdown;

/* All that is used at an event. Zero in a forked child, until its handler has run. */
typedef struct hf_hot {
    bool on;               /* blocks are noted */
    bool creators;         /* hf_creators_begin() has begun */
    bool settled;          /* hf_settle() has nothing left to do */
    bool paused;           /* new blocks are not noted */
    uint32_t root;         /* where stacks begin */
    bool stacks;           /* ... with their stacks */
    bool native;           /* ... and the calls of C in them */
    bool plain;            /* on, and stacks but neither native nor paused: hf_set_plain() */
    uintptr_t *finalizing; /* of the interpreter: not 0 once it takes its modules apart */
    hf_frames frames;
    hf_state_header *header;
    hf_state_node *nodes;
    hf_state_counter *counters;
    uint32_t **regions;  /* the live map */
    uintptr_t newest[2]; /* the last two blocks of Python's allocators */
    uint32_t generation; /* changes when a code dies: what is known of instructions is void */
    uintptr_t fresh;     /* the block allocated last, until it is an object */
    uint64_t sample;     /* mean bytes from sample to sample; 0: every block is noted */
    size_t unguarded;    /* larger blocks of Python's allocators come from malloc */
    bool apart;          /* small ones that are noted, too: python_sampled.c */
    hf_countdown python;
} hf_hot;

extern union hf_hot_page {
    hf_hot hot;
    char page[4096];
} hf_hot_page;
#define hf_hot (hf_hot_page.hot)

/* One call of a thread's stack, as it was when we last looked. */
typedef struct hf_level {
    uintptr_t frame, instruction; /* instruction: hf_frame_instruction() */
    uint32_t node, parent;        /* parent: of the node, where calls of C may come in between */
} hf_level;

/* One call of C, likewise: where it goes on when what it called returns, and its registers then. */
typedef struct hf_return {
    uintptr_t address, stack, base; /* address 0: who called is not known */
    /* Where its caller's were read; what was not read is told from itself, the stack by 0 */
    uintptr_t link, base_link, stack_link;
    uint32_t node, below; /* below: how many calls of Python are older */
    bool exact;           /* a signal came at this address */
    bool evaluates;       /* hf_rule.evaluates */
} hf_return;

/* A call that is in the tree: this instruction, called from this node. Nodes have 21 bits
 * (live.h); above them are those of hf_hot.generation, so that what was known before it changed is
 * not found any more. */
typedef struct hf_known_call {
    uintptr_t instruction;
    uint64_t where; /* generation << 42 | parent << 21 | node */
} hf_known_call;

/* What is kept for each thread; a mapping of its own, touched as far as stacks go. */
typedef struct hf_thread {
    struct hf_thread *next; /* in the list of those without a thread */
    uint32_t depth, generation;
    uintptr_t newest[2]; /* the last two native blocks */
    hf_countdown native;
    uint16_t level_of[HF_KNOWN_FRAMES];
    _Alignas(64) hf_known_call known[1 << HF_KNOWN_BITS];
    hf_level levels[HF_LEVELS_MAX];
    uintptr_t fresh[HF_LEVELS_MAX]; /* frames that were not in levels, newest first */

    /* Where calls of C are followed */
    uintptr_t readable, readable_end; /* of the stack */
    struct hf_entry {
        uintptr_t address, stack, base; /* as in hf_return; address 0: not told */
    } entry;                            /* where the program called us, if that is told */
    uint32_t return_count;
    uint16_t return_of[HF_KNOWN_FRAMES];
    uintptr_t anchors[HF_LEVELS_MAX]; /* of levels */
    /* likewise: the first of calls without a call of C between them */
    uint32_t runs[HF_LEVELS_MAX];
    hf_return returns[HF_LEVELS_MAX], fresh_returns[HF_LEVELS_MAX + HF_OWN_CALLS];
} hf_thread;

extern __thread hf_thread *hf_self __attribute__((tls_model("initial-exec")));
/* A function of ours that stands in for one of malloc's family was called by a busy thread. */
extern __thread bool hf_native_called __attribute__((tls_model("initial-exec")));
extern __thread int hf_busy __attribute__((tls_model("initial-exec")));

/* Bytes up to the next native block of this thread that is noted, nearer than
 * hf_thread.native.left; 0 where each is looked at. */
extern __thread int64_t hf_native_left __attribute__((tls_model("initial-exec")));

/* The caller's thread; NULL where there is none to be had (it is ending, or no memory). */
hf_thread *hf_thread_begin(void);
/* In a forked child: the threads of its parent are not its. */
void hf_threads_begin(void);

/* tree.c: the node of an instruction below a node, made if need be. HF_STATE_REST when full. */
uint32_t hf_tree_call(uint32_t parent, uintptr_t frame, uintptr_t instruction);
/* Likewise of a call of C, by the address where it goes on; 0: not known. */
uint32_t hf_tree_native(uint32_t parent, uintptr_t address);
/* A library has gone: another one may come to lie at its addresses. */
void hf_tree_forget_modules(void);
/* The node of native blocks (HF_STATE_NATIVE) or mappings below a node;
 * HF_STATE_REST_NATIVE when full. */
uint32_t hf_tree_kind(uint32_t parent, hf_state_kind kind);
/* A node of a block of the program (HF_STATE_BLOCK); 0 when full. */
uint32_t hf_tree_block(uint32_t parent, uint32_t number);
/* The code at this address dies; the tree may know it. */
void hf_tree_forget_code(uintptr_t code);
/* codes.c: from now on the tree is told. */
void hf_codes_begin(void);
bool hf_tree_begin(void);

/* state.c */
/* A variable of the environment, which the program may be changing; NULL: there is none. */
const char *hf_environment(const char *name);
bool hf_state_create(bool forked);
void hf_state_end(void);
/* Space for `length` bytes at `offset`; false, and noted in the header, when there is none. */
bool hf_state_reserve(uint64_t offset, uint64_t length);
void *hf_pages(size_t bytes); /* zeroed memory, only taken when touched; NULL without */

/* native.c */
/* The node of native blocks (or mappings) of the line that this thread is at; the
 * thread is busy. */
uint32_t hf_native_node(hf_state_kind kind);
/* True where a native block is to be noted (all are, but where samples are taken). */
bool hf_native_takes(size_t size);
/* Notes a native block at its node; the thread is busy. Counts one as freed that
 * hf_live_take() has found. */
void hf_native_note(uint32_t node, void *block, size_t size);
void hf_native_forget(uint32_t node, uint64_t size, uintptr_t block);
void hf_native_begin(void); /* finds the functions that are hooked; may be called at any time */

/* python.c: false where the hooks could not be put in place. */
bool hf_python_install(void);
bool hf_python_is_hooked(void);
/* python_sampled.c: the interpreter is up. What Python's allocator takes of the kernel is kept out
 * of the samples, so that small blocks need no guard; and samples lie apart where they can. */
void hf_python_settle(void);

/* creators.c: with the GIL, once the interpreter is up. False where somebody else has the place,
 * and before 3.13, where `later` is called if it is begun at a safe place (only tried where
 * everywhere is set). */
bool hf_creators_begin(bool everywhere, void (*later)(void));
bool hf_creators_are_told(void);

/* python.c: an object is created in this block; of its allocator it may have been for long. */
void hf_python_created(uintptr_t block);

/* The interpreter has been up for the first time: hooks that it has replaced while it started are
 * put in place again. Called by whoever allocates, until it has done that. */
void hf_settle(void);

/* blocks.c: hf_hot.paused, also in forked children */
extern bool hf_pauses;

/* install.c */
extern const struct hf_agent_layout *hf_layout;
extern uint32_t hf_python_version;
extern uintptr_t hf_code_type; /* &PyCode_Type */

/* The recording ends: whoever should have told us of objects until now is looked at for
 * the last time. */
void hf_end_recording(void);

static inline void hf_raise_flag(uint32_t flag)
{
    if (hf_hot.header)
        __atomic_fetch_or(&hf_hot.header->flags, flag, __ATOMIC_RELAXED);
}

/* What a program leaks is what it still holds when it is done, and not what is left when the
 * interpreter has taken it apart: the end of the recording. True once it is there. */
static inline bool hf_is_over(void)
{
    if (HF_LIKELY(!__atomic_load_n(hf_hot.finalizing, __ATOMIC_RELAXED)))
        return false;
    hf_end_recording();
    return true;
}

static inline void hf_drop(void)
{
    if (hf_hot.header)
        __atomic_fetch_add(&hf_hot.header->dropped, 1, __ATOMIC_RELAXED);
}

static inline bool hf_is_on(void)
{
    return __atomic_load_n(&hf_hot.on, __ATOMIC_RELAXED);
}

/* After a change of what `plain` is made of. */
static inline void hf_set_plain(void)
{
    bool plain = hf_is_on() && hf_hot.stacks && !hf_hot.native && !hf_hot.paused;
    __atomic_store_n(&hf_hot.plain, plain, __ATOMIC_RELAXED);
}

/* Locks that are held for some instructions only, by threads that are busy: a signal handler that
 * interrupts one finds hf_busy set for as long as the lock is held, whatever a compiler would like.
 * Who holds one for longer has been taken off its processor, and gets it back the sooner the less
 * the others spin. */
static inline void hf_lock(uint32_t *lock)
{
    enum { SPINS = 100 };
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    for (unsigned spins = 0; __atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE);)
        while (__atomic_load_n(lock, __ATOMIC_RELAXED)) {
            if (++spins % SPINS)
                __builtin_ia32_pause();
            else
                sched_yield();
        }
}

static inline void hf_unlock(uint32_t *lock)
{
    __atomic_store_n(lock, 0, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

#endif
