/* cpython/debugger.h - the door that CPython 3.14 and later open themselves: PEP 768.
 *
 * The process says in its debug offsets where each thread takes the path of a script, the flag that
 * it is to be run, and the word that lets the thread look. The thread runs it between two
 * instructions, holding the lock of the interpreter. A process may have closed the door. */
#ifndef HF_CPYTHON_DEBUGGER_H
#define HF_CPYTHON_DEBUGGER_H

#include "acquire/edit.h"
#include "cpython/pending_layout.h"

typedef struct hf_debugger {
    const hf_layout *layout;
    uint64_t interpreter;
    /* offsets in a thread's state, but for `enabled`, in the interpreter's */
    uint64_t breaker, enabled, asked, script, script_size;
} hf_debugger;

/* Reads what the process says of itself; `runtime` is its _PyRuntime. HF_ERR_REFUSED where that
 * makes no sense, or remote debugging is switched off. */
hf_err *hf_debugger_open(hf_target *live, const hf_layout *layout, const hf_pending_layout *pending,
                         uint64_t runtime, uint64_t interpreter, hf_debugger *ret);

/* Asks a thread (its state) to run the script at `path`. HF_ERR_REFUSED: nothing was asked.
 * *ret_try_again: another request waits there. */
hf_err *hf_debugger_put(const hf_debugger *d, const hf_editor *editor, uint64_t thread,
                        const char *path, bool *ret_try_again);

/* Whether a thread is asked, for the script at *ret; false also where the path is longer. */
bool hf_debugger_asked(const hf_debugger *d, const hf_editor *editor, uint64_t thread, char *ret,
                       size_t size);

/* Takes it back. *ret_waited: nobody has begun it. */
hf_err *hf_debugger_take_back(const hf_debugger *d, const hf_editor *editor, uint64_t thread,
                              const char *path, bool *ret_waited);

#endif
