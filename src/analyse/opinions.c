/* A first opinion on one snapshot: of all places where memory has come together, those that look
 * most like a mistake. Not a proof: a table that was loaded on purpose may look the same. */
#include "analyse/attributes.h"
#include "analyse/code_uses.h"
#include "analyse/companions.h"
#include "analyse/drafts.h"
#include "analyse/patterns.h"
#include "analyse/shape.h"
#include "analyse/workers.h"
#include "base/cleanup.h"
#include "base/library_path.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_LOOKED_AT = 64, MOST_CONFIDENCE = 50 };

/* Nobody loads thousands of these: where they come together, something has not let them go. */
static const hf_species transient[] = {
    HF_SPECIES_EXCEPTION,  HF_SPECIES_TRACEBACK, HF_SPECIES_FRAME,   HF_SPECIES_GENERATOR,
    HF_SPECIES_TASK,       HF_SPECIES_GREENLET,  HF_SPECIES_FUTURE,  HF_SPECIES_RESULT,
    HF_SPECIES_HANDLE,     HF_SPECIES_CONTEXT,   HF_SPECIES_THREAD,  HF_SPECIES_CALL_RECORD,
    HF_SPECIES_LOG_RECORD, HF_SPECIES_METHOD,    HF_SPECIES_PARTIAL, HF_SPECIES_FINALIZE,
    HF_SPECIES_LOGGER,     HF_SPECIES_LOCK,      HF_SPECIES_QUEUE,   HF_SPECIES_FUNCTION,
};

static bool holds_transient_objects(const hf_clues *c)
{
    for (size_t i = 0; i < sizeof(transient) / sizeof(*transient); i++)
        if (hf_clues_member_share(c, transient[i]) > 0.5)
            return true;
    return c->small_views * 2 > c->direct;
}

/* PRICES, _WORDS: who writes a name like that says that it does not change (PEP 8). */
static bool is_constant(const hf_clues *c)
{
    bool any = false;
    for (const char *p = c->name; *p; p++) {
        if (islower((unsigned char)*p))
            return false;
        any |= isupper((unsigned char)*p) != 0;
    }
    return any;
}

/* What is loaded when the program starts, and is as large as it should be, is often called so. */
static bool is_called_a_table(const hf_clues *c)
{
    static const char *const words[] = {"catalog", "setting",  "config", "vocab",   "dictionary",
                                        "locale",  "translat", "schema", "default", "constant",
                                        "static",  "fixture",  NULL};
    for (size_t k = 0; words[k]; k++)
        if (strcasestr(c->name, words[k]))
            return true;
    return false;
}

/* A module without a file: of the interpreter's own the specification says where they come from
 * (Lib/importlib/_bootstrap.py, BuiltinImporter and FrozenImporter). A program that is given by -c,
 * or a module that a program makes, has none. */
static bool is_built_in(hf_graph *g, uint32_t names)
{
    char origin[16];
    uint32_t spec = hf_dict_entry(g, names, "__spec__");
    if (spec == HF_NO_OBJECT || hf_graph_is(g, spec, "NoneType"))
        return false;
    hf_object_text(g, hf_attribute_of(g, spec, "origin"), origin, sizeof(origin));
    return !*origin || strcmp(origin, "built-in") == 0 || strcmp(origin, "frozen") == 0;
}

/* Of the standard library, of a package or of the interpreter. */
static bool is_library(hf_graph *g, uint32_t module)
{
    uint32_t names = hf_object_field(g, module, "__dict__");
    uint32_t file = names == HF_NO_OBJECT ? names : hf_dict_entry(g, names, "__file__");
    if (file == HF_NO_OBJECT)
        return names != HF_NO_OBJECT && is_built_in(g, names);
    size_t length = 0;
    const char *text = hf_graph_value(g, file, &length);
    return text && hf_library_part(text, length);
}

/* The path starts at a module of the standard library or of a package, and nothing of the user's
 * is in it. */
static bool is_of_a_library(const hf_case *from, const hf_clues *c)
{
    hf_graph *g = from->timeline->last;
    if (c->path.root == UINT32_MAX || !c->path.count)
        return false;
    if (g->roots[c->path.root].kind >= HF_ROOT_INTERPRETER)
        return true; /* the interpreter's own tables */
    uint32_t module = c->path.steps[0].object;
    return from->species[g->type[module]] == HF_SPECIES_MODULE && is_library(g, module);
}

