/* Where the memory of a process is, as numbers: what the measuring itself says.
 *
 *     tool_memory PID
 *
 * Prints "part N BYTES" for each part, "kernel BYTES", and "class SIZE POOLS BLOCKS IN_USE". */
#include "cpython/memory.h"

#include "acquire/account.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void print(const hf_memory *m)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < HF_MEMORY_PARTS; i++) {
        printf("part %u %" PRIu64 "\n", i, m->parts[i]);
        sum += m->parts[i];
    }
    printf("sum %" PRIu64 "\nkernel %" PRIu64 "\n", sum, m->account.anonymous);
    printf("pools %" PRIu64 " free %" PRIu64 " broken %" PRIu64 " arenas %zu stacks %" PRIu64
           " kept %" PRIu64 " caches %" PRIu64 "\n",
           m->pools, m->free_pools, m->broken_pools, m->arena_count, m->stacks, m->stacks_kept,
           m->caches);
    for (size_t i = 0; i < m->class_count; i++)
        printf("class %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", m->classes[i].block_size,
               m->classes[i].pools, m->classes[i].blocks, m->classes[i].in_use);
    for (size_t i = 0; i < m->arena_count; i++)
        printf("arena %" PRIx64 " %" PRIu64 " in_use %" PRIu64 " objects %" PRIu64
               " tables %" PRIu64 "\n",
               m->arenas[i].address, m->arenas[i].resident, m->arenas[i].in_use,
               m->arenas[i].objects, m->arenas[i].tables);
    for (size_t i = 0; i < m->heap_count; i++)
        printf("heap main %" PRIu64 " found %" PRIu64 " native %" PRIu64 " free %" PRIu64
               " cached %" PRIu64 " top %" PRIu64 " trim %" PRIu64 "\n",
               m->heaps[i].main, m->heaps[i].found, m->heaps[i].native, m->heaps[i].free,
               m->heaps[i].cached, m->heaps[i].top, m->heaps[i].trim);
    for (size_t i = 0; i < m->unexplained_count; i++)
        printf("unexplained %" PRIx64 " %" PRIu64 "\n", m->unexplained[i].address,
               m->unexplained[i].bytes);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: tool_memory PID\n");
        return 2;
    }
    hf_target *live = NULL, *frozen = NULL;
    hf_heap *heap = NULL;
    hf_memory memory = {0};
    hf_python_probe probe = {0};
    hf_freeze_options how = {.max_pause_ms = 2000};
    hf_err *err = hf_target_open_pid(atoi(argv[1]), &live);
    if (!err)
        err = hf_python_probe_live(live, &probe);
    how.rest = probe.rest;
    how.rest_count = probe.rest_count;
    double start = cpu();
    if (!err)
        err = hf_freeze(live, &how, &frozen);
    if (!err)
        err = hf_heap_open(frozen, &heap);
    hf_heap_sink sink = {0};
    hf_walk_check check;
    if (!err)
        err = hf_heap_walk(heap, &(hf_walk_options){.claims = true}, &sink, &check);
    double walked = cpu();
    if (!err)
        err = hf_memory_measure(heap, &memory);
    if (err) {
        fprintf(stderr, "%s\n", hf_err_message(err));
        return 1;
    }
    print(&memory);
    printf("cpu walk %.3f memory %.3f\n", walked - start, cpu() - walked);
    hf_memory_deinit(&memory);
    hf_heap_free(heap);
    hf_target_free(frozen);
    hf_target_free(live);
    return 0;
}
