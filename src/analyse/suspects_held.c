/* Suspects that hold what grows: containers, chains, buffers. */
#include "analyse/calls.h"
#include "analyse/companions.h"
#include "analyse/drafts.h"
#include "analyse/patterns.h"
#include "analyse/sharing.h"
#include "analyse/turnover.h"
#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_LOOKED_AT = 48, FEW_INTERVALS = 2, HANDFUL = 32 };

#define ALL_REPLACED 0.1 /* less of a sequence's members kept: it was emptied and filled anew */

typedef enum judgement { GROWS, TURNS_OVER, MAY_LEVEL_OFF } judgement;

/* What the row grew for good: entries that came only to replace others do not count; nor does what several
 * old objects share, of what only roots dominate. */
static int64_t lasting_growth(const hf_clues *c)
{
    int64_t net = hf_growth_net(c->row);
    if (c->row->owner == HF_OWNER_ROOTS)
        return (int64_t)c->held_by_roots < net ? (int64_t)c->held_by_roots : net;
    if (!c->has_length || c->row->owners > 1 || c->added < 1)
        return net;
    double more = (double)c->length_now - (double)c->length_before;
    if (more >= c->added || c->row->born_bytes <= 0)
        return net;
    double scaled = more <= 0 ? 0 : (double)c->row->born_bytes * more / c->added;
    int64_t lasting = (int64_t)scaled + c->row->own_bytes;
    return more > 0 && lasting < net ? lasting : net;
}

static bool turns_over(const hf_clues *c, int64_t growth)
{
    const hf_growth_row *r = c->row;
    if (c->replaced)
        return false; /* what died was part of what came in its place */
    if (r->died_bytes * 2 > r->born_bytes && growth * 4 < r->born_bytes)
        return true;
    if (c->direct == 0 && r->own_bytes < r->born_bytes && growth * 2 < r->born_bytes)
        return true; /* shared by several that take turns: in nobody's hands */
    if (c->kept_in_place < 0.5)
        return true;
    if (!c->has_length || c->length_before < 8 || r->owners > 1)
        return false;
    if (c->kept_least < ALL_REPLACED && c->owner_species == HF_SPECIES_LIST)
        return true;
    if (c->kept < 0.5 && c->owner_species != HF_SPECIES_DEQUE &&
        c->owner_species != HF_SPECIES_LIST)
        return true; /* only a queue loses its oldest members and still grows */
    bool much_longer = c->length_now > c->length_before + c->length_before / 3;
    if (c->kept < 0.5 && (!much_longer || c->shrank || c->timeline->count < 4))
        return true;
    return c->shrank && (c->kept < 0.9 || !much_longer);
}

static bool is_list(const hf_case *from, uint32_t object)
{
    return from->species[from->timeline->last->type[object]] == HF_SPECIES_LIST;
}

/* The collection that would be larger than before if the row grew for good: the one that its owners are
 * below of, or the owner itself where that did not become longer. HF_NO_OBJECT where nothing can be said. */
static uint32_t measured_collection(const hf_clues *c)
{
    if (c->row->owners > 1)
        return c->row->collection;
    bool longer = c->length_now > c->length_before;
    return hf_owner_is_object(c->row->owner) && c->has_length && !longer ? c->owner : HF_NO_OBJECT;
}

/* A freed member's place is soon another's: seen from outside an old member then has new parts.
 * Where members of one collection grew by more than the collection itself did, others went; and
 * where it is a list that was emptied, all did. */
static bool is_made_up_for(const hf_case *from, const hf_clues *c, int64_t growth)
{
    uint32_t collection = measured_collection(c);
    uint32_t before =
        collection == HF_NO_OBJECT ? HF_NO_OBJECT : from->timeline->was[0][collection];
    if (before == HF_NO_OBJECT || c->replaced)
        return false;
    if (c->row->owners > 1 && is_list(from, collection)) {
        double kept = hf_turnover_kept_least(from->timeline, collection);
        if (kept >= 0 && kept < ALL_REPLACED) /* -1: not known, for lack of memory */
            return true;
    }
    int64_t change =
        (int64_t)from->last->retained[collection] - (int64_t)from->first->retained[before];
    return change * 2 < growth;
}

