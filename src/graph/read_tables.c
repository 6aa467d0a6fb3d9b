#include "graph/column.h"

#include "base/array.h"
#include "graph/info_codec.h"
#include "graph/memory_codec.h"
#include "graph/read.h"

#include <assert.h>
#include <stdlib.h>

/* The small tables. Everything that numbers a name, an object or a thread is checked here, so
 * names come first. */

typedef struct tables {
    hf_reader *r;
    hf_graph *g;
    hf_unpacker u;
    uint64_t frame_count, frame_capacity; /* of sites */
} tables;

static hf_err *wrong(const tables *t, const char *what)
{
    return hf_reader_damaged(t->r, what);
}

/* Bytes of unpacked columns. */
static uint64_t size_of(const hf_cursor *columns, size_t count)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += hf_cursor_left(&columns[i]);
    return bytes;
}

/* Calls `read` for each block of a kind, with its columns; the rows must use them up. What is read
 * is kept: at least as many bytes. */
static hf_err *each_block(tables *t, hf_block_kind kind, size_t columns,
                          hf_err *(*read)(tables *t, const hf_block *b, hf_cursor *columns))
{
    for (size_t i = 0; i < t->r->block_count[kind]; i++) {
        const hf_block *b = &t->r->blocks[kind][i];
        hf_cursor c[HF_COLUMNS_MAX];
        hf_err *err = hf_reader_unpack(t->r, b, columns, &t->u, c);
        if (!err)
            err = hf_reader_take_room(t->r, size_of(c, columns));
        if (!err)
            err = read(t, b, c);
        if (err)
            return err;
        if (!hf_columns_done(c, columns))
            return wrong(t, "a table has other rows than its index says");
    }
    return NULL;
}

static hf_err *read_names(tables *t, const hf_block *b, hf_cursor *c)
{
    for (uint64_t i = 0; i < b->rows; i++) {
        size_t length = hf_cursor_varint(&c[0]);
        const uint8_t *text = hf_cursor_bytes(&c[1], length);
        if (!text || c[0].bad)
            return wrong(t, "a name is cut off");
        uint32_t number = hf_strtab_add(&t->g->names, (const char *)text, length);
        if (number == HF_STR_NONE)
            return hf_fail_memory();
        if (number != b->first_row + i + 1)
            return wrong(t, "a name is there twice");
    }
    return NULL;
}

static bool is_name(const tables *t, uint64_t number)
{
    return number < t->g->names.count;
}

static hf_err *read_thread(tables *t, hf_cursor *c, hf_graph_thread *thread)
{
    thread->native_id = hf_cursor_varint(c);
    uint64_t name = hf_cursor_varint(c), frames = hf_cursor_varint(c);
    if (c->bad || !is_name(t, name) || frames > hf_cursor_left(c)) /* a frame is a byte or more */
        return wrong(t, "a thread cannot be");
    uint32_t *frame = calloc(frames + 1, sizeof(*frame));
    if (!frame)
        return hf_fail_memory();
    thread->name = (uint32_t)name;
    thread->frames = frame;
    thread->frame_count = frames;
    for (uint64_t i = 0; i < frames; i++) {
        uint64_t number = hf_cursor_varint(c);
        if (!is_name(t, number))
            return wrong(t, "a frame cannot be");
        frame[i] = (uint32_t)number;
    }
    return NULL;
}

static hf_err *read_threads(tables *t, const hf_block *b, hf_cursor *c)
{
    for (uint64_t i = 0; i < b->rows; i++) {
        hf_err *err = read_thread(t, c, &t->g->threads[b->first_row + i]);
        if (err)
            return err;
    }
    return NULL;
}

