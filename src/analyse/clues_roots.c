/* Newly born objects that no old object holds, but a frame, a thread, the interpreter's state or
 * the data of a binary: those of one kind of root together stand for an owner. */
#include "analyse/clues.h"

#include "base/cleanup.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

/* Locals of frames and fields of threads have different names for one mistake. */
static uint64_t group_of(const hf_root *root)
{
    bool by_name = root->kind != HF_ROOT_LOCAL && root->kind != HF_ROOT_THREAD;
    return (uint64_t)root->kind << 32 | (by_name ? root->name : 0);
}

typedef struct root_group {
    uint64_t key, bytes, largest_bytes;
    uint32_t largest, root; /* that holds it */
} root_group;

static bool is_top(const hf_clue_sources *from, uint32_t object)
{
    const hf_dominators *d = from->dominators;
    return !hf_timeline_is_old(from->timeline, object) && d->parent[object] >= d->count &&
           d->reach[object] == HF_REACH_ROOT;
}

/* The cache of attributes of types keeps the names that were looked up last, 4096 of them at most:
 * a visitor that makes names at run time fills it (Objects/typeobject.c, MCACHE_SIZE_EXP). */
static bool is_bounded(const hf_graph *g, const hf_root *root)
{
    return root->kind == HF_ROOT_INTERPRETER &&
           strcmp(hf_strtab_get(&g->names, root->name), "attribute cache") == 0;
}

static bool sum_groups(const hf_clue_sources *from, root_group *groups, size_t *ret_count)
{
    const hf_graph *g = from->timeline->last;
    HF_AUTO(hf_map_deinit) hf_map by_key;
    hf_map_init(&by_key);
    for (uint32_t r = 0; r < g->root_count; r++) {
        uint32_t object = g->roots[r].target;
        if (!is_top(from, object) || is_bounded(g, &g->roots[r]))
            continue;
        uint64_t key = group_of(&g->roots[r]), bytes = from->dominators->retained[object];
        uint32_t number = hf_map_get(&by_key, key);
        if (number == HF_MAP_NONE) {
            number = (uint32_t)(*ret_count)++;
            groups[number] = (root_group){.key = key};
            if (!hf_map_put(&by_key, key, number))
                return false;
        }
        root_group *group = &groups[number];
        group->bytes += bytes;
        if (bytes >= group->largest_bytes) {
            group->largest_bytes = bytes;
            group->largest = object;
            group->root = r;
        }
    }
    return true;
}

hf_err *hf_clues_pick_roots(const hf_clue_sources *from, uint32_t *ret_owner, uint32_t *ret_root,
                            uint32_t **ret_members, size_t *ret_count)
{
    const hf_graph *g = from->timeline->last;
    HF_AUTO(hf_freep) root_group *groups = calloc((size_t)g->root_count + 1, sizeof(*groups));
    uint32_t *members = malloc(((size_t)g->root_count + 1) * sizeof(*members));
    size_t group_count = 0, count = 0;
    if (!groups || !members || !sum_groups(from, groups, &group_count)) {
        free(members);
        return hf_fail_memory();
    }
    const root_group *best = NULL;
    for (size_t k = 0; k < group_count; k++)
        if (!best || groups[k].bytes > best->bytes)
            best = &groups[k];
    for (uint32_t r = 0; best && r < g->root_count; r++)
        if (group_of(&g->roots[r]) == best->key && is_top(from, g->roots[r].target))
            members[count++] = g->roots[r].target;
    *ret_owner = best ? best->largest : HF_NO_OBJECT;
    *ret_root = best ? best->root : UINT32_MAX;
    *ret_members = members;
    *ret_count = count;
    return NULL;
}
