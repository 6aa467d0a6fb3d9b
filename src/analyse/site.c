/* Where in the user's source the growing objects come from, as far as a heap tells. */
#include "analyse/drafts.h"
#include "base/cleanup.h"
#include "base/map.h"

#include <string.h>

/* "Quote.__init__ (pricing.py:12)" becomes "pricing.py:12 in Quote.__init__". */
static bool say_site(const char *value, size_t length, hf_buf *out)
{
    const char *open = memmem(value, length, " (", 2);
    if (!open || value[length - 1] != ')')
        return false;
    const char *file = open + 2, *end = value + length - 1;
    const char *slash = *file == '/' ? memrchr(file, '/', (size_t)(end - file)) : NULL;
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

/* The method that makes instances of a type, or HF_NO_OBJECT. */
static uint32_t maker(hf_graph *g, uint32_t type)
{
    static const char *const makers[] = {"__init__", "__new__", "__post_init__"};
    uint32_t object = hf_graph_find(g, g->types[type].address);
    uint32_t dict = object == HF_NO_OBJECT ? HF_NO_OBJECT : field(g, object, "__dict__");
    for (size_t k = 0; dict != HF_NO_OBJECT && k < sizeof(makers) / sizeof(*makers); k++) {
        uint32_t function = entry(g, dict, makers[k]);
        if (function != HF_NO_OBJECT)
            return function;
    }
    return HF_NO_OBJECT;
}

/* Any method of a type tells the file at least. */
static uint32_t some_method(hf_graph *g, uint32_t type)
{
    uint32_t object = hf_graph_find(g, g->types[type].address);
    uint32_t dict = object == HF_NO_OBJECT ? HF_NO_OBJECT : field(g, object, "__dict__");
    if (dict == HF_NO_OBJECT)
        return HF_NO_OBJECT;
    for (uint64_t e = g->edge_start[dict]; e < g->edge_start[dict + 1]; e++)
        if (hf_graph_kind(g, e) == HF_EDGE_VALUE &&
            strcmp(hf_graph_type_name(g, g->edge_target[e]), "function") == 0)
            return g->edge_target[e];
    return HF_NO_OBJECT;
}

bool hf_site_of_type(hf_graph *g, uint32_t type, hf_buf *out)
{
    uint32_t function = maker(g, type);
    if (function == HF_NO_OBJECT || !site_of_value(g, function, out)) {
        function = some_method(g, type);
        if (function != HF_NO_OBJECT)
            site_of_value(g, function, out);
    }
    return !out->failed;
}

/* What the names that a piece of code uses say about it. */
typedef struct uses {
    bool holder, adds, removes, member;
} uses;

static bool is_one_of(const char *text, size_t length, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == length && memcmp(text, *words, length) == 0)
            return true;
    return false;
}

/* members: names of the classes and functions whose objects grow; ended by NULL. */
static uses uses_of(hf_graph *g, uint32_t code, const char *name, const char *const *members)
{
    static const char *const adders[] = {"append",      "add",           "setdefault", "appendleft",
                                         "extend",      "insert",        "update",     "put",
                                         "register",    "heappush",      "put_nowait", "connect",
                                         "create_task", "ensure_future", "submit",     NULL};
    static const char *const removers[] = {"pop",     "popitem", "clear", "remove",
                                           "discard", "popleft", NULL};
    uses u = {0};
    uint32_t names = field(g, code, "co_names");
    if (names == HF_NO_OBJECT)
        return u;
    for (uint64_t e = g->edge_start[names]; e < g->edge_start[names + 1]; e++) {
        size_t length = 0;
        const char *text = hf_graph_value(g, g->edge_target[e], &length);
        if (!text || hf_graph_kind(g, e) != HF_EDGE_INDEX)
            continue;
        u.holder |= length == strlen(name) && memcmp(text, name, length) == 0;
        u.adds |= is_one_of(text, length, adders);
        u.removes |= is_one_of(text, length, removers);
        u.member |= is_one_of(text, length, members);
    }
    return u;
}

static bool is_identifier(const char *text)
{
    return *text && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
                                 "0123456789") == strlen(text);
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

/* The code object behind a function, generator or frame, or the object itself. */
static uint32_t code_of(hf_graph *g, uint32_t object)
{
    static const char *const fields[] = {"__code__", "gi_code", "cr_code", "f_code"};
    for (size_t k = 0; k < sizeof(fields) / sizeof(*fields); k++) {
        uint32_t code = field(g, object, fields[k]);
        if (code != HF_NO_OBJECT)
            return code;
    }
    uint32_t function = field(g, object, "__func__");
    return function == HF_NO_OBJECT ? object : field(g, function, "__code__");
}

enum { MEMBERS_NAMED = 3 };

