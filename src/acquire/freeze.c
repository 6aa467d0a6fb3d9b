#include "acquire/freeze.h"

#include "acquire/inside.h"
#include "acquire/ladder.h"
#include "acquire/preflight.h"
#include "acquire/proc.h"
#include "acquire/rest.h"
#include "base/cleanup.h"
#include "base/page.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { DEFAULT_MAX_PAUSE_MS = 250, DEFAULT_ATTEMPTS = 5, PAGE = HF_PAGE_SIZE };

/* Files of a binary and so on, beside the anonymous memory. */
#define BESIDE (UINT64_C(32) << 20)

static hf_freeze_options with_defaults(const hf_freeze_options *options)
{
    hf_freeze_options o = options ? *options : (hf_freeze_options){0};
    if (!(o.max_pause_ms > 0))
        o.max_pause_ms = DEFAULT_MAX_PAUSE_MS;
    if (!o.max_attempts)
        o.max_attempts = DEFAULT_ATTEMPTS;
    return o;
}

typedef struct rung {
    hf_err *(*climb)(hf_freezing *);
    hf_freezing *f;
} rung;

static void *run_rung(void *argument)
{
    rung r = *(rung *)argument;
    hf_serving *s = &r.f->serving;
    hf_err *err = r.climb(r.f);
    pthread_mutex_lock(&s->lock);
    if (s->served) {
        hf_err_free(err); /* the freeze has long been done */
    } else {
        s->err = err;
        s->over = true;
        pthread_cond_broadcast(&s->changed);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* A rung that traces gets a thread of its own, without signals. What a thread traces is let go
 * by the kernel when the thread ends, whatever state it is in: so not even a target thread
 * that never came to its stop stays attached to us. A thread that holds a copy which is to be
 * asked goes on. */
static hf_err *climb_in_thread(hf_freezing *f, hf_err *(*climb)(hf_freezing *))
{
    rung r = {.climb = climb, .f = f};
    hf_serving *s = &f->serving;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    s->over = false;
    int errnum = pthread_create(&s->thread, NULL, run_rung, &r);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (errnum)
        return hf_fail_sys(errnum, "cannot start a thread");
    pthread_mutex_lock(&s->lock);
    while (!s->over)
        pthread_cond_wait(&s->changed, &s->lock);
    hf_err *err = s->err;
    bool stays = s->served;
    s->err = NULL;
    pthread_mutex_unlock(&s->lock);
    if (!stays)
        pthread_join(s->thread, NULL);
    return err;
}

/* Whether a rung has ended the matter: with success, or with an error that is no refusal. What
 * refused is kept in `why` when that is not NULL. */
static bool is_final(hf_err *err, char *why)
{
    if (!err || hf_err_code_of(err) != HF_ERR_REFUSED)
        return true;
    if (why)
        snprintf(why, HF_WHY_SIZE, "%s", hf_err_message(err));
    hf_err_free(err);
    return false;
}

/* Tries rung after rung. why: what refused the fork. */
static hf_err *climb(hf_freezing *f, char why[HF_WHY_SIZE])
{
    hf_preflight flight;
    hf_err *err = hf_freeze_stopped(f);
    if (is_final(err, NULL))
        return err;
    err = hf_preflight_check(f->process, &f->options, &flight);
    if (err)
        return err;
    f->info.predicted_pause = flight.predicted_pause;
    memcpy(why, flight.why_not, HF_WHY_SIZE);
    if (!why[0]) {
        err = climb_in_thread(f, hf_freeze_by_fork);
        if (is_final(err, why))
            return err;
    }
    if (f->options.allow_stop && !f->options.force_live) {
        err = climb_in_thread(f, hf_freeze_by_stop);
        if (is_final(err, NULL))
            return err;
    }
    return hf_freeze_live(f);
}

/* Signals that end a program wait until the copy has been given up in good order; SIGXFSZ is also
 * told by the error of the write. */
static hf_err *climb_undisturbed(hf_freezing *f, char why[HF_WHY_SIZE])
{
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGXFSZ};
    sigset_t mask, before;
    sigemptyset(&mask);
    for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++)
        sigaddset(&mask, ending[i]);
    pthread_sigmask(SIG_BLOCK, &mask, &before);
    hf_err *err = climb(f, why);
    sigset_t told;
    sigemptyset(&told);
    sigaddset(&told, SIGXFSZ);
    if (!sigismember(&before, SIGXFSZ))
        sigtimedwait(&told, NULL, &(struct timespec){0});
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return err;
}

