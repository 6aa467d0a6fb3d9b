/* cpython/heap.c - opening a frozen heap: rows are tried until one is proved. */
#include "acquire/core.h"
#include "acquire/files.h"
#include "base/huge.h"
#include "cpython/calibrate.h"
#include "cpython/debug_info.h"
#include "cpython/layout_sound.h"
#include "cpython/prove.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAME_LIMIT = 512, MEMBERS_SURE = 1000 };

uint32_t hf_name_of(hf_heap *heap, const hf_buf *text)
{
    if (text->failed || !text->length)
        return 0;
    uint32_t name = hf_strtab_add(&heap->names, (const char *)text->data, text->length);
    heap->failed = heap->failed || name == HF_STR_NONE;
    return name == HF_STR_NONE ? 0 : name;
}

uint32_t hf_name(hf_heap *heap, const char *text)
{
    uint32_t name = hf_strtab_add(&heap->names, text, strlen(text));
    heap->failed = heap->failed || name == HF_STR_NONE;
    return name == HF_STR_NONE ? 0 : name;
}

uint32_t hf_name_of_str(hf_heap *heap, uint64_t str)
{
    uint32_t name = hf_map_get(&heap->name_of_str, str);
    if (name != HF_MAP_NONE)
        return name;
    hf_buf text;
    hf_buf_init(&text, 0);
    if (!hf_decode_str(&heap->decode, str, NAME_LIMIT, &text))
        hf_buf_clear(&text);
    name = hf_name_of(heap, &text);
    hf_buf_deinit(&text);
    heap->failed = heap->failed || !hf_map_put(&heap->name_of_str, str, name);
    return name;
}

uint32_t hf_name_of_label(hf_heap *heap, const hf_raw_edge *edge)
{
    if (!edge->field)
        return edge->label ? hf_name_of_str(heap, edge->label) : 0;
    /* Names of ours have static lifetime, and those of C types live as long as the record. */
    uint64_t key = (uint64_t)(uintptr_t)edge->field | 1ull << 63;
    uint32_t name = hf_map_get(&heap->name_of_str, key);
    if (name != HF_MAP_NONE)
        return name;
    name = hf_name(heap, edge->field);
    heap->failed = heap->failed || !hf_map_put(&heap->name_of_str, key, name);
    return name;
}

static void forget_proof(hf_heap *heap)
{
    hf_qualnames_free(heap);
    hf_types_deinit(&heap->types);
    hf_huge_free(heap->listed, heap->marks.word_count + 1, sizeof(*heap->listed));
    heap->listed = NULL;
    hf_marks_deinit(&heap->marks);
    free(heap->frozen);
    free(heap->recent);
    heap->frozen = heap->recent = NULL;
    free(heap->public_names);
    heap->public_names = NULL;
    heap->lists = (hf_list_count){0};
    free(heap->immortals);
    heap->immortals = NULL;
    heap->immortal_count = heap->immortal_capacity = 0;
    heap->decode = (hf_decode){0};
    hf_asked_deinit(&heap->asked);
    hf_claims_deinit(&heap->claims);
    hf_map_deinit(&heap->owner_of_table);
    hf_map_deinit(&heap->owned_tables);
    hf_map_deinit(&heap->missed);
    free(heap->led_to);
    heap->led_to = NULL;
    heap->led_to_count = heap->led_to_capacity = 0;
}

static hf_err *start_proof(hf_heap *heap, const hf_layout *layout)
{
    heap->runtime.layout = layout;
    heap->interpreter_count =
        hf_runtime_interpreters(heap->target, &heap->runtime, layout, heap->interpreters);
    heap->decode = (hf_decode){.target = heap->target,
                               .layout = layout,
                               .none_address = heap->runtime.none,
                               .type_type_address = heap->runtime.type_type,
                               .interpreter = heap->interpreters[0]};
    hf_err *err = hf_types_init(&heap->types, &heap->decode);
    if (err)
        return err;
    size_t count;
    const hf_segment *segments = hf_target_segments(heap->target, &count);
    err = hf_marks_init(&heap->marks, segments, count);
    if (err)
        return err;
    heap->frozen = calloc(heap->marks.word_count + 1, sizeof(*heap->frozen));
    heap->recent = calloc(heap->marks.word_count + 1, sizeof(*heap->recent));
    return heap->frozen && heap->recent ? NULL : hf_fail_memory();
}

/* sys.modules is a dict in which at least "sys" and "builtins" are found, as modules. */
static bool modules_agree(hf_heap *heap)
{
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    uint64_t modules = hf_member(d, heap->interpreters[0], l->interpreter_modules);
    uint64_t module_type = hf_target_symbol(heap->target, "PyModule_Type", NULL);
    static const char *const always[] = {"sys", "builtins"};
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
        uint64_t module = hf_dict_lookup(d, modules, always[i]);
        const hf_type_record *type = module ? hf_type_of(d, module) : NULL;
        if (!type || (module_type && type->address != module_type))
            return false;
    }
    return true;
}

