/* HF803: a small slice of a large array that is kept. */
#include "lint/containers.h"
#include "lint/rules/rules.h"

#include <string.h>

/* Whether an expression is known to be an array or a memoryview, whose slices are views. */
static bool is_array(hf_module *m, uint32_t expression)
{
    const hf_binding *b = hf_meaning(m, expression);
    uint32_t value = b && b->writes == 1 ? b->value : 0;
    const char *called =
        value && hf_kind_of(&m->syntax, value) == HF_KIND_CALL ? hf_called(m, value) : "";
    return strncmp(called, "numpy.", 6) == 0 || strcmp(called, "memoryview") == 0;
}

static bool is_array_of_indices(const hf_module *m, uint32_t subscript)
{
    static const char *const words[] = {"idxs",  "indices", "indexes", "mask",
                                        "masks", "perm",    "order"};
    const char *name = hf_last_name(m, subscript);
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (length >= strlen(words[i]) && strcmp(name + length - strlen(words[i]), words[i]) == 0)
            return true;
    return false;
}

/* a[1:9] of a known array, or a[1:9, ::2], which only arrays have. Copies of slices are none. */
static bool is_view(hf_module *m, uint32_t node)
{
    const hf_syntax *s = &m->syntax;
    if (!node || hf_kind_of(s, node) != HF_KIND_SUBSCRIPT)
        return false;
    uint32_t slices = 0, subscripts = 0;
    for (uint32_t n = hf_first_child(s, node); n; n = hf_next_sibling(s, n)) {
        if (hf_field_of(s, n) != HF_FIELD_SUBSCRIPT)
            continue;
        subscripts++;
        if (is_array_of_indices(m, n))
            return false; /* picks elements, and copies them */
        slices += hf_kind_of(s, n) == HF_KIND_SLICE;
    }
    if (!slices)
        return false;
    return subscripts > 1 || is_array(m, hf_child(s, node, HF_FIELD_VALUE));
}

/* Whether d[k] = view puts it into a dict: of an array or a list of numbers this copies. */
static bool is_dict(hf_module *m, uint32_t holder)
{
    const hf_syntax *s = &m->syntax;
    const hf_binding *b = hf_meaning(m, holder);
    if (b)
        return b->value && hf_is_mapping(m, b->value);
    const char *attribute = hf_self_attribute(m, holder);
    uint32_t u =
        hf_map_get(&m->attribute_uses, hf_strtab_find(&s->names, attribute, strlen(attribute)));
    for (; u && u != HF_MAP_NONE; u = m->next_use[u]) {
        uint32_t assignment = hf_parent(s, u);
        if (hf_kind_of(s, assignment) == HF_KIND_ASSIGNMENT &&
            hf_is_mapping(m, hf_child(s, assignment, HF_FIELD_RIGHT)))
            return true;
    }
    return false;
}

/* An attribute of self, or a container of the module that a function uses. */
static bool is_long_lived(hf_module *m, uint32_t node)
{
    if (hf_kind_of(&m->syntax, node) == HF_KIND_ATTRIBUTE)
        return *hf_self_attribute(m, node);
    const hf_binding *b = hf_meaning(m, node);
    return b && b->scope == 0 && b->value && hf_function_around(m, node) &&
           hf_container_made(m, b->value) != HF_CONTAINER_NONE;
}

/* Whether an identifier below `node` is bound by the head of the loop. */
static bool mentions_variable(hf_module *m, uint32_t node, uint32_t loop)
{
    const hf_syntax *s = &m->syntax;
    uint32_t head = hf_child(s, loop, HF_FIELD_LEFT);
    for (uint32_t n = node; head && n < s->nodes[node].after; n++) {
        const hf_binding *b = hf_kind_of(s, n) == HF_KIND_IDENTIFIER ? hf_meaning(m, n) : NULL;
        if (b && hf_is_inside(s, b->node, head))
            return true;
    }
    return false;
}

/* for i in range(n): self.parts.append(a[:, i]): all parts of the array are kept, and so
 * nothing beside them. for k, a in self.d.items(): self.d[k] = a[:, 0]: one takes the place
 * of the other. */
static bool is_all_kept(hf_module *m, uint32_t view, uint32_t holder)
{
    const hf_syntax *s = &m->syntax;
    uint32_t loop = hf_enclosing(s, view, HF_KIND_FOR);
    if (!loop || loop < hf_function_around(m, view))
        return false;
    uint32_t base = hf_child(s, view, HF_FIELD_VALUE);
    const hf_binding *b = hf_meaning(m, base);
    if (mentions_variable(m, base, loop)) {
        uint32_t over = hf_child(s, loop, HF_FIELD_RIGHT);
        for (uint32_t n = over; n < s->nodes[over].after; n++)
            if (hf_kind_of(s, n) == hf_kind_of(s, holder) &&
                strcmp(hf_last_name(m, n), hf_last_name(m, holder)) == 0)
                return true;
        return false;
    }
    if (b && hf_is_inside(s, b->node, loop))
        return false; /* another array each time */
    for (uint32_t n = hf_first_child(s, view); n; n = hf_next_sibling(s, n))
        if (hf_field_of(s, n) == HF_FIELD_SUBSCRIPT && mentions_variable(m, n, loop))
            return true;
    return false;
}

