/* What is diagnosed of snapshots from a stranger: of one, and of up to four, which need have
 * nothing to do with each other.
 *
 * The input: a byte for how many there are, and each as in made_snapshot.h, all but the last behind
 * 2 bytes for its length. (tool_seed writes such inputs.) */
#include "analyse/diagnose.h"
#include "made_snapshot.h"

enum { SNAPSHOTS_MOST = 4 };

static void check_suspect(const hf_suspect *s)
{
    const char *const texts[] = {s->type, s->pattern, s->evidence, s->fix, s->site};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        assert(texts[i]);
    for (const char *p = s->path; *p; p++) /* the others are escaped when they are shown */
        assert((uint8_t)*p >= 0x20 && *p != 0x7f);
    assert(s->confidence >= 0 && s->confidence <= 1);
}

static void diagnose(hf_graph *const *graphs, size_t count)
{
    hf_diagnosis *d = NULL;
    hf_err_free(hf_diagnose(graphs, count, &d));
    assert(d && *d->summary);
    for (size_t i = 0; i < d->suspect_count + d->harmless_count; i++)
        check_suspect(&d->suspects[i]);
    hf_diagnosis_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hf_cursor input = hf_cursor_over(data, size);
    hf_graph *graphs[SNAPSHOTS_MOST];
    size_t wanted = 1 + hf_cursor_u8(&input) % SNAPSHOTS_MOST, count = 0;
    for (size_t i = 0; i < wanted; i++) {
        size_t length = hf_cursor_left(&input);
        const uint8_t *bytes =
            i + 1 < wanted ? take_bytes(&input, &length) : hf_cursor_bytes(&input, length);
        hf_cursor part = hf_cursor_over(bytes, length);
        graphs[count] = read_snapshot(&part, NULL);
        count += graphs[count] != NULL;
    }
    if (count)
        diagnose(graphs, count);
    if (count > 1)
        diagnose(graphs + count - 1, 1);
    for (size_t i = 0; i < count; i++)
        hf_graph_free(graphs[i]);
    return 0;
}
