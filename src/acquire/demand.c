#include "acquire/demand.h"

#include "base/cleanup.h"
#include "base/page.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    PAGE = HF_PAGE_SIZE,
    CHUNK = 16,   /* pages: where a second one is wanted, all of them are */
    WINDOW = 512, /* pages that one page of the next size (MADV_HUGEPAGE) holds */
    /* Of a window, in which a second page was wanted: then all of the window is. */
    DENSE_CHUNKS = 3,
    /* Pages that lie alone are mappings of their own, of which a process has 65530
     * (vm.max_map_count). */
    ISLANDS_MAX = 16384, /* of single pages */
    ISLANDS_MORE = 2048, /* then each so many times of stretches of CHUNK times the length */
};

hf_err *hf_demand_new(const hf_process *copy, const hf_selection *selection, hf_demand **ret)
{
    hf_demand *d = calloc(1, sizeof(*d));
    if (!d)
        return hf_fail_memory();
    d->memory = fcntl(copy->memory, F_DUPFD_CLOEXEC, 0);
    hf_err *err = d->memory < 0 ? hf_fail_sys(errno, "cannot keep its copy open") : NULL;
    d->ranges = calloc(selection->count + 1, sizeof(*d->ranges));
    void *shared = mmap(NULL, sizeof(*d->has_failed), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    d->has_failed = shared == MAP_FAILED ? NULL : shared;
    if (!err)
        err = d->ranges && d->has_failed ? hf_residence_init(&d->pages, selection->size)
                                         : hf_fail_memory();
    if (err) {
        hf_demand_free(d);
        return err;
    }
    for (size_t i = 0; i < selection->count; i++)
        if (selection->ranges[i].pages == HF_PAGES_RESIDENT)
            d->ranges[d->range_count++] = selection->ranges[i];
    *ret = d;
    return NULL;
}

void hf_demand_free(hf_demand *d)
{
    if (!d)
        return;
    hf_closep(&d->memory);
    hf_residence_deinit(&d->pages);
    if (d->has_failed)
        munmap(d->has_failed, sizeof(*d->has_failed));
    free(d->ranges);
    free(d);
}

/* The range that has this page of the spool file, or NULL. */
static const hf_range *range_of(const hf_demand *d, uint64_t page)
{
    size_t low = 0, high = d->range_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const hf_range *r = &d->ranges[middle];
        if (r->offset + (r->end - r->start) <= page * PAGE)
            low = middle + 1;
        else
            high = middle;
    }
    return low < d->range_count && d->ranges[low].offset <= page * PAGE ? &d->ranges[low] : NULL;
}

static uint64_t address_of(const hf_range *r, uint64_t page)
{
    return r->start + (page * PAGE - r->offset);
}

bool hf_demand_is_zero(const hf_demand *d, uint64_t page)
{
    static const uint8_t zeros[PAGE];
    uint8_t bytes[PAGE] = {0};
    const hf_range *r = range_of(d, page);
    return !r || pread(d->memory, bytes, PAGE, (off_t)address_of(r, page)) != PAGE ||
           memcmp(bytes, zeros, PAGE) == 0;
}

/* From here on in the child that looks. */

/* What the handler knows; a handler has no context but the address. Chunks and windows are those
 * of its own address space: `shift` pages of the first window lie before the first page. */
static struct {
    hf_demand *demand;
    uint64_t shift;
    uint16_t *there; /* by chunk: a bit for each page that may be looked at */
    uint8_t *dense;  /* by window: chunks in which a second page was wanted, up to DENSE_CHUNKS */
    uint64_t grain;  /* pages read for one that lies alone */
    uint64_t islands_left;
} loader;

static bool is_there(uint64_t page)
{
    uint64_t place = page + loader.shift;
    return loader.there[place / CHUNK] >> place % CHUNK & 1;
}

static void note_there(uint64_t page)
{
    uint64_t place = page + loader.shift;
    loader.there[place / CHUNK] |= (uint16_t)(1 << place % CHUNK);
}

/* Within a handler nobody can be told why; who waits for us has all of it copied at once. */
_Noreturn static void give_up(void)
{
    atomic_store(loader.demand->has_failed, true);
    _exit(1);
}

/* Reads pages that the copy has to where they belong. One that cannot be read stays zero. */
static void fetch(const hf_range *r, uint64_t first, uint64_t last)
{
    while (first < last) {
        ssize_t got = pread(loader.demand->memory, loader.demand->bytes + first * PAGE,
                            (last - first) * PAGE, (off_t)address_of(r, first));
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0) /* an address space that nobody has any more */
            give_up();
        first += got >= PAGE ? (uint64_t)got / PAGE : 1;
    }
}

