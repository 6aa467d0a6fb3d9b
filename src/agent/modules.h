/* agent/modules.h - the binaries that are loaded in this process: the program and its libraries. */
#ifndef HF_AGENT_MODULES_H
#define HF_AGENT_MODULES_H

#include <stdbool.h>
#include <stdint.h>

enum { HF_BUILD_ID_MOST = 32 };

typedef struct hf_module {
    uintptr_t start, end;     /* what it spans */
    uintptr_t bias;           /* to be added to addresses in its file */
    uintptr_t unwinding;      /* .eh_frame_hdr; 0 without */
    uintptr_t data, data_end; /* the segment that has it, readable as a whole */
    /* the loader's, valid while the module is loaded; empty: the program itself */
    const char *path;
    uint8_t build_id[HF_BUILD_ID_MOST];
    uint32_t build_id_length;
} hf_module;

void hf_modules_begin(void);

/* The module that has this address; false where none has. Takes no lock but the loader's, and that
 * only in a C library older than 2.35. */
bool hf_module_of(uintptr_t address, hf_module *ret);

#endif
