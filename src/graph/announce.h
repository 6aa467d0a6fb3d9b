/* graph/announce.h - how a process is to be frozen, told to who asked before it stands still. */
#ifndef HF_GRAPH_ANNOUNCE_H
#define HF_GRAPH_ANNOUNCE_H

#include "cpython/heap.h"
#include "graph/snapshot.h"

/* What hf_freeze() is to be told: what `options` say, the words of rest that the probe has found,
 * and progress as options->progress wants it. Calls options->announce with the plan, and fails as
 * hf_freeze_plan_for() does. *ret lasts as long as `probe` and `options`. */
hf_err *hf_announce_freeze(hf_target *live, const hf_python_probe *probe,
                           const hf_snapshot_options *options, hf_freeze_options *ret);

#endif
