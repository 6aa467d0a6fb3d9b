/* lint/containers.c - see lint/containers.h. */
#include "lint/containers.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char *const list_makers[] = {"list", "collections.UserList", NULL};
static const char *const dict_makers[] = {"dict", "collections.OrderedDict", "collections.UserDict",
                                          NULL};
static const char *const counter_makers[] = {"collections.defaultdict", "collections.Counter",
                                             NULL};
static const char *const buffer_makers[] = {"io.BytesIO", "io.StringIO", "bytearray", "array.array",
                                            NULL};
static const char *const set_makers[] = {"set", NULL};

static hf_container made_by(const char *called)
{
    return hf_is_one_of(called, list_makers)      ? HF_CONTAINER_LIST
           : hf_is_one_of(called, dict_makers)    ? HF_CONTAINER_DICT
           : hf_is_one_of(called, counter_makers) ? HF_CONTAINER_COUNTER
           : hf_is_one_of(called, set_makers)     ? HF_CONTAINER_SET
           : hf_is_one_of(called, buffer_makers)  ? HF_CONTAINER_BUFFER
                                                  : HF_CONTAINER_NONE;
}

hf_container hf_container_of_factory(hf_module *m, uint32_t factory)
{
    if (hf_kind_of(&m->syntax, factory) == HF_KIND_LAMBDA)
        return hf_container_made(m, hf_child(&m->syntax, factory, HF_FIELD_BODY));
    const char *name = hf_qualified(m, factory);
    return name ? made_by(name) : HF_CONTAINER_NONE;
}

/* Session(engine), sessionmaker(engine)(), Factory() where that is one: what is added stays until a
 * commit, a flush or a close, which count as handing it on. */
static bool is_session(hf_module *m, uint32_t call)
{
    static const char *const sessions[] = {"sqlalchemy.orm.Session", "sqlmodel.Session",
                                           "sqlalchemy.orm.scoped_session", NULL};
    const hf_syntax *s = &m->syntax;
    if (hf_is_one_of(hf_called(m, call), sessions))
        return true;
    uint32_t maker = hf_child(s, call, HF_FIELD_FUNCTION);
    const hf_binding *b = maker ? hf_meaning(m, maker) : NULL;
    if (b && b->writes == 1 && b->value)
        maker = b->value;
    return maker && hf_kind_of(s, maker) == HF_KIND_CALL &&
           strcmp(hf_called(m, maker), "sqlalchemy.orm.sessionmaker") == 0;
}

hf_container hf_container_made(hf_module *m, uint32_t expression)
{
    const hf_syntax *s = &m->syntax;
    expression = hf_unwrapped(s, expression);
    if (!expression)
        return HF_CONTAINER_NONE;
    switch (hf_kind_of(s, expression)) {
    case HF_KIND_LIST:
    case HF_KIND_LIST_COMPREHENSION:
        return HF_CONTAINER_LIST;
    case HF_KIND_DICTIONARY:
    case HF_KIND_DICTIONARY_COMPREHENSION:
        return HF_CONTAINER_DICT;
    case HF_KIND_SET:
    case HF_KIND_SET_COMPREHENSION:
        return HF_CONTAINER_SET;
    case HF_KIND_CALL:
        break;
    default:
        return HF_CONTAINER_NONE;
    }
    const char *called = hf_called(m, expression);
    hf_container made = made_by(called);
    /* With an argument a buffer is made of data that is there, most often to be written over. */
    if (made == HF_CONTAINER_BUFFER)
        return hf_argument(m, expression, strcmp(called, "array.array") == 0) ? HF_CONTAINER_NONE
                                                                              : made;
    if (made != HF_CONTAINER_NONE)
        return made;
    if (is_session(m, expression))
        return HF_CONTAINER_SET;
    if (strcmp(called, "collections.deque") == 0) {
        uint32_t limit = hf_keyword(m, expression, "maxlen");
        if (!limit)
            limit = hf_argument(m, expression, 1);
        bool bounded = limit && hf_kind_of(s, limit) != HF_KIND_NONE;
        return bounded || hf_has_splat(m, expression) ? HF_CONTAINER_NONE : HF_CONTAINER_DEQUE;
    }
    return HF_CONTAINER_NONE;
}

bool hf_is_mapping(hf_module *m, uint32_t expression)
{
    hf_container made = hf_container_made(m, expression);
    return made == HF_CONTAINER_DICT || made == HF_CONTAINER_COUNTER;
}

