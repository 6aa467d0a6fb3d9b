/* The symbol tables of a hostile binary. */
#include "acquire/elf_functions.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hf_elf_functions f;
    const uint8_t *id = NULL;
    size_t length = hf_elf_build_id(data, size, &id);
    assert(!length || (id >= data && length <= size && id + length <= data + size));
    if (!hf_elf_functions_read(data, size, &f))
        return 0;
    for (size_t i = 0; i < f.count; i++) {
        assert(strlen(f.rows[i].name) < size);
        assert(!i || f.rows[i - 1].start <= f.rows[i].start);
        hf_elf_function_at(&f, f.rows[i].start);
        hf_elf_function_start(&f, f.rows[i].start);
    }
    hf_elf_functions_deinit(&f);
    return 0;
}
