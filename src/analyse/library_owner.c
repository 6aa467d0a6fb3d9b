#include "analyse/library_owner.h"

#include "analyse/attributes.h"
#include "analyse/code_uses.h"
#include "base/library_path.h"

#include <string.h>

enum { CLASSES = 32, METHODS = 1024, TOLD = 4, NAME = 64 };

/* One method of a class or of one that this inherits from; what it finds is up to whoever asks. */
typedef struct method {
    hf_graph *graph;
    uint32_t name; /* a str */
    uint32_t code;
} method;

/* Calls `visit` with the methods of a class, or of that of an instance, in the order in which
 * attributes are looked up, until it says no. */
static void each_method(const hf_clues *c, uint32_t of, bool (*visit)(const method *m, void *data),
                        void *data)
{
    hf_graph *g = c->graph;
    uint32_t class = hf_clues_species(c, of) == HF_SPECIES_TYPE
                         ? of
                         : hf_graph_find(g, g->types[g->type[of]].address);
    uint32_t order = class == HF_NO_OBJECT ? class : hf_object_field(g, class, "__mro__");
    uint64_t left = METHODS;
    for (uint32_t k = 0; order != HF_NO_OBJECT && k < CLASSES && left; k++) {
        uint32_t base = hf_item_of(g, order, k);
        uint32_t dict = base == HF_NO_OBJECT ? base : hf_object_field(g, base, "__dict__");
        if (base == HF_NO_OBJECT)
            return;
        for (uint64_t e = dict == HF_NO_OBJECT ? 0 : g->edge_start[dict];
             dict != HF_NO_OBJECT && e + 1 < g->edge_start[dict + 1] && left; e++) {
            if (hf_graph_kind(g, e) != HF_EDGE_KEY ||
                !hf_graph_is(g, g->edge_target[e + 1], "function"))
                continue;
            left--;
            uint32_t code = hf_object_field(g, g->edge_target[e + 1], "__code__");
            if (code != HF_NO_OBJECT && !visit(&(method){g, g->edge_target[e], code}, data))
                return;
        }
    }
}

typedef struct user {
    const char *name;
    bool found, installed;
} user;

/* The first that uses the attribute is of the class whose attribute it is. */
static bool find_user(const method *m, void *data)
{
    user *u = data;
    if (!hf_code_names(m->graph, m->code, u->name))
        return true;
    u->found = true;
    u->installed = hf_code_is_installed(m->graph, m->code);
    return false;
}

static bool is_a_collection(const hf_clues *c)
{
    uint32_t type = c->graph->type[c->holder];
    return hf_type_has(c->graph, type, "__setitem__") || hf_type_has(c->graph, type, "append") ||
           (hf_type_has(c->graph, type, "__contains__") && hf_type_has(c->graph, type, "__iter__"));
}

/* One underscore in front, by the convention of all Python: not for others. */
static bool is_private(const char *name)
{
    size_t length = strlen(name);
    return length > 1 && *name == '_' && !(name[1] == '_' && name[length - 1] == '_');
}

/* Whether the first method that uses the attribute, or the file of the module, is installed. */
static bool is_of_library(const hf_clues *c, uint32_t keeper)
{
    if (hf_clues_species(c, keeper) == HF_SPECIES_MODULE) {
        size_t length = 0;
        uint32_t file = hf_attribute_of(c->graph, keeper, "__file__");
        const char *path = file == HF_NO_OBJECT ? NULL : hf_graph_value(c->graph, file, &length);
        return path && hf_library_part(path, length);
    }
    user u = {.name = c->name};
    each_method(c, keeper, find_user, &u);
    return u.found && u.installed;
}

static uint32_t keeper_of_private(const hf_clues *c)
{
    for (size_t k = c->path.count; is_private(c->name) && k-- > 1;) {
        uint32_t keeper = c->path.steps[k - 1].object;
        uint32_t has = hf_attribute_of(c->graph, keeper, c->name);
        for (size_t below = k; has != HF_NO_OBJECT && below < c->path.count; below++)
            if (c->path.steps[below].object == has)
                return is_of_library(c, keeper) ? keeper : HF_NO_OBJECT;
    }
    return HF_NO_OBJECT;
}

bool hf_is_of_library(const hf_clues *c, uint32_t type)
{
    uint32_t function = hf_type_attribute(c->graph, type, "__init__");
    uint32_t code =
        function == HF_NO_OBJECT ? function : hf_object_field(c->graph, function, "__code__");
    return code != HF_NO_OBJECT && hf_code_is_installed(c->graph, code);
}

uint32_t hf_library_keeper(const hf_clues *c, bool *ret_private)
{
    uint32_t keeper = keeper_of_private(c);
    *ret_private = keeper != HF_NO_OBJECT;
    if (*ret_private)
        return keeper;
    bool owned = *c->name && c->holder != c->owner &&
                 hf_clues_species(c, c->holder) != HF_SPECIES_MODULE &&
                 hf_clues_species(c, c->holder) != HF_SPECIES_TYPE &&
                 hf_attribute_of(c->graph, c->holder, c->name) == c->focus &&
                 is_of_library(c, c->holder) && !is_a_collection(c);
    return owned ? c->holder : HF_NO_OBJECT;
}

void hf_say_keeper(const hf_clues *c, uint32_t keeper, hf_buf *out)
{
    hf_graph *g = c->graph;
    char name[NAME];
    if (hf_clues_species(c, keeper) == HF_SPECIES_MODULE) {
        hf_buf_text(out, hf_object_text(g, hf_attribute_of(g, keeper, "__name__"), name, NAME));
        return;
    }
    uint32_t type = g->type[keeper];
    for (uint32_t t = 0; hf_clues_species(c, keeper) == HF_SPECIES_TYPE && t < g->type_count; t++)
        if (g->types[t].address == g->address[keeper])
            type = t;
    hf_buf_text(out, hf_graph_type_title(g, type));
}

typedef struct ways {
    const char *name; /* of the attribute */
    char told[TOLD][NAME];
    size_t count;
} ways;

static bool lets_go(const char *name)
{
    static const char *const words[] = {
        "clear",   "remove",     "discard", "reset",      "purge", "flush",
        "delete",  "unregister", "cancel",  "disconnect", "close", "unsubscribe",
        "expunge", "prune",      "forget",  "detach",     NULL};
    for (size_t k = 0; words[k]; k++) {
        size_t length = strlen(words[k]);
        if (strncmp(name, words[k], length) == 0 && (!name[length] || name[length] == '_'))
            return true;
    }
    return false;
}

static bool find_ways(const method *m, void *data)
{
    ways *w = data;
    char name[NAME];
    hf_object_text(m->graph, m->name, name, sizeof(name));
    /* What does not touch it may delete something else: requests.Session.delete(). */
    if (!lets_go(name) || !hf_code_names(m->graph, m->code, w->name))
        return true;
    for (size_t k = 0; k < w->count; k++)
        if (strcmp(w->told[k], name) == 0)
            return true;
    memcpy(w->told[w->count++], name, sizeof(name));
    return w->count < TOLD;
}

bool hf_say_ways_out(const hf_clues *c, uint32_t keeper, hf_buf *out)
{
    ways w = {.name = c->name};
    if (hf_clues_species(c, keeper) != HF_SPECIES_MODULE)
        each_method(c, keeper, find_ways, &w);
    for (size_t k = 0; k < w.count; k++)
        hf_buf_format(out, "%s%s()", k ? ", " : "", w.told[k]);
    return w.count > 0;
}
