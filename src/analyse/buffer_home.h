/* analyse/buffer_home.h - the collection that has a buffer as an entry although it does not
 * dominate it: a csv.writer or an open file beside it has the buffer as well. */
#ifndef HF_ANALYSE_BUFFER_HOME_H
#define HF_ANALYSE_BUFFER_HOME_H

#include "analyse/timeline.h"
#include "base/map.h"

typedef struct hf_buffer_homes {
    const hf_timeline *timeline;
    const uint8_t *kinds; /* hf_buffer_kind by type */
    hf_map seen;          /* collections that were gone through */
    hf_map home;          /* buffer -> the first of these that has it */
} hf_buffer_homes;

/* The graph needs its reverse edges. */
void hf_buffer_homes_init(hf_buffer_homes *h, const hf_timeline *t, const uint8_t *kinds);
void hf_buffer_homes_deinit(hf_buffer_homes *h);

/* Of an object of the last graph; HF_NO_OBJECT where it is no buffer, or no old collection has it.
 * False without memory. */
bool hf_buffer_home(hf_buffer_homes *h, uint32_t object, uint32_t *ret);

#endif
