#include "acquire/pause.h"

#include "acquire/proc.h"
#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    BASE_NS = 500000,
    SMALL_NS_PER_MB = 25000000 / 1024,
    HUGE_NS_PER_MB = 500000 / 1024,
};

uint64_t hf_pause_of(uint64_t anonymous, uint64_t huge)
{
    huge = huge < anonymous ? huge : anonymous;
    return BASE_NS + ((anonymous - huge) >> 20) * SMALL_NS_PER_MB + (huge >> 20) * HUGE_NS_PER_MB;
}

/* proc_loadavg(5): "0.20 0.18 0.12 1/80 11206", of which 1 thread wants a processor just now. */
double hf_pause_queue_of(const char *loadavg, long processors)
{
    unsigned running = 0;
    if (processors < 1 || sscanf(loadavg, "%*s %*s %*s %u/", &running) != 1)
        return 1;
    double queue = (double)running / (double)processors; /* the target takes the asker's place */
    return queue > 1 ? queue : 1;
}

double hf_pause_queue(void)
{
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    if (hf_proc_read_file("/proc/loadavg", &text))
        return 1;
    return hf_pause_queue_of(hf_buf_string(&text), sysconf(_SC_NPROCESSORS_ONLN));
}

uint64_t hf_huge_bytes(pid_t pid, uint64_t anonymous)
{
    /* To answer, the kernel walks all page tables: not for nothing. */
    const uint64_t worthwhile = UINT64_C(64) << 20;
    HF_AUTO(hf_buf_deinit) hf_buf policy = {0};
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    uint64_t kilobytes = 0;
    if (anonymous < worthwhile ||
        hf_proc_read_file("/sys/kernel/mm/transparent_hugepage/enabled", &policy) ||
        strstr(hf_buf_string(&policy), "[never]") || hf_proc_read(pid, "smaps_rollup", &text))
        return 0;
    hf_proc_field((const char *)text.data, text.length, "AnonHugePages", &kilobytes);
    return kilobytes * 1024;
}
