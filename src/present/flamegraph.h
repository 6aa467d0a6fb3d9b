/* present/flamegraph.h - a traced run as an interactive flame graph: one HTML file
 * (present/page.h). */
#ifndef HF_PRESENT_FLAMEGRAPH_H
#define HF_PRESENT_FLAMEGRAPH_H

#include "trace/profile.h"

#include <stdio.h>

typedef struct hf_flamegraph {
    const hf_capture *capture;
    const char *title;
    hf_selection selection; /* its measure is shown first; its process and patterns narrow all */
    hf_profile_options frames;
    size_t most; /* places of each of the two trees; the rest counts as one at its caller */

    /* Of two runs in one capture (trace/join.h): what each node has of the older and of the newer.
     * NULL: one run. */
    const hf_count *before, *now;
} hf_flamegraph;

typedef struct hf_flamegraph_told {
    size_t places, left_out;
    double threshold; /* share of any measure that the largest has which was left out */
} hf_flamegraph_told;

hf_err *hf_flamegraph_write(const hf_flamegraph *f, FILE *out, hf_flamegraph_told *ret);

#endif
