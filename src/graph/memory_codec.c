#include "graph/memory_codec.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

/* The MEMORY block: a varint with the number of tables, and for each, in the order of `tables`, its
 * rows, its columns, and the rows, all as varints. Readers take the columns that they know and
 * leave the rest, tables too: both grow at their ends without a new format version. */

typedef struct table {
    size_t rows;  /* offset of the pointer to the rows, or of the one row */
    size_t count; /* offset of their number; or ONE */
    size_t columns;
} table;

#define ONE SIZE_MAX

#define SINGLE(member)                                                                        \
    {                                                                                         \
        offsetof(hf_memory, member), ONE, sizeof(((hf_memory *)0)->member) / sizeof(uint64_t) \
    }
#define MANY(member, number)                                      \
    {                                                             \
        offsetof(hf_memory, member), offsetof(hf_memory, number), \
            sizeof(*((hf_memory *)0)->member) / sizeof(uint64_t)  \
    }

/* What stands alone in hf_memory, in one row. */
typedef struct scalars {
    uint64_t known, anonymous, huge, lazy, swap, file, shared, page_tables;
    uint64_t pools, free_pools, broken_pools, arena_bytes, stacks, stacks_kept, caches,
        mapped_least, foreign;
} scalars;

static const table tables[] = {
    SINGLE(parts),
    MANY(classes, class_count),
    MANY(pins, pin_count),
    MANY(arenas, arena_count),
    MANY(heaps, heap_count),
    MANY(natives, native_count),
    MANY(unexplained, unexplained_count),
    MANY(data, data_count),
    SINGLE(cgroup),
    MANY(members, member_count),
    MANY(stack_rows, stack_count),
};

enum { TABLES = sizeof(tables) / sizeof(*tables), COLUMNS_MAX = 64, ROWS_MAX = 1 << 20 };

static_assert(sizeof(scalars) / sizeof(uint64_t) <= COLUMNS_MAX, "a row holds them");

static void put_rows(hf_buf *out, const uint64_t *cells, size_t rows, size_t columns)
{
    hf_buf_varint(out, rows);
    hf_buf_varint(out, columns);
    for (size_t i = 0; i < rows * columns; i++)
        hf_buf_varint(out, cells[i]);
}

void hf_memory_encode(const hf_memory *m, hf_buf *out)
{
    const hf_account *a = &m->account;
    const scalars s = {a->known,        a->anonymous,   a->huge,   a->lazy,        a->swap,
                       a->file,         a->shared,      a->tables, m->pools,       m->free_pools,
                       m->broken_pools, m->arena_bytes, m->stacks, m->stacks_kept, m->caches,
                       m->mapped_least, m->foreign};
    hf_buf_varint(out, TABLES + 1);
    put_rows(out, (const uint64_t *)&s, 1, sizeof(s) / sizeof(uint64_t));
    for (size_t i = 0; i < TABLES; i++) {
        const table *t = &tables[i];
        const char *base = (const char *)m;
        if (t->count == ONE) {
            put_rows(out, (const uint64_t *)(const void *)(base + t->rows), 1, t->columns);
            continue;
        }
        const uint64_t *rows;
        size_t count;
        memcpy(&rows, base + t->rows, sizeof(rows));
        memcpy(&count, base + t->count, sizeof(count));
        put_rows(out, rows, count, t->columns);
    }
}

/* Reads one table into *ret, `known` numbers a row; NULL with c->bad, or for want of memory. */
static uint64_t *get_rows(hf_cursor *c, size_t known, size_t *ret_rows)
{
    uint64_t rows = hf_cursor_varint(c), columns = hf_cursor_varint(c);
    if (c->bad || columns > COLUMNS_MAX || rows > ROWS_MAX || rows * columns > hf_cursor_left(c)) {
        c->bad = true;
        return NULL;
    }
    uint64_t *cells = calloc((size_t)rows * known + 1, sizeof(*cells));
    for (uint64_t i = 0; cells && i < rows; i++)
        for (uint64_t k = 0; k < columns; k++) {
            uint64_t cell = hf_cursor_varint(c);
            if (k < known)
                cells[i * known + k] = cell;
        }
    *ret_rows = (size_t)rows;
    return cells;
}

static void take_scalars(hf_memory *m, const scalars *s)
{
    m->account = (hf_account){.known = s->known != 0,
                              .anonymous = s->anonymous,
                              .huge = s->huge,
                              .lazy = s->lazy,
                              .swap = s->swap,
                              .file = s->file,
                              .shared = s->shared,
                              .tables = s->page_tables};
    m->pools = s->pools;
    m->free_pools = s->free_pools;
    m->broken_pools = s->broken_pools;
    m->arena_bytes = s->arena_bytes;
    m->stacks = s->stacks;
    m->stacks_kept = s->stacks_kept;
    m->caches = s->caches;
    m->mapped_least = s->mapped_least;
    m->foreign = s->foreign;
}

/* Hands the rows over to where they belong. */
static void take_table(hf_memory *m, const table *t, uint64_t *cells, size_t rows)
{
    char *base = (char *)m;
    if (t->count == ONE) {
        if (rows)
            memcpy(base + t->rows, cells, t->columns * sizeof(*cells));
        free(cells);
        return;
    }
    memcpy(base + t->rows, &cells, sizeof(cells));
    memcpy(base + t->count, &rows, sizeof(rows));
}

/* Numbers of names and types that are not there lead to none. */
static void check_numbers(hf_memory *m, uint64_t names, uint64_t types)
{
    m->foreign = m->foreign < names ? m->foreign : 0;
    m->cgroup.path = m->cgroup.path < names ? m->cgroup.path : 0;
    for (size_t i = 0; i < m->pin_count; i++)
        if (m->pins[i].type >= types && m->pins[i].type != HF_PIN_TABLE)
            m->pins[i].type = HF_PIN_OTHER;
    for (size_t i = 0; i < m->data_count; i++)
        m->data[i].name = m->data[i].name < names ? m->data[i].name : 0;
    for (size_t i = 0; i < m->member_count; i++)
        m->members[i].name = m->members[i].name < names ? m->members[i].name : 0;
}

/* Sums of parts may not run over. */
static bool is_possible(const hf_memory *m)
{
    for (unsigned i = 0; i < HF_MEMORY_PARTS; i++)
        if (m->parts[i] >> 56)
            return false;
    return true;
}

hf_err *hf_memory_decode(hf_cursor *c, uint64_t names, uint64_t types, bool *ret_good,
                         hf_memory *ret)
{
    hf_memory m = {.measured = true};
    uint64_t count = hf_cursor_varint(c);
    bool memory = true;
    for (uint64_t i = 0; i < count && !c->bad && memory; i++) {
        bool known = i <= TABLES;
        const table *t = i && known ? &tables[i - 1] : NULL;
        size_t rows, columns = t ? t->columns : known ? sizeof(scalars) / sizeof(uint64_t) : 0;
        uint64_t *cells = get_rows(c, columns, &rows);
        memory = cells || c->bad;
        if (!cells)
            break;
        if (t) {
            take_table(&m, t, cells, rows);
            continue;
        }
        if (known && rows)
            take_scalars(&m, (const scalars *)cells);
        free(cells);
    }
    *ret_good = !c->bad && memory && is_possible(&m);
    if (!*ret_good) {
        hf_memory_deinit(&m);
        *ret = (hf_memory){0};
        return memory ? NULL : hf_fail_memory();
    }
    check_numbers(&m, names, types);
    *ret = m;
    return NULL;
}
