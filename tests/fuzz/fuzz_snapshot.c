/* Snapshot files from a stranger: whatever the reader believes must be safe to work on.
 *
 * The input is what a file says, without what holds it together: blocks, each of a byte for its
 * kind, 2 bytes rows, 2 bytes first object, and for each column 2 bytes length and the bytes. The
 * file around it is made here, so that no input is lost to a wrong length. (tool_seed writes
 * such inputs from snapshots.) */
#include "analyse/difference.h"
#include "analyse/lines.h"
#include "analyse/paths.h"
#include "graph/read.h"

#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

enum { OBJECTS_SHOWN = 64 };

static void put_u32(hf_buf *b, size_t value)
{
    uint32_t v = (uint32_t)value;
    hf_buf_add(b, &v, sizeof(v));
}

static void put_u64(hf_buf *b, uint64_t value)
{
    hf_buf_add(b, &value, sizeof(value));
}

static size_t take_u16(hf_cursor *c)
{
    size_t low = hf_cursor_u8(c);
    return low | (size_t)hf_cursor_u8(c) << 8;
}

/* A column as it is stored without compression. */
static void put_column(hf_buf *file, const uint8_t *bytes, size_t length)
{
    put_u32(file, length);
    put_u32(file, length);
    hf_buf_add(file, bytes, length);
}

/* Returns the version of the format that the block needs. */
static uint32_t put_block(hf_cursor *input, hf_buf *file, hf_buf *index)
{
    size_t start = file->length;
    unsigned kind = 1 + hf_cursor_u8(input) % (HF_BLOCK_KIND_END - 1);
    size_t rows = take_u16(input), first_object = take_u16(input);
    for (size_t i = 0; i < hf_block_columns[kind]; i++) {
        size_t length = take_u16(input);
        length = length < hf_cursor_left(input) ? length : hf_cursor_left(input);
        put_column(file, hf_cursor_bytes(input, length), length);
    }
    hf_buf_varint(index, kind);
    hf_buf_varint(index, rows);
    hf_buf_varint(index, file->length - start);
    hf_buf_varint(index, kind == HF_BLOCK_VALUES ? first_object : 0);
    put_u64(index, 0);
    return hf_format_version_of((hf_block_kind)kind);
}

/* An open file made of the input. */
static int make_file(const uint8_t *data, size_t size)
{
    hf_buf file = {0}, index = {0};
    hf_buf_add(&file, HF_FORMAT_MAGIC, 8);
    put_u32(&file, HF_FORMAT_VERSION);
    put_u32(&file, 0);
    hf_cursor input = hf_cursor_over(data, size);
    uint32_t version = 1;
    while (hf_cursor_left(&input)) {
        uint32_t needed = put_block(&input, &file, &index);
        version = version > needed ? version : needed;
    }
    if (!file.failed)
        memcpy(file.data + HF_FORMAT_VERSION_AT, &version, sizeof(version));
    uint64_t start = file.length;
    put_column(&file, index.data, index.length);
    uint64_t length = file.length - start;
    put_u64(&file, start);
    put_u64(&file, length);
    put_u64(&file, 0);
    hf_buf_add(&file, HF_FORMAT_END, 8);
    int fd = memfd_create("snapshot", MFD_CLOEXEC);
    assert(fd >= 0 && write(fd, file.data, file.length) == (ssize_t)file.length);
    hf_buf_deinit(&file);
    hf_buf_deinit(&index);
    return fd;
}

static void show(hf_graph *g, const hf_path_tree *t, uint32_t object)
{
    hf_path p = {0};
    hf_buf text = {0};
    if (!hf_path_to(t, object, &p)) {
        hf_err_free(hf_path_text(g, &p, &text));
        for (size_t i = 0; i < text.length; i++)
            assert(text.data[i] >= 0x20 && text.data[i] != 0x7f);
    }
    hf_path_deinit(&p);
    hf_buf_deinit(&text);
    hf_graph_value(g, object, NULL);
    hf_graph_bound(g, object);
    assert(hf_graph_find(g, g->address[object]) == object);
}

static void work_on(hf_graph *g)
{
    hf_dominators *d = NULL;
    hf_path_tree *t = NULL;
    hf_histogram histogram = {0};
    hf_difference difference = {0};
    hf_lines lines = {0};
    hf_line_changes line_changes = {0};
    hf_buf place = {0};
    hf_err_free(hf_lines_compute(g, NULL, &lines));
    hf_err_free(hf_lines_compare(g, g, &line_changes));
    assert(!line_changes.count);
    for (size_t i = 0; i < lines.count; i++)
        hf_line_text(g, lines.rows[i].file, lines.rows[i].line, false, &place);
    hf_buf_deinit(&place);
    hf_lines_deinit(&lines);
    hf_line_changes_deinit(&line_changes);
    for (uint32_t o = 0; o < g->object_count && o < OBJECTS_SHOWN; o++)
        hf_allocated_at(g, o);
    hf_err_free(hf_dominators_compute(g, &d));
    hf_err_free(hf_histogram_compute(g, NULL, false, &histogram));
    hf_err_free(hf_difference_compute(g, d, g, d, &difference));
    hf_err_free(hf_path_tree_build(g, &t));
    assert(d && t && difference.survivors + difference.born == g->object_count);
    for (uint32_t o = 0; o < g->object_count && o < OBJECTS_SHOWN; o++)
        show(g, t, o);
    hf_difference_deinit(&difference);
    hf_histogram_deinit(&histogram);
    hf_dominators_free(d);
    hf_path_tree_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hf_graph *g = NULL;
    hf_err *err = hf_snapshot_read_fd(make_file(data, size), "input", true, &g);
    if (err)
        hf_err_free(err);
    else
        work_on(g);
    hf_graph_free(g);
    return 0;
}