typedef struct page_source {
    const uint8_t *bytes;
    const hf_demand *demand; /* has those that `bytes` lacks; or NULL */
} page_source;

static bool is_zero(const void *context, uint64_t page)
{
    const page_source *from = context;
    const uint8_t *bytes = from->bytes + page * PAGE;
    if (from->demand && hf_residence_has(&from->demand->pages, page))
        return hf_demand_is_zero(from->demand, page);
    return !bytes[0] && memcmp(bytes, bytes + 1, PAGE - 1) == 0;
}

/* Takes pages of zeros off where the kernel says that there are fewer anonymous ones. */
static void correct_residence(hf_freezing *f, const uint8_t *bytes)
{
    const page_source from = {bytes, f->demand};
    size_t use = 0;
    for (size_t i = 0; i < f->selection.count && f->account.known; i++) {
        const hf_range *r = &f->selection.ranges[i];
        while (use < f->use_count && f->uses[use].start < r->start)
            use++;
        bool told = use < f->use_count && f->uses[use].start == r->start;
        hf_residence_trim(&f->residence, r->offset / PAGE, (r->end - r->start) / PAGE,
                          told ? f->uses[use].anonymous / PAGE : 0, is_zero, &from);
    }
}

/* Maps the spool file and makes a target of it all. */
static hf_err *assemble(hf_freezing *f, const char *why, hf_target *frozen)
{
    void *bytes = NULL;
    hf_segment *segments = NULL;
    size_t count = 0;
    if (why[0] && !(frozen->freeze.why_not_fork = strdup(why)))
        return hf_fail_memory();
    hf_err *err = hf_spool_map(&f->spool, f->selection.size, &bytes);
    if (err)
        return err;
    err = hf_selection_segments(&f->selection, bytes, &segments, &count);
    if (!err)
        err = hf_frozen_init(&frozen->memory, segments, count, bytes, f->selection.size);
    if (err) {
        free(segments);
        munmap(bytes, f->selection.size);
        return err;
    }
    const char *owned = why[0] ? frozen->freeze.why_not_fork : "";
    if (f->demand)
        f->demand->bytes = bytes;
    correct_residence(f, bytes);
    frozen->residence = f->residence;
    f->residence = (hf_residence){0};
    frozen->account = f->account;
    hf_cgroup_account_of(f->process->pid, &frozen->cgroup);
    frozen->freeze = f->info;
    frozen->freeze.why_not_fork = owned;
    frozen->maps = f->maps;
    f->maps = (hf_maps){0};
    if (!f->demand)
        frozen->freeze.at_rest = hf_rest_in_frozen(frozen, &f->options);
    frozen->demand = hf_take(f->demand);
    return NULL;
}

/* The notes of a core file, and its headers. */
static hf_err *finish_core(hf_freezing *f, const char *why, hf_target_info *info)
{
    char host[256] = "";
    gethostname(host, sizeof(host) - 1);
    HF_AUTO(hf_buf_deinit) hf_buf auxv = {0};
    if (hf_proc_read(f->process->pid, "auxv", &auxv))
        hf_buf_clear(&auxv); /* it has ended; nobody needs it */
    hf_target_info told = *info;
    hf_freeze_info freeze = f->info;
    told.host = host;
    freeze.why_not_fork = why;
    return hf_core_writer_finish(f->writer, &told, &freeze, &auxv);
}

