/* Offers wrong layouts for a pid's heap, each as the only one there is, and says which of them give
 * another snapshot than the right one.
 *
 *     tool_wrong_table PID [--calibrate | --debug-info] [--one-in N] [--seed N] [--only TEXT]
 *     [--rows FILE]
 *                      [--verbose]
 *
 * Wrong are: each row made for another build; the right row with one number moved by 1, 2, 4, 8 or
 * 16; with two members of a struct swapped; with one number of another build's row; with all
 * members of a struct from some place on moved, as a member more or less would do. All are
 * tried, or one in N that the seed picks; --rows tries those of a file that has the lines of an
 * earlier run ("accepted KIND NAME ...").
 *
 * With --calibrate a row may be made from the one that is offered, and only those are that a patch
 * release could need: rows of other patches, and the right row with the members of one of CPython's
 * own structs moved from some place on, once or twice.
 *
 * With --debug-info the binary's debug information may be asked, and rows are offered that nobody
 * could calibrate: the right one with all members of several structs moved.
 *
 * Prints "accepted KIND NAME ..." for each row whose snapshot differs from the true one in
 * anything: objects, sizes, references and their labels, roots, threads, types, values. Ends with a
 * line "KIND tried N refused N same N accepted N" for each kind. */
#include "acquire/files.h"
#include "base/cleanup.h"
#include "cpython/calibrate.h"
#include "cpython/heap_inside.h"
#include "cpython/layout_entries.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

/* A snapshot in one number. */
typedef struct {
    uint64_t hash;
    const hf_strtab *names;
    uint64_t *name_hashes;
    uint32_t name_count;
} digest;

static void mix(digest *d, const void *bytes, size_t n)
{
    d->hash = XXH3_64bits_withSeed(bytes, n, d->hash);
}

static void mix_number(digest *d, uint64_t n)
{
    mix(d, &n, sizeof(n));
}

/* Numbers of names depend on the order in which they are met: their text counts. */
static uint64_t name_hash(digest *d, uint64_t number)
{
    if (number >= d->name_count) {
        uint32_t count = d->names->count + 1;
        d->name_hashes = realloc(d->name_hashes, count * sizeof(uint64_t));
        for (uint32_t i = d->name_count; i < count; i++)
            d->name_hashes[i] =
                XXH3_64bits(hf_strtab_get(d->names, i), hf_strtab_length(d->names, i));
        d->name_count = count;
    }
    return d->name_hashes[number];
}

static hf_err *see_begin(void *context, uint64_t objects, uint64_t types)
{
    mix_number(context, objects);
    mix_number(context, types);
    return NULL;
}

static hf_err *see_thread(void *context, const hf_python_thread *t)
{
    digest *d = context;
    mix_number(d, t->native_id);
    mix_number(d, name_hash(d, t->name));
    for (size_t i = 0; i < t->frame_count; i++)
        mix_number(d, name_hash(d, t->frames[i]));
    return NULL;
}

static hf_err *see_type(void *context, const hf_type *t)
{
    digest *d = context;
    const uint64_t numbers[] = {t->address,
                                name_hash(d, t->module),
                                name_hash(d, t->qualname),
                                t->basicsize,
                                t->itemsize,
                                t->flags,
                                t->heap_type,
                                t->exact};
    mix(d, numbers, sizeof(numbers));
    return NULL;
}

static hf_err *see_root(void *context, const hf_root *r)
{
    digest *d = context;
    const uint64_t numbers[] = {r->target, r->kind, name_hash(d, r->name), name_hash(d, r->place),
                                r->thread};
    mix(d, numbers, sizeof(numbers));
    return NULL;
}

/* HF_OBJECT_RECENT where rows are calibrated: what survived collections is not read
 * then (calibrate.c). */
static uint32_t no_ages;

static hf_err *see_object(void *context, const hf_object *o)
{
    const uint64_t numbers[] = {o->address, o->type,     o->size,
                                o->block,   o->external, (uint64_t)o->refcount,
                                o->length,  o->bound,    o->flags & ~(uint32_t)no_ages};
    mix(context, numbers, sizeof(numbers));
    return NULL;
}

