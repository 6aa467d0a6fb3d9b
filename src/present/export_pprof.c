/* present/export_pprof.c - a traced run as profile.proto, gzipped (present/export_trace.h).
 *
 * The messages and their fields are those of
 * https://github.com/google/pprof/blob/main/proto/profile.proto; the encoding is that of
 * protocol buffers: a varint of field number and wire type (0: varint, 2: length and bytes),
 * then the value. */
#include "base/cleanup.h"
#include "present/export_trace.h"
#include "present/format.h"
#include "present/gzip.h"
#include "present/show_trace.h"

#include <string.h>

enum profile_field {
    SAMPLE_TYPE = 1,
    SAMPLE = 2,
    LOCATION = 4,
    FUNCTION = 5,
    STRING_TABLE = 6,
    TIME_NANOS = 9,
    DURATION_NANOS = 10,
    DEFAULT_SAMPLE_TYPE = 14,
};

enum { WIRE_VARINT = 0, WIRE_BYTES = 2 };

typedef struct writer {
    const hf_trace_export *export;
    hf_gzip *gzip;
    hf_strtab strings;
    hf_buf message, inner; /* the message that is made, and one within it */
    bool failed;
} writer;

static void put_varint(hf_buf *b, unsigned field, uint64_t value)
{
    hf_buf_varint(b, field << 3 | WIRE_VARINT);
    hf_buf_varint(b, value);
}

static void put_bytes(hf_buf *b, unsigned field, const void *bytes, size_t length)
{
    hf_buf_varint(b, field << 3 | WIRE_BYTES);
    hf_buf_varint(b, length);
    hf_buf_add(b, bytes, length);
}

/* Sends the message as a field of the profile. */
static void send(writer *w, unsigned field)
{
    hf_buf head HF_AUTO(hf_buf_deinit) = {0};
    hf_buf_varint(&head, field << 3 | WIRE_BYTES);
    hf_buf_varint(&head, w->message.length);
    w->failed = w->failed || head.failed || w->message.failed || w->inner.failed;
    if (!w->failed) {
        hf_gzip_add(w->gzip, head.data, head.length);
        hf_gzip_add(w->gzip, w->message.data, w->message.length);
    }
    hf_buf_clear(&w->message);
    hf_buf_clear(&w->inner);
}

/* The number of a string; what is no UTF-8 becomes U+FFFD, as readers refuse it. */
static uint64_t string_of(writer *w, const char *text, size_t length)
{
    hf_buf clean HF_AUTO(hf_buf_deinit) = {0};
    for (size_t i = 0, step; i < length; i += step) {
        uint32_t code;
        if (hf_format_decode(text + i, length - i, &code, &step))
            hf_buf_add(&clean, text + i, step);
        else
            hf_buf_text(&clean, "\xef\xbf\xbd");
    }
    uint32_t number = hf_strtab_add(&w->strings, hf_buf_string(&clean), clean.length);
    w->failed = w->failed || clean.failed || number == HF_STR_NONE;
    return number;
}

static uint64_t word_of(writer *w, const char *text)
{
    return string_of(w, text, strlen(text));
}

/* Of each measure the blocks and the bytes. Returns the string of the type that is to
 * be shown first. */
static uint64_t put_sample_types(writer *w)
{
    uint64_t shown = 0;
    for (size_t i = 0; i < 2 * w->export->measure_count; i++) {
        bool bytes = i % 2;
        char type[64];
        snprintf(type, sizeof(type), "%s_%s", hf_measure_word(w->export->measures[i / 2]),
                 bytes ? "space" : "objects");
        uint64_t name = word_of(w, type);
        put_varint(&w->message, 1, name);
        put_varint(&w->message, 2, word_of(w, bytes ? "bytes" : "count"));
        send(w, SAMPLE_TYPE);
        if (i == 1)
            shown = name;
    }
    return shown;
}

/* A location and a function for each frame; their numbers are those of the frame. Frame 0 stands
 * for what was asked for where no Python ran. */
