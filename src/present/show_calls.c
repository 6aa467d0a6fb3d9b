/* present/show_calls.c - a run as a tree of calls (present/show_trace.h).
 *
 * Stacks are deep and mostly do not branch: a call is indented below its caller only where that
 * made others, too, that are shown. */
#include "base/cleanup.h"
#include "present/show_trace.h"

#include <string.h>

/* The nodes that are shown, in the order of a tree: below each its children, largest first. */
typedef struct order {
    uint32_t *first, *end; /* of each node: its children in `children` */
    uint32_t *children;
} order;

static void free_order(order *o)
{
    free(o->first);
    free(o->end);
    free(o->children);
}

typedef struct sibling {
    uint32_t parent, node;
    uint64_t bytes;
} sibling;

static int by_parent_then_bytes(const void *a, const void *b)
{
    const sibling *x = a, *y = b;
    if (x->parent != y->parent)
        return x->parent < y->parent ? -1 : 1;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->node < y->node ? -1 : x->node > y->node;
}

static bool make_order(const hf_calls_view *view, order *o)
{
    size_t nodes = view->profile->node_count, count = view->choice->count, kept = 0;
    HF_AUTO(hf_freep) sibling *siblings = malloc((count + 1) * sizeof(*siblings));
    o->first = calloc(nodes, sizeof(*o->first));
    o->end = calloc(nodes, sizeof(*o->end));
    o->children = malloc((count + 1) * sizeof(*o->children));
    if (!siblings || !o->first || !o->end || !o->children)
        return false;
    for (size_t i = 1; i < count; i++) {
        uint32_t node = view->choice->nodes[i];
        siblings[kept++] =
            (sibling){view->profile->nodes[node].parent, node, view->sums->total[node].bytes};
    }
    if (kept)
        qsort(siblings, kept, sizeof(*siblings), by_parent_then_bytes);
    for (size_t i = 0; i < kept; i++) {
        if (i == 0 || siblings[i].parent != siblings[i - 1].parent)
            o->first[siblings[i].parent] = (uint32_t)i;
        o->end[siblings[i].parent] = (uint32_t)i + 1;
        o->children[i] = siblings[i].node;
    }
    return true;
}

/* What leads to a row: a guide for each branch on the way. */
enum { GUIDES_MAX = 48 };
typedef struct guides {
    bool last[GUIDES_MAX]; /* that branch ends here */
    size_t count;
} guides;

static void add_guides(hf_buf *out, const guides *g, bool branches)
{
    size_t shown = g->count < GUIDES_MAX ? g->count : GUIDES_MAX;
    for (size_t i = 0; i < shown; i++) {
        bool own = branches && i + 1 == shown;
        hf_buf_text(out, own ? (g->last[i] ? "└ " : "├ ") : (g->last[i] ? "  " : "│ "));
    }
}

static void add_row(hf_table *table, const hf_calls_view *view, uint32_t node, const guides *g,
                    bool branches)
{
    const hf_count *total = &view->sums->total[node];
    hf_table_cell(table, "%s", hf_format_bytes(total->bytes).text);
    if (view->capture->info.mode == HF_TRACE_SAMPLED)
        hf_table_cell(table, "%s",
                      hf_format_bytes(hf_capture_margin(view->capture, total->bytes)).text);
    hf_table_cell(table, "%s", hf_format_share(total->bytes, view->sums->total[0].bytes).text);
    if (!view->inverted)
        hf_table_cell(
            table, "%s",
            view->sums->own[node].blocks ? hf_format_bytes(view->sums->own[node].bytes).text : "-");
    hf_table_cell(table, "%s", hf_format_count(total->blocks).text);
    hf_buf text HF_AUTO(hf_buf_deinit) = {0}, frame HF_AUTO(hf_buf_deinit) = {0};
    add_guides(&text, g, branches);
    if (node)
        hf_show_frame(&frame, view->capture,
                      &view->profile->frames[view->profile->nodes[node].frame], false);
    else
        hf_buf_text(&frame, "(all)");
    hf_format_untrusted(&text, hf_buf_string(&frame), frame.length, 0);
    hf_table_cell(table, "%s", hf_buf_string(&text));
}

