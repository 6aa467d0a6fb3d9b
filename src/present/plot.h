/* present/plot.h - memory of a traced run over time: in a terminal, as JSON, as a page. */
#ifndef HF_PRESENT_PLOT_H
#define HF_PRESENT_PLOT_H

#include "present/json.h"
#include "present/text.h"
#include "trace/capture.h"

typedef struct hf_plot {
    const hf_capture *capture;
    const char *title;
    uint32_t process;   /* in capture.processes; UINT32_MAX: all together */
    uint64_t *live;     /* at the end of each interval */
    uint64_t *resident; /* likewise; NULL where the capture does not say */
} hf_plot;

/* Fails with HF_ERR_USAGE where the capture has no timeline. The caller releases *ret with
 * hf_plot_deinit(). */
hf_err *hf_plot_make(const hf_capture *c, const char *title, uint32_t process, hf_plot *ret);
void hf_plot_deinit(hf_plot *p);

void hf_plot_show_text(hf_text *t, const hf_plot *p);
void hf_plot_show_json(hf_json *j, const hf_plot *p);
hf_err *hf_plot_write(const hf_plot *p, FILE *out);

#endif
