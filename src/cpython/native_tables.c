/* cpython/native_tables.c - arrays of references in memory of malloc.
 *
 * `static PyObject **callbacks` in an extension leads to one, and so does a capsule: the word that
 * is found leads to no object, but to many. A chunk in use is taken for such a table where most of
 * its words that are not 0 lead to objects. What the data of a binary leads to is noted and told as
 * roots at the end, as far as counts of references have a place for them (walk.c): what was in the
 * array before may still stand there. What a capsule leads to is told as scanned references of it,
 * and so is what other objects lead to, where counts prove it (owned_tables.c). */
#include "base/array.h"
#include "base/page.h"
#include "cpython/heap_inside.h"

#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_HEAD = 16,
    PAGE = HF_PAGE_SIZE,
    LEAST_OBJECTS = 4,
    LOOKED_AT = 512,      /* words that tell whether it is one, and */
    SURE = 64,            /* of these so many that are not 0 */
    TRIED_IN_VAIN = 1024, /* words of objects of a type, one after the other */
    STRUCTURE_MAX = 512,  /* bytes */
    NOTED_MAX = 1 << 22,
};

static bool leads_to_object(hf_heap *heap, uint64_t word)
{
    uint64_t bit = word ? hf_marks_bit(&heap->marks, word) : HF_NO_BIT;
    return bit != HF_NO_BIT &&
           (hf_marks_test(&heap->marks, bit) || hf_is_object(heap, word, false));
}

static bool is_table(hf_heap *heap, uint64_t address)
{
    uint64_t bytes = address % CHUNK_HEAD || address < PAGE ? 0 : hf_chunk_bytes(heap, address);
    uint64_t count = bytes / HF_WORD, used = 0, objects = 0, last = 0;
    bool differ = false; /* memory that is filled with one word has a pattern, and no references */
    count = count < LOOKED_AT ? count : LOOKED_AT;
    const uint8_t *words = count ? hf_array_at(&heap->decode, address, &count, HF_WORD) : NULL;
    for (uint64_t i = 0; words && i < count && used < SURE; i++) {
        uint64_t word = hf_load_u64(words + i * HF_WORD);
        used += word != 0;
        if (!leads_to_object(heap, word))
            continue;
        objects++;
        differ |= last && word != last;
        last = word;
    }
    return differ && objects >= LEAST_OBJECTS && objects * 2 > used;
}

static void note(hf_heap *heap, const hf_found_root *root)
{
    if (heap->tabled_count == NOTED_MAX)
        return;
    if (!hf_array_room(&heap->tabled, heap->tabled_count, &heap->tabled_capacity)) {
        heap->failed = true;
        return;
    }
    heap->tabled[heap->tabled_count++] = *root;
}

/* What the map keeps of a table that has been told: an object may lead to it by more than one word,
 * as a queue does by its head and its tail. */
static const uint32_t TOLD = INT32_MAX + UINT32_C(1);

/* What the map keeps of a table's owner, to know it again; never TOLD. */
static uint32_t short_of(uint64_t owner)
{
    return (uint32_t)(owner >> 4) & INT32_MAX;
}

/* Notes whose table it is: the first who leads to it. False where it has an owner already, or
 * there is none. */
static bool is_new_table(hf_heap *heap, uint64_t owner, uint64_t address)
{
    if (!heap->knows_blocks || hf_map_get(&heap->owner_of_table, address) != HF_MAP_NONE ||
        !is_table(heap, address))
        return false;
    heap->tabled_words += hf_chunk_bytes(heap, address) / HF_WORD;
    if (heap->tabled_words > heap->marks.word_count * 64)
        return false; /* more than there is of memory: they overlap, which chunks do not */
    heap->failed |= !hf_map_put(&heap->owner_of_table, address, short_of(owner));
    return true;
}

void hf_native_table_members(hf_heap *heap, uint64_t address,
                             void (*see)(void *context, uint64_t object), void *context)
{
    uint64_t count = hf_chunk_bytes(heap, address) / HF_WORD;
    const uint8_t *words = hf_array_at(&heap->decode, address, &count, HF_WORD);
    for (uint64_t i = 0; words && i < count; i++) {
        uint64_t word = hf_load_u64(words + i * HF_WORD);
        if (leads_to_object(heap, word))
            see(context, word);
    }
}

