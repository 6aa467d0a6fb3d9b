/* Suspects that nobody holds: cycles that wait for a collector that does not come, and objects
 * with references that no object of the heap accounts for. */
#include "analyse/attributes.h"
#include "analyse/called_back.h"
#include "analyse/error_cycles.h"
#include "analyse/native_finding.h"
#include "analyse/native_store.h"
#include "analyse/path_writer.h"
#include "base/cleanup.h"
#include "base/library_path.h"

#include <stdlib.h>
#include <string.h>

/* With a threshold like this the youngest generation is hardly ever collected: the default is 700
 * (2000 from 3.13 on), tuned services use some ten thousands. */
enum { THRESHOLD_OUT_OF_REACH = 500 * 1000 };

/* In one snapshot: what nobody holds is more telling than what somebody does; and what the
 * interpreter itself holds in ways that no object shows. */
enum { OPINION_WEIGHT = 4, HELD_BY_INTERPRETER = 1 << 20 };

typedef struct tally {
    uint32_t type;      /* most frequent one, UINT32_MAX for none */
    uint32_t instances; /* the same among instances of Python classes */
    uint64_t top;       /* newly born objects that no other one dominates, and of these */
    uint64_t callables, classes;
    uint32_t top_type;
    uint64_t tracked, frozen; /* on the collector's lists, and of these in the permanent one */
    uint64_t native, interned;
    uint64_t opaque; /* with references that the collector may see, and no decoder does */
    uint32_t native_type;
    uint32_t
        teller; /* a function or code that tells the site; HF_NO_OBJECT: that is told by type */
} tally;

static const hf_growth_row *row_of(const hf_case *c, uint32_t owner)
{
    for (size_t k = 0; k < c->growth.row_count; k++)
        if (c->growth.rows[k].owner == owner)
            return &c->growth.rows[k];
    return NULL;
}

static uint32_t most(const uint64_t *votes, uint32_t count)
{
    uint32_t best = UINT32_MAX;
    for (uint32_t k = 0; k < count; k++)
        if (votes[k] && (best == UINT32_MAX || votes[k] > votes[best]))
            best = k;
    return best;
}

static bool is_native(const hf_case *c, uint32_t type)
{
    hf_species species = (hf_species)c->species[type];
    return species == HF_SPECIES_NATIVE || species == HF_SPECIES_DATABASE ||
           hf_species_is_foreign(c->timeline->last, c->species, type);
}

/* A type whose tp_traverse tells the collector what no decoder knows. */
static bool is_opaque(const hf_case *c, uint32_t type)
{
    const hf_graph *g = c->timeline->last;
    return g->types[type].flags & HF_TYPE_HAS_GC && hf_species_is_foreign(g, c->species, type);
}

/* A class made in Python: of its own, or derived from a builtin container or exception. */
static bool is_users(const hf_case *c, uint32_t type)
{
    hf_species species = (hf_species)c->species[type];
    return species == HF_SPECIES_INSTANCE || species == HF_SPECIES_EXCEPTION ||
           (c->timeline->last->types[type].heap_type && species >= HF_SPECIES_NUMBER &&
            species <= HF_SPECIES_DEQUE);
}

