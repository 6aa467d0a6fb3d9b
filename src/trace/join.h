/* trace/join.h - two runs as one capture, to be compared. */
#ifndef HF_TRACE_JOIN_H
#define HF_TRACE_JOIN_H

#include "trace/capture.h"

/* The nodes of the older come first, as they are; those of the newer follow, equal codes with equal
 * numbers. Neither timelines nor facts of a run are in it. The caller owns *ret. */
hf_err *hf_capture_join(const hf_capture *older, const hf_capture *newer, hf_capture **ret);

#endif
