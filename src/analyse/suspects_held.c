/* Suspects that hold what grows: containers, chains, buffers. */
#include "analyse/alike.h"
#include "analyse/attributes.h"
#include "analyse/drafts.h"
#include "analyse/importing.h"
#include "analyse/judgement.h"
#include "analyse/library_owner.h"
#include "analyse/patterns.h"
#include "analyse/shape.h"
#include "analyse/sharing.h"
#include "analyse/workers.h"
#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_LOOKED_AT = 48 };

static double confidence(const hf_clues *c, double fit)
{
    double sure = 0.55 + 0.25 * fit;
    if (c->has_length && c->kept > 0.95 && c->added > 8)
        sure += 0.1;
    if (c->busy_intervals >= 3)
        sure += 0.08;
    return sure > 0.97 ? 0.97 : sure;
}

/* The class written in Python of which one instance or more came for each member, most bytes first;
 * UINT32_MAX where the members are of such a class themselves, or there is none. */
static uint32_t class_with_each(const hf_clues *c)
{
    if (c->member_type != UINT32_MAX && c->species[c->member_type] == HF_SPECIES_INSTANCE)
        return UINT32_MAX;
    for (size_t k = 0; k < c->type_count; k++)
        if (c->species[c->types[k].type] == HF_SPECIES_INSTANCE && c->types[k].objects >= c->direct)
            return c->types[k].type;
    return UINT32_MAX;
}

static void say_type(const hf_clues *c, hf_buf *out)
{
    hf_graph *g = c->graph;
    if (c->row->trees)
        hf_buf_text(out, "tree of ");
    hf_buf_text(out, hf_graph_type_name(g, c->owner));
    if (c->member_type == UINT32_MAX && c->key_type == UINT32_MAX)
        return;
    if (c->row->trees && c->member_type == g->type[c->owner])
        return;
    if (c->row->trees)
        hf_buf_format(out, " with %s", hf_graph_type_title(g, c->member_type));
    else if (c->member_type != UINT32_MAX)
        hf_buf_format(out, " of %s", hf_graph_type_title(g, c->member_type));
    else /* values that all share, as small numbers: what is new are the keys */
        hf_buf_format(out, " by %s", hf_graph_type_title(g, c->key_type));
    /* A plain container as member says little: name what fills it, and first the class of the
     * program that comes with each member, which people know. */
    uint32_t class = class_with_each(c);
    size_t told = class != UINT32_MAX;
    if (told)
        hf_buf_format(out, " with %s", hf_graph_type_title(g, class));
    for (size_t k = 0; k < c->type_count && told < 2; k++) {
        uint32_t type = c->types[k].type;
        if (type == c->member_type || type == class ||
            (c->member_type == UINT32_MAX && type == c->key_type) ||
            c->types[k].bytes * 8 < (uint64_t)c->row->born_bytes)
            continue;
        hf_buf_format(out, told ? ", %s" : " with %s", hf_graph_type_title(g, type));
        told++;
    }
}

/* The last key that was put into a dict leads to the code sooner than an address: `'job_4711'`. */
static void say_newest_key(const hf_clues *c, hf_buf *out)
{
    hf_graph *g = c->graph;
    if (c->owner_species != HF_SPECIES_DICT)
        return;
    for (uint64_t e = g->edge_start[c->owner + 1]; e-- > g->edge_start[c->owner];) {
        uint32_t key = g->edge_target[e];
        if (hf_graph_kind(g, e) != HF_EDGE_KEY)
            continue;
        HF_AUTO(hf_buf_deinit) hf_buf text = {0};
        if (hf_path_key(g, key, &text))
            hf_buf_format(out, ", the last %s", hf_buf_string(&text));
        return;
    }
}

/* "+1.2 MiB in 1,200 objects". What only became longer, as a buffer, got no objects. */
static void say_growth(int64_t bytes, int64_t objects, hf_buf *out)
{
    hf_buf_char(out, '+');
    hf_say_bytes(out, bytes);
    if (objects <= 0)
        return;
    hf_buf_text(out, " in ");
    hf_say_count(out, (uint64_t)objects, "object");
}

