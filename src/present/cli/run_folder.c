/* present/cli/run_folder.c - see present/cli/run_folder.h. */
#include "present/cli/run_folder.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "present/cli/run_serve.h"
#include "present/cli/session.h"
#include "present/symbolize.h"
#include "trace/watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define PREFIX  ".holdfast-run-"
#define CAPTURE "capture" /* a link to where the capture was to be written */

enum { NAMES_MAX = 1 << 20, ATTEMPTS = 16 };

bool hf_run_folder_is(const char *name)
{
    return strncmp(name, PREFIX, strlen(PREFIX)) == 0 && !strchr(name, ' ');
}

static hf_err *absolute_folder_of(const char *capture, char **ret)
{
    HF_AUTO(hf_freep) char *parent = hf_folder_of(capture);
    HF_AUTO(hf_freep) char *absolute = parent ? realpath(parent, NULL) : NULL;
    if (!absolute)
        return hf_fail_sys(errno, "cannot write '%s'", capture);
    *ret = hf_take(absolute);
    return NULL;
}

/* Whoever looks for folders that were left may take a new one for such before it is locked, and
 * remove it: then there is another one to be made. */
static bool lock(hf_run_folder *f)
{
    struct stat facts;
    f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (f->fd < 0)
        return false;
    if (flock(f->fd, LOCK_EX) && errno != ENOLCK && errno != EOPNOTSUPP)
        return false;
    return fstat(f->fd, &facts) == 0 && facts.st_nlink > 0;
}

static hf_err *make(const char *parent, hf_run_folder *ret)
{
    for (int i = 0; i < ATTEMPTS; i++) {
        hf_run_folder f = {.path = hf_path_join(parent, PREFIX "XXXXXX"), .fd = -1};
        if (!f.path)
            return hf_fail_memory();
        if (!mkdtemp(f.path)) {
            int errnum = errno;
            free(f.path);
            return hf_fail_sys(errnum, "cannot write in '%s'", parent);
        }
        if (lock(&f)) {
            *ret = f;
            return NULL;
        }
        hf_closep(&f.fd);
        free(f.path);
    }
    return hf_fail(HF_ERR_REFUSED, "cannot lock a folder in '%s'", parent);
}

hf_err *hf_run_folder_begin(const char *capture, hf_run_folder *ret)
{
    HF_AUTO(hf_freep) char *parent = NULL;
    hf_run_folder f = {.fd = -1};
    hf_err *err = absolute_folder_of(capture, &parent);
    if (!err)
        err = make(parent, &f);
    if (err)
        return err;
    const char *name = strrchr(capture, '/');
    HF_AUTO(hf_freep) char *whole = hf_path_join(parent, name ? name + 1 : capture);
    if (whole && symlinkat(whole, f.fd, CAPTURE)) {
        /* without it, what is left will be found under the folder's own name */
    }
    *ret = f;
    return NULL;
}

void hf_run_folder_end(hf_run_folder *f)
{
    if (f->fd >= 0) {
        unlinkat(f->fd, CAPTURE, 0);
        unlinkat(f->fd, HF_RUN_SOCKET, 0);
    }
    if (f->path && rmdir(f->path) && errno == ENOTEMPTY)
        hf_note("states that could not be read are left in '%s'", f->path);
    if (f->fd >= 0)
        close(f->fd);
    free(f->path);
    *f = (hf_run_folder){.fd = -1};
}

/* Only what is ours alone: what lies in it says where a file is to be written. */
static bool is_abandoned(int fd)
{
    struct stat facts;
    return fd >= 0 && fstat(fd, &facts) == 0 && facts.st_uid == geteuid() &&
           (facts.st_mode & 077) == 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

static void take_up(const char *parent, const char *name)
{
    HF_AUTO(hf_freep) char *path = hf_path_join(parent, name);
    HF_AUTO(hf_freep) char *fallback = hf_path_join(parent, name + 1);
    HF_AUTO(hf_capture_freep) hf_capture *c = NULL;
    if (!path || !fallback)
        return;
    hf_run_folder f = {.fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    hf_err *err = is_abandoned(f.fd) ? hf_watch_recover(path, &c) : NULL;
    bool runs = err && hf_err_code_of(err) == HF_ERR_REFUSED;
    if (runs || (!err && !c)) { /* it is in use, or not ours */
        hf_err_free(err);
        hf_closep(&f.fd);
        return;
    }
    f.path = hf_take(path);
    char wanted[PATH_MAX] = {0};
    ssize_t n = readlinkat(f.fd, CAPTURE, wanted, sizeof(wanted) - 1);
    hf_buf target HF_AUTO(hf_buf_deinit) = {0};
    hf_buf_format(&target, "%s.left", n > 0 ? wanted : fallback);
    if (!err)
        err = hf_symbolize(c);
    if (!err)
        err = hf_capture_write(c, hf_buf_string(&target));
    if (!err)
        hf_note("an earlier run was killed: what it had recorded is in '%s'",
                hf_buf_string(&target));
    else if (hf_err_code_of(err) != HF_ERR_NOT_PYTHON)
        hf_note("an earlier run was killed, and what it left cannot be kept: %s",
                hf_err_message(err));
    hf_err_free(err);
    hf_run_folder_end(&f);
}

void hf_run_folder_recover(const char *capture)
{
    HF_AUTO(hf_freep) char *parent = NULL;
    hf_err *err = absolute_folder_of(capture, &parent);
    DIR *names = err ? NULL : opendir(parent);
    hf_err_free(err);
    const struct dirent *entry;
    for (int i = 0; names && i < NAMES_MAX && (entry = readdir(names)); i++)
        if (hf_run_folder_is(entry->d_name))
            take_up(parent, entry->d_name);
    if (names)
        closedir(names);
}
