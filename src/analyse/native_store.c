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

/* A table of C that was full before must not speak for what came since; where none came
 * at all, what is there does. */
hf_native_store hf_native_store_of(const hf_case *c, uint32_t type, const char **ret_binary)
{
    const hf_graph *g = c->timeline->last;
    uint64_t address = type < g->type_count ? g->types[type].address : 0;
    const hf_surplus *now = row_of(g, address);
    *ret_binary = NULL;
    if (!now || !now->sampled)
        return HF_STORE_UNKNOWN;
    const hf_surplus *before = c->twice[0] ? NULL : row_of(c->timeline->graphs[0], address);
    if (before && (!before->sampled || before->objects >= now->objects))
        before = NULL;
    double came = (double)now->objects - (before ? (double)before->objects : 0);
    if ((stored(now) - stored(before)) * 2 < came)
        return HF_STORE_NONE;
    if (now->binary && now->binary < g->names.count)
        *ret_binary = hf_strtab_get(&g->names, (uint32_t)now->binary);
    return HF_STORE_FOUND;
}