/* Whether running calls hold it: it is gone when they are. What the interpreter holds stays. */
static bool is_under_way(const hf_clues *c)
{
    if (c->root == UINT32_MAX)
        return false;
    uint8_t kind = c->graph->roots[c->root].kind;
    return kind == HF_ROOT_LOCAL || kind == HF_ROOT_THREAD;
}

/* Whether what a call has is one of many that hold each other: the head of a chain is new each time, and the rest is not. */
static bool is_long_chain(const hf_clues *c)
{
    for (size_t k = 0; k < c->type_count; k++)
        if (c->types[k].type == c->graph->type[c->owner])
            return c->types[k].objects > HANDFUL;
    return false;
}

static size_t intervals_of_calls(const hf_clues *c)
{
    if (c->graph->roots[c->root].kind != HF_ROOT_LOCAL)
        return c->busy_intervals;
    size_t more = hf_calls_growing_intervals(c->timeline, c->root);
    return more < c->busy_intervals ? more : c->busy_intervals;
}

/* Intervals between snapshots in which it grew. Of a handful that is more, it must have stayed: of work that
 * is under way now more, now less is there, and all of it is of the last moment. */
static size_t growing_intervals(const hf_clues *c)
{
    const hf_timeline *t = c->timeline;
    if (is_under_way(c) && !is_long_chain(c))
        return intervals_of_calls(c);
    if (!c->has_length || c->row->owners > 1 || c->length_now <= c->length_before)
        return c->busy_intervals;
    size_t count = 0;
    for (size_t k = 1; k < t->count; k++)
        count += hf_timeline_length(t, k, c->owner) > hf_timeline_length(t, k - 1, c->owner);
    bool handful = c->added < HANDFUL && c->busy_intervals < count;
    return handful ? c->busy_intervals : count;
}

/* Whether it only looks old: passing calls alone hold it, and it has nothing that it had before. */
static bool is_made_anew(const hf_case *from, const hf_clues *c)
{
    if (c->path.root == UINT32_MAX || !hf_owner_is_object(c->row->owner) ||
        !hf_calls_is_passing(from->passing, c->path.root))
        return false;
    bool same = c->has_length && c->row->owners == 1 && c->length_before > 0 && c->kept > 0.5;
    return !same;
}

/* How many of the intervals are enough. What running calls hold goes when they end, and a small pool of what
 * is idle (a list from whose end things are taken) breathes: such things must grow all the time. */
static size_t intervals_needed(const hf_clues *c)
{
    bool pool = c->owner_species == HF_SPECIES_LIST || c->owner_species == HF_SPECIES_DEQUE;
    bool breathes = pool && c->row->owners == 1 && c->added < HANDFUL &&
                    c->added * 2 > (double)c->length_before;
    return is_under_way(c) || breathes ? hf_timeline_intervals(c->timeline) : FEW_INTERVALS;
}

/* Growth that has stopped while we looked, of something that was small before. Where much was
 * there already, a pause says nothing. */
static bool levels_off(const hf_clues *c, int64_t growth)
{
    if (hf_timeline_intervals(c->timeline) < FEW_INTERVALS)
        return false;
    uint64_t retained = c->dominators->retained[c->owner];
    bool grew_much = (uint64_t)growth * 5 > retained;
    return grew_much && (c->late < 0.15 || c->busy_intervals < FEW_INTERVALS);
}

static bool fills_up_to_its_bound(const hf_clues *c)
{
    uint64_t bound = hf_graph_bound(c->graph, c->owner);
    return bound && (c->graph->flags[c->owner] & HF_OBJECT_BOUNDED) && bound < c->length_now * 64;
}

