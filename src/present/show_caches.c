#include "present/show_caches.h"

#include "base/cleanup.h"
#include "present/report.h"

#include <string.h>

enum { DETAILS = 5 };

static const char *word_of(const hf_caches *c)
{
    if (c->unbounded)
        return "UNBOUNDED";
    return c->expired ? "EXPIRED" : c->count ? "BOUNDED" : "NONE";
}

static void say_verdict(const hf_caches_view *view, hf_buf *out)
{
    const hf_caches *c = view->caches;
    if (!c->count) {
        hf_buf_text(out, "No cache keeps anything.");
        return;
    }
    hf_say_count(out, c->count, "cache");
    hf_buf_format(out, " %s %s, %s of the heap", c->count == 1 ? "retains" : "retain",
                  hf_format_bytes(c->retained).text,
                  hf_format_share(c->retained, view->heap_bytes).text);
    if (c->unbounded)
        hf_buf_format(out, "; %s %s no bound: one of %s entries would free %s",
                      hf_format_count(c->unbounded).text, c->unbounded == 1 ? "has" : "have",
                      hf_format_count(c->chosen).text, hf_format_bytes(c->unbounded_saved).text);
    if (c->expired) {
        hf_buf_text(out, "; ");
        hf_buf_format(out, "%s expired %s of %s", hf_format_count(c->expired).text,
                      c->expired == 1 ? "entry" : "entries",
                      hf_format_bytes(c->expired_bytes).text);
    }
    hf_buf_char(out, '.');
}

static uint64_t freed(const hf_caches *c)
{
    return c->unbounded_saved + c->expired_bytes;
}

static const char *cure_of(const hf_caches *c)
{
    if (c->unbounded)
        return "Give each a bound (functools.lru_cache(maxsize=N), cachetools.LRUCache(N)), or "
               "clear it (cache_clear(), clear()) when what it is about has ended. A method's "
               "cache keeps its instances: cache on the instance instead "
               "(functools.cached_property).";
    return c->expired
               ? "Entries whose time is over stay until the cache is written to again: call its "
                 "expire(), or write less seldom."
               : "";
}

static void say_bound(const hf_cache *row, hf_buf *out)
{
    if (row->sort == HF_CACHE_WEAK)
        hf_buf_text(out, "weak");
    else if (row->bounded == HF_CACHE_BOUNDED)
        hf_buf_text(out, hf_format_count(row->bound).text);
    else
        hf_buf_text(out, row->bounded == HF_CACHE_UNBOUNDED ? "none" : "?");
}

static void say_keys(const hf_caches_view *view, const hf_cache *row, hf_buf *out)
{
    if (row->key_type == UINT32_MAX || row->data == HF_NO_OBJECT)
        return;
    hf_buf_text(out, hf_graph_type_title(view->graph, row->key_type));
    if (!row->on_self)
        return;
    hf_buf_text(out, " as self: keeps ");
    hf_say_count(out, row->instances, "instance");
    hf_buf_format(out, " alive, %s of them and %s by itself alone",
                  hf_format_count(row->pinned).text, hf_format_bytes(row->pinned_bytes).text);
}

/* The name of the function whose results are kept; NULL where there is none. */
static const char *function_of(const hf_caches_view *view, const hf_cache *row, size_t *ret_length)
{
    return row->function == HF_NO_OBJECT ? NULL
                                         : hf_graph_value(view->graph, row->function, ret_length);
}

static void say_function(const hf_caches_view *view, const hf_cache *row, hf_buf *out)
{
    size_t length = 0;
    const char *text = function_of(view, row, &length);
    if (text)
        hf_buf_add(out, text, length);
    hf_buf_text(out, text && row->typed ? ", typed" : "");
}

