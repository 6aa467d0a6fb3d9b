/* tool_fixture FOLDER - writes the snapshots on which the golden transcripts rest.
 *
 *   shop-1.hfheap shop-2.hfheap shop-3.hfheap   a shop whose cache of quotes grows, 10 s apart
 *   steady-1.hfheap steady-2.hfheap steady-3.hfheap   the same shop with nothing growing
 *   hostile.hfheap                              strings that would steer a terminal
 *   secret.hfheap                               taken without values
 *   asked.hfheap                                objects of extensions were asked
 *   memory.hfheap memory-later.hfheap           it is known where all memory was: fragmented; a
 *                                               minute later
 *   kept.hfheap                                 things are kept for later: kept_heap.h
 *
 * All numbers are fixed: the same files come out every time. Objects that come later get higher
 * addresses, so that older ones keep theirs. */
#include "../graph/made_heap.h"

enum { ROWS = 40 };

typedef struct shop {
    made_heap heap;
    uint32_t module_type, dict, list, tuple, text, number, deque, type, quote, app, real;
    uint32_t quote_class, quotes;
} shop;

static uint32_t put_text(shop *s, const char *text)
{
    uint32_t object = made_object(&s->heap, s->text, (49 + strlen(text) + 15) & ~15ul);
    s->heap.objects[object].size = 49 + strlen(text);
    s->heap.objects[object].length = strlen(text);
    s->heap.objects[object].flags = 0;
    made_value(&s->heap, object, text);
    return object;
}

static uint32_t put_number(shop *s, unsigned value)
{
    char text[16];
    snprintf(text, sizeof(text), "%u", value);
    uint32_t object = made_object(&s->heap, s->number, 32);
    s->heap.objects[object].size = 28;
    s->heap.objects[object].flags = 0;
    made_value(&s->heap, object, text);
    return object;
}

/* A module with its dict; returns the dict. */
static uint32_t put_module(shop *s, const char *name)
{
    uint32_t module = made_object(&s->heap, s->module_type, 72);
    uint32_t dict = made_object(&s->heap, s->dict, 1184);
    made_value(&s->heap, module, name);
    made_edge(&s->heap, module, HF_EDGE_FIELD, "__dict__", 0, dict);
    made_root(&s->heap, HF_ROOT_MODULE, module, name);
    made_held(&s->heap, module, 1); /* by sys.modules */
    return dict;
}

static void put_global(shop *s, uint32_t dict, const char *name, uint32_t value)
{
    made_item(&s->heap, dict, put_text(s, name), value);
}

static void put_types(shop *s)
{
    made_heap *h = &s->heap;
    s->module_type = made_type(h, "builtins", "module");
    s->dict = made_type(h, "builtins", "dict");
    s->list = made_type(h, "builtins", "list");
    s->tuple = made_type(h, "builtins", "tuple");
    s->text = made_type(h, "builtins", "str");
    s->number = made_type(h, "builtins", "int");
    s->type = made_type(h, "builtins", "type");
    s->deque = made_type(h, "collections", "deque");
    s->quote = made_type(h, "shop.pricing", "Quote");
    s->app = made_type(h, "shop.service", "App");
}

/* A deque that is full, an app in a local variable, and a cycle that nothing reaches. */
static void put_surroundings(shop *s)
{
    made_heap *h = &s->heap;
    uint32_t audit = put_module(s, "shop.audit");
    uint32_t recent = made_object(h, s->deque, 624);
    h->objects[recent].flags |= HF_OBJECT_BOUNDED;
    h->objects[recent].bound = h->objects[recent].length = ROWS;
    put_global(s, audit, "recent", recent);
    for (unsigned i = 0; i < ROWS; i++) {
        uint32_t row = made_object(h, s->tuple, 64);
        h->objects[row].length = 1;
        made_edge(h, row, HF_EDGE_INDEX, NULL, 0, put_number(s, 1000 + i));
        made_edge(h, recent, HF_EDGE_INDEX, NULL, i, row);
    }
    uint32_t app = made_object(h, s->app, 64);
    made_edge(h, app, HF_EDGE_ATTRIBUTE, "recent", 0, recent);
    made_edge(h, app, HF_EDGE_ATTRIBUTE, "name", 0, put_text(s, "shop, \"open\""));
    uint32_t thread = made_thread(h, "MainThread", "main (service.py:57)");
    made_root_at(h, HF_ROOT_LOCAL, app, "app", "main (service.py:57)", thread);
    made_held(h, app, 1);
    uint32_t one = made_object(h, s->list, 72), other = made_object(h, s->list, 72);
    h->objects[one].length = h->objects[other].length = 1;
    made_edge(h, one, HF_EDGE_INDEX, NULL, 0, other);
    made_edge(h, other, HF_EDGE_INDEX, NULL, 0, one);
    uint32_t held = made_object(h, s->list, 56);
    made_held(h, held, 1);
}

