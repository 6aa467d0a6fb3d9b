/* present/cli/output.c - see present/cli/output.h. */
#include "present/cli/output.h"

#include "base/cleanup.h"
#include "present/cli/scratch.h"
#include "present/cli/session.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* A new private file beside `path`, so that a rename within one file system can end the work. */
hf_err *hf_output_open(const char *path, hf_output *ret)
{
    if (strcmp(path, "-") == 0) {
        *ret = (hf_output){.stream = stdout, .path = path};
        return NULL;
    }
    struct stat status;
    if (lstat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return hf_fail(HF_ERR_REFUSED, "'%s' is no regular file; only such, or '-', is written",
                       path);
    HF_AUTO(hf_freep) char *folder = hf_folder_of(path);
    HF_AUTO(hf_freep) char *temporary = folder ? hf_path_join(folder, ".holdfast-XXXXXX") : NULL;
    if (!temporary)
        return hf_fail_memory();
    FILE *stream = hf_scratch_file(temporary);
    if (!stream)
        return hf_fail_sys(errno, "cannot write '%s'", path);
    *ret = (hf_output){.stream = stream, .path = path, .temporary = hf_take(temporary)};
    return NULL;
}

hf_err *hf_output_finish(hf_output *o)
{
    if (!o->temporary)
        return NULL; /* the session tells what standard output has lost */
    bool failed = fflush(o->stream) || ferror(o->stream);
    int errnum = errno;
    failed = fclose(o->stream) || failed;
    o->stream = NULL;
    if (failed)
        return hf_fail_sys(errnum, "cannot write '%s'", o->path);
    if (rename(o->temporary, o->path))
        return hf_fail_sys(errno, "cannot write '%s'", o->path);
    hf_scratch_forget_file(o->temporary);
    return NULL;
}

void hf_output_deinit(hf_output *o)
{
    if (o->temporary && o->stream)
        fclose(o->stream);
    free(o->temporary);
    *o = (hf_output){0};
}
