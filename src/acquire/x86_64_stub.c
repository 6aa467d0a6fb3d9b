/* What the copy runs, on x86-64: a loop over questions, and the visitor that gathers answers.
 *
 * It stands in our read-only data and is copied from there; it refers to nothing outside of itself.
 * Addresses of the control block and of questions are in the copy. */
#include "acquire/machine.h"

#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

/* Offsets: hf_stub_control and hf_stub_question in machine.h. rbx is kept by what is called, as the
 * ABI demands; what does not keep it harms its own run only. */
__asm__(".pushsection .rodata\n"
        ".balign 16\n"
        "hf_stub_code:\n"
        "0:  mov 16(%rbx), %rax\n" /* current */
        "    cmp 24(%rbx), %rax\n" /* last */
        "    jae 1f\n"
        "    mov (%rax), %rdi\n"
        "    lea 2f(%rip), %rsi\n"
        "    mov %rbx, %rdx\n"
        "    call *8(%rax)\n"
        "    cmpq $0, 32(%rbx)\n" /* full */
        "    jne 1f\n"
        "    mov 16(%rbx), %rax\n"
        "    mov (%rbx), %rdx\n" /* cursor */
        "    mov %rdx, 8(%rax)\n"
        "    add $16, %rax\n"
        "    mov %rax, 16(%rbx)\n"
        "    jmp 0b\n"
        "1:  int3\n"
        "    hlt\n"
        /* int visit(object, control) */
        "2:  cmpq $0, 40(%rsi)\n" /* skip */
        "    jne 3f\n"
        "    mov (%rsi), %rax\n"
        "    cmp 8(%rsi), %rax\n" /* end */
        "    jae 4f\n"
        "    mov %rdi, (%rax)\n"
        "    add $8, %rax\n"
        "    mov %rax, (%rsi)\n"
        "    xor %eax, %eax\n"
        "    ret\n"
        "3:  decq 40(%rsi)\n"
        "    xor %eax, %eax\n"
        "    ret\n"
        "4:  movq $1, 32(%rsi)\n"
        "    mov $1, %eax\n"
        "    ret\n"
        "hf_stub_code_end:\n"
        ".popsection\n");

extern const uint8_t hf_stub_code[], hf_stub_code_end[];

const void *hf_machine_stub(size_t *ret_length)
{
    *ret_length = (size_t)(hf_stub_code_end - hf_stub_code);
    return hf_stub_code;
}

static hf_err *trace_failed(void)
{
    return hf_fail(HF_ERR_REFUSED, "its copy cannot be held: %s", strerror(errno));
}

/* Lets it run to the next system call boundary. */
static bool to_boundary(pid_t pid)
{
    int status = 0;
    if (ptrace(PTRACE_SYSCALL, pid, NULL, 0) < 0)
        return false;
    while (waitpid(pid, &status, __WALL) < 0)
        if (errno != EINTR)
            return false;
    return WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80);
}

hf_err *hf_machine_call(pid_t pid, const hf_gadgets *gadgets, const hf_call *call, int64_t *ret)
{
    struct user_regs_struct found, r;
    if (ptrace(PTRACE_GETREGS, pid, NULL, &found) < 0)
        return trace_failed();
    r = found; /* its stack pointer stays at the frame that ends it, whatever comes */
    r.rip = gadgets->call;
    r.rax = call->number;
    r.rdi = call->arguments[0];
    r.rsi = call->arguments[1];
    r.rdx = call->arguments[2];
    r.r10 = call->arguments[3];
    r.r8 = call->arguments[4];
    r.r9 = call->arguments[5];
    r.orig_rax = UINT64_MAX;
    if (ptrace(PTRACE_SETREGS, pid, NULL, &r) < 0)
        return trace_failed();
    if (!to_boundary(pid) || !to_boundary(pid) || ptrace(PTRACE_GETREGS, pid, NULL, &r) < 0)
        return hf_fail(HF_ERR_REFUSED, "its copy ended in system call %u", call->number);
    *ret = (int64_t)r.rax;
    /* The stop at the exit is left behind for what it was: the next call, or the stub, starts from
     * registers of ours. */
    return ptrace(PTRACE_SETREGS, pid, NULL, &found) < 0 ? trace_failed() : NULL;
}

hf_err *hf_machine_start_stub(pid_t pid, uint64_t stub, uint64_t control, uint64_t stack_end)
{
    struct user_regs_struct r;
    struct user_fpregs_struct vectors;
    if (ptrace(PTRACE_GETREGS, pid, NULL, &r) < 0 ||
        ptrace(PTRACE_GETFPREGS, pid, NULL, &vectors) < 0)
        return trace_failed();
    enum { CONTROL_WORD = 0x37f, VECTOR_CONTROL = 0x1f80 }; /* as a program starts */
    vectors.cwd = CONTROL_WORD;
    vectors.swd = vectors.ftw = vectors.fop = 0;
    vectors.mxcsr = VECTOR_CONTROL;
    r.rip = stub;
    r.rbx = control;
    r.rsp = stack_end & ~UINT64_C(15);
    r.rbp = 0;
    r.orig_rax = UINT64_MAX;
    r.eflags = 0x202; /* interrupts on, all else off */
    if (ptrace(PTRACE_SETREGS, pid, NULL, &r) < 0 ||
        ptrace(PTRACE_SETFPREGS, pid, NULL, &vectors) < 0)
        return trace_failed();
    return NULL;
}

bool hf_machine_stub_ended(pid_t pid, uint64_t stub)
{
    static const uint8_t end[] = {0xcc, 0xf4}; /* int3; hlt */
    size_t length = (size_t)(hf_stub_code_end - hf_stub_code);
    const uint8_t *found = memmem(hf_stub_code, length, end, sizeof(end));
    struct user_regs_struct r;
    return found && ptrace(PTRACE_GETREGS, pid, NULL, &r) == 0 &&
           r.rip == stub + (uint64_t)(found - hf_stub_code) + 1;
}
