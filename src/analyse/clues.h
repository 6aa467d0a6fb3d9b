/* analyse/clues.h - what is known about one row of growth: the material that rules judge. */
#ifndef HF_ANALYSE_CLUES_H
#define HF_ANALYSE_CLUES_H

#include "analyse/buffer_room.h"
#include "analyse/growth.h"
#include "analyse/paths.h"
#include "analyse/species.h"

typedef struct hf_tally {
    uint32_t type; /* row in types */
    uint64_t objects, bytes;
} hf_tally;

typedef struct hf_clues {
    const hf_timeline *timeline;
    hf_graph *graph; /* the last */
    const hf_dominators *dominators;
    const uint8_t *species; /* by row in types */
    const hf_growth_row *row;
    const uint32_t *born; /* row->count objects */

    uint32_t owner; /* an object */
    /* that has it, where it stands for what roots of one kind hold; else UINT32_MAX */
    uint32_t root;
    hf_species owner_species;
    hf_buffer_kind buffer_kind;
    bool chain;     /* the owner is the end of a long chain of its like: `focus` is its head */
    uint32_t focus; /* where the path leads: the owner, the part of it that grew, a chain's head */
    hf_path path;
    char *path_text;
    uint32_t holder; /* the nearest on the path that is no namespace: instance, class, module */
    char *name;      /* the last name on the path: "_quotes"; "" where there is none */
    char *words;     /* lower case: names and types of the last steps of the path */

    uint64_t held_by_roots; /* bytes that hang below them alone, where the owner stands for roots */

    uint64_t length_before, length_now;
    bool has_length;   /* the owner is a collection */
    double kept;       /* share of its members before that are still in it; 1 without length */
    double kept_least; /* the same from one snapshot to the next, the least */
    double added;      /* members that came */
    /* where the focus is a collection at a place of the owner: the share of its members that what
     * was there before has left, from one snapshot to the next, the least; else 1 */
    double kept_in_place;
    bool shrank; /* it, or this buffer, became notably shorter between two snapshots */
    /* The focus is one value that others, each larger than the one before, were at the place of:
     * `text += line`; or all values of the owner are. */
    bool replaced;
    bool renewed; /* the owner is the last of several sequences, each longer: `x = x + (y,)` */
    double late;  /* share of what was born that came in the second half of the time */
    size_t busy_intervals; /* between snapshots, in which something was born that lives */

    hf_tally *types; /* what was born, most bytes first */
    size_t type_count;
    uint64_t objects_of[HF_SPECIES_COUNT], bytes_of[HF_SPECIES_COUNT]; /* what was born */
    uint64_t direct;                      /* newly born objects in the owner's own hands */
    uint64_t direct_of[HF_SPECIES_COUNT]; /* of these; members of tuples and of instances, too */
    uint32_t member_type;                 /* the most frequent type of these, or UINT32_MAX */
    uint32_t key_type;                    /* the same of the new keys of a dict, or UINT32_MAX */
    uint64_t empty;           /* new collections in the owner's own hands with nothing in them */
    uint64_t dead_weakrefs;   /* members that are weak references to nothing, or have one */
    uint64_t own_weakrefs;    /* ... to what was born, too, and has the same owner */
    uint64_t finalized;       /* newly born instances whose finalizer has run although they live */
    uint64_t small_views;     /* that show less than half of what they keep */
    uint64_t suspended;       /* generators that have begun and not ended */
    uint64_t suspended_bytes; /* what they retain */
    uint64_t context_bytes;   /* what contexts retain beside themselves */
    uint64_t chained;         /* callables each of which another one holds, as wrappers do */
    uint64_t wrappers;      /* instances of the most frequent class whose instances can be called */
    uint64_t wrapped;       /* of these, those that hold another of them */
    uint64_t links, linked; /* the same of the most frequent class of the program */
    uint64_t instance_dicts, instance_dict_bytes;

    /* name of another collection that gets the same entries, or NULL; known from the judgement of
     * all suspects on (analyse/companions.h) */
    const char *twin;

    bool knows_adder; /* hf_code_adder() has been asked, which goes through all code; it said: */
    uint32_t adder;
} hf_clues;

/* What a run of hf_clues_gather() shares. */
typedef struct hf_clue_sources {
    const hf_timeline *timeline;
    const hf_dominators *dominators;
    const hf_path_tree *paths;
    const uint8_t *species;
    const hf_growth *growth;
} hf_clue_sources;

/* row->owner must be an object or HF_OWNER_ROOTS; for the latter the largest newly born object
 * that a root of the prevailing kind holds stands for the owner, or HF_NO_OBJECT (and nothing else
 * is filled) when there is none. The caller releases *ret with hf_clues_deinit(). */
hf_err *hf_clues_gather(const hf_clue_sources *from, const hf_growth_row *row, hf_clues *ret);
void hf_clues_deinit(hf_clues *c);

