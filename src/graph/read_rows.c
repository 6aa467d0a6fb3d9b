#include "graph/column.h"
#include "graph/predict.h"
#include "graph/read.h"
#include "graph/workers.h"

#include <assert.h>
#include <stdlib.h>

/* The big columns, unpacked a block at a time by all processors: each block knows its rows, and
 * its predictions start from nothing. */

typedef struct worker {
    const hf_reader *r;
    hf_unpacker u;
    hf_type_state *type_state;
    hf_edge_state *edge_state;
} worker;

static hf_err *enter(void *context, void **ret_state)
{
    hf_reader *r = context;
    worker *w = calloc(1, sizeof(*w));
    if (!w)
        return hf_fail_memory();
    *ret_state = w;
    w->r = r;
    w->type_state = calloc((size_t)r->graph->type_count + 1, sizeof(*w->type_state));
    w->edge_state = calloc(1, sizeof(*w->edge_state));
    bool ready = hf_unpacker_init(&w->u);
    return ready && w->type_state && w->edge_state ? NULL : hf_fail_memory();
}

static void leave(void *state)
{
    worker *w = state;
    if (!w)
        return;
    hf_unpacker_deinit(&w->u);
    free(w->type_state);
    free(w->edge_state);
    free(w);
}

/* Row by row through a sparse column. */
typedef struct sparse {
    hf_cursor *c;
    uint64_t next; /* row + 1 of the next number; 0: none */
    bool bad;
} sparse;

static void sparse_step(sparse *s)
{
    if (!hf_cursor_left(s->c)) {
        s->next = 0;
        return;
    }
    uint64_t gap = hf_cursor_varint(s->c);
    s->bad |= gap == 0 || gap > HF_OBJECT_ROWS;
    s->next = s->bad ? 0 : s->next + gap;
}

static sparse sparse_begin(hf_cursor *c)
{
    sparse s = {.c = c};
    sparse_step(&s);
    return s;
}

static uint64_t sparse_at(sparse *s, uint64_t row)
{
    if (s->next != row + 1)
        return 0;
    uint64_t value = hf_cursor_varint(s->c);
    sparse_step(s);
    return value;
}

static uint64_t address_after(uint64_t last, uint64_t code)
{
    uint64_t gap = code & 1 ? code >> 1 : (code >> 1) * 16;
    return last + gap;
}

/* Puts the numbers of a row into their columns. */
static hf_err *keep_numbers(hf_graph *g, uint32_t o, const hf_object_row *row)
{
    hf_err *err = hf_numbers_put(&g->counts, o, (uint64_t)row->refcount + 1);
    if (!err)
        err = hf_numbers_put(&g->sizes, o, row->size);
    if (!err)
        err = hf_numbers_put(&g->blocks, o, row->block);
    return err ? err : hf_numbers_put(&g->lengths, o, row->length);
}

static hf_err *impossible(const hf_reader *r)
{
    return hf_reader_damaged(r, "an object cannot be");
}

/* One row but for its address. */
static hf_err *read_object(worker *w, hf_cursor *c, uint32_t block_number, uint32_t o)
{
    hf_graph *g = w->r->graph;
    uint64_t type = hf_cursor_varint(&c[HF_COLUMN_TYPE]);
    if (type >= g->type_count)
        return impossible(w->r);
    hf_type_state *s = &w->type_state[type];
    hf_type_state_enter(s, block_number);
    hf_object_row row;
    uint64_t flags = s->last.flags ^ hf_cursor_varint(&c[HF_COLUMN_FLAGS]);
    row.flags = (uint32_t)flags;
    row.refcount = (int64_t)((uint64_t)s->last.refcount +
                             (uint64_t)hf_unzigzag(hf_cursor_varint(&c[HF_COLUMN_REFCOUNT])));
    row.size = s->last.size + (uint64_t)hf_unzigzag(hf_cursor_varint(&c[HF_COLUMN_SIZE]));
    row.block = hf_predict_block(row.size, row.flags) +
                (uint64_t)hf_unzigzag(hf_cursor_varint(&c[HF_COLUMN_BLOCK]));
    row.length = hf_predict_length(s, &g->types[type], row.size) +
                 (uint64_t)hf_unzigzag(hf_cursor_varint(&c[HF_COLUMN_LENGTH]));
    row.degree = hf_predict_degree(s, row.length) +
                 (uint64_t)hf_unzigzag(hf_cursor_varint(&c[HF_COLUMN_DEGREE]));
    if (flags > UINT32_MAX || row.degree > UINT32_MAX)
        return impossible(w->r);
    g->type[o] = (uint32_t)type;
    g->flags[o] = row.flags;
    g->edge_start[o + 1] = row.degree; /* summed up when all blocks are there */
    hf_type_state_learn(s, &row);
    return keep_numbers(g, o, &row);
}

