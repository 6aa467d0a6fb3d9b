/* cpython/decode_read.h - how decoders read frozen memory, tell edges and count allocations.
 *
 * All addresses and counts come from the target and are believed only as far as the frozen memory
 * reaches: reads outside of it give zero and are counted. */
#ifndef HF_CPYTHON_DECODE_READ_H
#define HF_CPYTHON_DECODE_READ_H

#include "base/bytes.h"
#include "cpython/claims.h"
#include "cpython/decode.h"
#include "cpython/decoders.h"
#include "cpython/mimalloc.h"

enum { HF_WORD = 8 };

/* Looks the address up in all segments; sets d->segment. NULL where n bytes are not there. */
const uint8_t *hf_bytes_search(hf_decode *d, uint64_t address, uint64_t n);

/* The n bytes at `address`, or NULL. Objects lie close together, so the segment of the last
 * look-up is nearly always the one. */
static inline const uint8_t *hf_bytes_at(hf_decode *d, uint64_t address, uint64_t n)
{
    const hf_segment *s = d->segment;
    if (s && address >= s->start && address < s->end && n <= s->end - address)
        return s->bytes + (address - s->start);
    return hf_bytes_search(d, address, n);
}

static inline uint64_t hf_u64_at(hf_decode *d, uint64_t address)
{
    const uint8_t *p = hf_bytes_at(d, address, 8);
    if (p)
        return hf_load_u64(p);
    d->unreadable++;
    return 0;
}

static inline uint32_t hf_u32_at(hf_decode *d, uint64_t address)
{
    const uint8_t *p = hf_bytes_at(d, address, 4);
    if (p)
        return hf_load_u32(p);
    d->unreadable++;
    return 0;
}

static inline uint8_t hf_u8_at(hf_decode *d, uint64_t address)
{
    const uint8_t *p = hf_bytes_at(d, address, 1);
    if (p)
        return *p;
    d->unreadable++;
    return 0;
}

/* The members of a struct whose place is in the layout; 0 where this version has none. */
static inline uint64_t hf_member(hf_decode *d, uint64_t address, int32_t place)
{
    return place == HF_ABSENT ? 0 : hf_u64_at(d, address + (uint64_t)(int64_t)place);
}

static inline uint32_t hf_member_u32(hf_decode *d, uint64_t address, int32_t place)
{
    return place == HF_ABSENT ? 0 : hf_u32_at(d, address + (uint64_t)(int64_t)place);
}

static inline uint8_t hf_member_u8(hf_decode *d, uint64_t address, int32_t place)
{
    return place == HF_ABSENT ? 0 : hf_u8_at(d, address + (uint64_t)(int64_t)place);
}

/* What hf_array_at() does where memory has not all of them. */
const uint8_t *hf_array_cut(hf_decode *d, uint64_t address, uint64_t *count, uint64_t size);

/* `count` elements of `size` bytes at `address`, as far as memory has them: *count is cut, and
 * the cut counted. NULL where nothing is there. */
static inline const uint8_t *hf_array_at(hf_decode *d, uint64_t address, uint64_t *count,
                                         uint64_t size)
{
    uint64_t bytes; /* a division of what is there would take longer than all else here */
    if (*count == 0)
        return NULL;
    const uint8_t *all =
        __builtin_mul_overflow(*count, size, &bytes) ? NULL : hf_bytes_at(d, address, bytes);
    return all ? all : hf_array_cut(d, address, count, size);
}

/* |ob_size| of a variable-sized object. */
static inline uint64_t hf_item_count(hf_decode *d, uint64_t address)
{
    int64_t n = (int64_t)hf_member(d, address, d->layout->var_object_ob_size);
    return n < 0 ? -(uint64_t)n : (uint64_t)n;
}

static inline void hf_tell(hf_visitor *v, uint64_t target, hf_edge_kind kind,
                           hf_edge_strength strength, uint64_t label)
{
    if (target)
        v->edge(v, &(hf_raw_edge){target, kind, strength, label, NULL});
}

static inline void hf_tell_field(hf_visitor *v, uint64_t target, const char *name,
                                 hf_edge_strength strength)
{
    if (target)
        v->edge(v, &(hf_raw_edge){target, HF_EDGE_FIELD, strength, 0, name});
}

/* Tells the references of a table that are in this version. */
void hf_tell_references(hf_decode *d, uint64_t address, const hf_reference *references,
                        hf_visitor *v);

/* Tells the `count` pointers at `address` as items 0, 1, 2, ... */
void hf_tell_items(hf_decode *d, uint64_t address, uint64_t count, hf_visitor *v);

/* Whether a scanned word is not an address but a small int of C and the four bytes behind it, which
 * malloc left as they were: in a heap that spans a multiple of 4 GB, 0x55e600000000 may well be an
 * object, yet half of an old pointer beside a zero is far more frequent. */
static inline bool hf_is_number(uint64_t word)
{
    enum { SMALL_NUMBER_END = 4096 };
    return (uint32_t)word < SMALL_NUMBER_END;
}

