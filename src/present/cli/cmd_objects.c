/* present/cli/cmd_objects.c - objects, path and retained: single objects, who holds them, and what
 * they hold. */
#include "analyse/path_find.h"
#include "analyse/paths.h"
#include "analyse/ranking.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "present/cli/looked.h"
#include "present/cli/options.h"
#include "present/cli/session.h"
#include "present/name.h"
#include "present/show.h"
#include "present/show_births.h"

#include <ctype.h>
#include <string.h>

hf_err *hf_path_string(hf_graph *graph, const hf_path_tree *tree, uint32_t object, char **ret)
{
    hf_path path HF_AUTO(hf_path_deinit) = {0};
    hf_err *err = hf_path_to(tree, object, &path);
    if (err)
        return err;
    hf_buf text HF_AUTO(hf_buf_deinit) = {0};
    if (path.count)
        err = hf_path_text(graph, &path, &text);
    if (err)
        return err;
    char *copy = strdup(hf_buf_string(&text));
    if (!copy)
        return hf_fail_memory();
    *ret = copy;
    return NULL;
}

static hf_rank_key key_named(const char *word)
{
    if (word && strcmp(word, "size") == 0)
        return HF_RANK_SHALLOW;
    return word && strcmp(word, "length") == 0 ? HF_RANK_LENGTH : HF_RANK_RETAINED;
}

static hf_err *no_such_object(uint64_t address)
{
    return hf_fail(HF_ERR_NOT_FOUND, "no object is at %s", hf_format_address(address).text);
}

/* A time as the command line has it. */
typedef struct moment {
    bool after_start;  /* of the tracing; else before the snapshot */
    uint64_t distance; /* ns */
} moment;

static hf_err *parse_moment(const hf_arguments *a, moment *ret)
{
    static const char start[] = "start+";
    moment m = {.after_start = strncmp(a->born_since, start, strlen(start)) == 0};
    double seconds;
    if (!hf_parse_duration(a->born_since + (m.after_start ? strlen(start) : 0), &seconds))
        return hf_fail(
            HF_ERR_USAGE,
            "objects: --born-since needs a time like 30s, 5m or start+30s, above 0 and up to 30 "
            "days, not '%s'",
            a->born_since);
    if (a->address)
        return hf_fail(HF_ERR_USAGE, "objects takes either --address or --born-since");
    m.distance = (uint64_t)(seconds * 1e9);
    *ret = m;
    return NULL;
}

/* What was born since then; *ret_seconds: so long before the snapshot. */
static hf_err *find_born(const hf_arguments *a, const hf_graph *g, const moment *m, hf_born *ret,
                         double *ret_seconds)
{
    if (!hf_births_known(g))
        return hf_fail(HF_ERR_NOT_FOUND,
                       "process %d did not note when it allocates: that takes 'holdfast run'",
                       (int)g->info.pid);
    uint64_t now = g->info.freeze.taken_at, start = g->info.check.births_start;
    uint64_t since = m->after_start      ? start + m->distance
                     : m->distance < now ? now - m->distance
                                         : 0;
    if (since > now)
        return hf_fail(HF_ERR_USAGE, "objects: '%s' is after the snapshot", a->born_since);
    *ret_seconds = (double)(now - since) / 1e9;
    hf_filter filter = {.type = a->type, .module = a->module};
    return hf_born_compute(g, &filter, since, ret);
}

/* The objects that the command line asks for. */
static hf_err *choose(const hf_arguments *a, const hf_looked *l, const hf_born *born,
                      hf_ranking *ret)
{
    hf_rank_query query = {.filter = {.type = a->type, .module = a->module},
                           .chosen = born->chosen,
                           .key = key_named(a->sort),
                           .top = a->top ? a->top : 20};
    if (!a->address)
        return hf_ranking_compute(l->graph, l->dominators, &query, ret);
    uint32_t object = hf_graph_find(l->graph, a->address);
    if (object == HF_NO_OBJECT)
        return no_such_object(a->address);
    uint32_t *objects = malloc(sizeof(*objects));
    if (!objects)
        return hf_fail_memory();
    *objects = object;
    *ret = (hf_ranking){.objects = objects, .count = 1, .matching = 1};
    return NULL;
}

typedef struct object_rows {
    hf_object_row *rows;
    size_t count;
} object_rows;

