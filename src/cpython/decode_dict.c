/* cpython/decode_dict.c - dict in all its tables, and the values that instances keep without one.
 *
 * Facts from Objects/dictobject.c, Objects/dict-common.h (3.9, 3.10) and
 * Include/internal/pycore_dict.h of 3.9 to 3.13. A combined
 * table owns its keys and values. A split one owns values only: the names belong to the keys table,
 * which the class and all its instances share, so they are told as weak. */
#include "cpython/decode_read.h"
#include "cpython/dict_keys.h"
#include "cpython/heap.h"
#include "cpython/prove.h"

typedef struct {
    uint64_t entries;  /* address of the first entry */
    uint64_t count;    /* entries in use */
    uint64_t capacity; /* entries that there is room for */
    uint64_t size;     /* bytes of the whole table */
    uint64_t references;
    uint32_t entry_size;
    int32_t key, value; /* places in an entry */
} keys_table;

static bool read_keys(hf_decode *d, uint64_t keys, keys_table *ret)
{
    const hf_layout *l = d->layout;
    const uint8_t *p = hf_bytes_at(d, keys, (uint64_t)l->dict_keys_size);
    if (!p) {
        d->unreadable++;
        return false;
    }
    hf_keys_header header;
    if (!hf_keys_header_read(l, p, &header)) {
        d->implausible++;
        return false;
    }
    /* new_keys_object(): an index has 1, 2, 4 or 8 bytes; what is used and usable is in room. */
    unsigned unit = header.slots < 1 << 8    ? 1
                    : header.slots < 1 << 16 ? 2
                    : header.slots >> 32     ? 8
                                             : 4;
    /* Py_EMPTY_KEYS, which every dict without keys has. */
    bool empty = header.slots == 1 && !header.used;
    bool has_kind = HF_HAS(l, dict_keys_dk_kind); /* up to 3.10 all entries keep a hash */
    if ((!empty && header.index_bytes != header.slots * unit) ||
        header.usable > header.capacity - header.used ||
        (has_kind && p[l->dict_keys_dk_kind] > l->dict_keys_split) ||
        (header.used && header.slots < 8))
        hf_contradict(d, "the keys of a dict are %llu of %llu with an index of %llu bytes",
                      (unsigned long long)header.used, (unsigned long long)header.slots,
                      (unsigned long long)header.index_bytes);
    bool general = !has_kind || p[l->dict_keys_dk_kind] == l->dict_keys_general;
    *ret = (keys_table){
        .entries = keys + (uint64_t)l->dict_keys_dk_indices + header.index_bytes,
        .count = header.used,
        .capacity = header.capacity,
        .references = header.references,
        .entry_size = (uint32_t)(general ? l->dict_entry_size : l->dict_unicode_entry_size),
        .key = general ? l->dict_entry_me_key : l->dict_unicode_entry_me_key,
        .value = general ? l->dict_entry_me_value : l->dict_unicode_entry_me_value,
    };
    ret->size = (uint64_t)l->dict_keys_size + header.index_bytes + ret->capacity * ret->entry_size;
    return true;
}

uint64_t hf_keys_size(hf_decode *d, uint64_t keys)
{
    keys_table table;
    return keys && read_keys(d, keys, &table) ? table.size : 0;
}

uint64_t hf_keys_capacity(hf_decode *d, uint64_t keys)
{
    const hf_layout *l = d->layout;
    if (!HF_HAS(l, dict_shared_keys_max)) { /* up to 3.10: as many as the table has room for */
        keys_table table;
        return keys && read_keys(d, keys, &table) ? table.capacity : 0;
    }
    uint64_t most = (uint64_t)l->dict_shared_keys_max;
    uint64_t used = hf_member(d, keys, l->dict_keys_dk_nentries);
    uint64_t room = used + hf_member(d, keys, l->dict_keys_dk_usable);
    return used > most || room > most ? most : room;
}

void hf_tell_values(hf_decode *d, uint64_t keys, uint64_t values, bool owned, hf_edge_kind kind,
                    hf_visitor *v)
{
    keys_table table;
    if (!keys || !read_keys(d, keys, &table))
        return;
    uint64_t count = table.count;
    const uint8_t *entries = hf_array_at(d, table.entries, &count, table.entry_size);
    const uint8_t *value = hf_array_at(d, values, &count, HF_WORD);
    hf_edge_strength strength = owned ? HF_EDGE_STRONG : HF_EDGE_WEAK;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t target = hf_load_u64(value + i * HF_WORD);
        if (target == 0)
            continue;
        uint64_t name = hf_load_u64(entries + i * table.entry_size + table.key);
        if (kind == HF_EDGE_VALUE && name)
            hf_tell(v, name, HF_EDGE_KEY, HF_EDGE_WEAK, 0);
        hf_tell(v, target, kind, strength, name);
    }
}

void hf_tell_key_names(hf_decode *d, uint64_t keys, hf_visitor *v)
{
    keys_table table;
    if (!keys || !read_keys(d, keys, &table))
        return;
    const uint8_t *entries = hf_array_at(d, table.entries, &table.count, table.entry_size);
    for (uint64_t i = 0; i < table.count; i++)
        hf_tell_field(v, hf_load_u64(entries + i * table.entry_size + table.key), "cached key",
                      HF_EDGE_STRONG);
}

/* Up to 3.10 the values of a split table are an array and nothing else. */
static uint64_t first_value(const hf_layout *l)
{
    return HF_HAS(l, dict_values_values) ? (uint64_t)l->dict_values_values : 0;
}

