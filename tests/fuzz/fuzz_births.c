/* What the agent notes in a process (agent/live.h), all of it lies: the live map, which lies in the
 * heap, and the tree of what was read of its state.
 *
 * The input: how many nodes there are (1 byte), where the map begins and whether the run was
 * sampled (1), when it began (1) and ended (1), the nodes, 8 bytes each, then the memory of the
 * target, one segment at BASE. The map is in its first 64 bytes. An object lies wherever a 16th
 * byte is odd. */
#include "acquire/inside.h"
#include "base/bytes.h"
#include "cpython/births.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BASE UINT64_C(0x100000) /* of the first region: 64 MB have one word in the map */
#define TICK UINT64_C(100000000)

enum { MEMORY_MAX = 1 << 15, NODES_MAX = 64, NODE = 8, HEAD = 4, MAP_WORDS = 8 };

typedef struct input {
    uint8_t *memory;
    size_t size;
    hf_births births;
    hf_birth nodes[NODES_MAX];
} input;

static void make_nodes(input *in, const uint8_t *data, uint32_t count)
{
    static const char *const files[] = {"", "app.py", "\x1b[2J", "/srv/shop/app.py"};
    assert(hf_strtab_init(&in->births.texts));
    for (size_t i = 0; i < 4; i++)
        hf_strtab_add(&in->births.texts, files[i], strlen(files[i]));
    for (uint32_t i = 0; i < count; i++, data += NODE)
        in->nodes[i] = (hf_birth){.parent = i ? data[0] % i : 0,
                                  .file = data[1] % in->births.texts.count,
                                  .line = data[2] | (uint32_t)data[3] << 24,
                                  .blocks = data[4],
                                  .bytes = (uint64_t)data[5] << data[6] % 64};
    in->births.nodes = in->nodes;
    in->births.node_count = count;
}

/* Even words of the map become tables of which the slot of BASE lies in the segment: else nothing
 * would be found. */
static void make_tables(input *in)
{
    for (size_t at = 0; at < MAP_WORDS * 8; at += 8) {
        uint64_t word = hf_load_u64(in->memory + at);
        if (!(word & 1))
            memcpy(in->memory + at, &(uint64_t){BASE - BASE / 4 + word % in->size}, 8);
    }
}

static void check(const hf_allocations *all, const hf_heap *heap)
{
    assert(all->objects <= heap->marks.count);
    for (uint64_t i = 0; i < heap->marks.count; i++) {
        assert(all->site_of[i] <= all->site_count);
        assert(!all->births->end || all->born[i] <= (all->births->end - all->births->start) / TICK);
    }
    for (uint32_t i = 0; i < all->site_count; i++) {
        const hf_allocation_site *s = &all->sites[i];
        assert(s->frame_count <= HF_SITE_FRAMES_MAX &&
               s->first_frame + s->frame_count <= all->frame_count);
    }
}

static void read_births(input *in, hf_target *target, const hf_segment *segment)
{
    static hf_heap heap;
    heap = (hf_heap){.target = target, .decode = {.target = target, .layout = &hf_layouts[0]}};
    hf_allocations all = {0};
    assert(!hf_marks_init(&heap.marks, segment, 1) && hf_strtab_init(&heap.names));
    for (size_t at = MAP_WORDS * 8; at < in->size; at += 16)
        if (in->memory[at] & 1)
            hf_marks_set(&heap.marks, hf_marks_bit(&heap.marks, BASE + at));
    assert(!hf_marks_rank(&heap.marks));
    hf_err *err = hf_births_read(&heap, &in->births, &all);
    if (!err)
        check(&all, &heap);
    hf_err_free(err);
    hf_allocations_deinit(&all);
    hf_marks_deinit(&heap.marks);
    hf_strtab_deinit(&heap.names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static input in;
    uint32_t count = size ? data[0] % NODES_MAX : 0;
    if (size < HEAD + count * (size_t)NODE + MAP_WORDS * 8 || size > MEMORY_MAX)
        return 0;
    in = (input){.size = size - HEAD - count * (size_t)NODE};
    in.births = (hf_births){.live_map = BASE + data[1] % 8 * 8,
                            .start = data[2],
                            .end = data[3] ? TICK * data[3] + data[2] : 0,
                            .sample_bytes = data[1] & 128 ? 512 : 0};
    make_nodes(&in, data + HEAD, count);
    in.memory = malloc(in.size);
    hf_segment *segment = malloc(sizeof(*segment));
    hf_target *target = NULL;
    assert(in.memory && segment && !hf_target_new(&target));
    memcpy(in.memory, data + size - in.size, in.size);
    make_tables(&in);
    *segment = (hf_segment){.start = BASE, .end = BASE + in.size, .bytes = in.memory};
    assert(!hf_frozen_init(&target->memory, segment, 1, NULL, 0));
    read_births(&in, target, segment);
    hf_target_free(target);
    hf_strtab_deinit(&in.births.texts);
    free(in.memory);
    return 0;
}
