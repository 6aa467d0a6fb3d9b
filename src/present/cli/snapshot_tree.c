/* present/cli/snapshot_tree.c - see present/cli/snapshot_tree.h. */
#include "present/cli/snapshot_tree.h"

#include "acquire/process.h"
#include "base/cleanup.h"
#include "present/cli/scratch.h"
#include "present/cli/tree.h"
#include "present/show_tree_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

typedef struct work {
    hf_session *session;
    hf_family family;
    hf_tree_file *files; /* of each row */
    char *pattern;       /* of their paths: %p stands for the pid */
    char *manifest;
} work;

static void work_deinit(work *w)
{
    for (size_t i = 0; w->files && i < w->family.tree.count; i++) {
        free(w->files[i].path);
        free(w->files[i].why);
    }
    free(w->files);
    free(w->pattern);
    free(w->manifest);
    hf_family_deinit(&w->family);
}

/* A pattern with every %p replaced; the caller frees it; NULL without memory. */
static char *expand(const char *pattern, const char *word)
{
    hf_buf text HF_AUTO(hf_buf_deinit) = {0};
    for (const char *at = pattern; *at;) {
        const char *next = strstr(at, "%p");
        size_t length = next ? (size_t)(next - at) : strlen(at);
        hf_buf_add(&text, at, length);
        if (!next)
            break;
        hf_buf_text(&text, word);
        at = next + 2;
    }
    const char *whole = hf_buf_string(&text);
    return text.failed ? NULL : strdup(whole);
}

static hf_err *make_folder(const char *path)
{
    struct stat status;
    if (!mkdir(path, 0700))
        return NULL;
    int errnum = errno;
    if (errnum == EEXIST && !stat(path, &status) && !S_ISDIR(status.st_mode))
        return hf_fail(
            HF_ERR_USAGE,
            "snapshot --tree writes several files: '%s' is no folder; give one, or a name with %%p "
            "for the pid",
            path);
    return errnum == EEXIST ? NULL : hf_fail_sys(errnum, "cannot make folder '%s'", path);
}

/* Where the files go. */
static hf_err *plan_names(work *w, pid_t root)
{
    const hf_arguments *a = w->session->arguments;
    char word[32], own[32];
    snprintf(own, sizeof(own), "%d.tree", (int)root);
    const char *output = a->output ? a->output : own;
    snprintf(word, sizeof(word), "tree-%d", (int)root);
    if (strstr(output, "%p")) {
        HF_AUTO(hf_freep) char *base = expand(output, word);
        hf_buf name HF_AUTO(hf_buf_deinit) = {0};
        hf_buf_format(&name, "%s.json", base ? base : "");
        w->pattern = strdup(output);
        w->manifest = base ? strdup(hf_buf_string(&name)) : NULL;
    } else {
        hf_err *err = make_folder(output);
        if (err)
            return err;
        w->pattern = hf_path_join(output, a->raw ? "%p.core.zst" : "%p.hfheap");
        w->manifest = hf_path_join(output, "manifest.json");
    }
    return w->pattern && w->manifest ? NULL : hf_fail_memory();
}

/* Whether the number still names the process that it named when the tree was read. */
static hf_err *check_identity(const hf_tree_row *row)
{
    hf_process process = {.pidfd = -1, .memory = -1};
    hf_err *err = hf_process_open(row->pid, &process);
    if (err)
        return err;
    bool same = process.start_time == row->start_time;
    hf_process_close(&process);
    return same ? NULL
                : hf_fail(HF_ERR_TARGET_GONE, "process %d has ended, and another has its pid",
                          (int)row->pid);
}

