/* agent/tree.c - the tree of stacks and the codes in it, in the state file; the tables that find
 * them lie beside it, in memory of our own. All of it is under one lock: threads come here only
 * with what they do not know from before (hf_thread.known). */
#include "agent/layout.h"
#include "agent/modules.h"
#include "agent/rules.h"
#include "agent/text.h"
#include "agent/walk.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A hash table of numbers: who asks compares what they stand for. Above a number are the upper bits
 * of its hash, so that hardly any is compared but the one that is looked for. */
typedef struct table {
    uint32_t *slots;
    uint32_t mask, used;
} table;

/* Where a number is looked for: in one cache line near a place that its like are near, too, and
 * where that is full, from its hash on. Nothing is ever taken out. */
typedef struct table_key {
    uint32_t hash, near;
} table_key;

static inline uint32_t table_at(const table *t, table_key key, uint32_t probe)
{
    enum { LINE = 64 / sizeof(*t->slots) };
    uint32_t at = probe < LINE ? key.near ^ probe : key.hash + probe;
    return at & t->mask;
}

enum { NUMBER_MASK = (1 << HF_NODE_BITS) - 1 };
_Static_assert((int)HF_STATE_NODES_MAX <= NUMBER_MASK && (int)HF_STATE_CODES_MAX <= NUMBER_MASK,
               "a slot has room for every number");

enum { TABLE_LEAST = 1 << 10, CODE_GONE = 1, MODULES_MOST = 512 };

/* A binary that the tree knows. */
typedef struct known_module {
    uintptr_t start, end, bias;
    uint32_t code;
} known_module;

static struct {
    uint32_t lock;
    table nodes, contents;
    uint64_t *content_of;   /* hash of each code's file, name, line and lines */
    uintptr_t *code_keys;   /* addresses of codes that live; CODE_GONE where one has died */
    uint32_t *code_numbers; /* ... and their numbers */
    uint32_t code_mask, code_used;
    known_module modules[MODULES_MOST];
    uint32_t module_count;
} tree;

/* A child that is forked starts with an empty tree, and without these pages. Nobody needs the lock
 * for it then: a thread that held the lock while its fork waits for one of the C library's could
 * wait for a signal handler that has interrupted malloc() and waits for the tree. */
static void *pages_of_this_process(size_t bytes)
{
    void *pages = hf_pages(bytes);
    if (pages)
        madvise(pages, bytes, MADV_DONTFORK);
    return pages;
}

static bool table_begin(table *t, uint32_t slots)
{
    uint32_t *fresh = pages_of_this_process(slots * sizeof(*fresh));
    if (fresh)
        *t = (table){fresh, slots - 1, 0};
    return fresh != NULL;
}

static void table_end(table *t)
{
    if (t->slots)
        munmap(t->slots, ((size_t)t->mask + 1) * sizeof(*t->slots));
    *t = (table){0};
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15;
    return hash ^ hash >> 32;
}

/* Nodes that are made one after the other are looked for one after the other, too, as
 * hf_known_place() says. */
static table_key node_key(const hf_state_node *n)
{
    enum { NEAR = 64 };
    uint64_t hash = mix((uint64_t)n->parent << 32 | n->code, n->kind + 1);
    hash = mix(hash, (uint32_t)n->instruction);
    return (table_key){(uint32_t)hash, 2 * n->parent + (uint32_t)(hash >> 32) % NEAR};
}

static table_key node_key_of(uint32_t number)
{
    return node_key(&hf_hot.nodes[number]);
}

static table_key content_key_of(uint32_t number)
{
    uint32_t hash = (uint32_t)tree.content_of[number];
    return (table_key){hash, hash};
}

/* Puts a number in; the table is kept half empty. Without memory for a larger one it fills up. */
static void table_add(table *t, uint32_t number, table_key (*key_of)(uint32_t number))
{
    if (t->used > t->mask / 2) {
        table larger;
        if (table_begin(&larger, 2 * (t->mask + 1))) {
            for (uint32_t i = 0; i <= t->mask; i++)
                if (t->slots[i])
                    table_add(&larger, t->slots[i] & NUMBER_MASK, key_of);
            table_end(t);
            *t = larger;
        } else if (t->used + 1 >= t->mask) {
            return;
        }
    }
    table_key key = key_of(number);
    uint32_t probe = 0;
    while (t->slots[table_at(t, key, probe)])
        probe++;
    t->slots[table_at(t, key, probe)] = number | (key.hash & ~(uint32_t)NUMBER_MASK);
    t->used++;
}

