#include "analyse/tasks.h"

#include "analyse/attributes.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/map.h"

#include <stdlib.h>

typedef struct finder {
    hf_graph *g;
    const hf_dominators *d;
    const uint8_t *roles;
    hf_map run; /* calls that a task runs */
    hf_tasks found;
} finder;

/* An attribute of the class or of a base, where instances have none of their own. */
static uint32_t class_attribute(hf_graph *g, uint32_t object, const char *name)
{
    uint32_t type = hf_graph_find(g, g->types[g->type[object]].address);
    uint32_t order = type == HF_NO_OBJECT ? type : hf_object_field(g, type, "__mro__");
    if (order == HF_NO_OBJECT)
        return HF_NO_OBJECT;
    for (uint64_t e = g->edge_start[order]; e < g->edge_start[order + 1]; e++) {
        uint32_t dict = hf_attribute_dict(g, g->edge_target[e]);
        uint32_t found = dict == HF_NO_OBJECT ? dict : hf_dict_entry(g, dict, name);
        if (found != HF_NO_OBJECT)
            return found;
    }
    return HF_NO_OBJECT;
}

hf_task_state hf_task_state_of(hf_graph *g, uint32_t object)
{
    static const char *const words[] = {NULL, "PENDING", "FINISHED", NULL, "CANCELLED"};
    uint32_t text = object; /* of the C accelerator; those written in Python have an attribute */
    if (!(g->flags[object] & HF_OBJECT_HAS_VALUE)) {
        text = hf_attribute_of(g, object, "_state");
        text = text == HF_NO_OBJECT ? class_attribute(g, object, "_state") : text;
    }
    for (int i = HF_TASK_PENDING; i < HF_TASK_STATES; i++)
        if (words[i] && hf_object_says(g, text, words[i])) {
            uint32_t failed = hf_attribute_of(g, object, "_exception");
            bool has_failed = failed != HF_NO_OBJECT && !hf_graph_is(g, failed, "NoneType");
            return i == HF_TASK_FINISHED && has_failed ? HF_TASK_FAILED : (hf_task_state)i;
        }
    return HF_TASK_UNKNOWN;
}

static size_t callbacks_of(hf_graph *g, uint32_t object)
{
    uint32_t list = hf_attribute_of(g, object, "_callbacks");
    bool one = hf_attribute_of(g, object, "callback0") != HF_NO_OBJECT;
    return one + (list == HF_NO_OBJECT ? 0 : (size_t)hf_graph_length(g, list));
}

/* A hash of where the calls of a chain stand. */
static uint64_t place_of(hf_graph *g, const hf_awaits *a)
{
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
    for (size_t i = 0; i < a->count; i++) {
        size_t length = 0;
        const char *text = hf_graph_value(g, a->calls[i], &length);
        for (size_t k = 0; text && k < length; k++)
            hash = (hash ^ (uint8_t)text[k]) * 0x100000001b3;
        hash = (hash ^ 0xff) * 0x100000001b3;
    }
    return hash;
}

static bool follow(finder *f, hf_task *t)
{
    hf_graph *g = f->g;
    hf_awaits a;
    if (t->coroutine == HF_NO_OBJECT || f->roles[g->type[t->coroutine]] != HF_AWAIT_CALL)
        return true;
    hf_awaits_follow(g, f->roles, t->coroutine, &a);
    t->code = hf_await_code(g, t->coroutine);
    t->suspended = g->flags[t->coroutine] & HF_OBJECT_SUSPENDED;
    t->depth = a.count;
    t->place = place_of(g, &a);
    t->waits_for = hf_attribute_of(g, t->object, "_fut_waiter");
    if (t->waits_for == HF_NO_OBJECT || hf_graph_is(g, t->waits_for, "NoneType"))
        t->waits_for = a.end;
    for (size_t i = 0; i < a.count; i++)
        if (!hf_map_put(&f->run, a.calls[i], 1))
            return false;
    return true;
}

static bool add_tasks(finder *f)
{
    hf_graph *g = f->g;
    size_t count = 0;
    for (uint32_t i = 0; i < g->object_count; i++)
        count += f->roles[g->type[i]] >= HF_AWAIT_FUTURE;
    f->found.rows = calloc(count + 1, sizeof(*f->found.rows));
    bool enough = f->found.rows != NULL;
    for (uint32_t i = 0; enough && i < g->object_count; i++) {
        if (f->roles[g->type[i]] < HF_AWAIT_FUTURE)
            continue;
        bool is_task = f->roles[g->type[i]] == HF_AWAIT_TASK;
        hf_task *t = &f->found.rows[f->found.count++];
        *t = (hf_task){.object = i,
                       .coroutine = is_task ? hf_attribute_of(g, i, "_coro") : HF_NO_OBJECT,
                       .code = HF_NO_OBJECT,
                       .waits_for = HF_NO_OBJECT,
                       .state = hf_task_state_of(g, i),
                       .callbacks = callbacks_of(g, i),
                       .retained = f->d->retained[i]};
        f->found.states[t->state] += is_task;
        f->found.futures += !is_task;
        enough = follow(f, t);
    }
    return enough;
}

static bool is_done(const hf_task *t)
{
    return t->state >= HF_TASK_FINISHED;
}

/* Marks those that another one that is done keeps alive: their bytes are in its bytes already. */
static bool find_inside(finder *f)
{
    uint32_t count = f->g->object_count;
    HF_AUTO(hf_freep) uint8_t *mark = calloc((size_t)count + 1, 1);
    if (!mark)
        return false;
    enum { OUTSIDE = 1, INSIDE = 2, DONE = 4 };
    for (size_t i = 0; i < f->found.count; i++)
        mark[f->found.rows[i].object] = is_done(&f->found.rows[i]) ? DONE : 0;
    for (size_t i = 0; i < f->found.count; i++) {
        uint32_t start = f->d->parent[f->found.rows[i].object], at = start;
        while (at < count && !mark[at])
            at = f->d->parent[at];
        bool inside = at < count && mark[at] != OUTSIDE;
        for (uint32_t k = start; k != at && k < count; k = f->d->parent[k])
            mark[k] |= inside ? INSIDE : OUTSIDE;
        f->found.rows[i].inside = inside;
    }
    return true;
}

