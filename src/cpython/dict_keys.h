/* cpython/dict_keys.h - the header of a dict's table of keys, in the form of each version.
 *
 * Up to 3.10 it keeps the number of its slots (Objects/dict-common.h), from 3.11 on the logarithms
 * of that number and of the bytes that their indices take (Include/internal/pycore_dict.h). */
#ifndef HF_CPYTHON_DICT_KEYS_H
#define HF_CPYTHON_DICT_KEYS_H

#include "base/bytes.h"
#include "cpython/layout.h"

typedef struct hf_keys_header {
    uint64_t slots;       /* of the hash table: a power of two */
    uint64_t index_bytes; /* before the entries */
    uint64_t capacity;    /* entries that there is room for: USABLE_FRACTION, dictobject.c */
    uint64_t used, usable;
    uint64_t references;
} hf_keys_header;

/* `p`: dict_keys_size bytes. False where the numbers cannot be those of a table: 2**40 slots are
 * more than an address space of tables holds. */
static inline bool hf_keys_header_read(const hf_layout *l, const uint8_t *p, hf_keys_header *ret)
{
    hf_keys_header h = {.used = hf_load_u64(p + l->dict_keys_dk_nentries),
                        .usable = hf_load_u64(p + l->dict_keys_dk_usable),
                        .references = hf_load_u64(p + l->dict_keys_dk_refcnt)};
    const uint64_t most = 1ull << 40;
    if (HF_HAS(l, dict_keys_dk_size)) {
        h.slots = hf_load_u64(p + l->dict_keys_dk_size);
        if (h.slots == 0 || h.slots > most || h.slots & (h.slots - 1))
            return false;
        h.index_bytes = h.slots <= 0xff     ? h.slots
                        : h.slots <= 0xffff ? 2 * h.slots
                                            : (h.slots <= UINT32_MAX ? 4 : 8) * h.slots;
    } else {
        unsigned log2_size = p[l->dict_keys_dk_log2_size];
        unsigned log2_index = p[l->dict_keys_dk_log2_index_bytes];
        if (log2_size > 40 || log2_index > 44)
            return false;
        h.slots = 1ull << log2_size;
        h.index_bytes = 1ull << log2_index;
    }
    h.capacity = 2 * h.slots / 3;
    *ret = h;
    return h.used <= h.slots;
}

#endif
