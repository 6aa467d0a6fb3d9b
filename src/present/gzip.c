/* present/gzip.c - see present/gzip.h. */
#include "present/gzip.h"

#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

enum { ROOM = 1 << 16, GZIP_WINDOW = 15 + 16, MEMORY = 8, STEP = 1 << 30 };

struct hf_gzip {
    z_stream stream;
    FILE *out;
    unsigned char room[ROOM];
};

hf_err *hf_gzip_new(FILE *out, hf_gzip **ret)
{
    hf_gzip *g = calloc(1, sizeof(*g));
    if (!g || deflateInit2(&g->stream, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, MEMORY,
                           Z_DEFAULT_STRATEGY) != Z_OK) {
        free(g);
        return hf_fail_memory();
    }
    g->out = out;
    *ret = g;
    return NULL;
}

static void pump(hf_gzip *g, int flush)
{
    do {
        g->stream.next_out = g->room;
        g->stream.avail_out = ROOM;
        deflate(&g->stream, flush);
        fwrite(g->room, 1, ROOM - g->stream.avail_out, g->out);
    } while (!g->stream.avail_out);
}

void hf_gzip_add(hf_gzip *g, const void *bytes, size_t length)
{
    const unsigned char *next = bytes;
    while (length) {
        size_t step = length < STEP ? length : STEP;
        g->stream.next_in = (unsigned char *)(uintptr_t)next;
        g->stream.avail_in = (unsigned)step;
        pump(g, Z_NO_FLUSH);
        next += step;
        length -= step;
    }
}

void hf_gzip_end(hf_gzip *g)
{
    if (!g)
        return;
    g->stream.avail_in = 0;
    pump(g, Z_FINISH);
    deflateEnd(&g->stream);
    free(g);
}
