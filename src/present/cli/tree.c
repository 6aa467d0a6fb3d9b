/* present/cli/tree.c - see present/cli/tree.h. */
#include "present/cli/tree.h"

#include "base/cleanup.h"
#include "graph/probe.h"

#include <errno.h>
#include <string.h>
#include <time.h>

double hf_age_of(uint64_t start_ticks)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    double age = (double)now.tv_sec + (double)now.tv_nsec / 1e9 -
                 (double)start_ticks / (double)sysconf(_SC_CLK_TCK);
    return age > 0 ? age : 0;
}

static bool is_gone(const hf_err *err)
{
    hf_err_code code = hf_err_code_of(err);
    return code == HF_ERR_TARGET_GONE || code == HF_ERR_NO_PROCESS;
}

/* What is known of one process. Fails only for want of memory, and, where a reason is asked for,
 * when the process cannot be looked at. */
static hf_err *look_at(const hf_tree_row *row, hf_tree_process *ret, hf_err **ret_why)
{
    HF_AUTO(hf_target_freep) hf_target *target = NULL;
    hf_python_probe probe;
    hf_tree_process p = {.seconds = hf_age_of(row->start_time)};
    hf_err *err = hf_target_open_pid(row->pid, &target);
    p.hidden = err && hf_err_code_of(err) == HF_ERR_PERMISSION;
    p.ended = err && is_gone(err);
    if (!err) {
        err = hf_probe(target, &probe);
        p.python = !err || hf_err_code_of(err) == HF_ERR_UNPROVEN;
        if (!err)
            memcpy(p.version, probe.python.version, sizeof(p.version));
    }
    if (ret_why)
        *ret_why = err;
    else
        hf_err_free(err);
    p.command = strdup(target ? hf_target_describe(target)->command : "");
    *ret = p;
    return p.command ? NULL : hf_fail_memory();
}

static void measure(const hf_tree_row *row, hf_tree_process *p)
{
    int errnum = p->ended ? ESRCH : hf_footprint_of(row->pid, &p->footprint);
    p->measured = !errnum;
    p->ended = errnum == ESRCH;
}

/* Looks at a tree whose root is known to run Python, and appends it. */
static hf_err *add_tree(const hf_process_tree *all, size_t root, const hf_tree_process *known,
                        hf_family *f)
{
    size_t end = hf_process_tree_end(all, root), shift = root - f->tree.count;
    uint32_t depth = all->rows[root].depth;
    for (size_t i = root; i < end; i++) {
        hf_tree_row *row = &f->tree.rows[f->tree.count];
        *row = all->rows[i];
        row->depth -= depth;
        row->parent = i == root ? HF_NO_ROW : row->parent - shift;
        hf_tree_process *p = &f->processes[f->tree.count];
        hf_err *err = NULL;
        if (i == root)
            *p = *known;
        else
            err = look_at(row, p, NULL);
        f->tree.count++;
        if (err)
            return err;
        measure(row, p);
    }
    return NULL;
}

/* The roots of trees: Python processes none of whose ancestors runs Python. */
static hf_err *add_trees(const hf_process_tree *all, hf_family *f)
{
    for (size_t i = 0; i < all->count;) {
        hf_tree_process p;
        hf_err *err = look_at(&all->rows[i], &p, NULL);
        if (!err && p.python) {
            err = add_tree(all, i, &p, f);
            i = hf_process_tree_end(all, i);
        } else {
            free(p.command);
            i++;
        }
        if (err)
            return err;
    }
    return NULL;
}

static hf_err *add_one_tree(const hf_process_tree *all, hf_family *f)
{
    hf_tree_process p;
    hf_err *why = NULL;
    hf_err *err = look_at(&all->rows[0], &p, &why);
    if (!err && (p.python || !why)) {
        hf_err_free(why);
        return add_tree(all, 0, &p, f);
    }
    free(p.command);
    return err ? err : why;
}

/* Why there is no such process: whoever opens it knows the reasons. */
static hf_err *no_root(pid_t root, hf_err *err)
{
    HF_AUTO(hf_target_freep) hf_target *target = NULL;
    hf_err *why = hf_target_open_pid(root, &target);
    if (!why)
        return err;
    hf_err_free(err);
    return why;
}

hf_err *hf_family_read(pid_t root, hf_family *ret)
{
    hf_process_tree all HF_AUTO(hf_process_tree_deinit) = {0};
    hf_family f = {0};
    hf_err *err = hf_process_tree_read(root, &all);
    if (err && root)
        return no_root(root, err);
    if (!err) {
        f.tree.rows = calloc(all.count + 1, sizeof(*f.tree.rows));
        f.processes = calloc(all.count + 1, sizeof(*f.processes));
        if (!f.tree.rows || !f.processes)
            err = hf_fail_memory();
    }
    if (!err)
        err = root ? add_one_tree(&all, &f) : add_trees(&all, &f);
    if (err) {
        hf_family_deinit(&f);
        return err;
    }
    *ret = f;
    return NULL;
}

void hf_family_deinit(hf_family *f)
{
    for (size_t i = 0; f->processes && i < f->tree.count; i++)
        free(f->processes[i].command);
    free(f->processes);
    hf_process_tree_deinit(&f->tree);
    *f = (hf_family){0};
}

hf_tree_view hf_family_view(const hf_family *f)
{
    return (hf_tree_view){.tree = &f->tree, .processes = f->processes, .as_root = geteuid() == 0};
}