static hf_err *take(work *w, size_t row, hf_tree_file *file)
{
    char word[16];
    struct stat status;
    const hf_tree_row *r = &w->family.tree.rows[row];
    snprintf(word, sizeof(word), "%d", (int)r->pid);
    file->path = expand(w->pattern, word);
    if (!file->path)
        return hf_fail_memory();
    hf_snapshot_info info = {0};
    hf_raw_info raw = {0};
    hf_err *err = check_identity(r);
    if (!err)
        err = hf_snapshot_process(w->session, r->pid, file->path, &info, &raw);
    if (err)
        return err;
    bool is_raw = w->session->arguments->raw;
    if (!is_raw && info.start_time != r->start_time) {
        unlink(file->path);
        return hf_fail(HF_ERR_TARGET_GONE, "process %d has ended, and another has its pid",
                       (int)r->pid);
    }
    file->way = is_raw ? raw.freeze.way : info.freeze.way;
    file->pause = is_raw ? raw.freeze.pause : info.freeze.pause;
    file->objects = is_raw ? 0 : info.check.objects;
    if (stat(file->path, &status) == 0)
        file->bytes = (uint64_t)status.st_size;
    file->state = HF_TREE_FILE_TAKEN;
    return NULL;
}

/* The failure of one process stops no other. */
static hf_err *take_each(work *w)
{
    for (size_t i = 0; i < w->family.tree.count; i++) {
        const hf_tree_process *p = &w->family.processes[i];
        hf_tree_file *file = &w->files[i];
        if (!p->python && !p->hidden && !p->ended)
            continue; /* HF_TREE_FILE_NO_PYTHON */
        file->state = HF_TREE_FILE_FAILED;
        hf_err *err = take(w, i, file);
        if (!err)
            continue;
        hf_err_code code = hf_err_code_of(err);
        if (code == HF_ERR_NO_MEMORY || code == HF_ERR_INTERRUPTED)
            return err;
        hf_note("%s", hf_err_message(err));
        file->why = strdup(hf_err_message(err));
        hf_err_free(err);
        if (!file->why)
            return hf_fail_memory();
    }
    return NULL;
}

static void close_stream(FILE **stream)
{
    if (*stream)
        fclose(*stream);
}

static hf_err *write_manifest(const work *w, const hf_tree_files_view *view)
{
    HF_AUTO(hf_freep) char *folder = hf_folder_of(w->manifest);
    const char *scratch;
    hf_err *err = folder ? hf_scratch_folder(folder, &scratch) : hf_fail_memory();
    if (err)
        return err;
    HF_AUTO(hf_freep) char *temporary = hf_path_join(scratch, "manifest");
    int fd = temporary ? open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    FILE *stream HF_AUTO(close_stream) = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!stream)
        return hf_fail_sys(errno, "cannot write '%s'", w->manifest);
    hf_json json;
    hf_json_init(&json, stream);
    hf_show_tree_files_json(&json, view);
    if (fflush(stream) || ferror(stream) || rename(temporary, w->manifest))
        err = hf_fail_sys(errno, "cannot write '%s'", w->manifest);
    hf_scratch_remove_folder(scratch);
    return err;
}

hf_err *hf_snapshot_tree(hf_session *s, pid_t root)
{
    work w HF_AUTO(work_deinit) = {.session = s};
    hf_err *err = hf_family_read(root, &w.family);
    if (err)
        return err;
    w.files = calloc(w.family.tree.count, sizeof(*w.files));
    err = w.files ? plan_names(&w, root) : hf_fail_memory();
    if (!err)
        err = take_each(&w);
    if (err)
        return err;
    const hf_tree_files_view view = {
        .tree = hf_family_view(&w.family), .files = w.files, .manifest = w.manifest};
    err = write_manifest(&w, &view);
    if (err)
        return err;
    if (s->text)
        hf_show_tree_files_text(s->text, &view);
    if (s->json)
        hf_show_tree_files_json(s->json, &view);
    if (hf_tree_files_failed(&view)) {
        hf_note("exit status %d, because %zu of %zu processes that run Python could not be taken",
                HF_STATUS_FAILED, hf_tree_files_failed(&view), hf_tree_files_wanted(&view));
        s->status = HF_STATUS_FAILED;
    }
    return NULL;
}
