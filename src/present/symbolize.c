/* present/symbolize.c - see present/symbolize.h.
 *
 * The parent opens and maps the binaries, and reads none of them: a child in the sandbox does, and
 * sends what each address stands for. A stripped binary is helped out by its file of names and
 * lines below /usr/lib/debug, where distributions put it; nothing is fetched from anywhere. */
#include "present/symbolize.h"

#include "acquire/source_frames.h"
#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/map.h"
#include "graph/core_open.h"
#include "graph/sandbox.h"
#include "present/symbolize_inside.h"
#include "trace/native_askers.h"
#include "trace/native_calls.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define DEBUG_FOLDER "/usr/lib/debug/.build-id"

/* What the child may take: a run's reports are not to wait for a binary that somebody has made
 * to be slow. */
enum { SECONDS_MOST = 20 };
#define MEMORY_MOST ((uint64_t)2 << 30)
#define FILE_MOST   ((off_t)1 << 34)

typedef struct hf_symbol_frame {
    uint32_t name, symbol, file; /* texts; symbol and file: 0 where there is none */
    uint32_t line, first_line;
} frame;

static uint8_t *map(const char *path, size_t *ret_size)
{
    struct stat facts;
    HF_AUTO(hf_closep) int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &facts) || !S_ISREG(facts.st_mode) || !facts.st_size ||
        facts.st_size > FILE_MOST)
        return NULL;
    /* Writable, for a reader that unpacks sections where they are. */
    void *bytes = mmap(NULL, (size_t)facts.st_size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_NORESERVE, fd, 0);
    *ret_size = (size_t)facts.st_size;
    return bytes == MAP_FAILED ? NULL : bytes;
}

/* id: hexadecimal digits, as the process wrote them. */
static bool is_id(const char *id)
{
    return strspn(id, "0123456789abcdef") == strlen(id) && strlen(id) > 2 && strlen(id) % 2 == 0;
}

static void map_binary(hf_symbol_binary *b, const char *path, const char *id)
{
    char debug[256];
    b->bytes = *path == '/' ? map(path, &b->size) : NULL;
    if (b->bytes && is_id(id) &&
        snprintf(debug, sizeof(debug), DEBUG_FOLDER "/%.2s/%s.debug", id, id + 2) <
            (int)sizeof(debug))
        b->debug = map(debug, &b->debug_size);
}

static void free_symbols(hf_symbols *s)
{
    for (size_t i = 0; s->binaries && i < s->binary_count; i++) {
        const hf_symbol_binary *b = &s->binaries[i];
        if (b->bytes)
            munmap(b->bytes, b->size);
        if (b->debug)
            munmap(b->debug, b->debug_size);
    }
    free(s->binaries);
    free(s->addresses);
    free(s->frames);
}

static int by_address(const void *a, const void *b)
{
    const hf_symbol_address *x = a, *y = b;
    if (x->code != y->code)
        return x->code < y->code ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Each address of native code once. */
static hf_err *collect(hf_symbols *s)
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
            s->addresses[count++] =
                (hf_symbol_address){.code = c->nodes[i].code, .offset = c->nodes[i].line};
    if (count)
        qsort(s->addresses, count, sizeof(*s->addresses), by_address);
    for (size_t i = 0; i < count; i++)
        if (!i || by_address(&s->addresses[i], &s->addresses[s->count - 1]) != 0)
            s->addresses[s->count++] = s->addresses[i];
    for (uint32_t i = 0; i < s->count; i++) {
        hf_symbol_binary *b = &s->binaries[s->addresses[i].code];
        b->first = b->count ? b->first : i;
        b->count++;
    }
    return NULL;
}

static bool add_frame(hf_symbols *s, const frame *f)
{
    if (!hf_array_room(&s->frames, s->frame_count, &s->frame_room))
        return false;
    s->frames[s->frame_count++] = *f;
    return true;
}

/* The number of a text that the child has sent; HF_STR_NONE where it is none. */
static uint32_t take_text(hf_symbols *s, hf_cursor *c, size_t most)
{
    uint64_t size = hf_cursor_varint(c);
    const uint8_t *text = hf_cursor_bytes(c, size);
    if (!text || size > most)
        return HF_STR_NONE;
    return hf_strtab_add(&s->capture->texts, (const char *)text, size);
}

static bool take_frame(hf_symbols *s, hf_cursor *c)
{
    frame f = {.name = take_text(s, c, HF_SYMBOL_NAME_MOST)};
    f.symbol = take_text(s, c, HF_SYMBOL_MOST);
    f.file = take_text(s, c, HF_SYMBOL_FILE_MOST);
    uint64_t line = hf_cursor_varint(c), first_line = hf_cursor_varint(c);
    if (c->bad || f.name == HF_STR_NONE || f.symbol == HF_STR_NONE || f.file == HF_STR_NONE ||
        line > INT32_MAX || first_line > INT32_MAX)
        return false;
    f.line = f.file ? (uint32_t)line : 0;
    f.first_line = f.file ? (uint32_t)first_line : 0;
    return add_frame(s, &f);
}

/* In the parent: what addresses stand for, from a child that may say anything. It comes from the
 * inside, and is kept from the outside. What compilers have put into functions of CPython itself is
 * left out: it is of no use to who does not work on CPython, and makes a capture of a large program
 * twice as large. */
