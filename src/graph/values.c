#include "cpython/double_text.h"
#include "graph/column.h"
#include "graph/read.h"
#include "graph/workers.h"

#include <stdlib.h>
#include <unistd.h>

/* Values stay in the file until somebody asks: most are never looked at. A block is unpacked as
 * a whole, and the last few are kept. */

enum { SLOTS = 8 };

typedef struct slot {
    const hf_block *block; /* NULL: empty */
    hf_unpacker u;         /* its columns hold the text */
    const uint8_t *text;
    uint32_t objects[HF_VALUE_ROWS];
    uint32_t starts[HF_VALUE_ROWS + 1];
    uint32_t rows; /* 0 where the block cannot be read */
} slot;

struct hf_graph_values {
    int fd;
    bool trust;
    hf_block *blocks;
    size_t block_count;
    slot *slots[SLOTS]; /* last used first */
    hf_buf answer;
    uint64_t unpacked;
};

static hf_err *enter(void *context, void **ret_state)
{
    (void)context;
    hf_buf *stored = calloc(1, sizeof(*stored));
    *ret_state = stored;
    return stored ? NULL : hf_fail_memory();
}

static void leave(void *state)
{
    if (state)
        hf_buf_deinit(state);
    free(state);
}

static hf_err *check_block(void *context, void *state, size_t piece)
{
    hf_reader *r = context;
    const char *wrong = hf_block_load(r->fd, &r->blocks[HF_BLOCK_VALUES][piece], r->trust, state);
    return wrong ? hf_reader_damaged(r, wrong) : NULL;
}

hf_err *hf_values_open(hf_reader *r)
{
    size_t count = r->block_count[HF_BLOCK_VALUES];
    hf_block *blocks = r->blocks[HF_BLOCK_VALUES];
    for (size_t i = 0; i < count; i++)
        if (blocks[i].first_object >= r->graph->object_count ||
            (i && blocks[i].first_object <= blocks[i - 1].first_object))
            return hf_reader_damaged(r, "its values are out of order");
    hf_work work = {
        .context = r, .count = count, .enter = enter, .run = check_block, .leave = leave};
    hf_err *err = hf_work_run(&work);
    if (err)
        return err;
    struct hf_graph_values *v = calloc(1, sizeof(*v));
    if (!v)
        return hf_fail_memory();
    v->fd = r->fd;
    v->trust = r->trust;
    v->blocks = blocks;
    v->block_count = count;
    r->fd = -1;
    r->blocks[HF_BLOCK_VALUES] = NULL;
    r->graph->values = v;
    return NULL;
}

static void free_slot(slot *s)
{
    if (s)
        hf_unpacker_deinit(&s->u);
    free(s);
}

void hf_values_free(struct hf_graph_values *v)
{
    if (!v)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        free_slot(v->slots[i]);
    hf_buf_deinit(&v->answer);
    free(v->blocks);
    close(v->fd);
    free(v);
}

/* The last block that starts at or before the object. */
static const hf_block *block_of(const struct hf_graph_values *v, uint32_t object)
{
    size_t low = 0, high = v->block_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (v->blocks[middle].first_object <= object)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? &v->blocks[low - 1] : NULL;
}

/* Numbers and starts of all rows, or false. */
static bool index_rows(slot *s, const hf_block *b, hf_cursor *c)
{
    uint64_t object = b->first_object, start = 0, end = hf_cursor_left(&c[2]);
    for (uint64_t i = 0; i < b->rows; i++) {
        uint64_t gap = hf_cursor_varint(&c[0]), length = hf_cursor_varint(&c[1]);
        object += gap;
        if (gap > UINT32_MAX || object > UINT32_MAX || length > end - start || (i && !gap))
            return false;
        s->objects[i] = (uint32_t)object;
        s->starts[i] = (uint32_t)start;
        start += length;
    }
    s->starts[b->rows] = (uint32_t)start;
    s->text = c[2].p;
    return !c[0].bad && !c[1].bad && start == end;
}

static void fill(const struct hf_graph_values *v, slot *s, const hf_block *b)
{
    hf_cursor c[3];
    s->block = b;
    s->rows = 0;
    if (!hf_block_load(v->fd, b, v->trust, &s->u.stored) &&
        !hf_columns_unpack(s->u.decompressor, s->u.stored.data, s->u.stored.length, 3,
                           &s->u.columns, c) &&
        index_rows(s, b, c))
        s->rows = (uint32_t)b->rows;
}

static slot *make_slot(void)
{
    slot *s = malloc(sizeof(*s));
    if (!s)
        return NULL;
    s->block = NULL;
    if (hf_unpacker_init(&s->u))
        return s;
    free(s);
    return NULL;
}

/* The block's slot, moved to the front. */
static slot *slot_of(struct hf_graph_values *v, const hf_block *b)
{
    size_t i = 0;
    while (i < SLOTS - 1 && v->slots[i] && v->slots[i]->block != b)
        i++;
    slot *s = v->slots[i] ? v->slots[i] : make_slot();
    if (!s)
        return NULL;
    if (s->block != b) {
        fill(v, s, b);
        v->unpacked++;
    }
    memmove(&v->slots[1], &v->slots[0], i * sizeof(*v->slots));
    return v->slots[0] = s;
}

static uint32_t row_of(const slot *s, uint32_t object)
{
    uint32_t low = 0, high = s->rows;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (s->objects[middle] < object)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->rows && s->objects[low] == object ? low : UINT32_MAX;
}

const char *hf_graph_value(hf_graph *g, uint32_t object, size_t *ret_length)
{
    struct hf_graph_values *v = g->values;
    if (!v || !(g->flags[object] & HF_OBJECT_HAS_VALUE))
        return NULL;
    const hf_block *b = block_of(v, object);
    slot *s = b ? slot_of(v, b) : NULL;
    uint32_t row = s ? row_of(s, object) : UINT32_MAX;
    if (row == UINT32_MAX)
        return NULL;
    size_t length = s->starts[row + 1] - s->starts[row];
    const uint8_t *stored = s->text + s->starts[row];
    hf_buf_clear(&v->answer);
    if (!hf_append_packed_double(stored, length, &v->answer))
        hf_buf_add(&v->answer, stored, length);
    length = v->answer.length;
    const char *text = hf_buf_string(&v->answer);
    if (v->answer.failed) {
        v->answer.failed = false;
        return NULL;
    }
    if (ret_length)
        *ret_length = length;
    return text;
}

uint64_t hf_graph_values_unpacked(const hf_graph *g)
{
    return g->values ? g->values->unpacked : 0;
}
