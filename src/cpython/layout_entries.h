/* cpython/layout_entries.h - the entries of layout_fields.h as data: for whoever asks something of
 * every number of a layout. */
#ifndef HF_CPYTHON_LAYOUT_ENTRIES_H
#define HF_CPYTHON_LAYOUT_ENTRIES_H

#include "cpython/layout.h"

typedef enum hf_entry_kind {
    HF_ENTRY_FIELD,    /* byte offset of `member` in `structure` */
    HF_ENTRY_SIZE,     /* bytes of `structure` */
    HF_ENTRY_BITS,     /* byte offset of the word that holds a bit field */
    HF_ENTRY_MASK,     /* the bits in that word */
    HF_ENTRY_CONSTANT, /* a value; `structure` is the expression */
} hf_entry_kind;

typedef struct hf_layout_entry {
    const char *name;
    size_t place; /* offset in hf_layout */
    hf_entry_kind kind;
    uint16_t first, end; /* (major << 8 | minor) of the first version, and of the first without */
    const char *structure, *member;
} hf_layout_entry;

/* In the order of the file; a name whose source was renamed has one entry for each source. */
extern const hf_layout_entry hf_layout_entries[];
extern const size_t hf_layout_entry_count;

/* The number of an entry in a layout; HF_ABSENT where the layout lacks it. */
int32_t hf_entry_value(const hf_layout *layout, const hf_layout_entry *entry);

/* The name of the number at a place of hf_layout. */
const char *hf_entry_name(size_t place);

/* True where the entry, and not another of its name, is for the version of the layout. */
bool hf_entry_is_for(const hf_layout *layout, const hf_layout_entry *entry);

#endif
