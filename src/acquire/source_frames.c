/* acquire/source_frames.c - see acquire/source_frames.h.
 *
 * For each unit that has one of the addresses, its tree of entries is gone through once, and only
 * where its ranges have some of them (DWARF 5, 3.3): each function on the way becomes a scope of
 * the addresses in it. */
#include "acquire/source_frames.h"

#include "base/array.h"
#include "base/cleanup.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <libelf.h>

enum {
    DEPTH_MOST = 256,     /* of entries within entries */
    STEPS_MOST = 1 << 25, /* entries and ranges that are looked at: links may go in circles */
};

/* A function that has an address, and what that was found in before. */
typedef struct scope {
    Dwarf_Die die;
    uint32_t outer; /* + 1; 0: none */
    uint32_t depth;
} scope;

typedef struct reading {
    Elf *elf;
    Dwarf *dwarf;
    const uint64_t *addresses;
    size_t count;
    uint32_t *innermost; /* of each address its scope + 1; of this unit, at first 0 */
    scope *scopes;
    uint32_t scope_count, scope_room;
    size_t steps; /* that are left */
    hf_take_source_frames *take;
    void *context;
} reading;

/* Addresses by number, from `low` to before `high`. */
typedef struct slice {
    size_t low, high;
} slice;

static void end_reading(reading *r)
{
    free(r->innermost);
    free(r->scopes);
    if (r->dwarf)
        dwarf_end(r->dwarf);
    if (r->elf)
        elf_end(r->elf);
}

/* The first of a slice that is not below `address`. */
static size_t first_from(const reading *r, slice s, uint64_t address)
{
    while (s.low < s.high) {
        size_t middle = s.low + (s.high - s.low) / 2;
        if (r->addresses[middle] < address)
            s.low = middle + 1;
        else
            s.high = middle;
    }
    return s.low;
}

static bool step(reading *r)
{
    if (r->steps)
        r->steps--;
    return r->steps > 0;
}

/* The next range of an entry that has addresses of a slice. `offset`: 0 at first; false where there
 * is no more. */
static bool next_range(reading *r, Dwarf_Die *die, slice within, ptrdiff_t *offset,
                       Dwarf_Addr *base, slice *ret)
{
    Dwarf_Addr start, end;
    while (step(r) && (*offset = dwarf_ranges(die, *offset, base, &start, &end)) > 0) {
        ret->low = first_from(r, within, start);
        ret->high = first_from(r, within, end);
        if (ret->low < ret->high)
            return true;
    }
    return false;
}

static bool add_scope(reading *r, Dwarf_Die *die, size_t address)
{
    uint32_t outer = r->innermost[address];
    uint32_t depth = outer ? r->scopes[outer - 1].depth + 1 : 1;
    if (depth > HF_SOURCE_FRAMES_MOST)
        return true;
    if (!hf_array_room(&r->scopes, r->scope_count, &r->scope_room))
        return false;
    r->scopes[r->scope_count++] = (scope){*die, outer, depth};
    r->innermost[address] = r->scope_count;
    return true;
}

/* True where what is below an entry is to be looked at. */
static bool enter(reading *r, Dwarf_Die *die, slice within)
{
    int tag = dwarf_tag(die);
    if (tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_structure_type ||
        tag == DW_TAG_class_type || tag == DW_TAG_union_type)
        return true;
    bool call = tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine;
    if (!call && tag != DW_TAG_lexical_block && tag != DW_TAG_try_block &&
        tag != DW_TAG_catch_block)
        return false;
    bool found = false;
    ptrdiff_t offset = 0;
    Dwarf_Addr base = 0;
    slice part;
    while (next_range(r, die, within, &offset, &base, &part)) {
        found = true;
        for (size_t i = part.low; call && i < part.high; i++)
            if (!add_scope(r, die, i))
                return false;
    }
    return found;
}

static void visit(reading *r, Dwarf_Die *parent, slice within, unsigned depth)
{
    Dwarf_Die die;
    if (depth > DEPTH_MOST || dwarf_child(parent, &die) != 0)
        return;
    do
        if (enter(r, &die, within))
            visit(r, &die, within, depth + 1);
    while (step(r) && dwarf_siblingof(&die, &die) == 0);
}

