/* graph/block_file.h - the file under a snapshot that is being written: blocks one after the
 * other, their index, and a name that appears only when everything is there.
 *
 * Until it is published the file has no name at all (O_TMPFILE) where the file system can do
 * that, else a temporary one, so that nothing is left behind by a failure. */
#ifndef HF_GRAPH_BLOCK_FILE_H
#define HF_GRAPH_BLOCK_FILE_H

#include "base/buf.h"
#include "base/err.h"
#include "graph/format.h"

typedef struct hf_block_file {
    char *path; /* as the user gave it, for messages */
    char *name; /* its last part */
    char temporary[48];
    int folder, fd;
    uint32_t version; /* that what was written so far needs */
    bool has_name;    /* `temporary` exists in the folder */
    void *compressor; /* NULL: columns are stored as they are */
    uint64_t offset;
    hf_buf block, index;
} hf_block_file;

/* Fails where `path` exists and is no regular file. On failure nothing needs to be closed. */
hf_err *hf_block_file_create(hf_block_file *f, const char *path, bool compress);

/* One block is made of hf_block_file_column() calls and ended by hf_block_file_end(). Columns that
 * fail are reported by the end. */
void hf_block_file_column(hf_block_file *f, const void *bytes, size_t length);
hf_err *hf_block_file_end(hf_block_file *f, hf_block_kind kind, uint64_t rows,
                          uint64_t first_object);

hf_err *hf_block_file_seal(hf_block_file *f);    /* writes index and footer */
hf_err *hf_block_file_publish(hf_block_file *f); /* gives it its name */
void hf_block_file_close(hf_block_file *f);      /* removes what was not published */

#endif
