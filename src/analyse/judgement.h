/* analyse/judgement.h - what grows for good and what only looks like it. */
#ifndef HF_ANALYSE_JUDGEMENT_H
#define HF_ANALYSE_JUDGEMENT_H

#include "analyse/drafts.h"

typedef enum hf_judgement {
    HF_GROWS,         /* a leak */
    HF_TURNS_OVER,    /* as much goes as comes, or nobody keeps it */
    HF_MAY_LEVEL_OFF, /* too early to tell: it may stop or be emptied soon */
} hf_judgement;

/* Bytes that the row grew for good: entries that came only to replace others do not count; nor does
 * what several old objects share, of what only roots dominate. */
int64_t hf_lasting_growth(const hf_clues *c);

/* growth: what hf_lasting_growth() says, and what else is charged to the row. */
hf_judgement hf_judge(const hf_case *from, const hf_clues *c, int64_t growth);

/* Whether all that it holds came in a small part of the time that the process has run,
 * as that of a batch does that is emptied now and then; of a look of some seconds, which sees
 * little of such a batch. A leak holds what came in all of that time, unless it began lately:
 * a longer look tells. */
bool hf_is_young(const hf_case *from, const hf_clues *c, int64_t growth);

/* Whether it has a bound of its own (maxlen, maxsize) that is not far away. */
bool hf_fills_up_to_its_bound(const hf_clues *c);

/* A bound acquits a cache. A record for developers that is known as one takes its place for nothing
 * where it is left on, however soon it is full: Django keeps 9,000 queries a connection. */
bool hf_is_left_on(const hf_clues *c);

#endif
