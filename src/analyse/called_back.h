/* analyse/called_back.h - native code that was given functions to call, and keeps them. */
#ifndef HF_ANALYSE_CALLED_BACK_H
#define HF_ANALYSE_CALLED_BACK_H

#include "analyse/drafts.h"

/* The one living connection of sqlite3, where the program gives it functions; HF_NO_OBJECT where
 * there is none, or several: which of them has a function cannot be told. */
uint32_t hf_sqlite_that_calls(const hf_case *c);

/* The code of the program that gives a function away: the only one that uses its name; HF_NO_OBJECT
 * where none does, or several. */
uint32_t hf_giver_of(hf_graph *g, const uint8_t *species, const char *name);

/* What is to be done about objects that C code keeps: `whose` it is, or NULL where
 * nothing says by what C code can still find them; called: it calls them. */
void hf_say_taking_back(const char *whose, bool called, hf_buf *out);

#endif
