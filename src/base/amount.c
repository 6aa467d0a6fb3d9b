#include "base/amount.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

hf_format_label hf_format_bytes(uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    hf_format_label label;
    if (bytes < 1024) {
        snprintf(label.text, sizeof(label.text), "%" PRIu64 " byte%s", bytes,
                 bytes == 1 ? "" : "s");
        return label;
    }
    size_t unit = 0;
    double scaled = (double)bytes / 1024;
    /* 1023.95 would be written as 1024.0. */
    while (scaled >= 1023.95 && unit + 1 < sizeof(units) / sizeof(*units)) {
        scaled /= 1024;
        unit++;
    }
    snprintf(label.text, sizeof(label.text), "%.1f %s", scaled, units[unit]);
    return label;
}

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

hf_format_label hf_format_bytes_change(int64_t bytes)
{
    hf_format_label label = {.text = "0"};
    if (bytes)
        snprintf(label.text, sizeof(label.text), "%c%.30s", bytes < 0 ? '-' : '+',
                 hf_format_bytes(magnitude(bytes)).text);
    return label;
}

hf_format_label hf_format_rate(double bytes_per_second)
{
    hf_format_label label;
    double size = fabs(bytes_per_second);
    snprintf(label.text, sizeof(label.text), "%s%.30s/s", bytes_per_second < 0 ? "-" : "",
             hf_format_bytes(size < 1e18 ? (uint64_t)llround(size) : (uint64_t)1e18).text);
    return label;
}

hf_format_label hf_format_at_most(double share)
{
    hf_format_label label;
    if (share < 0.0001)
        snprintf(label.text, sizeof(label.text), "less than 0.01%%");
    else
        snprintf(label.text, sizeof(label.text), "at most %.2g%%", 100 * share);
    return label;
}

hf_format_label hf_format_count(uint64_t count)
{
    char digits[24];
    size_t length = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, count), used = 0;
    hf_format_label label;
    for (size_t i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            label.text[used++] = ',';
        label.text[used++] = digits[i];
    }
    label.text[used] = 0;
    return label;
}

hf_format_label hf_format_count_change(int64_t count)
{
    hf_format_label label = {.text = "0"};
    if (count)
        snprintf(label.text, sizeof(label.text), "%c%.30s", count < 0 ? '-' : '+',
                 hf_format_count(magnitude(count)).text);
    return label;
}

hf_format_label hf_format_share(uint64_t part, uint64_t whole)
{
    hf_format_label label = {.text = "-"};
    if (whole)
        snprintf(label.text, sizeof(label.text), "%.1f%%", 100.0 * (double)part / (double)whole);
    return label;
}

hf_format_label hf_format_pause(uint64_t nanoseconds)
{
    hf_format_label label;
    if (nanoseconds < 999500)
        snprintf(label.text, sizeof(label.text), "%.0f us", (double)nanoseconds / 1e3);
    else if (nanoseconds < 999950000)
        snprintf(label.text, sizeof(label.text), "%.1f ms", (double)nanoseconds / 1e6);
    else
        snprintf(label.text, sizeof(label.text), "%.2f s", (double)nanoseconds / 1e9);
    return label;
}

hf_format_label hf_format_seconds(double seconds)
{
    hf_format_label label;
    uint64_t whole = seconds > 0 ? (uint64_t)seconds : 0;
    if (seconds < 120)
        snprintf(label.text, sizeof(label.text), "%.1f s", seconds);
    else if (whole < 3600)
        snprintf(label.text, sizeof(label.text), "%" PRIu64 "m %02" PRIu64 "s", whole / 60,
                 whole % 60);
    else if (whole < 86400)
        snprintf(label.text, sizeof(label.text), "%" PRIu64 "h %02" PRIu64 "m", whole / 3600,
                 whole / 60 % 60);
    else
        snprintf(label.text, sizeof(label.text), "%" PRIu64 "d %02" PRIu64 "h", whole / 86400,
                 whole / 3600 % 24);
    return label;
}

hf_format_label hf_format_address(uint64_t address)
{
    hf_format_label label;
    snprintf(label.text, sizeof(label.text), "0x%" PRIx64, address);
    return label;
}

void hf_say_bytes(hf_buf *out, int64_t bytes)
{
    hf_buf_format(out, "%s%s", bytes < 0 ? "-" : "", hf_format_bytes(magnitude(bytes)).text);
}

void hf_say_count(hf_buf *out, uint64_t count, const char *noun)
{
    size_t length = strlen(noun);
    bool y = count != 1 && length && noun[length - 1] == 'y';
    hf_buf_format(out, "%s %.*s%s", hf_format_count(count).text, (int)(length - y), noun,
                  y            ? "ies"
                  : count == 1 ? ""
                               : "s");
}