static hf_err *count_types(const hf_case *c, const hf_growth_row *row, tally *ret)
{
    const hf_graph *g = c->timeline->last;
    size_t types = (size_t)g->type_count + 1;
    HF_AUTO(hf_freep) uint64_t *votes = calloc(types * 4, sizeof(*votes));
    if (!votes)
        return hf_fail_memory();
    tally t = {.teller = HF_NO_OBJECT};
    uint64_t *instances = votes + types, *tops = votes + 2 * types, *natives = votes + 3 * types;
    for (size_t k = row->first; k < row->first + row->count; k++) {
        uint32_t object = c->growth.born[k], type = g->type[object];
        hf_species species = (hf_species)c->species[type];
        votes[type]++;
        if (is_users(c, type))
            instances[type]++;
        t.interned += (g->flags[object] & HF_OBJECT_INTERNED) != 0;
        t.tracked += (g->flags[object] & HF_OBJECT_TRACKED) != 0;
        t.frozen += (g->flags[object] & HF_OBJECT_FROZEN) != 0;
        t.opaque += is_opaque(c, type);
        if (is_native(c, type)) {
            t.native++;
            natives[type]++;
        }
        if (c->last->parent[object] >= c->last->count) {
            t.top++;
            tops[type]++;
            t.classes += species == HF_SPECIES_TYPE;
            t.callables += species == HF_SPECIES_METHOD || species == HF_SPECIES_FUNCTION ||
                           species == HF_SPECIES_PARTIAL;
        }
    }
    t.type = most(votes, g->type_count);
    t.instances = most(instances, g->type_count);
    t.top_type = most(tops, g->type_count);
    t.native_type = most(natives, g->type_count);
    *ret = t;
    return NULL;
}

static void note_early(const char *path, const hf_growth_row *row, hf_drafts *out)
{
    hf_drafts_note_early(out, (hf_early){.path = (char *)path, .grown = hf_growth_net(row)});
}

static char *copy(hf_buf *b)
{
    return b->failed ? NULL : strdup(hf_buf_string(b));
}

static void add(const hf_case *c, const hf_growth_row *row, const tally *t, const char *pattern,
                const char *path, const char *type, const char *why, const char *fix,
                double confidence, hf_drafts *out)
{
    HF_AUTO(hf_buf_deinit) hf_buf evidence = {0};
    HF_AUTO(hf_buf_deinit) hf_buf site = {0};
    HF_AUTO(hf_buf_deinit) hf_buf allocated = {0};
    int64_t growth = hf_growth_net(row);
    bool opinion = c->twice[0] != NULL; /* there is no before: all of it */
    /* what modules of extensions register and document when they are imported, they keep in C */
    bool imported = row->owner == HF_OWNER_C;
    const char *sign = opinion ? "" : "+";
    hf_buf_text(&evidence, sign);
    hf_say_count(&evidence, (uint64_t)row->born_objects, "object");
    hf_buf_format(&evidence, ", %s", sign);
    hf_say_bytes(&evidence, growth);
    if (!opinion)
        hf_buf_format(&evidence, " in %s", hf_format_seconds(c->seconds).text);
    hf_buf_format(&evidence, "; %s", why);
    bool told = t->teller != HF_NO_OBJECT && hf_site_of_value(c->timeline->last, t->teller, &site);
    if (!told && t->instances != UINT32_MAX &&
        !hf_site_of_type(c->timeline->last, t->instances, &site))
        site.failed = true;
    hf_err *err = hf_allocated_of(c->timeline->last, c->growth.born + row->first, row->count, &site,
                                  &allocated);
    if (err) { /* out of memory, which the drafts tell */
        hf_err_free(err);
        allocated.failed = true;
    }
    hf_drafts_add(out, (hf_suspect){
                           .path = strdup(path),
                           .type = strdup(type),
                           .pattern = pattern,
                           .evidence = copy(&evidence),
                           .fix = strdup(fix),
                           .site = copy(&site),
                           .allocated = copy(&allocated),
                           .retained = row->owner == HF_OWNER_C ? c->last->c_held_bytes
                                                                : c->last->garbage_bytes,
                           .imported = imported,
                           .opinion = opinion,
                           .weight = (double)growth * confidence * (opinion ? OPINION_WEIGHT : 1),
                           .grown = opinion ? 0 : growth,
                           .grown_objects = opinion ? 0 : row->born_objects - row->died_objects,
                           .bytes_per_second = c->seconds > 0 ? (double)growth / c->seconds : 0,
                           .confidence = opinion ? confidence / 2 : confidence,
                       });
}

static const char *title(const hf_case *c, uint32_t type)
{
    return type == UINT32_MAX ? "objects" : hf_graph_type_title(c->timeline->last, type);
}