static void take_addresses(void *context, int fd, const uint8_t *body, size_t length)
{
    hf_symbols *s = context;
    hf_cursor c = hf_cursor_over(body, length);
    (void)fd;
    while (hf_cursor_left(&c) && !s->refused) {
        uint64_t number = hf_cursor_varint(&c), count = hf_cursor_varint(&c);
        uint32_t first = s->frame_count;
        bool well = number < s->count && !s->addresses[number].count && count > 0 &&
                    count <= HF_SOURCE_FRAMES_MOST;
        for (uint64_t i = 0; i < count && well; i++)
            well = take_frame(s, &c);
        /* Nothing of the kind that we send: who has taken our child over is not listened to. */
        if (!well) {
            s->frame_count = first;
            s->refused = true;
            return;
        }
        for (size_t low = first, high = s->frame_count; low + 1 < high; low++) {
            frame other = s->frames[low];
            s->frames[low] = s->frames[--high];
            s->frames[high] = other;
        }
        uint32_t file = s->capture->codes[s->addresses[number].code].file;
        if (hf_is_interpreter(hf_strtab_get(&s->capture->texts, file))) {
            s->frame_count = first + 1;
            count = 1;
        }
        s->addresses[number].first = (uint32_t)first;
        s->addresses[number].count = (uint32_t)count;
    }
}

/* What is not known of an address is told by the address. */
static hf_err *name_unknown(hf_symbols *s)
{
    hf_capture *c = s->capture;
    for (size_t i = 0; i < s->count; i++) {
        hf_symbol_address *a = &s->addresses[i];
        if (a->count)
            continue;
        char text[32];
        int length = snprintf(text, sizeof(text), "+0x%x", a->offset);
        frame f = {0};
        f.name =
            a->offset ? hf_strtab_add(&c->texts, text, (size_t)length) : c->codes[a->code].name;
        a->first = s->frame_count;
        a->count = 1;
        if (f.name == HF_STR_NONE || !add_frame(s, &f))
            return hf_fail_memory();
    }
    return NULL;
}

/* The code of a frame of a binary; a new one where there is none. */
static hf_err *code_of(hf_capture *c, hf_strtab *known, uint32_t binary, const frame *f,
                       size_t *room, uint32_t *ret)
{
    hf_code code = {.file = f->file ? f->file : binary,
                    .name = f->name,
                    .first_line = f->first_line,
                    .binary = f->file ? binary : 0,
                    .symbol = f->symbol};
    uint32_t found = hf_strtab_add(known, (const char *)&code, sizeof(code));
    if (found == HF_STR_NONE)
        return hf_fail_memory();
    *ret = found - 1;
    if (found <= c->code_count)
        return NULL;
    if (!hf_array_room(&c->codes, c->code_count, room))
        return hf_fail_memory();
    c->codes[c->code_count++] = code;
    return NULL;
}

/* Makes calls of the frames. Codes that there were keep their numbers. */
static hf_err *make_calls(hf_symbols *s, hf_native_call **ret)
{
    hf_capture *c = s->capture;
    hf_strtab known HF_AUTO(hf_strtab_deinit) = {0};
    HF_AUTO(hf_freep) hf_native_call *calls = malloc(((size_t)s->frame_count + 1) * sizeof(*calls));
    size_t room = c->code_count;
    if (!calls || !hf_strtab_init(&known))
        return hf_fail_memory();
    for (uint32_t i = 0; i < c->code_count; i++) { /* keys of another length than ours */
        if (hf_strtab_add(&known, (const char *)&i, sizeof(i)) == HF_STR_NONE)
            return hf_fail_memory();
    }
    for (size_t i = 0; i < s->count; i++) {
        const hf_symbol_address *a = &s->addresses[i];
        uint32_t binary = c->codes[a->code].file;
        for (uint32_t k = a->first; k < a->first + a->count; k++) {
            hf_err *err = code_of(c, &known, binary, &s->frames[k], &room, &calls[k].code);
            if (err)
                return err;
            calls[k].line = s->frames[k].line;
        }
    }
    *ret = hf_take(calls);
    return NULL;
}

static hf_err *put_calls(hf_symbols *s)
{
    hf_capture *c = s->capture;
    HF_AUTO(hf_freep) hf_native_call *calls = NULL;
    HF_AUTO(hf_freep) hf_native_chain *chains = calloc(c->node_count + 1, sizeof(*chains));
    hf_err *err = chains ? name_unknown(s) : hf_fail_memory();
    if (!err)
        err = make_calls(s, &calls);
    if (err)
        return err;
    for (size_t i = 0; i < c->node_count; i++) {
        const hf_node *n = &c->nodes[i];
        if (n->kind != HF_NODE_FUNCTION)
            continue;
        const hf_symbol_address wanted = {.code = n->code, .offset = n->line};
        const hf_symbol_address *found =
            bsearch(&wanted, s->addresses, s->count, sizeof(wanted), by_address);
        chains[i] = (hf_native_chain){found->first, found->count};
    }
    return hf_capture_put_native_calls(c, calls, chains);
}

hf_err *hf_symbolize(hf_capture *c)
{
    hf_symbols s HF_AUTO(free_symbols) = {.capture = c};
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
                          .work = hf_symbolize_work,
                          .call = take_addresses,
                          .seconds = SECONDS_MOST,
                          .memory = MEMORY_MOST,
                          .context = &s};
    hf_buf answer HF_AUTO(hf_buf_deinit) = {0};
    hf_err_free(hf_sandbox_run(&sandbox, &answer)); /* what it had not named has no name */
    return put_calls(&s);
}
