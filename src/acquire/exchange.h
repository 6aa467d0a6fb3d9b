/* acquire/exchange.h - a private folder that a process and we both see, for what goes between us.
 *
 * It is made below the root of the process, be that in a container or a chroot, in memory where it
 * can be (/dev/shm), where other users cannot put something else in its place, with mode 0700, and
 * belongs to the user of the process, as the files in it do with mode 0600. Its file `code` stays
 * locked by us as long as we live; whoever removes it has it. The process removes all of it when it
 * begins, and can go on writing into files that it has open; so can we read them. */
#ifndef HF_ACQUIRE_EXCHANGE_H
#define HF_ACQUIRE_EXCHANGE_H

#include "acquire/target.h"

typedef struct hf_exchange {
    int parent, folder; /* descriptors; -1: not open */
    int code, out;
    char path[96];   /* of the folder, as the process sees it: letters, digits and "/.-_" */
    char name[48];   /* in its parent */
    uid_t uid, root; /* of the process; of its user namespace */
    gid_t gid;
} hf_exchange;

/* Makes the folder and `out`, with `state` zeros. HF_ERR_REFUSED where the process has no parent
 * for it that will do. */
hf_err *hf_exchange_open(hf_target *live, size_t state, hf_exchange *ret);

/* Makes `code` and locks it. */
hf_err *hf_exchange_put_code(hf_exchange *x, const void *bytes, size_t n);

/* Makes another file. */
hf_err *hf_exchange_put(const hf_exchange *x, const char *name, const void *bytes, size_t n);

/* Removes folders that runs which were killed have left for this process, and those that are an
 * hour old, once no thread can come for the script in them; before, what is secret in them. */
void hf_exchange_sweep(const hf_exchange *x);

/* Takes `code` back: true where the process has not, and then never will. */
bool hf_exchange_take_back(const hf_exchange *x);

/* Removes what is left and closes all. */
void hf_exchange_close(hf_exchange *x);

/* Closes all and leaves what is there to the process, or to who comes next. */
void hf_exchange_leave(hf_exchange *x);

/* How it is with a folder that a path, as the process sees it, leads into. */
typedef enum hf_exchange_state {
    HF_EXCHANGE_GONE, /* it has been removed, or the path leads into none of ours */
    HF_EXCHANGE_LEFT, /* who made it has ended, or uses it no more */
    HF_EXCHANGE_HELD,
} hf_exchange_state;

/* It may take as long as the process's file systems do: not while its threads stand still. */
hf_exchange_state hf_exchange_state_of(hf_target *live, const char *path);

/* Removes a folder that was left, once no thread can come for what is in it. */
void hf_exchange_remove(hf_target *live, const char *path);

#endif
