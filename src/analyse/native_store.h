/* analyse/native_store.h - whether C code has the addresses of objects with a reference that no
 * object accounts for. */
#ifndef HF_ANALYSE_NATIVE_STORE_H
#define HF_ANALYSE_NATIVE_STORE_H

#include "analyse/drafts.h"

typedef enum hf_native_store {
    HF_STORE_UNKNOWN, /* nobody has looked, or could */
    HF_STORE_NONE,    /* it has few of them: their references are forgotten */
    HF_STORE_FOUND,   /* it has most of them: it holds them */
} hf_native_store;

/* Of what came of a type between the first snapshot and the last; of one snapshot, of all.
 * *ret_binary: the file whose data leads to where they stand, or NULL. */
hf_native_store hf_native_store_of(const hf_case *c, uint32_t type, const char **ret_binary);

/* The same of all of a type that are in one snapshot. */
hf_native_store hf_native_store_in(const hf_graph *g, uint32_t type, const char **ret_binary);

#endif
