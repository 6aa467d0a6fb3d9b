/* HF501: a task that nobody holds. */
#include "lint/rules/rules.h"
#include "lint/tasks.h"

static void visit(hf_check *c, uint32_t statement)
{
    hf_module *m = c->m;
    uint32_t call = hf_first_child(&m->syntax, statement);
    const char *name = call ? hf_task_maker(m, call) : NULL;
    if (name)
        hf_report(c, call,
                  "the task that %s makes is held by nobody: it may vanish half way, and "
                  "its exception with it",
                  name);
}

const hf_rule hf_rule_task_dropped = {
    .code = "HF501",
    .name = "task-dropped",
    .reason = "The event loop holds tasks only weakly. One that nobody else holds can be collected "
              "while it waits, with whatever it was about to release.",
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
           "task.add_done_callback(tasks.discard) empties.",
    .pattern = "task-accumulation",
    .confidence = HF_CONFIDENCE_HIGH,
    .kinds = {HF_KIND_EXPRESSION_STATEMENT},
    .visit = visit,
};
