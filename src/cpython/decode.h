/* cpython/decode.h - what one object refers to, how big it is, what it says.
 *
 * One decoder a shape, in decode_*.c; shapes are found once a type (types.c), so that the hot loop
 * does one indirect call. A subclass is decoded as its nearest base with a decoder, plus its
 * instance dict or inline values and its __slots__; what no decoder knows is scanned word by word.
 *
 * Decoders read through hf_target_view() only. Memory that is not there, a count that cannot be,
 * a loop that does not end: they tell what they saw until then and count it in d->unreadable or
 * d->implausible. They never fail, never allocate for the size of a number that they read, and
 * bound each loop by what the memory can hold. */
#ifndef HF_CPYTHON_DECODE_H
#define HF_CPYTHON_DECODE_H

#include "acquire/target.h"
#include "base/buf.h"
#include "cpython/edge.h"
#include "cpython/layout.h"

/* An edge as decoders tell it: targets are still addresses, names not yet interned. */
typedef struct hf_raw_edge {
    uint64_t target;   /* never 0 */
    hf_edge_kind kind;
    hf_edge_strength strength;
    uint64_t label;    /* name kinds: address of a str object, unless `field` is set; else a number */
    const char *field; /* a name of ours, with static lifetime; or NULL */
} hf_raw_edge;

typedef struct hf_visitor {
    void (*edge)(struct hf_visitor *v, const hf_raw_edge *edge);
} hf_visitor;

typedef struct hf_sizes {
    uint64_t size;     /* sys.getsizeof() */
    uint64_t block;    /* allocator's bytes: rounded up to 16 up to 512, above that what malloc
                          gives; out-of-line tables of the object (items, keys) included */
    uint64_t external; /* raw buffers outside (bytearray, BytesIO, mmap, array, ndarray data) */
    uint64_t length;   /* len(), else 0 */
    uint64_t bound;    /* HF_OBJECT_BOUNDED when not 0 */
    uint32_t flags;    /* HF_OBJECT_* bits that only a decoder can know */
} hf_sizes;

struct hf_type_record;

/* Shared state of all decoders over one frozen target. */
typedef struct hf_decode {
    hf_target *target;
    const hf_layout *layout;
    uint64_t none_address, type_type_address; /* _Py_NoneStruct, PyType_Type */
    uint64_t unreadable, implausible;
    /* The record of a type, made on first use; NULL where `address` is no type. (types.c) */
    const struct hf_type_record *(*type_at)(struct hf_decode *d, uint64_t address);
    void *types;
} hf_decode;

typedef struct hf_decoder {
    const char *symbol;  /* dynamic symbol of the type ("PyDict_Type"); NULL for types without one */
    const char *name;    /* tp_name ("collections.deque"), used where symbol is NULL or not exported */
    void (*visit)(hf_decode *d, const struct hf_type_record *type, uint64_t address, hf_visitor *v);
    /* NULL: basicsize + itemsize * |ob_size|. */
    void (*measure)(hf_decode *d, const struct hf_type_record *type, uint64_t address, hf_sizes *ret);
    /* Appends UTF-8, at most `limit` bytes; false where it has nothing to say. NULL: never. */
    bool (*value)(hf_decode *d, uint64_t address, size_t limit, hf_buf *out);
    bool holds_instance_dict; /* visit() tells __dict__ and slots itself (type, module, function) */
} hf_decoder;

/* A slot of a class with __slots__, or a T_OBJECT member. */
typedef struct hf_slot {
    uint64_t offset, name; /* name: address of a str object, or of a C string in the target */
    bool name_is_c;
} hf_slot;

typedef struct hf_type_record {
    uint32_t number;
    uint64_t address, base, flags;
    uint64_t basicsize, itemsize;
    int64_t dictoffset, weaklistoffset;
    bool heap_type, has_gc, has_inline_values;
    const hf_decoder *decoder; /* NULL: scan */
    uint64_t decoder_basicsize; /* basicsize of the base that the decoder is for: scan nothing below */
    const hf_slot *slots;      /* own and inherited, of Python classes */
    size_t slot_count;
    uint64_t cached_keys;      /* ht_cached_keys, 0 where none */
} hf_type_record;

/* All decoders, ended by an entry with neither symbol nor name. (decoders.c) */
extern const hf_decoder *const hf_decoders[];

/* Tells every reference of the object at `address`, of type `type`: its type (heap types only),
 * instance attributes, slots, and what the decoder or the scan finds. */
void hf_decode_edges(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v);
void hf_decode_sizes(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret);
bool hf_decode_value(hf_decode *d, const hf_type_record *type, uint64_t address, size_t limit,
                     hf_buf *out);

/* Appends the text of a str object as UTF-8 (lone surrogates as \udcxx), at most `limit` bytes. */
bool hf_decode_str(hf_decode *d, uint64_t address, size_t limit, hf_buf *out);

#endif
