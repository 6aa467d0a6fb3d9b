#include "present/show_threads.h"

#include "base/cleanup.h"
#include "present/report.h"

#include <string.h>

enum { DETAILS = 5, STACK_SHOWN = 12 };

static const char *word_of(const hf_threads *t)
{
    return t->ended || t->local_left ? "HELD" : t->running ? "RUNNING" : "NONE";
}

static void say_verdict(const hf_threads_view *view, hf_buf *out)
{
    const hf_threads *t = view->threads;
    if (!t->count) {
        hf_buf_text(out, "No thread runs Python.");
        return;
    }
    uint64_t alone = 0; /* bytes that a thread reaches and no other */
    for (size_t i = 0; i < t->count; i++)
        alone += t->rows[i].private_bytes;
    hf_say_count(out, t->running, "thread");
    hf_buf_format(out, " %s Python and alone %s %s, %s of the heap.",
                  t->running == 1 ? "runs" : "run", t->running == 1 ? "reaches" : "reach",
                  hf_format_bytes(alone).text, hf_format_share(alone, view->heap_bytes).text);
    if (t->ended) {
        hf_buf_char(out, ' ');
        hf_say_count(out, t->ended, "Thread object");
        hf_buf_format(out, " of threads that have ended %s still held.",
                      t->ended == 1 ? "is" : "are");
    }
    if (t->local_left)
        hf_buf_format(out, " %s of threading.local data belong to no thread.",
                      hf_format_bytes(t->local_left).text);
}

static const char cure[] =
    "Drop Thread objects when they have been joined; use one executor instead of a thread for each "
    "call.";

static const char *cure_of(const hf_threads *t)
{
    return t->ended ? cure : "";
}

size_t hf_threads_shown(const hf_threads *t, uint64_t top, size_t *ret_others)
{
    size_t running = 0;
    while (running < t->count && t->rows[running].thread != UINT32_MAX)
        running++;
    *ret_others = running;
    return running < top ? running : (size_t)top;
}

static void say_name(const hf_threads_view *view, const hf_thread_row *row, hf_buf *out)
{
    const hf_graph *g = view->graph;
    if (row->thread != UINT32_MAX && g->threads[row->thread].name)
        hf_buf_text(out, hf_strtab_get(&g->names, g->threads[row->thread].name));
    else if (row->object != HF_NO_OBJECT)
        hf_buf_text(out, hf_graph_type_name(g, row->object));
    else
        hf_buf_text(out, "(no name)");
}

static const char *place_of(const hf_graph *g, const hf_thread_row *row)
{
    const hf_graph_thread *t = row->thread == UINT32_MAX ? NULL : &g->threads[row->thread];
    return t && t->frame_count ? hf_strtab_get(&g->names, t->frames[0]) : "-";
}

static void print_running(hf_text *t, const hf_threads_view *view, size_t shown, size_t running)
{
    static const hf_column columns[] = {
        {"PRIVATE", true}, {"LOCAL DATA", true}, {"C STACK", true},   {"ID", true},
        {"DAEMON", false}, {"THREAD", false},    {"STANDS AT", false}};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 7, 2);
    for (size_t i = 0; i < shown; i++) {
        const hf_thread_row *row = &view->threads->rows[i];
        const char *place = place_of(view->graph, row);
        hf_buf name HF_AUTO(hf_buf_deinit) = {0};
        say_name(view, row, &name);
        hf_table_cell(&table, "%s", hf_format_bytes(row->private_bytes).text);
        hf_table_cell(&table, "%s", hf_format_bytes(row->local_bytes).text);
        hf_table_cell(&table, "%s",
                      row->stack_resident ? hf_format_bytes(row->stack_resident).text : "-");
        hf_table_cell(&table, "%llu",
                      (unsigned long long)view->graph->threads[row->thread].native_id);
        hf_table_cell(&table, "%s", row->daemon ? "daemon" : "-");
        hf_table_untrusted(&table, hf_buf_string(&name), name.length, 40);
        hf_table_untrusted(&table, place, strlen(place), 60);
    }
    hf_table_print(&table, t);
    hf_report_more(t, running, shown, "");
}

