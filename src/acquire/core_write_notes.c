/* The notes of a core file that we write. */
#include "acquire/core_facts.h"
#include "acquire/core_write.h"
#include "base/page.h"

#include <elf.h>
#include <string.h>
#include <sys/procfs.h>

#ifndef NT_FILE
#define NT_FILE 0x46494c45
#endif

enum { PAGE = HF_PAGE_SIZE };

static void pad(hf_buf *b)
{
    while (b->length % 4 && !b->failed)
        hf_buf_char(b, 0);
}

static void add_note(hf_buf *ret, const char *name, uint32_t type, const void *bytes, size_t size)
{
    const uint32_t head[3] = {(uint32_t)strlen(name) + 1, (uint32_t)size, type};
    hf_buf_add(ret, head, sizeof(head));
    hf_buf_add(ret, name, head[0]);
    pad(ret);
    hf_buf_add(ret, bytes, size);
    pad(ret);
}

static void add_names(const hf_target_info *info, hf_buf *ret)
{
    struct elf_prpsinfo names = {.pr_uid = info->uid, .pr_gid = info->gid, .pr_pid = info->pid};
    const char *base = strrchr(info->executable, '/');
    base = base ? base + 1 : info->executable;
    memcpy(names.pr_fname, base, strnlen(base, sizeof(names.pr_fname) - 1));
    memcpy(names.pr_psargs, info->command, strnlen(info->command, sizeof(names.pr_psargs) - 1));
    add_note(ret, "CORE", NT_PRPSINFO, &names, sizeof(names));
}

/* Registers are zeros: but for the injected call nobody stopped these threads, so nobody knows. */
static void add_threads(const hf_target_info *info, hf_buf *ret)
{
    for (size_t i = 0; i < info->thread_count; i++) {
        struct elf_prstatus status = {.pr_pid = info->threads[i].tid};
        add_note(ret, "CORE", NT_PRSTATUS, &status, sizeof(status));
    }
}

static bool is_file(const hf_mapping *m)
{
    return m->inode && m->path[0] == '/';
}

static void add_files(const hf_maps *maps, hf_buf *ret)
{
    hf_buf note;
    hf_buf_init(&note, 0);
    uint64_t head[2] = {0, PAGE};
    for (size_t i = 0; i < maps->count; i++)
        head[0] += is_file(&maps->items[i]);
    hf_buf_add(&note, head, sizeof(head));
    for (size_t i = 0; i < maps->count; i++) {
        const hf_mapping *m = &maps->items[i];
        const uint64_t row[3] = {m->start, m->end, m->file_offset / PAGE};
        if (is_file(m))
            hf_buf_add(&note, row, sizeof(row));
    }
    for (size_t i = 0; i < maps->count; i++)
        if (is_file(&maps->items[i]))
            hf_buf_add(&note, maps->items[i].path, strlen(maps->items[i].path) + 1);
    if (head[0] && !note.failed)
        add_note(ret, "CORE", NT_FILE, note.data, note.length);
    ret->failed = ret->failed || note.failed;
    hf_buf_deinit(&note);
}

void hf_core_write_notes(const hf_maps *maps, const hf_target_info *info,
                         const hf_freeze_info *freeze, const hf_buf *auxv, hf_buf *ret)
{
    hf_buf facts;
    hf_buf_init(&facts, 0);
    add_threads(info, ret); /* readers take a thread for the first note of its kind on */
    add_names(info, ret);
    if (auxv->length)
        add_note(ret, "CORE", NT_AUXV, auxv->data, auxv->length);
    add_files(maps, ret);
    hf_core_facts_encode(info, freeze, &facts);
    add_note(ret, "HOLDFAST", 1, facts.data, facts.length);
    ret->failed = ret->failed || facts.failed;
    hf_buf_deinit(&facts);
}
