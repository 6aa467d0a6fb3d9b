#include "cpython/debug_info.h"

#include "base/cleanup.h"
#include "cpython/calibrate.h"
#include "cpython/layout_entries.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/version.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUOTED(number)  #number
#define TEXT_OF(number) QUOTED(number)

enum {
    NAME_MAX_BYTES = 128,
    DEPTH_MAX = 16,     /* of typedefs, and of unions within structs */
    MEMBERS_MAX = 4096, /* of a struct */
    BITS = 8,
    WORD_BITS = 32, /* of the word that HF_BITS counts bits in */
};

/* A struct or union that layout_fields.h names. */
typedef struct wanted {
    const char *name; /* "PyObject", "struct _gc_runtime_state" */
    Dwarf_Die die;
    bool found, ambiguous; /* several of the name that differ in size */
} wanted;

typedef struct reading {
    Elf *elf;
    Dwarf *dwarf;
    wanted *structs;
    size_t count;
    size_t steps; /* entries that may still be looked at: links may go in circles */
} reading;

/* Where a member is, in bits from the start of its struct. */
typedef struct place {
    uint64_t bit, bits;
    Dwarf_Die type;
} place;

static void end_reading(reading *r)
{
    free(r->structs);
    if (r->dwarf)
        dwarf_end(r->dwarf);
    if (r->elf)
        elf_end(r->elf);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const wanted *)a)->name, ((const wanted *)b)->name);
}

static wanted *struct_named(const reading *r, const char *name)
{
    const wanted key = {.name = name};
    return bsearch(&key, r->structs, r->count, sizeof(key), by_name);
}

/* The structs of all members; those that tools/private_structs.h mirrors have names of ours. */
static bool list_structs(reading *r)
{
    r->structs = calloc(hf_layout_entry_count, sizeof(*r->structs));
    if (!r->structs)
        return false;
    size_t count = 0;
    for (size_t i = 0; i < hf_layout_entry_count; i++)
        if (hf_layout_entries[i].kind != HF_ENTRY_CONSTANT)
            r->structs[count++].name = hf_layout_entries[i].structure;
    qsort(r->structs, count, sizeof(*r->structs), by_name);
    for (size_t i = 0; i < count; i++)
        if (!i || strcmp(r->structs[i].name, r->structs[r->count - 1].name) != 0)
            r->structs[r->count++].name = r->structs[i].name;
    return true;
}

/* What a typedef stands for, in the end; false where that is no struct or union as a whole. */
static bool peel(Dwarf_Die die, Dwarf_Die *ret)
{
    for (int i = 0; i < DEPTH_MAX; i++) {
        int tag = dwarf_tag(&die);
        if (tag == DW_TAG_structure_type || tag == DW_TAG_union_type) {
            *ret = die;
            return !dwarf_hasattr(&die, DW_AT_declaration);
        }
        if (tag != DW_TAG_typedef && tag != DW_TAG_const_type && tag != DW_TAG_volatile_type)
            return false;
        Dwarf_Attribute attribute;
        if (!dwarf_formref_die(dwarf_attr(&die, DW_AT_type, &attribute), &die))
            return false;
    }
    return false;
}

static bool type_of(Dwarf_Die *die, Dwarf_Die *ret)
{
    Dwarf_Attribute attribute;
    return dwarf_formref_die(dwarf_attr(die, DW_AT_type, &attribute), ret) != NULL;
}

static void note(wanted *w, Dwarf_Die die)
{
    if (!peel(die, &die))
        return;
    if (w->found && dwarf_bytesize(&w->die) != dwarf_bytesize(&die))
        w->ambiguous = true;
    if (!w->found)
        w->die = die;
    w->found = true;
}

static void look_at(reading *r, Dwarf_Die *die)
{
    int tag = dwarf_tag(die);
    if (tag != DW_TAG_structure_type && tag != DW_TAG_typedef)
        return;
    const char *name = dwarf_diename(die);
    char text[NAME_MAX_BYTES];
    if (!name || snprintf(text, sizeof(text), "%s%s", tag == DW_TAG_typedef ? "" : "struct ",
                          name) >= (int)sizeof(text))
        return;
    wanted *w = struct_named(r, text);
    if (w)
        note(w, *die);
}

/* All types of CPython are at the top of their units. */
static void find_structs(reading *r)
{
    Dwarf_Off offset = 0, next;
    size_t header;
    while (r->steps && dwarf_nextcu(r->dwarf, offset, &next, &header, NULL, NULL, NULL) == 0 &&
           next > offset) {
        Dwarf_Die unit, die;
        if (dwarf_offdie(r->dwarf, offset + header, &unit) && dwarf_child(&unit, &die) == 0)
            do
                look_at(r, &die);
            while (r->steps-- > 1 && dwarf_siblingof(&die, &die) == 0);
        offset = next;
    }
}

