/* present/cli/cmd_plot.c - memory of a traced run over time. */
#include "base/cleanup.h"
#include "present/cli/traced.h"
#include "present/plot.h"

#include <string.h>

static hf_err *find_process(const hf_capture *c, int64_t pid, uint32_t *ret)
{
    *ret = UINT32_MAX;
    for (uint32_t i = 0; pid && i < c->process_count; i++)
        if (c->processes[i].pid == pid)
            *ret = i; /* the last program that it became */
    if (pid && *ret == UINT32_MAX)
        return hf_fail(HF_ERR_USAGE, "the run had no process %lld", (long long)pid);
    return NULL;
}

static hf_err *write_page(hf_session *s, const hf_plot *plot, const char *path)
{
    hf_output output HF_AUTO(hf_output_deinit) = {0};
    hf_err *err = hf_output_open(path, &output);
    if (!err)
        err = hf_plot_write(plot, output.stream);
    if (!err)
        err = hf_output_finish(&output);
    if (!err && s->text && strcmp(path, "-") != 0) {
        hf_text_untrusted(s->text, path);
        hf_text_print(s->text, ": %zu moments\n", plot->capture->interval_count);
    }
    return err;
}

hf_err *hf_cmd_plot(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    HF_AUTO(hf_capture_freep) hf_capture *c = NULL;
    hf_plot plot HF_AUTO(hf_plot_deinit) = {0};
    uint32_t process = UINT32_MAX;
    if (a->output && strcmp(a->output, "-") == 0 && s->json && !s->text)
        return hf_fail(HF_ERR_USAGE, "plot: one of --output and --json may be '-'");
    int64_t pid = 0;
    hf_err *err = hf_traced_open(s, a->operands[0], &c, &pid);
    if (!err)
        err = find_process(c, pid, &process);
    if (!err)
        err = hf_plot_make(c, a->operands[0], process, &plot);
    if (!err && a->output)
        err = write_page(s, &plot, a->output);
    if (err)
        return err;
    if (s->text && !a->output)
        hf_plot_show_text(s->text, &plot);
    if (s->json)
        hf_plot_show_json(s->json, &plot);
    return NULL;
}
