#include "acquire/files.h"

#include "acquire/inside.h"
#include "acquire/source_file.h"
#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { LARGEST = 1 << 30 }; /* bytes of a file; CPython with all its debug information has 30 MB */

void hf_target_add_file(hf_target *t, uint64_t inode, const char *path, uint8_t *bytes, size_t size)
{
    const char *slash = strrchr(path, '/');
    if (t->file_count == HF_FILES_MAX)
        return;
    hf_target_file *f = &t->files[t->file_count++];
    *f = (hf_target_file){.inode = inode, .bytes = bytes, .size = size};
    snprintf(f->name, sizeof(f->name), "%s", slash ? slash + 1 : path);
}

static void map(hf_target *t, int fd, uint64_t inode, const char *path, bool is_the_binary)
{
    struct stat st;
    if (t->file_count == HF_FILES_MAX || fstat(fd, &st) || !S_ISREG(st.st_mode) ||
        st.st_size <= 0 || st.st_size > LARGEST || (is_the_binary && st.st_ino != inode))
        return;
    /* Writable, for a reader that unpacks sections where they are. */
    void *bytes =
        mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
    if (bytes == MAP_FAILED)
        return;
    madvise(bytes, (size_t)st.st_size, MADV_DONTDUMP);
    hf_target_add_file(t, inode, path, bytes, (size_t)st.st_size);
    t->owns_files = true;
}

static bool is_mapped(const hf_target *t, uint64_t inode)
{
    for (size_t i = 0; i < t->file_count; i++)
        if (t->files[i].inode == inode)
            return true;
    return false;
}

bool hf_file_may_be_python(const char *path, const char *executable)
{
    const char *name = strrchr(path, '/');
    return name && (!strncmp(name, "/python", 7) || !strncmp(name, "/libpython", 10) ||
                    !strcmp(path, executable));
}

void hf_target_map_files(hf_target *t, pid_t pid)
{
    for (size_t i = 0; i < t->maps.count; i++) {
        const hf_mapping *m = &t->maps.items[i];
        if (!m->inode || is_mapped(t, m->inode) ||
            !hf_file_may_be_python(m->path, t->info.executable))
            continue;
        HF_AUTO(hf_closep) int fd = hf_source_open(pid, t->info.start_time, m->path);
        if (fd >= 0)
            map(t, fd, m->inode, m->path, true);
    }
}

void hf_target_map_debug_file(hf_target *t, size_t number, pid_t pid, const hf_build_id *id)
{
    char hex[HF_BUILD_ID_TEXT], path[HF_BUILD_ID_TEXT + 64];
    hf_build_id_text(id, hex);
    if (number >= t->file_count || strlen(hex) < 4)
        return;
    snprintf(path, sizeof(path), "/usr/lib/debug/.build-id/%.2s/%s.debug", hex, hex + 2);
    const pid_t roots[] = {pid, 0};
    for (size_t i = 0; i < 2; i++) {
        HF_AUTO(hf_closep) int fd = hf_source_open(roots[i], t->info.start_time, path);
        if (fd >= 0) {
            map(t, fd, t->files[number].inode, path, false);
            return;
        }
    }
}

const hf_target_file *hf_target_files(const hf_target *t, size_t *ret_count)
{
    *ret_count = t->file_count;
    return t->files;
}

/* What the kernel maps behind a file, zeros, has no name: the binary is in front of it. */
static uint64_t inode_at(const hf_target *t, uint64_t addr)
{
    for (size_t i = 0; i < t->maps.count; i++) {
        const hf_mapping *m = &t->maps.items[i];
        if (addr < m->start || addr >= m->end)
            continue;
        while (!m->inode && m > t->maps.items && m[-1].end == m->start)
            m--;
        return m->inode;
    }
    return 0;
}

size_t hf_target_files_of(const hf_target *t, uint64_t addr,
                          const hf_target_file *ret[HF_FILES_MAX])
{
    uint64_t inode = inode_at(t, addr);
    size_t count = 0;
    for (size_t i = 0; inode && i < t->file_count; i++)
        if (t->files[i].inode == inode)
            ret[count++] = &t->files[i];
    return count;
}

void hf_target_unmap_files(hf_target *t)
{
    for (size_t i = 0; t->owns_files && i < t->file_count; i++)
        munmap(t->files[i].bytes, t->files[i].size);
    t->file_count = 0;
}