static void put_frames(writer *w)
{
    const hf_trace_export *e = w->export;
    hf_buf room HF_AUTO(hf_buf_deinit) = {0};
    static const char outside[] = "(outside of Python code)";
    for (size_t i = 0; i < e->profile->frame_count; i++) {
        const hf_frame *frame = &e->profile->frames[i];
        hf_frame_names names = {.name = outside, .name_length = sizeof(outside) - 1, .file = ""};
        if (i)
            names = hf_frame_names_of(e->capture, frame, &room);
        put_varint(&w->inner, 1, i + 1);
        put_varint(&w->inner, 2, i && hf_kind_is_call(frame->kind) ? frame->line : 0);
        put_varint(&w->message, 1, i + 1);
        put_bytes(&w->message, 4, w->inner.data, w->inner.length);
        send(w, LOCATION);
        uint64_t name = string_of(w, names.name, names.name_length);
        put_varint(&w->message, 1, i + 1);
        put_varint(&w->message, 2, name);
        put_varint(&w->message, 3,
                   names.symbol_length ? string_of(w, names.symbol, names.symbol_length) : name);
        put_varint(&w->message, 4, string_of(w, names.file, names.file_length));
        put_varint(&w->message, 5, names.first_line);
        send(w, FUNCTION);
    }
}

static bool has_own(const hf_trace_export *e, uint32_t node)
{
    for (size_t m = 0; m < e->measure_count; m++)
        if (e->sums[m].own[node].blocks || e->sums[m].own[node].bytes)
            return true;
    return false;
}

static void put_samples(writer *w)
{
    const hf_trace_export *e = w->export;
    const hf_profile *p = e->profile;
    for (uint32_t i = 0; i < p->node_count; i++) {
        if (!has_own(e, i))
            continue;
        if (!i)
            hf_buf_varint(&w->inner, 1);
        for (uint32_t at = i; at; at = p->nodes[at].parent)
            hf_buf_varint(&w->inner, p->nodes[at].frame + 1);
        put_bytes(&w->message, 1, w->inner.data, w->inner.length);
        hf_buf_clear(&w->inner);
        for (size_t m = 0; m < e->measure_count; m++) {
            hf_buf_varint(&w->inner, e->sums[m].own[i].blocks);
            hf_buf_varint(&w->inner, e->sums[m].own[i].bytes);
        }
        put_bytes(&w->message, 2, w->inner.data, w->inner.length);
        send(w, SAMPLE);
    }
}

static void put_rest(writer *w, uint64_t shown)
{
    for (uint32_t i = 0; i < w->strings.count; i++) {
        hf_buf_add(&w->message, hf_strtab_get(&w->strings, i), hf_strtab_length(&w->strings, i));
        send(w, STRING_TABLE);
    }
    hf_buf last HF_AUTO(hf_buf_deinit) = {0};
    put_varint(&last, TIME_NANOS, w->export->capture->info.start);
    put_varint(&last, DURATION_NANOS, w->export->capture->info.length);
    put_varint(&last, DEFAULT_SAMPLE_TYPE, shown);
    w->failed = w->failed || last.failed;
    if (!w->failed)
        hf_gzip_add(w->gzip, last.data, last.length);
}

static void deinit(writer *w)
{
    hf_gzip_end(w->gzip);
    hf_strtab_deinit(&w->strings);
    hf_buf_deinit(&w->message);
    hf_buf_deinit(&w->inner);
}

hf_err *hf_export_pprof(const hf_trace_export *e, FILE *out)
{
    writer w HF_AUTO(deinit) = {.export = e};
    hf_err *err = hf_gzip_new(out, &w.gzip);
    if (!err && !hf_strtab_init(&w.strings))
        err = hf_fail_memory();
    if (err)
        return err;
    uint64_t shown = put_sample_types(&w);
    put_frames(&w);
    put_samples(&w);
    put_rest(&w, shown);
    return w.failed ? hf_fail_memory() : NULL;
}