/* Makes the pages from first to before last be there. More memory may be denied (RLIMIT_DATA,
 * vm.overcommit_memory), and so may more mappings (vm.max_map_count). */
static void load(const hf_range *r, uint64_t first, uint64_t last)
{
    const hf_residence *wanted = &loader.demand->pages;
    if (mprotect(loader.demand->bytes + first * PAGE, (last - first) * PAGE,
                 PROT_READ | PROT_WRITE))
        give_up();
    for (uint64_t page = first; page < last;) {
        uint64_t stop = page;
        while (stop < last && !is_there(stop) && hf_residence_has(wanted, stop))
            stop++;
        fetch(r, page, stop);
        page = stop > page ? stop : page + 1;
    }
    for (uint64_t page = first; page < last; page++)
        note_there(page);
}

/* Whether the window was seen to be wanted; that all of it is there does not say so. */
static bool is_dense(uint64_t window)
{
    return loader.dense[window] == DENSE_CHUNKS;
}

/* How many pages are to be read for this one. */
static uint64_t grain_at(uint64_t page)
{
    uint64_t place = page + loader.shift, window = place / WINDOW;
    if ((window && is_dense(window - 1)) || is_dense(window + 1))
        return WINDOW;
    if (!loader.there[place / CHUNK])
        return loader.grain;
    loader.dense[window] += !is_dense(window);
    uint64_t grain = is_dense(window) ? WINDOW : CHUNK;
    return grain > loader.grain ? grain : loader.grain;
}

/* There may be only so many stretches with nothing beside them: then they are to be longer. */
static void count_island(bool joins)
{
    if (joins || --loader.islands_left)
        return;
    loader.grain *= CHUNK;
    loader.islands_left = ISLANDS_MORE;
}

/* False where there is nothing to be loaded. */
static bool load_around(uint64_t page)
{
    const hf_range *r = range_of(loader.demand, page);
    if (!r || is_there(page))
        return false;
    uint64_t begin = r->offset / PAGE, end = begin + (r->end - r->start) / PAGE;
    uint64_t grain = grain_at(page), before = (page + loader.shift) % grain;
    uint64_t first = page - begin > before ? page - before : begin;
    uint64_t last = end - page > grain - before ? page - before + grain : end;
    count_island((first > begin && is_there(first - 1)) || (last < end && is_there(last)));
    load(r, first, last);
    return true;
}

static void handle_fault(int number, siginfo_t *info, void *context)
{
    (void)context;
    int before = errno;
    uint64_t at = (uint64_t)((uintptr_t)info->si_addr - (uintptr_t)loader.demand->bytes);
    if (info->si_code != SEGV_ACCERR || !load_around(at / PAGE))
        signal(number, SIG_DFL); /* it happens again, and ends us */
    errno = before;
}

/* Puts memory without rights in the place of a range. All of it gets the same anon_vma, as kernel
 * calls it, by a page that is touched while there is nothing else: only then parts of it that are
 * given rights become one mapping again. */
static bool take_place(uint8_t *at, uint64_t size)
{
    if (mmap(at, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) ==
        MAP_FAILED)
        return false;
    madvise(at, size, MADV_HUGEPAGE);
    if (mprotect(at, PAGE, PROT_READ | PROT_WRITE))
        return false;
    *(volatile uint8_t *)at = 0;
    return mprotect(at, PAGE, PROT_NONE) == 0;
}

static hf_err *begin(hf_demand *d)
{
    loader.demand = d;
    loader.shift = (uintptr_t)d->bytes / PAGE % WINDOW;
    loader.grain = 1;
    loader.islands_left = ISLANDS_MAX;
    uint64_t places = d->pages.pages + loader.shift;
    loader.there = calloc(places / CHUNK + 2, sizeof(*loader.there));
    loader.dense = calloc(places / WINDOW + 2, sizeof(*loader.dense));
    if (!loader.there || !loader.dense)
        return hf_fail_memory();
    struct sigaction action = {.sa_sigaction = handle_fault, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGSEGV, &action, NULL))
        return hf_fail_sys(errno, "cannot handle faults");
    for (size_t i = 0; i < d->range_count; i++)
        if (!take_place(d->bytes + d->ranges[i].offset, d->ranges[i].end - d->ranges[i].start))
            return hf_fail_sys(errno, "cannot make room for the memory of the copy");
    return NULL;
}

hf_err *hf_demand_begin(hf_demand *d)
{
    hf_err *err = begin(d);
    if (err)
        atomic_store(d->has_failed, true);
    return err;
}