static void free_rows(object_rows *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->rows[i].path);
    free(r->rows);
}

hf_err *hf_cmd_objects(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    HF_AUTO(hf_looked_deinit) hf_looked l = {0};
    hf_ranking chosen HF_AUTO(hf_ranking_deinit) = {0};
    hf_born born HF_AUTO(hf_born_deinit) = {0};
    moment since = {0};
    double seconds = 0;
    hf_err *err = a->born_since ? parse_moment(a, &since) : NULL;
    if (!err)
        err = hf_look(s, &l);
    if (!err && a->born_since)
        err = find_born(a, l.graph, &since, &born, &seconds);
    if (!err)
        err = choose(a, &l, &born, &chosen);
    if (err)
        return err;
    hf_born_view born_view = {
        .graph = l.graph, .born = &born, .seconds = seconds, .top = a->top ? a->top : 20};
    HF_AUTO(free_rows) object_rows rows = {.rows = calloc(chosen.count + 1, sizeof(*rows.rows))};
    if (!rows.rows)
        return hf_fail_memory();
    for (; rows.count < chosen.count; rows.count++) {
        hf_object_row *row = &rows.rows[rows.count];
        row->object = chosen.objects[rows.count];
        err = hf_path_string(l.graph, l.tree, row->object, &row->path);
        if (err)
            return err;
    }
    hf_objects_view view = {.graph = l.graph,
                            .dominators = l.dominators,
                            .rows = rows.rows,
                            .count = rows.count,
                            .matching = chosen.matching,
                            .born = a->born_since ? &born_view : NULL};
    if (s->text)
        hf_show_objects_text(s->text, &view);
    if (s->json)
        hf_show_objects_json(s->json, &view);
    return NULL;
}

/* By its address, or by a path, which need not be the shortest. */
static hf_err *find_named(const hf_looked *l, const char *name, uint32_t *ret)
{
    uint64_t address;
    if (hf_parse_address(name, &address)) {
        *ret = hf_graph_find(l->graph, address);
        return *ret == HF_NO_OBJECT ? no_such_object(address) : NULL;
    }
    hf_found_list found HF_AUTO(hf_found_list_deinit) = {0};
    hf_err *err = hf_path_find(l->graph, name, &found);
    *ret = err ? HF_NO_OBJECT : found.rows[0].object;
    return err;
}

/* The object whose path is asked for, or the largest of a type. */
static hf_err *find_subject(const hf_arguments *a, const hf_looked *l, uint32_t *ret)
{
    if (!a->type)
        return find_named(l, a->operands[1], ret);
    hf_rank_query query = {.filter = {.type = a->type}, .top = 1};
    hf_ranking chosen HF_AUTO(hf_ranking_deinit) = {0};
    hf_err *err = hf_ranking_compute(l->graph, l->dominators, &query, &chosen);
    if (err)
        return err;
    if (!chosen.count)
        return hf_fail(HF_ERR_NOT_FOUND, "no object is of a type that matches '%s'", a->type);
    *ret = chosen.objects[0];
    return NULL;
}

hf_err *hf_cmd_path(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    if ((a->operand_count == 2) == (a->type != NULL))
        return hf_fail(HF_ERR_USAGE, "path needs either an OBJECT or --type PATTERN");
    if (!a->type && strncmp(a->operands[1], "0x", 2) == 0 &&
        !isxdigit((unsigned char)a->operands[1][2]))
        return hf_fail(HF_ERR_USAGE, "path: '%s' is no address; one looks like 0x7f31c2a41b80",
                       a->operands[1]);
    HF_AUTO(hf_looked_deinit) hf_looked l = {0};
    hf_err *err = hf_look(s, &l);
    uint32_t object = HF_NO_OBJECT;
    if (!err)
        err = find_subject(a, &l, &object);
    if (err)
        return err;
    hf_path path HF_AUTO(hf_path_deinit) = {0};
    HF_AUTO(hf_freep) char *text = NULL;
    err = hf_path_to(l.tree, object, &path);
    if (!err)
        err = hf_path_string(l.graph, l.tree, object, &text);
    if (err)
        return err;
    hf_path_view view = {.graph = l.graph,
                         .dominators = l.dominators,
                         .object = object,
                         .path = &path,
                         .text = text};
    if (s->text)
        hf_show_path_text(s->text, &view);
    if (s->json)
        hf_show_path_json(s->json, &view);
    return NULL;
}