static void put_quote(shop *s, unsigned number)
{
    made_heap *h = &s->heap;
    char sku[32];
    snprintf(sku, sizeof(sku), "sku-%05u", number);
    uint32_t key = put_text(s, sku);
    uint32_t quote = made_object(h, s->quote, 48), lines = made_object(h, s->list, 88);
    h->objects[lines].length = 2;
    made_edge(h, quote, HF_EDGE_FIELD, "__class__", 0, s->quote_class);
    made_edge(h, quote, HF_EDGE_ATTRIBUTE, "sku", 0, key);
    made_edge(h, quote, HF_EDGE_ATTRIBUTE, "lines", 0, lines);
    for (unsigned i = 0; i < 2; i++)
        made_edge(h, lines, HF_EDGE_INDEX, NULL, i, put_number(s, number * 100 + i));
    made_item(h, s->quotes, key, quote);
}

static void begin_shop(shop *s, unsigned quotes, unsigned seconds)
{
    made_begin(&s->heap);
    hf_snapshot_info *info = &s->heap.info;
    info->tool_version = "0.1.0";
    info->host = "web-3";
    info->pid = 4711;
    info->executable = "/usr/bin/python3.11";
    info->command = "python3 -m shop.service --port 8080";
    info->rss = (33ull << 20) + quotes * 512ull;
    info->anonymous = (26ull << 20) + quotes * 512ull;
    info->freeze.taken_at = (1767225600ull + seconds) * 1000000000;
    info->freeze.pause = 1840000 + seconds * 10000ull;
    info->freeze.predicted_pause = 2100000;
    info->freeze.at_rest = true;
    info->python =
        (hf_python_info){.version_hex = 0x030b07f0,
                         .version = "3.11.7",
                         .table = "3.11",
                         .gc_enabled = true,
                         .gc_threshold = {700, 10, 10},
                         .gc_count = {312, 4, 1},
                         .interpreter_count = 1,
                         .collector = {.kind = HF_COLLECTOR_GENERATIONS,
                                       .long_lived_total = 1200,
                                       .long_lived_pending = 140,
                                       .statistics = {{212, 3120, 0}, {19, 806, 0}, {1, 12, 0}},
                                       .listed = {312, 411, 1328}}};
    put_types(s);
    uint32_t pricing = put_module(s, "shop.pricing");
    s->quote_class = made_object(&s->heap, s->type, 1072);
    made_value(&s->heap, s->quote_class, "Quote");
    put_global(s, pricing, "Quote", s->quote_class);
    s->quotes = made_object(&s->heap, s->dict, 64 + quotes * 48);
    put_global(s, pricing, "_quotes", s->quotes);
    put_surroundings(s);
    for (unsigned i = 0; i < quotes; i++)
        put_quote(s, i);
}

static void end_shop(shop *s, const char *folder, const char *name)
{
    char path[4096];
    hf_walk_check *check = &s->heap.info.check;
    check->objects = s->heap.object_count;
    check->edges = s->heap.edge_count;
    check->tracked = s->heap.object_count / 2;
    check->balanced = s->heap.object_count - 1;
    check->c_held = 1;
    snprintf(path, sizeof(path), "%s/%s.hfheap", folder, name);
    made_check(made_write(&s->heap, path));
    made_end(&s->heap);
}

