#include "acquire/core_file.h"

#include "acquire/elf.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

bool hf_core_is(const uint8_t *bytes, size_t size)
{
    return size >= EI_NIDENT + 2 && memcmp(bytes, ELFMAG, SELFMAG) == 0 &&
           bytes[EI_DATA] == ELFDATA2LSB && bytes[EI_NIDENT] == ET_CORE &&
           bytes[EI_NIDENT + 1] == 0;
}

static hf_err *damaged(const char *what)
{
    return hf_fail(HF_ERR_DAMAGED, "the core file is damaged: %s", what);
}

/* The number of program headers: with 65535 and more of them it stands in the first section
 * header. */
static hf_err *count_headers(const uint8_t *bytes, size_t size, const Elf64_Ehdr *header,
                             uint64_t *ret)
{
    *ret = header->e_phnum;
    if (header->e_phnum == PN_XNUM) {
        Elf64_Shdr first;
        if (header->e_shoff > size || size - header->e_shoff < sizeof(first))
            return damaged("the number of its program headers is missing");
        memcpy(&first, bytes + header->e_shoff, sizeof(first));
        *ret = first.sh_info;
    }
    if (!*ret)
        return damaged("it has no program headers");
    if (header->e_phentsize != sizeof(Elf64_Phdr))
        return damaged("its program headers have another size");
    if (header->e_phoff > size || *ret > (size - header->e_phoff) / sizeof(Elf64_Phdr))
        return damaged("it ends within its program headers");
    return NULL;
}

typedef struct taking {
    hf_core_file *core;
    bool failed;
} taking;

static bool take_note(void *context, const hf_note *note)
{
    taking *t = context;
    t->failed = !hf_core_take_note(t->core, note);
    return !t->failed;
}

/* The part of [offset, offset + n) that the file has. */
static uint64_t present(const hf_core_file *core, uint64_t offset, uint64_t n)
{
    uint64_t room = offset < core->size ? core->size - offset : 0;
    return n < room ? n : room;
}

static void take_load(hf_core_file *core, const Elf64_Phdr *h)
{
    hf_core_load load = {.start = h->p_vaddr,
                         .offset = h->p_offset,
                         .written = h->p_filesz,
                         .readable = h->p_flags & PF_R,
                         .writable = h->p_flags & PF_W,
                         .executable = h->p_flags & PF_X};
    if (!h->p_memsz)
        return;
    if (__builtin_add_overflow(h->p_vaddr, h->p_memsz, &load.end) || h->p_filesz > h->p_memsz) {
        core->odd++;
        return;
    }
    load.present = present(core, load.offset, load.written);
    core->loads[core->load_count++] = load;
}

static hf_err *take_headers(hf_core_file *core, uint64_t offset, uint64_t count)
{
    core->loads = calloc(count, sizeof(*core->loads));
    if (!core->loads)
        return hf_fail_memory();
    /* Bytes of notes: headers that share them are not walked for ever. */
    uint64_t left = core->size;
    for (uint64_t i = 0; i < count; i++) {
        Elf64_Phdr h;
        memcpy(&h, core->bytes + offset + i * sizeof(h), sizeof(h));
        if (h.p_type == PT_LOAD)
            take_load(core, &h);
        if (h.p_type != PT_NOTE || h.p_offset >= core->size)
            continue;
        uint64_t n = present(core, h.p_offset, h.p_filesz);
        n = n < left ? n : left;
        left -= n;
        taking t = {.core = core};
        hf_notes_walk(core->bytes + h.p_offset, n, 4, take_note, &t);
        if (t.failed)
            return hf_fail_memory();
    }
    return NULL;
}

static int by_start(const void *a, const void *b)
{
    uint64_t x, y; /* both kinds of row begin with their address */
    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return (x > y) - (x < y);
}

/* Sorts, and leaves out what overlaps the one before. */
static void order_loads(hf_core_file *core)
{
    qsort(core->loads, core->load_count, sizeof(*core->loads), by_start);
    size_t kept = 0;
    for (size_t i = 0; i < core->load_count; i++) {
        if (kept && core->loads[kept - 1].end > core->loads[i].start) {
            core->odd++;
            continue;
        }
        core->loads[kept++] = core->loads[i];
    }
    core->load_count = kept;
}

static void order_mapped(hf_core_file *core)
{
    if (!core->mapped_count)
        return;
    qsort(core->mapped, core->mapped_count, sizeof(*core->mapped), by_start);
    size_t kept = 0;
    for (size_t i = 0; i < core->mapped_count; i++)
        if (!kept || core->mapped[kept - 1].end <= core->mapped[i].start)
            core->mapped[kept++] = core->mapped[i];
    core->mapped_count = kept;
}

/* What is told to be in the file twice could make a small file a large process. */
static hf_err *add_up(hf_core_file *core)
{
    for (size_t i = 0; i < core->load_count; i++) {
        core->present += core->loads[i].present;
        if (core->present > core->size)
            return damaged("its program headers share parts of the file");
        if (__builtin_add_overflow(core->written, core->loads[i].written, &core->written))
            return damaged("its program headers add up to more than memory can be");
    }
    if (!core->load_count)
        return damaged("it has no memory");
    return NULL;
}

hf_err *hf_core_file_parse(const uint8_t *bytes, size_t size, hf_core_file *ret)
{
    Elf64_Ehdr header;
    if (!hf_core_is(bytes, size))
        return hf_fail(HF_ERR_NOT_OURS, "it is no core file");
    if (!hf_elf_is_native(bytes, size))
        return hf_fail(HF_ERR_NOT_OURS, "the core file is of another kind of machine than this "
                                        "program is for");
    if (size < sizeof(header))
        return damaged("it ends within its header");
    memcpy(&header, bytes, sizeof(header));
    uint64_t count;
    hf_err *err = count_headers(bytes, size, &header, &count);
    if (err)
        return err;
    hf_core_file core = {.bytes = bytes, .size = size};
    err =
        hf_strtab_init(&core.paths) ? take_headers(&core, header.e_phoff, count) : hf_fail_memory();
    if (!err) {
        order_loads(&core);
        order_mapped(&core);
        err = add_up(&core);
    }
    if (err)
        hf_core_file_deinit(&core);
    else
        *ret = core;
    return err;
}

void hf_core_file_deinit(hf_core_file *core)
{
    free(core->loads);
    free(core->mapped);
    free(core->threads);
    hf_strtab_deinit(&core->paths);
    *core = (hf_core_file){0};
}

const hf_core_load *hf_core_load_at(const hf_core_file *core, uint64_t addr)
{
    size_t low = 0, high = core->load_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (core->loads[middle].end <= addr)
            low = middle + 1;
        else
            high = middle;
    }
    return low < core->load_count && core->loads[low].start <= addr ? &core->loads[low] : NULL;
}

const hf_core_mapped *hf_core_mapped_at(const hf_core_file *core, uint64_t addr)
{
    size_t low = 0, high = core->mapped_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (core->mapped[middle].end <= addr)
            low = middle + 1;
        else
            high = middle;
    }
    return low < core->mapped_count && core->mapped[low].start <= addr ? &core->mapped[low] : NULL;
}
