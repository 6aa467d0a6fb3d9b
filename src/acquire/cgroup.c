#include "acquire/cgroup.h"

#include "acquire/proc.h"
#include "base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_LIMIT (UINT64_C(1) << 60) /* v1 says 0x7ffffffffffff000 */

enum { PATH_SIZE = 4096 };

static bool number_in(const char *folder, const char *name, uint64_t *ret)
{
    char path[PATH_SIZE + 64];
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (hf_proc_read_file(path, &text))
        return false;
    char *end;
    const char *line = hf_buf_string(&text);
    uint64_t value = strtoull(line, &end, 10);
    if (end == line) /* "max" */
        return false;
    *ret = value;
    return true;
}

/* File pages that the kernel gives up before anything is killed. */
static uint64_t reclaimable(const char *folder, const char *key)
{
    char path[PATH_SIZE + 64];
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    uint64_t value = 0;
    snprintf(path, sizeof(path), "%s/memory.stat", folder);
    if (hf_proc_read_file(path, &text) == 0)
        hf_proc_field((const char *)text.data, text.length, key, &value);
    return value;
}

static hf_headroom headroom_at(const char *folder, int version)
{
    const bool v2 = version == 2;
    hf_headroom room = {.bytes = UINT64_MAX};
    uint64_t limit = UINT64_MAX, high, usage, together = 0;
    bool limited = number_in(folder, v2 ? "memory.max" : "memory.limit_in_bytes", &limit);
    if (v2 && number_in(folder, "memory.high", &high)) {
        limit = high < limit ? high : limit;
        limited = true;
    }
    if (v2 && number_in(folder, "memory.oom.group", &together))
        room.all_die_together = together != 0;
    if (!limited || limit >= NO_LIMIT ||
        !number_in(folder, v2 ? "memory.current" : "memory.usage_in_bytes", &usage))
        return room;
    uint64_t cache = reclaimable(folder, v2 ? "inactive_file" : "total_inactive_file");
    usage = usage > cache ? usage - cache : 0;
    room.bytes = limit > usage ? limit - usage : 0;
    return room;
}

hf_headroom hf_headroom_of_folder(const char *folder, const char *root, int version)
{
    hf_headroom least = {.bytes = UINT64_MAX};
    char path[PATH_SIZE];
    size_t root_length = strlen(root);
    if (strlen(folder) >= sizeof(path) || strncmp(folder, root, root_length) != 0 ||
        strstr(folder, "/.."))
        return least;
    memcpy(path, folder, strlen(folder) + 1);
    for (;;) {
        hf_headroom room = headroom_at(path, version);
        least.bytes = room.bytes < least.bytes ? room.bytes : least.bytes;
        /* A limit above kills as a group only when the group it is set on says so; being careful
         * at any level costs nothing but a refusal. */
        least.all_die_together |= room.all_die_together;
        char *slash = strrchr(path, '/');
        if (!slash || strlen(path) <= root_length)
            return least;
        *slash = 0;
        if (strlen(path) < root_length)
            return least;
    }
}

/* Where a cgroup hierarchy is mounted, and which part of it. */
typedef struct mount_point {
    char folder[PATH_SIZE], root[PATH_SIZE];
    bool found;
} mount_point;

/* A line of /proc/self/mountinfo: "id parent dev ROOT FOLDER options... - TYPE source SUPER". */
static void take_mount(char *line, mount_point *v1, mount_point *v2)
{
    enum { ROOT = 3, FOLDER = 4, TYPE = 0, SUPER = 2 };
    char *before[FOLDER + 1] = {0}, *after[SUPER + 1] = {0};
    char *dash = strstr(line, " - ");
    if (!dash)
        return;
    *dash = 0;
    char *rest = dash + 3;
    for (size_t i = 0; i <= FOLDER; i++)
        before[i] = strsep(&line, " ");
    for (size_t i = 0; i <= SUPER; i++)
        after[i] = strsep(&rest, " ");
    if (!before[FOLDER] || !after[SUPER])
        return;
    mount_point *m = NULL;
    if (strcmp(after[TYPE], "cgroup2") == 0)
        m = v2;
    else if (strcmp(after[TYPE], "cgroup") == 0 && strstr(after[SUPER], "memory"))
        m = v1;
    if (!m || m->found)
        return;
    m->found = true;
    snprintf(m->folder, sizeof(m->folder), "%s", before[FOLDER]);
    snprintf(m->root, sizeof(m->root), "%s", before[ROOT]);
}

