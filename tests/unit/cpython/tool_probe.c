/* Prints what hf_python_probe_live() says of a pid. */
#include "cpython/heap.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    hf_target *t;
    hf_err *err = hf_target_open_pid(atoi(argv[1]), &t);
    if (err)
        return fprintf(stderr, "%s\n", hf_err_message(err)), 1;
    hf_python_probe p;
    err = hf_python_probe_live(t, &p);
    if (err)
        return fprintf(stderr, "%s\n", hf_err_message(err)), hf_err_code_of(err);
    printf("{\"version\": \"%s\", \"table\": \"%s\", \"static\": %d, \"interpreters\": %u, "
           "\"gc_enabled\": %d, \"threshold\": %u, \"rest\": [",
           p.python.version, p.python.table, p.python.static_link, p.python.interpreter_count,
           p.python.gc_enabled, p.python.gc_threshold[0]);
    for (size_t i = 0; i < p.rest_count; i++) {
        uint64_t v = 0;
        hf_target_read(t, p.rest[i].address, &v, p.rest[i].size);
        printf("%s%llu", i ? ", " : "", (unsigned long long)v);
    }
    printf("]}\n");
    hf_target_free(t);
    return 0;
}
