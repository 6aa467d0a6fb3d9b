/* present/show_sites.c - a run by line, function, file or stack (present/show_trace.h). */
#include "base/cleanup.h"
#include "present/show_trace.h"

static const char *const titles[] = {"LINE", "FUNCTION", "FILE", "STACK"};
static const char *const nouns[] = {"line", "function", "file", "stack"};

static void add_row(hf_table *table, const hf_capture *c, const hf_site *site, const hf_site *all)
{
    hf_table_cell(table, "%s", hf_format_bytes(site->chosen.bytes).text);
    if (c->info.mode == HF_TRACE_SAMPLED)
        hf_table_cell(table, "%s", hf_format_bytes(hf_capture_margin(c, site->chosen.bytes)).text);
    hf_table_cell(table, "%s", hf_format_share(site->chosen.bytes, all->chosen.bytes).text);
    hf_table_cell(table, "%s", hf_format_count(site->chosen.blocks).text);
    hf_table_cell(table, "%s",
                  site->native.blocks ? hf_format_bytes(site->native.bytes).text : "-");
}

/* Whether rows have the native function in a column of its own; stacks have it in them. */
static bool has_askers(const hf_sites_view *view)
{
    return view->options.native && view->options.by != HF_BY_STACK;
}

static void add_up(hf_site *sum, const hf_site *more)
{
    sum->chosen.bytes += more->chosen.bytes;
    sum->chosen.blocks += more->chosen.blocks;
    sum->native.bytes += more->native.bytes;
    sum->native.blocks += more->native.blocks;
}

/* The name of a row: of its place, and of the native function that asked. */
static void add_names(hf_table *table, const hf_sites_view *view, const hf_site *site)
{
    hf_buf name HF_AUTO(hf_buf_deinit) = {0};
    hf_show_site(&name, view->capture, site, &view->options);
    hf_table_untrusted(table, hf_buf_string(&name), name.length, 0);
    if (!has_askers(view))
        return;
    hf_buf_clear(&name);
    hf_show_asker(&name, view->capture, site, view->options.by);
    hf_table_untrusted(table, hf_buf_string(&name), name.length, 0);
}

void hf_show_sites_text(hf_text *t, const hf_sites_view *view)
{
    const hf_sites *s = view->sites;
    bool sampled = view->capture->info.mode == HF_TRACE_SAMPLED, askers = has_askers(view);
    const hf_column columns[] = {
        {sampled ? hf_measure_title(view->selection.measure) : "", true},
        {sampled ? "GIVE OR TAKE" : hf_measure_title(view->selection.measure), true},
        {"SHARE", true},
        {"BLOCKS", true},
        {"NATIVE", true},
        {titles[view->options.by], false},
        {view->options.by == HF_BY_FILE ? "BINARY" : "NATIVE FUNCTION", false}};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, sampled ? columns : columns + 1, 5 + sampled + askers, 0);
    table.cut = view->options.by == HF_BY_STACK;
    hf_site rest = {0};
    size_t shown = s->count < view->top ? s->count : view->top;
    for (size_t i = 0; i < s->count; i++) {
        if (i >= shown) {
            add_up(&rest, &s->rows[i]);
            continue;
        }
        add_row(&table, view->capture, &s->rows[i], &s->all);
        add_names(&table, view, &s->rows[i]);
    }
    if (shown < s->count) {
        add_row(&table, view->capture, &rest, &s->all);
        hf_table_cell(&table, "(%s other %s%s)", hf_format_count(s->count - shown).text,
                      askers ? "row" : nouns[view->options.by], s->count - shown == 1 ? "" : "s");
        if (askers)
            hf_table_cell(&table, "%s", "");
    }
    add_row(&table, view->capture, &s->all, &s->all);
    hf_table_cell(&table, "(all)");
    if (askers)
        hf_table_cell(&table, "%s", "");
    hf_table_print(&table, t);
}

static void json_stack(hf_json *j, const hf_sites_view *view, uint32_t node)
{
    const hf_capture *c = view->capture;
    hf_json_array(j, "stack");
    for (; node != HF_NODE_NONE; node = c->nodes[node].parent) {
        const hf_node *n = &c->nodes[node];
        bool native = view->options.native && n->kind == HF_NODE_FUNCTION;
        if ((n->kind != HF_NODE_PYTHON && !native) || hf_site_hides(c, &view->options, n))
            continue;
        hf_json_object(j, NULL);
        if (native)
            hf_json_native(j, c, n->code, n->line);
        else
            hf_json_place(j, c, n->code, n->line);
        hf_json_end(j);
    }
    hf_json_end(j);
}

