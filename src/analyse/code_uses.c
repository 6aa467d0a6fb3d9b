#include "analyse/code_uses.h"

#include "base/cleanup.h"
#include "base/map.h"

#include <string.h>

uint32_t hf_code_field(const hf_graph *g, uint32_t object, const char *name)
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

uint32_t hf_code_entry(hf_graph *g, uint32_t dict, const char *name)
{
    for (uint64_t e = g->edge_start[dict]; e + 1 < g->edge_start[dict + 1]; e++)
        if (hf_graph_kind(g, e) == HF_EDGE_KEY && is_text(g, g->edge_target[e], name))
            return g->edge_target[e + 1];
    return HF_NO_OBJECT;
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
    uint32_t names = hf_code_field(g, code, "co_names");
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

static bool is_users_file(hf_graph *g, uint32_t file)
{
    size_t length = 0;
    const char *path = hf_graph_value(g, file, &length);
    return path && length && !memmem(path, length, "/lib/python", 11) && path[0] != '<' &&
           !memmem(path, length, "-packages/", 10);
}

bool hf_code_is_users(hf_graph *g, uint32_t code)
{
    uint32_t file = hf_code_field(g, code, "co_filename");
    return file != HF_NO_OBJECT && is_users_file(g, file);
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

/* What is asked of code. */
typedef struct wanted {
    const char *name;           /* that it uses; NULL: any */
    const char *const *members; /* see uses_of() */
    bool users, must_add, must_make, in_function;
    const char *module; /* in whose file it must be; NULL: any */
} wanted;

/* "shop.pricing" is in .../shop/pricing.py or .../shop/pricing/__init__.py. */
static bool is_file_of(hf_graph *g, uint32_t file, const char *module)
{
    size_t length = 0;
    const char *path = hf_graph_value(g, file, &length);
    if (!path)
        return false;
    static const char *const ends[] = {"/__init__.py", ".py"};
    for (size_t k = 0; k < 2; k++) {
        size_t end = strlen(ends[k]), name = strlen(module);
        if (length <= end + name || memcmp(path + length - end, ends[k], end) != 0)
            continue;
        const char *start = path + length - end - name;
        bool same = start[-1] == '/';
        for (size_t i = 0; same && i < name; i++)
            same = start[i] == (module[i] == '.' ? '/' : module[i]);
        if (same)
            return true;
    }
    return false;
}

/* Many pieces of code are of one file: `known` has the files that were looked at. */
static bool is_in_wanted_file(hf_graph *g, uint32_t code, const wanted *w, hf_map *known)
{
    enum { NO, YES };
    uint32_t file = hf_code_field(g, code, "co_filename");
    if (file == HF_NO_OBJECT)
        return !w->users && !w->module;
    uint32_t answer = hf_map_get(known, file);
    if (answer == HF_MAP_NONE) {
        bool fits =
            is_users_file(g, file) == w->users && (!w->module || is_file_of(g, file, w->module));
        answer = fits ? YES : NO;
        if (!hf_map_put(known, file, answer)) /* no memory: it is looked at again */
            return fits;
    }
    return answer == YES;
}

/* How well a piece of code fits whose file does; 0: not at all. */
static int score_of(const hf_clues *c, uint32_t code, const wanted *w)
{
    hf_graph *g = c->graph;
    uses u = uses_of(g, code, w->name ? w->name : "", w->members);
    if ((w->name && !u.holder) || (w->must_add && !u.adds && !u.member) ||
        (w->must_make && !u.member))
        return 0;
    if (w->module && (u.removes || !u.adds))
        return 0;
    size_t length = 0;
    const char *value = hf_graph_value(g, code, &length);
    bool makes = value && memmem(value, length, "__init__ (", 10) != NULL;
    bool top_level = value && length > 8 && memcmp(value, "<module>", 8) == 0;
    if (w->in_function && top_level)
        return 0;
    return 12 + 4 * u.adds + 5 * u.member - 2 * u.removes - 3 * makes - 8 * top_level;
}

static uint32_t best_code(const hf_clues *c, const wanted *w)
{
    HF_AUTO(hf_map_deinit) hf_map files;
    hf_map_init(&files);
    uint32_t best = HF_NO_OBJECT;
    int best_score = 0;
    for (uint32_t i = 0; i < c->graph->object_count; i++) {
        if (hf_clues_species(c, i) != HF_SPECIES_CODE || !is_in_wanted_file(c->graph, i, w, &files))
            continue;
        int score = score_of(c, i, w);
        if (score > best_score) {
            best_score = score;
            best = i;
        }
    }
    return best;
}

uint32_t hf_code_adder(const hf_clues *c)
{
    const char *members[MEMBERS_NAMED + 1];
    name_members(c, members);
    if (!is_identifier(c->name))
        return HF_NO_OBJECT;
    return best_code(c, &(wanted){.name = c->name, .members = members, .users = true});
}

/* The name space of the module from which the path starts, if the module is the user's. */
static uint32_t users_globals(const hf_clues *c)
{
    hf_graph *g = c->graph;
    if (c->path.root == UINT32_MAX || g->roots[c->path.root].kind != HF_ROOT_MODULE ||
        c->path.count < 3)
        return HF_NO_OBJECT;
    uint32_t globals = c->path.steps[1].object;
    uint32_t file = hf_clues_species(c, globals) == HF_SPECIES_DICT
                        ? hf_code_entry(g, globals, "__file__")
                        : HF_NO_OBJECT;
    return file != HF_NO_OBJECT && is_users_file(g, file) ? globals : HF_NO_OBJECT;
}

uint32_t hf_code_user_of_root(const hf_clues *c)
{
    const char *members[MEMBERS_NAMED + 1];
    name_members(c, members);
    HF_AUTO(hf_buf_deinit) hf_buf name = {0};
    if (users_globals(c) == HF_NO_OBJECT ||
        !hf_clues_edge_name(c->graph, c->path.steps[2].edge, &name))
        return HF_NO_OBJECT;
    const wanted w = {.name = hf_buf_string(&name),
                      .members = members,
                      .users = true,
                      .must_add = true,
                      .in_function = true};
    return is_identifier(w.name) ? best_code(c, &w) : HF_NO_OBJECT;
}

uint32_t hf_code_maker(const hf_clues *c)
{
    const char *title =
        c->member_type == UINT32_MAX ? "" : hf_graph_type_title(c->graph, c->member_type);
    const char *dot = strrchr(title, '.'); /* a builtin type has none, and is made everywhere */
    if (!dot || !is_identifier(dot + 1))
        return HF_NO_OBJECT;
    const char *const members[] = {dot + 1, NULL};
    return best_code(
        c, &(wanted){.members = members, .users = true, .must_make = true, .in_function = true});
}

uint32_t hf_code_library_adder(const hf_clues *c)
{
    hf_graph *g = c->graph;
    const char *members[MEMBERS_NAMED + 1];
    name_members(c, members);
    char module[200];
    size_t length = 0;
    const char *name = hf_strtab_get(&g->names, g->types[g->type[c->holder]].module);
    if (hf_clues_species(c, c->holder) == HF_SPECIES_MODULE)
        name = hf_graph_value(g, c->holder, &length);
    else
        length = strlen(name);
    if (!name || length == 0 || length >= sizeof(module) || !is_identifier(c->name))
        return HF_NO_OBJECT;
    memcpy(module, name, length);
    module[length] = '\0';
    return best_code(c, &(wanted){.name = c->name, .members = members, .module = module});
}
