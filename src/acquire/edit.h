/* acquire/edit.h - a few words of a running process are changed while all of its threads stand
 * still.
 *
 * Nothing runs in the process for it. No register changes, but where a thread waits without a limit
 * in time in a call that any stop ends (hf_machine_mend_wait()). The tool may be killed at any
 * instant: the kernel then lets all threads go, with what was written until then. So whoever
 * writes takes care that the process is sound after each single write. */
#ifndef HF_ACQUIRE_EDIT_H
#define HF_ACQUIRE_EDIT_H

#include "acquire/target.h"

typedef struct hf_edit_piece {
    uint64_t addr;
    const void *bytes;
    size_t n;
} hf_edit_piece;

enum { HF_EDIT_PIECES_MAX = 4 };

/* The memory of the process that stands still; a unit test plays it. */
typedef struct hf_editor {
    void *context;
    bool (*read)(void *context, uint64_t addr, void *bytes, size_t n); /* all or nothing */
    bool (*write)(void *context, uint64_t addr, const void *bytes, size_t n);
    /* in this order, by one system call */
    bool (*write_pieces)(void *context, const hf_edit_piece *pieces, size_t count);
    /* some thread may be at work on this memory */
    bool (*is_in_use)(void *context, uint64_t start, uint64_t end);
    bool (*is_code)(void *context, uint64_t addr); /* it may be executed there */
    /* refused where no code of ours may run in it, as it is now */
    hf_err *(*may_run)(void *context);
} hf_editor;

/* What was found out about a process before it is changed. */
enum { HF_EDIT_AUXV_MAX = 1024 };

typedef struct hf_edit_basis {
    uint32_t tried_filters; /* seccomp_python.h */
    uid_t uid;              /* the real, effective and saved one */
    size_t auxv_size;
    uint8_t auxv[HF_EDIT_AUXV_MAX]; /* what the kernel told the program as it began */
} hf_edit_basis;

/* Why a process is not to be changed whatever its state, as HF_ERR_REFUSED: it began with rights of
 * others (set-uid), is stopped, or a seccomp filter forbids what code of ours has to call. Reads
 * only. */
hf_err *hf_edit_check(hf_target *live, hf_edit_basis *ret);

/* Stops all threads, has `change` called, and lets them go. Refused where it has become another
 * program since the basis was found: that may be one with rights of others. Signals must be held
 * back by the caller where their handlers would end this program in between. What change() fails
 * with is handed on; what cannot be stopped is HF_ERR_REFUSED. *ret_pause: nanoseconds that it
 * stood still, added. */
hf_err *hf_edit(hf_target *live, const hf_edit_basis *basis,
                hf_err *(*change)(void *context, const hf_editor *editor), void *context,
                uint64_t *ret_pause);

#endif
