#include "acquire/processes.h"

#include "acquire/proc.h"

hf_err *hf_processes_list(pid_t **ret, size_t *ret_count)
{
    int errnum = hf_proc_numbers("/proc", ret, ret_count);
    return errnum ? hf_fail_sys(errnum, "cannot list the processes in /proc") : NULL;
}