/* At rest as far as the freezer could tell, and no thread has begun to run that it did not know. */
static bool is_at_rest(const hf_heap *heap)
{
    return hf_target_freeze_info(heap->target)->at_rest && !heap->torn &&
           !hf_runtime_runs(heap->target, &heap->runtime);
}

/* A wrong number contradicts all objects of a type alike, damage single ones. In the middle of an
 * instruction more are half made; memory that was read while it changed holds many. */
static uint64_t objects_forgiven(const hf_heap *heap, uint64_t asked)
{
    enum { AT_REST = 64, BUSY = 32, HALF_MADE = 2, TORN = 4 };
    if (heap->torn)
        return asked / TORN + HALF_MADE;
    return is_at_rest(heap) ? asked / AT_REST : asked / BUSY + HALF_MADE;
}

/* The same for pages. What a thread was just taking or giving back does not add up, so that not
 * all need when threads run. */
static bool pages_prove(const hf_heap *heap, char why[HF_WHY])
{
    enum { RUNNING_SHARE = 16, TORN_SHARE = 2, STRANGERS_SHARE = 16 };
    const hf_list_count *lists = &heap->lists;
    uint64_t allowed = is_at_rest(heap) ? 0 : lists->pages / RUNNING_SHARE;
    if (heap->torn)
        allowed = lists->pages / TORN_SHARE;
    /* Tracked blocks without an object are forgiven as objects are. */
    if (lists->members >= MEMBERS_SURE && lists->broken <= allowed &&
        lists->strangers <= objects_forgiven(heap, lists->members) / STRANGERS_SHARE)
        return true;
    snprintf(why, HF_WHY,
             "%llu of mimalloc's %llu pages do not add up, and %llu blocks are no objects, with "
             "%llu members of the collector",
             (unsigned long long)lists->broken, (unsigned long long)lists->pages,
             (unsigned long long)lists->strangers, (unsigned long long)lists->members);
    return false;
}

/* Whether objects of a rare type are damaged rather than misread: others are decoded by the same
 * numbers, and these are sound. */
static bool is_damage(const hf_heap *heap, const hf_type_record *type)
{
    enum { RARE_SHARE = 8 };
    const void *family = hf_prove_family(type);
    uint64_t asked = 0, failed = 0;
    for (size_t i = 0; i < heap->types.count; i++) {
        const hf_type_record *other = heap->types.records[i];
        if (hf_prove_family(other) != family)
            continue;
        asked += other->asked;
        failed += other->failed;
    }
    return type->failed <= 1 + type->asked / RARE_SHARE && failed <= objects_forgiven(heap, asked);
}

bool hf_heap_is_contradicted(const hf_heap *heap, char why[HF_WHY])
{
    enum { IN_MOTION = 8 };
    if (heap->decode.contradictions > (is_at_rest(heap) ? 0 : IN_MOTION)) {
        snprintf(why, HF_WHY, "%s", heap->decode.contradiction);
        return true;
    }
    for (size_t i = 0; i < heap->types.count; i++) {
        const hf_type_record *type = heap->types.records[i];
        if (type->failed <= objects_forgiven(heap, type->asked) || is_damage(heap, type))
            continue;
        snprintf(why, HF_WHY, "%.100s, in %llu of %llu objects", type->doubt,
                 (unsigned long long)type->failed, (unsigned long long)type->asked);
        return true;
    }
    return false;
}

/* Whether the collector's lists, now marked, prove the row. At rest every ring must close. In the
 * middle of an instruction one link may be half made: then both ends must meet. During a
 * collection, or in memory that was read while it changed, lists are in pieces: then the objects
 * that were found by their links must be many. */
static bool lists_prove(const hf_heap *heap, char why[HF_WHY])
{
    const hf_list_count *lists = &heap->lists;
    bool at_rest = hf_target_freeze_info(heap->target)->at_rest;
    if (lists->broken + lists->repaired == 0 || (!at_rest && !lists->broken) ||
        (heap->torn && lists->members >= MEMBERS_SURE))
        return true;
    snprintf(why, HF_WHY, "%llu of the collector's lists do not close after %llu members",
             (unsigned long long)(lists->broken + lists->repaired),
             (unsigned long long)lists->members);
    return false;
}

/* So far nothing else is marked. Whoever follows objects asks each whether it is linked,
 * which leads to the header of its neighbour, anywhere in memory. Of these it is known. */
