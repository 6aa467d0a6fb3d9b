/* graph/info_codec.h - hf_snapshot_info to bytes and back: the INFO block of a file, and the
 * message of the process that decodes a heap to the one that ordered it. */
#ifndef HF_GRAPH_INFO_CODEC_H
#define HF_GRAPH_INFO_CODEC_H

#include "base/buf.h"
#include "base/bytes.h"
#include "graph/info.h"

enum { HF_INFO_TEXTS = 5 };

typedef struct hf_info_text {
    const char *bytes; /* in what the cursor ran over; not terminated */
    size_t length;
} hf_info_text;

typedef struct hf_info_texts {
    hf_info_text text[HF_INFO_TEXTS];
} hf_info_texts;

void hf_info_encode(const hf_snapshot_info *info, hf_buf *out);

/* False where the bytes cannot be; the text pointers in *ret are NULL then and now, and are set
 * with hf_info_set_text() by whoever keeps the texts. */
bool hf_info_decode(hf_cursor *c, hf_snapshot_info *ret, hf_info_texts *ret_texts);

void hf_info_set_text(hf_snapshot_info *info, size_t i, const char *text);

#endif