/* Whether instances of classes of the program are a part of what came together. */
static bool has_something_of_the_program(const hf_clues *c)
{
    enum { PART = 16 };
    hf_graph *g = c->graph;
    uint32_t modules = hf_global_of(g, "sys", "modules");
    for (size_t k = 0; k < c->type_count && modules != HF_NO_OBJECT; k++) {
        const hf_type *type = &g->types[c->types[k].type];
        if (c->types[k].bytes * PART < (uint64_t)c->row->born_bytes)
            break;
        const char *name = hf_strtab_get(&g->names, type->module);
        uint32_t module = type->heap_type ? hf_dict_entry(g, modules, name) : HF_NO_OBJECT;
        if (module != HF_NO_OBJECT && !is_library(g, module))
            return true;
    }
    return false;
}

/* What is said of contents alone is true of tables that a library has loaded as well. */
static bool is_of_any_table(const hf_clues *c)
{
    static const char *const words[] = {"duplicate-strings", "missing-slots", "whole-file-read",
                                        NULL};
    double fit = 0;
    const char *word = hf_pattern_best(c, &fit)->word;
    for (size_t k = 0; words[k]; k++)
        if (strcmp(word, words[k]) == 0)
            return true;
    return false;
}

/* What a library has loaded for itself, as the names of characters or of countries: nothing in it
 * is the program's, no code of the library is known to add to it, and it looks like no mistake. */
static bool is_table_of_a_library(const hf_case *from, const hf_clues *c)
{
    double fit = 0;
    hf_pattern_best(c, &fit);
    return is_of_a_library(from, c) && c->row->owners == 1 && (fit < 0.6 || is_of_any_table(c)) &&
           !holds_transient_objects(c) && !has_something_of_the_program(c) &&
           hf_code_library_adder(c) == HF_NO_OBJECT;
}

/* The variables of a module as a whole are the program: no one of them stands out. */
static bool is_program(const hf_clues *c)
{
    return c->owner == c->focus && c->owner_species == HF_SPECIES_DICT && c->path.count == 2 &&
           hf_shape_is_namespace(c->graph, c->owner);
}

/* Tables of the interpreter's own that keep nothing: it refers to the names that are in use, and to
 * subclasses weakly. They are as large as the program. What is interned and in nobody else's hands
 * is another thing. */
static bool is_own_table(const hf_clues *c)
{
    double fit = 0;
    if (strstr(c->path_text, "tp_subclasses"))
        return true;
    bool interpreter = c->graph->roots[c->path.root].kind >= HF_ROOT_INTERPRETER;
    return interpreter && hf_clues_say(c, "interned") &&
           strcmp(hf_pattern_best(c, &fit)->word, "interned-strings") != 0;
}

/* What the collector's generations tell of age: of so many tracked objects so many are recent. And
 * what all take. */
typedef struct ages {
    uint64_t tracked, recent;
    uint64_t bytes;
} ages;

static void count_age(const hf_graph *g, uint32_t object, ages *a)
{
    a->tracked += (g->flags[object] & HF_OBJECT_TRACKED) != 0;
    a->recent += (g->flags[object] & HF_OBJECT_RECENT) != 0;
    a->bytes += hf_graph_shallow(g, object);
}

static ages ages_of_all(const hf_graph *g)
{
    ages a = {0};
    for (uint32_t i = 0; i < g->object_count; i++)
        count_age(g, i, &a);
    return a;
}

typedef enum age {
    MIXED,   /* or not known */
    AT_REST, /* nothing recent is in it, although much has come elsewhere */
    RENEWED, /* itself is not recent, and all that is in it is */
} age;

/* Whether the owner has a member that is not recent, though it need not be its alone: the main
 * thread among many others. */
static bool keeps_something(const hf_clues *c)
{
    const hf_graph *g = c->graph;
    for (uint64_t e = g->edge_start[c->owner]; e < g->edge_start[c->owner + 1]; e++) {
        unsigned flags = g->flags[g->edge_target[e]];
        if (c->has_length && hf_graph_kind(g, e) != HF_EDGE_FIELD && hf_graph_holds(g, e) &&
            flags & HF_OBJECT_TRACKED && !(flags & HF_OBJECT_RECENT))
            return true;
    }
    return false;
}

