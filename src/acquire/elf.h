/* acquire/elf.h - dynamic symbols of a binary as it lies in memory.
 *
 * The way is that of the dynamic linker: program headers -> PT_DYNAMIC -> DT_SYMTAB, DT_STRTAB and
 * DT_GNU_HASH or DT_HASH. Section headers are not mapped and not needed. All bytes come from a
 * hostile process: every address goes through `read`, which fails where nothing is mapped, and all
 * loops are bounded. Formats: System V gABI, and "ELF: symbol lookup via DT_HASH and DT_GNU_HASH"
 * as implemented by glibc's elf/dl-lookup.c. */
#ifndef HF_ACQUIRE_ELF_H
#define HF_ACQUIRE_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hf_elf_memory {
    bool (*read)(void *context, uint64_t addr, void *buf, size_t n); /* all or nothing */
    void *context;
} hf_elf_memory;

typedef struct hf_elf_image {
    uint64_t start, end; /* what its PT_LOADs span, absolute */
    uint64_t bias;       /* to be added to its virtual addresses */
    uint64_t symbols, strings, strings_size, gnu_hash, hash; /* absolute; 0 where absent */
} hf_elf_image;

typedef struct hf_elf_symbol {
    uint64_t address, size;
} hf_elf_symbol;

/* Reads the headers of the 64-bit little-endian image whose file begins at `start`; false where
 * there is none, or none with dynamic symbols. */
bool hf_elf_open(hf_elf_memory memory, uint64_t start, hf_elf_image *ret);

/* Finds a symbol that the image defines (no TLS, no IFUNC); false when it does not. */
bool hf_elf_find(hf_elf_memory memory, const hf_elf_image *image, const char *name,
                 hf_elf_symbol *ret);

/* For the start of a file: whether its class and machine are those of this tool. */
bool hf_elf_is_native(const uint8_t *bytes, size_t n);

#endif