bool hf_is_empty_display(hf_module *m, uint32_t expression)
{
    const hf_syntax *s = &m->syntax;
    expression = hf_unwrapped(s, expression);
    if (!expression || hf_container_made(m, expression) == HF_CONTAINER_NONE)
        return false;
    switch (hf_kind_of(s, expression)) {
    case HF_KIND_LIST:
    case HF_KIND_DICTIONARY:
    case HF_KIND_SET:
        return hf_first_child(s, expression) == 0;
    case HF_KIND_CALL: {
        uint32_t arguments = hf_argument_count(m, expression);
        bool factory = strcmp(hf_called(m, expression), "collections.defaultdict") == 0;
        return arguments <= (factory ? 1u : 0u) && !hf_has_splat(m, expression);
    }
    default:
        return false;
    }
}

/* -- Uses -- */

static const char *const adding[] = {
    "append", "add",         "extend", "insert",     "appendleft", "extendleft", "setdefault",
    "update", "__setitem__", "write",  "writelines", "frombytes",  NULL};
static const char *const removing[] = {"pop",
                                       "popitem",
                                       "popleft",
                                       "remove",
                                       "discard",
                                       "clear",
                                       "difference_update",
                                       "intersection_update",
                                       "symmetric_difference_update",
                                       "__delitem__",
                                       "subtract",
                                       NULL};
static const char *const reading[] = {
    "get",         "keys",         "values",     "items",        "copy",        "count",
    "index",       "sort",         "reverse",    "issubset",     "issuperset",  "isdisjoint",
    "union",       "intersection", "difference", "__contains__", "__getitem__", "__len__",
    "most_common", "move_to_end",  "elements",   "__iter__",     "rotate",      "getvalue",
    "getbuffer",   "tell",         "tobytes",    "decode",       "startswith",  "endswith",
    "find",        "hex",          NULL};
static const char *const readers[] = {
    "len",  "list",  "tuple",     "sorted",   "any",       "all",       "sum",    "max",
    "min",  "bool",  "set",       "dict",     "frozenset", "enumerate", "zip",    "str",
    "repr", "print", "iter",      "reversed", "next",      "map",       "filter", "isinstance",
    "id",   "type",  "copy.copy", "hasattr",  NULL};

static bool is_name(const hf_module *m, uint32_t node, const char *const *words)
{
    return hf_is_one_of(hf_identifier_text(&m->syntax, node), words);
}

/* x.method(...): 0 where the attribute is not called at once. */
static uint32_t method_call(const hf_syntax *s, uint32_t attribute)
{
    uint32_t call = hf_parent(s, attribute);
    return hf_kind_of(s, call) == HF_KIND_CALL && hf_field_of(s, attribute) == HF_FIELD_FUNCTION
               ? call
               : 0;
}

/* Whether an expression stands alone or is only compared: what it gives is not kept. */
static bool is_sized(const hf_syntax *s, uint32_t call)
{
    uint32_t around = hf_parent(s, call);
    for (unsigned step = 0; step < 8; step++) {
        hf_kind kind = hf_kind_of(s, around);
        if (kind == HF_KIND_COMPARISON)
            return true;
        if (kind != HF_KIND_PARENTHESES && kind != HF_KIND_BINARY_OPERATOR)
            return false;
        around = hf_parent(s, around);
    }
    return false;
}

static hf_use use_by_method(const hf_module *m, uint32_t attribute)
{
    uint32_t method = hf_child(&m->syntax, attribute, HF_FIELD_ATTRIBUTE);
    bool called = method_call(&m->syntax, attribute) != 0;
    if (is_name(m, method, removing))
        return HF_USE_REMOVE;
    if (is_name(m, method, adding))
        return called ? HF_USE_ADD : HF_USE_ESCAPE;
    if (is_name(m, method, reading))
        return HF_USE_READ;
    return HF_USE_ESCAPE;
}