/* Says in *ret_less by how much it is less likely to be a mistake than others of its size. */
static age age_of(const hf_clues *c, const ages *all, double *ret_less)
{
    enum { MANY = 64, MANY_MORE = 1024, FEW_OF_ALL = 16, EMPTIED = 3, LOADED = 8 };
    ages own = {0};
    *ret_less = 1;
    for (size_t k = 0; k < c->row->count; k++)
        count_age(c->graph, c->born[k], &own);
    if (own.tracked < MANY || all->recent < MANY_MORE || all->recent * 2 > all->tracked)
        return MIXED;
    const unsigned owner = c->graph->flags[c->owner];
    if (own.recent == own.tracked && c->row->owners == 1 && !keeps_something(c)) {
        bool renewed = owner & HF_OBJECT_TRACKED && !(owner & HF_OBJECT_RECENT);
        *ret_less = renewed ? EMPTIED : 1;
        return renewed ? RENEWED : MIXED;
    }
    /* What a collection of its size would have, grew it as all does. */
    double fair = (double)all->recent / (double)all->tracked * (double)own.tracked;
    if (fair < FEW_OF_ALL)
        return MIXED;
    if ((double)own.recent * LOADED < fair)
        *ret_less = LOADED;
    else if ((double)own.recent < fair)
        *ret_less = fair / (double)own.recent;
    return (double)own.recent * FEW_OF_ALL < fair ? AT_REST : MIXED; /* a few may be renewed */
}

static bool grows_by_itself(const hf_known_match *known)
{
    return known->leak || (known->holder && known->holder->grows == HF_GROWS_WITH_INPUT);
}

/* How much rather than others this is a mistake: 1 for a plain collection of the user's. */
static double suspicion(const hf_case *from, const hf_clues *c, const hf_known_match *known,
                        double fit)
{
    double weight = fit >= 0.7 ? 3 : fit >= 0.6 ? 2 : 1;
    if (holds_transient_objects(c))
        weight *= 3;
    if (is_constant(c) || is_called_a_table(c))
        weight /= 4;
    if (c->owner_species == HF_SPECIES_VIEW &&
        hf_graph_external(c->graph, c->owner) * 2 > (uint64_t)hf_growth_net(c->row))
        weight /= 4; /* one array of numbers is what a program computes with */
    const bool holes = c->graph->flags[c->owner] & HF_OBJECT_HOLES;
    if (hf_graph_is(c->graph, c->owner, "collections.OrderedDict"))
        weight /= holes ? 4 : 2; /* an order is kept to drop the oldest, and that is done */
    if (holes)
        weight /= 3; /* what is deleted from may have a limit */
    if (grows_by_itself(known))
        weight *= 2;
    else if (is_of_a_library(from, c))
        weight /= fit >= 0.7 && !is_of_any_table(c) ? 2 : 5;
    return weight;
}

static bool is_bounded(const hf_clues *c, const hf_known_match *known)
{
    double fit = 0;
    if (known->leak ||
        (strcmp(hf_pattern_best(c, &fit)->word, "debug-instrumentation") == 0 && fit > 0.9))
        return false; /* left on: its bound is no excuse */
    if (c->graph->flags[c->owner] & HF_OBJECT_BOUNDED)
        return hf_graph_bound(c->graph, c->owner) < c->length_now * 64;
    return hf_known_fills_up(known, c->length_now);
}

static void say_type(const hf_clues *c, hf_buf *out)
{
    hf_buf_text(out, hf_graph_type_name(c->graph, c->owner));
    if (c->member_type == UINT32_MAX)
        return;
    hf_buf_format(out, " of %s", hf_graph_type_title(c->graph, c->member_type));
    for (size_t k = 0, told = 0; k < c->type_count && told < 2; k++) {
        uint32_t type = c->types[k].type;
        if (type == c->member_type || c->types[k].bytes * 8 < (uint64_t)c->row->born_bytes)
            continue;
        hf_buf_format(out, told ? ", %s" : " with %s", hf_graph_type_title(c->graph, type));
        told++;
    }
}

/* More than a quarter would be newer than the last full collection: then not all that is. */
static const char *what_is_recent(const hf_graph *g)
{
    const hf_collector_info *collector = &g->info.python.collector;
    bool all = collector->long_lived_pending <= collector->long_lived_total / 3;
    return all ? "newer than the last full collection" : "of the newest quarter of all objects";
}

static void say_age(const hf_graph *g, age a, hf_buf *out)
{
    if (a == AT_REST)
        hf_buf_format(out, "; nothing in it is %s", what_is_recent(g));
    if (a == RENEWED)
        hf_buf_format(out, "; all in it is %s, and itself it is not", what_is_recent(g));
}

