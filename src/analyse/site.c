/* Where in the user's source the growing objects come from, as far as a heap tells. */
#include "analyse/attributes.h"
#include "analyse/called_back.h"
#include "analyse/code_uses.h"
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

bool hf_site_of_value(hf_graph *g, uint32_t object, hf_buf *out)
{
    size_t length = 0;
    const char *value = hf_graph_value(g, object, &length);
    return value && length > 4 && say_site(value, length, out);
}

/* The method that makes instances of a type, or HF_NO_OBJECT. */
static uint32_t maker(hf_graph *g, uint32_t type)
{
    static const char *const makers[] = {"__init__", "__new__", "__post_init__"};
    uint32_t object = hf_graph_find(g, g->types[type].address);
    uint32_t dict = object == HF_NO_OBJECT ? HF_NO_OBJECT : hf_object_field(g, object, "__dict__");
    for (size_t k = 0; dict != HF_NO_OBJECT && k < sizeof(makers) / sizeof(*makers); k++) {
        uint32_t function = hf_dict_entry(g, dict, makers[k]);
        if (function != HF_NO_OBJECT)
            return function;
    }
    return HF_NO_OBJECT;
}

/* Any method of a type tells the file at least. */
static uint32_t some_method(hf_graph *g, uint32_t type)
{
    uint32_t object = hf_graph_find(g, g->types[type].address);
    uint32_t dict = object == HF_NO_OBJECT ? HF_NO_OBJECT : hf_object_field(g, object, "__dict__");
    if (dict == HF_NO_OBJECT)
        return HF_NO_OBJECT;
    for (uint64_t e = g->edge_start[dict]; e < g->edge_start[dict + 1]; e++)
        if (hf_graph_kind(g, e) == HF_EDGE_VALUE && hf_graph_is(g, g->edge_target[e], "function"))
            return g->edge_target[e];
    return HF_NO_OBJECT;
}

bool hf_site_of_type(hf_graph *g, uint32_t type, hf_buf *out)
{
    uint32_t function = maker(g, type);
    if (function == HF_NO_OBJECT || !hf_site_of_value(g, function, out)) {
        function = some_method(g, type);
        if (function != HF_NO_OBJECT)
            hf_site_of_value(g, function, out);
    }
    return !out->failed;
}

/* The code object behind a function, generator or frame, or the object itself. */
static uint32_t code_of(hf_graph *g, uint32_t object)
{
    static const char *const fields[] = {"__code__", "gi_code", "cr_code", "f_code"};
    for (size_t k = 0; k < sizeof(fields) / sizeof(*fields); k++) {
        uint32_t code = hf_object_field(g, object, fields[k]);
        if (code != HF_NO_OBJECT)
            return code;
    }
    uint32_t function = hf_object_field(g, object, "__func__");
    return function == HF_NO_OBJECT ? object : hf_object_field(g, function, "__code__");
}

enum { CARRIERS_ASKED = 4096 };

/* One of the growing objects that carry code themselves (frames, stored functions, generators), of
 * the user's code that most of them have; HF_NO_OBJECT. */
static uint32_t carrier(const hf_clues *c, hf_species species)
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
        if (code == HF_NO_OBJECT || !hf_code_is_users(c->graph, code))
            continue;
        uint32_t count = hf_map_increment(&votes, code);
        if (!count)
            return HF_NO_OBJECT;
        if (count > best_count) {
            best_count = count;
            best = object;
        }
    }
    return best;
}

static bool site_of_members(const hf_clues *c, hf_species species, hf_buf *out)
{
    uint32_t best = carrier(c, species);
    return best != HF_NO_OBJECT && hf_site_of_value(c->graph, best, out);
}

static bool has_item(const hf_graph *g, uint32_t tuple, uint32_t item)
{
    for (uint64_t e = g->edge_start[tuple]; e < g->edge_start[tuple + 1]; e++)
        if (hf_graph_kind(g, e) == HF_EDGE_INDEX && g->edge_target[e] == item)
            return true;
    return false;
}

/* Whether the code is made inside of the other, or by a function that the other names: of
 * "Vendor.enable.<locals>.unknown" that is `enable`. */
static bool makes(hf_graph *g, uint32_t maker, uint32_t code)
{
    uint32_t consts = hf_object_field(g, maker, "co_consts");
    if (consts != HF_NO_OBJECT && has_item(g, consts, code))
        return true;
    char name[200];
    hf_object_text(g, code, name, sizeof(name));
    char *inner = strstr(name, ".<locals>."), *last = inner;
    while (inner && (inner = strstr(inner + 1, ".<locals>.")))
        last = inner;
    if (!last)
        return true; /* before 3.11 code does not tell */
    *last = '\0';
    const char *dot = strrchr(name, '.');
    return hf_code_names(g, maker, dot ? dot + 1 : name);
}

/* Others use the name of what is wrapped again and again as well, to call it: where such code does
 * not make the functions, these themselves stand where they are made. */
