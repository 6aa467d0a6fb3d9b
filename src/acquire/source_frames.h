/* acquire/source_frames.h - which source lines an address of a binary stands for, by the binary's
 * debug information (DWARF).
 *
 * A compiler puts functions into those that call them, so that one address may stand for a chain of
 * calls. Read by libdw (elfutils), only what the addresses need, and nothing is fetched from
 * anywhere. The bytes are a stranger's: loops are bounded by what the bytes can hold, but libdw's
 * own code is not ours, so that this belongs into a sandbox. */
#ifndef HF_ACQUIRE_SOURCE_FRAMES_H
#define HF_ACQUIRE_SOURCE_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HF_SOURCE_FRAMES_MOST = 32 }; /* of one address */

typedef struct hf_source_frame {
    const char *name; /* as the source has it; NULL: not told */
    /* as the linker would have it (mangled); NULL: as the source, or not told */
    const char *symbol;
    /* where it was compiled, for a file that is relative to it; NULL: not told */
    const char *folder;
    const char *file;    /* of the line; NULL: not told */
    uint32_t line;       /* 0: not told */
    uint32_t first_line; /* where the function is declared; 0: not told */
} hf_source_frame;

/* Of an address with the number `index`: the innermost call first, then what it was put into. Texts
 * are valid until it returns. */
typedef void hf_take_source_frames(void *context, size_t index, const hf_source_frame *frames,
                                   size_t count);

/* Tells the frames of all addresses that there are any of, in no order. The addresses are in the
 * file's terms and ascend; the `size` bytes at `file` are a binary, or its separate debug
 * information, and may be written to. False where there is no debug information. */
bool hf_source_frames_read(uint8_t *file, size_t size, const uint64_t *addresses, size_t count,
                           hf_take_source_frames *take, void *context);

#endif