void hf_visit_dict(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    (void)type;
    const hf_layout *l = d->layout;
    uint64_t keys = hf_member(d, address, l->dict_ma_keys);
    uint64_t values = hf_member(d, address, l->dict_ma_values);
    if (values) {
        /* Values embedded in an instance are the instance's (3.13: PyObject_VisitManagedDict). */
        bool embedded = HF_HAS(l, dict_values_embedded) &&
                        hf_member_u8(d, values, l->dict_values_embedded) != 0;
        hf_tell_values(d, keys, values + first_value(l), !embedded, HF_EDGE_VALUE, v);
        return;
    }
    keys_table table;
    if (!read_keys(d, keys, &table))
        return;
    const uint8_t *entry = hf_array_at(d, table.entries, &table.count, table.entry_size);
    uint64_t used = 0;
    for (uint64_t i = 0; i < table.count; i++, entry += table.entry_size) {
        uint64_t key = hf_load_u64(entry + table.key);
        uint64_t value = hf_load_u64(entry + table.value);
        if (key == 0 || value == 0)
            continue; /* deleted */
        used++;
        hf_tell(v, key, HF_EDGE_KEY, HF_EDGE_STRONG, 0);
        hf_tell(v, value, HF_EDGE_VALUE, HF_EDGE_STRONG, key);
    }
    if (used != hf_member(d, address, l->dict_ma_used))
        hf_contradict(d, "a dict of %llu entries has %llu",
                      (unsigned long long)hf_member(d, address, l->dict_ma_used),
                      (unsigned long long)used);
}

uint64_t hf_values_size(hf_decode *d, uint64_t capacity)
{
    /* new_values() in dictobject.c; from 3.13 on four bytes of header stand before the pointers and
     * the insertion order behind them. */
    if (HF_HAS(d->layout, dict_values_capacity))
        return (capacity + 1) * HF_WORD + ((capacity + 7) & ~7ull);
    if (!HF_HAS(d->layout, dict_values_values))
        return capacity * HF_WORD;
    return capacity * HF_WORD + ((capacity + 2 + 7) & ~7ull);
}

void hf_charge_values(hf_decode *d, hf_sizes *ret, uint64_t values, uint64_t capacity)
{
    ret->block += hf_allocated(d, hf_values_size(d, capacity));
    hf_claim(d, values, 0);
}

void hf_measure_dict(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    (void)type;
    const hf_layout *l = d->layout;
    ret->length = hf_member(d, address, l->dict_ma_used);
    uint64_t keys = hf_member(d, address, l->dict_ma_keys);
    uint64_t values = hf_member(d, address, l->dict_ma_values);
    if (values) {
        uint64_t capacity = hf_keys_capacity(d, keys);
        ret->size += capacity * HF_WORD;
        bool embedded = HF_HAS(l, dict_values_embedded) &&
                        hf_member_u8(d, values, l->dict_values_embedded) != 0;
        /* An empty dict of 3.9 shares static values without any room. */
        if (!embedded && capacity)
            hf_charge_values(d, ret, values, capacity);
    }
    /* Shared keys are counted with the type that caches them. */
    keys_table table;
    if (keys && read_keys(d, keys, &table) && table.references == 1) {
        ret->size += table.size;
        ret->block += hf_allocated(d, table.size);
        hf_claim(d, keys, table.size);
        /* dk_nentries counts deleted entries, too, until dictresize() leaves them out. */
        if (!values && table.count > ret->length)
            ret->flags |= HF_OBJECT_HOLES;
    }
}

const hf_decoder hf_decoder_dict = {
    .symbol = "PyDict_Type", .name = "dict", .visit = hf_visit_dict, .measure = hf_measure_dict};

/* From 3.15 on: a dict with its hash behind it. */
const hf_decoder hf_decoder_frozen_dict = {.symbol = "PyFrozenDict_Type",
                                           .name = "frozendict",
                                           .visit = hf_visit_dict,
                                           .measure = hf_measure_dict};

/* collections.OrderedDict: Objects/odictobject.c. Its nodes own their keys once more. */
static void visit_odict(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    hf_visit_dict(d, type, address, v);
    const hf_layout *l = d->layout;
    uint64_t left = hf_member(d, address, l->dict_ma_used);
    uint64_t node = hf_member(d, address, l->odict_od_first);
    hf_chain chain = {0};
    for (; node && left && !hf_chain_repeats(&chain, node); left--) {
        hf_tell_field(v, hf_member(d, node, l->odict_node_key), "order", HF_EDGE_STRONG);
        node = hf_member(d, node, l->odict_node_next);
    }
    if (node || left)
        hf_contradict(d, "an OrderedDict has another number of nodes than of entries");
}

static void claim_nodes(hf_decode *d, uint64_t address, uint64_t left)
{
    uint64_t node = hf_member(d, address, d->layout->odict_od_first);
    hf_chain chain = {0};
    for (; node && left && !hf_chain_repeats(&chain, node); left--) {
        hf_claim(d, node, 0);
        node = hf_member(d, node, d->layout->odict_node_next);
    }
}

static void measure_odict(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    hf_measure_dict(d, type, address, ret);
    const hf_layout *l = d->layout;
    uint64_t index = hf_member(d, address, l->odict_od_fast_nodes_size) * HF_WORD;
    uint64_t node = (uint64_t)l->odict_node_size;
    ret->size += index + ret->length * node;
    ret->block += ret->length * hf_allocated(d, node) + (index ? hf_allocated(d, index) : 0);
    if (d->claims)
        claim_nodes(d, address, ret->length);
}

const hf_decoder hf_decoder_odict = {.symbol = "PyODict_Type",
                                     .name = "collections.OrderedDict",
                                     .visit = visit_odict,
                                     .measure = measure_odict};
