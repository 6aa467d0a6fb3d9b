/* analyse/called_back.h - native code that was given functions to call, and keeps them. */
#ifndef HF_ANALYSE_CALLED_BACK_H
#define HF_ANALYSE_CALLED_BACK_H

#include "analyse/drafts.h"

/* The one living connection of sqlite3, where the program gives it functions; HF_NO_OBJECT where
 * there is none, or several: which of them has a function cannot be told. */
uint32_t hf_sqlite_that_calls(const hf_case *c);

/* The code of the program that gives a function away: the only one that uses its name; HF_NO_OBJECT
 * where none does, or several. */
uint32_t hf_giver_of(const hf_case *c, const char *name);

#endif
