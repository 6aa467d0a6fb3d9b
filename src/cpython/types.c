#include "cpython/types.h"

#include "base/array.h"
#include "cpython/decode_read.h"
#include "cpython/prove.h"
#include "cpython/refcount.h"

#include <stdlib.h>

enum {
    BASES_MAX = 64,       /* metaclasses above a type, and bases: longer chains are refused */
    MEMBERS_MAX = 4096,   /* PyMemberDefs of one type */
    NAME_MAX_BYTES = 512, /* tp_name and names of members */
    SIZE_MAX_BYTES = 1 << 24,
    MEMBER_OBJECT = 6, /* Py_T_OBJECT and Py_T_OBJECT_EX, Include/descrobject.h */
    MEMBER_OBJECT_EX = 16,
};

/* Include/cpython/object.h, Include/object.h */
#define TPFLAGS_INLINE_VALUES    (1ull << 2)
#define TPFLAGS_MANAGED_DICT     (1ull << 4)
#define TPFLAGS_HEAPTYPE         (1ull << 9)
#define TPFLAGS_READY            (1ull << 12)
#define TPFLAGS_HAVE_GC          (1ull << 14)
#define TPFLAGS_UNICODE_SUBCLASS (1ull << 28)
#define TPFLAGS_TUPLE_SUBCLASS   (1ull << 26)
#define TPFLAGS_TYPE_SUBCLASS    (1ull << 31)

/* Bytes of the zero-terminated text at `address`, NULL where it is none or longer than a name. */
static const char *c_text(hf_decode *d, uint64_t address, size_t *ret_length)
{
    const uint8_t *p = address ? hf_bytes_at(d, address, 1) : NULL;
    if (!p)
        return NULL;
    uint64_t room = d->segment->end - address;
    size_t limit = room < NAME_MAX_BYTES ? (size_t)room : NAME_MAX_BYTES;
    size_t n = strnlen((const char *)p, limit);
    for (size_t i = 0; i < n; i++)
        if (p[i] < ' ' || p[i] == 0x7f)
            return NULL;
    *ret_length = n;
    return n && n < limit ? (const char *)p : NULL;
}

static bool is_of_this_version(const hf_layout *l, const hf_decoder *decoder)
{
    int32_t place;
    memcpy(&place, (const char *)l + decoder->needs, sizeof(place));
    return !decoder->needs || place != HF_ABSENT;
}

/* Decoders of types that the binaries export are found by address. */
static bool find_decoders(hf_types *types, hf_decode *d)
{
    for (uint32_t i = 0; hf_decoders[i]->symbol || hf_decoders[i]->name; i++) {
        const char *symbol = hf_decoders[i]->symbol;
        uint64_t address = symbol ? hf_target_symbol(d->target, symbol, NULL) : 0;
        if (address && hf_decoders[i]->symbol_leads)
            address = hf_u64_at(d, address);
        if (address && is_of_this_version(d->layout, hf_decoders[i]) &&
            !hf_map_put(&types->decoders, address, i))
            return false;
    }
    return true;
}

hf_err *hf_types_init(hf_types *types, hf_decode *d)
{
    memset(types, 0, sizeof(*types));
    hf_map_init(&types->numbers);
    hf_map_init(&types->decoders);
    d->types = types;
    d->type_at = hf_type_search;
    if (!find_decoders(types, d)) {
        hf_types_deinit(types);
        return hf_fail_memory();
    }
    return NULL;
}

static void free_record(hf_type_record *record)
{
    for (size_t i = 0; i < record->slot_count; i++)
        free((char *)record->slots[i].field);
    free((hf_slot *)record->slots);
    free(record);
}

void hf_types_deinit(hf_types *types)
{
    for (size_t i = 0; i < types->count; i++)
        free_record(types->records[i]);
    free(types->records);
    hf_map_deinit(&types->numbers);
    hf_map_deinit(&types->decoders);
    memset(types, 0, sizeof(*types));
}

/* Each release of Cython has a module of its own for the types that it makes, "_cython_3_1_2". */
static bool is_cython_function(const char *name, size_t length)
{
    static const char start[] = "_cython_", end[] = ".cython_function_or_method";
    return length > sizeof(start) + sizeof(end) && !memcmp(name, start, strlen(start)) &&
           !memcmp(name + length - strlen(end), end, strlen(end));
}

