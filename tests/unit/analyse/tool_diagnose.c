/* tool_diagnose FILE...: what hf_diagnose() says of snapshots, oldest first, one line a field. */
#include "analyse/diagnose.h"
#include "graph/file.h"

#include <stdio.h>
#include <stdlib.h>

static int fail(hf_err *err)
{
    fprintf(stderr, "tool_diagnose: %s\n", hf_err_message(err));
    return 3;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    hf_graph **graphs = calloc((size_t)argc, sizeof(*graphs));
    if (!graphs)
        return 3;
    for (int k = 1; k < argc; k++) {
        hf_err *err = hf_snapshot_read(argv[k], &graphs[k - 1]);
        if (err)
            return fail(err);
    }
    hf_diagnosis *d = NULL;
    hf_err *err = hf_diagnose(graphs, (size_t)argc - 1, &d);
    if (err)
        return fail(err);
    printf("verdict %d: %s\n", (int)d->verdict, d->summary);
    printf("%.1f s, RSS %+lld, heap %+lld of %llu\n", d->seconds, (long long)d->rss_grown,
           (long long)d->heap_grown, (unsigned long long)d->heap_bytes);
    for (size_t k = 0; k < d->suspect_count; k++) {
        const hf_suspect *s = &d->suspects[k];
        printf("%zu. %s\n   path     %s\n   type     %s\n   evidence %s\n   site     %s\n"
               "   fix      %s\n   retained %llu grown %lld confidence %.2f\n",
               k + 1, s->pattern, s->path, s->type, s->evidence, s->site, s->fix,
               (unsigned long long)s->retained, (long long)s->grown, s->confidence);
    }
    int status = (int)d->verdict;
    hf_diagnosis_free(d);
    for (int k = 1; k < argc; k++)
        hf_graph_free(graphs[k - 1]);
    free(graphs);
    return status;
}
