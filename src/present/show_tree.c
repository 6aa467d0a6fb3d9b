/* present/show_tree.c - see present/show_tree.h. */
#include "present/show_tree.h"

#include "base/cleanup.h"

#include <string.h>

enum { COMMAND_WIDTH = 200, DRAWN_MOST = 64 };

const char *hf_show_short_command(const char *command)
{
    size_t program = strcspn(command, " ");
    const char *slash = memrchr(command, '/', program);
    return slash && slash + 1 < command + program ? slash + 1 : command;
}

hf_tree_sum hf_tree_sum_of(const hf_tree_view *view, size_t root)
{
    hf_tree_sum sum = {0};
    for (size_t i = root, end = hf_process_tree_end(view->tree, root); i < end; i++) {
        const hf_tree_process *p = &view->processes[i];
        if (p->ended)
            continue;
        sum.processes++;
        sum.unmeasured += !p->measured;
        if (!p->measured)
            continue;
        sum.rss += p->footprint.rss;
        sum.pss += p->footprint.pss;
        sum.private += hf_footprint_private(&p->footprint);
        sum.swap += p->footprint.swap;
    }
    return sum;
}

/* Whether a row has a younger sibling, for which its line goes on. */
static bool goes_on(const hf_process_tree *tree, size_t row)
{
    size_t next = hf_process_tree_end(tree, row);
    return next < tree->count && tree->rows[next].depth == tree->rows[row].depth &&
           tree->rows[next].parent == tree->rows[row].parent;
}

void hf_show_tree_pid(const hf_process_tree *tree, size_t row, hf_buf *ret)
{
    size_t chain[DRAWN_MOST], depth = 0;
    for (size_t at = row; tree->rows[at].parent != HF_NO_ROW && depth < DRAWN_MOST;
         at = tree->rows[at].parent)
        chain[depth++] = at;
    while (depth-- > 1)
        hf_buf_text(ret, goes_on(tree, chain[depth]) ? "│  " : "   ");
    if (tree->rows[row].parent != HF_NO_ROW)
        hf_buf_text(ret, goes_on(tree, row) ? "├─ " : "└─ ");
    hf_buf_format(ret, "%d", (int)tree->rows[row].pid);
}

void hf_show_tree_sum(const hf_tree_view *view, size_t root, hf_buf *ret)
{
    hf_tree_sum sum = hf_tree_sum_of(view, root);
    size_t others = sum.processes ? sum.processes - 1 : 0;
    hf_buf_format(ret, "%d", (int)view->tree->rows[root].pid);
    if (others)
        hf_buf_format(ret, " and its %zu descendant%s", others, others == 1 ? "" : "s");
    hf_buf_format(ret, " take%s %s, shared pages counted once (PSS)", others ? "" : "s",
                  hf_format_bytes(sum.pss).text);
    if (others)
        hf_buf_format(ret, "; the sum of their RSS says %s", hf_format_bytes(sum.rss).text);
    if (sum.swap)
        hf_buf_format(ret, "; %s more in swap", hf_format_bytes(sum.swap).text);
    if (sum.unmeasured)
        hf_buf_format(ret, "; %zu of them could not be measured%s", sum.unmeasured,
                      view->as_root ? "" : " (root sees more)");
}

static void add_row(hf_table *table, const hf_tree_view *view, size_t row)
{
    const hf_tree_process *p = &view->processes[row];
    hf_buf pid HF_AUTO(hf_buf_deinit) = {0};
    hf_show_tree_pid(view->tree, row, &pid);
    hf_table_cell(table, "%s", hf_buf_string(&pid));
    hf_table_cell(table, "%s", p->python ? *p->version ? p->version : "?" : "-");
    if (p->measured) {
        hf_table_cell(table, "%s", hf_format_bytes(p->footprint.rss).text);
        hf_table_cell(table, "%s", hf_format_bytes(p->footprint.pss).text);
        hf_table_cell(table, "%s", hf_format_bytes(hf_footprint_private(&p->footprint)).text);
    } else {
        for (int i = 0; i < 3; i++)
            hf_table_cell(table, "-");
    }
    hf_table_cell(table, "%s", hf_format_seconds(p->seconds).text);
    if (p->hidden || p->ended)
        hf_table_cell(table, p->hidden ? "(may not be looked at)" : "(has ended)");
    else
        hf_table_untrusted(table, hf_show_short_command(p->command),
                           strlen(hf_show_short_command(p->command)), COMMAND_WIDTH);
}

