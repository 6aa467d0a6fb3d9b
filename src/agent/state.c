/* agent/state.c - the state file of this process: made, grown, ended. */
#include "agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { STEP_LEAST = 1 << 16 };

/* Descriptors of the process are its own business: ours is closed as soon as the file is mapped,
 * and opened again to reserve space. */
static char path[4096];
static struct {
    uint64_t at, reserved;
} parts[4];

void *hf_pages(size_t bytes)
{
    /* Not mmap(): that is a function of ours. */
    long p = syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == -1 ? NULL : (void *)p;
}

/* File systems without fallocate() give space to what is written. */
static bool fill(int fd, uint64_t offset, uint64_t length)
{
    static const char zeros[4096];
    for (uint64_t done = 0; done < length;) {
        uint64_t left = length - done;
        ssize_t n =
            pwrite(fd, zeros, left < sizeof(zeros) ? left : sizeof(zeros), (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (uint64_t)n;
    }
    return true;
}

/* A file that grows beyond the process's limit ends it by a signal. */
static bool is_allowed(uint64_t size)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && size <= limit.rlim_cur;
}

static bool allocate(int fd, uint64_t offset, uint64_t length)
{
    if (!is_allowed(offset + length))
        return false;
    int status;
    do
        status = fallocate(fd, 0, (off_t)offset, (off_t)length);
    while (status && errno == EINTR);
    return status == 0 || ((errno == EOPNOTSUPP || errno == ENOSYS) && fill(fd, offset, length));
}

/* Parts grow by a quarter, so that calls are few and little is reserved in vain. */
bool hf_state_reserve(uint64_t offset, uint64_t length)
{
    size_t i = 0;
    while (parts[i].at != offset)
        i++;
    if (HF_LIKELY(length <= parts[i].reserved))
        return true;
    int saved = errno;
    uint64_t step = parts[i].reserved / 4 > STEP_LEAST ? parts[i].reserved / 4 : STEP_LEAST;
    uint64_t wanted = (length + step + 4095) & ~(uint64_t)4095,
             most = i < 3 ? parts[i + 1].at : HF_STATE_SIZE;
    if (wanted > most - offset)
        wanted = most - offset;
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    bool well = fd >= 0 && allocate(fd, offset + parts[i].reserved, wanted - parts[i].reserved);
    if (fd >= 0)
        close(fd);
    if (well)
        parts[i].reserved = wanted;
    else
        hf_raise_flag(1 << 2); /* HF_TRACED_NO_SPACE */
    errno = saved;
    return well;
}

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void read_command(hf_state_header *h)
{
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t n = read(fd, h->command, sizeof(h->command) - 1);
    if (n < 0)
        h->command[0] = 0;
    close(fd);
}

/* A name of its own in the private folder: a pid is used again by exec, and after its end. Also one
 * that no other file has had: whoever reads removes what is done with, and knows it by its name. */
static int create(const char *folder, uint64_t start)
{
    for (uint64_t i = 0; i < 10000; i++) {
        int n = snprintf(path, sizeof(path), "%s/%d-%" PRIx64 ".state", folder, (int)getpid(),
                         start + i);
        if (n < 0 || (size_t)n >= sizeof(path))
            return -1;
        int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

const char *hf_environment(const char *name)
{
    size_t length = strlen(name);
    for (char **word = environ; word && *word; word++)
        if (strncmp(*word, name, length) == 0 && (*word)[length] == '=')
            return *word + length + 1;
    return NULL;
}

bool hf_state_create(bool forked)
{
    static char folder[3072]; /* the environment may be changed by the program */
    const uint64_t offsets[] = {HF_STATE_NODES_AT, HF_STATE_COUNTERS_AT, HF_STATE_CODES_AT,
                                HF_STATE_TEXT_AT};
    const char *told = folder[0] ? NULL : hf_environment(HF_STATE_FOLDER_ENV);
    if (told && strlen(told) < sizeof(folder))
        memcpy(folder, told, strlen(told) + 1);
    if (!folder[0])
        return false;
    for (size_t i = 0; i < 4; i++) {
        parts[i].at = offsets[i];
        parts[i].reserved = 0;
    }
    uint64_t start = now();
    int fd = create(folder, start);
    if (fd < 0)
        return false;
    hf_state_header *h = MAP_FAILED;
    if (is_allowed(HF_STATE_SIZE) && allocate(fd, 0, HF_STATE_PAGE) &&
        ftruncate(fd, (off_t)HF_STATE_SIZE) == 0)
        h = mmap(NULL, HF_STATE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    close(fd);
    if (h == MAP_FAILED) {
        unlink(path);
        return false;
    }
    madvise(h, HF_STATE_SIZE, MADV_DONTDUMP);
    h->version = HF_STATE_VERSION;
    h->python = hf_python_version;
    h->pid = getpid();
    h->parent = getppid();
    h->start = start;
    h->birth = HF_STATE_BIRTH;
    h->forked = forked;
    h->mode = hf_hot.sample != 0; /* hf_trace_mode */
    h->sample_bytes = hf_hot.sample;
    h->node_count = HF_STATE_FIRST;
    h->code_count = 1;
    read_command(h);
    hf_hot.header = h;
    hf_hot.nodes = (hf_state_node *)((char *)h + HF_STATE_NODES_AT);
    hf_hot.counters = (hf_state_counter *)((char *)h + HF_STATE_COUNTERS_AT);
    bool well = hf_state_reserve(HF_STATE_NODES_AT, HF_STATE_FIRST * sizeof(hf_state_node)) &&
                hf_state_reserve(HF_STATE_COUNTERS_AT, HF_STATE_FIRST * sizeof(hf_state_counter));
    if (well)
        hf_hot.nodes[HF_STATE_REST].parent = hf_hot.nodes[HF_STATE_REST_NATIVE].parent =
            HF_STATE_ROOT;
    memcpy(h->magic, HF_STATE_MAGIC, sizeof(h->magic));
    return well;
}

void hf_state_end(void)
{
    if (hf_hot.header)
        hf_hot.header->ended = 1;
}
