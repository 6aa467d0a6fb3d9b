/* present/show_frames.c - places in code, and measures of blocks, as all reports of traces name them. */
#include "present/show_trace.h"

#include <string.h>

const char *hf_measure_word(hf_measure measure)
{
    static const char *const words[] = {"peak", "live", "total", "temporary", "held"};
    return words[measure];
}

const char *hf_measure_title(hf_measure measure)
{
    static const char *const titles[] = {"AT THE PEAK", "NOT FREED", "ALLOCATED", "TEMPORARY",
                                         "HELD"};
    return titles[measure];
}

const char *hf_measure_phrase(hf_measure measure)
{
    static const char *const phrases[] = {"held at the peak", "never freed", "allocated in all",
                                          "freed at once", "held"};
    return phrases[measure];
}

static void add_text(hf_buf *out, const hf_capture *c, uint32_t text)
{
    hf_buf_add(out, hf_strtab_get(&c->texts, text), hf_strtab_length(&c->texts, text));
}

static void add_place(hf_buf *out, const hf_capture *c, uint32_t number, uint32_t line)
{
    const hf_code *code = &c->codes[number];
    if (line) {
        add_text(out, c, code->file);
        hf_buf_format(out, ":%u (", line);
        add_text(out, c, code->name);
    } else {
        add_text(out, c, code->name);
        hf_buf_text(out, " (");
        add_text(out, c, code->file);
    }
    hf_buf_text(out, ")");
}

/* A function of a binary. */
static void add_function(hf_buf *out, const hf_capture *c, uint32_t number)
{
    const hf_code *code = &c->codes[number];
    const char *file = hf_strtab_get(&c->texts, code->file), *slash = strrchr(file, '/');
    add_text(out, c, code->name);
    if (*file)
        hf_buf_format(out, " (%s)", slash ? slash + 1 : file);
}

void hf_show_frame(hf_buf *out, const hf_capture *c, const hf_frame *frame)
{
    switch (frame->kind) {
    case HF_NODE_PROCESS:
        hf_buf_format(out, "process %lld: ", (long long)c->processes[frame->process].pid);
        add_text(out, c, c->processes[frame->process].command);
        return;
    case HF_NODE_PYTHON:
        add_place(out, c, frame->code, frame->line);
        return;
    case HF_NODE_FUNCTION:
        add_function(out, c, frame->code);
        return;
    case HF_NODE_NATIVE:
        hf_buf_text(out, "(malloc, from native code)");
        return;
    case HF_NODE_MAPPING:
        hf_buf_text(out, "(mmap, from native code)");
        return;
    case HF_NODE_OTHER:
    case HF_NODE_KIND_END:
        hf_buf_text(out, "(stacks that there was no room for)");
        return;
    }
}

/* The line, then its callers. */
static void add_stack(hf_buf *out, const hf_capture *c, uint32_t node)
{
    for (bool first = true; node != HF_NODE_NONE; node = c->nodes[node].parent) {
        const hf_node *n = &c->nodes[node];
        if (n->kind != HF_NODE_PYTHON)
            continue;
        hf_buf_text(out, first ? "" : " < ");
        add_place(out, c, n->code, n->line);
        first = false;
    }
}

void hf_show_site(hf_buf *out, const hf_capture *c, const hf_site *site, hf_by by)
{
    if (site->kind == HF_SITE_NO_PYTHON)
        hf_buf_text(out, "(outside of Python code)");
    else if (site->kind == HF_SITE_OTHER)
        hf_buf_text(out, "(stacks that there was no room for)");
    else if (by == HF_BY_FILE)
        add_text(out, c, c->codes[site->code].file);
    else if (by == HF_BY_STACK)
        add_stack(out, c, site->node);
    else
        add_place(out, c, site->code, by == HF_BY_LINE ? site->line : 0);
}

void hf_json_count(hf_json *j, const hf_capture *c, const char *key, hf_count n)
{
    hf_json_object(j, key);
    hf_json_uint(j, "bytes", n.bytes);
    hf_json_uint(j, "blocks", n.blocks);
    if (c->info.mode == HF_TRACE_SAMPLED)
        hf_json_uint(j, "margin", hf_capture_margin(c, n.bytes));
    hf_json_end(j);
}

void hf_json_counts(hf_json *j, const hf_capture *c, const char *key, const hf_counts *counts)
{
    hf_json_object(j, key);
    for (hf_measure m = HF_MEASURE_PEAK; m <= HF_MEASURE_TEMPORARY; m++)
        hf_json_count(j, c, hf_measure_word(m), hf_measure_of(counts, m));
    hf_json_end(j);
}

static void json_string(hf_json *j, const char *key, const hf_capture *c, uint32_t text)
{
    hf_json_text_n(j, key, hf_strtab_get(&c->texts, text), hf_strtab_length(&c->texts, text));
}

void hf_json_file(hf_json *j, const hf_capture *c, uint32_t code)
{
    json_string(j, "file", c, c->codes[code].file);
}

void hf_json_place(hf_json *j, const hf_capture *c, uint32_t code, uint32_t line)
{
    hf_json_file(j, c, code);
    hf_json_uint(j, "line", line);
    json_string(j, "function", c, c->codes[code].name);
}
