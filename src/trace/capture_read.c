/* trace/capture_read.c - a capture from a file, which may be a stranger's: every number is checked
 * against what is there before it is used, and nothing is allocated for the size of a number.
 * The format is drawn in trace/format.h. */
#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "trace/capture.h"
#include "trace/format.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#define XXH_INLINE_ALL
#include <xxhash.h>
#include <zstd.h>

enum { READ_STEP = 1 << 20, FILE_MAX = 1 << 30 };

#define COUNT_MAX (1ULL << 60) /* bytes or blocks of a node; sums of nonsense may wrap, no more */

/* A row takes at least one byte of its column, so that the room for rows is bounded by the bytes
 * that are there. */
typedef struct column {
    uint32_t kind, rows;
    hf_cursor bytes;
} column;

static hf_err *damaged(const char *name, const char *what)
{
    return hf_fail(HF_ERR_DAMAGED, "'%s' is damaged: %s", name, what);
}

/* Unpacks as long as the frame goes on: what it says of its own size is not believed. */
static bool unpack(const uint8_t *stored, size_t length, hf_buf *ret)
{
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer in = {stored, length, 0};
    size_t state = stream ? 1 : 0;
    bool well = stream != NULL;
    while (well && state) {
        size_t room = ZSTD_DStreamOutSize();
        ZSTD_outBuffer out = {hf_buf_reserve(ret, room), room, 0};
        size_t before = in.pos;
        well = out.dst != NULL;
        if (!well)
            break;
        state = ZSTD_decompressStream(stream, &out, &in);
        well = !ZSTD_isError(state) && (out.pos || in.pos > before);
        ret->length += out.pos;
    }
    ZSTD_freeDStream(stream);
    return well && in.pos == length;
}

/* Takes the next column off the file; `room` holds its bytes where they were packed. */
static hf_err *next_column(hf_cursor *file, const char *name, hf_buf *room, column *ret)
{
    column c = {.kind = hf_cursor_u32(file), .rows = hf_cursor_u32(file)};
    uint64_t bytes = hf_cursor_u64(file), length = hf_cursor_u64(file), sum = hf_cursor_u64(file);
    const uint8_t *stored = hf_cursor_bytes(file, length);
    if (file->bad)
        return damaged(name, "it is cut off");
    if (XXH3_64bits(stored, length) != sum)
        return damaged(name, "a checksum is wrong");
    hf_buf_clear(room);
    if (bytes > HF_TRACE_COLUMN_MAX || length > bytes || c.rows > HF_TRACE_ROWS_MAX)
        return damaged(name, "a column is too long");
    if (length < bytes && (!unpack(stored, length, room) || room->length != bytes))
        return room->failed ? hf_fail_memory() : damaged(name, "a column cannot be unpacked");
    if (c.rows > bytes)
        return damaged(name, "a column has more rows than bytes");
    c.bytes = length < bytes ? hf_cursor_over(room->data, bytes) : hf_cursor_over(stored, bytes);
    *ret = c;
    return NULL;
}

static uint32_t number_below(hf_cursor *bytes, uint64_t end)
{
    uint64_t n = hf_cursor_varint(bytes);
    if (n >= end)
        bytes->bad = true;
    return n < end ? (uint32_t)n : 0;
}

/* Zeroed rows; NULL without memory. One more than asked for, so that none is not no memory. */
static void *rows_of(const column *c, size_t size)
{
    return calloc((size_t)c->rows + 1, size);
}

static hf_err *read_info(hf_capture *c, column *in)
{
    hf_cursor *b = &in->bytes;
    c->info.mode = (hf_trace_mode)number_below(b, HF_TRACE_MODE_END);
    c->info.sample_bytes = hf_cursor_varint(b);
    c->info.start = hf_cursor_varint(b);
    c->info.length = hf_cursor_varint(b);
    c->info.peak = hf_cursor_varint(b);
    c->info.peak_time = hf_cursor_varint(b);
    c->info.peak_slack = hf_cursor_varint(b);
    return NULL;
}

static hf_err *read_texts(hf_capture *c, column *in)
{
    for (uint32_t i = 1; i <= in->rows && !in->bytes.bad; i++) {
        uint64_t length = hf_cursor_varint(&in->bytes);
        const uint8_t *text = hf_cursor_bytes(&in->bytes, length);
        if (!text)
            break;
        uint32_t number = hf_strtab_add(&c->texts, (const char *)text, length);
        if (number == HF_STR_NONE)
            return hf_fail_memory();
        if (number != i) /* a text twice */
            in->bytes.bad = true;
    }
    return NULL;
}

