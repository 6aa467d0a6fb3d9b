/* analyse/bulk.h - the one attribute of the members of a collection that most of what they keep is:
 * often it is not needed any more, where the rest is (the source of a mail beside its headers). */
#ifndef HF_ANALYSE_BULK_H
#define HF_ANALYSE_BULK_H

#include "analyse/clues.h"

/* Appends it as a sentence, led by a space; nothing where no text or buffer of a kilobyte or more
 * in each member stands out. */
void hf_say_bulk(const hf_clues *c, hf_buf *out);

#endif
