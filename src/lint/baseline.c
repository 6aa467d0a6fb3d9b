/* lint/baseline.c - see lint/baseline.h. */
#include "lint/baseline.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "lint/text.h"

#include <string.h>

/* The line of a finding, without the newline. Tabs and blanks of its source are made one blank. */
static void make_line(const hf_lint_report *report, const hf_finding *f, hf_buf *out)
{
    hf_buf_clear(out);
    hf_buf_format(out, "%s\t%s\t%s\t", f->rule->code, report->files.items[f->file].shown,
                  f->function);
    bool blank = true; /* none in front */
    for (const char *p = f->source; *p; p++) {
        bool now = strchr(" \t\r\n", *p) != NULL;
        if (!now || !blank)
            hf_buf_char(out, now ? ' ' : *p);
        blank = now;
    }
    while (out->length && out->data[out->length - 1] == ' ')
        out->length--;
}

/* Lines of the file, each with how often it is there. */
typedef struct known {
    hf_strtab lines;
    uint32_t *counts;
    uint32_t capacity;
} known;

static void free_known(known *k)
{
    hf_strtab_deinit(&k->lines);
    free(k->counts);
}

static bool add_line(known *k, const char *line, size_t length)
{
    uint32_t before = k->lines.count;
    uint32_t number = hf_strtab_add(&k->lines, line, length);
    if (number == HF_STR_NONE || !hf_array_room(&k->counts, number, &k->capacity))
        return false;
    k->counts[number] = number == before ? 1 : k->counts[number] + 1;
    return true;
}

static hf_err *read_known(const char *path, known *k)
{
    hf_buf text HF_AUTO(hf_buf_deinit);
    hf_buf_init(&text, HF_TEXT_LARGEST);
    const char *skipped = NULL;
    hf_err *err = hf_text_read(path, &text, &skipped);
    if (err)
        return err;
    if (skipped)
        return hf_fail(HF_ERR_USAGE, "baseline '%s': %s", path, skipped);
    if (!hf_strtab_init(&k->lines) || !hf_array_room(&k->counts, 0, &k->capacity))
        return hf_fail_memory();
    k->counts[0] = 0;
    const char *p = (const char *)text.data, *end = p + text.length;
    while (p < end) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        size_t length = (size_t)((stop ? stop : end) - p);
        if (length && *p != '#' && !add_line(k, p, length))
            return hf_fail_memory();
        p += length + 1;
    }
    return NULL;
}

hf_err *hf_baseline_apply(const char *path, hf_lint_report *report, uint32_t *ret_known)
{
    known k HF_AUTO(free_known) = {0};
    hf_err *err = read_known(path, &k);
    if (err)
        return err;
    hf_buf line HF_AUTO(hf_buf_deinit);
    hf_buf_init(&line, 1 << 20);
    uint32_t kept = 0, count = 0;
    hf_findings *all = &report->findings;
    for (uint32_t i = 0; i < all->count; i++) {
        make_line(report, &all->items[i], &line);
        uint32_t number = line.failed
                              ? HF_STR_NONE
                              : hf_strtab_find(&k.lines, (const char *)line.data, line.length);
        bool is_known = number != HF_STR_NONE && k.counts[number] > 0;
        if (is_known) {
            k.counts[number]--;
            count++;
            hf_finding_deinit(&all->items[i]);
        } else {
            all->items[kept++] = all->items[i];
        }
    }
    all->count = kept;
    *ret_known = count;
    return NULL;
}

void hf_baseline_write(const hf_lint_report *report, FILE *out)
{
    hf_buf line HF_AUTO(hf_buf_deinit);
    hf_buf_init(&line, 1 << 20);
    fputs("# Findings of 'holdfast lint' that are known: code, path, function, source line.\n",
          out);
    for (uint32_t i = 0; i < report->findings.count; i++) {
        make_line(report, &report->findings.items[i], &line);
        fprintf(out, "%s\n", hf_buf_string(&line));
    }
}