/* Whether the program calls the collector itself, for all generations unless it says otherwise:
 * what it found each time is much, and no more lies there now than it finds in two rounds. What was
 * frozen it does not find. */
static bool waits_for_next_round(const hf_case *c)
{
    enum { ROUNDS_KNOWN = 4, ROUNDS = 2 };
    const hf_graph *g = c->timeline->last;
    const hf_collections *rounds = &g->info.python.collector.statistics[2];
    uint64_t lying = 0;
    if (rounds->collections < ROUNDS_KNOWN)
        return false;
    for (uint32_t i = 0; i < g->object_count; i++)
        lying += c->last->reach[i] == HF_REACH_GARBAGE && (g->flags[i] & HF_OBJECT_TRACKED) != 0;
    return lying / ROUNDS <= rounds->collected / rounds->collections;
}

/* Whether an object leads back to itself within a few objects, and their references, of
 * what nobody holds. */
static bool is_in_a_cycle(const hf_case *c, uint32_t object)
{
    enum { NEAR = 256, EDGES_NEAR = 4096 };
    const hf_graph *g = c->timeline->last;
    uint32_t met[NEAR] = {object};
    size_t count = 1, looked_at = 0;
    for (size_t k = 0; k < count; k++) {
        for (uint64_t e = g->edge_start[met[k]]; e < g->edge_start[met[k] + 1]; e++) {
            if (looked_at++ == EDGES_NEAR)
                return false;
            uint32_t target = g->edge_target[e];
            if (!hf_graph_holds(g, e) || c->last->reach[target] != HF_REACH_GARBAGE)
                continue;
            if (target == object)
                return true;
            bool known = count == NEAR;
            for (size_t j = 0; j < count && !known; j++)
                known = met[j] == target;
            if (!known)
                met[count++] = target;
        }
    }
    return false;
}

/* Whether an object refers to others and its type does not tell the collector so. */
static bool is_untold(const hf_case *c, uint32_t object, bool code)
{
    const hf_graph *g = c->timeline->last;
    uint32_t type = g->type[object];
    return !(g->types[type].flags & HF_TYPE_HAS_GC) &&
           g->edge_start[object] != g->edge_start[object + 1] &&
           (c->species[type] == HF_SPECIES_CODE) == code;
}

static uint64_t count_untold(const hf_case *c, const hf_growth_row *row, bool code)
{
    uint64_t count = 0;
    for (size_t k = row->first; k < row->first + row->count; k++)
        count += is_untold(c, c->growth.born[k], code);
    return count;
}

/* Objects of a type without tp_traverse in cycles that nobody holds: for the collector their
 * references come from outside, so that it frees none of these. The type of most of them;
 * UINT32_MAX where there are few. Of many, some are tried from all over memory: what was made first
 * lies in front and may be of another kind. Code is asked by itself: it comes with each function,
 * and hardly ever leads back. */
static uint32_t untold_links(const hf_case *c, const hf_growth_row *row, bool code)
{
    enum { MANY = 16, OBJECTS_EACH = 1000, TRIED = 256 };
    const hf_graph *g = c->timeline->last;
    HF_AUTO(hf_freep) uint64_t *votes = calloc((size_t)g->type_count + 1, sizeof(*votes));
    const uint64_t candidates = count_untold(c, row, code), step = candidates / TRIED + 1;
    uint64_t met = 0, tried = 0, found = 0;
    for (size_t k = row->first; votes && k < row->first + row->count; k++) {
        uint32_t object = c->growth.born[k];
        if (!is_untold(c, object, code) || met++ % step)
            continue;
        tried++;
        if (is_in_a_cycle(c, object)) {
            votes[g->type[object]]++;
            found++;
        }
    }
    bool many = found >= MANY && found * 2 > tried && candidates * OBJECTS_EACH >= row->count;
    return many ? most(votes, g->type_count) : UINT32_MAX;
}

