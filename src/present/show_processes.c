/* present/show_processes.c - the processes of this machine. */
#include "present/show.h"

#include "base/cleanup.h"
#include "present/show_tree.h"

#include <string.h>

void hf_show_processes_text(hf_text *t, const hf_process_list *list)
{
    static const hf_column columns[] = {{"PID", true},     {"PYTHON", false}, {"RSS", true},
                                        {"UPTIME", true},  {"PAUSE", true},   {"WAY", false},
                                        {"COMMAND", false}};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 7, 0);
    table.cut = true;
    for (size_t i = 0; i < list->count; i++) {
        const hf_process_row *row = &list->rows[i];
        bool stands =
            row->planned && row->plan.way != HF_WAY_LIVE && row->plan.way != HF_WAY_STOPPED;
        hf_table_cell(&table, "%d", (int)row->pid);
        hf_table_cell(&table, "%s", *row->version ? row->version : "?");
        hf_table_cell(&table, "%s", hf_format_bytes(row->rss).text);
        hf_table_cell(&table, "%s", hf_format_seconds(row->seconds).text);
        hf_table_cell(&table, "%s", stands ? hf_format_pause(row->plan.predicted_pause).text : "-");
        hf_table_cell(&table, "%s", row->planned ? hf_show_way_word(row->plan.way) : "-");
        const char *command = hf_show_short_command(row->command);
        hf_table_untrusted(&table, command, strlen(command), 200);
    }
    if (list->count)
        hf_table_print(&table, t);
    else
        hf_text_print(t, "no Python process that we may look at\n");
    if (list->hidden)
        hf_text_print(t, "%zu process%s could not be looked at for want of permission%s\n",
                      list->hidden, list->hidden == 1 ? "" : "es",
                      list->as_root ? "" : "; root sees more");
}

void hf_show_processes_json(hf_json *j, const hf_process_list *list)
{
    hf_json_object(j, NULL);
    hf_json_array(j, "processes");
    for (size_t i = 0; i < list->count; i++) {
        const hf_process_row *row = &list->rows[i];
        hf_json_object(j, NULL);
        hf_json_int(j, "pid", row->pid);
        hf_json_text(j, "python", *row->version ? row->version : NULL);
        hf_json_uint(j, "rss_bytes", row->rss);
        hf_json_real(j, "uptime_seconds", row->seconds);
        hf_json_text(j, "way", row->planned ? hf_show_way_word(row->plan.way) : NULL);
        hf_json_text(j, "why_not_fork", row->planned ? row->plan.why_not_fork : NULL);
        hf_json_real(j, "predicted_pause_ms",
                     row->planned ? (double)row->plan.predicted_pause / 1e6 : 0);
        hf_json_text(j, "command", row->command);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_uint(j, "hidden", list->hidden);
    hf_json_end(j);
}
