/* analyse/tracking.h - how many objects of which type there are, and how many bytes they take,
 * over several snapshots. */
#ifndef HF_ANALYSE_TRACKING_H
#define HF_ANALYSE_TRACKING_H

#include "analyse/histogram.h"

typedef struct hf_track_count {
    uint64_t objects, bytes; /* bytes: block + external */
} hf_track_count;

typedef struct hf_track_row {
    uint32_t title;        /* in hf_tracking.titles: the type's, or the module's name */
    hf_track_count *looks; /* one a snapshot */
} hf_track_row;

typedef struct hf_tracking {
    uint64_t *taken_at; /* ns since 1970, ascending */
    size_t look_count;
    hf_track_row *rows;
    size_t row_count;
    hf_track_row total; /* of all objects that were accepted */
    hf_strtab titles;
} hf_tracking;

/* False without memory. */
bool hf_tracking_init(hf_tracking *t);
void hf_tracking_deinit(hf_tracking *t);

/* Adds what a snapshot holds of what the filter (NULL: all) accepts. It must have been taken
 * after those before. */
hf_err *hf_tracking_add(hf_tracking *t, const hf_graph *g, const hf_filter *filter, bool by_module);

/* When all snapshots are added: puts first what has become more by most bytes from the first look
 * to the last; of equals the larger ones. */
void hf_tracking_sort(hf_tracking *t);

/* From the first look to the last. */
int64_t hf_track_change(const hf_tracking *t, const hf_track_row *row, bool bytes);

#endif
