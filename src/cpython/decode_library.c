/* cpython/decode_library.c - objects of the standard library that keep references in C memory. */
#include "base/cleanup.h"
#include "cpython/decode_read.h"

/* xml.etree.ElementTree.Element: Modules/_elementtree.c. The lowest bit of text and tail says that
 * they are lists still to be joined. */
static const hf_reference element_references[] = {HF_REFERENCE(element_tag, "tag"), {0}};

static void visit_element(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    (void)type;
    const hf_layout *l = d->layout;
    hf_tell_field(v, hf_member(d, address, l->element_text) & ~1ull, "text", HF_EDGE_STRONG);
    hf_tell_field(v, hf_member(d, address, l->element_tail) & ~1ull, "tail", HF_EDGE_STRONG);
    uint64_t extra = hf_member(d, address, l->element_extra);
    if (!extra)
        return;
    hf_tell_field(v, hf_member(d, extra, l->element_extra_attrib), "attrib", HF_EDGE_STRONG);
    hf_tell_items(d, hf_member(d, extra, l->element_extra_children),
                  hf_member(d, extra, l->element_extra_length), v);
}

static void measure_element(hf_decode *d, const hf_type_record *type, uint64_t address,
                            hf_sizes *ret)
{
    (void)type;
    const hf_layout *l = d->layout;
    uint64_t extra = hf_member(d, address, l->element_extra);
    if (!extra)
        return;
    ret->length = hf_member(d, extra, l->element_extra_length);
    ret->size += (uint64_t)l->element_extra_size;
    ret->block += hf_allocated(d, (uint64_t)l->element_extra_size);
    hf_claim(d, extra, 0);
    hf_claim(d, hf_member(d, extra, l->element_extra_children), 0);
    uint64_t table = hf_member(d, extra, l->element_extra_allocated) * HF_WORD;
    if (hf_member(d, extra, l->element_extra_children) !=
        extra + (uint64_t)l->element_extra_own_children) {
        ret->size += table;
        ret->block += hf_allocated(d, table);
    }
}

const hf_decoder hf_decoder_element = {.name = "xml.etree.ElementTree.Element",
                                       .references = element_references,
                                       .visit = visit_element,
                                       .measure = measure_element};

/* What iter() and itertext() of an element give keeps a stack of the elements that it is within: in
 * Modules/_elementtree.c, ElementIterObject and ParentLocator, the same from 3.9 to 3.15. */
enum { LOCATORS_WORD = 0, LOCATORS_USED_WORD = 1, LOCATOR_WORDS = 2 };

static void visit_element_iterator(hf_decode *d, const hf_type_record *type, uint64_t address,
                                   hf_visitor *v)
{
    (void)type;
    uint64_t words = address + (uint64_t)d->layout->object_size;
    uint64_t locators = hf_u64_at(d, words + LOCATORS_WORD * HF_WORD);
    uint64_t count = hf_u64_at(d, words + LOCATORS_USED_WORD * HF_WORD);
    const uint8_t *p = locators ? hf_array_at(d, locators, &count, LOCATOR_WORDS * HF_WORD) : NULL;
    for (uint64_t i = 0; p && i < count; i++)
        hf_tell_field(v, hf_load_u64(p + i * LOCATOR_WORDS * HF_WORD), "parent", HF_EDGE_STRONG);
}

static void measure_element_iterator(hf_decode *d, const hf_type_record *type, uint64_t address,
                                     hf_sizes *ret)
{
    (void)type;
    (void)ret; /* sys.getsizeof() leaves the stack out */
    hf_claim(d, hf_u64_at(d, address + (uint64_t)d->layout->object_size), 0);
}

const hf_decoder hf_decoder_element_iterator = {.name = "_elementtree._element_iterator",
                                                .visit = visit_element_iterator,
                                                .measure = measure_element_iterator,
                                                .scanned = true};

/* Modules/_pickle.c: the memo of a pickler is a hash table of objects, that of an unpickler an
 * array of them. */
static void visit_pickler(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    (void)type;
    const hf_layout *l = d->layout;
    uint64_t memo = hf_member(d, address, l->pickler_memo);
    if (!memo)
        return;
    uint64_t count = hf_member(d, memo, l->memo_table_allocated);
    uint64_t size = (uint64_t)l->memo_entry_size;
    const uint8_t *entry = hf_array_at(d, hf_member(d, memo, l->memo_table_table), &count, size);
    for (uint64_t i = 0; i < count; i++, entry += size)
        hf_tell_field(v, hf_load_u64(entry + l->memo_entry_key), "memo", HF_EDGE_STRONG);
}