static hf_err *see_edge(void *context, const hf_edge *e)
{
    digest *d = context;
    uint64_t label = hf_edge_label_is_name(e->kind) ? name_hash(d, e->label) : e->label;
    const uint64_t numbers[] = {e->target, (uint64_t)e->kind << 8 | e->strength, label};
    mix(d, numbers, sizeof(numbers));
    return NULL;
}

static hf_err *see_value(void *context, const char *text, size_t length)
{
    mix(context, text, length);
    return NULL;
}

static void mix_info(digest *d, const hf_python_info *info)
{
    mix(d, info->gc_threshold, sizeof(info->gc_threshold));
    mix(d, info->gc_count, sizeof(info->gc_count));
    mix_number(d, info->uncollectable);
    mix_number(d, info->interpreter_count);
    mix_number(d, info->gc_enabled);
    mix_number(d, info->free_threaded);
}

enum { TABLE = 128 };

/* The snapshot that a row gives, as a number, and what it says of the row; 0 where it is refused,
 * *why saying so. */
static uint64_t snapshot(hf_target *frozen, const hf_layout *row, bool calibrate, char **why,
                         char table[TABLE])
{
    hf_heap *heap = NULL;
    digest d = {0};
    hf_err *err = (calibrate ? hf_heap_open_calibrated : hf_heap_open_with)(frozen, &row, 1, &heap);
    if (!err) {
        d.names = hf_heap_names(heap);
        hf_heap_sink sink = {.context = &d,
                             .begin = see_begin,
                             .thread = see_thread,
                             .type = see_type,
                             .root = see_root,
                             .object = see_object,
                             .edge = see_edge,
                             .value = see_value};
        hf_walk_check check;
        err = hf_heap_walk(heap, NULL, &sink, &check);
        mix_info(&d, hf_heap_python(heap));
    }
    free(d.name_hashes);
    *why = err ? strdup(hf_err_message(err)) : NULL;
    snprintf(table, TABLE, "%s", err ? "" : hf_heap_python(heap)->table);
    hf_err_free(err);
    hf_heap_free(heap);
    return *why ? 0 : d.hash | 1;
}

enum { SHIFTED, SWAPPED, FOREIGN, INSERTED, ROWS, SIBLINGS, MOVED, TWICE, TOLD, KINDS };
enum { TEXT = 256 };
static const char *const kind_names[KINDS] = {"shifted",  "swapped", "foreign", "inserted", "rows",
                                              "siblings", "moved",   "twice",   "told"};

typedef struct {
    hf_target *frozen;
    const hf_layout *right;
    uint64_t truth;
    const char *only;
    char *rows; /* "accepted KIND NAME ..." of those to be tried, by lines; NULL: all */
    bool verbose, calibrate, tell;
    uint64_t one_in, seed; /* 0: all */
    uint64_t tried[KINDS], refused[KINDS], same[KINDS], accepted[KINDS];
} trial;

static bool is_picked(trial *t, int kind, const char *what)
{
    if (t->only && !strstr(what, t->only))
        return false;
    if (t->rows) {
        char line[2 * TEXT];
        snprintf(line, sizeof(line), "accepted %s %s\n", kind_names[kind], what);
        return strstr(t->rows, line);
    }
    if (kind == ROWS || kind == SIBLINGS || !t->one_in)
        return true;
    return XXH3_64bits_withSeed(what, strlen(what), t->seed) % t->one_in == 0;
}