static bool site_of_wrappers(hf_clues *c, hf_buf *out)
{
    uint32_t function = hf_clues_are_wrapped(c) ? carrier(c, HF_SPECIES_FUNCTION) : HF_NO_OBJECT;
    if (function == HF_NO_OBJECT)
        return false;
    uint32_t code = code_of(c->graph, function), adder = hf_code_adder(c);
    if (adder != HF_NO_OBJECT && makes(c->graph, adder, code))
        return false;
    return hf_site_of_value(c->graph, code, out);
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
        if (code != HF_NO_OBJECT && hf_code_is_users(c->graph, code) &&
            hf_site_of_value(c->graph, function, out))
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

/* The function of which it is the default of an argument, or is in that; HF_NO_OBJECT. */
static uint32_t with_default(const hf_clues *c)
{
    enum { STEPS = 4 };
    for (size_t k = c->path.count; k-- > 1 && k + STEPS > c->path.count;) {
        uint64_t edge = c->path.steps[k].edge;
        const char *label = edge != UINT64_MAX && hf_graph_kind(c->graph, edge) == HF_EDGE_FIELD
                                ? hf_strtab_get(&c->graph->names, c->graph->edge_label[edge])
                                : "";
        if (strcmp(label, "__defaults__") == 0 || strcmp(label, "__kwdefaults__") == 0)
            return c->path.steps[k - 1].object;
    }
    return HF_NO_OBJECT;
}

/* The function behind an lru_cache or with the mutable default. */
static bool site_of_path(const hf_clues *c, hf_buf *out)
{
    uint32_t whose = with_default(c);
    if (whose != HF_NO_OBJECT && hf_site_of_value(c->graph, whose, out))
        return true;
    for (size_t k = c->path.count; k-- > 0 && k + 3 > c->path.count;) {
        uint32_t object = c->path.steps[k].object;
        hf_species species = hf_clues_species(c, object);
        uint32_t function = species == HF_SPECIES_LRU ? wrapped(c, object) : object;
        if ((species == HF_SPECIES_LRU || species == HF_SPECIES_FUNCTION) &&
            function != HF_NO_OBJECT && hf_site_of_value(c->graph, function, out))
            return true;
    }
    return false;
}

/* Of methods in the data of a binary: the code that gives them away. */
static bool site_of_given(const hf_clues *c, hf_buf *out)
{
    const hf_graph *g = c->graph;
    bool given = c->root < g->root_count && g->roots[c->root].kind == HF_ROOT_C_STATIC &&
                 c->path.count == 1 && hf_clues_species(c, c->owner) == HF_SPECIES_METHOD;
    const char *name = given && c->path_text ? strrchr(c->path_text, '.') : NULL;
    uint32_t giver = name ? hf_giver_of(c->graph, c->species, name + 1) : HF_NO_OBJECT;
    return giver != HF_NO_OBJECT && hf_site_of_value(c->graph, giver, out);
}

/* The user's function whose variable of a closure it is: function, closure, cell, holder. */
static bool site_of_closure(const hf_clues *c, hf_buf *out)
{
    enum { FUNCTION = 4, CELL = 2 };
    size_t count = c->path.count;
    if (count < FUNCTION ||
        hf_clues_species(c, c->path.steps[count - CELL].object) != HF_SPECIES_CELL)
        return false;
    uint32_t function = c->path.steps[count - FUNCTION].object;
    uint32_t code = hf_clues_species(c, function) == HF_SPECIES_FUNCTION
                        ? code_of(c->graph, function)
                        : HF_NO_OBJECT;
    return code != HF_NO_OBJECT && hf_code_is_users(c->graph, code) &&
           hf_site_of_value(c->graph, function, out);
}

/* The generator or coroutine of the user's whose own local it is. */
static bool site_of_suspended(const hf_clues *c, hf_buf *out)
{
    if (c->path.count < 2)
        return false;
    uint32_t object = c->path.steps[c->path.count - 2].object;
    hf_species species = hf_clues_species(c, object);
    if (species != HF_SPECIES_GENERATOR && species != HF_SPECIES_FRAME)
        return false;
    uint32_t code = code_of(c->graph, object);
    return code != HF_NO_OBJECT && hf_code_is_users(c->graph, code) &&
           hf_site_of_value(c->graph, code, out);
}

/* The frame whose own local it is. */
static bool site_of_local(const hf_clues *c, hf_buf *out)
{
    if (c->path.root == UINT32_MAX || c->path.count != 1)
        return false;
    const hf_root *root = &c->graph->roots[c->path.root];
    const char *place = hf_strtab_get(&c->graph->names, root->place);
    size_t length = strlen(place);
    return root->kind == HF_ROOT_LOCAL && length > 4 && say_site(place, length, out);
}

static bool site_of_code(const hf_clues *c, uint32_t code, hf_buf *out)
{
    return code != HF_NO_OBJECT && hf_site_of_value(c->graph, code, out);
}

/* Errors have frames, of those who raised them: who keeps them in a collection is another. */
static bool site_of_kept_errors(hf_clues *c, hf_buf *out)
{
    return hf_clues_member_share(c, HF_SPECIES_EXCEPTION) > 0.5 &&
           site_of_code(c, hf_code_adder(c), out);
}

/* The surest first. Code of a library is told only where it must be the one: a wrong place costs
 * the reader more than none. */
bool hf_site_of_clues(hf_clues *c, hf_buf *out)
{
    if (site_of_given(c, out) || site_of_path(c, out) || site_of_kept_errors(c, out) ||
        site_of_wrappers(c, out) || site_of_code(c, hf_code_setter(c), out) ||
        site_of_members(c, HF_SPECIES_FRAME, out) || site_of_suspended(c, out) ||
        site_of_code(c, hf_code_adder(c), out) || site_of_local(c, out) ||
        site_of_closure(c, out) || site_of_members(c, HF_SPECIES_GENERATOR, out) ||
        site_of_members(c, HF_SPECIES_FUNCTION, out) ||
        site_of_code(c, hf_code_adder_above(c), out) || site_of_classes(c, out) ||
        site_of_members(c, HF_SPECIES_METHOD, out) ||
        site_of_code(c, hf_code_user_of_root(c), out) || site_of_code(c, hf_code_maker(c), out))
        return !out->failed;
    site_of_code(c, hf_code_library_adder(c), out);
    return !out->failed;
}
