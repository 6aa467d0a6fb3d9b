/* present/cli/cmd_export.c - a heap as CSV: objects.csv and refs.csv. */
#include "base/cleanup.h"
#include "present/cli/progress.h"
#include "present/cli/running.h"
#include "present/cli/scratch.h"
#include "present/cli/session.h"
#include "present/cli/source.h"
#include "present/cli/traced.h"
#include "present/csv.h"
#include "present/name.h"
#include "present/show.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static void csv_text(hf_csv *csv, const char *text)
{
    hf_csv_text(csv, text, strlen(text));
}

static void write_line(hf_csv *csv, const hf_graph *g, uint32_t object)
{
    uint32_t site = g->site[object];
    hf_buf place HF_AUTO(hf_buf_deinit) = {0};
    if (site && g->sites[site - 1].frame_count) {
        const hf_site_frame *frame = hf_graph_frames(g, site);
        hf_line_text(g, frame->file, frame->line, true, &place);
    }
    hf_csv_text(csv, hf_buf_string(&place), place.length);
}

static void write_objects(hf_graph *g, FILE *out)
{
    static const char *const titles[] = {"address",  "type",     "size",  "block",
                                         "external", "refcount", "flags", "value"};
    hf_csv csv;
    hf_csv_init(&csv, out);
    bool lines = hf_lines_known(g);
    for (size_t i = 0; i < 8; i++)
        csv_text(&csv, titles[i]);
    if (lines)
        csv_text(&csv, "allocated_at");
    hf_csv_end(&csv);
    hf_buf flags HF_AUTO(hf_buf_deinit) = {0};
    for (uint32_t i = 0; i < g->object_count; i++) {
        size_t length = 0;
        const char *value = g->info.has_values ? hf_graph_value(g, i, &length) : NULL;
        hf_buf_clear(&flags);
        hf_name_flags(g->flags[i], &flags);
        hf_csv_address(&csv, g->address[i]);
        csv_text(&csv, hf_graph_type_name(g, i));
        hf_csv_uint(&csv, hf_graph_size(g, i));
        hf_csv_uint(&csv, hf_graph_block(g, i));
        hf_csv_uint(&csv, hf_graph_external(g, i));
        hf_csv_int(&csv, hf_graph_refcount(g, i));
        csv_text(&csv, hf_buf_string(&flags));
        hf_csv_text(&csv, value ? value : "", value ? length : 0);
        if (lines)
            write_line(&csv, g, i);
        hf_csv_end(&csv);
        hf_progress_update(i, g->object_count);
    }
}

static void write_references(hf_graph *g, FILE *out)
{
    hf_csv csv;
    hf_csv_init(&csv, out);
    csv_text(&csv, "source");
    csv_text(&csv, "target");
    csv_text(&csv, "label");
    csv_text(&csv, "kind");
    hf_csv_end(&csv);
    hf_buf label HF_AUTO(hf_buf_deinit) = {0};
    for (uint32_t i = 0; i < g->object_count; i++) {
        for (uint64_t e = g->edge_start[i]; e < g->edge_start[i + 1]; e++) {
            hf_buf_clear(&label);
            hf_name_label(g, e, &label);
            hf_csv_address(&csv, g->address[i]);
            hf_csv_address(&csv, g->address[g->edge_target[e]]);
            hf_csv_text(&csv, hf_buf_string(&label), label.length);
            csv_text(&csv, hf_name_edge_kind(g, e));
            hf_csv_end(&csv);
        }
        hf_progress_update(i, g->object_count);
    }
}

static hf_err *write_file(hf_graph *g, const char *path, void (*write_it)(hf_graph *g, FILE *out))
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!out)
        return hf_fail_sys(errno, "cannot write '%s'", path);
    write_it(g, out);
    bool failed = fflush(out) || ferror(out);
    int errnum = errno;
    if (fclose(out) || failed)
        return hf_fail_sys(errnum ? errnum : EIO, "cannot write '%s'", path);
    return NULL;
}

/* Both files are written in a private folder inside the goal, then renamed: all or nothing. */
static hf_err *write_both(hf_graph *g, const char *folder, const char *const paths[2])
{
    static const char *const names[] = {"objects.csv", "refs.csv"};
    void (*const writers[])(hf_graph *, FILE *) = {write_objects, write_references};
    const char *scratch;
    hf_err *err = hf_scratch_folder(folder, &scratch);
    if (err)
        return err;
    char *temporary[2] = {hf_path_join(scratch, names[0]), hf_path_join(scratch, names[1])};
    for (size_t i = 0; i < 2 && !err; i++) {
        hf_progress_begin(i ? "writing references" : "writing objects");
        err = temporary[i] ? write_file(g, temporary[i], writers[i]) : hf_fail_memory();
    }
    hf_progress_clear();
    for (size_t i = 0; i < 2 && !err; i++)
        if (rename(temporary[i], paths[i]))
            err = hf_fail_sys(errno, "cannot write '%s'", paths[i]);
    free(temporary[0]);
    free(temporary[1]);
    hf_scratch_remove_folder(scratch);
    return err;
}

/* A folder that was made for it goes again where it fails. */
static hf_err *write_into(hf_graph *g, const char *folder, const char *const paths[2])
{
    bool made = mkdir(folder, 0700) == 0;
    if (!made && errno != EEXIST)
        return hf_fail_sys(errno, "cannot make folder '%s'", folder);
    hf_err *err = write_both(g, folder, paths);
    if (err && made)
        rmdir(folder);
    return err;
}

static hf_err *export_heap(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    HF_AUTO(hf_graph_freep) hf_graph *graph = NULL;
    hf_err *err = hf_source_load(s, a->operands[0], &graph);
    if (err)
        return err;
    HF_AUTO(hf_freep) char *objects = hf_path_join(a->output, "objects.csv");
    HF_AUTO(hf_freep) char *references = hf_path_join(a->output, "refs.csv");
    if (!objects || !references)
        return hf_fail_memory();
    err = write_into(graph, a->output, (const char *const[]){objects, references});
    if (err)
        return err;
    hf_export_row row = {.objects_path = objects,
                         .references_path = references,
                         .objects = graph->object_count,
                         .references = graph->edge_count};
    if (s->text)
        hf_show_export_text(s->text, &row);
    if (s->json)
        hf_show_export_json(s->json, &row);
    return NULL;
}

hf_err *hf_cmd_export(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    /* Where a pid may be meant for either. */
    bool heap = !a->format || strcmp(a->format, "csv") == 0;
    if (hf_capture_is(a->operands[0]) || (!heap && hf_is_traced(a->operands[0])))
        return hf_export_capture(s);
    if (!a->format || strcmp(a->format, "csv") != 0)
        return hf_fail(HF_ERR_USAGE, "export of a heap needs --format csv");
    if (!a->output)
        return hf_fail(HF_ERR_USAGE, "export needs --output DIR");
    hf_err *refused = hf_traced_refuse(s);
    return refused ? refused : export_heap(s);
}
