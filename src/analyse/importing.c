#include "analyse/importing.h"

#include "analyse/attributes.h"
#include "analyse/code_uses.h"
#include "analyse/paths.h"
#include "analyse/species.h"

#include <string.h>

enum { SOME = 8, HANDFUL_OF_INTERVALS = 2 };

/* An object, or its name space, whose references a look-up of an attribute passes. A heap may be
 * made to have one large name space, or one specification, for many modules. */
static bool pay_for(const hf_graph *g, uint32_t object, uint64_t *left)
{
    uint64_t price = 1 + g->edge_start[object + 1] - g->edge_start[object];
    bool enough = price <= *left;
    *left = enough ? *left - price : 0;
    return enough;
}

/* As hf_attribute_of(), while there is something left to pay with. */
static uint32_t attribute_within(hf_graph *g, uint32_t object, const char *name, uint64_t *left)
{
    if (object == HF_NO_OBJECT || !pay_for(g, object, left))
        return HF_NO_OBJECT;
    uint32_t names = hf_attribute_dict(g, object);
    if (names != HF_NO_OBJECT && !pay_for(g, names, left))
        return HF_NO_OBJECT;
    return hf_attribute_of(g, object, name);
}

/* importlib marks the specification of a module while its code runs for the first time
 * (_load_unlocked() of Lib/importlib/_bootstrap.py, since 3.4). module: of the last graph. */
static bool is_being_imported(const hf_timeline *t, size_t k, uint32_t module, uint64_t *left)
{
    hf_graph *g = t->graphs[k];
    uint32_t spec = attribute_within(g, t->was[k][module], "__spec__", left);
    return hf_object_says(g, attribute_within(g, spec, "_initializing", left), "True");
}

/* Whether the import of a module began while we looked, and took longer than from one look to the
 * next. One that is under way at the first look already may run a service, for ever; and of modules
 * that are made again and again another one is under way at each look. */
static bool began_and_goes_on(const hf_timeline *t, uint32_t module, uint64_t *left)
{
    if (is_being_imported(t, 0, module, left))
        return false;
    bool before = false;
    for (size_t k = 1; k < t->count; k++) {
        bool now = is_being_imported(t, k, module, left);
        if (before && now)
            return true;
        before = now;
    }
    return false;
}

static bool a_long_import_began(const hf_timeline *t)
{
    hf_graph *g = t->last;
    uint32_t modules = hf_global_of(g, "sys", "modules");
    uint64_t left = 0;
    for (size_t k = 0; k < t->count; k++)
        left += 2 * t->graphs[k]->edge_start[t->graphs[k]->object_count];
    if (modules == HF_NO_OBJECT)
        return false;
    for (uint64_t e = g->edge_start[modules]; e < g->edge_start[modules + 1]; e++)
        if (hf_graph_kind(g, e) != HF_EDGE_KEY && began_and_goes_on(t, g->edge_target[e], &left))
            return true;
    return false;
}

/* Whether the code that came is of files that were installed, most of it, but for what these make
 * of texts. A program that starts loads some of its own, too. */
static bool is_of_what_is_installed(const hf_timeline *t, const uint8_t *species)
{
    hf_graph *g = t->last;
    size_t codes = 0, installed = 0;
    for (uint32_t i = 0; i < g->object_count; i++) {
        if (hf_timeline_is_old(t, i) || species[g->type[i]] != HF_SPECIES_CODE ||
            hf_code_is_compiled(g, i))
            continue;
        installed += hf_code_is_installed(g, i);
        codes++;
    }
    return installed * 2 > codes;
}

static uint64_t length_at(const hf_timeline *t, size_t k)
{
    uint32_t modules = hf_global_of(t->graphs[k], "sys", "modules");
    return modules == HF_NO_OBJECT ? 0 : hf_graph_length(t->graphs[k], modules);
}

static void say_what_came(const hf_timeline *t, hf_buf *say)
{
    hf_graph *g = t->last;
    uint32_t modules = hf_global_of(g, "sys", "modules");
    hf_buf_format(say, "%llu in %.1f s",
                  (unsigned long long)(length_at(t, t->count - 1) - length_at(t, 0)),
                  hf_timeline_seconds(t));
    for (uint64_t e = g->edge_start[modules + 1]; e-- > g->edge_start[modules];)
        if (hf_graph_kind(g, e) == HF_EDGE_KEY) {
            hf_buf_text(say, ", the last ");
            if (!hf_path_key(g, g->edge_target[e], say))
                hf_buf_text(say, "without a name that is known");
            return;
        }
}

bool hf_importing(const hf_timeline *t, const uint8_t *species, hf_buf *say)
{
    size_t growing = 0;
    uint64_t first = length_at(t, 0), before = first;
    for (size_t k = 1; k < t->count; k++) {
        uint64_t now = length_at(t, k);
        growing += now >= before + SOME;
        before = now;
    }
    if (growing < HANDFUL_OF_INTERVALS || before <= first)
        return false;
    if (!a_long_import_began(t) && !is_of_what_is_installed(t, species))
        return false;
    say_what_came(t, say);
    return true;
}

/* Finders keep the contents of the folders that they looked in (sys.path_importer_cache). */
static bool is_of_importlib(const hf_graph *g, uint32_t object)
{
    static const char by[] = "_frozen_importlib";
    return strncmp(hf_graph_type_title(g, g->type[object]), by, sizeof(by) - 1) == 0;
}

/* Classes are kept in view weakly: by their bases and by registries of abstract classes. */
static bool refers_to_a_class(const hf_graph *g, const uint8_t *species, uint32_t weakref)
{
    enum { MOST = 8 };
    uint64_t e = g->edge_start[weakref], end = g->edge_start[weakref + 1];
    for (end = end - e > MOST ? e + MOST : end; e < end; e++)
        if (species[g->type[g->edge_target[e]]] == HF_SPECIES_TYPE)
            return true;
    return false;
}

/* Code, classes, modules and objects of importlib with all that only they hold; functions, names,
 * and weak references to classes. What a function has caught or remembers is the program's. */
static bool is_of_an_import(const hf_timeline *t, const hf_dominators *last, const uint8_t *species,
                            uint32_t object)
{
    enum { LEVELS = 32 };
    const hf_graph *g = t->last;
    hf_species itself = (hf_species)species[g->type[object]];
    if ((g->flags[object] & HF_OBJECT_INTERNED) != 0 || itself == HF_SPECIES_FUNCTION ||
        (itself == HF_SPECIES_WEAKREF && refers_to_a_class(g, species, object)))
        return true;
    bool came = true;
    for (int level = 0; level < LEVELS && object < last->count; level++) {
        hf_species kind = (hf_species)species[g->type[object]];
        bool defines =
            kind == HF_SPECIES_CODE || kind == HF_SPECIES_TYPE || kind == HF_SPECIES_MODULE;
        came = came && !hf_timeline_is_old(t, object);
        if ((came && defines) || is_of_importlib(g, object))
            return true;
        object = last->parent[object];
    }
    return false;
}

bool hf_made_by_imports(const hf_timeline *t, const hf_dominators *last, const uint8_t *species,
                        const uint32_t *born, size_t count)
{
    uint64_t all = 0, of_imports = 0;
    for (size_t k = 0; k < count; k++) {
        uint64_t bytes = hf_graph_shallow(t->last, born[k]);
        all += bytes;
        of_imports += is_of_an_import(t, last, species, born[k]) ? bytes : 0;
    }
    return of_imports * 2 > all;
}
