#include "acquire/binary_file.h"

#include "acquire/core_file.h"
#include "acquire/elf.h"
#include "base/page.h"

#include <elf.h>
#include <string.h>

enum { PAGE = HF_PAGE_SIZE, PROGRAM_HEADERS_MAX = 256 };

static bool header_of(const uint8_t *bytes, size_t size, Elf64_Ehdr *ret)
{
    if (size < sizeof(*ret) || !hf_elf_is_native(bytes, size))
        return false;
    memcpy(ret, bytes, sizeof(*ret));
    return (ret->e_type == ET_DYN || ret->e_type == ET_EXEC) &&
           ret->e_phentsize == sizeof(Elf64_Phdr) && ret->e_phnum > 0 &&
           ret->e_phnum <= PROGRAM_HEADERS_MAX && ret->e_phoff <= size &&
           ret->e_phnum <= (size - ret->e_phoff) / sizeof(Elf64_Phdr);
}

static Elf64_Phdr program_header(const uint8_t *bytes, const Elf64_Ehdr *header, size_t i)
{
    Elf64_Phdr h;
    memcpy(&h, bytes + header->e_phoff + i * sizeof(h), sizeof(h));
    return h;
}

bool hf_binary_is(const uint8_t *bytes, size_t size)
{
    Elf64_Ehdr header;
    return header_of(bytes, size, &header);
}

static bool take_build_id(void *context, const hf_note *note)
{
    hf_build_id *id = context;
    if (!hf_note_is(note, "GNU", NT_GNU_BUILD_ID) || !note->size || note->size > HF_BUILD_ID_MAX)
        return true;
    memcpy(id->bytes, note->description, note->size);
    id->length = note->size;
    return false;
}

hf_build_id hf_build_id_of(const uint8_t *bytes, size_t size)
{
    hf_build_id id = {0};
    Elf64_Ehdr header;
    if (!header_of(bytes, size, &header))
        return id;
    for (size_t i = 0; i < header.e_phnum && !id.length; i++) {
        Elf64_Phdr h = program_header(bytes, &header, i);
        if (h.p_type == PT_NOTE && h.p_offset <= size && h.p_filesz <= size - h.p_offset)
            hf_notes_walk(bytes + h.p_offset, h.p_filesz, h.p_align == 8 ? 8 : 4, take_build_id,
                          &id);
    }
    return id;
}

static bool are_equal(const hf_build_id *a, const hf_build_id *b)
{
    return a->length && a->length == b->length && !memcmp(a->bytes, b->bytes, a->length);
}

void hf_build_id_text(const hf_build_id *id, char ret[HF_BUILD_ID_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < id->length; i++) {
        ret[2 * i] = digits[id->bytes[i] >> 4];
        ret[2 * i + 1] = digits[id->bytes[i] & 15];
    }
    ret[2 * id->length] = 0;
}

/* Whether the loaded parts lie at the same places of both files. Files of debug information keep
 * the build-id, and the program headers, but not the bytes. */
static bool same_places(const uint8_t *file, const Elf64_Ehdr *header, size_t size,
                        const uint8_t *mapped, const Elf64_Ehdr *of_mapped)
{
    if (header->e_phnum != of_mapped->e_phnum)
        return false;
    for (size_t i = 0; i < header->e_phnum; i++) {
        Elf64_Phdr a = program_header(file, header, i), b = program_header(mapped, of_mapped, i);
        if (a.p_type != b.p_type)
            return false;
        if (a.p_type != PT_LOAD)
            continue;
        if (a.p_offset != b.p_offset || a.p_vaddr != b.p_vaddr || a.p_filesz != b.p_filesz)
            return false;
        if (a.p_offset > size || a.p_filesz > size - a.p_offset)
            return false;
    }
    return true;
}

/* Files of debug information have their sections without bytes where programs have them with. */
static bool has_contents(const uint8_t *file, size_t size, const Elf64_Ehdr *header)
{
    for (size_t i = 0; header->e_shentsize == sizeof(Elf64_Shdr) && i < header->e_shnum; i++) {
        Elf64_Shdr section;
        if (header->e_shoff > size || (size - header->e_shoff) / sizeof(section) <= i)
            return true; /* stripped of its sections: it cannot be one of those */
        memcpy(&section, file + header->e_shoff + i * sizeof(section), sizeof(section));
        if (section.sh_type == SHT_DYNSYM)
            return true;
        if (section.sh_type == SHT_NOBITS && section.sh_flags & SHF_EXECINSTR)
            return false;
    }
    return true;
}

hf_binary_match hf_binary_compare(const uint8_t *file, size_t size, const uint8_t *header,
                                  size_t header_size, bool written)
{
    Elf64_Ehdr ours, theirs;
    if (!header_of(file, size, &ours))
        return HF_BINARY_NONE;
    if (!header || !header_of(header, header_size, &theirs))
        return has_contents(file, size, &ours) ? HF_BINARY_UNPROVEN : HF_BINARY_STRIPPED;
    hf_build_id wanted = hf_build_id_of(header, header_size), found = hf_build_id_of(file, size);
    if (wanted.length) {
        if (!are_equal(&wanted, &found))
            return HF_BINARY_OTHER;
        return same_places(file, &ours, size, header, &theirs) && has_contents(file, size, &ours)
                   ? HF_BINARY_SAME
                   : HF_BINARY_STRIPPED;
    }
    size_t n = header_size < PAGE ? header_size : PAGE;
    n = n < size ? n : size;
    if (!same_places(file, &ours, size, header, &theirs) ||
        memcmp(file, header, sizeof(Elf64_Ehdr)) ||
        memcmp(file + ours.e_phoff, header + theirs.e_phoff, ours.e_phnum * sizeof(Elf64_Phdr)))
        return HF_BINARY_OTHER;
    if (!memcmp(file, header, n))
        return HF_BINARY_SAME;
    return written ? HF_BINARY_ALIKE : HF_BINARY_OTHER;
}

uint32_t hf_binary_flags(const uint8_t *file, size_t size, uint64_t offset)
{
    Elf64_Ehdr header;
    if (!header_of(file, size, &header))
        return 0;
    for (size_t i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr h = program_header(file, &header, i);
        uint64_t start = h.p_offset & ~(uint64_t)(PAGE - 1), end;
        if (h.p_type == PT_LOAD && !__builtin_add_overflow(h.p_offset, h.p_filesz, &end) &&
            offset >= start && offset < end)
            return h.p_flags;
    }
    return 0;
}
