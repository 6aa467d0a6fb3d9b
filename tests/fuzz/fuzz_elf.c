/* The symbols of a binary in a hostile process's memory. */
#include "acquire/elf.h"

#include <assert.h>
#include <string.h>

enum { BASE = 0x10000 };

typedef struct image {
    const uint8_t *bytes;
    size_t size;
} image;

static bool read_image(void *context, uint64_t addr, void *buf, size_t n)
{
    const image *i = context;
    if (addr < BASE || addr - BASE > i->size || n > i->size - (addr - BASE))
        return false;
    memcpy(buf, i->bytes + (addr - BASE), n);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    image bytes = {data, size};
    hf_elf_memory memory = {read_image, &bytes};
    hf_elf_image opened;
    hf_elf_is_native(data, size);
    if (!hf_elf_open(memory, BASE, &opened))
        return 0;
    assert(opened.start <= opened.end);
    static const char *const names[] = {"_PyRuntime", "Py_Version", "hf_tiny", "hf_other", ""};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        hf_elf_symbol symbol;
        hf_elf_find(memory, &opened, names[i], &symbol);
    }
    return 0;
}
