#include "analyse/path_find.h"

#include "analyse/path_writer.h"
#include "analyse/paths.h"
#include "base/array.h"
#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 4096, NEAREST = 3, NAME_MAX_BYTES = 64, STEPS_MAX = 50000000 };

/* One object on the way, with what has been written up to it. */
typedef struct place {
    uint32_t object;
    uint64_t edge, next; /* by which it was reached; the next of its own to look at */
    hf_path_writer writer;
    size_t matched; /* bytes of the path that are written */
} place;

typedef struct search {
    hf_graph *g;
    const char *path;
    size_t length;
    hf_buf text; /* of one step */
    place *places;
    size_t depth, capacity;
    hf_found_list found;
    place furthest; /* where most of the path was matched */
    bool has_furthest, failed;
    uint64_t steps;
} search;

static void add_found(search *s, hf_found row)
{
    for (size_t i = 0; i < s->found.count && i < 64; i++)
        if (s->found.rows[i].edge == row.edge && s->found.rows[i].root == row.root &&
            s->found.rows[i].object == row.object)
            return;
    if (!hf_array_room(&s->found.rows, s->found.count, &s->found.capacity)) {
        s->failed = true;
        return;
    }
    s->found.rows[s->found.count++] = row;
}

/* What was written is what comes next in the path. */
static bool goes_on(const search *s, size_t matched)
{
    return s->text.length <= s->length - matched &&
           !memcmp(s->path + matched, s->text.data ? (const char *)s->text.data : "",
                   s->text.length);
}

/* The path ends here, once what is due is written. */
static bool ends(search *s, const place *p)
{
    hf_path_writer writer = p->writer;
    hf_buf_clear(&s->text);
    hf_path_write_end(&writer);
    return p->matched + s->text.length == s->length && goes_on(s, p->matched);
}

static void push(search *s, place p, uint32_t root)
{
    if (!s->has_furthest || p.matched > s->furthest.matched) {
        s->furthest = p;
        s->has_furthest = true;
    }
    if (ends(s, &p))
        add_found(s, (hf_found){.object = p.object, .edge = p.edge, .root = root});
    if (s->depth == DEPTH_MAX)
        return;
    if (!hf_array_room(&s->places, s->depth, &s->capacity)) {
        s->failed = true;
        return;
    }
    p.next = s->g->edge_start[p.object];
    s->places[s->depth++] = p;
}

/* Writes the step over an edge; true where the path goes on so. Where that is `[*]`, every entry is
 * written like this. */
static bool try_step(search *s, const place *from, uint64_t e, place *ret)
{
    hf_path_writer writer = from->writer;
    writer.any = !strncmp(s->path + from->matched, "[*]", 3);
    hf_buf_clear(&s->text);
    hf_path_write_step(&writer, from->object, e);
    writer.any = false;
    if (s->text.failed || !goes_on(s, from->matched))
        return false;
    *ret = (place){.object = s->g->edge_target[e],
                   .edge = e,
                   .writer = writer,
                   .matched = from->matched + s->text.length};
    return true;
}

static void follow(search *s, place start, uint32_t root)
{
    const hf_graph *g = s->g;
    s->depth = 0;
    push(s, start, root);
    while (s->depth && !s->failed && s->steps < STEPS_MAX) {
        place *top = &s->places[s->depth - 1], next;
        if (top->next >= g->edge_start[top->object + 1] || top->matched == s->length) {
            s->depth--;
            continue;
        }
        uint64_t e = top->next++;
        s->steps++;
        if (hf_graph_holds(g, e) && try_step(s, top, e, &next))
            push(s, next, UINT32_MAX);
    }
}

static void from_roots(search *s)
{
    for (uint32_t i = 0; i < s->g->root_count; i++)
        for (int more = 0; more < 2; more++) {
            hf_path_writer writer = {.g = s->g, .out = &s->text, .function = HF_NO_OBJECT};
            hf_buf_clear(&s->text);
            hf_path_write_root(&writer, &s->g->roots[i], more);
            bool whole = s->text.length == s->length;
            if (s->text.failed || !goes_on(s, 0) ||
                (!more && !whole && s->g->roots[i].kind == HF_ROOT_LOCAL))
                continue;
            if (more && s->g->roots[i].kind != HF_ROOT_LOCAL)
                break; /* only locals are written in another way when steps follow */
            place start = {.object = s->g->roots[i].target,
                           .edge = UINT64_MAX,
                           .writer = writer,
                           .matched = s->text.length};
            follow(s, start, i);
        }
}

