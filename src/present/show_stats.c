/* present/show_stats.c - the numbers of a whole run (present/show_trace.h). */
#include "base/cleanup.h"
#include "present/show_trace.h"

enum { BAR = 30, SIZE_MIN = 4 }; /* smaller blocks than 2^4 are one class */

static const char *const rank_titles[] = {"LINES BY BYTES", "LINES BY BLOCKS", "FILES BY BYTES"};
static const char *const rank_words[] = {"lines_by_bytes", "lines_by_blocks", "files_by_bytes"};

static double per_second(uint64_t n, const hf_capture *c)
{
    return c->info.length ? (double)n / ((double)c->info.length / 1e9) : 0;
}

/* Columns of a table in which the first cell is bytes: of a sampled run, by how much these
 * may be wrong comes second. */
enum { COLUMNS_MOST = 8 };
static void begin_table(hf_table *table, const hf_capture *c, const hf_column *columns,
                        size_t count, hf_column room[COLUMNS_MOST])
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        room[n++] = columns[i];
        if (i == 0 && c->info.mode == HF_TRACE_SAMPLED)
            room[n++] = (hf_column){"GIVE OR TAKE", true};
    }
    hf_table_init(table, room, n, 0);
}

static void add_bytes(hf_table *table, const hf_capture *c, uint64_t bytes)
{
    hf_table_cell(table, "%s", hf_format_bytes(bytes).text);
    if (c->info.mode == HF_TRACE_SAMPLED)
        hf_table_cell(table, "%s", hf_format_bytes(hf_capture_margin(c, bytes)).text);
}

static void show_allocators(hf_text *t, const hf_stats_view *view)
{
    const hf_column columns[] = {{"ALLOCATED", true}, {"BLOCKS", true},    {"MEAN", true},
                                 {"TEMPORARY", true}, {"NOT FREED", true}, {"ALLOCATOR", false}};
    static const char *const names[] = {"Python's", "malloc", "mmap", "(all)"};
    const hf_stats *s = view->stats;
    const hf_counts *const rows[] = {&s->python, &s->malloc, &s->mmap, &s->all};
    hf_column room[COLUMNS_MOST];
    hf_table table HF_AUTO(hf_table_deinit);
    begin_table(&table, view->capture, columns, 6, room);
    for (size_t i = 0; i < 4; i++) {
        const hf_count total = rows[i]->total;
        uint64_t mean = total.blocks ? total.bytes / total.blocks : 0;
        add_bytes(&table, view->capture, total.bytes);
        hf_table_cell(&table, "%s", hf_format_count(total.blocks).text);
        hf_table_cell(&table, "%s", total.blocks ? hf_format_bytes(mean).text : "-");
        hf_table_cell(&table, "%s", hf_format_share(rows[i]->temporary.blocks, total.blocks).text);
        hf_table_cell(&table, "%s", hf_format_bytes(rows[i]->live.bytes).text);
        hf_table_cell(&table, "%s", names[i]);
    }
    hf_table_print(&table, t);
}

/* Blocks of all classes up to SIZE_MIN are shown together. */
static void fold_small(const hf_stats *s, hf_counts *ret)
{
    for (size_t i = 0; i < HF_SIZE_CLASSES; i++)
        ret[i] = s->sizes[i];
    for (size_t i = 0; i < SIZE_MIN; i++)
        hf_counts_add(&ret[SIZE_MIN], &s->sizes[i]);
}

static void show_sizes(hf_text *t, const hf_stats_view *view)
{
    bool sampled = view->capture->info.mode == HF_TRACE_SAMPLED;
    const hf_column columns[] = {{"BLOCKS OF AT LEAST", true},
                                 {"BLOCKS", true},
                                 {"BYTES", true},
                                 {sampled ? "GIVE OR TAKE" : "SHARE OF BLOCKS", sampled},
                                 {"SHARE OF BLOCKS", false}};
    hf_counts sizes[HF_SIZE_CLASSES];
    fold_small(view->stats, sizes);
    uint64_t most = 1, all = 0;
    for (size_t i = SIZE_MIN; i < HF_SIZE_CLASSES; i++) {
        all += sizes[i].total.blocks;
        most = sizes[i].total.blocks > most ? sizes[i].total.blocks : most;
    }
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, sampled ? 5 : 4, 0);
    for (size_t i = SIZE_MIN; i < HF_SIZE_CLASSES; i++) {
        const hf_count n = sizes[i].total;
        if (!n.blocks)
            continue;
        int bar = (int)((double)n.blocks / (double)most * BAR + 0.5);
        hf_table_cell(&table, "%s", hf_format_bytes(i == SIZE_MIN ? 0 : 1ULL << i).text);
        hf_table_cell(&table, "%s", hf_format_count(n.blocks).text);
        add_bytes(&table, view->capture, n.bytes);
        hf_table_cell(&table, "%6s%s%.*s", hf_format_share(n.blocks, all).text, bar ? "  " : "",
                      bar, "##############################");
    }
    hf_table_print(&table, t);
}

