/* A mangled name from a stranger: what comes of it stays in its room. */
#include "acquire/demangle.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t room = size ? 1 + data[0] * (size_t)8 : 1;
    char *name = malloc(size + 1), *text = malloc(room);
    if (!name || !text)
        abort();
    memcpy(name, data, size);
    name[size] = 0;
    size_t length = hf_demangle(size ? name + 1 : name, text, room);
    assert(length < room && strlen(text) == length);
    free(name);
    free(text);
    return 0;
}