/* How large it is, and what a bound would free. */
static void print_bytes(hf_text *t, const hf_caches *c, const hf_cache *row)
{
    if (row->size)
        hf_report_format(t, "   size", "%s, as it measures itself",
                         hf_format_count(row->size).text);
    if (row->data == HF_NO_OBJECT)
        hf_report_format(t, "   a value", "takes %s on average, in each of %s instances",
                         hf_format_bytes(row->mean).text, hf_format_count(row->entries).text);
    else
        hf_report_format(t, "   an entry", "takes %s on average: (%s - %s for tables) / %s",
                         hf_format_bytes(row->mean).text, hf_format_bytes(row->retained).text,
                         hf_format_bytes(row->own).text, hf_format_count(row->entries).text);
    if (row->saved)
        hf_report_format(t, "   would free", "%s by a bound of %s: %s entries of %s",
                         hf_format_bytes(row->saved).text, hf_format_count(c->chosen).text,
                         hf_format_count(row->entries - c->chosen).text,
                         hf_format_bytes(row->mean).text);
}

static void print_detail(hf_text *t, const hf_caches_view *view, size_t number)
{
    const hf_cache *row = &view->caches->rows[number];
    hf_buf keys HF_AUTO(hf_buf_deinit) = {0}, function HF_AUTO(hf_buf_deinit) = {0};
    say_keys(view, row, &keys);
    say_function(view, row, &function);
    hf_report_item(t, number, view->paths[number]);
    hf_report_field(t, "   caches", hf_buf_string(&function));
    hf_report_field(t, "   keys", hf_buf_string(&keys));
    if (row->counted)
        hf_report_format(t, "   found", "%s of %s times", hf_format_count(row->hits).text,
                         hf_format_count(row->hits + row->misses).text);
    print_bytes(t, view->caches, row);
    if (row->timed && row->lifetime > 0)
        hf_report_format(t, "   lives", "%s", hf_format_seconds(row->lifetime).text);
    if (row->timed)
        hf_report_format(t, "   expired", "%s%s entries of %s, still held",
                         row->expired_at_least ? "at least " : "",
                         hf_format_count(row->expired).text,
                         hf_format_bytes(row->expired_bytes).text);
    if (row->dead)
        hf_report_format(t, "   dead", "%s entries that refer to nothing",
                         hf_format_count(row->dead).text);
    if (row->sort == HF_CACHE_NAMED)
        hf_report_field(t, "   opinion", "named like a cache; nothing else says that it is one");
    if (row->inside)
        hf_report_field(t, "   inside", "part of another cache, and of its bytes");
}

static void print_table(hf_text *t, const hf_caches_view *view, size_t shown)
{
    static const hf_column columns[] = {{"RETAINED", true}, {"ENTRIES", true}, {"BOUND", true},
                                        {"HITS", true},     {"KIND", false},   {"CACHE", false}};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 6, 2);
    for (size_t i = 0; i < shown; i++) {
        const hf_cache *row = &view->caches->rows[i];
        hf_buf bound HF_AUTO(hf_buf_deinit) = {0}, kind HF_AUTO(hf_buf_deinit) = {0};
        say_bound(row, &bound);
        hf_buf_format(&kind, "%s%s", row->kind, row->sort == HF_CACHE_NAMED ? " (by name)" : "");
        hf_table_cell(&table, "%s", hf_format_bytes(row->retained).text);
        hf_table_cell(&table, "%s", hf_format_count(row->entries).text);
        hf_table_cell(&table, "%s", hf_buf_string(&bound));
        hf_table_cell(&table, "%s",
                      row->counted ? hf_format_share(row->hits, row->hits + row->misses).text
                                   : "-");
        hf_table_untrusted(&table, hf_buf_string(&kind), kind.length, 40);
        hf_table_untrusted(&table, view->paths[i], strlen(view->paths[i]), 80);
    }
    hf_table_print(&table, t);
    hf_report_more(t, view->caches->count, shown, "");
}

void hf_show_caches_text(hf_text *t, const hf_caches_view *view)
{
    const hf_caches *c = view->caches;
    hf_buf verdict HF_AUTO(hf_buf_deinit) = {0};
    say_verdict(view, &verdict);
    bool good = !c->unbounded && !c->expired;
    hf_report_verdict(t, good ? HF_STYLE_GOOD : HF_STYLE_BOLD, word_of(c), hf_buf_string(&verdict));
    size_t shown = c->count < view->top ? c->count : (size_t)view->top;
    if (!shown)
        return;
    hf_report_section(t, "CACHES, most retained first");
    print_table(t, view, shown);
    for (size_t i = 0; i < shown && i < DETAILS; i++)
        print_detail(t, view, i);
    hf_report_cure(t, cure_of(c), freed(c));
}

