/* analyse/unsharing.h - why a forked worker no longer shares its pages: bookkeeping of CPython, or
 * data.
 *
 * CPython keeps the reference count of an object in the object, and the collector its links and,
 * while it runs, a copy of the count in a header before it. So looking at an object writes to its
 * page, and a collection writes to the page of every object that it goes through; afterwards most
 * words are what they were. The pages that a worker has no longer in common with its parent
 * (acquire/inherited.h) are held against the objects that the parent has there:
 *
 *     kept      the words differ only in counts and headers of objects of the same type, or not at
 *               all: only bookkeeping was written
 *     changed   others differ too: objects were changed, freed, or made there
 *     bare      the parent has no object there: buffers, memory of C code
 *
 * That a page was kept says not who wrote, since a count that goes up and down again, and a header
 * that is put back, leave nothing behind. But the collector never writes to pages of objects that
 * it does not know of (strings, numbers): how many of these are apart says how often counts alone
 * would have done it. What the pages of tracked objects have above that is the collector's,
 * provided that it ran at all. */
#ifndef HF_ANALYSE_UNSHARING_H
#define HF_ANALYSE_UNSHARING_H

#include "acquire/footprint.h"
#include "acquire/inherited.h"
#include "graph/graph.h"

/* Numbers of pages. */
typedef struct hf_unsharing_pages {
    uint64_t common;
    uint64_t kept;
    uint64_t recounted; /* of these, such with a count that differs */
    uint64_t relinked;  /* of these, such with a header that differs, but no count */
    uint64_t changed;
} hf_unsharing_pages;

typedef struct hf_unsharing {
    hf_graph *graph;            /* that tells where objects are */
    hf_unsharing_pages tracked; /* with an object that the collector goes through, not frozen */
    hf_unsharing_pages plain;   /* with other objects only */
    uint64_t bare;
    uint64_t alike;        /* of these, such in which no word differs */
    uint64_t count_words;  /* words that differ: counts */
    uint64_t header_words; /* headers of the collector */
    uint64_t other_words;  /* all others */
    uint32_t next;         /* object to begin the search with */
    uint64_t next_page;
} hf_unsharing;

/* The graph of the parent, or of the worker: where both have an object of the same type,
 * it tells so. */
hf_unsharing hf_unsharing_begin(hf_graph *objects);

/* Counts one page. */
void hf_unsharing_add(hf_unsharing *u, const hf_inherited_page *page);

/* What follows. Bytes. */
typedef struct hf_unsharing_verdict {
    bool collected;     /* a full collection has run in either since the fork */
    bool touched_known; /* there are enough pages without tracked objects */
    double touched;     /* part of these that counts have unshared, 0 .. 1 */
    uint64_t common, others, fresh, swapped; /* fresh: pages that only the worker has */
    uint64_t apart;                          /* the sum of: */
    uint64_t collector, counts, changed, bare;
} hf_unsharing_verdict;

/* `parent` and `worker`: what their collectors say of themselves now. */
hf_unsharing_verdict hf_unsharing_conclude(const hf_unsharing *u, const hf_inherited *pages,
                                           const hf_collector_info *parent,
                                           const hf_collector_info *worker);

/* A worker whose memory grew while it was watched. Bytes. */
typedef struct hf_unsharing_growth {
    bool is_cause;              /* of its growth: pages of its own took the place of shared ones */
    pid_t parent;               /* that it was forked from; 0: not known, or nobody */
    int64_t private_grown;      /* pages that only it has */
    int64_t shared_lost;        /* pages that it shared */
    int64_t heap_grown;         /* objects */
    hf_unsharing_verdict pages; /* all since the fork; where is_cause and a parent is known */
} hf_unsharing_growth;

/* Whether it was unsharing that made private memory grow, and not what was allocated: RSS counts a
 * page before and after alike, so that nothing but private and shared pages show it. */
hf_unsharing_growth hf_unsharing_growth_of(const hf_footprint *first, const hf_footprint *last,
                                           int64_t heap_grown);

#endif
