/* trace/frames.c - see trace/frames.h. */
#include "trace/frames.h"

#include "base/array.h"
#include "base/cleanup.h"

#include <stdlib.h>

/* A function is known by its file and name: it may start at another line in another run. */
static bool find_functions(hf_frames *f)
{
    const hf_capture *c = f->capture;
    hf_map functions HF_AUTO(hf_map_deinit) = {0};
    for (uint32_t i = 0; i < c->code_count; i++) {
        uint64_t key = (uint64_t)c->codes[i].file << 32 | c->codes[i].name;
        uint32_t first = f->options.functions ? hf_map_get(&functions, key) : i;
        if (first == HF_MAP_NONE && !hf_map_put(&functions, key, first = i))
            return false;
        f->codes[i] = first;
    }
    return true;
}

hf_err *hf_frames_init(hf_frames *f, const hf_capture *c, const hf_profile_options *options)
{
    *f = (hf_frames){.capture = c, .options = *options, .room = 256, .count = 1};
    f->rows = calloc(f->room, sizeof(*f->rows));
    f->imports = calloc(c->code_count + 1, sizeof(*f->imports));
    f->codes = malloc((c->code_count + 1) * sizeof(*f->codes));
    if (!f->rows || !f->imports || !f->codes || !find_functions(f))
        return hf_fail_memory();
    for (size_t i = 0; i < c->code_count; i++)
        f->imports[i] = hf_file_is_import(hf_strtab_get(&c->texts, c->codes[i].file));
    return NULL;
}

void hf_frames_deinit(hf_frames *f)
{
    hf_map_deinit(&f->numbers);
    free(f->rows);
    free(f->imports);
    free(f->codes);
}

static bool is_hidden(const hf_frames *f, const hf_node *n)
{
    const hf_profile_options *o = &f->options;
    if (n->kind == HF_NODE_PROCESS)
        return !o->processes || f->capture->process_count < 2;
    if (hf_node_is_native(n) || n->kind == HF_NODE_FUNCTION)
        return o->hide_native;
    return n->kind == HF_NODE_PYTHON && o->hide_imports && f->imports[n->code];
}

static uint64_t key_of(const hf_frame *frame)
{
    return (uint64_t)frame->kind << 60 |
           (frame->kind == HF_NODE_PROCESS ? frame->process
                                           : (uint64_t)frame->code << 32 | frame->line);
}

bool hf_frames_of(hf_frames *f, const hf_node *n, uint32_t *ret)
{
    *ret = 0;
    if (is_hidden(f, n))
        return true;
    hf_frame frame = {.kind = n->kind, .code = n->code};
    if (hf_kind_is_call(n->kind))
        frame.code = f->codes[n->code];
    if (n->kind == HF_NODE_PROCESS)
        frame.process = n->process;
    else
        frame.line = f->options.functions ? 0 : n->line;
    uint32_t found = hf_map_get(&f->numbers, key_of(&frame));
    if (found == HF_MAP_NONE) {
        found = (uint32_t)f->count;
        if (!hf_array_room(&f->rows, f->count, &f->room) ||
            !hf_map_put(&f->numbers, key_of(&frame), found))
            return false;
        f->rows[f->count++] = frame;
    }
    *ret = found;
    return true;
}