/* d[k]...: a store, a del, or a member that is looked at or grows. */
static hf_use use_by_subscript(const hf_module *m, uint32_t subscript)
{
    const hf_syntax *s = &m->syntax;
    uint32_t around = hf_parent(s, subscript);
    hf_field field = hf_field_of(s, subscript);
    uint32_t index = hf_child(s, subscript, HF_FIELD_SUBSCRIPT);
    bool slice = index && hf_kind_of(s, index) == HF_KIND_SLICE;
    switch (hf_kind_of(s, around)) {
    case HF_KIND_ASSIGNMENT:
        if (field == HF_FIELD_LEFT)
            return slice ? HF_USE_REMOVE : HF_USE_ADD;
        return HF_USE_READ;
    case HF_KIND_AUGMENTED_ASSIGNMENT:
        return field == HF_FIELD_LEFT ? HF_USE_ADD : HF_USE_READ;
    case HF_KIND_DELETE:
        return HF_USE_REMOVE;
    case HF_KIND_EXPRESSION_LIST:
        return hf_kind_of(s, hf_parent(s, around)) == HF_KIND_DELETE ? HF_USE_REMOVE : HF_USE_READ;
    case HF_KIND_PATTERN_LIST:
    case HF_KIND_TUPLE_PATTERN:
        return HF_USE_ADD;
    case HF_KIND_ATTRIBUTE: /* d[k].append(v) grows; d[k].clear() empties */
        if (field == HF_FIELD_OBJECT && method_call(s, around)) {
            hf_use use = use_by_method(m, around);
            return use == HF_USE_ESCAPE ? HF_USE_READ : use;
        }
        return HF_USE_READ;
    default:
        return HF_USE_READ;
    }
}

static hf_use use_as_argument(const hf_module *m, uint32_t node)
{
    const hf_syntax *s = &m->syntax;
    uint32_t call = hf_parent(s, hf_parent(s, node));
    uint32_t function = hf_child(s, call, HF_FIELD_FUNCTION);
    if (!function || hf_kind_of(s, function) != HF_KIND_IDENTIFIER || hf_meaning(m, function) ||
        !is_name(m, function, readers))
        return HF_USE_ESCAPE;
    return hf_text_is(s, function, "len") && is_sized(s, call) ? HF_USE_SIZED : HF_USE_READ;
}

static hf_use use_by_augmented(const hf_module *m, uint32_t statement, uint32_t node)
{
    const hf_syntax *s = &m->syntax;
    if (hf_field_of(s, node) != HF_FIELD_LEFT)
        return HF_USE_READ;
    uint32_t operator= hf_child(s, statement, HF_FIELD_OPERATOR);
    bool adds = operator&&(hf_text_is(s, operator, "+=") || hf_text_is(s, operator, "|="));
    return adds ? HF_USE_ADD : HF_USE_REMOVE;
}

/* Whether only the truth of an expression counts. */
static bool is_condition(const hf_syntax *s, uint32_t node)
{
    uint32_t around = hf_parent(s, node);
    while (hf_kind_of(s, around) == HF_KIND_BOOLEAN_OPERATOR ||
           hf_kind_of(s, around) == HF_KIND_PARENTHESES) {
        node = around;
        around = hf_parent(s, node);
    }
    switch (hf_kind_of(s, around)) {
    case HF_KIND_IF:
    case HF_KIND_ELIF:
    case HF_KIND_WHILE:
        return hf_field_of(s, node) == HF_FIELD_CONDITION;
    case HF_KIND_CONDITIONAL:
        return hf_child_at(s, around, 1) == node;
    case HF_KIND_NOT_OPERATOR:
    case HF_KIND_ASSERT:
        return true;
    default:
        return false;
    }
}