static void offer(trial *t, int kind, const char *what, const hf_layout *wrong)
{
    if (!is_picked(t, kind, what))
        return;
    char *why, table[TABLE];
    t->tried[kind]++;
    if (t->verbose) {
        printf("trying %s %s\n", kind_names[kind], what);
        fflush(stdout);
    }
    alarm(60); /* a row that never comes back is a row that is accepted */
    uint64_t found = snapshot(t->frozen, wrong, t->calibrate, &why, table);
    alarm(0);
    t->refused[kind] += !found;
    t->same[kind] += found == t->truth;
    if (t->calibrate && found == t->truth)
        printf("read %s %s: %s\n", kind_names[kind], what, table);
    if (found && found != t->truth) {
        t->accepted[kind]++;
        printf("accepted %s %s\n", kind_names[kind], what);
        fflush(stdout);
    }
    if (t->verbose)
        printf("%s %s %s: %s\n", found ? found == t->truth ? "same" : "ACCEPTED" : "refused",
               kind_names[kind], what, why ? why : "");
    free(why);
}

static void set(hf_layout *layout, const hf_layout_entry *entry, int32_t value)
{
    memcpy((char *)layout + entry->place, &value, sizeof(value));
}

static const int moves[] = {-16, -8, -4, -2, -1, 1, 2, 4, 8, 16};
enum { MOVES = sizeof(moves) / sizeof(moves[0]) };

static void offer_shifted(trial *t, const hf_layout_entry *e)
{
    for (int i = 0; i < MOVES; i++) {
        hf_layout wrong = *t->right;
        int32_t value = hf_entry_value(t->right, e);
        if (e->kind == HF_ENTRY_MASK)
            value = moves[i] < 0 ? (int32_t)((uint32_t)value >> -moves[i])
                                 : (int32_t)((uint32_t)value << moves[i]);
        else
            value += moves[i];
        set(&wrong, e, value);
        char what[TEXT];
        snprintf(what, TEXT, "%s %+d", e->name, moves[i]);
        offer(t, SHIFTED, what, &wrong);
    }
}

static bool are_of_one_struct(const hf_layout_entry *a, const hf_layout_entry *b)
{
    return a->kind == b->kind && !strcmp(a->structure, b->structure);
}

static void offer_swapped(trial *t, const hf_layout_entry *e)
{
    if (e->kind == HF_ENTRY_SIZE || e->kind == HF_ENTRY_CONSTANT)
        return;
    for (size_t i = (size_t)(e - hf_layout_entries) + 1; i < hf_layout_entry_count; i++) {
        const hf_layout_entry *other = &hf_layout_entries[i];
        int32_t a = hf_entry_value(t->right, e), b = hf_entry_value(t->right, other);
        if (!hf_entry_is_for(t->right, other) || !are_of_one_struct(e, other) || a == b)
            continue;
        hf_layout wrong = *t->right;
        set(&wrong, e, b);
        set(&wrong, other, a);
        char what[TEXT];
        snprintf(what, TEXT, "%s and %s", e->name, other->name);
        offer(t, SWAPPED, what, &wrong);
    }
}

static void offer_foreign(trial *t, const hf_layout_entry *e)
{
    int32_t right = hf_entry_value(t->right, e);
    for (size_t i = 0; i < hf_layout_count; i++) {
        int32_t value = hf_entry_value(&hf_layouts[i], e);
        bool is_new = value != right && value != HF_ABSENT;
        for (size_t before = 0; before < i && is_new; before++)
            is_new = hf_entry_value(&hf_layouts[before], e) != value;
        if (!is_new)
            continue;
        hf_layout wrong = *t->right;
        set(&wrong, e, value);
        char what[TEXT];
        snprintf(what, TEXT, "%s of %s", e->name, hf_layouts[i].name);
        offer(t, FOREIGN, what, &wrong);
    }
}

/* All members from that of `e` on move, and so does the size. */
static void offer_inserted(trial *t, const hf_layout_entry *e)
{
    if (e->kind != HF_ENTRY_FIELD)
        return;
    static const int bytes[] = {-16, -8, -4, 4, 8, 16};
    for (size_t m = 0; m < sizeof(bytes) / sizeof(bytes[0]); m++) {
        hf_layout wrong = *t->right;
        for (size_t i = 0; i < hf_layout_entry_count; i++) {
            const hf_layout_entry *other = &hf_layout_entries[i];
            int32_t value = hf_entry_value(t->right, other);
            if (hf_entry_is_for(t->right, other) && !strcmp(e->structure, other->structure) &&
                (other->kind == HF_ENTRY_SIZE ||
                 ((other->kind == HF_ENTRY_FIELD || other->kind == HF_ENTRY_BITS) &&
                  value >= hf_entry_value(t->right, e))))
                set(&wrong, other, value + bytes[m]);
        }
        char what[TEXT];
        snprintf(what, TEXT, "%s from %s on %+d", e->structure, e->member, bytes[m]);
        offer(t, INSERTED, what, &wrong);
    }
}

