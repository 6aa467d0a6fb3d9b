#include "graph/write.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "graph/block_file.h"
#include "graph/column.h"
#include "graph/info_codec.h"
#include "graph/memory_codec.h"
#include "graph/predict.h"

#include <assert.h>
#include <stdlib.h>

/* A column of numbers with room for all rows of a block, so that adding one needs no check. */
typedef struct column {
    uint8_t *start, *at;
} column;

/* Rows of few columns: threads, types, roots, names, values. */
typedef struct records {
    hf_buf columns[3];
    uint32_t rows;
} records;

enum { FRAMES_MAX = 1 << 14, TEXT_MAX = HF_COLUMN_MAX / 2 };

struct hf_snapshot_writer {
    hf_block_file file;
    const hf_strtab *names;
    hf_shared_graph *shared; /* where objects and edges go, or NULL */

    records threads, types, roots, values, sites;
    hf_type *type; /* all types told so far */
    hf_type_state *type_state;
    uint32_t type_count, type_capacity, state_capacity;

    column object_columns[HF_OBJECT_COLUMNS];
    column side_columns[HF_SIDES]; /* one number a row of the block, of those that are told */
    bool sides[HF_SIDES];
    uint32_t site_count;
    uint32_t object_rows, object_block; /* number of the block, from 1 */
    uint64_t last_address;
    uint32_t last_external, last_bound; /* rows of the block with such a number, + 1 */

    column edge_columns[HF_EDGE_COLUMNS];
    uint32_t edge_rows;
    hf_edge_state *edge_state;

    bool in_object;
    hf_object object; /* whose edges are being told */
    uint64_t degree;
    uint64_t object_count;
    uint64_t value_object, value_first; /* last object with a value, first one of the block */
};

static inline void put(column *c, uint64_t value)
{
    c->at = hf_put_varint(c->at, value);
}

static hf_err *flush_columns(hf_snapshot_writer *w, hf_block_kind kind, column *columns,
                             size_t count, uint32_t rows)
{
    for (size_t i = 0; i < count; i++) {
        hf_block_file_column(&w->file, columns[i].start,
                             (size_t)(columns[i].at - columns[i].start));
        columns[i].at = columns[i].start;
    }
    return hf_block_file_end(&w->file, kind, rows, 0);
}

static hf_err *flush_records(hf_snapshot_writer *w, hf_block_kind kind, records *r, size_t count,
                             uint64_t first_object)
{
    if (!r->rows)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (r->columns[i].failed)
            return hf_fail_memory();
        hf_block_file_column(&w->file, r->columns[i].data, r->columns[i].length);
        hf_buf_clear(&r->columns[i]);
    }
    uint32_t rows = r->rows;
    r->rows = 0;
    return hf_block_file_end(&w->file, kind, rows, first_object);
}

static hf_err *flush_objects(hf_snapshot_writer *w)
{
    if (!w->object_rows)
        return NULL;
    uint32_t rows = w->object_rows;
    w->object_rows = 0;
    w->object_block++;
    w->last_address = 0;
    w->last_external = w->last_bound = 0;
    hf_err *err = flush_columns(w, HF_BLOCK_OBJECTS, w->object_columns, HF_OBJECT_COLUMNS, rows);
    for (size_t i = 0; i < HF_SIDES && !err; i++)
        if (w->sides[i])
            err = flush_columns(w, hf_side_kinds[i], &w->side_columns[i], 1, rows);
    return err;
}

static hf_err *flush_edges(hf_snapshot_writer *w)
{
    if (!w->edge_rows)
        return NULL;
    uint32_t rows = w->edge_rows;
    w->edge_rows = 0;
    memset(w->edge_state, 0, sizeof(*w->edge_state));
    hf_edge_state_enter_object(w->edge_state, w->object.number, w->object.type);
    return flush_columns(w, HF_BLOCK_EDGES, w->edge_columns, HF_EDGE_COLUMNS, rows);
}

static hf_err *flush_values(hf_snapshot_writer *w)
{
    return flush_records(w, HF_BLOCK_VALUES, &w->values, 3, w->value_first);
}

