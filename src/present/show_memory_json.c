/* present/show_memory_json.c - the same for programs. */
#include "present/show_memory.h"

static const char *const share_keys[HF_SHARES] = {
    "live_objects", "garbage",     "held_by_c", "interpreter", "python_free",
    "native",       "malloc_free", "stacks",    "data",        "unexplained"};

static const char *const part_keys[HF_MEMORY_PARTS] = {
    "object_blocks",   "other_blocks",   "free_blocks",    "free_pools",    "pool_overhead",
    "malloc_objects",  "malloc_native",  "malloc_free",    "malloc_cached", "malloc_top",
    "malloc_overhead", "malloc_unknown", "mapped_objects", "mapped_native", "buffers",
    "stacks",          "stacks_kept",    "data",           "foreign",       "unexplained",
    "unread"};

void hf_show_shares_json(hf_json *j, const uint64_t shares[HF_SHARES])
{
    for (unsigned i = 0; i < HF_SHARES; i++)
        hf_json_uint(j, share_keys[i], shares[i]);
}

static void put_classes(hf_json *j, const hf_memory *m)
{
    hf_json_array(j, "classes");
    for (size_t i = 0; i < m->class_count; i++) {
        const hf_memory_class *c = &m->classes[i];
        hf_json_object(j, NULL);
        hf_json_uint(j, "block_bytes", c->block_size);
        hf_json_uint(j, "pools", c->pools);
        hf_json_uint(j, "blocks", c->blocks);
        hf_json_uint(j, "in_use", c->in_use);
        hf_json_uint(j, "of_objects", c->objects);
        hf_json_uint(j, "sparse_pools", c->sparse_pools);
        hf_json_uint(j, "sparse_in_use", c->sparse_in_use);
        hf_json_end(j);
    }
    hf_json_end(j);
}

static void put_pins(hf_json *j, const hf_graph *g)
{
    hf_json_array(j, "kept_by");
    for (size_t i = 0; i < g->memory.pin_count; i++) {
        const hf_memory_pin *p = &g->memory.pins[i];
        hf_json_object(j, NULL);
        hf_json_text(j, "type",
                     p->type < g->type_count ? hf_graph_type_title(g, (uint32_t)p->type) : NULL);
        hf_json_bool(j, "table", p->type == HF_PIN_TABLE);
        hf_json_uint(j, "blocks", p->blocks);
        hf_json_uint(j, "pools", p->pools);
        hf_json_end(j);
    }
    hf_json_end(j);
}

