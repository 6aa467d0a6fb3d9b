/* The machine of x86-64 Linux. Layouts: arch/x86/include/uapi/asm/{sigcontext,ucontext}.h and
 * arch/x86/kernel/signal_64.c; registers of a system call: System V ABI, AMD64 supplement, A.2. */
#include "acquire/machine.h"

#include "acquire/trace.h"
#include "base/bytes.h"
#include "base/cleanup.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

enum {
    RED_ZONE = 128,    /* below the stack pointer, and still in use */
    XSAVE_MAX = 16384, /* AMX takes 11 KB */
    XSAVE_BV = 512,    /* offset of XSTATE_BV: the components that are not in their first state */
    SOFTWARE_BYTES = 464, /* offset of struct _fpx_sw_bytes */
    STACK_MIN = 16384,    /* a stack below which less is left may be somebody's own idea of one */
    FRAME_SIZE = 312,     /* return address and ucontext; the siginfo is never read */
    FLAG_TRAP = 0x100,    /* single step */
    FLAG_DIRECTION = 0x400,
    CODE_64_BIT = 0x33,   /* __USER_CS */
    MAGIC_1 = 0x46505853, /* FP_XSTATE_MAGIC1, FP_XSTATE_MAGIC2 */
    MAGIC_2 = 0x46505845,
};

/* Of linux/ptrace.h, which does not go together with glibc's. */
#define GET_RSEQ     0x420f /* PTRACE_GET_RSEQ_CONFIGURATION (5.13) */
#define GET_DISPATCH 0x4211 /* PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG (6.4) */

/* In-kernel results that user space never sees (include/linux/errno.h). */
enum { RESTART_SYS = 512, RESTART_NO_INTR = 513, RESTART_NO_HAND = 514, RESTART_BLOCK = 516 };

/* struct _fpx_sw_bytes. */
typedef struct software_bytes {
    uint32_t magic, extended_size;
    uint64_t features;
    uint32_t size, padding[7];
} software_bytes;

/* struct rt_sigframe up to where the kernel reads it. */
typedef struct frame {
    uint64_t restorer;
    uint64_t flags, link;
    uint64_t stack, stack_flags, stack_size;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
    uint16_t cs, gs, fs, ss;
    uint64_t err, trap, old_mask, cr2, fpstate, reserved[8];
    uint64_t mask;
} frame;

_Static_assert(sizeof(frame) == FRAME_SIZE, "as the kernel has it");
_Static_assert(sizeof(software_bytes) == 48, "as the kernel has it");

/* Lowest address first: a signal handler that runs on the parent's frame pushes below it, and must
 * not reach the frame of the child. */
typedef struct frames {
    frame parent, child;
} frames;

struct hf_machine {
    software_bytes limits;         /* of a signal frame on this processor and kernel */
    struct user_regs_struct found; /* at the stop */
    uint64_t mask;
    bool at_entry;          /* of a system call, which is to be made anew afterwards */
    uint64_t stack;         /* start of the stack that the thread is on */
    uint64_t parent, child; /* addresses of the two frames */
    hf_gadgets gadgets;
    int memory; /* of the thread, as it was when it was stopped; -1: not open */
    uint8_t xsave[XSAVE_MAX + 64] __attribute__((aligned(64)));
    uint8_t blob[XSAVE_MAX + 4096] __attribute__((aligned(64)));
};

static _Thread_local software_bytes seen;

static void look_at_own_frame(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info;
    const ucontext_t *c = context;
    memcpy(&seen, (const uint8_t *)c->uc_mcontext.fpregs + SOFTWARE_BYTES, sizeof(seen));
}

/* Lets the kernel make a signal frame in this thread and reads the size and features of its vector
 * state: ptrace may show more (AMX) than a frame may hold. SIGURG, since nobody misses one. */
