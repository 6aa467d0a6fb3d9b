/* acquire/cgroup_account.h - what the memory cgroup of a process is charged with.
 *
 * This and not RSS is what the OOM killer goes by: page cache, tmpfs and memory of the
 * kernel that the members have caused count too.
 * Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst. */
#ifndef HF_ACQUIRE_CGROUP_ACCOUNT_H
#define HF_ACQUIRE_CGROUP_ACCOUNT_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { HF_CGROUP_MEMBERS = 16, HF_CGROUP_PATH = 512 };

/* A process of the cgroup; bytes. */
typedef struct hf_cgroup_member {
    pid_t pid;
    uint64_t rss, anonymous;
    char name[16];
} hf_cgroup_member;

/* Bytes, unless it says otherwise. */
typedef struct hf_cgroup_account {
    uint32_t version;          /* 1 or 2; 0: the process is in none that we can read */
    char path[HF_CGROUP_PATH]; /* within its hierarchy */
    uint64_t limit;            /* the least on the way to the root; UINT64_MAX: none */
    uint64_t soft;             /* memory.high, from which on it is slowed down; the same */
    uint64_t current;          /* charged now */
    uint64_t anonymous, file;  /* file: page cache without shared memory */
    uint64_t shared;           /* shared memory and tmpfs */
    uint64_t kernel, sockets;
    uint64_t swap;
    uint64_t reclaimable;      /* page cache not used lately: goes before anything is killed */
    uint64_t at_limit, killed; /* times that the limit was met, processes killed for it */
    uint64_t stalled10,
        stalled60;         /* share of the last seconds that some waited for memory, in 1/100 % */
    uint64_t member_count; /* all processes of the cgroup itself */
    hf_cgroup_member members[HF_CGROUP_MEMBERS]; /* most anonymous memory first */
} hf_cgroup_account;

/* What cannot be read stays 0. */
void hf_cgroup_account_of(pid_t pid, hf_cgroup_account *ret);

/* The same for a cgroup folder below `root`; version: 1 or 2. Fills all but path. */
void hf_cgroup_account_of_folder(const char *folder, const char *root, int version,
                                 hf_cgroup_account *ret);

#endif
