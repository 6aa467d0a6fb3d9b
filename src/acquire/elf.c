#include "acquire/elf.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

enum {
    PROGRAM_HEADERS_MAX = 256,
    DYNAMIC_ENTRIES_MAX = 1024,
    CHAIN_MAX = 65536, /* symbols with one hash bucket; real ones have a handful */
    NAME_MAX_LENGTH = 256,
};

static bool read_memory(hf_elf_memory m, uint64_t addr, void *buf, size_t n)
{
    return m.read(m.context, addr, buf, n);
}

bool hf_elf_is_native(const uint8_t *bytes, size_t n)
{
#if defined(__x86_64__)
    const unsigned machine = EM_X86_64;
#elif defined(__aarch64__)
    const unsigned machine = EM_AARCH64;
#else
    const unsigned machine = EM_NONE;
#endif
    return n >= 20 && memcmp(bytes, ELFMAG, SELFMAG) == 0 && bytes[EI_CLASS] == ELFCLASS64 &&
           bytes[EI_DATA] == ELFDATA2LSB && (bytes[18] | bytes[19] << 8) == (int)machine;
}

static bool read_header(hf_elf_memory m, uint64_t start, Elf64_Ehdr *header)
{
    return read_memory(m, start, header, sizeof(*header)) &&
           memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
           header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_ident[EI_DATA] == ELFDATA2LSB &&
           (header->e_type == ET_DYN || header->e_type == ET_EXEC) &&
           header->e_phentsize == sizeof(Elf64_Phdr) && header->e_phnum > 0 &&
           header->e_phnum <= PROGRAM_HEADERS_MAX;
}

/* Sets bias, start and end from the PT_LOADs, and *ret to the PT_DYNAMIC. */
static bool place(const Elf64_Phdr *headers, size_t count, uint64_t start, hf_elf_image *image,
                  Elf64_Phdr *ret)
{
    bool placed = false, dynamic = false;
    uint64_t lowest = UINT64_MAX, highest = 0;
    for (size_t i = 0; i < count; i++) {
        const Elf64_Phdr *h = &headers[i];
        if (h->p_type == PT_DYNAMIC) {
            *ret = *h;
            dynamic = true;
        }
        uint64_t end;
        if (h->p_type != PT_LOAD || __builtin_add_overflow(h->p_vaddr, h->p_memsz, &end))
            continue;
        lowest = h->p_vaddr < lowest ? h->p_vaddr : lowest;
        highest = end > highest ? end : highest;
        if (h->p_offset < 4096 && !placed) { /* the one that the file header lies in */
            image->bias = start - (h->p_vaddr - h->p_offset);
            placed = true;
        }
    }
    if (!placed || !dynamic || lowest >= highest)
        return false;
    image->start = image->bias + lowest;
    image->end = image->bias + highest;
    return image->start < image->end;
}

/* glibc writes absolute addresses into the dynamic section of what it has relocated; others, and
 * sections that are read-only, keep virtual ones. */
static uint64_t absolute(const hf_elf_image *image, uint64_t value)
{
    if (value >= image->start && value < image->end)
        return value;
    uint64_t moved = image->bias + value;
    return value && moved >= image->start && moved < image->end ? moved : 0;
}

static void take_entry(hf_elf_image *image, const Elf64_Dyn *entry)
{
    switch (entry->d_tag) {
    case DT_SYMTAB:
        image->symbols = absolute(image, entry->d_un.d_ptr);
        break;
    case DT_STRTAB:
        image->strings = absolute(image, entry->d_un.d_ptr);
        break;
    case DT_STRSZ:
        image->strings_size = entry->d_un.d_val;
        break;
    case DT_GNU_HASH:
        image->gnu_hash = absolute(image, entry->d_un.d_ptr);
        break;
    case DT_HASH:
        image->hash = absolute(image, entry->d_un.d_ptr);
        break;
    default:
        break;
    }
}

static void read_dynamic(hf_elf_memory m, hf_elf_image *image, const Elf64_Phdr *header)
{
    uint64_t addr = image->bias + header->p_vaddr;
    uint64_t count = header->p_memsz / sizeof(Elf64_Dyn);
    for (uint64_t i = 0; i < count && i < DYNAMIC_ENTRIES_MAX; i++) {
        Elf64_Dyn entry;
        if (!read_memory(m, addr + i * sizeof(entry), &entry, sizeof(entry)) ||
            entry.d_tag == DT_NULL)
            return;
        take_entry(image, &entry);
    }
}

