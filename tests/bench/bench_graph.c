/* bench_graph FILE - CPU seconds of loading a snapshot, reversing its edges and computing its
 * dominators, as JSON. */
#include "analyse/dominators.h"
#include "graph/file.h"

#include <stdio.h>
#include <time.h>

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static hf_err *measure(const char *path)
{
    double start = cpu_seconds();
    hf_graph *graph;
    hf_err *err = hf_snapshot_read(path, &graph);
    if (err)
        return err;

    double loaded = cpu_seconds();
    hf_dominators *dominators = NULL;
    err = hf_graph_reverse(graph);
    double reversed = cpu_seconds();
    if (!err)
        err = hf_dominators_compute(graph, &dominators);
    double done = cpu_seconds();
    if (!err)
        printf("{\"objects\": %u, \"edges\": %llu, \"load\": %.4f, \"reverse\": %.4f, "
               "\"dominators\": %.4f}\n",
               graph->object_count, (unsigned long long)graph->edge_count, loaded - start,
               reversed - loaded, done - reversed);
    hf_dominators_free(dominators);
    hf_graph_free(graph);
    return err;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: bench_graph FILE\n");
        return 2;
    }
    hf_err *err = measure(argv[1]);
    if (err) {
        fprintf(stderr, "bench_graph: %s\n", hf_err_message(err));
        hf_err_free(err);
        return 3;
    }
    return 0;
}
