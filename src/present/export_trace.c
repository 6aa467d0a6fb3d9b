/* present/export_trace.c - folded stacks, speedscope, CSV and JSON of a traced run
 * (present/export_trace.h). */
#include "present/export_trace.h"

#include "base/cleanup.h"
#include "present/csv.h"
#include "present/json.h"
#include "present/show_trace.h"

#include <string.h>

const char *hf_frame_kind_word(hf_node_kind kind)
{
    static const char *const words[] = {"process", "python", "malloc", "mmap", "other", "native"};
    return kind < HF_NODE_KIND_END ? words[kind] : "other";
}

hf_frame_names hf_frame_names_of(const hf_capture *c, const hf_frame *frame, hf_buf *room)
{
    if (hf_kind_is_call(frame->kind)) {
        const hf_code *code = &c->codes[frame->code];
        uint32_t binary = frame->kind == HF_NODE_FUNCTION ? hf_code_binary(code) : 0;
        return (hf_frame_names){.name = hf_strtab_get(&c->texts, code->name),
                                .name_length = hf_strtab_length(&c->texts, code->name),
                                .file = hf_strtab_get(&c->texts, code->file),
                                .file_length = hf_strtab_length(&c->texts, code->file),
                                .binary = hf_strtab_get(&c->texts, binary),
                                .binary_length = hf_strtab_length(&c->texts, binary),
                                .symbol = hf_strtab_get(&c->texts, code->symbol),
                                .symbol_length = hf_strtab_length(&c->texts, code->symbol),
                                .first_line = code->first_line};
    }
    hf_buf_clear(room);
    hf_show_frame(room, c, frame, true);
    const char *name = hf_buf_string(room);
    return (hf_frame_names){
        .name = name, .name_length = room->length, .file = "", .binary = "", .symbol = ""};
}

/* The frames on the way to a node, outermost first; `stack` has room for all nodes. */
static size_t stack_of(const hf_profile *p, uint32_t node, uint32_t *stack)
{
    size_t depth = 0;
    for (uint32_t at = node; at; at = p->nodes[at].parent)
        depth++;
    size_t left = depth;
    for (uint32_t at = node; at; at = p->nodes[at].parent)
        stack[--left] = p->nodes[at].frame;
    return depth;
}

/* Neither what ends a line nor what parts frames may be in a name. */
static void folded_name(const hf_capture *c, const hf_frame *frame, hf_buf *out)
{
    hf_buf room HF_AUTO(hf_buf_deinit) = {0}, text HF_AUTO(hf_buf_deinit) = {0};
    hf_frame_names names = hf_frame_names_of(c, frame, &room);
    hf_format_untrusted(&text, names.name, names.name_length, 0);
    if (names.file_length) {
        hf_buf_text(&text, " (");
        hf_format_untrusted(&text, names.file, names.file_length, 0);
        if (frame->line)
            hf_buf_format(&text, ":%u", frame->line);
        hf_buf_text(&text, ")");
    }
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == ';')
            hf_buf_text(out, "\\x3b");
        else
            hf_buf_char(out, (char)text.data[i]);
    }
}

hf_err *hf_export_folded(const hf_trace_export *e, FILE *out)
{
    const hf_profile *p = e->profile;
    HF_AUTO(hf_freep) uint32_t *stack = malloc((p->node_count + 1) * sizeof(*stack));
    HF_AUTO(hf_freep) size_t *starts = malloc((p->frame_count + 1) * sizeof(*starts));
    hf_buf names HF_AUTO(hf_buf_deinit) = {0};
    if (!stack || !starts)
        return hf_fail_memory();
    for (size_t i = 0; i < p->frame_count; i++) {
        starts[i] = names.length;
        if (i)
            folded_name(e->capture, &p->frames[i], &names);
    }
    starts[p->frame_count] = names.length;
    if (names.failed)
        return hf_fail_memory();
    for (uint32_t i = 0; i < p->node_count; i++) {
        if (!e->sums[0].own[i].bytes)
            continue;
        size_t depth = stack_of(p, i, stack);
        for (size_t k = 0; k < depth; k++) {
            if (k)
                fputc(';', out);
            size_t start = starts[stack[k]];
            fwrite(names.data + start, 1, starts[stack[k] + 1] - start, out);
        }
        fprintf(out, "%s %llu\n", depth ? "" : "(outside of Python code)",
                (unsigned long long)e->sums[0].own[i].bytes);
    }
    return NULL;
}

