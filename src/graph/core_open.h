/* graph/core_open.h - a core file and its binaries, opened by somebody who parses none of them. */
#ifndef HF_GRAPH_CORE_OPEN_H
#define HF_GRAPH_CORE_OPEN_H

#include "acquire/core.h"

enum { HF_NOBODY = 65534 }; /* whom root becomes for bytes that belong to no process */

/* Opens a core file, packed or not: one child in the sandbox unpacks it into a file without a name,
 * another says which binaries it needs. The caller calls hf_core_input_deinit() on *ret, also after
 * a failure, and passes it empty. */
hf_err *hf_core_open(const char *path, const hf_core_places *places, hf_core_input *ret);

#endif