/* "in 1,204 places of its tree, none removed; " */
static void say_places(const hf_clues *c, uint32_t owners, hf_buf *out)
{
    hf_buf_format(out, "in %s places of ", hf_format_count(owners).text);
    if (c->row->trees == 1)
        hf_buf_text(out, "its tree");
    else
        hf_buf_format(out, "%s trees like this one", hf_format_count(c->row->trees).text);
    hf_buf_text(out, c->row->died_objects ? "; " : ", none removed; ");
}

/* What cannot be called may have a method that was given, which is no object of its own. */
static void say_held_by_c(const hf_clues *c, hf_buf *out)
{
    uint32_t object = c->path.steps[0].object, type = c->graph->type[object];
    hf_species species = hf_clues_species(c, object);
    bool called = species == HF_SPECIES_METHOD || species == HF_SPECIES_FUNCTION ||
                  species == HF_SPECIES_PARTIAL || species == HF_SPECIES_TYPE ||
                  hf_type_has(c->graph, type, "__call__");
    hf_buf_format(out, "; only C code has the %s%s", hf_graph_type_title(c->graph, type),
                  called ? ", most likely as a callback that it was given" : "");
}

static void say_evidence(const hf_case *from, hf_candidate *found, const char *because,
                         int64_t growth, int64_t all, hf_buf *out)
{
    hf_clues *c = &found->clues;
    uint32_t owners = c->row->owners + found->others.owners;
    if (c->has_length && c->added >= 1 && owners == 1) {
        double removed = c->added - ((double)c->length_now - (double)c->length_before);
        hf_buf_char(out, '+');
        hf_say_count(out, (uint64_t)(c->added + 0.5), "entry");
        hf_buf_format(out, " in %s, ", hf_format_seconds(from->seconds).text);
        if (removed < 1)
            hf_buf_text(out, "none removed");
        else
            hf_buf_format(out, "%s removed", hf_format_count((uint64_t)(removed + 0.5)).text);
        say_newest_key(c, out);
        hf_buf_text(out, "; ");
    } else if (c->row->trees) {
        say_places(c, owners, out);
    } else if (owners > 1) {
        hf_buf_format(out, "%s like this one; ", hf_format_count(owners).text);
    }
    say_growth(growth, c->row->born_objects + found->others.born_objects, out);
    if (all > 0 && growth <= all)
        hf_buf_format(out, ", %.0f %% of the growth", 100.0 * (double)growth / (double)all);
    if (because) {
        hf_buf_text(out, "; ");
        hf_pattern_say(c, because, out);
    }
    if (c->path.held_by_c)
        say_held_by_c(c, out);
}

static char *copy(hf_buf *b)
{
    return b->failed ? NULL : strdup(hf_buf_string(b));
}

/* The last step of a path by an entry of a collection, with which it would go to another one of
 * its kind; 0 where there is none. */
static size_t last_entry_of(const hf_graph *g, const hf_path *path)
{
    for (size_t k = path->count; k-- > 1;)
        if (path->steps[k].edge != UINT64_MAX &&
            hf_shape_is_entry(g, path->steps[k - 1].object, path->steps[k].edge))
            return k;
    return 0;
}

/* Whether both paths go through one object of a library, by different attributes: whoever tells
 * that to let go of what the one has lets go of the other. */
static bool have_one_keeper(const hf_clues *c, const hf_path *other)
{
    size_t least = c->path.count < other->count ? c->path.count : other->count, same = 0;
    while (same < least && c->path.steps[same].object == other->steps[same].object)
        same++;
    while (same > 0 && hf_clues_species(c, c->path.steps[same - 1].object) != HF_SPECIES_INSTANCE)
        same--;
    return same > 0 && hf_is_of_library(c, c->graph->type[c->path.steps[same - 1].object]);
}

/* Says who holds the members beside the owner, and counts what goes when both let go: a holder
 * that alone frees less than it grew by is only half of the story. *also: its path, as a sentence
 * has it. */
