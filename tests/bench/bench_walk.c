/* What it costs to turn copied memory into a graph.
 *
 *     bench_walk PID FILE [ROUNDS]
 *
 * Freezes the process once and decodes the copy ROUNDS times (3), each time told to nobody,
 * and written to FILE; and once more with the walk over allocators, as a snapshot does it. Prints one line of JSON with the medians. Seconds are CPU seconds of all
 * threads; the copying is not in them. What explaining adds is the difference of the two least, since
 * it is small beside what a busy machine adds to either. */
#include "cpython/memory.h"
#include "graph/write.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

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

/* Seconds of proving and walking; with a path, of writing as well; with memory, also of explaining all
 * of it. */
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

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_walk PID FILE [ROUNDS]\n");
        return 2;
    }
    int rounds = argc > 3 ? atoi(argv[3]) : 3;
    rounds = rounds < 1 ? 1 : rounds > ROUNDS_MAX ? ROUNDS_MAX : rounds;
    hf_target *live, *frozen;
    check(hf_target_open_pid((pid_t)atoi(argv[1]), &live));
    hf_freeze_options options = {.max_pause_ms = 10000};
    check(hf_freeze(live, &options, &frozen));
    double walked[ROUNDS_MAX], written[ROUNDS_MAX], explained[ROUNDS_MAX];
    hf_walk_check told = {0};
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
    hf_target_free(frozen);
    hf_target_free(live);
    return 0;
}
