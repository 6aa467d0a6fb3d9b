/* Memory that the process took and no Python object accounts for: native leaks, native memory of
 * small objects. */
#include "analyse/attributes.h"
#include "analyse/buffer_room.h"
#include "analyse/calls.h"
#include "analyse/fragmentation.h"
#include "analyse/memory.h"
#include "analyse/native_finding.h"
#include "analyse/native_growth.h"
#include "analyse/native_members.h"
#include "analyse/shape.h"
#include "base/cleanup.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

enum {
    FEW = 4,
    LEAST_NATIVE = 640 << 10, /* below this, noise of the allocator and of stacks */
    POOL = 16 << 10,          /* POOL_SIZE of Objects/obmalloc.c since 3.10 */
    TOUCHED_STACK = 32 << 10, /* of a thread that waits: guard pages aside, a few calls deep */
    SMALL = 512,              /* SMALL_REQUEST_THRESHOLD */
};

/* Stacks and thread states are native memory, but the threads are named by another suspect. */
static int64_t stacks_of_new_threads(const hf_timeline *t)
{
    int64_t more = (int64_t)t->last->thread_count - (int64_t)t->graphs[0]->thread_count;
    return more > 0 ? more * TOUCHED_STACK : 0;
}

/* Bytes of the process, snapshot by snapshot, that Python's heap does not explain. */
typedef struct native_series {
    int64_t *bytes;
    int64_t process; /* growth of the process */
    int64_t grown;   /* ... and of what is not Python's */
} native_series;

/* What the walk over the memory found to be of objects or free in Python's own pools; 0 where it
 * was not made. Pools may have been filled and emptied between two snapshots. */
static int64_t measured_python(const hf_graph *g)
{
    static const hf_memory_part parts[] = {HF_MEMORY_OBJECT_BLOCKS,  HF_MEMORY_FREE_BLOCKS,
                                           HF_MEMORY_FREE_POOLS,     HF_MEMORY_POOL_OVERHEAD,
                                           HF_MEMORY_MALLOC_OBJECTS, HF_MEMORY_MAPPED_OBJECTS};
    int64_t bytes = 0;
    for (size_t k = 0; g->memory.measured && k < sizeof(parts) / sizeof(*parts); k++)
        bytes += (int64_t)g->memory.parts[parts[k]];
    return bytes;
}

/* Bytes of buffers that were never filled, and so take no memory yet. False without memory. */
static bool unfilled(hf_graph *g, int64_t *ret)
{
    HF_AUTO(hf_freep) uint8_t *kinds = hf_buffer_kinds(g);
    *ret = 0;
    for (uint32_t i = 0; kinds && i < g->object_count; i++)
        if (kinds[g->type[i]])
            *ret += (int64_t)hf_buffer_room(g, i, kinds[g->type[i]]);
    return kinds != NULL;
}

/* Memory that Python has touched up to snapshot k, as it was measured. Else pools stay in the
 * process when their objects are freed, and so do most larger blocks; tables that lie in pools
 * without an object show only in the sum of all blocks: the larger growth of the two counts. */
static bool subtract_python(const hf_timeline *t, native_series *s)
{
    HF_AUTO(hf_map_deinit) hf_map pools;
    hf_map_init(&pools);
    int64_t most_large = 0, most = 0, first_touched = 0, first_sum = 0;
    for (size_t k = 0; k < t->count; k++) {
        const hf_graph *g = t->graphs[k];
        uint64_t pool = UINT64_MAX;
        int64_t large = 0, sum = 0, room = 0;
        if (!unfilled(t->graphs[k], &room))
            return false;
        for (uint32_t i = 0; i < g->object_count; i++) {
            sum += (int64_t)hf_graph_shallow(g, i);
            large += (int64_t)hf_graph_external(g, i);
            if (hf_graph_block(g, i) > SMALL)
                large += (int64_t)hf_graph_block(g, i);
            else if (hf_graph_block(g, i) && g->address[i] / POOL != pool) {
                pool = g->address[i] / POOL;
                if (!hf_map_put(&pools, pool, 1))
                    return false;
            }
        }
        large -= room;
        sum -= room;
        most_large = large > most_large ? large : most_large;
        most = sum > most ? sum : most;
        int64_t touched = most_large + (int64_t)pools.count * POOL;
        if (k == 0) {
            first_touched = touched;
            first_sum = sum;
        }
        int64_t by_pools = touched - first_touched, by_sum = most - first_sum;
        int64_t grown = by_pools > by_sum ? by_pools : by_sum;
        if (t->graphs[0]->memory.measured && g->memory.measured)
            grown = measured_python(g) - measured_python(t->graphs[0]);
        s->bytes[k] = hf_anonymous_bytes(g) - hf_native_notes(g) - grown;
    }
    return true;
}

