/* cpython/public_names.c - the strings that are names in somebody's source code.
 *
 * Without values a path would read `__dict__[…]` all along. Names of attributes and of globals are
 * in the program's source, where no secrets belong; keys that data chose are not told. A key of the
 * dict of a module, class or instance, or of the values that an instance keeps without one, is
 * taken for such a name when it is interned (which the compiler and setattr() do, and reading data
 * does not) and an identifier. */
#include "cpython/heap_inside.h"

#include <ctype.h>
#include <stdlib.h>

enum { NAME_LIMIT = 64 };

/* Follows object -> its __dict__ -> keys. */
typedef struct {
    hf_visitor visitor;
    hf_heap *heap;
    hf_buf text;
} namer;

static bool is_identifier(const char *text, size_t length)
{
    if (!length || length >= NAME_LIMIT || isdigit((unsigned char)*text))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '_' && !(text[i] & 0x80))
            return false;
    return true;
}

static void consider(namer *n, uint64_t name)
{
    hf_heap *heap = n->heap;
    uint64_t bit = hf_marks_bit(&heap->marks, name);
    if (bit == HF_NO_BIT || !hf_marks_test(&heap->marks, bit) ||
        heap->public_names[bit >> 6] >> (bit & 63) & 1)
        return;
    const hf_type_record *type = hf_type_of(&heap->decode, name);
    hf_sizes sizes;
    if (!type)
        return;
    hf_decode_sizes(&heap->decode, type, name, &sizes);
    hf_buf_clear(&n->text);
    if (sizes.flags & HF_OBJECT_INTERNED &&
        hf_decode_str(&heap->decode, name, NAME_LIMIT, &n->text) &&
        is_identifier((const char *)n->text.data, n->text.length))
        heap->public_names[bit >> 6] |= 1ull << (bit & 63);
}

static void see_key(hf_visitor *v, const hf_raw_edge *edge)
{
    if (edge->kind == HF_EDGE_KEY)
        consider((namer *)v, edge->target);
}

static void see_namespace(hf_visitor *v, const hf_raw_edge *edge)
{
    hf_heap *heap = ((namer *)v)->heap;
    if (edge->kind == HF_EDGE_ATTRIBUTE && edge->label && !edge->field)
        consider((namer *)v, edge->label);
    if (!edge->field || strcmp(edge->field, "__dict__"))
        return;
    const hf_type_record *type = hf_type_of(&heap->decode, edge->target);
    namer keys = {.visitor = {see_key}, .heap = heap};
    hf_buf_init(&keys.text, 0);
    if (type)
        hf_decode_edges(&heap->decode, type, edge->target, &keys.visitor);
    hf_buf_deinit(&keys.text);
}

hf_err *hf_public_names_find(hf_heap *heap)
{
    heap->public_names = calloc(heap->marks.word_count + 1, sizeof(*heap->public_names));
    if (!heap->public_names)
        return hf_fail_memory();
    namer n = {.visitor = {see_namespace}, .heap = heap};
    hf_buf_init(&n.text, 0);
    hf_marks_cursor cursor = {.marks = &heap->marks};
    uint64_t bit = hf_marks_next(&heap->marks, 0);
    for (; bit != HF_NO_BIT; bit = hf_marks_next(&heap->marks, bit + 1)) {
        uint64_t address = hf_marks_address(&cursor, bit);
        const hf_type_record *type = hf_type_of(&heap->decode, address);
        if (type)
            hf_decode_edges(&heap->decode, type, address, &n.visitor);
    }
    hf_buf_deinit(&n.text);
    return NULL;
}