/* Whether a type is of a module of an installed package, which others made. */
static bool is_installed(hf_graph *g, uint32_t type)
{
    uint32_t modules = hf_global_of(g, "sys", "modules");
    const char *name = hf_strtab_get(&g->names, g->types[type].module);
    uint32_t module = modules == HF_NO_OBJECT ? modules : hf_dict_entry(g, modules, name);
    uint32_t file = module == HF_NO_OBJECT ? module : hf_attribute_of(g, module, "__file__");
    size_t length = 0;
    const char *path = file == HF_NO_OBJECT ? NULL : hf_graph_value(g, file, &length);
    return path && hf_library_part(path, length);
}

/* What is said of a type that takes no part in the collection. */
typedef struct untold_words {
    const char *why, *fix;
} untold_words;

/* CPython's own are code, and such as datetime.datetime, which refers to its tzinfo: nobody can
 * give it that. */
static untold_words say_untold(const hf_case *c, uint32_t link)
{
    hf_graph *g = c->timeline->last;
    if (c->species[link] == HF_SPECIES_CODE)
        return (untold_words){
            "code takes no part in the collection, and its co_consts lead back to what has the "
            "function",
            "Put no object of the program's into co_consts (code.replace()): hand it to the "
            "function as a default, or by a closure, which the collector sees."};
    if (c->species[link] == HF_SPECIES_OTHER && !hf_species_is_foreign(g, c->species, link))
        return (untold_words){
            "a type of CPython's own that refers to other objects takes no part in the collection",
            "Break the cycle where it is made: what such an object refers to must not lead back "
            "to it but by weakref, or keep what it is made of (of a datetime: one without "
            "tzinfo); or clear that before it is dropped."};
    return (untold_words){
        "a type of a C extension that refers to other objects takes no part in the collection",
        is_installed(g, link)
            ? "Break the cycle where it is made: let what such an object has refer back to it by "
              "weakref, or by what finds it again (a key, a position), or clear the object before "
              "it is dropped; the type is a library's."
            : "Give the type Py_TPFLAGS_HAVE_GC with tp_traverse and tp_clear; until then break "
              "the cycle where it is made: let it refer back by weakref, or clear that before it "
              "is dropped."};
}

static hf_err *untold_cycles(hf_case *c, const hf_growth_row *row, const tally *t, hf_drafts *out)
{
    uint32_t link = untold_links(c, row, false);
    if (link == UINT32_MAX)
        link = untold_links(c, row, true);
    if (link == UINT32_MAX)
        return NULL;
    const char *kind = title(c, t->instances != UINT32_MAX ? t->instances : t->type);
    const char *edge = c->species[link] == HF_SPECIES_CODE ? ".co_consts" : "";
    HF_AUTO(hf_buf_deinit) hf_buf path = {0};
    HF_AUTO(hf_buf_deinit) hf_buf type = {0};
    hf_buf_format(&path,
                  "unreachable cycles of %s through %s%s (no root; the collector does not see the "
                  "references of that type)",
                  kind, title(c, link), edge);
    hf_buf_format(&type, "%s with %s", kind, title(c, link));
    untold_words words = say_untold(c, link);
    add(c, row, t, "uncollectable", hf_buf_string(&path), hf_buf_string(&type), words.why,
        words.fix, 0.9, out);
    return NULL;
}

/* No collection looks at what gc.freeze() has put aside, whatever the thresholds are and whoever
 * calls gc.collect() (Modules/gcmodule.c, permanent_generation). */
static const char *cure_of_garbage(bool frozen, bool off)
{
    if (frozen)
        return "Call gc.freeze() once, when all that is to stay is loaded, and gc.collect() just "
               "before it; what is frozen already is freed by gc.unfreeze() and gc.collect().";
    return off ? "Turn the collector on again (gc.enable()) or call gc.collect() at quiet moments; "
                 "or break the cycles: weakref for the way back to the parent."
               : "Set a threshold that is reached (gc.set_threshold(700, 10, 10)) or call "
                 "gc.collect() at quiet moments; or break the cycles with weakref.";
}

