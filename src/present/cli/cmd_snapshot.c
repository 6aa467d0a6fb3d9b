/* present/cli/cmd_snapshot.c - the heap of a process as a file. */
#include "base/cleanup.h"
#include "graph/file.h"
#include "present/cli/scratch.h"
#include "present/cli/session.h"
#include "present/cli/source.h"
#include "present/show.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* Writes in a private folder beside the goal and renames: whatever happens meanwhile, nothing is
 * left, and a folder that cannot be written is known before the process is stopped. */
static hf_err *take_into(hf_session *s, const hf_source *source, const char *path,
                         const char *folder, hf_snapshot_info *ret)
{
    const char *scratch;
    hf_err *err = hf_scratch_folder(folder, &scratch);
    if (err)
        return err;
    const char *slash = strrchr(path, '/'); /* failures are told with the name that was asked for */
    HF_AUTO(hf_freep) char *temporary = hf_path_join(scratch, slash ? slash + 1 : path);
    if (!temporary)
        err = hf_fail_memory();
    else if (source->core)
        err = hf_source_take_core(s, source->path, temporary, ret);
    else
        err = hf_source_take(s, source->pid, temporary, true, ret);
    if (!err && rename(temporary, path))
        err = hf_fail_sys(errno, "cannot write '%s'", path);
    hf_scratch_remove_folder(scratch);
    return err;
}

hf_err *hf_cmd_snapshot(hf_session *s)
{
    hf_source source;
    hf_err *err = hf_source_resolve(s->arguments->operands[0], &source);
    if (err)
        return err;
    if (!source.pid && !source.core)
        return hf_fail(HF_ERR_USAGE, "snapshot needs a process or a core file, and '%s' is neither",
                       source.path);
    char own_name[NAME_MAX + 16];
    const char *slash = source.core ? strrchr(source.path, '/') : NULL;
    if (source.core)
        snprintf(own_name, sizeof(own_name), "%s.hfheap", slash ? slash + 1 : source.path);
    else
        snprintf(own_name, sizeof(own_name), "%d.hfheap", (int)source.pid);
    const char *path = s->arguments->output ? s->arguments->output : own_name;
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return hf_fail(HF_ERR_REFUSED, "cannot write '%s': it is there and no regular file", path);
    HF_AUTO(hf_freep) char *folder = hf_folder_of(path);
    if (!folder)
        return hf_fail_memory();
    hf_snapshot_info info;
    err = take_into(s, &source, path, folder, &info);
    if (err)
        return err;
    hf_snapshot_row row = {.path = path, .info = &info};
    if (stat(path, &status) == 0)
        row.file_size = (uint64_t)status.st_size;
    if (s->text)
        hf_show_snapshot_text(s->text, &row);
    if (s->json)
        hf_show_snapshot_json(s->json, &row);
    return NULL;
}
