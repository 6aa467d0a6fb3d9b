#include "analyse/alike.h"

#include "analyse/shape.h"
#include "analyse/signature.h"
#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

static hf_signature signature_of(const hf_candidate *candidate)
{
    const hf_clues *c = &candidate->clues;
    hf_suspect told = {.path = c->path_text,
                       .type = hf_graph_type_name(c->graph, c->owner),
                       .pattern = hf_candidate_pattern(candidate)};
    return hf_signature_of(&told);
}

/* Whether two paths lead from step k on through objects of the same types, and through the same
 * items of records. The signature says what else is to be equal: attributes by name. */
static bool go_on_alike(const hf_graph *g, const hf_path *p, const hf_path *q, size_t k)
{
    for (size_t j = k; j < p->count; j++) {
        if (g->type[p->steps[j].object] != g->type[q->steps[j].object])
            return false;
        bool of_record = j > k && hf_shape_is_record(g, p->steps[j - 1].object);
        if (of_record && g->edge_label[p->steps[j].edge] != g->edge_label[q->steps[j].edge])
            return false;
    }
    return true;
}

/* The step with which two paths go to different entries of one collection, and on alike; 0 where
 * they part elsewhere, or otherwise. Modules have nothing to do with each other, although one dict
 * holds them all. */
static size_t step_apart(const hf_clues *a, const hf_clues *b)
{
    const hf_graph *g = a->graph;
    const hf_path *p = &a->path, *q = &b->path;
    size_t k = 0;
    if (p->root != q->root || p->count != q->count)
        return 0;
    while (k < p->count && p->steps[k].object == q->steps[k].object)
        k++;
    if (k == 0 || k == p->count)
        return 0;
    uint32_t holder = p->steps[k - 1].object;
    bool entries = !hf_shape_is_record(g, holder) &&
                   !hf_graph_is(g, p->steps[k].object, "module") &&
                   hf_shape_is_entry(g, holder, p->steps[k].edge) &&
                   hf_shape_is_entry(g, holder, q->steps[k].edge);
    return entries && go_on_alike(g, p, q, k) ? k : 0;
}

/* What the one owner grew by that a path would name. */
static int64_t growth_of_one(const hf_candidate *candidate)
{
    const hf_growth_row *row = candidate->clues.row;
    return row->owners > 1 ? row->owner_net : candidate->growth;
}

/* Of two, chance makes one the larger: it has to be twice the other. Of more, it has to be larger
 * than all others. */
static bool stands_out(int64_t largest, int64_t all, size_t members)
{
    int64_t others = all - largest;
    return members == 2 ? largest / 2 >= others : largest > others;
}

/* Takes those out of group `number` that stand out from the rest of it, the largest first; who is
 * left alone, too. */
static void release_those_that_stand_out(hf_candidates *c, size_t number)
{
    for (;;) {
        hf_candidate *largest = NULL;
        int64_t all = 0;
        size_t members = 0;
        for (size_t k = 0; k < c->count; k++) {
            hf_candidate *one = &c->rows[k];
            if (one->alike != number)
                continue;
            members++;
            all += one->growth;
            if (!largest || growth_of_one(one) > growth_of_one(largest))
                largest = one;
        }
        if (!largest || (members > 1 && !stands_out(growth_of_one(largest), all, members)))
            return;
        largest->alike = 0;
    }
}

hf_err *hf_candidates_find_alike(hf_candidates *c)
{
    HF_AUTO(hf_freep) hf_signature *signatures = calloc(c->count + 1, sizeof(*signatures));
    if (!signatures)
        return hf_fail_memory();
    for (size_t k = 0; k < c->count; k++)
        signatures[k] = signature_of(&c->rows[k]);
    for (size_t k = 0; k < c->count; k++) {
        hf_candidate *first = &c->rows[k];
        if (first->alike || first->harmless)
            continue;
        for (size_t j = k + 1; j < c->count; j++) {
            hf_candidate *other = &c->rows[j];
            if (other->alike || other->harmless || !step_apart(&first->clues, &other->clues) ||
                strcmp(signatures[j].text, signatures[k].text) != 0)
                continue;
            first->alike = other->alike = k + 1;
        }
        if (first->alike == k + 1)
            release_those_that_stand_out(c, k + 1);
    }
    return NULL;
}

uint64_t hf_candidate_retained(const hf_candidate *candidate)
{
    const hf_clues *c = &candidate->clues;
    const hf_growth_row *row = c->row;
    if (row->owners == 1)
        return c->dominators->retained[c->owner];
    /* Of many alike some may hold others: their collection has the sum of them without those
     * twice. */
    bool below =
        row->collection != HF_NO_OBJECT && hf_dominates(c->dominators, row->collection, c->owner);
    uint64_t most = below ? c->dominators->retained[row->collection] : row->retained;
    return row->retained < most ? row->retained : most;
}

static void add(hf_candidate *told, const hf_candidate *other)
{
    const hf_growth_row *row = other->clues.row;
    uint64_t retained = hf_candidate_retained(other), growth = (uint64_t)other->growth;
    told->others.owners += row->owners;
    told->others.growth += other->growth;
    told->others.born_objects += row->born_objects;
    told->others.died_objects += row->died_objects;
    told->others.retained += retained > growth ? retained : growth;
    size_t apart = step_apart(&told->clues, &other->clues);
    hf_path *path = &told->clues.path;
    if (apart && (path->any_from == 0 || apart < path->any_from))
        path->any_from = apart;
}

static hf_err *write_path(hf_clues *c)
{
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    hf_err *err = hf_path_text(c->graph, &c->path, &text);
    if (err)
        return err;
    char *path = strdup(hf_buf_string(&text));
    if (!path)
        return hf_fail_memory();
    free(c->path_text);
    c->path_text = path;
    return NULL;
}

static hf_err *join_group(hf_candidates *c, size_t number)
{
    hf_candidate *told = NULL;
    for (size_t k = 0; k < c->count; k++) {
        hf_candidate *one = &c->rows[k];
        if (one->alike == number && !one->follows && (!told || one->growth > told->growth))
            told = one;
    }
    for (size_t k = 0; told && k < c->count; k++) {
        hf_candidate *one = &c->rows[k];
        if (one == told || one->alike != number || one->follows)
            continue;
        add(told, one);
        one->follows = true;
    }
    return told && told->others.owners ? write_path(&told->clues) : NULL;
}

hf_err *hf_candidates_join_alike(hf_candidates *c)
{
    for (size_t number = 1; number <= c->count; number++) {
        hf_err *err = join_group(c, number);
        if (err)
            return err;
    }
    return NULL;
}
