/* acquire/demand.h - memory of a copy that is read when somebody looks at it.
 *
 * Much of a large heap are buffers, of which a walk reads no more than the first words. So the
 * anonymous memory of a copy-on-write copy does not go to the spool file at once: in its place is
 * memory without rights, a look at it is a fault, and the handler of the fault reads what is
 * missing from the copy.
 *
 * Who looks is a child that decodes, with one thread, and only there is the handler:
 * hf_demand_begin(). In the process that has frozen, memory that was not copied reads as zeros.
 * System calls that are handed such memory fail (EFAULT) instead of loading it. The copy must live
 * until the last look: that it did is for its holder to say, hf_target_demand_error(). What is read
 * is memory of the child, where the spool file is one of the disk: only for who has room for it. */
#ifndef HF_ACQUIRE_DEMAND_H
#define HF_ACQUIRE_DEMAND_H

#include "acquire/process.h"
#include "acquire/residence.h"
#include "acquire/selection.h"

#include <stdatomic.h>

typedef struct hf_demand {
    hf_residence pages; /* of the spool file: the copy has them, and they were not copied */
    hf_range *ranges;   /* of the selection: those whose pages are read on demand */
    size_t range_count;
    int memory;     /* the copy's /proc/PID/mem; ours */
    uint8_t *bytes; /* where the spool file is mapped; not ours */
    /* shared with the child: it has ended since the copy was gone, or had no memory for it */
    atomic_bool *has_failed;
} hf_demand;

/* Of what is to be read as far as resident (HF_PAGES_RESIDENT); `pages` and `bytes` are
 * still empty. Fails without memory, and where the copy has no file to be read by. The
 * caller frees *ret. */
hf_err *hf_demand_new(const hf_process *copy, const hf_selection *selection, hf_demand **ret);
void hf_demand_free(hf_demand *d); /* NULL is fine */

/* Whether a page that is to be read on demand holds zeros only; also where it cannot be read. */
bool hf_demand_is_zero(const hf_demand *d, uint64_t page);

/* In the child that looks, once: from now on a look loads. Where that cannot be, the child ends
 * (_exit()), and `has_failed` is set, as it is where this fails. The file `memory` must have
 * been left open. */
hf_err *hf_demand_begin(hf_demand *d);

#endif
