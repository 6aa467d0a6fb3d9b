/* acquire/ladder.h - the rungs of a freeze, and what they share.
 *
 * A rung that is refused (HF_ERR_REFUSED) has left the target as it was, and the next one is
 * tried; any other error ends the freeze. */
#ifndef HF_ACQUIRE_LADDER_H
#define HF_ACQUIRE_LADDER_H

#include "acquire/account.h"
#include "acquire/ask.h"
#include "acquire/core_write.h"
#include "acquire/demand.h"
#include "acquire/freeze.h"
#include "acquire/maps.h"
#include "acquire/process.h"
#include "acquire/residence.h"
#include "acquire/selection.h"
#include "acquire/spool.h"

#include <pthread.h>

/* What hf_target_ask() hands to the thread that holds the copy. */
typedef struct hf_request {
    const hf_question *questions;
    size_t count;
    void (*tell)(void *context, const hf_answer *answer);
    void *context;
} hf_request;

/* The thread of a rung that traces, seen from both sides; `lock` guards all but `thread`. */
typedef struct hf_serving {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* by CLOCK_MONOTONIC */
    hf_err *err;            /* of the rung */
    bool over;              /* the rung has been climbed */
    bool served, serves;    /* its thread has stayed to hold the copy; does so now */
    bool ending;            /* it is to stop that */
    const hf_request *request;
    hf_err *failed; /* why it has stopped by itself, or could not answer */
} hf_serving;

typedef struct hf_freezing {
    const hf_process *process;
    hf_freeze_options options; /* with defaults filled in */
    uint64_t expected;         /* bytes to be copied, about */
    hf_spool spool;
    hf_core_writer *writer; /* where the memory goes instead of the spool file, or NULL; not ours */
    hf_maps maps;           /* of what was copied last */
    hf_selection selection;
    hf_residence residence;
    bool defers;       /* anonymous memory of the copy is to be read on demand */
    hf_demand *demand; /* then; else NULL */
    hf_account account;
    hf_mapping_use *uses; /* of the mappings that were copied */
    size_t use_count;
    bool hurries;        /* the thread that copies has priority, but for what it writes: fork.c */
    hf_freeze_info info; /* why_not_fork stays NULL here */
    hf_serving serving;
} hf_freezing;

hf_err *hf_freezing_new(const hf_process *process, const hf_freeze_options *options,
                        hf_freezing **ret);
void hf_freezing_free(hf_freezing *f);

/* The rungs. Each fills spool, maps, selection and info. */
hf_err *hf_freeze_by_fork(hf_freezing *f); /* fork.c */
hf_err *hf_freeze_by_stop(hf_freezing *f); /* stop.c */
hf_err *hf_freeze_live(hf_freezing *f);    /* live.c */

/* Copies the memory of a process that somebody else has stopped; refuses when it is not stopped,
 * or was continued while it was copied. */
hf_err *hf_freeze_stopped(hf_freezing *f); /* live.c */

/* Copies from `source`, which is the process or a copy of it. Ends early when the process ends,
 * when the user interrupts, or when `watch` (may be NULL) says so. */
hf_err *hf_freezing_copy(hf_freezing *f, const hf_process *source, hf_err *(*watch)(void *),
                         void *context);

/* Whether a signal that is held back was sent to end us. */
bool hf_freezing_interrupted(void);

/* Whether all threads are stopped by job control or a debugger. */
bool hf_process_stopped(pid_t pid);

/* Nanoseconds of a clock. */
uint64_t hf_now(int clock);

#endif
