/* bench_lint PATH... - what `holdfast lint` costs beside the bare parse of the same files.
 *
 * Both are done in this process, one after the other, several times; the medians are told as JSON:
 * seconds of the wall clock, and bytes a second. */
#include "base/cleanup.h"
#include "lint/lint.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 5 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double run(char **paths, size_t count, bool parse_only, unsigned threads,
                  uint64_t *ret_bytes)
{
    hf_lint_report *report = NULL;
    hf_lint_options options = {.threads = threads, .parse_only = parse_only};
    double begin = now();
    hf_err *err = hf_lint_run(paths, count, &options, &report);
    double seconds = now() - begin;
    if (err) {
        fprintf(stderr, "bench_lint: %s\n", hf_err_message(err));
        exit(1);
    }
    *ret_bytes = report->bytes;
    hf_lint_report_free(report);
    return seconds;
}

int main(int argc, char **argv)
{
    unsigned threads[] = {1, 0};
    if (argc < 2)
        return 2;
    printf("{");
    for (size_t t = 0; t < 2; t++) {
        double parse[ROUNDS], lint[ROUNDS];
        uint64_t bytes = 0;
        run(argv + 1, (size_t)argc - 1, true, threads[t], &bytes); /* the files come into memory */
        for (unsigned i = 0; i < ROUNDS; i++) {
            parse[i] = run(argv + 1, (size_t)argc - 1, true, threads[t], &bytes);
            lint[i] = run(argv + 1, (size_t)argc - 1, false, threads[t], &bytes);
        }
        qsort(parse, ROUNDS, sizeof(*parse), by_value);
        qsort(lint, ROUNDS, sizeof(*lint), by_value);
        double p = parse[ROUNDS / 2], l = lint[ROUNDS / 2];
        printf("%s\"%s\": {\"bytes\": %llu, \"parse_seconds\": %.3f, \"lint_seconds\": %.3f, "
               "\"speed_of_parse\": %.3f}",
               t ? ", " : "", t ? "all_processors" : "one_thread", (unsigned long long)bytes, p, l,
               p / l);
    }
    printf("}\n");
    return 0;
}
