#include "analyse/library_owner.h"

#include "analyse/attributes.h"
#include "analyse/code_uses.h"
#include "base/cleanup.h"
#include "base/library_path.h"

#include <stdio.h>
#include <string.h>

enum { CLASSES = 32, METHODS = 1024, TOLD = 4, NAME = HF_KEEPER_NAME };

/* One method of a class or of one that this inherits from; what it finds is up to whoever asks. */
typedef struct method {
    hf_graph *graph;
    uint32_t class; /* that has it */
    uint32_t name;  /* a str */
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
            if (code != HF_NO_OBJECT && !visit(&(method){g, base, g->edge_target[e], code}, data))
                return;
        }
    }
}

typedef struct user {
    const char *name;
    bool found, installed;
    uint32_t class;
} user;

/* The first that uses the attribute is of the class whose attribute it is. */
static bool find_user(const method *m, void *data)
{
    user *u = data;
    if (!hf_code_names(m->graph, m->code, u->name))
        return true;
    u->found = true;
    u->class = m->class;
    u->installed = hf_code_is_installed(m->graph, m->code);
    return false;
}

/* imaplib.IMAP4 has an append() as well, by which a mailbox gets a mail. */
static bool is_a_collection(const hf_clues *c, uint32_t object)
{
    hf_graph *g = c->graph;
    uint32_t type = g->type[object];
    bool many = hf_type_has(g, type, "__iter__") || hf_type_has(g, type, "__len__");
    return hf_type_has(g, type, "__setitem__") || (many && hf_type_has(g, type, "append")) ||
           (hf_type_has(g, type, "__contains__") && hf_type_has(g, type, "__iter__"));
}

/* One underscore in front, by the convention of all Python: not for others. */
static bool is_private(const char *name)
{
    size_t length = strlen(name);
    return length > 1 && *name == '_' && !(name[1] == '_' && name[length - 1] == '_');
}

