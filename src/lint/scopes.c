/* lint/scopes.c - builds the scopes and bindings of lint/module.h.
 *
 * Two passes over the nodes, neither recursive: forwards for scopes and what binds names, since
 * Python lets a name be used before the line that binds it; then backwards for uses, so that each
 * list of uses is in the order of the source. */
#include "lint/module.h"

#include "base/array.h"
#include "base/cleanup.h"

#include <string.h>

bool hf_module_init(hf_module *m)
{
    memset(m, 0, sizeof(*m));
    return hf_syntax_init(&m->syntax);
}

static void forget(hf_module *m)
{
    hf_map_deinit(&m->binding_of_name);
    hf_map_deinit(&m->declared);
    hf_map_deinit(&m->attribute_uses);
    hf_map_deinit(&m->qualified);
    hf_map_deinit(&m->repeats);
    hf_strtab_deinit(&m->origins);
    hf_arena_deinit(&m->arena);
    m->scope_count = m->binding_count = m->function_count = m->class_count = m->answer_count = 0;
    m->failed = false;
}

void hf_module_deinit(hf_module *m)
{
    forget(m);
    hf_syntax_deinit(&m->syntax);
    free(m->scopes);
    free(m->bindings);
    free(m->scope_of);
    free(m->binding_of);
    free(m->next_use);
    free(m->answers);
    free(m->functions);
    free(m->classes);
    memset(m, 0, sizeof(*m));
}

static bool reserve_nodes(hf_module *m)
{
    uint32_t count = m->syntax.count;
    if (count > m->node_capacity) {
        free(m->scope_of);
        free(m->binding_of);
        free(m->next_use);
        m->scope_of = malloc(count * sizeof(uint32_t));
        m->binding_of = malloc(count * sizeof(uint32_t));
        m->next_use = malloc(count * sizeof(uint32_t));
        m->node_capacity = m->scope_of && m->binding_of && m->next_use ? count : 0;
        if (!m->node_capacity)
            return false;
    }
    memset(m->binding_of, 0xff, count * sizeof(uint32_t));
    memset(m->next_use, 0, count * sizeof(uint32_t));
    return true;
}

static uint32_t add_scope(hf_module *m, uint32_t node, uint32_t parent, hf_scope_kind kind)
{
    if (!hf_array_room(&m->scopes, m->scope_count, &m->scope_capacity)) {
        m->failed = true;
        return 0;
    }
    m->scopes[m->scope_count] = (hf_scope){node, parent, kind};
    return m->scope_count++;
}

/* -- Bindings -- */

/* The scope in which a name that is bound in `scope` really lands. */
static uint32_t landing_scope(const hf_module *m, uint32_t scope, uint32_t name)
{
    uint32_t declared = hf_map_get(&m->declared, (uint64_t)scope << 32 | name);
    return declared == HF_MAP_NONE ? scope : declared;
}

static hf_binding *bind(hf_module *m, uint32_t scope, uint32_t node, hf_binding_kind kind,
                        uint32_t value)
{
    uint32_t name = m->syntax.nodes[node].name;
    uint32_t landing = landing_scope(m, scope, name);
    uint64_t key = (uint64_t)landing << 32 | name;
    uint32_t number = hf_map_get(&m->binding_of_name, key);
    if (number == HF_MAP_NONE) {
        number = m->binding_count;
        if (!hf_array_room(&m->bindings, number, &m->binding_capacity) ||
            !hf_map_put(&m->binding_of_name, key, number)) {
            m->failed = true;
            return NULL;
        }
        m->binding_count++;
        m->bindings[number] = (hf_binding){.name = name,
                                           .scope = landing,
                                           .node = node,
                                           .value = value,
                                           .origin = HF_STR_NONE,
                                           .kind = kind};
    }
    hf_binding *b = &m->bindings[number];
    if (landing != scope)
        b->declared_global = true;
    b->writes++;
    m->binding_of[node] = number;
    return b;
}

static void declare(hf_module *m, uint32_t statement, bool global)
{
    uint32_t scope = m->scope_of[statement], meant = 0;
    if (!global) {
        meant = m->scopes[scope].parent;
        while (meant && m->scopes[meant].kind != HF_SCOPE_FUNCTION)
            meant = m->scopes[meant].parent;
    }
    const hf_syntax *s = &m->syntax;
    for (uint32_t c = hf_first_child(s, statement); c; c = hf_next_sibling(s, c))
        if (hf_kind_of(s, c) == HF_KIND_IDENTIFIER &&
            !hf_map_put(&m->declared, (uint64_t)scope << 32 | s->nodes[c].name, meant))
            m->failed = true;
}

