/* acquire/source_file.c - see acquire/source_file.h. */
#include "acquire/source_file.h"

#include "acquire/proc.h"
#include "base/cleanup.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>

typedef struct request {
    const char *path;
    int root; /* of the process */
    uid_t uid;
    gid_t gid;
    int result;
} request;

/* First a descriptor that opens nothing (O_PATH), so that a device or a pipe never learns of us;
 * what it stands for is then opened through it, and no other file can take its place. */
int hf_open_below(int root, const char *path)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC,
                           .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    HF_AUTO(hf_closep) int found = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
    struct stat st;
    if (found < 0 || fstat(found, &st) < 0 || !S_ISREG(st.st_mode))
        return -1;
    char again[64];
    snprintf(again, sizeof(again), "/proc/thread-self/fd/%d", found);
    return open(again, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/* In a thread of its own: the kernel knows credentials for each thread, and with the thread they
 * are gone; glibc's functions would change those of all threads. Giving up user 0 gives up the
 * capabilities to overlook permissions. */
static void *open_as_them(void *argument)
{
    request *r = argument;
    bool changed = syscall(SYS_setgroups, 0, NULL) == 0 &&
                   syscall(SYS_setresgid, r->gid, r->gid, r->gid) == 0 &&
                   syscall(SYS_setresuid, r->uid, r->uid, r->uid) == 0;
    r->result = changed ? hf_open_below(r->root, r->path) : -1;
    return NULL;
}

int hf_source_open(pid_t pid, uint64_t start_time, const char *path)
{
    if (*path != '/')
        return -1; /* relative to a folder that the process may have left */
    char name[64] = "/";
    if (pid)
        snprintf(name, sizeof(name), "/proc/%d/root", (int)pid);
    HF_AUTO(hf_closep) int root = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0 || !pid)
        return root < 0 ? -1 : hf_open_below(root, path);
    hf_proc_stat stat;
    hf_proc_status them;
    if (hf_proc_status_of(pid, &them) || hf_proc_stat_of(pid, &stat) ||
        stat.start_time != start_time)
        return -1;
    if (them.uid == geteuid() && them.gid == getegid())
        return hf_open_below(root, path);
    request r = {path, root, them.uid, them.gid, -1};
    pthread_t thread;
    if (pthread_create(&thread, NULL, open_as_them, &r) != 0)
        return -1;
    pthread_join(thread, NULL);
    return r.result;
}