/* Whether the first method that uses the attribute, or the file of the module, is installed. */
static bool is_of_library(const hf_clues *c, uint32_t keeper, const char *name)
{
    if (hf_clues_species(c, keeper) == HF_SPECIES_MODULE) {
        size_t length = 0;
        uint32_t file = hf_attribute_of(c->graph, keeper, "__file__");
        const char *path = file == HF_NO_OBJECT ? NULL : hf_graph_value(c->graph, file, &length);
        return path && hf_library_part(path, length);
    }
    user u = {.name = name};
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
                return is_of_library(c, keeper, c->name) ? keeper : HF_NO_OBJECT;
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

static bool find_first(const method *m, void *data)
{
    *(bool *)data = hf_code_is_installed(m->graph, m->code);
    return false;
}

bool hf_class_is_of_library(const hf_clues *c, uint32_t object)
{
    bool installed = false;
    each_method(c, object, find_first, &installed);
    return installed;
}

/* Of an instance of a program's class the library's class that it inherits the attribute from. */
static uint32_t class_to_name(const hf_clues *c, const hf_keeper *k)
{
    bool installed = true;
    user u = {.name = k->name, .class = HF_NO_OBJECT};
    if (hf_clues_species(c, k->object) != HF_SPECIES_INSTANCE)
        return k->object;
    each_method(c, k->object, find_first, &installed);
    if (!installed)
        each_method(c, k->object, find_user, &u);
    return u.class == HF_NO_OBJECT ? k->object : u.class;
}

void hf_say_keeper(const hf_clues *c, const hf_keeper *k, hf_buf *out)
{
    uint32_t keeper = class_to_name(c, k);
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
    bool any;         /* also methods that do not name it */
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
    if (!lets_go(name) || (!w->any && !hf_code_names(m->graph, m->code, w->name)))
        return true;
    for (size_t k = 0; k < w->count; k++)
        if (strcmp(w->told[k], name) == 0)
            return true;
    memcpy(w->told[w->count++], name, sizeof(name));
    return w->count < TOLD;
}

static ways ways_of(const hf_clues *c, const hf_keeper *keeper)
{
    ways w = {.name = keeper->name, .any = keeper->whole};
    if (hf_clues_species(c, keeper->object) != HF_SPECIES_MODULE)
        each_method(c, keeper->object, find_ways, &w);
    return w;
}

bool hf_say_ways_out(const hf_clues *c, const hf_keeper *keeper, hf_buf *out)
{
    ways w = ways_of(c, keeper);
    for (size_t k = 0; k < w.count; k++)
        hf_buf_format(out, "%s%s()", k ? ", " : "", w.told[k]);
    return w.count > 0;
}

/* The step of an instance on the path, and the name by which it has what comes next; false where
 * that is no attribute. *ret_value: the step of its value. */
static bool attribute_at(const hf_clues *c, size_t step, hf_keeper *ret, size_t *ret_value)
{
    hf_graph *g = c->graph;
    const hf_path_step *steps = c->path.steps;
    for (size_t k = step + 1; k < c->path.count && k <= step + 2; k++) {
        HF_AUTO(hf_buf_deinit) hf_buf name = {0};
        if (!hf_clues_edge_name(g, steps[k - 1].object, steps[k].edge, &name))
            continue;
        if (hf_attribute_of(g, steps[step].object, hf_buf_string(&name)) != steps[k].object ||
            name.length >= NAME)
            return false;
        *ret = (hf_keeper){.object = steps[step].object};
        memcpy(ret->name, hf_buf_string(&name), name.length);
        *ret_value = k;
        return true;
    }
    return false;
}

static bool is_kept_by(const hf_clues *c, const hf_keeper *keeper)
{
    return hf_clues_species(c, keeper->object) == HF_SPECIES_INSTANCE &&
           is_of_library(c, keeper->object, keeper->name);
}

static size_t step_of(const hf_clues *c, uint32_t object)
{
    size_t k = c->path.count;
    while (k > 0 && c->path.steps[k - 1].object != object)
        k--;
    return k; /* one more than it; 0: not there */
}

static bool is_private_class(const hf_clues *c, const hf_keeper *keeper)
{
    if (hf_clues_species(c, keeper->object) != HF_SPECIES_INSTANCE)
        return false;
    const char *title = hf_graph_type_name(c->graph, keeper->object);
    const char *dot = strrchr(title, '.');
    return *(dot ? dot + 1 : title) == '_';
}

/* Of a class that is not for others: the nearest on the path to it that people know. */
static hf_keeper whole_of_private(const hf_clues *c, hf_keeper keeper)
{
    size_t value = 0;
    hf_keeper above;
    for (size_t k = step_of(c, keeper.object); k-- > 0;) {
        if (!attribute_at(c, k, &above, &value) || !is_kept_by(c, &above) ||
            is_private_class(c, &above))
            continue;
        above.private = keeper.private;
        above.whole = true;
        return above;
    }
    return keeper;
}

/* People know the whole and not its parts: what has the keeper as an attribute, and can let go. */
static hf_keeper outermost(const hf_clues *c, hf_keeper keeper)
{
    enum { LEVELS = 2 };
    hf_keeper told = is_private_class(c, &keeper) ? whole_of_private(c, keeper) : keeper;
    size_t last = step_of(c, told.object), value = 0;
    last -= last > 0;
    for (size_t k = last, levels = 0; k-- > 0 && levels < LEVELS;) {
        hf_keeper above;
        if (hf_clues_species(c, c->path.steps[k].object) == HF_SPECIES_DICT)
            continue; /* of its attributes */
        if (!attribute_at(c, k, &above, &value) || value != last || !is_kept_by(c, &above))
            break;
        last = k;
        levels++;
        above.private = keeper.private;
        if (!is_private_class(c, &above) && ways_of(c, &above).count)
            told = above;
    }
    return told;
}

static bool program_names(const hf_clues *c, const char *name)
{
    hf_graph *g = c->graph;
    for (uint32_t i = 0; i < g->object_count; i++)
        if (hf_graph_is(g, i, "code") && hf_code_is_users(g, i) && hf_code_names(g, i, name))
            return true;
    return false;
}

/* Whether a dict has several values, and all are of this type. */
static bool all_are_of(const hf_clues *c, uint32_t dict, uint32_t type)
{
    enum { ASKED = 64, FEWEST = 2 };
    const hf_graph *g = c->graph;
    unsigned asked = 0;
    for (uint64_t e = g->edge_start[dict]; e < g->edge_start[dict + 1] && asked < ASKED; e++) {
        if (hf_graph_kind(g, e) != HF_EDGE_VALUE)
            continue;
        if (g->type[g->edge_target[e]] != type)
            return false;
        asked++;
    }
    return asked >= FEWEST;
}

/* What a library has for each of something, in a dict of its own. */
static hf_keeper keeper_of_table(const hf_clues *c)
{
    hf_keeper none = {.object = HF_NO_OBJECT}, found;
    const hf_path *p = &c->path;
    size_t value = 0;
    if (p->count < 3 || c->focus != c->owner)
        return none;
    uint32_t table = p->steps[p->count - 2].object;
    bool has = attribute_at(c, p->count - 3, &found, &value) ||
               (p->count > 3 && attribute_at(c, p->count - 4, &found, &value));
    if (!has || value + 2 != p->count || hf_clues_species(c, table) != HF_SPECIES_DICT ||
        !is_kept_by(c, &found) || is_a_collection(c, found.object) ||
        !all_are_of(c, table, c->graph->type[c->owner]) || program_names(c, found.name))
        return none;
    return found;
}

hf_keeper hf_library_keeper(const hf_clues *c)
{
    hf_keeper keeper = {.object = keeper_of_private(c)};
    keeper.private = keeper.object != HF_NO_OBJECT;
    bool owned = *c->name && c->holder != c->owner &&
                 hf_clues_species(c, c->holder) != HF_SPECIES_MODULE &&
                 hf_clues_species(c, c->holder) != HF_SPECIES_TYPE &&
                 hf_attribute_of(c->graph, c->holder, c->name) == c->focus &&
                 is_of_library(c, c->holder, c->name) && !is_a_collection(c, c->holder);
    if (!keeper.private && owned)
        keeper.object = c->holder;
    if (keeper.object == HF_NO_OBJECT)
        keeper = keeper_of_table(c);
    else
        snprintf(keeper.name, sizeof(keeper.name), "%s", c->name);
    return keeper.object == HF_NO_OBJECT ? keeper : outermost(c, keeper);
}
