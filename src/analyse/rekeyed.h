/* analyse/rekeyed.h - objects that stand at the address of another one of their type, told by the
 * key that a dict has them by.
 *
 * A cache that lets go of an instance and makes the next one often gets the same block of memory
 * for it. The type alone does not tell the two apart; that it is under another key, and has nothing
 * of what the one before had for itself, does. What is only moved from one key to another keeps
 * its parts. */
#ifndef HF_ANALYSE_REKEYED_H
#define HF_ANALYSE_REKEYED_H

#include "graph/graph.h"

/* Which entry of which dict an object is the value of; both HF_NO_OBJECT where it is of none or of
 * several. */
typedef struct hf_entry_of {
    uint32_t dict, key;
} hf_entry_of;

/* One an object; the caller frees it (hf_large_free()). NULL without memory. */
hf_entry_of *hf_entries_of(const hf_graph *g);

/* Takes out of was[], which has for each object of `now` its number in `then`, what is another
 * object; back[], unless it is NULL, is the other way round. now_at: the entries of `now`. */
hf_err *hf_forget_rekeyed(hf_graph *then, hf_graph *now, const hf_entry_of *now_at, uint32_t *was,
                          uint32_t *back);

#endif
