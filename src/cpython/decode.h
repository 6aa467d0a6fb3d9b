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

#include <stddef.h>

enum { HF_CONTRADICTION_TEXT = 160, HF_SEGMENTS_CACHE = 256 };

/* Whom a contradiction is charged to: hf_contradict(). */
typedef enum hf_charge { HF_CHARGE_TARGET, HF_CHARGE_OBJECT, HF_CHARGE_NOBODY } hf_charge;

/* An edge as decoders tell it: targets are still addresses, names not yet interned. */
typedef struct hf_raw_edge {
    uint64_t target; /* never 0 */
    hf_edge_kind kind;
    hf_edge_strength strength;
    uint64_t label; /* name kinds: address of a str object, unless `field` is set; else a number */
    const char *field; /* a name of ours, with static lifetime; or NULL */
} hf_raw_edge;

typedef struct hf_visitor {
    void (*edge)(struct hf_visitor *v, const hf_raw_edge *edge);
} hf_visitor;

typedef struct hf_sizes {
    uint64_t size;     /* sys.getsizeof() */
    uint64_t block;    /* allocator's bytes: rounded up to 16 up to 512, above that what malloc
                          gives; out-of-line tables of the object (items, keys) included */
    uint64_t own;      /* bytes asked of the allocator for the object itself */
    uint64_t external; /* raw buffers outside (bytearray, BytesIO, mmap, array, ndarray data) */
    uint64_t length;   /* len(), else 0 */
    uint64_t bound;    /* HF_OBJECT_BOUNDED when not 0 */
    uint32_t flags;    /* HF_OBJECT_* bits that only a decoder can know */
    bool no_header;    /* not collected although its type says so: a static type */
} hf_sizes;

struct hf_type_record;

/* Shared state of all decoders over one frozen target. */
typedef struct hf_decode {
    hf_target *target;
    const hf_layout *layout;
    uint64_t none_address, type_type_address; /* _Py_NoneStruct, PyType_Type */
    uint64_t interpreter;  /* PyInterpreterState; keeps the dicts of static types from 3.12 on */
    uint64_t frozen_bytes; /* all segments together; 0 until it is asked for */
    const hf_segment *segment; /* where the last bytes were found; starts as NULL */
    const hf_segment *recent[HF_SEGMENTS_CACHE]; /* likewise, by 1 MiB granule of the address */
    uint32_t padding;      /* bytes that debug hooks add to each block, else 0 (allocator.c) */
    bool small_are_chunks; /* PYTHONMALLOC=malloc: small blocks are malloc()'s as well */
    uint64_t unreadable, implausible;
    /* Facts of the target that speak against the layout: prove.h. */
    hf_charge charge;
    uint64_t contradictions;                   /* by what the target states of itself */
    char contradiction[HF_CONTRADICTION_TEXT]; /* the first of them */
    uint64_t doubts;                           /* by the object that is asked */
    char doubt[HF_CONTRADICTION_TEXT];         /* the first of them */
    /* The record of a type, made on first use; NULL where `address` is no type. (types.c) */
    const struct hf_type_record *(*type_at)(struct hf_decode *d, uint64_t address);
    void *types;
    struct hf_claims *claims;       /* is told of tables and buffers; NULL: nobody asks */
    struct hf_asked *asked;         /* what objects have told of themselves; NULL: none was asked */
    struct hf_qualnames *qualnames; /* of code that does not know its own, or NULL (qualnames.c) */
} hf_decode;

/* A reference at a fixed place of a struct. A table of them ends with a NULL name. */
typedef struct hf_reference {
    size_t layout_offset; /* of the int32_t in hf_layout that holds the place */
    const char *name;
    hf_edge_strength strength;
} hf_reference;

#define HF_REFERENCE(member, name_)                          \
    {                                                        \
        offsetof(hf_layout, member), (name_), HF_EDGE_STRONG \
    }
#define HF_BORROWED(member, name_)                         \
    {                                                      \
        offsetof(hf_layout, member), (name_), HF_EDGE_WEAK \
    }

typedef struct hf_decoder {
    const char *symbol; /* dynamic symbol of the type ("PyDict_Type"); NULL for types without one */
    /* The symbol is of a variable that leads to the type ("PyExc_BaseException"). */
    bool symbol_leads;
    const char *name; /* tp_name ("collections.deque"), used where symbol is NULL or not exported */
    const hf_reference *references; /* told before visit() is called; NULL: none */
    void (*visit)(hf_decode *d, const struct hf_type_record *type, uint64_t address, hf_visitor *v);
    /* Called with size and own set to basicsize + itemsize * |ob_size|, all else 0; sets size to
     * what __sizeof__() says, block to the rounded bytes of the tables, own where it differs. The
     * headers are added behind it. NULL: nothing to correct. */
    void (*measure)(hf_decode *d, const struct hf_type_record *type, uint64_t address,
                    hf_sizes *ret);
    /* Appends UTF-8, at most `limit` bytes; false where it has nothing to say. NULL: never. */
    bool (*value)(hf_decode *d, uint64_t address, size_t limit, hf_buf *out);
    /* Offset in hf_layout of a member without which a version has another shape, and another
     * decoder for the same type; 0: the shape of all versions. */
    size_t needs;
    bool scanned; /* the type's own words are scanned beside what visit() tells */
    /* ... but only the members that the type describes: what else is there is not cleared when an
     * object is made, or dangles. */
    bool members_only;
    bool foreign;             /* of a library: the layouts say nothing of it */
    bool borrows_members;     /* what its T_OBJECT members point at is not owned */
    bool borrows_itself;      /* it has a word that leads to itself and owns nothing */
    bool holds_instance_dict; /* tells __dict__ and members itself (type, module, function) */
} hf_decoder;

