/* analyse/private_objects.h - which objects only one thread reaches. */
#ifndef HF_ANALYSE_PRIVATE_OBJECTS_H
#define HF_ANALYSE_PRIVATE_OBJECTS_H

#include "analyse/dominators.h"

#define HF_OWNER_NOBODY UINT32_MAX       /* no thread reaches it */
#define HF_OWNER_SHARED (UINT32_MAX - 1) /* a second thread does, or another root, or C */

/* For each object the number of the thread that alone reaches it, from its frames or its state, or
 * one of the above. Each object is passed twice at most. The graph needs its reverse edges, which
 * hf_dominators_compute() makes. The caller frees *ret_owner; false without memory. */
bool hf_private_objects(const hf_graph *g, const hf_dominators *d, uint32_t **ret_owner);

#endif
