/* lint/module.c - what rules ask of a module: names, calls, functions, classes. */
#include "lint/module.h"

#include "base/array.h"
#include "base/cleanup.h"

#include <string.h>

uint32_t hf_binding_in(const hf_module *m, uint32_t scope, const char *name)
{
    uint32_t number = hf_strtab_find(&m->syntax.names, name, strlen(name));
    if (number == HF_STR_NONE)
        return HF_NO_BINDING;
    return hf_map_get(&m->binding_of_name, (uint64_t)scope << 32 | number);
}

const hf_binding *hf_meaning(const hf_module *m, uint32_t node)
{
    uint32_t binding = node ? m->binding_of[node] : HF_NO_BINDING;
    return binding == HF_NO_BINDING ? NULL : &m->bindings[binding];
}

bool hf_is_one_of(const char *name, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(name, *words) == 0)
            return true;
    return false;
}

const char *hf_last_name(const hf_module *m, uint32_t node)
{
    const hf_syntax *s = &m->syntax;
    if (node && hf_kind_of(s, node) == HF_KIND_ATTRIBUTE)
        node = hf_child(s, node, HF_FIELD_ATTRIBUTE);
    return hf_identifier_text(s, node);
}

uint32_t hf_attribute_uses(const hf_module *m, const char *name)
{
    uint32_t number = hf_strtab_find(&m->syntax.names, name, strlen(name));
    uint32_t head = number == HF_STR_NONE ? HF_MAP_NONE : hf_map_get(&m->attribute_uses, number);
    return head == HF_MAP_NONE ? 0 : head;
}

uint32_t hf_next_attribute(const hf_module *m, uint32_t attribute)
{
    uint32_t next = m->next_use[attribute];
    return next == HF_MAP_NONE ? 0 : next;
}

enum { ALIASES_MAX = 4, PARTS_MAX = 12 };

/* Appends what stands for `node`; false where nothing does. */
static bool qualify(hf_module *m, uint32_t node, unsigned aliases, hf_buf *out)
{
    const hf_syntax *s = &m->syntax;
    uint32_t parts[PARTS_MAX];
    unsigned count = 0;
    for (; hf_kind_of(s, node) == HF_KIND_ATTRIBUTE; node = hf_child(s, node, HF_FIELD_OBJECT)) {
        if (count == PARTS_MAX)
            return false;
        parts[count++] = hf_child(s, node, HF_FIELD_ATTRIBUTE);
    }
    if (hf_kind_of(s, node) != HF_KIND_IDENTIFIER)
        return false;
    const hf_binding *b = hf_meaning(m, node);
    if (!b) {
        hf_buf_text(out, hf_identifier_text(s, node));
    } else if (b->kind == HF_BOUND_BY_IMPORT && b->origin != HF_STR_NONE) {
        hf_buf_text(out, hf_strtab_get(&m->origins, b->origin));
    } else if (b->writes == 1 && b->value && b->kind == HF_BOUND_BY_ASSIGNMENT && aliases &&
               m->scopes[b->scope].kind != HF_SCOPE_CLASS) {
        hf_kind kind = hf_kind_of(s, b->value);
        if ((kind != HF_KIND_IDENTIFIER && kind != HF_KIND_ATTRIBUTE) ||
            !qualify(m, b->value, aliases - 1, out))
            return false;
    } else {
        return false;
    }
    while (count--) {
        hf_buf_char(out, '.');
        hf_buf_text(out, hf_identifier_text(s, parts[count]));
    }
    return true;
}

/* Finds an answer and remembers it; answer 0 is that there is none. */
static const char *ask(hf_module *m, uint32_t node)
{
    hf_buf text HF_AUTO(hf_buf_deinit);
    hf_buf_init(&text, 4096);
    uint32_t number = 0;
    if (qualify(m, node, ALIASES_MAX, &text) && !text.failed) {
        const char *copy = hf_arena_text(&m->arena, (const char *)text.data, text.length);
        if (!copy || !hf_array_room(&m->answers, m->answer_count, &m->answer_capacity)) {
            m->failed = true;
            return NULL;
        }
        number = m->answer_count++;
        m->answers[number] = copy;
    }
    if (!hf_map_put(&m->qualified, node, number))
        m->failed = true;
    return m->answers[number];
}

const char *hf_qualified(hf_module *m, uint32_t node)
{
    if (!node)
        return NULL;
    hf_kind kind = hf_kind_of(&m->syntax, node);
    if (kind != HF_KIND_IDENTIFIER && kind != HF_KIND_ATTRIBUTE)
        return NULL;
    uint32_t number = hf_map_get(&m->qualified, node);
    return number == HF_MAP_NONE ? ask(m, node) : m->answers[number];
}

