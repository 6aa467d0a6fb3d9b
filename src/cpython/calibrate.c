#include "cpython/calibrate.h"

#include "cpython/decode_read.h"
#include "cpython/layout_entries.h"
#include "cpython/layout_sound.h"
#include "cpython/prove.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    STEP = 4,
    SHIFTS = 2 * HF_CALIBRATED_RANGE / STEP + 1, /* the middle one is no shift */
    MEMBERS_MAX = 96,
    THREADS_MAX = 1024,
    IMPOSSIBLE = 1 << 16,
    SLACK = 1, /* a way with so many changes more than the fewest may be the true one */
};

/* One of the structs, with its members in order of their place. */
typedef struct {
    const char *name, *structures[2]; /* as it is called in messages, and in layout_fields.h */
    size_t constants[4];              /* members whose entries are constants */
    size_t size;                      /* of the first structure, unless the second goes on behind */
} group;

static const group runtime_group = {.name = "_PyRuntimeState",
                                    .structures = {"_PyRuntimeState"},
                                    .size = offsetof(hf_layout, runtime_size)};
static const group interpreter_group = {
    .name = "PyInterpreterState",
    .structures = {"PyInterpreterState"},
    .constants = {offsetof(hf_layout, interpreter_free_lists),
                  offsetof(hf_layout, interpreter_free_lists_end)},
    .size = offsetof(hf_layout, interpreter_size),
};
static const group collector_group = {
    .name = "_gc_runtime_state",
    .structures = {"struct _gc_runtime_state"},
    .constants = {offsetof(hf_layout, gc_generation0), offsetof(hf_layout, gc_permanent_generation),
                  offsetof(hf_layout, gc_long_lived_total),
                  offsetof(hf_layout, gc_long_lived_pending)},
    .size = offsetof(hf_layout, gc_size),
};
static const group thread_group = {
    .name = "PyThreadState",
    .structures = {"PyThreadState", "_PyThreadStateImpl"},
    .constants = {offsetof(hf_layout, thread_mimalloc_heaps),
                  offsetof(hf_layout, thread_mimalloc_initialized)},
    .size = offsetof(hf_layout, thread_size),
};

typedef struct {
    const hf_layout_entry *entry;
    bool tied; /* to the member before it: they stand `distance` apart in every source */
    int32_t distance;
    int32_t place;       /* in the base */
    bool may_be[SHIFTS]; /* in all instances */
    int before[SHIFTS];  /* fewest changes of the shift up to here, with this one */
    int after[SHIFTS];   /* ... and from here on */
} member;

typedef struct {
    hf_calibration *c;
    const group *group;
    const uint64_t *instances;
    size_t instance_count;
    member members[MEMBERS_MAX];
    size_t count;
    bool end_is_known;
    int32_t end; /* how far the end of the struct has moved */
} search;

static int32_t shift_of(int index)
{
    return (index - SHIFTS / 2) * STEP;
}

static bool is_in(const group *g, const hf_layout_entry *e)
{
    if (e->kind == HF_ENTRY_CONSTANT)
        for (size_t i = 0; i < sizeof(g->constants) / sizeof(g->constants[0]); i++)
            if (g->constants[i] && g->constants[i] == e->place)
                return true;
    for (size_t i = 0; e->kind == HF_ENTRY_FIELD && i < 2; i++)
        if (g->structures[i] && !strcmp(g->structures[i], e->structure))
            return true;
    return false;
}

const char *hf_calibrated_struct(const hf_layout_entry *entry)
{
    static const group *const all[] = {&runtime_group, &interpreter_group, &collector_group,
                                       &thread_group};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (is_in(all[i], entry))
            return all[i]->name;
    return NULL;
}