/* The number of a node like this; made if need be, 0 when there is no room. */
static uint32_t node_of(const hf_state_node *wanted)
{
    hf_state_header *h = hf_hot.header;
    table_key key = node_key(wanted);
    uint32_t word;
    for (uint32_t probe = 0; (word = tree.nodes.slots[table_at(&tree.nodes, key, probe)]);
         probe++) {
        uint32_t number = word & NUMBER_MASK;
        if ((word ^ key.hash) <= NUMBER_MASK &&
            memcmp(&hf_hot.nodes[number], wanted, sizeof(*wanted)) == 0)
            return number;
    }
    uint32_t number = h->node_count;
    if (number == HF_STATE_NODES_MAX) {
        hf_raise_flag(1 << 1); /* HF_TRACED_CAPPED */
        return 0;
    }
    if (!hf_state_reserve(HF_STATE_NODES_AT, (number + 1ULL) * sizeof(hf_state_node)) ||
        !hf_state_reserve(HF_STATE_COUNTERS_AT, (number + 1ULL) * sizeof(hf_state_counter)))
        return 0;
    hf_hot.nodes[number] = *wanted;
    __atomic_store_n(&h->node_count, number + 1, __ATOMIC_RELEASE);
    table_add(&tree.nodes, number, node_key_of);
    return number;
}

/* The place of an address in the table of live codes, or the empty place where it would be. */
static uint32_t code_place(uintptr_t code)
{
    uint32_t at = (uint32_t)mix(1, code) & tree.code_mask;
    while (tree.code_keys[at] && tree.code_keys[at] != code)
        at = (at + 1) & tree.code_mask;
    return at;
}

static bool codes_begin(uint32_t slots)
{
    uintptr_t *keys = pages_of_this_process(slots * sizeof(*keys));
    uint32_t *numbers = pages_of_this_process(slots * sizeof(*numbers));
    if (!keys || !numbers)
        return false;
    tree.code_keys = keys;
    tree.code_numbers = numbers;
    tree.code_mask = slots - 1;
    tree.code_used = 0;
    return true;
}

static void codes_end(uintptr_t *keys, uint32_t *numbers, uint32_t mask)
{
    munmap(keys, ((size_t)mask + 1) * sizeof(*keys));
    munmap(numbers, ((size_t)mask + 1) * sizeof(*numbers));
}

static void code_add(uintptr_t code, uint32_t number)
{
    if (tree.code_used > tree.code_mask / 2) {
        uintptr_t *keys = tree.code_keys;
        uint32_t *numbers = tree.code_numbers, mask = tree.code_mask, live = 0;
        for (uint32_t i = 0; i <= mask; i++)
            live += keys[i] > CODE_GONE;
        if (!codes_begin(live > mask / 4 ? 2 * (mask + 1) : mask + 1))
            return;
        for (uint32_t i = 0; i <= mask; i++)
            if (keys[i] > CODE_GONE)
                code_add(keys[i], numbers[i]);
        codes_end(keys, numbers, mask);
    }
    uint32_t at = code_place(code);
    tree.code_keys[at] = code;
    tree.code_numbers[at] = number;
    tree.code_used++;
}

/* Codes that were made again from the same source are one code: the tree of a program that
 * compiles for ever stays as it is. */
static uint32_t code_with(uint64_t content, const hf_state_code *code)
{
    table_key key = {(uint32_t)content, (uint32_t)content};
    uint32_t word;
    for (uint32_t probe = 0; (word = tree.contents.slots[table_at(&tree.contents, key, probe)]);
         probe++)
        if (tree.content_of[word & NUMBER_MASK] == content)
            return word & NUMBER_MASK;
    hf_state_header *h = hf_hot.header;
    uint32_t number = h->code_count;
    if (number == HF_STATE_CODES_MAX) {
        hf_raise_flag(1 << 1); /* HF_TRACED_CAPPED */
        return 0;
    }
    if (!hf_state_reserve(HF_STATE_CODES_AT, (number + 1ULL) * sizeof(hf_state_code)))
        return 0;
    ((hf_state_code *)((char *)h + HF_STATE_CODES_AT))[number] = *code;
    tree.content_of[number] = content;
    h->text_length = code->text + code->file_length + code->name_length + code->lines_length;
    __atomic_store_n(&h->code_count, number + 1, __ATOMIC_RELEASE);
    table_add(&tree.contents, number, content_key_of);
    return number;
}

