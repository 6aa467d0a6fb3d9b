/* HF801: a small data class of which very many are kept.
 *
 * That they are many is told by what the loop goes over; that the class is data, by its body:
 * fields that are given or constant, few methods, and nothing that __slots__ would break. */
#include "lint/containers.h"
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <ctype.h>
#include <string.h>

enum { FIELDS_MAX = 16, METHODS_MAX = 4 };

typedef struct fields {
    const char *names[FIELDS_MAX];
    uint32_t count;
} fields;

static bool add_field(fields *f, const char *name)
{
    if (f->count == FIELDS_MAX)
        return false;
    f->names[f->count++] = name;
    return true;
}

static bool has_field(const fields *f, const char *name)
{
    for (uint32_t i = 0; i < f->count; i++)
        if (strcmp(f->names[i], name) == 0)
            return true;
    return false;
}

/* -- The class -- */

/* What a small field is given: a name, a constant, int(x), x.y. */
static bool is_small(hf_module *m, uint32_t value)
{
    static const char *const makers[] = {"int", "float", "str", "bool", "tuple", "len", NULL};
    switch (hf_kind_of(&m->syntax, hf_unwrapped(&m->syntax, value))) {
    case HF_KIND_IDENTIFIER:
    case HF_KIND_ATTRIBUTE:
    case HF_KIND_SUBSCRIPT:
    case HF_KIND_STRING:
    case HF_KIND_INTEGER:
    case HF_KIND_FLOAT:
    case HF_KIND_TRUE:
    case HF_KIND_FALSE:
    case HF_KIND_NONE:
    case HF_KIND_BINARY_OPERATOR:
    case HF_KIND_UNARY_OPERATOR:
        return true;
    case HF_KIND_CALL:
        return hf_is_one_of(hf_called(m, value), makers);
    default:
        return false;
    }
}

/* __init__ that does nothing but self.x = x. */
static bool plain_fields(hf_module *m, uint32_t init, fields *ret)
{
    const hf_syntax *s = &m->syntax;
    uint32_t body = init ? hf_child(s, init, HF_FIELD_BODY) : 0;
    for (uint32_t n = body ? hf_first_child(s, body) : 0; n; n = hf_next_sibling(s, n)) {
        uint32_t assignment = hf_first_child(s, n);
        if (assignment && hf_kind_of(s, assignment) == HF_KIND_STRING)
            continue;
        if (!assignment || hf_kind_of(s, assignment) != HF_KIND_ASSIGNMENT)
            return false;
        const char *name = hf_self_attribute(m, hf_child(s, assignment, HF_FIELD_LEFT));
        uint32_t value = hf_child(s, assignment, HF_FIELD_RIGHT);
        if (!*name || (value && !is_small(m, value)) || !add_field(ret, name))
            return false;
    }
    return ret->count > 0;
}

/* x: int = 0 in the body of a dataclass. */
static bool annotated_fields(hf_module *m, uint32_t class_node, fields *ret)
{
    const hf_syntax *s = &m->syntax;
    uint32_t body = hf_child(s, class_node, HF_FIELD_BODY);
    for (uint32_t n = body ? hf_first_child(s, body) : 0; n; n = hf_next_sibling(s, n)) {
        uint32_t assignment =
            hf_kind_of(s, n) == HF_KIND_EXPRESSION_STATEMENT ? hf_first_child(s, n) : 0;
        if (!assignment || hf_kind_of(s, assignment) != HF_KIND_ASSIGNMENT)
            continue;
        uint32_t value = hf_child(s, assignment, HF_FIELD_RIGHT);
        const char *name = hf_identifier_text(s, hf_child(s, assignment, HF_FIELD_LEFT));
        if (!*name || (value && !is_small(m, value)) || !add_field(ret, name))
            return false;
    }
    return ret->count > 0;
}