static void reach(void *context, uint64_t object)
{
    hf_reach(context, object, false);
}

typedef struct noting {
    hf_heap *heap;
    hf_found_root root;
} noting;

static void reach_and_note(void *context, uint64_t object)
{
    noting *n = context;
    n->root.target = object;
    if (hf_reach(n->heap, object, false))
        note(n->heap, &n->root);
}

void hf_native_table_note(hf_heap *heap, const hf_found_root *like)
{
    noting n = {heap, *like};
    if (is_new_table(heap, 0, like->target))
        hf_native_table_members(heap, like->target, reach_and_note, &n);
}

/* Whether the type is PyCapsule: its pointer is what a program gave it. What other objects lead to
 * may be anything, and counts decide when all references are known (owned_tables.c). A type of an
 * extension may be called so, too: by name only where the binaries do not say where the
 * interpreter's own is. */
static bool is_capsule(hf_heap *heap, const hf_type_record *type)
{
    static const char capsule[] = "PyCapsule";
    uint64_t own = hf_target_symbol(heap->target, "PyCapsule_Type", NULL);
    if (own)
        return type->address == own;
    if (type->heap_type)
        return false;
    hf_buf module, name;
    hf_buf_init(&module, 0);
    hf_buf_init(&name, 0);
    hf_type_names(&heap->decode, type, &module, &name);
    bool found = name.length == strlen(capsule) && memcmp(name.data, capsule, name.length) == 0;
    hf_buf_deinit(&module);
    hf_buf_deinit(&name);
    return found;
}

/* Whether some word of a small chunk leads to an object: a structure of C with a reference among
 * other members. Asked of capsules alone: others lead to so many that the count would have to be
 * made for each process. */
static bool is_structure(hf_heap *heap, uint64_t address)
{
    uint64_t bytes = address % CHUNK_HEAD || address < PAGE ? 0 : hf_chunk_bytes(heap, address);
    uint64_t count = bytes <= STRUCTURE_MAX ? bytes / HF_WORD : 0;
    const uint8_t *words = count ? hf_array_at(&heap->decode, address, &count, HF_WORD) : NULL;
    for (uint64_t i = 0; words && i < count; i++)
        if (leads_to_object(heap, hf_load_u64(words + i * HF_WORD)))
            return true;
    return false;
}

void hf_native_table_reach(hf_heap *heap, uint64_t owner, uint64_t address)
{
    const hf_type_record *type = hf_type_of(&heap->decode, owner);
    hf_type_record *record = type ? heap->types.records[type->number] : NULL;
    if (!record || record->tables_missed == TRIED_IN_VAIN)
        return;
    if (!record->tables_of)
        record->tables_of = is_capsule(heap, type) ? HF_TABLES_CERTAIN : HF_TABLES_TO_BE_COUNTED;
    record->tables_missed++;
    if (!heap->knows_blocks)
        return;
    if (record->tables_of == HF_TABLES_CERTAIN && is_new_table(heap, owner, address))
        hf_native_table_members(heap, address, reach, heap);
    else if (record->tables_of == HF_TABLES_TO_BE_COUNTED && is_table(heap, address))
        hf_owned_table_note(heap, owner, address, false);
    else if (record->tables_of == HF_TABLES_CERTAIN && is_structure(heap, address))
        hf_owned_table_note(heap, owner, address, true);
    else
        return;
    record->tables_missed = 0; /* it is a type of those that do */
}

void hf_native_table_visit(hf_heap *heap, uint64_t owner, uint64_t address,
                           void (*see)(void *context, uint64_t object), void *context)
{
    if (hf_map_get(&heap->owner_of_table, address) != short_of(owner))
        return;
    heap->failed |= !hf_map_put(&heap->owner_of_table, address, TOLD);
    hf_native_table_members(heap, address, see, context);
}