static void speedscope_frames(hf_json *j, const hf_trace_export *e)
{
    hf_buf room HF_AUTO(hf_buf_deinit) = {0};
    hf_json_object(j, "shared");
    hf_json_array(j, "frames");
    for (size_t i = 0; i < e->profile->frame_count; i++) {
        const hf_frame *frame = &e->profile->frames[i];
        hf_json_object(j, NULL);
        if (i) {
            hf_frame_names names = hf_frame_names_of(e->capture, frame, &room);
            hf_json_text_n(j, "name", names.name, names.name_length);
            if (names.file_length)
                hf_json_text_n(j, "file", names.file, names.file_length);
            if (frame->line)
                hf_json_uint(j, "line", frame->line);
        } else {
            hf_json_text(j, "name", "(outside of Python code)"); /* of the root itself */
        }
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_end(j);
}

/* Children of each node, as lists: first[node], then next[child]. */
typedef struct children {
    uint32_t *first, *next; /* 0: none */
} children;

static void free_children(children *c)
{
    free(c->first);
    free(c->next);
}

static bool find_children(const hf_profile *p, children *ret)
{
    ret->first = calloc(p->node_count, sizeof(*ret->first));
    ret->next = calloc(p->node_count, sizeof(*ret->next));
    if (!ret->first || !ret->next)
        return false;
    for (uint32_t i = (uint32_t)p->node_count; i-- > 1;) {
        ret->next[i] = ret->first[p->nodes[i].parent];
        ret->first[p->nodes[i].parent] = i;
    }
    return true;
}

static void event(FILE *out, bool *first, char type, uint32_t frame, uint64_t at)
{
    fprintf(out, "%s{\"type\":\"%c\",\"frame\":%u,\"at\":%llu}", *first ? "\n" : ",\n", type, frame,
            (unsigned long long)at);
    *first = false;
}

/* Opens and closes each frame on a line of bytes: first what a node has itself, then
 * its children. */
static void speedscope_events(const hf_trace_export *e, const children *c, const hf_profile_sums *s,
                              FILE *out)
{
    const hf_profile *p = e->profile;
    uint64_t at = 0;
    bool first = true;
    if (s->own[0].bytes) {
        event(out, &first, 'O', 0, at);
        event(out, &first, 'C', 0, at += s->own[0].bytes);
    }
    uint32_t node = c->first[0];
    while (node) {
        bool shown = s->total[node].bytes > 0;
        if (shown) {
            event(out, &first, 'O', p->nodes[node].frame, at);
            at += s->own[node].bytes;
        }
        if (shown && c->first[node]) {
            node = c->first[node];
            continue;
        }
        if (shown)
            event(out, &first, 'C', p->nodes[node].frame, at);
        while (node && !c->next[node]) {
            node = p->nodes[node].parent;
            if (node)
                event(out, &first, 'C', p->nodes[node].frame, at);
        }
        node = c->next[node];
    }
}

hf_err *hf_export_speedscope(const hf_trace_export *e, FILE *out)
{
    children c HF_AUTO(free_children) = {0};
    if (!find_children(e->profile, &c))
        return hf_fail_memory();
    hf_json j;
    hf_json_init(&j, out);
    hf_json_object(&j, NULL);
    hf_json_text(&j, "$schema", "https://www.speedscope.app/file-format-schema.json");
    hf_json_text(&j, "exporter", "holdfast");
    hf_json_int(&j, "activeProfileIndex", 0);
    speedscope_frames(&j, e);
    hf_json_array(&j, "profiles");
    for (size_t i = 0; i < e->measure_count; i++) {
        const hf_profile_sums *s = &e->sums[i];
        uint64_t margin = hf_capture_margin(e->capture, s->total[0].bytes);
        hf_buf name HF_AUTO(hf_buf_deinit) = {0};
        hf_buf_text(&name, hf_measure_phrase(e->measures[i]));
        if (margin)
            hf_buf_format(&name, " (give or take %s in all)", hf_format_bytes(margin).text);
        hf_json_object(&j, NULL);
        hf_json_text(&j, "type", "evented");
        hf_json_text(&j, "name", hf_buf_string(&name));
        hf_json_text(&j, "unit", "bytes");
        hf_json_uint(&j, "startValue", 0);
        hf_json_uint(&j, "endValue", s->total[0].bytes);
        hf_json_array(&j, "events");
        speedscope_events(e, &c, s, out);
        hf_json_end(&j);
        hf_json_end(&j);
    }
    hf_json_end(&j);
    hf_json_end(&j);
    return NULL;
}

static void csv_word(hf_csv *csv, const char *text)
{
    hf_csv_text(csv, text, strlen(text));
}

static void csv_titles(const hf_trace_export *e, hf_csv *csv)
{
    static const char *const titles[] = {"node", "parent",   "kind",   "pid",   "file",
                                         "line", "function", "binary", "symbol"};
    static const char *const numbers[] = {"own_bytes",    "own_blocks", "total_bytes",
                                          "total_blocks", "own_margin", "total_margin"};
    size_t columns = e->capture->info.mode == HF_TRACE_SAMPLED ? 6 : 4;
    for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
        csv_word(csv, titles[i]);
    for (size_t i = 0; i < columns * e->measure_count; i++) {
        char title[64];
        snprintf(title, sizeof(title), "%s_%s", hf_measure_word(e->measures[i / columns]),
                 numbers[i % columns]);
        csv_word(csv, title);
    }
    hf_csv_end(csv);
}

static void csv_frame(const hf_capture *c, const hf_frame *f, hf_csv *csv)
{
    bool process = f->kind == HF_NODE_PROCESS, call = hf_kind_is_call(f->kind);
    csv_word(csv, hf_frame_kind_word(f->kind));
    if (process)
        hf_csv_int(csv, c->processes[f->process].pid);
    else
        csv_word(csv, "");
    hf_buf room HF_AUTO(hf_buf_deinit) = {0};
    hf_frame_names names = hf_frame_names_of(c, f, &room);
    hf_csv_text(csv, names.file, names.file_length);
    if (call)
        hf_csv_uint(csv, f->line);
    else
        csv_word(csv, "");
    hf_csv_text(csv, names.name, names.name_length);
    hf_csv_text(csv, names.binary, names.binary_length);
    hf_csv_text(csv, names.symbol, names.symbol_length);
}

hf_err *hf_export_nodes_csv(const hf_trace_export *e, FILE *out)
{
    const hf_profile *p = e->profile;
    hf_csv csv;
    hf_csv_init(&csv, out);
    csv_titles(e, &csv);
    for (uint32_t i = 0; i < p->node_count; i++) {
        hf_csv_uint(&csv, i);
        if (i) {
            hf_csv_uint(&csv, p->nodes[i].parent);
            csv_frame(e->capture, &p->frames[p->nodes[i].frame], &csv);
        } else {
            csv_word(&csv, "");
            csv_word(&csv, "run");
            for (size_t k = 0; k < 6; k++)
                csv_word(&csv, "");
        }
        for (size_t m = 0; m < e->measure_count; m++) {
            hf_csv_uint(&csv, e->sums[m].own[i].bytes);
            hf_csv_uint(&csv, e->sums[m].own[i].blocks);
            hf_csv_uint(&csv, e->sums[m].total[i].bytes);
            hf_csv_uint(&csv, e->sums[m].total[i].blocks);
            if (e->capture->info.mode != HF_TRACE_SAMPLED)
                continue;
            hf_csv_uint(&csv, hf_capture_margin(e->capture, e->sums[m].own[i].bytes));
            hf_csv_uint(&csv, hf_capture_margin(e->capture, e->sums[m].total[i].bytes));
        }
        hf_csv_end(&csv);
    }
    return NULL;
}

static void json_frames(hf_json *j, const hf_trace_export *e)
{
    hf_buf room HF_AUTO(hf_buf_deinit) = {0};
    hf_json_array(j, "frames");
    for (size_t i = 0; i < e->profile->frame_count; i++) {
        const hf_frame *f = &e->profile->frames[i];
        hf_json_object(j, NULL);
        hf_json_text(j, "kind", i ? hf_frame_kind_word(f->kind) : "run");
        if (i && f->kind == HF_NODE_PROCESS)
            hf_json_int(j, "pid", e->capture->processes[f->process].pid);
        if (i) {
            hf_frame_names names = hf_frame_names_of(e->capture, f, &room);
            hf_json_text_n(j, "function", names.name, names.name_length);
            hf_json_text_n(j, "file", names.file, names.file_length);
            hf_json_uint(j, "line", hf_kind_is_call(f->kind) ? f->line : 0);
            if (names.binary_length)
                hf_json_text_n(j, "binary", names.binary, names.binary_length);
            if (names.symbol_length)
                hf_json_text_n(j, "symbol", names.symbol, names.symbol_length);
        }
        hf_json_end(j);
    }
    hf_json_end(j);
}

/* Number i of a column: many on a line. */
static void put_number(FILE *out, size_t i, uint64_t number)
{
    if (i)
        putc_unlocked(',', out);
    if (i % 32 == 0)
        putc_unlocked('\n', out);
    hf_format_digits(out, number);
}

static void json_column(hf_json *j, const char *key, const hf_count *counts, bool blocks,
                        size_t count)
{
    hf_json_array(j, key);
    for (size_t i = 0; i < count; i++)
        put_number(j->out, i, blocks ? counts[i].blocks : counts[i].bytes);
    hf_json_end(j);
}

hf_err *hf_export_nodes_json(const hf_trace_export *e, FILE *out)
{
    const hf_profile *p = e->profile;
    hf_json j;
    hf_json_init(&j, out);
    hf_json_object(&j, NULL);
    hf_json_text(&j, "format", "holdfast-profile");
    hf_json_uint(&j, "version", 1);
    if (e->capture->info.mode == HF_TRACE_SAMPLED)
        hf_json_uint(&j, "sample_bytes", e->capture->info.sample_bytes);
    json_frames(&j, e);
    for (unsigned column = 0; column < 2; column++) {
        hf_json_array(&j, column ? "frame" : "parent");
        for (size_t i = 0; i < p->node_count; i++)
            put_number(out, i, column ? p->nodes[i].frame : p->nodes[i].parent);
        hf_json_end(&j);
    }
    for (size_t m = 0; m < e->measure_count; m++) {
        hf_json_object(&j, hf_measure_word(e->measures[m]));
        json_column(&j, "own_bytes", e->sums[m].own, false, p->node_count);
        json_column(&j, "own_blocks", e->sums[m].own, true, p->node_count);
        json_column(&j, "total_bytes", e->sums[m].total, false, p->node_count);
        json_column(&j, "total_blocks", e->sums[m].total, true, p->node_count);
        hf_json_end(&j);
    }
    hf_json_end(&j);
    return NULL;
}
