#include "acquire/process_tree.h"

#include "acquire/proc.h"
#include "acquire/processes.h"
#include "base/cleanup.h"

#include <stdlib.h>
#include <unistd.h>

/* A process, and its relatives as indices; HF_NO_ROW: none. */
typedef struct member {
    pid_t pid, parent;
    uint64_t start_time;
    size_t first, last, next; /* children, a list; next of the same parent */
    bool placed;
} member;

static int by_pid(const void *a, const void *b)
{
    const member *x = a, *y = b;
    return (x->pid > y->pid) - (x->pid < y->pid);
}

static member *members_of(const hf_process_seen *seen, size_t count)
{
    member *members = calloc(count + 1, sizeof(*members));
    for (size_t i = 0; members && i < count; i++)
        members[i] = (member){.pid = seen[i].pid,
                              .parent = seen[i].parent,
                              .start_time = seen[i].start_time,
                              .first = HF_NO_ROW,
                              .last = HF_NO_ROW,
                              .next = HF_NO_ROW};
    if (members && count)
        qsort(members, count, sizeof(*members), by_pid);
    return members;
}

static member *find(member *members, size_t count, pid_t pid)
{
    const member key = {.pid = pid};
    return count ? bsearch(&key, members, count, sizeof(*members), by_pid) : NULL;
}

/* A number may have gone to another process since the child named it: a parent is never younger. */
static member *parent_of(member *members, size_t count, const member *child)
{
    member *parent = find(members, count, child->parent);
    return parent && parent != child && parent->start_time <= child->start_time ? parent : NULL;
}

typedef struct aged {
    uint64_t start_time;
    size_t index;
} aged;

static int by_age(const void *a, const void *b)
{
    const aged *x = a, *y = b;
    if (x->start_time != y->start_time)
        return x->start_time < y->start_time ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Makes the lists of children, by age. */
static void relate(member *members, size_t count, aged *order)
{
    for (size_t i = 0; i < count; i++)
        order[i] = (aged){members[i].start_time, i};
    qsort(order, count, sizeof(*order), by_age);
    for (size_t i = 0; i < count; i++) {
        size_t child = order[i].index;
        member *parent = parent_of(members, count, &members[child]);
        if (!parent)
            continue;
        if (parent->first == HF_NO_ROW)
            parent->first = child;
        else
            members[parent->last].next = child;
        parent->last = child;
    }
}

/* Appends a process and all its descendants. Each is placed once, so that this ends
 * whatever was read. */
static void place(member *members, size_t root, size_t *stack, hf_process_tree *tree)
{
    size_t open = 0, parent = HF_NO_ROW, at = root;
    for (;;) {
        if (at != HF_NO_ROW && !members[at].placed) {
            members[at].placed = true;
            tree->rows[tree->count] = (hf_tree_row){.pid = members[at].pid,
                                                    .start_time = members[at].start_time,
                                                    .parent = parent,
                                                    .depth = (uint32_t)open};
            parent = tree->count++;
            stack[open++] = at;
            at = members[at].first;
            continue;
        }
        if (!open)
            return;
        at = members[stack[--open]].next;
        parent = tree->rows[parent].parent;
        if (!open)
            return; /* the siblings of the root are not asked for */
    }
}

static hf_err *place_all(member *members, size_t count, pid_t root, hf_process_tree *tree)
{
    HF_AUTO(hf_freep) size_t *stack = calloc(count + 1, sizeof(*stack));
    HF_AUTO(hf_freep) aged *order = calloc(count + 1, sizeof(*order));
    tree->rows = calloc(count + 1, sizeof(*tree->rows));
    if (!stack || !order || !tree->rows)
        return hf_fail_memory();
    relate(members, count, order);
    if (root) {
        const member *at = find(members, count, root);
        if (!at)
            return hf_fail(HF_ERR_NO_PROCESS, "there is no process %d", (int)root);
        place(members, (size_t)(at - members), stack, tree);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        if (!parent_of(members, count, &members[order[i].index]))
            place(members, order[i].index, stack, tree);
    return NULL;
}

hf_err *hf_process_tree_of(const hf_process_seen *seen, size_t count, pid_t root,
                           hf_process_tree *ret)
{
    HF_AUTO(hf_freep) member *members = members_of(seen, count);
    hf_process_tree tree = {0};
    hf_err *err = members ? place_all(members, count, root, &tree) : hf_fail_memory();
    if (err) {
        hf_process_tree_deinit(&tree);
        return err;
    }
    *ret = tree;
    return NULL;
}

static bool is_same(const hf_process_tree *a, const hf_process_tree *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->rows[i].pid != b->rows[i].pid || a->rows[i].parent != b->rows[i].parent ||
            a->rows[i].start_time != b->rows[i].start_time)
            return false;
    return true;
}

static hf_err *read_once(hf_process_lister *list, void *context, pid_t root, hf_process_tree *ret)
{
    HF_AUTO(hf_freep) hf_process_seen *seen = NULL;
    size_t count = 0;
    hf_err *err = list(context, &seen, &count);
    return err ? err : hf_process_tree_of(seen, count, root, ret);
}

hf_err *hf_process_tree_settle(hf_process_lister *list, void *context, pid_t root,
                               hf_process_tree *ret)
{
    hf_process_tree last = {0};
    hf_err *err = read_once(list, context, root, &last);
    for (size_t pass = 1; !err && pass < HF_PROCESS_PASSES; pass++) {
        hf_process_tree next = {0};
        err = read_once(list, context, root, &next);
        bool settled = !err && is_same(&last, &next);
        hf_process_tree_deinit(&last);
        last = next;
        if (settled)
            break;
    }
    if (err) {
        hf_process_tree_deinit(&last);
        return err;
    }
    *ret = last;
    return NULL;
}

/* One pass over /proc. Processes live and die while they are read: what vanishes was none. */
static hf_err *list_processes(void *unused, hf_process_seen **ret, size_t *ret_count)
{
    (void)unused;
    HF_AUTO(hf_freep) pid_t *pids = NULL;
    size_t count = 0, kept = 0;
    hf_err *err = hf_processes_list(&pids, &count);
    if (err)
        return err;
    hf_process_seen *seen = calloc(count + 1, sizeof(*seen));
    if (!seen)
        return hf_fail_memory();
    for (size_t i = 0; i < count; i++) {
        hf_proc_stat stat;
        if (pids[i] == getpid() || hf_proc_stat_of(pids[i], &stat) || stat.state == 'Z' ||
            stat.state == 'X')
            continue;
        /* Only copies of ours, and the kernel's own first processes, end without a signal. */
        if (!stat.exit_signal && stat.parent != 0)
            continue;
        seen[kept++] = (hf_process_seen){pids[i], stat.parent, stat.start_time};
    }
    *ret = seen;
    *ret_count = kept;
    return NULL;
}

hf_err *hf_process_tree_read(pid_t root, hf_process_tree *ret)
{
    return hf_process_tree_settle(list_processes, NULL, root, ret);
}

void hf_process_tree_deinit(hf_process_tree *tree)
{
    free(tree->rows);
    *tree = (hf_process_tree){0};
}

size_t hf_process_tree_end(const hf_process_tree *tree, size_t row)
{
    size_t end = row + 1;
    while (end < tree->count && tree->rows[end].depth > tree->rows[row].depth)
        end++;
    return end;
}
