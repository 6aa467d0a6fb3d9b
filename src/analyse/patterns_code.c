/* Classes and modules that are made again and again. */
#include "analyse/attributes.h"
#include "analyse/patterns.h"
#include "analyse/shape.h"
#include "base/cleanup.h"

#include <string.h>

static bool in_sys_modules(const hf_clues *c)
{
    return c->owner_species == HF_SPECIES_DICT && hf_clues_say(c, "sys.modules|modules");
}

static double modules(const hf_clues *c)
{
    uint64_t modules = c->direct_of[HF_SPECIES_MODULE];
    if (modules >= 2 && modules * 2 >= c->direct)
        return 0.95;
    if (modules && in_sys_modules(c))
        return 0.9;
    if (hf_clues_member_share(c, HF_SPECIES_CODE) > 0.5)
        return 0.85;
    return 0;
}

/* Bytes that go with the classes that were born. */
static uint64_t bytes_of_classes(const hf_clues *c)
{
    uint64_t bytes = 0;
    for (size_t k = 0; k < c->row->count; k++)
        if (hf_clues_species(c, c->born[k]) == HF_SPECIES_TYPE)
            bytes += c->dominators->retained[c->born[k]];
    return bytes;
}

/* Members may bring classes along, as each header of a mail has one of its own: what is kept are
 * classes where the members are, or where these are what it costs. */
static double classes(const hf_clues *c)
{
    uint64_t classes = c->objects_of[HF_SPECIES_TYPE];
    if (classes < 4 || classes * 2 < c->direct)
        return 0;
    bool kept = c->direct_of[HF_SPECIES_TYPE] * 2 >= c->direct;
    return kept || bytes_of_classes(c) * 2 >= (uint64_t)c->row->born_bytes ? 0.93 : 0;
}

/* functools.singledispatch() shows its registry, a dict by classes, through a mappingproxy, and has
 * nothing that takes a class out of it (Lib/functools.py). */
static double dispatched_classes(const hf_clues *c)
{
    hf_graph *g = c->graph;
    for (size_t k = c->path.count; classes(c) > 0 && k-- > 1 && k + 3 > c->path.count;) {
        HF_AUTO(hf_buf_deinit) hf_buf name = {0};
        const hf_path_step *step = &c->path.steps[k];
        uint32_t holder = c->path.steps[k - 1].object;
        uint32_t function = k > 1 && hf_clues_species(c, holder) == HF_SPECIES_DICT
                                ? c->path.steps[k - 2].object
                                : holder;
        if (hf_graph_is(g, step->object, "mappingproxy") &&
            hf_clues_edge_name(g, holder, step->edge, &name) &&
            strcmp(hf_buf_string(&name), "registry") == 0 &&
            hf_attribute_of(g, function, "dispatch") != HF_NO_OBJECT)
            return classes(c) + 0.005;
    }
    return 0;
}

/* What interning keeps is reached through the interpreter's own table. */
static double interned(const hf_clues *c)
{
    if (!hf_clues_say(c, "interned"))
        return 0;
    return hf_clues_member_share(c, HF_SPECIES_STR) > 0.5 ||
                   c->objects_of[HF_SPECIES_STR] * 2 > (uint64_t)c->row->born_objects
               ? 0.95
               : 0;
}

/* New names in a module, a class or one instance: setattr(), globals()[...], exec(). Code that is
 * only written down once adds none while it runs. */
static double names_made(const hf_clues *c)
{
    bool names = c->owner_species == HF_SPECIES_DICT && c->owner == c->focus && c->added >= 4 &&
                 hf_shape_is_namespace(c->graph, c->owner);
    return names ? 0.91 : 0;
}

/* Variables that were there hold more, and none of them most of it. */
static double several_names(const hf_clues *c)
{
    bool names = c->owner_species == HF_SPECIES_DICT && c->owner == c->focus &&
                 names_made(c) <= 0 && c->row->owners == 1 &&
                 hf_shape_is_namespace(c->graph, c->owner);
    return names ? 0.91 : 0;
}

/* The name, but for those before, with most of what came; HF_NO_EDGE where there is none. */
static uint64_t next_name(const hf_clues *c, const uint64_t *before, size_t count)
{
    hf_graph *g = c->graph;
    uint64_t best = HF_NO_EDGE, most = 0;
    for (uint64_t e = g->edge_start[c->owner]; e < g->edge_start[c->owner + 1]; e++) {
        uint32_t value = g->edge_target[e];
        bool told = hf_graph_kind(g, e) != HF_EDGE_VALUE || c->dominators->retained[value] <= most;
        for (size_t k = 0; k < count && !told; k++)
            told = before[k] == e;
        if (told || !hf_clues_owns(c, value))
            continue;
        best = e;
        most = c->dominators->retained[value];
    }
    return best;
}

void hf_say_names(const hf_clues *c, hf_buf *out)
{
    enum { TOLD = 3 };
    uint64_t edges[TOLD];
    size_t count = 0;
    while (count < TOLD && (edges[count] = next_name(c, edges, count)) != HF_NO_EDGE)
        count++;
    for (size_t k = 0; k < count; k++) {
        hf_buf_text(out, k == 0 ? "" : k + 1 == count ? " and " : ", ");
        hf_clues_edge_name(c->graph, c->owner, edges[k], out);
    }
    if (count == 0)
        hf_buf_text(out, "its names");
}

const hf_pattern hf_patterns_code[] = {
    {"interned-strings", interned, "strings of the intern table",
     "Do not intern text that comes from outside (sys.intern, attribute names from data)."},
    {"module-churn", modules, "modules or compiled code that stay",
     "Reuse one module for each script, and delete old revisions from {path}."},
    {"class-churn", dispatched_classes,
     "classes are made again and again, and singledispatch() forgets none that a function was "
     "registered for",
     "Make each class once, or register a base class that they have in common: what register() "
     "was given cannot be taken back. Where each needs a function of its own, keep that as an "
     "attribute of the class."},
    {"class-churn", classes, "classes are made again and again; each costs dozens of objects",
     "Make each class once, and keep it by what does not change from request to request; drop from "
     "{path} what is no longer needed."},
    {"registry-growth", names_made, "names are made in a namespace while the program runs",
     "Do not make attributes or globals from data (setattr(), globals()[...], exec()): keep these "
     "objects in a dict of your own, and delete each entry when it is done."},
    {"collection-growth", several_names, "several variables were given objects that hold more",
     "Look at {names}: find who gives these more each time, and drop there what is no longer "
     "needed."},
    {NULL}};