/* A bound acquits a cache. A record for developers that is known as one takes its place for nothing
 * where it is left on, however soon it is full: Django keeps 9,000 queries a connection. */
static bool is_left_on(const hf_clues *c)
{
    double fit = 0;
    const hf_pattern *best = hf_pattern_best(c, &fit);
    return fit > 0.9 && strcmp(best->word, "debug-instrumentation") == 0;
}

/* A collection as long as before whose small members were replaced: numbers that were shared by all got
 * objects of their own. That ends when each has been replaced once. */
static bool only_renews_members(const hf_clues *c, int64_t growth)
{
    enum { SMALL = 64 }; /* bytes of a number */
    if (!c->has_length || c->row->owners > 1 || c->length_now > c->length_before)
        return false;
    bool direct = c->direct * 10 >= (uint64_t)c->row->born_objects * 9;
    return direct && growth <= (int64_t)c->direct * SMALL;
}

/* Bytes of mappings (mmap) among what was born. The kernel counts them as shared memory or pages of files. */
static int64_t mapped_bytes(const hf_clues *c)
{
    uint64_t bytes = 0;
    for (size_t k = 0; k < c->type_count; k++)
        if (strcmp(hf_graph_type_title(c->graph, c->types[k].type), "mmap.mmap") == 0)
            bytes += c->types[k].bytes;
    return (int64_t)bytes;
}

/* Whether running calls just have more now than at first: neither are they more and more, nor what they have. */
static bool is_of_the_moment(const hf_clues *c)
{
    return is_under_way(c) && hf_timeline_intervals(c->timeline) >= FEW_INTERVALS &&
           growing_intervals(c) < FEW_INTERVALS;
}

/* A deque of which nothing is left from one look to the next was emptied in between, or is a queue that
 * is worked off so fast and grows all the same: a longer look tells, since that one gets longer. */
static bool may_be_emptied(const hf_clues *c)
{
    return c->owner_species == HF_SPECIES_DEQUE && c->row->owners == 1 &&
           c->kept_least < ALL_REPLACED;
}

static judgement judge(const hf_clues *c, int64_t growth)
{
    if (turns_over(c, growth) || is_of_the_moment(c))
        return TURNS_OVER;
    if (may_be_emptied(c))
        return MAY_LEVEL_OFF;
    if ((fills_up_to_its_bound(c) && !is_left_on(c)) || levels_off(c, growth))
        return MAY_LEVEL_OFF;
    if (hf_timeline_intervals(c->timeline) >= FEW_INTERVALS &&
        growing_intervals(c) < intervals_needed(c))
        return MAY_LEVEL_OFF; /* once: a table that was loaded, a batch that was caught half full */
    if (only_renews_members(c, growth) || hf_fits_into_freed(c->timeline, growth - mapped_bytes(c)))
        return MAY_LEVEL_OFF;
    return GROWS;
}

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
    if (c->species[c->member_type] == HF_SPECIES_INSTANCE)
        return UINT32_MAX;
    for (size_t k = 0; k < c->type_count; k++)
        if (c->species[c->types[k].type] == HF_SPECIES_INSTANCE && c->types[k].objects >= c->direct)
            return c->types[k].type;
    return UINT32_MAX;
}

