#include "acquire/seal.h"

#include "acquire/inside.h"
#include "acquire/proc.h"
#include "acquire/step.h"
#include "base/cleanup.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>

enum {
    STUB_SIZE = 4096,
    CPU_SECONDS = 120, /* of all questions together; the asker ends them long before */
    ERRNO_MAX = 4095,
};

typedef struct sealing {
    const hf_copy_process *copy;
    const hf_gadgets *gadgets;
} sealing;

bool hf_copy_write(const hf_copy_process *copy, uint64_t addr, const void *bytes, size_t n)
{
    struct iovec local = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = n};
    struct iovec remote = {.iov_base = (void *)(uintptr_t)addr, .iov_len = n};
    return process_vm_writev(copy->process.pid, &local, 1, &remote, 1, 0) == (ssize_t)n;
}

/* One system call in the copy. */
static hf_err *call(const sealing *s, const char *what, const hf_call *c, uint64_t *ret)
{
    int64_t result = 0;
    hf_step();
    hf_err *err = hf_machine_call(s->copy->process.pid, s->gadgets, c, &result);
    hf_step();
    if (err)
        return err;
    if (result < 0 && result >= -ERRNO_MAX)
        return hf_fail(HF_ERR_REFUSED, "its copy cannot be cut off: %s: %s", what,
                       strerror((int)-result));
    if (ret)
        *ret = (uint64_t)result;
    return NULL;
}

#define CALL(number_, ...) (&(hf_call){.number = SYS_##number_, .arguments = {__VA_ARGS__}})

/* Whether the filters that it has inherited let all these calls pass. */
static hf_err *ask_filters(const sealing *s)
{
    const hf_call calls[] = {
        *CALL(close_range, 0, ~0U, CLOSE_RANGE_UNSHARE),
        *CALL(munmap, 0, STUB_SIZE),
        *CALL(mmap, 0, STUB_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, ~0ULL),
        *CALL(mprotect, 0, STUB_SIZE, PROT_READ | PROT_EXEC),
        *CALL(prctl, PR_SET_NO_NEW_PRIVS, 1),
        *CALL(prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER),
    };
    hf_proc_status status;
    if (hf_proc_status_of(s->copy->process.pid, &status))
        return hf_fail(HF_ERR_REFUSED, "its copy has ended");
    if (status.seccomp_mode == SECCOMP_MODE_DISABLED)
        return NULL;
    return hf_seccomp_ask(s->copy->process.pid, s->gadgets, calls, sizeof(calls) / sizeof(*calls));
}

static hf_err *drop_shared_mappings(const sealing *s)
{
    HF_AUTO(hf_maps_deinit) hf_maps maps = {0};
    hf_err *err = hf_process_maps(s->copy->process.pid, &maps);
    for (size_t i = 0; i < maps.count && !err; i++) {
        const hf_mapping *m = &maps.items[i];
        if (m->shared)
            err =
                call(s, "munmap of shared memory", CALL(munmap, m->start, m->end - m->start), NULL);
    }
    return err;
}

static hf_err *map(const sealing *s, uint64_t size, uint64_t protection, uint64_t *ret)
{
    return call(s, "mmap",
                CALL(mmap, 0, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, UINT64_MAX, 0), ret);
}