/* One step of the walk: a node, and how it hangs on what is above. */
typedef struct step {
    uint32_t node;
    guides guides;
    bool branches;
} step;

static bool add_rows(hf_table *table, const hf_calls_view *view, const order *o)
{
    HF_AUTO(hf_freep) step *steps = malloc((view->choice->count + 1) * sizeof(*steps));
    if (!steps)
        return false;
    size_t count = 0;
    steps[count++] = (step){0};
    while (count) {
        step s = steps[--count];
        add_row(table, view, s.node, &s.guides, s.branches);
        uint32_t first = o->first[s.node], end = o->end[s.node];
        for (uint32_t i = end; i-- > first;) {
            step next = {.node = o->children[i], .guides = s.guides};
            next.branches = end - first > 1;
            if (next.branches && next.guides.count < GUIDES_MAX)
                next.guides.last[next.guides.count++] = i + 1 == end;
            steps[count++] = next;
        }
    }
    return true;
}

void hf_show_calls_text(hf_text *t, const hf_calls_view *view)
{
    hf_column columns[6];
    size_t count = 0;
    columns[count++] = (hf_column){hf_measure_title(view->selection.measure), true};
    if (view->capture->info.mode == HF_TRACE_SAMPLED)
        columns[count++] = (hf_column){"GIVE OR TAKE", true};
    columns[count++] = (hf_column){"SHARE", true};
    if (!view->inverted)
        columns[count++] = (hf_column){"OWN", true};
    columns[count++] = (hf_column){"BLOCKS", true};
    columns[count++] =
        (hf_column){view->inverted ? "LINES THAT ALLOCATED, AND THEIR CALLERS" : "CALLS", false};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, count, 0);
    table.cut = true;
    order o HF_AUTO(free_order) = {0};
    if (!make_order(view, &o) || !add_rows(&table, view, &o))
        return;
    hf_table_print(&table, t);
    if (view->inverted)
        hf_text_print(t, "\nThe %s largest; --top shows more.\n",
                      hf_format_count(view->choice->count - 1).text);
    else if (view->choice->left_out)
        hf_text_print(
            t, "\n%s smaller places, none of more than %s, are not shown; --top shows more.\n",
            hf_format_count(view->choice->left_out).text,
            hf_format_bytes((uint64_t)view->choice->threshold).text);
}

static void json_frame(hf_json *j, const hf_calls_view *view, uint32_t node)
{
    static const char *const kinds[] = {"process", "python", "malloc", "mmap", "other", "native"};
    const hf_frame *f = &view->profile->frames[view->profile->nodes[node].frame];
    hf_json_text(j, "kind", f->kind < HF_NODE_KIND_END ? kinds[f->kind] : "other");
    if (f->kind == HF_NODE_PROCESS)
        hf_json_int(j, "pid", view->capture->processes[f->process].pid);
    if (hf_kind_is_call(f->kind))
        hf_json_place(j, view->capture, f->code, f->line);
}

void hf_show_calls_json(hf_json *j, const hf_calls_view *view)
{
    HF_AUTO(hf_freep) uint32_t *numbers = calloc(view->profile->node_count, sizeof(*numbers));
    if (!numbers)
        return;
    hf_json_object(j, NULL);
    hf_json_text(j, "measure", hf_measure_word(view->selection.measure));
    hf_json_bool(j, "inverted", view->inverted);
    hf_json_count(j, view->capture, "chosen", view->sums->total[0]);
    hf_json_array(j, "nodes");
    for (size_t i = 0; i < view->choice->count; i++) {
        uint32_t node = view->choice->nodes[i];
        numbers[node] = (uint32_t)i;
        hf_json_object(j, NULL);
        if (node) {
            hf_json_uint(j, "parent", numbers[view->profile->nodes[node].parent]);
            json_frame(j, view, node);
        }
        hf_json_count(j, view->capture, "total", view->sums->total[node]);
        if (!view->inverted)
            hf_json_count(j, view->capture, "own", view->sums->own[node]);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_uint(j, "left_out", view->choice->left_out);
    hf_json_end(j);
}
