/* present/show_difference.c - two snapshots of one process compared. */
#include "present/show.h"

#include "base/cleanup.h"
#include "present/name.h"

#include <string.h>

/* What was born and died can be told of one process only. */
static void print_types(hf_text *t, const hf_difference_view *view)
{
    static const hf_column columns[] = {{"BYTES", true}, {"OBJECTS", true}, {"BORN", true},
                                        {"DIED", true},  {"NOW", true},     {"TYPE", false}};
    static const hf_column counted[] = {
        {"BYTES", true}, {"OBJECTS", true}, {"NOW", true}, {"TYPE", false}};
    bool same = view->difference->same_process;
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, same ? columns : counted, same ? 6 : 4, 0);
    for (size_t i = 0; i < view->type_count; i++) {
        const hf_difference_row *row = &view->difference->types[view->types[i]];
        hf_table_cell(&table, "%s", hf_format_bytes_change(row->bytes).text);
        hf_table_cell(&table, "%s", hf_format_count_change(row->objects).text);
        if (same) {
            hf_table_cell(&table, "%s", hf_format_count(row->born).text);
            hf_table_cell(&table, "%s", hf_format_count(row->died).text);
        }
        hf_table_cell(&table, "%s", hf_format_count(row->new_objects).text);
        hf_table_untrusted(&table, row->title, strlen(row->title), 0);
    }
    hf_table_print(&table, t);
}

static void print_containers(hf_text *t, const hf_difference_view *view)
{
    static const hf_column columns[] = {
        {"RETAINED", true}, {"LENGTH", true}, {"NOW", true}, {"TYPE", false}, {"CONTAINER", false}};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 5, 0);
    for (size_t i = 0; i < view->container_count; i++) {
        const hf_container_row *row = &view->difference->containers[view->containers[i]];
        const char *type = hf_graph_type_name(view->new_graph, row->new_object);
        hf_table_cell(&table, "%s", hf_format_bytes_change(row->retained).text);
        hf_table_cell(&table, "%s", hf_format_count_change(row->length).text);
        hf_table_cell(&table, "%s",
                      hf_format_count(hf_graph_length(view->new_graph, row->new_object)).text);
        hf_table_untrusted(&table, type, strlen(type), 40);
        hf_table_untrusted(&table, view->container_paths[i], strlen(view->container_paths[i]), 0);
    }
    hf_table_print(&table, t);
}

static void print_head(hf_text *t, const hf_difference_view *view)
{
    const hf_difference *d = view->difference;
    int old_pid = (int)view->old_graph->info.pid, new_pid = (int)view->new_graph->info.pid;
    if (!d->same_process) {
        hf_text_print(t, "process %d with %s objects, ", old_pid,
                      hf_format_count(view->old_graph->object_count).text);
        hf_text_print(t, "then process %d with %s\n", new_pid,
                      hf_format_count(view->new_graph->object_count).text);
        hf_text_styled(t, HF_STYLE_BOLD,
                       "these are two processes: only counts can be compared\n\n");
        return;
    }
    if (d->seconds < 0)
        hf_text_styled(t, HF_STYLE_BOLD, "OLD was taken after NEW: this is read backwards\n");
    if (d->seconds < 0)
        hf_text_print(t, "process %d, %s earlier: ", new_pid, hf_format_seconds(-d->seconds).text);
    else
        hf_text_print(t, "process %d after %s: ", new_pid, hf_format_seconds(d->seconds).text);
    hf_text_print(t, "%s objects survived, ", hf_format_count(d->survivors).text);
    hf_text_print(t, "%s were born, ", hf_format_count(d->born).text);
    hf_text_print(t, "%s died\n\n", hf_format_count(d->died).text);
}

void hf_show_difference_text(hf_text *t, const hf_difference_view *view)
{
    print_head(t, view);
    hf_text_styled(t, HF_STYLE_BOLD, "BY TYPE\n");
    if (view->type_count)
        print_types(t, view);
    else
        hf_text_print(t, "no change\n");
    if (view->line_count) {
        hf_text_styled(t, HF_STYLE_BOLD, "\nBY LINE\n");
        hf_show_line_changes(t, view, 0);
    }
    if (view->difference->same_process) {
        hf_text_styled(t, HF_STYLE_BOLD, "\nBY CONTAINER\n");
        if (view->container_count)
            print_containers(t, view);
        else
            hf_text_print(t, "no container that is in both has changed its length\n");
    }
    if (view->memory_known) {
        hf_text_styled(t, HF_STYLE_BOLD, "\nBY MEMORY\n");
        hf_show_memory_change(t, &view->memory_before, &view->memory_now);
    }
}

static void json_types(hf_json *j, const hf_difference_view *view)
{
    hf_json_array(j, "types");
    for (size_t i = 0; i < view->type_count; i++) {
        const hf_difference_row *row = &view->difference->types[view->types[i]];
        hf_json_object(j, NULL);
        hf_json_text(j, "type", row->title);
        hf_json_int(j, "bytes", row->bytes);
        hf_json_int(j, "objects", row->objects);
        hf_json_uint(j, "born", row->born);
        hf_json_uint(j, "died", row->died);
        hf_json_uint(j, "old_objects", row->old_objects);
        hf_json_uint(j, "new_objects", row->new_objects);
        hf_json_end(j);
    }
    hf_json_end(j);
}

void hf_show_difference_json(hf_json *j, const hf_difference_view *view)
{
    const hf_difference *d = view->difference;
    hf_json_object(j, NULL);
    hf_json_bool(j, "same_process", d->same_process);
    hf_json_real(j, "seconds", d->seconds);
    hf_json_uint(j, "survivors", d->survivors);
    hf_json_uint(j, "born", d->born);
    hf_json_uint(j, "died", d->died);
    json_types(j, view);
    if (view->lines_known)
        hf_show_line_changes_json(j, view);
    hf_json_array(j, "containers");
    for (size_t i = 0; i < view->container_count; i++) {
        const hf_container_row *row = &view->difference->containers[view->containers[i]];
        hf_json_object(j, NULL);
        hf_json_text(j, "path", *view->container_paths[i] ? view->container_paths[i] : NULL);
        hf_json_address(j, "address", view->new_graph->address[row->new_object]);
        hf_json_text(j, "type", hf_graph_type_name(view->new_graph, row->new_object));
        hf_json_int(j, "length_change", row->length);
        hf_json_int(j, "retained_change", row->retained);
        hf_json_uint(j, "length", hf_graph_length(view->new_graph, row->new_object));
        hf_json_end(j);
    }
    hf_json_end(j);
    if (view->memory_known)
        hf_show_memory_change_json(j, &view->memory_before, &view->memory_now);
    hf_json_end(j);
}

void hf_show_export_text(hf_text *t, const hf_export_row *row)
{
    hf_text_untrusted(t, row->objects_path);
    hf_text_print(t, ": %s objects\n", hf_format_count(row->objects).text);
    hf_text_untrusted(t, row->references_path);
    hf_text_print(t, ": %s references\n", hf_format_count(row->references).text);
}

void hf_show_export_json(hf_json *j, const hf_export_row *row)
{
    hf_json_object(j, NULL);
    hf_json_text(j, "objects_file", row->objects_path);
    hf_json_uint(j, "objects", row->objects);
    hf_json_text(j, "references_file", row->references_path);
    hf_json_uint(j, "references", row->references);
    hf_json_end(j);
}
