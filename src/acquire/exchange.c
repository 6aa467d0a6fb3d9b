#include "acquire/exchange.h"

#include "acquire/inside.h"
#include "acquire/opened.h"
#include "acquire/proc.h"
#include "base/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { NAMING_TRIES = 8, LETTERS = 8, LEFT_SECONDS = 60, OLD_SECONDS = 3600, DEPTH_MAX = 64 };

#define PREFIX ".holdfast-exec-"

/* In memory first: what is exchanged may be secret. */
static const char *const parents[] = {"/dev/shm", "/tmp", "/var/tmp"};

static const char *const files[] = {"code", "out", "boot", "run", "new"};

static pid_t inner_pid(const hf_proc_status *status, pid_t pid)
{
    return status->id_count ? status->ids[status->id_count - 1] : pid;
}

static void empty_folder(int folder)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
        unlinkat(folder, files[i], 0);
}

static void remove_folder(int parent, const char *name, int folder)
{
    empty_folder(folder);
    unlinkat(parent, name, AT_REMOVEDIR);
}

/* Opens what is right in a folder, on the file system of that: another one could be anybody's, and
 * never answer. */
static int open_in(int folder, const char *name, int flags)
{
    struct open_how how = {.flags = (unsigned)flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                           .resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH};
    return (int)syscall(SYS_openat2, folder, name, &how, sizeof(how));
}

/* Whether nobody holds the lock on `code`, which has that name only once it is locked: who made the
 * folder has ended. Without `code` it is being made, or has been used. */
static bool has_no_maker(int folder, const struct stat *status)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    HF_AUTO(hf_closep)
    int fd = open_in(folder, "code", O_RDONLY);
    if (fd < 0)
        return errno == ENOENT && time(NULL) - status->st_mtime > LEFT_SECONDS;
    return fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
}

static int open_private(int parent, const char *name, struct stat *status)
{
    int fd = open_in(parent, name, O_RDONLY | O_DIRECTORY);
    if (fd >= 0 && (fstat(fd, status) || (status->st_mode & 0777) != 0700))
        hf_closep(&fd), fd = -1;
    return fd;
}

/* Whether a folder was left by a run that was killed: one for this process, or an hour ago one for
 * another, which may be no more. */
static bool is_left(const hf_exchange *x, const char *name, int folder, const struct stat *status)
{
    size_t prefix = strlen(x->name) - LETTERS;
    return (status->st_uid == x->uid || status->st_uid == geteuid()) &&
           (strncmp(name, x->name, prefix) == 0 || time(NULL) - status->st_mtime > OLD_SECONDS) &&
           has_no_maker(folder, status);
}

/* Whether some process counts itself so, in a pid namespace of its own maybe. */
static bool is_number_of_some(pid_t number)
{
    HF_AUTO(hf_freep) pid_t *pids = NULL;
    size_t count = 0;
    if (hf_proc_numbers("/proc", &pids, &count))
        return true;
    for (size_t i = 0; i < count; i++) {
        hf_proc_status status;
        if (hf_proc_status_of(pids[i], &status) == 0 && inner_pid(&status, pids[i]) == number)
            return true;
    }
    return false;
}

static bool has_file(int folder, const char *name)
{
    return faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Whether a thread may still come for the script `run`: it would complain of a file that is not
 * there, on standard error of the process. In this process no thread is asked for it any more
 * (hf_execution_ask()), but one may be about to open it. */
static bool is_awaited(const hf_exchange *x, const char *name, int folder)
{
    size_t prefix = strlen(x->name) - LETTERS;
    if (!has_file(folder, "run"))
        return false;
    return has_file(folder, "code") ||
           (strncmp(name, x->name, prefix) != 0 &&
            is_number_of_some((pid_t)strtol(name + strlen(PREFIX), NULL, 10)));
}

/* What stays, `boot` and `run`, has a thread that comes remove the folder. */
static void sweep_folder(const hf_exchange *x, const char *name, int folder)
{
    if (!is_awaited(x, name, folder)) {
        remove_folder(x->parent, name, folder);
        return;
    }
    unlinkat(folder, "code", 0);
    unlinkat(folder, "out", 0);
}

void hf_exchange_sweep(const hf_exchange *x)
{
    int listed = openat(x->parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = listed < 0 ? NULL : fdopendir(listed);
    if (!entries) {
        hf_closep(&listed);
        return;
    }
    for (struct dirent *entry; (entry = readdir(entries));) {
        struct stat status;
        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0 ||
            strcmp(entry->d_name, x->name) == 0)
            continue;
        HF_AUTO(hf_closep) int folder = open_private(x->parent, entry->d_name, &status);
        if (folder >= 0 && is_left(x, entry->d_name, folder, &status))
            sweep_folder(x, entry->d_name, folder);
    }
    closedir(entries);
}

/* A name that nobody guesses; false where there is no chance to be had. */
static bool make_name(const char *prefix, char name[48])
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
    uint8_t random[LETTERS];
    size_t n = strlen(prefix);
    if (getrandom(random, sizeof(random), 0) != sizeof(random))
        return false;
    memcpy(name, prefix, n);
    for (size_t i = 0; i < LETTERS; i++)
        name[n + i] = letters[random[i] % 32];
    name[n + LETTERS] = 0;
    return true;
}

