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

/* Processes live and die while they are read: what vanishes was none. */
static hf_err *read_members(member **ret, size_t *ret_count)
{
    HF_AUTO(hf_freep) pid_t *pids = NULL;
    size_t count = 0, kept = 0;
    hf_err *err = hf_processes_list(&pids, &count);
    if (err)
        return err;
    member *members = calloc(count + 1, sizeof(*members));
    if (!members)
        return hf_fail_memory();
    for (size_t i = 0; i < count; i++) {
        hf_proc_stat stat;
        if (pids[i] == getpid() || hf_proc_stat_of(pids[i], &stat) || stat.state == 'Z' ||
            stat.state == 'X')
            continue;
        /* Only copies of ours, and the kernel's own first processes, end without a signal. */
        if (!stat.exit_signal && stat.parent != 0)
            continue;
        members[kept++] = (member){.pid = pids[i],
                                   .parent = stat.parent,
                                   .start_time = stat.start_time,
                                   .first = HF_NO_ROW,
                                   .last = HF_NO_ROW,
                                   .next = HF_NO_ROW};
    }
    qsort(members, kept, sizeof(*members), by_pid);
    *ret = members;
    *ret_count = kept;
    return NULL;
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

/* Appends a process and all its descendants. Each is placed once, so that this ends whatever was read. */
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

hf_err *hf_process_tree_read(pid_t root, hf_process_tree *ret)
{
    HF_AUTO(hf_freep) member *members = NULL;
    size_t count = 0;
    hf_process_tree tree = {0};
    hf_err *err = read_members(&members, &count);
    if (!err)
        err = place_all(members, count, root, &tree);
    if (err) {
        hf_process_tree_deinit(&tree);
        return err;
    }
    *ret = tree;
    return NULL;
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
