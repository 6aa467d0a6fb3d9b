#include "acquire/seccomp_python.h"

#include "acquire/inside.h"
#include "acquire/proc.h"
#include "acquire/seccomp.h"
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NONE = 0, NO_FILE = -1 };

/* Those that start a thread, but for CLONE_SIGHAND: tried without it, none starts. */
#define THREAD_FLAGS                                                                   \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS | \
     CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

/* With arguments that the kernel answers with this error, or with none: so they can be tried.
 * Filters see numbers only, and neither paths nor which file it is. Those that may fail: to ask
 * whether a file is a terminal; to hand a signal that came meanwhile back to the program, by a
 * thread. */
static const struct {
    hf_call call;
    int error;
} calls[] = {
    {{SYS_openat, 0, 0, {(uint64_t)AT_FDCWD, 0, O_RDONLY | O_CLOEXEC}, false}, EFAULT},
    {{SYS_openat, 0, 0, {(uint64_t)AT_FDCWD, 0, O_WRONLY | O_CLOEXEC}, false}, EFAULT},
#ifdef SYS_open /* musl's */
    {{SYS_open, 0, 0, {0, O_RDONLY | O_CLOEXEC}, true}, EFAULT},
    {{SYS_open, 0, 0, {0, O_WRONLY | O_CLOEXEC}, true}, EFAULT},
#endif
    {{SYS_read, 0, 0, {(uint64_t)NO_FILE}, false}, EBADF},
    {{SYS_fstat, 0, 0, {(uint64_t)NO_FILE}, false}, EBADF},
    {{SYS_newfstatat, 0, 0, {(uint64_t)AT_FDCWD, 0, 0, 0}, false}, EFAULT},
    {{SYS_lseek, 0, 0, {(uint64_t)NO_FILE, 0, SEEK_CUR}, false}, EBADF},
    {{SYS_pwrite64, 0, 0, {(uint64_t)NO_FILE}, false}, EBADF},
    {{SYS_fcntl, 0, 0, {(uint64_t)NO_FILE, F_GETLK}, false}, EBADF},
    {{SYS_close, 0, 0, {(uint64_t)NO_FILE}, false}, EBADF},
#ifdef SYS_unlink
    {{SYS_unlink, 0, 0, {0}, false}, EFAULT},
    {{SYS_rmdir, 0, 0, {0}, false}, EFAULT},
#else
    {{SYS_unlinkat, 0, 0, {(uint64_t)AT_FDCWD, 0, 0}, false}, EFAULT},
    {{SYS_unlinkat, 0, 0, {(uint64_t)AT_FDCWD, 0, AT_REMOVEDIR}, false}, EFAULT},
#endif
    {{SYS_getpid, 0, 0, {0}, false}, NONE},
    {{SYS_gettid, 0, 0, {0}, false}, NONE},
    {{SYS_brk, 0, 0, {0}, false}, NONE},
    {{SYS_mmap,
      0,
      0,
      {0, 0, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t)NO_FILE},
      false},
     EINVAL},
    {{SYS_ioctl, 0, 0, {(uint64_t)NO_FILE, TCGETS}, true}, EBADF},
    {{SYS_tgkill, 0, 0, {0}, true}, EINVAL},
    {{SYS_clone, 0, 0, {THREAD_FLAGS}, true}, EINVAL},
    {{SYS_clone3, 0, 0, {0}, true}, EINVAL},
};

enum { COUNT = sizeof(calls) / sizeof(*calls) };

/* In a child of ours, which a filter may kill. */
static int try_calls(void)
{
    for (size_t i = 0; i < COUNT; i++) {
        const uint64_t *a = calls[i].call.arguments;
        errno = 0;
        syscall(calls[i].call.number, a[0], a[1], a[2], a[3], a[4], a[5]);
        if (errno != calls[i].error && !calls[i].call.may_fail)
            return 1;
    }
    return 0;
}

hf_err *hf_seccomp_python_check(pid_t pid, uint32_t *ret_tried)
{
    char folder[64];
    HF_AUTO(hf_freep) pid_t *tids = NULL;
    size_t count = 0;
    *ret_tried = 0;
    snprintf(folder, sizeof(folder), "/proc/%d/task", (int)pid);
    if (hf_proc_numbers(folder, &tids, &count))
        return hf_process_gone(pid);
    for (size_t i = 0; i < count; i++) {
        hf_proc_status status;
        hf_seccomp_way way;
        if (hf_proc_status_of(tids[i], &status) || !status.seccomp_mode ||
            (*ret_tried && status.seccomp_filters == *ret_tried))
            continue; /* a thread that has ended, too */
        hf_err *err = hf_seccomp_find_way(tids[i], try_calls, "running the code", &way);
        if (err)
            return err;
        if (way == HF_SECCOMP_READ)
            return NULL; /* and so it is for the others */
        if (way == HF_SECCOMP_TRIED)
            *ret_tried = status.seccomp_filters;
    }
    return NULL;
}

hf_err *hf_seccomp_python_ask(pid_t tid, uint32_t tried)
{
    static const hf_gadgets anywhere; /* the calls come from all over the C library */
    hf_call wanted[COUNT];
    hf_proc_status status;
    if (hf_proc_status_of(tid, &status))
        return hf_fail(HF_ERR_REFUSED, "its seccomp state cannot be read");
    if (status.seccomp_mode == SECCOMP_MODE_DISABLED)
        return NULL;
    if (status.seccomp_mode == SECCOMP_MODE_FILTER && tried && status.seccomp_filters == tried)
        return NULL;
    for (size_t i = 0; i < COUNT; i++)
        wanted[i] = calls[i].call;
    return hf_seccomp_ask(tid, &anywhere, wanted, COUNT);
}
