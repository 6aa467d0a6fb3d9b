/* acquire/inherited.h - which pages a forked process still has in common with the one that it was
 * forked from, and what stands in those that it has no longer.
 *
 * fork(2) copies no memory: both processes have the same frames until one of them writes; then
 * the writer gets a frame of its own. /proc/PID/pagemap
 * (Documentation/admin-guide/mm/pagemap.rst) tells of each page the number of its frame to who
 * has CAP_SYS_ADMIN, and to everybody whether its frame is mapped once only (bit 56). With
 * numbers, frames of both processes are compared. Without them a frame that is mapped more than
 * once counts as common: it may be so with other workers only.
 *
 * Nothing is stopped, and nothing is written: reading a page unshares nothing. */
#ifndef HF_ACQUIRE_INHERITED_H
#define HF_ACQUIRE_INHERITED_H

#include "acquire/process.h"
#include "base/page.h"

enum { HF_INHERITED_PAGE = HF_PAGE_SIZE };

typedef enum hf_page_state {
    HF_PAGES_COMMON,  /* one frame for both */
    HF_PAGES_OTHERS,  /* not with its parent, but with other processes; told only by numbers */
    HF_PAGES_APART,   /* each has a frame of its own */
    HF_PAGES_NEW,     /* the parent has no page there */
    HF_PAGES_SWAPPED, /* swapped out: nothing can be said */
    HF_PAGE_STATES
} hf_page_state;

/* A page of anonymous memory of the child. */
typedef struct hf_inherited_page {
    uint64_t address;
    hf_page_state state;
    const uint8_t *child, *parent; /* what stands in it, where pages are apart; else NULL */
} hf_inherited_page;

typedef struct hf_inherited {
    bool by_numbers;                /* frames were compared; else: how often each is mapped */
    uint64_t pages[HF_PAGE_STATES]; /* number of pages */
    uint64_t unread;                /* pages that are apart, but vanished before they were read */
} hf_inherited;

/* Whether the child runs the very image that the parent runs, so that it was forked from it (or
 * both from a third) and has not called execve(2) since: the 16 random bytes that the kernel gives
 * to each program that it starts (AT_RANDOM, getauxval(3)) are the same. */
bool hf_process_same_image(const hf_process *parent, const hf_process *child);

/* Calls back for each page of the child, ascending. Fails where page tables may not be read, or a
 * process ends. */
hf_err *hf_inherited_visit(const hf_process *parent, const hf_process *child,
                           void (*page)(void *context, const hf_inherited_page *page),
                           void *context, hf_inherited *ret);

#endif