static software_bytes frame_limits(void)
{
    struct sigaction action = {.sa_sigaction = look_at_own_frame, .sa_flags = SA_SIGINFO}, before;
    sigset_t one, mask;
    sigemptyset(&one);
    sigaddset(&one, SIGURG);
    memset(&seen, 0, sizeof(seen));
    if (sigaction(SIGURG, &action, &before))
        return seen;
    pthread_sigmask(SIG_UNBLOCK, &one, &mask);
    pthread_kill(pthread_self(), SIGURG);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    sigaction(SIGURG, &before, NULL);
    return seen;
}

hf_err *hf_machine_new(hf_machine **ret)
{
    hf_machine *m = aligned_alloc(64, (sizeof(*m) + 63) / 64 * 64);
    if (!m)
        return hf_fail_memory();
    memset(m, 0, sizeof(*m));
    m->memory = -1;
    m->limits = frame_limits();
    if (m->limits.magic != MAGIC_1 || m->limits.size > XSAVE_MAX ||
        m->limits.size < XSAVE_BV + 64 || m->limits.extended_size < m->limits.size + 4) {
        hf_machine_free(m);
        return hf_fail(HF_ERR_REFUSED, "signal frames on this processor have no vector state");
    }
    *ret = m;
    return NULL;
}

void hf_machine_free(hf_machine *m)
{
    if (m)
        hf_closep(&m->memory);
    free(m);
}

static uint64_t find_bytes(const hf_process *p, const hf_mapping *m, const uint8_t *wanted,
                           size_t n)
{
    enum { CHUNK = 65536 };
    HF_AUTO(hf_freep) uint8_t *chunk = malloc(CHUNK);
    if (!chunk)
        return 0;
    for (uint64_t at = m->start; at + n <= m->end; at += CHUNK - n) {
        size_t size = m->end - at < CHUNK ? (size_t)(m->end - at) : CHUNK;
        if (!hf_process_read(p, at, chunk, size))
            return 0;
        const uint8_t *found = memmem(chunk, size, wanted, n);
        if (found)
            return at + (uint64_t)(found - chunk);
    }
    return 0;
}

static bool is_libc(const hf_mapping *m)
{
    const char *name = strrchr(m->path, '/');
    return name && (strncmp(name, "/libc.so", 8) == 0 || strncmp(name, "/libc-2", 7) == 0 ||
                    strncmp(name, "/ld-musl", 8) == 0);
}

static const uint8_t call_code[] = {0x0f, 0x05, 0xc3}; /* syscall; ret */
static const uint8_t restorer_code[] = {0x48, 0xc7, 0xc0, 0x0f, 0,
                                        0,    0,    0x0f, 0x05}; /* mov $15, %rax; syscall */

hf_err *hf_gadgets_find(const hf_process *p, const hf_maps *maps, hf_gadgets *ret)
{
    hf_gadgets g = {0};
    for (int others = 0; others < 2; others++) {
        for (size_t i = 0; i < maps->count && !(g.call && g.restorer); i++) {
            const hf_mapping *m = &maps->items[i];
            if (!m->executable || !m->readable || m->writable || !m->inode ||
                is_libc(m) == (others == 1))
                continue;
            if (!g.restorer)
                g.restorer = find_bytes(p, m, restorer_code, sizeof(restorer_code));
            if (!g.call)
                g.call = find_bytes(p, m, call_code, sizeof(call_code));
        }
    }
    if (!g.call || !g.restorer)
        return hf_fail(HF_ERR_REFUSED, "its libc has no signal restorer of the known form");
    *ret = g;
    return NULL;
}

/* Whether what lies below the stack pointer is free stack for certain: the stack of the main
 * thread, or one that a thread library made (it keeps the thread's control block, which fs points
 * to, at its top). A signal stack or a coroutine's may end right above somebody's data. */
