#include "acquire/target.h"

#include "acquire/freeze.h"
#include "acquire/inside.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/page.h"

#include <assert.h>
#include <string.h>

hf_err *hf_target_open_pid(pid_t pid, hf_target **ret)
{
    HF_AUTO(hf_freep) hf_target *t = NULL;
    hf_err *err = hf_target_new(&t);
    if (!err)
        err = hf_process_open(pid, &t->process);
    if (!err)
        err = hf_process_maps(pid, &t->maps);
    if (!err)
        err = hf_target_fill_info(t, &t->process);
    if (err) {
        hf_target_free(hf_take(t));
        return err;
    }
    *ret = hf_take(t);
    return NULL;
}

hf_err *hf_target_new(hf_target **ret)
{
    hf_target *t = calloc(1, sizeof(*t));
    if (!t)
        return hf_fail_memory();
    t->process = (hf_process){.pidfd = -1, .memory = -1};
    t->info.executable = t->info.command = t->info.host = t->info.missing = "";
    t->freeze.why_not_fork = "";
    *ret = t;
    return NULL;
}

/* Texts of a target are owned, but for the empty ones, which are constants. */
static void free_text(const char *text)
{
    if (text && *text)
        free((void *)(uintptr_t)text);
}

void hf_target_free(hf_target *t)
{
    if (!t)
        return;
    hf_target_end_copy(t);
    hf_demand_free(t->demand);
    free_text(t->info.executable);
    free_text(t->info.command);
    free_text(t->info.host);
    free_text(t->info.missing);
    free_text(t->freeze.why_not_fork);
    free((void *)(uintptr_t)t->info.threads);
    hf_maps_deinit(&t->maps);
    hf_process_close(&t->process);
    hf_frozen_deinit(&t->memory);
    hf_residence_deinit(&t->residence);
    free(t->images);
    hf_target_unmap_files(t);
    free(t);
}

const hf_target_info *hf_target_describe(const hf_target *t)
{
    return &t->info;
}

const hf_freeze_info *hf_target_freeze_info(const hf_target *t)
{
    return &t->freeze;
}

const hf_mapping *hf_target_mappings(const hf_target *t, size_t *ret_count)
{
    *ret_count = t->maps.count;
    return t->maps.items;
}

const hf_segment *hf_target_segments(const hf_target *t, size_t *ret_count)
{
    *ret_count = t->memory.count;
    return t->memory.segments;
}

const void *hf_target_view(const hf_target *t, uint64_t addr, size_t n)
{
    return hf_frozen_view(&t->memory, addr, n);
}

/* Of bytes that no page table told of: what is not all zero, page by page of the process. */
static uint64_t count_written(const uint8_t *bytes, uint64_t start, uint64_t end)
{
    enum { PAGE = HF_PAGE_SIZE };
    uint64_t sum = 0;
    for (uint64_t at = start; at < end;) {
        uint64_t stop = (at | (PAGE - 1)) + 1 < end ? (at | (PAGE - 1)) + 1 : end, n = stop - at;
        const uint8_t *page = bytes + (at - start);
        sum += !page[0] && !memcmp(page, page + 1, n - 1) ? 0 : n;
        at = stop;
    }
    return sum;
}

uint64_t hf_target_resident(const hf_target *t, uint64_t start, uint64_t end)
{
    enum { PAGE = HF_PAGE_SIZE };
    const hf_frozen *f = &t->memory;
    if (start >= end)
        return 0;
    const uint8_t *bytes = hf_frozen_view(f, start, end - start);
    if (bytes &&
        t->freeze.way == HF_WAY_CORE) /* gcore also writes what was never there, as zeros */
        return count_written(bytes, start, end);
    if (!bytes || !t->residence.bits) /* not told: all that was had */
        return bytes ? end - start : 0;
    uint64_t at = (uint64_t)(bytes - (const uint8_t *)f->bytes), stop = at + (end - start);
    uint64_t first = at / PAGE, last = (stop - 1) / PAGE;
    if (first == last)
        return hf_residence_count(&t->residence, first, 1) ? end - start : 0;
    uint64_t whole = hf_residence_count(&t->residence, first + 1, last - first - 1) * PAGE;
    if (hf_residence_count(&t->residence, first, 1))
        whole += (first + 1) * PAGE - at;
    if (hf_residence_count(&t->residence, last, 1))
        whole += stop - last * PAGE;
    return whole;
}

const hf_account *hf_target_account(const hf_target *t)
{
    return &t->account;
}

const hf_cgroup_account *hf_target_cgroup(const hf_target *t)
{
    return &t->cgroup;
}

int hf_target_memory_file(const hf_target *t)
{
    return t->process.memory;
}

void hf_target_read_by(hf_target *t, hf_target_reader *read, void *context)
{
    t->reader = read;
    t->reader_context = context;
}

bool hf_target_read(hf_target *t, uint64_t addr, void *buf, size_t n)
{
    if (t->reader)
        return n == 0 || t->reader(t->reader_context, addr, buf, n);
    if (t->process.pid)
        return hf_process_read(&t->process, addr, buf, n);
    const void *bytes = hf_frozen_view(&t->memory, addr, n);
    if (!bytes)
        return false;
    memcpy(buf, bytes, n);
    return true;
}

static bool read_for_elf(void *context, uint64_t addr, void *buf, size_t n)
{
    return hf_target_read(context, addr, buf, n);
}

/* A file that is only looked at as data is mapped too, and has the same magic; a loaded one also
 * has executable memory where its headers say. */
static bool is_loaded(const hf_maps *maps, const hf_mapping *first, const hf_elf_image *image)
{
    for (const hf_mapping *m = first; m < maps->items + maps->count && m->start < image->end; m++)
        if (m->executable && hf_maps_same_file(m, first))
            return true;
    return false;
}

static void find_images(hf_target *t, hf_elf_memory memory)
{
    if (t->knows_images)
        return;
    t->knows_images = true;
    for (size_t i = 0; i < t->maps.count; i++) {
        const hf_mapping *m = &t->maps.items[i];
        hf_elf_image image;
        if (m->file_offset || !m->inode || !m->readable || m->shared ||
            !hf_elf_open(memory, m->start, &image) || !is_loaded(&t->maps, m, &image))
            continue;
        if (!hf_array_next(&t->images, t->image_count))
            return;
        t->images[t->image_count++] = image;
    }
}

uint64_t hf_target_symbol(hf_target *t, const char *name, uint64_t *ret_size)
{
    hf_elf_memory memory = {.read = read_for_elf, .context = t};
    find_images(t, memory);
    for (size_t i = 0; i < t->image_count; i++) {
        hf_elf_symbol symbol;
        if (!hf_elf_find(memory, &t->images[i], name, &symbol))
            continue;
        if (ret_size)
            *ret_size = symbol.size;
        return symbol.address;
    }
    return 0;
}

uint64_t hf_target_image_end(hf_target *t, uint64_t addr)
{
    find_images(t, (hf_elf_memory){.read = read_for_elf, .context = t});
    for (size_t i = 0; i < t->image_count; i++)
        if (addr >= t->images[i].start && addr < t->images[i].end)
            return t->images[i].end;
    return 0;
}
