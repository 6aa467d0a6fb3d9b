/* cpython/decode_buffer.c - objects whose bytes lie outside of them. */
#include "cpython/decode_read.h"
#include "cpython/refcount.h"

static uint64_t buffer_size(const hf_decode *d, uint64_t bytes)
{
    return bytes ? hf_allocated(d, bytes) : 0;
}

/* array.array: Modules/arraymodule.c. */
static void measure_array(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    (void)type;
    const hf_layout *l = d->layout;
    uint64_t description = hf_member(d, address, l->array_ob_descr);
    uint64_t itemsize = hf_member_u32(d, description, l->array_description_itemsize);
    uint64_t bytes = hf_member(d, address, l->array_allocated) * itemsize;
    ret->size += bytes;
    ret->external = buffer_size(d, bytes);
    if (bytes)
        hf_claim(d, hf_member(d, address, l->array_ob_item), bytes);
    ret->length = hf_item_count(d, address);
}

static void visit_nothing(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    (void)d, (void)type, (void)address, (void)v;
}

const hf_decoder hf_decoder_array = {
    .name = "array.array", .visit = visit_nothing, .measure = measure_array};

/* Whether a mapping costs memory that nothing but its owner can give back: no file, or one that
 * lies in memory. Pages of other files are the kernel's, which drops them when it likes. */
static bool is_memory(const hf_mapping *m)
{
    static const char *const files[] = {"/dev/zero", "/dev/shm/", "/memfd:", "/SYSV"};
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
        if (!strncmp(m->path, files[i], strlen(files[i])))
            return true;
    return !m->inode;
}

static const hf_mapping *mapping_at(hf_decode *d, uint64_t address)
{
    size_t count, low = 0;
    const hf_mapping *all = hf_target_mappings(d->target, &count);
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (all[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && all[low].start <= address ? &all[low] : NULL;
}

static void measure_mmap(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    (void)type;
    const hf_layout *l = d->layout;
    uint64_t data = hf_member(d, address, l->mmap_data);
    if (!data)
        return;
    ret->length = hf_member(d, address, l->mmap_size);
    const hf_mapping *m = mapping_at(d, data);
    if (m && is_memory(m))
        ret->external = ret->length;
    hf_claim(d, data, ret->length);
}

const hf_decoder hf_decoder_mmap = {
    .name = "mmap.mmap", .visit = visit_nothing, .measure = measure_mmap};

/* How much of its room is filled: a word beside it in Modules/_io (bytesio.c: buf, pos,
 * string_size; stringio.c: the same, and then buf_size). */
static uint64_t filled(hf_decode *d, uint64_t address, uint64_t room)
{
    uint64_t length = hf_u64_at(d, address);
    return length < room ? length : room;
}

/* io.BytesIO keeps a bytes object; __sizeof__ counts one that nobody shares as its own. */
static const hf_reference bytesio_references[] = {HF_REFERENCE(bytesio_buf, "buffer"), {0}};

static void measure_bytesio(hf_decode *d, const hf_type_record *type, uint64_t address,
                            hf_sizes *ret)
{
    (void)type;
    const hf_layout *l = d->layout;
    uint64_t buffer = hf_member(d, address, l->bytesio_buf);
    if (!buffer)
        return;
    uint64_t room = hf_item_count(d, buffer);
    const uint8_t *p = hf_bytes_at(d, buffer, (uint64_t)l->object_size);
    if (p && hf_refcount_of(l, p).count == 1)
        ret->size += (uint64_t)l->bytes_ob_sval + room + 1;
    ret->length = filled(d, address + (uint64_t)l->bytesio_buf + 2 * HF_WORD, room);
}

const hf_decoder hf_decoder_bytesio = {
    .name = "_io.BytesIO", .references = bytesio_references, .measure = measure_bytesio};

/* Objects/picklebufobject.c: a Py_buffer behind the header; its second word is what it views. */
static void visit_pickle_buffer(hf_decode *d, const hf_type_record *type, uint64_t address,
                                hf_visitor *v)
{
    (void)type;
    hf_tell_field(v, hf_u64_at(d, address + (uint64_t)d->layout->object_size + HF_WORD), "obj",
                  HF_EDGE_STRONG);
}

const hf_decoder hf_decoder_pickle_buffer = {
    .symbol = "PyPickleBuffer_Type", .name = "pickle.PickleBuffer", .visit = visit_pickle_buffer};

/* This and the following add sizes; their references are left to the scan. */
static void measure_stringio(hf_decode *d, const hf_type_record *type, uint64_t address,
                             hf_sizes *ret)
{
    (void)type;
    const hf_layout *l = d->layout;
    uint64_t room = hf_member(d, address, l->stringio_buf_size);
    if (hf_member(d, address, l->stringio_buf))
        ret->external = buffer_size(d, room * 4);
    ret->length = filled(d, address + (uint64_t)l->stringio_buf_size - HF_WORD, room);
    hf_claim(d, hf_member(d, address, l->stringio_buf), ret->external);
}

const hf_decoder hf_decoder_stringio = {
    .name = "_io.StringIO", .measure = measure_stringio, .scanned = true};

static void measure_buffered(hf_decode *d, const hf_type_record *type, uint64_t address,
                             hf_sizes *ret)
{
    (void)type;
    const hf_layout *l = d->layout;
    if (hf_member(d, address, l->buffered_buffer)) {
        uint64_t bytes = hf_member(d, address, l->buffered_buffer_size);
        ret->size += bytes;
        ret->external = buffer_size(d, bytes);
        hf_claim(d, hf_member(d, address, l->buffered_buffer), bytes);
    }
}

#define BUFFERED(variable, name_) \
    const hf_decoder variable = {.name = name_, .measure = measure_buffered, .scanned = true}

BUFFERED(hf_decoder_buffered_reader, "_io.BufferedReader");
BUFFERED(hf_decoder_buffered_writer, "_io.BufferedWriter");
BUFFERED(hf_decoder_buffered_random, "_io.BufferedRandom");

static void measure_struct(hf_decode *d, const hf_type_record *type, uint64_t address,
                           hf_sizes *ret)
{
    (void)type;
    const hf_layout *l = d->layout;
    uint64_t codes = hf_member(d, address, l->struct_s_codes);
    uint64_t size = (uint64_t)l->struct_code_size, bytes = size;
    hf_claim(d, codes, 0);
    for (int i = 0; codes && i < 4096 && hf_u64_at(d, codes); i++, codes += size)
        bytes += size;
    ret->size += bytes;
    ret->block += hf_allocated(d, bytes);
}

/* The format is no member of the type: bytes, a str from 3.15 on. */
static const hf_reference struct_references[] = {HF_REFERENCE(struct_s_format, "format"), {0}};

const hf_decoder hf_decoder_struct = {
    .name = "_struct.Struct", .references = struct_references, .measure = measure_struct};
