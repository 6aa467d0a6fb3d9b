/* A binary with debug information from a stranger: whatever it says, a row comes of it
 * or none does. */
#include "cpython/debug_info.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    uint8_t *file = malloc(size); /* it may be written to */
    if (!file)
        abort();
    memcpy(file, data, size);
    const hf_layout *base = &hf_layouts[data[size - 1] % hf_layout_count];
    hf_layout row;
    char why[160] = "";
    bool found = false;
    hf_err_free(hf_row_from_debug_info(file, size, base, &row, why, sizeof(why), &found));
    free(file);
    return 0;
}