/* Whether the body is fields and a few methods, and no method adds a field or needs a dict. */
static bool is_plain_body(hf_module *m, uint32_t class_node, const fields *f, bool dataclass)
{
    static const char *const with_dict[] = {"__getattr__",   "__setattr__", "__getstate__",
                                            "__setstate__",  "__reduce__",  "__del__",
                                            "__post_init__", NULL};
    const hf_syntax *s = &m->syntax;
    uint32_t body = hf_child(s, class_node, HF_FIELD_BODY), methods = 0;
    for (uint32_t n = hf_first_child(s, body); n; n = hf_next_sibling(s, n)) {
        hf_kind kind = hf_kind_of(s, n);
        methods += kind == HF_KIND_DECORATED;
        if (kind == HF_KIND_FUNCTION) {
            const char *name = hf_definition_name(m, n);
            if (hf_is_one_of(name, with_dict))
                return false;
            methods += strncmp(name, "__", 2) != 0;
        }
        if (kind == HF_KIND_EXPRESSION_STATEMENT && !dataclass &&
            hf_kind_of(s, hf_first_child(s, n)) == HF_KIND_ASSIGNMENT &&
            hf_child(s, hf_first_child(s, n), HF_FIELD_RIGHT))
            return false; /* defaults of the class would be in the way of slots */
    }
    for (uint32_t n = body; n < s->nodes[body].after; n++) {
        if (hf_kind_of(s, n) == HF_KIND_DECORATOR &&
            strstr(hf_last_name(m, hf_first_child(s, n)), "cached"))
            return false; /* cached_property keeps its value in the dict */
        const char *name = hf_kind_of(s, n) == HF_KIND_ATTRIBUTE ? hf_self_attribute(m, n) : "";
        if (*name && hf_use_of(m, n) == HF_USE_BIND && !has_field(f, name))
            return false;
    }
    return methods <= METHODS_MAX;
}

/* A file that looks into __dict__, sets attributes by their names or refers to objects weakly may
 * do so with these. */
static bool needs_dicts(const hf_module *m)
{
    static const char *const attributes[] = {"__dict__", "__weakref__", NULL};
    static const char *const names[] = {
        "vars", "setattr", "weakref", "WeakSet", "WeakKeyDictionary", "WeakValueDictionary", NULL};
    for (size_t i = 0; attributes[i]; i++)
        if (hf_attribute_uses(m, attributes[i]))
            return true;
    for (uint32_t n = 0; n < m->syntax.count; n++)
        if (hf_kind_of(&m->syntax, n) == HF_KIND_IDENTIFIER &&
            hf_is_one_of(hf_identifier_text(&m->syntax, n), names))
            return true;
    return false;
}

static bool has_slots(const hf_module *m, uint32_t class_node)
{
    for (uint32_t i = 0; i < m->scope_count; i++)
        if (m->scopes[i].node == class_node && m->scopes[i].kind == HF_SCOPE_CLASS)
            return hf_binding_in(m, i, "__slots__") != HF_NO_BINDING;
    return true;
}

static bool is_data_class(hf_module *m, uint32_t class_node, fields *ret)
{
    const hf_syntax *s = &m->syntax;
    uint32_t bases = hf_child(s, class_node, HF_FIELD_SUPERCLASSES);
    uint32_t decorator = hf_decorator(m, class_node, 0);
    if ((bases && hf_first_child(s, bases)) || hf_decorator(m, class_node, 1) ||
        has_slots(m, class_node))
        return false;
    if (!decorator)
        return plain_fields(m, hf_method(m, class_node, "__init__"), ret) && ret->count >= 2 &&
               is_plain_body(m, class_node, ret, false);
    bool call = hf_kind_of(s, decorator) == HF_KIND_CALL;
    const char *name = call ? hf_called(m, decorator) : hf_qualified(m, decorator);
    return name && strcmp(name, "dataclasses.dataclass") == 0 &&
           !(call && hf_keyword(m, decorator, "slots")) && annotated_fields(m, class_node, ret) &&
           ret->count >= 2 && is_plain_body(m, class_node, ret, true);
}

