/* Where in the user's source the growing objects come from, as far as a heap tells. */
#include "analyse/drafts.h"
#include "base/cleanup.h"

#include <string.h>

/* "Quote.__init__ (/app/shop/pricing.py:12)" becomes "pricing.py:12 in Quote.__init__". */
static bool say_site(const char *value, size_t length, hf_buf *out)
{
    const char *open = memmem(value, length, " (", 2);
    if (!open || value[length - 1] != ')')
        return false;
    const char *file = open + 2, *end = value + length - 1;
    const char *slash = memrchr(file, '/', (size_t)(end - file));
    file = slash ? slash + 1 : file;
    if (!memchr(file, ':', (size_t)(end - file)))
        return false;
    hf_buf_add(out, file, (size_t)(end - file));
    hf_buf_text(out, " in ");
    hf_buf_add(out, value, (size_t)(open - value));
    return true;
}

static bool site_of_value(hf_graph *g, uint32_t object, hf_buf *out)
{
    size_t length = 0;
    const char *value = hf_graph_value(g, object, &length);
    return value && length > 4 && say_site(value, length, out);
}

static uint32_t field(const hf_graph *g, uint32_t object, const char *name)
{
    for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++) {
        hf_edge_kind kind = hf_graph_kind(g, e);
        if ((kind == HF_EDGE_FIELD || kind == HF_EDGE_ATTRIBUTE) &&
            strcmp(hf_strtab_get(&g->names, g->edge_label[e]), name) == 0)
            return g->edge_target[e];
    }
    return HF_NO_OBJECT;
}

static bool is_text(hf_graph *g, uint32_t object, const char *text)
{
    size_t length = 0;
    const char *value = hf_graph_value(g, object, &length);
    return value && length == strlen(text) && memcmp(value, text, length) == 0;
}

static uint32_t entry(hf_graph *g, uint32_t dict, const char *name)
{
    for (uint64_t e = g->edge_start[dict]; e + 1 < g->edge_start[dict + 1]; e++)
        if (hf_graph_kind(g, e) == HF_EDGE_KEY && is_text(g, g->edge_target[e], name))
            return g->edge_target[e + 1];
    return HF_NO_OBJECT;
}

bool hf_site_of_type(hf_graph *g, uint32_t type, hf_buf *out)
{
    uint32_t object = hf_graph_find(g, g->types[type].address);
    uint32_t dict = object == HF_NO_OBJECT ? HF_NO_OBJECT : field(g, object, "__dict__");
    if (dict != HF_NO_OBJECT) {
        static const char *const makers[] = {"__init__", "__new__", "__post_init__"};
        for (size_t k = 0; k < sizeof(makers) / sizeof(*makers); k++) {
            uint32_t function = entry(g, dict, makers[k]);
            if (function != HF_NO_OBJECT && site_of_value(g, function, out))
                return !out->failed;
        }
    }
    return !out->failed;
}

/* Does code use this name, and a name that adds to a container? */
typedef struct uses {
    bool name, adds, removes;
} uses;

static uses uses_of(hf_graph *g, uint32_t code, const char *name)
{
    static const char *const adders[] = {
        "append",   "add", "setdefault", "appendleft", "extend",      "insert",        "update",
        "register", "put", "heappush",   "connect",    "create_task", "ensure_future", "submit"};
    static const char *const removers[] = {"pop",    "popitem", "clear",
                                           "remove", "discard", "popleft"};
    uses u = {0};
    uint32_t names = field(g, code, "co_names");
    if (names == HF_NO_OBJECT)
        return u;
    for (uint64_t e = g->edge_start[names]; e < g->edge_start[names + 1]; e++) {
        size_t length = 0;
        const char *text = hf_graph_value(g, g->edge_target[e], &length);
        if (!text || hf_graph_kind(g, e) != HF_EDGE_INDEX)
            continue;
        u.name |= length == strlen(name) && memcmp(text, name, length) == 0;
        for (size_t k = 0; k < sizeof(adders) / sizeof(*adders); k++)
            u.adds |= length == strlen(adders[k]) && memcmp(text, adders[k], length) == 0;
        for (size_t k = 0; k < sizeof(removers) / sizeof(*removers); k++)
            u.removes |= length == strlen(removers[k]) && memcmp(text, removers[k], length) == 0;
    }
    return u;
}

static bool is_identifier(const char *text)
{
    return *text &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") ==
               strlen(text);
}

/* Code of the standard library and of installed packages only does what it is told. */
static bool is_users(hf_graph *g, uint32_t code)
{
    uint32_t file = field(g, code, "co_filename");
    size_t length = 0;
    const char *path = file == HF_NO_OBJECT ? NULL : hf_graph_value(g, file, &length);
    if (!path)
        return false;
    return !memmem(path, length, "/lib/python", 11) && path[0] != '<' &&
           !memmem(path, length, "-packages/", 10);
}

/* The code that uses the holder's name and looks most as if it added to it. */
static uint32_t adder(const hf_clues *c)
{
    hf_graph *g = c->graph;
    uint32_t best = HF_NO_OBJECT;
    int best_score = 0;
    for (uint32_t i = 0; is_identifier(c->name) && i < g->object_count; i++) {
        if (hf_clues_species(c, i) != HF_SPECIES_CODE)
            continue;
        uses u = uses_of(g, i, c->name);
        if (!u.name)
            continue;
        bool users = is_users(g, i);
        size_t length = 0;
        const char *value = hf_graph_value(g, i, &length);
        bool makes = value && memmem(value, length, "__init__ (", 10) != NULL;
        bool top_level = value && length > 8 && memcmp(value, "<module>", 8) == 0;
        int score = 8 + 8 * users + 4 * u.adds - 2 * u.removes - 3 * makes - 6 * top_level;
        if (score > best_score) {
            best_score = score;
            best = i;
        }
    }
    return best;
}

/* Code that the growing objects themselves carry: stored functions, generators, frames. */
static bool site_of_members(const hf_clues *c, hf_buf *out)
{
    static const hf_species carriers[] = {HF_SPECIES_FUNCTION, HF_SPECIES_GENERATOR,
                                          HF_SPECIES_METHOD, HF_SPECIES_FRAME, HF_SPECIES_CODE};
    for (size_t s = 0; s < sizeof(carriers) / sizeof(*carriers); s++)
        for (size_t k = 0; k < c->row->count; k++)
            if (hf_clues_species(c, c->born[k]) == carriers[s] &&
                site_of_value(c->graph, c->born[k], out))
                return true;
    return false;
}

bool hf_site_of_clues(const hf_clues *c, hf_buf *out)
{
    uint32_t code = adder(c);
    if (code != HF_NO_OBJECT && site_of_value(c->graph, code, out))
        return !out->failed;
    if (site_of_members(c, out))
        return !out->failed;
    for (size_t k = 0; k < c->type_count && out->length == 0; k++)
        if (c->species[c->types[k].type] == HF_SPECIES_INSTANCE &&
            !hf_site_of_type(c->graph, c->types[k].type, out))
            return false;
    return !out->failed;
}
