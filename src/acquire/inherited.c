#include "acquire/inherited.h"

#include "acquire/account.h"
#include "acquire/inside.h"
#include "acquire/proc.h"
#include "base/bytes.h"
#include "base/cleanup.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = HF_INHERITED_PAGE, AT_ONCE = 256, RANDOM_BYTES = 16 };

#define PRESENT        (UINT64_C(1) << 63)
#define SWAPPED        (UINT64_C(1) << 62)
#define FILE_OR_SHARED (UINT64_C(1) << 61)
#define MAPPED_ONCE    (UINT64_C(1) << 56)
#define FRAME          ((UINT64_C(1) << 55) - 1)

/* A walk through the memory of both. */
typedef struct visit {
    const hf_process *parent, *child;
    int parent_pagemap, child_pagemap;
    uint64_t parent_entries[AT_ONCE], child_entries[AT_ONCE];
    hf_page_state states[AT_ONCE];
    uint8_t *parent_bytes, *child_bytes; /* AT_ONCE pages */
    void (*page)(void *context, const hf_inherited_page *page);
    void *context;
    hf_inherited result;
} visit;

/* The 16 bytes of AT_RANDOM and where they stand. */
static bool random_of(const hf_process *p, uint64_t *ret_address, uint8_t ret[RANDOM_BYTES])
{
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    if (hf_proc_read(p->pid, "auxv", &text))
        return false;
    for (size_t at = 0; at + 16 <= text.length; at += 16) {
        if (hf_load_u64(text.data + at) != AT_RANDOM)
            continue;
        *ret_address = hf_load_u64(text.data + at + 8);
        return hf_process_read(p, *ret_address, ret, RANDOM_BYTES);
    }
    return false;
}

bool hf_process_same_image(const hf_process *parent, const hf_process *child)
{
    uint8_t ours[RANDOM_BYTES], theirs[RANDOM_BYTES];
    uint64_t at = 0, there = 1;
    return random_of(parent, &at, ours) && random_of(child, &there, theirs) && at == there &&
           memcmp(ours, theirs, RANDOM_BYTES) == 0;
}

static hf_err *open_pagemap(const hf_process *p, int *ret)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)p->pid);
    *ret = open(path, O_RDONLY | O_CLOEXEC);
    if (*ret >= 0)
        return NULL;
    if (errno == ENOENT || errno == ESRCH)
        return hf_process_gone(p->pid);
    return hf_fail_sys(errno, "cannot read the page tables of process %d (%s)", (int)p->pid, path);
}

/* Entries of n pages; pages that the file does not have are zeros. */
static void read_entries(int pagemap, uint64_t address, size_t n, uint64_t *ret)
{
    ssize_t got = pread(pagemap, ret, n * 8, (off_t)(address / PAGE * 8));
    size_t known = got > 0 ? (size_t)got / 8 : 0;
    memset(ret + known, 0, (n - known) * 8);
}

static bool is_anonymous(uint64_t entry)
{
    return (entry & (PRESENT | FILE_OR_SHARED)) == PRESENT;
}

/* A child's page that is anonymous, or swapped out. */
static hf_page_state state_of(const visit *v, uint64_t child, uint64_t parent)
{
    if (child & SWAPPED)
        return HF_PAGES_SWAPPED;
    if (!v->result.by_numbers && !(child & MAPPED_ONCE))
        return HF_PAGES_COMMON;
    if (parent & SWAPPED)
        return HF_PAGES_SWAPPED;
    if (!is_anonymous(parent))
        return child & MAPPED_ONCE ? HF_PAGES_NEW : HF_PAGES_OTHERS;
    if (v->result.by_numbers && (child & FRAME) == (parent & FRAME))
        return HF_PAGES_COMMON;
    return child & MAPPED_ONCE ? HF_PAGES_APART : HF_PAGES_OTHERS;
}

/* Reads n pages from both sides; false where one of them cannot be had. */
static bool read_both(visit *v, uint64_t address, size_t n)
{
    return hf_process_read(v->child, address, v->child_bytes, n * PAGE) &&
           hf_process_read(v->parent, address, v->parent_bytes, n * PAGE);
}

