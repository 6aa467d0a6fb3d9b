/* Snapshot files of a fuzzer's input.
 *
 * The input is what a file says, without what holds it together: blocks, each of a byte for its
 * kind, 2 bytes rows, 2 bytes first object, and for each column 2 bytes length and the bytes. The
 * file around it is made here, so that no input is lost to a wrong length. (tool_seed writes
 * such inputs from snapshots.) */
#ifndef MADE_SNAPSHOT_H
#define MADE_SNAPSHOT_H

#include "graph/read.h"

#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* 2 bytes length and what it says, or as much as there is. */
static const uint8_t *take_bytes(hf_cursor *c, size_t *ret_length)
{
    size_t length = take_u16(c);
    *ret_length = length < hf_cursor_left(c) ? length : hf_cursor_left(c);
    return hf_cursor_bytes(c, *ret_length);
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
        size_t length;
        const uint8_t *bytes = take_bytes(input, &length);
        put_column(file, bytes, length);
    }
    hf_buf_varint(index, kind);
    hf_buf_varint(index, rows);
    hf_buf_varint(index, file->length - start);
    hf_buf_varint(index, kind == HF_BLOCK_VALUES ? first_object : 0);
    put_u64(index, 0);
    return hf_format_version_of((hf_block_kind)kind);
}

/* An open file of all that is left of the input. */
static int make_snapshot(hf_cursor *input)
{
    hf_buf file = {0}, index = {0};
    hf_buf_add(&file, HF_FORMAT_MAGIC, 8);
    put_u32(&file, HF_FORMAT_VERSION);
    put_u32(&file, 0);
    uint32_t version = 1;
    while (hf_cursor_left(input)) {
        uint32_t needed = put_block(input, &file, &index);
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

/* The graph of it, or NULL. shared: as hf_snapshot_read_shared() has it. */
static hf_graph *read_snapshot(hf_cursor *input, hf_shared_graph *shared)
{
    hf_graph *g = NULL;
    hf_err_free(hf_snapshot_read_fd(make_snapshot(input), "input", true, shared, &g));
    return g;
}

#endif