static void show_rank(hf_text *t, const hf_stats_view *view, hf_stats_rank rank)
{
    const hf_column columns[] = {
        {"ALLOCATED", true}, {"BLOCKS", true}, {"TEMPORARY", true}, {rank_titles[rank], false}};
    const hf_sites *sites = view->ranks[rank];
    hf_column room[COLUMNS_MOST];
    hf_table table HF_AUTO(hf_table_deinit);
    begin_table(&table, view->capture, columns, 4, room);
    for (size_t i = 0; i < sites->count && i < view->top; i++) {
        const hf_counts *n = &sites->rows[i].counts;
        hf_buf site HF_AUTO(hf_buf_deinit) = {0};
        hf_show_site(&site, view->capture, &sites->rows[i],
                     &(hf_sites_options){.by = rank == HF_STATS_FILES ? HF_BY_FILE : HF_BY_LINE});
        add_bytes(&table, view->capture, n->total.bytes);
        hf_table_cell(&table, "%s", hf_format_count(n->total.blocks).text);
        hf_table_cell(&table, "%s", hf_format_share(n->temporary.blocks, n->total.blocks).text);
        hf_table_untrusted(&table, hf_buf_string(&site), site.length, 0);
    }
    hf_table_print(&table, t);
}

typedef struct range {
    char text[64];
} range;

/* "" of a run that counted every block. */
static range range_text(const hf_capture *c, uint64_t bytes)
{
    range r = {""};
    uint64_t margin = hf_capture_margin(c, bytes);
    if (margin)
        snprintf(r.text, sizeof(r.text), " (give or take %s)", hf_format_bytes(margin).text);
    return r;
}

void hf_show_stats_text(hf_text *t, const char *path, const hf_stats_view *view)
{
    const hf_capture *c = view->capture;
    const hf_counts all = view->stats->all;
    hf_text_untrusted(t, path);
    hf_text_print(t, ": %s, %s stacks, the deepest of %zu calls\n",
                  hf_format_seconds((double)c->info.length / 1e9).text,
                  hf_format_count(view->stats->stacks).text, view->stats->depth);
    if (c->info.mode == HF_TRACE_SAMPLED)
        hf_text_print(t, "Sampled, one block in %s: all numbers are estimates.\n",
                      hf_format_bytes(c->info.sample_bytes).text);
    hf_text_print(t, "%s blocks of %s allocated%s: %s blocks/s, %s\n",
                  hf_format_count(all.total.blocks).text, hf_format_bytes(all.total.bytes).text,
                  range_text(c, all.total.bytes).text,
                  hf_format_count((uint64_t)per_second(all.total.blocks, c)).text,
                  hf_format_rate(per_second(all.total.bytes, c)).text);
    hf_text_print(t, "%s at the peak%s, %s after the start\n", hf_format_bytes(c->info.peak).text,
                  range_text(c, c->info.peak).text,
                  hf_format_seconds((double)c->info.peak_time / 1e9).text);
    hf_show_endings(t, c);
    hf_text_print(t, "\n");
    show_allocators(t, view);
    hf_text_print(t, "\n");
    show_sizes(t, view);
    hf_text_print(t, "The blocks of a stack count with their mean size.\n");
    for (hf_stats_rank rank = HF_STATS_BYTES; rank < HF_STATS_RANKS; rank++) {
        hf_text_print(t, "\n");
        show_rank(t, view, rank);
    }
}

static void json_rank(hf_json *j, const hf_stats_view *view, hf_stats_rank rank)
{
    const hf_sites *sites = view->ranks[rank];
    const hf_capture *c = view->capture;
    hf_json_array(j, rank_words[rank]);
    for (size_t i = 0; i < sites->count && i < view->top; i++) {
        const hf_site *site = &sites->rows[i];
        hf_json_object(j, NULL);
        if (site->kind == HF_SITE_LINE && rank == HF_STATS_FILES)
            hf_json_file(j, c, site->code);
        else if (site->kind == HF_SITE_LINE)
            hf_json_place(j, c, site->code, site->line);
        hf_json_counts(j, c, "all", &site->counts);
        hf_json_end(j);
    }
    hf_json_end(j);
}

void hf_show_stats_json(hf_json *j, const hf_stats_view *view)
{
    const hf_capture *c = view->capture;
    const hf_counts all = view->stats->all;
    hf_json_object(j, NULL);
    hf_json_real(j, "length", (double)c->info.length / 1e9);
    hf_json_uint(j, "peak", c->info.peak);
    hf_json_real(j, "peak_time", (double)c->info.peak_time / 1e9);
    hf_json_uint(j, "stacks", view->stats->stacks);
    hf_json_uint(j, "depth", view->stats->depth);
    hf_json_real(j, "blocks_per_second", per_second(all.total.blocks, c));
    hf_json_real(j, "bytes_per_second", per_second(all.total.bytes, c));
    hf_json_counts(j, c, "all", &all);
    hf_json_object(j, "allocators");
    hf_json_counts(j, c, "python", &view->stats->python);
    hf_json_counts(j, c, "malloc", &view->stats->malloc);
    hf_json_counts(j, c, "mmap", &view->stats->mmap);
    hf_json_end(j);
    hf_json_array(j, "sizes");
    for (size_t i = 0; i < HF_SIZE_CLASSES; i++) {
        if (!view->stats->sizes[i].total.blocks)
            continue;
        hf_json_object(j, NULL);
        hf_json_uint(j, "from", i ? 1ULL << i : 0);
        hf_json_counts(j, c, "all", &view->stats->sizes[i]);
        hf_json_end(j);
    }
    hf_json_end(j);
    for (hf_stats_rank rank = HF_STATS_BYTES; rank < HF_STATS_RANKS; rank++)
        json_rank(j, view, rank);
    hf_json_end(j);
}
