/* tool_seed FILE - writes a small heap as an input of fuzz_snapshot, which says what that is. */
#include "base/bytes.h"
#include "graph/format.h"
#include "graph/write.h"
#include "made_heap.h"

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

/* The stored bytes of a column. */
static hf_cursor column(hf_cursor *c)
{
    uint32_t length = hf_cursor_u32(c), stored = hf_cursor_u32(c);
    return hf_cursor_over(hf_cursor_bytes(c, stored), length);
}

static void convert(const uint8_t *file, size_t size, hf_buf *out)
{
    hf_cursor blocks = hf_cursor_over(file + HF_FORMAT_HEADER_SIZE, size);
    hf_cursor index = hf_cursor_over(file + hf_load_u64(file + size - HF_FORMAT_FOOTER_SIZE), size);
    index = column(&index);
    while (hf_cursor_left(&index)) {
        uint64_t kind = hf_cursor_varint(&index), rows = hf_cursor_varint(&index);
        hf_cursor_varint(&index); /* length */
        uint64_t first_object = hf_cursor_varint(&index);
        hf_cursor_u64(&index); /* checksum */
        hf_buf_char(out, (char)(kind - 1));
        put_u16(out, rows);
        put_u16(out, first_object);
        for (size_t i = 0; i < hf_block_columns[kind]; i++) {
            hf_cursor c = column(&blocks);
            put_u16(out, hf_cursor_left(&c));
            hf_buf_add(out, c.p, hf_cursor_left(&c));
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    made_heap h;
    make_heap(&h);
    add_memory(&h);
    hf_snapshot_writer *w = NULL;
    made_check(hf_snapshot_writer_open(made_path(), false, &w));
    hf_heap_sink sink = hf_snapshot_writer_sink(w, &h.names);
    made_check(made_tell(&h, &sink));
    made_check(hf_snapshot_writer_memory(w, h.memory));
    made_check(hf_snapshot_writer_finish(w, &h.info));
    hf_snapshot_writer_free(w);
    made_end(&h);

    static uint8_t file[1 << 16];
    FILE *from = fopen(made_path(), "rb"), *to = fopen(argv[1], "wb");
    if (!from || !to)
        return 3;
    size_t size = fread(file, 1, sizeof(file), from);
    hf_buf out = {0};
    convert(file, size, &out);
    fwrite(out.data, 1, out.length, to);
    hf_buf_deinit(&out);
    fclose(from);
    unlink(made_path());
    return fclose(to) ? 3 : 0;
}
