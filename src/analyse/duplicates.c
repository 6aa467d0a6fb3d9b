#include "analyse/duplicates.h"

#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

typedef enum kind { KIND_OTHER, KIND_TEXT, KIND_BYTES, KIND_NUMBER } kind;

static kind kind_of(const char *title)
{
    if (!strcmp(title, "str"))
        return KIND_TEXT;
    if (!strcmp(title, "bytes"))
        return KIND_BYTES;
    return !strcmp(title, "int") || !strcmp(title, "float") ? KIND_NUMBER : KIND_OTHER;
}

static uint64_t code_points(const char *text, size_t length)
{
    uint64_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((uint8_t)text[i] & 0xc0) != 0x80;
    return count;
}

/* The whole value is there, and not only its beginning. */
static bool is_whole(const hf_graph *g, uint32_t object, kind k, const char *text, size_t length)
{
    enum { NUMBER_SURE = 60 }; /* digits; longer ones may be cut */
    if (k == KIND_TEXT)
        return code_points(text, length) == g->length[object];
    return k == KIND_BYTES ? length == g->length[object] : length < NUMBER_SURE;
}

static uint64_t hash_of(const hf_graph *g, uint32_t object, const char *text, size_t length)
{
    uint64_t head[3] = {g->type[object], g->size[object], g->length[object]};
    return XXH3_64bits_withSeed(text, length, XXH3_64bits(head, sizeof(head)));
}

static hf_err *add(hf_duplicates *d, size_t *capacity, hf_map *rows, uint64_t hash, uint32_t object,
                   uint64_t bytes)
{
    uint32_t row = hf_map_get(rows, hash);
    if (row != HF_MAP_NONE) {
        d->rows[row].copies++;
        d->rows[row].saved += bytes;
        return NULL;
    }
    if (d->count == *capacity) {
        size_t grown = *capacity ? 2 * *capacity : 1024;
        hf_duplicate *more = realloc(d->rows, grown * sizeof(*more));
        if (!more)
            return hf_fail_memory();
        d->rows = more;
        *capacity = grown;
    }
    d->rows[d->count] = (hf_duplicate){.example = object, .copies = 1};
    return hf_map_put(rows, hash, (uint32_t)d->count++) ? NULL : hf_fail_memory();
}

static int most_saved_first(const void *a, const void *b)
{
    const hf_duplicate *x = a, *y = b;
    if (x->saved != y->saved)
        return x->saved > y->saved ? -1 : 1;
    return (x->example > y->example) - (x->example < y->example);
}

static void keep_repeated(hf_duplicates *d)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->count; i++) {
        if (d->rows[i].copies < 2 || !d->rows[i].saved)
            continue;
        d->objects += d->rows[i].copies - 1;
        d->saved += d->rows[i].saved;
        d->rows[kept++] = d->rows[i];
    }
    d->count = kept;
    if (kept)
        qsort(d->rows, kept, sizeof(*d->rows), most_saved_first);
}

hf_err *hf_duplicates_find(hf_graph *g, hf_duplicates *ret)
{
    hf_duplicates d = {0};
    size_t capacity = 0;
    hf_err *err = NULL;
    hf_map rows;
    hf_map_init(&rows);
    for (uint32_t i = 0; i < g->object_count && !err; i++) {
        kind k = kind_of(hf_graph_type_name(g, i));
        size_t length = 0;
        const char *text = k == KIND_OTHER ? NULL : hf_graph_value(g, i, &length);
        if (!text)
            continue;
        if (!is_whole(g, i, k, text, length)) {
            d.too_long++;
            d.too_long_bytes += hf_graph_shallow(g, i);
            continue;
        }
        d.compared++;
        bool stays = g->flags[i] & (HF_OBJECT_STATIC | HF_OBJECT_IMMORTAL);
        err = add(&d, &capacity, &rows, hash_of(g, i, text, length), i,
                  stays ? 0 : hf_graph_shallow(g, i));
    }
    hf_map_deinit(&rows);
    if (err) {
        hf_duplicates_deinit(&d);
        return err;
    }
    keep_repeated(&d);
    *ret = d;
    return NULL;
}

void hf_duplicates_deinit(hf_duplicates *d)
{
    free(d->rows);
    *d = (hf_duplicates){0};
}
