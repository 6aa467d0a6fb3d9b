/* present/symbolize.c - see present/symbolize.h.
 *
 * The parent opens and maps the binaries, and reads none of them: a child in the sandbox does, and sends a name for
 * each address. A stripped binary is helped out by its file of names below /usr/lib/debug, where distributions put
 * it. */
#include "present/symbolize.h"

#include "acquire/elf_functions.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/map.h"
#include "graph/core_open.h"
#include "graph/sandbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define DEBUG_FOLDER "/usr/lib/debug/.build-id"

enum { NAME_MOST = 1024, MESSAGE = 1 << 18 };
#define FILE_MOST ((off_t)1 << 34)

typedef struct binary {
    const uint8_t *bytes, *debug; /* mapped; NULL: not there */
    size_t size, debug_size;
    uint32_t first, count; /* its addresses */
} binary;

/* An address of a binary, and the name that it gets. */
typedef struct address {
    uint32_t code, offset;
    uint32_t name; /* text; HF_STR_NONE: none */
} address;

typedef struct symbolizer {
    hf_capture *capture;
    binary *binaries; /* of each code that there was; those that are none have no addresses */
    size_t binary_count;
    address *addresses; /* by code, then offset */
    size_t count;
} symbolizer;

static const uint8_t *map(const char *path, size_t *ret_size)
{
    struct stat facts;
    HF_AUTO(hf_closep) int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &facts) || !S_ISREG(facts.st_mode) || !facts.st_size ||
        facts.st_size > FILE_MOST)
        return NULL;
    void *bytes = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    *ret_size = (size_t)facts.st_size;
    return bytes == MAP_FAILED ? NULL : bytes;
}

/* id: hexadecimal digits, as the process wrote them. */
static bool is_id(const char *id)
{
    return strspn(id, "0123456789abcdef") == strlen(id) && strlen(id) > 2 && strlen(id) % 2 == 0;
}

static void map_binary(binary *b, const char *path, const char *id)
{
    char debug[256];
    b->bytes = *path == '/' ? map(path, &b->size) : NULL;
    if (b->bytes && is_id(id) &&
        snprintf(debug, sizeof(debug), DEBUG_FOLDER "/%.2s/%s.debug", id, id + 2) <
            (int)sizeof(debug))
        b->debug = map(debug, &b->debug_size);
}

static void free_symbolizer(symbolizer *s)
{
    for (size_t i = 0; s->binaries && i < s->binary_count; i++) {
        const binary *b = &s->binaries[i];
        if (b->bytes)
            munmap((void *)(uintptr_t)b->bytes, b->size);
        if (b->debug)
            munmap((void *)(uintptr_t)b->debug, b->debug_size);
    }
    free(s->binaries);
    free(s->addresses);
}