static hf_err *say_sharing(const hf_case *from, const hf_clues *c, int64_t growth,
                           uint64_t *ret_retained, hf_buf *also, hf_buf *out)
{
    hf_sharing sharing;
    hf_err *err = hf_sharing_find(c, &sharing);
    if (err)
        return err;
    *ret_retained = sharing.bytes > (uint64_t)growth ? sharing.bytes : (uint64_t)growth;
    if (sharing.frames)
        hf_buf_text(out, "; running frames hold these, too, for as long as they run");
    if (sharing.other == HF_NO_OBJECT)
        return NULL;
    hf_path path;
    err = hf_path_to(from->paths, sharing.other, &path);
    if (err)
        return err;
    if (path.root != UINT32_MAX) {
        HF_AUTO(hf_buf_deinit) hf_buf text = {0};
        path.any_from = sharing.alike ? last_entry_of(c->graph, &path) : 0;
        err = hf_path_text(c->graph, &path, &text);
        /* Others of the same kind, as queues into each of which the same messages were put. */
        if (strcmp(hf_buf_string(&text), c->path_text) != 0) {
            hf_buf_format(out, "; also held by %s: they go when both let go", hf_buf_string(&text));
            if (!have_one_keeper(c, &path))
                hf_buf_text(also, hf_path_from_its_name(c->graph, &path, hf_buf_string(&text)));
        }
    }
    hf_path_deinit(&path);
    return err;
}

/* What would be freed. Appends to the evidence where that needs more than this holder; *also: the
 * path of the other one. */
static hf_err *find_retained(const hf_case *from, const hf_candidate *found, uint64_t *ret_retained,
                             hf_buf *also, hf_buf *out)
{
    const hf_clues *c = &found->clues;
    if (!hf_owner_is_object(c->row->owner)) {
        *ret_retained = c->row->born_bytes > 0 ? (uint64_t)c->row->born_bytes : 0;
        return NULL;
    }
    *ret_retained = hf_candidate_retained(found);
    if (*ret_retained >= (uint64_t)found->growth)
        return NULL;
    hf_err *err = say_sharing(from, c, found->growth, ret_retained, also, out);
    if (c->row->owners > 1) /* of which one was asked who holds its members, too */
        *ret_retained = (uint64_t)found->growth;
    return err;
}

static bool is_made_by_imports(const hf_clues *c)
{
    return hf_made_by_imports(c->timeline, c->dominators, c->species, c->born, c->row->count);
}

static hf_err *add_draft(const hf_case *from, hf_candidate *found, int64_t all, hf_drafts *out)
{
    hf_clues *c = &found->clues;
    int64_t growth = found->growth + found->others.growth;
    HF_AUTO(hf_buf_deinit) hf_buf type = {0};
    HF_AUTO(hf_buf_deinit) hf_buf evidence = {0};
    HF_AUTO(hf_buf_deinit) hf_buf fix = {0};
    HF_AUTO(hf_buf_deinit) hf_buf site = {0};
    HF_AUTO(hf_buf_deinit) hf_buf allocated = {0};
    HF_AUTO(hf_buf_deinit) hf_buf known = {0};
    HF_AUTO(hf_buf_deinit) hf_buf also = {0};
    const hf_pattern *pattern = found->pattern;
    say_type(c, &type);
    bool is_known = found->harmless || found->known.leak; /* better than by the looks of it */
    say_evidence(from, found, is_known ? NULL : pattern->because, growth, all, &evidence);
    hf_say_workers(c, &evidence);
    c->twin = found->mirror;
    if (found->mirror)
        hf_buf_format(&evidence, "; %s gets the same entries", found->mirror);
    uint64_t retained = 0;
    hf_err *err = find_retained(from, found, &retained, &also, &evidence);
    if (err)
        return err;
    hf_known_say(&found->known, c->length_now, &known);
    if (found->harmless)
        hf_buf_text(&fix, "Nothing: it stops at its bound.");
    else if (found->known.leak)
        hf_buf_text(&fix, found->known.leak->fix);
    else
        hf_pattern_say_fix(c, pattern, &fix);
    if (also.length && !found->harmless)
        hf_buf_format(&fix, " %s has the same and must let go as well.", hf_buf_string(&also));
    if (!hf_site_of_clues(c, &site))
        site.failed = true;
    err = hf_allocated_of(c->graph, c->born, c->row->count, &site, &allocated);
    if (err)
        return err;
    hf_drafts_add(out,
                  (hf_suspect){
                      .path = strdup(c->path_text),
                      .type = copy(&type),
                      .pattern = hf_candidate_pattern(found),
                      .harmless = found->harmless,
                      .imported = from->importing && is_made_by_imports(c),
                      .known = copy(&known),
                      .evidence = copy(&evidence),
                      .fix = copy(&fix),
                      .site = copy(&site),
                      .allocated = copy(&allocated),
                      .address = c->graph->address[c->owner],
                      .retained = retained + found->others.retained,
                      .grown = growth,
                      .grown_objects = c->row->born_objects - c->row->died_objects +
                                       found->others.born_objects - found->others.died_objects,
                      .length = c->length_now,
                      .bytes_per_second = from->seconds > 0 ? (double)growth / from->seconds : 0,
                      .confidence = confidence(c, found->fit),
                  });
    return NULL;
}

