/* cpython/types.h - the records of types: made on first use, verified, kept for the whole heap.
 *
 * A type is believed when its type is a type, up to PyType_Type which is its own; it is ready; its
 * sizes are sane; its name is text; and its base is a type. So any word of the target may be asked
 * for. */
#ifndef HF_CPYTHON_TYPES_H
#define HF_CPYTHON_TYPES_H

#include "base/err.h"
#include "base/map.h"
#include "base/strtab.h"
#include "cpython/decode_read.h"

enum { HF_TYPES_CACHE = 1024 };

typedef struct hf_types {
    hf_map numbers; /* address -> index in records */
    hf_type_record **records;
    size_t count, capacity;
    hf_map decoders; /* address of a type with a dynamic symbol -> index in hf_decoders */
    bool failed;     /* out of memory */
    struct {
        uint64_t address;
        const hf_type_record *record;
    } cache[HF_TYPES_CACHE];
} hf_types;

/* Hooks d->type_at and d->types up. d->target, d->layout and d->type_type_address are set. */
hf_err *hf_types_init(hf_types *types, hf_decode *d);
void hf_types_deinit(hf_types *types);

/* d->type_at: the record of a type, NULL where there is no type at `address`. */
const hf_type_record *hf_type_search(hf_decode *d, uint64_t address);

/* The same, which looks first whether it has just been asked for. */
static inline const hf_type_record *hf_type_at(hf_decode *d, uint64_t address)
{
    const hf_types *types = (const hf_types *)d->types;
    __auto_type slot = &types->cache[(address >> 4) % HF_TYPES_CACHE];
    if (slot->address == address && slot->record)
        return slot->record;
    return hf_type_search(d, address);
}

/* The type of the object at `address` without more proof; NULL where it has none. */
static inline const hf_type_record *hf_type_of(hf_decode *d, uint64_t address)
{
    const uint8_t *p = hf_bytes_at(d, address, (uint64_t)d->layout->object_size);
    return p ? hf_type_at(d, hf_load_u64(p + d->layout->object_ob_type)) : NULL;
}

/* Appends "module" and "qualname" of a type: of a heap type from __qualname__ and the __module__
 * in its dict, of a static one from tp_name. */
void hf_type_names(hf_decode *d, const hf_type_record *type, hf_buf *module, hf_buf *qualname);

/* The value of a str key in a dict, 0 where it has none. */
uint64_t hf_dict_lookup(hf_decode *d, uint64_t dict, const char *key);

/* Whether every reference of an instance is known, none scanned. */
bool hf_type_is_exact(const hf_decode *d, const hf_type_record *type);

#endif