/* The stub is written first and made executable then: no page is ever both. */
static hf_err *make_arena(const sealing *s, hf_arena *ret)
{
    uint64_t start = 0, stub = 0;
    size_t length;
    const void *code = hf_machine_stub(&length);
    hf_err *err = map(s, HF_ARENA_SIZE, PROT_NONE, &start);
    if (!err)
        err = call(s, "mprotect",
                   CALL(mprotect, start + HF_ARENA_GUARD, HF_ARENA_SIZE - HF_ARENA_GUARD,
                        PROT_READ | PROT_WRITE),
                   NULL);
    if (!err)
        err = map(s, STUB_SIZE, PROT_READ | PROT_WRITE, &stub);
    if (!err && !hf_copy_write(s->copy, stub, code, length))
        err = hf_fail(HF_ERR_REFUSED, "its copy cannot be written to: %s", strerror(errno));
    if (!err)
        err = call(s, "executable memory", CALL(mprotect, stub, STUB_SIZE, PROT_READ | PROT_EXEC),
                   NULL);
    if (err)
        return err;
    uint64_t stack_end = start + HF_ARENA_GUARD + HF_ARENA_STACK;
    uint64_t questions = stack_end + HF_ARENA_CONTROL;
    *ret = (hf_arena){.stack_end = stack_end,
                      .control = stack_end,
                      .questions = questions,
                      .words = questions + HF_ARENA_QUESTIONS,
                      .stub = stub};
    return NULL;
}

static hf_err *set_limits(const sealing *s)
{
    const struct rlimit processor = {CPU_SECONDS, CPU_SECONDS};
    /* 1 byte: the kernel makes no core of it, be that to a file or to a pipe (fs/coredump.c). */
    const struct rlimit core = {1, 1};
    pid_t pid = s->copy->process.pid;
    if (prlimit(pid, RLIMIT_CPU, &processor, NULL) || prlimit(pid, RLIMIT_CORE, &core, NULL))
        return hf_fail(HF_ERR_REFUSED, "its copy cannot be given limits: %s", strerror(errno));
    return NULL;
}

/* The last call that it ever does. */
static hf_err *forbid_calls(const sealing *s, const hf_arena *arena)
{
    const struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    struct {
        uint64_t count, address; /* struct sock_fprog */
        struct sock_filter code;
    } program = {1, arena->control + 16, code};
    if (!hf_copy_write(s->copy, arena->control, &program, sizeof(program)))
        return hf_fail(HF_ERR_REFUSED, "its copy cannot be written to: %s", strerror(errno));
    hf_err *err = call(s, "no_new_privs", CALL(prctl, PR_SET_NO_NEW_PRIVS, 1), NULL);
    if (err)
        return err;
    return call(s, "seccomp", CALL(prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, arena->control),
                NULL);
}

static hf_err *verify(const sealing *s)
{
    HF_AUTO(hf_maps_deinit) hf_maps maps = {0};
    hf_proc_status status;
    hf_err *err = hf_process_maps(s->copy->process.pid, &maps);
    if (err)
        return err;
    for (size_t i = 0; i < maps.count; i++)
        if (maps.items[i].shared)
            return hf_fail(HF_ERR_REFUSED, "its copy cannot be cut off: shared memory is left");
    if (hf_proc_status_of(s->copy->process.pid, &status) ||
        status.seccomp_mode != SECCOMP_MODE_FILTER)
        return hf_fail(HF_ERR_REFUSED, "its copy cannot be cut off: it has no filter");
    return NULL;
}

hf_err *hf_copy_seal(const hf_copy_process *copy, const hf_gadgets *gadgets, hf_arena *ret)
{
    const sealing s = {copy, gadgets};
    const uint64_t all = UINT64_MAX;
    pid_t pid = copy->process.pid;
    hf_arena arena = {0};
    if (ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD) < 0 ||
        ptrace(PTRACE_SETSIGMASK, pid, sizeof(all), &all) < 0)
        return hf_fail(HF_ERR_REFUSED, "its copy cannot be held: %s", strerror(errno));
    hf_err *err = ask_filters(&s);
    if (!err)
        err = call(&s, "close_range", CALL(close_range, 0, ~0U, CLOSE_RANGE_UNSHARE), NULL);
    if (!err)
        err = drop_shared_mappings(&s);
    if (!err)
        err = make_arena(&s, &arena);
    if (!err)
        err = set_limits(&s);
    if (!err)
        err = forbid_calls(&s, &arena);
    if (!err)
        err = verify(&s);
    if (!err)
        *ret = arena;
    return err;
}