/* By name only where the name is the C source's: that of a type made at build time, or one with its
 * module in front. Python may call any class "dict". */
static const hf_decoder *decoder_for(hf_decode *d, const hf_type_record *record, const char *name,
                                     size_t length)
{
    hf_types *types = d->types;
    uint32_t found = hf_map_get(&types->decoders, record->address);
    if (found != HF_MAP_NONE)
        return hf_decoders[found];
    if (is_cython_function(name, length))
        return &hf_decoder_cython_function;
    if (record->heap_type && !memchr(name, '.', length))
        return NULL;
    for (size_t i = 0; hf_decoders[i]->symbol || hf_decoders[i]->name; i++) {
        const char *known = hf_decoders[i]->name;
        const char *symbol = hf_decoders[i]->symbol;
        if (!known || strlen(known) != length || memcmp(known, name, length) != 0 ||
            !is_of_this_version(d->layout, hf_decoders[i]))
            continue;
        /* Another static type may be called so, too: Cython's "generator", "coroutine". */
        if (!symbol || !hf_target_symbol(d->target, symbol, NULL))
            return hf_decoders[i];
    }
    return NULL;
}

/* The str object that PyUnicode_AsUTF8() told `text` of: an ASCII str keeps its text behind its
 * header (type_new_descriptors() in typeobject.c names members so). */
static uint64_t str_around(hf_decode *d, uint64_t text)
{
    const hf_layout *l = d->layout;
    uint64_t address = text - (uint64_t)l->unicode_ascii_size;
    const uint8_t *p = hf_bytes_at(d, address, (uint64_t)l->unicode_ascii_size);
    if (!p || address & 7)
        return 0;
    uint64_t type = hf_load_u64(p + l->object_ob_type);
    const uint8_t *flags = hf_bytes_at(d, type + (uint64_t)l->type_tp_flags, 8);
    if (type & 7 || !flags || !(hf_load_u64(flags) & TPFLAGS_UNICODE_SUBCLASS))
        return 0;
    uint32_t state = hf_load_u32(p + l->unicode_ascii);
    size_t length;
    return hf_bits(state, l->unicode_ascii_mask) && c_text(d, text, &length) &&
                   length == hf_load_u64(p + l->unicode_length)
               ? address
               : 0;
}

/* Inserts by offset; one that is there already stays: a subclass may name a base's member anew. */
static bool add_slot(hf_type_record *record, const hf_slot *slot)
{
    hf_slot *slots = (hf_slot *)record->slots;
    size_t at = 0;
    while (at < record->slot_count && slots[at].offset < slot->offset)
        at++;
    if (at < record->slot_count && slots[at].offset == slot->offset &&
        slots[at].after_items == slot->after_items)
        return false;
    slots = realloc(slots, (record->slot_count + 1) * sizeof(*slots));
    if (!slots)
        return false;
    memmove(slots + at + 1, slots + at, (record->slot_count - at) * sizeof(*slots));
    slots[at] = *slot;
    record->slots = slots;
    record->slot_count++;
    return true;
}

/* Numbers of less than a word: T_SHORT, T_INT, T_FLOAT, T_CHAR, T_BYTE, T_UBYTE, T_USHORT, T_UINT,
 * T_BOOL of Include/structmember.h. Not T_PYSSIZET: __weaklistoffset__ and the like have that kind
 * and are no members of objects. */
static bool is_narrow(uint32_t kind)
{
    const uint32_t narrow =
        1u << 0 | 1u << 1 | 1u << 3 | 1u << 7 | 1u << 8 | 1u << 9 | 1u << 10 | 1u << 11 | 1u << 14;
    return kind < 32 && narrow >> kind & 1;
}

