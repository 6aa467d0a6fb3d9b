/* analyse/error_cycles.h - cycles through exceptions: an exception has its traceback, that has the
 * frames, and a variable of such a frame leads to the exception. No weak reference mends that: the
 * variable has to let go, or the exception its traceback. */
#ifndef HF_ANALYSE_ERROR_CYCLES_H
#define HF_ANALYSE_ERROR_CYCLES_H

#include "graph/graph.h"

/* Appends what is to be done where a variable of a frame in the traceback of this exception leads
 * to the exception within few steps. False, with nothing appended, elsewhere. */
bool hf_error_cycle_say_fix(hf_graph *g, uint32_t error, hf_buf *out);

/* The same where it is so of most exceptions among objects: for each way in which it is so of a
 * notable part of them, one after the other. */
bool hf_error_cycles_say_fix(hf_graph *g, const uint32_t *objects, size_t count, hf_buf *out);

#endif