/* -- Imports -- */

static void append_text(hf_module *m, uint32_t node, hf_buf *out)
{
    const hf_node *n = &m->syntax.nodes[node];
    hf_buf_add(out, m->syntax.text + n->start, n->end - n->start);
}

/* "from .. import x" in a.b.c: "a". */
static void append_relative(hf_module *m, uint32_t node, hf_buf *out)
{
    const hf_syntax *s = &m->syntax;
    uint32_t prefix = hf_child_kind(s, node, HF_KIND_IMPORT_PREFIX);
    uint32_t dots = prefix ? s->nodes[prefix].end - s->nodes[prefix].start : 1;
    size_t length = strlen(m->name);
    for (uint32_t up = m->is_package ? 1 : 0; up < dots; up++)
        while (length && m->name[--length] != '.')
            ;
    hf_buf_add(out, m->name, length);
    uint32_t rest = hf_child_kind(s, node, HF_KIND_DOTTED_NAME);
    if (rest) {
        hf_buf_char(out, '.');
        append_text(m, rest, out);
    }
}

static void bind_import(hf_module *m, uint32_t scope, uint32_t node, hf_buf *origin)
{
    hf_binding *b = bind(m, scope, node, HF_BOUND_BY_IMPORT, 0);
    uint32_t number = hf_strtab_add(&m->origins, (const char *)origin->data, origin->length);
    if (origin->failed || number == HF_STR_NONE)
        m->failed = true;
    else if (b && b->origin == HF_STR_NONE)
        b->origin = number;
}

/* One name of an import: `node` is a dotted name or one with an alias. */
static void import_name(hf_module *m, uint32_t scope, uint32_t node, const char *from,
                        size_t length)
{
    const hf_syntax *s = &m->syntax;
    uint32_t name = node, alias = 0;
    if (hf_kind_of(s, node) == HF_KIND_ALIASED_IMPORT) {
        name = hf_child(s, node, HF_FIELD_NAME);
        alias = hf_child(s, node, HF_FIELD_ALIAS);
    }
    uint32_t first = name ? hf_first_child(s, name) : 0;
    if (!first || hf_kind_of(s, first) != HF_KIND_IDENTIFIER)
        return;
    hf_buf origin HF_AUTO(hf_buf_deinit);
    hf_buf_init(&origin, 65536);
    if (from) {
        hf_buf_add(&origin, from, length);
        hf_buf_char(&origin, '.');
    }
    append_text(m, alias || from ? name : first, &origin);
    bind_import(m, scope, alias ? alias : first, &origin);
}

static void import_statement(hf_module *m, uint32_t node, bool from)
{
    const hf_syntax *s = &m->syntax;
    hf_buf module HF_AUTO(hf_buf_deinit);
    hf_buf_init(&module, 65536);
    uint32_t source = from ? hf_child(s, node, HF_FIELD_MODULE_NAME) : 0;
    if (source && hf_kind_of(s, source) == HF_KIND_RELATIVE_IMPORT)
        append_relative(m, source, &module);
    else if (source)
        append_text(m, source, &module);
    for (uint32_t c = hf_first_child(s, node); c; c = hf_next_sibling(s, c))
        if (hf_field_of(s, c) == HF_FIELD_NAME)
            import_name(m, m->scope_of[node], c, from ? hf_buf_string(&module) : NULL,
                        module.length);
}

/* -- Targets -- */

static bool is_pattern(hf_kind kind)
{
    return kind == HF_KIND_PATTERN_LIST || kind == HF_KIND_TUPLE_PATTERN ||
           kind == HF_KIND_LIST_PATTERN || kind == HF_KIND_LIST_SPLAT_PATTERN ||
           kind == HF_KIND_TUPLE || kind == HF_KIND_LIST || kind == HF_KIND_PARENTHESES ||
           kind == HF_KIND_EXPRESSION_LIST || kind == HF_KIND_AS_PATTERN_TARGET;
}

/* The value at the end of a = b = value. */
static uint32_t assigned_value(const hf_syntax *s, uint32_t assignment)
{
    uint32_t value = hf_child(s, assignment, HF_FIELD_RIGHT);
    while (value && hf_kind_of(s, value) == HF_KIND_ASSIGNMENT)
        value = hf_child(s, value, HF_FIELD_RIGHT);
    return hf_unwrapped(s, value);
}

