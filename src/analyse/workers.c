#include "analyse/workers.h"

#include "analyse/attributes.h"
#include "base/amount.h"
#include "base/cleanup.h"
#include "base/library_path.h"

#include <stdlib.h>
#include <string.h>

enum { PLACES = 16, PLACES_TOLD = 2 };

/* A function in which workers stood, at one line or at several. */
typedef struct place {
    const char *text; /* "deliver (/srv/mail.py:12)", of a graph; NULL: they waited for work */
    size_t count;
    bool lines_differ;
} place;

typedef struct places {
    place rows[PLACES];
    size_t count, samples, workers;
} places;

/* The ThreadPoolExecutor whose queue grows, or HF_NO_OBJECT where it is no such queue. */
static uint32_t executor_of_queue(const hf_clues *c)
{
    static const char *const titles[] = {"concurrent.futures.thread.ThreadPoolExecutor"};
    hf_graph *g = c->graph;
    uint32_t queue = hf_clues_on_path(c, HF_SPECIES_QUEUE, 2), found = HF_NO_OBJECT;
    if (queue == HF_NO_OBJECT)
        return HF_NO_OBJECT;
    HF_AUTO(hf_freep) uint8_t *kinds = hf_types_named(g, titles, 1);
    for (uint32_t i = 0; kinds && i < g->object_count && found == HF_NO_OBJECT; i++)
        if (kinds[g->type[i]] && hf_attribute_of(g, i, "_work_queue") == queue)
            found = i;
    return found;
}

/* The file of "deliver (/srv/mail.py:12)", up to its line. */
static const char *file_of(const char *frame, size_t *ret_length)
{
    const char *open = strstr(frame, " ("), *colon = open ? strrchr(open, ':') : NULL;
    *ret_length = colon ? (size_t)(colon - open) - 2 : 0;
    return colon ? open + 2 : frame;
}

/* The innermost call of the program's own code; where there is none, of any. NULL: the worker
 * waits for work (Lib/concurrent/futures/thread.py). */
static const char *stands_at(const hf_graph *g, const hf_graph_thread *thread)
{
    const char *innermost = hf_strtab_get(&g->names, thread->frames[0]);
    for (size_t k = 0; k < thread->frame_count; k++) {
        const char *frame = hf_strtab_get(&g->names, thread->frames[k]);
        size_t length = 0;
        const char *file = file_of(frame, &length);
        if (length && !hf_library_part(file, length))
            return frame;
    }
    return strncmp(innermost, "_worker (", strlen("_worker (")) ? innermost : NULL;
}

static bool is_same_function(const char *a, const char *b)
{
    if (!a || !b)
        return a == b;
    const char *end = strrchr(a, ':');
    size_t length = end ? (size_t)(end - a) : strlen(a);
    return strncmp(a, b, length) == 0 && b[length] == a[length];
}

static void note(places *p, const char *text)
{
    size_t k = 0;
    p->samples++;
    while (k < p->count && !is_same_function(p->rows[k].text, text))
        k++;
    if (k == PLACES)
        return;
    place *row = &p->rows[k];
    if (k == p->count) {
        *row = (place){.text = text};
        p->count++;
    }
    row->count++;
    row->lines_differ |= text && strcmp(row->text, text) != 0;
}

/* A thread keeps the number that the kernel gave it. */
static void sample_worker(const hf_clues *c, int64_t id, places *p)
{
    bool runs = false;
    for (size_t k = 0; k < c->timeline->count; k++) {
        const hf_graph *g = c->timeline->graphs[k];
        for (uint32_t i = 0; i < g->thread_count; i++) {
            if (g->threads[i].native_id != (uint64_t)id || !g->threads[i].frame_count)
                continue;
            note(p, stands_at(g, &g->threads[i]));
            runs |= g == c->graph;
        }
    }
    p->workers += runs;
}

static int by_count(const void *a, const void *b)
{
    const place *x = a, *y = b;
    return x->count < y->count ? 1 : x->count > y->count ? -1 : 0;
}

static void say_place(const place *row, hf_buf *out)
{
    size_t length = 0;
    if (!row->text) {
        hf_buf_text(out, "waited for work");
        return;
    }
    const char *file = file_of(row->text, &length);
    const char *slash = length ? memrchr(file, '/', length) : NULL;
    hf_buf_text(out, "stood at ");
    if (!length) {
        hf_buf_text(out, row->text);
        return;
    }
    hf_buf_add(out, row->text, (size_t)(file - row->text));
    const char *base = slash ? slash + 1 : file;
    hf_buf_add(out, base, (size_t)(file + length - base));
    hf_buf_text(out, row->lines_differ ? ")" : file + length);
}

static void say_places(places *p, hf_buf *out)
{
    qsort(p->rows, p->count, sizeof(*p->rows), by_count);
    for (size_t k = 0; k < p->count && k < PLACES_TOLD; k++) {
        hf_buf_text(out, k ? ", and " : " ");
        say_place(&p->rows[k], out);
        if (p->count == 1)
            hf_buf_text(out, " at each look");
        else
            hf_buf_format(out, " in %zu of %zu cases", p->rows[k].count, p->samples);
    }
}

/* Of a queue that is an attribute of a thread, which works it off: `class Writer(Thread)`. */
static void say_thread(const hf_clues *c, uint32_t thread, hf_buf *out)
{
    places p = {0};
    int64_t id = 0;
    if (!hf_attribute_int(c->graph, thread, "_native_id", &id))
        return;
    sample_worker(c, id, &p);
    if (p.samples == 0)
        return;
    hf_buf_format(out, "; its thread (%s)", hf_graph_type_name(c->graph, thread));
    if (p.workers)
        say_places(&p, out);
    else
        hf_buf_text(out, " has ended");
}

void hf_say_workers(const hf_clues *c, hf_buf *out)
{
    hf_graph *g = c->graph;
    bool queue = hf_clues_on_path(c, HF_SPECIES_QUEUE, 2) != HF_NO_OBJECT;
    uint32_t thread = queue ? hf_clues_on_path(c, HF_SPECIES_THREAD, 3) : HF_NO_OBJECT;
    uint32_t executor = queue ? executor_of_queue(c) : HF_NO_OBJECT;
    uint32_t threads =
        executor == HF_NO_OBJECT ? executor : hf_attribute_of(g, executor, "_threads");
    if (threads == HF_NO_OBJECT) {
        if (thread != HF_NO_OBJECT)
            say_thread(c, thread, out);
        return;
    }
    places p = {0};
    int64_t id = 0;
    for (uint64_t e = g->edge_start[threads]; e < g->edge_start[threads + 1]; e++)
        if (hf_graph_holds(g, e) && hf_attribute_int(g, g->edge_target[e], "_native_id", &id))
            sample_worker(c, id, &p);
    if (p.workers == 0) {
        hf_buf_text(out, hf_graph_length(g, threads) ? "" : "; it has no worker");
        return;
    }
    hf_buf_text(out, "; its ");
    hf_say_count(out, p.workers, "worker");
    say_places(&p, out);
}
