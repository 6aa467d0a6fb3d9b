/* present/cli/changes.c - see present/cli/changes.h. */
#include "present/cli/changes.h"

#include "base/cleanup.h"
#include "base/map.h"
#include "present/cli/session.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* Rows of types carry a title only: the module is what stands before the last dot. */
static bool accepts_title(const hf_filter *filter, const char *title)
{
    if (filter->type && fnmatch(filter->type, title, 0))
        return false;
    if (!filter->module)
        return true;
    const char *dot = strrchr(title, '.');
    char module[256];
    snprintf(module, sizeof(module), "%.*s", dot ? (int)(dot - title) : 8,
             dot ? title : "builtins");
    return fnmatch(filter->module, module, 0) == 0;
}

static void choose_types(hf_changes *c, const hf_changes_options *o)
{
    for (size_t i = 0; i < c->difference.type_count && c->view.type_count < o->top; i++) {
        const hf_difference_row *row = &c->difference.types[i];
        bool changed = row->bytes || row->objects || row->born || row->died;
        if (changed && accepts_title(&o->filter, row->title) && (!o->grown_only || row->bytes > 0))
            c->types[c->view.type_count++] = i;
    }
}

/* Bytes of all types that grew. */
static int64_t all_grown(const hf_difference *d)
{
    int64_t sum = 0;
    for (size_t i = 0; i < d->type_count; i++)
        sum += d->types[i].bytes > 0 ? d->types[i].bytes : 0;
    return sum;
}

/* Rows come most grown first; beside a large one the small ones are noise, and so are those that
 * say nothing of what grew. */
static bool has_grown(const hf_changes *c, const hf_container_row *row, int64_t all)
{
    return row->length > 0 && row->retained > 0 &&
           row->retained >= c->difference.containers[0].retained / 100 &&
           row->retained >= all / 200;
}

/* From each container to its row. */
static bool number_rows(const hf_difference *d, hf_map *ret)
{
    for (size_t i = 0; i < d->container_count; i++)
        if (!hf_map_put(ret, d->containers[i].new_object, (uint32_t)i))
            return false;
    return true;
}

static bool has_as_field(const hf_graph *g, uint32_t outer, uint32_t inner)
{
    for (uint64_t e = g->edge_start[outer]; e < g->edge_start[outer + 1]; e++)
        if (g->edge_target[e] == inner && hf_graph_kind(g, e) == HF_EDGE_FIELD)
            return true;
    return false;
}

/* The table within a container (`price.cache` of a function with lru_cache()), which grew by the
 * same entries. What is one of its values is another thing. */
static bool is_inner(const hf_changes *c, const hf_dominators *d, const hf_map *rows,
                     const hf_container_row *row)
{
    uint32_t outer = hf_map_get(rows, d->parent[row->new_object]);
    return outer != HF_MAP_NONE && c->difference.containers[outer].length == row->length &&
           has_as_field(c->view.new_graph, d->parent[row->new_object], row->new_object);
}

static hf_err *choose_containers(hf_changes *c, const hf_changes_options *o,
                                 const hf_path_tree *tree, const hf_dominators *dominators)
{
    hf_graph *g = c->view.new_graph;
    HF_AUTO(hf_map_deinit) hf_map rows;
    hf_map_init(&rows);
    int64_t all = o->grown_only ? all_grown(&c->difference) : 0;
    if (o->grown_only && !number_rows(&c->difference, &rows))
        return hf_fail_memory();
    for (size_t i = 0; i < c->difference.container_count && c->view.container_count < o->top; i++) {
        const hf_container_row *row = &c->difference.containers[i];
        if (!hf_filter_accepts(g, &o->filter, g->type[row->new_object]) ||
            (o->grown_only && (!has_grown(c, row, all) || is_inner(c, dominators, &rows, row))))
            continue;
        hf_err *err = hf_path_string(g, tree, row->new_object, &c->paths[c->view.container_count]);
        if (err)
            return err;
        c->containers[c->view.container_count++] = i;
    }
    return NULL;
}

/* Rows come most grown first, so that what grew is a run from the start. */
static hf_err *choose_lines(hf_changes *c, const hf_changes_options *o, const hf_graph *old_graph,
                            const hf_graph *new_graph)
{
    hf_err *err = hf_lines_compare(old_graph, new_graph, &c->lines);
    if (err)
        return err;
    c->view.lines_known = hf_lines_known(old_graph) && hf_lines_known(new_graph);
    size_t count = c->lines.count < o->top ? c->lines.count : (size_t)o->top;
    while (o->grown_only && count && c->lines.rows[count - 1].bytes <= 0)
        count--;
    c->view.line_count = o->filter.type || o->filter.module ? 0 : count;
    return NULL;
}

static hf_memory_moment moment_of(const hf_graph *g, const hf_dominators *d)
{
    hf_memory_moment moment = {.memory = &g->memory};
    hf_memory_shares(&g->memory, d->garbage_bytes, d->c_held_bytes, moment.shares);
    return moment;
}

/* Of the whole process, so that it says nothing to who asks for some objects. */
static void compare_memory(hf_changes *c, const hf_changes_options *o, const hf_dominators *before,
                           const hf_dominators *now)
{
    const hf_graph *older = c->view.old_graph, *newer = c->view.new_graph;
    if (o->grown_only || o->filter.type || o->filter.module || !older->memory.measured ||
        !newer->memory.measured)
        return;
    c->view.memory_known = true;
    c->view.memory_before = moment_of(older, before);
    c->view.memory_now = moment_of(newer, now);
}

hf_err *hf_changes_compute(hf_graph *old_graph, const hf_dominators *old_dominators,
                           hf_graph *new_graph, const hf_dominators *new_dominators,
                           const hf_changes_options *options, hf_changes *ret)
{
    hf_changes c HF_AUTO(hf_changes_deinit) = {0};
    hf_err *err =
        hf_difference_compute(old_graph, old_dominators, new_graph, new_dominators, &c.difference);
    if (err)
        return err;
    const hf_path_tree *tree = NULL;
    err = hf_path_tree_of(new_graph, NULL, &tree);
    if (err)
        return err;
    c.types = calloc(c.difference.type_count + 1, sizeof(*c.types));
    c.containers = calloc(c.difference.container_count + 1, sizeof(*c.containers));
    c.paths = calloc(c.difference.container_count + 1, sizeof(*c.paths));
    if (!c.types || !c.containers || !c.paths)
        return hf_fail_memory();
    c.view = (hf_difference_view){.old_graph = old_graph, .new_graph = new_graph};
    choose_types(&c, options);
    compare_memory(&c, options, old_dominators, new_dominators);
    err = choose_containers(&c, options, tree, new_dominators);
    if (!err)
        err = choose_lines(&c, options, old_graph, new_graph);
    if (err)
        return err;
    *ret = c;
    /* The view points into *ret, wherever the caller keeps it. */
    ret->view.difference = &ret->difference;
    ret->view.types = ret->types;
    ret->view.containers = ret->containers;
    ret->view.container_paths = ret->paths;
    ret->view.lines = ret->lines.rows;
    c = (hf_changes){0};
    return NULL;
}

void hf_changes_deinit(hf_changes *c)
{
    for (size_t i = 0; i < c->view.container_count; i++)
        free(c->paths[i]);
    free(c->paths);
    free(c->types);
    free(c->containers);
    hf_difference_deinit(&c->difference);
    hf_line_changes_deinit(&c->lines);
    *c = (hf_changes){0};
}
