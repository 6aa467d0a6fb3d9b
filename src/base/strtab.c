#include "base/strtab.h"
#include "base/array.h"

#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

bool hf_strtab_init(hf_strtab *t)
{
    *t = (hf_strtab){0};
    hf_buf_init(&t->text, 0);
    return hf_strtab_add(t, "", 0) == 0;
}

void hf_strtab_deinit(hf_strtab *t)
{
    hf_buf_deinit(&t->text);
    free(t->starts);
    free(t->slots);
    *t = (hf_strtab){0};
}

size_t hf_strtab_length(const hf_strtab *t, uint32_t number)
{
    return number < t->count ? (size_t)(t->starts[number + 1] - t->starts[number] - 1) : 0;
}

const char *hf_strtab_get(const hf_strtab *t, uint32_t number)
{
    return number < t->count ? (const char *)t->text.data + t->starts[number] : "";
}

static uint32_t find_slot(const hf_strtab *t, const char *text, size_t length)
{
    uint32_t mask = t->slot_count - 1;
    uint32_t i = (uint32_t)XXH3_64bits(text, length) & mask;
    for (; t->slots[i]; i = (i + 1) & mask) {
        uint32_t number = t->slots[i] - 1;
        if (hf_strtab_length(t, number) == length &&
            memcmp(hf_strtab_get(t, number), text, length) == 0)
            break;
    }
    return i;
}

static bool grow_slots(hf_strtab *t)
{
    uint32_t old_count = t->slot_count;
    uint32_t *old = t->slots;
    t->slot_count = old_count ? old_count * 2 : 64;
    t->slots = calloc(t->slot_count, sizeof(*t->slots));
    if (!t->slots) {
        t->slots = old;
        t->slot_count = old_count;
        return false;
    }
    for (uint32_t n = 0; n < t->count; n++)
        t->slots[find_slot(t, hf_strtab_get(t, n), hf_strtab_length(t, n))] = n + 1;
    free(old);
    return true;
}

uint32_t hf_strtab_add(hf_strtab *t, const char *text, size_t length)
{
    if ((uint64_t)t->count * 2 >= t->slot_count && !grow_slots(t))
        return HF_STR_NONE;
    uint32_t slot = find_slot(t, text, length);
    if (t->slots[slot])
        return t->slots[slot] - 1;
    if (!hf_array_reserve(&t->starts, (uint64_t)t->count + 2, &t->capacity))
        return HF_STR_NONE;
    t->starts[t->count] = t->text.length;
    hf_buf_add(&t->text, text, length);
    hf_buf_char(&t->text, 0);
    if (t->text.failed)
        return HF_STR_NONE;
    t->starts[t->count + 1] = t->text.length;
    t->slots[slot] = t->count + 1;
    return t->count++;
}

uint32_t hf_strtab_find(const hf_strtab *t, const char *text, size_t length)
{
    if (!t->slot_count)
        return HF_STR_NONE;
    uint32_t slot = find_slot(t, text, length);
    return t->slots[slot] ? t->slots[slot] - 1 : HF_STR_NONE;
}
