/* analyse/diagnose.h - which object grows, what holds it, what kind of mistake that is. */
#ifndef HF_ANALYSE_DIAGNOSE_H
#define HF_ANALYSE_DIAGNOSE_H

#include "analyse/difference.h"
#include "base/cleanup.h"

typedef enum hf_verdict {
    HF_VERDICT_NO_LEAK = 0,
    HF_VERDICT_SUSPECTS = 1,
    HF_VERDICT_TOO_EARLY = 4,
} hf_verdict;

/* Texts are owned by the diagnosis. */
typedef struct hf_suspect {
    const char *path;     /* "module shop.pricing._quotes" */
    const char *type;     /* "dict of shop.pricing.Quote" */
    const char *pattern;  /* a word of the vocabulary: "unbounded-cache", "none" where harmless */
    const char *evidence; /* one or two lines */
    const char *fix;      /* one sentence */
    const char *site;     /* "pricing.py:23 in quote_for"; "" where not known */
    /* Where what grew was allocated, "pricing.py:42 (61 %), pricing.py:44 (22 %)"; "" unless
     * tracemalloc was on in the process. `site` is then the first of these. */
    const char *allocated;
    const char *known; /* what is known of this container, with its source; "" for most */
    bool harmless;     /* known to stop at a bound that it has not reached: explains, accuses not */
    /* of one snapshot: memory has come together there, whether it grows is not known */
    bool opinion;
    bool imported;     /* may be what imports make that go on: analyse/importing.h */
    bool of_nobody;    /* memory of C code: no object has it, and more of it may be there */
    uint64_t address;  /* of the holder; 0 where there is none */
    uint64_t retained; /* bytes now */
    int64_t grown;     /* bytes between first and last snapshot */
    int64_t grown_objects;
    uint64_t length; /* len() of the holder now */
    double bytes_per_second;
    double confidence; /* 0 .. 1 */
    double weight;     /* by which they are ranked */
} hf_suspect;

typedef struct hf_diagnosis {
    hf_verdict verdict;
    const char *summary;  /* one sentence */
    double seconds;       /* watched */
    double smallest_rate; /* bytes per second that it could have seen; with no leak */
    hf_suspect *suspects; /* worst first; behind these, what is harmless */
    size_t suspect_count, harmless_count;
    /* Between first and last snapshot: */
    int64_t rss_grown, heap_grown;
    uint64_t heap_bytes, garbage_bytes, c_held_bytes;
} hf_diagnosis;

/* graphs: 1 to N snapshots of one process, oldest first. Of one snapshot the suspects are opinions,
 * and the verdict is that it is too early. The caller owns *ret. */
hf_err *hf_diagnose(hf_graph *const *graphs, size_t count, hf_diagnosis **ret);
void hf_diagnosis_free(hf_diagnosis *d);
HF_RELEASE_BY(hf_diagnosis, hf_diagnosis_free)

#endif
