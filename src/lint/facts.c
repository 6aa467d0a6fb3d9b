/* lint/facts.c - see lint/facts.h. */
#include "lint/facts.h"

#include "base/cleanup.h"
#include "lint/containers.h"

#include <string.h>

static bool state(hf_strtab *facts, hf_buf *text)
{
    return !text->failed &&
           hf_strtab_add(facts, (const char *)text->data, text->length) != HF_STR_NONE;
}

static bool frees(hf_use use)
{
    return use == HF_USE_REMOVE || use == HF_USE_BIND || use == HF_USE_ESCAPE ||
           use == HF_USE_SIZED;
}

/* A name that was imported, or an attribute of a module that was. */
static bool fact_of_global(hf_module *m, uint32_t node, hf_buf *text, hf_strtab *facts)
{
    const char *name = hf_qualified(m, node);
    if (!name || !strchr(name, '.'))
        return true;
    hf_buf_clear(text);
    hf_buf_format(text, "frees %s", name);
    return state(facts, text);
}

static bool fact_of_attribute(hf_module *m, uint32_t node, hf_buf *text, hf_strtab *facts)
{
    hf_buf_clear(text);
    hf_buf_format(text, "frees .%s", hf_last_name(m, node));
    return state(facts, text);
}

/* Classes are told from functions by their capital alone: the other file may not be read yet. */
static bool fact_of_call(hf_module *m, uint32_t call, hf_buf *text, hf_strtab *facts)
{
    const char *called = hf_called(m, call);
    if (strcmp(called, "gc.enable") == 0)
        return hf_strtab_add(facts, "calls gc.enable", 15) != HF_STR_NONE;
    const char *last = strrchr(called, '.');
    if (!last || last[1] < 'A' || last[1] > 'Z')
        return true;
    hf_buf_clear(text);
    hf_buf_format(text, "makes %s from %.*s", last + 1, (int)strcspn(called, "."), called);
    return state(facts, text);
}

/* self.items = [] in __init__: that gives it its first value. */
static bool is_made(hf_module *m, uint32_t node)
{
    uint32_t function = hf_function_around(m, node);
    return hf_use_of(m, node) == HF_USE_BIND && function &&
           strcmp(hf_definition_name(m, function), "__init__") == 0;
}

/* future.error = None, del future.error: what is kept there is given up. */
static bool fact_of_drop(hf_module *m, uint32_t node, hf_buf *text, hf_strtab *facts)
{
    const hf_syntax *s = &m->syntax;
    uint32_t around = hf_parent(s, node);
    uint32_t value =
        hf_kind_of(s, around) == HF_KIND_ASSIGNMENT ? hf_child(s, around, HF_FIELD_RIGHT) : 0;
    bool dropped =
        hf_kind_of(s, around) == HF_KIND_DELETE ||
        (value && hf_kind_of(s, value) == HF_KIND_NONE && hf_field_of(s, node) == HF_FIELD_LEFT);
    if (!dropped)
        return true;
    hf_buf_clear(text);
    hf_buf_format(text, "drops .%s", hf_last_name(m, node));
    return state(facts, text);
}

bool hf_facts_collect(hf_module *m, hf_strtab *facts)
{
    const hf_syntax *s = &m->syntax;
    hf_buf text HF_AUTO(hf_buf_deinit);
    hf_buf_init(&text, 65536);
    bool good = true;
    for (uint32_t node = 1; node < s->count && good; node++) {
        hf_kind kind = hf_kind_of(s, node);
        if (kind == HF_KIND_IDENTIFIER) {
            const hf_binding *b = hf_meaning(m, node);
            if (b && b->kind == HF_BOUND_BY_IMPORT && b->node != node && frees(hf_use_of(m, node)))
                good = fact_of_global(m, node, &text, facts);
        } else if (kind == HF_KIND_CALL) {
            good = fact_of_call(m, node, &text, facts);
        } else if (kind == HF_KIND_ATTRIBUTE && frees(hf_use_of(m, node)) && !is_made(m, node) &&
                   !hf_is_part_of_import(m, node)) {
            good = fact_of_attribute(m, node, &text, facts) &&
                   fact_of_global(m, node, &text, facts) && fact_of_drop(m, node, &text, facts);
        }
    }
    return good && !m->failed;
}
