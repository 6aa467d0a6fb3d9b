/* cpython/decode_text.c - str, bytes, bytearray: their sizes and what they say. */
#include "cpython/decode_read.h"
#include "cpython/heap.h"

#include <wchar.h>

/* The forms of Include/cpython/unicodeobject.h. */
typedef struct {
    bool compact, ascii;
    unsigned unit; /* bytes a character; 0: no text yet (legacy form, up to 3.11) */
    uint64_t length;
} str_form;

static bool form_of(hf_decode *d, uint64_t address, str_form *ret)
{
    const hf_layout *l = d->layout;
    const uint8_t *p = hf_bytes_at(d, address, (uint64_t)l->unicode_ascii_size);
    if (!p) {
        d->unreadable++;
        return false;
    }
    uint32_t state = hf_load_u32(p + l->unicode_kind);
    *ret = (str_form){
        .compact = hf_bits(state, l->unicode_compact_mask),
        .ascii = hf_bits(state, l->unicode_ascii_mask),
        .unit = hf_bits(state, l->unicode_kind_mask),
        .length = hf_load_u64(p + l->unicode_length),
    };
    if (ret->unit == 3 || ret->unit > 4 || ret->length >> 48) {
        d->implausible++;
        return false;
    }
    return true;
}

static uint64_t text_address(hf_decode *d, uint64_t address, const str_form *form)
{
    const hf_layout *l = d->layout;
    if (!form->compact)
        return hf_member(d, address, l->unicode_data);
    return address + (uint64_t)(form->ascii ? l->unicode_ascii_size : l->unicode_compact_size);
}

hf_str hf_str_at(hf_decode *d, uint64_t address)
{
    str_form form;
    if (!address || !form_of(d, address, &form) || form.unit == 0)
        return (hf_str){0};
    hf_str s = {.length = form.length, .unit = form.unit};
    if (s.length == 0)
        s.data = (const uint8_t *)"";
    else
        s.data = hf_array_at(d, text_address(d, address, &form), &s.length, s.unit);
    return s;
}

/* One code point as UTF-8; a lone surrogate as Python writes it with "backslashreplace". */
static size_t encode(uint32_t c, char out[8])
{
    if (c > 0x10ffff)
        c = 0xfffd;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c >= 0xd800 && c < 0xe000) {
        static const char digits[] = "0123456789abcdef";
        memcpy(out, "\\u", 2);
        for (int i = 0; i < 4; i++)
            out[2 + i] = digits[c >> (12 - 4 * i) & 15];
        return 6;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 63));
        out[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 63));
    out[2] = (char)(0x80 | (c >> 6 & 63));
    out[3] = (char)(0x80 | (c & 63));
    return 4;
}

/* How many of the first n bytes are ASCII, eight at a time. */
static size_t ascii_run(const uint8_t *p, size_t n)
{
    size_t i = 0;
    while (i + 8 <= n && !(hf_load_u64(p + i) & 0x8080808080808080ull))
        i += 8;
    while (i < n && p[i] < 0x80)
        i++;
    return i;
}

/* Appends its characters from number `first` on as UTF-8, at most `limit` bytes. */
static void append(const hf_str *s, uint64_t first, size_t limit, hf_buf *out)
{
    size_t end = out->length + limit;
    if (s->unit == 1 && first < s->length) { /* most texts are ASCII, as UTF-8 is */
        uint64_t left = s->length - first;
        size_t run = ascii_run(s->data + first, left < limit ? (size_t)left : limit);
        hf_buf_add(out, s->data + first, run);
        first += run;
    }
    for (uint64_t i = first; i < s->length && out->length < end; i++) {
        const uint8_t *p = s->data + i * s->unit;
        uint32_t c = s->unit == 1 ? *p : s->unit == 2 ? hf_load_u16(p) : hf_load_u32(p);
        char text[8];
        size_t n = encode(c, text);
        if (out->length + n > end || out->failed)
            break;
        hf_buf_add(out, text, n);
    }
}

bool hf_decode_str(hf_decode *d, uint64_t address, size_t limit, hf_buf *out)
{
    hf_str s = hf_str_at(d, address);
    if (!s.data)
        return false;
    append(&s, 0, limit, out);
    return true;
}

/* Up to 3.11 a text may also be there as wchar_t, for C code that asked for it so; then *ret is
 * where. 0 bytes where it is not, or is the text itself. */
static uint64_t wide_bytes(hf_decode *d, uint64_t address, const str_form *form, uint64_t *ret)
{
    const hf_layout *l = d->layout;
    *ret = hf_member(d, address, l->unicode_wstr);
    if (!*ret || (form->unit && *ret == text_address(d, address, form)))
        return 0;
    uint64_t length =
        form->compact && form->ascii ? form->length : hf_member(d, address, l->unicode_wstr_length);
    return (length + 1) * sizeof(wchar_t);
}