hf_use hf_use_of(const hf_module *m, uint32_t node)
{
    const hf_syntax *s = &m->syntax;
    uint32_t around = hf_parent(s, node);
    hf_field field = hf_field_of(s, node);
    switch (hf_kind_of(s, around)) {
    case HF_KIND_ATTRIBUTE:
        return field == HF_FIELD_OBJECT ? use_by_method(m, around) : HF_USE_READ;
    case HF_KIND_SUBSCRIPT:
        return field == HF_FIELD_VALUE ? use_by_subscript(m, around) : HF_USE_READ;
    case HF_KIND_ARGUMENTS:
        return use_as_argument(m, node);
    case HF_KIND_AUGMENTED_ASSIGNMENT:
        return use_by_augmented(m, around, node);
    case HF_KIND_ASSIGNMENT:
        return field == HF_FIELD_LEFT ? HF_USE_BIND : HF_USE_ESCAPE;
    case HF_KIND_PATTERN_LIST:
    case HF_KIND_TUPLE_PATTERN:
    case HF_KIND_LIST_PATTERN:
        return HF_USE_BIND;
    case HF_KIND_DELETE:
        return HF_USE_REMOVE;
    case HF_KIND_COMPARISON:
    case HF_KIND_NOT_OPERATOR:
    case HF_KIND_INTERPOLATION:
    case HF_KIND_ASSERT:
    case HF_KIND_BINARY_OPERATOR:
    case HF_KIND_EXPRESSION_STATEMENT:
    case HF_KIND_LIST_SPLAT:
    case HF_KIND_GLOBAL:
    case HF_KIND_NONLOCAL:
        return HF_USE_READ;
    case HF_KIND_IF:
    case HF_KIND_ELIF:
    case HF_KIND_WHILE:
        return field == HF_FIELD_CONDITION ? HF_USE_READ : HF_USE_ESCAPE;
    case HF_KIND_CONDITIONAL: /* body, condition, alternative */
        return hf_child_at(s, around, 1) == node ? HF_USE_READ : HF_USE_ESCAPE;
    case HF_KIND_FOR:
    case HF_KIND_FOR_IN_CLAUSE:
        return field == HF_FIELD_RIGHT ? HF_USE_READ : HF_USE_BIND;
    case HF_KIND_BOOLEAN_OPERATOR:
        return is_condition(s, around) ? HF_USE_READ : HF_USE_ESCAPE;
    default:
        return HF_USE_ESCAPE;
    }
}

/* The last argument of append(v), insert(i, v), setdefault(k, v), and the key of the last. */
static hf_addition added_by_method(const hf_module *m, uint32_t attribute)
{
    const hf_syntax *s = &m->syntax;
    uint32_t call = method_call(s, attribute);
    uint32_t method = hf_child(s, attribute, HF_FIELD_ATTRIBUTE);
    hf_addition a = {.by_method = true};
    if (!call)
        return a;
    bool second = hf_text_is(s, method, "insert") || hf_text_is(s, method, "setdefault");
    a.value = hf_argument(m, call, second ? 1 : 0);
    a.merged = hf_text_is(s, method, "update") || hf_text_is(s, method, "extend");
    if (hf_text_is(s, method, "setdefault")) {
        a.key = hf_argument(m, call, 0);
        a.by_method = false;
    }
    return a;
}

hf_addition hf_addition_of(const hf_module *m, uint32_t node)
{
    const hf_syntax *s = &m->syntax;
    uint32_t around = hf_parent(s, node), outer = hf_parent(s, around);
    hf_addition a = {0};
    if (hf_kind_of(s, around) == HF_KIND_ATTRIBUTE)
        return added_by_method(m, around);
    if (hf_kind_of(s, around) == HF_KIND_AUGMENTED_ASSIGNMENT) {
        a.value = hf_child(s, around, HF_FIELD_RIGHT);
        a.by_method = a.merged = true;
        return a;
    }
    if (hf_kind_of(s, around) != HF_KIND_SUBSCRIPT)
        return a;
    if (hf_kind_of(s, outer) == HF_KIND_ATTRIBUTE) {
        a = added_by_method(m, outer);
        a.nested = true;
        a.by_method = false;
    } else if (hf_kind_of(s, outer) == HF_KIND_ASSIGNMENT ||
               hf_kind_of(s, outer) == HF_KIND_AUGMENTED_ASSIGNMENT) {
        a.value = hf_unwrapped(s, hf_child(s, outer, HF_FIELD_RIGHT));
        while (a.value && hf_kind_of(s, a.value) == HF_KIND_ASSIGNMENT)
            a.value = hf_child(s, a.value, HF_FIELD_RIGHT);
    }
    a.key = hf_child(s, around, HF_FIELD_SUBSCRIPT);
    return a;
}

bool hf_is_built_text(hf_module *m, uint32_t expression)
{
    const hf_syntax *s = &m->syntax;
    expression = hf_unwrapped(s, expression);
    if (expression && hf_kind_of(s, expression) == HF_KIND_BINARY_OPERATOR)
        return hf_kind_of(s, hf_child(s, expression, HF_FIELD_LEFT)) == HF_KIND_STRING ||
               hf_kind_of(s, hf_child(s, expression, HF_FIELD_RIGHT)) == HF_KIND_STRING;
    return expression && hf_kind_of(s, expression) == HF_KIND_STRING &&
           hf_child_kind(s, expression, HF_KIND_INTERPOLATION) != 0;
}