/* Of cycles through tracebacks weak references are no cure. */
static void say_cure(const hf_case *c, const hf_growth_row *row, bool frozen, bool off, hf_buf *out)
{
    hf_graph *g = c->timeline->last;
    if (frozen || !hf_error_cycles_say_fix(g, c->growth.born + row->first, row->count, out))
        hf_buf_text(out, cure_of_garbage(frozen, off));
    else
        hf_buf_text(out,
                    off ? " Or turn the collector on again: gc.enable()."
                        : " Or set a threshold that is reached: gc.set_threshold(700, 10, 10).");
}

static hf_err *garbage(hf_case *c, hf_drafts *out)
{
    const hf_growth_row *row = row_of(c, HF_OWNER_GARBAGE);
    if (!row || hf_growth_net(row) < c->growth.least)
        return NULL;
    tally t;
    hf_err *err = count_types(c, row, &t);
    if (err)
        return err;
    const hf_python_info *python = &c->timeline->last->info.python;
    bool off = !python->gc_enabled || python->gc_threshold[0] == 0;
    bool rare = python->gc_threshold[0] >= THRESHOLD_OUT_OF_REACH;
    bool frozen = t.frozen * 2 > t.tracked; /* strings and dicts of such are on no list */
    if (!off && !rare && !frozen)
        return untold_cycles(c, row, &t, out); /* the others wait for a collector that will come */
    const char *why = frozen ? "frozen by gc.freeze()"
                      : off  ? "collector disabled"
                             : "collector's threshold out of reach";
    const char *kind = title(c, t.instances != UINT32_MAX ? t.instances : t.type);
    HF_AUTO(hf_buf_deinit) hf_buf path = {0};
    hf_buf_format(&path, "unreachable cycles of %s (garbage, no root), %s", kind, why);
    if (!frozen && !c->twice[0] && waits_for_next_round(c)) {
        note_early(hf_buf_string(&path), row, out);
        return out->failed ? hf_fail_memory() : NULL;
    }
    HF_AUTO(hf_buf_deinit) hf_buf type = {0};
    hf_buf_text(&type, kind);
    if (t.type != UINT32_MAX && t.instances != UINT32_MAX && t.type != t.instances)
        hf_buf_format(&type, " with %s", title(c, t.type));
    HF_AUTO(hf_buf_deinit) hf_buf cure = {0};
    say_cure(c, row, frozen, off, &cure);
    add(c, row, &t, "cycle-gc-off", hf_buf_string(&path), hf_buf_string(&type), why,
        hf_buf_string(&cure), 0.95, out);
    return NULL;
}

/* How many full collections there have been. Without a GIL each is one, of whatever
 * generation it says it is (Python/gc_free_threading.c, 3.13); the incremental collector does
 * not count its rounds. */
static uint64_t full_collections(const hf_graph *g)
{
    const hf_collector_info *collector = &g->info.python.collector;
    uint64_t count = collector->statistics[2].collections;
    if (collector->kind == HF_COLLECTOR_FREE_THREADED)
        count += collector->statistics[0].collections + collector->statistics[1].collections;
    return count;
}

/* Whether what nobody seems to hold waits for the collector only: among it are objects whose
 * references only the collector knows, and too little of it has been there before a full
 * collection and after. */
static bool may_be_collected(const hf_case *c, const hf_growth_row *row, const tally *t)
{
    if (t->opaque == 0)
        return false;
    const hf_timeline *times = c->timeline;
    uint64_t now = full_collections(times->last);
    int64_t survived = 0;
    for (size_t k = row->first; k < row->first + row->count; k++) {
        uint32_t object = c->growth.born[k];
        if (full_collections(times->graphs[times->born[object]]) < now)
            survived += (int64_t)hf_graph_shallow(times->last, object);
    }
    return survived < c->growth.least;
}

/* When what was born came, in bytes: within the interval in which most came, and in the later
 * half of them. */
typedef struct pace {
    uint64_t all, most, late;
} pace;

