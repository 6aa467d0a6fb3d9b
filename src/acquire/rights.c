/* Which right is missing. The rules are those of ptrace(2), "Ptrace access mode checking". */
#include "acquire/process.h"

#include "acquire/proc.h"
#include "base/cleanup.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CAPABILITY_PTRACE = 19 }; /* CAP_SYS_PTRACE in linux/capability.h */

/* kernel.yama.ptrace_scope, or 0 where there is no Yama. */
static int ptrace_scope(void)
{
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    if (hf_proc_read_file("/proc/sys/kernel/yama/ptrace_scope", &text))
        return 0;
    return (int)strtol(hf_buf_string(&text), NULL, 10);
}

static bool other_user_namespace(pid_t pid)
{
    char ours[64], theirs[64];
    if (hf_proc_link(getpid(), "ns/user", ours, sizeof(ours)))
        return false;
    return hf_proc_link(pid, "ns/user", theirs, sizeof(theirs)) == 0 && strcmp(ours, theirs) != 0;
}

/* /proc/PID belongs to root when the process may not be dumped: set-uid programs, and those that
 * called prctl(PR_SET_DUMPABLE, 0). */
static bool is_protected(pid_t pid, const hf_proc_status *them)
{
    char path[64];
    struct stat folder;
    snprintf(path, sizeof(path), "/proc/%d", (int)pid);
    return them->uid != 0 && stat(path, &folder) == 0 && folder.st_uid != them->uid;
}

static hf_err *denied_by_scope(pid_t pid, const char *act, int scope)
{
    static const char *const rules[] = {"",
                                        "only an ancestor of a process or root may look into it",
                                        "only a process with CAP_SYS_PTRACE may look into others",
                                        "nobody may look into a process, until the next boot"};
    return hf_fail(HF_ERR_PERMISSION,
                   "may not %s process %d: the ptrace policy of this system "
                   "(kernel.yama.ptrace_scope = %d) says that %s%s",
                   act, (int)pid, scope, rules[scope <= 3 ? scope : 3],
                   scope < 3 ? "; run as root (sudo)" : "");
}

static hf_err *denied_to_root(pid_t pid, const char *act, const hf_proc_status *us,
                              const hf_proc_status *them)
{
    if (us->capabilities >> CAPABILITY_PTRACE & 1)
        return hf_fail(HF_ERR_PERMISSION,
                       "may not %s process %d: a security module or a seccomp filter of this "
                       "container forbids it to us",
                       act, (int)pid);
    return hf_fail(HF_ERR_PERMISSION,
                   "may not %s process %d (of uid %u): this container does not give root the right "
                   "CAP_SYS_PTRACE; run on the host, or start the container with --cap-add "
                   "SYS_PTRACE",
                   act, (int)pid, them->uid);
}

hf_err *hf_process_denied(pid_t pid, const char *act)
{
    hf_proc_status us, them;
    if (hf_proc_status_of(getpid(), &us) || hf_proc_status_of(pid, &them))
        return hf_fail(HF_ERR_TARGET_GONE, "process %d ended while it was being opened", (int)pid);
    int scope = ptrace_scope();
    if (scope >= 3)
        return denied_by_scope(pid, act, scope);
    if (other_user_namespace(pid))
        return hf_fail(HF_ERR_PERMISSION,
                       "may not %s process %d: it lives in another user namespace (a container); "
                       "run inside it, or as root of the host",
                       act, (int)pid);
    if (us.uid == 0)
        return denied_to_root(pid, act, &us, &them);
    if (them.real_uid != us.uid || them.uid != us.uid || them.saved_uid != us.uid)
        return hf_fail(HF_ERR_PERMISSION,
                       "may not %s process %d: it runs as uid %u, this tool as uid %u; run as that "
                       "user or as root (sudo)",
                       act, (int)pid, them.uid, us.uid);
    if (is_protected(pid, &them))
        return hf_fail(HF_ERR_PERMISSION,
                       "may not %s process %d: it is a set-uid program or has made itself "
                       "undumpable (PR_SET_DUMPABLE); run as root (sudo)",
                       act, (int)pid);
    if (scope > 0)
        return denied_by_scope(pid, act, scope);
    if (them.capabilities & ~us.capabilities)
        return hf_fail(HF_ERR_PERMISSION,
                       "may not %s process %d: it has capabilities that this tool has not; run as "
                       "root (sudo)",
                       act, (int)pid);
    return hf_fail(HF_ERR_PERMISSION,
                   "may not %s process %d: a security module or the container forbids it; run as "
                   "root of the host",
                   act, (int)pid);
}
