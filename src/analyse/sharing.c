#include "analyse/sharing.h"

#include "base/cleanup.h"
#include "base/map.h"

enum { MEMBERS_ASKED = 64, HOLDERS_ASKED = 64, LEVELS = 64 };

typedef struct search {
    const hf_clues *clues;
    hf_map frames; /* objects that locals of running frames are */
    hf_map votes;  /* object -> members that it holds, too */
    size_t asked, by_frames, most;
    uint32_t best;
} search;

static void search_deinit(search *s)
{
    hf_map_deinit(&s->frames);
    hf_map_deinit(&s->votes);
}

static bool note_frames(search *s)
{
    const hf_graph *g = s->clues->graph;
    for (uint32_t r = 0; r < g->root_count; r++) {
        bool local = g->roots[r].kind == HF_ROOT_LOCAL || g->roots[r].kind == HF_ROOT_THREAD;
        if (local && !hf_map_put(&s->frames, g->roots[r].target, 1))
            return false;
    }
    return true;
}

/* Whether two objects are of one type, and are kept by objects of one type. */
static bool are_alike(const hf_clues *c, uint32_t a, uint32_t b)
{
    const hf_dominators *d = c->dominators;
    uint32_t above = d->parent[a], beside = d->parent[b];
    if (c->graph->type[a] != c->graph->type[b] || above >= d->count || beside >= d->count)
        return false;
    return c->graph->type[above] == c->graph->type[beside];
}

/* Members that the one with most votes and those like it hold. */
static size_t votes_of_alike(const search *s)
{
    size_t sum = 0;
    for (size_t k = 0; k < s->votes.capacity; k++) {
        uint32_t count = s->votes.values[k];
        if (count != HF_MAP_NONE && are_alike(s->clues, (uint32_t)s->votes.keys[k], s->best))
            sum += count;
    }
    return sum;
}

static bool is_below_owner(const hf_clues *c, uint32_t object)
{
    for (int level = 0; level < LEVELS && object < c->dominators->count; level++) {
        if (object == c->owner)
            return true;
        object = c->dominators->parent[object];
    }
    return false;
}

static bool vote(search *s, uint32_t holder)
{
    uint32_t count = hf_map_increment(&s->votes, holder);
    if (count > s->most) {
        s->most = count;
        s->best = holder;
    }
    return count != 0;
}

static bool is_queued(const uint32_t *queue, size_t count, uint32_t object)
{
    for (size_t k = 0; k < count; k++)
        if (queue[k] == object)
            return true;
    return false;
}

/* Goes back from a member through newly born objects to the nearest holder that is none. */
static bool ask(search *s, uint32_t member)
{
    const hf_clues *c = s->clues;
    const hf_graph *g = c->graph;
    uint32_t queue[HOLDERS_ASKED] = {member};
    size_t count = 1;
    s->asked++;
    for (size_t head = 0; head < count; head++) {
        uint32_t object = queue[head];
        if (hf_map_get(&s->frames, object) != HF_MAP_NONE) {
            s->by_frames++;
            return true;
        }
        for (uint64_t k = g->source_start[object]; k < g->source_start[object + 1]; k++) {
            uint32_t source = g->source[k];
            if (is_below_owner(c, source))
                continue;
            if (hf_timeline_is_old(c->timeline, source))
                return vote(s, source);
            if (count < HOLDERS_ASKED && !is_queued(queue, count, source))
                queue[count++] = source;
        }
    }
    return true;
}

hf_err *hf_sharing_find(const hf_clues *c, hf_sharing *ret)
{
    HF_AUTO(search_deinit) search s = {.clues = c, .best = HF_NO_OBJECT};
    HF_AUTO(hf_map_deinit) hf_map seen;
    hf_map_init(&s.frames);
    hf_map_init(&s.votes);
    hf_map_init(&seen);
    const hf_graph *g = c->graph;
    *ret = (hf_sharing){.bytes = c->dominators->retained[c->owner], .other = HF_NO_OBJECT};
    bool ok = note_frames(&s);
    for (uint64_t e = g->edge_start[c->owner]; ok && e < g->edge_start[c->owner + 1]; e++) {
        uint32_t target = g->edge_target[e];
        bool is_new = !hf_timeline_is_old(c->timeline, target);
        bool key = hf_graph_kind(g, e) == HF_EDGE_KEY && c->member_type != UINT32_MAX;
        bool member = !key && (is_new || g->type[target] == c->member_type);
        if (!member || !hf_graph_holds(g, e) || c->dominators->parent[target] == c->owner ||
            hf_map_get(&seen, target) != HF_MAP_NONE)
            continue;
        ret->bytes += c->dominators->retained[target];
        ok = hf_map_put(&seen, target, 1);
        if (ok && is_new && s.asked < MEMBERS_ASKED)
            ok = ask(&s, target);
    }
    if (!ok)
        return hf_fail_memory();
    ret->frames = s.by_frames * 2 > s.asked;
    if (ret->frames || s.best == HF_NO_OBJECT)
        return NULL;
    ret->alike = s.most * 2 <= s.asked;
    if (!ret->alike || votes_of_alike(&s) * 2 > s.asked)
        ret->other = s.best;
    return NULL;
}