/* A number that is written down, or -8. */
static bool is_number(const hf_syntax *s, uint32_t node)
{
    if (node && hf_kind_of(s, node) == HF_KIND_UNARY_OPERATOR)
        node = hf_child_kind(s, node, HF_KIND_INTEGER);
    return node && hf_kind_of(s, node) == HF_KIND_INTEGER && !hf_text_is(s, node, "0") &&
           !hf_text_is(s, node, "1");
}

/* x:x + 8 */
static bool is_window(const hf_syntax *s, uint32_t from, uint32_t to)
{
    return to && hf_kind_of(s, to) == HF_KIND_BINARY_OPERATOR &&
           hf_kind_of(s, from) == HF_KIND_IDENTIFIER &&
           hf_kind_of(s, hf_child(s, to, HF_FIELD_LEFT)) == HF_KIND_IDENTIFIER &&
           s->nodes[hf_child(s, to, HF_FIELD_LEFT)].name == s->nodes[from].name &&
           is_number(s, hf_child(s, to, HF_FIELD_RIGHT));
}

/* Whether a slice is seen to take a small part: ::32, :100, -8:, x:x + 8. What 1:, :n or a:b take
 * may be all but a little. */
static bool is_small_part(const hf_syntax *s, uint32_t slice)
{
    uint32_t first = hf_first_child(s, slice), last = first, parts = 0;
    for (uint32_t n = first; n; n = hf_next_sibling(s, n), parts++)
        last = n;
    if (!first)
        return false;
    uint32_t colons = 0, before = 0; /* colons, and those in front of the first part */
    for (uint32_t i = s->nodes[slice].start; i < s->nodes[slice].end; i++) {
        colons += s->text[i] == ':';
        before += s->text[i] == ':' && i < s->nodes[first].start;
    }
    bool stepped = colons == 2 && s->nodes[last].end == s->nodes[slice].end && is_number(s, last);
    bool ends_at_number =
        before == 1 && is_number(s, first) && hf_kind_of(s, first) == HF_KIND_INTEGER;
    bool last_few = parts == 1 && before == 0 && hf_kind_of(s, first) == HF_KIND_UNARY_OPERATOR &&
                    is_number(s, first);
    return stepped || ends_at_number || last_few || (parts == 2 && is_window(s, first, last));
}

/* Whether one of the slices of a view takes a small part of the array. */
static bool is_small_view(const hf_syntax *s, uint32_t view)
{
    for (uint32_t n = hf_first_child(s, view); n; n = hf_next_sibling(s, n))
        if (hf_field_of(s, n) == HF_FIELD_SUBSCRIPT && hf_kind_of(s, n) == HF_KIND_SLICE &&
            is_small_part(s, n))
            return true;
    return false;
}

static void visit(hf_check *c, uint32_t node)
{
    hf_module *m = c->m;
    if (hf_use_of(m, node) != HF_USE_ADD || !is_long_lived(m, node))
        return;
    hf_addition added = hf_addition_of(m, node);
    if (added.key && hf_kind_of(&m->syntax, added.key) == HF_KIND_SLICE)
        return;
    if (is_view(m, added.value) && (added.by_method || added.nested || is_dict(m, node)) &&
        is_small_view(&m->syntax, added.value) && !is_all_kept(m, added.value, node))
        hf_report(c, added.value,
                  "the slice is a view: keeping it keeps the whole array that it is "
                  "cut from");
}

const hf_rule hf_rule_kept_slice = {
    .code = "HF803",
    .name = "kept-view",
    .reason = "A slice of an array or memoryview holds the whole buffer that it was cut from.",
    .bad = "class Timeline:\n"
           "    def __init__(self):\n"
           "        self.thumbnails = []\n"
           "\n"
           "    def add(self, frame):\n"
           "        self.thumbnails.append(frame[::32, ::32])\n",
    .good = "class Timeline:\n"
            "    def __init__(self):\n"
            "        self.thumbnails = []\n"
            "\n"
            "    def add(self, frame):\n"
            "        self.thumbnails.append(frame[::32, ::32].copy())\n",
    .fix = "Keep a copy: .copy() of an array, bytes() of a memoryview.",
    .pattern = "view-pins-base",
    .confidence = HF_CONFIDENCE_HIGH,
    .kinds = {HF_KIND_IDENTIFIER, HF_KIND_ATTRIBUTE},
    .visit = visit,
};
