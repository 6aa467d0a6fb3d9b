#include "graph/column.h"

#include "graph/format.h"

#include <zstd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { LEVEL = 1 };

uint64_t hf_checksum(const void *bytes, size_t length)
{
    return XXH3_64bits(bytes, length);
}

static void put_u32(uint8_t *p, size_t value)
{
    uint32_t v = (uint32_t)value;
    memcpy(p, &v, sizeof(v));
}

bool hf_column_pack(void *compressor, const void *bytes, size_t length, hf_buf *out)
{
    if (length > HF_COLUMN_MAX)
        return false;
    size_t bound = compressor ? ZSTD_compressBound(length) : length;
    uint8_t *room = hf_buf_reserve(out, HF_FORMAT_COLUMN_HEADER + bound);
    if (!room)
        return false;
    size_t stored = length;
    if (compressor && length) {
        stored = ZSTD_compressCCtx(compressor, room + HF_FORMAT_COLUMN_HEADER, bound, bytes, length,
                                   LEVEL);
        if (ZSTD_isError(stored) || stored > length)
            stored = length;
    }
    if (stored == length && length)
        memcpy(room + HF_FORMAT_COLUMN_HEADER, bytes, length);
    put_u32(room, length);
    put_u32(room + 4, stored);
    out->length += HF_FORMAT_COLUMN_HEADER + stored;
    return true;
}

/* Adds to *total the bytes of a stored block's columns, unpacked; false where it is damaged. */
static bool add_sizes(const uint8_t *stored, size_t length, size_t count, uint64_t *total)
{
    hf_cursor c = hf_cursor_over(stored, length);
    for (size_t i = 0; i < count; i++) {
        uint32_t bytes = hf_cursor_u32(&c), packed = hf_cursor_u32(&c);
        hf_cursor_bytes(&c, packed);
        if (c.bad || bytes > HF_COLUMN_MAX || packed > bytes)
            return false;
        *total += bytes;
    }
    return hf_cursor_left(&c) == 0;
}

const char *hf_columns_unpack(void *decompressor, const uint8_t *stored, size_t length,
                              size_t count, hf_buf *scratch, hf_cursor *ret)
{
    uint64_t total = 0;
    if (!add_sizes(stored, length, count, &total))
        return "the columns of a block do not fill it";
    hf_buf_clear(scratch);
    uint8_t *room = hf_buf_reserve(scratch, total + 1);
    if (!room)
        return "a block is too large for the memory";
    hf_cursor c = hf_cursor_over(stored, length);
    for (size_t i = 0; i < count; i++) {
        uint32_t bytes = hf_cursor_u32(&c), packed = hf_cursor_u32(&c);
        const uint8_t *from = hf_cursor_bytes(&c, packed);
        if (packed == bytes && bytes)
            memcpy(room, from, bytes);
        else if (bytes && ZSTD_decompressDCtx(decompressor, room, bytes, from, packed) != bytes)
            return "a column does not unpack";
        ret[i] = hf_cursor_over(room, bytes);
        room += bytes;
    }
    return NULL;
}

bool hf_columns_done(const hf_cursor *columns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (columns[i].bad || hf_cursor_left(&columns[i]))
            return false;
    return true;
}