static hf_err *read_codes(hf_capture *c, column *in)
{
    if (!(c->codes = rows_of(in, sizeof(*c->codes))))
        return hf_fail_memory();
    for (; c->code_count < in->rows && !in->bytes.bad; c->code_count++) {
        hf_code *code = &c->codes[c->code_count];
        code->file = number_below(&in->bytes, c->texts.count);
        code->name = number_below(&in->bytes, c->texts.count);
        code->first_line = number_below(&in->bytes, INT32_MAX);
    }
    return NULL;
}

static hf_err *read_binaries(hf_capture *c, column *in)
{
    uint64_t code = 0;
    for (uint32_t i = 0; i < in->rows && !in->bytes.bad; i++) {
        uint64_t gap = hf_cursor_varint(&in->bytes);
        if (gap >= c->code_count - code || (i && !gap)) {
            in->bytes.bad = true;
            break;
        }
        code += gap;
        c->codes[code].binary = number_below(&in->bytes, c->texts.count);
        c->codes[code].symbol = number_below(&in->bytes, c->texts.count);
    }
    return NULL;
}

static hf_err *read_processes(hf_capture *c, column *in)
{
    if (!(c->processes = rows_of(in, sizeof(*c->processes))))
        return hf_fail_memory();
    hf_cursor *b = &in->bytes;
    for (; c->process_count < in->rows && !b->bad; c->process_count++) {
        hf_traced_process *p = &c->processes[c->process_count];
        p->pid = number_below(b, INT32_MAX);
        p->parent = number_below(b, (uint64_t)in->rows + 1) - 1;
        if (p->parent == c->process_count)
            b->bad = true;
        p->root = HF_NODE_NONE;
        p->start = hf_cursor_varint(b);
        p->end = hf_cursor_varint(b);
        p->command = number_below(b, c->texts.count);
        p->version = number_below(b, (uint64_t)UINT32_MAX + 1);
        p->flags = number_below(b, HF_TRACED_FLAGS + 1);
        p->peak = hf_cursor_varint(b);
        p->peak_time = hf_cursor_varint(b);
        p->dropped = hf_cursor_varint(b);
    }
    return NULL;
}

/* One node; false where it is nonsense. `process`: how many roots there were before. */
static bool read_node(hf_capture *c, hf_cursor *b, uint32_t at, uint32_t *process)
{
    hf_node *n = &c->nodes[at];
    uint64_t distance = number_below(b, (uint64_t)at + 1);
    uint64_t word = hf_cursor_varint(b);
    int64_t line = hf_unzigzag(hf_cursor_varint(b));
    n->kind = (hf_node_kind)(word & 7);
    bool is_root = n->kind == HF_NODE_PROCESS;
    if (b->bad || n->kind >= HF_NODE_KIND_END || is_root != (distance == 0))
        return false;
    n->parent = is_root ? HF_NODE_NONE : at - (uint32_t)distance;
    if (is_root) {
        if (*process >= c->process_count)
            return false;
        c->processes[*process].root = at;
        n->process = (*process)++;
        return true;
    }
    const hf_node *parent = &c->nodes[n->parent];
    n->process = parent->process;
    if (n->process + 1 != *process ||
        (parent->kind != HF_NODE_PROCESS && !hf_kind_is_call(parent->kind)))
        return false; /* a tree lies in one piece, and only calls have callees */
    if (!hf_kind_is_call(n->kind))
        return word >> 3 == 0 && line == 0;
    if (word >> 3 >= c->code_count)
        return false;
    n->code = (uint32_t)(word >> 3);
    if (line < -(int64_t)INT32_MAX || line > INT32_MAX)
        return false;
    line += c->codes[n->code].first_line;
    n->line = line >= 0 ? (uint32_t)line : 0;
    return line >= 0;
}

static hf_err *read_nodes(hf_capture *c, column *in)
{
    c->nodes = rows_of(in, sizeof(*c->nodes));
    c->counts = rows_of(in, sizeof(*c->counts));
    if (!c->nodes || !c->counts)
        return hf_fail_memory();
    uint32_t process = 0;
    for (; c->node_count < in->rows && !in->bytes.bad; c->node_count++)
        if (!read_node(c, &in->bytes, (uint32_t)c->node_count, &process))
            in->bytes.bad = true;
    if (process != c->process_count)
        in->bytes.bad = true;
    return NULL;
}

static hf_count read_count(hf_cursor *b)
{
    hf_count count = {.bytes = hf_cursor_varint(b)};
    count.blocks = hf_cursor_varint(b);
    if (count.bytes > COUNT_MAX || count.blocks > COUNT_MAX)
        b->bad = true;
    return count;
}

