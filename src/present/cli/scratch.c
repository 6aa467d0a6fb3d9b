/* present/cli/scratch.c - see present/cli/scratch.h. */
#include "present/cli/scratch.h"

#include "acquire/spool.h"
#include "base/cleanup.h"
#include "present/cli/session.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

enum { ENTRIES_MAX = 16, HOLD_SECONDS = 5, NAMING_TRIES = 8, ECHO_NANOSECONDS = 200000000 };

#define FOLDER_PREFIX  ".holdfast-"
#define FOLDER_PATTERN FOLDER_PREFIX "XXXXXX"

typedef struct scratch_entry {
    char *path; /* NULL: free */
    bool is_folder;
} scratch_entry;

static scratch_entry entries[ENTRIES_MAX];
static pthread_mutex_t entries_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool waiting, interrupted, ending;
static _Atomic(void (*)(void)) at_end;
static pthread_mutex_t holding_lock = PTHREAD_MUTEX_INITIALIZER;

static void empty_folder(DIR *folder)
{
    for (struct dirent *entry; (entry = readdir(folder));)
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            unlinkat(dirfd(folder), entry->d_name, 0);
}

static void remove_folder(const char *path)
{
    DIR *folder = opendir(path);
    if (folder) { /* NULL: no memory */
        empty_folder(folder);
        closedir(folder);
    }
    rmdir(path);
}

/* A run holds a lock on its folder until it ends, in whatever way: a folder of ours that can be
 * locked was left behind by a run that was killed. */
static void remove_if_left(int parent, const char *name)
{
    HF_AUTO(hf_closep)
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) || status.st_uid != geteuid() ||
        (status.st_mode & 0777) != 0700 || flock(fd, LOCK_EX | LOCK_NB))
        return;
    int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = again < 0 ? NULL : fdopendir(again);
    if (!folder) {
        hf_closep(&again);
        return;
    }
    empty_folder(folder);
    closedir(folder);
    unlinkat(parent, name, AT_REMOVEDIR);
}

static void sweep(const char *parent)
{
    DIR *folder = opendir(parent);
    if (!folder)
        return;
    for (struct dirent *entry; (entry = readdir(folder));)
        if (strncmp(entry->d_name, FOLDER_PREFIX, strlen(FOLDER_PREFIX)) == 0 &&
            strlen(entry->d_name) == strlen(FOLDER_PATTERN))
            remove_if_left(dirfd(folder), entry->d_name);
    closedir(folder);
}

/* Makes the folder of the pattern `path` and locks it for the life of this process: the descriptor
 * stays open. Tries again where another run swept it away in between. */
static hf_err *make_folder(const char *parent, char *path)
{
    for (unsigned tries = 0; tries < NAMING_TRIES; tries++) {
        memcpy(path + strlen(path) - 6, "XXXXXX", 6);
        if (!mkdtemp(path)) /* mode 0700 */
            return hf_fail_sys(errno, "cannot write into folder '%s'", parent);
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct stat status;
        if (fd >= 0 && flock(fd, LOCK_EX) == 0 && fstat(fd, &status) == 0 && status.st_nlink > 0)
            return NULL;
        hf_closep(&fd);
        rmdir(path);
    }
    return hf_fail(HF_ERR_SYSTEM, "cannot keep a folder in '%s'", parent);
}

static void release_entry(scratch_entry *entry, bool remove_it)
{
    if (remove_it && entry->is_folder)
        remove_folder(entry->path);
    else if (remove_it)
        unlink(entry->path);
    free(entry->path);
    *entry = (scratch_entry){0};
}

/* path: NULL for all. */
static void release_entries(const char *path, bool remove_them)
{
    pthread_mutex_lock(&entries_lock);
    for (size_t i = 0; i < ENTRIES_MAX; i++)
        if (entries[i].path && (!path || strcmp(entries[i].path, path) == 0))
            release_entry(&entries[i], remove_them);
    pthread_mutex_unlock(&entries_lock);
}

/* Called with the lock held. NULL: no memory, or too many. */
static const char *add_entry(const char *path, bool is_folder)
{
    for (size_t i = 0; i < ENTRIES_MAX; i++)
        if (!entries[i].path) {
            entries[i] = (scratch_entry){.path = strdup(path), .is_folder = is_folder};
            return entries[i].path;
        }
    return NULL;
}

