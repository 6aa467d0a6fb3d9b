/* trace/join.c - see trace/join.h. */
#include "trace/join.h"

#include "base/cleanup.h"

#include <string.h>

static bool allocate(hf_capture *c, const hf_capture *older, const hf_capture *newer)
{
    size_t nodes = older->node_count + newer->node_count;
    c->codes = calloc(older->code_count + newer->code_count + 1, sizeof(*c->codes));
    c->processes = calloc(older->process_count + newer->process_count + 1, sizeof(*c->processes));
    c->nodes = calloc(nodes + 1, sizeof(*c->nodes));
    c->counts = calloc(nodes + 1, sizeof(*c->counts));
    return c->codes && c->processes && c->nodes && c->counts;
}

static uint32_t text_of(hf_capture *c, const hf_capture *from, uint32_t text)
{
    return hf_strtab_add(&c->texts, hf_strtab_get(&from->texts, text),
                         hf_strtab_length(&from->texts, text));
}

/* Adds the codes of a run; ret_numbers[code] is what it has become. */
static bool add_codes(hf_capture *c, hf_strtab *known, const hf_capture *from,
                      uint32_t *ret_numbers)
{
    for (size_t i = 0; i < from->code_count; i++) {
        const hf_code *code = &from->codes[i];
        const hf_code mine = {.file = text_of(c, from, code->file),
                              .name = text_of(c, from, code->name),
                              .first_line = code->first_line,
                              .binary = text_of(c, from, code->binary),
                              .symbol = text_of(c, from, code->symbol)};
        const uint32_t key[] = {mine.file, mine.name, mine.first_line, mine.binary, mine.symbol};
        uint32_t found = hf_strtab_add(known, (const char *)key, sizeof(key));
        if (mine.file == HF_STR_NONE || mine.name == HF_STR_NONE || mine.binary == HF_STR_NONE ||
            mine.symbol == HF_STR_NONE || found == HF_STR_NONE)
            return false;
        if (found > c->code_count)
            c->codes[c->code_count++] = mine;
        ret_numbers[i] = found - 1;
    }
    return true;
}

static hf_err *add(hf_capture *c, hf_strtab *known, const hf_capture *from)
{
    HF_AUTO(hf_freep) uint32_t *codes = malloc((from->code_count + 1) * sizeof(*codes));
    uint32_t first_node = (uint32_t)c->node_count, first_process = (uint32_t)c->process_count;
    if (!codes || !add_codes(c, known, from, codes))
        return hf_fail_memory();
    for (size_t i = 0; i < from->process_count; i++) {
        hf_traced_process p = from->processes[i];
        p.root += first_node;
        p.parent = p.parent == UINT32_MAX ? UINT32_MAX : p.parent + first_process;
        if ((p.command = text_of(c, from, p.command)) == HF_STR_NONE)
            return hf_fail_memory();
        c->processes[c->process_count++] = p;
    }
    for (size_t i = 0; i < from->node_count; i++) {
        hf_node n = from->nodes[i];
        n.process += first_process;
        n.parent = n.parent == HF_NODE_NONE ? HF_NODE_NONE : n.parent + first_node;
        if (n.code < from->code_count)
            n.code = codes[n.code];
        c->counts[c->node_count] = from->counts[i];
        c->nodes[c->node_count++] = n;
    }
    return NULL;
}

hf_err *hf_capture_join(const hf_capture *older, const hf_capture *newer, hf_capture **ret)
{
    HF_AUTO(hf_capture_freep) hf_capture *c = NULL;
    hf_strtab known HF_AUTO(hf_strtab_deinit) = {0};
    hf_err *err = hf_capture_new(&c);
    if (!err && (!hf_strtab_init(&known) || !allocate(c, older, newer)))
        err = hf_fail_memory();
    if (!err)
        err = add(c, &known, older);
    if (!err)
        err = add(c, &known, newer);
    if (!err)
        *ret = hf_take(c);
    return err;
}