bool hf_is_open_key(hf_module *m, uint32_t key)
{
    static const char *const makers[] = {"id", "tuple", "frozenset", "uuid.uuid4", NULL};
    const hf_syntax *s = &m->syntax;
    uint32_t next = key ? hf_next_sibling(s, key) : 0;
    if (next && hf_field_of(s, key) == HF_FIELD_SUBSCRIPT &&
        hf_field_of(s, next) == HF_FIELD_SUBSCRIPT)
        return true; /* d[a, b] */
    const hf_binding *b = key ? hf_meaning(m, key) : NULL;
    if (b && b->kind == HF_BOUND_BY_ASSIGNMENT && b->writes == 1 && b->value)
        key = b->value;
    switch (key ? hf_kind_of(s, key) : HF_KIND_OTHER) {
    case HF_KIND_TUPLE:
        return hf_child_at(s, key, 1) != 0;
    case HF_KIND_CALL:
        return hf_is_one_of(hf_called(m, key), makers);
    default:
        return key && hf_is_built_text(m, key);
    }
}

/* Whether two nodes mean the same container: a name with one binding, or attributes of one name. */
static bool is_same_container(const hf_module *m, uint32_t a, uint32_t b)
{
    const hf_binding *meant = hf_meaning(m, a);
    return meant ? meant == hf_meaning(m, b)
                 : hf_kind_of(&m->syntax, b) == HF_KIND_ATTRIBUTE &&
                       strcmp(hf_last_name(m, a), hf_last_name(m, b)) == 0;
}

uint32_t hf_key_of(hf_module *m, uint32_t use)
{
    hf_addition added = hf_addition_of(m, use);
    uint32_t method = hf_parent(&m->syntax, use);
    bool into_set = hf_kind_of(&m->syntax, method) == HF_KIND_ATTRIBUTE &&
                    strcmp(hf_last_name(m, method), "add") == 0;
    return into_set ? added.value : added.key;
}

bool hf_is_memo(hf_module *m, uint32_t use)
{
    const hf_syntax *s = &m->syntax;
    uint32_t function = hf_function_around(m, use);
    if (!hf_key_of(m, use) || hf_addition_of(m, use).nested || !function ||
        hf_kind_of(s, hf_parent(s, hf_parent(s, use))) == HF_KIND_AUGMENTED_ASSIGNMENT)
        return false;
    hf_kind kind = hf_kind_of(s, use);
    for (uint32_t n = function; n < s->nodes[function].after; n++)
        if (n != use && hf_kind_of(s, n) == kind && is_same_container(m, use, n) &&
            hf_use_of(m, n) == HF_USE_READ)
            return true;
    return false;
}

/* The last word of a name: "id" of user_id, userId and id. */
static const char *last_word(const char *name)
{
    const char *last = name;
    for (const char *p = name; *p; p++)
        if (*p == '_' && p[1])
            last = p + 1;
        else if (p > name && islower((unsigned char)p[-1]) && isupper((unsigned char)*p))
            last = p;
    return last;
}

static bool is_called_as_individual(const char *name)
{
    static const char *const words[] = {
        "id",     "uuid",     "guid",     "token",   "nonce",  "user",     "customer",
        "client", "account",  "session",  "request", "req",    "message",  "msg",
        "email",  "mail",     "address",  "addr",    "ip",     "peer",     "order",
        "job",    "task",     "number",   "serial",  "time",   "now",      "timestamp",
        "when",   "date",     "url",      "uri",     "query",  "sql",      "text",
        "line",   "word",     "sentence", "prompt",  "source", "content",  "body",
        "data",   "payload",  "digest",   "hash",    "sha",    "checksum", "title",
        "ticket", "document", "event",    "packet",  NULL};
    const char *last = last_word(name);
    for (size_t i = 0; words[i]; i++)
        if (strcasecmp(last, words[i]) == 0)
            return true;
    return false;
}

/* Whether an expression has a part that tells individuals. type(x) and len(x) tell less than x
 * does, and so does x.kind. */
