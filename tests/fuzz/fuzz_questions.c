/* What the commands with a question of their own find in a snapshot from a stranger.
 * (made_snapshot.h says what the input is.) */
#include "analyse/caches.h"
#include "analyse/collecting.h"
#include "analyse/cycles.h"
#include "analyse/duplicates.h"
#include "analyse/memory.h"
#include "analyse/path_find.h"
#include "analyse/paths.h"
#include "analyse/refcounts.h"
#include "analyse/slots.h"
#include "analyse/tasks.h"
#include "analyse/threads.h"
#include "analyse/what_if.h"
#include "made_snapshot.h"

enum { OBJECTS_ASKED = 64, PATHS_ASKED = 8 };

static void ask_collector(hf_graph *g, const hf_dominators *d)
{
    hf_collecting judged = {0};
    hf_cycles waiting = {0}, live = {0};
    hf_err_free(hf_collecting_judge(g, &judged));
    hf_err_free(hf_cycles_find(g, d, &judged.would_free, false, &waiting));
    hf_err_free(hf_cycles_find(g, d, &judged.would_free, true, &live));
    hf_cycles_deinit(&waiting);
    hf_cycles_deinit(&live);
    hf_collecting_deinit(&judged);
}

static void ask_holders(hf_graph *g, const hf_dominators *d)
{
    enum { CACHE_BOUND = 100, INSTANCES_LEAST = 1 };
    hf_caches caches = {0};
    hf_tasks tasks = {0};
    hf_threads threads = {0};
    hf_slots slots = {0};
    hf_duplicates duplicates = {0};
    hf_err_free(hf_caches_find(g, d, CACHE_BOUND, &caches));
    hf_err_free(hf_tasks_find(g, d, &tasks));
    hf_err_free(hf_threads_tell(g, d, &threads));
    hf_err_free(hf_slots_find(g, d, INSTANCES_LEAST, &slots));
    hf_err_free(hf_duplicates_find(g, &duplicates));
    for (size_t i = 0; i < tasks.count; i++) {
        hf_awaits awaits;
        hf_awaits_follow(g, tasks.roles, tasks.rows[i].object, &awaits);
    }
    hf_caches_deinit(&caches);
    hf_tasks_deinit(&tasks);
    hf_threads_deinit(&threads);
    hf_slots_deinit(&slots);
    hf_duplicates_deinit(&duplicates);
}

static void ask_numbers(hf_graph *g, const hf_dominators *d)
{
    hf_refcounts refcounts = {0};
    hf_refcount_balance balance;
    hf_memory_report memory = {0};
    hf_err_free(hf_refcounts_find(g, d, NULL, true, &refcounts));
    for (uint32_t o = 0; o < g->object_count && o < OBJECTS_ASKED; o++)
        hf_err_free(hf_refcounts_of(g, d, o, &balance));
    if (g->memory.measured)
        hf_err_free(hf_memory_explain(g, d, &memory));
    hf_refcounts_deinit(&refcounts);
    hf_memory_report_deinit(&memory);
}

/* The path of each object is looked up, cut, and asked for again. */
static void ask_what_if(hf_graph *g, const hf_path_tree *t, uint32_t object)
{
    hf_path path = {0};
    hf_buf text = {0};
    hf_found_list found = {0};
    hf_cuts cuts = {0};
    hf_what_if result = {0};
    char *other = NULL;
    hf_err *err = hf_path_to(t, object, &path);
    if (!err)
        err = hf_path_text(g, &path, &text);
    if (!err)
        err = hf_path_find(g, hf_buf_string(&text), &found);
    if (!err)
        err = hf_cuts_init(g, &cuts);
    for (size_t i = 0; !err && i < found.count; i++)
        hf_cuts_add(&cuts, &found.rows[i]);
    if (!err)
        err = hf_what_if_compute(g, &cuts, &result);
    if (!err)
        err = hf_what_if_other_path(g, &cuts, object, &other);
    hf_err_free(err);
    free(other);
    hf_what_if_deinit(&result);
    hf_cuts_deinit(&cuts);
    hf_found_list_deinit(&found);
    hf_buf_deinit(&text);
    hf_path_deinit(&path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hf_cursor input = hf_cursor_over(data, size);
    hf_graph *g = read_snapshot(&input, NULL);
    if (!g)
        return 0;
    hf_dominators *d = NULL;
    hf_path_tree *t = NULL;
    hf_err_free(hf_dominators_compute(g, &d));
    hf_err_free(hf_path_tree_build(g, &t));
    assert(d && t);
    ask_collector(g, d);
    ask_holders(g, d);
    ask_numbers(g, d);
    for (uint32_t o = 0; o < g->object_count && o < PATHS_ASKED; o++)
        ask_what_if(g, t, o);
    hf_path_tree_free(t);
    hf_dominators_free(d);
    hf_graph_free(g);
    return 0;
}
