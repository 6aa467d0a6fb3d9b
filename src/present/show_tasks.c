#include "present/show_tasks.h"

#include "base/cleanup.h"
#include "present/name.h"
#include "present/report.h"

#include <string.h>

enum { DETAILS = 5, SUSPENDED_SHOWN = 5, STACK_SHOWN = 20 };

static size_t done_tasks(const hf_tasks *t)
{
    return t->states[HF_TASK_FINISHED] + t->states[HF_TASK_FAILED] + t->states[HF_TASK_CANCELLED];
}

static const char *word_of(const hf_tasks *t)
{
    if (done_tasks(t))
        return "HELD";
    return t->states[HF_TASK_PENDING] ? "WAITING" : "NONE";
}

static void say_verdict(const hf_tasks_view *view, hf_buf *out)
{
    const hf_tasks *t = view->tasks;
    if (!t->count) {
        hf_buf_text(out, "There are no tasks and no futures of asyncio.");
        return;
    }
    hf_say_count(out, t->count - t->futures, "task");
    hf_buf_format(out, ": %s pending, %s finished, %s failed, %s cancelled",
                  hf_format_count(t->states[HF_TASK_PENDING]).text,
                  hf_format_count(t->states[HF_TASK_FINISHED]).text,
                  hf_format_count(t->states[HF_TASK_FAILED]).text,
                  hf_format_count(t->states[HF_TASK_CANCELLED]).text);
    if (t->states[HF_TASK_UNKNOWN])
        hf_buf_format(out, ", %s of unknown state",
                      hf_format_count(t->states[HF_TASK_UNKNOWN]).text);
    hf_buf_text(out, "; ");
    hf_say_count(out, t->futures, "other future");
    hf_buf_char(out, '.');
    if (t->done)
        hf_buf_format(out, " What is done and still held keeps %s, %s of the heap.",
                      hf_format_bytes(t->saved).text,
                      hf_format_share(t->saved, view->heap_bytes).text);
}

static const char cure[] =
    "Let go of tasks that are done: remove them in a callback "
    "(task.add_done_callback(tasks.discard)), or use asyncio.TaskGroup; what a result or an "
    "exception with its traceback holds goes with them.";

static const char *cure_of(const hf_tasks *t)
{
    return done_tasks(t) ? cure : "";
}

/* The value of an object, or what else it is called. */
static void say_place(hf_graph *g, uint32_t object, hf_buf *out)
{
    size_t length = 0;
    const char *text = object == HF_NO_OBJECT ? NULL : hf_graph_value(g, object, &length);
    if (text)
        hf_buf_add(out, text, length);
    else
        hf_buf_text(out, object == HF_NO_OBJECT ? "?" : hf_graph_type_name(g, object));
}

static void say_group(const hf_tasks_view *view, const hf_task_group *group, hf_buf *out)
{
    if (group->futures)
        hf_buf_text(out, "(futures that are no tasks)");
    else
        say_place(view->graph, group->code, out);
}

static void say_waits(const hf_tasks_view *view, const hf_task *t, hf_buf *out)
{
    if (t->waits_for != HF_NO_OBJECT)
        hf_name_object(view->graph, t->waits_for, out);
}

static void print_stack(hf_text *t, const hf_tasks_view *view, const hf_task *task)
{
    hf_awaits a;
    if (task->state != HF_TASK_PENDING || !task->depth)
        return;
    hf_awaits_follow(view->graph, view->tasks->roles, task->coroutine, &a);
    for (size_t i = 0; i < a.count && i < STACK_SHOWN; i++) {
        hf_buf place HF_AUTO(hf_buf_deinit) = {0};
        say_place(view->graph, a.calls[i], &place);
        hf_text_print(t, "  %-13s ", i ? "" : "   awaits");
        hf_text_untrusted(t, hf_buf_string(&place));
        hf_text_print(t, "\n");
    }
    if (a.count > STACK_SHOWN || a.cut)
        hf_report_format(t, "", "… %zu more%s", a.count - STACK_SHOWN * (a.count > STACK_SHOWN),
                         a.cut ? ", and so on: it is a ring, or too deep" : "");
}

