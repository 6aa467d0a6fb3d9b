/* cpython/decode_unclean.c - objects of the standard library that must not be scanned.
 *
 * They are made without clearing their memory, or keep pointers into buffers that have
 * long been freed: where the allocator has put objects there since, a scan takes them
 * for held. So their references are named, and nothing else is looked at. Which these
 * are is found by starting a process in which all memory that was not cleared points at
 * one object (test_unclean_memory.py). */
#include "cpython/decode_read.h"
#include "cpython/heap.h"

/* Modules/zlibmodule.c */
static const hf_reference zlib_references[] = {
    HF_REFERENCE(zlib_unused_data, "unused_data"),
    HF_REFERENCE(zlib_unconsumed_tail, "unconsumed_tail"),
    HF_REFERENCE(zlib_zdict, "zdict"),
    {0},
};

static const hf_reference zlib_decompressor_references[] = {
    HF_REFERENCE(zlib_decompressor_zdict, "zdict"),
    HF_REFERENCE(zlib_decompressor_unused_data, "unused_data"),
    {0},
};

const hf_decoder hf_decoder_zlib_compress = {.name = "zlib.Compress",
                                             .references = zlib_references};
const hf_decoder hf_decoder_zlib_decompress = {.name = "zlib.Decompress",
                                               .references = zlib_references};
const hf_decoder hf_decoder_zlib_decompressor = {.name = "zlib._ZlibDecompressor",
                                                 .references = zlib_decompressor_references};

/* Modules/_bz2module.c, Modules/_lzmamodule.c: unused_data is a member, up to 3.14 one that
 * the type describes */
static void tell_unused_data(hf_decode *d, uint64_t address, int32_t place, hf_visitor *v)
{
    uint64_t target = hf_member(d, address, place);
    if (target)
        v->edge(v, &(hf_raw_edge){target, HF_EDGE_ATTRIBUTE, HF_EDGE_STRONG, 0, "unused_data"});
}

static void visit_bz2_decompressor(hf_decode *d, const hf_type_record *type, uint64_t address,
                                   hf_visitor *v)
{
    (void)type;
    tell_unused_data(d, address, d->layout->bz2_unused_data, v);
}

static void visit_lzma_decompressor(hf_decode *d, const hf_type_record *type, uint64_t address,
                                    hf_visitor *v)
{
    (void)type;
    tell_unused_data(d, address, d->layout->lzma_unused_data, v);
}

const hf_decoder hf_decoder_bz2_compressor = {.name = "_bz2.BZ2Compressor", .members_only = true};
const hf_decoder hf_decoder_bz2_decompressor = {
    .name = "_bz2.BZ2Decompressor", .visit = visit_bz2_decompressor, .members_only = true};
const hf_decoder hf_decoder_lzma_compressor = {.name = "_lzma.LZMACompressor",
                                               .members_only = true};
const hf_decoder hf_decoder_lzma_decompressor = {
    .name = "_lzma.LZMADecompressor", .visit = visit_lzma_decompressor, .members_only = true};

/* Python/hamt.c, PyHamtIterator: what goes through a context owns its tree, the first member. The
 * nodes that it has come through it only borrows, and those above its level may be gone. */
static void visit_hamt_iterator(hf_decode *d, const hf_type_record *type, uint64_t address,
                                hf_visitor *v)
{
    (void)type;
    uint64_t tree = hf_u64_at(d, address + (uint64_t)d->layout->object_size);
    hf_tell_field(v, tree, "mi_obj", HF_EDGE_STRONG);
}

#define HAMT_ITERATOR(variable, symbol_, name_) \
    const hf_decoder hf_decoder_##variable = {  \
        .symbol = symbol_, .name = name_, .visit = visit_hamt_iterator, .members_only = true}

HAMT_ITERATOR(hamt_items, "_PyHamtItems_Type", "items");
HAMT_ITERATOR(hamt_keys, "_PyHamtKeys_Type", "keys");
HAMT_ITERATOR(hamt_values, "_PyHamtValues_Type", "values");

/* Modules/_threadmodule.c: a flag at the end of uncleared memory */
const hf_decoder hf_decoder_lock = {.name = "_thread.lock", .members_only = true};
const hf_decoder hf_decoder_rlock = {.name = "_thread.RLock", .members_only = true};

/* Modules/_hashopenssl.c: no objects; from 3.15 on a mutex of one byte is followed by
 * uncleared ones */
const hf_decoder hf_decoder_hash = {.name = "_hashlib.HASH", .members_only = true};
const hf_decoder hf_decoder_hmac = {.name = "_hashlib.HMAC", .members_only = true};

/* Modules/md5module.c, blake2module.c and the like: the same of the interpreter's own */
#define OWN_HASH(variable, name_) \
    const hf_decoder hf_decoder_##variable = {.name = name_, .members_only = true}