static void tell_apart(visit *v, uint64_t address, size_t n)
{
    bool whole = read_both(v, address, n);
    for (size_t i = 0; i < n; i++) {
        size_t offset = whole ? i * PAGE : 0;
        if (!whole && !read_both(v, address + i * PAGE, 1)) {
            v->result.unread++;
            continue;
        }
        const hf_inherited_page page = {.address = address + i * PAGE,
                                        .state = HF_PAGES_APART,
                                        .child = v->child_bytes + offset,
                                        .parent = v->parent_bytes + offset};
        v->page(v->context, &page);
    }
}

static void tell_run(visit *v, uint64_t address, size_t n, hf_page_state state)
{
    v->result.pages[state] += n;
    if (state == HF_PAGES_APART) {
        tell_apart(v, address, n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const hf_inherited_page page = {.address = address + i * PAGE, .state = state};
        v->page(v->context, &page);
    }
}

static void visit_pages(visit *v, uint64_t address, size_t n)
{
    read_entries(v->child_pagemap, address, n, v->child_entries);
    read_entries(v->parent_pagemap, address, n, v->parent_entries);
    for (size_t i = 0; i < n; i++)
        v->states[i] = is_anonymous(v->child_entries[i]) || v->child_entries[i] & SWAPPED
                           ? state_of(v, v->child_entries[i], v->parent_entries[i])
                           : HF_PAGE_STATES;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && v->states[end] == v->states[i];)
            end++;
        if (v->states[i] != HF_PAGE_STATES)
            tell_run(v, address + i * PAGE, end - i, v->states[i]);
    }
}

/* The kernel writes zeros in the place of numbers where it tells none. */
static bool tells_numbers(const visit *v, const hf_mapping_use *uses, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (uint64_t at = uses[i].start; at < uses[i].end; at += AT_ONCE * (uint64_t)PAGE) {
            uint64_t entries[AT_ONCE];
            read_entries(v->child_pagemap, at, AT_ONCE, entries);
            for (size_t k = 0; k < AT_ONCE; k++)
                if (is_anonymous(entries[k]))
                    return entries[k] & FRAME;
        }
    }
    return false;
}

static hf_err *visit_all(visit *v, const hf_mapping_use *uses, size_t count)
{
    v->result.by_numbers = tells_numbers(v, uses, count);
    for (size_t i = 0; i < count; i++) {
        for (uint64_t at = uses[i].start; at < uses[i].end;) {
            uint64_t pages = (uses[i].end - at) / PAGE;
            pages = pages < AT_ONCE ? pages : AT_ONCE;
            if (!pages)
                break;
            visit_pages(v, at, pages);
            at += pages * PAGE;
        }
        if (!hf_process_alive(v->child))
            return hf_process_gone(v->child->pid);
        if (!hf_process_alive(v->parent))
            return hf_process_gone(v->parent->pid);
    }
    return NULL;
}

static void close_visit(visit *v)
{
    hf_closep(&v->parent_pagemap);
    hf_closep(&v->child_pagemap);
    free(v->parent_bytes);
    free(v->child_bytes);
}

hf_err *hf_inherited_visit(const hf_process *parent, const hf_process *child,
                           void (*page)(void *context, const hf_inherited_page *page),
                           void *context, hf_inherited *ret)
{
    visit v HF_AUTO(close_visit) = {.parent = parent,
                                    .child = child,
                                    .parent_pagemap = -1,
                                    .child_pagemap = -1,
                                    .page = page,
                                    .context = context};
    HF_AUTO(hf_freep) hf_mapping_use *uses = NULL;
    size_t count = 0;
    hf_account account;
    hf_err *err = open_pagemap(parent, &v.parent_pagemap);
    if (!err)
        err = open_pagemap(child, &v.child_pagemap);
    if (!err)
        err = hf_account_of(child, child, &account, &uses, &count);
    if (err)
        return err;
    v.parent_bytes = malloc((size_t)AT_ONCE * PAGE);
    v.child_bytes = malloc((size_t)AT_ONCE * PAGE);
    if (!v.parent_bytes || !v.child_bytes)
        return hf_fail_memory();
    err = visit_all(&v, uses, count);
    if (!err)
        *ret = v.result;
    return err;
}
