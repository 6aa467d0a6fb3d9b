/* analyse/called_back.h - native code that was given functions to call, and keeps them. */
#ifndef HF_ANALYSE_CALLED_BACK_H
#define HF_ANALYSE_CALLED_BACK_H

#include "analyse/drafts.h"

typedef struct hf_caller {
    uint32_t object;  /* that the functions were given to: a connection of sqlite3 */
    const char *name; /* of who keeps and calls them: "SQLite" */
    const char *fix;
} hf_caller;

/* The one living object of a library that is known to keep functions where no object shows it,
 * where the program gives it some. False where there is none, or several: which of them has a
 * function cannot be told. */
bool hf_caller_find(const hf_case *c, hf_caller *ret);

#endif