static hf_err *read_object_block(void *context, void *state, size_t piece)
{
    worker *w = state;
    hf_reader *r = context;
    hf_graph *g = r->graph;
    const hf_block *b = &r->blocks[HF_BLOCK_OBJECTS][piece];
    hf_cursor c[HF_OBJECT_COLUMNS];
    hf_err *err = hf_reader_unpack(r, b, HF_OBJECT_COLUMNS, &w->u, c);
    if (err)
        return err;
    sparse external = sparse_begin(&c[HF_COLUMN_EXTERNAL]);
    sparse bound = sparse_begin(&c[HF_COLUMN_BOUND]);
    uint64_t address = 0;
    for (uint64_t row = 0; row < b->rows; row++) {
        uint32_t o = (uint32_t)(b->first_row + row);
        uint64_t next = address_after(address, hf_cursor_varint(&c[HF_COLUMN_ADDRESS]));
        err = next > address ? read_object(w, c, (uint32_t)piece + 1, o) : impossible(r);
        g->address[o] = address = next;
        if (!err)
            err = hf_numbers_put(&g->externals, o, sparse_at(&external, row));
        uint64_t limit = sparse_at(&bound, row);
        if (!err && limit)
            err = hf_rare_numbers_add(&g->bounds, o, limit);
        if (err)
            return err;
    }
    if (external.bad || bound.bad || external.next || bound.next ||
        !hf_columns_done(c, HF_OBJECT_COLUMNS))
        return hf_reader_damaged(r, "a block has other rows than its index says");
    return NULL;
}

/* Between blocks: addresses ascend, and degrees become starts. */
static hf_err *join_blocks(hf_reader *r)
{
    hf_graph *g = r->graph;
    for (size_t i = 1; i < r->block_count[HF_BLOCK_OBJECTS]; i++) {
        uint64_t first = r->blocks[HF_BLOCK_OBJECTS][i].first_row;
        if (g->address[first] <= g->address[first - 1])
            return hf_reader_damaged(r, "objects are out of order");
    }
    for (uint32_t o = 0; o < g->object_count; o++) {
        if (g->edge_start[o + 1] > g->edge_count - g->edge_start[o])
            return hf_reader_damaged(r, "objects have more edges than there are");
        g->edge_start[o + 1] += g->edge_start[o];
    }
    if (g->edge_start[g->object_count] != g->edge_count)
        return hf_reader_damaged(r, "there are edges of no object");
    return NULL;
}

/* After all blocks. */
static void sort_rare_numbers(hf_graph *g)
{
    hf_numbers_sort(&g->counts);
    hf_numbers_sort(&g->sizes);
    hf_numbers_sort(&g->blocks);
    hf_numbers_sort(&g->externals);
    hf_numbers_sort(&g->lengths);
    hf_rare_numbers_sort(&g->bounds);
}

static bool allocate_objects(hf_graph *g)
{
    uint32_t n = g->object_count;
    g->address = hf_column_allocate(n, sizeof(*g->address));
    g->type = hf_column_allocate(n, sizeof(*g->type));
    g->flags = hf_column_allocate(n, sizeof(*g->flags));
    g->edge_start = hf_column_allocate((uint64_t)n + 1, sizeof(*g->edge_start));
    return g->address && g->type && g->flags && g->edge_start &&
           hf_numbers_allocate(&g->counts, n) && hf_numbers_allocate(&g->sizes, n) &&
           hf_numbers_allocate(&g->blocks, n) && hf_numbers_allocate(&g->externals, n) &&
           hf_numbers_allocate(&g->lengths, n);
}

hf_err *hf_read_objects(hf_reader *r)
{
    hf_graph *g = r->graph;
    if (!allocate_objects(g))
        return hf_fail_memory();
    g->edge_start[0] = 0;
    hf_work work = {.context = r,
                    .count = r->block_count[HF_BLOCK_OBJECTS],
                    .enter = enter,
                    .run = read_object_block,
                    .leave = leave};
    hf_err *err = hf_work_run(&work);
    if (err)
        return err;
    sort_rare_numbers(g);
    return join_blocks(r);
}

/* A column of one number for each object. */
typedef struct side_work {
    hf_reader *r;
    hf_side side;
    uint32_t *column;
    uint32_t most;
} side_work;

static hf_err *enter_side(void *context, void **ret_state)
{
    return enter(((side_work *)context)->r, ret_state);
}

static hf_err *read_side_block(void *context, void *state, size_t piece)
{
    worker *w = state;
    const side_work *side = context;
    const hf_reader *r = side->r;
    const hf_block *b = &r->blocks[hf_side_kinds[side->side]][piece];
    hf_cursor c;
    hf_err *err = hf_reader_unpack(r, b, 1, &w->u, &c);
    if (err)
        return err;
    for (uint64_t o = b->first_row; o < b->first_row + b->rows; o++) {
        hf_type_state *s = &w->type_state[r->graph->type[o]];
        hf_type_state_enter(s, (uint32_t)piece + 1);
        uint64_t number = s->last_side[side->side] + (uint64_t)hf_unzigzag(hf_cursor_varint(&c));
        if (number > side->most)
            return hf_reader_damaged(r, "what is noted of an object cannot be");
        side->column[o] = s->last_side[side->side] = (uint32_t)number;
    }
    if (!hf_columns_done(&c, 1))
        return hf_reader_damaged(r, "a block has other rows than its index says");
    return NULL;
}

