/* What /proc says about a process. */
#include "acquire/inside.h"
#include "acquire/ladder.h"
#include "acquire/proc.h"
#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

hf_err *hf_process_gone(pid_t pid)
{
    return hf_fail(HF_ERR_TARGET_GONE, "process %d ended while it was being looked at", (int)pid);
}

hf_err *hf_process_maps(pid_t pid, hf_maps *ret)
{
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    int errnum = hf_proc_read(pid, "maps", &text);
    if (errnum == ESRCH || errnum == ENOENT || (!errnum && !text.length))
        return hf_process_gone(pid);
    if (errnum == EACCES || errnum == EPERM)
        return hf_process_denied(pid, "read");
    if (errnum)
        return hf_fail_sys(errnum, "cannot read /proc/%d/maps", (int)pid);
    return hf_maps_parse((const char *)text.data, text.length, ret);
}

/* An owned text, or the constant "" when it is empty or memory is out. */
static const char *text_or_empty(char *text)
{
    if (text && *text)
        return text;
    free(text);
    return "";
}

static const char *executable_of(pid_t pid)
{
    char path[4096];
    return hf_proc_link(pid, "exe", path, sizeof(path)) ? "" : text_or_empty(strdup(path));
}

static const char *command_of(pid_t pid)
{
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    hf_proc_read(pid, "cmdline", &text);
    while (text.length && !text.data[text.length - 1])
        text.length--;
    for (size_t i = 0; i < text.length; i++)
        if (!text.data[i])
            text.data[i] = ' ';
    return text_or_empty(strndup(hf_buf_string(&text), text.length));
}

static bool describe_thread(pid_t pid, pid_t tid, hf_thread *ret)
{
    HF_AUTO(hf_buf_deinit) hf_buf name = {0};
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    char file[64];
    snprintf(file, sizeof(file), "task/%d/comm", (int)tid);
    if (hf_proc_read(pid, file, &name))
        return false;
    snprintf(file, sizeof(file), "task/%d/status", (int)tid);
    hf_proc_status status;
    if (hf_proc_read(pid, file, &text))
        return false;
    hf_proc_parse_status((const char *)text.data, text.length, &status);
    *ret = (hf_thread){.tid = status.id_count ? status.ids[status.id_count - 1] : tid,
                       .is_main = tid == pid};
    snprintf(ret->name, sizeof(ret->name), "%s", hf_buf_string(&name));
    ret->name[strcspn(ret->name, "\n")] = 0;
    return true;
}

static hf_err *describe_threads(pid_t pid, hf_target_info *info)
{
    char folder[64];
    HF_AUTO(hf_freep) pid_t *tids = NULL;
    size_t count = 0;
    snprintf(folder, sizeof(folder), "/proc/%d/task", (int)pid);
    if (hf_proc_numbers(folder, &tids, &count))
        return hf_process_gone(pid);
    hf_thread *threads = calloc(count ? count : 1, sizeof(*threads));
    if (!threads)
        return hf_fail_memory();
    info->threads = threads;
    for (size_t i = 0; i < count; i++)
        if (describe_thread(pid, tids[i], &threads[info->thread_count]))
            info->thread_count++;
    return NULL;
}

/* Nanoseconds since a process was started, by the clock that goes on while the machine sleeps
 * (proc_pid_stat(5), starttime); 0 where that cannot be. */
static uint64_t age_of(uint64_t start_time)
{
    uint64_t start = start_time * (1000000000 / (uint64_t)sysconf(_SC_CLK_TCK));
    uint64_t now = hf_now(CLOCK_BOOTTIME);
    return start < now ? now - start : 0;
}

hf_err *hf_target_fill_info(hf_target *t, const hf_process *p)
{
    hf_proc_status status;
    if (hf_proc_status_of(p->pid, &status))
        return hf_process_gone(p->pid);
    hf_target_info *info = &t->info;
    info->pid = p->pid;
    info->start_time = p->start_time;
    info->uid = status.uid;
    info->gid = status.gid;
    info->rss = status.rss;
    info->anonymous = status.anonymous;
    info->swap = status.swap;
    info->peak = status.peak;
    info->age = age_of(p->start_time);
    info->executable = executable_of(p->pid);
    info->command = command_of(p->pid);
    return describe_threads(p->pid, info);
}