/* Copies what a code says of itself behind the text that is there; 0 when there is no room. */
static uint32_t code_copy(uintptr_t code)
{
    hf_state_header *h = hf_hot.header;
    const hf_agent_layout *l = hf_layout;
    uintptr_t file = hf_word(code + (uintptr_t)l->code_file);
    uintptr_t name = hf_word(code + (uintptr_t)l->code_name);
    uintptr_t lines = hf_word(code + (uintptr_t)l->code_lines);
    uint64_t most = hf_text_most(file) + hf_text_most(name) + hf_bytes_length(lines);
    if (h->text_length + most > HF_STATE_TEXT_MAX) {
        hf_raise_flag(1 << 1); /* HF_TRACED_CAPPED */
        return 0;
    }
    if (!hf_state_reserve(HF_STATE_TEXT_AT, h->text_length + most))
        return 0;
    uint8_t *text = (uint8_t *)h + HF_STATE_TEXT_AT + h->text_length;
    hf_state_code copy = {.text = h->text_length,
                          .first_line = *(const uint32_t *)(code + (uintptr_t)l->code_first_line)};
    copy.file_length = hf_text_copy(file, text);
    copy.name_length = hf_text_copy(name, text + copy.file_length);
    copy.lines_length = hf_bytes_copy(lines, text + copy.file_length + copy.name_length);
    if (l->code_first_traceable != HF_ABSENT)
        copy.first_traceable = 2 * *(const int32_t *)(code + (uintptr_t)l->code_first_traceable);
    uint64_t content = mix(copy.first_line, copy.file_length);
    uint32_t length = copy.file_length + copy.name_length + copy.lines_length;
    for (uint32_t i = 0; i < length; i++)
        content = mix(content, text[i]);
    return code_with(content, &copy);
}

/* The number of a code; 0 when there is no room. codes.c notices its death. */
static uint32_t code_of(uintptr_t code)
{
    uint32_t at = code_place(code);
    if (tree.code_keys[at])
        return tree.code_numbers[at];
    uint32_t number = code_copy(code);
    if (number)
        code_add(code, number);
    return number;
}

void hf_tree_forget_code(uintptr_t code)
{
    hf_busy++; /* a signal handler that allocates must not wait for the lock that we hold */
    hf_lock(&tree.lock);
    uint32_t at = code_place(code);
    if (tree.code_keys[at]) {
        tree.code_keys[at] = CODE_GONE;
        __atomic_fetch_add(&hf_hot.generation, 1, __ATOMIC_RELEASE);
    }
    hf_unlock(&tree.lock);
    hf_busy--;
}

uint32_t hf_tree_call(uint32_t parent, uintptr_t frame, uintptr_t instruction)
{
    const hf_frames *f = &hf_hot.frames;
    uintptr_t code = hf_word(frame + f->frame_code) & ~(uintptr_t)7; /* tagged from 3.14 on */
    if (!code || hf_word(code + (uintptr_t)hf_layout->object_type) != hf_code_type)
        return parent; /* the frame of a C call, between those of Python (3.12 and later) */
    if (parent == HF_STATE_REST)
        return HF_STATE_REST;
    hf_state_node wanted = {.parent = parent, .kind = HF_STATE_PYTHON};
    if (f->by_index)
        wanted.instruction = *(const int32_t *)(frame + f->frame_instruction) *
                             (hf_python_version >= 0x030a0000 ? 2 : 1);
    else
        wanted.instruction =
            (int32_t)(instruction - code - (uintptr_t)hf_layout->code_instructions);
    hf_lock(&tree.lock);
    wanted.code = code_of(code);
    uint32_t node = wanted.code ? node_of(&wanted) : 0;
    hf_unlock(&tree.lock);
    return node ? node : HF_STATE_REST;
}

static void put_hexadecimal(uint8_t *to, const uint8_t *bytes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        to[2 * i] = (uint8_t) "0123456789abcdef"[bytes[i] >> 4];
        to[2 * i + 1] = (uint8_t) "0123456789abcdef"[bytes[i] & 15];
    }
}

/* The path of a binary, of which the loader has none where it is the program, and one from the
 * current folder where that is how it was asked for. At most HF_TEXT_LONGEST bytes. */
static size_t copy_path(const char *path, uint8_t *text)
{
    size_t length = strnlen(path, HF_TEXT_LONGEST), before = 0;
    if (!length) {
        ssize_t n = readlink("/proc/self/exe", (char *)text, HF_TEXT_LONGEST);
        return n > 0 ? (size_t)n : 0;
    }
    if (*path != '/' && memchr(path, '/', length) &&
        syscall(SYS_getcwd, text, (size_t)HF_TEXT_LONGEST - 1) > 0) {
        before = strnlen((const char *)text, HF_TEXT_LONGEST - 1);
        text[before++] = '/';
    }
    length = length < HF_TEXT_LONGEST - before ? length : HF_TEXT_LONGEST - before;
    memcpy(text + before, path, length);
    return before + length;
}