/* Last parts of the names of the user's classes that grow most. */
static void name_members(const hf_clues *c, const char **names)
{
    size_t count = 0;
    for (size_t k = 0; k < c->type_count && count < MEMBERS_NAMED; k++) {
        if (c->species[c->types[k].type] != HF_SPECIES_INSTANCE)
            continue;
        const char *title = hf_graph_type_title(c->graph, c->types[k].type);
        const char *dot = strrchr(title, '.');
        names[count++] = dot ? dot + 1 : title;
    }
    names[count] = NULL;
}

/* The code that uses the holder's name and looks most as if it added to it. */
static uint32_t adder(const hf_clues *c, bool users)
{
    hf_graph *g = c->graph;
    uint32_t best = HF_NO_OBJECT;
    int best_score = 0;
    const char *members[MEMBERS_NAMED + 1];
    name_members(c, members);
    for (uint32_t i = 0; is_identifier(c->name) && i < g->object_count; i++) {
        if (hf_clues_species(c, i) != HF_SPECIES_CODE)
            continue;
        uses u = uses_of(g, i, c->name, members);
        if (!u.holder || is_users(g, i) != users)
            continue;
        size_t length = 0;
        const char *value = hf_graph_value(g, i, &length);
        bool makes = value && memmem(value, length, "__init__ (", 10) != NULL;
        bool top_level = value && length > 8 && memcmp(value, "<module>", 8) == 0;
        int score = 12 + 4 * u.adds + 5 * u.member - 2 * u.removes - 3 * makes - 8 * top_level;
        if (score > best_score) {
            best_score = score;
            best = i;
        }
    }
    return best;
}

enum { CARRIERS_ASKED = 4096 };

/* Code that the growing objects themselves carry (frames, stored functions, generators): that of
 * most of them. */
static bool site_of_members(const hf_clues *c, hf_species species, hf_buf *out)
{
    HF_AUTO(hf_map_deinit) hf_map votes;
    hf_map_init(&votes);
    uint32_t best = HF_NO_OBJECT, best_count = 0;
    for (size_t k = 0, asked = 0; k < c->row->count && asked < CARRIERS_ASKED; k++) {
        uint32_t object = c->born[k];
        if (hf_clues_species(c, object) != species)
            continue;
        asked++;
        uint32_t code = code_of(c->graph, object);
        if (code == HF_NO_OBJECT || !is_users(c->graph, code))
            continue;
        uint32_t count = hf_map_get(&votes, code);
        count = count == HF_MAP_NONE ? 1 : count + 1;
        if (!hf_map_put(&votes, code, count))
            return false;
        if (count > best_count) {
            best_count = count;
            best = object;
        }
    }
    return best != HF_NO_OBJECT && site_of_value(c->graph, best, out);
}

/* The method that makes the instances that grow most. */
static bool site_of_classes(const hf_clues *c, hf_buf *out)
{
    for (size_t k = 0; k < c->type_count; k++) {
        uint32_t function = c->species[c->types[k].type] == HF_SPECIES_INSTANCE
                                ? maker(c->graph, c->types[k].type)
                                : HF_NO_OBJECT;
        if (function == HF_NO_OBJECT)
            continue;
        uint32_t code = code_of(c->graph, function);
        if (code != HF_NO_OBJECT && is_users(c->graph, code) &&
            site_of_value(c->graph, function, out))
            return true;
    }
    return false;
}

static uint32_t wrapped(const hf_clues *c, uint32_t cache)
{
    const hf_graph *g = c->graph;
    for (uint64_t e = g->edge_start[cache]; e < g->edge_start[cache + 1]; e++)
        if (hf_clues_species(c, g->edge_target[e]) == HF_SPECIES_FUNCTION)
            return g->edge_target[e];
    return HF_NO_OBJECT;
}

/* The function behind an lru_cache or with the mutable default. */
static bool site_of_path(const hf_clues *c, hf_buf *out)
{
    for (size_t k = c->path.count; k-- > 0 && k + 3 > c->path.count;) {
        uint32_t object = c->path.steps[k].object;
        hf_species species = hf_clues_species(c, object);
        uint32_t function = species == HF_SPECIES_LRU ? wrapped(c, object) : object;
        if ((species == HF_SPECIES_LRU || species == HF_SPECIES_FUNCTION) &&
            function != HF_NO_OBJECT && site_of_value(c->graph, function, out))
            return true;
    }
    return false;
}

bool hf_site_of_clues(const hf_clues *c, hf_buf *out)
{
    uint32_t code = HF_NO_OBJECT;
    if (site_of_path(c, out) || site_of_members(c, HF_SPECIES_FRAME, out))
        return !out->failed;
    code = adder(c, true);
    if (code != HF_NO_OBJECT && site_of_value(c->graph, code, out))
        return !out->failed;
    if (site_of_members(c, HF_SPECIES_GENERATOR, out) ||
        site_of_members(c, HF_SPECIES_FUNCTION, out) || site_of_classes(c, out) ||
        site_of_members(c, HF_SPECIES_METHOD, out))
        return !out->failed;
    code = adder(c, false);
    if (code != HF_NO_OBJECT)
        site_of_value(c->graph, code, out);
    return !out->failed;
}
