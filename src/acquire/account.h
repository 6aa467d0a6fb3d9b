/* acquire/account.h - what the kernel itself says about the memory of a process.
 *
 * The numbers of the frozen copy are of the same instant as its bytes, so that whatever explains
 * the bytes can be held against them; those of file pages and of shared memory, which a copy does
 * not take along, are of the process. Formats: proc(5). */
#ifndef HF_ACQUIRE_ACCOUNT_H
#define HF_ACQUIRE_ACCOUNT_H

#include "acquire/process.h"

/* Of one mapping, as /proc/PID/smaps tells it. Bytes. */
typedef struct hf_mapping_use {
    uint64_t start, end;
    uint64_t anonymous;
} hf_mapping_use;

/* Bytes. */
typedef struct hf_account {
    bool known; /* false: the kernel told nothing, all else is 0 */
    /* Of what was copied: */
    uint64_t anonymous; /* pages in memory that only this process has, pages it shares with forked
                           ones included */
    uint64_t huge;      /* of these, in huge pages */
    uint64_t lazy;      /* of these, given back with MADV_FREE and not yet taken by the kernel */
    uint64_t swap;      /* swapped out */
    /* Of the process: */
    uint64_t file;   /* pages of mapped files */
    uint64_t shared; /* shared memory and tmpfs */
    uint64_t tables; /* page tables */
} hf_account;

/* Parses a text of smaps; rows of *ret_uses have anonymous pages, ascending. The caller frees them.
 * Fails only for want of memory. */
hf_err *hf_account_parse_smaps(const char *text, size_t length, hf_account *ret,
                               hf_mapping_use **ret_uses, size_t *ret_count);

/* `frozen` is what is copied, `original` the process; they may be the same. Where the kernel does
 * not tell, *ret is all 0. */
hf_err *hf_account_of(const hf_process *frozen, const hf_process *original, hf_account *ret,
                      hf_mapping_use **ret_uses, size_t *ret_count);

#endif