/* An account of memory in which Python's allocator keeps most; in a cgroup with a neighbour. */
static void end_measured_shop(shop *s, const char *folder, unsigned later)
{
    enum { MIB = 1 << 20 };
    hf_memory_class classes[] = {{48, 300, 102000, 3100, 3000, 280, 900},
                                 {64, 100, 25500, 20000, 19900, 0, 0}};
    hf_memory_pin pins[] = {{s->quote, 800, 270}, {HF_PIN_TABLE, 60, 30}, {HF_PIN_OTHER, 40, 20}};
    hf_memory_arena arenas[] = {{0x7f0000000000, MIB, MIB, 2000, 1900, 50}};
    hf_memory_heap heaps[] = {{1, 1, 600000, 900000, 2500000, 40000, 130000, 2400000},
                              {0, 1, 0, 1000, 300000, 100, 90000, 290000}};
    hf_memory_native natives[] = {{112, 8000, 896000}, {4096, 2, 5000}};
    hf_memory_place unexplained[] = {{0x7f1100000000, 40960, 0}};
    hf_memory_member members[] = {{4711, 33 * MIB, 26 * MIB, made_name(&s->heap, "python3")},
                                  {12, 9 * MIB, 8 * MIB, made_name(&s->heap, "sh\033[31m")}};
    hf_memory memory = {
        .measured = true,
        .account =
            {.known = true, .anonymous = 12345344, .file = 7 * MIB, .shared = 4096, .swap = 8192},
        .parts = {[HF_MEMORY_OBJECT_BLOCKS] = 400000,
                  [HF_MEMORY_OTHER_BLOCKS] = 30000,
                  [HF_MEMORY_FREE_BLOCKS] = 5200000,
                  [HF_MEMORY_FREE_POOLS] = 1200000,
                  [HF_MEMORY_POOL_OVERHEAD] = 50000,
                  [HF_MEMORY_MALLOC_OBJECTS] = 600000,
                  [HF_MEMORY_MALLOC_NATIVE] = 901000,
                  [HF_MEMORY_MALLOC_FREE] = 2800000,
                  [HF_MEMORY_MALLOC_CACHED] = 40100,
                  [HF_MEMORY_MALLOC_TOP] = 220000,
                  [HF_MEMORY_MAPPED_NATIVE] = 139264,
                  [HF_MEMORY_STACKS] = 61440,
                  [HF_MEMORY_STACKS_KEPT] = 20480,
                  [HF_MEMORY_DATA] = 638060,
                  [HF_MEMORY_UNEXPLAINED] = 40960,
                  [HF_MEMORY_UNREAD] = 4040},
        .pools = 440,
        .free_pools = 40,
        .arena_bytes = 7 * MIB,
        .stacks = 3,
        .stacks_kept = 1,
        .mapped_least = 139264,
        .classes = classes,
        .class_count = 2,
        .pins = pins,
        .pin_count = 3,
        .arenas = arenas,
        .arena_count = 1,
        .heaps = heaps,
        .heap_count = 2,
        .natives = natives,
        .native_count = 2,
        .unexplained = unexplained,
        .unexplained_count = 1,
        .cgroup = {2, made_name(&s->heap, "/shop.service"), 64 * MIB, UINT64_MAX, 50 * MIB,
                   34 * MIB, 9 * MIB, 2 * MIB, 4 * MIB, MIB, 0, 3 * MIB, 17, 2, 125, 40, 2},
        .members = members,
        .member_count = 2,
    };
    if (later) {
        memory.parts[HF_MEMORY_OBJECT_BLOCKS] += 300 * 112;
        memory.parts[HF_MEMORY_FREE_BLOCKS] -= 300 * 112;
        memory.parts[HF_MEMORY_BUFFERS] = 3 * MIB;
        memory.parts[HF_MEMORY_MALLOC_NATIVE] += 5 * MIB;
        memory.parts[HF_MEMORY_MALLOC_TOP] = 0;
        memory.account.anonymous += 8 * MIB - 220000;
    }
    s->heap.memory = &memory;
    end_shop(s, folder, later ? "memory-later" : "memory");
}

#include "kept_heap.h"

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: tool_fixture FOLDER\n");
        return 2;
    }
    static const char *const growing[] = {"shop-1", "shop-2", "shop-3"};
    static const char *const steady[] = {"steady-1", "steady-2", "steady-3"};
    shop s;
    for (unsigned i = 0; i < 3; i++) {
        begin_shop(&s, 400 + 300 * i, 10 * i);
        end_shop(&s, argv[1], growing[i]);
        begin_shop(&s, 400, 10 * i);
        end_shop(&s, argv[1], steady[i]);
    }
    begin_shop(&s, 600, 60);
    s.heap.info.pid = 4712;
    end_shop(&s, argv[1], "other");
    begin_shop(&s, 3, 0);
    uint32_t evil = put_module(&s, "evil\033]0;owned\007");
    put_global(&s, evil, "red\033[31m\xe2\x80\xaetxt",
               put_text(&s, "line\nbreak \xff\xfe, \"quoted\"\r\n"));
    end_shop(&s, argv[1], "hostile");
    begin_shop(&s, 3, 0);
    s.heap.info.has_values = false;
    for (size_t i = 0; i < s.heap.object_count; i++) {
        free(s.heap.values[i]);
        s.heap.values[i] = NULL;
    }
    end_shop(&s, argv[1], "secret");
    begin_shop(&s, 3, 0);
    s.heap.info.asking = (hf_asking_info){.wanted = true,
                                          .types = 12,
                                          .objects = 2345,
                                          .references = 6789,
                                          .types_failed = 2,
                                          .failures = "shop.index.Node attempted a system call; "
                                                      "evil\033[31m.Type crashed"};
    end_shop(&s, argv[1], "asked");
    begin_shop(&s, 3, 0);
    end_measured_shop(&s, argv[1], 0);
    begin_shop(&s, 303, 60);
    end_measured_shop(&s, argv[1], 1);
    begin_shop(&s, 3, 0);
    put_kept(&s);
    end_shop(&s, argv[1], "kept");
    return 0;
}