bool hf_elf_open(hf_elf_memory m, uint64_t start, hf_elf_image *ret)
{
    Elf64_Ehdr header;
    if (!read_header(m, start, &header))
        return false;
    Elf64_Phdr headers[PROGRAM_HEADERS_MAX], dynamic = {0};
    if (!read_memory(m, start + header.e_phoff, headers, header.e_phnum * sizeof(*headers)))
        return false;
    hf_elf_image image = {0};
    if (!place(headers, header.e_phnum, start, &image, &dynamic))
        return false;
    read_dynamic(m, &image, &dynamic);
    if (!image.symbols || !image.strings || (!image.gnu_hash && !image.hash))
        return false;
    *ret = image;
    return true;
}

/* Whether symbol number `index` is the definition of name. */
static bool matches(hf_elf_memory m, const hf_elf_image *image, uint64_t index, const char *name,
                    size_t length, hf_elf_symbol *ret)
{
    Elf64_Sym symbol;
    char text[NAME_MAX_LENGTH];
    if (!read_memory(m, image->symbols + index * sizeof(symbol), &symbol, sizeof(symbol)))
        return false;
    unsigned type = ELF64_ST_TYPE(symbol.st_info);
    if (symbol.st_shndx == SHN_UNDEF || type == STT_TLS || type == STT_GNU_IFUNC ||
        symbol.st_name >= image->strings_size || image->strings_size - symbol.st_name < length + 1)
        return false;
    if (!read_memory(m, image->strings + symbol.st_name, text, length + 1) ||
        memcmp(text, name, length + 1) != 0)
        return false;
    uint64_t bias = symbol.st_shndx == SHN_ABS ? 0 : image->bias;
    *ret = (hf_elf_symbol){.address = bias + symbol.st_value, .size = symbol.st_size};
    return true;
}

static uint32_t gnu_hash_of(const char *name)
{
    uint32_t hash = 5381;
    for (const uint8_t *p = (const uint8_t *)name; *p; p++)
        hash = hash * 33 + *p;
    return hash;
}

/* Table: bucket count, first symbol, words of the Bloom filter, its shift; then the filter, the
 * buckets (lowest symbol number of each), and a hash per symbol whose bit 0 ends a bucket. */
static bool find_gnu(hf_elf_memory m, const hf_elf_image *image, const char *name, size_t length,
                     hf_elf_symbol *ret)
{
    uint32_t head[4];
    if (!read_memory(m, image->gnu_hash, head, sizeof(head)) || !head[0] || !head[2])
        return false;
    uint32_t hash = gnu_hash_of(name);
    uint64_t filter = image->gnu_hash + sizeof(head), word;
    if (!read_memory(m, filter + (uint64_t)(hash / 64 % head[2]) * 8, &word, sizeof(word)))
        return false;
    if (!(word >> (hash % 64) & word >> ((hash >> (head[3] & 31)) % 64) & 1))
        return false;
    uint64_t buckets = filter + (uint64_t)head[2] * 8;
    uint64_t chains = buckets + (uint64_t)head[0] * 4;
    uint32_t index, link;
    if (!read_memory(m, buckets + (uint64_t)(hash % head[0]) * 4, &index, sizeof(index)) ||
        index < head[1])
        return false;
    for (unsigned steps = 0; steps < CHAIN_MAX; steps++, index++) {
        if (!read_memory(m, chains + (uint64_t)(index - head[1]) * 4, &link, sizeof(link)))
            return false;
        if ((link | 1) == (hash | 1) && matches(m, image, index, name, length, ret))
            return true;
        if (link & 1)
            return false;
    }
    return false;
}

static uint32_t sysv_hash_of(const char *name)
{
    uint32_t hash = 0;
    for (const uint8_t *p = (const uint8_t *)name; *p; p++) {
        hash = (hash << 4) + *p;
        uint32_t high = hash & 0xf0000000;
        hash = (hash ^ high >> 24) & ~high;
    }
    return hash;
}

static bool find_sysv(hf_elf_memory m, const hf_elf_image *image, const char *name, size_t length,
                      hf_elf_symbol *ret)
{
    uint32_t head[2], index; /* buckets, chains */
    if (!read_memory(m, image->hash, head, sizeof(head)) || !head[0])
        return false;
    uint64_t slot = sysv_hash_of(name) % head[0];
    for (unsigned steps = 0; steps < CHAIN_MAX; steps++) {
        if (!read_memory(m, image->hash + 8 + slot * 4, &index, sizeof(index)) ||
            index == STN_UNDEF || index >= head[1])
            return false;
        if (matches(m, image, index, name, length, ret))
            return true;
        slot = (uint64_t)head[0] + index;
    }
    return false;
}

bool hf_elf_find(hf_elf_memory m, const hf_elf_image *image, const char *name, hf_elf_symbol *ret)
{
    size_t length = strlen(name);
    if (length >= NAME_MAX_LENGTH)
        return false;
    return image->gnu_hash ? find_gnu(m, image, name, length, ret)
                           : find_sysv(m, image, name, length, ret);
}
