#include "graph/relay.h"

#include "base/buf.h"
#include "base/cleanup.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Two batches: one is filled while the other is told. Small enough to stay in a processor's cache
 * from one thread to the other. */
enum { BATCHES = 2, OBJECTS = 1 << 10, EDGES = 1 << 12, TEXT = 1 << 16, NO_VALUE = UINT32_MAX };

/* An object and how much of what follows is its own. What a full batch cuts off comes at the start
 * of the next, as an entry without object. */
typedef struct entry {
    hf_object object;
    bool has_object;
    uint32_t edges, value_length; /* NO_VALUE: none */
} entry;

typedef struct batch {
    entry entries[OBJECTS + 1];
    hf_edge edges[EDGES];
    hf_buf text;
    size_t entry_count, edge_count;
} batch;

struct hf_relay {
    hf_heap_sink inner;
    batch *batches[BATCHES];
    batch *filling;
    pthread_t thread;
    bool threaded;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    size_t filled, told; /* batches */
    bool over;
    hf_err *err;        /* of the inner sink */
    atomic_bool failed; /* there is an err */
};

static hf_err *tell_entry(const hf_heap_sink *inner, const entry *e, const hf_edge *edges,
                          const char *text)
{
    hf_err *err = NULL;
    if (e->has_object && inner->object)
        err = inner->object(inner->context, &e->object);
    for (uint32_t i = 0; i < e->edges && !err && inner->edge; i++)
        err = inner->edge(inner->context, &edges[i]);
    if (e->value_length != NO_VALUE && !err && inner->value)
        err = inner->value(inner->context, text, e->value_length);
    return err;
}

static hf_err *tell_batch(const hf_heap_sink *inner, const batch *b)
{
    const hf_edge *edges = b->edges;
    const char *text = (const char *)b->text.data;
    hf_err *err = b->text.failed ? hf_fail_memory() : NULL;
    for (size_t i = 0; i < b->entry_count && !err; i++) {
        const entry *e = &b->entries[i];
        err = tell_entry(inner, e, edges, text);
        edges += e->edges;
        text += e->value_length != NO_VALUE ? e->value_length : 0;
    }
    return err;
}

static void empty(batch *b)
{
    b->entry_count = b->edge_count = 0;
    hf_buf_clear(&b->text);
}