/* Futures last; functions by their code; those that stand alike together, the largest first. */
static int by_group(const void *a, const void *b)
{
    const hf_task *x = a, *y = b;
    if ((x->coroutine == HF_NO_OBJECT) != (y->coroutine == HF_NO_OBJECT))
        return x->coroutine == HF_NO_OBJECT ? 1 : -1;
    if (x->code != y->code)
        return x->code < y->code ? -1 : 1;
    if (x->state != y->state)
        return x->state < y->state ? -1 : 1;
    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    if (x->retained != y->retained)
        return x->retained > y->retained ? -1 : 1;
    return (x->object > y->object) - (x->object < y->object);
}

static bool same_group(const hf_task *x, const hf_task *y)
{
    return x->code == y->code && (x->coroutine == HF_NO_OBJECT) == (y->coroutine == HF_NO_OBJECT);
}

static void fill_group(hf_task_group *group)
{
    size_t run = 0;
    for (size_t i = 0; i < group->count; i++) {
        const hf_task *t = &group->tasks[i];
        group->states[t->state]++;
        group->retained += t->retained;
        group->saved += is_done(t) && !t->inside ? t->retained : 0;
        bool alike = i && t[-1].state == t->state && t[-1].place == t->place;
        run = alike ? run + 1 : 1;
        if (t->state == HF_TASK_PENDING && run > group->common) {
            group->common = run;
            group->example = (uint32_t)(i + 1 - run);
        }
    }
    for (size_t i = 0; i < group->count && !group->common; i++)
        if (group->tasks[i].retained > group->tasks[group->example].retained)
            group->example = (uint32_t)i;
}

static int most_retained_first(const void *a, const void *b)
{
    const hf_task_group *x = a, *y = b;
    if (x->retained != y->retained)
        return x->retained > y->retained ? -1 : 1;
    return (x->tasks > y->tasks) - (x->tasks < y->tasks);
}

static bool group(hf_tasks *t)
{
    if (t->count)
        qsort(t->rows, t->count, sizeof(*t->rows), by_group);
    t->groups = calloc(t->count + 1, sizeof(*t->groups));
    if (!t->groups)
        return false;
    for (size_t i = 0; i < t->count; i++) {
        if (!i || !same_group(&t->rows[i - 1], &t->rows[i]))
            t->groups[t->group_count++] =
                (hf_task_group){.code = t->rows[i].code,
                                .futures = t->rows[i].coroutine == HF_NO_OBJECT,
                                .tasks = &t->rows[i]};
        t->groups[t->group_count - 1].count++;
        t->done += is_done(&t->rows[i]);
    }
    for (size_t i = 0; i < t->group_count; i++) {
        fill_group(&t->groups[i]);
        t->saved += t->groups[i].saved;
    }
    if (t->group_count)
        qsort(t->groups, t->group_count, sizeof(*t->groups), most_retained_first);
    return true;
}

static int most_suspended_first(const void *a, const void *b)
{
    const hf_suspended *x = a, *y = b;
    if (x->retained != y->retained)
        return x->retained > y->retained ? -1 : 1;
    return (x->example > y->example) - (x->example < y->example);
}

/* Everything else that has begun and not ended, by its code. */
static bool add_suspended(finder *f)
{
    hf_graph *g = f->g;
    hf_tasks *t = &f->found;
    size_t capacity = 0;
    HF_AUTO(hf_map_deinit) hf_map rows;
    hf_map_init(&rows);
    for (uint32_t i = 0; i < g->object_count; i++) {
        if (f->roles[g->type[i]] != HF_AWAIT_CALL || !(g->flags[i] & HF_OBJECT_SUSPENDED) ||
            hf_map_get(&f->run, i) != HF_MAP_NONE)
            continue;
        uint32_t code = hf_await_code(g, i), row = hf_map_get(&rows, code);
        if (row == HF_MAP_NONE) {
            if (!hf_array_room(&t->suspended, t->suspended_count, &capacity))
                return false;
            row = (uint32_t)t->suspended_count++;
            t->suspended[row] = (hf_suspended){.code = code, .example = i};
            if (!hf_map_put(&rows, code, row))
                return false;
        }
        hf_suspended *s = &t->suspended[row];
        s->count++;
        s->retained += f->d->retained[i];
        if (f->d->retained[i] > f->d->retained[s->example])
            s->example = i;
    }
    if (t->suspended_count)
        qsort(t->suspended, t->suspended_count, sizeof(*t->suspended), most_suspended_first);
    return true;
}

hf_err *hf_tasks_find(hf_graph *g, const hf_dominators *d, hf_tasks *ret)
{
    finder f = {.g = g, .d = d, .found.roles = hf_await_roles(g)};
    f.roles = f.found.roles;
    hf_map_init(&f.run);
    bool enough =
        f.roles && add_tasks(&f) && find_inside(&f) && group(&f.found) && add_suspended(&f);
    hf_map_deinit(&f.run);
    if (!enough) {
        hf_tasks_deinit(&f.found);
        return hf_fail_memory();
    }
    *ret = f.found;
    return NULL;
}

void hf_tasks_deinit(hf_tasks *t)
{
    free(t->roles);
    free(t->rows);
    free(t->groups);
    free(t->suspended);
    *t = (hf_tasks){0};
}
