/* cpython/walk.c - tells the heap to a sink, and counts how well references balance.
 *
 * By now every object has a bit; this goes through the bits in order of address, so that an
 * object's number is a running count and its targets' numbers are one look-up each. */
#include "base/cleanup.h"
#include "base/huge.h"
#include "cpython/allocations.h"
#include "cpython/births.h"
#include "cpython/double_text.h"
#include "cpython/heap_inside.h"
#include "cpython/refcount.h"

#include <stdlib.h>

enum {
    VALUE_LIMIT = 80,
    PROGRESS_EVERY = 1 << 16,
    INTERNED_MIN = 256, /* entries: an interpreter interns some thousands while it starts */
    OWED_MAX = 32,
};

/* Objects whose count of references is not kept start the balance here. */
#define NO_BALANCE (1 << 30)

#define TPFLAGS_HEAPTYPE      (1ull << 9)
#define TPFLAGS_TYPE_SUBCLASS (1ull << 31)
#define GC_FINALIZED          1ull

typedef struct {
    hf_visitor visitor;
    hf_heap *heap;
    const hf_heap_sink *sink;
    const hf_walk_options *options;
    hf_walk_check check;
    int32_t *balance;        /* references counted by the object minus edges found */
    uint32_t owed[OWED_MAX]; /* objects whose balance is to be lessened by one */
    size_t owed_count;
    size_t range;     /* the first that does not end before the object */
    uint64_t address; /* of the object that is told */
    const hf_allocations *allocations;
    bool uncounted; /* the object is the dict of interned strings */
    hf_err *err;
} walker;

static void count_references(walker *w, uint32_t number, int64_t references)
{
    int64_t sum = w->balance[number] + references;
    if (sum > INT32_MIN && sum < INT32_MAX)
        w->balance[number] = (int32_t)sum;
}

static void settle_owed(walker *w)
{
    for (size_t i = 0; i < w->owed_count; i++)
        count_references(w, w->owed[i], -1);
    w->owed_count = 0;
}

/* The balances of targets lie anywhere in memory: many are asked for before the first is used. */
static void owe_reference(walker *w, uint32_t number)
{
    __builtin_prefetch(&w->balance[number], 1);
    w->owed[w->owed_count++] = number;
    if (w->owed_count == OWED_MAX)
        settle_owed(w);
}

/* Data may have named an attribute. */
static uint32_t label_name(walker *w, const hf_raw_edge *raw)
{
    hf_heap *heap = w->heap;
    if (w->options->no_values && raw->kind == HF_EDGE_ATTRIBUTE && raw->label && !raw->field) {
        uint64_t bit = hf_marks_bit(&heap->marks, raw->label);
        if (bit == HF_NO_BIT || !(heap->public_names[bit >> 6] >> (bit & 63) & 1))
            return hf_name(heap, "…");
    }
    return hf_name_of_label(heap, raw);
}

static void see_edge(hf_visitor *v, const hf_raw_edge *raw);

typedef struct {
    walker *w;
    hf_raw_edge edge; /* that leads to the table */
} tabled_edge;

static void see_tabled(void *context, uint64_t object)
{
    tabled_edge *t = context;
    t->edge.target = object;
    see_edge(&t->w->visitor, &t->edge);
}

static void see_edge(hf_visitor *v, const hf_raw_edge *raw)
{
    walker *w = (walker *)v;
    hf_heap *heap = w->heap;
    uint64_t bit = hf_marks_bit(&heap->marks, raw->target);
    if (w->err || bit == HF_NO_BIT)
        return;
    if (!hf_marks_test(&heap->marks, bit)) {
        tabled_edge t = {w, *raw};
        if (raw->strength == HF_EDGE_SCANNED) {
            hf_native_table_visit(heap, w->address, raw->target, see_tabled, &t);
            hf_owned_table_visit(heap, w->address, raw->target, see_tabled, &t);
        }
        return;
    }
    hf_edge edge = {.target = hf_marks_number(&heap->marks, bit),
                    .kind = (uint8_t)raw->kind,
                    .strength = (uint8_t)raw->strength};
    /* Interned strings are held by a dict that owns nothing: unicode_dealloc() takes them out of
     * it. It would keep each of them in every report. */
    if (w->uncounted && raw->kind != HF_EDGE_FIELD)
        edge.strength = HF_EDGE_WEAK;
    edge.label = hf_edge_label_is_name(raw->kind) ? label_name(w, raw) : raw->label;
    if (edge.strength != HF_EDGE_WEAK)
        owe_reference(w, edge.target);
    w->check.edges++;
    if (w->sink->edge)
        w->err = w->sink->edge(w->sink->context, &edge);
}

