#include "acquire/process.h"

#include "acquire/maps.h"
#include "acquire/proc.h"
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A number that names no process: is it hidden from us, a thread, or nothing at all? */
static hf_err *no_such(pid_t pid)
{
    hf_proc_status status;
    if (hf_proc_status_of(pid, &status) == 0 && status.process && status.process != pid)
        return hf_fail(HF_ERR_NO_PROCESS, "%d is a thread of process %d: use that number", (int)pid,
                       (int)status.process);
    if (kill(pid, 0) < 0 && errno == EPERM)
        return hf_fail(HF_ERR_PERMISSION,
                       "process %d exists, but /proc is mounted so that it is hidden from this user"
                       " (hidepid): run as root",
                       (int)pid);
    if (access("/proc/self", F_OK))
        return hf_fail_sys(errno, "cannot look at process %d: /proc is not mounted here", (int)pid);
    return hf_fail(HF_ERR_NO_PROCESS, "there is no process %d", (int)pid);
}

static hf_err *open_identity(pid_t pid, hf_process *p)
{
    if (pid <= 0)
        return hf_fail(HF_ERR_USAGE, "%d is not the number of a process", (int)pid);
    int errnum = 0;
    p->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (p->pidfd < 0)
        errnum = errno;
    if (errnum == ESRCH || errnum == EINVAL || errnum == ENOENT)
        return no_such(pid);
    if (errnum == EMFILE || errnum == ENFILE || errnum == ENOMEM)
        return hf_fail_sys(errnum, "cannot open process %d", (int)pid);
    hf_proc_stat stat;
    hf_proc_status status;
    errnum = hf_proc_stat_of(pid, &stat);
    if (errnum == ESRCH || (!errnum && hf_proc_status_of(pid, &status) == 0 && status.process &&
                            status.process != pid))
        return no_such(pid);
    if (errnum)
        return hf_fail_sys(errnum, "cannot read /proc/%d/stat", (int)pid);
    if (stat.state == 'Z' || stat.state == 'X')
        return hf_fail(HF_ERR_NO_PROCESS,
                       "process %d has ended already (a zombie that its parent has not waited for)",
                       (int)pid);
    p->start_time = stat.start_time;
    return NULL;
}

/* An address that holds a byte, to find out what we may read. */
static hf_err *readable_address(pid_t pid, uint64_t *ret)
{
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    int errnum = hf_proc_read(pid, "maps", &text);
    if (errnum == EACCES || errnum == EPERM)
        return hf_process_denied(pid, "read");
    if (errnum == ESRCH || errnum == ENOENT)
        return hf_fail(HF_ERR_TARGET_GONE, "process %d ended while it was being opened", (int)pid);
    if (errnum)
        return hf_fail_sys(errnum, "cannot read /proc/%d/maps", (int)pid);
    HF_AUTO(hf_maps_deinit) hf_maps maps = {0};
    hf_err *err = hf_maps_parse((const char *)text.data, text.length, &maps);
    if (err)
        return err;
    for (size_t i = 0; i < maps.count; i++) {
        if (maps.items[i].readable && maps.items[i].path[0] == '/') {
            *ret = maps.items[i].start;
            return NULL;
        }
    }
    if (!text.length)
        return hf_fail(HF_ERR_NOT_PYTHON, "process %d has no memory of its own (a kernel thread)",
                       (int)pid);
    return hf_fail(HF_ERR_NOT_PYTHON, "process %d has no program mapped", (int)pid);
}

static hf_err *try_reading(hf_process *p)
{
    uint64_t addr = 0;
    hf_err *err = readable_address(p->pid, &addr);
    if (err)
        return err;
    uint8_t byte;
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/mem", (int)p->pid);
    p->memory = open(path, O_RDONLY | O_CLOEXEC);
    if (hf_process_read(p, addr, &byte, 1))
        return NULL;
    hf_closep(&p->memory);
    p->memory = -1;
    if (hf_process_read(p, addr, &byte, 1))
        return NULL;
    if (!hf_process_alive(p))
        return hf_fail(HF_ERR_TARGET_GONE, "process %d ended while it was being opened",
                       (int)p->pid);
    return hf_process_denied(p->pid, "read");
}

hf_err *hf_process_open(pid_t pid, hf_process *ret)
{
    hf_process p = {.pid = pid, .pidfd = -1, .memory = -1};
    hf_err *err = open_identity(pid, &p);
    if (!err)
        err = try_reading(&p);
    if (err) {
        hf_process_close(&p);
        return err;
    }
    *ret = p;
    return NULL;
}

void hf_process_close(hf_process *p)
{
    hf_closep(&p->pidfd);
    hf_closep(&p->memory);
    p->pidfd = p->memory = -1;
}

bool hf_process_alive(const hf_process *p)
{
    struct pollfd ended = {.fd = p->pidfd, .events = POLLIN};
    if (p->pidfd >= 0)
        return poll(&ended, 1, 0) == 0;
    hf_proc_stat stat;
    return hf_proc_stat_of(p->pid, &stat) == 0 && stat.start_time == p->start_time &&
           stat.state != 'Z' && stat.state != 'X';
}

static size_t read_file_ranges(int fd, const struct iovec *ranges, size_t count, uint8_t *buf,
                               size_t n)
{
    size_t done = 0;
    for (size_t i = 0; i < count && done < n; i++) {
        size_t wanted = ranges[i].iov_len < n - done ? ranges[i].iov_len : n - done;
        ssize_t got = pread(fd, buf + done, wanted, (off_t)(uintptr_t)ranges[i].iov_base);
        if (got > 0)
            done += (size_t)got;
        if (got < (ssize_t)wanted)
            break;
    }
    return done;
}

size_t hf_process_read_ranges(const hf_process *p, const struct iovec *ranges, size_t count,
                              void *buf, size_t n)
{
    if (p->memory >= 0)
        return read_file_ranges(p->memory, ranges, count, buf, n);
    struct iovec local = {.iov_base = buf, .iov_len = n};
    ssize_t got = process_vm_readv(p->pid, &local, 1, ranges, count, 0);
    return got > 0 ? (size_t)got : 0;
}

bool hf_process_read(const hf_process *p, uint64_t addr, void *buf, size_t n)
{
    struct iovec range = {.iov_base = (void *)(uintptr_t)addr, .iov_len = n};
    return n == 0 || hf_process_read_ranges(p, &range, 1, buf, n) == n;
}