/* -- How many there are -- */

/* Whether the last word of a name is one of some: "rows" of csv_rows. */
static bool ends_in(const char *name, const char *const *words)
{
    const char *last = strrchr(name, '_');
    char lower[16];
    last = last ? last + 1 : name;
    size_t length = strlen(last);
    if (!length || length >= sizeof(lower))
        return false;
    for (size_t i = 0; i <= length; i++)
        lower[i] = (char)tolower((unsigned char)last[i]);
    return hf_is_one_of(lower, words);
}

/* What a loop goes over, without enumerate() and its like. */
static uint32_t source_of(hf_module *m, uint32_t over)
{
    static const char *const around[] = {"enumerate", "zip",  "sorted", "reversed", "iter",
                                         "list",      "tqdm", "filter", "map",      NULL};
    const hf_syntax *s = &m->syntax;
    for (unsigned step = 0; over && step < 4; step++) {
        over = hf_unwrapped(s, over);
        if (hf_kind_of(s, over) != HF_KIND_CALL)
            break;
        uint32_t function = hf_child(s, over, HF_FIELD_FUNCTION), last = hf_argument_count(m, over);
        if (!last || !hf_is_one_of(hf_last_name(m, function), around))
            return function;
        over = hf_argument(m, over, last - 1);
    }
    return over;
}

/* What has no end that a reader of the source could tell: files, tables that are read,
 * measured data. */
static bool is_many(hf_module *m, uint32_t over)
{
    static const char *const words[] = {"records",
                                        "samples",
                                        "points",
                                        "lemmas",
                                        "words",
                                        "packets",
                                        "edges",
                                        "vertices",
                                        "atoms",
                                        "triangles",
                                        "particles",
                                        "pixels",
                                        "readings",
                                        "trades",
                                        "ticks",
                                        "measurements",
                                        "observations",
                                        "spans",
                                        "transactions",
                                        "hits",
                                        "file",
                                        "fp",
                                        "fh",
                                        "infile",
                                        "reader",
                                        "cursor",
                                        "stream",
                                        "stdin",
                                        "corpus",
                                        "dataset",
                                        "dictreader",
                                        "open",
                                        "unpack",
                                        "iterrows",
                                        "itertuples",
                                        "lines",
                                        NULL};
    return ends_in(hf_last_name(m, source_of(m, over)), words);
}

/* Rows of something: many where each has many. */
static bool is_one_dimension(hf_module *m, uint32_t over)
{
    static const char *const words[] = {"rows", "columns", "cells", "range", "splitlines",
                                        "row",  "line",    "cols",  NULL};
    return ends_in(hf_last_name(m, source_of(m, over)), words);
}

/* `while True: line = stream.readline()`: a loop over what is read. */
static bool is_reading(hf_module *m, uint32_t loop)
{
    static const char *const reads[] = {"readline",    "recv",     "unpack",
                                        "unpack_from", "fetchone", NULL};
    for (uint32_t n = loop; n < m->syntax.nodes[loop].after; n++)
        if (hf_kind_of(&m->syntax, n) == HF_KIND_CALL &&
            hf_is_one_of(hf_last_name(m, hf_child(&m->syntax, n, HF_FIELD_FUNCTION)), reads))
            return true;
    return false;
}

/* Whether a call is made for each of many, in a loop or a comprehension of its function. */
static bool is_in_bulk(hf_module *m, uint32_t call)
{
    const hf_syntax *s = &m->syntax;
    uint32_t function = hf_function_around(m, call), dimensions = 0;
    for (uint32_t n = hf_parent(s, call), step = 0; n > function && step < HF_CLIMB_MAX;
         n = hf_parent(s, n), step++) {
        uint32_t clause = hf_child_kind(s, n, HF_KIND_FOR_IN_CLAUSE);
        if (hf_kind_of(s, n) == HF_KIND_FOR)
            clause = n;
        uint32_t over = clause ? hf_child(s, clause, HF_FIELD_RIGHT) : 0;
        dimensions += over && is_one_dimension(m, over);
        if ((over && is_many(m, over)) || dimensions > 1)
            return true;
        if (hf_kind_of(s, n) == HF_KIND_WHILE && is_reading(m, n))
            return true;
    }
    return false; /* without a loop it may be run often, and for few all the same */
}

