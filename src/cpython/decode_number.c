/* cpython/decode_number.c - int, bool, float, complex, None: sizes and repr(). */
#include "cpython/decode_read.h"
#include "cpython/double_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    TAG_SIGN = 3,   /* 3.12: lv_tag, low two bits: 0 positive, 1 zero, 2 negative */
    TAG_DIGITS = 3, /* number of digits from bit 3 on */
    SHOWN_BITS = 4096,
    SHOWN_DIGITS = SHOWN_BITS / 15 + 1,
};

typedef struct {
    uint64_t digits;
    bool negative;
} int_form;

static int_form form_of(hf_decode *d, uint64_t address)
{
    const hf_layout *l = d->layout;
    if (HF_HAS(l, long_lv_tag)) {
        uint64_t tag = hf_member(d, address, l->long_lv_tag);
        return (int_form){tag >> TAG_DIGITS, (tag & TAG_SIGN) == 2};
    }
    int64_t size = (int64_t)hf_member(d, address, l->var_object_ob_size);
    return (int_form){size < 0 ? -(uint64_t)size : (uint64_t)size, size < 0};
}

static void measure_int(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    (void)type;
    const hf_layout *l = d->layout;
    uint64_t digits = form_of(d, address).digits;
    if (!digits && l->first_version >= 0x030b0000) /* int___sizeof___impl(): zero has a digit too */
        digits = 1;
    ret->size = (uint64_t)l->long_ob_digit + digits * (uint64_t)l->long_digit_size;
    ret->own = ret->size;
}

/* Decimal text of a number of one digit, as most are. Returns its length. */
static size_t digit_to_decimal(uint32_t value, char *out)
{
    char text[10];
    size_t at = sizeof(text);
    do
        text[--at] = (char)('0' + value % 10);
    while (value /= 10);
    memcpy(out, text + at, sizeof(text) - at);
    return sizeof(text) - at;
}

/* Decimal text by repeated division by 10**9; `work` is used up. Returns its length. */
static size_t to_decimal(uint32_t *work, size_t count, unsigned bits, char *out, size_t room)
{
    size_t at = room;
    while (count > 0 && at >= 9) {
        uint64_t rest = 0;
        for (size_t i = count; i-- > 0;) {
            uint64_t value = rest << bits | work[i];
            work[i] = (uint32_t)(value / 1000000000u);
            rest = value % 1000000000u;
        }
        while (count > 0 && work[count - 1] == 0)
            count--;
        for (int i = 0; i < 9; i++, rest /= 10)
            out[--at] = (char)('0' + rest % 10);
    }
    while (at < room - 1 && out[at] == '0')
        at++;
    memmove(out, out + at, room - at);
    return room - at;
}

static bool value_int(hf_decode *d, uint64_t address, size_t limit, hf_buf *out)
{
    const hf_layout *l = d->layout;
    int_form form = form_of(d, address);
    unsigned bits = (unsigned)l->long_digit_bits;
    unsigned size = (unsigned)l->long_digit_size;
    if (form.digits == 0) {
        hf_buf_char(out, '0');
        return true;
    }
    if (form.digits > SHOWN_DIGITS || form.digits * bits > SHOWN_BITS) {
        hf_buf_format(out, "%s2**%llu...", form.negative ? "-" : "",
                      (unsigned long long)((form.digits - 1) * bits));
        return true;
    }
    const uint8_t *p = hf_bytes_at(d, address + (uint64_t)l->long_ob_digit, form.digits * size);
    if (!p)
        return false;
    uint32_t work[SHOWN_DIGITS];
    for (uint64_t i = 0; i < form.digits; i++)
        work[i] = size == 4 ? hf_load_u32(p + i * size) : hf_load_u16(p + i * size);
    char text[SHOWN_BITS * 3 / 10 + 24];
    size_t length = form.digits == 1 ? digit_to_decimal(work[0], text)
                                     : to_decimal(work, form.digits, bits, text, sizeof(text));
    if (form.negative)
        hf_buf_char(out, '-');
    hf_buf_add(out, text, length < limit ? length : limit);
    if (length > limit)
        hf_buf_text(out, "...");
    return true;
}

const hf_decoder hf_decoder_int = {
    .symbol = "PyLong_Type", .name = "int", .measure = measure_int, .value = value_int};

static bool value_bool(hf_decode *d, uint64_t address, size_t limit, hf_buf *out)
{
    (void)limit;
    const hf_layout *l = d->layout;
    uint32_t digit = hf_u32_at(d, address + (uint64_t)l->long_ob_digit);
    hf_buf_text(out, form_of(d, address).digits && digit ? "True" : "False");
    return true;
}

const hf_decoder hf_decoder_bool = {
    .symbol = "PyBool_Type", .name = "bool", .measure = measure_int, .value = value_bool};

static double double_at(hf_decode *d, uint64_t address)
{
    uint64_t bits = hf_u64_at(d, address);
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static bool value_float(hf_decode *d, uint64_t address, size_t limit, hf_buf *out)
{
    (void)limit;
    hf_append_double(double_at(d, address + (uint64_t)d->layout->float_ob_fval), true, out);
    return true;
}

const hf_decoder hf_decoder_float = {
    .symbol = "PyFloat_Type", .name = "float", .value = value_float};

static bool value_complex(hf_decode *d, uint64_t address, size_t limit, hf_buf *out)
{
    (void)limit;
    uint64_t parts = address + (uint64_t)d->layout->complex_cval;
    double real = double_at(d, parts), imaginary = double_at(d, parts + 8);
    bool both = real != 0 || signbit(real);
    if (both) {
        hf_buf_char(out, '(');
        hf_append_double(real, false, out);
        if (isnan(imaginary) || !signbit(imaginary))
            hf_buf_char(out, '+');
    }
    hf_append_double(imaginary, false, out);
    hf_buf_text(out, both ? "j)" : "j");
    return true;
}

const hf_decoder hf_decoder_complex = {
    .symbol = "PyComplex_Type", .name = "complex", .value = value_complex};

static bool value_none(hf_decode *d, uint64_t address, size_t limit, hf_buf *out)
{
    (void)limit;
    if (address != d->none_address)
        return false;
    hf_buf_text(out, "None");
    return true;
}

const hf_decoder hf_decoder_none = {
    .symbol = "_PyNone_Type", .name = "NoneType", .value = value_none};