static bool has_individual(hf_module *m, uint32_t expression)
{
    static const char *const makers[] = {"id",
                                         "uuid.uuid1",
                                         "uuid.uuid4",
                                         "time.time",
                                         "time.monotonic",
                                         "time.time_ns",
                                         "secrets.token_hex",
                                         "datetime.datetime.now",
                                         NULL};
    static const char *const keeping[] = {"str", "int", "tuple", "frozenset", "hash", "repr", NULL};
    const hf_syntax *s = &m->syntax;
    for (uint32_t n = expression; n < s->nodes[expression].after;) {
        hf_kind kind = hf_kind_of(s, n);
        if (kind == HF_KIND_CALL) {
            const char *called = hf_called(m, n);
            if (hf_is_one_of(called, makers))
                return true;
            uint32_t function = hf_child(s, n, HF_FIELD_FUNCTION);
            if (!hf_is_one_of(called, keeping) && hf_kind_of(s, function) != HF_KIND_ATTRIBUTE) {
                n = s->nodes[n].after;
                continue;
            }
        }
        const hf_binding *b = kind == HF_KIND_IDENTIFIER ? hf_meaning(m, n) : NULL;
        bool named = kind == HF_KIND_ATTRIBUTE || (b && b->kind != HF_BOUND_BY_IMPORT);
        if (named && is_called_as_individual(hf_last_name(m, n)))
            return true;
        /* of x.kind the kind alone counts; of x.lower() the x */
        bool method = kind == HF_KIND_ATTRIBUTE && hf_field_of(s, n) == HF_FIELD_FUNCTION;
        n = kind == HF_KIND_ATTRIBUTE && !method ? s->nodes[n].after : n + 1;
    }
    return false;
}

bool hf_names_individual(hf_module *m, uint32_t key)
{
    const hf_binding *b = key ? hf_meaning(m, key) : NULL;
    bool local = b && b->kind == HF_BOUND_BY_ASSIGNMENT && b->writes == 1 && b->value;
    if (!key)
        return false;
    uint32_t next = hf_next_sibling(&m->syntax, key); /* d[a, b] */
    for (; next && hf_field_of(&m->syntax, key) == HF_FIELD_SUBSCRIPT &&
           hf_field_of(&m->syntax, next) == HF_FIELD_SUBSCRIPT;
         next = hf_next_sibling(&m->syntax, next))
        if (has_individual(m, next))
            return true;
    return has_individual(m, key) || (local && has_individual(m, b->value));
}

/* x[i] = v of a list replaces; x[k] += v updates what is there, but for one that makes it then. */
static bool is_replacement(hf_module *m, uint32_t node, hf_container container)
{
    const hf_syntax *s = &m->syntax;
    uint32_t around = hf_parent(s, node);
    if (hf_kind_of(s, around) != HF_KIND_SUBSCRIPT)
        return false;
    hf_kind outer = hf_kind_of(s, hf_parent(s, around));
    if (outer == HF_KIND_ATTRIBUTE)
        return false;
    if (outer == HF_KIND_AUGMENTED_ASSIGNMENT && container == HF_CONTAINER_COUNTER)
        return !hf_is_open_key(m, hf_child(s, around, HF_FIELD_SUBSCRIPT));
    return outer == HF_KIND_AUGMENTED_ASSIGNMENT || container == HF_CONTAINER_LIST ||
           container == HF_CONTAINER_DEQUE;
}

void hf_uses_count(hf_module *m, uint32_t node, hf_container container, hf_uses *uses)
{
    switch (hf_use_of(m, node)) {
    case HF_USE_READ:
        uses->reads++;
        return;
    case HF_USE_SIZED:
        uses->sized++;
        return;
    case HF_USE_REMOVE:
        uses->removes++;
        return;
    case HF_USE_BIND:
        uses->binds++;
        return;
    case HF_USE_ESCAPE:
        uses->escapes++;
        return;
    case HF_USE_ADD:
        if (!hf_function_around(m, node) || is_replacement(m, node, container))
            return;
        uses->adds++;
        if (!uses->first)
            uses->first = node;
    }
}

hf_uses hf_uses_of_name(hf_module *m, const hf_binding *b, hf_container container)
{
    hf_uses uses = {0};
    for (uint32_t u = b->uses; u; u = m->next_use[u])
        if (u != b->node)
            hf_uses_count(m, u, container, &uses);
    return uses;
}

static bool gives_first_value(const hf_module *m, uint32_t node)
{
    uint32_t function = hf_function_around(m, node);
    return hf_use_of(m, node) == HF_USE_BIND &&
           (!function || strcmp(hf_definition_name(m, function), "__init__") == 0);
}

