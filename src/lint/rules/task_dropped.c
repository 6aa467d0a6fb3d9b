/* HF501: a task that nobody holds, or that nobody ends. */
#include "lint/repeats.h"
#include "lint/rules/rules.h"
#include "lint/tasks.h"

#include <string.h>

/* asyncio.wait({..., task, ...}, return_when=asyncio.FIRST_COMPLETED) around the mention of a
 * task, or 0. */
static uint32_t race_around(hf_module *m, uint32_t mention)
{
    const hf_syntax *s = &m->syntax;
    uint32_t display = hf_parent(s, mention);
    hf_kind kind = hf_kind_of(s, display);
    uint32_t arguments = hf_parent(s, display);
    if ((kind != HF_KIND_SET && kind != HF_KIND_LIST && kind != HF_KIND_TUPLE) ||
        hf_kind_of(s, arguments) != HF_KIND_ARGUMENTS)
        return 0;
    uint32_t call = hf_parent(s, arguments), when = hf_keyword(m, call, "return_when");
    const char *name = when ? hf_qualified(m, when) : NULL;
    return strcmp(hf_called(m, call), "asyncio.wait") == 0 && name &&
                   strcmp(name, "asyncio.FIRST_COMPLETED") == 0
               ? call
               : 0;
}

/* done, _ = await asyncio.wait(...): those that are left over are looked at by nobody. */
static bool drops_pending(hf_module *m, uint32_t race)
{
    const hf_syntax *s = &m->syntax;
    uint32_t assignment = hf_parent(s, hf_parent(s, race));
    uint32_t targets = hf_kind_of(s, assignment) == HF_KIND_ASSIGNMENT
                           ? hf_child(s, assignment, HF_FIELD_LEFT)
                           : 0;
    uint32_t pending =
        targets && hf_kind_of(s, targets) == HF_KIND_PATTERN_LIST ? hf_child_at(s, targets, 1) : 0;
    const hf_binding *b = pending ? hf_meaning(m, pending) : NULL;
    return b && (strcmp(hf_identifier_text(s, pending), "_") == 0 ||
                 (b->writes == 1 && !m->next_use[b->uses]));
}

static bool mentions_cancel(hf_module *m, uint32_t function)
{
    for (uint32_t u = hf_attribute_uses(m, "cancel"); u; u = hf_next_attribute(m, u))
        if (hf_is_inside(&m->syntax, u, function))
            return true;
    return false;
}

/* A task that serves a race and nothing else, and is not cancelled when another one is first. */
static void visit_local(hf_check *c, uint32_t call, uint32_t target)
{
    hf_module *m = c->m;
    const hf_binding *b = hf_meaning(m, target);
    uint32_t function = hf_function_around(m, call), race = 0;
    if (!b || b->writes != 1 || !function || m->scopes[b->scope].node != function ||
        mentions_cancel(m, function))
        return;
    for (uint32_t u = b->uses; u; u = m->next_use[u]) {
        if (u == b->node)
            continue;
        race = race_around(m, u);
        if (!race)
            return;
    }
    if (race && drops_pending(m, race) && hf_repeats_at(m, call) != HF_REPEATS_NEVER)
        hf_report(
            c, call,
            "when another task is first (line %u), nobody cancels this one: it goes on, or waits "
            "for ever",
            hf_line_of(&m->syntax, m->syntax.nodes[race].start));
}

static void visit(hf_check *c, uint32_t statement)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    bool assigned = hf_kind_of(s, statement) == HF_KIND_ASSIGNMENT;
    uint32_t call =
        assigned ? hf_child(s, statement, HF_FIELD_RIGHT) : hf_first_child(s, statement);
    const char *name = call ? hf_task_maker(m, call) : NULL;
    if (name && assigned)
        visit_local(c, call, hf_child(s, statement, HF_FIELD_LEFT));
    else if (name)
        hf_report(c, call,
                  "the task that %s makes is held by nobody: it may vanish half way, and "
                  "its exception with it",
                  name);
}

const hf_rule hf_rule_task_dropped = {
    .code = "HF501",
    .name = "task-dropped",
    .reason = "The event loop holds tasks only weakly. One that nobody else holds can be collected "
              "while it waits, with whatever it was about to release. One that loses a race in "
              "asyncio.wait() and is not cancelled waits on.",
    .bad = "import asyncio\n"
           "\n"
           "async def handle(request):\n"
           "    asyncio.create_task(request.log())\n",
    .good = "import asyncio\n"
            "\n"
            "running = set()\n"
            "\n"
            "async def handle(request):\n"
            "    task = asyncio.create_task(request.log())\n"
            "    running.add(task)\n"
            "    task.add_done_callback(running.discard)\n",
    .fix = "Await it, use asyncio.TaskGroup, or keep it in a set that "
           "task.add_done_callback(tasks.discard) empties; cancel what asyncio.wait() leaves over.",
    .pattern = "task-accumulation",
    .confidence = HF_CONFIDENCE_HIGH,
    .in_tests = true,
    .kinds = {HF_KIND_EXPRESSION_STATEMENT, HF_KIND_ASSIGNMENT},
    .visit = visit,
};