/* What malloc keeps free is nobody's: it is given out again before the process takes more. */
static void subtract_free(const hf_timeline *t, native_series *s)
{
    for (size_t k = 0; k < t->count; k++)
        if (!t->graphs[k]->memory.measured)
            return;
    for (size_t k = 0; k < t->count; k++) {
        const uint64_t *parts = t->graphs[k]->memory.parts;
        s->bytes[k] -= (int64_t)(parts[HF_MEMORY_MALLOC_FREE] + parts[HF_MEMORY_MALLOC_CACHED] +
                                 parts[HF_MEMORY_MALLOC_TOP]);
    }
}

/* Where much is born and dies, tables are enlarged and given back, and malloc keeps the holes: up
 * to a tenth of the heap, and no more than died, may look native. */
static int64_t noise_of(const hf_case *c)
{
    int64_t tenth = hf_native_python_bytes(c->timeline->last) / 10;
    return c->growth.churn < tenth ? c->growth.churn : tenth;
}

/* Grew it in at least half of the intervals, and not in one leap? */
static bool is_steady(const hf_timeline *t, const native_series *s)
{
    size_t grew = 0, intervals = t->count - 1;
    int64_t leap = 0;
    for (size_t k = 1; k < t->count; k++) {
        int64_t more = s->bytes[k] - s->bytes[k - 1];
        grew += more > LEAST_NATIVE / 16;
        leap = more > leap ? more : leap;
    }
    return intervals < 3 ? grew == intervals
                         : grew >= 2 && grew * 2 >= intervals && leap * 4 <= s->grown * 3;
}

/* What such an object asks of malloc at least, at the library's defaults (zconf.h of zlib, the
 * manuals of bzip2 and xz). Pages that it has not touched yet do not show in the process. */
static int64_t reserve_of(const hf_graph *g, uint32_t type)
{
    static const struct {
        const char *title;
        int64_t bytes;
    } reserves[] = {
        {"zlib.Compress", 256 << 10},         {"zlib.Decompress", 39 << 10},
        {"_bz2.BZ2Compressor", 7600 << 10},   {"_bz2.BZ2Decompressor", 3700 << 10},
        {"_lzma.LZMACompressor", 94ll << 20}, {"_lzma.LZMADecompressor", 9ll << 20},
    };
    for (size_t k = 0; k < sizeof(reserves) / sizeof(*reserves); k++)
        if (strcmp(reserves[k].title, hf_graph_type_title(g, type)) == 0)
            return reserves[k].bytes;
    return 0;
}

/* An object that is known to have memory of malloc. */
static bool has_native_memory(const hf_case *c, uint32_t object)
{
    hf_species species = (hf_species)c->species[c->timeline->last->type[object]];
    return species == HF_SPECIES_NATIVE || species == HF_SPECIES_DATABASE;
}

/* An object of a C extension, of which nobody knows what memory it has. */
static bool may_have_native_memory(const hf_case *c, uint32_t object)
{
    const hf_graph *g = c->timeline->last;
    return hf_species_is_foreign(g, c->species, g->type[object]);
}

/* Small objects that became more, each with memory of its own: their holder has it. They must have
 * come in more than one interval, where there is more than one. */