static pace pace_of(const hf_case *c, const hf_growth_row *row)
{
    const hf_timeline *t = c->timeline;
    HF_AUTO(hf_freep) uint64_t *born = calloc(t->count, sizeof(*born));
    pace p = {0};
    for (size_t k = row->first; born && k < row->first + row->count; k++) {
        uint32_t object = c->growth.born[k];
        uint64_t bytes = hf_graph_shallow(t->last, object), *sum = &born[t->born[object]];
        p.all += bytes;
        p.late += t->born[object] * 2 > t->count - 1 ? bytes : 0;
        *sum += bytes;
        p.most = *sum > p.most ? *sum : p.most;
    }
    return p;
}

/* Whether nearly all of it came within one interval. A call of C that is under way, as list.sort(),
 * has what it works on in its own hands for that long. */
static bool came_at_once(const hf_case *c, const pace *p)
{
    return hf_timeline_intervals(c->timeline) >= 2 && p->most > p->all / 10 * 9;
}

/* Whether hardly any came of late, and little was there before: a table of an extension that
 * has filled up. */
static bool levels_off(const hf_case *c, const hf_growth_row *row, const pace *p)
{
    enum { PART = 5, LATE = 15 };
    bool grew_much = (uint64_t)hf_growth_net(row) * PART > c->last->c_held_bytes;
    return hf_timeline_intervals(c->timeline) >= 2 && grew_much && p->late * 100 < p->all * LATE;
}

/* Functions that SQLite keeps to call them. */
static hf_err *called_back(hf_case *c, const hf_growth_row *row, const tally *t,
                           uint32_t connection, hf_drafts *out)
{
    HF_AUTO(hf_buf_deinit) hf_buf path = {0};
    HF_AUTO(hf_buf_deinit) hf_buf type = {0};
    HF_AUTO(hf_freep) char *holder = hf_native_path_to(c, connection);
    if (!holder)
        return hf_fail_memory();
    hf_buf_format(&path, "%s (functions that SQLite calls)", holder);
    hf_buf_text(&type, title(c, t->top_type));
    if (t->instances != UINT32_MAX)
        hf_buf_format(&type, " with %s", title(c, t->instances));
    if (path.failed || type.failed)
        return hf_fail_memory();
    add(c, row, t, "listener-accumulation", hf_buf_string(&path), hf_buf_string(&type),
        "SQLite was given functions to call, and keeps them",
        "Create each function once, under one name: what create_function(), create_aggregate() or "
        "create_collation() was given stays until its name is given another or the connection is "
        "closed.",
        0.8, out);
    return NULL;
}

/* Callbacks, each with an object of the program's own: where C code forgets what it looked up to
 * call it once, that is mostly of the same object. Both are the same to whoever counts
 * references. */
static hf_err *kept_to_call(const hf_case *c, const hf_growth_row *row, const tally *t,
                            hf_drafts *out)
{
    HF_AUTO(hf_buf_deinit) hf_buf path = {0};
    HF_AUTO(hf_buf_deinit) hf_buf type = {0};
    const char *callable = title(c, t->top_type), *with = title(c, t->instances);
    hf_buf_format(&path,
                  "held by C code (no root): reference counts of %s with %s above the "
                  "references that exist",
                  callable, with);
    hf_buf_format(&type, "%s with %s", callable, with);
    add(c, row, t, "c-refcount-leak", hf_buf_string(&path), hf_buf_string(&type),
        "native code keeps them to call them, as callbacks that are never taken back, or did not "
        "drop its references",
        "Find what hands these to a C extension to be called, and take each back when it is no "
        "longer needed (unregister, disconnect, close); where they were given for one call only, "
        "look in that extension for a missing Py_DECREF.",
        0.85, out);
    return NULL;
}

/* How paths name most of these objects, as `held by C: Screen.changed`, so that one can ask
 * further: many functions have one name, and others are known by their type. Notes who tells where
 * they come from: a function itself, or the code that names a method. */
