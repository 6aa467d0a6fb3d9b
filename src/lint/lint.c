/* lint/lint.c - see lint/lint.h. */
#include "lint/lint.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "lint/facts.h"
#include "lint/noqa.h"
#include "lint/notebook.h"
#include "lint/text.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { THREADS_MAX = 64 };

/* A file whose parse takes longer is not worth waiting for: tree-sitter's error recovery can be
 * slow on text that is no Python. */
#define PARSE_SECONDS 20.0

typedef struct pool {
    const hf_lint_options *options;
    const bool *enabled;
    hf_lint_report *report;
    atomic_uint next;     /* file to take */
    pthread_mutex_t lock; /* of the report's notes */
} pool;

typedef struct worker {
    pool *pool;
    pthread_t thread;
    hf_findings findings;
    hf_strtab facts;
    hf_notebook notebook; /* of the file in work */
    uint64_t lines, bytes;
    hf_err *err;
} worker;

static hf_err *note(worker *w, const char *path, uint32_t line, const char *text)
{
    pthread_mutex_lock(&w->pool->lock);
    hf_err *err = hf_lint_files_note(&w->pool->report->files, path, line, text);
    pthread_mutex_unlock(&w->pool->lock);
    return err;
}

static hf_err *note_damage(worker *w, const hf_module *m)
{
    char text[120];
    uint32_t count = m->syntax.damaged;
    if (count == 1)
        return note(w, m->path, m->syntax.damaged_line, "syntax error: this statement is skipped");
    snprintf(text, sizeof(text), "syntax error here and in %u more places: skipped", count - 1);
    return note(w, m->path, m->syntax.damaged_line, text);
}

static void place_in_cell(const hf_notebook *notebook, hf_finding *f)
{
    uint32_t cell;
    hf_notebook_place(notebook, f->end_line, &cell, &f->end_line);
    hf_notebook_place(notebook, f->line, &f->cell, &f->line);
}

static hf_err *check_text(worker *w, hf_syntax_parser *parser, hf_module *m, uint32_t file,
                          const hf_buf *text)
{
    hf_err *err =
        hf_syntax_parse(parser, (const char *)text->data, text->length, PARSE_SECONDS, &m->syntax);
    if (!err)
        err = hf_module_build(m);
    if (err)
        return err;
    bool ends_open = text->length && text->data[text->length - 1] != '\n';
    w->lines += m->syntax.line_count - !ends_open;
    uint32_t first = w->findings.count;
    hf_check_module(m, w->pool->enabled, &w->findings);
    hf_noqa_apply(&m->syntax, &w->findings, first);
    for (uint32_t i = first; i < w->findings.count; i++) {
        w->findings.items[i].file = file;
        if (w->pool->report->files.items[file].is_notebook)
            place_in_cell(&w->notebook, &w->findings.items[i]);
    }
    if (w->findings.failed || !hf_facts_collect(m, &w->facts))
        return hf_fail_memory();
    return m->syntax.damaged ? note_damage(w, m) : NULL;
}

/* What is wrong with one file is a note; only a lack of memory ends the run. */
static hf_err *tell(worker *w, const char *path, hf_err *err)
{
    if (!err || hf_err_code_of(err) == HF_ERR_NO_MEMORY)
        return err;
    hf_err *failed = note(w, path, 0, hf_err_message(err));
    hf_err_free(err);
    return failed;
}

static hf_err *read_text(const hf_lint_file *file, hf_buf *text, const char **ret_skipped)
{
    if (file->is_input)
        return hf_text_read_input(text, ret_skipped);
    return file->fd ? hf_text_read_open(file->fd, file->shown, text, ret_skipped)
                    : hf_text_read(file->shown, text, ret_skipped);
}

static hf_err *check_file(worker *w, hf_syntax_parser *parser, hf_module *m, uint32_t number,
                          hf_buf *text)
{
    const hf_lint_file *file = &w->pool->report->files.items[number];
    const char *skipped = NULL;
    hf_err *err = read_text(file, text, &skipped);
    if (err)
        return tell(w, file->shown, err);
    if (!skipped && file->is_notebook)
        skipped = hf_notebook_extract(text, &w->notebook);
    if (skipped)
        return note(w, file->shown, 0, skipped);
    w->bytes += text->length;
    if (w->pool->options->parse_only) {
        hf_syntax_parse_only(parser, (const char *)text->data, text->length);
        return NULL;
    }
    m->path = file->shown;
    m->name = file->module;
    m->is_package = file->is_package;
    return tell(w, file->shown, check_text(w, parser, m, number, text));
}

static void *work(void *argument)
{
    worker *w = argument;
    HF_AUTO(hf_syntax_parser_freep) hf_syntax_parser *parser = NULL;
    hf_module m HF_AUTO(hf_module_deinit);
    hf_buf text HF_AUTO(hf_buf_deinit);
    hf_buf_init(&text, HF_TEXT_LARGEST);
    if (!hf_module_init(&m))
        w->err = hf_fail_memory();
    if (!w->err)
        w->err = hf_syntax_parser_new(&parser);
    while (!w->err) {
        uint32_t number = atomic_fetch_add(&w->pool->next, 1);
        if (number >= w->pool->report->files.count)
            break;
        text.failed = false;
        w->err = check_file(w, parser, &m, number, &text);
    }
    return NULL;
}