static uint32_t holder_of_natives(const hf_case *c, bool (*owns)(const hf_case *, uint32_t),
                                  uint64_t *ret_count, uint32_t *ret_type)
{
    const hf_timeline *t = c->timeline;
    uint32_t owner = HF_NO_OBJECT;
    uint64_t best = 0;
    for (size_t r = 0; r < c->growth.row_count; r++) {
        const hf_growth_row *row = &c->growth.rows[r];
        uint64_t count = 0;
        uint32_t type = UINT32_MAX;
        size_t first = t->count, last = 0;
        for (size_t k = row->first; k < row->first + row->count; k++) {
            uint32_t i = c->growth.born[k];
            if (!owns(c, i))
                continue;
            count++;
            type = t->last->type[i];
            first = t->born[i] < first ? t->born[i] : first;
            last = t->born[i] > last ? t->born[i] : last;
        }
        bool stay = hf_growth_net(row) > 0 && row->died_objects * 4 < row->born_objects;
        if (count > best && hf_owner_is_object(row->owner) && stay &&
            (first < last || t->count == 2)) {
            best = count;
            owner = row->owner;
            *ret_type = type;
        }
    }
    *ret_count = best;
    return owner;
}

/* What leaks for another reason and owns native memory takes it along. */
static bool charge_to_uncollectable(int64_t grown, hf_drafts *out)
{
    for (size_t k = 0; k < out->count; k++) {
        hf_suspect *s = &out->rows[k];
        if (strcmp(s->pattern, "uncollectable") == 0) {
            s->grown += grown;
            s->retained += (uint64_t)grown;
            return true;
        }
    }
    return false;
}

/* The path's root is one that a person can follow, and stays. */
static bool is_named(const hf_case *c, uint32_t object)
{
    hf_path path;
    hf_err *err = hf_path_to(c->paths, object, &path);
    if (err) {
        hf_err_free(err);
        return false;
    }
    bool named = path.root != UINT32_MAX && !hf_calls_is_passing(c->passing, path.root) &&
                 c->timeline->last->roots[path.root].kind <= HF_ROOT_THREAD;
    hf_path_deinit(&path);
    return named;
}

static uint32_t database(const hf_case *c)
{
    const hf_graph *g = c->timeline->last;
    for (uint32_t i = 0; i < g->object_count; i++)
        if (c->species[g->type[i]] == HF_SPECIES_DATABASE && c->last->reach[i] == HF_REACH_ROOT &&
            is_named(c, i))
            return i;
    return HF_NO_OBJECT;
}

static void held_by(const hf_case *c, uint32_t holder, uint32_t type, int64_t grown, bool supposed,
                    hf_drafts *out)
{
    hf_graph *g = c->timeline->last;
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    HF_AUTO(hf_buf_deinit) hf_buf because = {0};
    const hf_native_kind *kind = hf_native_kind_of(g, type);
    hf_native_say_type(c, holder, type, &text);
    hf_buf_format(&because, "each %s has memory that is not counted as its own",
                  hf_graph_type_title(g, type));
    hf_native_finding f = {.pattern = kind->pattern,
                           .fix = kind->fix,
                           .because = hf_buf_string(&because),
                           .path = hf_native_path_to(c, holder),
                           .type = hf_native_copy(&text),
                           .object = holder,
                           .grown = grown,
                           .confidence = supposed ? 0.7 : 0.9,
                           .supposed = supposed};
    hf_native_add(c, &f, out);
}

/* How to give memory back of what such an object keeps more and more of. */
static const char *fix_of_database(hf_graph *g, uint32_t type)
{
    static const char *const others[] = {"google.protobuf.pyext._message.CMessage",
                                         "_tkinter.tkapp"};
    HF_AUTO(hf_freep) uint8_t *kinds = hf_types_named(g, others, sizeof(others) / sizeof(*others));
    switch (kinds ? kinds[type] : 0) {
    case 1:
        return "Empty the message when what it has is no longer needed (Clear(), ClearField(), del "
               "on a repeated field), or begin another one.";
    case 2:
        return "Destroy widgets that are no longer shown (destroy()), and delete images, items of "
               "a "
               "canvas and lines of a text that are no longer needed: Tk keeps them until then.";
    default:
        return "Delete what is no longer needed from this database, or keep it in a file.";
    }
}

