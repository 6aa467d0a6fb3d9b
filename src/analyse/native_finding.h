/* analyse/native_finding.h - what is found of memory beside Python's objects, as a suspect: how it
 * is worded, and how it joins one that is accused already. */
#ifndef HF_ANALYSE_NATIVE_FINDING_H
#define HF_ANALYSE_NATIVE_FINDING_H

#include "analyse/drafts.h"

typedef struct hf_native_finding {
    const char *pattern, *fix;
    const char *because; /* what else there is to say, or NULL */
    char *path, *type;   /* from malloc; NULL counts as out of memory */
    uint32_t object;     /* HF_NO_OBJECT for none */
    int64_t grown;       /* bytes; of one snapshot: that there are */
    double confidence;
    bool supposed; /* nobody knows whether these objects have native memory */
} hf_native_finding;

/* Takes path and type of f. */
void hf_native_add(const hf_case *c, const hf_native_finding *f, hf_drafts *out);

/* Whether ctypes is loaded, and no extension but those of the standard library: then nobody but
 * the program itself calls native code, by what it has written in Python. */
bool hf_native_by_ctypes_alone(hf_graph *g);

/* Bytes of all objects. */
int64_t hf_native_python_bytes(const hf_graph *g);

/* The path to an object as text, which the caller frees; NULL without memory. */
char *hf_native_path_to(const hf_case *c, uint32_t object);

/* The text of a buffer, from malloc; NULL without memory. */
char *hf_native_copy(hf_buf *b);

#endif
