/* agent/symbols.c - see agent/symbols.h. */
#include "agent/symbols.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { HIDDEN_VERSION = 0x8000 };

typedef struct object {
    uintptr_t base;
    const ElfW(Sym) * symbols;
    const char *names;
    const uint32_t *gnu_hash, *old_hash;
    const uint16_t *versions;
} object;

typedef struct search {
    const char *name;
    bool under, past_us;
    void *found;
} search;

/* The loader has made these addresses absolute, but for the vDSO, which it may not write to. */
static const void *place(uintptr_t base, uintptr_t address)
{
    return (const void *)(address < base ? address + base : address);
}

static bool read_dynamic(const struct dl_phdr_info *info, object *ret)
{
    const ElfW(Dyn) *d = NULL;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            d = (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    *ret = (object){.base = info->dlpi_addr};
    for (; d && d->d_tag != DT_NULL; d++) {
        const void *at = place(info->dlpi_addr, d->d_un.d_ptr);
        if (d->d_tag == DT_SYMTAB)
            ret->symbols = at;
        else if (d->d_tag == DT_STRTAB)
            ret->names = at;
        else if (d->d_tag == DT_GNU_HASH)
            ret->gnu_hash = at;
        else if (d->d_tag == DT_HASH)
            ret->old_hash = at;
        else if (d->d_tag == DT_VERSYM)
            ret->versions = at;
    }
    return ret->symbols && ret->names && (ret->gnu_hash || ret->old_hash);
}

static void *match(const object *o, uint32_t number, const char *name)
{
    const ElfW(Sym) *s = &o->symbols[number];
    unsigned type = ELF64_ST_TYPE(s->st_info);
    bool hidden = o->versions && o->versions[number] & HIDDEN_VERSION;
    if (s->st_shndx == SHN_UNDEF || hidden || (type != STT_FUNC && type != STT_OBJECT) ||
        strcmp(o->names + s->st_name, name) != 0)
        return NULL;
    return (void *)(o->base + s->st_value);
}

/* The section .gnu.hash: buckets of chains, whose last entry has its lowest bit set. */
static void *in_gnu_hash(const object *o, const char *name)
{
    uint32_t hash = 5381;
    for (const char *p = name; *p; p++)
        hash = hash * 33 + (uint8_t)*p;
    uint32_t bucket_count = o->gnu_hash[0], first = o->gnu_hash[1], words = o->gnu_hash[2];
    const uint32_t *buckets = o->gnu_hash + 4 + words * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
    const uint32_t *chain = buckets + bucket_count;
    uint32_t number = bucket_count ? buckets[hash % bucket_count] : 0;
    if (number < first)
        return NULL;
    for (;; number++) {
        uint32_t there = chain[number - first];
        void *found = (there | 1) == (hash | 1) ? match(o, number, name) : NULL;
        if (found || there & 1)
            return found;
    }
}

static void *in_old_hash(const object *o, const char *name)
{
    uint32_t count = o->old_hash[1];
    for (uint32_t i = 1; i < count; i++) {
        void *found = match(o, i, name);
        if (found)
            return found;
    }
    return NULL;
}

static int look_in(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    search *s = context;
    object o;
    if (!read_dynamic(info, &o))
        return 0;
    if (s->under && !s->past_us) { /* up to and with the object that this code is in */
        for (int i = 0; i < info->dlpi_phnum; i++) {
            const ElfW(Phdr) *p = &info->dlpi_phdr[i];
            uintptr_t here = (uintptr_t)look_in - info->dlpi_addr - p->p_vaddr;
            s->past_us = s->past_us || (p->p_type == PT_LOAD && here < p->p_memsz);
        }
        return 0;
    }
    s->found = o.gnu_hash ? in_gnu_hash(&o, s->name) : in_old_hash(&o, s->name);
    return s->found != NULL;
}

static void *find(const char *name, bool under)
{
    search s = {.name = name, .under = under};
    dl_iterate_phdr(look_in, &s);
    return s.found;
}

void *hf_symbol(const char *name)
{
    return find(name, false);
}

void *hf_symbol_under(const char *name)
{
    return find(name, true);
}