/* What the target states of itself is not searched for. */
static const struct {
    size_t place, stated;
} stated[] = {
#define STATED(name)                                                         \
    {                                                                        \
        offsetof(hf_layout, name), offsetof(hf_layout, debug_offsets_##name) \
    }
    STATED(runtime_size),
    STATED(runtime_interpreters_head),
    STATED(interpreter_size),
    STATED(interpreter_next),
    STATED(interpreter_threads_head),
    STATED(interpreter_gc),
    STATED(interpreter_modules),
    STATED(thread_size),
    STATED(thread_current_frame),
    STATED(thread_native_thread_id),
    STATED(gc_size),
    STATED(gc_collecting),
#undef STATED
};

static int32_t value_at(const hf_layout *l, size_t place)
{
    int32_t value;
    memcpy(&value, (const char *)l + place, sizeof(value));
    return value;
}

static void set(hf_layout *l, size_t place, int32_t value)
{
    memcpy((char *)l + place, &value, sizeof(value));
}

/* True where the debug offsets state this member; *ret is what they say. */
static bool is_stated(const hf_calibration *c, size_t place, int32_t *ret)
{
    enum { NO_OFFSET = 1 << 24 };
    for (size_t i = 0;
         HF_HAS(&c->row, runtime_debug_offsets) && i < sizeof(stated) / sizeof(stated[0]); i++) {
        int32_t at = value_at(&c->row, stated[i].stated);
        if (stated[i].place != place || at == HF_ABSENT)
            continue;
        uint64_t found =
            hf_u64_at(c->d, c->runtime + (uint64_t)c->row.runtime_debug_offsets + (uint64_t)at);
        *ret = found < NO_OFFSET ? (int32_t)found : -1;
        return true;
    }
    return false;
}

static bool may_be(const search *s, const member *m, int32_t shift)
{
    int32_t says, at = m->place + shift;
    if (at < 0 || at % hf_layout_alignment(&s->c->row, m->entry))
        return false;
    if (is_stated(s->c, m->entry->place, &says) && says != at)
        return false;
    if (m->entry->place == offsetof(hf_layout, runtime_debug_offsets) && shift)
        return false;
    for (size_t i = 0; i < s->instance_count; i++)
        if (!hf_member_may_be(s->c, m->entry->place, s->instances[i],
                              s->instances[i] + (uint64_t)at))
            return false;
    return true;
}

/* Two members whose distance is known hold all that stand between them. */
static void tie_members(search *s, const hf_layout *base)
{
    for (size_t first = 0; first < s->count; first++)
        for (size_t second = first + 1; second < s->count; second++) {
            int32_t distance;
            member *a = &s->members[first], *b = &s->members[second];
            if (!hf_layout_distance(base, a->entry->place, b->entry->place, &distance))
                continue;
            if (second == first + 1) {
                b->tied = true;
                b->distance = distance;
            }
            for (size_t m = first + 1; b->place - a->place == distance && m <= second; m++) {
                s->members[m].tied = true;
                s->members[m].distance = s->members[m].place - s->members[m - 1].place;
            }
        }
}

static bool list_members(search *s, const hf_layout *base)
{
    s->count = 0;
    for (size_t i = 0; i < hf_layout_entry_count; i++) {
        const hf_layout_entry *e = &hf_layout_entries[i];
        if (!is_in(s->group, e) || !hf_entry_is_for(base, e))
            continue;
        if (s->count == MEMBERS_MAX)
            return false;
        int32_t place = hf_entry_value(base, e);
        size_t at = s->count++;
        for (; at && s->members[at - 1].place > place; at--)
            s->members[at] = s->members[at - 1];
        s->members[at] = (member){.entry = e, .place = place};
    }
    tie_members(s, base);
    for (size_t m = 0; m < s->count; m++)
        for (int i = 0; i < SHIFTS; i++)
            s->members[m].may_be[i] = may_be(s, &s->members[m], shift_of(i));
    return true;
}

/* The end of a struct is as good as a member whose place is certain, where its size is stated. */
static void find_end(search *s, const hf_layout *base)
{
    const hf_layout *row = &s->c->row;
    uint32_t version = row->first_version >> 16;
    int32_t says, size = value_at(row, s->group->size);
    bool is_interpreter = s->group == &interpreter_group, is_runtime = s->group == &runtime_group;
    bool goes_on = s->group == &thread_group && HF_HAS(row, thread_running_loop);
    s->end = size - value_at(base, s->group->size);
    s->end_is_known = !goes_on && (is_stated(s->c, s->group->size, &says) ||
                                   (is_runtime && s->c->heap->runtime.size) ||
                                   (is_interpreter && version >= 0x030b));
}

/* Members keep their order. */
static bool may_follow(const member *first, int shift, const member *second, int shift_there)
{
    int32_t before = first->place + shift_of(shift), after = second->place + shift_of(shift_there);
    if (second->tied)
        return after - before == second->distance;
    return first->place == second->place ? before == after : before < after;
}

/* The fewest changes up to and from each member, for each of its shifts. */
static void count_changes(search *s)
{
    for (size_t m = 0; m < s->count; m++)
        for (int i = 0; i < SHIFTS; i++) {
            member *here = &s->members[m], *last = here - 1;
            int fewest = m ? IMPOSSIBLE : i != SHIFTS / 2;
            for (int k = 0; m && k < SHIFTS; k++)
                if (may_follow(last, k, here, i) && last->before[k] + (k != i) < fewest)
                    fewest = last->before[k] + (k != i);
            here->before[i] = here->may_be[i] ? fewest : IMPOSSIBLE;
        }
    for (size_t m = s->count; m-- > 0;)
        for (int i = 0; i < SHIFTS; i++) {
            member *here = &s->members[m], *next = here + 1;
            int fewest = m + 1 < s->count ? IMPOSSIBLE : s->end_is_known && shift_of(i) != s->end;
            for (int k = 0; m + 1 < s->count && k < SHIFTS; k++)
                if (may_follow(here, i, next, k) && next->after[k] + (k != i) < fewest)
                    fewest = next->after[k] + (k != i);
            here->after[i] = here->may_be[i] ? fewest : IMPOSSIBLE;
        }
}

/* Whether the same is read at two places, in all instances: then it does not matter which it is. */
static bool reads_the_same(const search *s, const member *m, int one, int other)
{
    uint64_t width = (uint64_t)hf_layout_width(&s->c->row, m->entry);
    for (size_t i = 0; i < s->instance_count; i++) {
        uint64_t at = s->instances[i] + (uint64_t)m->place;
        uint8_t first[HF_WORD];
        if (!width || width > HF_WORD ||
            !hf_target_read(s->c->heap->target, at + (uint64_t)(int64_t)shift_of(one), first,
                            width))
            return false;
        const uint8_t *second =
            hf_bytes_at(s->c->d, at + (uint64_t)(int64_t)shift_of(other), width);
        if (!second || memcmp(first, second, width) != 0)
            return false;
    }
    return true;
}

static bool is_unused(const member *m)
{
    return hf_proof_of(m->entry) == HF_PROOF_UNUSED;
}

/* Notes the change of a shift for the report: "PyThreadState.dict +8"; "..." stands for those that
 * find no room. */
static void tell_move(const search *s, const member *m, int32_t shift, char moved[HF_MOVED])
{
    static const char more[] = ", ...";
    char text[HF_MOVED];
    size_t length = strlen(moved);
    int n = snprintf(text, sizeof(text), "%s%s.%s %+d", length ? ", " : "", s->group->name,
                     m->entry->kind == HF_ENTRY_CONSTANT ? m->entry->name : m->entry->member,
                     (int)shift);
    if (length + (size_t)n + sizeof(more) <= HF_MOVED)
        memcpy(moved + length, text, (size_t)n + 1);
    else if (length + sizeof(more) <= HF_MOVED && (!length || moved[length - 1] != '.'))
        memcpy(moved + length, more, sizeof(more));
}

/* Whether a member could as well be `shift` places away, by a way that is about as good as the
 * best, and something else would be read there. */
static bool is_doubtful(const search *s, const member *m, int best, int shift, int other)
{
    return other != shift && m->may_be[other] &&
           m->before[other] + m->after[other] <= best + SLACK && !is_unused(m) &&
           !reads_the_same(s, m, shift, other);
}

/* The shifts of the best way; false where there is none, or where another is about as good and
 * differs in what is read. */
static bool choose(const search *s, int shifts[MEMBERS_MAX], char why[HF_WHY])
{
    int best = IMPOSSIBLE;
    for (int i = 0; s->count && i < SHIFTS; i++)
        if (s->members[0].before[i] + s->members[0].after[i] < best)
            best = s->members[0].before[i] + s->members[0].after[i];
    if (best >= IMPOSSIBLE) {
        snprintf(why, HF_WHY, "no place of the members of %s fits", s->group->name);
        return false;
    }
    for (size_t m = 0; m < s->count; m++) {
        const member *here = &s->members[m];
        int found = -1;
        for (int i = 0; i < SHIFTS; i++) {
            bool follows =
                !m || (may_follow(here - 1, shifts[m - 1], here, i) &&
                       here[-1].before[shifts[m - 1]] + (i != shifts[m - 1]) == here->before[i]);
            if (here->before[i] + here->after[i] == best &&
                (found < 0 || (follows && m && i == shifts[m - 1])))
                found = i;
        }
        shifts[m] = found;
        for (int i = 0; i < SHIFTS; i++)
            if (is_doubtful(s, here, best, found, i)) {
                snprintf(why, HF_WHY, "%s.%s could be at %d or at %d", s->group->name,
                         here->entry->name, (int)(here->place + shift_of(found)),
                         (int)(here->place + shift_of(i)));
                return false;
            }
    }
    return true;
}

/* Finds where the members of one struct are, and notes them in the row. */
static bool place(hf_calibration *c, const hf_layout *base, const group *g,
                  const uint64_t *instances, size_t count, char moved[HF_MOVED], char why[HF_WHY])
{
    search *s = calloc(1, sizeof(*s));
    int shifts[MEMBERS_MAX];
    if (!s) {
        snprintf(why, HF_WHY, "out of memory");
        return false;
    }
    *s = (search){.c = c, .group = g, .instances = instances, .instance_count = count};
    bool found = list_members(s, base);
    if (!found)
        snprintf(why, HF_WHY, "%s has too many members", g->name);
    if (found) {
        find_end(s, base);
        count_changes(s);
        found = choose(s, shifts, why);
    }
    for (size_t m = 0; found && m < s->count; m++) {
        const member *here = &s->members[m];
        set(&c->row, here->entry->place, here->place + shift_of(shifts[m]));
        if (moved && shifts[m] != (m ? shifts[m - 1] : SHIFTS / 2))
            tell_move(s, here, shift_of(shifts[m]), moved);
    }
    free(s);
    return found;
}

/* The threads of the interpreter, as far as the row leads to them; THREADS_MAX + 1 where there are
 * more than can be asked. */
static size_t list_threads(const hf_calibration *c, uint64_t ret[THREADS_MAX])
{
    size_t count = 0;
    uint64_t thread = hf_member(c->d, c->interpreter, c->row.interpreter_threads_head);
    for (; thread; thread = hf_member(c->d, thread, c->row.thread_next)) {
        if (count == THREADS_MAX)
            return THREADS_MAX + 1;
        ret[count++] = thread;
    }
    return count;
}

/* Sizes of the structs: what the target states, or as much as the last member has moved. */
static void set_sizes(hf_calibration *c)
{
    static const size_t sizes[] = {offsetof(hf_layout, runtime_size),
                                   offsetof(hf_layout, interpreter_size),
                                   offsetof(hf_layout, thread_size), offsetof(hf_layout, gc_size)};
    if (c->heap->runtime.size)
        c->row.runtime_size = (int32_t)c->heap->runtime.size;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        int32_t says;
        if (is_stated(c, sizes[i], &says))
            set(&c->row, sizes[i], says);
    }
}