static void print_detail(hf_text *t, const hf_tasks_view *view, size_t number)
{
    const hf_task_group *group = &view->tasks->groups[number];
    const hf_task *task = &group->tasks[group->example];
    hf_buf title HF_AUTO(hf_buf_deinit) = {0}, waits HF_AUTO(hf_buf_deinit) = {0};
    say_group(view, group, &title);
    say_waits(view, task, &waits);
    hf_report_item(t, number, hf_buf_string(&title));
    if (group->common)
        hf_report_format(t, "   alike", "%s of %s that are pending stand here",
                         hf_format_count(group->common).text,
                         hf_format_count(group->states[HF_TASK_PENDING]).text);
    print_stack(t, view, task);
    if (task->state == HF_TASK_PENDING && task->coroutine != HF_NO_OBJECT && !task->suspended)
        hf_report_field(t, "   stands", "it runs, or has not begun");
    hf_report_field(t, "   waits for", hf_buf_string(&waits));
    hf_report_field(t, "   held by",
                    *view->paths[number] ? view->paths[number]
                                         : "nothing but a cycle or C: see holdfast garbage");
    if (task->callbacks)
        hf_report_format(t, "   callbacks", "%s", hf_format_count(task->callbacks).text);
    if (group->saved)
        hf_report_format(t, "   done keeps", "%s", hf_format_bytes(group->saved).text);
}

static void print_groups(hf_text *t, const hf_tasks_view *view, size_t shown)
{
    static const hf_column columns[] = {{"RETAINED", true},  {"PENDING", true},
                                        {"FINISHED", true},  {"FAILED", true},
                                        {"CANCELLED", true}, {"FUNCTION", false}};
    static const hf_task_state states[] = {HF_TASK_PENDING, HF_TASK_FINISHED, HF_TASK_FAILED,
                                           HF_TASK_CANCELLED};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 6, 2);
    for (size_t i = 0; i < shown; i++) {
        const hf_task_group *group = &view->tasks->groups[i];
        hf_buf title HF_AUTO(hf_buf_deinit) = {0};
        say_group(view, group, &title);
        hf_table_cell(&table, "%s", hf_format_bytes(group->retained).text);
        for (size_t k = 0; k < 4; k++)
            hf_table_cell(&table, "%s", hf_format_count(group->states[states[k]]).text);
        hf_table_untrusted(&table, hf_buf_string(&title), title.length, 80);
    }
    hf_table_print(&table, t);
    hf_report_more(t, view->tasks->group_count, shown, "");
}

static void print_suspended(hf_text *t, const hf_tasks_view *view)
{
    static const hf_column columns[] = {
        {"RETAINED", true}, {"COUNT", true}, {"TYPE", false}, {"THE LARGEST STANDS AT", false}};
    const hf_tasks *tasks = view->tasks;
    if (!tasks->suspended_count)
        return;
    hf_report_section(t, "BEGUN, NOT ENDED, and run by no task");
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 4, 2);
    for (size_t i = 0; i < tasks->suspended_count && i < view->top && i < SUSPENDED_SHOWN; i++) {
        const hf_suspended *s = &tasks->suspended[i];
        hf_buf place HF_AUTO(hf_buf_deinit) = {0};
        say_place(view->graph, s->example, &place);
        hf_table_cell(&table, "%s", hf_format_bytes(s->retained).text);
        hf_table_cell(&table, "%s", hf_format_count(s->count).text);
        hf_table_cell(&table, "%s", hf_graph_type_name(view->graph, s->example));
        hf_table_untrusted(&table, hf_buf_string(&place), place.length, 80);
    }
    hf_table_print(&table, t);
}

void hf_show_tasks_text(hf_text *t, const hf_tasks_view *view)
{
    const hf_tasks *tasks = view->tasks;
    hf_buf verdict HF_AUTO(hf_buf_deinit) = {0};
    say_verdict(view, &verdict);
    hf_report_verdict(t, done_tasks(tasks) ? HF_STYLE_BOLD : HF_STYLE_GOOD, word_of(tasks),
                      hf_buf_string(&verdict));
    size_t shown = tasks->group_count < view->top ? tasks->group_count : (size_t)view->top;
    if (shown) {
        hf_report_section(t, "TASKS BY FUNCTION, most retained first");
        print_groups(t, view, shown);
    }
    for (size_t i = 0; i < shown && i < DETAILS; i++)
        print_detail(t, view, i);
    print_suspended(t, view);
    hf_report_cure(t, cure_of(tasks), tasks->saved);
}