/* The row that holds the threads that were started, if there are some: what their frames hold is
 * its doing. */
static const hf_growth_row *started_threads(const hf_case *c)
{
    for (size_t r = 0; r < c->growth.row_count; r++) {
        const hf_growth_row *row = &c->growth.rows[r];
        size_t threads = 0;
        for (size_t k = row->first; k < row->first + row->count; k++) {
            uint32_t type = c->timeline->last->type[c->growth.born[k]];
            threads += c->species[type] == HF_SPECIES_THREAD;
        }
        if (threads >= 2 && hf_owner_is_object(row->owner))
            return row;
    }
    return NULL;
}

static int64_t held_by_frames(const hf_case *c)
{
    for (size_t r = 0; r < c->growth.row_count; r++)
        if (c->growth.rows[r].owner == HF_OWNER_ROOTS)
            return hf_growth_net(&c->growth.rows[r]);
    return 0;
}

/* The sum of what grew, as far as it is worth a word. */
static int64_t all_growth(const hf_case *c)
{
    int64_t all = 0;
    for (size_t k = 0; k < c->growth.row_count; k++)
        if (hf_growth_net(&c->growth.rows[k]) >= c->growth.least)
            all += hf_growth_net(&c->growth.rows[k]);
    return all;
}

static void note_early(const hf_case *from, const hf_candidate *found, hf_drafts *out)
{
    const hf_clues *c = &found->clues;
    hf_early early = {.path = c->path_text,
                      .grown = found->growth,
                      .length = c->length_now,
                      .young = hf_is_young(from, c, found->growth)};
    if (found->harmless)
        early.bound = found->known.bound;
    else if (hf_fills_up_to_its_bound(c))
        early.bound = hf_graph_bound(c->graph, c->owner);
    if (early.bound)
        hf_drafts_note_bounded(out, early);
    else
        hf_drafts_note_early(out, early);
}

/* Whether a list that is most of all objects became longer and lost hardly anything: that its order
 * is another one may be the work of heapq or of sort(), as well as of new members at the addresses
 * of old ones. */
static bool is_in_another_order(const hf_case *from, const hf_clues *c)
{
    enum { HARDLY = 16 };
    const hf_growth_row *row = c->row;
    if (c->owner_species != HF_SPECIES_LIST || row->owners > 1 || !c->has_length ||
        c->length_now <= c->length_before || row->died_objects * HARDLY > row->born_objects ||
        hf_growth_net(row) < from->growth.least)
        return false;
    return from->last->retained[c->owner] * 2 > (uint64_t)hf_heap_bytes(c->graph);
}

/* Rows that do not grow for good, as far as is known yet. */
typedef struct acquitted_rows {
    const hf_growth_row *rows[ROWS_LOOKED_AT];
    size_t count;
} acquitted_rows;

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static bool is_of_acquitted(const hf_case *c, const acquitted_rows *acquitted, uint32_t object)
{
    for (size_t k = 0; k < acquitted->count; k++) {
        const hf_growth_row *row = acquitted->rows[k];
        if (bsearch(&object, c->growth.born + row->first, row->count, sizeof(object), by_number))
            return true;
    }
    return false;
}

/* Whether it is an index of what another one has that is larger and does not grow for good: it got
 * slots and hardly an object of its own, of its members it keeps hardly one alive alone, and what
 * is new among them is charged to the other one. When those go, these do. */
