/* present/cli/worker.c - see present/cli/worker.h. */
#include "present/cli/worker.h"

#include "acquire/processes.h"
#include "base/cleanup.h"
#include "graph/probe.h"

static void count_page(void *context, const hf_inherited_page *page)
{
    hf_unsharing_add(context, page);
}

hf_err *hf_worker_compare(const hf_process *parent, const hf_process *worker, hf_graph *objects,
                          const hf_worker_collectors *collectors, hf_worker_row *ret)
{
    hf_unsharing words = hf_unsharing_begin(objects);
    hf_inherited pages;
    hf_err *err = hf_inherited_visit(parent, worker, count_page, &words, &pages);
    if (err)
        return err;
    ret->pages = pages;
    ret->verdict = hf_unsharing_conclude(&words, &pages, collectors->parent, collectors->worker);
    words.graph = NULL;
    ret->words = words;
    ret->compared = true;
    return NULL;
}

hf_err *hf_worker_collector(pid_t pid, hf_collector_info *ret)
{
    HF_AUTO(hf_target_freep) hf_target *target = NULL;
    hf_python_probe probe;
    hf_err *err = hf_target_open_pid(pid, &target);
    if (!err)
        err = hf_probe(target, &probe);
    if (!err)
        *ret = probe.python.collector;
    return err;
}

static hf_err *explain(pid_t pid, hf_graph *newest, hf_unsharing_growth *growth)
{
    hf_process parent HF_AUTO(hf_process_close) = {.pidfd = -1, .memory = -1};
    hf_process worker HF_AUTO(hf_process_close) = {.pidfd = -1, .memory = -1};
    hf_collector_info collector;
    pid_t from = 0;
    hf_err *err = hf_processes_parent(pid, &from);
    if (!err)
        err = hf_process_open(pid, &worker);
    if (!err)
        err = hf_process_open(from, &parent);
    if (err)
        return err;
    if (worker.start_time != newest->info.start_time || !hf_process_same_image(&parent, &worker))
        return NULL;
    err = hf_worker_collector(from, &collector);
    hf_worker_row row;
    const hf_worker_collectors collectors = {&collector, &newest->info.python.collector};
    if (!err)
        err = hf_worker_compare(&parent, &worker, newest, &collectors, &row);
    if (err)
        return err;
    growth->parent = from;
    growth->pages = row.verdict;
    return NULL;
}

void hf_worker_explain(pid_t pid, hf_graph *newest, hf_unsharing_growth *growth)
{
    if (growth->is_cause)
        hf_err_free(explain(pid, newest, growth)); /* what remains is said without it */
}