static void in_database(const hf_case *c, uint32_t database, int64_t grown, hf_drafts *out)
{
    hf_graph *g = c->timeline->last;
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    hf_buf_format(&text, "%s (native memory)", hf_graph_type_name(g, database));
    hf_native_finding f = {.pattern = "native-held",
                           .fix = fix_of_database(g, g->type[database]),
                           .path = hf_native_path_to(c, database),
                           .type = hf_native_copy(&text),
                           .object = database,
                           .grown = grown,
                           .confidence = 0.7};
    hf_native_add(c, &f, out);
}

/* Bytes of a part of the memory; 0 where it was not measured. */
static int64_t part_of(const hf_graph *g, hf_memory_part part)
{
    return g->memory.measured ? (int64_t)g->memory.parts[part] : 0;
}

/* By how much it grew. */
static int64_t more_of(const hf_timeline *t, hf_memory_part part)
{
    return part_of(t->last, part) - part_of(t->graphs[0], part);
}

/* Objects that only an object of a C extension refers to are not found without its help. */
static void in_blocks_of_nobody(const hf_case *c, int64_t grown, hf_drafts *out)
{
    hf_native_finding f = {
        .pattern = "native-leak",
        .fix = "Look again with --ask-extensions, which finds objects that only objects "
               "of C extensions refer to; else look for a missing Py_DECREF or "
               "PyMem_Free in native code.",
        .because = "most of it in blocks of Python's allocator that no object refers to",
        .path = strdup("native memory (Python's allocator), no known owner"),
        .type = strdup("native blocks of pymalloc"),
        .object = HF_NO_OBJECT,
        .grown = grown,
        .confidence = 0.7};
    hf_native_add(c, &f, out);
}

static void in_mappings_of_nobody(const hf_case *c, int64_t grown, hf_drafts *out)
{
    hf_native_finding f = {
        .pattern = "native-leak",
        .fix =
            "Look for native code (ctypes, a C extension, its library) that maps memory (mmap) "
            "and does not unmap all of it; `strace -f -k -e trace=mmap,munmap` shows the caller.",
        .because = "most of it in anonymous mappings that no allocator and no object has",
        .path = strdup("native memory (anonymous mappings), no known owner"),
        .type = strdup("native mappings (mmap)"),
        .object = HF_NO_OBJECT,
        .grown = grown,
        .confidence = 0.7};
    hf_native_add(c, &f, out);
}

/* The suspect that is os.environ, or NULL: for each entry putenv() has a copy of its own. */
static const hf_suspect *environment(const hf_drafts *drafts)
{
    for (size_t k = 0; k < drafts->count; k++)
        if (strcmp(drafts->rows[k].path, "module posix.environ") == 0)
            return &drafts->rows[k];
    return NULL;
}

static void in_environment(const hf_case *c, const hf_suspect *s, int64_t grown, hf_drafts *out)
{
    hf_native_finding f = {.pattern = s->pattern,
                           .fix = s->fix,
                           .because = "native copies that putenv() made",
                           .path = strdup(s->path),
                           .type = strdup(s->type),
                           .object = HF_NO_OBJECT,
                           .grown = grown,
                           .confidence = s->confidence};
    hf_native_add(c, &f, out);
}