static hf_err *add_thread(void *context, const hf_python_thread *thread)
{
    hf_snapshot_writer *w = context;
    hf_buf *out = &w->threads.columns[0];
    size_t frames = thread->frame_count < FRAMES_MAX ? thread->frame_count : FRAMES_MAX;
    hf_buf_varint(out, thread->native_id);
    hf_buf_varint(out, thread->name);
    hf_buf_varint(out, frames);
    for (size_t i = 0; i < frames; i++)
        hf_buf_varint(out, thread->frames[i]);
    w->threads.rows++;
    bool full = out->length > HF_TEXT_BYTES;
    return full ? flush_records(w, HF_BLOCK_THREADS, &w->threads, 1, 0) : NULL;
}

static hf_err *add_type(void *context, const hf_type *type)
{
    hf_snapshot_writer *w = context;
    assert(type->number == w->type_count);
    if (!hf_array_room(&w->type, w->type_count, &w->type_capacity) ||
        !hf_array_room(&w->type_state, w->type_count, &w->state_capacity))
        return hf_fail_memory();
    w->type[w->type_count] = *type;
    w->type_state[w->type_count++] = (hf_type_state){0};
    hf_buf *out = &w->types.columns[0];
    hf_buf_varint(out, type->address);
    hf_buf_varint(out, type->module);
    hf_buf_varint(out, type->qualname);
    hf_buf_varint(out, type->basicsize);
    hf_buf_varint(out, type->itemsize);
    hf_buf_varint(out, type->flags);
    hf_buf_varint(out, (uint64_t)type->heap_type | (uint64_t)type->exact << 1);
    w->types.rows++;
    bool full = out->length > HF_TEXT_BYTES;
    return full ? flush_records(w, HF_BLOCK_TYPES, &w->types, 1, 0) : NULL;
}

static hf_err *add_root(void *context, const hf_root *root)
{
    hf_snapshot_writer *w = context;
    hf_buf *out = &w->roots.columns[0];
    hf_buf_varint(out, root->kind | (uint64_t)root->interpreter << 4);
    hf_buf_varint(out, root->target);
    hf_buf_varint(out, root->name);
    hf_buf_varint(out, root->place);
    hf_buf_varint(out, (uint32_t)(root->thread + 1));
    w->roots.rows++;
    bool full = out->length > HF_TEXT_BYTES;
    return full ? flush_records(w, HF_BLOCK_ROOTS, &w->roots, 1, 0) : NULL;
}

static hf_err *add_site(void *context, const hf_site *site)
{
    hf_snapshot_writer *w = context;
    assert(site->number == w->site_count + 1 && !w->object_count && !w->in_object);
    hf_buf *out = &w->sites.columns[0];
    hf_buf_varint(out, site->blocks);
    hf_buf_varint(out, site->bytes);
    hf_buf_varint(out, site->frame_count);
    for (uint32_t i = 0; i < site->frame_count; i++) {
        hf_buf_varint(out, site->frames[i].file);
        hf_buf_varint(out, site->frames[i].line);
    }
    w->site_count++;
    w->sides[HF_SIDE_SITE] = true;
    w->sites.rows++;
    bool full = out->length > HF_TEXT_BYTES;
    return full ? flush_records(w, HF_BLOCK_SITES, &w->sites, 1, 0) : NULL;
}

static hf_err *add_notes(void *context, bool born, bool asked)
{
    hf_snapshot_writer *w = context;
    assert(!w->object_count && !w->in_object);
    w->sides[HF_SIDE_BORN] = born;
    w->sides[HF_SIDE_ASKED] = asked;
    return NULL;
}

static void put_sparse(column *c, uint32_t row, uint32_t *last, uint64_t value)
{
    if (!value)
        return;
    put(c, row + 1 - *last);
    put(c, value);
    *last = row + 1;
}

static void put_sides(hf_snapshot_writer *w, const hf_object *o, hf_type_state *state)
{
    const uint32_t numbers[HF_SIDES] = {o->site, o->born, o->asked};
    for (size_t i = 0; i < HF_SIDES; i++) {
        if (w->sides[i])
            put(&w->side_columns[i], hf_zigzag((int64_t)numbers[i] - (int64_t)state->last_side[i]));
        state->last_side[i] = numbers[i];
    }
}