static bool number(Dwarf_Die *die, unsigned name, uint64_t *ret)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value;
    if (dwarf_formudata(dwarf_attr(die, name, &attribute), &value) != 0)
        return false;
    *ret = value;
    return true;
}

/* The place of one member in its struct. Bit fields are told by DW_AT_data_bit_offset in DWARF 5,
 * and before counted from the other end of their storage (DWARF 5, 5.7.6). */
static bool place_of(Dwarf_Die *member, place *ret)
{
    uint64_t bytes = 0, bits, from_end, storage;
    if (!type_of(member, &ret->type))
        return false;
    number(member, DW_AT_data_member_location, &bytes);
    ret->bit = bytes * BITS;
    if (!number(member, DW_AT_bit_size, &bits)) {
        ret->bits = 0;
        Dwarf_Word size;
        if (dwarf_aggregate_size(&ret->type, &size) == 0)
            ret->bits = size * BITS;
        return true;
    }
    ret->bits = bits;
    if (number(member, DW_AT_data_bit_offset, &ret->bit))
        return true;
    if (!number(member, DW_AT_bit_offset, &from_end))
        return false;
    if (!number(member, DW_AT_byte_size, &storage)) {
        int size = dwarf_bytesize(&ret->type);
        if (size <= 0)
            return false;
        storage = (uint64_t)size;
    }
    ret->bit += storage * BITS - from_end - bits;
    return true;
}

/* Finds a member by its name, also in unions and structs that have none. */
static bool find_member(reading *r, Dwarf_Die structure, const char *name, size_t length, int depth,
                        place *ret)
{
    Dwarf_Die member;
    if (depth > DEPTH_MAX || dwarf_child(&structure, &member) != 0)
        return false;
    do {
        place here;
        Dwarf_Die inside;
        if (dwarf_tag(&member) != DW_TAG_member || !place_of(&member, &here))
            continue;
        const char *found = dwarf_diename(&member);
        if (found && strlen(found) == length && !memcmp(found, name, length)) {
            *ret = here;
            return true;
        }
        if (!found && peel(here.type, &inside) &&
            find_member(r, inside, name, length, depth + 1, ret)) {
            ret->bit += here.bit;
            return true;
        }
    } while (r->steps-- > 1 && dwarf_siblingof(&member, &member) == 0);
    return false;
}

/* The same for "a.b.c". */
static bool find_path(reading *r, Dwarf_Die structure, const char *path, place *ret)
{
    uint64_t bit = 0;
    r->steps = MEMBERS_MAX;
    for (;;) {
        size_t length = strcspn(path, ".");
        if (!find_member(r, structure, path, length, 0, ret))
            return false;
        ret->bit += bit;
        bit = ret->bit;
        path += length;
        if (!*path++)
            return true;
        if (!peel(ret->type, &structure))
            return false;
    }
}

static bool set(hf_layout *row, size_t at, uint64_t value)
{
    if (value > INT32_MAX && value != (uint32_t)value)
        return false;
    int32_t number = (int32_t)(uint32_t)value;
    memcpy((char *)row + at, &number, sizeof(number));
    return true;
}

/* Members that tools/private_structs.h knows by one name, and sources by two. */
static const char *const renamed[][3] = {
    {"HF_GC_GENERATIONS", "generations", "young"},
    {"HF_MI_BLOCK_SIZE", "xblock_size", "block_size"},
    {"HF_MI_TAG", "tag", "heap_tag"},
};

static bool find_entry(reading *r, const hf_layout_entry *e, Dwarf_Die structure, place *ret)
{
    for (size_t i = 0; i < sizeof(renamed) / sizeof(renamed[0]); i++)
        if (!strcmp(e->member, renamed[i][0]))
            return find_path(r, structure, renamed[i][1], ret) ||
                   find_path(r, structure, renamed[i][2], ret);
    return find_path(r, structure, e->member, ret);
}

/* The number that an entry asks for; false where the struct has no such member. */
static bool value_of(reading *r, const hf_layout_entry *e, Dwarf_Die structure, uint64_t *ret)
{
    place p;
    if (e->kind == HF_ENTRY_SIZE) {
        Dwarf_Word size;
        bool has = dwarf_aggregate_size(&structure, &size) == 0;
        *ret = has ? size : 0;
        return has;
    }
    if (!find_entry(r, e, structure, &p))
        return false;
    uint64_t word = p.bit / WORD_BITS;
    if (e->kind == HF_ENTRY_FIELD)
        *ret = p.bit / BITS;
    else if (e->kind == HF_ENTRY_BITS)
        *ret = word * (WORD_BITS / BITS);
    else
        *ret = ((UINT64_C(1) << (p.bits < WORD_BITS ? p.bits : WORD_BITS)) - 1)
               << (p.bit - word * WORD_BITS);
    return e->kind != HF_ENTRY_MASK || (p.bits && *ret >> WORD_BITS == 0);
}

