#include "acquire/copy.h"

#include "acquire/inside.h"
#include "base/cleanup.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
    PAGE = 4096,
    BUFFER_SIZE = 256 << 10, /* what was read is still in the cache when it is written */
    RANGES_MAX = 1024,       /* IOV_MAX */
    PAGEMAP_ENTRIES = 8192,  /* pages whose state is asked for at once */
};

/* Documentation/admin-guide/mm/pagemap.rst */
#define PAGEMAP_PRESENT (UINT64_C(1) << 63)
#define PAGEMAP_SWAPPED (UINT64_C(1) << 62)
#define PAGEMAP_FILE    (UINT64_C(1) << 61)

/* Stretches of memory that wait to be read with one call. */
typedef struct batch {
    const hf_copy *copy;
    uint8_t *buffer;
    struct iovec *ranges;
    uint64_t *offsets; /* of each range in the selection */
    size_t count, size;
    uint64_t done;
} batch;

static hf_err *write_ranges(batch *b, size_t first, size_t last, const uint8_t *bytes)
{
    while (first < last) {
        uint64_t offset = b->offsets[first];
        size_t n = b->ranges[first++].iov_len;
        for (; first < last && b->offsets[first] == offset + n; first++)
            n += b->ranges[first].iov_len;
        hf_err *err = b->copy->write(b->copy->write_context, offset, bytes, n);
        if (err)
            return err;
        bytes += n;
    }
    return NULL;
}

/* Cuts the `done` bytes that were read off the front of the batch, and the page behind them, which
 * could not be. */
static void skip_unreadable(batch *b, size_t *first, size_t done)
{
    b->size -= done;
    while (done >= b->ranges[*first].iov_len)
        done -= b->ranges[(*first)++].iov_len;
    struct iovec *r = &b->ranges[*first];
    size_t left = r->iov_len - done, page = left < PAGE ? left : PAGE;
    b->size -= page;
    r->iov_base = (uint8_t *)r->iov_base + done + page;
    r->iov_len = left - page;
    b->offsets[*first] += done + page;
    if (!r->iov_len)
        (*first)++;
}

/* Writes the first `got` bytes of the batch from `first` on. */
static hf_err *write_part(batch *b, size_t first, size_t got)
{
    size_t last = first, whole = 0;
    while (last < b->count && whole + b->ranges[last].iov_len <= got)
        whole += b->ranges[last++].iov_len;
    hf_err *err = write_ranges(b, first, last, b->buffer);
    if (!err && got > whole)
        err = b->copy->write(b->copy->write_context, b->offsets[last], b->buffer + whole,
                             got - whole);
    return err;
}

/* Reads and writes all that waits. A page that cannot be read (a page that vanished from a running
 * process, a device) is passed over and stays zero. */
static hf_err *flush(batch *b)
{
    size_t first = 0;
    while (first < b->count) {
        size_t got = hf_process_read_ranges(b->copy->source, b->ranges + first, b->count - first,
                                            b->buffer, b->size);
        hf_err *err = write_part(b, first, got);
        if (err)
            return err;
        b->done += got;
        if (got == b->size)
            break;
        if (!hf_process_alive(b->copy->source))
            return hf_process_gone(b->copy->source->pid);
        skip_unreadable(b, &first, got);
    }
    b->count = b->size = 0;
    if (b->copy->progress)
        b->copy->progress(b->copy->progress_context, b->done,
                          b->done > b->copy->expected ? b->done : b->copy->expected);
    return b->copy->watch ? b->copy->watch(b->copy->watch_context) : NULL;
}

static hf_err *add(batch *b, uint64_t start, uint64_t end, uint64_t offset)
{
    while (start < end) {
        if (b->count == RANGES_MAX || b->size == BUFFER_SIZE) {
            hf_err *err = flush(b);
            if (err)
                return err;
        }
        uint64_t n = end - start, room = BUFFER_SIZE - b->size;
        n = n < room ? n : room;
        b->ranges[b->count] = (struct iovec){(void *)(uintptr_t)start, n};
        b->offsets[b->count++] = offset;
        b->size += n;
        start += n;
        offset += n;
    }
    return NULL;
}

static bool wanted(uint64_t entry, hf_pages pages)
{
    if (!(entry & (PAGEMAP_PRESENT | PAGEMAP_SWAPPED)))
        return false;
    return pages != HF_PAGES_PRIVATE || !(entry & PAGEMAP_FILE);
}

static void defer(batch *b, const hf_range *r, uint64_t start, uint64_t end)
{
    uint64_t page = (r->offset + (start - r->start)) / PAGE;
    for (uint64_t i = 0; i < (end - start) / PAGE; i++)
        hf_residence_add(b->copy->deferred, page + i);
    b->done += end - start;
}

