/* The memory of a process as a file, for machines that are not to analyse it. */
#include "base/cleanup.h"
#include "graph/announce.h"
#include "graph/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

/* What rest is, is known of processes whose layout is; others are taken as they are. */
static hf_err *find_rest(hf_target *live, hf_python_probe *probe, hf_raw_info *ret)
{
    hf_err *err = hf_probe(live, probe);
    hf_err_code code = err ? hf_err_code_of(err) : 0;
    if (code != HF_ERR_UNPROVEN && code != HF_ERR_NOT_PYTHON)
        return err;
    snprintf(ret->why_not_rest, sizeof(ret->why_not_rest), "%s", hf_err_message(err));
    hf_err_free(err);
    *probe = (hf_python_probe){0};
    return NULL;
}

static hf_err *take(hf_target *live, int fd, const hf_snapshot_options *options, hf_raw_info *ret)
{
    hf_python_probe probe = {0};
    hf_err *err = find_rest(live, &probe, ret);
    hf_freeze_options how;
    if (!err)
        err = hf_announce_freeze(live, &probe, options, &how);
    if (err)
        return err;
    err = hf_freeze_to_core(live, &how, fd, &ret->freeze);
    struct stat st;
    if (!err && (fsync(fd) || fstat(fd, &st)))
        err = hf_fail_sys(errno, "cannot write the memory");
    if (!err)
        ret->file_size = (uint64_t)st.st_size;
    return err;
}

hf_err *hf_snapshot_take_raw(pid_t pid, const char *path, const hf_snapshot_options *options,
                             hf_raw_info *ret)
{
    hf_raw_info info = {0};
    HF_AUTO(hf_target_freep) hf_target *live = NULL;
    HF_AUTO(hf_closep)
    int fd = open(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return hf_fail_sys(errno, "cannot write '%s'", path);
    hf_err *err = hf_target_open_pid(pid, &live);
    if (!err) {
        info.rss = hf_target_describe(live)->rss;
        info.anonymous = hf_target_describe(live)->anonymous;
        err = take(live, fd, options, &info);
    }
    if (err)
        unlink(path);
    else
        *ret = info;
    return err;
}
