/* analyse/library_owner.h - collections that a library keeps for itself: its class can let entries
 * go, and the program only by asking it. */
#ifndef HF_ANALYSE_LIBRARY_OWNER_H
#define HF_ANALYSE_LIBRARY_OWNER_H

#include "analyse/clues.h"

enum { HF_KEEPER_NAME = 64 };

typedef struct hf_keeper {
    uint32_t object;           /* or HF_NO_OBJECT */
    bool private;              /* only because the name begins with an underscore */
    bool whole;                /* it is told for a part of it, whose class is not for others */
    char name[HF_KEEPER_NAME]; /* the attribute by which it has what grew */
} hf_keeper;

/* Who in the standard library or in an installed package keeps the collection that grew for itself:
 * an instance whose class uses the attribute in its own methods; not where a class of the program
 * that inherits from it uses the attribute, too, nor where the instance is a collection itself,
 * which people fill and empty as one. What grew may be a value of a dict whose values are all of
 * one kind, where no code of the program uses the attribute. Where the last name on the path begins
 * with an underscore it may be a collection, a class or a module as well, and what grew may be
 * further below: private. Where the keeper is a part of another object of a library, whose class
 * has methods that let go, or of which alone people know, that is told. */
hf_keeper hf_library_keeper(const hf_clues *c);

/* Appends what it is called: the class, of an instance its class, or the module. */
void hf_say_keeper(const hf_clues *c, const hf_keeper *keeper, hf_buf *out);

/* Appends the names of public methods of that class by which entries may go ("clear(), remove()"),
 * those that use the attribute, or all of the whole. False where it has none. */
bool hf_say_ways_out(const hf_clues *c, const hf_keeper *keeper, hf_buf *out);

/* Whether the class of an object has methods in Python, and the first is of installed code. */
bool hf_class_is_of_library(const hf_clues *c, uint32_t object);

/* Whether a class, a row in types, is made as installed code says. */
bool hf_is_of_library(const hf_clues *c, uint32_t type);

#endif
