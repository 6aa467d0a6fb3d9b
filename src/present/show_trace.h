/* present/show_trace.h - captures as people and programs read them, as in present/show.h. */
#ifndef HF_PRESENT_SHOW_TRACE_H
#define HF_PRESENT_SHOW_TRACE_H

#include "present/json.h"
#include "present/text.h"
#include "trace/profile.h"
#include "trace/sites.h"
#include "trace/stats.h"

typedef struct hf_sites_view {
    const hf_capture *capture;
    const hf_sites *sites;
    hf_selection selection;
    hf_sites_options options; /* as the sites were computed with */
    uint64_t top;
    uint64_t sample_now,
        sample_before; /* of two runs compared: mean bytes of their samples; 0: every block */
} hf_sites_view;

void hf_show_sites_text(hf_text *t, const hf_sites_view *view);
void hf_show_sites_json(hf_json *j, const hf_sites_view *view);

/* The members of that object, for one that has others. */
void hf_show_sites_members(hf_json *j, const hf_sites_view *view);

/* Two runs compared: sites of a joined capture, `chosen` of the newer and `before` of the older. */
void hf_show_changes_text(hf_text *t, const hf_sites_view *view);
void hf_show_changes_json(hf_json *j, const hf_sites_view *view);

/* A line where a process did not end by itself, or has not ended: what it had not freed then
 * is no leak for that. */
void hf_show_endings(hf_text *t, const hf_capture *c);

/* The whole run: what it held, which processes there were, what went wrong, the largest lines. */
void hf_show_summary_text(hf_text *t, const char *path, const hf_sites_view *view);
void hf_show_summary_json(hf_json *j, const hf_sites_view *view);

/* A tree of calls with what was allocated in each; `choice` says which nodes are shown. */
typedef struct hf_calls_view {
    const hf_capture *capture;
    const hf_profile *profile;
    const hf_profile_sums *sums;
    const hf_profile_choice *choice;
    hf_selection selection;
    bool inverted;
} hf_calls_view;

void hf_show_calls_text(hf_text *t, const hf_calls_view *view);
void hf_show_calls_json(hf_json *j, const hf_calls_view *view);

typedef enum hf_stats_rank {
    HF_STATS_BYTES,  /* lines by bytes */
    HF_STATS_BLOCKS, /* lines by blocks */
    HF_STATS_FILES,
    HF_STATS_RANKS
} hf_stats_rank;

typedef struct hf_stats_view {
    const hf_capture *capture;
    const hf_stats *stats;
    const hf_sites *ranks[HF_STATS_RANKS]; /* of all that was ever allocated */
    uint64_t top;
} hf_stats_view;

void hf_show_stats_text(hf_text *t, const char *path, const hf_stats_view *view);
void hf_show_stats_json(hf_json *j, const hf_stats_view *view);

/* "app.py:12 (load)", libraries' files from their package on, not escaped; of a whole function
 * "load (app.py)", of a file "app.py". A stack of it has native calls if its node is one. */
void hf_show_site(hf_buf *out, const hf_capture *c, const hf_site *site,
                  const hf_sites_options *options);

/* The native function that asked, likewise; "-" where there is none. */
void hf_show_asker(hf_buf *out, const hf_capture *c, const hf_site *site, hf_by by);
/* One call of a stack; `whole`: with the path of a library's file, too. */
void hf_show_frame(hf_buf *out, const hf_capture *c, const hf_frame *frame, bool whole);

/* "peak": what JSON calls a measure; "AT THE PEAK": a title. */
const char *hf_measure_word(hf_measure measure);
const char *hf_measure_title(hf_measure measure);
const char *hf_measure_phrase(hf_measure measure); /* "held at the peak" */

/* Bytes and blocks, and of a sampled run by how much the bytes may be wrong. */
void hf_json_count(hf_json *j, const hf_capture *c, const char *key, hf_count n);
void hf_json_counts(hf_json *j, const hf_capture *c, const char *key, const hf_counts *counts);

/* The member file of a place in code. */
void hf_json_file(hf_json *j, const hf_capture *c, uint32_t code);

/* The members file, line and function of a place in code; line 0: the whole function,
 * or code without lines. */
void hf_json_place(hf_json *j, const hf_capture *c, uint32_t code, uint32_t line);

/* Likewise of native code, with the binary and the name that the linker has where that
 * is another one. */
void hf_json_native(hf_json *j, const hf_capture *c, uint32_t code, uint32_t line);

#endif
