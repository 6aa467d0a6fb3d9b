/* cpython/qualnames.c - the qualified names of code, up to 3.10.
 *
 * From 3.11 on code knows its own. Before, the functions that were made of it do: all of them are
 * on the collector's lists, and one pass over what is marked finds them. */
#include "base/array.h"
#include "cpython/heap_inside.h"

#include <stdlib.h>

struct hf_qualnames {
    hf_map numbers; /* address of code -> index in names */
    uint64_t *names;
    size_t count, capacity;
};

static bool add(struct hf_qualnames *q, uint64_t code, uint64_t name)
{
    if (hf_map_get(&q->numbers, code) != HF_MAP_NONE)
        return true;
    if (!hf_array_room(&q->names, q->count, &q->capacity))
        return false;
    q->names[q->count] = name;
    return hf_map_put(&q->numbers, code, (uint32_t)q->count++);
}

hf_err *hf_qualnames_find(hf_heap *heap)
{
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    uint64_t function = hf_target_symbol(heap->target, "PyFunction_Type", NULL);
    if (HF_HAS(l, code_co_qualname) || !function)
        return NULL;
    struct hf_qualnames *q = calloc(1, sizeof(*q));
    if (!q)
        return hf_fail_memory();
    d->qualnames = q;
    hf_map_init(&q->numbers);
    hf_marks_cursor cursor = {.marks = &heap->marks};
    uint64_t bit = hf_marks_next(&heap->marks, 0);
    for (; bit != HF_NO_BIT; bit = hf_marks_next(&heap->marks, bit + 1)) {
        uint64_t address = hf_marks_address(&cursor, bit);
        const uint8_t *p = hf_bytes_at(d, address, (uint64_t)l->function_size);
        if (!p || hf_load_u64(p + l->object_ob_type) != function)
            continue;
        uint64_t code = hf_load_u64(p + l->function_func_code);
        if (code && !add(q, code, hf_load_u64(p + l->function_func_qualname)))
            return hf_fail_memory();
    }
    return NULL;
}

void hf_qualnames_free(hf_heap *heap)
{
    struct hf_qualnames *q = heap->decode.qualnames;
    if (!q)
        return;
    hf_map_deinit(&q->numbers);
    free(q->names);
    free(q);
    heap->decode.qualnames = NULL;
}

uint64_t hf_qualname_of(const hf_decode *d, uint64_t code)
{
    uint32_t number = d->qualnames ? hf_map_get(&d->qualnames->numbers, code) : HF_MAP_NONE;
    return number == HF_MAP_NONE ? 0 : d->qualnames->names[number];
}