static hf_err *note_listed(hf_heap *heap)
{
    const hf_marks *marks = &heap->marks;
    if (heap->runtime.layout->free_threaded || heap->torn || heap->lists.repaired ||
        heap->lists.broken)
        return NULL;
    heap->listed = hf_huge_calloc(marks->word_count + 1, sizeof(*heap->listed));
    if (!heap->listed)
        return hf_fail_memory();
    for (uint64_t w = 0; w < marks->word_count; w++)
        if (marks->words[w])
            heap->listed[w] = marks->words[w];
    return NULL;
}

static hf_err *prove(hf_heap *heap, const hf_layout *layout, char why[HF_WHY], bool *ret)
{
    *ret = false;
    if (!hf_layout_is_sound(layout, why, HF_WHY) ||
        !hf_runtime_fits(heap->target, &heap->runtime, layout, false, why))
        return NULL;
    hf_err *err = start_proof(heap, layout);
    if (err)
        return err;
    if (!modules_agree(heap)) {
        snprintf(why, HF_WHY, "sys.modules has no sys and builtins");
        return NULL;
    }
    hf_runtime_describe(heap->target, &heap->runtime, &heap->info);
    const hf_freeze_info *freeze = hf_target_freeze_info(heap->target);
    heap->torn = freeze->way == HF_WAY_LIVE || heap->info.gc_collecting;
    if (layout->free_threaded)
        err = hf_tracked_mark(heap);
    else
        hf_lists_mark(heap);
    if (!err)
        err = note_listed(heap);
    if (!err)
        err = hf_qualnames_find(heap);
    if (err)
        return err;
    hf_prove_runtime(heap);
    hf_allocator_find(heap);
    *ret = (layout->free_threaded ? pages_prove : lists_prove)(heap, why) &&
           hf_prove_shapes(heap, is_at_rest(heap), why) && !hf_heap_is_contradicted(heap, why);
    return NULL;
}

/* What is told of the way the row was come by: the version that it was made for, its sibling, debug
 * information, or calibration. */
static void name_table(hf_heap *heap)
{
    const hf_layout *row = heap->runtime.layout;
    uint32_t version = heap->runtime.version;
    char *name = heap->info.table;
    size_t size = sizeof(heap->info.table);
    if (row == &heap->calibrated && *heap->informant)
        snprintf(name, size, "debug information of %.60s, with %s", heap->informant,
                 heap->base->name);
    else if (row == &heap->calibrated)
        snprintf(name, size, *heap->moved ? "calibrated from %s (%s)" : "calibrated from %s",
                 heap->base->name, heap->moved);
    else if (version >= row->first_version && version <= row->last_version)
        snprintf(name, size, "%s", row->name);
    else
        snprintf(name, size, "sibling %s", row->name);
}

static void note_refusal(hf_heap *heap, const char *name, const char *why)
{
    hf_buf_format(&heap->reasons, "%s%s: %s", heap->reasons.length ? "; " : "", name, why);
}

/* What the words say that tell of rest; of no row was it known where they are. */
static void note_rest(hf_heap *heap)
{
    hf_python_probe probe = {0};
    hf_runtime_rest_words(heap->target, &heap->runtime, &probe);
    hf_target_note_rest(heap->target, probe.rest, probe.rest_count);
}

/* Proves the row that was made for this process, if one was. */
static hf_err *prove_made(hf_heap *heap, bool found, const char *how, char why[HF_WHY], bool *ret)
{
    forget_proof(heap);
    hf_err *err = found ? prove(heap, &heap->calibrated, why, ret) : NULL;
    if (!err && *ret) {
        name_table(heap);
        note_rest(heap);
    } else if (!err) {
        note_refusal(heap, how, why);
    }
    return err;
}

/* Takes the places of members from debug information, and what that does not tell from a row
 * that was refused; proves what comes of it. */
static hf_err *try_debug_info(hf_heap *heap, bool *ret)
{
    const hf_target_file *files[HF_FILES_MAX];
    size_t count = hf_target_files_of(heap->target, heap->runtime.address, files);
    hf_err *err = NULL;
    *ret = false;
    if (!heap->row_count || heap->knows_debug_info)
        return NULL;
    heap->knows_debug_info = true; /* asked once */
    for (size_t i = 0; i < count && !err && !*ret; i++) {
        char why[HF_WHY] = "";
        bool found;
        heap->base = heap->rows[0];
        err = hf_row_from_debug_info(files[i]->bytes, files[i]->size, heap->base, &heap->calibrated,
                                     why, sizeof(why), &found);
        snprintf(heap->informant, sizeof(heap->informant), "%s", files[i]->name);
        if (!err)
            err = prove_made(heap, found, "debug information", why, ret);
    }
    return err;
}