/* Whether another file proves a finding wrong. */
static bool is_contradicted(const hf_finding *f, const worker *workers, unsigned count)
{
    for (const char *p = f->unless; p && *p;) {
        size_t length = strcspn(p, "\n");
        for (unsigned i = 0; i < count; i++)
            if (hf_strtab_find(&workers[i].facts, p, length) != HF_STR_NONE)
                return true;
        p += length + (p[length] == '\n');
    }
    return false;
}

static int by_place(const void *a, const void *b)
{
    const hf_finding *x = a, *y = b;
    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return strcmp(x->rule->code, y->rule->code);
}

static hf_err *gather(worker *workers, unsigned count, hf_lint_report *report)
{
    hf_findings *all = &report->findings;
    for (unsigned i = 0; i < count; i++) {
        hf_findings *own = &workers[i].findings;
        report->lines += workers[i].lines;
        report->bytes += workers[i].bytes;
        for (uint32_t k = 0; k < own->count; k++) {
            hf_finding *f = &own->items[k];
            report->silenced += f->silenced;
            if (f->silenced || is_contradicted(f, workers, count))
                continue;
            if (!hf_array_room(&all->items, all->count, &all->capacity))
                return hf_fail_memory();
            all->items[all->count++] = *f;
            *f = (hf_finding){0};
        }
    }
    if (all->count)
        qsort(all->items, all->count, sizeof(*all->items), by_place);
    return NULL;
}

static hf_err *run_workers(pool *p, unsigned count, worker *workers)
{
    hf_err *err = NULL;
    for (unsigned i = 0; i < count; i++) {
        workers[i].pool = p;
        if (!hf_strtab_init(&workers[i].facts))
            err = hf_fail_memory();
    }
    unsigned started = 1;
    while (!err && started < count &&
           pthread_create(&workers[started].thread, NULL, work, &workers[started]) == 0)
        started++;
    if (!err)
        work(&workers[0]);
    for (unsigned i = 1; i < started; i++)
        pthread_join(workers[i].thread, NULL);
    for (unsigned i = 0; i < count; i++) {
        if (!err)
            err = hf_take(workers[i].err);
        hf_err_free(workers[i].err);
    }
    return err ? err : gather(workers, count, p->report);
}

static unsigned thread_count(const hf_lint_options *options, uint32_t files)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned count = options->threads ? options->threads
                     : processors > 0 ? (unsigned)processors
                                      : 1;
    if (count > files)
        count = files ? files : 1;
    return count < THREADS_MAX ? count : THREADS_MAX;
}

void hf_lint_report_free(hf_lint_report *report)
{
    if (!report)
        return;
    hf_lint_files_deinit(&report->files);
    hf_findings_deinit(&report->findings);
    free(report);
}

static hf_err *find_files(char *const *paths, size_t path_count, const hf_lint_options *options,
                          hf_lint_files *files)
{
    if (options->input)
        return hf_lint_files_add_input(files, options->input_name);
    hf_buf patterns HF_AUTO(hf_buf_deinit);
    hf_buf_init(&patterns, 0);
    for (size_t i = 0; i < options->exclude_count; i++)
        hf_buf_format(&patterns, "%s\n", options->exclude[i]);
    hf_ignore *exclude = NULL;
    hf_err *err = options->exclude_count
                      ? hf_ignore_parse(options->exclude_root, hf_buf_string(&patterns),
                                        patterns.length, NULL, &exclude)
                      : NULL;
    for (size_t i = 0; i < path_count && !err; i++)
        err = hf_lint_files_add(files, paths[i], exclude, options->no_ignore);
    hf_ignore_free(exclude);
    return err;
}

static hf_err *check_files(const hf_lint_options *options, hf_lint_report *report)
{
    HF_AUTO(hf_freep) bool *all = malloc(hf_rule_count);
    if (!all)
        return hf_fail_memory();
    memset(all, true, hf_rule_count);
    unsigned count = thread_count(options, report->files.count);
    HF_AUTO(hf_freep) worker *workers = calloc(count, sizeof(*workers));
    if (!workers)
        return hf_fail_memory();
    pool p = {.options = options,
              .enabled = options->enabled ? options->enabled : all,
              .report = report,
              .lock = PTHREAD_MUTEX_INITIALIZER};
    hf_err *err = run_workers(&p, count, workers);
    for (unsigned i = 0; i < count; i++) {
        hf_findings_deinit(&workers[i].findings);
        hf_strtab_deinit(&workers[i].facts);
        hf_notebook_deinit(&workers[i].notebook);
    }
    return err;
}

hf_err *hf_lint_run(char *const *paths, size_t path_count, const hf_lint_options *options,
                    hf_lint_report **ret)
{
    HF_AUTO(hf_lint_report_freep) hf_lint_report *report = calloc(1, sizeof(*report));
    if (!report)
        return hf_fail_memory();
    hf_err *err = find_files(paths, path_count, options, &report->files);
    if (!err)
        err = check_files(options, report);
    if (!err)
        *ret = hf_take(report);
    return err;
}

hf_err *hf_lint_run_open(int fd, const char *shown, hf_lint_report **ret)
{
    HF_AUTO(hf_lint_report_freep) hf_lint_report *report = calloc(1, sizeof(*report));
    if (!report)
        return hf_fail_memory();
    hf_lint_options options = {.threads = 1};
    hf_err *err = hf_lint_files_add_open(&report->files, fd, shown);
    if (!err)
        err = check_files(&options, report);
    if (!err)
        *ret = hf_take(report);
    return err;
}
