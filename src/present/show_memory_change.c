#include "present/show_memory_change.h"

#include "base/cleanup.h"
#include "present/show_memory.h"

static void add_row(hf_table *table, uint64_t before, uint64_t now, const char *indent,
                    const char *name)
{
    if (!before && !now)
        return;
    hf_table_cell(table, "%s", hf_format_bytes_change((int64_t)(now - before)).text);
    hf_table_cell(table, "%s", hf_format_bytes(before).text);
    hf_table_cell(table, "%s", hf_format_bytes(now).text);
    hf_table_cell(table, "%s%s", indent, name);
}

/* What objects have beside the blocks of Python's allocator. */
static uint64_t from_malloc(const hf_memory *m)
{
    return m->parts[HF_MEMORY_MALLOC_OBJECTS];
}

static uint64_t in_mappings(const hf_memory *m)
{
    return m->parts[HF_MEMORY_MAPPED_OBJECTS] + m->parts[HF_MEMORY_BUFFERS];
}

static uint64_t sum_of(const hf_memory_moment *m)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < HF_SHARES; i++)
        sum += m->shares[i];
    return sum;
}

static uint64_t rss_of(const hf_memory_moment *m)
{
    return sum_of(m) + m->memory->account.file + m->memory->account.shared;
}

void hf_show_memory_change(hf_text *t, const hf_memory_moment *before, const hf_memory_moment *now)
{
    static const hf_column columns[] = {
        {"CHANGE", true}, {"BEFORE", true}, {"NOW", true}, {"MEMORY", false}};
    const hf_memory *old = before->memory, *new = now->memory;
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 4, 0);
    for (unsigned i = 0; i < HF_SHARES; i++) {
        add_row(&table, before->shares[i], now->shares[i], "", hf_share_name((hf_share)i));
        if (i != HF_SHARE_C_HELD)
            continue;
        add_row(&table, from_malloc(old), from_malloc(new), "  ", "of objects: malloc");
        add_row(&table, in_mappings(old), in_mappings(new), "  ",
                "of objects: buffers mapped by themselves");
    }
    add_row(&table, sum_of(before), sum_of(now), "", "anonymous memory");
    if (old->account.known && new->account.known) {
        add_row(&table, old->account.file, new->account.file, "", "pages of files");
        add_row(&table, old->account.shared, new->account.shared, "", "shared memory");
        add_row(&table, rss_of(before), rss_of(now), "", "RSS");
        add_row(&table, old->account.swap, new->account.swap, "", "swapped out");
    }
    hf_table_print(&table, t);
}

static void put_moment(hf_json *j, const char *key, const hf_memory_moment *m)
{
    hf_json_object(j, key);
    hf_show_shares_json(j, m->shares);
    hf_json_uint(j, "objects_malloc_bytes", from_malloc(m->memory));
    hf_json_uint(j, "objects_buffers_bytes", in_mappings(m->memory));
    hf_json_uint(j, "anonymous_bytes", sum_of(m));
    if (m->memory->account.known) {
        hf_json_uint(j, "file_bytes", m->memory->account.file);
        hf_json_uint(j, "shared_bytes", m->memory->account.shared);
        hf_json_uint(j, "rss_bytes", rss_of(m));
        hf_json_uint(j, "swap_bytes", m->memory->account.swap);
    }
    hf_json_end(j);
}

void hf_show_memory_change_json(hf_json *j, const hf_memory_moment *before,
                                const hf_memory_moment *now)
{
    hf_json_object(j, "memory");
    put_moment(j, "old", before);
    put_moment(j, "new", now);
    hf_json_end(j);
}
