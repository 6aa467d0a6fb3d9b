#include "graph/block_file.h"

#include "base/cleanup.h"
#include "graph/column.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

static hf_err *cannot_write(const hf_block_file *f, int errnum)
{
    return hf_fail_sys(errnum, "cannot write snapshot '%s'", f->path);
}

static hf_err *write_all(hf_block_file *f, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    while (length) {
        ssize_t n = write(f->fd, at, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return cannot_write(f, n < 0 ? errno : ENOSPC);
        at += n;
        length -= (size_t)n;
        f->offset += (size_t)n;
    }
    return NULL;
}

/* A link or a device under the name is never followed nor replaced. */
static hf_err *check_name(const hf_block_file *f)
{
    struct stat st;
    bool exists = fstatat(f->folder, f->name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (!exists && errno == ENAMETOOLONG) /* not first when it is written and a target has paused */
        return cannot_write(f, errno);
    if (exists && !S_ISREG(st.st_mode))
        return hf_fail(HF_ERR_REFUSED, "will not write '%s': it exists and is not a regular file",
                       f->path);
    return NULL;
}

static hf_err *open_folder(hf_block_file *f)
{
    const char *slash = strrchr(f->path, '/');
    const char *name = slash ? slash + 1 : f->path;
    if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
        return hf_fail(HF_ERR_USAGE, "'%s' is not the name of a file", f->path);
    f->name = strdup(name);
    size_t folder_length = slash ? (size_t)(slash - f->path) + 1 : 0;
    HF_AUTO(hf_freep) char *folder = slash ? strndup(f->path, folder_length) : strdup(".");
    if (!f->name || !folder)
        return hf_fail_memory();
    f->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (f->folder < 0)
        return hf_fail_sys(errno, "cannot write snapshot '%s': folder '%s'", f->path, folder);
    return check_name(f);
}

static hf_err *open_file(hf_block_file *f)
{
    uint64_t random[2];
    if (getrandom(random, sizeof(random), 0) != sizeof(random))
        return hf_fail_sys(errno, "no random numbers for a temporary name");
    snprintf(f->temporary, sizeof(f->temporary), ".holdfast-%016llx.part",
             (unsigned long long)random[0]);
    /* Only /proc gives a file its name that was opened without one; a bare root may have none. */
    if (access("/proc/self/fd", X_OK) == 0)
        f->fd = openat(f->folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (f->fd >= 0)
        return NULL;
    f->fd =
        openat(f->folder, f->temporary, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0600);
    if (f->fd < 0)
        return cannot_write(f, errno);
    f->has_name = true;
    return NULL;
}

static hf_err *start(hf_block_file *f, bool compress)
{
    hf_err *err = open_folder(f);
    if (!err)
        err = open_file(f);
    if (err)
        return err;
    if (compress && !(f->compressor = ZSTD_createCCtx()))
        return hf_fail_memory();
    uint8_t header[HF_FORMAT_HEADER_SIZE] = HF_FORMAT_MAGIC;
    f->version = 1;
    memcpy(header + HF_FORMAT_VERSION_AT, &f->version, sizeof(f->version));
    return write_all(f, header, sizeof(header));
}

hf_err *hf_block_file_create(hf_block_file *f, const char *path, bool compress)
{
    *f = (hf_block_file){.folder = -1, .fd = -1};
    hf_buf_init(&f->block, 0);
    hf_buf_init(&f->index, 0);
    f->path = strdup(path);
    hf_err *err = f->path ? start(f, compress) : hf_fail_memory();
    if (err)
        hf_block_file_close(f);
    return err;
}

void hf_block_file_column(hf_block_file *f, const void *bytes, size_t length)
{
    if (!hf_column_pack(f->compressor, bytes, length, &f->block))
        f->block.failed = true;
}

hf_err *hf_block_file_end(hf_block_file *f, hf_block_kind kind, uint64_t rows,
                          uint64_t first_object)
{
    if (f->block.failed)
        return hf_fail_memory();
    uint32_t needed = hf_format_version_of(kind);
    f->version = f->version > needed ? f->version : needed;
    hf_buf_varint(&f->index, kind);
    hf_buf_varint(&f->index, rows);
    hf_buf_varint(&f->index, f->block.length);
    hf_buf_varint(&f->index, first_object);
    uint64_t checksum = hf_checksum(f->block.data, f->block.length);
    hf_buf_add(&f->index, &checksum, sizeof(checksum));
    hf_err *err = write_all(f, f->block.data, f->block.length);
    hf_buf_clear(&f->block);
    return err;
}

hf_err *hf_block_file_seal(hf_block_file *f)
{
    hf_block_file_column(f, f->index.data, f->index.length);
    if (f->block.failed || f->index.failed)
        return hf_fail_memory();
    uint64_t footer[3] = {f->offset, f->block.length, hf_checksum(f->block.data, f->block.length)};
    hf_buf_add(&f->block, footer, sizeof(footer));
    hf_buf_add(&f->block, HF_FORMAT_END, 8);
    if (f->block.failed)
        return hf_fail_memory();
    hf_err *err = write_all(f, f->block.data, f->block.length);
    if (!err && lseek(f->fd, HF_FORMAT_VERSION_AT, SEEK_SET) < 0)
        err = cannot_write(f, errno);
    return err ? err : write_all(f, &f->version, sizeof(f->version));
}

hf_err *hf_block_file_publish(hf_block_file *f)
{
    hf_err *err = check_name(f);
    if (err)
        return err;
    if (!f->has_name) {
        /* linkat() replaces nothing, so the file gets its temporary name first. */
        char self[32];
        snprintf(self, sizeof(self), "/proc/self/fd/%d", f->fd);
        if (linkat(AT_FDCWD, self, f->folder, f->temporary, AT_SYMLINK_FOLLOW))
            return cannot_write(f, errno);
        f->has_name = true;
    }
    if (renameat(f->folder, f->temporary, f->folder, f->name))
        return cannot_write(f, errno);
    f->has_name = false;
    int fd = f->fd;
    f->fd = -1;
    return close(fd) ? cannot_write(f, errno) : NULL;
}

void hf_block_file_close(hf_block_file *f)
{
    if (f->has_name)
        unlinkat(f->folder, f->temporary, 0);
    if (f->fd >= 0)
        close(f->fd);
    if (f->folder >= 0)
        close(f->folder);
    ZSTD_freeCCtx(f->compressor);
    hf_buf_deinit(&f->block);
    hf_buf_deinit(&f->index);
    free(f->path);
    free(f->name);
    *f = (hf_block_file){.folder = -1, .fd = -1};
}