/* Takes bytes that are there now, or later. */
static hf_err *take(batch *b, const hf_range *r, uint64_t start, uint64_t end)
{
    if (!b->copy->deferred || r->pages != HF_PAGES_RESIDENT)
        return add(b, start, end, r->offset + (start - r->start));
    defer(b, r, start, end);
    return NULL;
}

/* Takes the resident pages among the `count` that start at addr. */
static hf_err *take_pages(batch *b, const hf_range *r, uint64_t addr, const uint64_t *entries,
                          size_t count)
{
    for (size_t i = 0; i < count;) {
        if (!wanted(entries[i], r->pages)) {
            i++;
            continue;
        }
        size_t stop = i + 1;
        while (stop < count && wanted(entries[stop], r->pages))
            stop++;
        hf_err *err = take(b, r, addr + i * PAGE, addr + stop * PAGE);
        if (err)
            return err;
        i = stop;
    }
    return NULL;
}

static hf_err *take_resident(batch *b, const hf_range *r, int pagemap)
{
    uint64_t entries[PAGEMAP_ENTRIES];
    for (uint64_t addr = r->start; addr < r->end;) {
        uint64_t pages = (r->end - addr) / PAGE;
        pages = pages < PAGEMAP_ENTRIES ? pages : PAGEMAP_ENTRIES;
        ssize_t n = pread(pagemap, entries, pages * 8, (off_t)(addr / PAGE * 8));
        if (n < 8) { /* not known: take them all */
            if (!hf_process_alive(b->copy->source))
                return hf_process_gone(b->copy->source->pid);
            return take(b, r, addr, r->end);
        }
        size_t count = (size_t)n / 8;
        uint64_t page = (r->offset + (addr - r->start)) / PAGE;
        for (size_t i = 0; r->pages != HF_PAGES_CACHED && i < count; i++)
            hf_residence_note(b->copy->residence, page + i, entries[i]);
        hf_err *err = take_pages(b, r, addr, entries, count);
        if (err)
            return err;
        addr += count * PAGE;
    }
    return NULL;
}

/* What is copied whole, or by the page tables of the original, has anonymous pages too: those that
 * were written to. */
static void note_residence(const hf_copy *copy, const hf_range *r, int pagemap)
{
    uint64_t entries[PAGEMAP_ENTRIES];
    for (uint64_t addr = r->start; addr < r->end;) {
        uint64_t pages = (r->end - addr) / PAGE;
        pages = pages < PAGEMAP_ENTRIES ? pages : PAGEMAP_ENTRIES;
        ssize_t n = pread(pagemap, entries, pages * 8, (off_t)(addr / PAGE * 8));
        if (n < 8)
            return;
        uint64_t page = (r->offset + (addr - r->start)) / PAGE;
        for (size_t i = 0; i < (size_t)n / 8; i++)
            hf_residence_note(copy->residence, page + i, entries[i]);
        addr += (uint64_t)n / 8 * PAGE;
    }
}

static int open_pagemap(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)pid);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static hf_err *copy_ranges(batch *b)
{
    const hf_copy *copy = b->copy;
    HF_AUTO(hf_closep) int pagemap = open_pagemap(copy->source->pid);
    HF_AUTO(hf_closep) int original = open_pagemap(copy->original->pid);
    for (size_t i = 0; i < copy->selection->count; i++) {
        const hf_range *r = &copy->selection->ranges[i];
        int residence = r->pages == HF_PAGES_CACHED ? original : pagemap;
        if (r->pages == HF_PAGES_ALL || r->pages == HF_PAGES_CACHED)
            note_residence(copy, r, pagemap);
        hf_err *err = r->pages == HF_PAGES_ALL || residence < 0 ? take(b, r, r->start, r->end)
                                                                : take_resident(b, r, residence);
        if (err)
            return err;
    }
    return flush(b);
}

static void unmap_buffer(uint8_t **buffer)
{
    if (*buffer)
        munmap(*buffer, BUFFER_SIZE);
}

hf_err *hf_copy_memory(const hf_copy *copy, uint64_t *ret)
{
    HF_AUTO(unmap_buffer)
    uint8_t *buffer = mmap(NULL, BUFFER_SIZE, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (buffer == MAP_FAILED)
        buffer = NULL;
    HF_AUTO(hf_freep) struct iovec *ranges = calloc(RANGES_MAX, sizeof(*ranges));
    HF_AUTO(hf_freep) uint64_t *offsets = calloc(RANGES_MAX, sizeof(*offsets));
    if (!buffer || !ranges || !offsets)
        return hf_fail_memory();
    batch b = {.copy = copy, .buffer = buffer, .ranges = ranges, .offsets = offsets};
    hf_err *err = copy_ranges(&b);
    if (!err)
        *ret = b.done;
    return err;
}
