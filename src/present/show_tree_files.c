/* present/show_tree_files.c - see present/show_tree_files.h. */
#include "present/show_tree_files.h"

#include "base/cleanup.h"
#include "present/show.h"

#include <string.h>

static size_t in_state(const hf_tree_files_view *view, hf_tree_file_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < view->tree.tree->count; i++)
        count += view->files[i].state == state;
    return count;
}

size_t hf_tree_files_failed(const hf_tree_files_view *view)
{
    return in_state(view, HF_TREE_FILE_FAILED);
}

size_t hf_tree_files_wanted(const hf_tree_files_view *view)
{
    return view->tree.tree->count - in_state(view, HF_TREE_FILE_NO_PYTHON);
}

static void add_row(hf_table *table, const hf_tree_files_view *view, size_t row)
{
    const hf_tree_file *f = &view->files[row];
    hf_buf pid HF_AUTO(hf_buf_deinit) = {0};
    hf_show_tree_pid(view->tree.tree, row, &pid);
    hf_table_cell(table, "%s", hf_buf_string(&pid));
    bool taken = f->state == HF_TREE_FILE_TAKEN;
    hf_table_cell(table, "%s", taken && f->objects ? hf_format_count(f->objects).text : "-");
    hf_table_cell(table, "%s", taken && f->pause ? hf_format_pause(f->pause).text : "-");
    hf_table_cell(table, "%s", taken ? hf_show_way_word(f->way) : "-");
    hf_table_cell(table, "%s", taken ? hf_format_bytes(f->bytes).text : "-");
    if (taken)
        hf_table_untrusted(table, f->path, strlen(f->path), 0);
    else
        hf_table_cell(table, "%s",
                      f->state == HF_TREE_FILE_FAILED ? "(failed)" : "(runs no Python)");
}

void hf_show_tree_files_text(hf_text *t, const hf_tree_files_view *view)
{
    static const hf_column columns[] = {{"PID", false}, {"OBJECTS", true}, {"PAUSE", true},
                                        {"WAY", false}, {"BYTES", true},   {"FILE", false}};
    hf_table table HF_AUTO(hf_table_deinit);
    uint64_t pause = 0;
    hf_table_init(&table, columns, 6, 0);
    for (size_t i = 0; i < view->tree.tree->count; i++) {
        add_row(&table, view, i);
        pause += view->files[i].pause;
    }
    hf_table_print(&table, t);
    hf_text_print(t, "\n%zu of %zu processes that run Python, taken one after the other: ",
                  in_state(view, HF_TREE_FILE_TAKEN), hf_tree_files_wanted(view));
    hf_text_print(t, "they stood still for %s in all\nmanifest: ", hf_format_pause(pause).text);
    hf_text_untrusted(t, view->manifest);
    hf_text_print(t, "\n");
}

void hf_show_tree_files_json(hf_json *j, const hf_tree_files_view *view)
{
    static const char *const states[] = {"not-python", "taken", "failed"};
    hf_json_object(j, NULL);
    hf_json_text(j, "manifest", view->manifest);
    hf_json_uint(j, "taken", in_state(view, HF_TREE_FILE_TAKEN));
    hf_json_uint(j, "failed", in_state(view, HF_TREE_FILE_FAILED));
    hf_json_array(j, "processes");
    for (size_t i = 0; i < view->tree.tree->count; i++) {
        const hf_tree_file *f = &view->files[i];
        hf_json_object(j, NULL);
        hf_show_tree_row_members(j, &view->tree, i);
        hf_json_text(j, "state", states[f->state]);
        hf_json_text(j, "file", f->state == HF_TREE_FILE_TAKEN ? f->path : NULL);
        hf_json_text(j, "why", f->why);
        if (f->state == HF_TREE_FILE_TAKEN) {
            hf_json_uint(j, "file_bytes", f->bytes);
            hf_json_uint(j, "objects", f->objects);
            hf_json_text(j, "way", hf_show_way_word(f->way));
            hf_json_real(j, "pause_ms", (double)f->pause / 1e6);
        }
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_object(j, "tree");
    hf_show_tree_sum_members(j, &view->tree, 0);
    hf_json_end(j);
    hf_json_end(j);
}