static void find_mounts(mount_point *v1, mount_point *v2)
{
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    if (hf_proc_read_file("/proc/self/mountinfo", &text))
        return;
    hf_buf_string(&text);
    char *rest = NULL;
    for (char *line = text.data ? strtok_r((char *)text.data, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest))
        take_mount(line, v1, v2);
}

static void take_least(hf_headroom *least, hf_headroom room)
{
    least->bytes = room.bytes < least->bytes ? room.bytes : least->bytes;
    least->all_die_together |= room.all_die_together;
}

/* A line of /proc/PID/cgroup: "number:controllers:path"; v2 has no controllers. False where the
 * line is not about memory, or its hierarchy is not mounted here. */
static bool read_group(char *line, const mount_point *v1, const mount_point *v2,
                       hf_cgroup_place *ret)
{
    char *controllers = strchr(line, ':');
    char *path = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!path)
        return false;
    *path++ = 0;
    controllers++;
    const mount_point *m = !*controllers ? v2 : strstr(controllers, "memory") ? v1 : NULL;
    if (!m || !m->found)
        return false;
    snprintf(ret->path, sizeof(ret->path), "%s", path);
    size_t root = strlen(m->root);
    if (root > 1 && strncmp(path, m->root, root) == 0)
        path += root;
    snprintf(ret->folder, sizeof(ret->folder), "%s%s", m->folder,
             strcmp(path, "/") == 0 ? "" : path);
    snprintf(ret->root, sizeof(ret->root), "%s", m->folder);
    ret->version = m == v2 ? 2 : 1;
    return true;
}

/* Calls back for each hierarchy that may charge a process for memory. */
static void each_group(pid_t pid, void (*group)(void *context, const hf_cgroup_place *place),
                       void *context)
{
    HF_AUTO(hf_freep) mount_point *mounts = calloc(2, sizeof(*mounts));
    HF_AUTO(hf_freep) hf_cgroup_place *place = calloc(1, sizeof(*place));
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    if (!mounts || !place || hf_proc_read(pid, "cgroup", &text))
        return;
    find_mounts(&mounts[0], &mounts[1]);
    hf_buf_string(&text);
    char *rest = NULL;
    for (char *line = text.data ? strtok_r((char *)text.data, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest))
        if (read_group(line, &mounts[0], &mounts[1], place))
            group(context, place);
}

static void take_headroom(void *context, const hf_cgroup_place *place)
{
    take_least(context, hf_headroom_of_folder(place->folder, place->root, place->version));
}

/* With both versions mounted, memory is charged in the first: only one has the controller. */
static void take_place(void *context, const hf_cgroup_place *place)
{
    hf_cgroup_place *found = context;
    if (!found->version || place->version < found->version)
        *found = *place;
}

bool hf_cgroup_find(pid_t pid, hf_cgroup_place *ret)
{
    ret->version = 0;
    each_group(pid, take_place, ret);
    return ret->version != 0;
}

hf_headroom hf_headroom_of(pid_t pid)
{
    hf_headroom least = {.bytes = UINT64_MAX};
    HF_AUTO(hf_buf_deinit) hf_buf memory = {0};
    uint64_t available;
    if (hf_proc_read_file("/proc/meminfo", &memory) == 0 &&
        hf_proc_field((const char *)memory.data, memory.length, "MemAvailable", &available))
        least.bytes = available * 1024;
    each_group(pid, take_headroom, &least);
    return least;
}

/* A program that writes to all of its memory as fast as it can doubles some two megabytes a
 * millisecond, and who watches that may have to wait for a processor: a tenth of a second is little
 * on a busy machine. */
uint64_t hf_headroom_needed(uint64_t anonymous, bool all_die_together, bool has_priority)
{
    const uint64_t margin = UINT64_C(16) << 20,
                   least = (has_priority ? UINT64_C(64) : UINT64_C(256)) << 20;
    uint64_t tables = anonymous / 512, share = anonymous / 10;
    share = share > least ? share : least;
    if (all_die_together || share > anonymous)
        share = anonymous;
    return tables + margin + share;
}

uint64_t hf_headroom_reserve(uint64_t anonymous)
{
    const uint64_t margin = UINT64_C(24) << 20, share = anonymous / 50;
    return share > margin ? share : margin;
}