/* Binds an identifier that is a target of an assignment, a loop, `as`, `:=`. */
static void bind_target(hf_module *m, uint32_t node)
{
    const hf_syntax *s = &m->syntax;
    uint32_t inner = node, holder = hf_parent(s, node), scope = m->scope_of[node];
    for (unsigned step = 0; step < HF_CLIMB_MAX && is_pattern(hf_kind_of(s, holder)); step++) {
        inner = holder;
        holder = hf_parent(s, holder);
    }
    hf_field field = hf_field_of(s, inner);
    switch (hf_kind_of(s, holder)) {
    case HF_KIND_ASSIGNMENT:
        if (field == HF_FIELD_LEFT) {
            uint32_t value = assigned_value(s, holder);
            if (value)
                bind(m, scope, node, HF_BOUND_BY_ASSIGNMENT, inner == node ? value : 0);
        }
        return;
    case HF_KIND_AUGMENTED_ASSIGNMENT:
    case HF_KIND_FOR:
    case HF_KIND_FOR_IN_CLAUSE:
        if (field == HF_FIELD_LEFT)
            bind(m, scope, node, HF_BOUND_BY_OTHER, 0);
        return;
    case HF_KIND_AS_PATTERN:
        if (field == HF_FIELD_ALIAS)
            bind(m, scope, node, HF_BOUND_BY_OTHER,
                 hf_parent(s, node) == inner ? hf_first_child(s, holder) : 0);
        return;
    case HF_KIND_NAMED_EXPRESSION:
        while (scope && m->scopes[scope].kind == HF_SCOPE_COMPREHENSION)
            scope = m->scopes[scope].parent;
        if (field == HF_FIELD_NAME)
            bind(m, scope, node, HF_BOUND_BY_ASSIGNMENT, hf_child(s, holder, HF_FIELD_VALUE));
        return;
    case HF_KIND_DELETE:
        bind(m, scope, node, HF_BOUND_BY_OTHER, 0);
        return;
    default:
        return;
    }
}

static void bind_parameters(hf_module *m, uint32_t function, uint32_t scope)
{
    uint32_t name;
    for (uint32_t n = 0; (name = hf_parameter(m, function, n, NULL)); n++)
        if (hf_kind_of(&m->syntax, name) == HF_KIND_IDENTIFIER)
            bind(m, scope, name, HF_BOUND_BY_PARAMETER, 0);
}

/* -- The passes -- */

static hf_scope_kind scope_kind_of(hf_kind kind, bool *ret_makes_one)
{
    *ret_makes_one = true;
    switch (kind) {
    case HF_KIND_FUNCTION:
    case HF_KIND_LAMBDA:
        return HF_SCOPE_FUNCTION;
    case HF_KIND_CLASS:
        return HF_SCOPE_CLASS;
    case HF_KIND_LIST_COMPREHENSION:
    case HF_KIND_SET_COMPREHENSION:
    case HF_KIND_DICTIONARY_COMPREHENSION:
    case HF_KIND_GENERATOR:
        return HF_SCOPE_COMPREHENSION;
    default:
        *ret_makes_one = false;
        return HF_SCOPE_MODULE;
    }
}

/* The scope of a node, whose parent has been seen. own[]: the scope that a node makes, or 0. */
static uint32_t scope_for(const hf_module *m, uint32_t node, const uint32_t *own)
{
    const hf_syntax *s = &m->syntax;
    uint32_t parent = hf_parent(s, node);
    hf_field field = hf_field_of(s, node);
    if (hf_kind_of(s, parent) == HF_KIND_FOR_IN_CLAUSE && field == HF_FIELD_RIGHT) {
        uint32_t comprehension = hf_parent(s, parent);
        if (hf_child_kind(s, comprehension, HF_KIND_FOR_IN_CLAUSE) == parent)
            return m->scope_of[comprehension]; /* the first iterable belongs outside */
    }
    if (!own[parent])
        return m->scope_of[parent];
    bool inside = m->scopes[own[parent]].kind == HF_SCOPE_COMPREHENSION || field == HF_FIELD_BODY;
    return inside ? own[parent] : m->scope_of[parent];
}

static void define(hf_module *m, uint32_t node, uint32_t own)
{
    const hf_syntax *s = &m->syntax;
    hf_kind kind = hf_kind_of(s, node);
    uint32_t name = hf_child(s, node, HF_FIELD_NAME);
    if (kind == HF_KIND_FUNCTION || kind == HF_KIND_LAMBDA)
        bind_parameters(m, node, own);
    if (kind == HF_KIND_FUNCTION && name) {
        if (!hf_array_room(&m->functions, m->function_count, &m->function_capacity))
            m->failed = true;
        else
            m->functions[m->function_count++] = node;
        bind(m, m->scope_of[node], name, HF_BOUND_BY_FUNCTION, node);
    } else if (kind == HF_KIND_CLASS && name) {
        if (!hf_array_room(&m->classes, m->class_count, &m->class_capacity))
            m->failed = true;
        else
            m->classes[m->class_count++] = node;
        bind(m, m->scope_of[node], name, HF_BOUND_BY_CLASS, node);
    }
}

