#include "acquire/waits.h"

#include "acquire/proc.h"
#include "base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

/* Calls in which programs wait. */
static const struct {
    long number;
    const char *name;
} calls[] = {
    {SYS_read, "read(2)"},
    {SYS_write, "write(2)"},
    {SYS_futex, "futex(2), for a lock or another thread"},
#ifdef SYS_poll
    {SYS_poll, "poll(2)"},
    {SYS_select, "select(2)"},
    {SYS_epoll_wait, "epoll_wait(2)"},
#endif
    {SYS_ppoll, "ppoll(2)"},
    {SYS_pselect6, "pselect(2)"},
    {SYS_epoll_pwait, "epoll_wait(2)"},
    {SYS_nanosleep, "nanosleep(2)"},
    {SYS_clock_nanosleep, "clock_nanosleep(2)"},
    {SYS_restart_syscall, "a wait that goes on"},
    {SYS_recvfrom, "recv(2)"},
    {SYS_recvmsg, "recvmsg(2)"},
    {SYS_sendto, "send(2)"},
    {SYS_sendmsg, "sendmsg(2)"},
    {SYS_accept, "accept(2)"},
    {SYS_accept4, "accept(2)"},
    {SYS_connect, "connect(2)"},
    {SYS_wait4, "wait(2)"},
    {SYS_waitid, "waitid(2)"},
    {SYS_flock, "flock(2)"},
    {SYS_fcntl, "fcntl(2)"},
    {SYS_rt_sigtimedwait, "sigwait(3)"},
    {SYS_rt_sigsuspend, "sigsuspend(2)"},
};

void hf_thread_waits(pid_t tid, char *ret, size_t size)
{
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    hf_proc_status status;
    char *end;
    snprintf(ret, size, "cannot be looked at");
    if (hf_proc_status_of(tid, &status))
        return;
    if (status.state == 'R')
        snprintf(ret, size, "computes");
    if (status.state == 'T' || status.state == 't')
        snprintf(ret, size, "is stopped");
    if ((status.state != 'S' && status.state != 'D') || hf_proc_read(tid, "syscall", &text))
        return;
    const char *line = hf_buf_string(&text);
    long number = strtol(line, &end, 10);
    if (end == line)
        return;
    snprintf(ret, size, "waits in system call %ld", number);
    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
        if (calls[i].number == number)
            snprintf(ret, size, "waits in %s", calls[i].name);
}