/* In 3.11 and 3.12 the main interpreter is the last member of the runtime. */
static void set_interpreter_size(hf_calibration *c)
{
    uint32_t version = c->row.first_version >> 16;
    uint64_t end = c->runtime + (uint64_t)c->row.runtime_size;
    if (version >= 0x030b && version < 0x030d && c->interpreter < end)
        c->row.interpreter_size = (int32_t)(end - c->interpreter);
}

static bool place_all(hf_calibration *c, const hf_layout *base, char moved[HF_MOVED],
                      char why[HF_WHY])
{
    uint64_t threads[THREADS_MAX];
    set_sizes(c);
    if (!place(c, base, &runtime_group, &c->runtime, 1, moved, why))
        return false;
    c->interpreter = hf_member(c->d, c->runtime, c->row.runtime_interpreters_main);
    set_interpreter_size(c);
    c->d->interpreter = c->interpreter;
    c->modules = hf_modules_search(c);
    if (!c->modules) {
        snprintf(why, HF_WHY, "no member of the main interpreter is sys.modules");
        return false;
    }
    if (!place(c, base, &interpreter_group, &c->interpreter, 1, moved, why))
        return false;
    c->row.interpreter_size = hf_layout_interpreter_end(&c->row);
    /* What two places say alike in one interpreter they need not in another. */
    if (hf_member(c->d, c->interpreter, c->row.interpreter_next)) {
        snprintf(why, HF_WHY, "there is more than one interpreter");
        return false;
    }
    uint64_t collector = c->interpreter + (uint64_t)c->row.interpreter_gc;
    if (!place(c, base, &collector_group, &collector, 1, moved, why))
        return false;
    c->thread = hf_member(c->d, c->interpreter, c->row.interpreter_threads_head);
    if (!place(c, base, &thread_group, &c->thread, 1, NULL, why))
        return false;
    /* Once more, since now all threads are known: what one does not tell, another may. */
    size_t count = list_threads(c, threads);
    if (count > THREADS_MAX) {
        snprintf(why, HF_WHY, "of more than %d threads not all can be asked", THREADS_MAX);
        return false;
    }
    return place(c, base, &thread_group, threads, count, moved, why);
}