static hf_err *read_types(tables *t, const hf_block *b, hf_cursor *c)
{
    for (uint64_t i = 0; i < b->rows; i++) {
        hf_type *type = &t->g->types[b->first_row + i];
        type->number = (uint32_t)(b->first_row + i);
        type->address = hf_cursor_varint(c);
        uint64_t module = hf_cursor_varint(c), qualname = hf_cursor_varint(c);
        type->basicsize = hf_cursor_varint(c);
        type->itemsize = hf_cursor_varint(c);
        type->flags = hf_cursor_varint(c);
        uint64_t bits = hf_cursor_varint(c);
        if (c->bad || !is_name(t, module) || !is_name(t, qualname) || bits > 3)
            return wrong(t, "a type cannot be");
        type->module = (uint32_t)module;
        type->qualname = (uint32_t)qualname;
        type->heap_type = bits & 1;
        type->exact = bits >> 1;
    }
    return NULL;
}

static hf_err *read_roots(tables *t, const hf_block *b, hf_cursor *c)
{
    for (uint64_t i = 0; i < b->rows; i++) {
        uint64_t kind = hf_cursor_varint(c), target = hf_cursor_varint(c);
        uint64_t name = hf_cursor_varint(c), place = hf_cursor_varint(c);
        uint64_t thread = hf_cursor_varint(c), interpreter = kind >> 4;
        kind &= 15;
        if (c->bad || interpreter > UINT32_MAX || kind >= HF_ROOT_KIND_COUNT ||
            target >= t->g->object_count || !is_name(t, name) || !is_name(t, place) ||
            thread > t->g->thread_count)
            return wrong(t, "a root cannot be");
        t->g->roots[b->first_row + i] = (hf_root){
            .target = (uint32_t)target,
            .kind = (hf_root_kind)kind,
            .name = (uint32_t)name,
            .place = (uint32_t)place,
            .thread = (uint32_t)thread - 1,
            .interpreter = (uint32_t)interpreter,
        };
    }
    return NULL;
}

static hf_err *read_sites(tables *t, const hf_block *b, hf_cursor *c)
{
    hf_graph *g = t->g;
    for (uint64_t i = 0; i < b->rows; i++) {
        hf_graph_site *site = &g->sites[b->first_row + i];
        site->blocks = hf_cursor_varint(c);
        site->bytes = hf_cursor_varint(c);
        uint64_t frames = hf_cursor_varint(c);
        if (c->bad || frames > HF_SITE_FRAMES_MAX)
            return wrong(t, "a site cannot be");
        if (!hf_array_reserve(&g->site_frames, t->frame_count + frames, &t->frame_capacity))
            return hf_fail_memory();
        site->first_frame = t->frame_count;
        site->frame_count = (uint32_t)frames;
        for (uint64_t k = 0; k < frames; k++) {
            uint64_t file = hf_cursor_varint(c), line = hf_cursor_varint(c);
            if (c->bad || !is_name(t, file) || line > UINT32_MAX)
                return wrong(t, "a frame of a site cannot be");
            g->site_frames[t->frame_count++] =
                (hf_site_frame){.file = (uint32_t)file, .line = (uint32_t)line};
        }
    }
    return NULL;
}

/* The texts are kept as names of their own, behind those of the file; pointers into the table
 * are good once nothing more is added. */
static hf_err *keep_texts(hf_graph *g, const hf_info_texts *texts)
{
    uint32_t number[HF_INFO_TEXTS];
    for (size_t i = 0; i < HF_INFO_TEXTS; i++) {
        const hf_info_text *text = &texts->text[i];
        number[i] = hf_strtab_add(&g->names, text->bytes ? text->bytes : "", text->length);
        if (number[i] == HF_STR_NONE)
            return hf_fail_memory();
    }
    for (size_t i = 0; i < HF_INFO_TEXTS; i++)
        hf_info_set_text(&g->info, i, hf_strtab_get(&g->names, number[i]));
    return NULL;
}

static hf_err *read_info(tables *t, const hf_block *b, hf_cursor *c)
{
    (void)b;
    hf_info_texts texts;
    if (!hf_info_decode(&c[0], &t->g->info, &texts))
        return wrong(t, "its origin cannot be");
    return keep_texts(t->g, &texts);
}