/* Types without a header although the collector knows their type: type_is_gc(), typeobject.c. */
static bool is_static_type(hf_decode *d, const hf_type_record *type, uint64_t address)
{
    return type->flags & TPFLAGS_TYPE_SUBCLASS &&
           !(hf_u64_at(d, address + (uint64_t)d->layout->type_tp_flags) & TPFLAGS_HEAPTYPE);
}

/* What free-threaded builds keep in the object's own header. */
static uint32_t header_flags(walker *w, uint64_t address)
{
    hf_decode *d = &w->heap->decode;
    const hf_layout *l = d->layout;
    uint8_t bits = hf_member_u8(d, address, l->object_ob_gc_bits);
    bool tracked = (bits & l->gc_bits_tracked) != 0;
    w->check.tracked += tracked;
    return (tracked ? HF_OBJECT_TRACKED : 0) |
           (bits & l->gc_bits_finalized ? HF_OBJECT_FINALIZED : 0) |
           (bits & l->gc_bits_frozen ? HF_OBJECT_FROZEN : 0);
}

static uint32_t collector_flags(walker *w, const hf_type_record *type, uint64_t address,
                                uint64_t bit)
{
    hf_heap *heap = w->heap;
    const hf_layout *l = heap->decode.layout;
    if (!type->has_gc || is_static_type(&heap->decode, type, address))
        return 0;
    if (l->free_threaded)
        return header_flags(w, address);
    const uint8_t *p =
        hf_bytes_at(&heap->decode, address - (uint64_t)l->gc_head_size, (uint64_t)l->gc_head_size);
    uint32_t flags = 0;
    if (p && hf_load_u64(p + l->gc_head_next)) {
        flags |= HF_OBJECT_TRACKED;
        w->check.tracked++;
    }
    if (p && hf_load_u64(p + l->gc_head_prev) & GC_FINALIZED)
        flags |= HF_OBJECT_FINALIZED;
    if (heap->frozen[bit >> 6] >> (bit & 63) & 1)
        flags |= HF_OBJECT_FROZEN;
    if (heap->recent[bit >> 6] >> (bit & 63) & 1)
        flags |= HF_OBJECT_RECENT;
    return flags;
}

/* Types whose values are names from source code, or counts and states, which --no-values
 * need not hide. */
static bool says_no_secret(const hf_type_record *type)
{
    if (type->decoder == &hf_decoder_lru_cache || type->decoder == &hf_decoder_future ||
        type->decoder == &hf_decoder_task)
        return true;
    static const char *const symbols[] = {
        "PyFunction_Type", "PyCode_Type",      "PyModule_Type", "PyType_Type",
        "PyMethod_Type",   "PyCFunction_Type", "PyGen_Type",    "PyCoro_Type",
        "PyAsyncGen_Type", "PyFrame_Type",     "_PyNone_Type",
    };
    const char *symbol = type->decoder ? type->decoder->symbol : NULL;
    for (size_t i = 0; symbol && i < sizeof(symbols) / sizeof(symbols[0]); i++)
        if (!strcmp(symbol, symbols[i]))
            return true;
    return false;
}

static bool may_be_told(const walker *w, const hf_type_record *type, uint64_t bit)
{
    return !w->options->no_values || says_no_secret(type) ||
           w->heap->public_names[bit >> 6] >> (bit & 63) & 1;
}

/* What an object has behind what its type says, where no decoder knows: extensions put a buffer
 * into the same block. */
static uint64_t bytes_behind(walker *w, const hf_type_record *type, uint64_t address,
                             const hf_sizes *sizes)
{
    enum { REST = 32 }; /* what malloc leaves to a chunk rather than cut it off */
    hf_heap *heap = w->heap;
    if (type->decoder || !heap->knows_blocks)
        return 0;
    uint64_t before = type->bytes_before;
    uint64_t room = hf_chunk_bytes(heap, address - before), used = before + sizes->own;
    return room > used + REST ? room - used : 0;
}