static void put_heaps(hf_json *j, const hf_memory *m)
{
    hf_json_array(j, "malloc_arenas");
    for (size_t i = 0; i < m->heap_count; i++) {
        const hf_memory_heap *h = &m->heaps[i];
        hf_json_object(j, NULL);
        hf_json_bool(j, "main", h->main != 0);
        hf_json_bool(j, "found", h->found != 0);
        hf_json_uint(j, "objects", h->objects);
        hf_json_uint(j, "native", h->native);
        hf_json_uint(j, "free", h->free);
        hf_json_uint(j, "cached", h->cached);
        hf_json_uint(j, "top", h->top);
        hf_json_uint(j, "trim", h->trim);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_array(j, "native_chunks");
    for (size_t i = 0; i < m->native_count; i++) {
        hf_json_object(j, NULL);
        hf_json_uint(j, "largest_bytes", m->natives[i].largest);
        hf_json_uint(j, "chunks", m->natives[i].chunks);
        hf_json_uint(j, "bytes", m->natives[i].bytes);
        hf_json_end(j);
    }
    hf_json_end(j);
}

static void put_places(hf_json *j, const char *key, const hf_graph *g, const hf_memory_place *rows,
                       size_t count)
{
    hf_json_array(j, key);
    for (size_t i = 0; i < count; i++) {
        hf_json_object(j, NULL);
        hf_json_address(j, "address", rows[i].address);
        hf_json_uint(j, "bytes", rows[i].bytes);
        if (rows[i].name)
            hf_json_text(j, "name", hf_strtab_get(&g->names, (uint32_t)rows[i].name));
        hf_json_end(j);
    }
    hf_json_end(j);
}

static void put_limit(hf_json *j, const char *key, uint64_t limit)
{
    if (limit == UINT64_MAX)
        hf_json_text(j, key, NULL);
    else
        hf_json_uint(j, key, limit);
}

static void put_cgroup(hf_json *j, const hf_graph *g)
{
    const hf_memory_cgroup *c = &g->memory.cgroup;
    if (!c->version) {
        hf_json_text(j, "cgroup", NULL);
        return;
    }
    hf_json_object(j, "cgroup");
    hf_json_uint(j, "version", c->version);
    hf_json_text(j, "path", hf_strtab_get(&g->names, (uint32_t)c->path));
    put_limit(j, "limit", c->limit);
    put_limit(j, "soft_limit", c->soft);
    hf_json_uint(j, "current", c->current);
    hf_json_uint(j, "anonymous", c->anonymous);
    hf_json_uint(j, "page_cache", c->file);
    hf_json_uint(j, "shared", c->shared);
    hf_json_uint(j, "kernel", c->kernel);
    hf_json_uint(j, "sockets", c->sockets);
    hf_json_uint(j, "swap", c->swap);
    hf_json_uint(j, "reclaimable", c->reclaimable);
    hf_json_uint(j, "times_at_limit", c->at_limit);
    hf_json_uint(j, "killed", c->killed);
    hf_json_real(j, "waited_10s_percent", (double)c->stalled10 / 100);
    hf_json_real(j, "waited_60s_percent", (double)c->stalled60 / 100);
    hf_json_uint(j, "process_count", c->member_count);
    hf_json_array(j, "processes");
    for (size_t i = 0; i < g->memory.member_count; i++) {
        hf_json_object(j, NULL);
        hf_json_uint(j, "pid", g->memory.members[i].pid);
        hf_json_text(j, "name", hf_strtab_get(&g->names, (uint32_t)g->memory.members[i].name));
        hf_json_uint(j, "anonymous", g->memory.members[i].anonymous);
        hf_json_uint(j, "rss", g->memory.members[i].rss);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_end(j);
}

static void put_predictions(hf_json *j, const hf_memory_report *r)
{
    hf_json_object(j, "would_give_back");
    hf_json_uint(j, "collect_frees", r->collect_frees);
    hf_json_uint(j, "collect_returns", r->collect_returns);
    hf_json_uint(j, "malloc_trim", r->trim);
    hf_json_uint(j, "fewer_arenas_at_most", r->arena_free);
    hf_json_uint(j, "thread_arenas", r->thread_arenas);
    hf_json_end(j);
}

static void put_account(hf_json *j, const hf_memory *m)
{
    hf_json_object(j, "kernel");
    hf_json_bool(j, "known", m->account.known);
    hf_json_uint(j, "anonymous", m->account.anonymous);
    hf_json_uint(j, "file", m->account.file);
    hf_json_uint(j, "shared", m->account.shared);
    hf_json_uint(j, "swap", m->account.swap);
    hf_json_uint(j, "huge_pages", m->account.huge);
    hf_json_uint(j, "lazily_free", m->account.lazy);
    hf_json_uint(j, "page_tables", m->account.tables);
    hf_json_end(j);
}

void hf_show_memory_json(hf_json *j, const hf_memory_view *view)
{
    const hf_graph *g = view->graph;
    const hf_memory *m = &g->memory;
    const hf_memory_report *r = view->report;
    hf_json_object(j, NULL);
    hf_json_text(j, "verdict", r->verdict);
    hf_json_int(j, "pid", g->info.pid);
    hf_json_uint(j, "anonymous", r->total);
    hf_json_uint(j, "rss", r->rss);
    hf_json_object(j, "shares");
    hf_show_shares_json(j, r->shares);
    hf_json_end(j);
    hf_json_object(j, "parts");
    for (unsigned i = 0; i < HF_MEMORY_PARTS; i++)
        hf_json_uint(j, part_keys[i], m->parts[i]);
    hf_json_end(j);
    put_account(j, m);
    put_predictions(j, r);
    hf_json_text(j, "other_allocator",
                 m->foreign ? hf_strtab_get(&g->names, (uint32_t)m->foreign) : NULL);
    hf_json_uint(j, "pools", m->pools);
    hf_json_uint(j, "free_pools", m->free_pools);
    hf_json_uint(j, "broken_pools", m->broken_pools);
    hf_json_uint(j, "arena_bytes", m->arena_bytes);
    hf_json_uint(j, "arenas", m->arena_count);
    hf_json_uint(j, "stack_count", m->stacks);
    hf_json_uint(j, "stacks_kept_count", m->stacks_kept);
    put_classes(j, m);
    put_pins(j, g);
    put_heaps(j, m);
    put_places(j, "unexplained", g, m->unexplained, m->unexplained_count);
    put_places(j, "data", g, m->data, m->data_count);
    put_cgroup(j, g);
    hf_json_end(j);
}