static void put_object(hf_snapshot_writer *w, const hf_object *o, hf_type_state *state)
{
    column *c = w->object_columns;
    uint64_t gap = o->address - w->last_address;
    hf_object_row row = {.size = o->size,
                         .block = o->block,
                         .length = o->length,
                         .degree = w->degree,
                         .refcount = o->refcount,
                         .flags = o->flags};
    put(&c[HF_COLUMN_ADDRESS], gap % 16 ? gap << 1 | 1 : gap / 16 << 1);
    put(&c[HF_COLUMN_TYPE], o->type);
    put(&c[HF_COLUMN_FLAGS], row.flags ^ state->last.flags);
    put(&c[HF_COLUMN_REFCOUNT],
        hf_zigzag((int64_t)((uint64_t)row.refcount - (uint64_t)state->last.refcount)));
    put(&c[HF_COLUMN_SIZE], hf_zigzag((int64_t)(row.size - state->last.size)));
    put(&c[HF_COLUMN_BLOCK],
        hf_zigzag((int64_t)(row.block - hf_predict_block(row.size, row.flags))));
    uint64_t length = hf_predict_length(state, &w->type[o->type], row.size);
    put(&c[HF_COLUMN_LENGTH], hf_zigzag((int64_t)(row.length - length)));
    uint64_t degree = hf_predict_degree(state, row.length);
    put(&c[HF_COLUMN_DEGREE], hf_zigzag((int64_t)(row.degree - degree)));
    put_sides(w, o, state);
    put_sparse(&c[HF_COLUMN_EXTERNAL], w->object_rows, &w->last_external, o->external);
    put_sparse(&c[HF_COLUMN_BOUND], w->object_rows, &w->last_bound, o->bound);
    hf_type_state_learn(state, &row);
    w->last_address = o->address;
}

static hf_err *finish_object(hf_snapshot_writer *w)
{
    if (!w->in_object)
        return NULL;
    w->in_object = false;
    if (w->shared)
        return NULL;
    hf_type_state *state = &w->type_state[w->object.type];
    hf_type_state_enter(state, w->object_block);
    put_object(w, &w->object, state);
    w->object_count++;
    return ++w->object_rows == HF_OBJECT_ROWS ? flush_objects(w) : NULL;
}

static hf_err *add_object(void *context, const hf_object *object)
{
    hf_snapshot_writer *w = context;
    hf_err *err = finish_object(w);
    if (err)
        return err;
    assert(object->number == w->object_count && object->type < w->type_count);
    assert(!w->object_count || object->address > w->object.address);
    w->object = *object;
    w->object.flags &= ~(uint32_t)HF_OBJECT_HAS_VALUE; /* set when its value is told */
    w->degree = 0;
    w->in_object = true;
    hf_edge_state_enter_object(w->edge_state, object->number, object->type);
    return NULL;
}

/* The distance to the nearer guess; the last bit says which. */
static uint64_t target_code(const hf_edge_state *s, const hf_place *place, uint32_t target)
{
    uint64_t a = hf_zigzag((int64_t)target - place->target);
    uint64_t b = hf_zigzag((int64_t)target - s->target);
    return a <= b ? a << 1 : b << 1 | 1;
}

static hf_err *add_edge(void *context, const hf_edge *edge)
{
    hf_snapshot_writer *w = context;
    hf_edge_state *s = w->edge_state;
    column *c = w->edge_columns;
    assert(w->in_object && edge->kind < HF_EDGE_KIND_COUNT && edge->strength <= HF_EDGE_SCANNED);
    uint8_t class_ = (uint8_t)(edge->kind | edge->strength << 4);
    uint32_t label = edge->label < UINT32_MAX ? (uint32_t)edge->label : UINT32_MAX;
    hf_place *place = hf_edge_place(s);
    uint32_t code = label - hf_edge_label_base(s, class_);
    if (place->class_ == class_ && place->code == code) {
        put(&c[HF_COLUMN_SHAPE], 0);
    } else {
        put(&c[HF_COLUMN_SHAPE], 1 + class_);
        put(&c[HF_COLUMN_LABEL], hf_zigzag((int32_t)code));
    }
    put(&c[HF_COLUMN_TARGET], target_code(s, place, edge->target));
    hf_edge_state_learn(s, place, class_, label, code, edge->target);
    w->degree++;
    return ++w->edge_rows == HF_EDGE_ROWS ? flush_edges(w) : NULL;
}

