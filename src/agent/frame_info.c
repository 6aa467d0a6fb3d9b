/* agent/frame_info.c - reads .eh_frame_hdr and .eh_frame (LSB Core, section 10.6; DWARF
 * 4, section 6.4).
 *
 * A function's entry (FDE) is found by bisection in the header's table. The entry, and the common
 * one (CIE) that it belongs to, have instructions that say how rows of a table change from one
 * address to the next; they are run as far as the address. All reads stay within the segment that
 * has the header. */
#include "agent/frame_info.h"

#include <stddef.h>
#include <string.h>

enum {
    BASE = 6, /* rbp */
    STACK = 7,
    RETURN = 16,
    REMEMBERED_MOST = 8,
    STEPS_MOST = 1 << 16,
    ENCODING_WORD = 0x00,
    ENCODING_U4 = 0x03,
    ENCODING_S4 = 0x0b,
    ENCODING_U8 = 0x04,
    ENCODING_S8 = 0x0c,
    FROM_HERE = 0x10,
    ENCODING_ABSENT = 0xff,
    TABLE_OF_S4 = 0x3b, /* of 4 bytes, from the header's start */
};

/* A place in the segment; past its end everything is zero, and bad is set. */
typedef struct cursor {
    uintptr_t at, end;
    bool bad;
} cursor;

static uint64_t take(cursor *c, unsigned bytes)
{
    uint64_t value = 0;
    if (c->end - c->at < bytes || c->at > c->end) {
        c->bad = true;
        c->at = c->end;
        return 0;
    }
    memcpy(&value, (const void *)c->at, bytes);
    c->at += bytes;
    return value;
}

static uint64_t take_number(cursor *c)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !c->bad; shift += 7) {
        uint64_t byte = take(c, 1);
        value |= (byte & 127) << shift;
        if (byte < 128)
            return value;
    }
    c->bad = true;
    return 0;
}

static int64_t take_signed(cursor *c)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !c->bad; shift += 7) {
        uint64_t byte = take(c, 1);
        value |= (byte & 127) << shift;
        if (byte < 128)
            return (int64_t)(byte & 64 && shift < 57 ? value | UINT64_MAX << (shift + 7) : value);
    }
    c->bad = true;
    return 0;
}

static uintptr_t take_pointer(cursor *c, unsigned encoding)
{
    uintptr_t here = c->at;
    uint64_t value;
    switch (encoding & 15) {
    case ENCODING_WORD:
    case ENCODING_U8:
    case ENCODING_S8:
        value = take(c, 8);
        break;
    case ENCODING_U4:
        value = take(c, 4);
        break;
    case ENCODING_S4:
        value = (uint64_t)(int64_t)(int32_t)take(c, 4);
        break;
    default:
        c->bad = true;
        return 0;
    }
    if ((encoding & 0x70) == FROM_HERE)
        value += here;
    else if (encoding & 0xf0)
        c->bad = true; /* relative to what we do not know, or through a pointer */
    return value;
}

/* What the common entry says. */
typedef struct common {
    uint64_t code_step;
    int64_t data_step;
    unsigned encoding;
    bool signal, augmented;
    uintptr_t start, end; /* its instructions */
} common;

static bool read_common(const hf_module *m, uintptr_t at, common *ret)
{
    *ret = (common){0};
    cursor c = {at, m->data_end, at < m->data || at >= m->data_end};
    uint64_t length = c.bad ? 0 : take(&c, 4);
    if (c.bad || !length || length >= 0xfffffff0 || length > c.end - c.at)
        return false;
    ret->end = c.end = c.at + length;
    uint64_t id = take(&c, 4), version = take(&c, 1);
    const char *words = (const char *)c.at;
    while (!c.bad && take(&c, 1))
        ;
    if (c.bad || id != 0 || (version != 1 && version != 3))
        return false;
    ret->code_step = take_number(&c);
    ret->data_step = take_signed(&c);
    uint64_t return_register = version == 1 ? take(&c, 1) : take_number(&c);
    if (*words == 'z') {
        ret->augmented = true;
        uint64_t bytes = take_number(&c);
        uintptr_t behind = c.at + (bytes < c.end - c.at ? bytes : c.end - c.at);
        for (words++; *words && !c.bad; words++) {
            if (*words == 'R')
                ret->encoding = (unsigned)take(&c, 1);
            else if (*words == 'P')
                take_pointer(&c, (unsigned)take(&c, 1) & 0x7f);
            else if (*words == 'L')
                take(&c, 1);
            else if (*words == 'S')
                ret->signal = true;
            else
                break;
        }
        c.at = behind;
    } else if (*words) {
        return false;
    }
    ret->start = c.at;
    return !c.bad && return_register == RETURN;
}

/* A row of the table, as far as it concerns us. */
typedef struct row {
    enum { BY_STACK, BY_BASE, BY_ALIGNED, BY_UNKNOWN } frame;
    enum { KEPT, AT_FRAME, AT_BASE, LOST } base;
    int64_t offset, base_offset;
    bool last; /* the caller is undefined */
    bool well; /* it returns to what lies below the caller's frame */
} row;