enum { TREE_ROWS_MAX = 2000, TREE_BRANCHES = 6, TREE_LEAST_SHARE = 20 };

typedef struct holder_rows {
    hf_holder_row *rows;
    size_t count, capacity;
} holder_rows;

static void free_holders(holder_rows *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->rows[i].path);
    free(r->rows);
}

/* Takes `path` over, also on failure. */
static hf_err *add_holder(holder_rows *r, uint32_t object, unsigned depth, char *path)
{
    if (!hf_array_room(&r->rows, r->count, &r->capacity)) {
        free(path);
        return hf_fail_memory();
    }
    r->rows[r->count++] = (hf_holder_row){.object = object, .depth = depth, .path = path};
    return path ? NULL : hf_fail_memory();
}

/* How `holder` itself names `object`; "" where it does not refer to it directly. */
static char *name_below(hf_graph *g, uint32_t holder, uint32_t object)
{
    hf_buf name HF_AUTO(hf_buf_deinit) = {0};
    for (uint64_t e = g->edge_start[holder]; e < g->edge_start[holder + 1]; e++)
        if (g->edge_target[e] == object && hf_graph_holds(g, e)) {
            hf_name_edge(g, e, &name);
            break;
        }
    return strdup(hf_buf_string(&name));
}

/* What row `at` holds, down to `depth` levels; rows are in the order of reading. */
static hf_err *add_tree(const hf_looked *l, holder_rows *r, size_t at, unsigned depth)
{
    uint32_t holder = r->rows[at].object;
    unsigned level = r->rows[at].depth + 1;
    if (level > depth || r->count >= TREE_ROWS_MAX)
        return NULL;
    hf_ranking below HF_AUTO(hf_ranking_deinit) = {0};
    uint64_t least = l->dominators->retained[holder] / TREE_LEAST_SHARE;
    hf_err *err = hf_ranking_dominated(l->graph, l->dominators, holder, least ? least : 1,
                                       TREE_BRANCHES, &below);
    for (size_t i = 0; !err && i < below.count; i++) {
        size_t row = r->count;
        err =
            add_holder(r, below.objects[i], level, name_below(l->graph, holder, below.objects[i]));
        if (!err)
            err = add_tree(l, r, row, depth);
    }
    return err;
}

/* The trees start at what nothing dominates, the list at where memory comes together. */
static hf_err *find_holders(const hf_arguments *a, const hf_looked *l, holder_rows *rows)
{
    hf_rank_query query = {.filter = {.type = a->type, .module = a->module},
                           .holders_only = !a->tree,
                           .top = a->top    ? a->top
                                  : a->tree ? 5
                                            : 20};
    hf_ranking holders HF_AUTO(hf_ranking_deinit) = {0};
    hf_err *err;
    if (a->tree && !a->type && !a->module)
        err = hf_ranking_dominated(l->graph, l->dominators, HF_DOMINATED_BY_ROOT, 1, query.top,
                                   &holders);
    else
        err = hf_ranking_compute(l->graph, l->dominators, &query, &holders);
    for (size_t i = 0; !err && i < holders.count; i++) {
        char *path = NULL;
        size_t row = rows->count;
        err = hf_path_string(l->graph, l->tree, holders.objects[i], &path);
        if (!err)
            err = add_holder(rows, holders.objects[i], 0, path);
        if (!err && a->tree)
            err = add_tree(l, rows, row, a->tree < 64 ? (unsigned)a->tree : 64);
    }
    return err;
}

hf_err *hf_cmd_retained(hf_session *s)
{
    HF_AUTO(hf_looked_deinit) hf_looked l = {0};
    hf_err *err = hf_look(s, &l);
    HF_AUTO(free_holders) holder_rows rows = {0};
    if (!err)
        err = find_holders(s->arguments, &l, &rows);
    if (err)
        return err;
    hf_retained_view view = {.graph = l.graph,
                             .dominators = l.dominators,
                             .rows = rows.rows,
                             .count = rows.count,
                             .heap_bytes = l.heap_bytes,
                             .tree = s->arguments->tree};
    if (s->text)
        hf_show_retained_text(s->text, &view);
    if (s->json)
        hf_show_retained_json(s->json, &view);
    return NULL;
}
