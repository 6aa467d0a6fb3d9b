#include "acquire/spool.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

static int open_named(const char *folder)
{
    char path[4096];
    if (snprintf(path, sizeof(path), "%s/holdfast-XXXXXX", folder) >= (int)sizeof(path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(path, O_CLOEXEC); /* 0600, O_EXCL */
    if (fd >= 0)
        unlink(path);
    return fd;
}

static hf_err *check_room(const hf_spool *s, uint64_t expected)
{
    struct statvfs disk;
    if (fstatvfs(s->fd, &disk) || !disk.f_frsize)
        return NULL;
    uint64_t room = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (room >= expected)
        return NULL;
    return hf_fail_sys(
        ENOSPC,
        "the copy of its memory takes %llu MiB, and %s has only %llu MiB left (set TMPDIR to a "
        "folder with more room)",
        (unsigned long long)(expected >> 20), s->folder, (unsigned long long)(room >> 20));
}

const char *hf_spool_folder(void)
{
    static const char *const places[] = {"/var/tmp", "/tmp", ".", "/dev/shm"};
    const char *told = getenv("TMPDIR");
    if (told && told[0] == '/')
        return told;
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
        if (access(places[i], W_OK | X_OK) == 0)
            return places[i];
    return places[0];
}

hf_err *hf_spool_open(const char *folder, uint64_t expected, hf_spool *ret)
{
    if (!folder)
        folder = hf_spool_folder();
    hf_spool s = {.fd = open(folder, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600)};
    if (s.fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT || errno == EINVAL))
        s.fd = open_named(folder);
    if (s.fd < 0)
        return hf_fail_sys(errno, "cannot make a file for the copied memory in %s", folder);
    s.folder = strdup(folder);
    hf_err *err = s.folder ? check_room(&s, expected) : hf_fail_memory();
    if (err) {
        hf_spool_close(&s);
        return err;
    }
    *ret = s;
    return NULL;
}

void hf_spool_close(hf_spool *s)
{
    hf_closep(&s->fd);
    free(s->folder);
    *s = (hf_spool){.fd = -1};
}

hf_err *hf_spool_clear(hf_spool *s)
{
    /* One that was cut to nothing is written to the disk when it is closed: ext4 takes it for a
     * file that is being replaced (Documentation/admin-guide/ext4.rst, auto_da_alloc). */
    if (!s->is_written)
        return NULL;
    hf_spool other;
    hf_err *err = hf_spool_open(s->folder, 0, &other);
    if (err)
        return err;
    hf_spool_close(s);
    *s = other;
    return NULL;
}

hf_err *hf_spool_write(hf_spool *s, uint64_t offset, const void *bytes, size_t n)
{
    /* The kernel keeps what one call writes in as large a stretch of memory as it can have.
     * Large ones are those that were free for long, which the host of a virtual machine has
     * to bring first: a gigabyte took 0.9 to 2.4 s in pieces of 4 MB, and 0.3 s in these
     * (Linux 6.18, ext4). */
    const size_t piece = 64 << 10;
    s->is_written = true;
    const uint8_t *p = bytes;
    while (n) {
        ssize_t done = pwrite(s->fd, p, n < piece ? n : piece, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return hf_fail_sys(done ? errno : ENOSPC, "cannot write the copied memory to %s",
                               s->folder);
        p += done;
        offset += (uint64_t)done;
        n -= (size_t)done;
    }
    return NULL;
}

hf_err *hf_spool_map(hf_spool *s, uint64_t size, void **ret)
{
    if (ftruncate(s->fd, (off_t)size))
        return hf_fail_sys(errno, "cannot keep %llu MB of address space in a file in %s",
                           (unsigned long long)size >> 20, s->folder);
    void *bytes = mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_NORESERVE, s->fd, 0);
    if (bytes == MAP_FAILED)
        return hf_fail_sys(errno, "cannot map the copied memory in %s", s->folder);
    madvise(bytes, size, MADV_DONTDUMP);
    *ret = bytes;
    return NULL;
}
