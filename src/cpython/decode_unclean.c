/* cpython/decode_unclean.c - objects of the standard library that must not be scanned.
 *
 * They are made without clearing their memory, or keep pointers into buffers that have long been
 * freed: where the allocator has put objects there since, a scan takes them for held. So their
 * references are named, and nothing else is looked at. Which these are is found by starting a
 * process in which all memory that was not cleared points at one object (test_unclean_memory.py). */
#include "cpython/decode_read.h"

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

/* Modules/_bz2module.c, Modules/_lzmamodule.c: unused_data is a member, up to 3.14 one that the type
 * describes */
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

/* Modules/_threadmodule.c: a flag at the end of uncleared memory */
const hf_decoder hf_decoder_lock = {.name = "_thread.lock", .members_only = true};
const hf_decoder hf_decoder_rlock = {.name = "_thread.RLock", .members_only = true};

/* Modules/_hashopenssl.c: no objects; from 3.15 on a mutex of one byte is followed by uncleared ones */
const hf_decoder hf_decoder_hash = {.name = "_hashlib.HASH", .members_only = true};
const hf_decoder hf_decoder_hmac = {.name = "_hashlib.HMAC", .members_only = true};

/* Modules/_decimal/_decimal.c: digits that no number has used yet */
const hf_decoder hf_decoder_decimal = {.name = "decimal.Decimal", .members_only = true};

/* Modules/_ctypes/ctypes.h, PyCArgObject: `_obj` is a member, and the value may be of any size */
const hf_decoder hf_decoder_c_argument = {.name = "CArgObject", .members_only = true};
const hf_decoder hf_decoder_heap_c_argument = {.name = "_ctypes.CArgObject", .members_only = true};

/* Modules/_sre/sre.c: marks of groups that have not matched */
static const hf_reference match_references[] = {
    HF_REFERENCE(match_string, "string"),
    HF_REFERENCE(match_regs, "regs"),
    HF_REFERENCE(match_pattern, "re"),
    {0},
};

const hf_decoder hf_decoder_match = {.name = "re.Match", .references = match_references};

/* Modules/_csv.c */
static const hf_reference csv_reader_references[] = {
    HF_REFERENCE(csv_reader_input_iter, "input_iter"),
    HF_REFERENCE(csv_reader_dialect, "dialect"),
    HF_REFERENCE(csv_reader_fields, "fields"),
    {0},
};

const hf_decoder hf_decoder_csv_reader = {.name = "_csv.reader",
                                          .references = csv_reader_references};

/* Modules/_operator.c: the names of keywords are set with the arguments, which were a C array before
 * they became a tuple. */
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
