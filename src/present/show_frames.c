/* present/show_frames.c - places in code, and measures of blocks, as all reports of
 * traces name them. */
#include "base/library_path.h"
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

/* Files of libraries are told from their package on, but where paths are wanted whole. */
static void add_file(hf_buf *out, const hf_capture *c, uint32_t file, bool whole)
{
    const char *part =
        whole ? NULL
              : hf_library_part(hf_strtab_get(&c->texts, file), hf_strtab_length(&c->texts, file));
    if (part)
        hf_buf_text(out, part);
    else
        add_text(out, c, file);
}

static void add_place(hf_buf *out, const hf_capture *c, uint32_t number, uint32_t line, bool whole)
{
    const hf_code *code = &c->codes[number];
    if (line) {
        add_file(out, c, code->file, whole);
        hf_buf_format(out, ":%u (", line);
        add_text(out, c, code->name);
    } else {
        add_text(out, c, code->name);
        hf_buf_text(out, " (");
        add_file(out, c, code->file, whole);
    }
    hf_buf_text(out, ")");
}

/* Where the brackets that open at `at` are closed; `length` where they are not. The > of an
 * arrow closes nothing. */
static size_t closed_at(const char *name, size_t length, size_t at)
{
    size_t depth = 0;
    for (size_t i = at; i < length; i++) {
        bool arrow = i && name[i] == '>' && name[i - 1] == '-';
        if (name[i] == '<' || name[i] == '(')
            depth++;
        else if (((name[i] == '>' && !arrow) || name[i] == ')') && --depth == 0)
            return i;
    }
    return length;
}

/* Those of operator<, operator() and (anonymous namespace), and of Rust's <Type as
 * Trait>::function, are part of the name. */
static bool is_dispensable(const char *name, size_t length, size_t at, size_t end)
{
    static const char operator_word[] = "operator", anonymous[] = "(anonymous namespace)";
    size_t word = sizeof(operator_word) - 1;
    bool follows = at >= word && memcmp(name + at - word, operator_word, word) == 0;
    bool is_anonymous = length - at >= sizeof(anonymous) - 1 &&
                        !memcmp(name + at, anonymous, sizeof(anonymous) - 1);
    return at && !follows && !is_anonymous && end > at + 1;
}

/* The name of a native function. Names of C++ and Rust have all their types within them: in long
 * ones these are left out. */
static void add_native_name(hf_buf *out, const hf_capture *c, uint32_t text)
{
    enum { LONG = 60 };
    const char *name = hf_strtab_get(&c->texts, text);
    size_t length = hf_strtab_length(&c->texts, text);
    for (size_t i = 0; i < length; i++) {
        hf_buf_char(out, name[i]);
        if (length <= LONG || (name[i] != '<' && name[i] != '('))
            continue;
        size_t end = closed_at(name, length, i);
        if (!is_dispensable(name, length, i, end))
            continue;
        hf_buf_text(out, "...");
        if (end == length)
            return;
        i = end - 1;
    }
}

static const char *last_part(const hf_capture *c, uint32_t path)
{
    const char *text = hf_strtab_get(&c->texts, path), *slash = strrchr(text, '/');
    return slash ? slash + 1 : text;
}

/* A function of a binary, or a line of one. Paths are those of where it was compiled: their last
 * part has to do. */
static void add_function(hf_buf *out, const hf_capture *c, uint32_t number, uint32_t line)
{
    const hf_code *code = &c->codes[number];
    const char *binary = last_part(c, hf_code_binary(code));
    if (line)
        hf_buf_format(out, "%s:%u (", last_part(c, code->file), line);
    add_native_name(out, c, code->name);
    if (*binary)
        hf_buf_format(out, line ? ", %s" : " (%s", binary);
    if (line || *binary)
        hf_buf_text(out, ")");
}

void hf_show_frame(hf_buf *out, const hf_capture *c, const hf_frame *frame, bool whole)
{
    switch (frame->kind) {
    case HF_NODE_PROCESS:
        hf_buf_format(out, "process %lld: ", (long long)c->processes[frame->process].pid);
        add_text(out, c, c->processes[frame->process].command);
        return;
    case HF_NODE_PYTHON:
        add_place(out, c, frame->code, frame->line, whole);
        return;
    case HF_NODE_FUNCTION:
        add_function(out, c, frame->code, frame->line);
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

/* The line, then its callers; of native calls that may have gone before it, too. */
static void add_stack(hf_buf *out, const hf_capture *c, uint32_t node,
                      const hf_sites_options *options)
{
    bool native = c->nodes[node].kind != HF_NODE_PYTHON;
    for (bool first = true; node != HF_NODE_NONE; node = c->nodes[node].parent) {
        const hf_node *n = &c->nodes[node];
        bool function = native && n->kind == HF_NODE_FUNCTION;
        if ((n->kind != HF_NODE_PYTHON && !function) || hf_site_hides(c, options, n))
            continue;
        hf_buf_text(out, first ? "" : " < ");
        if (function)
            add_function(out, c, n->code, n->line);
        else
            add_place(out, c, n->code, n->line, false);
        first = false;
    }
}

void hf_show_asker(hf_buf *out, const hf_capture *c, const hf_site *site, hf_by by)
{
    if (site->asker == HF_NODE_NONE) {
        hf_buf_text(out, "-");
        return;
    }
    const hf_node *n = &c->nodes[site->asker];
    if (by == HF_BY_FILE)
        hf_buf_text(out, last_part(c, hf_code_binary(&c->codes[n->code])));
    else
        add_function(out, c, n->code, by == HF_BY_LINE ? n->line : 0);
}

void hf_show_site(hf_buf *out, const hf_capture *c, const hf_site *site,
                  const hf_sites_options *options)
{
    if (site->kind == HF_SITE_NO_PYTHON)
        hf_buf_text(out, "(outside of Python code)");
    else if (site->kind == HF_SITE_OTHER)
        hf_buf_text(out, "(stacks that there was no room for)");
    else if (options->by == HF_BY_FILE)
        add_file(out, c, c->codes[site->code].file, false);
    else if (options->by == HF_BY_STACK)
        add_stack(out, c, site->node, options);
    else
        add_place(out, c, site->code, options->by == HF_BY_LINE ? site->line : 0, false);
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

void hf_json_native(hf_json *j, const hf_capture *c, uint32_t code, uint32_t line)
{
    hf_json_place(j, c, code, line);
    json_string(j, "binary", c, hf_code_binary(&c->codes[code]));
    if (c->codes[code].symbol)
        json_string(j, "symbol", c, c->codes[code].symbol);
}