/* A slot of a class with __slots__, or a T_OBJECT(_EX) member that a C type describes. */
typedef struct hf_slot {
    uint64_t offset;
    bool after_items;  /* the items lie between: subclasses of tuple from 3.15 on */
    uint64_t name;     /* address of a str object; 0: `field` is set */
    const char *field; /* a C type's name for it: a copy that lives as long as the record */
} hf_slot;

typedef struct hf_type_record {
    uint32_t number;
    uint64_t address, base, flags;
    uint64_t basicsize, itemsize;
    int64_t dictoffset, weaklistoffset;
    /* A bit for each of the first 64 words where C types describe a narrow number. */
    uint64_t plain_words;
    bool heap_type, has_gc, has_inline_values;
    const hf_decoder *decoder; /* NULL: scan */
    /* basicsize of the base that the decoder is for: scan nothing below. */
    uint64_t decoder_basicsize;
    /* Own and inherited, ascending by offset, each offset once; without those at offsets below
     * decoder_basicsize. */
    const hf_slot *slots;
    size_t slot_count;
    uint64_t cached_keys;                /* ht_cached_keys, 0 where none */
    uint32_t kind;                       /* what the facts of prove_objects.c call its instances */
    const struct hf_object_facts *facts; /* known of its instances, or NULL */
    uint64_t traverse;      /* tp_traverse where only that knows all references; else 0 */
    uint64_t bytes_before;  /* of a block before its object: collector's header, managed dict */
    bool refers_to_nothing; /* no instance has a reference, nor facts to be proved: str, int */
    void (*counts)(hf_decode *d, const struct hf_type_record *type, uint64_t address);
    uint64_t tables_missed; /* scanned words that led to no object and no table: native_tables.c */
    enum { HF_TABLES_UNASKED, HF_TABLES_CERTAIN, HF_TABLES_TO_BE_COUNTED } tables_of;
    uint64_t asked, failed;            /* instances: all, and those that contradict the layout */
    uint64_t failed_last;              /* the last of these */
    char doubt[HF_CONTRADICTION_TEXT]; /* what the first of these says */
} hf_type_record;

/* All decoders, ended by an entry with neither symbol nor name. (decoders.c) */
extern const hf_decoder *const hf_decoders[];

/* Tells every reference of the object at `address`, of type `type`: its type (heap types only),
 * instance attributes, slots, and what the decoder or the scan finds. */
void hf_decode_edges(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v);

/* The same without what the object has told. */
void hf_decode_found_edges(hf_decode *d, const hf_type_record *type, uint64_t address,
                           hf_visitor *v);

/* The same of an object that has told; false where it has not. (decode_asked.c) */
bool hf_tell_asked(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v);

void hf_decode_sizes(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret);
bool hf_decode_value(hf_decode *d, const hf_type_record *type, uint64_t address, size_t limit,
                     hf_buf *out);

/* What hf_decode_value() says, by type: str: its text; bytes and bytearray: the bytes as Python
 * writes them inside the quotes; int, bool, float, complex, None: as repr() writes them,
 * an int of more than 4096 bits as its bit count; function, method, code: "qualname (file.py:LINE)"
 * with the first line; generator, coroutine, frame: the same with the line where it stands;
 * builtin function: its name; module, context variable: its name; type: "module.qualname";
 * lru_cache wrapper: repr(cache_info()), " typed" behind it where it is; future and task of the C
 * accelerator: the word of Future._state. Exceptions and containers say nothing. */

/* Appends the text of a str object as UTF-8 (lone surrogates as \udcxx), at most `limit` bytes. */
bool hf_decode_str(hf_decode *d, uint64_t address, size_t limit, hf_buf *out);

/* The qualified name (a str object) of code that does not know its own: of a function made of it;
 * 0 where none is known. */
uint64_t hf_qualname_of(const hf_decode *d, uint64_t code);

/* The frame of a thread state that runs; 0 where none does. A frame is a _PyInterpreterFrame, up to
 * 3.10 a frame object. */
uint64_t hf_decode_frame_innermost(hf_decode *d, uint64_t thread);

/* Whether memory has a frame there, as far as its fixed members go. */
bool hf_decode_frame_is_readable(hf_decode *d, uint64_t frame);

/* Whether the call is the only one that tells what the frame holds: not where a generator
 * or a frame object does. */
bool hf_decode_frame_is_owned_by_call(hf_decode *d, uint64_t frame);

/* The running code of a frame: address of its code object, 0 where it has none (the frames between
 * C and Python from 3.12 on). */
uint64_t hf_decode_frame_code(hf_decode *d, uint64_t frame);

/* The frame that called it; 0 at the end. */
uint64_t hf_decode_frame_previous(hf_decode *d, uint64_t frame);

/* Tells what a frame owns: function, code, f_locals, frame object, its locals by
 * name (HF_EDGE_LOCAL) and, where its depth is known, its stack (HF_EDGE_STACK). */
void hf_decode_frame_edges(hf_decode *d, uint64_t frame, hf_visitor *v);

/* Tells all words of the room for the frame's stack (HF_EDGE_STACK) where its depth is not known:
 * those on it, then ones of values that have left it. Nothing where the depth is known. */
void hf_decode_frame_room(hf_decode *d, uint64_t frame, hf_visitor *v);

/* Appends "qualname (file.py:LINE)": of a file of the program its base name, of one of a library
 * its path within the library ("json/__init__.py"); the line being executed. */
bool hf_decode_frame_place(hf_decode *d, uint64_t frame, size_t limit, hf_buf *out);

#endif