/* Whether and where tracemalloc has its tables shows in nothing but zeros while it does not trace:
 * they are left out, so that allocation sites are not read. So are, from 3.13 on, the counts of
 * what survived collections: up to 3.12 they stand right behind a pointer (layout_runs.c), later
 * many words could be they. */
static void leave_out(hf_layout *row)
{
    if (row->first_version >= 0x030d0000) {
        row->gc_long_lived_total = HF_ABSENT;
        row->gc_long_lived_pending = HF_ABSENT;
    }
    row->runtime_tracemalloc_tracing = HF_ABSENT;
    row->runtime_tracemalloc_traces = HF_ABSENT;
    row->runtime_tracemalloc_domains = HF_ABSENT;
}

hf_err *hf_calibrate(hf_heap *heap, const hf_layout *from, hf_layout *ret, char moved[HF_MOVED],
                     char why[HF_WHY], bool *found)
{
    hf_layout base = *from;
    leave_out(&base);
    hf_calibration c = {
        .heap = heap, .d = &heap->decode, .row = base, .runtime = heap->runtime.address};
    *found = false;
    *moved = 0;
    heap->decode = (hf_decode){.target = heap->target,
                               .layout = &c.row,
                               .none_address = heap->runtime.none,
                               .type_type_address = heap->runtime.type_type};
    hf_err *err = hf_types_init(&heap->types, &heap->decode);
    if (!err && place_all(&c, &base, moved, why)) {
        *ret = c.row;
        *found = true;
    }
    heap->decode.layout = from; /* the row in the making is gone */
    return err;
}