static void print_detail(hf_text *t, const hf_threads_view *view, size_t number)
{
    const hf_thread_row *row = &view->threads->rows[number];
    const hf_graph_thread *thread = &view->graph->threads[row->thread];
    hf_buf name HF_AUTO(hf_buf_deinit) = {0};
    say_name(view, row, &name);
    hf_report_item(t, number, hf_buf_string(&name));
    for (size_t i = 0; i < thread->frame_count && i < STACK_SHOWN; i++) {
        hf_text_print(t, "  %-13s ", i ? "" : "   stack");
        hf_text_untrusted(t, hf_strtab_get(&view->graph->names, thread->frames[i]));
        hf_text_print(t, "\n");
    }
    if (thread->frame_count > STACK_SHOWN)
        hf_report_format(t, "", "… %zu more", thread->frame_count - STACK_SHOWN);
    if (row->private_objects)
        hf_report_format(t, "   private", "%s objects of %s that only its frames and state reach",
                         hf_format_count(row->private_objects).text,
                         hf_format_bytes(row->private_bytes).text);
    if (row->interpreter)
        hf_report_format(t, "   interpreter", "%u", row->interpreter);
    hf_report_field(t, "   object", view->paths[number]);
}

static const char *life_word(hf_thread_life life)
{
    static const char *const words[] = {"running", "ended", "not begun", "unknown"};
    return words[life];
}

static void print_others(hf_text *t, const hf_threads_view *view, size_t others)
{
    static const hf_column columns[] = {
        {"RETAINED", true}, {"STATE", false}, {"TYPE", false}, {"HELD BY", false}};
    const hf_threads *threads = view->threads;
    if (others == threads->count)
        return;
    hf_report_section(t, "THREAD OBJECTS OF NO RUNNING THREAD, most retained first");
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 4, 2);
    size_t shown = 0;
    for (size_t i = others; i < threads->count && shown < view->top; i++, shown++) {
        const hf_thread_row *row = &threads->rows[i];
        const char *path = *view->paths[i] ? view->paths[i] : "nothing but a cycle or C";
        hf_table_cell(&table, "%s", hf_format_bytes(row->retained).text);
        hf_table_cell(&table, "%s", life_word(row->life));
        hf_table_cell(&table, "%s", hf_graph_type_name(view->graph, row->object));
        hf_table_untrusted(&table, path, strlen(path), 80);
    }
    hf_table_print(&table, t);
    hf_report_more(t, threads->count - others, shown, "");
}

static void print_executors(hf_text *t, const hf_threads_view *view)
{
    static const hf_column columns[] = {{"QUEUED", true},   {"WORKERS", true}, {"MOST", true},
                                        {"RETAINED", true}, {"TYPE", false},   {"HELD BY", false}};
    const hf_threads *threads = view->threads;
    if (!threads->executor_count)
        return;
    hf_report_section(t, "EXECUTORS, most queued first");
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 6, 2);
    for (size_t i = 0; i < threads->executor_count && i < view->top; i++) {
        const hf_executor *x = &threads->executors[i];
        hf_table_cell(&table, "%s", hf_format_count(x->queued).text);
        hf_table_cell(&table, "%s", hf_format_count(x->threads).text);
        hf_table_cell(&table, "%s", x->most < 0 ? "?" : hf_format_count((uint64_t)x->most).text);
        hf_table_cell(&table, "%s", hf_format_bytes(x->retained).text);
        hf_table_cell(&table, "%s", hf_graph_type_name(view->graph, x->object));
        hf_table_untrusted(&table, view->executor_paths[i], strlen(view->executor_paths[i]), 80);
    }
    hf_table_print(&table, t);
}

