/* acquire/elf_functions.c - see acquire/elf_functions.h. */
#include "acquire/elf_functions.h"

#include "acquire/elf.h"
#include "base/bytes.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

typedef struct file {
    const uint8_t *bytes;
    size_t size;
    Elf64_Shdr *sections; /* copied: the file's need not be aligned */
    size_t section_count;
} file;

static bool is_within(const file *f, uint64_t offset, uint64_t length)
{
    return offset <= f->size && length <= f->size - offset;
}

static bool open_file(const uint8_t *bytes, size_t size, file *ret)
{
    Elf64_Ehdr header;
    file f = {.bytes = bytes, .size = size};
    if (size < sizeof(header) || !hf_elf_is_native(bytes, size))
        return false;
    memcpy(&header, bytes, sizeof(header));
    if (header.e_shentsize != sizeof(Elf64_Shdr) ||
        !is_within(&f, header.e_shoff, (uint64_t)header.e_shnum * sizeof(Elf64_Shdr)))
        return false;
    f.sections = malloc(((size_t)header.e_shnum + 1) * sizeof(*f.sections));
    if (!f.sections)
        return false;
    f.section_count = header.e_shnum;
    memcpy(f.sections, bytes + header.e_shoff, f.section_count * sizeof(*f.sections));
    *ret = f;
    return true;
}

/* A name that ends within its table; "" where it does not. */
static const char *name_of(const file *f, const Elf64_Shdr *names, uint32_t offset)
{
    if (offset >= names->sh_size)
        return "";
    const char *name = (const char *)f->bytes + names->sh_offset + offset;
    return memchr(name, 0, names->sh_size - offset) ? name : "";
}

static bool add_functions(const file *f, const Elf64_Shdr *table, hf_elf_functions *ret)
{
    if (table->sh_link >= f->section_count || !is_within(f, table->sh_offset, table->sh_size))
        return true;
    const Elf64_Shdr *names = &f->sections[table->sh_link];
    if (!is_within(f, names->sh_offset, names->sh_size))
        return true;
    size_t count = table->sh_size / sizeof(Elf64_Sym);
    hf_elf_function *grown = realloc(ret->rows, (ret->count + count + 1) * sizeof(*grown));
    if (!grown)
        return false;
    ret->rows = grown;
    for (size_t i = 0; i < count; i++) {
        Elf64_Sym symbol;
        memcpy(&symbol, f->bytes + table->sh_offset + i * sizeof(symbol), sizeof(symbol));
        unsigned type = ELF64_ST_TYPE(symbol.st_info);
        if ((type != STT_FUNC && type != STT_GNU_IFUNC) || symbol.st_shndx == SHN_UNDEF)
            continue;
        const char *name = name_of(f, names, symbol.st_name);
        if (*name)
            grown[ret->count++] = (hf_elf_function){symbol.st_value, symbol.st_size, name};
    }
    return true;
}

/* Of functions at one address the one with a size comes last, and of those the name
 * that comes first. */
static int by_start(const void *a, const void *b)
{
    const hf_elf_function *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    return strcmp(y->name, x->name);
}

/* The table of .eh_frame_hdr (LSB Core, section 10.6.2), where it is of the one kind that linkers
 * make: pairs of 4 bytes, from the header's own address. */
static void find_starts(const file *f, hf_elf_functions *ret)
{
    static const uint8_t kind[] = {1, 0x1b, 0x03, 0x3b};
    enum { COUNT_AT = 8, TABLE_AT = 12, PAIR = 8 };
    Elf64_Ehdr header;
    memcpy(&header, f->bytes, sizeof(header));
    for (size_t i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr p;
        if (header.e_phentsize != sizeof(p) || !is_within(f, header.e_phoff, (i + 1) * sizeof(p)))
            return;
        memcpy(&p, f->bytes + header.e_phoff + i * sizeof(p), sizeof(p));
        if (p.p_type != PT_GNU_EH_FRAME || p.p_filesz < TABLE_AT ||
            !is_within(f, p.p_offset, p.p_filesz) ||
            memcmp(f->bytes + p.p_offset, kind, sizeof(kind)) != 0)
            continue;
        size_t most = (p.p_filesz - TABLE_AT) / PAIR;
        ret->starts = f->bytes + p.p_offset + TABLE_AT;
        ret->start_count = hf_load_u32(f->bytes + p.p_offset + COUNT_AT);
        ret->start_count = ret->start_count < most ? ret->start_count : most;
        ret->starts_at = p.p_vaddr;
        return;
    }
}

bool hf_elf_functions_read(const uint8_t *bytes, size_t size, hf_elf_functions *ret)
{
    file f;
    hf_elf_functions functions = {0};
    if (!open_file(bytes, size, &f))
        return false;
    bool well = true;
    for (size_t i = 0; i < f.section_count && well; i++) {
        bool all = f.sections[i].sh_type == SHT_SYMTAB;
        if (!all && f.sections[i].sh_type != SHT_DYNSYM)
            continue;
        well = add_functions(&f, &f.sections[i], &functions);
        functions.complete = functions.complete || all;
    }
    find_starts(&f, &functions);
    free(f.sections);
    if (!well) {
        free(functions.rows);
        return false;
    }
    if (functions.count)
        qsort(functions.rows, functions.count, sizeof(*functions.rows), by_start);
    *ret = functions;
    return true;
}

void hf_elf_functions_deinit(hf_elf_functions *f)
{
    free(f->rows);
    *f = (hf_elf_functions){0};
}

const hf_elf_function *hf_elf_function_at(const hf_elf_functions *f, uint64_t address)
{
    size_t low = 0, high = f->count; /* the first that starts behind it */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (f->rows[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low)
        return NULL;
    const hf_elf_function *found = &f->rows[low - 1];
    return !found->size || address - found->start < found->size ? found : NULL;
}

uint64_t hf_elf_function_start(const hf_elf_functions *f, uint64_t address)
{
    size_t low = 0, high = f->start_count; /* the first that starts behind it */
    uint64_t start = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int32_t distance = (int32_t)hf_load_u32(f->starts + 8 * middle);
        uint64_t there = f->starts_at + (uint64_t)(int64_t)distance;
        if (there <= address) {
            start = there;
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return start;
}

static size_t id_in(const uint8_t *bytes, size_t size, const uint8_t **ret)
{
    hf_cursor c = hf_cursor_over(bytes, size);
    while (hf_cursor_left(&c) && !c.bad) {
        uint32_t name_size = hf_cursor_u32(&c), length = hf_cursor_u32(&c);
        uint32_t type = hf_cursor_u32(&c);
        const uint8_t *name = hf_cursor_bytes(&c, ((size_t)name_size + 3) & ~(size_t)3);
        const uint8_t *id = hf_cursor_bytes(&c, ((size_t)length + 3) & ~(size_t)3);
        if (id && type == NT_GNU_BUILD_ID && name_size == 4 && memcmp(name, "GNU", 4) == 0) {
            *ret = id;
            return length;
        }
    }
    return 0;
}

size_t hf_elf_build_id(const uint8_t *bytes, size_t size, const uint8_t **ret)
{
    file f;
    if (!open_file(bytes, size, &f))
        return 0;
    size_t length = 0;
    for (size_t i = 0; i < f.section_count && !length; i++) {
        const Elf64_Shdr *s = &f.sections[i];
        if (s->sh_type == SHT_NOTE && is_within(&f, s->sh_offset, s->sh_size))
            length = id_in(bytes + s->sh_offset, s->sh_size, ret);
    }
    free(f.sections);
    return length;
}
