/* cpython/ring.h - a pending call, put from outside: how 3.9 to 3.13 are asked to run something.
 *
 * CPython keeps a ring of calls that its threads make between two instructions, holding the lock of
 * the interpreter. An entry is {function, argument}; ours is {PyRun_SimpleString, text}, and the
 * text lies in slots of the ring itself that are not in use, those that would be filled last. So
 * nothing has to be mapped in the process and nothing runs in it before it serves the ring. Should
 * the process put so many calls that one meets the text, the text is empty from then on.
 *
 * There is room for one text of ours at a time. One that a run has left behind that is no more is
 * written over, and its entry serves the new request.
 *
 * All words are looked at before one is written, while all threads stand still. Up to 3.11 the main
 * thread serves the ring, from then on whichever thread comes first. */
#ifndef HF_CPYTHON_RING_H
#define HF_CPYTHON_RING_H

#include "acquire/edit.h"
#include "acquire/exchange.h"
#include "cpython/pending_layout.h"

typedef struct hf_ring {
    const hf_layout *layout;
    const hf_pending_layout *pending;
    uint64_t interpreter;
    uint64_t function; /* PyRun_SimpleString */
    /* of the folder that a text names (hf_exchange_state_of()) */
    hf_exchange_state (*state_of)(void *context, const char *path);
    void *context;
} hf_ring;

/* Where a request lies. */
typedef struct hf_ring_place {
    uint32_t slot;
    uint64_t text;
    size_t length;       /* of the text, with its zero */
    const char *request; /* the text as it was given */
} hf_ring_place;

enum { HF_RING_TEXT_MAX = 384 };

/* Puts a request; `text` must live as long as *ret. HF_ERR_REFUSED says what was not as it should
 * be; then nothing was written. *ret_try_again: it may be so for a moment only (the lock is held,
 * the ring is full). */
hf_err *hf_ring_put(const hf_ring *r, const hf_editor *editor, const char *text, hf_ring_place *ret,
                    bool *ret_try_again);

/* Takes a request back. *ret_waited: it was still in the ring, so nobody has begun it; it is not
 * any more, or, where others stand behind it, has no text. One that has been taken off the ring,
 * and that no thread reads, stands in the way of no other from then on. */
hf_err *hf_ring_take_back(const hf_ring *r, const hf_editor *editor, const hf_ring_place *place,
                          bool *ret_waited, bool *ret_try_again);

/* Wipes what requests have left in slots that are not in use, where builds with assertions hold
 * that these are empty (3.13). */
hf_err *hf_ring_wipe(const hf_ring *r, const hf_editor *editor);

#endif
