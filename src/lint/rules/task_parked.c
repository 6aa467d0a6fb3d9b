/* HF502: tasks that are put into a container and never taken out. */
#include "lint/containers.h"
#include "lint/rules/rules.h"
#include "lint/tasks.h"

/* What is added, through one local variable at most: the call that makes the task, or 0. */
static uint32_t made_task(hf_module *m, uint32_t value)
{
    const hf_binding *b = value ? hf_meaning(m, value) : NULL;
    if (b && b->writes == 1 && b->value && b->kind == HF_BOUND_BY_ASSIGNMENT)
        value = b->value;
    return value && hf_task_maker(m, value) ? value : 0;
}

/* A local container of a function that makes tasks in a loop, and asks it for nothing. */
static void visit_local(hf_check *c, uint32_t node, const hf_binding *b)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    uint32_t function = m->scopes[b->scope].node;
    if (m->scopes[b->scope].kind != HF_SCOPE_FUNCTION || b->writes != 1 || !b->value ||
        !hf_is_empty_display(m, b->value) || hf_function_around(m, node) != function ||
        hf_enclosing(s, node, HF_KIND_WHILE) <= function)
        return;
    hf_uses uses = hf_uses_of_name(m, b, HF_CONTAINER_NONE);
    if (hf_only_grows(&uses) && !uses.reads && made_task(m, hf_addition_of(m, node).value))
        hf_report(c, node, "finished tasks, and their results, stay in %s as long as the loop runs",
                  hf_identifier_text(s, node));
}

static void visit(hf_check *c, uint32_t node)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    const char *attribute = hf_self_attribute(m, node);
    const hf_binding *b = hf_meaning(m, node);
    bool global = hf_kind_of(s, node) == HF_KIND_IDENTIFIER && b && b->scope == 0 &&
                  hf_function_around(m, node);
    if (b && !*attribute && !global && hf_use_of(m, node) == HF_USE_ADD)
        visit_local(c, node, b);
    if ((!*attribute && !global) || hf_use_of(m, node) != HF_USE_ADD)
        return;
    if (!made_task(m, hf_addition_of(m, node).value))
        return;
    hf_uses uses = *attribute ? hf_uses_of_attribute(m, attribute, HF_CONTAINER_NONE)
                              : hf_uses_of_name(m, b, HF_CONTAINER_NONE);
    if (uses.removes || uses.binds || uses.escapes)
        return;
    const char *name = *attribute ? attribute : hf_identifier_text(s, node);
    hf_finding *f = hf_report(c, node, "finished tasks, and their results, stay in %s", name);
    if (*attribute) {
        hf_holder_is(c, f, HF_HOLDER_INSTANCE, hf_class_around(m, node), attribute);
        hf_unless(c, f, "frees .%s", attribute);
    } else {
        hf_holder_is(c, f, HF_HOLDER_GLOBAL, 0, name);
        hf_unless(c, f, "frees %s.%s", m->name, name);
    }
}

const hf_rule hf_rule_task_parked = {
    .code = "HF502",
    .name = "tasks-never-discarded",
    .reason = "A finished task keeps its result or its exception with all frames. In a container "
              "that nothing is taken out of, all of them stay.",
    .bad = "import asyncio\n"
           "\n"
           "class Server:\n"
           "    def __init__(self):\n"
           "        self.jobs = set()\n"
           "\n"
           "    async def accept(self, request):\n"
           "        self.jobs.add(asyncio.create_task(request.run()))\n",
    .good = "import asyncio\n"
            "\n"
            "class Server:\n"
            "    def __init__(self):\n"
            "        self.jobs = set()\n"
            "\n"
            "    async def accept(self, request):\n"
            "        job = asyncio.create_task(request.run())\n"
            "        self.jobs.add(job)\n"
            "        job.add_done_callback(self.jobs.discard)\n",
    .fix = "task.add_done_callback(tasks.discard), or asyncio.TaskGroup.",
    .pattern = "task-accumulation",
    .confidence = HF_CONFIDENCE_HIGH,
    .whole_file = true,
    .kinds = {HF_KIND_IDENTIFIER, HF_KIND_ATTRIBUTE},
    .visit = visit,
};
