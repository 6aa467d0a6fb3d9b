#include "acquire/proc.h"

#include "base/array.h"
#include "base/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 64 * 1024 };

int hf_proc_read_file(const char *path, hf_buf *ret)
{
    HF_AUTO(hf_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return errno;
    for (;;) {
        uint8_t *room = hf_buf_reserve(ret, CHUNK);
        if (!room)
            return ENOMEM;
        ssize_t n = read(fd, room, CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            return 0;
        ret->length += (size_t)n;
    }
}

int hf_proc_read(pid_t pid, const char *name, hf_buf *ret)
{
    char path[128];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    return hf_proc_read_file(path, ret);
}

int hf_proc_link(pid_t pid, const char *name, char *text, size_t size)
{
    char path[128];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    ssize_t n = readlink(path, text, size - 1);
    if (n < 0)
        return errno;
    text[n] = 0;
    return 0;
}

static int compare_pids(const void *a, const void *b)
{
    pid_t left = *(const pid_t *)a, right = *(const pid_t *)b;
    return (left > right) - (left < right);
}

static void close_folder(DIR **folder)
{
    if (*folder)
        closedir(*folder);
}

int hf_proc_numbers(const char *folder, pid_t **ret, size_t *ret_count)
{
    HF_AUTO(close_folder) DIR *dir = opendir(folder);
    if (!dir)
        return errno;
    HF_AUTO(hf_freep) pid_t *pids = NULL;
    size_t count = 0, capacity = 0;
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        char *end;
        long number = strtol(entry->d_name, &end, 10);
        if (*end || number <= 0)
            continue;
        if (!hf_array_room(&pids, count, &capacity))
            return ENOMEM;
        pids[count++] = (pid_t)number;
    }
    if (count)
        qsort(pids, count, sizeof(*pids), compare_pids);
    *ret = hf_take(pids);
    *ret_count = count;
    return 0;
}

/* The next number of a line of blanks and numbers, which ends with a zero byte. */
static bool next_number(const char **text, uint64_t *ret)
{
    char *end;
    uint64_t value = strtoull(*text, &end, 10);
    if (end == *text)
        return false;
    *text = end;
    *ret = value;
    return true;
}

bool hf_proc_parse_stat(const char *text, size_t length, hf_proc_stat *ret)
{
    char line[2048];
    if (length >= sizeof(line))
        length = sizeof(line) - 1;
    memcpy(line, text, length);
    line[length] = 0;
    /* The name in field 2 may hold blanks and parentheses; the last one closes it. */
    const char *p = strrchr(line, ')');
    if (!p || p[1] != ' ' || !p[2])
        return false;
    hf_proc_stat stat = {.state = p[2]};
    p += 3;
    uint64_t value = 0;
    for (int field = 4; next_number(&p, &value); field++) {
        if (field == 4)
            stat.parent = (pid_t)value;
        else if (field == 22)
            stat.start_time = value;
        else if (field == 38)
            stat.exit_signal = (int)value;
        else if (field == 52)
            stat.exit_code = (int)value;
        if (field == 38 || field == 52)
            *ret = stat;
        if (field == 52)
            return true;
    }
    return false;
}

int hf_proc_stat_of(pid_t pid, hf_proc_stat *ret)
{
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    int errnum = hf_proc_read(pid, "stat", &text);
    if (errnum)
        return errnum == ENOENT ? ESRCH : errnum;
    return hf_proc_parse_stat((const char *)text.data, text.length, ret) ? 0 : EIO;
}

/* The text behind "key:" at the start of a line, or NULL. `text` ends with a zero byte. */
static const char *line_of(const char *text, const char *key)
{
    size_t length = strlen(key);
    for (const char *p = text; p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
        if (strncmp(p, key, length) == 0 && p[length] == ':')
            return p + length + 1;
    return NULL;
}

static uint64_t number_of(const char *text, const char *key, int base)
{
    const char *p = line_of(text, key);
    return p ? strtoull(p, NULL, base) : 0;
}

static size_t numbers_of(const char *text, const char *key, uint64_t *numbers, size_t limit)
{
    const char *p = line_of(text, key);
    size_t count = 0;
    while (p && count < limit && (*p == '\t' || *p == ' ')) {
        if (!next_number(&p, &numbers[count]))
            break;
        count++;
    }
    return count;
}

static bool line_names(const char *text, const char *key, const char *word)
{
    const char *p = line_of(text, key);
    const char *end = p ? strchr(p, '\n') : NULL;
    const char *found = p ? strstr(p, word) : NULL;
    return found && (!end || found < end);
}

void hf_proc_parse_status(const char *bytes, size_t length, hf_proc_status *ret)
{
    *ret = (hf_proc_status){0};
    HF_AUTO(hf_freep) char *text = strndup(bytes, length);
    if (!text)
        return;
    const char *state = line_of(text, "State");
    while (state && (*state == '\t' || *state == ' '))
        state++;
    ret->state = state ? *state : 0;
    ret->process = (pid_t)number_of(text, "Tgid", 10);
    ret->tracer = (pid_t)number_of(text, "TracerPid", 10);
    uint64_t numbers[HF_PROC_NAMESPACES];
    if (numbers_of(text, "Uid", numbers, 3) == 3) {
        ret->real_uid = (uid_t)numbers[0];
        ret->uid = (uid_t)numbers[1];
        ret->saved_uid = (uid_t)numbers[2];
    }
    if (numbers_of(text, "Gid", numbers, 2) == 2)
        ret->gid = (gid_t)numbers[1];
    ret->id_count = numbers_of(text, "NSpid", numbers, HF_PROC_NAMESPACES);
    for (size_t i = 0; i < ret->id_count; i++)
        ret->ids[i] = (pid_t)numbers[i];
    ret->capabilities = number_of(text, "CapEff", 16);
    ret->rss = number_of(text, "VmRSS", 10) * 1024;
    ret->peak = number_of(text, "VmHWM", 10) * 1024;
    ret->anonymous = number_of(text, "RssAnon", 10) * 1024;
    ret->swap = number_of(text, "VmSwap", 10) * 1024;
    ret->seccomp_mode = (uint32_t)number_of(text, "Seccomp", 10);
    ret->knows_filters = line_of(text, "Seccomp_filters") != NULL;
    ret->seccomp_filters = (uint32_t)number_of(text, "Seccomp_filters", 10);
    ret->shadow_stack = line_names(text, "x86_Thread_features", "shstk");
}

int hf_proc_status_of(pid_t pid, hf_proc_status *ret)
{
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    int errnum = hf_proc_read(pid, "status", &text);
    if (errnum)
        return errnum == ENOENT ? ESRCH : errnum;
    hf_proc_parse_status((const char *)text.data, text.length, ret);
    return 0;
}

bool hf_proc_field(const char *text, size_t length, const char *key, uint64_t *ret)
{
    size_t key_length = strlen(key);
    const char *end = text + length;
    for (const char *p = text; p < end;) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        size_t line = (size_t)((stop ? stop : end) - p);
        char rest[64];
        if (line > key_length && memcmp(p, key, key_length) == 0 &&
            (p[key_length] == ':' || p[key_length] == ' ')) {
            snprintf(rest, sizeof(rest), "%.*s", (int)(line - key_length - 1), p + key_length + 1);
            const char *number = rest;
            return next_number(&number, ret);
        }
        p += line + 1;
    }
    return false;
}
