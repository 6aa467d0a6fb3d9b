/* acquire/binary_file.h - whether a file is the binary that a process had mapped.
 *
 * A core file lacks the pages that the process had not changed; they are in the binary. Another
 * build of it holds other bytes in the same places and would be plausible and wrong, so that the
 * build-id decides (NT_GNU_BUILD_ID, which linkers write from the content), and where there is
 * none, the first page. All bytes are a stranger's. */
#ifndef HF_ACQUIRE_BINARY_FILE_H
#define HF_ACQUIRE_BINARY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HF_BUILD_ID_MAX = 64, HF_BUILD_ID_TEXT = 2 * HF_BUILD_ID_MAX + 1 };

typedef struct hf_build_id {
    uint8_t bytes[HF_BUILD_ID_MAX];
    size_t length; /* 0: has none, or not known */
} hf_build_id;

/* The build-id of the ELF file whose first `size` bytes these are. */
hf_build_id hf_build_id_of(const uint8_t *bytes, size_t size);

/* In hexadecimal. */
void hf_build_id_text(const hf_build_id *id, char ret[HF_BUILD_ID_TEXT]);

/* Whether these are the first bytes of an ELF file for this kind of machine. */
bool hf_binary_is(const uint8_t *bytes, size_t size);

typedef enum hf_binary_match {
    HF_BINARY_SAME,     /* by build-id, or by the whole first page where there is none */
    HF_BINARY_ALIKE,    /* no build-id is known and the first page was written to: by its headers */
    HF_BINARY_UNPROVEN, /* nothing speaks against it, and nothing for it */
    HF_BINARY_OTHER,    /* another build */
    HF_BINARY_STRIPPED, /* of this build, but without the bytes: only debug information */
    HF_BINARY_NONE,     /* no ELF file */
} hf_binary_match;

/* Compares a whole file with the first bytes of the mapped one (NULL: not in the core file).
 * written: the process may have changed those bytes, as dynamic linkers do in binaries that
 * patchelf has rearranged. */
hf_binary_match hf_binary_compare(const uint8_t *file, size_t size, const uint8_t *header,
                                  size_t header_size, bool written);

/* Permissions of the part of the file that lies at `offset`, as its program headers say (PF_R and
 * so on); 0 where they say nothing. */
uint32_t hf_binary_flags(const uint8_t *file, size_t size, uint64_t offset);

#endif
