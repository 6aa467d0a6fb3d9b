#include "graph/core_open.h"

#include "acquire/core_expand.h"
#include "acquire/spool.h"
#include "base/cleanup.h"
#include "graph/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>

/* In a child: which binaries the core file needs. */
static hf_err *survey(void *context, hf_sandbox_link *link, hf_buf *answer)
{
    (void)link;
    return hf_core_survey(context, answer);
}

static hf_err *find_binaries(const hf_core_places *places, hf_core_input *in)
{
    hf_sandbox sandbox = {.uid = HF_NOBODY,
                          .gid = HF_NOBODY,
                          .fd = -1,
                          .is_of_file = true,
                          .work = survey,
                          .context = in};
    hf_buf needs HF_AUTO(hf_buf_deinit);
    hf_buf_init(&needs, HF_SANDBOX_BODY_MAX);
    hf_err *err = hf_sandbox_run(&sandbox, &needs);
    return err ? err : hf_core_input_find(in, needs.data, needs.length, places);
}

typedef struct unpacking {
    const hf_core_input *packed;
    int fd;
    uint64_t room;
} unpacking;

/* In a child. */
static hf_err *unpack(void *context, hf_sandbox_link *link, hf_buf *answer)
{
    const unpacking *u = context;
    (void)link;
    (void)answer;
    return hf_core_expand(u->packed->bytes, u->packed->size, u->fd, u->room);
}

/* Nine tenths of what the disk has free: others write there, too. */
static uint64_t room_of(int fd)
{
    struct statvfs disk;
    return fstatvfs(fd, &disk) ? 0 : (uint64_t)disk.f_bavail * disk.f_frsize / 10 * 9;
}

static hf_err *open_packed(int fd, hf_core_input *ret)
{
    HF_AUTO(hf_core_input_deinit) hf_core_input packed = {0};
    HF_AUTO(hf_spool_close) hf_spool spool = {.fd = -1};
    hf_err *err = hf_core_input_open(fd, &packed);
    if (!err)
        err = hf_spool_open(NULL, packed.size, &spool);
    if (err)
        return err;
    unpacking u = {&packed, spool.fd, room_of(spool.fd)};
    hf_sandbox sandbox = {.uid = HF_NOBODY,
                          .gid = HF_NOBODY,
                          .fd = spool.fd,
                          .is_of_file = true,
                          .work = unpack,
                          .context = &u};
    hf_buf nothing HF_AUTO(hf_buf_deinit);
    hf_buf_init(&nothing, 1);
    err = hf_sandbox_run(&sandbox, &nothing);
    if (!err)
        err = hf_core_input_open(spool.fd, ret);
    if (!err)
        ret->modified = packed.modified;
    return err;
}

hf_err *hf_core_open(const char *path, const hf_core_places *places, hf_core_input *ret)
{
    uint8_t start[HF_FILE_KIND_BYTES];
    HF_AUTO(hf_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return hf_fail_sys(errno, "cannot open it");
    ssize_t n = pread(fd, start, sizeof(start), 0);
    bool packed = n > 0 && hf_file_kind_of(start, (size_t)n) == HF_FILE_ZSTD;
    hf_err *err = packed ? open_packed(fd, ret) : hf_core_input_open(fd, ret);
    return err ? err : find_binaries(places, ret);
}
