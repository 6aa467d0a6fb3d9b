#include "cpython/double_text.h"

#include "base/bytes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DOUBLE_TEXT = 40 };

/* Writes the shortest text that reads back as the same double, as d.ddde+dd, and returns how many
 * digits it has. No two decimals of up to 15 digits are the same double (DBL_DIG), so the shortest
 * of those is the one of 15 digits without its zeros; all doubles read back from 17. Subnormal
 * numbers have fewer digits to tell. */
static int shortest(double value, char text[DOUBLE_TEXT])
{
    int digits = isnormal(value) ? 15 : 1;
    for (; digits < 17; digits++) {
        snprintf(text, DOUBLE_TEXT, "%.*e", digits - 1, value);
        if (strtod(text, NULL) == value)
            break;
    }
    if (digits == 17)
        snprintf(text, DOUBLE_TEXT, "%.16e", value);
    const char *last = strchr(text, 'e') - 1;
    for (; digits > 1 && *last == '0'; last--)
        digits--;
    return digits;
}

/* Writes digits with the decimal point behind the first `before` of them, which may be none or
 * more than there are. */
static void append_fixed(const char *digits, int count, int before, bool needs_point, hf_buf *out)
{
    static const char zeros[] = "00000000000000000";
    hf_buf_add(out, before > 0 ? digits : "0",
               before <= 0 ? 1 : (size_t)(before < count ? before : count));
    if (before > count)
        hf_buf_add(out, zeros, (size_t)(before - count));
    if (before < count || needs_point)
        hf_buf_char(out, '.');
    if (before < 0)
        hf_buf_add(out, zeros, (size_t)-before);
    if (before < count)
        hf_buf_add(out, before > 0 ? digits + before : digits,
                   (size_t)(before > 0 ? count - before : count));
    else if (needs_point)
        hf_buf_char(out, '0');
}

/* Writes a double of at most a few decimals, as people enter them; false for others. The quotient
 * is rounded as strtod() rounds, since both numbers are exact. */
static bool append_few_decimals(double value, bool needs_point, hf_buf *out)
{
    static const double scales[] = {1, 10, 100, 1000, 10000};
    if (!(value > 1e-4 && value < 1e10))
        return false;
    for (int decimals = 0; decimals < (int)(sizeof(scales) / sizeof(*scales)); decimals++) {
        double scaled = nearbyint(value * scales[decimals]);
        if (scaled / scales[decimals] != value)
            continue;
        char digits[24];
        int count = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)scaled);
        append_fixed(digits, count, count - decimals, needs_point, out);
        return true;
    }
    return false;
}

void hf_append_double(double value, bool needs_point, hf_buf *out)
{
    if (isnan(value)) {
        hf_buf_text(out, "nan");
        return;
    }
    if (signbit(value)) {
        hf_buf_char(out, '-');
        value = -value;
    }
    if (isinf(value) || value == 0) {
        hf_buf_text(out, isinf(value) ? "inf" : needs_point ? "0.0" : "0");
        return;
    }
    if (append_few_decimals(value, needs_point, out))
        return;
    char text[DOUBLE_TEXT], digits[DOUBLE_TEXT];
    int count = shortest(value, text);
    int exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
    digits[0] = text[0];
    memcpy(digits + 1, text + 2, (size_t)count - 1);
    /* float_repr_style "short": exponents from 1e16 on and below 1e-4. */
    if (exponent >= -4 && exponent < 16)
        append_fixed(digits, count, exponent + 1, needs_point, out);
    else
        hf_buf_format(out, "%.*s%s", count > 1 ? count + 1 : 1, text, strchr(text, 'e'));
}

void hf_pack_double(uint64_t bits, hf_buf *out)
{
    hf_buf_char(out, (char)HF_PACKED_DOUBLE);
    hf_buf_add(out, &bits, sizeof(bits));
}

bool hf_append_packed_double(const void *value, size_t length, hf_buf *out)
{
    const uint8_t *bytes = value;
    if (length != HF_PACKED_DOUBLE_SIZE || bytes[0] != HF_PACKED_DOUBLE)
        return false;
    uint64_t bits = hf_load_u64(bytes + 1);
    double number;
    memcpy(&number, &bits, sizeof(number));
    hf_append_double(number, true, out);
    return true;
}
