/* What of acquire/demangle.h is there without libiberty. */
#include "acquire/demangle.h"

const char *hf_demangler(void)
{
    return NULL;
}

size_t hf_demangle(const char *name, char *ret, size_t room)
{
    (void)name;
    if (room)
        *ret = 0;
    return 0;
}
