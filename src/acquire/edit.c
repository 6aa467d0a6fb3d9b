#include "acquire/edit.h"

#include "acquire/halt.h"
#include "acquire/inside.h"
#include "acquire/machine.h"
#include "acquire/priority.h"
#include "acquire/proc.h"
#include "acquire/seccomp_python.h"
#include "acquire/step.h"
#include "base/bytes.h"
#include "base/cleanup.h"

#include <assert.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>

enum { LOOKS = 200, HALTS = 3, NANOSECONDS_BETWEEN = 1000000 };

typedef struct editing {
    const hf_process *process;
    const hf_edit_basis *basis;
    hf_err *(*change)(void *context, const hf_editor *editor);
    void *context;
    uint64_t pause;
    hf_err *err;

    hf_halt halt;
    int memory; /* of what the held threads run now */
    hf_maps maps;
} editing;

static bool read_bytes(void *context, uint64_t addr, void *bytes, size_t n)
{
    const editing *e = context;
    return pread(e->memory, bytes, n, (off_t)addr) == (ssize_t)n;
}

static bool write_bytes(void *context, uint64_t addr, const void *bytes, size_t n)
{
    const editing *e = context;
    hf_step();
    bool done = pwrite(e->memory, bytes, n, (off_t)addr) == (ssize_t)n;
    hf_step();
    return done;
}

static bool write_pieces(void *context, const hf_edit_piece *pieces, size_t count)
{
    const editing *e = context;
    struct iovec local[HF_EDIT_PIECES_MAX], remote[HF_EDIT_PIECES_MAX];
    size_t n = 0;
    assert(count <= HF_EDIT_PIECES_MAX);
    for (size_t i = 0; i < count; n += pieces[i].n, i++) {
        local[i] = (struct iovec){(void *)(uintptr_t)pieces[i].bytes, pieces[i].n};
        remote[i] = (struct iovec){(void *)(uintptr_t)pieces[i].addr, pieces[i].n};
    }
    hf_step();
    bool done = process_vm_writev(e->process->pid, local, count, remote, count, 0) == (ssize_t)n;
    hf_step();
    return done;
}

static bool is_in_use(void *context, uint64_t start, uint64_t end)
{
    const editing *e = context;
    for (size_t i = 0; i < e->halt.count; i++)
        if (hf_machine_refers(e->halt.tids[i], e->memory, start, end))
            return true;
    return false;
}

static bool is_code(void *context, uint64_t addr)
{
    const editing *e = context;
    const hf_mapping *m = hf_maps_find(&e->maps, addr);
    return m && m->executable;
}

/* The kernel's word that a program began with rights that its caller did not have: set-uid,
 * set-gid, or capabilities of its file. */
static bool began_with_more_rights(const hf_edit_basis *b)
{
    for (size_t at = 0; at + 16 <= b->auxv_size; at += 16)
        if (hf_load_u64(b->auxv + at) == AT_SECURE)
            return hf_load_u64(b->auxv + at + 8) != 0;
    return true; /* who does not say is not believed */
}

static bool read_auxv(pid_t pid, hf_edit_basis *ret)
{
    HF_AUTO(hf_buf_deinit) hf_buf auxv = {0};
    if (hf_proc_read(pid, "auxv", &auxv) || auxv.length > sizeof(ret->auxv))
        return false;
    ret->auxv_size = auxv.length;
    memcpy(ret->auxv, auxv.data, auxv.length);
    return true;
}

/* With its threads held. execve(2) makes these words anew: addresses, which are random, those of
 * the program and its loader, its user, and whether it has rights of others. */
static hf_err *check_program(const editing *e)
{
    hf_edit_basis now = {0};
    if (!read_auxv(e->process->pid, &now) || began_with_more_rights(&now) ||
        now.auxv_size != e->basis->auxv_size ||
        memcmp(now.auxv, e->basis->auxv, now.auxv_size) != 0)
        return hf_fail(HF_ERR_REFUSED, "it has become another program meanwhile");
    return NULL;
}

static bool has_one_user(const hf_proc_status *status)
{
    return status->real_uid == status->uid && status->saved_uid == status->uid;
}

/* Who owns the folder with the code may exchange that: it must be the one whose rights it gets. */
static hf_err *check_user(const editing *e)
{
    hf_proc_status status;
    for (size_t i = 0; i < e->halt.count; i++) {
        if (hf_proc_status_of(e->halt.tids[i], &status))
            return hf_process_gone(e->process->pid);
        if (!has_one_user(&status) || status.uid != e->basis->uid)
            return hf_fail(HF_ERR_REFUSED, "its user has changed meanwhile");
    }
    return NULL;
}

/* Any of the threads may be the one that comes to run it. */
static hf_err *may_run(void *context)
{
    const editing *e = context;
    hf_err *err = check_user(e);
    for (size_t i = 0; i < e->halt.count && !err; i++)
        err = hf_seccomp_python_ask(e->halt.tids[i], e->basis->tried_filters);
    return err;
}

