/* acquire/machine.h - what the injector needs to know of the processor; x86_64.c implements it.
 *
 * A stopped thread of the target is made to do one system call and then finds itself where it was.
 *
 * Why the tool may be killed at any instant: before the call, two signal frames are written below
 * the red zone of the thread's stack, where no live data is. The first holds all that the thread
 * was: registers, vector state, signal mask. One PTRACE_SETREGS then sends the thread to a
 * `syscall; ret` of its own libc, with the stack pointer at that frame: it does the call, returns
 * into libc's signal restorer, and rt_sigreturn(2) puts everything back, with or without us. The
 * second frame is the stack of the child that clone(2) makes: its restorer leads to exit_group(2),
 * so a copy that nobody traces ends by itself before it runs one instruction of the program.
 *
 * With the tool alive the frames are not used: at the exit of the call the registers found at the
 * stop are put back unchanged. PTRACE_DETACH wakes the thread through the kernel's signal path,
 * which restarts or interrupts the system call it was in exactly as after any stop; so waits with
 * a timeout keep it, and a signal that came meanwhile interrupts what it should. */
#ifndef HF_ACQUIRE_MACHINE_H
#define HF_ACQUIRE_MACHINE_H

#include "acquire/maps.h"
#include "acquire/process.h"

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1U << 1) /* linux/close_range.h, for SYS_close_range in a copy */
#endif

/* What a copy without a tracer exits with; tells our zombies from the target's own children. */
enum { HF_COPY_EXIT_CODE = 104 };

/* Addresses of instructions in the target's libc. */
typedef struct hf_gadgets {
    uint64_t call;     /* make a system call, return */
    uint64_t restorer; /* the signal restorer */
} hf_gadgets;

/* Refused when the target maps no such code. */
hf_err *hf_gadgets_find(const hf_process *p, const hf_maps *maps, hf_gadgets *ret);

/* A system call, as the processor passes it. */
typedef struct hf_call {
    uint32_t number, machine; /* machine: as seccomp_data.arch; only for asking a filter */
    uint64_t instruction, arguments[6];
    bool may_fail; /* an error that a filter answers with does no harm */
} hf_call;

/* Room for the state of one stopped thread. */
typedef struct hf_machine hf_machine;

hf_err *hf_machine_new(hf_machine **ret);
void hf_machine_free(hf_machine *m);

/* Reads the state of a stopped thread. Refused when it is in a state that the frames could not put
 * back; another thread, or the same one later, may do. The frames go to the memory that the thread
 * has now, even if the process has become another program when they are written. */
hf_err *hf_machine_save(hf_machine *m, const hf_process *p, const hf_maps *maps,
                        const hf_gadgets *gadgets, pid_t tid);

/* Writes the two frames. Refused when the stack has no room for them; nothing has changed then. */
hf_err *hf_machine_write_frames(hf_machine *m);

/* Sends the saved thread to a system call: the one commit point. */
hf_err *hf_machine_begin_fork(const hf_machine *m, pid_t tid);
hf_err *hf_machine_begin_wait(const hf_machine *m, pid_t tid, pid_t zombie);

/* At the exit of a call: what it returned. */
hf_err *hf_machine_result(pid_t tid, int64_t *ret);

/* Puts back the registers as they were saved. */
hf_err *hf_machine_restore(const hf_machine *m, pid_t tid);

/* Whether the code of a stopped thread may be at work on memory in [start, end): its registers, or
 * words on its stack near its end, lead there or right beside. Not where it waits for something
 * from outside in a system call: what leads there is then left from before. `memory`: file to read
 * it from. */
bool hf_machine_refers(pid_t tid, int memory, uint64_t start, uint64_t end);

/* Before a stopped thread is let go: a wait of its own that any stop ends with EINTR, and
 * that has no limit in time, is started again, as after pause(2): only a signal with a
 * handler ends it then. */
void hf_machine_mend_wait(pid_t tid);

/* The system calls that the injection makes, for asking a seccomp filter about them. */
enum { HF_CALLS = 4 };

void hf_machine_calls(const hf_gadgets *gadgets, hf_call ret[HF_CALLS]);

/* The machine and the instruction with which our system calls are made. */
void hf_machine_complete_call(const hf_gadgets *gadgets, hf_call *call);

/* Makes a copy of the target, stopped by us, do a system call (traced with TRACESYSGOOD). */
hf_err *hf_machine_call(pid_t pid, const hf_gadgets *gadgets, const hf_call *call, int64_t *ret);

/* The code that a copy runs to answer questions (x86_64_stub.c), to be written at any address. It
 * goes from `current` to `last`, calls each function, and stops by a trap at the end, or when
 * `full` was set: then the question is as it was, and its answer not whole. */
typedef struct hf_stub_question {
    uint64_t object;
    uint64_t function; /* afterwards: the cursor behind the answer */
} hf_stub_question;

typedef struct hf_stub_control {
    uint64_t cursor, end;   /* where the next word of an answer goes; of the room for them */
    uint64_t current, last; /* addresses of questions */
    uint64_t full;
    uint64_t skip; /* words of the first answer that are known already */
} hf_stub_control;

const void *hf_machine_stub(size_t *ret_length);

/* Sends the copy to the start of the stub, with a fresh stack. */
hf_err *hf_machine_start_stub(pid_t pid, uint64_t stub, uint64_t control, uint64_t stack_end);

/* Whether it stands at the trap that ends the stub. */
bool hf_machine_stub_ended(pid_t pid, uint64_t stub);

#endif