void hf_show_tree_text(hf_text *t, const hf_tree_view *view)
{
    static const hf_column columns[] = {{"PID", false},    {"PYTHON", false}, {"RSS", true},
                                        {"PSS", true},     {"PRIVATE", true}, {"UPTIME", true},
                                        {"COMMAND", false}};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 7, 0);
    table.cut = true;
    for (size_t i = 0; i < view->tree->count; i++)
        add_row(&table, view, i);
    if (!view->tree->count) {
        hf_text_print(t, "no Python process that we may look at\n");
        return;
    }
    hf_table_print(&table, t);
    hf_text_print(t, "\n");
    size_t end;
    for (size_t root = 0; root < view->tree->count; root = end) {
        end = hf_process_tree_end(view->tree, root);
        if (end == root + 1 && end - root != view->tree->count)
            continue; /* its row says it all */
        hf_buf sum HF_AUTO(hf_buf_deinit) = {0};
        hf_show_tree_sum(view, root, &sum);
        hf_text_fill(t, hf_buf_string(&sum), 0, 92);
    }
}

void hf_show_tree_row_members(hf_json *j, const hf_tree_view *view, size_t row)
{
    const hf_tree_process *p = &view->processes[row];
    const hf_tree_row *r = &view->tree->rows[row];
    hf_json_int(j, "pid", r->pid);
    if (r->parent == HF_NO_ROW)
        hf_json_text(j, "parent", NULL);
    else
        hf_json_int(j, "parent", view->tree->rows[r->parent].pid);
    hf_json_uint(j, "depth", r->depth);
    hf_json_text(j, "python", *p->version ? p->version : NULL);
    hf_json_bool(j, "is_python", p->python);
    hf_json_bool(j, "hidden", p->hidden);
    hf_json_bool(j, "ended", p->ended);
    if (p->measured) {
        hf_json_uint(j, "rss_bytes", p->footprint.rss);
        hf_json_uint(j, "pss_bytes", p->footprint.pss);
        hf_json_uint(j, "private_bytes", hf_footprint_private(&p->footprint));
        hf_json_uint(j, "private_dirty_bytes", p->footprint.private_dirty);
        hf_json_uint(j, "swap_bytes", p->footprint.swap);
    }
    hf_json_real(j, "uptime_seconds", p->seconds);
    hf_json_text(j, "command", p->hidden ? NULL : p->command);
}

void hf_show_tree_sum_members(hf_json *j, const hf_tree_view *view, size_t root)
{
    hf_tree_sum sum = hf_tree_sum_of(view, root);
    hf_json_int(j, "pid", view->tree->rows[root].pid);
    hf_json_uint(j, "processes", sum.processes);
    hf_json_uint(j, "unmeasured", sum.unmeasured);
    hf_json_uint(j, "rss_bytes", sum.rss);
    hf_json_uint(j, "pss_bytes", sum.pss);
    hf_json_uint(j, "private_bytes", sum.private);
    hf_json_uint(j, "swap_bytes", sum.swap);
}

void hf_show_tree_json(hf_json *j, const hf_tree_view *view)
{
    hf_json_object(j, NULL);
    hf_json_array(j, "processes");
    for (size_t i = 0; i < view->tree->count; i++) {
        hf_json_object(j, NULL);
        hf_show_tree_row_members(j, view, i);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_array(j, "trees");
    for (size_t root = 0; root < view->tree->count; root = hf_process_tree_end(view->tree, root)) {
        hf_json_object(j, NULL);
        hf_show_tree_sum_members(j, view, root);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_end(j);
}
