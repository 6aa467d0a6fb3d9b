/* Walks the heap of a pid or of a core file and prints what it found as JSON.
 *
 *     tool_walk PID|CORE [--sysroot F] [--live] [--ask] [--no-values] [--objects FILE] [--edges
 *     FILE] [--roots FILE]
 *
 * FILEs are tab-separated: what the tests compare with the truth from inside the target. */
#include "acquire/core.h"
#include "cpython/heap.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    const hf_strtab *names;
    FILE *objects, *edges, *roots;
    uint64_t address; /* of the object whose edges come */
    uint64_t *addresses;
    hf_type *types;
    uint64_t size, block, external;
    uint64_t roots_of[HF_ROOT_KIND_COUNT];
    uint64_t kinds[HF_EDGE_KIND_COUNT], strengths[3];
} listing;

static const char *name(listing *l, uint32_t number)
{
    return hf_strtab_get(l->names, number);
}

static hf_err *begin(void *context, uint64_t objects, uint64_t types)
{
    listing *l = context;
    l->addresses = calloc(objects + 1, sizeof(*l->addresses));
    l->types = calloc(types + 1, sizeof(*l->types));
    return l->addresses && l->types ? NULL : hf_fail_memory();
}

static hf_err *see_thread(void *context, const hf_python_thread *t)
{
    listing *l = context;
    if (!l->roots)
        return NULL;
    fprintf(l->roots, "thread\t%" PRIu64 "\t%s\n", t->native_id, name(l, t->name));
    for (size_t i = 0; i < t->frame_count; i++)
        fprintf(l->roots, "frame\t%zu\t%s\n", i, name(l, t->frames[i]));
    return NULL;
}

static hf_err *see_type(void *context, const hf_type *type)
{
    ((listing *)context)->types[type->number] = *type;
    return NULL;
}

static hf_err *see_root(void *context, const hf_root *r)
{
    static const char *const kinds[] = {"module",      "local",       "thread",
                                        "interpreter", "static_type", "c_static"};
    listing *l = context;
    l->roots_of[r->kind]++;
    if (l->roots)
        fprintf(l->roots, "%s\t%u\t%s\t%s\t%u\n", kinds[r->kind], r->target, name(l, r->name),
                name(l, r->place), r->interpreter);
    return NULL;
}

static hf_err *see_object(void *context, const hf_object *o)
{
    listing *l = context;
    l->address = o->address;
    l->addresses[o->number] = o->address;
    l->size += o->size;
    l->block += o->block;
    l->external += o->external;
    const hf_type *type = &l->types[o->type];
    if (l->objects)
        fprintf(l->objects,
                "%u\t%#" PRIx64 "\t%s.%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRId64
                "\t%" PRIu64 "\t%u\n",
                o->number, o->address, name(l, type->module), name(l, type->qualname), o->size,
                o->block, o->external, o->refcount, o->length, o->flags);
    return NULL;
}

static hf_err *see_edge(void *context, const hf_edge *e)
{
    listing *l = context;
    l->kinds[e->kind]++;
    l->strengths[e->strength]++;
    if (!l->edges)
        return NULL;
    fprintf(l->edges, "%#" PRIx64 "\t%u\t%u\t%u\t", l->address, e->target, e->kind, e->strength);
    if (hf_edge_label_is_name((hf_edge_kind)e->kind))
        fprintf(l->edges, "%s\n", name(l, (uint32_t)e->label));
    else
        fprintf(l->edges, "%" PRIu64 "\n", e->label);
    return NULL;
}

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static hf_err *fail(const char *what, hf_err *err)
{
    if (err)
        fprintf(stderr, "%s: %s\n", what, hf_err_message(err));
    return err;
}

static FILE *file_option(int argc, char **argv, const char *option)
{
    for (int i = 2; i + 1 < argc; i++)
        if (!strcmp(argv[i], option))
            return fopen(argv[i + 1], "w");
    return NULL;
}

static bool flag_option(int argc, char **argv, const char *option)
{
    for (int i = 2; i < argc; i++)
        if (!strcmp(argv[i], option))
            return true;
    return false;
}

static void print(const listing *l, const hf_python_info *p, const hf_freeze_info *f,
                  const hf_walk_check *c, const double times[3])
{
    printf("{\"version\": \"%s\", \"table\": \"%s\", \"way\": %d, \"at_rest\": %d,\n"
           " \"objects\": %" PRIu64 ", \"edges\": %" PRIu64 ", \"tracked\": %" PRIu64 ",\n"
           " \"balanced\": %" PRIu64 ", \"c_held\": %" PRIu64 ", \"overcounted\": %" PRIu64 ",\n"
           " \"lists_repaired\": %" PRIu64 ", \"unreadable\": %" PRIu64
           ", \"implausible\": %" PRIu64 ",\n \"size\": %" PRIu64 ", \"block\": %" PRIu64
           ", \"external\": %" PRIu64 ",\n",
           p->version, p->table, (int)f->way, f->at_rest, c->objects, c->edges, c->tracked,
           c->balanced, c->c_held, c->overcounted, c->lists_repaired, c->unreadable, c->implausible,
           l->size, l->block, l->external);
    printf(" \"gc\": [%d, %d, %u, %u, %u, %" PRIu64 "],\n \"roots\": [", p->gc_enabled,
           p->gc_collecting, p->gc_threshold[0], p->gc_count[0], p->gc_count[2], p->uncollectable);
    for (int i = 0; i < HF_ROOT_KIND_COUNT; i++)
        printf("%s%" PRIu64, i ? ", " : "", l->roots_of[i]);
    printf("],\n \"kinds\": [");
    for (int i = 0; i < HF_EDGE_KIND_COUNT; i++)
        printf("%s%" PRIu64, i ? ", " : "", l->kinds[i]);
    printf("],\n \"strengths\": [%" PRIu64 ", %" PRIu64 ", %" PRIu64 "],\n", l->strengths[0],
           l->strengths[1], l->strengths[2]);
    printf(" \"freeze_s\": %.3f, \"open_s\": %.3f, \"walk_s\": %.3f}\n", times[0], times[1],
           times[2]);
}