/* *ret stays NULL where the file has no such column. */
static hf_err *read_side(hf_reader *r, hf_side side, uint32_t most, uint32_t **ret)
{
    hf_block_kind kind = hf_side_kinds[side];
    size_t count = r->block_count[kind];
    if (!count)
        return NULL;
    bool same = count == r->block_count[HF_BLOCK_OBJECTS];
    for (size_t i = 0; same && i < count; i++)
        same = r->blocks[kind][i].rows == r->blocks[HF_BLOCK_OBJECTS][i].rows;
    if (!same)
        return hf_reader_damaged(r, "its index is wrong");
    *ret = hf_column_allocate(r->graph->object_count, sizeof(**ret));
    if (!*ret)
        return hf_fail_memory();
    side_work context = {.r = r, .side = side, .column = *ret, .most = most};
    hf_work work = {.context = &context,
                    .count = count,
                    .enter = enter_side,
                    .run = read_side_block,
                    .leave = leave};
    return hf_work_run(&work);
}

hf_err *hf_read_object_sides(hf_reader *r)
{
    hf_graph *g = r->graph;
    hf_err *err = read_side(r, HF_SIDE_SITE, g->site_count, &g->site);
    if (!err)
        err = read_side(r, HF_SIDE_BORN, UINT32_MAX, &g->born);
    return err ? err : read_side(r, HF_SIDE_ASKED, UINT32_MAX, &g->asked);
}

static bool class_is_known(uint64_t class_)
{
    return (class_ & 15) < HF_EDGE_KIND_COUNT && class_ >> 4 <= HF_EDGE_SCANNED;
}

static bool read_edge(const hf_graph *g, hf_edge_state *s, hf_cursor *c, uint64_t e)
{
    hf_place *place = hf_edge_place(s);
    uint64_t shape = hf_cursor_varint(&c[HF_COLUMN_SHAPE]);
    uint64_t class_ = place->class_;
    uint32_t code = place->code;
    if (shape) {
        class_ = shape - 1;
        code = (uint32_t)hf_unzigzag(hf_cursor_varint(&c[HF_COLUMN_LABEL]));
    }
    if (!class_is_known(class_))
        return false;
    uint32_t label = code + hf_edge_label_base(s, (uint8_t)class_);
    uint64_t distance = hf_cursor_varint(&c[HF_COLUMN_TARGET]);
    uint64_t guess = distance & 1 ? s->target : place->target;
    uint64_t target = guess + (uint64_t)hf_unzigzag(distance >> 1);
    if (target >= g->object_count ||
        (hf_edge_label_is_name((hf_edge_kind)(class_ & 15)) && label >= g->names.count))
        return false;
    g->edge_class[e] = (uint8_t)class_;
    g->edge_label[e] = label;
    g->edge_target[e] = (uint32_t)target;
    hf_edge_state_learn(s, place, (uint8_t)class_, label, code, (uint32_t)target);
    return true;
}

static hf_err *read_edge_block(void *context, void *state, size_t piece)
{
    worker *w = state;
    hf_reader *r = context;
    const hf_graph *g = r->graph;
    hf_edge_state *s = w->edge_state;
    const hf_block *b = &r->blocks[HF_BLOCK_EDGES][piece];
    hf_cursor c[HF_EDGE_COLUMNS];
    hf_err *err = hf_reader_unpack(r, b, HF_EDGE_COLUMNS, &w->u, c);
    if (err)
        return err;
    memset(s, 0, sizeof(*s));
    uint64_t e = b->first_row, end = b->first_row + b->rows;
    for (uint32_t source = hf_graph_source_of(g, e); e < end; source++) {
        hf_edge_state_enter_object(s, source, g->type[source]);
        uint64_t stop = g->edge_start[source + 1] < end ? g->edge_start[source + 1] : end;
        for (; e < stop; e++)
            if (!read_edge(g, s, c, e))
                return hf_reader_damaged(r, "an edge cannot be");
    }
    if (!hf_columns_done(c, HF_EDGE_COLUMNS))
        return hf_reader_damaged(r, "a block has other rows than its index says");
    return NULL;
}

hf_err *hf_read_edges(hf_reader *r)
{
    hf_graph *g = r->graph;
    g->edge_class = hf_column_allocate(g->edge_count, sizeof(*g->edge_class));
    g->edge_label = hf_column_allocate(g->edge_count, sizeof(*g->edge_label));
    g->edge_target = hf_column_allocate(g->edge_count, sizeof(*g->edge_target));
    if (!g->edge_class || !g->edge_label || !g->edge_target)
        return hf_fail_memory();
    hf_work work = {.context = r,
                    .count = r->block_count[HF_BLOCK_EDGES],
                    .enter = enter,
                    .run = read_edge_block,
                    .leave = leave};
    return hf_work_run(&work);
}