OWN_HASH(md5, "_md5.md5");
OWN_HASH(sha1, "_sha1.sha1");
OWN_HASH(sha224, "_sha2.SHA224Type");
OWN_HASH(sha256, "_sha2.SHA256Type");
OWN_HASH(sha384, "_sha2.SHA384Type");
OWN_HASH(sha512, "_sha2.SHA512Type");
OWN_HASH(sha3_224, "_sha3.sha3_224");
OWN_HASH(sha3_256, "_sha3.sha3_256");
OWN_HASH(sha3_384, "_sha3.sha3_384");
OWN_HASH(sha3_512, "_sha3.sha3_512");
OWN_HASH(shake_128, "_sha3.shake_128");
OWN_HASH(shake_256, "_sha3.shake_256");
OWN_HASH(blake2b, "_blake2.blake2b");
OWN_HASH(blake2s, "_blake2.blake2s");

/* What is scanned but for the numbers in it, whose words are not cleared as a whole. */
static void scan_but(hf_decode *d, const hf_type_record *type, uint64_t address, uint64_t number,
                     hf_visitor *v)
{
    uint64_t start = (uint64_t)d->layout->object_size, end = type->basicsize;
    hf_tell_scan(d, address, address + start, address + number, v);
    if (number + HF_WORD < end)
        hf_tell_scan(d, address, address + number + HF_WORD, address + end, v);
}

/* Modules/posixmodule.c ends with a descriptor, Modules/_zstd/ with a mutex */
static void visit_but_last(hf_decode *d, const hf_type_record *type, uint64_t address,
                           hf_visitor *v)
{
    scan_but(d, type, address, type->basicsize - HF_WORD, v);
}

/* Modules/_ssl.c: a flag and a number behind the socket, the SSL and the context */
static void visit_ssl_socket(hf_decode *d, const hf_type_record *type, uint64_t address,
                             hf_visitor *v)
{
    scan_but(d, type, address, (uint64_t)d->layout->object_size + 3 * HF_WORD, v);
}

const hf_decoder hf_decoder_scandir = {.name = "posix.ScandirIterator", .visit = visit_but_last};
const hf_decoder hf_decoder_zstd_compressor = {.name = "compression.zstd.ZstdCompressor",
                                               .visit = visit_but_last};
const hf_decoder hf_decoder_zstd_decompressor = {.name = "compression.zstd.ZstdDecompressor",
                                                 .visit = visit_but_last};
const hf_decoder hf_decoder_ssl_socket = {.name = "_ssl._SSLSocket", .visit = visit_ssl_socket};

/* Modules/_decimal/_decimal.c: digits that no number has used yet; those of long numbers lie in a
 * block of their own, which mpdecimal.h has as words. */
static void measure_decimal(hf_decode *d, const hf_type_record *type, uint64_t address,
                            hf_sizes *ret)
{
    enum { STATIC_DATA = 32, SHARED_DATA = 64, CONST_DATA = 128 }; /* MPD_ in mpdecimal.h */
    (void)type;
    const hf_layout *l = d->layout;
    if (hf_member_u8(d, address, l->decimal_flags) & (STATIC_DATA | SHARED_DATA | CONST_DATA))
        return;
    uint64_t bytes = hf_member(d, address, l->decimal_alloc) * HF_WORD;
    ret->size += bytes;
    ret->block += hf_allocated(d, bytes);
    hf_claim(d, hf_member(d, address, l->decimal_data), bytes);
}

const hf_decoder hf_decoder_decimal = {
    .name = "decimal.Decimal", .measure = measure_decimal, .members_only = true};

/* Objects/stringlib/unicode_format.h: behind the str stands a part of it, which owns nothing. */
static const hf_reference format_iterator_references[] = {HF_REFERENCE(format_iterator_str, "str"),
                                                          {0}};

const hf_decoder hf_decoder_format_iterator = {.name = "formatteriterator",
                                               .references = format_iterator_references};
const hf_decoder hf_decoder_field_name_iterator = {.name = "fieldnameiterator",
                                                   .references = format_iterator_references};

/* Modules/pyexpat.c: functions that are called, in an array that the last member leads to */
static void visit_expat(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    static const char *const names[] = {
        "StartElementHandler",
        "EndElementHandler",
        "ProcessingInstructionHandler",
        "CharacterDataHandler",
        "UnparsedEntityDeclHandler",
        "NotationDeclHandler",
        "StartNamespaceDeclHandler",
        "EndNamespaceDeclHandler",
        "CommentHandler",
        "StartCdataSectionHandler",
        "EndCdataSectionHandler",
        "DefaultHandler",
        "DefaultHandlerExpand",
        "NotStandaloneHandler",
        "ExternalEntityRefHandler",
        "StartDoctypeDeclHandler",
        "EndDoctypeDeclHandler",
        "EntityDeclHandler",
        "XmlDeclHandler",
        "ElementDeclHandler",
        "AttlistDeclHandler",
        "SkippedEntityHandler",
    };
    uint64_t count = sizeof(names) / sizeof(names[0]);
    uint64_t handlers = hf_u64_at(d, address + type->basicsize - HF_WORD);
    const uint8_t *p = handlers ? hf_array_at(d, handlers, &count, HF_WORD) : NULL;
    for (uint64_t i = 0; p && i < count; i++) {
        uint64_t handler = hf_load_u64(p + i * HF_WORD);
        if (handler)
            v->edge(v, &(hf_raw_edge){handler, HF_EDGE_ATTRIBUTE, HF_EDGE_STRONG, 0, names[i]});
    }
}