static void add_own_slots(hf_decode *d, hf_type_record *record)
{
    const hf_layout *l = d->layout;
    uint64_t at = hf_u64_at(d, record->address + (uint64_t)l->type_tp_members);
    for (int i = 0; at && i < MEMBERS_MAX; i++, at += (uint64_t)l->member_def_size) {
        const uint8_t *p = hf_bytes_at(d, at, (uint64_t)l->member_def_size);
        if (!p)
            return;
        uint64_t name = hf_load_u64(p + l->member_def_name);
        uint32_t kind = hf_load_u32(p + l->member_def_type);
        hf_slot slot = {.offset = hf_load_u64(p + l->member_def_offset)};
        slot.after_items = HF_HAS(l, member_after_items) &&
                           hf_load_u32(p + l->member_def_flags) & (uint32_t)l->member_after_items;
        if (!name)
            return;
        bool holds = kind == MEMBER_OBJECT || kind == MEMBER_OBJECT_EX;
        if (is_narrow(kind) && slot.offset < 64 * 8)
            record->plain_words |= 1ull << slot.offset / 8;
        if (!holds || slot.offset & 7 || slot.offset < record->decoder_basicsize)
            continue;
        /* Struct sequences name items, which lie behind the basic size (structseq.c). */
        if (slot.offset + 8 > record->basicsize && !(record->flags & TPFLAGS_TUPLE_SUBCLASS))
            continue;
        size_t length;
        const char *text = c_text(d, name, &length);
        if (!text)
            continue;
        slot.name = str_around(d, name);
        if (!slot.name)
            slot.field = strndup(text, length);
        if (!add_slot(record, &slot))
            free((char *)slot.field);
    }
}

static void add_inherited_slots(hf_type_record *record, const hf_type_record *base)
{
    record->plain_words |= base->plain_words;
    for (size_t i = 0; i < base->slot_count; i++) {
        hf_slot slot = base->slots[i];
        if (slot.offset < record->decoder_basicsize)
            continue;
        if (slot.field)
            slot.field = strdup(slot.field);
        if (!add_slot(record, &slot))
            free((char *)slot.field);
    }
}

static hf_type_record *keep(hf_types *types, const hf_type_record *record)
{
    if (!hf_array_room(&types->records, types->count, &types->capacity))
        return NULL;
    hf_type_record *kept = malloc(sizeof(*kept));
    if (!kept || !hf_map_put(&types->numbers, record->address, (uint32_t)types->count)) {
        free(kept);
        return NULL;
    }
    *kept = *record;
    kept->number = (uint32_t)types->count;
    types->records[types->count++] = kept;
    return kept;
}

static const hf_type_record *find(hf_decode *d, uint64_t address, int depth);

/* Everything that must hold of a type; fills the plain members of *ret. */
static bool is_type(hf_decode *d, uint64_t address, int depth, hf_type_record *ret)
{
    const hf_layout *l = d->layout;
    const uint8_t *p = address & 7 ? NULL : hf_bytes_at(d, address, (uint64_t)l->type_size);
    if (!p || depth > BASES_MAX)
        return false;
    uint64_t flags = hf_load_u64(p + l->type_tp_flags);
    uint64_t basicsize = hf_load_u64(p + l->type_tp_basicsize);
    uint64_t itemsize = hf_load_u64(p + l->type_tp_itemsize);
    hf_refcount counted = hf_refcount_of(l, p);
    if (basicsize < (uint64_t)l->object_size || basicsize > SIZE_MAX_BYTES ||
        itemsize > SIZE_MAX_BYTES || (counted.count <= 0 && !counted.immortal && !counted.partial))
        return false;
    *ret = (hf_type_record){
        .address = address,
        .base = hf_load_u64(p + l->type_tp_base),
        .flags = flags,
        .basicsize = basicsize,
        .itemsize = itemsize,
        .dictoffset = (int64_t)hf_load_u64(p + l->type_tp_dictoffset),
        .weaklistoffset = (int64_t)hf_load_u64(p + l->type_tp_weaklistoffset),
        .heap_type = (flags & TPFLAGS_HEAPTYPE) != 0,
        .has_gc = (flags & TPFLAGS_HAVE_GC) != 0,
        .has_inline_values =
            (flags &
             (HF_HAS(l, dict_values_capacity) ? TPFLAGS_INLINE_VALUES : TPFLAGS_MANAGED_DICT)) != 0,
    };
    /* PyType_Type was proved before any record is made. */
    uint64_t meta = hf_load_u64(p + l->object_ob_type);
    if (meta == d->type_type_address)
        return true;
    /* A class may be made its own type: h11's sentinels are, in each uvicorn and httpx. */
    if (meta == address)
        return (flags & TPFLAGS_TYPE_SUBCLASS) != 0;
    const hf_type_record *type = find(d, meta, depth + 1);
    return type && type->flags & TPFLAGS_TYPE_SUBCLASS;
}