const char *hf_called(hf_module *m, uint32_t call)
{
    const char *name = hf_kind_of(&m->syntax, call) == HF_KIND_CALL
                           ? hf_qualified(m, hf_child(&m->syntax, call, HF_FIELD_FUNCTION))
                           : NULL;
    return name ? name : "";
}

uint32_t hf_argument(const hf_module *m, uint32_t call, uint32_t n)
{
    const hf_syntax *s = &m->syntax;
    uint32_t arguments = hf_child(s, call, HF_FIELD_ARGUMENTS);
    if (!arguments)
        return 0;
    if (hf_kind_of(s, arguments) == HF_KIND_GENERATOR)
        return n == 0 ? arguments : 0;
    for (uint32_t a = hf_first_child(s, arguments); a; a = hf_next_sibling(s, a)) {
        hf_kind kind = hf_kind_of(s, a);
        if (kind == HF_KIND_LIST_SPLAT || kind == HF_KIND_DICTIONARY_SPLAT)
            return 0;
        if (kind != HF_KIND_KEYWORD_ARGUMENT && n-- == 0)
            return a;
    }
    return 0;
}

uint32_t hf_argument_count(const hf_module *m, uint32_t call)
{
    uint32_t count = 0;
    while (hf_argument(m, call, count))
        count++;
    return count;
}

uint32_t hf_keyword(const hf_module *m, uint32_t call, const char *name)
{
    const hf_syntax *s = &m->syntax;
    uint32_t arguments = hf_child(s, call, HF_FIELD_ARGUMENTS);
    for (uint32_t a = arguments ? hf_first_child(s, arguments) : 0; a; a = hf_next_sibling(s, a))
        if (hf_kind_of(s, a) == HF_KIND_KEYWORD_ARGUMENT &&
            strcmp(hf_identifier_text(s, hf_child(s, a, HF_FIELD_NAME)), name) == 0)
            return hf_child(s, a, HF_FIELD_VALUE);
    return 0;
}

bool hf_has_splat(const hf_module *m, uint32_t call)
{
    const hf_syntax *s = &m->syntax;
    uint32_t arguments = hf_child(s, call, HF_FIELD_ARGUMENTS);
    return arguments && (hf_child_kind(s, arguments, HF_KIND_LIST_SPLAT) ||
                         hf_child_kind(s, arguments, HF_KIND_DICTIONARY_SPLAT));
}

uint32_t hf_function_around(const hf_module *m, uint32_t node)
{
    uint32_t scope = m->scope_of[node];
    while (scope && m->scopes[scope].kind == HF_SCOPE_COMPREHENSION)
        scope = m->scopes[scope].parent;
    return m->scopes[scope].kind == HF_SCOPE_FUNCTION ? m->scopes[scope].node : 0;
}

uint32_t hf_class_around(const hf_module *m, uint32_t node)
{
    uint32_t scope = m->scope_of[node];
    while (scope && m->scopes[scope].kind != HF_SCOPE_CLASS)
        scope = m->scopes[scope].parent;
    return scope ? m->scopes[scope].node : 0;
}

uint32_t hf_class_of_method(const hf_module *m, uint32_t function)
{
    if (!function || hf_kind_of(&m->syntax, function) != HF_KIND_FUNCTION)
        return 0;
    uint32_t scope = m->scope_of[function];
    return m->scopes[scope].kind == HF_SCOPE_CLASS ? m->scopes[scope].node : 0;
}

const char *hf_definition_name(const hf_module *m, uint32_t definition)
{
    return hf_identifier_text(&m->syntax, hf_child(&m->syntax, definition, HF_FIELD_NAME));
}

uint32_t hf_decorator(const hf_module *m, uint32_t definition, uint32_t n)
{
    const hf_syntax *s = &m->syntax;
    uint32_t decorated = definition ? hf_parent(s, definition) : 0;
    if (!decorated || hf_kind_of(s, decorated) != HF_KIND_DECORATED)
        return 0;
    for (uint32_t c = hf_first_child(s, decorated); c; c = hf_next_sibling(s, c))
        if (hf_kind_of(s, c) == HF_KIND_DECORATOR && n-- == 0)
            return hf_first_child(s, c);
    return 0;
}

bool hf_has_decorator(hf_module *m, uint32_t definition, const char *qualified)
{
    for (uint32_t n = 0, d; (d = hf_decorator(m, definition, n)); n++) {
        const char *name =
            hf_kind_of(&m->syntax, d) == HF_KIND_CALL ? hf_called(m, d) : hf_qualified(m, d);
        if (name && strcmp(name, qualified) == 0)
            return true;
    }
    return false;
}

