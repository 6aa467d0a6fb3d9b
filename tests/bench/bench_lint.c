/* bench_lint [--rounds N] PATH... - what `holdfast lint` costs beside the bare parse of
 * the same files.
 *
 * Both are done in this process, one after the other, N times (5); the medians are told as JSON:
 * seconds of the wall clock and of the processors, which a machine that does other things too
 * does not change. */
#include "base/cleanup.h"
#include "lint/lint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS_MAX = 100 };

typedef struct cost {
    double wall, processor; /* seconds */
} cost;

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *values, unsigned count)
{
    qsort(values, count, sizeof(*values), by_value);
    return values[count / 2];
}

static cost run(char **paths, size_t count, bool parse_only, unsigned threads, uint64_t *ret_bytes)
{
    hf_lint_report *report = NULL;
    hf_lint_options options = {.threads = threads, .parse_only = parse_only};
    double wall = now(CLOCK_MONOTONIC), processor = now(CLOCK_PROCESS_CPUTIME_ID);
    hf_err *err = hf_lint_run(paths, count, &options, &report);
    cost c = {now(CLOCK_MONOTONIC) - wall, now(CLOCK_PROCESS_CPUTIME_ID) - processor};
    if (err) {
        fprintf(stderr, "bench_lint: %s\n", hf_err_message(err));
        exit(1);
    }
    *ret_bytes = report->bytes;
    hf_lint_report_free(report);
    return c;
}

/* The medians of `rounds` runs of each, parse and lint by turns. */
static void measure(char **paths, size_t count, unsigned threads, unsigned rounds, cost *ret_parse,
                    cost *ret_lint, uint64_t *ret_bytes)
{
    double walls[2][ROUNDS_MAX], processors[2][ROUNDS_MAX];
    for (unsigned i = 0; i < rounds; i++)
        for (unsigned what = 0; what < 2; what++) {
            cost c = run(paths, count, what == 0, threads, ret_bytes);
            walls[what][i] = c.wall;
            processors[what][i] = c.processor;
        }
    *ret_parse = (cost){median(walls[0], rounds), median(processors[0], rounds)};
    *ret_lint = (cost){median(walls[1], rounds), median(processors[1], rounds)};
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        unsigned threads; /* 0: as many as there are processors */
    } ways[] = {{"one_thread", 1}, {"all_processors", 0}};
    char **paths = argv + 1;
    unsigned rounds = 5;
    if (argc > 2 && strcmp(argv[1], "--rounds") == 0) {
        rounds = (unsigned)strtoul(argv[2], NULL, 10);
        paths += 2;
    }
    size_t count = (size_t)(argv + argc - paths);
    if (!count || !rounds || rounds > ROUNDS_MAX)
        return 2;
    uint64_t bytes = 0;
    run(paths, count, true, 0, &bytes); /* the files come into memory */
    for (size_t i = 0; i < 2; i++) {
        cost parse, lint;
        measure(paths, count, ways[i].threads, rounds, &parse, &lint, &bytes);
        printf("%s\"%s\": {\"bytes\": %llu, \"parse_seconds\": %.3f, \"lint_seconds\": %.3f, "
               "\"parse_processor_seconds\": %.3f, \"lint_processor_seconds\": %.3f, "
               "\"speed_of_parse\": %.3f}",
               i ? ", " : "{", ways[i].name, (unsigned long long)bytes, parse.wall, lint.wall,
               parse.processor, lint.processor, parse.processor / lint.processor);
    }
    printf("}\n");
    return 0;
}