/* *counted: the count can be held against the references found. */
static hf_object describe(walker *w, const hf_type_record *type, uint64_t address, uint64_t bit,
                          bool *counted)
{
    hf_heap *heap = w->heap;
    hf_decode *d = &heap->decode;
    hf_sizes sizes;
    hf_decode_sizes(d, type, address, &sizes);
    const uint8_t *header = hf_bytes_at(d, address, (uint64_t)d->layout->object_size);
    hf_refcount refcount = header ? hf_refcount_of(d->layout, header) : (hf_refcount){0};
    hf_object object = {.address = address,
                        .type = type->number,
                        .size = sizes.size,
                        .block = sizes.block,
                        .external = sizes.external + bytes_behind(w, type, address, &sizes),
                        .refcount = refcount.count,
                        .length = sizes.length,
                        .bound = sizes.bound,
                        .flags = sizes.flags | collector_flags(w, type, address, bit)};
    if (refcount.immortal) {
        object.flags |= HF_OBJECT_IMMORTAL;
        object.refcount = -1;
    }
    while (w->range < heap->range_count && heap->ranges[w->range].end <= address)
        w->range++;
    if (w->range < heap->range_count && address >= heap->ranges[w->range].start) {
        object.flags |= HF_OBJECT_STATIC;
        object.block = 0;
    }
    *counted = !refcount.partial && !(object.flags & (HF_OBJECT_IMMORTAL | HF_OBJECT_STATIC));
    return object;
}

static bool is_interned_dict(const hf_heap *heap, uint64_t address)
{
    for (size_t i = 0; i < heap->interpreter_count; i++)
        if (heap->interned[i] == address)
            return true;
    return false;
}

/* What the file keeps of a value: its text, a float packed. */
static bool append_value(walker *w, const hf_type_record *type, uint64_t address, hf_buf *text)
{
    hf_decode *d = &w->heap->decode;
    if (type->decoder != &hf_decoder_float)
        return hf_decode_value(d, type, address, w->options->value_limit, text);
    hf_pack_double(hf_u64_at(d, address + (uint64_t)d->layout->float_ob_fval), text);
    return true;
}

static void tell_object(walker *w, uint32_t number, uint64_t address, uint64_t bit, hf_buf *text)
{
    hf_decode *d = &w->heap->decode;
    const hf_type_record *type = hf_type_of(d, address);
    if (!type)
        return; /* cannot be: it had one when it was marked */
    bool counted;
    hf_object object = describe(w, type, address, bit, &counted);
    object.number = number;
    object.site = w->allocations->site_of ? w->allocations->site_of[number] : 0;
    object.born = w->allocations->born ? w->allocations->born[number] : 0;
    object.asked = w->allocations->asked ? w->allocations->asked[number] : 0;
    count_references(w, number, counted ? object.refcount : NO_BALANCE);
    hf_buf_clear(text);
    bool has_value =
        w->sink->value && may_be_told(w, type, bit) && append_value(w, type, address, text);
    if (has_value)
        object.flags |= HF_OBJECT_HAS_VALUE;
    if (w->sink->object)
        w->err = w->sink->object(w->sink->context, &object);
    w->uncounted = is_interned_dict(w->heap, address);
    w->address = address;
    if (!w->err && !type->refers_to_nothing)
        hf_decode_edges(d, type, address, &w->visitor);
    if (!w->err && has_value)
        w->err = w->sink->value(w->sink->context, (const char *)text->data, text->length);
}

static void tell_objects(walker *w)
{
    hf_heap *heap = w->heap;
    hf_marks_cursor cursor = {.marks = &heap->marks};
    hf_buf text;
    hf_buf_init(&text, 0);
    uint64_t bit = hf_marks_next(&heap->marks, 0);
    for (; bit != HF_NO_BIT && !w->err; bit = hf_marks_next(&heap->marks, bit + 1)) {
        uint32_t number = (uint32_t)w->check.objects++;
        tell_object(w, number, hf_marks_address(&cursor, bit), bit, &text);
        if (w->sink->progress && number % PROGRESS_EVERY == 0)
            w->sink->progress(w->sink->context, number, heap->marks.count);
    }
    hf_buf_deinit(&text);
}

