/* analyse/common_suspects.h - the same leak in several processes of a server, told once.
 *
 * Workers run the same program, so that one mistake shows in each of them, at other
 * addresses and under other keys. What two diagnoses name is the same leak when it has the
 * same signature (signature.h). */
#ifndef HF_ANALYSE_COMMON_SUSPECTS_H
#define HF_ANALYSE_COMMON_SUSPECTS_H

#include "analyse/signature.h"

typedef struct hf_common_suspect {
    hf_suspect worst; /* of the process where it grew most; its texts are owned */
    char *finding;    /* what was found out about that one elsewhere; owned, or NULL */
    hf_signature signature;
    size_t *processes; /* as the caller numbers them, in the order in which they were added */
    size_t count;
    /* In all of them together: */
    uint64_t retained;
    int64_t grown, grown_objects;
    double bytes_per_second;
} hf_common_suspect;

typedef struct hf_common_suspects {
    hf_common_suspect *rows;
    size_t count;
} hf_common_suspects;

/* Adds the suspects of one process. findings: of each suspect a text that goes with it, or
 * NULL; or NULL. */
hf_err *hf_common_suspects_add(hf_common_suspects *c, const hf_diagnosis *diagnosis,
                               char *const *findings, size_t process);

/* Puts first what grows fastest in all. */
void hf_common_suspects_rank(hf_common_suspects *c);

void hf_common_suspects_deinit(hf_common_suspects *c);

#endif