bool hf_is_part_of_import(hf_module *m, uint32_t attribute)
{
    const hf_syntax *s = &m->syntax;
    const hf_binding *b = hf_meaning(m, hf_child(s, attribute, HF_FIELD_OBJECT));
    return b && b->kind == HF_BOUND_BY_IMPORT &&
           hf_kind_of(s, hf_parent(s, attribute)) == HF_KIND_ATTRIBUTE &&
           hf_use_of(m, attribute) == HF_USE_ESCAPE;
}

hf_uses hf_uses_of_attribute(hf_module *m, const char *name, hf_container container)
{
    hf_uses uses = {0};
    uint32_t number = hf_strtab_find(&m->syntax.names, name, strlen(name));
    uint32_t u = number == HF_STR_NONE ? HF_MAP_NONE : hf_map_get(&m->attribute_uses, number);
    for (; u && u != HF_MAP_NONE; u = m->next_use[u])
        if (!gives_first_value(m, u) && !hf_is_part_of_import(m, u))
            hf_uses_count(m, u, container, &uses);
    return uses;
}

bool hf_only_grows(const hf_uses *uses)
{
    return uses->first && !uses->removes && !uses->binds && !uses->escapes && !uses->sized;
}

/* new_cls, sample_class: by its name a class, of which a program has few. */
static bool is_called_a_class(const char *name)
{
    const char *last = strrchr(name, '_');
    return last && (strcmp(last, "_cls") == 0 || strcmp(last, "_class") == 0);
}

bool hf_is_registration(hf_module *m, uint32_t use)
{
    static const char *const words[] = {"cls",      "klass", "class_",   "func",    "fn",
                                        "function", "type_", "typ",      "factory", "fn_or_cls",
                                        "module",   "mod",   "callable", NULL};
    hf_addition added = hf_addition_of(m, use);
    const hf_binding *value = added.value ? hf_meaning(m, added.value) : NULL;
    const hf_binding *key = added.key ? hf_meaning(m, added.key) : NULL;
    if (key && key->writes == 1 && key->value && key->kind == HF_BOUND_BY_ASSIGNMENT)
        added.key = key->value;
    if (!added.key)
        added.key = hf_key_of(m, use);
    if (added.key && hf_kind_of(&m->syntax, added.key) == HF_KIND_CALL &&
        strcmp(hf_called(m, added.key), "id") == 0)
        added.key = hf_argument(m, added.key, 0); /* known[id(function)] */
    if (is_called_a_class(hf_last_name(m, added.key)))
        return true;
    return (value && value->kind == HF_BOUND_BY_CLASS) ||
           hf_is_one_of(hf_last_name(m, added.value), words) ||
           hf_is_one_of(hf_last_name(m, added.key), words);
}

/* A constant, an element of something, a remainder: TABLE[i], "name", n % 8. */
static bool is_one_of_few(const hf_module *m, uint32_t argument)
{
    const hf_syntax *s = &m->syntax;
    argument = hf_unwrapped(s, argument);
    switch (argument ? hf_kind_of(s, argument) : HF_KIND_OTHER) {
    case HF_KIND_STRING:
        return !hf_child_kind(s, argument, HF_KIND_INTERPOLATION);
    case HF_KIND_INTEGER:
    case HF_KIND_TRUE:
    case HF_KIND_FALSE:
    case HF_KIND_NONE:
        return true;
    case HF_KIND_SUBSCRIPT: {
        const hf_binding *b = hf_meaning(m, hf_child(s, argument, HF_FIELD_VALUE));
        uint32_t index = hf_child(s, argument, HF_FIELD_SUBSCRIPT);
        bool cycles = index && hf_kind_of(s, index) == HF_KIND_BINARY_OPERATOR &&
                      hf_child(s, index, HF_FIELD_OPERATOR) &&
                      hf_text_is(s, hf_child(s, index, HF_FIELD_OPERATOR), "%");
        return (b && b->scope == 0) || cycles;
    }
    case HF_KIND_BINARY_OPERATOR: {
        uint32_t operator_ = hf_child(s, argument, HF_FIELD_OPERATOR);
        return operator_ && hf_text_is(s, operator_, "%") &&
               hf_kind_of(s, hf_child(s, argument, HF_FIELD_LEFT)) != HF_KIND_STRING;
    }
    default:
        return false;
    }
}

