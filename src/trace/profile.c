/* trace/profile.c - see trace/profile.h. */
#include "trace/profile.h"

#include "base/cleanup.h"
#include "trace/frames.h"

#include <string.h>

bool hf_file_is_import(const char *file)
{
    static const char library[] = "/importlib/__init__.py";
    size_t length = strlen(file), end = sizeof(library) - 1;
    return strncmp(file, "<frozen importlib", 17) == 0 || strcmp(file, "<frozen zipimport>") == 0 ||
           (length > end && strcmp(file + length - end, library) == 0);
}

void hf_profile_deinit(hf_profile *p)
{
    free(p->frames);
    free(p->nodes);
    free(p->of);
    *p = (hf_profile){0};
}

void hf_profile_sums_deinit(hf_profile_sums *s)
{
    free(s->own);
    free(s->total);
    *s = (hf_profile_sums){0};
}

void hf_profile_choice_deinit(hf_profile_choice *choice)
{
    free(choice->nodes);
    *choice = (hf_profile_choice){0};
}

/* The node for a frame below `parent`, new or old; HF_NODE_NONE without memory. The
 * array has room. */
static uint32_t child_of(hf_profile *p, hf_map *children, uint32_t parent, uint32_t frame)
{
    uint64_t key = (uint64_t)parent << 32 | frame;
    uint32_t found = hf_map_get(children, key);
    if (found != HF_MAP_NONE)
        return found;
    found = (uint32_t)p->node_count;
    if (!hf_map_put(children, key, found))
        return HF_NODE_NONE;
    p->nodes[p->node_count++] = (hf_profile_node){parent, frame};
    return found;
}

hf_err *hf_profile_compute(const hf_capture *c, const hf_profile_options *options, hf_profile *ret)
{
    hf_map children HF_AUTO(hf_map_deinit) = {0};
    hf_frames frames HF_AUTO(hf_frames_deinit) = {0};
    hf_profile p HF_AUTO(hf_profile_deinit) = {.nodes =
                                                   malloc((c->node_count + 1) * sizeof(*p.nodes)),
                                               .of = malloc((c->node_count + 1) * sizeof(*p.of)),
                                               .of_count = c->node_count};
    if (!p.nodes || !p.of)
        return hf_fail_memory();
    hf_err *err = hf_frames_init(&frames, c, options);
    if (err)
        return err;
    p.nodes[p.node_count++] = (hf_profile_node){0, 0};
    for (size_t i = 0; i < c->node_count; i++) {
        const hf_node *n = &c->nodes[i];
        uint32_t parent = n->parent == HF_NODE_NONE ? 0 : p.of[n->parent], frame;
        if (!hf_frames_of(&frames, n, &frame))
            return hf_fail_memory();
        p.of[i] = frame ? child_of(&p, &children, parent, frame) : parent;
        if (p.of[i] == HF_NODE_NONE)
            return hf_fail_memory();
    }
    p.frames = hf_take(frames.rows);
    p.frame_count = frames.count;
    *ret = hf_take(p);
    return NULL;
}

hf_err *hf_profile_add_up(const hf_profile *p, const hf_count *counts, hf_profile_sums *ret)
{
    hf_profile_sums s HF_AUTO(hf_profile_sums_deinit) = {
        .own = calloc(p->node_count, sizeof(*s.own)),
        .total = malloc(p->node_count * sizeof(*s.total))};
    if (!s.own || !s.total)
        return hf_fail_memory();
    for (size_t i = 0; i < p->of_count; i++) {
        s.own[p->of[i]].bytes += counts[i].bytes;
        s.own[p->of[i]].blocks += counts[i].blocks;
    }
    memcpy(s.total, s.own, p->node_count * sizeof(*s.total));
    for (size_t i = p->node_count; i-- > 1;) {
        s.total[p->nodes[i].parent].bytes += s.total[i].bytes;
        s.total[p->nodes[i].parent].blocks += s.total[i].blocks;
    }
    *ret = hf_take(s);
    return NULL;
}