static bool is_own_stack(hf_machine *m, const hf_maps *maps)
{
    const hf_mapping *stack = hf_maps_find(maps, m->found.rsp);
    if (!stack || !stack->writable || stack->shared)
        return false;
    m->stack = stack->start;
    if (strcmp(stack->path, "[stack]") == 0)
        return true;
    return !stack->inode && strcmp(stack->path, "[heap]") != 0 && m->found.fs_base > m->found.rsp &&
           m->found.fs_base < stack->end && m->found.rsp - stack->start >= STACK_MIN;
}

/* struct ptrace_rseq_configuration and struct rseq_cs: a restartable sequence that is left must be
 * aborted, which a frame cannot do. */
static bool in_restartable_sequence(const hf_machine *m, const hf_process *p, pid_t tid)
{
    struct {
        uint64_t address;
        uint32_t size, signature, flags, padding;
    } rseq = {0};
    uint64_t sequence = 0, fields[4] = {0}; /* version and flags, start, length, abort */
    if (ptrace(GET_RSEQ, tid, sizeof(rseq), &rseq) < 0 || !rseq.address)
        return false;
    if (!hf_process_read(p, rseq.address + 8, &sequence, sizeof(sequence)) || !sequence)
        return false;
    return !hf_process_read(p, sequence, fields, sizeof(fields)) ||
           m->found.rip - fields[1] < fields[2];
}

/* Its calls are caught by a handler of its own: ours would be too. */
static bool dispatches_calls(pid_t tid)
{
    uint64_t config[4] = {0}; /* mode, selector, offset, length */
    return ptrace(GET_DISPATCH, tid, sizeof(config), config) == 0 && config[0] != 0;
}

static hf_err *save_vectors(hf_machine *m, pid_t tid)
{
    struct iovec area = {.iov_base = m->xsave, .iov_len = sizeof(m->xsave)};
    if (ptrace(PTRACE_GETREGSET, tid, NT_X86_XSTATE, &area) < 0)
        return hf_fail(HF_ERR_REFUSED, "its vector registers cannot be read: %s", strerror(errno));
    if (area.iov_len < m->limits.size || hf_load_u64(m->xsave + XSAVE_BV) & ~m->limits.features)
        return hf_fail(HF_ERR_REFUSED, "it uses processor state that a signal frame cannot hold");
    return NULL;
}

/* Another thread may call execve(2) at any time: this one is then no more, and its stack is that of
 * another program. The file leads to the memory that the thread had when it was opened, for ever;
 * that its registers can be read afterwards shows that it was still there. */
static hf_err *open_memory(hf_machine *m, const hf_process *p, pid_t tid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task/%d/mem", (int)p->pid, (int)tid);
    hf_closep(&m->memory);
    m->memory = open(path, O_RDWR | O_CLOEXEC);
    if (m->memory < 0)
        return hf_fail(HF_ERR_REFUSED, "its memory cannot be written: %s", strerror(errno));
    return NULL;
}

static bool has_code(const hf_machine *m, uint64_t addr, const uint8_t *code, size_t n)
{
    uint8_t found[16];
    return pread(m->memory, found, n, (off_t)addr) == (ssize_t)n && memcmp(found, code, n) == 0;
}

/* Since the gadgets were found it may have become another program, or have unloaded them. */
static bool has_gadgets(const hf_machine *m)
{
    return has_code(m, m->gadgets.call, call_code, sizeof(call_code)) &&
           has_code(m, m->gadgets.restorer, restorer_code, sizeof(restorer_code));
}

