/* acquire/core_file.h - the headers and notes of an ELF core file.
 *
 * All bytes are a stranger's: every number is held against the size of the file before it is used,
 * nothing is allocated for more than the bytes that are there could describe, and what program
 * headers say is in the file may not add up to more than the file. Formats: System V gABI; fs/
 * binfmt_elf.c and include/uapi/linux/elf.h of the kernel. gdb's gcore writes the same notes, but
 * leaves out program headers of memory that it does not save, and aligns nothing. */
#ifndef HF_ACQUIRE_CORE_FILE_H
#define HF_ACQUIRE_CORE_FILE_H

#include "acquire/target.h"
#include "base/strtab.h"

/* Memory of the process, as a PT_LOAD tells it. */
typedef struct hf_core_load {
    uint64_t start, end;
    uint64_t offset;  /* in the core file */
    uint64_t written; /* bytes that are meant to be in the file: the rest was left out */
    uint64_t present; /* bytes that are: less where the file was cut off */
    bool readable, writable, executable;
} hf_core_load;

/* A file that was mapped, as NT_FILE tells it. */
typedef struct hf_core_mapped {
    uint64_t start, end;
    uint64_t offset; /* in the mapped file */
    uint32_t path;   /* number in hf_core_file.paths */
} hf_core_mapped;

typedef struct hf_core_file {
    const uint8_t *bytes;
    size_t size;
    hf_core_load *loads; /* sorted by address, not overlapping, like `mapped` */
    size_t load_count;
    hf_core_mapped *mapped;
    size_t mapped_count;
    hf_strtab paths;
    hf_thread *threads; /* the one that ended the process first */
    size_t thread_count;
    pid_t pid;
    uid_t uid;
    gid_t gid;
    char name[17], arguments[81]; /* the kernel keeps no more of them */
    uint64_t entry;               /* AT_ENTRY: where the executable starts; 0 when not told */
    uint64_t random;              /* AT_RANDOM: where 16 bytes lie that name the process; or 0 */
    const uint8_t *facts;         /* the description of our own note (core_facts.h), or NULL */
    size_t facts_size;
    uint64_t written, present; /* bytes, of all loads together */
    size_t odd;                /* program headers that contradict others, left out */
} hf_core_file;

/* Whether the bytes begin like a core file, of whatever machine. */
bool hf_core_is(const uint8_t *bytes, size_t size);

/* Reads them. HF_ERR_NOT_OURS: no core file, or one of another kind of machine; HF_ERR_DAMAGED:
 * its headers cannot be. The bytes must outlive *ret; the caller calls hf_core_file_deinit(). */
hf_err *hf_core_file_parse(const uint8_t *bytes, size_t size, hf_core_file *ret);
void hf_core_file_deinit(hf_core_file *core);

/* The load or the mapped file that addr lies in, or NULL. */
const hf_core_load *hf_core_load_at(const hf_core_file *core, uint64_t addr);
const hf_core_mapped *hf_core_mapped_at(const hf_core_file *core, uint64_t addr);

/* Walks the notes of `size` bytes, each told with its name, type and description; until `tell`
 * says false, or they make no sense. alignment: 4, or 8 for some notes of binaries. */
typedef struct hf_note {
    const char *name; /* not terminated */
    size_t name_size;
    uint32_t type;
    const uint8_t *description;
    size_t size;
} hf_note;

void hf_notes_walk(const uint8_t *bytes, size_t size, size_t alignment,
                   bool (*tell)(void *context, const hf_note *note), void *context);

bool hf_note_is(const hf_note *note, const char *name, uint32_t type);

/* Takes from a note what it knows; false when memory ran out. (core_notes.c) */
bool hf_core_take_note(hf_core_file *core, const hf_note *note);

#endif