uint32_t hf_parameter(const hf_module *m, uint32_t function, uint32_t n, uint32_t *ret_default)
{
    const hf_syntax *s = &m->syntax;
    uint32_t list = hf_child(s, function, HF_FIELD_PARAMETERS);
    if (!list)
        return 0;
    for (uint32_t p = hf_first_child(s, list); p; p = hf_next_sibling(s, p)) {
        uint32_t name = p, value = 0;
        switch (hf_kind_of(s, p)) {
        case HF_KIND_IDENTIFIER:
            break;
        case HF_KIND_DEFAULT_PARAMETER:
        case HF_KIND_TYPED_DEFAULT_PARAMETER:
            name = hf_child(s, p, HF_FIELD_NAME);
            value = hf_child(s, p, HF_FIELD_VALUE);
            break;
        case HF_KIND_TYPED_PARAMETER:
        case HF_KIND_LIST_SPLAT_PATTERN:
        case HF_KIND_DICTIONARY_SPLAT_PATTERN:
            name = hf_first_child(s, p);
            if (name && hf_kind_of(s, name) != HF_KIND_IDENTIFIER)
                name = hf_first_child(s, name);
            break;
        default:
            continue;
        }
        if (n-- == 0 && name) {
            if (ret_default)
                *ret_default = value;
            return name;
        }
    }
    return 0;
}

const char *hf_self_name(hf_module *m, uint32_t method)
{
    if (!hf_class_of_method(m, method) || hf_has_decorator(m, method, "staticmethod"))
        return "";
    uint32_t first = hf_parameter(m, method, 0, NULL);
    uint32_t around = first ? hf_parent(&m->syntax, first) : 0;
    if (!first || hf_kind_of(&m->syntax, around) == HF_KIND_LIST_SPLAT_PATTERN)
        return "";
    return hf_identifier_text(&m->syntax, first);
}

const char *hf_self_attribute(hf_module *m, uint32_t node)
{
    const hf_syntax *s = &m->syntax;
    if (!node || hf_kind_of(s, node) != HF_KIND_ATTRIBUTE)
        return "";
    const hf_binding *b = hf_meaning(m, hf_child(s, node, HF_FIELD_OBJECT));
    if (!b || b->kind != HF_BOUND_BY_PARAMETER || m->scopes[b->scope].kind != HF_SCOPE_FUNCTION)
        return "";
    uint32_t method = m->scopes[b->scope].node;
    if (!hf_class_of_method(m, method) || hf_parameter(m, method, 0, NULL) != b->node ||
        hf_has_decorator(m, method, "staticmethod"))
        return "";
    return hf_identifier_text(s, hf_child(s, node, HF_FIELD_ATTRIBUTE));
}

uint32_t hf_method(const hf_module *m, uint32_t class_node, const char *name)
{
    for (uint32_t i = 0; i < m->function_count; i++) {
        uint32_t f = m->functions[i];
        if (f > class_node && hf_is_inside(&m->syntax, f, class_node) &&
            hf_class_of_method(m, f) == class_node && strcmp(hf_definition_name(m, f), name) == 0)
            return f;
    }
    return 0;
}

/* The part of a loop that is executed again and again. */
static bool is_repeated_part(const hf_syntax *s, uint32_t loop, uint32_t child)
{
    switch (hf_kind_of(s, loop)) {
    case HF_KIND_FOR:
        return hf_field_of(s, child) == HF_FIELD_BODY;
    case HF_KIND_WHILE:
        return hf_field_of(s, child) == HF_FIELD_BODY ||
               hf_field_of(s, child) == HF_FIELD_CONDITION;
    case HF_KIND_LIST_COMPREHENSION:
    case HF_KIND_SET_COMPREHENSION:
    case HF_KIND_DICTIONARY_COMPREHENSION:
    case HF_KIND_GENERATOR:
        return hf_field_of(s, child) == HF_FIELD_BODY;
    default:
        return false;
    }
}

bool hf_in_loop(const hf_module *m, uint32_t node)
{
    const hf_syntax *s = &m->syntax;
    for (unsigned step = 0; node && step < HF_CLIMB_MAX; step++) {
        uint32_t around = hf_parent(s, node);
        hf_kind kind = hf_kind_of(s, around);
        if (is_repeated_part(s, around, node))
            return true;
        if (kind == HF_KIND_FUNCTION || kind == HF_KIND_LAMBDA || kind == HF_KIND_CLASS)
            return false;
        node = around;
    }
    return false;
}
