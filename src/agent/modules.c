/* agent/modules.c - see agent/modules.h. */
#include "agent/modules.h"

#include "agent/symbols.h"

#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>

enum { PAGE = 4096, NOTE_MOST = 1 << 16 };

/* _dl_find_object() of glibc 2.35 and later, which needs no lock (its manual, "Dynamic
 * Linker Introspection"). */
typedef struct found_object {
    unsigned long long flags;
    void *start, *end;
    struct link_map *map;
    void *unwinding;
    unsigned long long reserved[7];
} found_object;

static int (*find_object)(void *address, found_object *ret);

void hf_modules_begin(void)
{
    *(void **)&find_object = hf_symbol("_dl_find_object");
}

static void read_notes(uintptr_t at, uint64_t size, hf_module *m)
{
    for (uintptr_t end = at + (size < NOTE_MOST ? size : NOTE_MOST);
         at + sizeof(ElfW(Nhdr)) <= end;) {
        const ElfW(Nhdr) *note = (const void *)at;
        uintptr_t name = at + sizeof(*note), words = name + ((note->n_namesz + 3UL) & ~3UL);
        if (note->n_namesz > NOTE_MOST || note->n_descsz > NOTE_MOST ||
            words + note->n_descsz > end)
            return;
        if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
            memcmp((const void *)name, "GNU", 4) == 0 && note->n_descsz <= HF_BUILD_ID_MOST) {
            m->build_id_length = note->n_descsz;
            memcpy(m->build_id, (const void *)words, note->n_descsz);
            return;
        }
        at = words + ((note->n_descsz + 3UL) & ~3UL);
    }
}

/* What the program headers say of a module whose bias is known. */
static bool read_headers(const ElfW(Phdr) * headers, size_t count, hf_module *m)
{
    m->start = UINTPTR_MAX;
    for (size_t i = 0; i < count; i++) {
        const ElfW(Phdr) *p = &headers[i];
        uintptr_t at = m->bias + p->p_vaddr;
        if (p->p_type == PT_LOAD) {
            m->start = at < m->start ? at : m->start;
            m->end = at + p->p_memsz > m->end ? at + p->p_memsz : m->end;
        } else if (p->p_type == PT_GNU_EH_FRAME) {
            m->unwinding = at;
        }
    }
    for (size_t i = 0; i < count; i++) {
        const ElfW(Phdr) *p = &headers[i];
        uintptr_t at = m->bias + p->p_vaddr;
        if (p->p_type == PT_LOAD && (p->p_flags & PF_R) && m->unwinding >= at &&
            m->unwinding - at < p->p_filesz) {
            m->data = at;
            m->data_end = at + p->p_filesz;
        }
        if (p->p_type == PT_NOTE && !m->build_id_length && at >= m->start && at < m->end)
            read_notes(at, p->p_filesz, m);
    }
    if (!m->data)
        m->unwinding = 0;
    return m->start < m->end;
}

typedef struct search {
    uintptr_t address;
    hf_module *found;
    bool is_found;
} search;

static int look_in(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    search *s = context;
    hf_module m = {.bias = info->dlpi_addr, .path = info->dlpi_name};
    bool here = false;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        here = here || (p->p_type == PT_LOAD && s->address - (m.bias + p->p_vaddr) < p->p_memsz);
    }
    if (!here || !read_headers(info->dlpi_phdr, info->dlpi_phnum, &m))
        return 0;
    *s->found = m;
    s->is_found = true;
    return 1;
}

static bool search_all(uintptr_t address, hf_module *ret)
{
    search s = {.address = address, .found = ret};
    dl_iterate_phdr(look_in, &s);
    return s.is_found;
}

/* The program headers of an object. What the loader calls its start need not be where its file
 * starts: in a program with a hole, as post-link optimizers make them, it is where the part behind
 * the hole starts. */
static const ElfW(Phdr) * headers_of(const found_object *o, size_t *ret_count)
{
    const ElfW(Ehdr) *file = o->start;
    if (memcmp(file->e_ident, ELFMAG, SELFMAG) == 0 &&
        file->e_phoff + file->e_phnum * sizeof(ElfW(Phdr)) <= PAGE) {
        *ret_count = file->e_phnum;
        return (const void *)((const char *)o->start + file->e_phoff);
    }
    bool is_program = !o->map->l_name || !*o->map->l_name;
    *ret_count = is_program ? getauxval(AT_PHNUM) : 0;
    return is_program ? (const void *)getauxval(AT_PHDR) : NULL;
}

bool hf_module_of(uintptr_t address, hf_module *ret)
{
    if (!find_object)
        return search_all(address, ret);
    found_object object;
    if (find_object((void *)address, &object) != 0 || !object.map)
        return false;
    size_t count;
    const ElfW(Phdr) *headers = headers_of(&object, &count);
    if (!headers)
        return search_all(address, ret);
    hf_module m = {.bias = object.map->l_addr, .path = object.map->l_name};
    if (!read_headers(headers, count, &m))
        return false;
    *ret = m;
    return true;
}
