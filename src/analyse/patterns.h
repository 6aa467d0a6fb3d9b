/* analyse/patterns.h - the kinds of mistake: one rule a word of the vocabulary, one file a family.
 *
 * A rule is true of the mistake: it looks at what the holder is, how it is reached and what it
 * holds; at names only as far as they are words of the domain ("handlers", "cache", "queue"). */
#ifndef HF_ANALYSE_PATTERNS_H
#define HF_ANALYSE_PATTERNS_H

#include "analyse/clues.h"

typedef struct hf_pattern {
    const char *word; /* of the vocabulary; NULL ends a table */
    /* How well it fits, 0 .. 1; the best wins, the earlier of equals. */
    double (*match)(const hf_clues *c);
    /* Sentences in which {name}, {path}, {holder}, {member}, {key}, {closer}, {shorten},
     * {forget}, {kept} and {prune} are replaced by the last name on the path, the path, the
     * holder's type, the members' type, the keys' type, the members' method that closes them,
     * how such a buffer is made shorter, the callback by which a member leaves a holder of
     * this kind, why what is appended to such a list stays, and how that is made shorter;
     * {untrace} by how errors are let
     * go of their tracebacks, {wrapped} by the path and, of an entry of a dict, its key, {tree} by
     * the path to the root of the tree that has the holder as a node, {back} by the attribute by
     * which values of a weak dictionary have their keys, {lost} by the type of the arguments of a
     * cached function that no call can hand in again, {weak} by the weak collection that can take
     * the holder's place, {names} by the variables of a namespace that got most, {limit} by how a
     * dict keeps fewer entries, {twin} by the name of what gets the same entries and {twins} by
     * that, where there is some, led by "and"; {bounded} by how a queue
     * of this kind is kept short, and {kind} by the owner's type. */
    const char *because, *fix;
    /* The fix is for who has the collection: not where a library keeps it for itself
     * (analyse/library_owner.h). */
    bool for_owner;
} hf_pattern;

extern const hf_pattern hf_patterns_calls[];       /* functions, callbacks, caches of calls */
extern const hf_pattern hf_patterns_errors[];      /* exceptions, tracebacks */
extern const hf_pattern hf_patterns_concurrency[]; /* tasks, threads, queues, contexts */
extern const hf_pattern hf_patterns_libraries[];   /* mocks, parsers, ORMs, picklers */
extern const hf_pattern hf_patterns_code[];        /* classes, modules */
extern const hf_pattern hf_patterns_lifetimes[];   /* weak references, finalizers, views */
extern const hf_pattern hf_patterns_containers[];  /* what is left: caches, registries, lists */

/* Appends the attribute by which a value of a weak dictionary has its own key, as a sentence;
 * nothing where it has it in another way. */
void hf_say_way_back(const hf_clues *c, hf_buf *out);

/* Appends the type of what lru_cache() keeps as a part of keys that no call finds again. */
void hf_say_lost_argument(const hf_clues *c, hf_buf *out);

/* Appends the variables of the owner, a namespace, that were given most: "a, b and c". */
void hf_say_names(const hf_clues *c, hf_buf *out);

/* The pattern that fits best; never NULL: a collection that grows is always one. */
const hf_pattern *hf_pattern_best(const hf_clues *c, double *ret_fit);

/* Appends one of the sentences with its places filled. */
void hf_pattern_say(hf_clues *c, const char *sentence, hf_buf *out);

/* The text of a path as a sentence has it: without the words that say of which kind its root is,
 * and in which call of which thread a local variable is. These stand above, with the suspect. */
const char *hf_path_from_its_name(const hf_graph *g, const hf_path *p, const char *path);

/* Appends what is to be done. */
void hf_pattern_say_fix(hf_clues *c, const hf_pattern *pattern, hf_buf *out);

#endif
