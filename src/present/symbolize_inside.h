/* present/symbolize_inside.h - what the two processes of symbolize.c have in common,
 * and their message. */
#ifndef HF_PRESENT_SYMBOLIZE_INSIDE_H
#define HF_PRESENT_SYMBOLIZE_INSIDE_H

#include "graph/sandbox.h"
#include "trace/capture.h"

/* Of a text at most; what is longer is cut. */
enum { HF_SYMBOL_NAME_MOST = 4096, HF_SYMBOL_MOST = 4096, HF_SYMBOL_FILE_MOST = 1024 };

typedef struct hf_symbol_binary {
    uint8_t *bytes, *debug; /* mapped, for us alone; NULL: not there */
    size_t size, debug_size;
    uint32_t first, count; /* its addresses */
} hf_symbol_binary;

/* An address of a binary, and the calls that it stands for: frames from `first` on,
 * the outermost first. */
typedef struct hf_symbol_address {
    uint32_t code, offset;
    uint32_t first, count; /* 0: none is known */
} hf_symbol_address;

typedef struct hf_symbols {
    hf_capture *capture;
    /* of each code that there was; those that are none have no addresses */
    hf_symbol_binary *binaries;
    size_t binary_count;
    hf_symbol_address *addresses; /* by code, then offset */
    size_t count;
    struct hf_symbol_frame *frames;
    uint32_t frame_count, frame_room;
    bool refused; /* the child has sent nonsense */
} hf_symbols;

/* The work of the child in the sandbox: for each address that it knows something of, a call with
 * the varints number of the address and count of its frames, and of each frame, the innermost
 * first, name, symbol and file as length and bytes, line, and the line where its function starts.
 * Several stand one behind the other. */
hf_err *hf_symbolize_work(void *symbols, hf_sandbox_link *link, hf_buf *answer);

#endif
