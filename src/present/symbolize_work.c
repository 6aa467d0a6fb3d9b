/* present/symbolize_work.c - names and lines of addresses, in the sandbox
 * (present/symbolize_inside.h).
 *
 * Debug information tells most: names, lines, and which calls a compiler has put into which. Where
 * there is none, symbol tables name functions; where they do not, .eh_frame_hdr at least tells
 * where one starts. */
#include "acquire/demangle.h"
#include "acquire/elf_functions.h"
#include "acquire/source_frames.h"
#include "base/cleanup.h"
#include "present/symbolize_inside.h"

#include <stdio.h>
#include <string.h>

enum { MESSAGE = 1 << 18 };

typedef struct worker {
    const hf_symbols *symbols;
    const hf_symbol_binary *binary;
    hf_sandbox_link *link;
    hf_elf_functions functions, more; /* of the binary, and of its file of names */
    uint64_t *addresses;              /* of the binary: where each call is */
    bool *told;                       /* of each address */
    hf_buf message;
    bool gone; /* the parent */
} worker;

static void free_worker(worker *w)
{
    hf_elf_functions_deinit(&w->functions);
    hf_elf_functions_deinit(&w->more);
    hf_buf_deinit(&w->message);
    free(w->addresses);
    free(w->told);
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

static void put_text(hf_buf *message, const char *text, size_t most)
{
    size_t length = strlen(text);
    length = length < most ? length : most;
    hf_buf_varint(message, length);
    hf_buf_add(message, text, length);
}

/* The length of a path without its last folder; all of it where there is none to leave out. */
static size_t without_last(const char *path, size_t length)
{
    size_t start = length ? length - 1 : 0;
    while (start && path[start - 1] != '/')
        start--;
    bool none = length - start <= 1 || (length - start == 3 && !memcmp(path + start, "../", 3));
    return none ? length : start;
}

/* "/build/static/../Objects/./x.c" as "/build/Objects/x.c": one file has one path, however its
 * compiler was called. */
static void clean_path(const char *path, char ret[HF_SYMBOL_FILE_MOST + 1])
{
    size_t length = 0;
    while (*path) {
        size_t part = strcspn(path, "/"), next = part + (path[part] == '/');
        bool up = part == 2 && !memcmp(path, "..", 2) && without_last(ret, length) < length;
        bool nothing = (part == 1 && *path == '.') || (part == 0 && length);
        if (up) {
            length = without_last(ret, length);
        } else if (!nothing) {
            if (length + next > HF_SYMBOL_FILE_MOST)
                break;
            memcpy(ret + length, path, next);
            length += next;
        }
        path += next;
    }
    ret[length] = 0;
}

/* A name that the linker has: what follows an @ is its version. The symbol is told where it is
 * not the name. */
static void put_symbol(hf_buf *message, const char *symbol)
{
    char text[HF_MANGLED_MOST + 1], name[HF_SYMBOL_NAME_MOST + 1];
    size_t length = strcspn(symbol, "@");
    snprintf(text, sizeof(text), "%.*s", (int)(length < HF_MANGLED_MOST ? length : HF_MANGLED_MOST),
             symbol);
    bool mangled = length <= HF_MANGLED_MOST && hf_demangle(text, name, sizeof(name));
    put_text(message, mangled ? name : text, HF_SYMBOL_NAME_MOST);
    put_text(message, mangled ? text : "", HF_SYMBOL_MOST);
}

static const hf_elf_function *function_at(const worker *w, uint64_t at)
{
    const hf_elf_function *f = hf_elf_function_at(&w->more, at);
    return f ? f : hf_elf_function_at(&w->functions, at);
}

/* A function without a name has that of its start, so that it is one function wherever it calls
 * from. False where not even that is known. */
static bool put_function(worker *w, uint64_t at)
{
    const hf_elf_function *f = function_at(w, at);
    uint64_t start = f ? 0 : hf_elf_function_start(&w->functions, at);
    char unnamed[32];
    snprintf(unnamed, sizeof(unnamed), "+0x%llx", (unsigned long long)start);
    if (f || start)
        put_symbol(&w->message, f ? f->name : unnamed);
    return f || start;
}

/* A path that was relative where it was compiled is whole. */
static void path_of(const hf_source_frame *f, char ret[HF_SYMBOL_FILE_MOST + 1])
{
    char path[2 * HF_SYMBOL_FILE_MOST];
    bool whole = !f->folder || *f->file == '/';
    snprintf(path, sizeof(path), "%s%s%s", whole ? "" : f->folder, whole ? "" : "/", f->file);
    clean_path(path, ret);
}

/* outermost: the function that the address is in, which symbol tables may have, too. Some compilers
 * are told to write only short names of C++ and Rust. */
static void put_source_frame(worker *w, const hf_source_frame *f, uint64_t at, bool outermost)
{
    char path[HF_SYMBOL_FILE_MOST + 1] = "";
    const hf_elf_function *known = outermost ? function_at(w, at) : NULL;
    bool mangled = known && (!strncmp(known->name, "_Z", 2) || !strncmp(known->name, "_R", 2));
    if (f->symbol || mangled) {
        put_symbol(&w->message, f->symbol ? f->symbol : known->name);
    } else if (f->name) {
        put_text(&w->message, f->name, HF_SYMBOL_NAME_MOST);
        put_text(&w->message, "", 0);
    } else if (!put_function(w, at)) {
        put_text(&w->message, "?", 1);
        put_text(&w->message, "", 0);
    }
    if (f->file)
        path_of(f, path);
    put_text(&w->message, path, HF_SYMBOL_FILE_MOST);
    hf_buf_varint(&w->message, f->line);
    hf_buf_varint(&w->message, f->first_line);
}

static void flush(worker *w, size_t most)
{
    if (w->message.length <= most)
        return;
    w->gone = w->gone || !hf_sandbox_call(w->link, w->message.data, w->message.length);
    hf_buf_clear(&w->message);
}

static void take_frames(void *context, size_t index, const hf_source_frame *frames, size_t count)
{
    worker *w = context;
    if (w->told[index] || w->gone)
        return;
    w->told[index] = true;
    hf_buf_varint(&w->message, w->binary->first + index);
    hf_buf_varint(&w->message, count);
    for (size_t i = 0; i < count; i++)
        put_source_frame(w, &frames[i], w->addresses[index], i + 1 == count);
    flush(w, MESSAGE);
}

/* An address by its function alone. */
static void put_rest(worker *w, size_t index)
{
    size_t before = w->message.length;
    hf_buf_varint(&w->message, w->binary->first + index);
    hf_buf_varint(&w->message, 1);
    if (put_function(w, w->addresses[index])) {
        put_text(&w->message, "", 0);
        hf_buf_varint(&w->message, 0);
        hf_buf_varint(&w->message, 0);
    } else {
        w->message.length = before;
    }
    flush(w, MESSAGE);
}

/* False when the parent is gone, or there is no memory. */
static bool name_addresses(const hf_symbols *s, const hf_symbol_binary *b, const char *id,
                           hf_sandbox_link *link)
{
    worker w HF_AUTO(free_worker) = {.symbols = s, .binary = b, .link = link};
    if (!has_id(b->bytes, b->size, id) || !hf_elf_functions_read(b->bytes, b->size, &w.functions))
        return true;
    bool has_debug = b->debug && has_id(b->debug, b->debug_size, id);
    if (!w.functions.complete && has_debug)
        hf_elf_functions_read(b->debug, b->debug_size, &w.more);
    w.addresses = malloc((b->count + (size_t)1) * sizeof(*w.addresses));
    w.told = calloc(b->count + (size_t)1, sizeof(*w.told));
    if (!w.addresses || !w.told)
        return false;
    for (uint32_t i = 0; i < b->count; i++) { /* a call goes on behind itself */
        uint32_t next = s->addresses[b->first + i].offset;
        w.addresses[i] = next ? next - 1 : 0;
    }
    if (!hf_source_frames_read(b->bytes, b->size, w.addresses, b->count, take_frames, &w) &&
        has_debug)
        hf_source_frames_read(b->debug, b->debug_size, w.addresses, b->count, take_frames, &w);
    for (uint32_t i = 0; i < b->count && !w.gone; i++)
        if (!w.told[i])
            put_rest(&w, i);
    flush(&w, 0);
    return !w.gone;
}

hf_err *hf_symbolize_work(void *symbols, hf_sandbox_link *link, hf_buf *answer)
{
    const hf_symbols *s = symbols;
    const hf_capture *c = s->capture;
    (void)answer;
    for (size_t i = 0; i < s->binary_count; i++)
        if (s->binaries[i].bytes &&
            !name_addresses(s, &s->binaries[i], hf_strtab_get(&c->texts, c->codes[i].name), link))
            break;
    return NULL;
}