static void say_held(const hf_case *c, const hf_growth_row *row, tally *t, hf_buf *out)
{
    enum { LOOKED_AT = 32 };
    hf_graph *g = c->timeline->last;
    hf_buf other HF_AUTO(hf_buf_deinit) = {0};
    size_t looked_at = 0, same = 0;
    for (size_t k = row->first; k < row->first + row->count && looked_at < LOOKED_AT; k++) {
        uint32_t object = c->growth.born[k];
        if (g->type[object] != t->top_type || c->last->parent[object] < c->last->count)
            continue;
        if (!looked_at && c->species[t->top_type] == HF_SPECIES_FUNCTION)
            t->teller = object;
        hf_buf *text = looked_at++ ? &other : out;
        hf_path_writer writer = {.g = g, .out = text, .function = HF_NO_OBJECT};
        hf_buf_clear(text);
        hf_path_write_held_by_c(&writer, object);
        same += text == &other && strcmp(hf_buf_string(out), hf_buf_string(&other)) == 0;
    }
    if ((same + 1) * 2 > looked_at && looked_at) {
        const char *name = strrchr(hf_buf_string(out), '.');
        if (name && c->species[t->top_type] == HF_SPECIES_METHOD)
            t->teller = hf_giver_of(g, c->species, name + 1);
        return;
    }
    t->teller = HF_NO_OBJECT;
    hf_buf_clear(out);
    hf_buf_format(out, "%s: %s", HF_PATH_HELD_BY_C, title(c, t->top_type));
}

/* What C code has in memory of its own: given to it, and not taken back. */
static hf_err *kept_in_store(const hf_case *c, const hf_growth_row *row, tally *t,
                             const char *binary, bool called, hf_drafts *out)
{
    HF_AUTO(hf_buf_deinit) hf_buf path = {0};
    HF_AUTO(hf_buf_deinit) hf_buf type = {0};
    HF_AUTO(hf_buf_deinit) hf_buf why = {0};
    HF_AUTO(hf_buf_deinit) hf_buf fix = {0};
    uint32_t with = t->instances != UINT32_MAX ? t->instances : t->type;
    hf_buf_text(&type, title(c, t->top_type));
    if (with != t->top_type && with != UINT32_MAX)
        hf_buf_format(&type, " with %s", title(c, with));
    say_held(c, row, t, &path);
    hf_buf_format(&why,
                  "no object of Python has a reference to them: their addresses stand in memory "
                  "%s%s",
                  binary ? "that the data of a library leads to: " : "of C code",
                  binary ? binary : "");
    hf_say_taking_back(binary, called, &fix);
    if (path.failed || type.failed || why.failed || fix.failed)
        return hf_fail_memory();
    add(c, row, t, called ? "listener-accumulation" : "registry-growth", hf_buf_string(&path),
        hf_buf_string(&type), hf_buf_string(&why), hf_buf_string(&fix), 0.85, out);
    return NULL;
}

/* Whether the program has asked ctypes for the function that takes a reference: pythonapi keeps
 * each function that it was asked for as an attribute (Lib/ctypes/__init__.py, CDLL). */
static bool counts_by_ctypes(hf_graph *g)
{
    uint32_t api = hf_global_of(g, "ctypes", "pythonapi");
    return api != HF_NO_OBJECT && (hf_attribute_of(g, api, "Py_IncRef") != HF_NO_OBJECT ||
                                   hf_attribute_of(g, api, "Py_NewRef") != HF_NO_OBJECT);
}

