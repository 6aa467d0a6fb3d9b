#include "acquire/cgroup_account.h"

#include "acquire/cgroup.h"
#include "acquire/proc.h"
#include "base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_LIMIT (UINT64_C(1) << 60) /* v1 says 0x7ffffffffffff000 */

enum { PATH_SIZE = 4096, MEMBERS_READ = 4096 };

static bool read_in(const char *folder, const char *name, hf_buf *ret)
{
    char path[PATH_SIZE + 64];
    hf_buf_clear(ret);
    return snprintf(path, sizeof(path), "%s/%s", folder, name) < (int)sizeof(path) &&
           hf_proc_read_file(path, ret) == 0;
}

/* The number that a file begins with; `otherwise` where there is none ("max"). */
static uint64_t number_in(const char *folder, const char *name, uint64_t otherwise)
{
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    if (!read_in(folder, name, &text))
        return otherwise;
    char *end;
    const char *line = hf_buf_string(&text);
    uint64_t value = strtoull(line, &end, 10);
    return end == line ? otherwise : value;
}

static uint64_t field(const hf_buf *text, const char *key)
{
    uint64_t value = 0;
    hf_proc_field((const char *)text->data, text->length, key, &value);
    return value;
}

static uint64_t least_limit(const char *folder, const char *root, const char *name)
{
    char path[PATH_SIZE];
    uint64_t least = UINT64_MAX;
    if (snprintf(path, sizeof(path), "%s", folder) >= (int)sizeof(path))
        return least;
    while (strlen(path) >= strlen(root)) {
        uint64_t limit = number_in(path, name, UINT64_MAX);
        least = limit < least && limit < NO_LIMIT ? limit : least;
        char *slash = strrchr(path, '/');
        if (!slash)
            break;
        *slash = 0;
    }
    return least;
}

/* "some avg10=0.12 avg60=0.03 ...": hundredths of a percent. */
static uint64_t pressure_in(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    return at ? (uint64_t)(strtod(at + strlen(key), NULL) * 100 + 0.5) : 0;
}

static void read_v2(const char *folder, const char *root, hf_cgroup_account *a)
{
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    a->limit = least_limit(folder, root, "memory.max");
    a->soft = least_limit(folder, root, "memory.high");
    a->current = number_in(folder, "memory.current", 0);
    a->swap = number_in(folder, "memory.swap.current", 0);
    if (read_in(folder, "memory.stat", &text)) {
        a->anonymous = field(&text, "anon");
        a->shared = field(&text, "shmem");
        uint64_t file = field(&text, "file"); /* counts shared memory too */
        a->file = file > a->shared ? file - a->shared : 0;
        a->kernel = field(&text, "kernel"); /* since 5.18 */
        if (!a->kernel)
            a->kernel = field(&text, "kernel_stack") + field(&text, "pagetables") +
                        field(&text, "percpu") + field(&text, "slab");
        a->sockets = field(&text, "sock");
        a->reclaimable = field(&text, "inactive_file");
    }
    if (read_in(folder, "memory.events", &text)) {
        a->at_limit = field(&text, "max");
        a->killed = field(&text, "oom_kill");
    }
    if (read_in(folder, "memory.pressure", &text)) {
        const char *line = hf_buf_string(&text);
        a->stalled10 = pressure_in(line, "some avg10=");
        a->stalled60 = pressure_in(line, "avg60=");
    }
}

static void read_v1(const char *folder, const char *root, hf_cgroup_account *a)
{
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    a->limit = least_limit(folder, root, "memory.limit_in_bytes");
    a->soft = UINT64_MAX;
    a->current = number_in(folder, "memory.usage_in_bytes", 0);
    a->kernel = number_in(folder, "memory.kmem.usage_in_bytes", 0);
    a->sockets = number_in(folder, "memory.kmem.tcp.usage_in_bytes", 0);
    a->at_limit = number_in(folder, "memory.failcnt", 0);
    if (read_in(folder, "memory.stat", &text)) {
        a->anonymous = field(&text, "total_rss");
        a->shared = field(&text, "total_shmem");
        uint64_t cache = field(&text, "total_cache"); /* counts shared memory too */
        a->file = cache > a->shared ? cache - a->shared : 0;
        a->swap = field(&text, "total_swap");
        a->reclaimable = field(&text, "total_inactive_file");
    }
    if (read_in(folder, "memory.oom_control", &text))
        a->killed = field(&text, "oom_kill");
}

/* Keeps the largest; the last of them makes room. */
static void add_member(hf_cgroup_account *a, size_t *kept, const hf_cgroup_member *member)
{
    size_t i = *kept < HF_CGROUP_MEMBERS ? (*kept)++ : HF_CGROUP_MEMBERS - 1;
    if (i == HF_CGROUP_MEMBERS - 1 && a->members[i].pid &&
        a->members[i].anonymous >= member->anonymous)
        return;
    for (; i && a->members[i - 1].anonymous < member->anonymous; i--)
        a->members[i] = a->members[i - 1];
    a->members[i] = *member;
}

static bool describe_member(pid_t pid, hf_cgroup_member *ret)
{
    HF_AUTO(hf_buf_deinit) hf_buf name = {0};
    hf_proc_status status;
    if (hf_proc_status_of(pid, &status))
        return false;
    *ret = (hf_cgroup_member){.pid = pid, .rss = status.rss, .anonymous = status.anonymous};
    if (hf_proc_read(pid, "comm", &name) == 0)
        snprintf(ret->name, sizeof(ret->name), "%s", hf_buf_string(&name));
    ret->name[strcspn(ret->name, "\n")] = 0;
    return true;
}

/* Processes of other pid namespaces are shown as 0. */
static void read_members(const char *folder, hf_cgroup_account *a)
{
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    if (!read_in(folder, "cgroup.procs", &text))
        return;
    size_t kept = 0;
    const char *at = hf_buf_string(&text);
    for (char *end; a->member_count < MEMBERS_READ; at = end) {
        long pid = strtol(at, &end, 10);
        if (end == at)
            return;
        a->member_count++;
        hf_cgroup_member member;
        if (pid > 0 && describe_member((pid_t)pid, &member))
            add_member(a, &kept, &member);
    }
}

void hf_cgroup_account_of_folder(const char *folder, const char *root, int version,
                                 hf_cgroup_account *ret)
{
    *ret = (hf_cgroup_account){.version = (uint32_t)version};
    (version == 2 ? read_v2 : read_v1)(folder, root, ret);
    read_members(folder, ret);
}

void hf_cgroup_account_of(pid_t pid, hf_cgroup_account *ret)
{
    *ret = (hf_cgroup_account){0};
    HF_AUTO(hf_freep) hf_cgroup_place *place = calloc(1, sizeof(*place));
    if (!place || !hf_cgroup_find(pid, place))
        return;
    hf_cgroup_account_of_folder(place->folder, place->root, place->version, ret);
    if (!ret->current && !ret->anonymous) { /* such a hierarchy has no memory controller here */
        *ret = (hf_cgroup_account){0};
        return;
    }
    snprintf(ret->path, sizeof(ret->path), "%.*s", HF_CGROUP_PATH - 1, place->path);
}
