#include "graph/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "which AUDIT_ARCH is this?"
#endif

/* What decoding and writing need: memory, the open files, time, an end. Nothing opens a file,
 * reaches another process or the network, or starts a program. A thread may be started. */
static const int allowed[] = {
    SYS_read,         SYS_write,           SYS_lseek,           SYS_fstat,       SYS_close,
    SYS_mmap,         SYS_munmap,          SYS_mremap,          SYS_mprotect,    SYS_madvise,
    SYS_brk,          SYS_futex,           SYS_getrandom,       SYS_uname,       SYS_clock_gettime,
    SYS_gettimeofday, SYS_sched_yield,     SYS_restart_syscall, SYS_getpid,      SYS_gettid,
    SYS_rt_sigaction, SYS_rt_sigprocmask,  SYS_rt_sigreturn,    SYS_sigaltstack, SYS_tgkill,
    SYS_exit,         SYS_exit_group,      SYS_set_robust_list, SYS_rseq,        SYS_pread64,
    SYS_nanosleep,    SYS_clock_nanosleep,
};

enum { ALLOWED = sizeof(allowed) / sizeof(*allowed), HEAD = 4, THREADS = 7 };

hf_err *hf_sandbox_filter(void)
{
    struct sock_filter code[HEAD + 2 * ALLOWED + THREADS + 1] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    size_t n = HEAD;
    for (size_t i = 0; i < ALLOWED; i++) {
        code[n++] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)allowed[i], 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    }
    /* clone() tells in a register what it makes; clone3() tells it in memory, which no filter
     * sees, and libraries then take clone(). With CLONE_VFORK a thread could wait as for a
     * disk, for ever. */
    const struct sock_filter threads[THREADS] = {
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_VFORK, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    memcpy(code + n, threads, sizeof(threads));
    n += THREADS;
    /* An error and no death: a library may try what it can do without. */
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    struct sock_fprog program = {.len = (unsigned short)n, .filter = code};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) && errno != EINVAL)
        return hf_fail_sys(errno, "cannot filter system calls");
    return NULL; /* EINVAL: a kernel without filters */
}

bool hf_sandbox_has_filter(void)
{
    /* Asked with no program at all, a kernel that has filters fails to read it (prctl(2)). */
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) == -1 && errno == EFAULT;
}
