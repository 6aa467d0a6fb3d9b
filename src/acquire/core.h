/* acquire/core.h - a core file as a target.
 *
 * A core file comes from a stranger, and may name any file as one that its process had mapped. So
 * the work is split: whoever may open files opens them and parses nothing; whoever parses has
 * nothing to lose (the sandbox of graph/sandbox.h) and finds all bytes mapped.
 *
 *     opener    hf_core_input_open()     maps the file
 *     parser    hf_core_survey()         which binaries are needed
 *     opener    hf_core_input_find()     maps what could be those binaries
 *     parser    hf_target_open_core()    believes the ones that prove to be
 *
 * A mapped file that is cut off by somebody while it is read raises SIGBUS, which ends the sandbox
 * and is told as an error. Nothing of this machine's /proc is asked. */
#ifndef HF_ACQUIRE_CORE_H
#define HF_ACQUIRE_CORE_H

#include "acquire/freeze.h"
#include "base/buf.h"

/* What the first bytes of a file say that it is; HF_FILE_KIND_BYTES of them are enough. */
typedef enum hf_file_kind {
    HF_FILE_OTHER,
    HF_FILE_CORE,
    HF_FILE_LZ4, /* compressed, perhaps a core file: systemd-coredump wrote them so */
    HF_FILE_XZ,
    HF_FILE_GZIP,
    HF_FILE_ZSTD,
} hf_file_kind;

enum { HF_FILE_KIND_BYTES = 20 };

hf_file_kind hf_file_kind_of(const uint8_t *bytes, size_t size);

/* A file that may be a needed binary. */
typedef struct hf_candidate {
    size_t need;    /* number in the survey */
    char *name;     /* as it was opened, for messages */
    bool vouched;   /* it lies below a folder that the user has named */
    uint8_t *bytes; /* mapped privately */
    size_t size;
} hf_candidate;

typedef struct hf_core_input {
    const uint8_t *bytes;
    size_t size;
    uint64_t modified; /* nanoseconds of CLOCK_REALTIME: when the file was last written */
    hf_candidate *candidates;
    size_t candidate_count;
} hf_core_input;

/* Where binaries are looked for, in this order: below each folder of `sysroots` (a list with
 * colons, or NULL) and then below the root of this machine, under their own path and under their
 * build-id (.build-id/); in the cache folder of debuginfod (NULL: none). */
typedef struct hf_core_places {
    const char *sysroots, *debuginfod;
} hf_core_places;

/* Maps a regular file that is open for reading; fd stays the caller's. The caller calls
 * hf_core_input_deinit(). */
hf_err *hf_core_input_open(int fd, hf_core_input *ret);
void hf_core_input_deinit(hf_core_input *in);

/* Appends which binaries the core file needs, for hf_core_input_find(). */
hf_err *hf_core_survey(const hf_core_input *in, hf_buf *ret);

/* Maps what could be the binaries of a survey, which a stranger may have written. Nothing but
 * regular files is opened. What is not found is no failure. HF_ERR_DAMAGED: no survey. */
hf_err *hf_core_input_find(hf_core_input *in, const uint8_t *survey, size_t size,
                           const hf_core_places *places);

/* The process as it was: a frozen target, with everything of it that could not be had told in
 * hf_target_info.missing. `in` must outlive *ret, which the caller owns. */
hf_err *hf_target_open_core(const hf_core_input *in, hf_target **ret);

/* Notes in a frozen target whether all words have the wanted value, where that was not known when
 * it was frozen: in a core file, and where no row said which words. */
void hf_target_note_rest(hf_target *frozen, const hf_rest_word *words, size_t count);

#endif
