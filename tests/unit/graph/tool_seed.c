/* tool_seed KIND FILE [SNAPSHOT...] - writes snapshots, or without any a small made-up heap, as an
 * input of a fuzzer:
 *
 *     snapshot   one, for fuzz_snapshot and fuzz_questions
 *     diagnose   up to four, for fuzz_diagnose
 *     shared     one, for fuzz_shared
 *
 * The fuzzers say what their inputs look like. */
#include "base/bytes.h"
#include "graph/column.h"
#include "graph/format.h"
#include "graph/read.h"
#include "graph/shared_inside.h"
#include "graph/write.h"
#include "made_heap.h"

#include <zstd.h>

static void make_heap(made_heap *h)
{
    made_begin(h);
    uint32_t dict = made_type(h, "builtins", "dict"), str = made_type(h, "builtins", "str");
    uint32_t tuple = made_type(h, "builtins", "tuple"), node = made_type(h, "m", "Node");
    uint32_t module = made_object(h, made_type(h, "builtins", "module"), 64);
    uint32_t space = made_object(h, dict, 360), name = made_object(h, str, 64);
    uint32_t pair = made_object(h, tuple, 56), a = made_object(h, node, 48);
    uint32_t b = made_object(h, node, 48), lost = made_object(h, node, 48);
    made_value(h, name, "kept");
    h->objects[pair].length = 2;
    h->objects[a].external = 4096;
    h->objects[a].bound = 10;
    h->objects[name].refcount = -1;
    made_edge(h, module, HF_EDGE_FIELD, "__dict__", 0, space);
    made_item(h, space, name, pair);
    made_edge(h, pair, HF_EDGE_INDEX, NULL, 0, a);
    made_edge(h, pair, HF_EDGE_INDEX, NULL, 1, b);
    made_edge(h, a, HF_EDGE_ATTRIBUTE, "next", 0, b);
    made_edge_of(h, b, HF_EDGE_OFFSET, HF_EDGE_SCANNED, NULL, 24, a);
    made_edge_of(h, b, HF_EDGE_FIELD, HF_EDGE_WEAK, "__weakref__", 0, lost);
    made_edge(h, lost, HF_EDGE_ATTRIBUTE, "next", 0, lost);
    h->objects[a].site = h->objects[b].site = made_site(h, "/opt/a.py", 42, 3, 300);
    h->objects[lost].site = made_site(h, "/opt/lib/python3.12/site-packages/b/c.py", 1, 1, 48);
    made_root(h, HF_ROOT_MODULE, module, "m");
    made_root_at(h, HF_ROOT_LOCAL, b, "b", "f (a.py:1)",
                 made_thread(h, "MainThread", "f (a.py:1)"));
}

/* Where its memory was: a row of each table. */
static void add_memory(made_heap *h)
{
    static hf_memory_class classes[] = {{48, 3, 1020, 31, 30, 2, 9}};
    static hf_memory_pin pins[] = {{1, 8, 2}, {HF_PIN_TABLE, 1, 1}};
    static hf_memory_arena arenas[] = {{0x7f0000000000, 1 << 20, 1 << 20, 20, 10, 5}};
    static hf_memory_heap heaps[] = {{1, 1, 600, 900, 2500, 400, 130, 2400}};
    static hf_memory_native natives[] = {{112, 8, 896}};
    static hf_memory_place places[] = {{0x7f1100000000, 4096, 2}};
    static hf_memory_member members[] = {{42, 4096, 4096, 1}};
    static const hf_memory memory = {.account = {.known = true, .anonymous = 8192},
                                     .parts = {4096, 0, 4096},
                                     .classes = classes,
                                     .class_count = 1,
                                     .pins = pins,
                                     .pin_count = 2,
                                     .arenas = arenas,
                                     .arena_count = 1,
                                     .heaps = heaps,
                                     .heap_count = 1,
                                     .natives = natives,
                                     .native_count = 1,
                                     .unexplained = places,
                                     .unexplained_count = 1,
                                     .data = places,
                                     .data_count = 1,
                                     .cgroup = {.version = 2, .path = 1, .limit = UINT64_MAX},
                                     .members = members,
                                     .member_count = 1};
    h->memory = &memory;
}

static void put_u16(hf_buf *out, uint64_t value)
{
    hf_buf_char(out, (char)value);
    hf_buf_char(out, (char)(value >> 8));
}

static void put_bytes(hf_buf *out, const void *bytes, size_t length)
{
    if (length > UINT16_MAX) {
        fprintf(stderr, "tool_seed: a column of %zu bytes is too large\n", length);
        exit(3);
    }
    put_u16(out, length);
    hf_buf_add(out, bytes, length);
}

/* Unpacks the columns of a block, which the cursors run over. */
static void unpack(const uint8_t *stored, size_t length, size_t count, hf_buf *scratch,
                   hf_cursor *ret)
{
    ZSTD_DCtx *decompressor = ZSTD_createDCtx();
    const char *wrong = hf_columns_unpack(decompressor, stored, length, count, scratch, ret);
    ZSTD_freeDCtx(decompressor);
    if (wrong) {
        fprintf(stderr, "tool_seed: %s\n", wrong);
        exit(3);
    }
}

/* What of a file goes into an input. */
static bool is_wanted(uint64_t kind, bool shared)
{
    bool of_rows = kind == HF_BLOCK_OBJECTS || kind == HF_BLOCK_EDGES ||
                   kind == HF_BLOCK_OBJECT_SITES || kind == HF_BLOCK_OBJECT_BIRTHS ||
                   kind == HF_BLOCK_OBJECT_SAMPLES;
    return !shared || !of_rows;
}