/* -- That they are kept -- */

/* return rows, return rows, errors, return Table(rows) */
static bool is_returned(hf_module *m, const hf_binding *b)
{
    const hf_syntax *s = &m->syntax;
    for (uint32_t u = b ? b->uses : 0; u; u = m->next_use[u]) {
        uint32_t around = hf_parent(s, u);
        hf_kind kind = hf_kind_of(s, around);
        if (kind == HF_KIND_ARGUMENTS)
            around = hf_parent(s, hf_parent(s, around));
        else if (kind == HF_KIND_EXPRESSION_LIST || kind == HF_KIND_TUPLE)
            around = hf_parent(s, around);
        if (hf_kind_of(s, around) == HF_KIND_RETURN)
            return true;
    }
    return false;
}

/* An attribute, a name of the module, or a local that the function returns. */
static bool is_kept(hf_module *m, uint32_t container)
{
    if (hf_kind_of(&m->syntax, container) == HF_KIND_ATTRIBUTE)
        return true;
    const hf_binding *b = hf_meaning(m, container);
    return b && b->kind == HF_BOUND_BY_ASSIGNMENT && (b->scope == 0 || is_returned(m, b));
}

/* Whether `value` is what append(), add() or d[k] = puts into a container that is kept. */
static bool is_added(hf_module *m, uint32_t value)
{
    static const char *const adding[] = {"append", "add", "appendleft", "setdefault", NULL};
    const hf_syntax *s = &m->syntax;
    uint32_t around = hf_parent(s, value);
    if (hf_kind_of(s, around) == HF_KIND_ASSIGNMENT) {
        uint32_t left = hf_child(s, around, HF_FIELD_LEFT);
        return hf_kind_of(s, left) == HF_KIND_SUBSCRIPT &&
               is_kept(m, hf_child(s, left, HF_FIELD_VALUE));
    }
    uint32_t call = hf_parent(s, around);
    uint32_t method =
        hf_kind_of(s, around) == HF_KIND_ARGUMENTS && hf_kind_of(s, call) == HF_KIND_CALL
            ? hf_child(s, call, HF_FIELD_FUNCTION)
            : 0;
    return method && hf_kind_of(s, method) == HF_KIND_ATTRIBUTE &&
           hf_is_one_of(hf_last_name(m, method), adding) &&
           is_kept(m, hf_child(s, method, HF_FIELD_OBJECT));
}

/* [Sample(...) for ... in rows] that is kept as a whole. */
static bool is_comprehension_kept(hf_module *m, uint32_t call)
{
    const hf_syntax *s = &m->syntax;
    uint32_t whole = hf_parent(s, call);
    if (hf_kind_of(s, whole) == HF_KIND_PAIR)
        whole = hf_parent(s, whole);
    hf_kind kind = hf_kind_of(s, whole), around = hf_kind_of(s, hf_parent(s, whole));
    if (kind != HF_KIND_LIST_COMPREHENSION && kind != HF_KIND_DICTIONARY_COMPREHENSION &&
        kind != HF_KIND_SET_COMPREHENSION)
        return false;
    if (around == HF_KIND_RETURN)
        return true;
    return (around == HF_KIND_ASSIGNMENT || around == HF_KIND_AUGMENTED_ASSIGNMENT) &&
           is_kept(m, hf_child(s, hf_parent(s, whole), HF_FIELD_LEFT));
}