static void offer_rows(trial *t)
{
    for (size_t i = 0; i < hf_layout_count; i++)
        if (&hf_layouts[i] != t->right)
            offer(t, ROWS, hf_layouts[i].name, &hf_layouts[i]);
}

/* Members that stand at or behind that of `e`, in the struct that it belongs to, and its size. */
static void move_from(hf_layout *layout, const hf_layout *right, const hf_layout_entry *e,
                      int bytes)
{
    const char *structure = hf_calibrated_struct(e);
    for (size_t i = 0; i < hf_layout_entry_count; i++) {
        const hf_layout_entry *other = &hf_layout_entries[i];
        const char *of = hf_calibrated_struct(other);
        if (!hf_entry_is_for(right, other))
            continue;
        bool moves_too = of && !strcmp(of, structure) &&
                         hf_entry_value(right, other) >= hf_entry_value(right, e);
        if (moves_too || (other->kind == HF_ENTRY_SIZE && !strcmp(other->structure, e->structure)))
            set(layout, other, hf_entry_value(layout, other) + bytes);
    }
}

static void offer_moved(trial *t, const hf_layout_entry *e)
{
    static const int bytes[] = {-16, -8, -4, 4, 8, 16, 48};
    char what[TEXT];
    if (!hf_calibrated_struct(e))
        return;
    for (size_t m = 0; m < sizeof(bytes) / sizeof(bytes[0]); m++) {
        hf_layout moved = *t->right;
        move_from(&moved, t->right, e, bytes[m]);
        snprintf(what, TEXT, "%s from %s on %+d", hf_calibrated_struct(e), e->name, bytes[m]);
        offer(t, MOVED, what, &moved);
    }
    for (size_t i = 0; i < hf_layout_entry_count; i++) {
        const hf_layout_entry *other = &hf_layout_entries[i];
        if (!hf_calibrated_struct(other) || !hf_entry_is_for(t->right, other) || i % 7)
            continue;
        hf_layout moved = *t->right;
        move_from(&moved, t->right, e, 8);
        move_from(&moved, t->right, other, 24);
        snprintf(what, TEXT, "from %s on +8, from %s on +24", e->name, other->name);
        offer(t, TWICE, what, &moved);
    }
}

static void offer_siblings(trial *t)
{
    for (size_t i = 0; i < hf_layout_count; i++) {
        const hf_layout *other = &hf_layouts[i];
        if (other != t->right && other->debug == t->right->debug &&
            other->free_threaded == t->right->free_threaded &&
            other->first_version >> 16 == t->right->first_version >> 16)
            offer(t, SIBLINGS, other->name, other);
    }
}

static void offer_to_calibrate(trial *t)
{
    offer_siblings(t);
    for (size_t i = 0; i < hf_layout_entry_count; i++)
        if (hf_entry_is_for(t->right, &hf_layout_entries[i]))
            offer_moved(t, &hf_layout_entries[i]);
}

/* Structs whose members are in the debug information of the interpreter itself. */
static bool is_told(const hf_layout_entry *e)
{
    static const char *const structs[] = {"PyTypeObject",     "PyDictObject", "PyFunctionObject",
                                          "PyCodeObject",     "PySetObject",  "PyWeakReference",
                                          "PyHeapTypeObject", "PyGenObject",  "PyCellObject"};
    for (size_t i = 0; i < sizeof(structs) / sizeof(structs[0]); i++)
        if (!strcmp(e->structure, structs[i]))
            return true;
    return hf_calibrated_struct(e);
}

