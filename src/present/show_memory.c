/* present/show_memory.c - the report of `memory`: the verdict, the parts, fragmentation, what gives
 * memory back, the cgroup. */
#include "present/show_memory.h"

#include "base/cleanup.h"
#include "present/report.h"

#include <string.h>

enum { BAR = 20, PERCENT = 100 };

void hf_show_bar(hf_text *t, uint64_t bytes, uint64_t whole)
{
    static const char bar[] = "####################";
    int length = whole ? (int)((double)bytes / (double)whole * BAR + 0.5) : 0;
    if (length > 0)
        hf_text_print(t, "  %.*s", length > BAR ? BAR : length, bar);
}

static void print_row(hf_text *t, const char *name, uint64_t bytes, uint64_t whole)
{
    hf_text_print(t, "  %-23s %11s  %6s", name, hf_format_bytes(bytes).text,
                  hf_format_share(bytes, whole).text);
    hf_show_bar(t, bytes, whole);
    hf_text_print(t, "\n");
}

static void print_detail(hf_text *t, const char *name, uint64_t bytes)
{
    if (bytes)
        hf_text_print(t, "    %-21s %11s\n", name, hf_format_bytes(bytes).text);
}

typedef struct detail {
    hf_share share;
    hf_memory_part part;
    const char *name;
} detail;

/* What the larger shares are made of. */
static const detail details[] = {
    {HF_SHARE_PYTHON_FREE, HF_MEMORY_FREE_BLOCKS, "in pools in use"},
    {HF_SHARE_PYTHON_FREE, HF_MEMORY_FREE_POOLS, "in empty pools"},
    {HF_SHARE_PYTHON_FREE, HF_MEMORY_POOL_OVERHEAD, "headers and rests"},
    {HF_SHARE_NATIVE, HF_MEMORY_MALLOC_NATIVE, "in heaps"},
    {HF_SHARE_NATIVE, HF_MEMORY_MAPPED_NATIVE, "mapped by themselves"},
    {HF_SHARE_NATIVE, HF_MEMORY_FOREIGN, "another allocator"},
    {HF_SHARE_NATIVE, HF_MEMORY_MALLOC_UNKNOWN, "chunks not told apart"},
    {HF_SHARE_MALLOC_FREE, HF_MEMORY_MALLOC_FREE, "between chunks"},
    {HF_SHARE_MALLOC_FREE, HF_MEMORY_MALLOC_TOP, "at the end"},
    {HF_SHARE_MALLOC_FREE, HF_MEMORY_MALLOC_CACHED, "for threads"},
    {HF_SHARE_MALLOC_FREE, HF_MEMORY_MALLOC_OVERHEAD, "malloc's own"},
    {HF_SHARE_STACKS, HF_MEMORY_STACKS_KEPT, "of ended threads"},
    {HF_SHARE_UNEXPLAINED, HF_MEMORY_UNREAD, "not read"},
};

/* Details are told of shares that matter, and where there is more than one. */
static void print_details(hf_text *t, const hf_memory *m, hf_share share, uint64_t bytes,
                          uint64_t whole)
{
    size_t told = 0;
    for (size_t i = 0; i < sizeof(details) / sizeof(*details); i++)
        told += details[i].share == share && m->parts[details[i].part];
    bool special = share == HF_SHARE_STACKS || share == HF_SHARE_UNEXPLAINED;
    if (!special && (told < 2 || bytes * PERCENT < whole * 2))
        return;
    for (size_t i = 0; i < sizeof(details) / sizeof(*details); i++)
        if (details[i].share == share)
            print_detail(t, details[i].name, m->parts[details[i].part]);
}

