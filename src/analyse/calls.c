#include "analyse/calls.h"

#include <string.h>

/* Of "Store.put (store.py:12)" what does not change while it runs: without the line. */
static size_t length_without_line(const char *place)
{
    const char *colon = strrchr(place, ':');
    return colon ? (size_t)(colon - place) : strlen(place);
}

static bool same_place(const char *a, const char *b)
{
    size_t length = length_without_line(a);
    return length == length_without_line(b) && memcmp(a, b, length) == 0;
}

static bool has_variable(const hf_graph *g, uint32_t object, const char *name, const char *place)
{
    for (uint32_t r = 0; r < g->root_count; r++) {
        const hf_root *root = &g->roots[r];
        if (root->kind == HF_ROOT_LOCAL && root->target == object &&
            strcmp(hf_strtab_get(&g->names, root->name), name) == 0 &&
            same_place(hf_strtab_get(&g->names, root->place), place))
            return true;
    }
    return false;
}

bool hf_call_lasts(const hf_timeline *t, uint32_t root)
{
    const hf_graph *last = t->last;
    const hf_root *now = &last->roots[root];
    if (now->kind != HF_ROOT_LOCAL)
        return true;
    const char *name = hf_strtab_get(&last->names, now->name);
    const char *place = hf_strtab_get(&last->names, now->place);
    for (size_t k = 0; k + 1 < t->count; k++) {
        uint32_t then = t->was[k][now->target];
        if (then == HF_NO_OBJECT || !has_variable(t->graphs[k], then, name, place))
            return false;
    }
    return true;
}