/* by_itself: as the memory of C code tells, whatever the process did. */
static void without_owner(const hf_case *c, int64_t grown, bool by_itself, hf_drafts *out)
{
    const hf_suspect *copied = environment(out);
    if (copied && grown <= 2 * copied->grown) {
        in_environment(c, copied, grown, out);
        return;
    }
    if (more_of(c->timeline, HF_MEMORY_OTHER_BLOCKS) * 2 > grown) {
        in_blocks_of_nobody(c, grown, out);
        return;
    }
    if (more_of(c->timeline, HF_MEMORY_UNEXPLAINED) * 2 > grown) {
        in_mappings_of_nobody(c, grown, out);
        return;
    }
    hf_native_finding f = {
        .pattern = "native-leak",
        .fix = hf_native_by_ctypes_alone(c->timeline->last)
                   ? "Look at what this program calls by ctypes, since no extension but those of "
                     "the standard library is loaded: what C hands out must be given back to C by "
                     "the function that its library has for it (free, destroy, close); `ltrace` on "
                     "malloc shows the caller."
                   : "Look for native code (ctypes, a C extension, its library) that allocates "
                     "and never frees; a native heap profiler or `ltrace` on malloc shows the "
                     "caller.",
        .because = by_itself ? "memory of C code (malloc) grew from each look to the next" : NULL,
        .path = strdup("native memory (malloc), no Python owner"),
        .type = strdup("native malloc"),
        .object = HF_NO_OBJECT,
        .grown = grown,
        .confidence = 0.8};
    hf_native_add(c, &f, out);
}

/* Whether so many new ones are enough to be charged with what grew: a few are where they came to
 * many that are there already, and what their like is known to take explains it. */
static bool are_enough(const hf_case *c, uint32_t holder, uint64_t count, uint32_t type,
                       int64_t grown)
{
    enum { TWO = 2, MANY = 32 };
    if (count >= FEW || count < TWO)
        return count >= FEW;
    const hf_graph *g = c->timeline->last;
    return hf_graph_length(g, holder) >= MANY && (int64_t)count * reserve_of(g, type) * 2 >= grown;
}

/* What is too much to say that nothing grows, and too uneven to be called a leak. */
static void note_early(int64_t grown, hf_drafts *out)
{
    char path[] = "native memory that no object accounts for";
    hf_drafts_note_early(out, (hf_early){.path = path, .grown = grown});
}

/* Native memory that grew, and what may be made of it. */
typedef struct native_sum {
    int64_t grown;
    bool much;      /* enough to accuse somebody */
    bool notable;   /* enough to accuse a database */
    bool early;     /* enough to look longer */
    bool by_itself; /* it shows in the memory of C code, and not in the whole process */
    hf_native_growth of_c;
} native_sum;

static native_sum weigh(const hf_case *c, const native_series *s, int64_t noise)
{
    const hf_timeline *t = c->timeline;
    /* Headers of malloc, free lists and stacks: a third of what the process grew may
     * be Python's. */
    bool most = s->grown * 3 >= s->process, steady = t->count > 1 && most && is_steady(t, s);
    int64_t explained = noise + stacks_of_new_threads(t);
    native_sum sum = {.grown = s->grown,
                      .much = steady && s->grown >= LEAST_NATIVE + explained,
                      .notable = steady && s->grown >= LEAST_NATIVE / 2 + explained,
                      .early = most && s->grown >= 2 * LEAST_NATIVE + explained,
                      .of_c = hf_native_growth_of(c)};
    const hf_native_growth *n = &sum.of_c;
    if (n->may_end && n->bytes * 2 >= s->grown) {
        sum.much = sum.notable = false;
        sum.early = true;
        sum.grown = n->bytes;
    } else if (n->now_and_then && !n->may_end && !sum.much) {
        sum.much = sum.notable = sum.by_itself = n->steady;
        sum.early = true;
        sum.grown = n->bytes;
    }
    return sum;
}

/* Who has most of what came and may have native memory, and stays. HF_NO_OBJECT where nobody does,
 * or its members come and go: if that explains what grew, it is too early to accuse anybody. */
static uint32_t holder_that_keeps(const hf_case *c, bool (*owns)(const hf_case *, uint32_t),
                                  native_sum *sum, uint64_t *ret_count, uint32_t *ret_type)
{
    bool explains = false;
    uint32_t holder = holder_of_natives(c, owns, ret_count, ret_type);
    if (holder == HF_NO_OBJECT ||
        !hf_native_is_passing(c, &sum->of_c, holder, *ret_type, &explains))
        return holder;
    sum->early |= sum->much;
    sum->much &= !explains;
    *ret_count = 0;
    return HF_NO_OBJECT;
}