static hf_err *freeze_into(hf_freezing *f, hf_target *frozen)
{
    char why[HF_WHY_SIZE] = "";
    hf_err *err = hf_target_fill_info(frozen, f->process);
    if (err)
        return err;
    f->expected = frozen->info.anonymous + frozen->info.swap + BESIDE;
    if (!f->writer)
        err = hf_spool_open(f->options.spool_folder, f->expected, &f->spool);
    if (!err)
        err = climb_undisturbed(f, why);
    if (f->serving.served)
        frozen->held = f;
    if (err)
        return err;
    return f->writer ? finish_core(f, why, &frozen->info) : assemble(f, why, frozen);
}

/* writer: where the copy goes, or NULL; *ret then has no memory. */
static hf_err *freeze(hf_target *live, const hf_freeze_options *options, hf_core_writer *writer,
                      hf_target **ret)
{
    if (!live->process.pid)
        return hf_fail(HF_ERR_USAGE, "frozen memory cannot be frozen again");
    if (!hf_process_alive(&live->process))
        return hf_process_gone(live->process.pid);
    hf_target *frozen;
    hf_err *err = hf_target_new(&frozen);
    if (err)
        return err;
    hf_freeze_options filled = with_defaults(options);
    hf_freezing *f;
    err = hf_freezing_new(&live->process, &filled, &f);
    if (!err) {
        f->writer = writer;
        err = freeze_into(f, frozen);
        if (writer)
            frozen->freeze = f->info;
        hf_spool_close(&f->spool);
        if (!frozen->held)
            hf_freezing_free(f);
    }
    if (err) {
        hf_target_free(frozen);
        return err;
    }
    *ret = frozen;
    return NULL;
}

hf_err *hf_freeze(hf_target *live, const hf_freeze_options *options, hf_target **ret)
{
    return freeze(live, options, NULL, ret);
}

hf_err *hf_freeze_to_core(hf_target *live, const hf_freeze_options *options, int fd,
                          hf_freeze_info *ret)
{
    hf_core_writer *writer;
    hf_err *err = hf_core_writer_new(fd, &writer);
    if (err)
        return err;
    hf_target *frozen;
    err = freeze(live, options, writer, &frozen);
    hf_core_writer_free(writer);
    if (err)
        return err;
    *ret = frozen->freeze;
    ret->why_not_fork = NULL;
    frozen->freeze.why_not_fork = "";
    hf_target_free(frozen);
    return NULL;
}

bool hf_target_is_on_demand(const hf_target *frozen)
{
    return frozen->demand && frozen->held;
}

int hf_target_demand_file(const hf_target *frozen)
{
    return frozen->demand->memory;
}

hf_err *hf_target_load_on_demand(hf_target *frozen)
{
    return hf_demand_begin(frozen->demand);
}

hf_err *hf_target_demand_error(const hf_target *frozen)
{
    if (!frozen->demand || (!frozen->lost && !atomic_load(frozen->demand->has_failed)))
        return NULL;
    return hf_fail(HF_ERR_REFUSED, "its copy could not be read to the end (memory ran short?)");
}

hf_err *hf_freeze_plan_for(hf_target *live, const hf_freeze_options *options, hf_freeze_plan *ret)
{
    hf_freeze_options filled = with_defaults(options);
    hf_freeze_plan plan = {.way = HF_WAY_STOPPED};
    if (!hf_process_stopped(live->process.pid)) {
        hf_preflight flight;
        hf_err *err = hf_preflight_check(&live->process, &filled, &flight);
        if (err)
            return err;
        memcpy(plan.why_not_fork, flight.why_not, sizeof(plan.why_not_fork));
        plan.predicted_pause = flight.predicted_pause;
        plan.way = !flight.why_not[0]                        ? HF_WAY_FORK
                   : filled.allow_stop && !filled.force_live ? HF_WAY_STOP
                                                             : HF_WAY_LIVE;
    }
    *ret = plan;
    return NULL;
}