static hf_err *add_value(void *context, const char *text, size_t length)
{
    hf_snapshot_writer *w = context;
    records *v = &w->values;
    uint32_t object = w->object.number;
    assert(w->in_object && !(w->object.flags & HF_OBJECT_HAS_VALUE));
    w->object.flags |= HF_OBJECT_HAS_VALUE;
    if (!v->rows)
        w->value_first = w->value_object = object;
    length = length < TEXT_MAX ? length : TEXT_MAX;
    hf_buf_varint(&v->columns[0], object - w->value_object);
    hf_buf_varint(&v->columns[1], length);
    hf_buf_add(&v->columns[2], text, length);
    w->value_object = object;
    bool full = ++v->rows == HF_VALUE_ROWS || v->columns[2].length > HF_TEXT_BYTES;
    return full ? flush_values(w) : NULL;
}

static hf_err *share_notes(void *context, bool born, bool asked)
{
    hf_snapshot_writer *w = context;
    hf_shared_notes(w->shared, born, asked);
    return add_notes(w, born, asked);
}

static hf_err *share_object(void *context, const hf_object *object)
{
    hf_snapshot_writer *w = context;
    assert(object->number == w->object_count && object->type < w->type_count);
    assert(!w->object_count || object->address > w->object.address);
    w->object.number = object->number; /* what its value is told with; the rest is shared */
    w->object.address = object->address;
    w->object.flags = 0;
    w->in_object = true;
    w->object_count++;
    return hf_shared_object(w->shared, object);
}

static hf_err *share_edge(void *context, const hf_edge *edge)
{
    return hf_shared_edge(((hf_snapshot_writer *)context)->shared, edge);
}

static hf_err *share_value(void *context, const char *text, size_t length)
{
    hf_snapshot_writer *w = context;
    hf_shared_value(w->shared);
    return add_value(w, text, length);
}

static hf_err *write_names(hf_snapshot_writer *w)
{
    records r = {0};
    hf_err *err = NULL;
    for (uint32_t n = 1; !err && w->names && n < w->names->count; n++) {
        size_t length = hf_strtab_length(w->names, n);
        if (length > TEXT_MAX) {
            err = hf_fail(HF_ERR_REFUSED, "a name of %zu bytes does not fit a snapshot", length);
            break;
        }
        hf_buf_varint(&r.columns[0], length);
        hf_buf_add(&r.columns[1], hf_strtab_get(w->names, n), length);
        r.rows++;
        if (r.columns[1].length > HF_TEXT_BYTES || r.columns[0].length > HF_TEXT_BYTES)
            err = flush_records(w, HF_BLOCK_NAMES, &r, 2, 0);
    }
    if (!err)
        err = flush_records(w, HF_BLOCK_NAMES, &r, 2, 0);
    hf_buf_deinit(&r.columns[0]);
    hf_buf_deinit(&r.columns[1]);
    return err;
}

static hf_err *write_info(hf_snapshot_writer *w, const hf_snapshot_info *info)
{
    records r = {.rows = 1};
    hf_info_encode(info, &r.columns[0]);
    hf_err *err = flush_records(w, HF_BLOCK_INFO, &r, 1, 0);
    hf_buf_deinit(&r.columns[0]);
    return err;
}

hf_err *hf_snapshot_writer_memory(hf_snapshot_writer *w, const hf_memory *memory)
{
    records r = {.rows = 1};
    hf_memory_encode(memory, &r.columns[0]);
    hf_err *err = flush_records(w, HF_BLOCK_MEMORY, &r, 1, 0);
    hf_buf_deinit(&r.columns[0]);
    return err;
}