/* The memory is opened while all threads are held: what they run cannot become another program. */
static hf_err *change_halted(editing *e)
{
    char path[64];
    const hf_editor editor = {e,         read_bytes, write_bytes, write_pieces,
                              is_in_use, is_code,    may_run};
    snprintf(path, sizeof(path), "/proc/%d/mem", (int)e->process->pid);
    HF_AUTO(hf_closep) int memory = open(path, O_RDWR | O_CLOEXEC);
    if (memory < 0)
        return hf_fail(HF_ERR_REFUSED, "its memory cannot be written: %s", strerror(errno));
    e->memory = memory;
    hf_err *err = check_program(e);
    if (!err)
        err = hf_process_maps(e->process->pid, &e->maps);
    if (!err)
        err = e->change(e->context, &editor);
    hf_maps_deinit(&e->maps);
    return err;
}

/* Another run of ours may have stopped it, for a moment. And a thread that sleeps where nothing
 * wakes it would let the others stand until it is done; as a rule that takes no time (a disk, a
 * child that has not yet become its program). */
static hf_err *await_peace(const hf_process *p)
{
    char folder[64];
    pid_t deep = 0, tracer = 0;
    snprintf(folder, sizeof(folder), "/proc/%d/task", (int)p->pid);
    for (unsigned tries = 0; tries < LOOKS; tries++) {
        HF_AUTO(hf_freep) pid_t *tids = NULL;
        size_t count = 0;
        if (hf_proc_numbers(folder, &tids, &count))
            return hf_process_gone(p->pid);
        deep = 0;
        hf_proc_status status;
        tracer = hf_proc_status_of(p->pid, &status) ? 0 : status.tracer;
        for (size_t i = 0; i < count && !deep; i++) {
            hf_proc_stat stat;
            if (hf_proc_stat_of(tids[i], &stat) == 0 && stat.state == 'D')
                deep = tids[i];
        }
        if (!deep && !tracer)
            return NULL;
        nanosleep(&(struct timespec){.tv_nsec = NANOSECONDS_BETWEEN}, NULL);
    }
    if (tracer)
        return hf_fail(HF_ERR_REFUSED, "it is traced already, by process %d", (int)tracer);
    return hf_fail(HF_ERR_REFUSED, "its thread %d sleeps where it cannot be stopped", (int)deep);
}

/* In a thread of its own, without signals: what it traces is let go when it ends, whatever state
 * that is in. */
static void *edit_in_thread(void *argument)
{
    editing *e = argument;
    bool hurries = hf_priority_raise(0);
    for (unsigned tries = 0; tries < HALTS; tries++) {
        hf_err_free(e->err);
        e->err = await_peace(e->process);
        if (e->err)
            break;
        e->err = hf_halt_all(e->process, &e->halt);
        bool all = !e->err;
        if (all)
            e->err = change_halted(e);
        e->pause += hf_halt_end(&e->halt);
        if (all || hf_err_code_of(e->err) != HF_ERR_REFUSED)
            break;
    }
    if (hurries)
        hf_priority_lower(0);
    return NULL;
}

hf_err *hf_edit(hf_target *live, const hf_edit_basis *basis,
                hf_err *(*change)(void *context, const hf_editor *editor), void *context,
                uint64_t *ret_pause)
{
    editing e = {.process = &live->process, .basis = basis, .change = change, .context = context};
    pthread_t thread;
    sigset_t all, before;
    if (!hf_process_alive(&live->process))
        return hf_process_gone(live->process.pid);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int errnum = pthread_create(&thread, NULL, edit_in_thread, &e);
    if (!errnum)
        pthread_join(thread, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (errnum)
        return hf_fail_sys(errnum, "cannot start a thread");
    *ret_pause += e.pause;
    return e.err;
}

hf_err *hf_edit_check(hf_target *live, hf_edit_basis *ret)
{
    hf_proc_status status;
    pid_t pid = live->process.pid;
    if (!pid)
        return hf_fail(HF_ERR_USAGE, "frozen memory cannot be changed");
    if (hf_proc_status_of(pid, &status) || !hf_process_alive(&live->process))
        return hf_process_gone(pid);
    if (status.state == 'T')
        return hf_fail(HF_ERR_REFUSED,
                       "it is stopped: it would run nothing before it is continued");
    *ret = (hf_edit_basis){.uid = status.uid};
    if (!read_auxv(pid, ret) || began_with_more_rights(ret))
        return hf_fail(HF_ERR_REFUSED,
                       "it is a program that began with more rights than who started it (set-uid)");
    if (!has_one_user(&status))
        return hf_fail(HF_ERR_REFUSED, "its real, effective and saved user differ");
    return hf_seccomp_python_check(pid, &ret->tried_filters);
}
