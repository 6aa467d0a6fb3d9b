/* What of acquire/source_frames.h is there without libdw. */
#include "acquire/source_frames.h"

bool hf_source_frames_read(uint8_t *file, size_t size, const uint64_t *addresses, size_t count,
                           hf_take_source_frames *take, void *context)
{
    (void)file, (void)size, (void)addresses, (void)count, (void)take, (void)context;
    return false;
}