void hf_show_shares(hf_text *t, const hf_memory *m, const uint64_t shares[HF_SHARES])
{
    uint64_t total = 0;
    for (unsigned i = 0; i < HF_SHARES; i++)
        total += shares[i];
    for (unsigned i = 0; i < HF_SHARES; i++) {
        if (!shares[i])
            continue;
        print_row(t, hf_share_name((hf_share)i), shares[i], total);
        print_details(t, m, (hf_share)i, shares[i], total);
    }
    hf_text_print(t, "  %-23s %11s", "anonymous memory", hf_format_bytes(total).text);
    if (!m->account.known) {
        hf_text_print(t, "  as far as it was kept: a core file has no account of the kernel\n");
        return;
    }
    hf_text_print(t, "  the kernel counts %s\n", hf_format_bytes(m->account.anonymous).text);
    hf_text_print(t, "  %-23s %11s\n", "pages of files", hf_format_bytes(m->account.file).text);
    if (m->account.shared)
        hf_text_print(t, "  %-23s %11s\n", "shared memory",
                      hf_format_bytes(m->account.shared).text);
    hf_text_print(t, "  %-23s %11s\n", "RSS",
                  hf_format_bytes(total + m->account.file + m->account.shared).text);
    if (m->account.swap)
        hf_text_print(t, "  %-23s %11s\n", "swapped out", hf_format_bytes(m->account.swap).text);
    if (m->account.huge)
        hf_text_print(t, "  %-23s %11s  of the anonymous memory\n", "huge pages",
                      hf_format_bytes(m->account.huge).text);
}

static uint64_t free_bytes(const hf_memory_class *c)
{
    return (c->blocks - (c->in_use < c->blocks ? c->in_use : c->blocks)) * c->block_size;
}

/* The class with most free bytes of those that are not shown yet. */
static const hf_memory_class *next_class(const hf_memory *m, const bool *shown)
{
    const hf_memory_class *most = NULL;
    for (size_t i = 0; i < m->class_count; i++)
        if (!shown[i] && (!most || free_bytes(&m->classes[i]) > free_bytes(most)))
            most = &m->classes[i];
    return most;
}

static void print_classes(hf_text *t, const hf_memory_view *view)
{
    const hf_memory *m = &view->graph->memory;
    HF_AUTO(hf_freep) bool *shown = calloc(m->class_count + 1, sizeof(*shown));
    static const hf_column columns[] = {
        {"BLOCK", true},      {"POOLS", true},  {"IN USE", true},      {"FREE", true},
        {"FREE BYTES", true}, {"FILLED", true}, {"SPARSE POOLS", true}};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, sizeof(columns) / sizeof(*columns), 2);
    for (uint64_t i = 0; shown && i < view->top && i < m->class_count; i++) {
        const hf_memory_class *c = next_class(m, shown);
        if (!c || !free_bytes(c))
            break;
        shown[c - m->classes] = true;
        hf_table_cell(&table, "%s", hf_format_count(c->block_size).text);
        hf_table_cell(&table, "%s", hf_format_count(c->pools).text);
        hf_table_cell(&table, "%s", hf_format_count(c->in_use).text);
        hf_table_cell(&table, "%s", hf_format_count(free_bytes(c) / c->block_size).text);
        hf_table_cell(&table, "%s", hf_format_bytes(free_bytes(c)).text);
        hf_table_cell(&table, "%s", hf_format_share(c->in_use, c->blocks).text);
        hf_table_cell(&table, "%s", hf_format_count(c->sparse_pools).text);
    }
    hf_table_print(&table, t);
}

static const char *pin_name(const hf_memory_view *view, uint64_t type)
{
    if (type == HF_PIN_TABLE)
        return "(tables of objects)";
    if (type >= view->graph->type_count)
        return "(no object)";
    return hf_graph_type_title(view->graph, (uint32_t)type);
}

static void print_pins(hf_text *t, const hf_memory_view *view)
{
    const hf_memory *m = &view->graph->memory;
    static const hf_column columns[] = {{"POOLS", true}, {"BLOCKS", true}, {"KEPT BY", false}};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, sizeof(columns) / sizeof(*columns), 2);
    for (size_t i = 0; i < m->pin_count && i < view->top; i++) {
        const char *name = pin_name(view, m->pins[i].type);
        hf_table_cell(&table, "%s", hf_format_count(m->pins[i].pools).text);
        hf_table_cell(&table, "%s", hf_format_count(m->pins[i].blocks).text);
        hf_table_untrusted(&table, name, strlen(name), 0);
    }
    hf_table_print(&table, t);
}