/* Whether few new objects of `type` explain it, whose holder has no bound to stop at. */
static bool are_few_and_large(const hf_case *c, const native_sum *sum, uint32_t holder,
                              uint64_t count, uint32_t type)
{
    return holder != HF_NO_OBJECT && !(c->timeline->last->flags[holder] & HF_OBJECT_BOUNDED) &&
           hf_native_is_share_of(c, &sum->of_c, count, type);
}

/* Whether somebody owns it who is known to have such memory. */
static bool charge_to_known(const hf_case *c, native_sum *sum, hf_drafts *out)
{
    uint64_t count = 0;
    uint32_t type = UINT32_MAX;
    uint32_t holder = holder_that_keeps(c, has_native_memory, sum, &count, &type);
    bool few = are_few_and_large(c, sum, holder, count, type);
    if (!few && !are_enough(c, holder, count, type, sum->grown))
        return false;
    /* what they ask for may not have been touched yet */
    int64_t asked = (int64_t)count * reserve_of(c->timeline->last, type);
    if (sum->much || few || asked >= 2 * LEAST_NATIVE)
        held_by(c, holder, type, sum->much || few ? sum->grown : asked, false, out);
    else if (sum->early)
        note_early(sum->grown, out);
    return true;
}

/* What the suspects grew by so far. */
static int64_t accused_growth(const hf_drafts *drafts)
{
    int64_t sum = 0;
    for (size_t k = 0; k < drafts->count; k++)
        sum += drafts->rows[k].harmless ? 0 : drafts->rows[k].grown;
    return sum;
}

static void charge_to_others(const hf_case *c, native_sum *sum, hf_drafts *out)
{
    uint64_t count = 0;
    uint32_t type = UINT32_MAX;
    uint32_t holder = holder_that_keeps(c, may_have_native_memory, sum, &count, &type);
    bool few = are_few_and_large(c, sum, holder, count, type);
    if (few || (sum->much && count >= FEW))
        held_by(c, holder, type, sum->grown, true, out);
    else if (sum->much && sum->by_itself && accused_growth(out) * 2 >= sum->grown)
        return; /* so much may belong to what is accused */
    else if (sum->much)
        without_owner(c, sum->grown, sum->by_itself, out);
    else if (sum->early)
        note_early(sum->grown, out);
}

hf_err *hf_suspects_native(hf_case *c, hf_drafts *out)
{
    const hf_timeline *t = c->timeline;
    HF_AUTO(hf_freep) int64_t *bytes = calloc(t->count, sizeof(*bytes));
    native_series s = {.bytes = bytes};
    if (!bytes || !subtract_python(t, &s))
        return hf_fail_memory();
    subtract_free(t, &s);
    s.process = hf_anonymous_bytes(t->last) - hf_anonymous_bytes(t->graphs[0]);
    s.grown = bytes[t->count - 1] - bytes[0];
    int64_t noise = noise_of(c);
    if (hf_fragmentation(c, s.process, noise, out))
        return out->failed ? hf_fail_memory() : NULL;

    native_sum sum = weigh(c, &s, noise);
    if (sum.much && charge_to_uncollectable(sum.grown, out))
        return NULL;
    if (charge_to_known(c, &sum, out))
        return out->failed ? hf_fail_memory() : NULL;
    uint32_t base = sum.notable ? database(c) : HF_NO_OBJECT;
    if (base != HF_NO_OBJECT)
        in_database(c, base, sum.grown, out);
    else
        charge_to_others(c, &sum, out);
    return out->failed ? hf_fail_memory() : NULL;
}

