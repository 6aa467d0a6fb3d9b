/* graph/read.h - inside the reader of snapshot files. Not for other folders. */
#ifndef HF_GRAPH_READ_H
#define HF_GRAPH_READ_H

#include "base/bytes.h"
#include "graph/file.h"
#include "graph/format.h"
#include "graph/shared.h"

typedef struct hf_block {
    hf_block_kind kind;
    uint64_t rows, offset, length, first_object, checksum;
    uint64_t first_row; /* rows of the same kind before it */
} hf_block;

typedef struct hf_reader {
    const char *path;
    int fd;
    uint64_t size;
    bool trust;       /* checksums are not compared: a fuzzer wants to get past them */
    uint32_t version; /* as its header says */
    hf_block *blocks[HF_BLOCK_KIND_END]; /* of each kind, in order of the file */
    size_t block_count[HF_BLOCK_KIND_END];
    uint64_t rows[HF_BLOCK_KIND_END];
    uint64_t room; /* bytes of memory that what is still to be kept may take */
    hf_graph *graph;
    hf_shared_graph *shared; /* where objects and edges are, if not in the file; else NULL */
} hf_reader;

/* Takes memory off the room. Fails where there is not so much: a small file may unpack to more than
 * any machine has. */
hf_err *hf_reader_take_room(hf_reader *r, uint64_t bytes);

/* One worker's buffers. */
typedef struct hf_unpacker {
    void *decompressor; /* ZSTD_DCtx */
    hf_buf stored, columns;
} hf_unpacker;

bool hf_unpacker_init(hf_unpacker *u);
void hf_unpacker_deinit(hf_unpacker *u);

hf_err *hf_reader_damaged(const hf_reader *r, const char *what);

/* The bytes of a block as stored, checked against its checksum. fd: of the file. */
const char *hf_block_load(int fd, const hf_block *b, bool trust, hf_buf *ret);

/* Columns of a block; the cursors run over u->columns. */
hf_err *hf_reader_unpack(const hf_reader *r, const hf_block *b, size_t columns, hf_unpacker *u,
                         hf_cursor *ret);

/* As hf_snapshot_read(), of a file that hf_snapshot_writer_sink_sharing() has filled, once all
 * others that have `shared` have ended. What is shared is a stranger's, as the file is, and is
 * checked alike. shared NULL: hf_snapshot_read(). */
hf_err *hf_snapshot_read_shared(const char *path, hf_shared_graph *shared, hf_graph **ret);

/* The same from an open file, which it takes over. */
hf_err *hf_snapshot_read_fd(int fd, const char *path, bool trust, hf_shared_graph *shared,
                            hf_graph **ret);

/* shared.c: how many rows there are, before the tables are read that name them; and then the big
 * columns, which become the graph's. */
hf_err *hf_read_shared_rows(hf_reader *r);
hf_err *hf_read_shared_columns(hf_reader *r);

/* read_rows.c: the big columns, on all processors. */
hf_err *hf_read_objects(hf_reader *r);
hf_err *hf_read_object_sides(hf_reader *r);
hf_err *hf_read_edges(hf_reader *r);

/* read_tables.c: info, names, threads, types, roots, sites. */
hf_err *hf_read_tables(hf_reader *r);

/* values.c: takes over r->fd. */
hf_err *hf_values_open(hf_reader *r);
void hf_values_free(struct hf_graph_values *v);

/* Puts the titles of all types together. (graph.c) */
hf_err *hf_graph_name_types(hf_graph *g);

#endif