hf_err *hf_machine_save(hf_machine *m, const hf_process *p, const hf_maps *maps,
                        const hf_gadgets *gadgets, pid_t tid)
{
    m->gadgets = *gadgets;
    hf_err *err = open_memory(m, p, tid);
    if (err)
        return err;
    if (ptrace(PTRACE_GETREGS, tid, NULL, &m->found) < 0 ||
        ptrace(PTRACE_GETSIGMASK, tid, sizeof(m->mask), &m->mask) < 0)
        return hf_fail(HF_ERR_REFUSED, "its registers cannot be read: %s", strerror(errno));
    m->at_entry = hf_trace_at_entry(tid);
    if (!has_gadgets(m))
        return hf_fail(HF_ERR_REFUSED, "it has become another program");
    if (m->found.cs != CODE_64_BIT)
        return hf_fail(HF_ERR_REFUSED, "it runs 32-bit code");
    if (m->found.eflags & FLAG_TRAP)
        return hf_fail(HF_ERR_REFUSED, "it is single-stepping");
    if (!is_own_stack(m, maps))
        return hf_fail(HF_ERR_REFUSED, "it runs on a stack of unknown bounds");
    if (in_restartable_sequence(m, p, tid))
        return hf_fail(HF_ERR_REFUSED, "it is in a restartable sequence");
    if (dispatches_calls(tid))
        return hf_fail(HF_ERR_REFUSED, "it dispatches its own system calls");
    return save_vectors(m, tid);
}

/* The registers with which the kernel would have resumed the thread: a system call that the stop
 * interrupted is started again (arch_do_signal_or_restart() of the kernel). */
static struct user_regs_struct resumed(const hf_machine *m)
{
    struct user_regs_struct r = m->found;
    if (m->at_entry) {
        r.rax = r.orig_rax;
        r.rip -= 2;
    } else if ((int64_t)r.orig_rax >= 0) {
        switch (-(int64_t)r.rax) {
        case RESTART_SYS:
        case RESTART_NO_INTR:
        case RESTART_NO_HAND:
            r.rax = r.orig_rax;
            r.rip -= 2;
            break;
        case RESTART_BLOCK:
            r.rax = SYS_restart_syscall;
            r.rip -= 2;
            break;
        default:
            break;
        }
    }
    return r;
}

static frame parent_frame(const hf_machine *m, uint64_t fpstate)
{
    struct user_regs_struct r = resumed(m);
    return (frame){
        .restorer = m->gadgets.restorer,
        .flags = 1 | 2 | 4, /* UC_FP_XSTATE, UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS */
        /* Flags that make no sense: sigreturn ignores the error, and leaves the alternate stack,
         * which ptrace cannot show, as it is. */
        .stack_flags = 0x7fffffff,
        .r8 = r.r8,
        .r9 = r.r9,
        .r10 = r.r10,
        .r11 = r.r11,
        .r12 = r.r12,
        .r13 = r.r13,
        .r14 = r.r14,
        .r15 = r.r15,
        .rdi = r.rdi,
        .rsi = r.rsi,
        .rbp = r.rbp,
        .rbx = r.rbx,
        .rdx = r.rdx,
        .rax = r.rax,
        .rcx = r.rcx,
        .rsp = r.rsp,
        .rip = r.rip,
        .eflags = r.eflags,
        .cs = (uint16_t)r.cs,
        .ss = (uint16_t)r.ss,
        .fpstate = fpstate,
        .mask = m->mask};
}

/* The child blocks all signals and ends. */
static frame child_frame(const hf_machine *m)
{
    return (frame){.restorer = m->gadgets.restorer,
                   .flags = 2 | 4,
                   .stack_flags = 0x7fffffff,
                   .rax = SYS_exit_group,
                   .rdi = HF_COPY_EXIT_CODE,
                   .rsp = m->child,
                   .rip = m->gadgets.call,
                   .eflags = m->found.eflags & ~(uint64_t)FLAG_DIRECTION,
                   .cs = (uint16_t)m->found.cs,
                   .ss = (uint16_t)m->found.ss,
                   .mask = UINT64_MAX};
}