static void tell_threads(walker *w)
{
    hf_heap *heap = w->heap;
    for (size_t i = 0; i < heap->thread_count && !w->err && w->sink->thread; i++) {
        const hf_found_thread *t = &heap->threads[i];
        hf_python_thread thread = {.native_id = t->native_id,
                                   .name = w->options->no_values ? 0 : t->name,
                                   .frames = t->frames,
                                   .frame_count = t->frame_count};
        w->err = w->sink->thread(w->sink->context, &thread);
    }
}

static void tell_types(walker *w)
{
    hf_heap *heap = w->heap;
    hf_buf module, qualname;
    hf_buf_init(&module, 0);
    hf_buf_init(&qualname, 0);
    for (size_t i = 0; i < heap->types.count && !w->err && w->sink->type; i++) {
        const hf_type_record *record = heap->types.records[i];
        hf_buf_clear(&module);
        hf_buf_clear(&qualname);
        hf_type_names(&heap->decode, record, &module, &qualname);
        hf_type type = {.number = record->number,
                        .address = record->address,
                        .module = hf_name_of(heap, &module),
                        .qualname = hf_name_of(heap, &qualname),
                        .basicsize = record->basicsize,
                        .itemsize = record->itemsize,
                        .flags = record->flags,
                        .heap_type = record->heap_type,
                        .exact = hf_type_is_exact(&heap->decode, record) ||
                                 hf_asked_knows(&heap->asked, record->number)};
        w->err = w->sink->type(w->sink->context, &type);
    }
    hf_buf_deinit(&module);
    hf_buf_deinit(&qualname);
}

static bool same_root(const hf_found_root *a, const hf_found_root *b)
{
    return a->target == b->target && a->kind == b->kind && a->name == b->name &&
           a->place == b->place && a->thread == b->thread && a->interpreter == b->interpreter;
}

static hf_root with_number(hf_heap *heap, const hf_found_root *r)
{
    uint64_t bit = hf_marks_bit(&heap->marks, r->target);
    return (hf_root){.target = hf_marks_number(&heap->marks, bit),
                     .kind = (hf_root_kind)r->kind,
                     .name = r->name,
                     .place = r->place,
                     .thread = r->thread,
                     .interpreter = r->interpreter};
}

static void tell_roots(walker *w)
{
    hf_heap *heap = w->heap;
    for (size_t i = 0; i < heap->root_count && !w->err; i++) {
        const hf_found_root *r = &heap->roots[i];
        hf_root root = with_number(heap, r);
        if (r->owns)
            count_references(w, root.target, -1);
        if (w->sink->root && !(i && same_root(r, r - 1)))
            w->err = w->sink->root(w->sink->context, &root);
    }
}

/* Whether a word may be on the stack: it points at an object that counts a reference more than were
 * found, or whose count says nothing. */
static bool may_be_on_stack(walker *w, const hf_stack_word *word)
{
    hf_heap *heap = w->heap;
    if (!word->root.target)
        return false;
    uint64_t bit = hf_marks_bit(&heap->marks, word->root.target);
    return w->balance[hf_marks_number(&heap->marks, bit)] > 0;
}

/* What arrays have that the data of binaries leads to: native_tables.c. */
static void tell_tabled(walker *w)
{
    hf_heap *heap = w->heap;
    for (size_t i = 0; i < heap->tabled_count && !w->err; i++) {
        hf_root root = with_number(heap, &heap->tabled[i]);
        if (w->balance[root.target] <= 0 || w->balance[root.target] > NO_BALANCE / 2)
            continue;
        w->balance[root.target]--;
        if (w->sink->root)
            w->err = w->sink->root(w->sink->context, &root);
    }
}