/* The place of a parameter among those that callers write, or UINT32_MAX. */
static uint32_t place_of_parameter(hf_module *m, uint32_t function, uint32_t name)
{
    uint32_t self = hf_class_of_method(m, function) ? 1 : 0, p;
    for (uint32_t n = self; (p = hf_parameter(m, function, n, NULL)); n++)
        if (p == name)
            return n - self;
    return UINT32_MAX;
}

/* d.update({"a": 1, "b": 2}): the same entries each time. */
static bool is_fixed_table(hf_module *m, uint32_t display)
{
    const hf_syntax *s = &m->syntax;
    if (!display || hf_kind_of(s, display) != HF_KIND_DICTIONARY)
        return false;
    for (uint32_t p = hf_first_child(s, display); p; p = hf_next_sibling(s, p))
        if (hf_kind_of(s, p) != HF_KIND_PAIR || !is_one_of_few(m, hf_child(s, p, HF_FIELD_KEY)))
            return false;
    return true;
}

/* cache[kind, flag] = re.compile(...): as many as the source has patterns. */
static bool is_compiled(hf_module *m, uint32_t value)
{
    static const char *const names[] = {"re.compile", "regex.compile", "struct.Struct", NULL};
    return value && hf_kind_of(&m->syntax, value) == HF_KIND_CALL &&
           hf_is_one_of(hf_called(m, value), names);
}

/* A key that is called what there are but few of: table[status], table[name, device]. */
static bool is_called_as_few(const hf_module *m, uint32_t key)
{
    static const char *const words[] = {"version",
                                        "status",
                                        "status_code",
                                        "device",
                                        "dtype",
                                        "locale",
                                        "lang",
                                        "language",
                                        "level",
                                        "encoding",
                                        "mode",
                                        "extension",
                                        "suffix",
                                        "platform",
                                        "kind",
                                        "ext",
                                        "media_type",
                                        "version_tuple",
                                        "reason",
                                        "charset",
                                        "dsn",
                                        "connection_url",
                                        "connection_string",
                                        NULL};
    static const char *const beside[] = {"name", "type", "bits", "size", NULL};
    const hf_syntax *s = &m->syntax;
    if (!key)
        return false;
    bool tuple = hf_kind_of(s, key) == HF_KIND_TUPLE;
    uint32_t part = tuple ? hf_first_child(s, key) : key, few = 0;
    for (; part; part = hf_next_sibling(s, part)) {
        if (!tuple && hf_field_of(s, part) != HF_FIELD_SUBSCRIPT)
            break;
        const char *name = hf_last_name(m, part);
        if (!hf_is_one_of(name, words) && !hf_is_one_of(name, beside))
            return false;
        few += hf_is_one_of(name, words);
    }
    return few > 0;
}

bool hf_has_few_keys(hf_module *m, uint32_t use)
{
    const hf_syntax *s = &m->syntax;
    hf_addition added = hf_addition_of(m, use);
    uint32_t key = added.key;
    if (is_called_as_few(m, key))
        return true;
    if (is_one_of_few(m, key) || (added.merged && is_fixed_table(m, added.value)) ||
        is_compiled(m, added.value))
        return true;
    const hf_binding *b = key ? hf_meaning(m, key) : NULL;
    uint32_t function = b ? m->scopes[b->scope].node : 0;
    if (!b || b->kind != HF_BOUND_BY_PARAMETER || hf_kind_of(s, function) != HF_KIND_FUNCTION)
        return false;
    uint32_t place = place_of_parameter(m, function, b->node), calls = 0;
    uint32_t number = s->nodes[hf_child(s, function, HF_FIELD_NAME)].name;
    bool method = hf_class_of_method(m, function) != 0;
    const hf_binding *own = hf_meaning(m, hf_child(s, function, HF_FIELD_NAME));
    uint32_t u = method ? hf_map_get(&m->attribute_uses, number) : own ? own->uses : 0;
    for (; u && u != HF_MAP_NONE; u = m->next_use[u]) {
        uint32_t call = hf_parent(s, u);
        if (hf_kind_of(s, call) != HF_KIND_CALL || hf_field_of(s, u) != HF_FIELD_FUNCTION)
            continue;
        if (!is_one_of_few(m, hf_argument(m, call, place)))
            return false;
        calls++;
    }
    return calls > 0;
}
