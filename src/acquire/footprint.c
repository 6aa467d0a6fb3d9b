#include "acquire/footprint.h"

#include "acquire/proc.h"
#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

typedef struct line_name {
    const char *name;
    size_t field;
} line_name;

static const line_name names[] = {
    {"Rss:", offsetof(hf_footprint, rss)},
    {"Pss:", offsetof(hf_footprint, pss)},
    {"Private_Clean:", offsetof(hf_footprint, private_clean)},
    {"Private_Dirty:", offsetof(hf_footprint, private_dirty)},
    {"Shared_Clean:", offsetof(hf_footprint, shared_clean)},
    {"Shared_Dirty:", offsetof(hf_footprint, shared_dirty)},
    {"Swap:", offsetof(hf_footprint, swap)},
};

/* The kilobytes of a line; the text need not end with a zero byte. */
static uint64_t kilobytes(const char *at, const char *end)
{
    uint64_t value = 0;
    while (at < end && *at == ' ')
        at++;
    for (; at < end && *at >= '0' && *at <= '9'; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    return value;
}

bool hf_footprint_parse(const char *text, size_t length, hf_footprint *ret)
{
    hf_footprint sum = {0};
    bool found = false;
    for (const char *line = text, *end = text + length; line && line < end;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *stop = newline ? newline : end;
        for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
            size_t n = strlen(names[i].name);
            if ((size_t)(stop - line) < n || memcmp(line, names[i].name, n) != 0)
                continue;
            *(uint64_t *)((char *)&sum + names[i].field) += kilobytes(line + n, stop) * 1024;
            found = true;
            break;
        }
        line = newline ? newline + 1 : end;
    }
    if (found)
        *ret = sum;
    return found;
}

int hf_footprint_of(pid_t pid, hf_footprint *ret)
{
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    int errnum = hf_proc_read(pid, "smaps_rollup", &text);
    if (errnum == ENOENT) { /* an old kernel, or nobody */
        hf_buf_clear(&text);
        errnum = hf_proc_read(pid, "smaps", &text);
    }
    if (errnum)
        return errnum == ENOENT ? ESRCH : errnum;
    /* A process that ends while it is read has no memory any more. */
    return hf_footprint_parse((const char *)text.data, text.length, ret) ? 0 : ESRCH;
}
