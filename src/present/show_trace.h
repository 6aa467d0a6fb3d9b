/* present/show_trace.h - captures as people and programs read them, as in present/show.h. */
#ifndef HF_PRESENT_SHOW_TRACE_H
#define HF_PRESENT_SHOW_TRACE_H

#include "present/json.h"
#include "present/text.h"
#include "trace/sites.h"

typedef struct hf_sites_view {
    const hf_capture *capture;
    const hf_sites *sites;
    hf_measure measure;
    uint64_t top;
} hf_sites_view;

void hf_show_sites_text(hf_text *t, const hf_sites_view *view);
void hf_show_sites_json(hf_json *j, const hf_sites_view *view);

/* The whole run: what it held, which processes there were, what went wrong, the largest lines. */
void hf_show_summary_text(hf_text *t, const char *path, const hf_sites_view *view);
void hf_show_summary_json(hf_json *j, const hf_sites_view *view);

/* "app.py:12 (load)", not escaped. */
void hf_show_site(hf_buf *out, const hf_capture *c, const hf_site *site);

#endif