static void print_fragmentation(hf_text *t, const hf_memory_view *view)
{
    const hf_memory *m = &view->graph->memory;
    const hf_memory_report *r = view->report;
    if (!m->class_count)
        return;
    hf_report_section(t, "FRAGMENTATION OF PYTHON'S ALLOCATOR");
    hf_text_print(t, "  %s pools in ", hf_format_count(m->pools).text);
    hf_text_print(t, "%s, ", hf_format_bytes(m->arena_bytes).text);
    hf_text_print(t, "%s of them empty", hf_format_count(m->free_pools).text);
    if (m->broken_pools)
        hf_text_print(t, ", %s that do not add up", hf_format_count(m->broken_pools).text);
    hf_text_print(t, "\n");
    print_classes(t, view);
    if (!r->sparse_pools)
        return;
    hf_text_print(
        t, "\n  %s pools are at most a quarter full: ", hf_format_count(r->sparse_pools).text);
    hf_text_print(t, "%s blocks keep ", hf_format_count(r->sparse_in_use).text);
    hf_text_print(t, "%s free\n", hf_format_bytes(r->sparse_free).text);
    print_pins(t, view);
}

static void print_native(hf_text *t, const hf_memory_view *view)
{
    const hf_memory *m = &view->graph->memory;
    if (!m->native_count || view->report->shares[HF_SHARE_NATIVE] * 10 < view->report->total)
        return;
    hf_report_section(t, "MEMORY OF C CODE");
    static const hf_column columns[] = {{"CHUNKS", true}, {"BYTES", true}, {"SIZE", false}};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, sizeof(columns) / sizeof(*columns), 2);
    for (size_t i = 0; i < m->native_count && i < view->top; i++) {
        hf_table_cell(&table, "%s", hf_format_count(m->natives[i].chunks).text);
        hf_table_cell(&table, "%s", hf_format_bytes(m->natives[i].bytes).text);
        hf_table_cell(&table, m->natives[i].largest > 1024 ? "up to %s" : "%s",
                      hf_format_bytes(m->natives[i].largest).text);
    }
    hf_table_print(&table, t);
}

static void print_unexplained(hf_text *t, const hf_memory_view *view)
{
    const hf_memory *m = &view->graph->memory;
    const hf_memory_report *r = view->report;
    bool foreign = m->foreign && m->parts[HF_MEMORY_FOREIGN];
    if (foreign) {
        hf_text_print(t, "\n  This process has another allocator: ");
        hf_text_untrusted(t, hf_strtab_get(&view->graph->names, (uint32_t)m->foreign));
        hf_text_print(t, ". What is in its memory is not told apart.\n");
    }
    if (r->shares[HF_SHARE_UNEXPLAINED] * 50 < r->total)
        return;
    hf_report_section(t, "WHAT IS NOT EXPLAINED");
    for (size_t i = 0; i < m->unexplained_count && i < view->top; i++) {
        hf_text_print(t, "  %11s  ", hf_format_bytes(m->unexplained[i].bytes).text);
        hf_text_print(t, "at %s\n", hf_format_address(m->unexplained[i].address).text);
    }
}

static void print_remedies(hf_text *t, const hf_memory_view *view)
{
    enum { WORTH = 20 }; /* a twentieth of all */
    const hf_memory_report *r = view->report;
    hf_report_section(t, "WHAT WOULD GIVE MEMORY BACK");
    hf_text_print(t, "  gc.collect()     %11s to the allocators, ",
                  hf_format_bytes(r->collect_frees).text);
    hf_text_print(t, "of it %s to the system\n", hf_format_bytes(r->collect_returns).text);
    hf_text_print(t, "  malloc_trim(0)   %11s\n", hf_format_bytes(r->trim).text);
    if (r->thread_arenas)
        hf_text_print(t, "  MALLOC_ARENA_MAX %11s at most, free in %s arena%s of threads\n",
                      hf_format_bytes(r->arena_free).text, hf_format_count(r->thread_arenas).text,
                      r->thread_arenas == 1 ? "" : "s");
    if ((r->collect_frees + r->trim) * WORTH > r->total)
        hf_text_print(
            t,
            "  In the process, without a restart: holdfast exec %d -c 'import gc, ctypes; "
            "gc.collect(); ctypes.CDLL(None).malloc_trim(0)'\n",
            (int)view->graph->info.pid);
}