static void place_json(hf_json *j, const char *key, const hf_tasks_view *view, uint32_t object)
{
    hf_buf place HF_AUTO(hf_buf_deinit) = {0};
    say_place(view->graph, object, &place);
    hf_json_text_n(j, key, hf_buf_string(&place), place.length);
}

static const char *const state_words[] = {NULL, "pending", "finished", "failed", "cancelled"};

static void task_json(hf_json *j, const hf_tasks_view *view, const hf_task *task)
{
    hf_graph *g = view->graph;
    hf_json_object(j, NULL);
    hf_json_address(j, "address", g->address[task->object]);
    hf_json_text(j, "type", hf_graph_type_name(g, task->object));
    hf_json_text(j, "state", state_words[task->state]);
    hf_json_bool(j, "suspended", task->suspended);
    hf_json_uint(j, "callbacks", task->callbacks);
    hf_json_uint(j, "retained_bytes", task->retained);
    hf_json_array(j, "awaits");
    if (task->depth) {
        hf_awaits a;
        hf_awaits_follow(g, view->tasks->roles, task->coroutine, &a);
        for (size_t i = 0; i < a.count; i++)
            place_json(j, NULL, view, a.calls[i]);
    }
    hf_json_end(j);
    hf_json_text(j, "waits_for_type",
                 task->waits_for == HF_NO_OBJECT ? NULL : hf_graph_type_name(g, task->waits_for));
    hf_json_address(j, "waits_for",
                    task->waits_for == HF_NO_OBJECT ? 0 : g->address[task->waits_for]);
    hf_json_end(j);
}

static void group_json(hf_json *j, const hf_tasks_view *view, size_t number)
{
    const hf_task_group *group = &view->tasks->groups[number];
    hf_json_object(j, NULL);
    if (group->futures)
        hf_json_text(j, "function", NULL);
    else
        place_json(j, "function", view, group->code);
    hf_json_uint(j, "count", group->count);
    for (int i = HF_TASK_PENDING; i < HF_TASK_STATES; i++)
        hf_json_uint(j, state_words[i], group->states[i]);
    hf_json_uint(j, "retained_bytes", group->retained);
    hf_json_uint(j, "saved_bytes", group->saved);
    hf_json_uint(j, "alike", group->common);
    hf_json_text(j, "path", *view->paths[number] ? view->paths[number] : NULL);
    hf_json_address(j, "example", view->graph->address[group->tasks[group->example].object]);
    hf_json_array(j, "tasks");
    for (size_t i = 0; i < group->count && i < view->top; i++)
        task_json(j, view, &group->tasks[i]);
    hf_json_end(j);
    hf_json_end(j);
}

void hf_show_tasks_json(hf_json *j, const hf_tasks_view *view)
{
    const hf_tasks *tasks = view->tasks;
    hf_buf verdict HF_AUTO(hf_buf_deinit) = {0};
    say_verdict(view, &verdict);
    hf_report_begin_json(j, word_of(tasks), hf_buf_string(&verdict));
    for (int i = HF_TASK_PENDING; i < HF_TASK_STATES; i++)
        hf_json_uint(j, state_words[i], tasks->states[i]);
    hf_json_uint(j, "unknown", tasks->states[HF_TASK_UNKNOWN]);
    hf_json_uint(j, "futures", tasks->futures);
    hf_json_uint(j, "saved_bytes", tasks->saved);
    hf_json_array(j, "functions");
    for (size_t i = 0; i < tasks->group_count && i < view->top; i++)
        group_json(j, view, i);
    hf_json_end(j);
    hf_json_array(j, "not_run_by_tasks");
    for (size_t i = 0; i < tasks->suspended_count && i < view->top; i++) {
        const hf_suspended *s = &tasks->suspended[i];
        hf_json_object(j, NULL);
        hf_json_text(j, "type", hf_graph_type_name(view->graph, s->example));
        place_json(j, "place", view, s->example);
        hf_json_address(j, "example", view->graph->address[s->example]);
        hf_json_uint(j, "count", s->count);
        hf_json_uint(j, "retained_bytes", s->retained);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_text(j, "cure", *cure_of(tasks) ? cure_of(tasks) : NULL);
    hf_json_uint(j, "cure_frees_bytes", tasks->saved);
    hf_json_end(j);
}