static hf_err *read_counts(hf_capture *c, column *in)
{
    uint64_t node = 0;
    for (uint32_t i = 0; i < in->rows && !in->bytes.bad; i++) {
        uint64_t gap = hf_cursor_varint(&in->bytes);
        if (gap >= c->node_count - node || (i && !gap)) {
            in->bytes.bad = true;
            break;
        }
        node += gap;
        hf_counts *n = &c->counts[node];
        n->total = read_count(&in->bytes);
        n->live = read_count(&in->bytes);
        n->peak = read_count(&in->bytes);
        n->temporary = read_count(&in->bytes);
    }
    return NULL;
}

/* What is live stays at zero or above, at each node. */
static bool apply(hf_count *live, const hf_change *change)
{
    return !__builtin_add_overflow(live->bytes, change->bytes, &live->bytes) &&
           !__builtin_add_overflow(live->blocks, change->blocks, &live->blocks) &&
           live->bytes <= COUNT_MAX && live->blocks <= COUNT_MAX;
}

static hf_err *read_interval(hf_capture *c, hf_cursor *b, hf_count *live, size_t *capacity,
                             hf_interval *ret)
{
    uint64_t count = hf_cursor_varint(b), node = 0;
    ret->first_change = c->change_count;
    for (uint64_t i = 0; i < count && !b->bad; i++) {
        if (!hf_array_room(&c->changes, c->change_count, capacity))
            return hf_fail_memory();
        uint64_t gap = hf_cursor_varint(b);
        if (gap >= c->node_count - node || (i && !gap)) {
            b->bad = true;
            break;
        }
        node += gap;
        hf_change change = {.node = (uint32_t)node};
        change.bytes = hf_unzigzag(hf_cursor_varint(b));
        change.blocks = hf_unzigzag(hf_cursor_varint(b));
        if (!apply(&live[node], &change))
            b->bad = true;
        ret->live += (uint64_t)change.bytes;
        c->changes[c->change_count++] = change;
    }
    ret->change_count = c->change_count - ret->first_change;
    return NULL;
}

static hf_err *read_intervals(hf_capture *c, column *in)
{
    HF_AUTO(hf_freep) hf_count *live = calloc(c->node_count + 1, sizeof(*live));
    c->intervals = rows_of(in, sizeof(*c->intervals));
    if (!live || !c->intervals)
        return hf_fail_memory();
    hf_interval last = {0};
    size_t capacity = 0;
    hf_err *err = NULL;
    while (c->interval_count < in->rows && !in->bytes.bad && !err) {
        if (__builtin_add_overflow(last.time, hf_cursor_varint(&in->bytes), &last.time))
            in->bytes.bad = true;
        err = read_interval(c, &in->bytes, live, &capacity, &last);
        c->intervals[c->interval_count++] = last;
    }
    return err;
}

static hf_err *read_residents(hf_capture *c, column *in)
{
    hf_cursor *b = &in->bytes;
    if (!(c->residents = rows_of(in, sizeof(*c->residents))))
        return hf_fail_memory();
    uint64_t interval = 0;
    int64_t process = -1; /* of the row before, in the same interval */
    for (; c->resident_count < in->rows && !b->bad; c->resident_count++) {
        hf_resident *r = &c->residents[c->resident_count];
        uint64_t gap = number_below(b, c->interval_count - interval);
        interval += gap;
        r->interval = (uint32_t)interval;
        r->process = number_below(b, c->process_count);
        r->bytes = hf_cursor_varint(b);
        if (r->bytes > COUNT_MAX || (!gap && r->process <= process))
            b->bad = true;
        process = r->process;
    }
    return NULL;
}

typedef hf_err *reader(hf_capture *c, column *in);
static reader *const readers[] = {
    [HF_TRACE_INFO] = read_info,           [HF_TRACE_TEXTS] = read_texts,
    [HF_TRACE_CODES] = read_codes,         [HF_TRACE_BINARIES] = read_binaries,
    [HF_TRACE_PROCESSES] = read_processes, [HF_TRACE_NODES] = read_nodes,
    [HF_TRACE_COUNTS] = read_counts,       [HF_TRACE_INTERVALS] = read_intervals,
    [HF_TRACE_RESIDENT] = read_residents,  [HF_TRACE_END] = NULL,
};

enum { MAGIC_LENGTH = sizeof(HF_TRACE_MAGIC) - 1 };

static bool is_magic(const void *bytes)
{
    return bytes && memcmp(bytes, HF_TRACE_MAGIC, MAGIC_LENGTH) == 0;
}

static hf_err *no_capture(const char *name)
{
    return hf_fail(HF_ERR_NOT_OURS, "'%s' is no capture of 'holdfast run'", name);
}

static hf_err *too_large(const char *name)
{
    return hf_fail(HF_ERR_NO_MEMORY, "'%s' is too large", name);
}