static void say_type(const hf_clues *c, hf_buf *out)
{
    hf_graph *g = c->graph;
    hf_buf_text(out, hf_graph_type_name(g, c->owner));
    if (c->member_type == UINT32_MAX)
        return;
    hf_buf_format(out, " of %s", hf_graph_type_title(g, c->member_type));
    /* A plain container as member says little: name what fills it, and first the class of the program that
     * comes with each member, which people know. */
    uint32_t class = class_with_each(c);
    size_t told = class != UINT32_MAX;
    if (told)
        hf_buf_format(out, " with %s", hf_graph_type_title(g, class));
    for (size_t k = 0; k < c->type_count && told < 2; k++) {
        uint32_t type = c->types[k].type;
        if (type == c->member_type || type == class ||
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

static void say_evidence(const hf_case *from, const hf_clues *c, const char *because,
                         int64_t growth, int64_t all, hf_buf *out)
{
    if (c->has_length && c->added >= 1 && c->row->owners == 1) {
        double removed = c->added - ((double)c->length_now - (double)c->length_before);
        hf_buf_char(out, '+');
        hf_say_count(out, (int64_t)(c->added + 0.5));
        hf_buf_format(out, " entries in %.1f s, ", from->seconds);
        if (removed < 1)
            hf_buf_text(out, "none removed");
        else
            hf_say_count(out, (int64_t)(removed + 0.5)), hf_buf_text(out, " removed");
        say_newest_key(c, out);
        hf_buf_text(out, "; ");
    } else if (c->row->owners > 1) {
        hf_say_count(out, c->row->owners);
        hf_buf_text(out, " like this one; ");
    }
    hf_buf_char(out, '+');
    hf_say_bytes(out, growth);
    hf_buf_text(out, " in ");
    hf_say_count(out, c->row->born_objects);
    hf_buf_text(out, c->row->born_objects == 1 ? " object" : " objects");
    if (all > 0 && growth <= all)
        hf_buf_format(out, ", %.0f %% of the growth", 100.0 * (double)growth / (double)all);
    if (because) {
        hf_buf_text(out, "; ");
        hf_pattern_say(c, because, out);
    }
}

static char *copy(hf_buf *b)
{
    return b->failed ? NULL : strdup(hf_buf_string(b));
}

/* Says who holds the members beside the owner, and counts what goes when both let go: a holder
 * that alone frees less than it grew by is only half of the story. */
static hf_err *say_sharing(const hf_case *from, const hf_clues *c, int64_t growth,
                           uint64_t *ret_retained, hf_buf *out)
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
        hf_buf_text(out, "; also held by ");
        err = hf_path_text(c->graph, &path, out);
        hf_buf_text(out, ": they go when both let go");
    }
    hf_path_deinit(&path);
    return err;
}

/* What would be freed. Appends to the evidence where that needs more than this holder. */
static hf_err *find_retained(const hf_case *from, const hf_clues *c, int64_t growth,
                             uint64_t *ret_retained, hf_buf *out)
{
    if (!hf_owner_is_object(c->row->owner)) {
        *ret_retained = c->row->born_bytes > 0 ? (uint64_t)c->row->born_bytes : 0;
        return NULL;
    }
    *ret_retained = c->dominators->retained[c->owner];
    if (c->row->owners > 1 || *ret_retained >= (uint64_t)growth)
        return NULL;
    return say_sharing(from, c, growth, ret_retained, out);
}

static const char *word_of(const hf_candidate *found, const hf_pattern *pattern)
{
    const hf_known_leak *leak = found->known.leak;
    return found->harmless ? "none" : leak && leak->pattern ? leak->pattern : pattern->word;
}

static hf_err *add_draft(const hf_case *from, const hf_candidate *found, int64_t all,
                         hf_drafts *out)
{
    const hf_clues *c = &found->clues;
    int64_t growth = found->growth;
    HF_AUTO(hf_buf_deinit) hf_buf type = {0};
    HF_AUTO(hf_buf_deinit) hf_buf evidence = {0};
    HF_AUTO(hf_buf_deinit) hf_buf fix = {0};
    HF_AUTO(hf_buf_deinit) hf_buf site = {0};
    HF_AUTO(hf_buf_deinit) hf_buf allocated = {0};
    HF_AUTO(hf_buf_deinit) hf_buf known = {0};
    double fit = 0;
    const hf_pattern *pattern = hf_pattern_best(c, &fit);
    say_type(c, &type);
    bool is_known = found->harmless || found->known.leak; /* better than by the looks of it */
    say_evidence(from, c, is_known ? NULL : pattern->because, growth, all, &evidence);
    if (found->mirror)
        hf_buf_format(&evidence, "; %s gets the same entries", found->mirror);
    uint64_t retained = 0;
    hf_err *err = find_retained(from, c, growth, &retained, &evidence);
    if (err)
        return err;
    hf_known_say(&found->known, c->length_now, &known);
    if (found->harmless)
        hf_buf_text(&fix, "Nothing: it stops at its bound.");
    else if (found->known.leak)
        hf_buf_text(&fix, found->known.leak->fix);
    else
        hf_pattern_say(c, pattern->fix, &fix);
    if (!hf_site_of_clues(c, &site))
        site.failed = true;
    err = hf_allocated_of(c->graph, c->born, c->row->count, &site, &allocated);
    if (err)
        return err;
    hf_drafts_add(out,
                  (hf_suspect){
                      .path = strdup(c->path_text),
                      .type = copy(&type),
                      .pattern = word_of(found, pattern),
                      .harmless = found->harmless,
                      .known = copy(&known),
                      .evidence = copy(&evidence),
                      .fix = copy(&fix),
                      .site = copy(&site),
                      .allocated = copy(&allocated),
                      .address = c->graph->address[c->owner],
                      .retained = retained,
                      .grown = growth,
                      .grown_objects = c->row->born_objects - c->row->died_objects,
                      .length = c->length_now,
                      .bytes_per_second = from->seconds > 0 ? (double)growth / from->seconds : 0,
                      .confidence = confidence(c, fit),
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

/* Appends the row to the candidates if it grows for good. */
static hf_err *consider(hf_case *c, const hf_growth_row *row, const hf_growth_row *threads,
                        hf_candidates *all, hf_drafts *out)
{
    hf_clue_sources sources = {c->timeline, c->last, c->paths, c->species, &c->growth};
    hf_candidate *found = &all->rows[all->count];
    hf_err *err = hf_clues_gather(&sources, row, &found->clues);
    if (err || found->clues.owner == HF_NO_OBJECT)
        return err;
    found->growth = lasting_growth(&found->clues);
    if (row == threads)
        found->growth += held_by_frames(c);
    bool lasts = found->growth >= c->growth.least &&
                 !is_made_up_for(c, &found->clues, found->growth) &&
                 !is_made_anew(c, &found->clues) &&
                 c->last->reach[found->clues.owner] != HF_REACH_GARBAGE; /* nobody can add to it */
    judgement verdict = lasts ? judge(&found->clues, found->growth) : TURNS_OVER;
    found->known = hf_known_of(c->known, &found->clues.path, found->clues.owner);
    found->harmless = verdict != TURNS_OVER &&
                      hf_known_fills_up(&found->known, found->clues.length_now) &&
                      !is_left_on(&found->clues);
    if (verdict == MAY_LEVEL_OFF || found->harmless)
        hf_drafts_note_early(out, found->clues.path_text, found->growth);
    if (verdict != GROWS && !found->harmless) {
        hf_clues_deinit(&found->clues);
        return NULL;
    }
    all->count++;
    return hf_clues_enter_place(&found->clues);
}

hf_err *hf_suspects_held(hf_case *c, hf_drafts *out)
{
    const hf_growth_row *threads = started_threads(c);
    size_t looked_at = c->growth.row_count < ROWS_LOOKED_AT ? c->growth.row_count : ROWS_LOOKED_AT;
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
        hf_err *err = consider(c, row, threads, &candidates, out);
        if (err)
            return err;
    }
    hf_candidates_find_companions(&candidates, c->growth.record_of);
    int64_t all = all_growth(c);
    for (size_t k = 0; k < candidates.count; k++) {
        const hf_candidate *found = &candidates.rows[k];
        hf_err *err = found->follows ? NULL : add_draft(c, found, all, out);
        if (err)
            return err;
    }
    return out->failed ? hf_fail_memory() : NULL;
}