static const char *text_of(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;
    return dwarf_formstring(dwarf_attr_integrate(die, name, &attribute));
}

static uint32_t number_of(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value;
    bool has = dwarf_formudata(dwarf_attr(die, name, &attribute), &value) == 0;
    return has && value <= INT32_MAX ? (uint32_t)value : 0;
}

static void name_frame(Dwarf_Die *die, hf_source_frame *ret)
{
    int line = 0;
    ret->name = text_of(die, DW_AT_name);
    ret->symbol = text_of(die, DW_AT_linkage_name);
    if (!ret->symbol)
        ret->symbol = text_of(die, DW_AT_MIPS_linkage_name);
    ret->first_line = dwarf_decl_line(die, &line) == 0 && line > 0 ? (uint32_t)line : 0;
}

/* The line of an address, and then of each call the line that it was called from. */
static void tell(reading *r, Dwarf_Die *unit, Dwarf_Files *files, size_t address)
{
    hf_source_frame frames[HF_SOURCE_FRAMES_MOST] = {{0}};
    size_t count = 0;
    const char *file = NULL, *folder = text_of(unit, DW_AT_comp_dir);
    int line = 0;
    Dwarf_Line *row = dwarf_getsrc_die(unit, r->addresses[address]);
    if (row && dwarf_lineno(row, &line) == 0 && line > 0)
        file = dwarf_linesrc(row, NULL, NULL);
    for (uint32_t at = r->innermost[address]; at; at = r->scopes[at - 1].outer) {
        Dwarf_Die *die = &r->scopes[at - 1].die;
        hf_source_frame *f = &frames[count++];
        *f = (hf_source_frame){.folder = folder, .file = file, .line = file ? (uint32_t)line : 0};
        name_frame(die, f);
        file = files ? dwarf_filesrc(files, number_of(die, DW_AT_call_file), NULL, NULL) : NULL;
        line = (int)number_of(die, DW_AT_call_line);
        file = line ? file : NULL;
    }
    if (!count && file)
        frames[count++] = (hf_source_frame){.folder = folder, .file = file, .line = (uint32_t)line};
    if (count)
        r->take(r->context, address, frames, count);
}

static void read_unit(reading *r, Dwarf_Die *unit)
{
    const slice all = {0, r->count};
    ptrdiff_t offset = 0;
    Dwarf_Addr base = 0;
    Dwarf_Files *files = NULL;
    slice part;
    bool visited = false;
    while (next_range(r, unit, all, &offset, &base, &part)) {
        if (!visited) {
            r->scope_count = 0;
            visit(r, unit, all, 0);
            if (dwarf_getsrcfiles(unit, &files, NULL) != 0)
                files = NULL;
            visited = true;
        }
        for (size_t i = part.low; i < part.high; i++) {
            tell(r, unit, files, i);
            r->innermost[i] = 0; /* also where another unit says that it has the address, too */
        }
    }
    for (size_t i = 0; visited && i < r->count; i++)
        r->innermost[i] = 0;
}

bool hf_source_frames_read(uint8_t *file, size_t size, const uint64_t *addresses, size_t count,
                           hf_take_source_frames *take, void *context)
{
    HF_AUTO(end_reading)
    reading r = {.addresses = addresses,
                 .count = count,
                 .innermost = calloc(count + 1, sizeof(*r.innermost)),
                 .steps = STEPS_MOST,
                 .take = take,
                 .context = context};
    elf_version(EV_CURRENT);
    r.elf = elf_memory((char *)file, size);
    r.dwarf = r.elf && r.innermost ? dwarf_begin_elf(r.elf, DWARF_C_READ, NULL) : NULL;
    bool any = false;
    Dwarf_Off at = 0, next;
    size_t header;
    while (r.dwarf && step(&r) &&
           dwarf_nextcu(r.dwarf, at, &next, &header, NULL, NULL, NULL) == 0 && next > at) {
        Dwarf_Die unit;
        if (dwarf_offdie(r.dwarf, at + header, &unit) && dwarf_tag(&unit) == DW_TAG_compile_unit) {
            any = true;
            read_unit(&r, &unit);
        }
        at = next;
    }
    return any;
}
