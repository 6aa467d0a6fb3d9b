#include "acquire/core_expand.h"

#include "acquire/core_file.h"
#include "base/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

enum {
    PAGE = HF_PAGE_SIZE,
    CHUNK = 1 << 20,
    WINDOW_LOG_MAX = 27, /* 128 MB: what `zstd -d` takes without being asked for more */
};

#define TOTAL_MAX (UINT64_C(1) << 47) /* address space of a process */

typedef struct expanding {
    int fd;
    uint64_t room, offset;
    uint8_t *chunk;
    size_t filled;
} expanding;

static hf_err *write_at(expanding *e, uint64_t offset, const uint8_t *bytes, size_t n)
{
    if (n > e->room)
        return hf_fail(HF_ERR_REFUSED, "the unpacked core file would fill the disk (set TMPDIR to "
                                       "a folder with more room)");
    e->room -= n;
    if (lseek(e->fd, (off_t)offset, SEEK_SET) < 0)
        return hf_fail_sys(errno, "cannot write the unpacked core file");
    while (n) {
        ssize_t done = write(e->fd, bytes, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return hf_fail_sys(done ? errno : ENOSPC, "cannot write the unpacked core file");
        bytes += done;
        n -= (size_t)done;
    }
    return NULL;
}

static bool is_zero(const uint8_t *page, size_t n)
{
    return !page[0] && !memcmp(page, page + 1, n - 1);
}

/* Writes the pages of the chunk that are not all zero. */
static hf_err *flush(expanding *e)
{
    hf_err *err = NULL;
    for (size_t at = 0; at < e->filled && !err;) {
        size_t end = at;
        while (end < e->filled) {
            size_t n = e->filled - end < PAGE ? e->filled - end : PAGE;
            if (is_zero(e->chunk + end, n))
                break;
            end += n;
        }
        if (end > at)
            err = write_at(e, e->offset + at, e->chunk + at, end - at);
        at = end + PAGE;
    }
    e->offset += e->filled;
    e->filled = 0;
    return err;
}

static hf_err *expand(expanding *e, ZSTD_DCtx *d, ZSTD_inBuffer *in)
{
    size_t left;
    bool first = true;
    for (;;) {
        ZSTD_outBuffer out = {e->chunk, CHUNK, e->filled};
        left = ZSTD_decompressStream(d, &out, in);
        if (ZSTD_isError(left))
            return hf_fail(HF_ERR_DAMAGED, "the compressed core file is damaged: %s",
                           ZSTD_getErrorName(left));
        bool full = out.pos == CHUNK, over = in->pos == in->size && !full;
        e->filled = out.pos;
        if (first && (full || over) && !hf_core_is(e->chunk, e->filled))
            return hf_fail(HF_ERR_NOT_OURS, "what is compressed in it is no core file");
        if (!full && !over)
            continue;
        first = false;
        hf_err *err = flush(e);
        if (err)
            return err;
        if (e->offset > TOTAL_MAX)
            return hf_fail(HF_ERR_DAMAGED,
                           "the compressed core file holds more than a process may");
        if (over || (in->pos == in->size && !left))
            break;
    }
    return left ? hf_fail(HF_ERR_DAMAGED, "the compressed core file was cut off") : NULL;
}

hf_err *hf_core_expand(const uint8_t *bytes, size_t size, int fd, uint64_t room)
{
    expanding e = {.fd = fd, .room = room, .chunk = malloc(CHUNK)};
    ZSTD_DCtx *d = ZSTD_createDCtx();
    ZSTD_inBuffer in = {bytes, size, 0};
    hf_err *err = !d || !e.chunk ? hf_fail_memory() : NULL;
    if (!err) {
        ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
        err = expand(&e, d, &in);
    }
    static const uint8_t end[1];
    if (!err && e.offset && lseek(fd, 0, SEEK_END) < (off_t)e.offset)
        err = write_at(&e, e.offset - 1, end, 1); /* it ends with zeros */
    ZSTD_freeDCtx(d);
    free(e.chunk);
    return err;
}
