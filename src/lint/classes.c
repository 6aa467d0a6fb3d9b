/* lint/classes.c - see lint/classes.h. */
#include "lint/classes.h"

#include "lint/repeats.h"

enum { BASES_DEEP = 4 };

/* Whether a class is another one of the file, or derives from it. */
static bool derives(hf_module *m, uint32_t class_node, uint32_t base, unsigned depth)
{
    const hf_syntax *s = &m->syntax;
    if (class_node == base)
        return true;
    uint32_t bases = hf_child(s, class_node, HF_FIELD_SUPERCLASSES);
    for (uint32_t b = bases ? hf_first_child(s, bases) : 0; b; b = hf_next_sibling(s, b)) {
        const hf_binding *meant = hf_meaning(m, b);
        if (meant && meant->kind == HF_BOUND_BY_CLASS && meant->value && depth < BASES_DEEP &&
            derives(m, meant->value, base, depth + 1))
            return true;
    }
    return false;
}

bool hf_derives(hf_module *m, uint32_t class_node, uint32_t base)
{
    return derives(m, class_node, base, 0);
}

/* Adds up the calls of one class; false if one of them runs more than once. */
static bool count_calls(hf_module *m, uint32_t class_node, uint32_t *calls)
{
    const hf_syntax *s = &m->syntax;
    const hf_binding *b = hf_meaning(m, hf_child(s, class_node, HF_FIELD_NAME));
    for (uint32_t u = b ? b->uses : 0; u; u = m->next_use[u]) {
        uint32_t around = hf_parent(s, u);
        if (hf_kind_of(s, around) != HF_KIND_CALL || hf_field_of(s, u) != HF_FIELD_FUNCTION)
            continue;
        if (hf_in_loop(m, u) || hf_repeats_at(m, u) != HF_REPEATS_NEVER)
            return false;
        ++*calls;
    }
    return true;
}

bool hf_class_is_made_once(hf_module *m, uint32_t class_node)
{
    uint32_t calls = 0;
    for (uint32_t i = 0; i < m->class_count; i++)
        if (derives(m, m->classes[i], class_node, 0) && !count_calls(m, m->classes[i], &calls))
            return false;
    return calls > 0;
}
