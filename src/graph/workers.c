#include "graph/workers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

enum { WORKERS_MAX = 4 };

typedef struct pool {
    const hf_work *work;
    atomic_size_t next;
    atomic_bool failed;
    pthread_mutex_t lock; /* of err */
    hf_err *err;
} pool;

static void fail(pool *p, hf_err *err)
{
    atomic_store(&p->failed, true);
    pthread_mutex_lock(&p->lock);
    if (p->err)
        hf_err_free(err);
    else
        p->err = err;
    pthread_mutex_unlock(&p->lock);
}

static void *work(void *context)
{
    pool *p = context;
    void *state = NULL;
    hf_err *err = p->work->enter(p->work->context, &state);
    while (!err && !atomic_load(&p->failed)) {
        size_t piece = atomic_fetch_add(&p->next, 1);
        if (piece >= p->work->count)
            break;
        err = p->work->run(p->work->context, state, piece);
    }
    if (err)
        fail(p, err);
    p->work->leave(state);
    return NULL;
}

hf_err *hf_work_run(const hf_work *w)
{
    pool p = {.work = w, .lock = PTHREAD_MUTEX_INITIALIZER};
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = processors < 1             ? 1
                    : processors > WORKERS_MAX ? WORKERS_MAX
                                               : (size_t)processors;
    wanted = wanted < w->count ? wanted : w->count;

    /* The caller is the first worker; threads that cannot be had are done without. */
    pthread_t threads[WORKERS_MAX];
    size_t started = 0;
    while (started + 1 < wanted && !pthread_create(&threads[started], NULL, work, &p))
        started++;
    if (w->count)
        work(&p);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    return p.err;
}