/* Whether the user of the process may come into the folder. */
static bool lets_in(const struct stat *folder, uid_t uid)
{
    return folder->st_uid == uid ? folder->st_mode & S_IXUSR : folder->st_mode & S_IXOTH;
}

/* Whether nobody can put something else in the place of what root or the user of the process has in
 * a folder: that would be run as that user. The owner of a folder always can, and who may write
 * into it, unless its sticky bit is set. Root of the process's user namespace is one that may do
 * anything to it as well. */
static bool is_safe(const hf_exchange *x, const struct stat *folder)
{
    bool shared = folder->st_mode & (S_IWGRP | S_IWOTH) && !(folder->st_mode & S_ISVTX);
    return !shared &&
           (folder->st_uid == 0 || folder->st_uid == x->uid || folder->st_uid == x->root);
}

/* Whether that is so for the folder and all above it, up to the root of the process. */
static bool is_safe_from_root(const hf_exchange *x, int root)
{
    struct stat top, status, above;
    HF_AUTO(hf_closep) int at = openat(x->parent, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (at < 0 || fstat(root, &top) || fstat(at, &status) || !lets_in(&status, x->uid))
        return false;
    for (unsigned depth = 0; depth < DEPTH_MAX; depth++) {
        if (!is_safe(x, &status))
            return false;
        if (status.st_dev == top.st_dev && status.st_ino == top.st_ino)
            return true;
        int next = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
        hf_closep(&at);
        at = next;
        if (at < 0 || fstat(at, &above))
            return false;
        if (above.st_dev == status.st_dev && above.st_ino == status.st_ino)
            return true;
        status = above;
    }
    return false;
}

/* Whom root of the process's user namespace is, as we count. */
static uid_t root_of(pid_t pid)
{
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    unsigned inside, outside, count;
    if (hf_proc_read(pid, "uid_map", &text))
        return 0;
    const char *line = hf_buf_string(&text);
    for (; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
        if (sscanf(line, "%u %u %u", &inside, &outside, &count) == 3 && inside == 0)
            return outside;
    return 0;
}

static hf_err *give(const hf_exchange *x, int fd)
{
    if (x->uid != geteuid() && fchown(fd, x->uid, x->gid))
        return hf_fail_sys(errno, "cannot give a file to user %u of the process", x->uid);
    return NULL;
}

/* Makes a folder in `parent`, a path as the process sees it; false where that will not do. */
static bool make_folder(const char *parent, const char *prefix, hf_exchange *x)
{
    struct stat status;
    for (unsigned tries = 0; tries < NAMING_TRIES; tries++) {
        if (!make_name(prefix, x->name))
            return false;
        if (mkdirat(x->parent, x->name, 0700)) {
            if (errno != EEXIST)
                return false;
            continue;
        }
        x->folder = open_private(x->parent, x->name, &status);
        if (x->folder < 0 || status.st_uid != geteuid()) {
            unlinkat(x->parent, x->name, AT_REMOVEDIR);
            hf_closep(&x->folder);
            x->folder = -1;
            return false;
        }
        snprintf(x->path, sizeof(x->path), "%s/%s", parent, x->name);
        return true;
    }
    return false;
}

static hf_err *make_file(const hf_exchange *x, const char *name, int *ret)
{
    int fd = openat(x->folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return hf_fail_sys(errno, "cannot write into folder '%s' of the process", x->path);
    hf_err *err = give(x, fd);
    if (err)
        hf_closep(&fd);
    else
        *ret = fd;
    return err;
}

static hf_err *write_all(const hf_exchange *x, int fd, const void *bytes, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t wrote = write(fd, (const char *)bytes + done, n - done);
        if (wrote < 0 && errno != EINTR)
            return hf_fail_sys(errno, "cannot write into folder '%s' of the process", x->path);
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    return NULL;
}

static hf_err *make_out(hf_exchange *x, size_t state)
{
    static const uint8_t zeros[256];
    hf_err *err = make_file(x, "out", &x->out);
    if (!err)
        err = write_all(x, x->out, zeros, state < sizeof(zeros) ? state : sizeof(zeros));
    return err ? err : give(x, x->folder);
}

hf_err *hf_exchange_open(hf_target *live, size_t state, hf_exchange *ret)
{
    hf_exchange x = {.parent = -1, .folder = -1, .code = -1, .out = -1};
    hf_proc_status status;
    char prefix[32];
    pid_t pid = live->process.pid;
    HF_AUTO(hf_closep) int root = -1;
    if (hf_proc_status_of(pid, &status) || !hf_process_alive(&live->process))
        return hf_process_gone(pid);
    x.uid = status.uid;
    x.gid = status.gid;
    x.root = root_of(pid);
    hf_err *err = hf_folder_of_process(pid, "/", &root);
    if (err)
        return err;
    snprintf(prefix, sizeof(prefix), PREFIX "%d-", (int)inner_pid(&status, pid));
    for (size_t i = 0; i < sizeof(parents) / sizeof(*parents); i++) {
        err = hf_folder_of_process(pid, parents[i], &x.parent);
        if (err) {
            hf_err_free(err);
            continue;
        }
        if (is_safe_from_root(&x, root) && make_folder(parents[i], prefix, &x)) {
            err = make_out(&x, state);
            if (!err)
                *ret = x;
            else
                hf_exchange_close(&x);
            return err;
        }
        hf_closep(&x.parent);
        x.parent = -1;
    }
    return hf_fail(HF_ERR_REFUSED,
                   "process %d has no folder to exchange files through: /dev/shm, /tmp and "
                   "/var/tmp, as it sees them, are missing, may not be written, or let other users "
                   "exchange what is in them",
                   (int)pid);
}

hf_err *hf_exchange_put_code(hf_exchange *x, const void *bytes, size_t n)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    hf_err *err = make_file(x, "new", &x->code);
    if (!err && (fcntl(x->code, F_SETLK, &lock) || renameat(x->folder, "new", x->folder, "code")))
        err = hf_fail_sys(errno, "cannot lock a file in folder '%s' of the process", x->path);
    return err ? err : write_all(x, x->code, bytes, n);
}

hf_err *hf_exchange_put(const hf_exchange *x, const char *name, const void *bytes, size_t n)
{
    HF_AUTO(hf_closep) int fd = -1;
    hf_err *err = make_file(x, name, &fd);
    return err ? err : write_all(x, fd, bytes, n);
}

bool hf_exchange_take_back(const hf_exchange *x)
{
    return unlinkat(x->folder, "code", 0) == 0;
}

void hf_exchange_leave(hf_exchange *x)
{
    hf_closep(&x->code);
    hf_closep(&x->out);
    hf_closep(&x->folder);
    hf_closep(&x->parent);
    *x = (hf_exchange){.parent = -1, .folder = -1, .code = -1, .out = -1};
}

void hf_exchange_close(hf_exchange *x)
{
    if (x->folder >= 0)
        empty_folder(x->folder);
    if (x->parent >= 0 && x->name[0])
        unlinkat(x->parent, x->name, AT_REMOVEDIR);
    hf_exchange_leave(x);
}

/* The parent that a path leads into a folder of ours of; NULL where it leads to none. *ret_name:
 * where the folder's name begins in the path. */
static const char *parent_in(const char *path, const char **ret_name)
{
    for (size_t i = 0; i < sizeof(parents) / sizeof(*parents); i++) {
        size_t n = strlen(parents[i]);
        if (strncmp(path, parents[i], n) == 0 &&
            strncmp(path + n, "/" PREFIX, strlen("/" PREFIX)) == 0) {
            *ret_name = path + n + 1;
            return parents[i];
        }
    }
    return NULL;
}

/* Opens the folder that a path of the process leads into, and its parent; false where that is none
 * of ours. */
static bool open_named(hf_target *live, const char *path, char name[64], int *ret_parent,
                       int *ret_folder)
{
    const char *start, *parent = parent_in(path, &start), *end = parent ? strchr(start, '/') : NULL;
    if (!end || end - start >= 64)
        return false;
    memcpy(name, start, (size_t)(end - start));
    name[end - start] = 0;
    hf_err *err = hf_folder_of_process(live->process.pid, parent, ret_parent);
    if (err) {
        hf_err_free(err);
        return false;
    }
    *ret_folder = open_in(*ret_parent, name, O_RDONLY | O_DIRECTORY);
    return *ret_folder >= 0;
}

hf_exchange_state hf_exchange_state_of(hf_target *live, const char *path)
{
    HF_AUTO(hf_closep) int parent = -1;
    HF_AUTO(hf_closep) int folder = -1;
    struct stat status;
    char name[64];
    if (!open_named(live, path, name, &parent, &folder) || fstat(folder, &status))
        return HF_EXCHANGE_GONE;
    return has_no_maker(folder, &status) ? HF_EXCHANGE_LEFT : HF_EXCHANGE_HELD;
}

void hf_exchange_remove(hf_target *live, const char *path)
{
    HF_AUTO(hf_closep) int parent = -1;
    HF_AUTO(hf_closep) int folder = -1;
    char name[64];
    if (open_named(live, path, name, &parent, &folder))
        remove_folder(parent, name, folder);
}
