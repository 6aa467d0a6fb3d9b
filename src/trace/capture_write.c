/* trace/capture_write.c - a capture to a file; the format is drawn in trace/format.h. */
#include "base/bytes.h"
#include "base/cleanup.h"
#include "trace/capture.h"
#include "trace/format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#define XXH_INLINE_ALL
#include <xxhash.h>
#include <zstd.h>

enum { COMPRESSION = 3 };

static void put_info(const hf_capture *c, hf_buf *b)
{
    const hf_trace_info *i = &c->info;
    const uint64_t numbers[] = {(uint64_t)i->mode, i->sample_bytes, i->start,     i->length,
                                i->peak,           i->peak_time,    i->peak_slack};
    for (size_t k = 0; k < sizeof(numbers) / sizeof(*numbers); k++)
        hf_buf_varint(b, numbers[k]);
}

static void put_texts(const hf_capture *c, hf_buf *b)
{
    for (uint32_t i = 1; i < c->texts.count; i++) {
        size_t length = hf_strtab_length(&c->texts, i);
        hf_buf_varint(b, length);
        hf_buf_add(b, hf_strtab_get(&c->texts, i), length);
    }
}

static void put_codes(const hf_capture *c, hf_buf *b)
{
    for (size_t i = 0; i < c->code_count; i++) {
        hf_buf_varint(b, c->codes[i].file);
        hf_buf_varint(b, c->codes[i].name);
        hf_buf_varint(b, c->codes[i].first_line);
    }
}

/* The number of rows. */
static size_t put_binaries(const hf_capture *c, hf_buf *b)
{
    size_t rows = 0, last = 0;
    for (size_t i = 0; i < c->code_count; i++) {
        const hf_code *code = &c->codes[i];
        if (!code->binary && !code->symbol)
            continue;
        hf_buf_varint(b, i - last);
        hf_buf_varint(b, code->binary);
        hf_buf_varint(b, code->symbol);
        last = i;
        rows++;
    }
    return rows;
}

static void put_processes(const hf_capture *c, hf_buf *b)
{
    for (size_t i = 0; i < c->process_count; i++) {
        const hf_traced_process *p = &c->processes[i];
        const uint64_t numbers[] = {(uint64_t)p->pid, p->parent == UINT32_MAX ? 0 : p->parent + 1,
                                    p->start,         p->end,
                                    p->command,       p->version,
                                    p->flags,         p->peak,
                                    p->peak_time,     p->dropped};
        for (size_t k = 0; k < sizeof(numbers) / sizeof(*numbers); k++)
            hf_buf_varint(b, numbers[k]);
    }
}

static void put_nodes(const hf_capture *c, hf_buf *b)
{
    for (size_t i = 0; i < c->node_count; i++) {
        const hf_node *n = &c->nodes[i];
        bool call = hf_kind_is_call(n->kind);
        int64_t first = call ? c->codes[n->code].first_line : 0;
        hf_buf_varint(b, n->parent == HF_NODE_NONE ? 0 : i - n->parent);
        hf_buf_varint(b, (uint64_t)n->kind | (uint64_t)(call ? n->code : 0) << 3);
        hf_buf_varint(b, hf_zigzag(call ? (int64_t)n->line - first : 0));
    }
}

/* The number of rows. */
static size_t put_counts(const hf_capture *c, hf_buf *b)
{
    size_t rows = 0, last = 0;
    for (size_t i = 0; i < c->node_count; i++) {
        const hf_counts *n = &c->counts[i];
        if (!n->total.blocks && !n->live.blocks && !n->peak.blocks)
            continue;
        hf_buf_varint(b, i - last);
        const hf_count *counts[] = {&n->total, &n->live, &n->peak, &n->temporary};
        for (size_t k = 0; k < 4; k++) {
            hf_buf_varint(b, counts[k]->bytes);
            hf_buf_varint(b, counts[k]->blocks);
        }
        last = i;
        rows++;
    }
    return rows;
}

static void put_intervals(const hf_capture *c, hf_buf *b)
{
    uint64_t time = 0;
    for (size_t i = 0; i < c->interval_count; i++) {
        const hf_interval *interval = &c->intervals[i];
        hf_buf_varint(b, interval->time - time);
        hf_buf_varint(b, interval->change_count);
        uint32_t last = 0;
        for (size_t k = 0; k < interval->change_count; k++) {
            const hf_change *change = &c->changes[interval->first_change + k];
            hf_buf_varint(b, change->node - last);
            hf_buf_varint(b, hf_zigzag(change->bytes));
            hf_buf_varint(b, hf_zigzag(change->blocks));
            last = change->node;
        }
        time = interval->time;
    }
}

static void put_residents(const hf_capture *c, hf_buf *b)
{
    uint32_t last = 0;
    for (size_t i = 0; i < c->resident_count; i++) {
        const hf_resident *r = &c->residents[i];
        hf_buf_varint(b, r->interval - last);
        hf_buf_varint(b, r->process);
        hf_buf_varint(b, r->bytes);
        last = r->interval;
    }
}