/* Copies what is to be known of a binary behind the text that is there, as code_copy() does; 0 when
 * there is no room. */
static uint32_t module_copy(const hf_module *m)
{
    hf_state_header *h = hf_hot.header;
    uint64_t most = HF_TEXT_LONGEST + 2 * HF_BUILD_ID_MOST;
    if (h->text_length + most > HF_STATE_TEXT_MAX ||
        !hf_state_reserve(HF_STATE_TEXT_AT, h->text_length + most))
        return 0;
    uint8_t *text = (uint8_t *)h + HF_STATE_TEXT_AT + h->text_length;
    size_t length = copy_path(m->path, text);
    put_hexadecimal(text + length, m->build_id, m->build_id_length);
    hf_state_code copy = {.text = h->text_length,
                          .file_length = (uint32_t)length,
                          .name_length = 2 * m->build_id_length};
    uint64_t content = mix(UINT64_MAX, length);
    for (uint32_t i = 0; i < copy.file_length + copy.name_length; i++)
        content = mix(content, text[i]);
    return code_with(content, &copy);
}

static const known_module *module_of(uintptr_t address, const hf_module *found)
{
    for (uint32_t i = 0; i < tree.module_count; i++)
        if (address - tree.modules[i].start < tree.modules[i].end - tree.modules[i].start)
            return &tree.modules[i];
    uint32_t code = found && tree.module_count < MODULES_MOST ? module_copy(found) : 0;
    if (!code)
        return NULL;
    known_module *m = &tree.modules[tree.module_count++];
    *m = (known_module){found->start, found->end, found->bias, code};
    return m;
}

uint32_t hf_tree_native(uint32_t parent, uintptr_t address)
{
    if (parent == HF_STATE_REST)
        return HF_STATE_REST;
    int saved = errno;
    hf_state_node wanted = {.parent = parent, .kind = HF_STATE_FUNCTION};
    hf_lock(&tree.lock);
    const known_module *m = module_of(address - 1, NULL);
    if (!m && address) {
        hf_module found = {0};
        hf_unlock(&tree.lock); /* the loader may have one of its own */
        bool well = hf_module_of(address - 1, &found);
        hf_lock(&tree.lock);
        m = well ? module_of(address - 1, &found) : NULL;
    }
    if (m && address - m->bias <= INT32_MAX) {
        wanted.code = m->code;
        wanted.instruction = (int32_t)(address - m->bias);
    }
    uint32_t node = node_of(&wanted);
    hf_unlock(&tree.lock);
    errno = saved;
    return node ? node : HF_STATE_REST;
}

void hf_tree_forget_modules(void)
{
    hf_busy++;
    hf_rules_forget();
    hf_lock(&tree.lock);
    tree.module_count = 0;
    __atomic_fetch_add(&hf_hot.generation, 1, __ATOMIC_RELEASE);
    hf_unlock(&tree.lock);
    hf_busy--;
}

uint32_t hf_tree_kind(uint32_t parent, hf_state_kind kind)
{
    if (parent == HF_STATE_REST)
        return HF_STATE_REST_NATIVE;
    hf_state_node wanted = {.parent = parent, .kind = kind};
    hf_lock(&tree.lock);
    uint32_t node = node_of(&wanted);
    hf_unlock(&tree.lock);
    return node ? node : HF_STATE_REST_NATIVE;
}

uint32_t hf_tree_block(uint32_t parent, uint32_t number)
{
    hf_state_node wanted = {
        .parent = parent, .kind = HF_STATE_BLOCK, .instruction = (int32_t)number};
    hf_lock(&tree.lock);
    uint32_t node = node_of(&wanted);
    hf_unlock(&tree.lock);
    return node;
}

/* An empty tree, whatever a forked child finds here. */
bool hf_tree_begin(void)
{
    memset(&tree, 0, sizeof(tree));
    tree.content_of = pages_of_this_process(HF_STATE_CODES_MAX * sizeof(*tree.content_of));
    return tree.content_of && table_begin(&tree.nodes, TABLE_LEAST) &&
           table_begin(&tree.contents, TABLE_LEAST) && codes_begin(TABLE_LEAST);
}
