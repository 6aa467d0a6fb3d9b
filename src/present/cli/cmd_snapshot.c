/* present/cli/cmd_snapshot.c - the heap of a process as a file. */
#include "base/cleanup.h"
#include "graph/file.h"
#include "present/cli/scratch.h"
#include "present/cli/session.h"
#include "present/cli/snapshot_tree.h"
#include "present/cli/source.h"
#include "present/show.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* What a file of a snapshot or of memory is to be. */
typedef struct order {
    hf_session *session;
    hf_source source;
    const char *path;
    hf_snapshot_info info; /* of a snapshot */
    hf_raw_info raw;       /* with --raw */
} order;

static hf_err *take(order *o, const char *path)
{
    if (o->session->arguments->raw)
        return hf_source_take_raw(o->session, o->source.pid, path, &o->raw);
    if (o->source.core)
        return hf_source_take_core(o->session, o->source.path, path, &o->info);
    return hf_source_take(o->session, o->source.pid, path, true, &o->info);
}

/* Writes in a private folder beside the goal and renames: whatever happens meanwhile, nothing is
 * left, and a folder that cannot be written is known before the process is stopped. */
static hf_err *take_into(order *o, const char *folder)
{
    const char *scratch;
    hf_err *err = hf_scratch_folder(folder, &scratch);
    if (err)
        return err;
    /* Failures are told with the name that was asked for. */
    const char *slash = strrchr(o->path, '/');
    HF_AUTO(hf_freep) char *temporary = hf_path_join(scratch, slash ? slash + 1 : o->path);
    err = temporary ? take(o, temporary) : hf_fail_memory();
    if (!err && rename(temporary, o->path))
        err = hf_fail_sys(errno, "cannot write '%s'", o->path);
    hf_scratch_remove_folder(scratch);
    return err;
}

static hf_err *write_file(order *o)
{
    struct stat status;
    if (stat(o->path, &status) == 0 && !S_ISREG(status.st_mode))
        return hf_fail(HF_ERR_REFUSED, "cannot write '%s': it is there and no regular file",
                       o->path);
    HF_AUTO(hf_freep) char *folder = hf_folder_of(o->path);
    return folder ? take_into(o, folder) : hf_fail_memory();
}

hf_err *hf_snapshot_process(hf_session *s, pid_t pid, const char *path, hf_snapshot_info *info,
                            hf_raw_info *raw)
{
    order o = {.session = s, .source = {.pid = pid}, .path = path};
    hf_err *err = write_file(&o);
    if (err)
        return err;
    *info = o.info;
    *raw = o.raw;
    return NULL;
}

static hf_err *check(const hf_arguments *a, const hf_source *source)
{
    if (!source->pid && !source->core)
        return hf_fail(HF_ERR_USAGE, "snapshot needs a process or a core file, and '%s' is neither",
                       source->path);
    if (a->whole_tree && !source->pid)
        return hf_fail(HF_ERR_USAGE, "--tree is for processes that run, and '%s' is a core file",
                       source->path);
    if (!a->raw)
        return NULL;
    if (!source->pid)
        return hf_fail(HF_ERR_USAGE, "--raw is for a process: '%s' holds memory as it is already",
                       source->path);
    if (a->no_values)
        return hf_fail(HF_ERR_USAGE, "--raw writes memory as it is, with all values in it: take "
                                     "either --raw or --no-values");
    if (a->ask_extensions)
        return hf_fail(HF_ERR_USAGE, "--raw keeps memory and no copy that could be asked: take "
                                     "either --raw or --ask-extensions");
    return NULL;
}

static void show_snapshot(hf_session *s, const order *o)
{
    struct stat status;
    hf_snapshot_row row = {.path = o->path, .info = &o->info};
    if (stat(o->path, &status) == 0)
        row.file_size = (uint64_t)status.st_size;
    if (s->text)
        hf_show_snapshot_text(s->text, &row);
    if (s->json)
        hf_show_snapshot_json(s->json, &row);
}

static void show_raw(hf_session *s, const order *o)
{
    if (*o->raw.why_not_rest)
        hf_note("taken at whatever moment it was: %s", o->raw.why_not_rest);
    hf_note("%s holds all that process %d had in memory, passwords and keys too", o->path,
            (int)o->source.pid);
    if (s->text)
        hf_show_raw_text(s->text, o->path, o->source.pid, &o->raw);
    if (s->json)
        hf_show_raw_json(s->json, o->path, o->source.pid, &o->raw);
}

hf_err *hf_cmd_snapshot(hf_session *s)
{
    order o = {.session = s};
    hf_err *err = hf_source_resolve(s->arguments->operands[0], &o.source);
    if (!err)
        err = check(s->arguments, &o.source);
    if (err)
        return err;
    if (s->arguments->whole_tree)
        return hf_snapshot_tree(s, o.source.pid);
    char own_name[NAME_MAX + 16];
    const char *slash = o.source.core ? strrchr(o.source.path, '/') : NULL;
    if (o.source.core)
        snprintf(own_name, sizeof(own_name), "%s.hfheap", slash ? slash + 1 : o.source.path);
    else
        snprintf(own_name, sizeof(own_name), "%d.%s", (int)o.source.pid,
                 s->arguments->raw ? "core.zst" : "hfheap");
    o.path = s->arguments->output ? s->arguments->output : own_name;
    err = write_file(&o);
    if (err)
        return err;
    (s->arguments->raw ? show_raw : show_snapshot)(s, &o);
    return NULL;
}
