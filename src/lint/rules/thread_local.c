/* HF505: threading.local that collects in threads that live on. */
#include "lint/containers.h"
#include "lint/rules/rules.h"

#include <string.h>

/* local.name where local is a threading.local of the module. */
static const hf_binding *local_of(hf_module *m, uint32_t attribute)
{
    const hf_binding *b = hf_meaning(m, hf_child(&m->syntax, attribute, HF_FIELD_OBJECT));
    if (!b || b->scope != 0 || b->writes != 1 || !b->value)
        return NULL;
    return strcmp(hf_called(m, b->value), "threading.local") == 0 ? b : NULL;
}

/* log = local.log, and log.append(...) behind it: what is done with the name, all uses together. */
static hf_uses uses_of_alias(hf_module *m, uint32_t attribute)
{
    const hf_syntax *s = &m->syntax;
    uint32_t assignment = hf_parent(s, attribute);
    while (hf_kind_of(s, assignment) == HF_KIND_ASSIGNMENT &&
           hf_kind_of(s, hf_parent(s, assignment)) == HF_KIND_ASSIGNMENT)
        assignment = hf_parent(s, assignment); /* log = local.log = [] */
    uint32_t name = hf_kind_of(s, assignment) == HF_KIND_ASSIGNMENT
                        ? hf_child(s, assignment, HF_FIELD_LEFT)
                        : 0;
    const hf_binding *b = name && name != attribute ? hf_meaning(m, name) : NULL;
    hf_uses uses = {0};
    if (!b || m->scopes[b->scope].kind != HF_SCOPE_FUNCTION)
        return uses;
    for (uint32_t u = b->uses; u; u = m->next_use[u])
        if (hf_use_of(m, u) != HF_USE_BIND)
            hf_uses_count(m, u, HF_CONTAINER_NONE, &uses);
    return uses;
}

/* Whether a place that hands the value out only gives it a name, which is added to or looked at. */
static bool is_harmless_alias(hf_module *m, uint32_t attribute)
{
    hf_uses uses = uses_of_alias(m, attribute);
    return (uses.adds || uses.reads) && !uses.removes && !uses.escapes && !uses.sized;
}

static bool is_reset(hf_module *m, const hf_binding *local, const char *name)
{
    const hf_syntax *s = &m->syntax;
    uint32_t number = hf_strtab_find(&s->names, name, strlen(name));
    uint32_t u = hf_map_get(&m->attribute_uses, number);
    for (; u && u != HF_MAP_NONE; u = m->next_use[u]) {
        hf_use use = hf_use_of(m, u);
        uint32_t guard = use == HF_USE_BIND ? hf_enclosing(s, u, HF_KIND_IF) : 0;
        if (local_of(m, u) != local || (guard && guard > hf_function_around(m, u)))
            continue; /* made when it is not there */
        if (use == HF_USE_BIND && hf_enclosing(s, u, HF_KIND_EXCEPT))
            continue;
        if (use == HF_USE_ESCAPE && is_harmless_alias(m, u))
            continue;
        if (use != HF_USE_READ && use != HF_USE_ADD)
            return true;
    }
    return false;
}

static void visit(hf_check *c, uint32_t attribute)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    hf_use use = hf_use_of(m, attribute);
    if (!hf_function_around(m, attribute))
        return;
    if (use != HF_USE_ADD && (use != HF_USE_ESCAPE || !uses_of_alias(m, attribute).adds))
        return;
    const hf_binding *local = local_of(m, attribute);
    const char *name = hf_last_name(m, attribute);
    if (!local || strcmp(name, "__dict__") == 0 || is_reset(m, local, name))
        return;
    hf_report(c, attribute,
              "%s.%s of each thread is added to and never emptied: in a pool the "
              "threads live on",
              hf_strtab_get(&s->names, local->name), name);
}

const hf_rule hf_rule_thread_local = {
    .code = "HF505",
    .name = "growing-thread-local",
    .reason =
        "What is in a threading.local stays as long as its thread. The threads of a pool live "
        "as long as the process.",
    .bad = "import threading\n"
           "\n"
           "scratch = threading.local()\n"
           "\n"
           "def decode(job):\n"
           "    if not hasattr(scratch, 'frames'):\n"
           "        scratch.frames = []\n"
           "    scratch.frames.append(job.frame())\n",
    .good = "import threading\n"
            "\n"
            "scratch = threading.local()\n"
            "\n"
            "def decode(job):\n"
            "    scratch.frames = []\n"
            "    scratch.frames.append(job.frame())\n",
    .fix = "Use a local variable, or empty it when the job is done.",
    .pattern = "thread-local",
    .confidence = HF_CONFIDENCE_HIGH,
    .whole_file = true,
    .kinds = {HF_KIND_ATTRIBUTE},
    .visit = visit,
};