/* Whether what a call makes is kept. A local on the way must get no other attributes. */
static bool is_result_kept(hf_module *m, uint32_t call, const fields *f)
{
    const hf_syntax *s = &m->syntax;
    uint32_t assignment = hf_parent(s, call);
    const hf_binding *local = hf_kind_of(s, assignment) == HF_KIND_ASSIGNMENT
                                  ? hf_meaning(m, hf_child(s, assignment, HF_FIELD_LEFT))
                                  : NULL;
    if (!local)
        return is_added(m, call) || is_comprehension_kept(m, call);
    bool kept = false;
    for (uint32_t u = local->uses; u; u = m->next_use[u]) {
        uint32_t around = hf_parent(s, u);
        if (hf_kind_of(s, around) == HF_KIND_ATTRIBUTE && hf_use_of(m, around) == HF_USE_BIND &&
            !has_field(f, hf_last_name(m, around)))
            return false;
        kept |= is_added(m, u);
    }
    return kept;
}

/* A call of the class, of which there are many and all are kept, or 0. */
static uint32_t made_in_bulk(hf_module *m, uint32_t class_node, const fields *f)
{
    const hf_syntax *s = &m->syntax;
    const hf_binding *b = hf_meaning(m, hf_child(s, class_node, HF_FIELD_NAME));
    uint32_t found = 0;
    for (uint32_t u = b ? b->uses : 0; u; u = m->next_use[u]) {
        uint32_t call = hf_parent(s, u);
        if (hf_kind_of(s, hf_parent(s, call)) == HF_KIND_CLASS)
            return 0; /* a base of another one */
        if (!found && hf_kind_of(s, call) == HF_KIND_CALL &&
            hf_field_of(s, u) == HF_FIELD_FUNCTION && hf_function_around(m, call) &&
            !hf_is_test(m, call) && is_in_bulk(m, call) && is_result_kept(m, call, f))
            found = call;
    }
    return found;
}

static void visit(hf_check *c, uint32_t class_node)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    fields f = {0};
    if (!is_data_class(m, class_node, &f))
        return;
    uint32_t call = made_in_bulk(m, class_node, &f);
    if (call && !needs_dicts(m))
        hf_report(c, hf_child(s, class_node, HF_FIELD_NAME),
                  "each %s has room for a dict beside its %u fields, and line %u makes many that "
                  "are kept",
                  hf_definition_name(m, class_node), f.count, hf_line_of(s, s->nodes[call].start));
}

const hf_rule hf_rule_missing_slots = {
    .code = "HF801",
    .name = "many-without-slots",
    .reason =
        "An instance without __slots__ has room for a dict: with two fields it takes 152 bytes in "
        "CPython 3.9 and 88 in 3.13, with __slots__ 48. Where very many are kept, that counts.",
    .bad = "import csv\n"
           "\n"
           "class Sample:\n"
           "    def __init__(self, time, value):\n"
           "        self.time = time\n"
           "        self.value = value\n"
           "\n"
           "class Archive:\n"
           "    def __init__(self):\n"
           "        self.samples = []\n"
           "\n"
           "    def load(self, stream):\n"
           "        for time, value in csv.reader(stream):\n"
           "            self.samples.append(Sample(time, value))\n",
    .good = "import csv\n"
            "\n"
            "class Sample:\n"
            "    __slots__ = ('time', 'value')\n"
            "\n"
            "    def __init__(self, time, value):\n"
            "        self.time = time\n"
            "        self.value = value\n"
            "\n"
            "class Archive:\n"
            "    def __init__(self):\n"
            "        self.samples = []\n"
            "\n"
            "    def load(self, stream):\n"
            "        for time, value in csv.reader(stream):\n"
            "            self.samples.append(Sample(time, value))\n",
    .fix = "Declare __slots__, use dataclasses.dataclass(slots=True) or a tuple; for numbers, an "
           "array.",
    .pattern = "missing-slots",
    .confidence = HF_CONFIDENCE_LOW,
    .kinds = {HF_KIND_CLASS},
    .visit = visit,
};