void hf_show_threads_text(hf_text *t, const hf_threads_view *view)
{
    const hf_threads *threads = view->threads;
    hf_buf verdict HF_AUTO(hf_buf_deinit) = {0};
    say_verdict(view, &verdict);
    hf_report_verdict(t, strcmp(word_of(threads), "HELD") ? HF_STYLE_GOOD : HF_STYLE_BOLD,
                      word_of(threads), hf_buf_string(&verdict));
    size_t others, shown = hf_threads_shown(threads, view->top, &others);
    if (shown) {
        hf_report_section(t, "THREADS, most private bytes first");
        print_running(t, view, shown, others);
    }
    for (size_t i = 0; i < shown && i < DETAILS; i++)
        print_detail(t, view, i);
    print_others(t, view, others);
    print_executors(t, view);
    hf_report_cure(t, cure_of(threads), threads->saved);
}

static void row_json(hf_json *j, const hf_threads_view *view, size_t number)
{
    const hf_graph *g = view->graph;
    const hf_thread_row *row = &view->threads->rows[number];
    hf_json_object(j, NULL);
    hf_json_text(j, "state", life_word(row->life));
    hf_json_address(j, "object", row->object == HF_NO_OBJECT ? 0 : g->address[row->object]);
    hf_json_text(j, "type",
                 row->object == HF_NO_OBJECT ? NULL : hf_graph_type_name(g, row->object));
    hf_json_text(j, "path", *view->paths[number] ? view->paths[number] : NULL);
    hf_json_uint(j, "retained_bytes", row->retained);
    if (row->daemon_known)
        hf_json_bool(j, "daemon", row->daemon);
    if (row->thread != UINT32_MAX) {
        const hf_graph_thread *t = &g->threads[row->thread];
        hf_json_uint(j, "native_id", t->native_id);
        hf_json_text(j, "name", t->name ? hf_strtab_get(&g->names, t->name) : NULL);
        hf_json_uint(j, "interpreter", row->interpreter);
        hf_json_uint(j, "private_objects", row->private_objects);
        hf_json_uint(j, "private_bytes", row->private_bytes);
        hf_json_uint(j, "local_data_bytes", row->local_bytes);
        if (row->stack_resident)
            hf_json_uint(j, "c_stack_resident_bytes", row->stack_resident);
        hf_json_array(j, "stack");
        for (size_t i = 0; i < t->frame_count && i < 1000; i++)
            hf_json_text(j, NULL, hf_strtab_get(&g->names, t->frames[i]));
        hf_json_end(j);
        hf_json_uint(j, "stack_depth", t->frame_count);
    }
    hf_json_end(j);
}

void hf_show_threads_json(hf_json *j, const hf_threads_view *view)
{
    const hf_threads *threads = view->threads;
    hf_buf verdict HF_AUTO(hf_buf_deinit) = {0};
    say_verdict(view, &verdict);
    hf_report_begin_json(j, word_of(threads), hf_buf_string(&verdict));
    hf_json_uint(j, "running", threads->running);
    hf_json_uint(j, "ended", threads->ended);
    hf_json_uint(j, "saved_bytes", threads->saved);
    hf_json_uint(j, "local_data_left_bytes", threads->local_left);
    size_t others, shown = hf_threads_shown(threads, view->top, &others);
    hf_json_array(j, "threads");
    for (size_t i = 0; i < shown; i++)
        row_json(j, view, i);
    hf_json_end(j);
    hf_json_array(j, "objects_without_thread");
    for (size_t i = others; i < threads->count && i - others < view->top; i++)
        row_json(j, view, i);
    hf_json_end(j);
    hf_json_array(j, "executors");
    for (size_t i = 0; i < threads->executor_count && i < view->top; i++) {
        const hf_executor *x = &threads->executors[i];
        hf_json_object(j, NULL);
        hf_json_address(j, "address", view->graph->address[x->object]);
        hf_json_text(j, "type", hf_graph_type_name(view->graph, x->object));
        hf_json_text(j, "path", *view->executor_paths[i] ? view->executor_paths[i] : NULL);
        hf_json_uint(j, "queued", x->queued);
        hf_json_uint(j, "workers", x->threads);
        hf_json_int(j, "most_workers", x->most);
        hf_json_uint(j, "retained_bytes", x->retained);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_text(j, "cure", *cure_of(threads) ? cure_of(threads) : NULL);
    hf_json_uint(j, "cure_frees_bytes", threads->ended ? threads->saved : 0);
    hf_json_end(j);
}
