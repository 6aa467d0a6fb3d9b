/* present/cli/cmd_ps.c - the Python processes that can be looked at. */
#include "base/cleanup.h"
#include "present/cli/session.h"
#include "present/cli/source.h"
#include "present/show.h"

#include "acquire/processes.h"

#include <string.h>
#include <time.h>

static void close_target(hf_target **target)
{
    hf_target_free(*target);
}

/* Seconds since a process began. */
static double age_of(uint64_t start_ticks)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    double age = (double)now.tv_sec + (double)now.tv_nsec / 1e9 -
                 (double)start_ticks / (double)sysconf(_SC_CLK_TCK);
    return age > 0 ? age : 0;
}

/* What is known of one process; false where it is no Python, or not there any more. */
static bool look_at(hf_target *target, hf_process_row *row)
{
    const hf_target_info *info = hf_target_describe(target);
    hf_python_probe probe;
    hf_err *err = hf_python_probe_live(target, &probe);
    bool unproven = err && hf_err_code_of(err) == HF_ERR_UNPROVEN;
    hf_err_free(err);
    if (err && !unproven)
        return false;
    *row =
        (hf_process_row){.pid = info->pid, .rss = info->rss, .seconds = age_of(info->start_time)};
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
        HF_AUTO(close_target) hf_target *target = NULL;
        hf_err *err = hf_target_open_pid(pids[i], &target);
        if (err && hf_err_code_of(err) == HF_ERR_PERMISSION)
            list->hidden++;
        hf_err_free(err);
        if (err)
            continue;
        hf_process_row row = {0};
        if (!look_at(target, &row))
            continue;
        hf_process_row *rows = realloc(list->rows, (list->count + 1) * sizeof(*rows));
        if (!rows || !row.command) {
            free(row.command);
            return hf_fail_memory();
        }
        list->rows = rows;
        list->rows[list->count++] = row;
    }
    return NULL;
}

hf_err *hf_cmd_ps(hf_session *s)
{
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