static void *tell_all(void *context)
{
    hf_relay *r = context;
    pthread_mutex_lock(&r->lock);
    for (;;) {
        while (r->told == r->filled && !r->over)
            pthread_cond_wait(&r->changed, &r->lock);
        if (r->told == r->filled)
            break;
        batch *b = r->batches[r->told % BATCHES];
        pthread_mutex_unlock(&r->lock);
        hf_err *err = atomic_load(&r->failed) ? NULL : tell_batch(&r->inner, b);
        pthread_mutex_lock(&r->lock);
        empty(b);
        if (err) {
            r->err = err;
            atomic_store(&r->failed, true);
        }
        r->told++;
        pthread_cond_signal(&r->changed);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* Hands over the batch that was filled and waits for one that is empty. */
static hf_err *hand_over(hf_relay *r)
{
    if (!r->threaded) {
        hf_err *err = tell_batch(&r->inner, r->filling);
        empty(r->filling);
        return err;
    }
    pthread_mutex_lock(&r->lock);
    r->filled++;
    pthread_cond_signal(&r->changed);
    while (r->filled - r->told == BATCHES)
        pthread_cond_wait(&r->changed, &r->lock);
    r->filling = r->batches[r->filled % BATCHES];
    hf_err *err = hf_take(r->err);
    pthread_mutex_unlock(&r->lock);
    return err;
}

static entry *add_entry(hf_relay *r, const hf_object *object)
{
    entry *e = &r->filling->entries[r->filling->entry_count++];
    e->has_object = object != NULL;
    if (object)
        e->object = *object;
    e->edges = 0;
    e->value_length = NO_VALUE;
    return e;
}

/* The entry that edges and values belong to: the last, or one that continues it. */
static entry *last_entry(hf_relay *r)
{
    batch *b = r->filling;
    return b->entry_count ? &b->entries[b->entry_count - 1] : add_entry(r, NULL);
}

static hf_err *relay_object(void *context, const hf_object *object)
{
    hf_relay *r = context;
    if (r->filling->entry_count > OBJECTS || r->filling->text.length > TEXT) {
        hf_err *err = hand_over(r);
        if (err)
            return err;
    }
    add_entry(r, object);
    return NULL;
}

static hf_err *relay_edge(void *context, const hf_edge *edge)
{
    hf_relay *r = context;
    if (r->filling->edge_count == EDGES) {
        hf_err *err = hand_over(r);
        if (err)
            return err;
    }
    last_entry(r)->edges++;
    r->filling->edges[r->filling->edge_count++] = *edge;
    return NULL;
}

static hf_err *relay_value(void *context, const char *text, size_t length)
{
    hf_relay *r = context;
    entry *e = last_entry(r);
    if (length >= NO_VALUE)
        length = NO_VALUE - 1;
    e->value_length = (uint32_t)length;
    hf_buf_add(&r->filling->text, text, length);
    return NULL;
}

static hf_err *relay_thread(void *context, const hf_python_thread *thread)
{
    const hf_heap_sink *inner = &((hf_relay *)context)->inner;
    return inner->thread ? inner->thread(inner->context, thread) : NULL;
}

static hf_err *relay_type(void *context, const hf_type *type)
{
    const hf_heap_sink *inner = &((hf_relay *)context)->inner;
    return inner->type ? inner->type(inner->context, type) : NULL;
}

static hf_err *relay_root(void *context, const hf_root *root)
{
    const hf_heap_sink *inner = &((hf_relay *)context)->inner;
    return inner->root ? inner->root(inner->context, root) : NULL;
}

static hf_err *relay_site(void *context, const hf_site *site)
{
    const hf_heap_sink *inner = &((hf_relay *)context)->inner;
    return inner->site ? inner->site(inner->context, site) : NULL;
}

static hf_err *relay_notes(void *context, bool born, bool asked)
{
    const hf_heap_sink *inner = &((hf_relay *)context)->inner;
    return inner->notes ? inner->notes(inner->context, born, asked) : NULL;
}

static hf_err *relay_begin(void *context, uint64_t objects, uint64_t types)
{
    const hf_heap_sink *inner = &((hf_relay *)context)->inner;
    return inner->begin ? inner->begin(inner->context, objects, types) : NULL;
}

static void relay_progress(void *context, uint64_t done, uint64_t total)
{
    const hf_heap_sink *inner = &((hf_relay *)context)->inner;
    inner->progress(inner->context, done, total);
}

hf_heap_sink hf_relay_sink(hf_relay *relay)
{
    return (hf_heap_sink){
        .context = relay,
        .begin = relay_begin,
        .thread = relay_thread,
        .type = relay_type,
        .root = relay_root,
        .site = relay_site,
        .notes = relay_notes,
        .object = relay_object,
        .edge = relay_edge,
        .value = relay->inner.value ? relay_value : NULL,
        .progress = relay->inner.progress ? relay_progress : NULL,
    };
}

static void stop(hf_relay *r)
{
    if (!r->threaded)
        return;
    pthread_mutex_lock(&r->lock);
    r->over = true;
    pthread_cond_signal(&r->changed);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
    r->threaded = false;
}

hf_err *hf_relay_finish(hf_relay *r)
{
    hf_err *err = hand_over(r);
    stop(r);
    hf_err *later = hf_take(r->err);
    if (err)
        hf_err_free(later);
    return err ? err : later;
}

hf_err *hf_relay_new(const hf_heap_sink *inner, hf_relay **ret)
{
    hf_relay *r = calloc(1, sizeof(*r));
    if (!r)
        return hf_fail_memory();
    r->inner = *inner;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
    for (size_t i = 0; i < BATCHES; i++) {
        r->batches[i] = calloc(1, sizeof(*r->batches[i]));
        if (!r->batches[i]) {
            hf_relay_free(r);
            return hf_fail_memory();
        }
    }
    r->filling = r->batches[0];
    r->threaded =
        sysconf(_SC_NPROCESSORS_ONLN) > 1 && pthread_create(&r->thread, NULL, tell_all, r) == 0;
    *ret = r;
    return NULL;
}

void hf_relay_free(hf_relay *r)
{
    if (!r)
        return;
    stop(r);
    for (size_t i = 0; i < BATCHES; i++) {
        if (r->batches[i])
            hf_buf_deinit(&r->batches[i]->text);
        free(r->batches[i]);
    }
    hf_err_free(r->err);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->changed);
    free(r);
}
