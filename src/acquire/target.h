/* acquire/target.h - one way to read somebody else's address space.
 *
 * A live process, its frozen copy and a core file look the same from here up. No
 * module above this folder may use ptrace, open /proc, or know what ELF is.
 *
 * An address in the target is a uint64_t, never a pointer. Not thread-safe, but for
 * hf_target_view() on a frozen target, which only reads. */
#ifndef HF_ACQUIRE_TARGET_H
#define HF_ACQUIRE_TARGET_H

#include "acquire/account.h"
#include "acquire/cgroup_account.h"
#include "base/cleanup.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct hf_target hf_target;

/* One line of /proc/PID/maps. */
typedef struct hf_mapping {
    uint64_t start, end; /* [start, end) */
    uint64_t file_offset;
    uint64_t device, inode; /* 0 where no file is behind it */
    bool readable, writable, executable, shared;
    const char *path; /* owned by the target; "" for anonymous memory, "[heap]", "[stack]", ... */
} hf_mapping;

/* A stretch of frozen memory that is contiguous in the target and in the tool. Adjacent mappings
 * are one segment: an object may straddle them (static types do). Pages that were not resident
 * read as zeros, which is what they are. */
typedef struct hf_segment {
    uint64_t start, end;
    const uint8_t *bytes;
} hf_segment;

typedef struct hf_thread {
    pid_t tid; /* as the target itself counts (innermost pid namespace) */
    /* the one that the process began with; false where that is not known (core files) */
    bool is_main;
    char name[16]; /* /proc/PID/task/TID/comm */
} hf_thread;

/* How the frozen bytes were had, worst guarantee last. */
typedef enum hf_way {
    HF_WAY_FORK,    /* injected copy-on-write fork: one instant */
    HF_WAY_STOPPED, /* the target was stopped by somebody: one instant, no pause of ours */
    HF_WAY_STOP,    /* stopped by us and copied (--allow-stop): one instant, long pause */
    HF_WAY_LIVE,    /* read while it ran: torn */
    HF_WAY_CORE,    /* a core file that somebody else made: one instant */
} hf_way;

/* What is known of a target. Texts are owned by the target. */
typedef struct hf_target_info {
    pid_t pid;
    uint64_t start_time; /* clock ticks after boot; with pid it names the process. In a core file,
                            which does not tell it, another number that does */
    uid_t uid;           /* effective uid of the process */
    gid_t gid;
    const char *executable;  /* what /proc/PID/exe says */
    const char *command;     /* arguments, joined by blanks */
    uint64_t rss, anonymous; /* bytes, VmRSS and RssAnon, when it was frozen or last read */
    uint64_t swap;           /* bytes */
    uint64_t peak;           /* the most that rss has been; 0: not known */
    uint64_t age;            /* nanoseconds from its start until rss was read; 0: not known */
    const hf_thread *threads;
    size_t thread_count;
    const char *host;    /* where it ran; "" on this machine, or when not known */
    const char *missing; /* what of its memory could not be had, and why: lines; "" */
} hf_target_info;

/* How the freezing went. All zero in a live target. */
typedef struct hf_freeze_info {
    hf_way way;
    const char *why_not_fork; /* "" or the reason for another way */
    uint64_t taken_at;        /* nanoseconds of CLOCK_REALTIME at the cut */
    uint64_t predicted_pause; /* nanoseconds */
    uint64_t pause;           /* nanoseconds that the target stood still, all attempts together */
    uint32_t attempts;        /* 1 when the first was at rest */
    bool at_rest;             /* every hf_rest_word held in the frozen bytes */
    uint64_t bytes_copied;
} hf_freeze_info;

/* Opens a running process for reading; nothing is stopped. Fails with a message that says which
 * right is missing. The caller owns *ret. */
hf_err *hf_target_open_pid(pid_t pid, hf_target **ret);

void hf_target_free(hf_target *t); /* NULL is fine */
HF_RELEASE_BY(hf_target, hf_target_free)

const hf_target_info *hf_target_describe(const hf_target *t);
const hf_freeze_info *hf_target_freeze_info(const hf_target *t);

/* Sorted by address, not overlapping. */
const hf_mapping *hf_target_mappings(const hf_target *t, size_t *ret_count);

/* Frozen memory, sorted by address; none in a live target. */
const hf_segment *hf_target_segments(const hf_target *t, size_t *ret_count);

/* Copies n bytes from addr, all or nothing; false where that cannot be read. */
bool hf_target_read(hf_target *t, uint64_t addr, void *buf, size_t n);

/* The file from which the memory of a live target is read, or -1: for a process that may open none,
 * but may keep it. It stays the target's. */
int hf_target_memory_file(const hf_target *t);

/* From now on the memory of a live target is what `read` tells, all or nothing. */
typedef bool hf_target_reader(void *context, uint64_t addr, void *buf, size_t n);
void hf_target_read_by(hf_target *t, hf_target_reader *read, void *context);

/* The n bytes at addr in frozen memory, or NULL. Valid as long as the target. */
const void *hf_target_view(const hf_target *t, uint64_t addr, size_t n);

/* How many bytes of [start, end) were in memory, in pages that only the process has, when it was
 * frozen: what RssAnon counts. All of them must lie in one segment. A core file does not tell;
 * there it is pages that are not all zero. */
uint64_t hf_target_resident(const hf_target *t, uint64_t start, uint64_t end);

/* What the kernel said of the memory that was frozen. */
const hf_account *hf_target_account(const hf_target *t);

/* What the process's memory cgroup was charged with then. */
const hf_cgroup_account *hf_target_cgroup(const hf_target *t);

/* Value of a dynamic symbol of the target's binaries, looked up in the target's memory (their
 * .dynsym is mapped; the files may be gone). Searches the executable and every mapped shared
 * object, in order of address. 0 when there is none. *ret_size, if not NULL: st_size. */
uint64_t hf_target_symbol(hf_target *t, const char *name, uint64_t *ret_size);

/* The end of the loaded binary that addr lies in, its .bss included; 0 where addr is in none. What
 * the kernel calls one mapping may hold a .bss and what was mapped behind it later. */
uint64_t hf_target_image_end(hf_target *t, uint64_t addr);

#endif
