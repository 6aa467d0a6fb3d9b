#include "acquire/preflight.h"

#include "acquire/cgroup.h"
#include "acquire/elf.h"
#include "acquire/inside.h"
#include "acquire/pause.h"
#include "acquire/priority.h"
#include "acquire/proc.h"
#include "acquire/seccomp.h"
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static hf_err *check_architecture(pid_t pid)
{
    char path[64];
    uint8_t header[64];
    snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
    HF_AUTO(hf_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, header, sizeof(header));
    if (n < 0)
        return hf_fail(HF_ERR_REFUSED, "its executable cannot be read: %s", strerror(errno));
    if (!hf_elf_is_native(header, (size_t)n))
        return hf_fail(HF_ERR_REFUSED, "it is a program of another architecture");
    return NULL;
}

static hf_err *check_state(const hf_proc_status *status)
{
    if (status->tracer)
        return hf_fail(HF_ERR_REFUSED, "it is traced already, by process %d", (int)status->tracer);
    if (status->shadow_stack)
        return hf_fail(HF_ERR_REFUSED, "it runs with shadow stacks");
    return NULL;
}

/* After unshare(CLONE_NEWPID) the next child is the first process of a new namespace, which ends
 * with it: that must not be a copy of ours. */
static hf_err *check_namespace(pid_t pid)
{
    char own[64], children[64];
    if (hf_proc_link(getpid(), "ns/pid_for_children", own, sizeof(own)))
        return NULL; /* a kernel before 4.12 does not tell */
    int errnum = hf_proc_link(pid, "ns/pid_for_children", children, sizeof(children));
    if (!errnum && hf_proc_link(pid, "ns/pid", own, sizeof(own)) == 0 && strcmp(own, children) == 0)
        return NULL;
    return hf_fail(HF_ERR_REFUSED, "its children are to live in another pid namespace");
}

/* userfaultfd(2) may ask a monitor before a fork goes on; it might wait for that for ever. */
static hf_err *check_userfaultfd(pid_t pid)
{
    char folder[64], name[64], link[64];
    HF_AUTO(hf_freep) pid_t *fds = NULL;
    size_t count = 0;
    snprintf(folder, sizeof(folder), "/proc/%d/fd", (int)pid);
    if (hf_proc_numbers(folder, &fds, &count))
        return NULL;
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "fd/%d", (int)fds[i]);
        if (hf_proc_link(pid, name, link, sizeof(link)) == 0 &&
            strcmp(link, "anon_inode:[userfaultfd]") == 0)
            return hf_fail(HF_ERR_REFUSED, "it handles page faults of its own (userfaultfd)");
    }
    return NULL;
}

static hf_err *check_memory(pid_t pid, uint64_t anonymous)
{
    hf_headroom room = hf_headroom_of(pid);
    uint64_t needed = hf_headroom_needed(anonymous, room.all_die_together, hf_priority_allowed());
    if (room.bytes >= needed)
        return NULL;
    return hf_fail(HF_ERR_REFUSED, "its memory limit leaves %llu MB, and a copy may need %llu MB%s",
                   (unsigned long long)room.bytes >> 20, (unsigned long long)needed >> 20,
                   room.all_die_together ? " (memory.oom.group is set)" : "");
}

static hf_err *check_pause(uint64_t predicted, const hf_freeze_options *options)
{
    if (options->allow_stop || (double)predicted <= options->max_pause_ms * 1e6)
        return NULL;
    return hf_fail(HF_ERR_REFUSED,
                   "a fork is expected to stop it for %.0f ms, and only %.0f ms are allowed",
                   (double)predicted / 1e6, options->max_pause_ms);
}

static hf_err *check_all(const hf_process *p, const hf_proc_status *status,
                         const hf_freeze_options *options, uint64_t predicted)
{
    hf_seccomp_way way;
    if (options->force_live)
        return hf_fail(HF_ERR_REFUSED, "a live read was asked for");
    hf_err *err = check_state(status);
    if (!err)
        err = check_pause(predicted, options);
    if (!err)
        err = check_architecture(p->pid);
    if (!err)
        err = check_namespace(p->pid);
    if (!err)
        err = check_memory(p->pid, status->anonymous);
    if (!err)
        err = check_userfaultfd(p->pid);
    return err ? err : hf_seccomp_check(p->pid, &way);
}

hf_err *hf_preflight_check(const hf_process *p, const hf_freeze_options *options, hf_preflight *ret)
{
    hf_preflight flight = {0};
    hf_proc_status status;
    if (hf_proc_status_of(p->pid, &status) || !hf_process_alive(p))
        return hf_process_gone(p->pid);
    flight.predicted_pause =
        hf_pause_of(status.anonymous + status.swap, hf_huge_bytes(p->pid, status.anonymous));
    hf_err *err = check_all(p, &status, options, flight.predicted_pause);
    if (err) {
        snprintf(flight.why_not, sizeof(flight.why_not), "%s", hf_err_message(err));
        hf_err_free(err);
    }
    *ret = flight;
    return NULL;
}