/* "list_iterator", "memory_iterator"; and what list[int] is. */
static bool is_made_ready_late(const char *name, size_t length)
{
    static const char end[] = "iterator", alias[] = "types.GenericAlias";
    if (length == strlen(alias) && !memcmp(name, alias, length))
        return true;
    return length >= strlen(end) && !memchr(name, '.', length) &&
           !memcmp(name + length - strlen(end), end, strlen(end));
}

/* Only `object` has no base, PyType_Type's is object, whose type is PyType_Type; and types
 * that nobody has made ready: modules use some of their own so, and before 3.11 the interpreter its
 * iterators, until something asks for one of their attributes. With site.py something always does;
 * an embedded interpreter, or `python -S`, may run without. Known ones are believed. */
static bool may_lack_base(hf_decode *d, const hf_type_record *record, const char *name,
                          size_t length)
{
    if (record->flags & TPFLAGS_READY)
        return length == 6 && !memcmp(name, "object", 6);
    return !record->heap_type &&
           (is_made_ready_late(name, length) || decoder_for(d, record, name, length));
}

/* Python calls a class whatever it is told to: type("", (), {}), line breaks, thousands of letters.
 * Then tp_name is the very text of __name__ (type_new_set_names() in typeobject.c). */
static bool has_any_name(hf_decode *d, const hf_type_record *record)
{
    const hf_layout *l = d->layout;
    const uint8_t *p = hf_bytes_at(d, record->address, (uint64_t)l->heap_type_size);
    if (!record->heap_type || !p)
        return false;
    uint64_t text = hf_load_u64(p + l->type_tp_name);
    uint64_t name = hf_load_u64(p + l->heap_type_ht_name);
    p = text && name ? hf_bytes_at(d, name, (uint64_t)l->unicode_compact_size) : NULL;
    return p && (text == name + (uint64_t)l->unicode_ascii_size ||
                 text == hf_load_u64(p + l->unicode_utf8));
}

static uint64_t bytes_before(const hf_decode *d, const hf_type_record *type)
{
    uint64_t bytes = type->has_gc ? (uint64_t)d->layout->gc_head_size : 0;
    return hf_has_preheader(d, type) ? bytes + 2 * HF_WORD : bytes;
}

/* Most objects are text and numbers: whoever follows references need not ask each of them anew. As
 * hf_decode_found_edges() and hf_prove_object() would find. */
static bool refers_to_nothing(const hf_type_record *type)
{
    const hf_decoder *decoder = type->decoder;
    if (!decoder || decoder->references || decoder->visit || type->facts || type->counts ||
        type->heap_type || type->has_gc || type->slot_count || type->dictoffset ||
        type->flags & TPFLAGS_MANAGED_DICT)
        return false;
    bool grown_at_end = type->itemsize && !(type->flags & TPFLAGS_TYPE_SUBCLASS);
    return grown_at_end || type->basicsize <= type->decoder_basicsize;
}

static const hf_type_record *make(hf_decode *d, uint64_t address, int depth)
{
    hf_types *types = d->types;
    const hf_layout *l = d->layout;
    hf_type_record record;
    if (!is_type(d, address, depth, &record))
        return NULL;
    size_t length;
    const char *name = c_text(d, hf_u64_at(d, address + (uint64_t)l->type_tp_name), &length);
    if (!name && has_any_name(d, &record)) {
        name = "";
        length = 0;
    }
    const hf_type_record *base = NULL;
    if (record.base && record.flags & TPFLAGS_READY)
        base = find(d, record.base, depth + 1);
    if (!name || (!base && (record.base || !may_lack_base(d, &record, name, length))))
        return NULL;
    uint32_t made = hf_map_get(&types->numbers, address); /* while we looked at base and type */
    if (made != HF_MAP_NONE)
        return types->records[made];
    record.decoder = decoder_for(d, &record, name, length);
    bool scanned = record.decoder && (record.decoder->scanned || record.decoder->members_only);
    record.decoder_basicsize = scanned ? 0 : record.basicsize;
    if (record.decoder)
        hf_prove_type(d, &record);
    if (!record.decoder && base) {
        record.decoder = base->decoder;
        record.decoder_basicsize = base->decoder ? base->decoder_basicsize : 0;
    }
    hf_prove_prepare(&record, name, length);
    if (record.heap_type)
        record.cached_keys = hf_u64_at(d, address + (uint64_t)l->heap_type_ht_cached_keys);
    add_own_slots(d, &record);
    if (base)
        add_inherited_slots(&record, base);
    if (record.has_gc && !hf_type_is_exact(d, &record))
        record.traverse = hf_u64_at(d, address + (uint64_t)l->type_tp_traverse);
    record.bytes_before = bytes_before(d, &record);
    record.refers_to_nothing = refers_to_nothing(&record);
    hf_type_record *kept = keep(types, &record);
    types->failed = types->failed || !kept;
    return kept;
}