static void set_frame(row *r, uint64_t number)
{
    r->frame = number == STACK ? BY_STACK : number == BASE ? BY_BASE : BY_UNKNOWN;
}

static void set_register(row *r, uint64_t number, int64_t offset)
{
    if (number == BASE) {
        r->base = AT_FRAME;
        r->base_offset = offset;
    } else if (number == RETURN) {
        r->well = offset == -8;
        r->last = false;
    }
}

/* A function that aligns its stack has the caller's in a word on its own: rbp + n, loaded. */
static void set_frame_expression(row *r, cursor *c)
{
    enum { AT_BASE_PLUS = 0x76, LOADED = 0x06 };
    uint64_t length = take_number(c);
    cursor e = {c->at, c->at + (length < c->end - c->at ? length : c->end - c->at), false};
    bool base = take(&e, 1) == AT_BASE_PLUS;
    int64_t offset = take_signed(&e);
    bool well = base && take(&e, 1) == LOADED && !e.bad && e.at == e.end;
    r->frame = well ? BY_ALIGNED : BY_UNKNOWN;
    r->offset = offset;
    c->at = e.end;
}

/* Likewise rbp, which such a function has saved where rbp points to now. */
static void set_register_expression(row *r, uint64_t number, cursor *c)
{
    enum { AT_BASE_PLUS = 0x76 };
    uint64_t length = take_number(c);
    cursor e = {c->at, c->at + (length < c->end - c->at ? length : c->end - c->at), false};
    bool base = take(&e, 1) == AT_BASE_PLUS && take_signed(&e) == 0 && !e.bad && e.at == e.end;
    if (number == BASE)
        r->base = base ? AT_BASE : LOST;
    else if (number == RETURN)
        r->well = false;
    c->at = e.end;
}

static void restore(row *r, const row *first, uint64_t number)
{
    if (number == BASE) {
        r->base = first->base;
        r->base_offset = first->base_offset;
    } else if (number == RETURN) {
        r->well = first->well;
        r->last = first->last;
    }
}

static void lose(row *r, uint64_t number, bool undefined)
{
    if (number == BASE)
        r->base = undefined ? LOST : KEPT;
    else if (number == RETURN)
        r->last = undefined;
}

typedef struct machine {
    const common *common;
    row row, first;
    row remembered[REMEMBERED_MOST];
    unsigned depth;
    uintptr_t address; /* of the row */
} machine;

/* Those that compilers seldom write: signed numbers, and what concerns other registers. */
static void run_rare(machine *m, cursor *c, uint64_t name)
{
    row *r = &m->row;
    uint64_t number;
    switch (name) {
    case 0x09: /* DW_CFA_register */
        number = take_number(c);
        take_number(c);
        r->base = number == BASE ? LOST : r->base;
        r->well = r->well && number != RETURN;
        return;
    case 0x11: /* DW_CFA_offset_extended_sf */
        number = take_number(c);
        set_register(r, number, take_signed(c) * m->common->data_step);
        return;
    case 0x12: /* DW_CFA_def_cfa_sf */
        set_frame(r, take_number(c));
        r->offset = take_signed(c) * m->common->data_step;
        return;
    case 0x13: /* DW_CFA_def_cfa_offset_sf */
        r->offset = take_signed(c) * m->common->data_step;
        return;
    case 0x14: /* DW_CFA_val_offset */
        lose(r, take_number(c), true);
        take_number(c);
        return;
    case 0x2e: /* DW_CFA_GNU_args_size */
        take_number(c);
        return;
    default:
        c->bad = true;
    }
}

/* One of the instructions whose first byte is all of their name. */
static void run_extended(machine *m, cursor *c, uint64_t name)
{
    row *r = &m->row;
    uint64_t number;
    switch (name) {
    case 0x00: /* DW_CFA_nop */
        return;
    case 0x01: /* DW_CFA_set_loc */
        m->address = take_pointer(c, m->common->encoding);
        return;
    case 0x02: /* DW_CFA_advance_loc1, 2, 4 */
    case 0x03:
    case 0x04:
        m->address += take(c, 1U << (name - 2)) * m->common->code_step;
        return;
    case 0x05: /* DW_CFA_offset_extended */
        number = take_number(c);
        set_register(r, number, (int64_t)take_number(c) * m->common->data_step);
        return;
    case 0x06: /* DW_CFA_restore_extended */
        restore(r, &m->first, take_number(c));
        return;
    case 0x07: /* DW_CFA_undefined, DW_CFA_same_value */
    case 0x08:
        lose(r, take_number(c), name == 0x07);
        return;
    case 0x0a: /* DW_CFA_remember_state */
        if (m->depth < REMEMBERED_MOST)
            m->remembered[m->depth] = *r;
        m->depth++;
        return;
    case 0x0b: /* DW_CFA_restore_state */
        if (m->depth && --m->depth < REMEMBERED_MOST)
            *r = m->remembered[m->depth];
        else
            c->bad = true;
        return;
    case 0x0c: /* DW_CFA_def_cfa */
        set_frame(r, take_number(c));
        r->offset = (int64_t)take_number(c);
        return;
    case 0x0d: /* DW_CFA_def_cfa_register */
        set_frame(r, take_number(c));
        return;
    case 0x0e: /* DW_CFA_def_cfa_offset */
        r->offset = (int64_t)take_number(c);
        return;
    case 0x0f: /* DW_CFA_def_cfa_expression */
        set_frame_expression(r, c);
        return;
    case 0x10: /* DW_CFA_expression */
    case 0x16: /* DW_CFA_val_expression */
        number = take_number(c);
        set_register_expression(r, number, c);
        if (name == 0x16 && number == BASE)
            r->base = LOST;
        return;
    default:
        run_rare(m, c, name);
    }
}

