/* analyse/native_members.h - a collection whose members own native memory, in words. */
#ifndef HF_ANALYSE_NATIVE_MEMBERS_H
#define HF_ANALYSE_NATIVE_MEMBERS_H

#include "analyse/drafts.h"

typedef struct hf_native_kind {
    const char *type; /* as hf_graph_type_title() writes it; NULL: any other */
    const char *pattern, *fix;
} hf_native_kind;

/* What kind of mistake it is to keep objects with native memory of this type (row in types), and
 * what to do. */
const hf_native_kind *hf_native_kind_of(hf_graph *g, uint32_t type);

/* Appends what the holder is and what people put into it, "dict of shop.Client with ssl.SSLContext
 * (native memory)"; `type` is the type of the objects that own the memory. */
void hf_native_say_type(const hf_case *c, uint32_t holder, uint32_t type, hf_buf *out);

#endif