hf_err *hf_snapshot_writer_seal(hf_snapshot_writer *w, const hf_snapshot_info *info)
{
    hf_err *err = finish_object(w);
    if (w->shared)
        hf_shared_seal(w->shared);
    if (!err)
        err = flush_objects(w);
    if (!err)
        err = flush_edges(w);
    if (!err)
        err = flush_values(w);
    if (!err)
        err = flush_records(w, HF_BLOCK_THREADS, &w->threads, 1, 0);
    if (!err)
        err = flush_records(w, HF_BLOCK_TYPES, &w->types, 1, 0);
    if (!err)
        err = flush_records(w, HF_BLOCK_ROOTS, &w->roots, 1, 0);
    if (!err)
        err = flush_records(w, HF_BLOCK_SITES, &w->sites, 1, 0);
    if (!err)
        err = write_names(w);
    if (!err)
        err = write_info(w, info);
    return err ? err : hf_block_file_seal(&w->file);
}

hf_err *hf_snapshot_writer_publish(hf_snapshot_writer *w)
{
    return hf_block_file_publish(&w->file);
}

int hf_snapshot_writer_fd(const hf_snapshot_writer *w)
{
    return w->file.fd;
}

hf_err *hf_snapshot_writer_finish(hf_snapshot_writer *w, const hf_snapshot_info *info)
{
    hf_err *err = hf_snapshot_writer_seal(w, info);
    return err ? err : hf_snapshot_writer_publish(w);
}

static bool allocate_columns(column *columns, size_t count, size_t rows, size_t numbers)
{
    for (size_t i = 0; i < count; i++)
        if (!(columns[i].start = columns[i].at = malloc(rows * numbers * HF_VARINT_MAX)))
            return false;
    return true;
}

hf_err *hf_snapshot_writer_open(const char *path, bool compress, hf_snapshot_writer **ret)
{
    hf_snapshot_writer *w = calloc(1, sizeof(*w));
    if (!w)
        return hf_fail_memory();
    hf_err *err = hf_block_file_create(&w->file, path, compress);
    w->object_block = 1;
    w->edge_state = calloc(1, sizeof(*w->edge_state));
    /* A row of a sparse column is two numbers. Memory that no row reaches is never touched. */
    if (!err && (!w->edge_state ||
                 !allocate_columns(w->object_columns, HF_OBJECT_COLUMNS, HF_OBJECT_ROWS, 2) ||
                 !allocate_columns(w->side_columns, HF_SIDES, HF_OBJECT_ROWS, 1) ||
                 !allocate_columns(w->edge_columns, HF_EDGE_COLUMNS, HF_EDGE_ROWS, 1)))
        err = hf_fail_memory();
    if (err) {
        hf_snapshot_writer_free(w);
        return err;
    }
    *ret = w;
    return NULL;
}

hf_err *hf_snapshot_writer_create(const char *path, hf_snapshot_writer **ret)
{
    return hf_snapshot_writer_open(path, true, ret);
}

hf_heap_sink hf_snapshot_writer_sink(hf_snapshot_writer *w, const hf_strtab *names)
{
    w->names = names;
    return (hf_heap_sink){
        .context = w,
        .thread = add_thread,
        .type = add_type,
        .root = add_root,
        .site = add_site,
        .notes = add_notes,
        .object = add_object,
        .edge = add_edge,
        .value = add_value,
    };
}

hf_heap_sink hf_snapshot_writer_sink_sharing(hf_snapshot_writer *w, const hf_strtab *names,
                                             hf_shared_graph *shared)
{
    hf_heap_sink sink = hf_snapshot_writer_sink(w, names);
    w->shared = shared;
    sink.notes = share_notes;
    sink.object = share_object;
    sink.edge = share_edge;
    sink.value = share_value;
    return sink;
}

static void free_records(records *r)
{
    for (size_t i = 0; i < sizeof(r->columns) / sizeof(*r->columns); i++)
        hf_buf_deinit(&r->columns[i]);
}

void hf_snapshot_writer_free(hf_snapshot_writer *w)
{
    if (!w)
        return;
    hf_block_file_close(&w->file);
    free_records(&w->threads);
    free_records(&w->types);
    free_records(&w->roots);
    free_records(&w->values);
    free_records(&w->sites);
    for (size_t i = 0; i < HF_SIDES; i++)
        free(w->side_columns[i].start);
    free(w->type);
    free(w->type_state);
    for (size_t i = 0; i < HF_OBJECT_COLUMNS; i++)
        free(w->object_columns[i].start);
    for (size_t i = 0; i < HF_EDGE_COLUMNS; i++)
        free(w->edge_columns[i].start);
    free(w->edge_state);
    free(w);
}