/* The native function that asked: of files, its binary alone. */
static void json_asker(hf_json *j, const hf_sites_view *view, const hf_site *site)
{
    const hf_capture *c = view->capture;
    if (!has_askers(view) || site->asker == HF_NODE_NONE)
        return;
    const hf_node *n = &c->nodes[site->asker];
    uint32_t binary = hf_code_binary(&c->codes[n->code]);
    hf_json_object(j, "native_function");
    if (view->options.by == HF_BY_FILE)
        hf_json_text_n(j, "binary", hf_strtab_get(&c->texts, binary),
                       hf_strtab_length(&c->texts, binary));
    else
        hf_json_native(j, c, n->code, view->options.by == HF_BY_LINE ? n->line : 0);
    hf_json_end(j);
}

/* What a row is of. */
static void json_site(hf_json *j, const hf_sites_view *view, const hf_site *site)
{
    static const char *const kinds[] = {"line", "function", "file", "stack"};
    const hf_capture *c = view->capture;
    const char *kind = site->kind == HF_SITE_NO_PYTHON ? "no-python" : "other";
    hf_json_text(j, "kind", site->kind == HF_SITE_LINE ? kinds[view->options.by] : kind);
    if (site->kind == HF_SITE_LINE && view->options.by == HF_BY_FILE) {
        hf_json_file(j, c, site->code);
    } else if (site->kind == HF_SITE_LINE) {
        hf_json_place(j, c, site->code, site->line);
        if (view->options.by == HF_BY_STACK)
            json_stack(j, view, site->node);
    }
    json_asker(j, view, site);
}

