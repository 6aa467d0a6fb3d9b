/* HF301: a caught exception kept with its traceback, which holds every frame on the way. */
#include "lint/containers.h"
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <string.h>

/* Whether the handler takes the traceback off: e.__traceback__ = None, e.with_traceback(None),
 * traceback.clear_frames(e.__traceback__). */
static bool drops_traceback(hf_module *m, uint32_t handler)
{
    const hf_syntax *s = &m->syntax;
    for (uint32_t n = handler; n < s->nodes[handler].after; n++) {
        if (hf_kind_of(s, n) != HF_KIND_ATTRIBUTE)
            continue;
        const char *name = hf_last_name(m, n);
        if (strcmp(name, "with_traceback") == 0 || strcmp(name, "clear_frames") == 0)
            return true;
        if (strcmp(name, "__traceback__") == 0 && hf_use_of(m, n) == HF_USE_BIND)
            return true;
    }
    return false;
}

/* The container that an expression is put into, where it lives longer than the function: an
 * attribute of self or a name of the module; else 0. */
static uint32_t long_lived_holder(hf_module *m, uint32_t use)
{
    const hf_syntax *s = &m->syntax;
    uint32_t around = hf_parent(s, use), holder = 0;
    if (hf_kind_of(s, around) == HF_KIND_TUPLE) {
        use = around;
        around = hf_parent(s, around);
    }
    if (hf_kind_of(s, around) == HF_KIND_ARGUMENTS) {
        uint32_t method = hf_child(s, hf_parent(s, around), HF_FIELD_FUNCTION);
        static const char *const names[] = {"append", "add", "appendleft", "insert", NULL};
        if (!method || hf_kind_of(s, method) != HF_KIND_ATTRIBUTE ||
            !hf_is_one_of(hf_last_name(m, method), names))
            return 0;
        holder = hf_child(s, method, HF_FIELD_OBJECT);
    } else if (hf_kind_of(s, around) == HF_KIND_ASSIGNMENT &&
               hf_field_of(s, use) == HF_FIELD_RIGHT) {
        uint32_t left = hf_child(s, around, HF_FIELD_LEFT);
        if (hf_kind_of(s, left) != HF_KIND_SUBSCRIPT)
            return 0;
        holder = hf_child(s, left, HF_FIELD_VALUE);
    }
    while (holder && hf_kind_of(s, holder) == HF_KIND_SUBSCRIPT)
        holder = hf_child(s, holder, HF_FIELD_VALUE);
    if (!holder)
        return 0;
    const hf_binding *b = hf_meaning(m, holder);
    bool global = b && b->scope == 0 && hf_container_made(m, b->value) != HF_CONTAINER_NONE;
    return global || *hf_self_attribute(m, holder) ? holder : 0;
}

static bool is_emptied(hf_module *m, uint32_t holder)
{
    const hf_binding *b = hf_meaning(m, holder);
    hf_uses uses = b ? hf_uses_of_name(m, b, HF_CONTAINER_NONE)
                     : hf_uses_of_attribute(m, hf_self_attribute(m, holder), HF_CONTAINER_NONE);
    return uses.removes || uses.binds || uses.sized || uses.escapes;
}

/* self.error = error: the attribute, or 0. */
static uint32_t attribute_set(hf_module *m, uint32_t use)
{
    const hf_syntax *s = &m->syntax;
    uint32_t around = hf_parent(s, use);
    if (hf_kind_of(s, around) != HF_KIND_ASSIGNMENT || hf_field_of(s, use) != HF_FIELD_RIGHT)
        return 0;
    uint32_t left = hf_child(s, around, HF_FIELD_LEFT);
    return *hf_self_attribute(m, left) ? left : 0;
}

/* Whether an attribute that holds one exception is given up, or raises it again with all that it
 * knows: then the traceback serves somebody. */
static bool is_given_up(hf_module *m, const char *name)
{
    const hf_syntax *s = &m->syntax;
    uint32_t number = hf_strtab_find(&s->names, name, strlen(name));
    uint32_t use = number == HF_STR_NONE ? HF_MAP_NONE : hf_map_get(&m->attribute_uses, number);
    for (; use && use != HF_MAP_NONE; use = m->next_use[use]) {
        uint32_t around = hf_parent(s, use);
        hf_kind kind = hf_kind_of(s, around);
        if (kind == HF_KIND_RAISE || kind == HF_KIND_DELETE)
            return true;
        uint32_t call = hf_enclosing(s, use, HF_KIND_CALL);
        uint32_t called = call ? hf_child(s, call, HF_FIELD_FUNCTION) : 0;
        if (called && strcmp(hf_last_name(m, called), "set_exception") == 0)
            return true;
        uint32_t method = hf_function_around(m, use);
        bool first = method && strcmp(hf_definition_name(m, method), "__init__") == 0;
        if (kind == HF_KIND_ASSIGNMENT && hf_field_of(s, use) == HF_FIELD_LEFT && !first &&
            !hf_enclosing(s, use, HF_KIND_EXCEPT))
            return true;
    }
    return false;
}

