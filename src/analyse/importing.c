#include "analyse/importing.h"

#include "analyse/attributes.h"
#include "analyse/code_uses.h"
#include "analyse/paths.h"
#include "analyse/species.h"

enum { SOME = 8, HANDFUL_OF_INTERVALS = 2 };

/* importlib marks the specification of a module while its code runs for the first time
 * (_load_unlocked() of Lib/importlib/_bootstrap.py, since 3.4). */
static bool is_being_imported(hf_graph *g, uint32_t module)
{
    uint32_t spec = hf_attribute_of(g, module, "__spec__");
    return spec != HF_NO_OBJECT &&
           hf_object_says(g, hf_attribute_of(g, spec, "_initializing"), "True");
}

/* Objects that a look at a module has to pass, at most. A heap may be made to have one large name
 * space many times. */
static uint64_t size_of(const hf_graph *g, uint32_t module)
{
    uint32_t names = hf_attribute_dict(g, module);
    return names == HF_NO_OBJECT ? 1 : 1 + g->edge_start[names + 1] - g->edge_start[names];
}

static bool imports_something(hf_graph *g)
{
    uint32_t modules = hf_global_of(g, "sys", "modules");
    if (modules == HF_NO_OBJECT)
        return false;
    uint64_t left = 2 * g->edge_start[g->object_count];
    for (uint64_t e = g->edge_start[modules]; e < g->edge_start[modules + 1]; e++) {
        uint32_t module = g->edge_target[e];
        uint64_t size = hf_graph_kind(g, e) == HF_EDGE_KEY ? 0 : size_of(g, module);
        if (size > left)
            return false;
        left -= size;
        if (size && is_being_imported(g, module))
            return true;
    }
    return false;
}

/* Whether the code that came is of files that were installed, but for what these make of texts. */
static bool is_of_what_is_installed(const hf_timeline *t, const uint8_t *species)
{
    hf_graph *g = t->last;
    size_t codes = 0, installed = 0;
    for (uint32_t i = 0; i < g->object_count; i++) {
        if (hf_timeline_is_old(t, i) || species[g->type[i]] != HF_SPECIES_CODE ||
            hf_code_is_compiled(g, i))
            continue;
        if (hf_code_is_users(g, i))
            return false;
        installed += hf_code_is_installed(g, i);
        codes++;
    }
    return installed * 2 > codes;
}

static uint64_t length_at(const hf_timeline *t, size_t k)
{
    uint32_t modules = hf_global_of(t->graphs[k], "sys", "modules");
    return modules == HF_NO_OBJECT ? 0 : hf_graph_length(t->graphs[k], modules);
}

static void say_what_came(const hf_timeline *t, hf_buf *say)
{
    hf_graph *g = t->last;
    uint32_t modules = hf_global_of(g, "sys", "modules");
    hf_buf_format(say, "%llu in %.1f s",
                  (unsigned long long)(length_at(t, t->count - 1) - length_at(t, 0)),
                  hf_timeline_seconds(t));
    for (uint64_t e = g->edge_start[modules + 1]; e-- > g->edge_start[modules];)
        if (hf_graph_kind(g, e) == HF_EDGE_KEY) {
            hf_buf_text(say, ", the last ");
            if (!hf_path_key(g, g->edge_target[e], say))
                hf_buf_text(say, "without a name that is known");
            return;
        }
}

bool hf_importing(const hf_timeline *t, const uint8_t *species, hf_buf *say)
{
    size_t growing = 0;
    bool under_way = false;
    uint64_t first = length_at(t, 0), before = first;
    for (size_t k = 1; k < t->count; k++) {
        uint64_t now = length_at(t, k);
        growing += now >= before + SOME;
        before = now;
    }
    if (growing < HANDFUL_OF_INTERVALS || before <= first)
        return false;
    for (size_t k = 1; k < t->count && !under_way; k++)
        under_way = imports_something(t->graphs[k]);
    if (!under_way && !is_of_what_is_installed(t, species))
        return false;
    say_what_came(t, say);
    return true;
}
