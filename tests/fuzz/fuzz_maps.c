/* /proc/PID/maps: its paths are chosen by the process. What is parsed must be sorted and apart. */
#include "acquire/maps.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hf_maps maps;
    hf_err *err = hf_maps_parse((const char *)data, size, &maps);
    if (err) {
        hf_err_free(err);
        return 0;
    }
    for (size_t i = 0; i < maps.count; i++) {
        assert(maps.items[i].start < maps.items[i].end);
        assert(i == 0 || maps.items[i - 1].end <= maps.items[i].start);
        assert(strlen(maps.items[i].path) <= size);
    }
    hf_maps_deinit(&maps);
    return 0;
}
