/* The notes of a core file: threads, names, mapped files. */
#include "acquire/core_file.h"
#include "base/array.h"
#include "base/bytes.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#ifndef NT_FILE
#define NT_FILE 0x46494c45
#endif

/* struct elf_prstatus and elf_prpsinfo of a 64-bit kernel, up to what is read here: the same on
 * all its architectures. */
enum {
    PRSTATUS_PID = 32,
    PRSTATUS_LEAST = 36,
    PRPSINFO_UID = 16,
    PRPSINFO_GID = 20,
    PRPSINFO_PID = 24,
    PRPSINFO_NAME = 40,
    PRPSINFO_ARGUMENTS = 56,
    PRPSINFO_SIZE = 136,
};

static size_t round_up(size_t n, size_t alignment)
{
    return (n + alignment - 1) & ~(alignment - 1);
}

void hf_notes_walk(const uint8_t *bytes, size_t size, size_t alignment,
                   bool (*tell)(void *context, const hf_note *note), void *context)
{
    hf_cursor c = hf_cursor_over(bytes, size);
    while (hf_cursor_left(&c) >= 12) {
        uint32_t name_size = hf_cursor_u32(&c), description_size = hf_cursor_u32(&c);
        hf_note note = {.type = hf_cursor_u32(&c)};
        note.name = (const char *)hf_cursor_bytes(&c, name_size);
        note.name_size = name_size;
        size_t behind = round_up(12 + (size_t)name_size, alignment) - 12 - name_size;
        hf_cursor_bytes(&c, behind < hf_cursor_left(&c) ? behind : hf_cursor_left(&c));
        note.description = hf_cursor_bytes(&c, description_size);
        note.size = description_size;
        if (c.bad || !tell(context, &note))
            return;
        behind = round_up(description_size, alignment) - description_size;
        hf_cursor_bytes(&c, behind < hf_cursor_left(&c) ? behind : hf_cursor_left(&c));
    }
}

bool hf_note_is(const hf_note *note, const char *name, uint32_t type)
{
    size_t length = strlen(name);
    return note->type == type && note->name_size >= length && !memcmp(note->name, name, length) &&
           (note->name_size == length || !note->name[length]);
}

static bool take_thread(hf_core_file *core, const hf_note *note)
{
    if (note->size < PRSTATUS_LEAST)
        return true;
    if (!hf_array_next(&core->threads, core->thread_count))
        return false;
    pid_t tid = (pid_t)hf_load_u32(note->description + PRSTATUS_PID);
    core->threads[core->thread_count++] = (hf_thread){.tid = tid};
    return true;
}

/* A text of at most `size` bytes that may lack its zero byte, with what a terminal would act on
 * left to whoever prints it. */
static void take_text(char *to, const uint8_t *from, size_t size)
{
    memcpy(to, from, size);
    to[size] = 0;
    for (size_t n = strlen(to); n && to[n - 1] == ' '; n--)
        to[n - 1] = 0;
}

static void take_names(hf_core_file *core, const hf_note *note)
{
    if (note->size < PRPSINFO_SIZE)
        return;
    uint32_t pid = hf_load_u32(note->description + PRPSINFO_PID);
    core->pid = pid <= INT32_MAX ? (pid_t)pid : 0;
    core->uid = hf_load_u32(note->description + PRPSINFO_UID);
    core->gid = hf_load_u32(note->description + PRPSINFO_GID);
    take_text(core->name, note->description + PRPSINFO_NAME, sizeof(core->name) - 1);
    take_text(core->arguments, note->description + PRPSINFO_ARGUMENTS, sizeof(core->arguments) - 1);
}

static void take_vector(hf_core_file *core, const hf_note *note)
{
    for (size_t at = 0; at + 16 <= note->size; at += 16) {
        uint64_t type = hf_load_u64(note->description + at);
        uint64_t value = hf_load_u64(note->description + at + 8);
        if (type == AT_ENTRY)
            core->entry = value;
        else if (type == AT_RANDOM)
            core->random = value;
    }
}

/* NT_FILE: their number, the unit of offsets, three words for each, then the paths. */
static bool take_files(hf_core_file *core, const hf_note *note)
{
    hf_cursor c = hf_cursor_over(note->description, note->size);
    uint64_t count = hf_cursor_u64(&c), unit = hf_cursor_u64(&c);
    if (c.bad || core->mapped || !count || count > hf_cursor_left(&c) / 25)
        return true; /* a file takes 24 bytes and the end of its path */
    hf_cursor rows = hf_cursor_over(c.p, count * 24);
    hf_cursor_bytes(&c, count * 24);
    core->mapped = calloc(count, sizeof(*core->mapped));
    if (!core->mapped)
        return false;
    for (uint64_t i = 0; i < count; i++) {
        const char *path = (const char *)c.p;
        const char *end = hf_cursor_left(&c) ? memchr(path, 0, hf_cursor_left(&c)) : NULL;
        if (!end)
            return true;
        hf_cursor_bytes(&c, (size_t)(end - path) + 1);
        hf_core_mapped m = {.start = hf_cursor_u64(&rows), .end = hf_cursor_u64(&rows)};
        if (__builtin_mul_overflow(hf_cursor_u64(&rows), unit, &m.offset) || m.start >= m.end)
            continue;
        m.path = hf_strtab_add(&core->paths, path, (size_t)(end - path));
        if (m.path == HF_STR_NONE)
            return false;
        core->mapped[core->mapped_count++] = m;
    }
    return true;
}

bool hf_core_take_note(hf_core_file *core, const hf_note *note)
{
    if (hf_note_is(note, "CORE", NT_PRSTATUS))
        return take_thread(core, note);
    if (hf_note_is(note, "CORE", NT_FILE))
        return take_files(core, note);
    if (hf_note_is(note, "CORE", NT_PRPSINFO))
        take_names(core, note);
    else if (hf_note_is(note, "CORE", NT_AUXV))
        take_vector(core, note);
    else if (hf_note_is(note, "HOLDFAST", 1) && !core->facts) {
        core->facts = note->description;
        core->facts_size = note->size;
    }
    return true;
}