static void leave_by(int signal_number)
{
    struct timespec until;
    atomic_store(&ending, true);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += HOLD_SECONDS;
    pthread_mutex_timedlock(&holding_lock, &until);
    void (*restore)(void) = atomic_load(&at_end);
    if (restore)
        restore();
    pthread_mutex_lock(&entries_lock);
    for (size_t i = 0; i < ENTRIES_MAX; i++)
        if (entries[i].path)
            release_entry(&entries[i], true);
    /* Dying by the signal itself tells the shell why; the lock stays ours, so that nothing new is
     * made meanwhile. */
    signal(signal_number, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal_number);
    kill(getpid(), signal_number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    _exit(128 + signal_number);
}

/* One Ctrl-C may come as two signals: timeout(1) sends its own to us and to our group. */
static void forget_echo(void)
{
    sigset_t echo;
    sigemptyset(&echo);
    sigaddset(&echo, SIGINT);
    sigtimedwait(&echo, NULL, &(struct timespec){0, ECHO_NANOSECONDS});
}

static void *wait_for_signals(void *context)
{
    sigset_t *set = context;
    int signal_number;
    for (;;) {
        while (sigwait(set, &signal_number))
            ;
        if (signal_number != SIGINT || !atomic_load(&waiting) ||
            atomic_exchange(&interrupted, true))
            leave_by(signal_number);
        forget_echo();
    }
    return NULL;
}

hf_err *hf_scratch_watch_signals(void)
{
    static sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_t thread;
    int errnum = pthread_create(&thread, NULL, wait_for_signals, &set);
    if (errnum)
        return hf_fail_sys(errnum, "cannot start the thread that waits for signals");
    pthread_detach(thread);
    return NULL;
}

void hf_scratch_at_end(void (*restore)(void))
{
    atomic_store(&at_end, restore);
}

/* Ctrl-Z while signals are held. */
static atomic_bool is_to_stop;
static struct sigaction stop_before, write_before, continue_before;

static void note_stop(int number)
{
    (void)number;
    atomic_store(&is_to_stop, true);
}

/* As the kernel forgets a stop that waits when SIGCONT comes. */
static void forget_stop(int number)
{
    (void)number;
    atomic_store(&is_to_stop, false);
}

/* Who is stopped ends no copy. Ctrl-Z is remembered, and what is said in the background is not
 * worth a stop. */
static void hold_stops(void)
{
    struct sigaction note = {.sa_handler = note_stop, .sa_flags = SA_RESTART};
    struct sigaction forget = {.sa_handler = forget_stop, .sa_flags = SA_RESTART};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&note.sa_mask);
    sigemptyset(&forget.sa_mask);
    sigaction(SIGCONT, &forget, &continue_before);
    sigaction(SIGTTOU, &ignore, &write_before);
    sigaction(SIGTSTP, NULL, &stop_before);
    if (stop_before.sa_handler != SIG_IGN)
        sigaction(SIGTSTP, &note, NULL);
}

static void release_stops(void)
{
    sigaction(SIGCONT, &continue_before, NULL);
    sigaction(SIGTTOU, &write_before, NULL);
    sigaction(SIGTSTP, &stop_before, NULL);
}

void hf_scratch_hold_signals(void)
{
    pthread_mutex_lock(&holding_lock);
    hold_stops();
}

void hf_scratch_release_signals(void)
{
    release_stops();
    pthread_mutex_unlock(&holding_lock);
    if (atomic_exchange(&is_to_stop, false))
        kill(getpid(), SIGTSTP);
}

bool hf_scratch_is_ending(void)
{
    return atomic_load(&ending);
}

void hf_scratch_await_end(void)
{
    for (;;)
        pause();
}

void hf_scratch_wait(bool begins)
{
    atomic_store(&waiting, begins);
}

bool hf_scratch_was_interrupted(void)
{
    return atomic_load(&interrupted);
}

/* Called with the lock held: a signal that comes between the making and the adding waits for it. */
static hf_err *make_and_add_folder(const char *parent, char *path, const char **ret)
{
    hf_err *err = make_folder(parent, path);
    if (err)
        return err;
    *ret = add_entry(path, true);
    if (*ret)
        return NULL;
    rmdir(path);
    return hf_fail_memory();
}

hf_err *hf_scratch_folder(const char *parent, const char **ret)
{
    const char *chosen = parent ? parent : hf_spool_folder();
    HF_AUTO(hf_freep) char *path = hf_path_join(chosen, FOLDER_PATTERN);
    if (!path)
        return hf_fail_memory();
    sweep(chosen);
    pthread_mutex_lock(&entries_lock);
    hf_err *err = make_and_add_folder(chosen, path, ret);
    pthread_mutex_unlock(&entries_lock);
    return err;
}

/* Called with the lock held, as above. */
static FILE *make_and_add_file(char *path)
{
    int fd = mkostemp(path, O_CLOEXEC); /* O_EXCL, mode 0600 */
    if (fd < 0)
        return NULL;
    FILE *stream = fdopen(fd, "w");
    if (stream && add_entry(path, false))
        return stream;
    if (stream)
        fclose(stream);
    else
        close(fd);
    unlink(path);
    errno = ENOMEM;
    return NULL;
}

FILE *hf_scratch_file(char *pattern)
{
    pthread_mutex_lock(&entries_lock);
    FILE *stream = make_and_add_file(pattern);
    pthread_mutex_unlock(&entries_lock);
    return stream;
}

void hf_scratch_forget_file(const char *path)
{
    release_entries(path, false);
}

void hf_scratch_remove_folder(const char *path)
{
    /* The entry owns what `path` may point at. */
    HF_AUTO(hf_freep) char *copy = strdup(path);
    if (copy)
        release_entries(copy, true);
}

void hf_scratch_remove_all(void)
{
    release_entries(NULL, true);
}