/* Where an instance, a namespace or a dict was given one collection after the other, each longer
 * (`x = x + [y]`), also in one copy of itself after the other (`state = {**state, "x": x + (y,)}`):
 * makes the last of these collections the owner, so that it is named and told as what it is. After
 * the judgement, which must know what it is that lasts. (clues_places.c) */
hf_err *hf_clues_enter_place(hf_clues *c, const hf_path_tree *paths);

/* The edge by which the owner has its focus; UINT64_MAX where it has none. */
uint64_t hf_clues_edge_to_focus(const hf_clues *c);

/* Makes an object the focus, with its path and what is said of that. */
hf_err *hf_clues_lead_to(hf_clues *c, const hf_path_tree *paths, uint32_t focus);

/* The objects that HF_OWNER_ROOTS stands for; the caller frees *ret_members. (clues_roots.c) */
hf_err *hf_clues_pick_roots(const hf_clue_sources *from, uint32_t *ret_owner, uint32_t *ret_root,
                            uint32_t **ret_members, size_t *ret_count);

/* Both fill in their part of the clues: what was born; who came into the owner's own hands, or,
 * where `members` is not NULL, who they are. (clues_members.c) */
hf_err *hf_clues_tally_births(hf_clues *c);
hf_err *hf_clues_look_at_members(hf_clues *c, const uint32_t *members, size_t count);

/* Whether it is a text, bytes or a tuple: what has to be made anew to become longer.
 * (clues_values.c) */
bool hf_clues_is_made_anew(const hf_clues *c, uint32_t object);

/* Whether a text, bytes or a tuple of snapshot k begins as one of the last does, as far as
 * both are known. */
bool hf_clues_begins_alike(const hf_timeline *t, size_t k, uint32_t then, uint32_t now);

/* Whether nearly all values of the owner were replaced by longer ones, in each interval:
 * `said[user] += line`. Says in ret_bytes, by snapshot, how many bytes more they then were;
 * else 0. (clues_values.c) */
bool hf_clues_values_become_longer(const hf_clues *c, uint64_t *ret_bytes);

/* Whether instances of a type, a row in types, equal nothing but themselves. */
bool hf_clues_is_by_identity(const hf_clues *c, uint32_t type);

/* Whether the new keys of the dict are instances that equal nothing but themselves: objects, and
 * not what names one. */
bool hf_clues_keys_are_objects(const hf_clues *c);

/* Whether few of the program's objects that were born came into the owner's own hands, and the
 * others hang on these, one on the other: a chain. */
bool hf_clues_are_linked(const hf_clues *c);

/* The step of the path at which the tree begins that has the owner as the children of a node: a
 * holder that has its like as members (`root.children['a'].children`), or a dict of dicts in
 * a dict. 0 where it is no such tree. */
size_t hf_clues_tree_root(const hf_clues *c);

/* The step of the path at which a tree begins three or more of whose nodes are on the path, one in
 * a collection of the other, and of which the holder is one; 0 where there is none. */
size_t hf_clues_nodes_from(const hf_clues *c);

/* Whether each new function holds the one before: few in the owner's hands, many in a row. */
bool hf_clues_are_wrapped(const hf_clues *c);

/* Whether the object was born and is charged to this owner. */
bool hf_clues_owns(const hf_clues *c, uint32_t object);

/* The living object that a weak reference names; HF_NO_OBJECT for others. */
uint32_t hf_clues_referent(const hf_clues *c, uint32_t object);

/* The method by which the members are closed ("aclose()"), as far as their class or one that it
 * inherits from has one; NULL for others. */
const char *hf_clues_closer(const hf_clues *c);

/* True when one of the words, separated by '|', is in the names and types near the owner. */
bool hf_clues_say(const hf_clues *c, const char *words);

/* The species of the n-th object before the owner on the path (1: what holds it), namespaces left
 * out; HF_SPECIES_OTHER past the root. */
hf_species hf_clues_above(const hf_clues *c, size_t n);

/* The nearest object on the path, the owner included, that is of this species, at most `within`
 * steps away; HF_NO_OBJECT when there is none. */
uint32_t hf_clues_on_path(const hf_clues *c, hf_species species, size_t within);

/* Appends the name that an edge of `source` gives to its target: an attribute, a variable (also of
 * a context), a field of a named tuple, a key that is a str. False where it gives none. */
bool hf_clues_edge_name(hf_graph *g, uint32_t source, uint64_t edge, hf_buf *out);

static inline hf_species hf_clues_species(const hf_clues *c, uint32_t object)
{
    return (hf_species)c->species[c->graph->type[object]];
}

/* Shares of what was born, 0 .. 1. */
double hf_clues_bytes_share(const hf_clues *c, hf_species species);
double hf_clues_member_share(const hf_clues *c, hf_species species);

#endif