/* Runs instructions as long as the row's address is not beyond `address`. */
static bool run(machine *m, uintptr_t start, uintptr_t end, uintptr_t address)
{
    cursor c = {start, end, false};
    for (unsigned i = 0; i < STEPS_MOST && c.at < end && !c.bad; i++) {
        row before = m->row;
        uint64_t byte = take(&c, 1), low = byte & 63;
        if (byte >> 6 == 1) /* DW_CFA_advance_loc */
            m->address += low * m->common->code_step;
        else if (byte >> 6 == 2) /* DW_CFA_offset */
            set_register(&m->row, low, (int64_t)take_number(&c) * m->common->data_step);
        else if (byte >> 6 == 3) /* DW_CFA_restore */
            restore(&m->row, &m->first, low);
        else
            run_extended(m, &c, byte);
        if (m->address > address) {
            m->row = before;
            return !c.bad;
        }
    }
    return !c.bad;
}

/* The entry whose function starts nearest before the address; 0: none. */
static uintptr_t find_entry(const hf_module *m, uintptr_t address)
{
    cursor c = {m->unwinding, m->data_end, false};
    uint64_t version = take(&c, 1);
    unsigned start_encoding = (unsigned)take(&c, 1), count_encoding = (unsigned)take(&c, 1);
    unsigned table_encoding = (unsigned)take(&c, 1);
    if (version != 1 || table_encoding != TABLE_OF_S4 || count_encoding == ENCODING_ABSENT)
        return 0;
    take_pointer(&c, start_encoding);
    uint64_t count = take_pointer(&c, count_encoding);
    if (c.bad || !count || count > (c.end - c.at) / 8)
        return 0;
    const int32_t *table = (const int32_t *)c.at; /* pairs: where a function starts, its entry */
    int64_t wanted = (int64_t)(address - m->unwinding);
    uint64_t low = 0, high = count; /* the first that starts behind the address */
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (table[2 * middle] <= wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? m->unwinding + (uintptr_t)(int64_t)table[2 * (low - 1) + 1] : 0;
}

static hf_rule rule_of(const row *r)
{
    static const hf_rule_kind kinds[] = {HF_RULE_STACK, HF_RULE_BASE, HF_RULE_ALIGNED,
                                         HF_RULE_UNKNOWN};
    if (r->last)
        return (hf_rule){.kind = HF_RULE_LAST};
    if (!r->well || r->base == LOST || r->offset != (int32_t)r->offset ||
        r->base_offset != (int32_t)r->base_offset)
        return (hf_rule){0};
    return (hf_rule){.kind = kinds[r->frame],
                     .base_at_base = r->base == AT_BASE,
                     .base_saved = r->base == AT_FRAME,
                     .offset = (int32_t)r->offset,
                     .base_offset = (int32_t)r->base_offset};
}

hf_rule hf_frame_info(const hf_module *m, uintptr_t address, uintptr_t *ret_start)
{
    *ret_start = 0;
    uintptr_t at = m->unwinding ? find_entry(m, address) : 0;
    cursor c = {at, m->data_end, at < m->data || at >= m->data_end};
    uint64_t length = c.bad ? 0 : take(&c, 4);
    if (c.bad || !length || length >= 0xfffffff0 || length > c.end - c.at)
        return (hf_rule){0};
    c.end = c.at + length;
    uintptr_t here = c.at;
    common shared;
    if (!read_common(m, here - take(&c, 4), &shared))
        return (hf_rule){0};
    uintptr_t start = take_pointer(&c, shared.encoding);
    uint64_t size = take_pointer(&c, shared.encoding & 15);
    if (shared.augmented) {
        uint64_t bytes = take_number(&c);
        c.at += bytes < c.end - c.at ? bytes : c.end - c.at;
    }
    if (c.bad || address - start >= size)
        return (hf_rule){0};
    *ret_start = start;
    if (shared.signal)
        return (hf_rule){.kind = HF_RULE_SIGNAL};
    machine rows = {.common = &shared, .address = start, .row = {.frame = BY_UNKNOWN}};
    if (!run(&rows, shared.start, shared.end, UINTPTR_MAX))
        return (hf_rule){0};
    rows.first = rows.row;
    return run(&rows, c.at, c.end, address) ? rule_of(&rows.row) : (hf_rule){0};
}