/* What is on stacks of which nobody knows the depth: stacks.c. */
static void tell_stacks(walker *w)
{
    hf_heap *heap = w->heap;
    uint64_t left = 0; /* the frame whose stack has ended */
    settle_owed(w);
    for (size_t i = 0; i < heap->stack_count && !w->err; i++) {
        const hf_stack_word *word = &heap->stacks[i];
        if (word->frame == left)
            continue;
        if (!may_be_on_stack(w, word)) {
            left = word->frame;
            continue;
        }
        hf_root root = with_number(heap, &word->root);
        if (w->balance[root.target] > NO_BALANCE / 2)
            continue; /* immortal: it needs nobody */
        w->balance[root.target]--;
        if (w->sink->root)
            w->err = w->sink->root(w->sink->context, &root);
    }
}

static void tell_sites(walker *w)
{
    const hf_allocations *a = w->allocations;
    for (uint32_t i = 0; i < a->site_count && !w->err && w->sink->site; i++) {
        const hf_allocation_site *s = &a->sites[i];
        hf_site site = {.number = i + 1,
                        .frames = a->frames + s->first_frame,
                        .frame_count = s->frame_count,
                        .blocks = s->blocks,
                        .bytes = s->bytes};
        w->err = w->sink->site(w->sink->context, &site);
    }
    if (!w->err && w->sink->notes)
        w->err = w->sink->notes(w->sink->context, a->born, a->asked);
}

/* Whether each key of a big dict is its own value. */
typedef struct {
    hf_visitor visitor;
    uint64_t key, pairs, others;
} twin_count;

static void see_twin(hf_visitor *v, const hf_raw_edge *edge)
{
    twin_count *c = (twin_count *)v;
    if (edge->kind == HF_EDGE_KEY)
        c->key = edge->target;
    else if (edge->kind == HF_EDGE_VALUE && edge->target == c->key)
        c->pairs++;
    else if (edge->kind == HF_EDGE_VALUE)
        c->others++;
}

/* Whether a root is in the data of the binary that CPython is in. */
static bool is_of_the_interpreter(const hf_heap *heap, const hf_found_root *r)
{
    const hf_data_range *own = hf_range_of(heap, heap->decode.type_type_address);
    return r->kind == HF_ROOT_C_STATIC && own && r->name == own->name;
}

/* From 3.12 on the interpreter names the dict of interned strings; before, it is a static variable
 * of unicodeobject.c, which the scan of data has found: then it gets the name that it has since. */
static void find_interned(hf_heap *heap)
{
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    for (size_t i = 0; i < heap->interpreter_count; i++)
        heap->interned[i] = hf_member(d, heap->interpreters[i], l->interpreter_interned_strings);
    for (size_t i = 0; i < heap->root_count && !heap->interned[0]; i++) {
        hf_found_root *r = &heap->roots[i];
        const hf_type_record *type =
            is_of_the_interpreter(heap, r) ? hf_type_of(d, r->target) : NULL;
        if (!type || type->basicsize != (uint64_t)l->dict_size || !type->decoder ||
            hf_member(d, r->target, l->dict_ma_used) < INTERNED_MIN)
            continue;
        twin_count c = {{see_twin}, 0, 0, 0};
        hf_decode_edges(d, type, r->target, &c.visitor);
        if (c.pairs < INTERNED_MIN || c.others)
            continue;
        heap->interned[0] = r->target;
        r->kind = HF_ROOT_INTERPRETER;
        r->name = hf_name(heap, "interned_strings");
        r->owns = true;
    }
}

/* Marks all objects and finds roots and threads, and has each object asked about the row; one that
 * the whole heap refuses makes room for the next. */
static hf_err *reach_and_prove(hf_heap *heap)
{
    for (;;) {
        char why[HF_WHY];
        hf_threads_find(heap);
        hf_roots_named(heap);
        hf_reach_all(heap);
        hf_roots_scanned(heap);
        hf_stacks_reach(heap);
        hf_reach_rest(heap);
        if (heap->failed || heap->types.failed)
            return hf_fail_memory();
        if (!hf_heap_is_contradicted(heap, why))
            return NULL;
        hf_err *err = hf_heap_try_next(heap, why);
        if (err)
            return err;
    }
}