/* The collection below which most objects with native memory are. */
static uint32_t collection_of_natives(const hf_case *c, bool (*owns)(const hf_case *, uint32_t),
                                      uint64_t *ret_count, uint32_t *ret_type)
{
    enum { LEVELS = 8 };
    const hf_graph *g = c->timeline->last;
    uint32_t best = HF_NO_OBJECT;
    HF_AUTO(hf_map_deinit) hf_map count_of;
    hf_map_init(&count_of);
    *ret_count = 0;
    for (uint32_t i = 0; i < g->object_count; i++) {
        if (!owns(c, i))
            continue;
        uint32_t up = c->last->parent[i];
        for (int level = 0; level < LEVELS && up < c->last->count;
             level++, up = c->last->parent[up]) {
            hf_species above = (hf_species)c->species[g->type[up]];
            bool collects = above >= HF_SPECIES_LIST && above <= HF_SPECIES_DEQUE;
            if (!collects || hf_graph_length(g, up) < FEW || hf_shape_is_namespace(g, up))
                continue;
            uint32_t count = hf_map_increment(&count_of, up);
            if (!count)
                return HF_NO_OBJECT;
            if (count > *ret_count) {
                *ret_count = count;
                *ret_type = g->type[i];
                best = up;
            }
            break;
        }
    }
    return best;
}

/* What one snapshot tells of memory beside objects. What libraries take when they are imported
 * was measured: most less than 1 MB, sklearn with scipy 2.2 MB. What is more than that somebody
 * has asked for. */
/* Whether objects that no root leads to have native memory: it goes with them, and they are
 * told. */
static bool is_of_what_nobody_holds(const hf_case *c)
{
    size_t count = 0;
    for (uint32_t i = 0; i < c->timeline->last->object_count; i++)
        count += c->last->reach[i] != HF_REACH_ROOT && has_native_memory(c, i);
    return count >= FEW;
}

hf_err *hf_opinions_native(hf_case *c, hf_drafts *out)
{
    enum { LEAST = 1 << 20, OF_LIBRARIES = 5 << 19, PART = 3, MANY = 32 };
    const hf_graph *g = c->timeline->last;
    int64_t whole = hf_anonymous_bytes(g);
    hf_fragmentation_opinion(c, whole, out);
    if (!g->memory.measured) /* what is no object may be anything */
        return out->failed ? hf_fail_memory() : NULL;
    uint64_t shares[HF_SHARES] = {0};
    hf_memory_shares(&g->memory, c->last->garbage_bytes, c->last->c_held_bytes, shares);
    int64_t native = (int64_t)shares[HF_SHARE_NATIVE], more = native - OF_LIBRARIES;
    uint64_t count = 0;
    uint32_t type = UINT32_MAX;
    uint32_t holder = collection_of_natives(c, has_native_memory, &count, &type);
    int64_t asked = count >= FEW ? (int64_t)count * reserve_of(g, type) : 0;
    bool much = native * PART >= whole && native >= LEAST;
    uint32_t base = much || more >= LEAST ? database(c) : HF_NO_OBJECT;
    int64_t blocks = part_of(g, HF_MEMORY_OTHER_BLOCKS); /* of the interpreter itself some ten KB */
    if (blocks >= LEAST)
        in_blocks_of_nobody(c, blocks, out);
    int64_t mapped = part_of(g, HF_MEMORY_UNEXPLAINED) - OF_LIBRARIES; /* OpenBLAS: 1 MB a thread */
    if (mapped >= LEAST)
        in_mappings_of_nobody(c, mapped, out);
    if (count >= FEW && (much || more >= LEAST || asked >= LEAST)) {
        held_by(c, holder, type, asked > native ? asked : native, false, out);
    } else if (base != HF_NO_OBJECT) {
        in_database(c, base, native, out);
    } else if (more >= LEAST && !is_of_what_nobody_holds(c)) {
        holder = collection_of_natives(c, may_have_native_memory, &count, &type);
        if (count >= MANY)
            held_by(c, holder, type, more, true, out);
        else
            without_owner(c, more, false, out);
    }
    return out->failed ? hf_fail_memory() : NULL;
}
