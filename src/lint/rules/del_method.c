/* HF402: __del__ that brings its object back, or raises. */
#include "lint/rules/rules.h"

#include <string.h>

/* Whether a mention of self stores it: an argument of append and the like, the right side of an
 * assignment to something that is not local. */
static bool stores_self(hf_module *m, uint32_t mention)
{
    const hf_syntax *s = &m->syntax;
    static const char *const names[] = {"append", "add", "appendleft", "insert",
                                        "push",   "put", NULL};
    uint32_t around = hf_parent(s, mention);
    if (hf_kind_of(s, around) == HF_KIND_ARGUMENTS) {
        uint32_t method = hf_child(s, hf_parent(s, around), HF_FIELD_FUNCTION);
        return method && hf_kind_of(s, method) == HF_KIND_ATTRIBUTE &&
               hf_is_one_of(hf_last_name(m, method), names);
    }
    if (hf_kind_of(s, around) != HF_KIND_ASSIGNMENT || hf_field_of(s, mention) != HF_FIELD_RIGHT)
        return false;
    uint32_t left = hf_child(s, around, HF_FIELD_LEFT);
    const hf_binding *b = hf_meaning(m, left);
    return hf_kind_of(s, left) == HF_KIND_SUBSCRIPT || hf_kind_of(s, left) == HF_KIND_ATTRIBUTE ||
           (b && b->scope == 0);
}

/* A raise of the method's own, which nothing in it catches. */
static uint32_t uncaught_raise(const hf_module *m, uint32_t method)
{
    const hf_syntax *s = &m->syntax;
    for (uint32_t n = method; n < s->nodes[method].after; n++) {
        if (hf_kind_of(s, n) != HF_KIND_RAISE || hf_function_around(m, n) != method)
            continue;
        uint32_t handler = hf_enclosing(s, n, HF_KIND_TRY);
        if (!handler || handler < method)
            return n;
    }
    return 0;
}

static void visit(hf_check *c, uint32_t method)
{
    hf_module *m = c->m;
    const char *class_name =
        hf_class_of_method(m, method) ? hf_definition_name(m, hf_class_of_method(m, method)) : NULL;
    if (!class_name || strcmp(hf_definition_name(m, method), "__del__") != 0)
        return;
    uint32_t self = hf_parameter(m, method, 0, NULL);
    const hf_binding *b = self ? hf_meaning(m, self) : NULL;
    for (uint32_t u = b ? b->uses : 0; u; u = m->next_use[u])
        if (stores_self(m, u)) {
            hf_report(c, u,
                      "%s.__del__ stores the object: it comes back to life, and its __del__ "
                      "does not run again",
                      class_name);
            return;
        }
    uint32_t raise = uncaught_raise(m, method);
    if (raise)
        hf_report(c, raise,
                  "what %s.__del__ raises is printed and lost, with all its frames alive "
                  "meanwhile",
                  class_name);
}

const hf_rule hf_rule_del_method = {
    .code = "HF402",
    .name = "del-resurrects-or-raises",
    .reason = "__del__ that stores its object keeps it alive; one that raises stops half way "
              "through the clean-up, and nobody hears of it.",
    .bad = "class Cursor:\n"
           "    pool = []\n"
           "\n"
           "    def __del__(self):\n"
           "        self.pool.append(self)\n",
    .good = "class Cursor:\n"
            "    pool = []\n"
            "\n"
            "    def release(self):\n"
            "        if len(self.pool) < 10:\n"
            "            self.pool.append(self)\n",
    .fix =
        "Give the class a method (or context manager) that returns it to its pool, with a limit.",
    .pattern = "finalizer-retention",
    .confidence = HF_CONFIDENCE_HIGH,
    .kinds = {HF_KIND_FUNCTION},
    .visit = visit,
};