static bool is_index_of_acquitted(const hf_case *from, const acquitted_rows *acquitted,
                                  const hf_clues *c, int64_t growth)
{
    const hf_graph *g = c->graph;
    if (!acquitted->count || !c->has_length || c->row->own_bytes * 4 < growth * 3)
        return false;
    uint64_t members = 0, alone = 0, fresh = 0, elsewhere = 0;
    for (uint64_t e = g->edge_start[c->owner]; e < g->edge_start[c->owner + 1]; e++) {
        uint32_t member = g->edge_target[e];
        if (!hf_shape_is_entry(g, c->owner, e))
            continue;
        members++;
        alone += from->last->parent[member] == c->owner;
        if (hf_timeline_is_old(c->timeline, member))
            continue;
        fresh++;
        elsewhere += is_of_acquitted(from, acquitted, member);
    }
    return fresh && alone * 10 <= members && elsewhere * 10 >= fresh * 9;
}

/* Appends the row to the candidates if it grows for good. */
static hf_err *consider(hf_case *c, const hf_growth_row *row, const hf_growth_row *threads,
                        acquitted_rows *acquitted, hf_candidates *all, hf_drafts *out)
{
    hf_clue_sources sources = {c->timeline, c->last, c->paths, c->species, &c->growth};
    hf_candidate *found = &all->rows[all->count];
    hf_err *err = hf_clues_gather(&sources, row, &found->clues);
    if (err || found->clues.owner == HF_NO_OBJECT)
        return err;
    found->growth = hf_lasting_growth(&found->clues);
    if (row == threads)
        found->growth += held_by_frames(c);
    hf_judgement verdict = hf_judge(c, &found->clues, found->growth);
    if (verdict == HF_GROWS && is_index_of_acquitted(c, acquitted, &found->clues, found->growth))
        verdict = HF_MAY_LEVEL_OFF;
    if (verdict == HF_TURNS_OVER && is_in_another_order(c, &found->clues)) {
        verdict = HF_MAY_LEVEL_OFF;
        found->growth = hf_growth_net(row);
    }
    found->known = hf_known_of(c->known, &found->clues.path, found->clues.owner);
    found->harmless = verdict != HF_TURNS_OVER &&
                      hf_known_fills_up(&found->known, found->clues.length_now) &&
                      !hf_is_left_on(&found->clues);
    if (verdict == HF_MAY_LEVEL_OFF || found->harmless)
        note_early(c, found, out);
    if (verdict != HF_GROWS && !found->harmless) {
        acquitted->rows[acquitted->count++] = row;
        hf_clues_deinit(&found->clues);
        return NULL;
    }
    all->count++;
    err = hf_clues_enter_place(&found->clues, c->paths);
    if (!err)
        found->pattern = hf_pattern_best(&found->clues, &found->fit);
    return err;
}

hf_err *hf_suspects_held(hf_case *c, hf_drafts *out)
{
    const hf_growth_row *threads = started_threads(c);
    size_t looked_at = c->growth.row_count < ROWS_LOOKED_AT ? c->growth.row_count : ROWS_LOOKED_AT;
    acquitted_rows acquitted = {.count = 0};
    HF_AUTO(hf_candidates_deinit) hf_candidates candidates = {0};
    candidates.rows = calloc(looked_at + 1, sizeof(*candidates.rows));
    if (!candidates.rows)
        return hf_fail_memory();
    for (size_t k = 0; k < looked_at; k++) {
        const hf_growth_row *row = &c->growth.rows[k];
        if (hf_growth_net(row) < c->growth.least)
            break;
        if (row->owner == HF_OWNER_C || row->owner == HF_OWNER_GARBAGE ||
            (row->owner == HF_OWNER_ROOTS && threads))
            continue;
        hf_err *err = consider(c, row, threads, &acquitted, &candidates, out);
        if (err)
            return err;
    }
    hf_err *err = hf_candidates_find_alike(&candidates);
    if (err)
        return err;
    hf_candidates_find_companions(&candidates, c->growth.record_of);
    err = hf_candidates_join_alike(&candidates);
    int64_t all = all_growth(c);
    for (size_t k = 0; k < candidates.count && !err; k++) {
        hf_candidate *found = &candidates.rows[k];
        err = found->follows ? NULL : add_draft(c, found, all, out);
    }
    return err || !out->failed ? err : hf_fail_memory();
}
