/* cpython/decode_sequence.c - list, tuple, set, frozenset, deque. */
#include "cpython/decode_read.h"
#include "cpython/heap.h"
#include "cpython/prove.h"

enum { SET_MINSIZE = 8 }; /* PySet_MINSIZE, Include/cpython/setobject.h */

static void visit_list(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    (void)type;
    uint64_t items = hf_member(d, address, d->layout->list_ob_item);
    uint64_t count = hf_item_count(d, address);
    if (items)
        hf_tell_items(d, items, count, v);
}

/* Free-threaded builds keep the number of allocated items before them, too: _PyListArray. */
static void measure_list(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    (void)type;
    uint64_t table = hf_member(d, address, d->layout->list_allocated) * HF_WORD;
    ret->length = hf_item_count(d, address);
    ret->size += table;
    if (!table)
        return;
    ret->block += hf_allocated(d, table + (d->layout->free_threaded ? HF_WORD : 0));
    hf_claim(d, hf_member(d, address, d->layout->list_ob_item), table);
}

const hf_decoder hf_decoder_list = {
    .symbol = "PyList_Type", .name = "list", .visit = visit_list, .measure = measure_list};

/* A struct sequence (os.stat_result) is a tuple whose ob_size counts its visible items only; its
 * members name the others: Objects/structseq.c. */
static void visit_tuple(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    uint64_t count = hf_item_count(d, address);
    uint64_t items = (uint64_t)d->layout->tuple_ob_item;
    hf_tell_items(d, address + items, count, v);
    uint64_t end = items + count * HF_WORD;
    for (size_t i = 0; i < type->slot_count; i++) {
        const hf_slot *slot = &type->slots[i];
        if (slot->field && slot->offset >= end)
            v->edge(v, &(hf_raw_edge){.target = hf_u64_at(d, address + slot->offset),
                                      .kind = HF_EDGE_ATTRIBUTE,
                                      .field = slot->field});
    }
}

static void measure_tuple(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    (void)type;
    ret->length = hf_item_count(d, address);
}

const hf_decoder hf_decoder_tuple = {
    .symbol = "PyTuple_Type", .name = "tuple", .visit = visit_tuple, .measure = measure_tuple};

/* Objects/setobject.c: slots with a key are in use, but for a dummy, which is no heap object and
 * has hash -1. */
static void visit_set(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    (void)type;
    const hf_layout *l = d->layout;
    uint64_t count = hf_member(d, address, l->set_mask) + 1;
    uint64_t table = hf_member(d, address, l->set_table);
    uint64_t size = (uint64_t)l->set_entry_size;
    const uint8_t *entry = hf_array_at(d, table, &count, size);
    uint64_t used = 0;
    for (uint64_t i = 0; i < count; i++, entry += size) {
        uint64_t key = hf_load_u64(entry + l->set_entry_key);
        if (!key || (int64_t)hf_load_u64(entry + l->set_entry_hash) == -1)
            continue;
        used++;
        hf_tell(v, key, HF_EDGE_MEMBER, HF_EDGE_STRONG, 0);
    }
    bool small = table == address + (uint64_t)l->set_smalltable;
    if (used != hf_member(d, address, l->set_used) || small != (count == SET_MINSIZE))
        hf_contradict(d, "a set of %llu members has %llu, in a table of %llu",
                      (unsigned long long)hf_member(d, address, l->set_used),
                      (unsigned long long)used, (unsigned long long)count);
}

static void measure_set(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    (void)type;
    const hf_layout *l = d->layout;
    ret->length = hf_member(d, address, l->set_used);
    if (hf_member(d, address, l->set_table) != address + (uint64_t)l->set_smalltable) {
        uint64_t table = (hf_member(d, address, l->set_mask) + 1) * (uint64_t)l->set_entry_size;
        ret->size += table;
        ret->block += hf_allocated(d, table);
        hf_claim(d, hf_member(d, address, l->set_table), table);
    }
}

const hf_decoder hf_decoder_set = {
    .symbol = "PySet_Type", .name = "set", .visit = visit_set, .measure = measure_set};
