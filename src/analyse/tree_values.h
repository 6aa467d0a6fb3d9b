/* analyse/tree_values.h - values of a tree's nodes that others took the place of: prices in a trie.
 * As many as there are nodes can be there, so that new ones are no growth of the tree, and old ones
 * that went have not been taken out of it. */
#ifndef HF_ANALYSE_TREE_VALUES_H
#define HF_ANALYSE_TREE_VALUES_H

#include "analyse/clues.h"

typedef struct hf_tree_values {
    uint64_t born_objects, died_objects; /* of such values, and of those whose place they took */
    int64_t net;                         /* bytes that are more in such places */
    /* Of some of them: bytes that they have more, and that those have more of these which go on as
     * the ones before do: what became longer will again. */
    uint64_t asked;
    int64_t asked_bytes, continued_bytes;
} hf_tree_values;

/* Of a row that is of trees. A place is an attribute or a key; and what holds a node is none. All 0
 * without memory, and where nobody holds all trees. first: dominators of the first graph. */
void hf_tree_values_of(const hf_clues *c, const hf_dominators *first, hf_tree_values *ret);

#endif