/* A single exception is worth a word where many objects keep one each, or every failure of
 * a program leaves one: in what runs again and again, or where the exception goes on its
 * way to others. */
static bool happens_often(hf_module *m, uint32_t use)
{
    const hf_syntax *s = &m->syntax;
    uint32_t handler = hf_enclosing(s, use, HF_KIND_EXCEPT), function = hf_function_around(m, use);
    for (uint32_t n = handler; handler && n < s->nodes[handler].after; n++)
        if (hf_kind_of(s, n) == HF_KIND_RAISE)
            return true;
    return function && (hf_is_handler(m, function) || hf_repeats_at(m, use) >= HF_REPEATS_LOOP);
}

/* The one that keeps what is used here, and for how long: "self.failures keeps
 * exceptions, and each". */
static uint32_t holder_of(hf_module *m, uint32_t use, const char **ret_what)
{
    uint32_t holder = long_lived_holder(m, use);
    *ret_what = "exceptions, and each";
    if (holder)
        return is_emptied(m, holder) ? 0 : holder;
    holder = happens_often(m, use) ? attribute_set(m, use) : 0;
    *ret_what = "an exception, and";
    return holder && !is_given_up(m, hf_self_attribute(m, holder)) ? holder : 0;
}

static void visit(hf_check *c, uint32_t handler)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    uint32_t pattern = hf_child(s, handler, HF_FIELD_VALUE);
    uint32_t target = pattern && hf_kind_of(s, pattern) == HF_KIND_AS_PATTERN
                          ? hf_child(s, pattern, HF_FIELD_ALIAS)
                          : 0;
    const hf_binding *b = target ? hf_meaning(m, hf_first_child(s, target)) : NULL;
    if (!b || drops_traceback(m, handler))
        return;
    for (uint32_t u = b->uses; u; u = m->next_use[u]) {
        const char *what;
        uint32_t holder = hf_is_inside(s, u, handler) ? holder_of(m, u, &what) : 0;
        if (!holder)
            continue;
        const hf_node *n = &s->nodes[holder];
        hf_finding *f = hf_report(c, hf_parent(s, u),
                                  "%.*s keeps %s its traceback with the locals of every "
                                  "function on the way",
                                  (int)(n->end - n->start), s->text + n->start, what);
        const char *attribute = hf_self_attribute(m, holder);
        if (*attribute) {
            hf_holder_is(c, f, HF_HOLDER_INSTANCE, hf_class_around(m, holder), attribute);
            hf_unless(c, f, "drops .%s", attribute);
        } else {
            hf_holder_is(c, f, HF_HOLDER_GLOBAL, 0, hf_identifier_text(s, holder));
        }
        return;
    }
}

const hf_rule hf_rule_stored_exception = {
    .code = "HF301",
    .name = "stored-exception",
    .reason = "An exception holds its traceback, that its frames, and those their local variables: "
              "whoever keeps the exception keeps all of them.",
    .bad = "class Runner:\n"
           "    def __init__(self):\n"
           "        self.failures = []\n"
           "\n"
           "    def run(self, job):\n"
           "        try:\n"
           "            job()\n"
           "        except ValueError as error:\n"
           "            self.failures.append(error)\n",
    .good = "class Runner:\n"
            "    def __init__(self):\n"
            "        self.failures = []\n"
            "\n"
            "    def run(self, job):\n"
            "        try:\n"
            "            job()\n"
            "        except ValueError as error:\n"
            "            self.failures.append(error.with_traceback(None))\n",
    .fix = "Keep what is needed of it as text (traceback.format_exception), or drop the traceback: "
           "error.with_traceback(None), also of error.__context__.",
    .pattern = "traceback-retention",
    .confidence = HF_CONFIDENCE_HIGH,
    .kinds = {HF_KIND_EXCEPT, HF_KIND_EXCEPT_GROUP},
    .visit = visit,
};