static hf_err *read_header(hf_cursor *file, const char *name, uint32_t *ret_version)
{
    if (!is_magic(hf_cursor_bytes(file, MAGIC_LENGTH)))
        return no_capture(name);
    uint32_t version = hf_cursor_u32(file);
    hf_cursor_u32(file);
    if (version > HF_TRACE_VERSION)
        return hf_fail(HF_ERR_NEWER, "'%s' is a capture of a newer holdfast (format %u)", name,
                       version);
    *ret_version = version;
    return file->bad || !version ? damaged(name, "its header is cut off") : NULL;
}

static hf_err *read_file(const uint8_t *bytes, size_t length, const char *name, hf_capture *c)
{
    hf_cursor file = hf_cursor_over(bytes, length);
    hf_buf room HF_AUTO(hf_buf_deinit);
    hf_buf_init(&room, HF_TRACE_COLUMN_MAX + ZSTD_DStreamOutSize());
    static const hf_trace_column order[] = HF_TRACE_ORDER;
    uint32_t version = 0;
    hf_err *err = read_header(&file, name, &version);
    for (size_t i = 0; i < sizeof(order) / sizeof(*order) && !err; i++) {
        hf_trace_column kind = order[i];
        column in;
        if ((kind == HF_TRACE_RESIDENT && version < 2) ||
            (kind == HF_TRACE_BINARIES && version < 4))
            continue;
        if ((err = next_column(&file, name, &room, &in)))
            break;
        if (in.kind != (uint32_t)kind)
            return damaged(name, "its columns are out of order");
        if (readers[kind])
            err = readers[kind](c, &in);
        if (!err && (in.bytes.bad || hf_cursor_left(&in.bytes)))
            err = damaged(name, "a column says what cannot be");
    }
    return err;
}

/* pread(2), whatever interrupts it. */
static ssize_t read_at(int fd, void *to, size_t length, off_t offset)
{
    ssize_t n;
    do
        n = pread(fd, to, length, offset);
    while (n < 0 && errno == EINTR);
    return n;
}

/* Whether a file may be a capture, before it is read: whoever names a log of gigabytes by mistake
 * is told so at once. */
static hf_err *look_at_file(int fd, const char *name)
{
    struct stat facts;
    if (fstat(fd, &facts))
        return hf_fail_sys(errno, "cannot read '%s'", name);
    if (!S_ISREG(facts.st_mode))
        return hf_fail(HF_ERR_NOT_OURS, "'%s' is no capture of 'holdfast run': it is %s", name,
                       S_ISDIR(facts.st_mode) ? "a folder" : "no regular file");
    if (!facts.st_size)
        return hf_fail(HF_ERR_NOT_OURS, "'%s' is empty: nothing was written to it", name);
    char magic[MAGIC_LENGTH] = {0};
    if (read_at(fd, magic, sizeof(magic), 0) < 0)
        return hf_fail_sys(errno, "cannot read '%s'", name);
    if (!is_magic(magic))
        return no_capture(name);
    return facts.st_size > FILE_MAX ? too_large(name) : NULL;
}

/* Not mapped: a file that somebody cuts off meanwhile would end us. */
static hf_err *read_bytes(int fd, const char *name, hf_buf *ret)
{
    for (;;) {
        uint8_t *room = hf_buf_reserve(ret, READ_STEP);
        if (!room)
            return too_large(name);
        ssize_t n = read_at(fd, room, READ_STEP, (off_t)ret->length);
        if (n < 0)
            return hf_fail_sys(errno, "cannot read '%s'", name);
        if (!n)
            return NULL;
        ret->length += (size_t)n;
    }
}

hf_err *hf_capture_read_fd(int fd, const char *name, hf_capture **ret)
{
    HF_AUTO(hf_closep) int file = fd;
    HF_AUTO(hf_capture_freep) hf_capture *c = NULL;
    hf_buf bytes HF_AUTO(hf_buf_deinit);
    hf_buf_init(&bytes, FILE_MAX);
    hf_err *err = look_at_file(file, name);
    if (!err)
        err = read_bytes(file, name, &bytes);
    if (!err)
        err = hf_capture_new(&c);
    if (!err)
        err = read_file(bytes.data, bytes.length, name, c);
    if (err)
        return err;
    *ret = hf_take(c);
    return NULL;
}

hf_err *hf_capture_read(const char *path, hf_capture **ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return hf_fail_sys(errno, "cannot open '%s'", path);
    return hf_capture_read_fd(fd, path, ret);
}

bool hf_capture_is(const char *path)
{
    char magic[MAGIC_LENGTH] = {0};
    HF_AUTO(hf_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return fd >= 0 && read(fd, magic, sizeof(magic)) > 0 && is_magic(magic);
}