/* shared: without the rows that come by memory in common. */
static void put_blocks(const hf_buf *file, bool shared, hf_buf *out)
{
    const uint8_t *footer = file->data + file->length - HF_FORMAT_FOOTER_SIZE;
    const uint8_t *block = file->data + HF_FORMAT_HEADER_SIZE;
    hf_buf listed = {0}, columns = {0};
    hf_cursor index, c[HF_COLUMNS_MAX];
    unpack(file->data + hf_load_u64(footer), hf_load_u64(footer + 8), 1, &listed, &index);
    while (hf_cursor_left(&index)) {
        uint64_t kind = hf_cursor_varint(&index), rows = hf_cursor_varint(&index);
        uint64_t length = hf_cursor_varint(&index), first_object = hf_cursor_varint(&index);
        hf_cursor_u64(&index); /* checksum */
        unpack(block, length, hf_block_columns[kind], &columns, c);
        block += length;
        if (!is_wanted(kind, shared))
            continue;
        hf_buf_char(out, (char)(kind - 1));
        put_u16(out, rows);
        put_u16(out, first_object);
        for (size_t i = 0; i < hf_block_columns[kind]; i++)
            put_bytes(out, c[i].p, hf_cursor_left(&c[i]));
    }
    hf_buf_deinit(&listed);
    hf_buf_deinit(&columns);
}

/* The numbers of a graph that do not fit their columns, as a decoder tells them. */
static size_t list_rare(const hf_graph *g, hf_buf *out)
{
    const hf_rare_numbers *const numbers[HF_SHARED_NUMBERS] = {&g->counts.rare,  &g->sizes.rare,
                                                               &g->blocks.rare,  &g->externals.rare,
                                                               &g->lengths.rare, &g->bounds};
    size_t count = 0;
    for (uint32_t kind = 0; kind < HF_SHARED_NUMBERS; kind++)
        for (size_t i = 0; i < numbers[kind]->count; i++, count++) {
            hf_shared_rare rare = {kind, numbers[kind]->rows[i].object,
                                   numbers[kind]->rows[i].number};
            hf_buf_add(out, &rare, sizeof(rare));
        }
    return count;
}

/* In the order of hf_shared_columns(). */
static void put_shared(const char *path, hf_buf *out)
{
    hf_graph *g = NULL;
    made_check(hf_snapshot_read(path, &g));
    size_t n = g->object_count, edges = g->edge_count, word = sizeof(uint32_t);
    put_bytes(out, g->address, n * sizeof(*g->address));
    put_bytes(out, g->edge_start, (n + 1) * sizeof(*g->edge_start));
    put_bytes(out, g->type, n * word);
    put_bytes(out, g->flags, n * word);
    const hf_numbers *const numbers[] = {&g->counts, &g->sizes, &g->blocks, &g->externals,
                                         &g->lengths};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        put_bytes(out, numbers[i]->low, n * sizeof(*numbers[i]->low));
    const uint32_t *const sides[] = {g->site, g->born, g->asked};
    for (size_t i = 0; i < sizeof(sides) / sizeof(*sides); i++)
        put_bytes(out, sides[i], sides[i] ? n * word : 0);
    put_bytes(out, g->edge_target, edges * word);
    put_bytes(out, g->edge_label, edges * word);
    put_bytes(out, g->edge_class, edges);
    hf_buf rare = {0};
    hf_shared_tally told = {.objects = n, .edges = edges, .rare = list_rare(g, &rare)};
    told.notes = (g->born ? HF_SHARED_BORN : 0) | (g->asked ? HF_SHARED_ASKED : 0);
    put_bytes(out, rare.data, rare.length);
    put_bytes(out, &told, sizeof(told));
    hf_buf_deinit(&rare);
    hf_graph_free(g);
}

static void put_snapshot(const char *path, bool shared, hf_buf *out)
{
    hf_buf file = {0};
    FILE *f = fopen(path, "rb");
    for (int c; f && (c = getc(f)) != EOF;)
        hf_buf_char(&file, (char)c);
    if (!f || file.length < HF_FORMAT_HEADER_SIZE + HF_FORMAT_FOOTER_SIZE) {
        fprintf(stderr, "tool_seed: '%s' is no snapshot\n", path);
        exit(3);
    }
    fclose(f);
    if (shared)
        put_shared(path, out);
    put_blocks(&file, shared, out);
    hf_buf_deinit(&file);
}

static void put_all(const char *kind, char *const *paths, int count, hf_buf *out)
{
    bool several = strcmp(kind, "diagnose") == 0;
    if (!several) {
        put_snapshot(paths[0], strcmp(kind, "shared") == 0, out);
        return;
    }
    hf_buf_char(out, (char)(count - 1));
    for (int i = 0; i < count; i++) {
        hf_buf one = {0};
        put_snapshot(paths[i], false, &one);
        if (i + 1 < count)
            put_bytes(out, one.data, one.length);
        else
            hf_buf_add(out, one.data, one.length);
        hf_buf_deinit(&one);
    }
}

static void write_made(void)
{
    made_heap h;
    make_heap(&h);
    add_memory(&h);
    made_check(made_write(&h, made_path()));
    made_end(&h);
}

int main(int argc, char **argv)
{
    enum { SNAPSHOTS_MOST = 4 };
    if (argc < 3 || argc > 3 + SNAPSHOTS_MOST)
        return 2;
    char *made[] = {(char *)(uintptr_t)made_path()};
    if (argc == 3)
        write_made();
    hf_buf out = {0};
    put_all(argv[1], argc == 3 ? made : argv + 3, argc == 3 ? 1 : argc - 3, &out);
    unlink(made_path());
    FILE *to = fopen(argv[2], "wb");
    if (!to || fwrite(out.data, 1, out.length, to) != out.length)
        return 3;
    hf_buf_deinit(&out);
    return fclose(to) ? 3 : 0;
}
