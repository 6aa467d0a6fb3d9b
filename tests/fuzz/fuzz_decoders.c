/* Every decoder of objects over memory that is all lies.
 *
 * The input: a byte for the row of the layout tables, then the memory of the target, which is
 * one segment that begins at BASE. Objects of each type lie wherever a word of the first 64
 * bytes says. Words whose upper half is zero are taken for offsets into the segment, so that
 * they point somewhere. */
#include "acquire/inside.h"
#include "cpython/decode.h"
#include "cpython/decode_read.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BASE UINT64_C(0x7f1200000000)

enum { MEMORY_MAX = 1 << 16, OBJECTS = 8, TYPES = 64, EDGES_MAX = 1 << 22, VALUE = 80 };

static hf_type_record records[TYPES];
static size_t record_count;
static uint64_t edges, checksum;

static void count_edge(hf_visitor *v, const hf_raw_edge *edge)
{
    (void)v;
    checksum += edge->target + edge->label + (edge->field ? strlen(edge->field) : 0);
    if (++edges > EDGES_MAX)
        abort(); /* more than memory can hold: a loop without a bound */
}

/* A type for each decoder; an address is the type that its low bits say. */
static const hf_type_record *type_at(hf_decode *d, uint64_t address)
{
    (void)d;
    return address % 64 == 63 ? NULL : &records[address / 8 % record_count];
}

static void make_types(const hf_layout *layout, const uint8_t *data, size_t size)
{
    record_count = 0;
    for (size_t i = 0; record_count < TYPES && (hf_decoders[i]->symbol || hf_decoders[i]->name);
         i++) {
        const hf_decoder *decoder = hf_decoders[i];
        int32_t needed = 0;
        memcpy(&needed, (const char *)layout + decoder->needs, sizeof(needed));
        if (decoder->needs && needed == HF_ABSENT)
            continue;
        uint8_t shape = size ? data[i % size] : 0;
        records[record_count] = (hf_type_record){
            .number = (uint32_t)record_count,
            .address = BASE + 8 * record_count,
            .flags = shape & 1 ? UINT64_MAX : 0,
            .basicsize = 16 + 8 * (uint64_t)(shape >> 2),
            .itemsize = shape & 2 ? 8 : 0,
            .dictoffset = shape & 4   ? 16
                          : shape & 8 ? -1
                                      : 0,
            .heap_type = shape & 16,
            .has_gc = shape & 32,
            .has_inline_values = shape & 64,
            .decoder = shape & 128 && i % 3 == 0 ? NULL : decoder,
            .decoder_basicsize = 16,
            .cached_keys = BASE + 8 * (uint64_t)shape,
        };
        record_count++;
    }
}

static void ask(hf_decode *d, const hf_type_record *type, uint64_t address)
{
    hf_visitor visitor = {.edge = count_edge};
    hf_sizes sizes = {0};
    hf_buf text;
    hf_buf_init(&text, VALUE + 4096);
    edges = 0;
    hf_decode_edges(d, type, address, &visitor);
    hf_decode_sizes(d, type, address, &sizes);
    hf_decode_value(d, type, address, VALUE, &text);
    hf_buf_deinit(&text);
}

static void ask_frame(hf_decode *d, uint64_t address)
{
    hf_visitor visitor = {.edge = count_edge};
    hf_buf text;
    hf_buf_init(&text, 4096);
    edges = 0;
    if (hf_decode_frame_is_readable(d, address)) {
        hf_decode_frame_edges(d, address, &visitor);
        hf_decode_frame_place(d, address, VALUE, &text);
        checksum += hf_decode_frame_previous(d, address) + hf_decode_frame_code(d, address);
    }
    hf_buf_deinit(&text);
}

static void make_pointers(uint8_t *memory, size_t size)
{
    for (size_t at = 0; at + 8 <= size; at += 8) {
        uint64_t word = hf_load_u64(memory + at);
        if (word >> 16 && word >> 24 == 0) /* small numbers stay numbers */
            memcpy(memory + at, &(uint64_t){BASE + word % size}, 8);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 + 8 * OBJECTS || size > MEMORY_MAX)
        return 0;
    const hf_layout *layout = &hf_layouts[data[0] % hf_layout_count];
    uint8_t *memory = malloc(size - 1);
    hf_target *target = NULL;
    if (!memory || hf_target_new(&target))
        return 0;
    memcpy(memory, data + 1, size - 1);
    make_types(layout, memory, size - 1);
    make_pointers(memory, size - 1);
    hf_segment *segment = malloc(sizeof(*segment));
    if (!segment)
        return 0;
    *segment = (hf_segment){.start = BASE, .end = BASE + size - 1, .bytes = memory};
    if (hf_frozen_init(&target->memory, segment, 1, NULL, 0))
        return 0;
    hf_decode d = {.target = target,
                   .layout = layout,
                   .none_address = BASE + 16,
                   .type_type_address = BASE,
                   .interpreter = BASE + 64,
                   .charge = HF_CHARGE_OBJECT,
                   .type_at = type_at};
    for (size_t i = 0; i < OBJECTS; i++) {
        uint64_t address = hf_load_u64(memory + 8 * i);
        if (address < BASE)
            address = BASE + address % size;
        for (size_t t = 0; t < record_count; t++)
            ask(&d, &records[t], address);
        ask_frame(&d, address);
    }
    hf_target_free(target);
    free(memory);
    return 0;
}
