#include "analyse/error_cycles.h"

#include "analyse/attributes.h"
#include "analyse/clues.h"
#include "base/cleanup.h"

#include <string.h>

enum { CALLS = 64 }; /* of a traceback that are looked at */

/* Whether the exception was raised through this frame: one of its tracebacks is this one. */
static bool has_traceback(const hf_graph *g, uint32_t error, uint32_t traceback)
{
    uint32_t at = hf_object_field(g, error, "__traceback__");
    for (int k = 0; k < CALLS && at != HF_NO_OBJECT; k++) {
        if (at == traceback)
            return true;
        at = hf_object_field(g, at, "tb_next");
    }
    return false;
}

/* The edge by which an object has such an exception, itself or in its namespace, whose owner is
 * then *ret_source; HF_NO_EDGE. Of a large collection the first items are enough. */
static uint64_t edge_to_error(const hf_graph *g, uint32_t object, uint32_t traceback,
                              uint32_t *ret_source)
{
    enum { ITEMS = 64 };
    const uint32_t sources[] = {object, hf_attribute_dict(g, object)};
    for (size_t k = 0; k < 2 && sources[k] != HF_NO_OBJECT; k++) {
        uint64_t first = g->edge_start[sources[k]], end = g->edge_start[sources[k] + 1];
        for (uint64_t e = first; e < end && e - first < ITEMS; e++) {
            if (!hf_graph_holds(g, e) || !has_traceback(g, g->edge_target[e], traceback))
                continue;
            *ret_source = sources[k];
            return e;
        }
    }
    return UINT64_MAX;
}

/* "fetch" of "fetch (shop.py:12)". */
static void say_function(hf_graph *g, uint32_t frame, hf_buf *out)
{
    size_t length = 0;
    uint32_t code = hf_object_field(g, frame, "f_code");
    const char *value = code == HF_NO_OBJECT ? NULL : hf_graph_value(g, code, &length);
    const char *end = value ? memmem(value, length, " (", 2) : NULL;
    if (end)
        hf_buf_add(out, value, (size_t)(end - value));
    else
        hf_buf_text(out, "its function");
}

/* `holder`: what leads to the exception, as code names it. */
static void say_without_traceback(const char *holder, const char *variable, const char *function,
                                  hf_buf *out)
{
    hf_buf_format(
        out,
        "Keep the exception in %s without its traceback (error.with_traceback(None), when "
        "it has been logged and nobody is to raise it again), or its text: the traceback "
        "keeps the frame of %s, and its variable %s the exception.",
        holder, function, variable);
}

static bool say_of_variable(hf_graph *g, uint32_t frame, uint64_t local, uint32_t traceback,
                            hf_buf *out)
{
    uint32_t target = g->edge_target[local], source = HF_NO_OBJECT;
    const char *variable = hf_strtab_get(&g->names, g->edge_label[local]);
    HF_AUTO(hf_buf_deinit) hf_buf function = {0}, holder = {0};
    bool itself = has_traceback(g, target, traceback);
    uint64_t edge = itself ? UINT64_MAX : edge_to_error(g, target, traceback, &source);
    if (!itself && edge == UINT64_MAX)
        return false;
    say_function(g, frame, &function);
    if (itself) { /* not of a variable in a cell: other functions read it */
        hf_buf_format(out,
                      "Let %s end with `finally: %s = None`: that variable is the exception, whose "
                      "traceback keeps the frame with the variable.",
                      hf_buf_string(&function), variable);
        return true;
    }
    hf_buf_text(&holder, variable);
    bool attribute = source != target || hf_graph_kind(g, edge) == HF_EDGE_ATTRIBUTE;
    hf_buf_char(&holder, '.');
    if (!attribute || !hf_clues_edge_name(g, source, edge, &holder))
        holder.length = strlen(variable);
    say_without_traceback(hf_buf_string(&holder), variable, hf_buf_string(&function), out);
    return true;
}

static bool say_of_frame(hf_graph *g, uint32_t traceback, hf_buf *out)
{
    uint32_t frame = hf_object_field(g, traceback, "tb_frame");
    if (frame == HF_NO_OBJECT)
        return false;
    for (uint64_t e = g->edge_start[frame]; e < g->edge_start[frame + 1]; e++)
        if (hf_graph_kind(g, e) == HF_EDGE_LOCAL && hf_graph_holds(g, e) &&
            say_of_variable(g, frame, e, traceback, out))
            return true;
    return false;
}

bool hf_error_cycle_say_fix(hf_graph *g, uint32_t error, hf_buf *out)
{
    uint32_t at = hf_object_field(g, error, "__traceback__");
    for (int k = 0; k < CALLS && at != HF_NO_OBJECT; k++) {
        if (say_of_frame(g, at, out))
            return true;
        at = hf_object_field(g, at, "tb_next");
    }
    return false;
}

/* What is to be done, and of how many exceptions. */
typedef struct advice {
    hf_buf text;
    size_t count;
} advice;

enum { ADVICE_MOST = 8 };

typedef struct advices {
    advice rows[ADVICE_MOST];
    size_t count, asked;
} advices;

static void advices_deinit(advices *a)
{
    for (size_t k = 0; k < a->count; k++)
        hf_buf_deinit(&a->rows[k].text);
}

static void ask(hf_graph *g, uint32_t error, advices *a)
{
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    a->asked++;
    if (!hf_error_cycle_say_fix(g, error, &text))
        return;
    size_t k = 0;
    while (k < a->count && strcmp(hf_buf_string(&a->rows[k].text), hf_buf_string(&text)) != 0)
        k++;
    if (k == ADVICE_MOST)
        return;
    if (k == a->count) {
        a->rows[a->count++] = (advice){.text = text};
        text = (hf_buf){0};
    }
    a->rows[k].count++;
}

/* As many as are asked, of all that have a traceback: what one function raised may lie together. */
static void ask_some(hf_graph *g, const uint32_t *objects, size_t count, advices *a)
{
    enum { ASKED = 64 };
    size_t all = 0, seen = 0;
    for (size_t k = 0; k < count; k++)
        all += hf_object_field(g, objects[k], "__traceback__") != HF_NO_OBJECT;
    size_t step = all / ASKED + 1;
    for (size_t k = 0; k < count; k++)
        if (hf_object_field(g, objects[k], "__traceback__") != HF_NO_OBJECT && seen++ % step == 0)
            ask(g, objects[k], a);
}

bool hf_error_cycles_say_fix(hf_graph *g, const uint32_t *objects, size_t count, hf_buf *out)
{
    enum { NOTABLE = 3 };
    HF_AUTO(advices_deinit) advices all = {.count = 0};
    ask_some(g, objects, count, &all);
    size_t told = 0;
    for (size_t k = 0; k < all.count; k++)
        told += all.rows[k].count * NOTABLE >= all.asked ? all.rows[k].count : 0;
    if (told * 2 <= all.asked)
        return false;
    for (size_t k = 0, written = 0; k < all.count; k++)
        if (all.rows[k].count * NOTABLE >= all.asked)
            hf_buf_format(out, written++ ? " %s" : "%s", hf_buf_string(&all.rows[k].text));
    return true;
}
