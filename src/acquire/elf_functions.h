/* acquire/elf_functions.h - functions of a binary by address, from the symbol tables of its file.
 *
 * The file is mapped or read as a whole, and hostile: each offset is checked against its size,
 * loops run over what it has, and rows are allocated only for bytes that are there. Format: System
 * V gABI, chapter 4. */
#ifndef HF_ACQUIRE_ELF_FUNCTIONS_H
#define HF_ACQUIRE_ELF_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hf_elf_function {
    uint64_t start, size; /* address in the file's terms; size 0: not told */
    const char *name;     /* in the file's bytes, ended by a zero */
} hf_elf_function;

typedef struct hf_elf_functions {
    hf_elf_function *rows; /* by start */
    size_t count;
    bool complete; /* there is a table of all functions, not only of those that others may call */
    /* of .eh_frame_hdr: where functions start, which a stripped binary still tells */
    const uint8_t *starts;
    size_t start_count;
    uint64_t starts_at; /* the address that they count from */
} hf_elf_functions;

/* Reads the symbol tables of a file of this machine's kind; false where it is none, or without
 * memory. The bytes must stay. The caller releases *ret with hf_elf_functions_deinit(). */
bool hf_elf_functions_read(const uint8_t *bytes, size_t size, hf_elf_functions *ret);
void hf_elf_functions_deinit(hf_elf_functions *f);

/* The function that has the instruction at `address`, or NULL. */
const hf_elf_function *hf_elf_function_at(const hf_elf_functions *f, uint64_t address);

/* Where the function starts that has the instruction at `address`, with a name or without;
 * 0: not known. */
uint64_t hf_elf_function_start(const hf_elf_functions *f, uint64_t address);

/* The build ID: its length, 0 where there is none; *ret points into the bytes. */
size_t hf_elf_build_id(const uint8_t *bytes, size_t size, const uint8_t **ret);

#endif
