/* analyse/drafts.h - suspects while they are collected and ranked. */
#ifndef HF_ANALYSE_DRAFTS_H
#define HF_ANALYSE_DRAFTS_H

#include "analyse/clues.h"
#include "analyse/diagnose.h"
#include "analyse/known.h"
#include "base/amount.h"

/* What all finders look at. */
typedef struct hf_case {
    const hf_timeline *timeline;       /* of one snapshot: as analyse/accumulation.h makes it */
    hf_graph *twice[2];                /* then its graphs */
    const hf_dominators *first, *last; /* of the first and the last snapshot */
    hf_growth growth;
    uint64_t *passing; /* roots that are variables of passing calls: analyse/calls.h */
    const hf_path_tree *paths;
    uint8_t *species;
    uint64_t *held_first, *held_last; /* by type of either graph: how many objects roots reach */
    hf_known *known;
    bool importing; /* the program still imports modules: analyse/importing.h */
    double seconds;
} hf_case;

/* What grew most of its kind. */
typedef struct hf_early {
    char *path;
    int64_t grown;          /* bytes */
    uint64_t length, bound; /* entries; bound 0: not known */
    bool young;             /* hf_is_young(), analyse/judgement.h */
} hf_early;

/* Texts are owned by the drafts until they are handed over. */
typedef struct hf_drafts {
    hf_suspect *rows;
    size_t count, capacity;
    hf_early early;   /* of what may still level off; path NULL where nothing does */
    hf_early filling; /* of what is near a bound that it keeps: no reason to look longer */
    bool failed;      /* out of memory */
} hf_drafts;

void hf_drafts_deinit(hf_drafts *d);

/* `weight` 0 becomes what it grew, by the confidence. Takes the texts of *s (all but pattern from
 * malloc; NULL counts as out of memory, but for `known`). */
void hf_drafts_add(hf_drafts *d, hf_suspect s);

/* Notes what may still level off; the largest is kept. The path is copied. */
void hf_drafts_note_early(hf_drafts *d, hf_early early);
/* Notes what stops at its bound: as early where it is far from that, else as filling. */
void hf_drafts_note_bounded(hf_drafts *d, hf_early early);

/* Makes of suspects that imports may have made, and of those that are small beside these, what may
 * still level off. */
void hf_drafts_acquit_imported(hf_drafts *d);

/* What the process has from the system, in memory or swapped out: without pages of files, where the
 * kernel tells them apart. (drafts.c) */
int64_t hf_anonymous_bytes(const hf_graph *g);

/* Of all objects. (drafts.c) */
int64_t hf_heap_bytes(const hf_graph *g);

/* What the allocators keep free; -1: not known. (drafts.c) */
int64_t hf_kept_free(const hf_graph *g);

/* Whether so many bytes of growth found their place in memory that the process had already: it
 * took less than a third of that from the system. Something was larger before, and was freed:
 * this very thing, between two points of a saw-tooth, or something else. False where that is
 * not known. (drafts.c) */
bool hf_fits_into_freed(const hf_timeline *t, int64_t grown);

/* Worst first, harmless last; drops what is small beside the worst and what is told twice. */
void hf_drafts_rank(hf_drafts *d);

/* The finders, each in a file of its own. */
hf_err *hf_suspects_held(hf_case *c, hf_drafts *out);   /* suspects_held.c */
hf_err *hf_suspects_unheld(hf_case *c, hf_drafts *out); /* suspects_unheld.c */
/* After the others, since memory lies free around what they accuse. (suspects_native.c) */
hf_err *hf_suspects_native(hf_case *c, hf_drafts *out);
hf_err *hf_opinions(hf_case *c, hf_drafts *out);        /* opinions.c: on one snapshot */
hf_err *hf_opinions_native(hf_case *c, hf_drafts *out); /* suspects_native.c */

/* Where the code is that makes the members: "pricing.py:12 in Quote.__init__", or "". (site.c)
 * Returns false when out of memory. */
bool hf_site_of_clues(hf_clues *c, hf_buf *out);
bool hf_site_of_type(hf_graph *g, uint32_t type, hf_buf *out);

/* The same of a function, method or code object; false where it does not say. (site.c) */
bool hf_site_of_value(hf_graph *g, uint32_t object, hf_buf *out);

/* Where these objects were allocated, in words; "" where that is not known. Where most of them
 * come from the program's own code, the first line replaces what `site` says. (allocated.c) */
hf_err *hf_allocated_of(const hf_graph *g, const uint32_t *objects, size_t count, hf_buf *site,
                        hf_buf *out);

#endif