/* Whether a path to the object begins with it, as what C code has a reference to: what a root
 * reaches is told from there, whatever C code has beside. */
static bool begins_in_c(const hf_path_tree *tree, uint32_t object, hf_err **ret_err)
{
    hf_path path HF_AUTO(hf_path_deinit) = {0};
    *ret_err = hf_path_to(tree, object, &path);
    return !*ret_err && path.held_by_c && path.count == 1;
}

/* Callbacks and the like, as "held by C: shop.audit.Audit". */
static hf_err *from_c(search *s)
{
    if (strncmp(s->path, HF_PATH_HELD_BY_C, strlen(HF_PATH_HELD_BY_C)) != 0)
        return NULL;
    const hf_path_tree *tree = NULL;
    hf_err *err = hf_graph_reverse(s->g);
    err = err ? err : hf_path_tree_of(s->g, NULL, &tree);
    for (uint32_t i = 0; !err && i < s->g->object_count; i++) {
        if (!hf_graph_held_by_c(s->g, i) || !begins_in_c(tree, i, &err))
            continue;
        hf_path_writer writer = {.g = s->g, .out = &s->text, .function = HF_NO_OBJECT};
        hf_buf_clear(&s->text);
        hf_path_write_held_by_c(&writer, i);
        if (!s->text.failed && goes_on(s, 0))
            follow(
                s,
                (place){
                    .object = i, .edge = UINT64_MAX, .writer = writer, .matched = s->text.length},
                UINT32_MAX);
    }
    return err;
}

/* "0x7f31c2a41b80" at the beginning; false where the path has none. */
static bool from_address(search *s, hf_err **ret_err)
{
    if (strncmp(s->path, "0x", 2) != 0)
        return false;
    size_t digits = strspn(s->path + 2, "0123456789abcdefABCDEF");
    uint64_t address = strtoull(s->path, NULL, 16);
    uint32_t object = digits && digits <= 16 ? hf_graph_find(s->g, address) : HF_NO_OBJECT;
    if (object == HF_NO_OBJECT) {
        *ret_err = hf_fail(HF_ERR_NOT_FOUND, "no object is at %.*s", (int)digits + 2, s->path);
        return true;
    }
    place start = {.object = object,
                   .edge = UINT64_MAX,
                   .writer = {.g = s->g, .out = &s->text, .function = HF_NO_OBJECT},
                   .matched = digits + 2};
    follow(s, start, UINT32_MAX);
    return true;
}

/* ---- what there is instead ---- */

typedef struct near_name {
    char text[NAME_MAX_BYTES + 1];
    size_t distance;
} near_name;

/* Edits from one name to another, both cut to NAME_MAX_BYTES. */
static size_t edit_distance(const char *from, size_t length, const char *to)
{
    size_t row[NAME_MAX_BYTES + 1], width = strlen(to);
    for (size_t i = 0; i <= width; i++)
        row[i] = i;
    for (size_t i = 1; i <= length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t k = 1; k <= width; k++) {
            size_t best = diagonal + (from[i - 1] != to[k - 1]);
            diagonal = row[k];
            best = row[k] + 1 < best ? row[k] + 1 : best;
            best = row[k - 1] + 1 < best ? row[k - 1] + 1 : best;
            row[k] = best;
        }
    }
    return row[width];
}

static void consider(const search *s, const char *wanted, size_t length, near_name nearest[NEAREST])
{
    if (!s->text.length || s->text.length > NAME_MAX_BYTES)
        return;
    near_name one;
    memcpy(one.text, s->text.data, s->text.length);
    one.text[s->text.length] = 0;
    one.distance = edit_distance(wanted, length, one.text);
    for (size_t i = 0; i < NEAREST; i++) {
        if (!strcmp(nearest[i].text, one.text))
            return;
        if (one.distance >= nearest[i].distance)
            continue;
        memmove(&nearest[i + 1], &nearest[i], (NEAREST - 1 - i) * sizeof(*nearest));
        nearest[i] = one;
        return;
    }
}

/* Length of the first step of what is left of a path. */
static size_t step_length(const char *left)
{
    size_t first = *left != 0;
    size_t length = first + strcspn(left + first, *left == '[' ? "" : ".[");
    const char *closing = *left == '[' ? strchr(left, ']') : NULL;
    length = closing ? (size_t)(closing - left) + 1 : length;
    return length < NAME_MAX_BYTES ? length : NAME_MAX_BYTES;
}

