#include "acquire/seccomp.h"

#include "acquire/proc.h"
#include "base/cleanup.h"

#include <assert.h>
#include <errno.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CAPABILITY_ADMIN = 21 }; /* CAP_SYS_ADMIN in linux/capability.h */

/* PTRACE_SECCOMP_GET_FILTER in linux/ptrace.h, which does not go together with glibc's. */
#define GET_FILTER 0x420c

#define BROKEN SECCOMP_RET_KILL_PROCESS

typedef struct bpf_state {
    uint32_t a, x, memory[BPF_MEMWORDS];
} bpf_state;

static bool run_alu(bpf_state *s, const struct sock_filter *f)
{
    uint32_t operand = BPF_SRC(f->code) == BPF_X ? s->x : f->k;
    switch (BPF_OP(f->code)) {
    case BPF_ADD:
        s->a += operand;
        return true;
    case BPF_SUB:
        s->a -= operand;
        return true;
    case BPF_MUL:
        s->a *= operand;
        return true;
    case BPF_DIV:
        s->a = operand ? s->a / operand : 0;
        return operand != 0;
    case BPF_AND:
        s->a &= operand;
        return true;
    case BPF_OR:
        s->a |= operand;
        return true;
    case BPF_XOR:
        s->a ^= operand;
        return true;
    case BPF_LSH:
        s->a = operand < 32 ? s->a << operand : 0;
        return true;
    case BPF_RSH:
        s->a = operand < 32 ? s->a >> operand : 0;
        return true;
    case BPF_NEG:
        s->a = -s->a;
        return true;
    default:
        return false;
    }
}

/* How many instructions to skip; SIZE_MAX for a jump that there is not. */
static size_t run_jump(const bpf_state *s, const struct sock_filter *f)
{
    uint32_t operand = BPF_SRC(f->code) == BPF_X ? s->x : f->k;
    switch (BPF_OP(f->code)) {
    case BPF_JA:
        return f->k;
    case BPF_JEQ:
        return s->a == operand ? f->jt : f->jf;
    case BPF_JGT:
        return s->a > operand ? f->jt : f->jf;
    case BPF_JGE:
        return s->a >= operand ? f->jt : f->jf;
    case BPF_JSET:
        return s->a & operand ? f->jt : f->jf;
    default:
        return SIZE_MAX;
    }
}

static bool load(const bpf_state *s, const struct sock_filter *f, const struct seccomp_data *data,
                 uint32_t *ret)
{
    switch (BPF_MODE(f->code)) {
    case BPF_IMM:
        *ret = f->k;
        return true;
    case BPF_LEN:
        *ret = sizeof(*data);
        return true;
    case BPF_MEM:
        if (f->k >= BPF_MEMWORDS)
            return false;
        *ret = s->memory[f->k];
        return true;
    case BPF_ABS:
        if (f->k > sizeof(*data) - 4 || f->k % 4 || BPF_CLASS(f->code) == BPF_LDX)
            return false;
        memcpy(ret, (const uint8_t *)data + f->k, 4);
        return true;
    default:
        return false;
    }
}

/* One instruction that neither jumps nor returns. */
static bool run_straight(bpf_state *s, const struct sock_filter *f, const struct seccomp_data *data)
{
    switch (BPF_CLASS(f->code)) {
    case BPF_LD:
        return load(s, f, data, &s->a);
    case BPF_LDX:
        return load(s, f, data, &s->x);
    case BPF_ST:
    case BPF_STX:
        if (f->k >= BPF_MEMWORDS)
            return false;
        s->memory[f->k] = BPF_CLASS(f->code) == BPF_ST ? s->a : s->x;
        return true;
    case BPF_ALU:
        return run_alu(s, f);
    case BPF_MISC:
        if (BPF_MISCOP(f->code) == BPF_TAX)
            s->x = s->a;
        else
            s->a = s->x;
        return true;
    default:
        return false;
    }
}

uint32_t hf_seccomp_run(const struct sock_filter *program, size_t count, const hf_call *call)
{
    struct seccomp_data data = {
        .nr = (int)call->number, .arch = call->machine, .instruction_pointer = call->instruction};
    memcpy(data.args, call->arguments, sizeof(data.args));
    bpf_state s = {0};
    for (size_t i = 0; i < count; i++) {
        const struct sock_filter *f = &program[i];
        if (BPF_CLASS(f->code) == BPF_RET)
            return BPF_RVAL(f->code) == BPF_A ? s.a : f->k;
        if (BPF_CLASS(f->code) == BPF_JMP) {
            size_t skip = run_jump(&s, f);
            if (skip >= count - i)
                return BROKEN;
            i += skip; /* forward only: this ends */
        } else if (!run_straight(&s, f, &data)) {
            return BROKEN;
        }
    }
    return BROKEN;
}

static hf_err *ask_filter(const struct sock_filter *program, size_t length, const hf_call *calls,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t action = hf_seccomp_run(program, length, &calls[i]) & SECCOMP_RET_ACTION_FULL;
        if (action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG &&
            !(action == SECCOMP_RET_ERRNO && calls[i].may_fail))
            return hf_fail(HF_ERR_REFUSED,
                           "its seccomp filter does not allow system call %u, which is needed",
                           calls[i].number);
    }
    return NULL;
}

