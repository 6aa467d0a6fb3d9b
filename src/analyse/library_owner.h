/* analyse/library_owner.h - collections that a library keeps for itself: its class can let entries
 * go, and the program only by asking it. */
#ifndef HF_ANALYSE_LIBRARY_OWNER_H
#define HF_ANALYSE_LIBRARY_OWNER_H

#include "analyse/clues.h"

/* Who in the standard library or in an installed package keeps the collection that grew for itself,
 * or HF_NO_OBJECT: an instance whose class uses the attribute in its own methods; not where a class
 * of the program that inherits from it uses the attribute, too, nor where the instance is a
 * collection itself, which people fill and empty as one. Where the last name on the path begins
 * with an underscore it may be a collection, a class or a module as well, and what grew may be
 * further below: *ret_private. */
uint32_t hf_library_keeper(const hf_clues *c, bool *ret_private);

/* Appends what it is called: the class, of an instance its class, or the module. */
void hf_say_keeper(const hf_clues *c, uint32_t keeper, hf_buf *out);

/* Appends the names of public methods of that class by which entries may go ("clear(), remove()"),
 * those that use the collection itself first. False where it has none. */
bool hf_say_ways_out(const hf_clues *c, uint32_t keeper, hf_buf *out);

/* Whether a class, a row in types, is made as installed code says. */
bool hf_is_of_library(const hf_clues *c, uint32_t type);

#endif
