/* Capture files from a stranger: whatever the reader believes must be safe to index.
 *
 * The input is what a file says, without what holds it together: for each column 2 bytes rows, 2
 * bytes length and the bytes. The file around it is made here, so that no input is lost to a wrong
 * checksum. An input that starts with the magic of a capture is taken as a whole file, so that what
 * unpacks columns is tried too. */
#include "base/bytes.h"
#include "trace/capture.h"
#include "trace/code_lines.h"
#include "trace/format.h"
#include "trace/profile.h"
#include "trace/sites.h"
#include "trace/stats.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

static size_t take_u16(hf_cursor *c)
{
    size_t low = hf_cursor_u8(c);
    return low | (size_t)hf_cursor_u8(c) << 8;
}

static void put_column(hf_buf *file, uint32_t kind, size_t rows, const uint8_t *bytes,
                       size_t length)
{
    const uint32_t small[] = {kind, (uint32_t)rows};
    const uint64_t large[] = {length, length, XXH3_64bits(bytes, length)};
    hf_buf_add(file, small, sizeof(small));
    hf_buf_add(file, large, sizeof(large));
    hf_buf_add(file, bytes, length);
}

static int make_file(const uint8_t *data, size_t size)
{
    hf_buf file = {0};
    if (size >= 8 && memcmp(data, HF_TRACE_MAGIC, 8) == 0) {
        hf_buf_add(&file, data, size);
    } else {
        uint8_t header[HF_TRACE_HEADER_SIZE] = HF_TRACE_MAGIC;
        header[8] = HF_TRACE_VERSION;
        hf_buf_add(&file, header, sizeof(header));
        hf_cursor input = hf_cursor_over(data, size);
        static const hf_trace_column order[] = HF_TRACE_ORDER;
        for (size_t i = 0; i + 1 < sizeof(order) / sizeof(*order); i++) {
            size_t rows = take_u16(&input), length = take_u16(&input),
                   left = hf_cursor_left(&input);
            length = length < left ? length : left;
            put_column(&file, order[i], rows, hf_cursor_bytes(&input, length), length);
        }
        put_column(&file, HF_TRACE_END, 0, header, 0);
    }
    int fd = memfd_create("capture", MFD_CLOEXEC);
    assert(fd >= 0 && write(fd, file.data, file.length) == (ssize_t)file.length);
    hf_buf_deinit(&file);
    return fd;
}

static void work_on(const hf_capture *c)
{
    hf_counts *sums = NULL;
    hf_count *live = NULL;
    hf_capture_sum(c);
    assert(!hf_capture_add_up(c, &sums));
    assert(!hf_capture_live_at(c, UINT64_MAX, &live));
    for (size_t i = 0; i < c->node_count; i++) {
        const hf_node *n = &c->nodes[i];
        assert(n->parent == HF_NODE_NONE || n->parent < i);
        assert(n->process < c->process_count && c->processes[n->process].root <= i);
        assert(!hf_kind_is_call(n->kind) || n->code < c->code_count);
        assert(live[i].bytes <= UINT64_MAX >> 4);
    }
    for (size_t i = 0; i < c->code_count; i++)
        assert(c->codes[i].file < c->texts.count && c->codes[i].name < c->texts.count);
    for (size_t i = 0; i < c->change_count; i++)
        assert(c->changes[i].node < c->node_count);
    uint64_t *resident = NULL, *live_then = NULL;
    assert(!hf_capture_resident(c, UINT32_MAX, &resident));
    assert(!hf_capture_live(c, UINT32_MAX, &live_then));
    free(resident);
    free(live_then);
    free(sums);
    free(live);
}

/* What reports make of it. Sums of nonsense may wrap; nothing may be out of bounds. */
static void report(const hf_capture *c)
{
    const hf_selection selections[] = {{.measure = HF_MEASURE_TOTAL},
                                       {.measure = HF_MEASURE_HELD, .from = 1, .to = UINT64_MAX},
                                       {.measure = HF_MEASURE_PEAK, .function = "*a*"}};
    for (size_t i = 0; i < 3; i++) {
        hf_count *chosen = NULL;
        hf_err *err = hf_select(c, &selections[i], &chosen);
        assert(!err == !!chosen);
        hf_err_free(err);
        if (!chosen)
            continue;
        for (hf_by by = HF_BY_LINE; by <= HF_BY_STACK; by++) {
            hf_sites sites = {0};
            assert(!hf_sites_compute(c, &(hf_sites_options){.by = by, .native = c->node_count % 2},
                                     chosen, NULL, &sites));
            for (size_t k = 0; k < sites.count; k++)
                assert(sites.rows[k].node < c->node_count);
            hf_sites_deinit(&sites);
        }
        for (unsigned inverted = 0; inverted < 2; inverted++) {
            const hf_profile_options options = {.processes = i & 1, .hide_imports = true};
            hf_profile profile = {0};
            hf_profile_sums sums = {0};
            assert(inverted ? !hf_profile_invert(c, &options, chosen, 100, &profile)
                            : !hf_profile_compute(c, &options, &profile));
            assert(!hf_profile_add_up(&profile, chosen, &sums));
            for (size_t k = 1; k < profile.node_count; k++)
                assert(profile.nodes[k].parent < k && profile.nodes[k].frame < profile.frame_count);
            hf_profile_sums_deinit(&sums);
            hf_profile_deinit(&profile);
        }
        free(chosen);
    }
    hf_stats stats;
    assert(!hf_stats_compute(c, 0, &stats));
    hf_code_lines lines = {0};
    assert(!hf_code_lines_compute(c, NULL, NULL, 0, &lines));
    for (size_t i = 0; i < lines.function_count; i++)
        assert(lines.functions[i].first + lines.functions[i].count <= lines.line_count);
    hf_code_lines_deinit(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hf_capture *c = NULL;
    hf_err *err = hf_capture_read_fd(make_file(data, size), "input", &c);
    assert(!err == !!c);
    if (c) {
        work_on(c);
        report(c);
    }
    hf_err_free(err);
    hf_capture_free(c);
    return 0;
}
