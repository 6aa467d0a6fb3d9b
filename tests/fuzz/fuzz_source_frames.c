/* The debug information of a hostile binary: whatever it says, frames have texts and are not too
 * many. The first bytes say which addresses are asked for. */
#include "acquire/source_frames.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESSES = 64 };

static volatile size_t length;

static void take(void *context, size_t index, const hf_source_frame *frames, size_t count)
{
    (void)context;
    assert(index < ADDRESSES && count > 0 && count <= HF_SOURCE_FRAMES_MOST);
    for (size_t i = 0; i < count; i++) {
        const char *const texts[] = {frames[i].name, frames[i].symbol, frames[i].file,
                                     frames[i].folder};
        for (size_t k = 0; k < 4; k++)
            length += texts[k] ? strlen(texts[k]) : 0;
        assert(frames[i].file || !frames[i].line);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t addresses[ADDRESSES];
    if (size < 2)
        return 0;
    for (uint64_t i = 0; i < ADDRESSES; i++) /* where small binaries have their code */
        addresses[i] = (uint64_t)data[0] * 64 + i * (1 + data[1]);
    uint8_t *file = malloc(size);
    if (!file)
        abort();
    memcpy(file, data + 2, size - 2);
    hf_source_frames_read(file, size - 2, addresses, ADDRESSES, take, NULL);
    free(file);
    return 0;
}