static size_t put_column(const hf_capture *c, hf_trace_column kind, hf_buf *b)
{
    switch (kind) {
    case HF_TRACE_INFO:
        return put_info(c, b), 1;
    case HF_TRACE_TEXTS:
        return put_texts(c, b), c->texts.count - 1;
    case HF_TRACE_CODES:
        return put_codes(c, b), c->code_count;
    case HF_TRACE_BINARIES:
        return put_binaries(c, b);
    case HF_TRACE_PROCESSES:
        return put_processes(c, b), c->process_count;
    case HF_TRACE_NODES:
        return put_nodes(c, b), c->node_count;
    case HF_TRACE_COUNTS:
        return put_counts(c, b);
    case HF_TRACE_INTERVALS:
        return put_intervals(c, b), c->interval_count;
    case HF_TRACE_RESIDENT:
        return put_residents(c, b), c->resident_count;
    case HF_TRACE_END:
    case HF_TRACE_COLUMN_END:
        break;
    }
    return 0;
}

static bool write_all(int fd, const void *bytes, size_t length)
{
    const uint8_t *p = bytes;
    while (length) {
        ssize_t n = write(fd, p, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        length -= (size_t)n;
    }
    return true;
}

/* Writes the column that `raw` holds; `packed` is room to work in. */
static hf_err *write_column(int fd, hf_trace_column kind, size_t rows, const hf_buf *raw,
                            hf_buf *packed)
{
    hf_buf_clear(packed);
    size_t bound = ZSTD_compressBound(raw->length);
    uint8_t *room = hf_buf_reserve(packed, bound);
    if (!room)
        return hf_fail_memory();
    const uint8_t *stored = raw->data;
    size_t length = raw->length;
    size_t n = length ? ZSTD_compress(room, bound, raw->data, length, COMPRESSION) : 0;
    if (!ZSTD_isError(n) && n < length) {
        stored = room;
        length = n;
    }
    uint8_t header[HF_TRACE_COLUMN_HEADER];
    const uint32_t small[] = {(uint32_t)kind, (uint32_t)rows};
    const uint64_t large[] = {raw->length, length, XXH3_64bits(stored, length)};
    memcpy(header, small, sizeof(small));
    memcpy(header + sizeof(small), large, sizeof(large));
    if (!write_all(fd, header, sizeof(header)) || !write_all(fd, stored, length))
        return hf_fail_sys(errno, "cannot write the capture");
    return NULL;
}

/* The lowest version that has all of it. */
static uint8_t version_of(const hf_capture *c)
{
    if (hf_capture_flags(c) & (HF_TRACED_RESERVED | HF_TRACED_NO_OBJECTS))
        return 4;
    for (size_t i = 0; i < c->code_count; i++)
        if (c->codes[i].binary || c->codes[i].symbol)
            return 4;
    for (size_t i = 0; i < c->node_count; i++)
        if (c->nodes[i].kind == HF_NODE_FUNCTION)
            return 3;
    return 2;
}

hf_err *hf_capture_write_fd(const hf_capture *c, int fd)
{
    uint8_t header[HF_TRACE_HEADER_SIZE] = HF_TRACE_MAGIC;
    header[8] = version_of(c);
    if (!write_all(fd, header, sizeof(header)))
        return hf_fail_sys(errno, "cannot write the capture");
    hf_buf raw HF_AUTO(hf_buf_deinit), packed HF_AUTO(hf_buf_deinit);
    hf_buf_init(&raw, HF_TRACE_COLUMN_MAX);
    hf_buf_init(&packed, 0);
    hf_err *err = NULL;
    static const hf_trace_column order[] = HF_TRACE_ORDER;
    for (size_t i = 0; i < sizeof(order) / sizeof(*order) && !err; i++) {
        if (order[i] == HF_TRACE_BINARIES && header[8] < 4)
            continue;
        hf_buf_clear(&raw);
        size_t rows = put_column(c, order[i], &raw);
        if (raw.failed || rows > HF_TRACE_ROWS_MAX)
            return hf_fail(HF_ERR_NO_MEMORY, "the capture is too large to be written");
        err = write_column(fd, order[i], rows, &raw, &packed);
    }
    return err;
}

hf_err *hf_capture_write(const hf_capture *c, const char *path)
{
    hf_buf temporary HF_AUTO(hf_buf_deinit) = {0};
    hf_buf_format(&temporary, "%s.%d.tmp", path, (int)getpid());
    if (temporary.failed)
        return hf_fail_memory();
    const char *name = hf_buf_string(&temporary);
    HF_AUTO(hf_closep)
    int fd = open(name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return hf_fail_sys(errno, "cannot write '%s'", path);
    hf_err *err = hf_capture_write_fd(c, fd);
    if (!err && rename(name, path))
        err = hf_fail_sys(errno, "cannot rename '%s' to '%s'", name, path);
    if (err)
        unlink(name);
    return err;
}