/* Asks without a sandbox between. */
static hf_err *ask(void *context, const hf_question *questions, size_t count,
                   void (*tell)(void *, const hf_answer *), void *tell_context)
{
    return hf_target_ask(context, questions, count, tell, tell_context);
}

static hf_err *end_asking(void *context, uint64_t *ret_pause)
{
    hf_target_end_copy(context);
    *ret_pause = hf_target_freeze_info(context)->pause;
    return NULL;
}

/* A core file, read without a sandbox. --sysroot FOLDER: where its binaries are. */
static hf_err *open_core(int argc, char **argv, hf_target **ret)
{
    static hf_core_input in; /* as long as the target */
    hf_core_places places = {0};
    for (int i = 2; i + 1 < argc; i++)
        if (!strcmp(argv[i], "--sysroot"))
            places.sysroots = argv[i + 1];
    int fd = open(argv[1], O_RDONLY);
    hf_buf survey;
    hf_buf_init(&survey, 1 << 20);
    hf_err *err = fail("core", hf_core_input_open(fd, &in));
    if (!err)
        err = fail("survey", hf_core_survey(&in, &survey));
    if (!err)
        err = fail("binaries", hf_core_input_find(&in, survey.data, survey.length, &places));
    if (!err)
        err = fail("target", hf_target_open_core(&in, ret));
    hf_buf_deinit(&survey);
    close(fd);
    if (err)
        return err;
    fprintf(stderr, "%s\n", hf_target_describe(*ret)->missing);
    hf_python_probe probe;
    err = fail("probe", hf_python_probe_live(*ret, &probe));
    if (!err)
        hf_target_note_rest(*ret, probe.rest, probe.rest_count);
    return err;
}

static hf_err *freeze(int argc, char **argv, hf_target **ret_live, hf_target **ret)
{
    if (strspn(argv[1], "0123456789") < strlen(argv[1]))
        return open_core(argc, argv, ret);
    hf_err *err = fail("open", hf_target_open_pid(atoi(argv[1]), ret_live));
    if (err)
        return err;
    hf_python_probe probe;
    err = fail("probe", hf_python_probe_live(*ret_live, &probe));
    if (err)
        return err;
    hf_freeze_options options = {.rest = probe.rest,
                                 .rest_count = probe.rest_count,
                                 .max_pause_ms = 60000,
                                 .allow_stop = true,
                                 .force_live = flag_option(argc, argv, "--live"),
                                 .keep_copy = flag_option(argc, argv, "--ask")};
    return fail("freeze", hf_freeze(*ret_live, &options, ret));
}

static hf_err *run(int argc, char **argv)
{
    hf_target *live = NULL, *frozen = NULL;
    double start = seconds(CLOCK_PROCESS_CPUTIME_ID);
    hf_err *err = freeze(argc, argv, &live, &frozen);
    if (err)
        return err;
    double copied = seconds(CLOCK_PROCESS_CPUTIME_ID);
    hf_heap *heap;
    err = fail("heap", hf_heap_open(frozen, &heap));
    if (err)
        return err;
    double opened = seconds(CLOCK_PROCESS_CPUTIME_ID);
    listing l = {.names = hf_heap_names(heap),
                 .objects = file_option(argc, argv, "--objects"),
                 .edges = file_option(argc, argv, "--edges"),
                 .roots = file_option(argc, argv, "--roots")};
    hf_heap_sink sink = {.context = &l,
                         .begin = begin,
                         .thread = see_thread,
                         .type = see_type,
                         .root = see_root,
                         .object = see_object,
                         .edge = see_edge};
    hf_walk_options options = {.no_values = flag_option(argc, argv, "--no-values")};
    const hf_asking asking = {frozen, ask, end_asking};
    if (hf_target_may_be_asked(frozen))
        options.asking = &asking;
    hf_walk_check check;
    err = fail("walk", hf_heap_walk(heap, &options, &sink, &check));
    if (err)
        return err;
    const hf_asking_info *asked = hf_heap_asking(heap);
    if (*asked->failures || *asked->why_not)
        fprintf(stderr, "not all have told: %s%s\n", asked->failures, asked->why_not);
    double walked = seconds(CLOCK_PROCESS_CPUTIME_ID);
    print(&l, hf_heap_python(heap), hf_target_freeze_info(frozen), &check,
          (double[]){copied - start, opened - copied, walked - opened});
    FILE *files[] = {l.objects, l.edges, l.roots};
    for (int i = 0; i < 3; i++)
        if (files[i])
            fclose(files[i]);
    free(l.addresses);
    free(l.types);
    hf_heap_free(heap);
    hf_target_free(frozen);
    hf_target_free(live);
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return fprintf(stderr, "tool_walk PID|CORE [options]\n"), 2;
    hf_err *err = run(argc, argv);
    int status = err ? (int)hf_err_code_of(err) : 0;
    hf_err_free(err);
    return status;
}