static hf_err *read_memory(tables *t, const hf_block *b, hf_cursor *c)
{
    (void)b;
    bool good;
    hf_err *err =
        hf_memory_decode(&c[0], t->g->names.count, t->g->type_count, &good, &t->g->memory);
    return err || good ? err : wrong(t, "its account of memory cannot be");
}

static int compare_roots(const void *a, const void *b)
{
    const hf_root *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->interpreter != y->interpreter)
        return x->interpreter < y->interpreter ? -1 : 1;
    if (x->target != y->target)
        return x->target < y->target ? -1 : 1;
    return (x->name > y->name) - (x->name < y->name);
}

/* A table needs a byte a row at the least, so its rows cannot be more than its bytes. */
static hf_err *check_rows(const tables *t, hf_block_kind kind, size_t bytes_a_row)
{
    for (size_t i = 0; i < t->r->block_count[kind]; i++)
        if (t->r->blocks[kind][i].rows > HF_COLUMN_MAX / bytes_a_row)
            return wrong(t, "its index is wrong");
    return NULL;
}

static hf_err *allocate(tables *t)
{
    hf_graph *g = t->g;
    hf_err *err = check_rows(t, HF_BLOCK_THREADS, 3);
    if (!err)
        err = check_rows(t, HF_BLOCK_TYPES, 7);
    if (!err)
        err = check_rows(t, HF_BLOCK_ROOTS, 5);
    if (!err)
        err = check_rows(t, HF_BLOCK_SITES, 3);
    if (err)
        return err;
    g->object_count = (uint32_t)t->r->rows[HF_BLOCK_OBJECTS];
    g->edge_count = t->r->rows[HF_BLOCK_EDGES];
    g->thread_count = (uint32_t)t->r->rows[HF_BLOCK_THREADS];
    g->type_count = (uint32_t)t->r->rows[HF_BLOCK_TYPES];
    g->root_count = (uint32_t)t->r->rows[HF_BLOCK_ROOTS];
    g->site_count = (uint32_t)t->r->rows[HF_BLOCK_SITES];
    g->sites = calloc((size_t)g->site_count + 1, sizeof(*g->sites));
    g->threads = calloc((size_t)g->thread_count + 1, sizeof(*g->threads));
    g->types = calloc((size_t)g->type_count + 1, sizeof(*g->types));
    g->roots = calloc((size_t)g->root_count + 1, sizeof(*g->roots));
    return g->threads && g->types && g->roots && g->sites ? NULL : hf_fail_memory();
}

static hf_err *read_all(tables *t)
{
    hf_err *err = allocate(t);
    if (!err)
        err = each_block(t, HF_BLOCK_NAMES, 2, read_names);
    if (!err)
        err = each_block(t, HF_BLOCK_THREADS, 1, read_threads);
    if (!err)
        err = each_block(t, HF_BLOCK_TYPES, 1, read_types);
    if (!err)
        err = each_block(t, HF_BLOCK_ROOTS, 1, read_roots);
    if (!err)
        err = each_block(t, HF_BLOCK_SITES, 1, read_sites);
    if (!err)
        err = each_block(t, HF_BLOCK_INFO, 1, read_info);
    if (!err)
        err = each_block(t, HF_BLOCK_MEMORY, 1, read_memory);
    if (!err)
        qsort(t->g->roots, t->g->root_count, sizeof(*t->g->roots), compare_roots);
    return err;
}

hf_err *hf_read_tables(hf_reader *r)
{
    tables t = {.r = r, .g = r->graph};
    hf_err *err = NULL;
    if (!hf_strtab_init(&t.g->names) || !hf_unpacker_init(&t.u))
        err = hf_fail_memory();
    if (!err)
        err = read_all(&t);
    hf_unpacker_deinit(&t.u);
    return err;
}
