/* acquire/opened.c - see acquire/opened.h. */
#include "acquire/opened.h"

#include "acquire/maps.h"
#include "acquire/proc.h"
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

static hf_err *find_mapped(pid_t pid, bool (*is_wanted)(const char *path), char **ret)
{
    hf_buf text HF_AUTO(hf_buf_deinit) = {0};
    hf_maps maps HF_AUTO(hf_maps_deinit) = {0};
    int errnum = hf_proc_read(pid, "maps", &text);
    if (errnum)
        return errnum == ENOENT ? hf_fail(HF_ERR_NO_PROCESS, "no process has the pid %d", (int)pid)
                                : hf_fail_sys(errnum, "cannot look at process %d", (int)pid);
    hf_err *err = hf_maps_parse((const char *)text.data, text.length, &maps);
    for (size_t i = 0; i < maps.count && !err && !*ret; i++)
        if (maps.items[i].path && is_wanted(maps.items[i].path) &&
            !(*ret = strdup(maps.items[i].path)))
            err = hf_fail_memory();
    return err;
}

static hf_err *find_descriptor(pid_t pid, bool (*is_wanted)(const char *path), char **ret)
{
    char name[64], path[PATH_MAX];
    HF_AUTO(hf_freep) pid_t *numbers = NULL;
    size_t count = 0;
    snprintf(name, sizeof(name), "/proc/%d/fd", (int)pid);
    int errnum = hf_proc_numbers(name, &numbers, &count);
    if (errnum)
        return hf_fail_sys(errnum, "cannot look at process %d", (int)pid);
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "fd/%d", (int)numbers[i]);
        if (hf_proc_link(pid, name, path, sizeof(path)) || !is_wanted(path))
            continue;
        return (*ret = strdup(path)) ? NULL : hf_fail_memory();
    }
    return NULL;
}

hf_err *hf_opened_find(pid_t pid, bool (*is_wanted)(const char *path), char **ret)
{
    char *found = NULL;
    hf_err *err = find_mapped(pid, is_wanted, &found);
    if (!err && !found)
        err = find_descriptor(pid, is_wanted, &found);
    if (!err)
        *ret = found;
    return err;
}

hf_err *hf_folder_of_process(pid_t pid, const char *path, int *ret)
{
    char name[64];
    snprintf(name, sizeof(name), "/proc/%d/root", (int)pid);
    HF_AUTO(hf_closep) int root = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                           .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    int fd = root < 0 ? -1 : (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
    if (fd < 0)
        return hf_fail_sys(errno, "cannot open '%s' of process %d", path, (int)pid);
    *ret = fd;
    return NULL;
}