/* Makes rows from those that were refused, the nearest first, and proves them. */
static hf_err *try_calibrated(hf_heap *heap, bool *ret)
{
    enum { BASES_MAX = 4 };
    hf_err *err = NULL;
    *ret = false;
    while (heap->may_calibrate && heap->next_base < heap->row_count &&
           heap->next_base < BASES_MAX && !err && !*ret) {
        const hf_layout *base = heap->rows[heap->next_base++];
        char why[HF_WHY] = "";
        bool found;
        *heap->informant = 0;
        forget_proof(heap);
        err = hf_calibrate(heap, base, &heap->calibrated, heap->moved, why, &found);
        heap->base = base;
        if (!err)
            err = prove_made(heap, found, "calibrated", why, ret);
    }
    return err;
}

static hf_err *try_rows(hf_heap *heap)
{
    hf_err *err = NULL;
    bool proved = false;
    while (heap->next_row < heap->row_count && !err) {
        const hf_layout *row = heap->rows[heap->next_row++];
        char why[HF_WHY] = "";
        forget_proof(heap);
        err = prove(heap, row, why, &proved);
        if (!err && proved) {
            name_table(heap);
            return NULL;
        }
        note_refusal(heap, row->name, why);
    }
    if (!err && heap->may_calibrate)
        err = try_debug_info(heap, &proved);
    if (!err && !proved)
        err = try_calibrated(heap, &proved);
    if (err || proved)
        return err;
    if (!heap->row_count)
        hf_buf_text(&heap->reasons, "none is known for this version");
    return hf_runtime_unproven(heap->target, &heap->runtime, hf_buf_string(&heap->reasons));
}

hf_err *hf_heap_try_next(hf_heap *heap, const char *why)
{
    note_refusal(heap, heap->info.table, why);
    for (size_t i = 0; i < heap->thread_count; i++)
        free(heap->threads[i].frames);
    heap->thread_count = heap->root_count = heap->stack_count = heap->pending_count = 0;
    heap->tabled_count = 0;
    heap->sweep = 0;
    hf_map_deinit(&heap->name_of_str);
    hf_map_init(&heap->name_of_str);
    return try_rows(heap);
}

static hf_err *open_heap(hf_target *frozen, const hf_layout *const *rows, size_t count,
                         bool may_calibrate, hf_heap **ret)
{
    hf_heap *heap = calloc(1, sizeof(*heap));
    if (!heap)
        return hf_fail_memory();
    heap->target = frozen;
    heap->may_calibrate = may_calibrate;
    hf_map_init(&heap->name_of_str);
    hf_err *err = hf_strtab_init(&heap->names) ? NULL : hf_fail_memory();
    if (!err)
        err = hf_runtime_find(frozen, &heap->runtime);
    hf_buf_init(&heap->reasons, 4096);
    if (!err && !rows)
        heap->row_count = hf_runtime_candidates(&heap->runtime, heap->rows, HF_ROWS_MAX);
    for (size_t i = 0; rows && i < count && i < HF_ROWS_MAX; i++)
        heap->rows[heap->row_count++] = rows[i];
    if (!err)
        err = try_rows(heap);
    if (!err)
        err = hf_roots_find_ranges(heap);
    if (err) {
        hf_heap_free(heap);
        return err;
    }
    *ret = heap;
    return NULL;
}

hf_err *hf_heap_open(hf_target *frozen, hf_heap **ret)
{
    return open_heap(frozen, NULL, 0, true, ret);
}

hf_err *hf_heap_open_with(hf_target *frozen, const hf_layout *const *rows, size_t count,
                          hf_heap **ret)
{
    return open_heap(frozen, rows, count, false, ret);
}

hf_err *hf_heap_open_calibrated(hf_target *frozen, const hf_layout *const *rows, size_t count,
                                hf_heap **ret)
{
    return open_heap(frozen, rows, count, true, ret);
}

void hf_heap_free(hf_heap *heap)
{
    if (!heap)
        return;
    forget_proof(heap);
    hf_blocks_deinit(heap);
    hf_buf_deinit(&heap->reasons);
    hf_strtab_deinit(&heap->names);
    hf_map_deinit(&heap->name_of_str);
    for (size_t i = 0; i < heap->thread_count; i++)
        free(heap->threads[i].frames);
    free(heap->threads);
    free(heap->roots);
    free(heap->stacks);
    free(heap->tabled);
    free(heap->ranges);
    free(heap->pending);
    free(heap);
}

const hf_python_info *hf_heap_python(const hf_heap *heap)
{
    return &heap->info;
}

const hf_asking_info *hf_heap_asking(const hf_heap *heap)
{
    return &heap->asking;
}

const hf_strtab *hf_heap_names(const hf_heap *heap)
{
    return &heap->names;
}