static void first_pass(hf_module *m)
{
    const hf_syntax *s = &m->syntax;
    uint32_t *own = m->next_use; /* of use only in the second pass */
    m->scope_of[0] = add_scope(m, 0, 0, HF_SCOPE_MODULE);
    for (uint32_t node = 1; node < s->count && !m->failed; node++) {
        hf_kind kind = hf_kind_of(s, node);
        bool makes_one;
        hf_scope_kind scope_kind = scope_kind_of(kind, &makes_one);
        m->scope_of[node] = scope_for(m, node, own);
        if (makes_one) {
            own[node] = add_scope(m, node, m->scope_of[node], scope_kind);
            define(m, node, own[node]);
        } else if (kind == HF_KIND_IMPORT || kind == HF_KIND_IMPORT_FROM) {
            import_statement(m, node, kind == HF_KIND_IMPORT_FROM);
        } else if (kind == HF_KIND_GLOBAL || kind == HF_KIND_NONLOCAL) {
            declare(m, node, kind == HF_KIND_GLOBAL);
        } else if (kind == HF_KIND_IDENTIFIER && m->binding_of[node] == HF_NO_BINDING) {
            bind_target(m, node);
        }
    }
    memset(own, 0, s->count * sizeof(*own));
}

/* Identifiers that are no variables: attribute names, keywords of calls, parts of imports. */
static bool is_variable(const hf_syntax *s, uint32_t node)
{
    hf_field field = hf_field_of(s, node);
    switch (hf_kind_of(s, hf_parent(s, node))) {
    case HF_KIND_ATTRIBUTE:
        return field == HF_FIELD_OBJECT;
    case HF_KIND_KEYWORD_ARGUMENT:
        return field == HF_FIELD_VALUE;
    case HF_KIND_DOTTED_NAME:
    case HF_KIND_ALIASED_IMPORT:
    case HF_KIND_GLOBAL:
    case HF_KIND_NONLOCAL:
        return false;
    default:
        return true;
    }
}

static uint32_t resolve(const hf_module *m, uint32_t node)
{
    uint32_t name = m->syntax.nodes[node].name;
    uint32_t scope = landing_scope(m, m->scope_of[node], name);
    for (bool own = true;; own = false) {
        if (own || m->scopes[scope].kind != HF_SCOPE_CLASS) {
            uint32_t found = hf_map_get(&m->binding_of_name, (uint64_t)scope << 32 | name);
            if (found != HF_MAP_NONE)
                return found;
        }
        if (!scope)
            return HF_NO_BINDING;
        scope = m->scopes[scope].parent;
    }
}

static void second_pass(hf_module *m)
{
    const hf_syntax *s = &m->syntax;
    for (uint32_t node = s->count - 1; node > 0 && !m->failed; node--) {
        hf_kind kind = hf_kind_of(s, node);
        if (kind == HF_KIND_IDENTIFIER) {
            if (m->binding_of[node] == HF_NO_BINDING && is_variable(s, node))
                m->binding_of[node] = resolve(m, node);
            if (m->binding_of[node] == HF_NO_BINDING)
                continue;
            hf_binding *b = &m->bindings[m->binding_of[node]];
            m->next_use[node] = b->uses;
            b->uses = node;
        } else if (kind == HF_KIND_ATTRIBUTE) {
            uint32_t name = s->nodes[hf_child(s, node, HF_FIELD_ATTRIBUTE)].name;
            uint32_t head = hf_map_get(&m->attribute_uses, name);
            m->next_use[node] = head == HF_MAP_NONE ? 0 : head;
            if (!hf_map_put(&m->attribute_uses, name, node))
                m->failed = true;
        }
    }
}

hf_err *hf_module_build(hf_module *m)
{
    forget(m);
    if (!hf_strtab_init(&m->origins) || !reserve_nodes(m) ||
        !hf_array_room(&m->answers, 0, &m->answer_capacity))
        return hf_fail_memory();
    m->answers[0] = NULL;
    m->answer_count = 1;
    first_pass(m);
    if (!m->failed)
        second_pass(m);
    return m->failed ? hf_fail_memory() : NULL;
}