/* Steps from a place; those that write nothing yet (`__dict__`) lead to more, `levels` deep. */
static void consider_steps(search *s, const place *at, const char *wanted, size_t length,
                           near_name nearest[NEAREST], int levels)
{
    const hf_graph *g = s->g;
    for (uint64_t e = g->edge_start[at->object]; e < g->edge_start[at->object + 1]; e++) {
        if (!hf_graph_holds(g, e))
            continue;
        place next = {.object = g->edge_target[e], .writer = at->writer};
        hf_buf_clear(&s->text);
        hf_path_write_step(&next.writer, at->object, e);
        if (!s->text.length && levels)
            consider_steps(s, &next, wanted, length, nearest, levels - 1);
        else
            consider(s, wanted, length, nearest);
    }
}

static void write_nearest(const near_name nearest[NEAREST], hf_buf *out)
{
    size_t said = 0;
    for (size_t i = 0; i < NEAREST; i++)
        if (*nearest[i].text)
            hf_buf_format(out, "%s%s", said++ ? ", " : "; nearest: ", nearest[i].text);
}

static hf_err *no_such_root(search *s)
{
    near_name nearest[NEAREST];
    for (size_t i = 0; i < NEAREST; i++)
        nearest[i] = (near_name){.distance = SIZE_MAX};
    size_t length = s->length < NAME_MAX_BYTES ? s->length : NAME_MAX_BYTES;
    for (uint32_t i = 0; i < s->g->root_count; i++) {
        hf_path_writer writer = {.g = s->g, .out = &s->text, .function = HF_NO_OBJECT};
        hf_buf_clear(&s->text);
        hf_path_write_root(&writer, &s->g->roots[i], false);
        size_t wanted = length < s->text.length ? length : s->text.length;
        consider(s, s->path, wanted, nearest);
    }
    hf_buf text HF_AUTO(hf_buf_deinit);
    hf_buf_init(&text, 0);
    write_nearest(nearest, &text);
    return hf_fail(HF_ERR_NOT_FOUND,
                   "no root begins '%s'%s; a path looks like module shop.pricing._quotes, or "
                   "0x7f31c2a41b80.lines",
                   s->path, hf_buf_string(&text));
}

static hf_err *no_such_step(search *s)
{
    const hf_graph *g = s->g;
    const place *at = &s->furthest;
    const char *left = s->path + at->matched;
    size_t length = step_length(left);
    near_name nearest[NEAREST];
    for (size_t i = 0; i < NEAREST; i++)
        nearest[i] = (near_name){.distance = SIZE_MAX};
    consider_steps(s, at, left, length, nearest, 1);
    hf_buf text HF_AUTO(hf_buf_deinit);
    hf_buf_init(&text, 0);
    write_nearest(nearest, &text);
    return hf_fail(HF_ERR_NOT_FOUND, "there is no '%.*s' in %.*s (a %s)%s", (int)length, left,
                   (int)at->matched, s->path, hf_graph_type_name(g, at->object),
                   hf_buf_string(&text));
}

/* *ret_begins: the path begins as some root does, or with an address. */
static hf_err *find(hf_graph *g, const char *path, hf_found_list *ret, bool *ret_begins)
{
    search s = {.g = g, .path = path, .length = strlen(path)};
    hf_buf_init(&s.text, 0);
    hf_err *err = NULL;
    if (!from_address(&s, &err)) {
        from_roots(&s);
        err = from_c(&s);
    }
    if (!err && (s.failed || s.text.failed))
        err = hf_fail_memory();
    *ret_begins = err || s.has_furthest;
    if (!err && !s.found.count)
        err = s.has_furthest ? no_such_step(&s) : no_such_root(&s);
    hf_buf_deinit(&s.text);
    free(s.places);
    if (err) {
        hf_found_list_deinit(&s.found);
        return err;
    }
    *ret = s.found;
    return NULL;
}

/* `shop.pricing._quotes`, as Python has it, is a module's where no root begins so. */
hf_err *hf_path_find(hf_graph *g, const char *path, hf_found_list *ret)
{
    bool begins;
    hf_err *err = find(g, path, ret, &begins);
    if (!err || begins)
        return err;
    hf_buf whole HF_AUTO(hf_buf_deinit);
    hf_buf_init(&whole, 0);
    hf_buf_format(&whole, "module %s", path);
    hf_err *other = find(g, hf_buf_string(&whole), ret, &begins);
    if (other && !begins) {
        hf_err_free(other);
        return err;
    }
    hf_err_free(err);
    return other;
}

void hf_found_list_deinit(hf_found_list *l)
{
    free(l->rows);
    *l = (hf_found_list){0};
}