static const hf_type_record *find(hf_decode *d, uint64_t address, int depth)
{
    hf_types *types = d->types;
    uint32_t number = hf_map_get(&types->numbers, address);
    return number != HF_MAP_NONE ? types->records[number] : make(d, address, depth);
}

const hf_type_record *hf_type_search(hf_decode *d, uint64_t address)
{
    hf_types *types = d->types;
    __auto_type slot = &types->cache[(address >> 4) % HF_TYPES_CACHE];
    const hf_type_record *record = address ? find(d, address, 0) : NULL;
    if (record) {
        slot->address = address;
        slot->record = record;
    }
    return record;
}

/* Looks a str key up in a dict, as the edges of the dict tell it. */
typedef struct {
    hf_visitor visitor;
    hf_decode *d;
    const char *wanted;
    uint64_t key, value;
} key_search;

static void see_entry(hf_visitor *v, const hf_raw_edge *edge)
{
    key_search *search = (key_search *)v;
    if (edge->kind == HF_EDGE_KEY) {
        search->key = edge->target;
        return;
    }
    if (edge->kind != HF_EDGE_VALUE || search->value)
        return;
    hf_buf text;
    hf_buf_init(&text, 256);
    size_t length = strlen(search->wanted);
    if (hf_decode_str(search->d, search->key, length + 1, &text) && text.length == length &&
        !memcmp(text.data, search->wanted, length))
        search->value = edge->target;
    hf_buf_deinit(&text);
}

uint64_t hf_dict_lookup(hf_decode *d, uint64_t dict, const char *key)
{
    const hf_type_record *type = hf_type_of(d, dict);
    key_search search = {{see_entry}, d, key, 0, 0};
    hf_charge before = d->charge;
    d->charge = HF_CHARGE_NOBODY; /* the dict is asked in its turn */
    if (type)
        hf_decode_edges(d, type, dict, &search.visitor);
    d->charge = before;
    return search.value;
}

static void static_names(hf_decode *d, const hf_type_record *type, hf_buf *module, hf_buf *qualname)
{
    size_t length = 0;
    uint64_t at = hf_u64_at(d, type->address + (uint64_t)d->layout->type_tp_name);
    const char *name = c_text(d, at, &length);
    if (!name)
        return;
    hf_buf_clear(module);
    const char *dot = memrchr(name, '.', length);
    size_t start = dot ? (size_t)(dot - name) + 1 : 0;
    if (dot)
        hf_buf_add(module, name, start - 1);
    else
        hf_buf_text(module, "builtins");
    hf_buf_add(qualname, name + start, length - start);
}

void hf_type_names(hf_decode *d, const hf_type_record *type, hf_buf *module, hf_buf *qualname)
{
    if (type->heap_type) {
        uint64_t dict = hf_u64_at(d, type->address + (uint64_t)d->layout->type_tp_dict);
        uint64_t name = dict ? hf_dict_lookup(d, dict, "__module__") : 0;
        if (name)
            hf_decode_str(d, name, NAME_MAX_BYTES, module);
        name = hf_u64_at(d, type->address + (uint64_t)d->layout->heap_type_ht_qualname);
        if (name)
            hf_decode_str(d, name, NAME_MAX_BYTES, qualname);
    }
    if (!qualname->length) /* what is called "" keeps its module: "__main__." */
        static_names(d, type, module, qualname);
}

bool hf_type_is_exact(const hf_decode *d, const hf_type_record *type)
{
    if (type->decoder && type->decoder->members_only)
        return true;
    if (!type->decoder && type->itemsize)
        return false;
    uint64_t start = type->decoder ? type->decoder_basicsize : (uint64_t)d->layout->object_size;
    uint64_t known = 0;
    for (size_t i = 0; i < type->slot_count; i++)
        known += type->slots[i].offset >= start ? 8 : 0;
    known += type->dictoffset >= (int64_t)start ? 8 : 0;
    known += type->weaklistoffset >= (int64_t)start ? 8 : 0;
    return start + known >= (type->basicsize & ~7ull);
}