/* Tells each aligned word of [start, end) that is no number as a scanned reference; the label is
 * its distance from `base`. */
void hf_tell_scan(hf_decode *d, uint64_t base, uint64_t start, uint64_t end, hf_visitor *v);

/* What an allocation of n bytes takes: pymalloc's classes of 16 bytes up to 512 (obmalloc.c,
 * SMALL_REQUEST_THRESHOLD), above that, or always under PYTHONMALLOC=malloc, glibc's chunks with
 * their 8 bytes of header. Debug hooks pad what is asked for, and once more what pymalloc hands on
 * to malloc(). Free-threaded builds have mimalloc. */
static inline uint64_t hf_allocated(const hf_decode *d, uint64_t n)
{
    enum { SMALL = 512, CHUNK_MIN = 32 };
    if (d->layout->free_threaded)
        return hf_mi_block_size(n);
    n = (n ? n : 1) + d->padding;
    if (n <= SMALL && !d->small_are_chunks)
        return (n + 15) & ~15ull;
    if (!d->small_are_chunks)
        n += d->padding;
    return n + 8 <= CHUNK_MIN ? CHUNK_MIN : (n + 8 + 15) & ~15ull;
}

/* Tells that the block at `address` is a table or buffer of the object being measured. */
static inline void hf_claim(hf_decode *d, uint64_t address, uint64_t bytes)
{
    if (d->claims)
        hf_claims_add(d->claims, address, bytes);
}

/* Shapes that other shapes contain. */
void hf_visit_dict(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v);
void hf_measure_dict(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret);

/* Bytes of a PyDictKeysObject as _PyDict_KeysSize() counts them; 0 where it is unreadable. */
uint64_t hf_keys_size(hf_decode *d, uint64_t keys);

/* Entries of a shared keys table that instances have room for. */
uint64_t hf_keys_capacity(hf_decode *d, uint64_t keys);

/* Bytes asked for to keep `capacity` values of an instance. */
uint64_t hf_values_size(hf_decode *d, uint64_t capacity);

/* Charges the values at `values`, which are a block of their own, to what is measured. */
void hf_charge_values(hf_decode *d, hf_sizes *ret, uint64_t values, uint64_t capacity);

/* Tells values against the names in their keys: as HF_EDGE_ATTRIBUTE, or as HF_EDGE_VALUE each
 * with its HF_EDGE_KEY before it. `values`: address of the first. */
void hf_tell_values(hf_decode *d, uint64_t keys, uint64_t values, bool owned, hf_edge_kind kind,
                    hf_visitor *v);

/* Tells the names that a keys table of a class owns. */
void hf_tell_key_names(hf_decode *d, uint64_t keys, hf_visitor *v);

/* Where the interpreter keeps the dict and the subclasses of a builtin type, from 3.12 on;
 * 0 where it keeps none of it. */
uint64_t hf_static_type_state(hf_decode *d, uint64_t type);

/* True where two words stand before the collector's header (Py_TPFLAGS_PREHEADER). */
bool hf_has_preheader(const hf_decode *d, const hf_type_record *type);

/* The instance part: __dict__ wherever it is, and values. (decode_instance.c) */
void hf_tell_instance(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v);
void hf_measure_instance(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret);

/* Appends "qualname (file.py:LINE)" of a code object; line 0: its first. */
bool hf_code_place(hf_decode *d, uint64_t code, uint64_t qualname, uint32_t line, size_t limit,
                   hf_buf *out);

/* decode_frame_object.c: what decode_frame.c does, up to 3.10. */
uint64_t hf_frame_object_code(hf_decode *d, uint64_t frame);
void hf_frame_object_edges(hf_decode *d, uint64_t frame, hf_visitor *v);
void hf_frame_object_room(hf_decode *d, uint64_t frame, hf_visitor *v);

/* Words of the room for the stack of a call: what its code asks for, as far as that can be true. */
uint64_t hf_stack_room(hf_decode *d, uint64_t code);
bool hf_frame_object_place(hf_decode *d, uint64_t frame, size_t limit, hf_buf *out);

/* decode_lines.c: the line of the instruction at a byte offset of the code; 0 where it has none. */
uint32_t hf_code_line(hf_decode *d, uint64_t code, uint64_t offset);

/* Bytes of a str object's text in units of its kind, for comparing and showing. */
typedef struct hf_str {
    const uint8_t *data; /* NULL: not readable */
    uint64_t length;     /* characters, as far as readable */
    unsigned unit;       /* 1, 2 or 4 bytes */
} hf_str;

hf_str hf_str_at(hf_decode *d, uint64_t address);

/* Notices that a chain of C structs has become a ring (Brent 1980). Starts as zeros. */
typedef struct hf_chain {
    uint64_t mark, steps, limit;
} hf_chain;

static inline bool hf_chain_repeats(hf_chain *c, uint64_t address)
{
    if (address == c->mark)
        return true;
    if (c->steps++ >= c->limit) {
        c->mark = address;
        c->limit = 2 * c->limit + 1;
        c->steps = 0;
    }
    return false;
}

#endif