static void print_limit(hf_text *t, const char *name, uint64_t limit)
{
    if (limit == UINT64_MAX)
        hf_text_print(t, "  %-23s %11s\n", name, "none");
    else
        hf_text_print(t, "  %-23s %11s\n", name, hf_format_bytes(limit).text);
}

static void print_members(hf_text *t, const hf_memory_view *view)
{
    const hf_graph *g = view->graph;
    const hf_memory *m = &g->memory;
    if (m->cgroup.member_count < 2)
        return;
    hf_text_print(t, "\n  %s processes\n", hf_format_count(m->cgroup.member_count).text);
    static const hf_column columns[] = {
        {"PID", true}, {"ANONYMOUS", true}, {"RSS", true}, {"SHARE", true}, {"NAME", false}};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, sizeof(columns) / sizeof(*columns), 2);
    for (size_t i = 0; i < m->member_count && i < view->top; i++) {
        const hf_memory_member *p = &m->members[i];
        const char *name = hf_strtab_get(&g->names, (uint32_t)p->name);
        hf_table_cell(&table, "%llu", (unsigned long long)p->pid);
        hf_table_cell(&table, "%s", hf_format_bytes(p->anonymous).text);
        hf_table_cell(&table, "%s", hf_format_bytes(p->rss).text);
        hf_table_cell(&table, "%s", hf_format_share(p->anonymous, m->cgroup.current).text);
        hf_table_untrusted(&table, name, strlen(name), 0);
    }
    hf_table_print(&table, t);
}

static void print_cgroup(hf_text *t, const hf_memory_view *view)
{
    const hf_memory_cgroup *c = &view->graph->memory.cgroup;
    if (!c->version)
        return;
    hf_report_section(t, "THE CGROUP, WHICH THE OOM KILLER GOES BY");
    hf_text_print(t, "  ");
    hf_text_untrusted(t, hf_strtab_get(&view->graph->names, (uint32_t)c->path));
    hf_text_print(t, " (version %u)\n", (unsigned)c->version);
    uint64_t whole = c->current;
    print_row(t, "anonymous memory", c->anonymous, whole);
    print_row(t, "page cache", c->file, whole);
    print_row(t, "shared memory, tmpfs", c->shared, whole);
    print_row(t, "kernel", c->kernel, whole);
    if (c->sockets)
        print_row(t, "sockets", c->sockets, whole);
    hf_text_print(t, "  %-23s %11s", "charged", hf_format_bytes(c->current).text);
    hf_text_print(t, "  of it %s of page cache not used lately\n",
                  hf_format_bytes(c->reclaimable).text);
    print_limit(t, "limit", c->limit);
    if (c->soft != UINT64_MAX)
        print_limit(t, "slowed down from", c->soft);
    if (c->swap)
        hf_text_print(t, "  %-23s %11s\n", "swapped out", hf_format_bytes(c->swap).text);
    if (c->version == 2)
        hf_text_print(t, "  %-23s %10.2f%%  of the last 10 s, %.2f%% of the last minute\n",
                      "waited for memory", (double)c->stalled10 / PERCENT,
                      (double)c->stalled60 / PERCENT);
    hf_text_print(t, "  %-23s %11s", "times at the limit", hf_format_count(c->at_limit).text);
    hf_text_print(t, "  %s killed\n", hf_format_count(c->killed).text);
    print_members(t, view);
}

void hf_show_memory_text(hf_text *t, const hf_memory_view *view)
{
    const hf_graph *g = view->graph;
    hf_text_fill(t, view->report->verdict, 0, HF_REPORT_WIDTH);
    hf_report_section(t, "WHERE THE MEMORY IS");
    hf_show_shares(t, &g->memory, view->report->shares);
    print_unexplained(t, view);
    print_native(t, view);
    print_fragmentation(t, view);
    print_remedies(t, view);
    print_cgroup(t, view);
}
