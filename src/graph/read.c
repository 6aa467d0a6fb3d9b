#include "graph/read.h"

#include "acquire/cgroup.h"
#include "acquire/proc.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "graph/column.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

bool hf_unpacker_init(hf_unpacker *u)
{
    *u = (hf_unpacker){.decompressor = ZSTD_createDCtx()};
    return u->decompressor;
}

void hf_unpacker_deinit(hf_unpacker *u)
{
    ZSTD_freeDCtx(u->decompressor);
    hf_buf_deinit(&u->stored);
    hf_buf_deinit(&u->columns);
}

hf_err *hf_reader_damaged(const hf_reader *r, const char *what)
{
    return hf_fail(HF_ERR_DAMAGED, "snapshot '%s' is damaged: %s", r->path, what);
}

static bool read_at(int fd, uint64_t offset, void *to, size_t length)
{
    uint8_t *at = to;
    while (length) {
        ssize_t n = pread(fd, at, length, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        offset += (size_t)n;
        length -= (size_t)n;
    }
    return true;
}

const char *hf_block_load(int fd, const hf_block *b, bool trust, hf_buf *ret)
{
    hf_buf_clear(ret);
    uint8_t *room = hf_buf_reserve(ret, b->length + 1);
    if (!room)
        return "a block is too large for the memory";
    if (!read_at(fd, b->offset, room, b->length))
        return "a block cannot be read";
    if (!trust && hf_checksum(room, b->length) != b->checksum)
        return "a checksum is wrong";
    ret->length = b->length;
    return NULL;
}

hf_err *hf_reader_unpack(const hf_reader *r, const hf_block *b, size_t columns, hf_unpacker *u,
                         hf_cursor *ret)
{
    const char *wrong = hf_block_load(r->fd, b, r->trust, &u->stored);
    if (!wrong)
        wrong = hf_columns_unpack(u->decompressor, u->stored.data, u->stored.length, columns,
                                  &u->columns, ret);
    return wrong ? hf_reader_damaged(r, wrong) : NULL;
}

static hf_err *check_header(hf_reader *r)
{
    uint8_t header[HF_FORMAT_HEADER_SIZE] = {0};
    size_t have = r->size < sizeof(header) ? (size_t)r->size : sizeof(header);
    size_t magic = have < 8 ? have : 8;
    if (!read_at(r->fd, 0, header, have) || !have || memcmp(header, HF_FORMAT_MAGIC, magic))
        return hf_fail(HF_ERR_NOT_OURS, "'%s' is neither a snapshot of holdfast nor a core file",
                       r->path);
    if (have < sizeof(header))
        return hf_reader_damaged(r, "it is cut off");
    uint32_t version = hf_load_u32(header + 8);
    if (version > HF_FORMAT_VERSION)
        return hf_fail(HF_ERR_NEWER,
                       "snapshot '%s' has format version %u, newer than the %d that this program "
                       "knows",
                       r->path, version, HF_FORMAT_VERSION);
    if (!version || hf_load_u32(header + 12))
        return hf_reader_damaged(r, "its header is wrong");
    r->version = version;
    return NULL;
}

/* Where the index is, as the footer says. */
static hf_err *read_footer(const hf_reader *r, hf_block *ret)
{
    uint8_t footer[HF_FORMAT_FOOTER_SIZE];
    if (r->size < HF_FORMAT_HEADER_SIZE + sizeof(footer) ||
        !read_at(r->fd, r->size - sizeof(footer), footer, sizeof(footer)) ||
        memcmp(footer + 24, HF_FORMAT_END, 8))
        return hf_reader_damaged(r, "it is cut off");
    *ret = (hf_block){.offset = hf_load_u64(footer),
                      .length = hf_load_u64(footer + 8),
                      .checksum = hf_load_u64(footer + 16)};
    uint64_t end = r->size - sizeof(footer);
    if (ret->offset < HF_FORMAT_HEADER_SIZE || ret->offset > end ||
        ret->length != end - ret->offset)
        return hf_reader_damaged(r, "its footer is wrong");
    return NULL;
}

static uint64_t rows_allowed(hf_block_kind kind)
{
    switch (kind) {
    case HF_BLOCK_INFO:
    case HF_BLOCK_MEMORY:
        return 1;
    case HF_BLOCK_OBJECTS:
    case HF_BLOCK_OBJECT_SITES:
    case HF_BLOCK_OBJECT_BIRTHS:
    case HF_BLOCK_OBJECT_SAMPLES:
        return HF_OBJECT_ROWS;
    case HF_BLOCK_EDGES:
        return HF_EDGE_ROWS;
    case HF_BLOCK_VALUES:
        return HF_VALUE_ROWS;
    default:
        return HF_COLUMN_MAX;
    }
}

static hf_err *add_block(hf_reader *r, hf_block *b)
{
    if (b->kind < 1 || b->kind >= HF_BLOCK_KIND_END || !b->rows ||
        b->rows > rows_allowed(b->kind) ||
        b->length < hf_block_columns[b->kind] * (uint64_t)HF_FORMAT_COLUMN_HEADER)
        return hf_reader_damaged(r, "its index is wrong");
    size_t n = r->block_count[b->kind];
    if (!hf_array_next(&r->blocks[b->kind], n))
        return hf_fail_memory();
    b->first_row = r->rows[b->kind];
    r->rows[b->kind] += b->rows;
    r->blocks[b->kind][n] = *b;
    r->block_count[b->kind]++;
    return NULL;
}

static hf_err *read_index(hf_reader *r, hf_unpacker *u)
{
    hf_block index;
    hf_err *err = read_footer(r, &index);
    hf_cursor c;
    if (!err)
        err = hf_reader_unpack(r, &index, 1, u, &c);
    if (err)
        return err;
    uint64_t offset = HF_FORMAT_HEADER_SIZE;
    while (hf_cursor_left(&c)) {
        uint64_t kind = hf_cursor_varint(&c);
        hf_block b = {.kind = kind < HF_BLOCK_KIND_END ? (hf_block_kind)kind : HF_BLOCK_KIND_END,
                      .offset = offset};
        b.rows = hf_cursor_varint(&c);
        b.length = hf_cursor_varint(&c);
        b.first_object = hf_cursor_varint(&c);
        b.checksum = hf_cursor_u64(&c);
        if (c.bad || b.length > index.offset - offset)
            return hf_reader_damaged(r, "its index is wrong");
        offset += b.length;
        err = add_block(r, &b);
        if (err)
            return err;
    }
    uint32_t needed = 1;
    for (unsigned kind = 1; kind < HF_BLOCK_KIND_END; kind++)
        if (r->block_count[kind] && hf_format_version_of((hf_block_kind)kind) > needed)
            needed = hf_format_version_of((hf_block_kind)kind);
    if (r->version != needed)
        return hf_reader_damaged(r, "its header is wrong");
    bool small = r->rows[HF_BLOCK_OBJECTS] < UINT32_MAX - 1 &&
                 r->rows[HF_BLOCK_TYPES] < UINT32_MAX && r->rows[HF_BLOCK_ROOTS] < UINT32_MAX &&
                 r->rows[HF_BLOCK_NAMES] < UINT32_MAX && r->rows[HF_BLOCK_THREADS] < UINT32_MAX &&
                 r->rows[HF_BLOCK_SITES] < UINT32_MAX;
    if (offset != index.offset || !small || r->rows[HF_BLOCK_INFO] != 1 ||
        r->rows[HF_BLOCK_MEMORY] > 1)
        return hf_reader_damaged(r, "its index is wrong");
    return NULL;
}

hf_err *hf_reader_take_room(hf_reader *r, uint64_t bytes)
{
    const unsigned megabyte = 20;
    if (bytes > r->room)
        return hf_fail(HF_ERR_NO_MEMORY,
                       "snapshot '%s' needs more memory than there is: it unpacks to %" PRIu64
                       " objects with %" PRIu64 " references, for which %" PRIu64
                       " MB are not enough. It is of a large process, or made to take memory",
                       r->path, r->rows[HF_BLOCK_OBJECTS], r->rows[HF_BLOCK_EDGES],
                       r->room >> megabyte);
    r->room -= bytes;
    return NULL;
}

/* Memory that can be had, also where something else has to be swapped out for it. Where a cgroup's
 * is full of pages of files in use, nobody knows: so much is tried in any case. */
static uint64_t memory_available(void)
{
    const uint64_t least = UINT64_C(1) << 30;
    HF_AUTO(hf_buf_deinit) hf_buf memory = {0};
    uint64_t swap = 0;
    if (hf_proc_read_file("/proc/meminfo", &memory) ||
        !hf_proc_field((const char *)memory.data, memory.length, "SwapFree", &swap))
        swap = 0;
    uint64_t room = hf_headroom_of(getpid()).bytes;
    room = room > least ? room : least;
    return room > UINT64_MAX - swap * 1024 ? UINT64_MAX : room + swap * 1024;
}

/* What the rows that the index promises take at the very least, before any is unpacked. Rows of a
 * graph that is shared are there already. */
static hf_err *check_room(hf_reader *r)
{
    enum {
        OF_OBJECT = sizeof(*r->graph->address) + sizeof(*r->graph->type) +
                    sizeof(*r->graph->flags) + sizeof(*r->graph->edge_start),
        OF_EDGE = sizeof(*r->graph->edge_class) + sizeof(*r->graph->edge_label) +
                  sizeof(*r->graph->edge_target),
    };
    const uint64_t *rows = r->rows;
    uint64_t bytes = rows[HF_BLOCK_THREADS] * sizeof(*r->graph->threads) +
                     rows[HF_BLOCK_TYPES] * sizeof(*r->graph->types) +
                     rows[HF_BLOCK_ROOTS] * sizeof(*r->graph->roots) +
                     rows[HF_BLOCK_SITES] * sizeof(*r->graph->sites);
    if (!r->shared)
        bytes += rows[HF_BLOCK_OBJECTS] * OF_OBJECT + rows[HF_BLOCK_EDGES] * OF_EDGE;
    r->room = memory_available();
    return hf_reader_take_room(r, bytes);
}

static hf_err *read_columns(hf_reader *r)
{
    hf_err *err = hf_read_objects(r);
    if (!err)
        err = hf_read_object_sides(r);
    return err ? err : hf_read_edges(r);
}

static hf_err *read_all(hf_reader *r)
{
    hf_unpacker u;
    hf_err *err = hf_unpacker_init(&u) ? check_header(r) : hf_fail_memory();
    if (!err)
        err = read_index(r, &u);
    if (!err)
        err = check_room(r);
    hf_unpacker_deinit(&u);
    if (!err && r->shared)
        err = hf_read_shared_rows(r);
    if (!err)
        err = hf_read_tables(r);
    if (!err)
        err = hf_graph_name_types(r->graph);
    if (!err)
        err = r->shared ? hf_read_shared_columns(r) : read_columns(r);
    return err ? err : hf_values_open(r);
}

hf_err *hf_snapshot_read_fd(int fd, const char *path, bool trust, hf_shared_graph *shared,
                            hf_graph **ret)
{
    hf_reader r = {.path = path, .fd = fd, .trust = trust, .shared = shared};
    struct stat st;
    hf_err *err = NULL;
    if (fstat(fd, &st))
        err = hf_fail_sys(errno, "cannot read snapshot '%s'", path);
    else if (!S_ISREG(st.st_mode))
        err = hf_fail(HF_ERR_NOT_OURS, "'%s' is not a snapshot of holdfast: it is no regular file",
                      path);
    r.size = err ? 0 : (uint64_t)st.st_size;
    if (!err && !(r.graph = calloc(1, sizeof(*r.graph))))
        err = hf_fail_memory();
    if (!err)
        err = read_all(&r);
    for (size_t i = 0; i < HF_BLOCK_KIND_END; i++)
        free(r.blocks[i]);
    hf_closep(&r.fd);
    if (err)
        hf_graph_free(r.graph);
    else
        *ret = r.graph;
    return err;
}

hf_err *hf_snapshot_read_shared(const char *path, hf_shared_graph *shared, hf_graph **ret)
{
    /* Not blocking: a named pipe must not keep us waiting for a writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return hf_fail_sys(errno, "cannot read snapshot '%s'", path);
    return hf_snapshot_read_fd(fd, path, false, shared, ret);
}

hf_err *hf_snapshot_read(const char *path, hf_graph **ret)
{
    return hf_snapshot_read_shared(path, NULL, ret);
}

bool hf_snapshot_is(const char *path)
{
    uint8_t magic[sizeof(HF_FORMAT_MAGIC) - 1];
    HF_AUTO(hf_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    return fd >= 0 && read_at(fd, 0, magic, sizeof(magic)) &&
           memcmp(magic, HF_FORMAT_MAGIC, sizeof(magic)) == 0;
}
