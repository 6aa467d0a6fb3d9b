/* What it costs to turn copied memory into a graph.
 *
 *     bench_walk PID|CORE FILE [ROUNDS]
 *
 * Freezes the process once, or opens a core file (one that is not packed), and decodes the copy
 * ROUNDS times (3), each time told to nobody, and written to FILE; and once more with the walk over
 * allocators, as a snapshot does it. With 0 rounds it is only written, once, so that a profiler
 * sees nothing else. Prints one line of JSON with the medians. Seconds are CPU seconds of all
 * threads; the copying is not in them. What explaining adds is the difference of the two least,
 * since it is small beside what a busy machine adds to either. */
#include "acquire/core.h"
#include "cpython/memory.h"
#include "graph/write.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS_MAX = 64 };

static void check(hf_err *err)
{
    if (!err)
        return;
    fprintf(stderr, "bench_walk: %s\n", hf_err_message(err));
    exit(1);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof(*values), ascending);
    return values[count / 2];
}

/* Seconds of proving and walking; with a path, of writing as well; with memory, also of explaining
 * all of it. */
static double decode(hf_target *frozen, const char *path, bool memory, hf_walk_check *ret)
{
    double begin = seconds();
    hf_heap *heap;
    check(hf_heap_open(frozen, &heap));
    if (path) {
        hf_snapshot_writer *writer;
        check(hf_snapshot_writer_create(path, &writer));
        hf_heap_sink sink = hf_snapshot_writer_sink(writer, hf_heap_names(heap));
        check(hf_heap_walk(heap, &(hf_walk_options){.claims = memory}, &sink, ret));
        hf_memory measured = {0};
        if (memory) {
            check(hf_memory_measure(heap, &measured));
            check(hf_snapshot_writer_memory(writer, &measured));
        }
        hf_memory_deinit(&measured);
        hf_snapshot_info info = {.check = *ret, .python = *hf_heap_python(heap)};
        check(hf_snapshot_writer_finish(writer, &info));
        hf_snapshot_writer_free(writer);
    } else {
        hf_heap_sink nobody = {0};
        check(hf_heap_walk(heap, NULL, &nobody, ret));
    }
    hf_heap_free(heap);
    return seconds() - begin;
}

typedef struct frozen_heap {
    hf_target *live, *frozen;
    hf_core_input core;
} frozen_heap;

/* Without a sandbox, in which no profiler works. */
static void open_core(const char *name, frozen_heap *h)
{
    hf_buf survey;
    hf_buf_init(&survey, 1 << 20);
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    check(hf_core_input_open(fd, &h->core));
    check(hf_core_survey(&h->core, &survey));
    check(hf_core_input_find(&h->core, survey.data, survey.length, &(hf_core_places){0}));
    check(hf_target_open_core(&h->core, &h->frozen));
    hf_buf_deinit(&survey);
    close(fd);
}

static void open_frozen(const char *name, frozen_heap *h)
{
    *h = (frozen_heap){0};
    if (isdigit((unsigned char)*name)) {
        hf_freeze_options options = {.max_pause_ms = 10000};
        check(hf_target_open_pid((pid_t)atoi(name), &h->live));
        check(hf_freeze(h->live, &options, &h->frozen));
    } else {
        open_core(name, h);
    }
}

static void close_frozen(frozen_heap *h)
{
    hf_target_free(h->frozen);
    hf_target_free(h->live);
    hf_core_input_deinit(&h->core);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_walk PID|CORE FILE [ROUNDS]\n");
        return 2;
    }
    int rounds = argc > 3 ? atoi(argv[3]) : 3;
    rounds = rounds < 0 ? 0 : rounds > ROUNDS_MAX ? ROUNDS_MAX : rounds;
    frozen_heap h;
    open_frozen(argv[1], &h);
    double walked[ROUNDS_MAX], written[ROUNDS_MAX], explained[ROUNDS_MAX];
    hf_walk_check told = {0};
    hf_target *frozen = h.frozen;
    if (!rounds) {
        printf("{\"write_seconds\": %.3f}\n", decode(frozen, argv[2], true, &told));
        close_frozen(&h);
        return 0;
    }
    for (int i = 0; i < rounds; i++) {
        walked[i] = decode(frozen, NULL, false, &told);
        written[i] = decode(frozen, argv[2], false, &told);
        explained[i] = decode(frozen, argv[2], true, &told);
    }
    qsort(written, (size_t)rounds, sizeof(*written), ascending);
    qsort(explained, (size_t)rounds, sizeof(*explained), ascending);
    double added = explained[0] - written[0];
    printf("{\"objects\": %llu, \"edges\": %llu, \"walk_seconds\": %.3f, \"write_seconds\": %.3f, "
           "\"explain_seconds\": %.3f, \"explain_added\": %.3f}\n",
           (unsigned long long)told.objects, (unsigned long long)told.edges, median(walked, rounds),
           median(written, rounds), median(explained, rounds), added);
    close_frozen(&h);
    return 0;
}
