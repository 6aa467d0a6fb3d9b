/* A core file, beside a file that it may take for one of its binaries. The first two bytes say how
 * much of the input is the core file. Whatever can be opened is then looked into everywhere. */
#include "acquire/core.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void look_around(hf_target *t)
{
    size_t count;
    const hf_segment *s = hf_target_segments(t, &count);
    volatile uint8_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        assert(s[i].start < s[i].end && (!i || s[i - 1].end <= s[i].start));
        for (uint64_t at = s[i].start; at < s[i].end; at++)
            seen ^= s[i].bytes[at - s[i].start];
        assert(hf_target_view(t, s[i].start, 1) == s[i].bytes);
        assert(!hf_target_view(t, s[i].end - 1, SIZE_MAX));
    }
    const hf_mapping *m = hf_target_mappings(t, &count);
    for (size_t i = 0; i < count; i++) {
        assert(m[i].start < m[i].end && (!i || m[i - 1].end <= m[i].start));
        hf_target_image_end(t, m[i].start);
        seen ^= (uint8_t)strlen(m[i].path);
    }
    hf_target_symbol(t, "_PyRuntime", NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t core = (size_t)data[0] | (size_t)data[1] << 8;
    core = core < size - 2 ? core : size - 2;
    /* Pages are mapped whole: what lies behind a binary in its last page reads as zeros. */
    size_t rest = size - 2 - core, room = (rest + 4095) & ~(size_t)4095;
    uint8_t *own = malloc(core + 1), *binary = calloc(1, room + 1);
    if (!own || !binary)
        abort();
    memcpy(own, data + 2, core);
    memcpy(binary, data + 2 + core, rest);
    hf_candidate candidates[2] = {{.need = 0, .name = "a", .bytes = binary, .size = rest},
                                  {.need = 1, .name = "b", .bytes = binary, .size = rest}};
    candidates[1].vouched = true;
    hf_core_input in = {
        .bytes = own, .size = core, .candidates = candidates, .candidate_count = rest ? 2 : 0};
    hf_buf survey;
    hf_buf_init(&survey, 1 << 20);
    hf_target *target;
    hf_err *err = hf_core_survey(&in, &survey);
    assert(err || !survey.failed);
    hf_err_free(err);
    err = hf_target_open_core(&in, &target);
    if (!err) {
        look_around(target);
        hf_target_free(target);
    }
    hf_err_free(err);
    hf_buf_deinit(&survey);
    free(own);
    free(binary);
    return 0;
}
