/* present/cli/cmd_ps.c - the Python processes that can be looked at. */
#include "base/array.h"
#include "base/cleanup.h"
#include "graph/probe.h"
#include "present/cli/session.h"
#include "present/cli/source.h"
#include "present/cli/tree.h"
#include "present/show.h"

#include "acquire/processes.h"

#include <string.h>

/* What is known of one process; false where it is no Python, or not there any more. */
static bool look_at(hf_target *target, hf_process_row *row)
{
    const hf_target_info *info = hf_target_describe(target);
    hf_python_probe probe;
    hf_err *err = hf_probe(target, &probe);
    bool unproven = err && hf_err_code_of(err) == HF_ERR_UNPROVEN;
    hf_err_free(err);
    if (err && !unproven)
        return false;
    *row = (hf_process_row){
        .pid = info->pid, .rss = info->rss, .seconds = hf_age_of(info->start_time)};
    row->command = strdup(info->command);
    if (unproven)
        return true;
    memcpy(row->version, probe.python.version, sizeof(row->version));
    hf_freeze_options options = {.rest = probe.rest, .rest_count = probe.rest_count};
    err = hf_freeze_plan_for(target, &options, &row->plan);
    row->planned = !err;
    hf_err_free(err);
    return true;
}

static hf_err *list_processes(const pid_t *pids, size_t count, hf_process_list *list)
{
    for (size_t i = 0; i < count; i++) {
        if (pids[i] == getpid())
            continue;
        HF_AUTO(hf_target_freep) hf_target *target = NULL;
        hf_err *err = hf_target_open_pid(pids[i], &target);
        if (err && hf_err_code_of(err) == HF_ERR_PERMISSION)
            list->hidden++;
        hf_err_free(err);
        if (err)
            continue;
        hf_process_row row = {0};
        if (!look_at(target, &row))
            continue;
        if (!row.command || !hf_array_next(&list->rows, list->count)) {
            free(row.command);
            return hf_fail_memory();
        }
        list->rows[list->count++] = row;
    }
    return NULL;
}

static hf_err *show_trees(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    hf_family family HF_AUTO(hf_family_deinit) = {0};
    hf_source source = {0};
    hf_err *err = a->operand_count ? hf_source_resolve(a->operands[0], &source) : NULL;
    if (!err && a->operand_count && !source.pid)
        err = hf_fail(HF_ERR_USAGE, "ps: '%s' is a file and no process", source.path);
    if (!err)
        err = hf_family_read(source.pid, &family);
    if (err)
        return err;
    hf_tree_view view = hf_family_view(&family);
    if (s->text)
        hf_show_tree_text(s->text, &view);
    if (s->json)
        hf_show_tree_json(s->json, &view);
    return NULL;
}

hf_err *hf_cmd_ps(hf_session *s)
{
    if (s->arguments->whole_tree)
        return show_trees(s);
    if (s->arguments->operand_count)
        return hf_fail(HF_ERR_USAGE, "ps lists all processes; that of one, '%s', takes --tree",
                       s->arguments->operands[0]);
    HF_AUTO(hf_freep) pid_t *pids = NULL;
    size_t count;
    hf_err *err = hf_processes_list(&pids, &count);
    if (err)
        return err;
    hf_process_list list = {.as_root = geteuid() == 0};
    err = list_processes(pids, count, &list);
    if (!err && s->text)
        hf_show_processes_text(s->text, &list);
    if (!err && s->json)
        hf_show_processes_json(s->json, &list);
    for (size_t i = 0; i < list.count; i++)
        free(list.rows[i].command);
    free(list.rows);
    return err;
}
