#include "graph/info_codec.h"

#include "base/fields.h"
#include "graph/format.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* The INFO block: the numbers of this table (base/fields.h), a varint with the number of texts, and
 * each text behind its length. Readers take what they know and leave the rest: both tables grow at
 * their ends without a new format version. */

#define NUMBER(field)                HF_NUMBER(hf_snapshot_info, field)
#define NUMBER_UP_TO(field, maximum) HF_NUMBER_UP_TO(hf_snapshot_info, field, maximum)

#define SURPLUS(i)                                                         \
    NUMBER(check.surplus[i].type), NUMBER(check.surplus[i].objects),       \
        NUMBER(check.surplus[i].sampled), NUMBER(check.surplus[i].stored), \
        NUMBER(check.surplus[i].binary)

static const hf_number_field numbers[] = {
    NUMBER_UP_TO(pid, INT32_MAX),
    NUMBER(start_time),
    NUMBER(rss),
    NUMBER(anonymous),
    NUMBER(swap),
    NUMBER_UP_TO(has_values, 1),
    NUMBER_UP_TO(freeze.way, HF_WAY_CORE),
    NUMBER(freeze.taken_at),
    NUMBER(freeze.predicted_pause),
    NUMBER(freeze.pause),
    NUMBER(freeze.attempts),
    NUMBER_UP_TO(freeze.at_rest, 1),
    NUMBER(freeze.bytes_copied),
    NUMBER(python.version_hex),
    NUMBER_UP_TO(python.static_link, 1),
    NUMBER_UP_TO(python.debug_build, 1),
    NUMBER_UP_TO(python.free_threaded, 1),
    NUMBER_UP_TO(python.gc_enabled, 1),
    NUMBER_UP_TO(python.gc_collecting, 1),
    NUMBER(python.gc_threshold[0]),
    NUMBER(python.gc_threshold[1]),
    NUMBER(python.gc_threshold[2]),
    NUMBER(python.gc_count[0]),
    NUMBER(python.gc_count[1]),
    NUMBER(python.gc_count[2]),
    NUMBER(python.interpreter_count),
    NUMBER(python.uncollectable),
    NUMBER(check.objects),
    NUMBER(check.edges),
    NUMBER(check.tracked),
    NUMBER(check.balanced),
    NUMBER(check.c_held),
    NUMBER(check.overcounted),
    NUMBER(check.lists_repaired),
    NUMBER(check.unreadable),
    NUMBER(check.implausible),
    NUMBER_UP_TO(asking.wanted, 1),
    NUMBER(asking.types),
    NUMBER(asking.objects),
    NUMBER(asking.references),
    NUMBER(asking.types_failed),
    NUMBER_UP_TO(check.tracing, HF_TRACING_AGENT),
    NUMBER(check.traced_blocks),
    NUMBER(check.traced_bytes),
    NUMBER(check.traced_objects),
    NUMBER(check.traces_lost),
    NUMBER_UP_TO(python.collector.kind, HF_COLLECTOR_KIND_COUNT - 1),
    NUMBER(python.collector.debug),
    NUMBER(python.collector.long_lived_total),
    NUMBER(python.collector.long_lived_pending),
    NUMBER(python.collector.statistics[0].collections),
    NUMBER(python.collector.statistics[0].collected),
    NUMBER(python.collector.statistics[0].uncollectable),
    NUMBER(python.collector.statistics[1].collections),
    NUMBER(python.collector.statistics[1].collected),
    NUMBER(python.collector.statistics[1].uncollectable),
    NUMBER(python.collector.statistics[2].collections),
    NUMBER(python.collector.statistics[2].collected),
    NUMBER(python.collector.statistics[2].uncollectable),
    NUMBER(python.collector.callbacks),
    NUMBER(python.collector.listed[0]),
    NUMBER(python.collector.listed[1]),
    NUMBER(python.collector.listed[2]),
    NUMBER(monotonic),
    NUMBER(check.births_start),
    NUMBER(check.births_end),
    NUMBER_UP_TO(check.births_by_block, 1),
    NUMBER(check.sample_bytes),
    NUMBER(peak),
    NUMBER(age),
    SURPLUS(0),
    SURPLUS(1),
    SURPLUS(2),
    SURPLUS(3),
};

/* Texts behind pointers; those in arrays follow them in the file. */
static const size_t texts[] = {
    offsetof(hf_snapshot_info, tool_version),        offsetof(hf_snapshot_info, host),
    offsetof(hf_snapshot_info, executable),          offsetof(hf_snapshot_info, command),
    offsetof(hf_snapshot_info, freeze.why_not_fork),
};

enum {
    NUMBERS = sizeof(numbers) / sizeof(*numbers),
    TEXTS = sizeof(texts) / sizeof(*texts),
    ARRAYS = 5,
};

static_assert((int)TEXTS == (int)HF_INFO_TEXTS, "info_codec.h counts the texts");

void hf_info_encode(const hf_snapshot_info *info, hf_buf *out)
{
    hf_numbers_put(out, info, numbers, NUMBERS);
    hf_buf_varint(out, TEXTS + ARRAYS);
    for (size_t i = 0; i < TEXTS; i++) {
        const char *text;
        memcpy(&text, (const char *)info + texts[i], sizeof(text));
        hf_text_put(out, text);
    }
    hf_text_put(out, info->python.version);
    hf_text_put(out, info->python.table);
    hf_text_put(out, info->asking.failures);
    hf_text_put(out, info->asking.why_not);
    hf_text_put(out, info->missing);
}

static void copy_text(char *to, size_t size, const char *from, size_t length)
{
    length = length < size ? length : size - 1;
    memcpy(to, from, length);
    to[length] = 0;
}

static void decode_texts(hf_cursor *c, hf_snapshot_info *info, hf_info_texts *ret)
{
    uint64_t count = hf_cursor_varint(c);
    for (uint64_t i = 0; i < count && !c->bad; i++) {
        size_t length = hf_cursor_varint(c);
        const char *text = (const char *)hf_cursor_bytes(c, length);
        if (!text)
            break;
        if (i < TEXTS)
            ret->text[i] = (hf_info_text){.bytes = text, .length = length};
        else if (i == TEXTS)
            copy_text(info->python.version, sizeof(info->python.version), text, length);
        else if (i == TEXTS + 1)
            copy_text(info->python.table, sizeof(info->python.table), text, length);
        else if (i == TEXTS + 2)
            copy_text(info->asking.failures, sizeof(info->asking.failures), text, length);
        else if (i == TEXTS + 3)
            copy_text(info->asking.why_not, sizeof(info->asking.why_not), text, length);
        else if (i == TEXTS + 4)
            copy_text(info->missing, sizeof(info->missing), text, length);
    }
}

bool hf_info_decode(hf_cursor *c, hf_snapshot_info *ret, hf_info_texts *ret_texts)
{
    hf_snapshot_info info = {0};
    hf_info_texts found = {0};
    hf_numbers_take(c, &info, numbers, NUMBERS);
    decode_texts(c, &info, &found);
    if (c->bad)
        return false;
    *ret = info;
    *ret_texts = found;
    return true;
}

void hf_info_set_text(hf_snapshot_info *info, size_t i, const char *text)
{
    memcpy((char *)info + texts[i], &text, sizeof(text));
}
