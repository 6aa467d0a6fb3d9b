/* What of debug_info.h is there without libdw. */
#include "cpython/debug_info.h"

#include <stdio.h>

const char *hf_debug_info_reader(void)
{
    return NULL;
}

hf_err *hf_row_from_debug_info(uint8_t *file, size_t size, const hf_layout *from, hf_layout *ret,
                               char *why, size_t why_size, bool *found)
{
    (void)file, (void)size, (void)from, (void)ret;
    *found = false;
    snprintf(why, why_size, "this program was built without libdw");
    return NULL;
}
