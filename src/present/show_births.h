/* present/show_births.h - what was born since a time, and how the objects of some types became
 * more: as present/show.h. */
#ifndef HF_PRESENT_SHOW_BIRTHS_H
#define HF_PRESENT_SHOW_BIRTHS_H

#include "analyse/births.h"
#include "analyse/tracking.h"
#include "present/json.h"
#include "present/text.h"

/* objects --born-since: the head of that report, above the objects themselves. */
struct hf_born_view {
    const hf_graph *graph;
    const hf_born *born;
    double seconds; /* before the snapshot */
    uint64_t top;   /* rows */
};
typedef struct hf_born_view hf_born_view;

void hf_show_born_text(hf_text *t, const hf_born_view *view);
void hf_show_born_json(hf_json *j, const hf_born_view *view); /* members of an open object */

/* types over several snapshots. */
typedef struct hf_tracking_view {
    const hf_tracking *tracking; /* sorted */
    bool by_module;
    uint64_t top;
    const char *note; /* what went otherwise than asked, or NULL */
    /* the last snapshot, and what of it was not there at the first; NULL where */
    const hf_graph *last;
    const hf_birth_rows *born; /* lines are not known */
} hf_tracking_view;

void hf_show_tracking_text(hf_text *t, const hf_tracking_view *view);
void hf_show_tracking_json(hf_json *j, const hf_tracking_view *view);

/* A table of rows by type and line, and the same as an array of an open object. */
void hf_show_birth_rows_text(hf_text *t, const hf_graph *g, const hf_birth_rows *rows, uint64_t top,
                             size_t indent);
void hf_show_birth_rows_json(hf_json *j, const hf_graph *g, const hf_birth_rows *rows,
                             uint64_t top);

#endif