hf_err *hf_machine_write_frames(hf_machine *m)
{
    uint32_t size = m->limits.size;
    uint64_t fpstate = (m->found.rsp - RED_ZONE - size - sizeof(uint32_t)) & ~UINT64_C(63);
    m->parent = (fpstate - sizeof(frames)) & ~UINT64_C(15);
    m->child = m->parent + offsetof(frames, child);
    size_t before = fpstate - m->parent, n = before + size + sizeof(uint32_t);
    frames both = {.parent = parent_frame(m, fpstate), .child = child_frame(m)};
    const uint32_t magic = MAGIC_2;
    memset(m->blob, 0, before);
    memcpy(m->blob, &both, sizeof(both));
    memcpy(m->blob + before, m->xsave, size);
    memcpy(m->blob + before + SOFTWARE_BYTES, &m->limits, sizeof(m->limits));
    memcpy(m->blob + before + size, &magic, sizeof(magic));
    /* Harmless by itself: nothing below the red zone is live. */
    if (m->parent < m->stack || m->parent > m->found.rsp ||
        pwrite(m->memory, m->blob, n, (off_t)m->parent) != (ssize_t)n)
        return hf_fail(HF_ERR_REFUSED, "its stack has no room for a signal frame");
    return NULL;
}

static hf_err *begin(const hf_machine *m, pid_t tid, uint64_t number, const uint64_t arguments[4])
{
    struct user_regs_struct r = m->found;
    r.rip = m->gadgets.call;
    r.rsp = m->parent;
    r.rax = number;
    r.rdi = arguments[0];
    r.rsi = arguments[1];
    r.rdx = arguments[2];
    r.r10 = arguments[3];
    r.r8 = r.r9 = 0;
    r.orig_rax = UINT64_MAX; /* not in a system call: nothing to restart */
    if (m->at_entry) {       /* ours takes the place of the one that it was about to make */
        r.orig_rax = number;
        r.rax = (uint64_t)-ENOSYS;
        r.rip += sizeof(call_code) - 1;
    }
    r.eflags &= ~(uint64_t)FLAG_DIRECTION;
    /* A thread in sigsuspend(), ppoll() and their like has a mask for the wait, and the one to go
     * back to. A signal let in only by the first would run its handler on our call, and the wait,
     * when it is started again, would have missed it. Under the second it stays pending until then;
     * should we die here, the wait just sets its mask anew. */
    if (ptrace(PTRACE_SETSIGMASK, tid, sizeof(m->mask), &m->mask) < 0)
        return hf_fail(HF_ERR_REFUSED, "its signal mask cannot be written: %s", strerror(errno));
    if (ptrace(PTRACE_SETREGS, tid, NULL, &r) < 0)
        return hf_fail(HF_ERR_REFUSED, "its registers cannot be written: %s", strerror(errno));
    return NULL;
}

/* CLONE_FILES: a pipe or a socket that the target closes must be closed, however long the copy
 * lives. Exit signal 0: no SIGCHLD, and no wait() of the target sees the copy. */
hf_err *hf_machine_begin_fork(const hf_machine *m, pid_t tid)
{
    return begin(m, tid, SYS_clone, (const uint64_t[]){CLONE_FILES, m->child, 0, 0});
}

hf_err *hf_machine_begin_wait(const hf_machine *m, pid_t tid, pid_t zombie)
{
    return begin(m, tid, SYS_wait4,
                 (const uint64_t[]){(uint64_t)zombie, 0, (uint32_t)__WALL | WNOHANG, 0});
}

hf_err *hf_machine_result(pid_t tid, int64_t *ret)
{
    struct user_regs_struct r;
    if (ptrace(PTRACE_GETREGS, tid, NULL, &r) < 0)
        return hf_fail(HF_ERR_REFUSED, "its registers cannot be read: %s", strerror(errno));
    *ret = (int64_t)r.rax;
    return NULL;
}

/* Calls that any stop makes fail with EINTR (signal(7), "Interruption of system calls by stop
 * signals"), where they wait without a limit and under the mask that the thread has anyway. */
static bool waits_for_ever(const struct user_regs_struct *r)
{
    switch (r->orig_rax) {
    case SYS_epoll_wait:
        return (int32_t)r->r10 < 0;
    case SYS_epoll_pwait:
        return (int32_t)r->r10 < 0 && r->r8 == 0;
    case SYS_rt_sigtimedwait:
        return r->rdx == 0;
    case SYS_semop:
        return true;
    case SYS_semtimedop:
        return r->r10 == 0;
    default:
        return false;
    }
}