static hf_err *ask_filters(pid_t tid, const hf_call *calls, size_t count)
{
    struct sock_filter program[BPF_MAXINSNS];
    for (unsigned long index = 0;; index++) {
        long length = ptrace(GET_FILTER, tid, index, NULL);
        if (length < 0 && errno == ENOENT && index > 0)
            return NULL;
        if (length < 0 || length > BPF_MAXINSNS ||
            ptrace(GET_FILTER, tid, index, program) != length)
            return hf_fail(HF_ERR_REFUSED, "its seccomp filters cannot be read: %s",
                           strerror(errno));
        hf_err *err = ask_filter(program, (size_t)length, calls, count);
        if (err)
            return err;
    }
}

hf_err *hf_seccomp_ask(pid_t tid, const hf_gadgets *gadgets, const hf_call *calls, size_t count)
{
    enum { CALLS_MAX = 32 };
    hf_call complete[CALLS_MAX];
    assert(count <= CALLS_MAX);
    for (size_t i = 0; i < count; i++) {
        complete[i] = calls[i];
        hf_machine_complete_call(gadgets, &complete[i]);
    }
    return ask_filters(tid, complete, count);
}

hf_err *hf_seccomp_ask_fork(pid_t tid, const hf_gadgets *gadgets)
{
    hf_call calls[HF_CALLS];
    hf_machine_calls(gadgets, calls);
    return ask_filters(tid, calls, HF_CALLS);
}

static bool same_namespaces(pid_t pid)
{
    static const char *const names[] = {"ns/mnt", "ns/pid", "ns/user",  "ns/net",
                                        "ns/ipc", "ns/uts", "ns/cgroup"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char ours[64], theirs[64];
        if (hf_proc_link(getpid(), names[i], ours, sizeof(ours)) ||
            hf_proc_link(pid, names[i], theirs, sizeof(theirs)) || strcmp(ours, theirs) != 0)
            return false;
    }
    return true;
}

static void nothing(int number)
{
    (void)number;
}

/* The calls of an injection, done by ourselves; a filter answers with an error or kills us. */
static int try_calls(void)
{
    struct sigaction action = {.sa_handler = nothing};
    sigset_t all;
    sigfillset(&all);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0});
    long copy = syscall(SYS_clone, CLONE_FILES, 0, 0, 0, 0);
    if (copy == 0)
        syscall(SYS_exit_group, HF_COPY_EXIT_CODE);
    if (copy < 0)
        return 1;
    int status;
    if (syscall(SYS_wait4, copy, &status, __WALL, 0) != copy || !WIFEXITED(status) ||
        WEXITSTATUS(status) != HF_COPY_EXIT_CODE)
        return 1;
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    return sigaction(SIGUSR1, &action, NULL) || raise(SIGUSR1); /* returns by rt_sigreturn */
}

/* As fork(), by the call that glibc starts threads with where it can: a filter that kills for the
 * old one, which is to be tried, must hit the child. */
static pid_t fork_by_clone3(void)
{
    struct clone_args arguments = {.exit_signal = SIGCHLD};
    long child = syscall(SYS_clone3, &arguments, sizeof(arguments));
    return child >= 0 ? (pid_t)child : fork();
}

static bool child_may(int (*try)(void))
{
    pid_t child = fork_by_clone3();
    if (child == 0)
        _exit(try());
    int status;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

hf_err *hf_seccomp_find_way(pid_t pid, int (*try)(void), const char *what, hf_seccomp_way *ret)
{
    hf_proc_status us, them;
    if (hf_proc_status_of(pid, &them) || hf_proc_status_of(getpid(), &us))
        return hf_fail(HF_ERR_REFUSED, "its seccomp state cannot be read");
    if (them.seccomp_mode == SECCOMP_MODE_DISABLED) {
        *ret = HF_SECCOMP_NONE;
        return NULL;
    }
    if (them.seccomp_mode != SECCOMP_MODE_FILTER)
        return hf_fail(HF_ERR_REFUSED, "it is in strict seccomp mode");
    if (us.seccomp_mode == SECCOMP_MODE_DISABLED && us.capabilities >> CAPABILITY_ADMIN & 1) {
        *ret = HF_SECCOMP_READ;
        return NULL;
    }
    if (!us.knows_filters || us.seccomp_filters != them.seccomp_filters || !same_namespaces(pid))
        return hf_fail(
            HF_ERR_REFUSED,
            "it has seccomp filters that may not be read (that needs CAP_SYS_ADMIN), and "
            "this tool does not stand under the same ones");
    if (!child_may(try))
        return hf_fail(HF_ERR_REFUSED,
                       "its container's seccomp filter forbids a system call that %s needs", what);
    *ret = HF_SECCOMP_TRIED;
    return NULL;
}

hf_err *hf_seccomp_check(pid_t pid, hf_seccomp_way *ret)
{
    return hf_seccomp_find_way(pid, try_calls, "the fork", ret);
}
