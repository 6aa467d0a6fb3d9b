/* analyse/library_owner.h - collections that a library keeps for itself: its class can let entries
 * go, and the program only by asking it. */
#ifndef HF_ANALYSE_LIBRARY_OWNER_H
#define HF_ANALYSE_LIBRARY_OWNER_H

#include "analyse/clues.h"

/* Whether the collection that grew is an attribute of an instance that a class of the standard
 * library or of an installed package uses in its own methods; not where a class of the program
 * that inherits from it uses the attribute, too, nor where the instance is a collection itself,
 * which people fill and empty as one. */
bool hf_is_library_owned(const hf_clues *c);

/* Appends the names of public methods of that class by which entries may go ("clear(), remove()"),
 * those that use the collection itself first. False where it has none. */
bool hf_say_ways_out(const hf_clues *c, hf_buf *out);

#endif