const hf_decoder hf_decoder_expat = {
    .name = "pyexpat.xmlparser", .visit = visit_expat, .scanned = true};

/* Modules/_ctypes/ctypes.h, PyCArgObject: `_obj` is a member, and the value may be of any size */
const hf_decoder hf_decoder_c_argument = {.name = "CArgObject", .members_only = true};
const hf_decoder hf_decoder_heap_c_argument = {.name = "_ctypes.CArgObject", .members_only = true};

/* Modules/_sre/sre.h, MatchObject: behind the pattern stand pos, endpos, lastindex and groups, then
 * the places of what matched; those of groups that have not matched are not cleared. What matched
 * is often a small part of the text up to endpos, all of which is kept. */
static void measure_match(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    enum { ENDPOS = 2, MARKS = 5, LARGE = 512 };
    (void)type;
    if (!HF_HAS(d->layout, match_pattern))
        return;
    uint64_t pattern = address + (uint64_t)(int64_t)d->layout->match_pattern;
    uint64_t marks = pattern + MARKS * HF_WORD, text = hf_u64_at(d, pattern + ENDPOS * HF_WORD);
    uint64_t matched = hf_u64_at(d, marks + HF_WORD) - hf_u64_at(d, marks);
    if (text >= LARGE && matched < text / 2)
        ret->flags |= HF_OBJECT_SMALL_VIEW;
}

static const hf_reference match_references[] = {
    HF_REFERENCE(match_string, "string"),
    HF_REFERENCE(match_regs, "regs"),
    HF_REFERENCE(match_pattern, "re"),
    {0},
};

const hf_decoder hf_decoder_match = {
    .name = "re.Match", .references = match_references, .measure = measure_match};

/* Modules/_csv.c */
static const hf_reference csv_reader_references[] = {
    HF_REFERENCE(csv_reader_input_iter, "input_iter"),
    HF_REFERENCE(csv_reader_dialect, "dialect"),
    HF_REFERENCE(csv_reader_fields, "fields"),
    {0},
};

const hf_decoder hf_decoder_csv_reader = {.name = "_csv.reader",
                                          .references = csv_reader_references};

/* Modules/_operator.c: the names of keywords are set with the arguments, which were a C array
 * before they became a tuple. */
static const hf_reference method_caller_references[] = {
    HF_REFERENCE(method_caller_name, "name"),
    HF_REFERENCE(method_caller_args, "args"),
    HF_REFERENCE(method_caller_kwds, "kwds"),
    {0},
};

static void visit_method_caller(hf_decode *d, const hf_type_record *type, uint64_t address,
                                hf_visitor *v)
{
    (void)type;
    const hf_layout *l = d->layout;
    uint64_t prepared = hf_member(d, address, l->method_caller_vectorcall_args);
    if (!prepared)
        return;
    hf_tell(v, prepared, HF_EDGE_OFFSET, HF_EDGE_SCANNED,
            (uint64_t)l->method_caller_vectorcall_args);
    hf_tell_field(v, hf_member(d, address, l->method_caller_vectorcall_kwnames), "kwnames",
                  HF_EDGE_STRONG);
}

const hf_decoder hf_decoder_method_caller = {.name = "operator.methodcaller",
                                             .references = method_caller_references,
                                             .visit = visit_method_caller};

/* Python/symtable.c: an entry outlives the table to which `ste_table` points. */
static const hf_reference symtable_references[] = {
    HF_REFERENCE(symtable_ste_id, "id"),
    HF_REFERENCE(symtable_ste_symbols, "symbols"),
    HF_REFERENCE(symtable_ste_name, "name"),
    HF_REFERENCE(symtable_ste_varnames, "varnames"),
    HF_REFERENCE(symtable_ste_children, "children"),
    HF_REFERENCE(symtable_ste_directives, "directives"),
    HF_REFERENCE(symtable_ste_mangled_names, "mangled_names"),
    HF_REFERENCE(symtable_ste_annotation_block, "annotation_block"),
    HF_REFERENCE(symtable_ste_function_name, "function_name"),
    {0},
};

const hf_decoder hf_decoder_symtable_entry = {
    .symbol = "PySTEntry_Type", .name = "symtable entry", .references = symtable_references};