static void say_evidence(hf_clues *c, const char *because, age a, const ages *all, hf_buf *out)
{
    int64_t bytes = hf_growth_net(c->row);
    if (c->row->owners > 1) {
        hf_buf_format(out, "%s like this one hold ", hf_format_count(c->row->owners).text);
    } else if (c->has_length) {
        hf_say_count(out, c->length_now, "entry");
        hf_buf_text(out, c->graph->flags[c->owner] & HF_OBJECT_HOLES
                             ? " (others were deleted not long ago)"
                             : "");
        hf_buf_text(out, c->length_now == 1 ? " holds " : " hold ");
    } else {
        hf_buf_text(out, "holds ");
    }
    hf_say_bytes(out, bytes);
    hf_buf_text(out, " in ");
    hf_say_count(out, (uint64_t)c->row->born_objects, "object");
    hf_buf_format(out, ", %.0f %% of all; one snapshot does not show whether it grows",
                  all->bytes ? 100.0 * (double)bytes / (double)all->bytes : 0);
    say_age(c->graph, a, out);
    if (because) {
        hf_buf_text(out, "; ");
        hf_pattern_say(c, because, out);
    }
}

static char *copy(hf_buf *b)
{
    return b->failed ? NULL : strdup(hf_buf_string(b));
}

static hf_err *add_draft(const hf_case *from, hf_clues *c, const hf_known_match *known,
                         const ages *all, hf_drafts *out)
{
    HF_AUTO(hf_buf_deinit) hf_buf type = {0}, evidence = {0}, fix = {0};
    HF_AUTO(hf_buf_deinit) hf_buf site = {0}, allocated = {0}, said = {0};
    double fit = 0, less_likely = 1;
    const hf_pattern *pattern = hf_pattern_best(c, &fit);
    bool harmless = is_bounded(c, known);
    say_type(c, &type);
    age a = age_of(c, all, &less_likely);
    say_evidence(c, harmless || known->leak ? NULL : pattern->because, a, all, &evidence);
    hf_say_workers(c, &evidence);
    hf_known_say(known, c->length_now, &said);
    if (harmless)
        hf_buf_text(&fix, "Nothing: it has a bound.");
    else if (known->leak)
        hf_buf_text(&fix, known->leak->fix);
    else
        hf_pattern_say_fix(c, pattern, &fix);
    if (!hf_site_of_clues(c, &site))
        site.failed = true;
    hf_err *err = hf_allocated_of(c->graph, c->born, c->row->count, &site, &allocated);
    if (err)
        return err;
    int64_t bytes = hf_growth_net(c->row);
    double weight = suspicion(from, c, known, fit) / less_likely;
    const char *word = known->leak && known->leak->pattern ? known->leak->pattern : pattern->word;
    hf_drafts_add(out,
                  (hf_suspect){.path = strdup(c->path_text),
                               .type = copy(&type),
                               .pattern = harmless ? "none" : word,
                               .harmless = harmless,
                               .opinion = true,
                               .known = copy(&said),
                               .evidence = copy(&evidence),
                               .fix = copy(&fix),
                               .site = copy(&site),
                               .allocated = copy(&allocated),
                               .address = c->graph->address[c->owner],
                               .retained = (uint64_t)bytes,
                               .weight = (double)bytes * weight,
                               .length = c->length_now,
                               .confidence = (weight > 5 ? 5 : weight) * MOST_CONFIDENCE / 500});
    return NULL;
}

/* Tables of libraries come with these: one is told where it is a good part of all there is. */
static bool is_worth_a_word(const hf_case *from, const hf_clues *c, const hf_known_match *known,
                            const ages *all)
{
    enum { PART = 10 };
    bool small = (uint64_t)hf_growth_net(c->row) * PART < all->bytes;
    return !small || grows_by_itself(known) || is_bounded(c, known) ||
           !is_table_of_a_library(from, c);
}

hf_err *hf_opinions(hf_case *c, hf_drafts *out)
{
    hf_clue_sources sources = {c->timeline, c->last, c->paths, c->species, &c->growth};
    ages all = ages_of_all(c->timeline->last);
    for (size_t k = 0; k < c->growth.row_count && k < ROWS_LOOKED_AT; k++) {
        const hf_growth_row *row = &c->growth.rows[k];
        if (hf_growth_net(row) < c->growth.least)
            break;
        if (row->owner == HF_OWNER_C || row->owner == HF_OWNER_GARBAGE)
            continue;
        hf_clues clues HF_AUTO(hf_clues_deinit) = {0};
        hf_err *err = hf_clues_gather(&sources, row, &clues);
        if (!err && clues.owner != HF_NO_OBJECT && !is_program(&clues) && !is_own_table(&clues)) {
            hf_known_match known = hf_known_of(c->known, &clues.path, clues.owner);
            if (is_worth_a_word(c, &clues, &known, &all))
                err = add_draft(c, &clues, &known, &all, out);
        }
        if (err)
            return err;
    }
    return out->failed ? hf_fail_memory() : NULL;
}
