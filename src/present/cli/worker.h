/* present/cli/worker.h - one forked worker, held against the process that it was forked from. */
#ifndef HF_PRESENT_CLI_WORKER_H
#define HF_PRESENT_CLI_WORKER_H

#include "present/show_unsharing.h"

/* What the collectors of both say of themselves. */
typedef struct hf_worker_collectors {
    const hf_collector_info *parent, *worker;
} hf_worker_collectors;

/* Compares all pages; `objects` is a graph of either. Fills *ret, but for its origin.
 * Nothing is stopped. */
hf_err *hf_worker_compare(const hf_process *parent, const hf_process *worker, hf_graph *objects,
                          const hf_worker_collectors *collectors, hf_worker_row *ret);

/* What the collector of a running process says of itself. */
hf_err *hf_worker_collector(pid_t pid, hf_collector_info *ret);

/* Completes what hf_unsharing_growth_of() said of a worker that was watched, and whose newest graph
 * this is: by whom it was forked, and what unshared its pages. Where that cannot be told, pid and
 * pages stay 0. */
void hf_worker_explain(pid_t pid, hf_graph *newest, hf_unsharing_growth *growth);

#endif
