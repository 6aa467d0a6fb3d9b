/* lint/tasks.c - see lint/tasks.h. */
#include "lint/tasks.h"

#include <string.h>

static const char *const loop_makers[] = {"asyncio.get_running_loop", "asyncio.get_event_loop",
                                          "asyncio.new_event_loop",
                                          "asyncio.events.get_running_loop", NULL};

/* loop.create_task(...) where loop is known to be one. */
static bool is_loop(hf_module *m, uint32_t object)
{
    const hf_syntax *s = &m->syntax;
    if (hf_kind_of(s, object) == HF_KIND_CALL)
        return hf_is_one_of(hf_called(m, object), loop_makers);
    const hf_binding *b = hf_meaning(m, object);
    return b && b->writes == 1 && b->value && hf_kind_of(s, b->value) == HF_KIND_CALL &&
           hf_is_one_of(hf_called(m, b->value), loop_makers);
}

const char *hf_task_maker(hf_module *m, uint32_t call)
{
    const hf_syntax *s = &m->syntax;
    if (hf_kind_of(s, call) != HF_KIND_CALL)
        return NULL;
    const char *called = hf_called(m, call);
    if (strcmp(called, "asyncio.create_task") == 0)
        return "asyncio.create_task";
    if (strcmp(called, "asyncio.ensure_future") == 0)
        return "asyncio.ensure_future";
    uint32_t method = hf_child(s, call, HF_FIELD_FUNCTION);
    if (method && hf_kind_of(s, method) == HF_KIND_ATTRIBUTE &&
        strcmp(hf_last_name(m, method), "create_task") == 0 &&
        is_loop(m, hf_child(s, method, HF_FIELD_OBJECT)))
        return "loop.create_task";
    return NULL;
}

bool hf_makes_thread(hf_module *m, uint32_t call)
{
    static const char *const makers[] = {"threading.Thread", "threading.Timer", NULL};
    return hf_kind_of(&m->syntax, call) == HF_KIND_CALL && hf_is_one_of(hf_called(m, call), makers);
}