/* Once a heap. */
static hf_err *reach_everything(hf_heap *heap, const hf_asking *asking)
{
    if (heap->sweep)
        return NULL;
    hf_asked_init(&heap->asked);
    heap->asks = asking != NULL;
    hf_err *err = heap->torn ? NULL : hf_blocks_find(heap);
    if (!err)
        err = reach_and_prove(heap);
    if (err)
        return err;
    if (asking) {
        heap->decode.asked = &heap->asked;
        err = hf_ask_all(heap, asking);
        if (!err)
            err = asking->end(asking->context, &heap->asking.pause);
        heap->asks = false;
    }
    if (!err)
        err = hf_forgotten_find(heap);
    if (err)
        return err;
    heap->decode.charge = HF_CHARGE_NOBODY; /* all have been asked */
    find_interned(heap);
    hf_owned_tables_settle(heap);
    return heap->failed || heap->types.failed ? hf_fail_memory() : hf_marks_rank(&heap->marks);
}

static void sum_balance(walker *w)
{
    for (uint64_t i = 0; i < w->check.objects; i++) {
        int32_t balance = w->balance[i];
        if (balance > NO_BALANCE / 2)
            continue;
        w->check.balanced += balance == 0;
        w->check.c_held += balance > 0;
        w->check.overcounted += balance < 0;
    }
}

/* Everything, in the order that the sink expects. */
static hf_err *tell(walker *w)
{
    hf_heap *heap = w->heap;
    if (w->sink->begin)
        w->err = w->sink->begin(w->sink->context, heap->marks.count, heap->types.count);
    if (!w->err)
        tell_threads(w);
    tell_types(w);
    tell_roots(w);
    tell_sites(w);
    tell_objects(w);
    tell_stacks(w);
    tell_tabled(w);
    sum_balance(w);
    if (!w->err && (heap->failed || heap->asked.failed || heap->types.failed))
        w->err = hf_fail_memory();
    return w->err;
}

static void count_traces(hf_walk_check *check, const hf_allocations *a)
{
    check->tracing = a->tracing;
    check->traced_blocks = a->blocks;
    check->traced_bytes = a->bytes;
    check->traced_objects = a->objects;
    check->traces_lost = a->lost;
    if (!a->births)
        return;
    check->births_start = a->births->start;
    check->births_end = a->births->end;
    check->births_by_block = a->births->by_block;
    check->sample_bytes = a->births->sample_bytes;
}

hf_err *hf_heap_walk(hf_heap *heap, const hf_walk_options *options, const hf_heap_sink *sink,
                     hf_walk_check *ret)
{
    hf_walk_options chosen = options ? *options : (hf_walk_options){0};
    chosen.value_limit = chosen.value_limit ? chosen.value_limit : VALUE_LIMIT;
    hf_err *err = reach_everything(heap, chosen.asking);
    if (!err && chosen.no_values && !heap->public_names)
        err = hf_public_names_find(heap);
    if (err)
        return err;
    if (chosen.claims && !heap->claims.bits.words) {
        size_t count;
        const hf_segment *segments = hf_target_segments(heap->target, &count);
        err = hf_claims_init(&heap->claims, segments, count);
        if (err)
            return err;
    }
    hf_allocations allocations HF_AUTO(hf_allocations_deinit) = {0};
    err = hf_allocations_read(heap, chosen.births, &allocations);
    if (err)
        return err;
    walker w = {.visitor = {see_edge},
                .heap = heap,
                .sink = sink,
                .options = &chosen,
                .allocations = &allocations};
    count_traces(&w.check, &allocations);
    w.check.lists_repaired = heap->lists.repaired + heap->lists.broken + heap->lists.strangers;
    w.check.unreadable = heap->decode.unreadable;
    w.check.implausible = heap->decode.implausible;
    w.balance = hf_huge_calloc(heap->marks.count + 1, sizeof(*w.balance));
    if (!w.balance)
        return hf_fail_memory();
    heap->decode.claims = chosen.claims ? &heap->claims : NULL;
    err = tell(&w);
    heap->decode.claims = NULL;
    if (!err && chosen.claims)
        err = hf_surplus_find(heap, w.balance, NO_BALANCE / 2, w.check.surplus);
    if (!err && heap->claims.failed)
        err = hf_fail_memory();
    hf_huge_free(w.balance, heap->marks.count + 1, sizeof(*w.balance));
    if (!err)
        *ret = w.check;
    return err;
}
