/* acquire/freeze.h - from a running process to bytes that no longer change.
 *
 * The ladder, best first: a process that somebody else has stopped is just read; else a
 * copy-on-write copy is made by an injected fork, read and killed; else, where a fork is refused
 * or would take longer than the caller allows, the process is read while it runs; only with
 * allow_stop it is stopped by ptrace for as long as the copy takes. */
#ifndef HF_ACQUIRE_FREEZE_H
#define HF_ACQUIRE_FREEZE_H

#include "acquire/target.h"

/* A number in the target which tells whether it is at rest. The freezer knows nothing about
 * Python: whoever does says which words to wait for. */
typedef struct hf_rest_word {
    uint64_t address;
    uint32_t size;   /* 1, 4 or 8 */
    uint64_t wanted; /* the value at rest */
    bool required;   /* retry for this one; the others are only waited for before the first try */
} hf_rest_word;

typedef struct hf_freeze_options {
    double max_pause_ms; /* never stop the target longer; 0: 250 */
    bool allow_stop;     /* may fall back to stop and copy */
    bool force_live;     /* no fork: read while it runs */
    bool keep_copy;      /* where the way is a fork, keep the copy to be asked: see ask.h */
    /* where the way is a fork and memory is not tight, a copy that is not to be asked is kept to be
     * read where somebody looks: see hf_target_load_on_demand() */
    bool on_demand;
    const char *spool_folder; /* the bytes go to an unnamed file here; NULL: $TMPDIR or /var/tmp */
    const hf_rest_word *rest;
    size_t rest_count;
    uint32_t max_attempts; /* copies until it is at rest; 0: 5 */
    void (*progress)(void *context, uint64_t done, uint64_t total); /* bytes; may be NULL */
    void *context;
} hf_freeze_options;

/* Freezes `live`, which stays open and usable, and with keep_copy or on_demand must stay open as
 * long as *ret. The caller owns *ret. Anonymous and private writable memory and the read-only
 * data of mapped binaries are in it, as far as resident; code, shared memory and mapped data
 * files are not. */
hf_err *hf_freeze(hf_target *live, const hf_freeze_options *options, hf_target **ret);

/* Whether `frozen` is still read from a copy, which costs the target what a living copy costs:
 * pages that it writes to are doubled. Then only a child may look at it, with one thread, after
 * hf_target_load_on_demand(), which needs the file of hf_target_demand_file(); here, what was not
 * copied reads as zeros. */
bool hf_target_is_on_demand(const hf_target *frozen);
int hf_target_demand_file(const hf_target *frozen);
hf_err *hf_target_load_on_demand(hf_target *frozen);

/* Ends the copy, if one is held, and makes the target wait for what is left of it, which takes one
 * more short stop; hf_freeze_info.pause then has it. Done by hf_target_free() at the latest. The
 * target that was frozen must still be open. */
void hf_target_end_copy(hf_target *frozen);

/* When the copy has been ended: whether all that was read on demand is what the copy had. Else
 * HF_ERR_REFUSED: the copy was gone before, or was given up since memory ran short, its own or
 * ours; what was made of it is void. */
hf_err *hf_target_demand_error(const hf_target *frozen);

/* Freezes `live` and writes the copy to fd, an empty regular file, as a compressed core file
 * (core_write.h), while it is read: nothing is kept in memory or in a spool file. The words of rest
 * may be none. *ret: how it went, without its text. */
hf_err *hf_freeze_to_core(hf_target *live, const hf_freeze_options *options, int fd,
                          hf_freeze_info *ret);

/* What a freeze would do now, without doing it: for `ps` and for messages. */
typedef struct hf_freeze_plan {
    hf_way way;
    char why_not_fork[256];
    uint64_t predicted_pause; /* nanoseconds */
} hf_freeze_plan;

hf_err *hf_freeze_plan_for(hf_target *live, const hf_freeze_options *options, hf_freeze_plan *ret);

#endif