static void measure_pickler(hf_decode *d, const hf_type_record *type, uint64_t address,
                            hf_sizes *ret)
{
    (void)type;
    const hf_layout *l = d->layout;
    uint64_t memo = hf_member(d, address, l->pickler_memo);
    if (!memo)
        return;
    uint64_t table = hf_member(d, memo, l->memo_table_allocated) * (uint64_t)l->memo_entry_size;
    ret->size += (uint64_t)l->memo_table_size + table;
    ret->block += hf_allocated(d, (uint64_t)l->memo_table_size) + hf_allocated(d, table);
    hf_claim(d, memo, 0);
    hf_claim(d, hf_member(d, memo, l->memo_table_table), table);
}

/* A persistent_id() of a subclass keeps the pickler, and a count of nothing (pers_func_self). */
const hf_decoder hf_decoder_pickler = {.name = "_pickle.Pickler",
                                       .visit = visit_pickler,
                                       .measure = measure_pickler,
                                       .scanned = true,
                                       .borrows_itself = true};

static void visit_unpickler(hf_decode *d, const hf_type_record *type, uint64_t address,
                            hf_visitor *v)
{
    (void)type;
    const hf_layout *l = d->layout;
    uint64_t memo = hf_member(d, address, l->unpickler_memo);
    if (memo)
        hf_tell_items(d, memo, hf_member(d, address, l->unpickler_memo_size), v);
}

static void measure_unpickler(hf_decode *d, const hf_type_record *type, uint64_t address,
                              hf_sizes *ret)
{
    (void)type;
    uint64_t table = hf_member(d, address, d->layout->unpickler_memo_size) * HF_WORD;
    ret->size += table;
    ret->block += table ? hf_allocated(d, table) : 0;
    hf_claim(d, hf_member(d, address, d->layout->unpickler_memo), table);
}

const hf_decoder hf_decoder_unpickler = {.name = "_pickle.Unpickler",
                                         .visit = visit_unpickler,
                                         .measure = measure_unpickler,
                                         .scanned = true};

static void visit_pickle_stack(hf_decode *d, const hf_type_record *type, uint64_t address,
                               hf_visitor *v)
{
    (void)type;
    uint64_t items = hf_member(d, address, d->layout->pickle_stack_data);
    if (items)
        hf_tell_items(d, items, hf_item_count(d, address), v);
}

const hf_decoder hf_decoder_pickle_stack = {.name = "_pickle.Pdata", .visit = visit_pickle_stack};

/* Modules/_queuemodule.c: up to 3.12 the items are in a list, which the scan finds. */
static void visit_simple_queue(hf_decode *d, const hf_type_record *type, uint64_t address,
                               hf_visitor *v)
{
    (void)type;
    const hf_layout *l = d->layout;
    if (!HF_HAS(l, simple_queue_items))
        return;
    uint64_t capacity = hf_member(d, address, l->simple_queue_items_cap);
    uint64_t count = hf_member(d, address, l->simple_queue_num_items);
    uint64_t first = hf_member(d, address, l->simple_queue_get_idx);
    uint64_t items = hf_member(d, address, l->simple_queue_items);
    uint64_t room = capacity;
    const uint8_t *p = hf_array_at(d, items, &room, HF_WORD);
    if (room != capacity || first >= capacity || count > capacity)
        return;
    for (uint64_t i = 0; i < count; i++)
        hf_tell(v, hf_load_u64(p + (first + i) % capacity * HF_WORD), HF_EDGE_INDEX, HF_EDGE_STRONG,
                i);
}

static void measure_simple_queue(hf_decode *d, const hf_type_record *type, uint64_t address,
                                 hf_sizes *ret)
{
    (void)type;
    const hf_layout *l = d->layout;
    if (!HF_HAS(l, simple_queue_items))
        return;
    uint64_t ring = hf_member(d, address, l->simple_queue_items_cap) * HF_WORD;
    ret->length = hf_member(d, address, l->simple_queue_num_items);
    ret->block += hf_allocated(d, ring);
    hf_claim(d, hf_member(d, address, l->simple_queue_items), ring);
    if (l->first_version >= 0x030f0000) /* whose __sizeof__ counts it */
        ret->size += ring;
}

const hf_decoder hf_decoder_simple_queue = {.name = "_queue.SimpleQueue",
                                            .visit = visit_simple_queue,
                                            .measure = measure_simple_queue,
                                            .scanned = true};

/* Instances of ctypes types: Modules/_ctypes/ctypes.h. What their memory points at is kept alive
 * by b_objects; the memory itself owns nothing. */
static const hf_reference cdata_references[] = {
    HF_REFERENCE(cdata_b_base, "_b_base_"),
    HF_REFERENCE(cdata_b_objects, "_objects"),
    {0},
};