const hf_decoder hf_decoder_frozenset = {
    .symbol = "PyFrozenSet_Type", .name = "frozenset", .visit = visit_set, .measure = measure_set};

/* Modules/_collectionsmodule.c: blocks of 64 items in a chain, the first filled from leftindex. */
static void visit_deque(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    (void)type;
    const hf_layout *l = d->layout;
    uint64_t per_block = (uint64_t)l->deque_block_items;
    uint64_t count = hf_item_count(d, address);
    uint64_t block = hf_member(d, address, l->deque_leftblock);
    uint64_t first = hf_member(d, address, l->deque_leftindex);
    hf_chain chain = {0};
    uint64_t number = 0;
    while (number < count && block && first < per_block) {
        if (hf_chain_repeats(&chain, block)) {
            d->implausible++;
            return;
        }
        const uint8_t *bytes = hf_bytes_at(d, block, (uint64_t)l->deque_block_size);
        if (!bytes) {
            d->unreadable++;
            return;
        }
        for (; first < per_block && number < count; first++, number++)
            hf_tell(v, hf_load_u64(bytes + l->deque_block_data + first * HF_WORD), HF_EDGE_INDEX,
                    HF_EDGE_STRONG, number);
        first = 0;
        block = hf_load_u64(bytes + l->deque_block_rightlink);
    }
    int64_t most = (int64_t)hf_member(d, address, l->deque_maxlen);
    if (number < count || most < -1 || (most >= 0 && count > (uint64_t)most))
        hf_contradict(d, "a deque of %llu items has %llu and room for %lld",
                      (unsigned long long)count, (unsigned long long)number, (long long)most);
}

static void claim_blocks(hf_decode *d, uint64_t address, uint64_t left)
{
    uint64_t block = hf_member(d, address, d->layout->deque_leftblock);
    hf_chain chain = {0};
    for (; block && left && !hf_chain_repeats(&chain, block); left--) {
        hf_claim(d, block, 0);
        block = hf_member(d, block, d->layout->deque_block_rightlink);
    }
}

/* Modules/_collectionsmodule.c: append() to a new deque starts in the middle of its block, extend()
 * at its begin, extendleft() at its end, and clear() begins anew. What only grows at one end leaves
 * the other where it started. Where neither is there any more, things came or went at both ends:
 * taken from one while the other grew (also if it was empty meanwhile, which moves the indices only
 * at the end of a block), or put in at both, or moved by rotate(), insert() or remove(). One in
 * twenty queues happens to stand where a new one starts. */
static bool is_queue(hf_decode *d, uint64_t address, uint64_t length)
{
    uint64_t per_block = (uint64_t)d->layout->deque_block_items;
    uint64_t center = (per_block - 1) / 2;
    uint64_t left = hf_member(d, address, d->layout->deque_leftindex);
    uint64_t right = (left + length - 1) % per_block;
    return length && left != center + 1 && left != 1 && right != center && right != per_block - 2;
}

static void measure_deque(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    const hf_layout *l = d->layout;
    uint64_t per_block = (uint64_t)l->deque_block_items;
    ret->length = hf_item_count(d, address);
    uint64_t blocks =
        (hf_member(d, address, l->deque_leftindex) + ret->length + per_block - 1) / per_block;
    if (blocks == 0)
        blocks = 1; /* an empty deque keeps one; __sizeof__ of an unread one says none */
    ret->size = type->basicsize + blocks * (uint64_t)l->deque_block_size;
    ret->block += blocks * hf_allocated(d, (uint64_t)l->deque_block_size);
    ret->own = type->basicsize;
    if (d->claims)
        claim_blocks(d, address, blocks);
    int64_t maxlen = (int64_t)hf_member(d, address, l->deque_maxlen);
    if (maxlen >= 0) {
        ret->bound = (uint64_t)maxlen;
        ret->flags |= HF_OBJECT_BOUNDED;
    } else if (is_queue(d, address, ret->length)) {
        ret->flags |= HF_OBJECT_QUEUE;
    }
}

const hf_decoder hf_decoder_deque = {
    .name = "collections.deque", .visit = visit_deque, .measure = measure_deque};