/* Constants that are places of members. `past`: where what follows it begins. */
static const struct {
    size_t place;
    const char *structure, *member;
    bool past;
} computed[] = {
    {offsetof(hf_layout, gc_generation0), "struct _gc_runtime_state", "generation0", false},
    {offsetof(hf_layout, gc_long_lived_total), "struct _gc_runtime_state", "long_lived_total",
     false},
    {offsetof(hf_layout, gc_long_lived_pending), "struct _gc_runtime_state", "long_lived_pending",
     false},
    {offsetof(hf_layout, interpreter_free_lists_end), "PyInterpreterState", "async_gen", true},
    {offsetof(hf_layout, interpreter_free_lists_end), "PyInterpreterState",
     "object_state.freelists", true},
};

/* "PyObject" and "ob_refcnt" of "...offsetof(PyObject, ob_refcnt)...". */
static bool is_offset(const char *expression, char structure[NAME_MAX_BYTES],
                      char member[NAME_MAX_BYTES])
{
    char rest[4] = "";
    const char *at = strstr(expression, "offsetof(");
    return at && !strchr(expression, '+') &&
           sscanf(at, "offsetof(%127[^,], %127[a-zA-Z0-9_.]%3[)]", structure, member, rest) == 3;
}

/* A constant that is a place is asked for like a member; others are as in the base. */
static void take_constant(reading *r, const hf_layout_entry *e, hf_layout *row)
{
    char structure[NAME_MAX_BYTES], member[NAME_MAX_BYTES];
    place p;
    const wanted *w;
    if (is_offset(e->structure, structure, member)) {
        w = struct_named(r, structure);
        if (w && w->found && !w->ambiguous && find_path(r, w->die, member, &p))
            set(row, e->place, p.bit / BITS);
        return;
    }
    for (size_t i = 0; i < sizeof(computed) / sizeof(computed[0]); i++) {
        w = struct_named(r, computed[i].structure);
        if (computed[i].place == e->place && w && w->found && !w->ambiguous &&
            find_path(r, w->die, computed[i].member, &p))
            set(row, e->place, (p.bit + (computed[i].past ? p.bits : 0)) / BITS);
    }
}

/* Structs of objects that the debug information lacks, as those of extension modules in files of
 * their own, are as in the base: they stay within a minor version. */
static bool take_all(reading *r, const hf_layout *from, hf_layout *row, char *why, size_t why_size)
{
    for (size_t i = 0; i < hf_layout_entry_count; i++) {
        const hf_layout_entry *e = &hf_layout_entries[i];
        uint64_t value;
        if (!hf_entry_is_for(from, e))
            continue;
        if (e->kind == HF_ENTRY_CONSTANT) {
            take_constant(r, e, row);
            continue;
        }
        const wanted *w = struct_named(r, e->structure);
        bool has = w->found && !w->ambiguous;
        if (has && value_of(r, e, w->die, &value) && set(row, e->place, value))
            continue;
        if (!has && !hf_calibrated_struct(e))
            continue;
        snprintf(why, why_size, "it does not tell %s%s%s", e->structure, *e->member ? "." : "",
                 e->member);
        return false;
    }
    return true;
}

const char *hf_debug_info_reader(void)
{
    return "elfutils 0." TEXT_OF(_ELFUTILS_VERSION);
}

hf_err *hf_row_from_debug_info(uint8_t *file, size_t size, const hf_layout *from, hf_layout *ret,
                               char *why, size_t why_size, bool *found)
{
    HF_AUTO(end_reading) reading r = {.steps = size};
    *found = false;
    elf_version(EV_CURRENT);
    r.elf = elf_memory((char *)file, size);
    r.dwarf = r.elf ? dwarf_begin_elf(r.elf, DWARF_C_READ, NULL) : NULL;
    if (!r.dwarf) {
        snprintf(why, why_size, "there is none");
        return NULL;
    }
    if (!list_structs(&r))
        return hf_fail_memory();
    find_structs(&r);
    hf_layout row = *from;
    if (take_all(&r, from, &row, why, why_size)) {
        *ret = row;
        *found = true;
    }
    return NULL;
}
