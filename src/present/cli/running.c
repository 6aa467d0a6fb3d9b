/* present/cli/running.c - see present/cli/running.h. */
#include "present/cli/running.h"

#include "acquire/opened.h"
#include "base/cleanup.h"
#include "graph/file.h"
#include "present/cli/run_folder.h"
#include "present/cli/run_serve.h"
#include "present/cli/session.h"
#include "present/cli/source.h"
#include "present/symbolize.h"
#include "trace/state_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* ".../.holdfast-run-XXXXXX/PID-START.state", or such a folder. */
static bool is_of_a_run(const char *path)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    if (!slash || slash == path)
        return false;
    if (hf_run_folder_is(slash + 1))
        return true;
    if (!dot || strcmp(dot, ".state") != 0)
        return false;
    const char *folder = slash;
    while (folder > path && folder[-1] != '/')
        folder--;
    return hf_run_folder_is(folder) && strlen(slash + 1) < sizeof(((hf_running *)0)->state);
}

static hf_err *read_pid(hf_running *r)
{
    hf_state_header h;
    HF_AUTO(hf_closep)
    int fd = openat(r->folder, r->state, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return hf_fail_sys(errno, "cannot read what process %d records", (int)r->pid);
    hf_err *err = hf_state_read_header(fd, r->state, &h);
    if (!err)
        r->its_pid = h.pid;
    return err;
}

hf_err *hf_running_find(pid_t pid, hf_running *ret)
{
    HF_AUTO(hf_freep) char *path = NULL;
    hf_running r = {.pid = pid, .folder = -1};
    hf_err *err = hf_opened_find(pid, is_of_a_run, &path);
    if (err)
        return err;
    if (!path)
        return hf_fail(HF_ERR_NOT_FOUND,
                       "process %d is not traced: 'holdfast run' starts a program that is",
                       (int)pid);
    char *name = strrchr(path, '/');
    if (!hf_run_folder_is(name + 1)) {
        snprintf(r.state, sizeof(r.state), "%s", name + 1);
        *name = 0;
    }
    err = hf_folder_of_process(pid, path, &r.folder);
    if (!err && r.state[0])
        err = read_pid(&r);
    if (err) {
        hf_running_deinit(&r);
        return err;
    }
    *ret = r;
    return NULL;
}

void hf_running_deinit(hf_running *r)
{
    hf_closep(&r->folder);
    r->folder = -1;
}

/* The run so far: asked of its runner, else (it was killed) made of the states, without a timeline.
 * Nothing is stopped and nothing is changed. The caller owns *ret. */
static hf_err *capture_of(const hf_running *r, hf_capture **ret)
{
    char name[32], folder[64];
    snprintf(name, sizeof(name), "%d", (int)r->pid);
    snprintf(folder, sizeof(folder), "/proc/self/fd/%d", r->folder);
    hf_err *err = hf_run_ask(r->folder, name, ret);
    if (!err || hf_err_code_of(err) != HF_ERR_NOT_FOUND)
        return err;
    hf_err_free(err);
    hf_capture *c = NULL;
    err = hf_watch_look(folder, &c);
    if (!err)
        err = hf_symbolize(c);
    if (!err)
        *ret = hf_take(c);
    hf_capture_free(c);
    return err;
}

hf_err *hf_running_of(const char *operand, hf_running *ret)
{
    hf_source source = {0};
    hf_err *err = hf_source_resolve(operand, &source);
    if (!err && !source.pid)
        err = hf_fail(HF_ERR_USAGE, "'%s' is a file, not a process", operand);
    return err ? err : hf_running_find(source.pid, ret);
}

hf_err *hf_running_block(const char *operand, uint32_t block, hf_capture **ret)
{
    hf_running r HF_AUTO(hf_running_deinit) = {.folder = -1};
    hf_err *err = hf_running_of(operand, &r);
    if (err)
        return err;
    HF_AUTO(hf_closep)
    int fd = openat(r.folder, r.state, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (!r.state[0] || fd < 0)
        return hf_fail(HF_ERR_NOT_FOUND, "'%s' has no blocks of its own", operand);
    return hf_watch_block(fd, r.state, block, ret);
}

/* The pid that an operand names; 0 for a file. A script or a package that stands here may name
 * the process that runs it. */
static hf_err *find_pid(const char *operand, pid_t *ret)
{
    hf_source source = {0};
    bool number = strspn(operand, "0123456789") == strlen(operand);
    bool exists = !number && access(operand, F_OK) == 0;
    bool file = !number && (strchr(operand, '/') || (exists && !hf_source_may_be_program(operand)));
    hf_err *err = file ? NULL : hf_source_resolve(operand, &source);
    if (err && exists && hf_err_code_of(err) == HF_ERR_NOT_OURS) { /* nobody runs it */
        hf_err_free(err);
        err = NULL;
    }
    if (!err)
        *ret = source.pid;
    return err;
}

hf_err *hf_capture_of(const char *operand, hf_capture **ret, int64_t *ret_pid)
{
    hf_running r HF_AUTO(hf_running_deinit) = {.folder = -1};
    pid_t pid = 0;
    hf_err *err = find_pid(operand, &pid);
    *ret_pid = 0;
    if (err)
        return err;
    if (!pid && hf_snapshot_is(operand))
        return hf_fail(HF_ERR_NOT_OURS,
                       "'%s' is a snapshot of a heap, not a capture of 'holdfast run': diagnose, "
                       "types, objects, retained, diff and others read it",
                       operand);
    if (!pid)
        return hf_capture_read(operand, ret);
    err = hf_running_find(pid, &r);
    if (!err)
        err = capture_of(&r, ret);
    if (!err)
        *ret_pid = r.its_pid;
    return err;
}

bool hf_is_traced(const char *operand)
{
    hf_running r HF_AUTO(hf_running_deinit) = {.folder = -1};
    pid_t pid = 0;
    hf_err *err = find_pid(operand, &pid);
    if (!err && !pid)
        return hf_capture_is(operand);
    if (!err)
        err = hf_running_find(pid, &r);
    hf_err_free(err);
    return !err;
}
