/* What the rungs share: copying, and ending it early. */
#include "acquire/copy.h"
#include "acquire/inside.h"
#include "acquire/ladder.h"
#include "acquire/priority.h"
#include "base/cleanup.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

uint64_t hf_now(int clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

hf_err *hf_freezing_new(const hf_process *process, const hf_freeze_options *options,
                        hf_freezing **ret)
{
    hf_freezing *f = calloc(1, sizeof(*f));
    if (!f)
        return hf_fail_memory();
    f->process = process;
    f->options = *options;
    f->spool.fd = -1;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&f->serving.changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&f->serving.lock, NULL);
    *ret = f;
    return NULL;
}

void hf_freezing_free(hf_freezing *f)
{
    hf_spool_close(&f->spool);
    hf_maps_deinit(&f->maps);
    hf_selection_deinit(&f->selection);
    hf_residence_deinit(&f->residence);
    hf_demand_free(f->demand);
    free(f->uses);
    pthread_cond_destroy(&f->serving.changed);
    pthread_mutex_destroy(&f->serving.lock);
    free(f);
}

typedef struct watching {
    hf_freezing *f;
    hf_err *(*inner)(void *);
    void *context;
} watching;

/* The worker blocks all signals, and hf_freeze() those that end a program: one that waits was sent
 * to end us, unless it is ignored. The copy is given up in good order, and the signal then takes
 * its course. */
bool hf_freezing_interrupted(void)
{
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP};
    sigset_t waiting;
    if (sigpending(&waiting))
        return false;
    for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++) {
        struct sigaction action;
        if (sigismember(&waiting, ending[i]) && sigaction(ending[i], NULL, &action) == 0 &&
            action.sa_handler != SIG_IGN)
            return true;
    }
    return false;
}

static hf_err *watch_all(void *context)
{
    watching *w = context;
    if (hf_freezing_interrupted())
        return hf_fail(HF_ERR_INTERRUPTED, "interrupted while process %d was copied",
                       (int)w->f->process->pid);
    if (!hf_process_alive(w->f->process))
        return hf_process_gone(w->f->process->pid);
    return w->inner ? w->inner(w->context) : NULL;
}

static hf_err *write_copied(void *context, uint64_t offset, const void *bytes, size_t n)
{
    hf_freezing *f = context;
    if (f->hurries)
        hf_priority_lower(0);
    hf_err *err = f->writer ? hf_core_writer_put(f->writer, offset, bytes, n)
                            : hf_spool_write(&f->spool, offset, bytes, n);
    if (f->hurries)
        hf_priority_raise(0);
    return err;
}

/* What an earlier try has left goes. */
static hf_err *begin_writing(hf_freezing *f)
{
    return f->writer ? hf_core_writer_begin(f->writer, &f->maps, &f->selection)
                     : hf_spool_clear(&f->spool);
}

hf_err *hf_freezing_copy(hf_freezing *f, const hf_process *source, hf_err *(*watch)(void *),
                         void *context)
{
    hf_maps_deinit(&f->maps);
    hf_selection_deinit(&f->selection);
    hf_demand_free(hf_take(f->demand));
    hf_err *err = hf_process_maps(source->pid, &f->maps);
    if (!err)
        err = hf_selection_of(&f->maps, &f->selection);
    if (!err)
        err = begin_writing(f);
    if (!err && !f->writer) /* who writes raw memory has little room, and explains nothing */
        err = hf_residence_init(&f->residence, f->selection.size);
    if (!err && f->defers)
        err = hf_demand_new(source, &f->selection, &f->demand);
    if (err)
        return err;
    watching w = {.f = f, .inner = watch, .context = context};
    hf_copy copy = {.source = source,
                    .original = f->process,
                    .selection = &f->selection,
                    .write = write_copied,
                    .write_context = f,
                    .residence = &f->residence,
                    .deferred = f->demand ? &f->demand->pages : NULL,
                    .expected = f->expected,
                    .progress = f->options.progress,
                    .progress_context = f->options.context,
                    .watch = watch_all,
                    .watch_context = &w};
    err = hf_copy_memory(&copy, &f->info.bytes_copied);
    free(f->uses);
    f->uses = NULL;
    f->use_count = 0;
    return err || f->writer
               ? err
               : hf_account_of(source, f->process, &f->account, &f->uses, &f->use_count);
}
