/* present/cli/cmd_kept.c - caches, tasks and threads: what is kept for later, or from before. */
#include "base/cleanup.h"
#include "present/cli/looked.h"
#include "present/show_caches.h"
#include "present/show_tasks.h"
#include "present/show_threads.h"

enum { BOUND = 128 }; /* that of functools.lru_cache where none is given */

hf_err *hf_cmd_caches(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    HF_AUTO(hf_looked_deinit) hf_looked l = {0};
    hf_caches caches HF_AUTO(hf_caches_deinit) = {0};
    hf_err *err = hf_look(s, &l);
    if (!err)
        err = hf_caches_find(l.graph, l.dominators, a->bound ? a->bound : BOUND, &caches);
    if (err)
        return err;
    uint64_t top = a->top ? a->top : 10;
    size_t shown = caches.count < top ? caches.count : (size_t)top;
    HF_AUTO(hf_texts_deinit) hf_texts paths = {.text = calloc(shown + 1, sizeof(*paths.text))};
    if (!paths.text)
        return hf_fail_memory();
    for (; paths.count < shown && !err; paths.count++)
        err = hf_path_string(l.graph, l.tree, caches.rows[paths.count].object,
                             &paths.text[paths.count]);
    if (err)
        return err;
    hf_caches_view view = {.graph = l.graph,
                           .caches = &caches,
                           .paths = paths.text,
                           .heap_bytes = l.heap_bytes,
                           .top = top};
    if (s->text)
        hf_show_caches_text(s->text, &view);
    if (s->json)
        hf_show_caches_json(s->json, &view);
    return NULL;
}

hf_err *hf_cmd_tasks(hf_session *s)
{
    HF_AUTO(hf_looked_deinit) hf_looked l = {0};
    hf_tasks tasks HF_AUTO(hf_tasks_deinit) = {0};
    hf_err *err = hf_look(s, &l);
    if (!err)
        err = hf_tasks_find(l.graph, l.dominators, &tasks);
    if (err)
        return err;
    uint64_t top = s->arguments->top ? s->arguments->top : 10;
    size_t shown = tasks.group_count < top ? tasks.group_count : (size_t)top;
    HF_AUTO(hf_texts_deinit) hf_texts paths = {.text = calloc(shown + 1, sizeof(*paths.text))};
    if (!paths.text)
        return hf_fail_memory();
    for (; paths.count < shown && !err; paths.count++) {
        const hf_task_group *group = &tasks.groups[paths.count];
        err = hf_path_string(l.graph, l.tree, group->tasks[group->example].object,
                             &paths.text[paths.count]);
    }
    if (err)
        return err;
    hf_tasks_view view = {.graph = l.graph,
                          .tasks = &tasks,
                          .paths = paths.text,
                          .heap_bytes = l.heap_bytes,
                          .top = top};
    if (s->text)
        hf_show_tasks_text(s->text, &view);
    if (s->json)
        hf_show_tasks_json(s->json, &view);
    return NULL;
}

static hf_err *add_path(const hf_looked *l, uint32_t object, hf_texts *paths)
{
    hf_err *err = NULL;
    if (object == HF_NO_OBJECT)
        paths->text[paths->count] = calloc(1, 1);
    else
        err = hf_path_string(l->graph, l->tree, object, &paths->text[paths->count]);
    paths->count++;
    return err;
}

hf_err *hf_cmd_threads(hf_session *s)
{
    HF_AUTO(hf_looked_deinit) hf_looked l = {0};
    hf_threads threads HF_AUTO(hf_threads_deinit) = {0};
    hf_err *err = hf_look(s, &l);
    if (!err)
        err = hf_threads_tell(l.graph, l.dominators, &threads);
    if (err)
        return err;
    uint64_t top = s->arguments->top ? s->arguments->top : 10;
    HF_AUTO(hf_texts_deinit) hf_texts paths = {.text = calloc(threads.count + 1, sizeof(char *))};
    HF_AUTO(hf_texts_deinit)
    hf_texts executors = {.text = calloc(threads.executor_count + 1, sizeof(char *))};
    if (!paths.text || !executors.text)
        return hf_fail_memory();
    size_t others, shown = hf_threads_shown(&threads, top, &others);
    for (size_t i = 0; i < threads.count && !err; i++) {
        bool wanted = i < shown || (i >= others && i - others < top);
        err = add_path(&l, wanted ? threads.rows[i].object : HF_NO_OBJECT, &paths);
    }
    for (size_t i = 0; i < threads.executor_count && i < top && !err; i++)
        err = add_path(&l, threads.executors[i].object, &executors);
    if (err)
        return err;
    hf_threads_view view = {.graph = l.graph,
                            .threads = &threads,
                            .paths = paths.text,
                            .executor_paths = executors.text,
                            .heap_bytes = l.heap_bytes,
                            .top = top};
    if (s->text)
        hf_show_threads_text(s->text, &view);
    if (s->json)
        hf_show_threads_json(s->json, &view);
    return NULL;
}