static int by_address(const void *a, const void *b)
{
    const address *x = a, *y = b;
    if (x->code != y->code)
        return x->code < y->code ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Each address of native code once. */
static hf_err *collect(symbolizer *s)
{
    const hf_capture *c = s->capture;
    size_t count = 0;
    s->binary_count = c->code_count;
    s->binaries = calloc(c->code_count + 1, sizeof(*s->binaries));
    s->addresses = malloc((c->node_count + 1) * sizeof(*s->addresses));
    if (!s->binaries || !s->addresses)
        return hf_fail_memory();
    for (size_t i = 0; i < c->node_count; i++)
        if (c->nodes[i].kind == HF_NODE_FUNCTION)
            s->addresses[count++] = (address){c->nodes[i].code, c->nodes[i].line, HF_STR_NONE};
    if (count)
        qsort(s->addresses, count, sizeof(*s->addresses), by_address);
    for (size_t i = 0; i < count; i++)
        if (!i || by_address(&s->addresses[i], &s->addresses[s->count - 1]) != 0)
            s->addresses[s->count++] = s->addresses[i];
    for (uint32_t i = 0; i < s->count; i++) {
        binary *b = &s->binaries[s->addresses[i].code];
        b->first = b->count ? b->first : i;
        b->count++;
    }
    return NULL;
}

static bool has_id(const uint8_t *bytes, size_t size, const char *id)
{
    const uint8_t *there = NULL;
    size_t length = hf_elf_build_id(bytes, size, &there);
    if (!*id || length * 2 != strlen(id))
        return !*id && !length;
    for (size_t i = 0; i < length; i++) {
        char digits[3];
        snprintf(digits, sizeof(digits), "%02x", there[i]);
        if (memcmp(digits, id + 2 * i, 2) != 0)
            return false;
    }
    return true;
}

/* A function without a name has that of its start, so that it is one function wherever it calls from. */
static void add_name(hf_buf *message, uint32_t number, uint64_t at,
                     const hf_elf_functions *functions, const hf_elf_functions *more)
{
    const hf_elf_function *f = hf_elf_function_at(more, at);
    f = f ? f : hf_elf_function_at(functions, at);
    uint64_t start = f ? 0 : hf_elf_function_start(functions, at);
    char unnamed[32];
    snprintf(unnamed, sizeof(unnamed), "+0x%llx", (unsigned long long)start);
    if (!f && !start)
        return;
    const char *name = f ? f->name : unnamed;
    size_t length = strcspn(name, "@"); /* what follows is its version */
    length = length < NAME_MOST ? length : NAME_MOST;
    hf_buf_varint(message, number);
    hf_buf_varint(message, length);
    hf_buf_add(message, name, length);
}

/* In the child: the names of a binary's addresses, as number, length, bytes. */
static bool name_addresses(const symbolizer *s, const binary *b, const char *id,
                           hf_sandbox_link *link)
{
    hf_elf_functions functions = {0}, more = {0};
    hf_buf message HF_AUTO(hf_buf_deinit) = {0};
    if (!has_id(b->bytes, b->size, id) || !hf_elf_functions_read(b->bytes, b->size, &functions))
        return true;
    if (!functions.complete && b->debug && has_id(b->debug, b->debug_size, id))
        hf_elf_functions_read(b->debug, b->debug_size, &more);
    bool well = true;
    for (uint32_t i = b->first; i < b->first + b->count && well; i++) {
        uint64_t at = s->addresses[i].offset ? s->addresses[i].offset - 1 : 0;
        add_name(&message, i, at, &functions, &more);
        if (message.length > MESSAGE) {
            well = hf_sandbox_call(link, message.data, message.length);
            hf_buf_clear(&message);
        }
    }
    hf_elf_functions_deinit(&functions);
    hf_elf_functions_deinit(&more);
    return well && (!message.length || hf_sandbox_call(link, message.data, message.length));
}

static hf_err *work(void *context, hf_sandbox_link *link, hf_buf *answer)
{
    const symbolizer *s = context;
    const hf_capture *c = s->capture;
    (void)answer;
    for (size_t i = 0; i < s->binary_count; i++)
        if (s->binaries[i].bytes &&
            !name_addresses(s, &s->binaries[i], hf_strtab_get(&c->texts, c->codes[i].name), link))
            break;
    return NULL;
}

/* In the parent: names, from a child that may say anything. */
static void take_names(void *context, int fd, const uint8_t *body, size_t length)
{
    symbolizer *s = context;
    hf_cursor c = hf_cursor_over(body, length);
    (void)fd;
    while (hf_cursor_left(&c) && !c.bad) {
        uint64_t number = hf_cursor_varint(&c), size = hf_cursor_varint(&c);
        const uint8_t *name = hf_cursor_bytes(&c, size);
        if (name && number < s->count && size <= NAME_MOST)
            s->addresses[number].name = hf_strtab_add(&s->capture->texts, (const char *)name, size);
    }
}

/* The code of a named function of a binary; a new one where there is none. */
static hf_err *function_of(symbolizer *s, hf_map *known, const address *a, size_t *room,
                           uint32_t *ret)
{
    hf_capture *c = s->capture;
    uint32_t name = a->name, file = c->codes[a->code].file;
    if (name == HF_STR_NONE) {
        char text[32];
        int length = snprintf(text, sizeof(text), "+0x%x", a->offset);
        name = a->offset ? hf_strtab_add(&c->texts, text, (size_t)length) : c->codes[a->code].name;
    }
    if (name == HF_STR_NONE)
        return hf_fail_memory();
    uint64_t key = (uint64_t)file << 32 | name;
    *ret = hf_map_get(known, key);
    if (*ret != HF_MAP_NONE)
        return NULL;
    if (c->code_count == *room) {
        hf_code *grown = realloc(c->codes, 2 * (*room + 64) * sizeof(*grown));
        if (!grown)
            return hf_fail_memory();
        c->codes = grown;
        *room = 2 * (*room + 64);
    }
    *ret = (uint32_t)c->code_count;
    if (!hf_map_put(known, key, *ret))
        return hf_fail_memory();
    c->codes[c->code_count++] = (hf_code){.file = file, .name = name};
    return NULL;
}

static void free_map(hf_map *m)
{
    hf_map_deinit(m);
}

static hf_err *put_names(symbolizer *s)
{
    hf_capture *c = s->capture;
    hf_map known HF_AUTO(free_map) = {0};
    HF_AUTO(hf_freep) uint32_t *functions = malloc((s->count + 1) * sizeof(*functions));
    size_t room = c->code_count;
    if (!functions)
        return hf_fail_memory();
    for (size_t i = 0; i < s->count; i++) {
        hf_err *err = function_of(s, &known, &s->addresses[i], &room, &functions[i]);
        if (err)
            return err;
    }
    for (size_t i = 0; i < c->node_count; i++) {
        hf_node *n = &c->nodes[i];
        if (n->kind != HF_NODE_FUNCTION)
            continue;
        address wanted = {n->code, n->line, 0};
        const address *found = bsearch(&wanted, s->addresses, s->count, sizeof(wanted), by_address);
        n->code = functions[found - s->addresses];
        n->line = 0;
    }
    return NULL;
}

hf_err *hf_symbolize(hf_capture *c)
{
    symbolizer s HF_AUTO(free_symbolizer) = {.capture = c};
    hf_err *err = collect(&s);
    if (err || !s.count)
        return err;
    for (size_t i = 0; i < s.binary_count; i++)
        if (s.binaries[i].count)
            map_binary(&s.binaries[i], hf_strtab_get(&c->texts, c->codes[i].file),
                       hf_strtab_get(&c->texts, c->codes[i].name));
    hf_sandbox sandbox = {.uid = HF_NOBODY,
                          .gid = HF_NOBODY,
                          .fd = -1,
                          .work = work,
                          .call = take_names,
                          .context = &s};
    hf_buf answer HF_AUTO(hf_buf_deinit) = {0};
    hf_err_free(hf_sandbox_run(&sandbox, &answer)); /* what it had not named has no name */
    return put_names(&s);
}
