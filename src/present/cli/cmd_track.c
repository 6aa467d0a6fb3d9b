/* present/cli/cmd_track.c - types over several snapshots: of a process that is watched,
 * or of files. */
#include "analyse/births.h"
#include "analyse/timeline.h"
#include "analyse/tracking.h"
#include "base/cleanup.h"
#include "present/cli/track.h"
#include "present/cli/watch.h"
#include "present/show_births.h"

/* What is kept of the snapshots: all are counted, the last tells lines, and the first
 * what is new. */
typedef struct tracker {
    const hf_arguments *arguments;
    hf_tracking tracking;
    hf_graph *first, *last;
} tracker;

static void tracker_deinit(tracker *t)
{
    hf_tracking_deinit(&t->tracking);
    if (t->first != t->last)
        hf_graph_free(t->first);
    hf_graph_free(t->last);
}

static hf_filter filter_of(const hf_arguments *a)
{
    return (hf_filter){.type = a->type, .module = a->module};
}

static hf_err *see(void *context, hf_graph *graph)
{
    tracker *t = context;
    hf_filter filter = filter_of(t->arguments);
    hf_err *err = hf_tracking_add(&t->tracking, graph, &filter, t->arguments->by_module);
    if (t->last != t->first)
        hf_graph_free(t->last);
    t->last = graph;
    if (!t->first)
        t->first = graph;
    return err;
}

/* Times of birth are known to a tenth of a second, and later than that where the process waited for
 * a processor: an object is new that was not at its address at the first look, or that has another
 * time. Without a time it is not known to be one of those that were noted. */
static bool is_noted_as_new(const tracker *t, uint32_t object)
{
    const hf_graph *first = t->first, *g = t->last;
    if (!g->born[object])
        return false;
    if (!first->born)
        return hf_is_born_since(g, object, t->tracking.taken_at[0]);
    uint32_t then = hf_graph_find(first, g->address[object]);
    return then == HF_NO_OBJECT || first->born[then] != g->born[object];
}

/* chosen[o]: not there at the first look, and accepted. */
static hf_err *find_new(const tracker *t, uint8_t *chosen)
{
    const hf_graph *g = t->last;
    hf_filter filter = filter_of(t->arguments);
    hf_graph *both[] = {t->first, t->last};
    hf_timeline *timeline = NULL;
    hf_err *err = hf_births_known(g) ? NULL : hf_timeline_build(both, 2, &timeline);
    for (uint32_t o = 0; o < g->object_count && !err; o++) {
        bool is_new = timeline ? !hf_timeline_is_old(timeline, o) : is_noted_as_new(t, o);
        chosen[o] = is_new && hf_filter_accepts(g, &filter, g->type[o]);
    }
    hf_timeline_free(timeline);
    return err;
}

static hf_err *find_lines(const tracker *t, hf_birth_rows *ret)
{
    HF_AUTO(hf_freep) uint8_t *chosen = calloc(t->last->object_count + 1ull, 1);
    hf_err *err = chosen ? find_new(t, chosen) : hf_fail_memory();
    return err ? err : hf_birth_rows_compute(t->last, chosen, ret);
}

bool hf_track_is_asked(const hf_arguments *a)
{
    return a->operand_count > 1 || a->watch > 0 || a->every > 0 || a->keep;
}

hf_err *hf_track(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    if (a->by_site)
        return hf_fail(HF_ERR_USAGE, "types takes --by-site of one snapshot only");
    tracker t HF_AUTO(tracker_deinit) = {.arguments = a};
    hf_watch watch HF_AUTO(hf_watch_deinit) = {.see = see, .context = &t};
    hf_birth_rows born HF_AUTO(hf_birth_rows_deinit) = {0};
    hf_err *err = hf_tracking_init(&t.tracking) ? hf_watch_operands(s, "types", &watch, NULL)
                                                : hf_fail_memory();
    if (err)
        return err;
    hf_tracking_sort(&t.tracking);
    bool lines = t.last->site && t.tracking.look_count > 1;
    if (lines && (err = find_lines(&t, &born)))
        return err;
    hf_tracking_view view = {.tracking = &t.tracking,
                             .by_module = a->by_module,
                             .top = a->top ? a->top : 20,
                             .note = watch.note,
                             .last = t.last,
                             .born = lines ? &born : NULL};
    if (s->text)
        hf_show_tracking_text(s->text, &view);
    if (s->json)
        hf_show_tracking_json(s->json, &view);
    return NULL;
}