/* References that nobody has. */
static hf_err *forgotten(const hf_case *c, const hf_growth_row *row, const tally *t, hf_drafts *out)
{
    HF_AUTO(hf_buf_deinit) hf_buf path = {0};
    HF_AUTO(hf_buf_deinit) hf_buf type = {0};
    hf_buf_format(&path,
                  "no known holder (no root): reference counts of %s above the references "
                  "that exist",
                  title(c, t->top_type));
    hf_buf_text(&type, title(c, t->top_type));
    if (t->type != t->top_type)
        hf_buf_format(&type, " with %s", title(c, t->type));
    bool by_ctypes = counts_by_ctypes(c->timeline->last);
    add(c, row, t, "c-refcount-leak", hf_buf_string(&path), hf_buf_string(&type),
        by_ctypes ? "native code, or Python by ctypes, took references and did not drop them"
                  : "native code took references and did not drop them",
        by_ctypes ? "See that each call of ctypes.pythonapi.Py_IncRef, which this program makes, "
                    "has its Py_DecRef when C has done with the object; else look in the C "
                    "extension that these objects are handed to for a missing Py_DECREF."
                  : "Look in the C extension that makes these objects, or that they are handed to, "
                    "for a missing Py_DECREF.",
        0.85, out);
    return NULL;
}

static hf_err *held_by_c(hf_case *c, hf_drafts *out)
{
    const hf_growth_row *row = row_of(c, HF_OWNER_C);
    if (!row || hf_growth_net(row) < (c->twice[0] ? HELD_BY_INTERPRETER : c->growth.least))
        return NULL;
    const pace p = pace_of(c, row);
    if (!c->twice[0] && came_at_once(c, &p))
        return NULL;
    tally t;
    hf_err *err = count_types(c, row, &t);
    if (err)
        return err;
    HF_AUTO(hf_buf_deinit) hf_buf path = {0};
    HF_AUTO(hf_buf_deinit) hf_buf type = {0};
    const char *kind = title(c, t.instances != UINT32_MAX ? t.instances : t.type);
    bool waits = may_be_collected(c, row, &t);
    if (waits || (!c->twice[0] && levels_off(c, row, &p))) {
        hf_buf_format(&path,
                      waits ? "%s, perhaps garbage that a full collection frees,"
                            : "%s, held by native code,",
                      kind);
        note_early(hf_buf_string(&path), row, out);
        return out->failed ? hf_fail_memory() : NULL;
    }
    if (t.native && (t.callables * 4 >= t.top || t.native * 4 >= t.top)) {
        const char *native = title(c, t.native_type);
        hf_buf_format(&path,
                      "%s, held by native memory of its own %s (no root; the collector does "
                      "not see this reference)",
                      kind, native);
        hf_buf_format(&type, "%s with %s", kind, native);
        add(c, row, &t, "uncollectable", hf_buf_string(&path), hf_buf_string(&type),
            "a callback that native code keeps leads back to the native object that keeps it",
            "Take the callback back or close the native object before you drop it; register a "
            "function that does not refer to the owner (weakref).",
            0.85, out);
        return NULL;
    }
    if (t.interned * 2 > row->count) {
        add(c, row, &t, "interned-strings", "intern table of the interpreter (sys.intern)", "str",
            "strings that only the intern table keeps",
            "Do not intern text that comes from outside (sys.intern, attribute names from data).",
            0.85, out);
        return NULL;
    }
    bool called = t.callables * 4 >= t.top * 3; /* an aggregate is a class */
    uint32_t connection =
        (t.callables + t.classes) * 4 >= t.top * 3 ? hf_sqlite_that_calls(c) : HF_NO_OBJECT;
    if (connection != HF_NO_OBJECT)
        return called_back(c, row, &t, connection, out);
    const char *binary;
    hf_native_store store = hf_native_store_of(c, t.top_type, &binary);
    if (store == HF_STORE_FOUND)
        return kept_in_store(c, row, &t, binary, called, out);
    if (called && t.instances != UINT32_MAX && store == HF_STORE_UNKNOWN)
        return kept_to_call(c, row, &t, out);
    return forgotten(c, row, &t, out);
}

hf_err *hf_suspects_unheld(hf_case *c, hf_drafts *out)
{
    hf_err *err = garbage(c, out);
    err = err ? err : held_by_c(c, out);
    return err ? err : out->failed ? hf_fail_memory() : NULL;
}
