/* A core file in zstd frames: unpacked into a file in memory of at most some megabytes. */
#include "acquire/core_expand.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROOM = 4 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0)
        abort();
    hf_err_free(hf_core_expand(data, size, fd, ROOM));
    struct stat st;
    assert(fstat(fd, &st) == 0 && (uint64_t)st.st_blocks * 512 <= ROOM + 4096);
    close(fd);
    return 0;
}
