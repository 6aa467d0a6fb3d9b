#include "acquire/processes.h"

#include "acquire/proc.h"

#include <errno.h>
#include <unistd.h>

hf_err *hf_processes_list(pid_t **ret, size_t *ret_count)
{
    if (access("/proc/self", F_OK))
        return hf_fail_sys(errno, "cannot list the processes: /proc is not mounted here");
    int errnum = hf_proc_numbers("/proc", ret, ret_count);
    return errnum ? hf_fail_sys(errnum, "cannot list the processes in /proc") : NULL;
}

hf_err *hf_processes_children(pid_t parent, pid_t **ret, size_t *ret_count)
{
    pid_t *pids;
    size_t count, kept = 0;
    hf_err *err = hf_processes_list(&pids, &count);
    if (err)
        return err;
    for (size_t i = 0; i < count; i++) {
        hf_proc_stat stat;
        if (!hf_proc_stat_of(pids[i], &stat) && stat.parent == parent && stat.state != 'Z' &&
            stat.exit_signal)
            pids[kept++] = pids[i];
    }
    *ret = pids;
    *ret_count = kept;
    return NULL;
}

hf_err *hf_processes_parent(pid_t pid, pid_t *ret)
{
    hf_proc_stat stat;
    int errnum = hf_proc_stat_of(pid, &stat);
    if (errnum)
        return hf_fail_sys(errnum, "cannot read /proc/%d/stat", (int)pid);
    *ret = stat.parent;
    return NULL;
}