static void measure_cdata(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    (void)type;
    const hf_layout *l = d->layout;
    bool apart = hf_member(d, address, l->cdata_b_ptr) != address + (uint64_t)l->cdata_b_value;
    if (apart && hf_member_u32(d, address, l->cdata_b_needsfree))
        ret->external = hf_allocated(d, hf_member(d, address, l->cdata_b_size));
    if (apart)
        hf_claim(d, hf_member(d, address, l->cdata_b_ptr), ret->external);
}

const hf_decoder hf_decoder_cdata = {
    .name = "_ctypes._CData", .references = cdata_references, .measure = measure_cdata};

/* Up to 3.12 ctypes keeps what it knows of a C type in a dict with more members, which is the
 * __dict__ of the class: Modules/_ctypes/stgdict.c. Its __sizeof__ counts those members twice. */
static const hf_reference stgdict_references[] = {
    HF_REFERENCE(stgdict_proto, "_type_"),          HF_REFERENCE(stgdict_argtypes, "argtypes"),
    HF_REFERENCE(stgdict_converters, "converters"), HF_REFERENCE(stgdict_restype, "restype"),
    HF_REFERENCE(stgdict_checker, "checker"),       {0},
};

static void measure_stgdict(hf_decode *d, const hf_type_record *type, uint64_t address,
                            hf_sizes *ret)
{
    hf_measure_dict(d, type, address, ret);
    const hf_layout *l = d->layout;
    if (!HF_HAS(l, stgdict_size))
        return;
    ret->size += (uint64_t)(l->stgdict_size - l->dict_size);
    uint64_t format = hf_member(d, address, l->stgdict_format);
    uint64_t length = 1 << 16;
    const uint8_t *text = format ? hf_array_at(d, format, &length, 1) : NULL;
    if (text)
        ret->size += strnlen((const char *)text, length) + 1;
    ret->size += (uint64_t)hf_member_u32(d, address, l->stgdict_ndim) * HF_WORD;
    if (hf_member(d, address, l->stgdict_elements))
        ret->size += (hf_member(d, address, l->stgdict_length) + 1) * HF_WORD;
}

const hf_decoder hf_decoder_stgdict = {.name = "StgDict",
                                       .references = stgdict_references,
                                       .visit = hf_visit_dict,
                                       .measure = measure_stgdict};

static void visit_nothing(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    (void)d, (void)type, (void)address, (void)v;
}

/* threading.local: Modules/_threadmodule.c. The attributes of a thread are a dict in `dummies`, by
 * what stands for the thread. */
static const hf_reference local_references[] = {
    HF_REFERENCE(local_key, "key"),
    HF_REFERENCE(local_args, "args"),
    HF_REFERENCE(local_kw, "kw"),
    HF_REFERENCE(local_dummies, "dummies"),
    HF_REFERENCE(local_thread_watchdogs, "thread_watchdogs"),
    {0},
};

const hf_decoder hf_decoder_local = {.name = "_thread._local", .references = local_references};

/* Modules/_threadmodule.c: a thread's key in a threading.local; the dict in it is borrowed. */
const hf_decoder hf_decoder_local_dummy = {.name = "_thread._localdummy", .visit = visit_nothing};

/* Modules/_sqlite/connection.c: the exception classes in a connection are the module's. */
const hf_decoder hf_decoder_sqlite_connection = {
    .name = "sqlite3.Connection", .scanned = true, .borrows_members = true};

/* Modules/_sqlite/cache.c, up to 3.10: statements in the order of their use. The links between
 * nodes are borrowed, and so is a connection that is its own cache's factory. */
static const hf_reference sqlite_node_references[] = {
    HF_REFERENCE(sqlite_node_key, "key"), HF_REFERENCE(sqlite_node_data, "data"), {0}};
static const hf_reference sqlite_cache_references[] = {
    HF_REFERENCE(sqlite_cache_mapping, "mapping"), {0}};

static void visit_sqlite_cache(hf_decode *d, const hf_type_record *type, uint64_t address,
                               hf_visitor *v)
{
    (void)type;
    const hf_layout *l = d->layout;
    bool owned = hf_member_u32(d, address, l->sqlite_cache_owns_factory) != 0;
    hf_tell_field(v, hf_member(d, address, l->sqlite_cache_factory), "factory",
                  owned ? HF_EDGE_STRONG : HF_EDGE_WEAK);
    uint64_t node = hf_member(d, address, l->sqlite_cache_first);
    hf_chain chain = {0};
    for (; node && !hf_chain_repeats(&chain, node); node = hf_member(d, node, l->sqlite_node_next))
        hf_tell_field(v, node, "node", HF_EDGE_WEAK);
}

#define SQLITE_NODE(variable, name_)                                            \
    const hf_decoder variable = {.name = name_,                                 \
                                 .needs = offsetof(hf_layout, sqlite_node_key), \
                                 .references = sqlite_node_references}