static void offer_to_tell(trial *t)
{
    static const int bytes[] = {-8, 4, 8, 512};
    for (size_t m = 0; m < sizeof(bytes) / sizeof(bytes[0]); m++) {
        hf_layout moved = *t->right;
        for (size_t i = 0; i < hf_layout_entry_count; i++) {
            const hf_layout_entry *e = &hf_layout_entries[i];
            if (e->kind != HF_ENTRY_CONSTANT && e->kind != HF_ENTRY_MASK &&
                hf_entry_is_for(t->right, e) && is_told(e))
                set(&moved, e, hf_entry_value(t->right, e) + bytes[m]);
        }
        char what[TEXT];
        snprintf(what, TEXT, "many structs %+d", bytes[m]);
        offer(t, TOLD, what, &moved);
    }
}

static void offer_all(trial *t)
{
    offer_rows(t);
    for (size_t i = 0; i < hf_layout_entry_count; i++) {
        const hf_layout_entry *e = &hf_layout_entries[i];
        if (!hf_entry_is_for(t->right, e))
            continue;
        offer_shifted(t, e);
        offer_swapped(t, e);
        offer_foreign(t, e);
        offer_inserted(t, e);
    }
}

static char *read_rows(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;
    if (!file || getdelim(&text, &size, 0, file) < 0) {
        fprintf(stderr, "%s: no rows\n", path);
        exit(1);
    }
    fclose(file);
    return text;
}

static hf_err *freeze(pid_t pid, hf_target **ret_live, hf_target **ret)
{
    hf_freeze_options options = {.max_pause_ms = 60000, .allow_stop = true};
    hf_err *err = hf_target_open_pid(pid, ret_live);
    return err ? err : hf_freeze(*ret_live, &options, ret);
}

int main(int argc, char **argv)
{
    hf_target *live HF_AUTO(hf_target_freep) = NULL;
    hf_target *frozen HF_AUTO(hf_target_freep) = NULL;
    hf_heap *heap = NULL;
    trial t = {.seed = 1};
    for (int i = 2; i < argc; i++) {
        if (!strcmp(argv[i], "--verbose"))
            t.verbose = true;
        else if (!strcmp(argv[i], "--calibrate"))
            t.calibrate = true;
        else if (!strcmp(argv[i], "--debug-info"))
            t.calibrate = t.tell = true;
        else if (!strcmp(argv[i], "--one-in") && i + 1 < argc)
            t.one_in = strtoull(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "--seed") && i + 1 < argc)
            t.seed = strtoull(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "--only") && i + 1 < argc)
            t.only = argv[++i];
        else if (!strcmp(argv[i], "--rows") && i + 1 < argc)
            t.rows = read_rows(argv[++i]);
    }
    hf_err *err = freeze(argc > 1 ? atoi(argv[1]) : 0, &live, &frozen);
    if (!err)
        err = hf_heap_open(frozen, &heap);
    if (err) {
        fprintf(stderr, "%s\n", hf_err_message(err));
        return 1;
    }
    if (hf_target_freeze_info(frozen)->way == HF_WAY_LIVE) {
        fprintf(stderr, "memory that was read live proves less\n");
        return 1;
    }
    t.frozen = frozen;
    t.right = heap->runtime.layout;
    hf_heap_free(heap);
    char *why, table[TABLE];
    no_ages = t.calibrate ? HF_OBJECT_RECENT : 0;
    t.truth = snapshot(frozen, t.right, false, &why, table);
    if (!t.truth) {
        fprintf(stderr, "the right row is refused: %s\n", why);
        return 1;
    }
    if (t.tell)
        hf_target_map_files(frozen, atoi(argv[1]));
    (t.tell ? offer_to_tell : t.calibrate ? offer_to_calibrate : offer_all)(&t);
    for (int k = 0; k < KINDS; k++)
        printf("%s tried %" PRIu64 " refused %" PRIu64 " same %" PRIu64 " accepted %" PRIu64 "\n",
               kind_names[k], t.tried[k], t.refused[k], t.same[k], t.accepted[k]);
    free(t.rows);
    return 0;
}