void hf_show_sites_members(hf_json *j, const hf_sites_view *view)
{
    const hf_site *all = &view->sites->all;
    hf_json_text(j, "measure", hf_measure_word(view->selection.measure));
    hf_json_array(j, "lines");
    for (size_t i = 0; i < view->sites->count && i < view->top; i++) {
        const hf_site *site = &view->sites->rows[i];
        hf_json_object(j, NULL);
        json_site(j, view, site);
        hf_json_count(j, view->capture, "chosen", site->chosen);
        hf_json_counts(j, view->capture, "all", &site->counts);
        hf_json_counts(j, view->capture, "native", &site->native_counts);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_uint(j, "lines_in_all", view->sites->count);
    hf_json_count(j, view->capture, "chosen", all->chosen);
    hf_json_counts(j, view->capture, "all", &all->counts);
    hf_json_counts(j, view->capture, "native", &all->native_counts);
}

void hf_show_sites_json(hf_json *j, const hf_sites_view *view)
{
    hf_json_object(j, NULL);
    hf_show_sites_members(j, view);
    hf_json_end(j);
}

static int64_t change_of(uint64_t now, uint64_t before)
{
    return (int64_t)(now - before);
}

static bool has_changed(const hf_site *s)
{
    return s->chosen.bytes != s->before.bytes || s->chosen.blocks != s->before.blocks;
}

static bool is_sampled(const hf_sites_view *view)
{
    return view->sample_now || view->sample_before;
}

static uint64_t margin_of(const hf_sites_view *view, const hf_site *s)
{
    return hf_change_margin(s->chosen.bytes, view->sample_now, s->before.bytes,
                            view->sample_before);
}

/* A change that chance alone may have made. */
static bool may_be_chance(const hf_sites_view *view, const hf_site *s)
{
    int64_t change = change_of(s->chosen.bytes, s->before.bytes);
    return is_sampled(view) && (uint64_t)llabs(change) <= margin_of(view, s);
}

static void add_change(hf_table *table, const hf_sites_view *view, const hf_site *s)
{
    hf_table_cell(table, "%s",
                  hf_format_bytes_change(change_of(s->chosen.bytes, s->before.bytes)).text);
    if (is_sampled(view))
        hf_table_cell(table, "%s", hf_format_bytes(margin_of(view, s)).text);
    hf_table_cell(table, "%s", hf_format_bytes(s->before.bytes).text);
    hf_table_cell(table, "%s", hf_format_bytes(s->chosen.bytes).text);
    hf_table_cell(table, "%s",
                  hf_format_count_change(change_of(s->chosen.blocks, s->before.blocks)).text);
}

typedef struct change_count {
    size_t changed, left_out, by_chance;
} change_count;

/* Adds the rows that have changed to the table, the first of them one by one. */
static change_count add_changes(hf_table *table, const hf_sites_view *view)
{
    change_count n = {0};
    hf_site rest = {0};
    for (size_t i = 0; i < view->sites->count; i++) {
        const hf_site *row = &view->sites->rows[i];
        if (!has_changed(row))
            continue;
        n.by_chance += may_be_chance(view, row);
        if (n.changed++ >= view->top) {
            n.left_out++;
            add_up(&rest, row);
            rest.before.bytes += row->before.bytes;
            rest.before.blocks += row->before.blocks;
            continue;
        }
        hf_buf site HF_AUTO(hf_buf_deinit) = {0};
        hf_show_site(&site, view->capture, row, &view->options);
        add_change(table, view, row);
        hf_table_untrusted(table, hf_buf_string(&site), site.length, 0);
    }
    if (n.left_out) {
        add_change(table, view, &rest);
        hf_table_cell(table, "(%s other %s%s)", hf_format_count(n.left_out).text,
                      nouns[view->options.by], n.left_out == 1 ? "" : "s");
    }
    return n;
}

void hf_show_changes_text(hf_text *t, const hf_sites_view *view)
{
    const hf_sites *s = view->sites;
    const char *title = hf_measure_title(view->selection.measure);
    const hf_column columns[] = {{is_sampled(view) ? title : "", true},
                                 {is_sampled(view) ? "GIVE OR TAKE" : title, true},
                                 {"BEFORE", true},
                                 {"NOW", true},
                                 {"BLOCKS", true},
                                 {titles[view->options.by], false}};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, is_sampled(view) ? columns : columns + 1, is_sampled(view) ? 6 : 5, 0);
    table.cut = view->options.by == HF_BY_STACK;
    const change_count n = add_changes(&table, view);
    add_change(&table, view, &s->all);
    hf_table_cell(&table, "(all)");
    hf_table_print(&table, t);
    if (n.by_chance)
        hf_text_print(t,
                      "\nThe runs are sampled: %s of %s changes %s within the range that chance "
                      "makes.\n",
                      hf_format_count(n.by_chance).text, hf_format_count(n.changed).text,
                      n.by_chance == 1 ? "is" : "are");
    if (n.changed < s->count)
        hf_text_print(t, "\n%s %s%s without change.\n", hf_format_count(s->count - n.changed).text,
                      nouns[view->options.by], s->count - n.changed == 1 ? "" : "s");
}

static void json_side(hf_json *j, const char *key, hf_count n, uint64_t sample)
{
    hf_json_object(j, key);
    hf_json_uint(j, "bytes", n.bytes);
    hf_json_uint(j, "blocks", n.blocks);
    if (sample)
        hf_json_uint(j, "margin", hf_change_margin(n.bytes, sample, 0, 0));
    hf_json_end(j);
}

static void json_change(hf_json *j, const hf_sites_view *view, const hf_site *s)
{
    json_side(j, "before", s->before, view->sample_before);
    json_side(j, "now", s->chosen, view->sample_now);
    if (is_sampled(view))
        hf_json_uint(j, "change_margin", margin_of(view, s));
}

void hf_show_changes_json(hf_json *j, const hf_sites_view *view)
{
    hf_json_object(j, NULL);
    hf_json_text(j, "measure", hf_measure_word(view->selection.measure));
    json_change(j, view, &view->sites->all);
    hf_json_array(j, "rows");
    for (size_t i = 0, shown = 0; i < view->sites->count && shown < view->top; i++) {
        const hf_site *site = &view->sites->rows[i];
        if (!has_changed(site))
            continue;
        hf_json_object(j, NULL);
        json_site(j, view, site);
        json_change(j, view, site);
        hf_json_end(j);
        shown++;
    }
    hf_json_end(j);
    hf_json_end(j);
}