static bool leads_to(const uint64_t *words, size_t count, uint64_t start, uint64_t end)
{
    for (size_t i = 0; i < count; i++)
        if (words[i] - start < end - start)
            return true;
    return false;
}

/* Calls in which a thread waits for what is no lock and no memory. */
static bool waits_outside(const struct user_regs_struct *r)
{
    static const uint64_t calls[] = {
        SYS_select,     SYS_pselect6,    SYS_poll,      SYS_ppoll,
        SYS_epoll_wait, SYS_epoll_pwait, SYS_nanosleep, SYS_clock_nanosleep,
        SYS_read,       SYS_recvfrom,    SYS_recvmsg,   SYS_accept,
        SYS_accept4,    SYS_wait4,       SYS_waitid,    SYS_restart_syscall};
    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
        if (r->orig_rax == calls[i])
            return true;
    return false;
}

/* What cannot be read counts as a reference, but for the end of the stack. */
bool hf_machine_refers(pid_t tid, int memory, uint64_t start, uint64_t end)
{
    enum { NEAR = 65536, BESIDE = 16 };
    struct user_regs_struct r;
    HF_AUTO(hf_freep) uint64_t *words = malloc(NEAR);
    if (!words || ptrace(PTRACE_GETREGS, tid, NULL, &r) < 0)
        return true;
    if (waits_outside(&r))
        return false;
    uint64_t registers[sizeof(r) / sizeof(uint64_t)];
    memcpy(registers, &r, sizeof(registers));
    start -= BESIDE; /* a loop may have stepped over its end */
    end += BESIDE;
    if (leads_to(registers, sizeof(registers) / sizeof(*registers), start, end))
        return true;
    ssize_t n = pread(memory, words, NEAR, (off_t)((r.rsp - RED_ZONE) & ~UINT64_C(7)));
    return n < RED_ZONE || leads_to(words, (size_t)n / sizeof(*words), start, end);
}

void hf_machine_mend_wait(pid_t tid)
{
    struct user_regs_struct r;
    if (ptrace(PTRACE_GETREGS, tid, NULL, &r) < 0 || (int64_t)r.rax != -EINTR ||
        !waits_for_ever(&r))
        return;
    r.rax = (uint64_t) - (int64_t)RESTART_NO_HAND;
    ptrace(PTRACE_SETREGS, tid, NULL, &r);
}

hf_err *hf_machine_restore(const hf_machine *m, pid_t tid)
{
    struct user_regs_struct r = m->found;
    if (m->at_entry) {
        r = resumed(m);
        r.orig_rax = UINT64_MAX;
    }
    if (ptrace(PTRACE_SETREGS, tid, NULL, &r) < 0)
        return hf_fail(HF_ERR_REFUSED, "its registers cannot be written: %s", strerror(errno));
    return NULL;
}

void hf_machine_complete_call(const hf_gadgets *gadgets, hf_call *call)
{
    call->machine = AUDIT_ARCH_X86_64;
    call->instruction = gadgets->call + 2;
}

void hf_machine_calls(const hf_gadgets *gadgets, hf_call ret[HF_CALLS])
{
    const uint32_t machine = AUDIT_ARCH_X86_64;
    ret[0] = (hf_call){SYS_clone, machine, gadgets->call + 2, {CLONE_FILES, gadgets->call}};
    ret[1] =
        (hf_call){SYS_wait4, machine, gadgets->call + 2, {1, 0, (uint32_t)__WALL | WNOHANG, 0}};
    ret[2] = (hf_call){SYS_rt_sigreturn, machine, gadgets->restorer + 9, {0}};
    ret[3] = (hf_call){SYS_exit_group, machine, gadgets->call + 2, {HF_COPY_EXIT_CODE}};
}
