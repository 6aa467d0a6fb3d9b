/* cpython/decode_pillow.c - the pictures of Pillow.
 *
 * What Python sees, PIL.Image.Image, holds an `ImagingCore`, whose one word leads to the C struct
 * that owns the pixels (src/_imaging.c, src/libImaging/Imaging.h). That struct begins with the
 * mode: 7 characters up to 11.x, a number from 12.0 on. Which one it is, is found by what must hold
 * between its members. */
#include "cpython/decode_read.h"

enum { SIDE_MAX = 1 << 30, PIXEL_MAX = 64 };

typedef struct picture {
    uint64_t lines, line_size;
} picture;

/* Members in 32-bit words from the width on: width, height, three pointers (palette, image8,
 * image32), the table of lines, two more pointers, then the sizes of a pixel and of a line. */
static bool is_picture(hf_decode *d, uint64_t width_at, picture *ret)
{
    const uint8_t *p = hf_bytes_at(d, width_at, 4 * HF_WORD);
    if (!p)
        return false;
    uint64_t width = hf_load_u32(p), height = hf_load_u32(p + 4);
    uint64_t pointers = (width_at + 8 + HF_WORD - 1) & ~(uint64_t)(HF_WORD - 1);
    uint64_t lines = hf_u64_at(d, pointers + 3 * HF_WORD), sizes = pointers + 6 * HF_WORD;
    uint64_t pixel_size = hf_u32_at(d, sizes), line_size = hf_u32_at(d, sizes + 4);
    if (width - 1 >= SIDE_MAX || height - 1 >= SIDE_MAX || pixel_size - 1 >= PIXEL_MAX ||
        line_size < width * pixel_size || line_size > width * pixel_size + HF_WORD)
        return false;
    const uint8_t *first = lines & 7 ? NULL : hf_bytes_at(d, lines, height * HF_WORD);
    if (!first || !hf_load_u64(first))
        return false;
    *ret = (picture){height, line_size};
    return true;
}

static void measure_picture(hf_decode *d, const hf_type_record *type, uint64_t address,
                            hf_sizes *ret)
{
    enum { WIDTH_WITH_NUMBER = 16, WIDTH_WITH_TEXT = 20 };
    if (type->basicsize < (uint64_t)d->layout->object_size + HF_WORD)
        return;
    uint64_t inner = hf_u64_at(d, address + (uint64_t)d->layout->object_size);
    picture p;
    if (inner & 7 || !hf_bytes_at(d, inner, HF_WORD) ||
        !(is_picture(d, inner + WIDTH_WITH_TEXT, &p) ||
          is_picture(d, inner + WIDTH_WITH_NUMBER, &p)))
        return;
    /* The pixels, and the table that says where each line begins. */
    ret->external = p.lines * p.line_size + hf_allocated(d, p.lines * HF_WORD);
}

const hf_decoder hf_decoder_pillow_image = {
    .name = "ImagingCore", .foreign = true, .measure = measure_picture, .scanned = true};
