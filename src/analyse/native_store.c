#include "analyse/native_store.h"

static const hf_surplus *row_of(const hf_graph *g, uint64_t type)
{
    for (size_t k = 0; k < HF_SURPLUS_TYPES; k++)
        if (type && g->info.check.surplus[k].type == type)
            return &g->info.check.surplus[k];
    return NULL;
}

/* Of all objects, by those that were looked for. */
static double stored(const hf_surplus *s)
{
    return s && s->sampled ? (double)s->objects * (double)s->stored / (double)s->sampled : 0;
}

static const char *binary_of(const hf_graph *g, const hf_surplus *s)
{
    return s->binary && s->binary < g->names.count ? hf_strtab_get(&g->names, (uint32_t)s->binary)
                                                   : NULL;
}

/* Without those that were there before, or NULL. */
static hf_native_store judge(const hf_surplus *now, const hf_surplus *before)
{
    double came = (double)now->objects - (before ? (double)before->objects : 0);
    return (stored(now) - stored(before)) * 2 < came ? HF_STORE_NONE : HF_STORE_FOUND;
}

hf_native_store hf_native_store_in(const hf_graph *g, uint32_t type, const char **ret_binary)
{
    const hf_surplus *now = row_of(g, type < g->type_count ? g->types[type].address : 0);
    *ret_binary = now ? binary_of(g, now) : NULL;
    return now && now->sampled ? judge(now, NULL) : HF_STORE_UNKNOWN;
}

/* A table of C that was full before must not speak for what came since; where none came
 * at all, what is there does. */
hf_native_store hf_native_store_of(const hf_case *c, uint32_t type, const char **ret_binary)
{
    const hf_graph *g = c->timeline->last;
    hf_native_store store = hf_native_store_in(g, type, ret_binary);
    const hf_surplus *now = row_of(g, type < g->type_count ? g->types[type].address : 0);
    const hf_surplus *before =
        now && !c->twice[0] ? row_of(c->timeline->graphs[0], now->type) : NULL;
    bool more = before && before->sampled && before->objects < now->objects;
    return store != HF_STORE_UNKNOWN && more ? judge(now, before) : store;
}