static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

/* Nodes above the threshold are shown, and so many that are just there: 0 and 0 where
 * all have room. */
static hf_err *find_threshold(const double *weights, size_t count, size_t most, double *ret,
                              size_t *ret_ties)
{
    HF_AUTO(hf_freep) double *sorted = malloc((count + 1) * sizeof(*sorted));
    if (!sorted)
        return hf_fail_memory();
    size_t kept = 0, above = 0;
    for (size_t i = 0; i < count; i++)
        if (weights[i] > 0)
            sorted[kept++] = weights[i];
    *ret = 0;
    *ret_ties = 0;
    if (kept <= most)
        return NULL;
    qsort(sorted, kept, sizeof(*sorted), descending);
    while (sorted[above] > sorted[most])
        above++;
    *ret = sorted[most];
    *ret_ties = most - above;
    return NULL;
}

hf_err *hf_profile_choose(const hf_profile *p, const double *weights, size_t most,
                          hf_profile_choice *ret)
{
    HF_AUTO(hf_freep) bool *chosen = calloc(p->node_count, sizeof(*chosen));
    HF_AUTO(hf_freep) uint32_t *nodes = malloc(p->node_count * sizeof(*nodes));
    hf_profile_choice choice = {0};
    if (!chosen || !nodes)
        return hf_fail_memory();
    size_t ties;
    hf_err *err = find_threshold(weights, p->node_count, most, &choice.threshold, &ties);
    if (err)
        return err;
    for (size_t i = 0; i < p->node_count; i++) {
        bool tie = i && weights[i] > 0 && weights[i] == choice.threshold && ties;
        bool well =
            i == 0 || ((weights[i] > choice.threshold || tie) && chosen[p->nodes[i].parent]);
        chosen[i] = well;
        ties -= tie && well;
        if (well)
            nodes[choice.count++] = (uint32_t)i;
        else
            choice.left_out += weights[i] > 0;
    }
    choice.nodes = hf_take(nodes);
    *ret = choice;
    return NULL;
}

/* Takes all other nodes away: what they have counts at the nearest caller that is left. */
static hf_err *keep(hf_profile *p, const hf_profile_choice *choice)
{
    HF_AUTO(hf_freep) uint32_t *numbers = malloc(p->node_count * sizeof(*numbers));
    if (!numbers)
        return hf_fail_memory();
    size_t kept = 0;
    for (uint32_t i = 0; i < p->node_count; i++) {
        uint32_t parent = i ? numbers[p->nodes[i].parent] : 0;
        numbers[i] = parent;
        if (kept < choice->count && choice->nodes[kept] == i) {
            numbers[i] = (uint32_t)kept;
            p->nodes[kept++] = (hf_profile_node){parent, p->nodes[i].frame};
        }
    }
    p->node_count = kept;
    for (size_t i = 0; i < p->of_count; i++)
        p->of[i] = numbers[p->of[i]];
    return NULL;
}

hf_err *hf_profile_cut(hf_profile *p, const hf_profile_sums *sums, size_t sum_count, size_t most,
                       hf_profile_choice *ret)
{
    HF_AUTO(hf_freep) double *weights = calloc(p->node_count, sizeof(*weights));
    hf_profile_choice choice HF_AUTO(hf_profile_choice_deinit) = {0};
    if (!weights)
        return hf_fail_memory();
    for (size_t m = 0; m < sum_count; m++)
        for (size_t i = 0; i < p->node_count; i++) {
            double all = (double)sums[m].total[0].bytes;
            double share = all > 0 ? (double)sums[m].total[i].bytes / all : 0;
            weights[i] = share > weights[i] ? share : weights[i];
        }
    hf_err *err = hf_profile_choose(p, weights, most, &choice);
    if (!err)
        err = keep(p, &choice);
    if (!err)
        *ret = hf_take(choice);
    return err;
}