SQLITE_NODE(hf_decoder_sqlite_node, "sqlite3.Node");
SQLITE_NODE(hf_decoder_sqlite_node_old, "sqlite3Node"); /* 3.9 */
const hf_decoder hf_decoder_sqlite_cache = {.name = "sqlite3.Cache",
                                            .needs = offsetof(hf_layout, sqlite_cache_mapping),
                                            .references = sqlite_cache_references,
                                            .visit = visit_sqlite_cache};

/* Dates and times: Include/datetime.h. A naive one ends where its zone would be. */
static void visit_datetime(hf_decode *d, const hf_type_record *type, uint64_t address,
                           hf_visitor *v)
{
    (void)type;
    const hf_layout *l = d->layout;
    if (hf_member_u8(d, address, l->datetime_hastzinfo))
        hf_tell_field(v, hf_member(d, address, l->datetime_tzinfo), "tzinfo", HF_EDGE_STRONG);
}

static void measure_datetime(hf_decode *d, const hf_type_record *type, uint64_t address,
                             hf_sizes *ret)
{
    (void)type;
    if (!hf_member_u8(d, address, d->layout->datetime_hastzinfo))
        ret->own = (uint64_t)d->layout->datetime_naive_size;
}

static void visit_time(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    (void)type;
    const hf_layout *l = d->layout;
    if (hf_member_u8(d, address, l->time_hastzinfo))
        hf_tell_field(v, hf_member(d, address, l->time_tzinfo), "tzinfo", HF_EDGE_STRONG);
}

static void measure_time(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    (void)type;
    if (!hf_member_u8(d, address, d->layout->time_hastzinfo))
        ret->own = (uint64_t)d->layout->time_naive_size;
}

const hf_decoder hf_decoder_datetime = {
    .name = "datetime.datetime", .visit = visit_datetime, .measure = measure_datetime};
const hf_decoder hf_decoder_time = {
    .name = "datetime.time", .visit = visit_time, .measure = measure_time};

/* Numbers only: a scan could take one for an address. */
const hf_decoder hf_decoder_date = {.name = "datetime.date", .visit = visit_nothing};
const hf_decoder hf_decoder_timedelta = {.name = "datetime.timedelta", .visit = visit_nothing};
const hf_decoder hf_decoder_random = {.name = "_random.Random", .visit = visit_nothing};

/* Modules/_sre/sre.h, from 3.12 on: the text before the first group, and for each group its number
 * and the text behind it. Either text may be missing. */
static void visit_template(hf_decode *d, const hf_type_record *type, uint64_t address,
                           hf_visitor *v)
{
    uint64_t count = hf_item_count(d, address), size = type->itemsize;
    hf_tell_field(v, hf_u64_at(d, address + type->basicsize - HF_WORD), "literal", HF_EDGE_STRONG);
    if (size != 2 * HF_WORD)
        return;
    const uint8_t *items = hf_array_at(d, address + type->basicsize, &count, size);
    for (uint64_t i = 0; i < count; i++)
        hf_tell(v, hf_load_u64(items + i * size + HF_WORD), HF_EDGE_INDEX, HF_EDGE_STRONG, i);
}

const hf_decoder hf_decoder_template = {.name = "_sre.SRE_Template", .visit = visit_template};

/* Modules/_lsprof.c and rotatingtree.h: what was called, as a binary tree of C structs, each with
 * its key, its two subtrees, and the code object or the name that it counts. The tree turns while
 * it is used, and may be as deep as it has members. */
static void visit_profiler(hf_decode *d, const hf_type_record *type, uint64_t address,
                           hf_visitor *v)
{
    enum { LEFT = 1, RIGHT, CALLED, ENTRIES_MAX = 1 << 16 };
    (void)type;
    HF_AUTO(hf_buf_deinit) hf_buf pending;
    hf_buf_init(&pending, ENTRIES_MAX * HF_WORD);
    uint64_t entry = hf_u64_at(d, address + (uint64_t)d->layout->object_size);
    for (uint64_t seen = 0; entry && seen < ENTRIES_MAX; seen++) {
        uint64_t left = hf_u64_at(d, entry + LEFT * HF_WORD);
        uint64_t right = hf_u64_at(d, entry + RIGHT * HF_WORD);
        hf_tell_field(v, hf_u64_at(d, entry + CALLED * HF_WORD), "called", HF_EDGE_STRONG);
        hf_claim(d, entry, 0);
        if (left && right)
            hf_buf_add(&pending, &right, sizeof(right));
        entry = left ? left : right;
        if (!entry && pending.length) {
            pending.length -= sizeof(entry);
            entry = hf_load_u64(pending.data + pending.length);
        }
    }
}

const hf_decoder hf_decoder_profiler = {
    .name = "_lsprof.Profiler", .visit = visit_profiler, .scanned = true};