/* What it keeps, up to which bound, and what that takes. */
static void json_entries(hf_json *j, const hf_cache *row)
{
    hf_json_uint(j, "entries", row->entries);
    hf_json_bool(j, "unbounded", row->bounded == HF_CACHE_UNBOUNDED);
    if (row->bounded == HF_CACHE_BOUNDED)
        hf_json_uint(j, "bound", row->bound);
    if (row->size)
        hf_json_uint(j, "size", row->size);
    hf_json_uint(j, "own_bytes", row->own);
    hf_json_uint(j, "retained_bytes", row->retained);
    hf_json_uint(j, "mean_entry_bytes", row->mean);
    hf_json_uint(j, "saved_bytes", row->saved);
    hf_json_bool(j, "inside_another", row->inside);
}

static void json_expiry(hf_json *j, const hf_cache *row)
{
    hf_json_real(j, "lifetime_seconds", row->lifetime);
    hf_json_uint(j, "expired", row->expired);
    hf_json_uint(j, "expired_bytes", row->expired_bytes);
    hf_json_bool(j, "expired_at_least", row->expired_at_least);
}

static void json_self(hf_json *j, const hf_cache *row)
{
    hf_json_uint(j, "self_instances", row->instances);
    hf_json_uint(j, "pinned_instances", row->pinned);
    hf_json_uint(j, "pinned_bytes", row->pinned_bytes);
}

static void json_row(hf_json *j, const hf_caches_view *view, size_t number)
{
    static const char *const sorts[] = {"strong", "weak", "named"};
    const hf_cache *row = &view->caches->rows[number];
    size_t length = 0;
    const char *function = function_of(view, row, &length);
    bool has_keys = row->key_type != UINT32_MAX;
    hf_json_object(j, NULL);
    hf_json_address(j, "address", view->graph->address[row->object]);
    hf_json_text(j, "kind", row->kind);
    hf_json_text(j, "sort", sorts[row->sort]);
    hf_json_text_n(j, "function", function, length);
    hf_json_text(j, "path", *view->paths[number] ? view->paths[number] : NULL);
    json_entries(j, row);
    if (row->counted) {
        hf_json_uint(j, "hits", row->hits);
        hf_json_uint(j, "misses", row->misses);
    }
    hf_json_bool(j, "typed", row->typed);
    hf_json_text(j, "key_type", has_keys ? hf_graph_type_title(view->graph, row->key_type) : NULL);
    if (row->on_self)
        json_self(j, row);
    if (row->timed)
        json_expiry(j, row);
    hf_json_uint(j, "dead", row->dead);
    hf_json_end(j);
}

void hf_show_caches_json(hf_json *j, const hf_caches_view *view)
{
    const hf_caches *c = view->caches;
    hf_buf verdict HF_AUTO(hf_buf_deinit) = {0};
    say_verdict(view, &verdict);
    hf_report_begin_json(j, word_of(c), hf_buf_string(&verdict));
    hf_json_uint(j, "retained_bytes", c->retained);
    hf_json_uint(j, "chosen_bound", c->chosen);
    hf_json_uint(j, "unbounded", c->unbounded);
    hf_json_uint(j, "unbounded_saved_bytes", c->unbounded_saved);
    hf_json_uint(j, "expired", c->expired);
    hf_json_uint(j, "expired_bytes", c->expired_bytes);
    hf_json_array(j, "caches");
    for (size_t i = 0; i < c->count && i < view->top; i++)
        json_row(j, view, i);
    hf_json_end(j);
    hf_json_text(j, "cure", *cure_of(c) ? cure_of(c) : NULL);
    hf_json_uint(j, "cure_frees_bytes", freed(c));
    hf_json_end(j);
}