static void measure_str(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    /* unicode_sizeof_impl() counts the form that the text has and not the size of a subclass. */
    const hf_layout *l = d->layout;
    str_form form;
    if (!form_of(d, address, &form))
        return;
    uint64_t table = 0;
    uint64_t text = (form.length + 1) * form.unit;
    if (form.compact) {
        ret->size = (uint64_t)(form.ascii ? l->unicode_ascii_size : l->unicode_compact_size) + text;
        ret->own = ret->size;
    } else {
        bool has_text = hf_member(d, address, l->unicode_data) != 0;
        ret->size = (uint64_t)l->unicode_legacy_size + (has_text ? text : 0);
        ret->own = type->basicsize;
        table = has_text ? hf_allocated(d, text) : 0;
        hf_claim(d, hf_member(d, address, l->unicode_data), text);
    }
    uint64_t wide, more = wide_bytes(d, address, &form, &wide);
    if (more) {
        ret->size += more;
        table += hf_allocated(d, more);
        hf_claim(d, wide, more);
    }
    uint64_t utf8 = form.compact && form.ascii ? 0 : hf_member(d, address, l->unicode_utf8);
    if (utf8 && utf8 != text_address(d, address, &form)) {
        uint64_t bytes = hf_member(d, address, l->unicode_utf8_length) + 1;
        ret->size += bytes;
        table += hf_allocated(d, bytes);
        hf_claim(d, utf8, bytes);
    }
    ret->block += table;
    ret->length = form.length;
    uint32_t state = hf_member_u32(d, address, l->unicode_interned);
    if (hf_bits(state, l->unicode_interned_mask))
        ret->flags |= HF_OBJECT_INTERNED;
}

const hf_decoder hf_decoder_str = {
    .symbol = "PyUnicode_Type", .name = "str", .measure = measure_str, .value = hf_decode_str};

/* As repr() writes bytes between the quotes. */
static bool escape_bytes(hf_decode *d, uint64_t address, uint64_t length, size_t limit, hf_buf *out)
{
    const uint8_t *p = hf_array_at(d, address, &length, 1);
    size_t end = out->length + limit;
    static const char digits[] = "0123456789abcdef";
    for (uint64_t i = 0; i < length && out->length + 4 <= end && !out->failed; i++) {
        if (p[i] >= ' ' && p[i] < 0x7f && p[i] != '\\' && p[i] != '\'')
            hf_buf_char(out, (char)p[i]);
        else if (p[i] == '\n' || p[i] == '\r' || p[i] == '\t')
            hf_buf_text(out, p[i] == '\n' ? "\\n" : p[i] == '\r' ? "\\r" : "\\t");
        else if (p[i] == '\\' || p[i] == '\'')
            hf_buf_add(out, (const char[]){'\\', (char)p[i]}, 2);
        else
            hf_buf_add(out, (const char[]){'\\', 'x', digits[p[i] >> 4], digits[p[i] & 15]}, 4);
    }
    return true;
}

static void measure_bytes(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    (void)type;
    ret->length = hf_item_count(d, address);
}

static bool value_bytes(hf_decode *d, uint64_t address, size_t limit, hf_buf *out)
{
    return escape_bytes(d, address + (uint64_t)d->layout->bytes_ob_sval, hf_item_count(d, address),
                        limit, out);
}

const hf_decoder hf_decoder_bytes = {
    .symbol = "PyBytes_Type", .name = "bytes", .measure = measure_bytes, .value = value_bytes};

static void measure_bytearray(hf_decode *d, const hf_type_record *type, uint64_t address,
                              hf_sizes *ret)
{
    uint64_t buffer = hf_member(d, address, d->layout->bytearray_ob_alloc);
    ret->size = type->basicsize + buffer;
    ret->length = hf_item_count(d, address);
    if (buffer && HF_HAS(d->layout, bytearray_ob_bytes_object)) {
        /* From 3.15 on the buffer is that of a bytes object, which nobody else sees. */
        buffer += (uint64_t)d->layout->bytes_ob_sval + 1;
        ret->size = type->basicsize + buffer;
    }
    ret->external = buffer ? hf_allocated(d, buffer) : 0;
    if (buffer)
        hf_claim(d, hf_member(d, address, d->layout->bytearray_ob_start), buffer);
}

static bool value_bytearray(hf_decode *d, uint64_t address, size_t limit, hf_buf *out)
{
    return escape_bytes(d, hf_member(d, address, d->layout->bytearray_ob_start),
                        hf_item_count(d, address), limit, out);
}

const hf_decoder hf_decoder_bytearray = {.symbol = "PyByteArray_Type",
                                         .name = "bytearray",
                                         .measure = measure_bytearray,
                                         .value = value_bytearray};
