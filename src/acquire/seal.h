/* acquire/seal.h - cuts a copy off from everything that it shares with the target and the world.
 *
 * Step by step, by system calls that the copy is made to do while ptrace holds it:
 *
 * 1. All signals are blocked: nothing is delivered that somebody else sends.
 * 2. close_range(CLOSE_RANGE_UNSHARE) from 0 on: it leaves the table of open files that it shares
 *    with the target, for one that is empty. No file is duplicated and closed, which the driver or
 *    file system behind it would notice.
 * 3. Every shared mapping is unmapped: shared memory, files mapped shared, rings of io_uring,
 *    devices. The rest is private, that is, copied when it is written to.
 * 4. An arena is mapped: a stack with a guard, room for questions and answers, and the stub.
 * 5. Limits: processor time, no core file.
 * 6. A seccomp filter that kills for every system call. From here on it can compute, and nothing
 *    else; not even we can make it do a call.
 * 7. /proc is asked whether 3 and 6 hold.
 *
 * Beside that, ptrace holds it in a mode in which a system call stops it and is not made
 * (PTRACE_SYSEMU), and the kernel kills it with us (PTRACE_O_EXITKILL). 6 is for the instant
 * between our death and its. Its memory costs no more than what it writes to; the watcher of the
 * target's headroom ends it before that hurts.
 *
 * Before any of this, filters that the copy has inherited are asked: one could kill it, which is no
 * harm, or tell somebody, which would be. */
#ifndef HF_ACQUIRE_SEAL_H
#define HF_ACQUIRE_SEAL_H

#include "acquire/inject.h"

enum {
    HF_ARENA_GUARD = 64 << 10,
    HF_ARENA_STACK = 512 << 10,
    HF_ARENA_CONTROL = 4096,
    HF_ARENA_QUESTIONS = 256 << 10,
    HF_ARENA_WORDS = 1 << 20,
    HF_ARENA_SIZE =
        HF_ARENA_GUARD + HF_ARENA_STACK + HF_ARENA_CONTROL + HF_ARENA_QUESTIONS + HF_ARENA_WORDS,
};

/* Addresses in the copy. */
typedef struct hf_arena {
    uint64_t stack_end, control, questions, words, stub;
} hf_arena;

/* HF_ERR_REFUSED says which step was denied; the copy is then good for reading only. */
hf_err *hf_copy_seal(const hf_copy_process *copy, const hf_gadgets *gadgets, hf_arena *ret);

/* Writes into the copy's memory; false where that cannot be. */
bool hf_copy_write(const hf_copy_process *copy, uint64_t addr, const void *bytes, size_t n);

#endif
