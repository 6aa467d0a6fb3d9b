/* present/cli/cmd_flamegraph.c - a traced run as one HTML file. */
#include "base/cleanup.h"
#include "present/cli/traced.h"
#include "present/flamegraph.h"
#include "present/show_trace.h"

#include <string.h>

/* The name of a capture without its ending, with that of a page. */
static hf_err *page_name(const char *capture, const char *ending, char **ret)
{
    const char *slash = strrchr(capture, '/'), *name = slash ? slash + 1 : capture;
    const char *dot = strrchr(name, '.');
    size_t length = dot && strcmp(dot, ".hftrace") == 0 ? (size_t)(dot - name) : strlen(name);
    hf_buf made HF_AUTO(hf_buf_deinit) = {0};
    hf_buf_format(&made, "%.*s%s", (int)length, name, ending);
    char *copy = strdup(hf_buf_string(&made));
    if (!copy || made.failed) {
        free(copy);
        return hf_fail_memory();
    }
    *ret = copy;
    return NULL;
}

/* Tells that a page is written. */
static hf_err *tell(hf_session *s, const char *path, const hf_flamegraph_told *told)
{
    if (s->text && strcmp(path, "-") != 0) {
        hf_text_untrusted(s->text, path);
        hf_text_print(s->text, ": %s places", hf_format_count(told->places - 1).text);
        if (told->left_out)
            hf_text_print(s->text, "; %s with %s of any measure count at their callers",
                          hf_format_count(told->left_out).text,
                          hf_format_at_most(told->threshold).text);
        hf_text_print(s->text, "\n");
    }
    if (s->json) {
        hf_json_object(s->json, NULL);
        hf_json_text(s->json, "path", path);
        hf_json_uint(s->json, "places", told->places - 1);
        hf_json_uint(s->json, "left_out", told->left_out);
        hf_json_real(s->json, "threshold", told->threshold);
        hf_json_end(s->json);
    }
    return NULL;
}

hf_err *hf_cmd_flamegraph(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    if (a->from > 0 || a->to > 0)
        return hf_fail(HF_ERR_USAGE, "flamegraph: a time range is chosen in the page");
    hf_traced t HF_AUTO(hf_traced_deinit) = {0};
    HF_AUTO(hf_freep) char *made = NULL;
    hf_output output HF_AUTO(hf_output_deinit) = {0};
    hf_err *err = hf_traced_load(s, a->operands[0], &t);
    if (!err && !a->output)
        err = page_name(a->operands[0], ".flamegraph.html", &made);
    const char *path = a->output ? a->output : made;
    if (!err && strcmp(path, "-") == 0 && s->json && !s->text)
        err = hf_fail(HF_ERR_USAGE, "flamegraph: one of --output and --json may be '-'");
    if (!err)
        err = hf_output_open(path, &output);
    if (err)
        return err;
    const hf_flamegraph f = {.capture = t.capture,
                             .title = a->operands[0],
                             .selection = t.selection,
                             .frames = hf_traced_frames(a),
                             .most = a->top ? a->top : 10000};
    hf_flamegraph_told told;
    err = hf_flamegraph_write(&f, output.stream, &told);
    if (!err)
        err = hf_output_finish(&output);
    return err ? err : tell(s, path, &told);
}
