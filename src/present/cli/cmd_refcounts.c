/* present/cli/cmd_refcounts.c - refcounts, of all objects or of one. */
#include "analyse/path_find.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "present/cli/looked.h"
#include "present/show_refcounts.h"

static uint64_t top_of(const hf_session *s)
{
    return s->arguments->top ? s->arguments->top : 10;
}

static hf_err *show_all(hf_session *s, const hf_looked *l)
{
    const hf_filter filter = {.type = s->arguments->type};
    hf_refcounts r HF_AUTO(hf_refcounts_deinit) = {0};
    hf_err *err = hf_refcounts_find(l->graph, l->dominators, &filter, s->arguments->all, &r);
    if (err)
        return err;
    size_t shown = r.count < top_of(s) ? r.count : (size_t)top_of(s);
    HF_AUTO(hf_texts_deinit) hf_texts paths = {.text = calloc(shown + 1, sizeof(*paths.text))};
    if (!paths.text)
        return hf_fail_memory();
    for (; paths.count < shown && !err; paths.count++)
        err = hf_path_string(l->graph, l->tree, r.rows[paths.count].example,
                             &paths.text[paths.count]);
    if (err)
        return err;
    hf_refcounts_view view = {.graph = l->graph,
                              .refcounts = &r,
                              .paths = paths.text,
                              .all = s->arguments->all,
                              .heap_bytes = l->heap_bytes,
                              .top = top_of(s)};
    if (s->text)
        hf_show_refcounts_text(s->text, &view);
    if (s->json)
        hf_show_refcounts_json(s->json, &view);
    return NULL;
}

typedef struct holders {
    hf_holder *rows;
    size_t count, limit;
    uint64_t all;
} holders;

static void holders_deinit(holders *h)
{
    for (size_t i = 0; i < h->count; i++)
        free(h->rows[i].path);
    free(h->rows);
}

static hf_err *add(holders *h, const hf_looked *l, const hf_holder *row)
{
    h->all++;
    if (h->count == h->limit)
        return NULL;
    if (!hf_array_next(&h->rows, h->count))
        return hf_fail_memory();
    h->rows[h->count] = *row;
    hf_err *err = NULL;
    if (row->source != HF_NO_OBJECT)
        err = hf_path_string(l->graph, l->tree, row->source, &h->rows[h->count].path);
    h->count += !err;
    return err;
}

/* Who holds it: objects in order of address, each edge of theirs, then roots. */
static hf_err *find_holders(const hf_looked *l, uint32_t object, holders *h)
{
    const hf_graph *g = l->graph;
    hf_err *err = NULL;
    uint32_t before = HF_NO_OBJECT;
    for (uint64_t s = g->source_start[object]; !err && s < g->source_start[object + 1]; s++) {
        uint32_t source = g->source[s]; /* one entry an edge: those of a source follow each other */
        if (source == before)
            continue;
        before = source;
        for (uint64_t e = g->edge_start[source]; !err && e < g->edge_start[source + 1]; e++)
            if (g->edge_target[e] == object && hf_graph_holds(g, e))
                err = add(h, l, &(hf_holder){.source = source, .edge = e});
    }
    for (uint32_t i = 0; !err && i < g->root_count; i++)
        if (g->roots[i].target == object)
            err = add(h, l, &(hf_holder){.source = HF_NO_OBJECT, .root = i});
    return err;
}

static hf_err *show_one(hf_session *s, const hf_looked *l, uint32_t object)
{
    hf_refcount_balance balance;
    HF_AUTO(holders_deinit) holders h = {.limit = (size_t)top_of(s)};
    hf_err *err = hf_refcounts_of(l->graph, l->dominators, object, &balance);
    if (!err)
        err = find_holders(l, object, &h);
    if (err)
        return err;
    hf_refcount_view view = {.graph = l->graph,
                             .object = object,
                             .balance = &balance,
                             .holders = h.rows,
                             .count = h.count,
                             .all = h.all};
    if (s->text)
        hf_show_refcount_text(s->text, &view);
    if (s->json)
        hf_show_refcount_json(s->json, &view);
    return NULL;
}

hf_err *hf_cmd_refcounts(hf_session *s)
{
    HF_AUTO(hf_looked_deinit) hf_looked l = {0};
    hf_found_list found HF_AUTO(hf_found_list_deinit) = {0};
    bool one = s->arguments->operand_count == 2;
    hf_err *err = hf_look(s, &l);
    if (!err && one)
        err = hf_path_find(l.graph, s->arguments->operands[1], &found);
    if (err)
        return err;
    return one && found.count ? show_one(s, &l, found.rows[0].object) : show_all(s, &l);
}
