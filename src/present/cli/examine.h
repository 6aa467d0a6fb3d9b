/* present/cli/examine.h - what the snapshots of one process say, by all that can be known of it:
 * the same for a process that is diagnosed alone and for each of a tree. */
#ifndef HF_PRESENT_CLI_EXAMINE_H
#define HF_PRESENT_CLI_EXAMINE_H

#include "analyse/diagnose.h"
#include "analyse/unsharing.h"
#include "present/cli/watch.h"

typedef struct hf_examination {
    hf_diagnosis *diagnosis;
    char **findings; /* of each suspect: what the linter says of its source, or NULL */
    hf_unsharing_growth unsharing;
} hf_examination;

/* pid: the process, which may run on; 0: it is elsewhere, and only the snapshots are looked at. The
 * caller calls hf_examination_deinit(). */
hf_err *hf_examine(const hf_watch *w, pid_t pid, hf_examination *ret);
void hf_examination_deinit(hf_examination *e);

/* Whether looking longer would tell more: of the graphs of one process so far, oldest first. */
typedef enum hf_certainty {
    HF_CERTAINTY_NONE,
    HF_CERTAINTY_CULPRIT, /* two looks in a row name the same culprit, and are sure of it */
    HF_CERTAINTY_HEALTHY, /* neither of two looks sees anything grow */
} hf_certainty;

/* What the graphs so far have said, while more may be taken. */
typedef struct hf_interim_verdict {
    size_t count; /* of the graphs; 0: nobody has asked */
    hf_verdict verdict;
    uint64_t proved; /* address of the worst suspect, where it counts as proved; else 0 */
} hf_interim_verdict;

/* culprits_only: whether it is healthy does not matter, and is not found out. *last: what this said
 * the last time of the graphs without the newest, or zeros; becomes what it says now. What was
 * computed of all but the oldest graph is given back, unless the look has ended. */
hf_certainty hf_certainty_of(hf_graph *const *graphs, size_t count, bool culprits_only,
                             hf_interim_verdict *last);

#endif
