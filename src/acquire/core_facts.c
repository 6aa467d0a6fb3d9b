#include "acquire/core_facts.h"

#include "acquire/inside.h"
#include "base/fields.h"

#include <stdlib.h>
#include <string.h>

/* What is written and read, in one order. */
typedef struct facts {
    hf_target_info info;
    hf_freeze_info freeze;
} facts;

#define NUMBER(field)                HF_NUMBER(facts, field)
#define NUMBER_UP_TO(field, maximum) HF_NUMBER_UP_TO(facts, field, maximum)

static const hf_number_field numbers[] = {
    NUMBER_UP_TO(info.pid, INT32_MAX),
    NUMBER(info.start_time),
    NUMBER_UP_TO(info.uid, UINT32_MAX),
    NUMBER_UP_TO(info.gid, UINT32_MAX),
    NUMBER(info.rss),
    NUMBER(info.anonymous),
    NUMBER(info.swap),
    NUMBER_UP_TO(freeze.way, HF_WAY_LIVE),
    NUMBER(freeze.taken_at),
    NUMBER(freeze.predicted_pause),
    NUMBER(freeze.pause),
    NUMBER_UP_TO(freeze.attempts, UINT32_MAX),
    NUMBER(freeze.bytes_copied),
    NUMBER(info.peak),
    NUMBER(info.age),
};

static const size_t texts[] = {
    offsetof(facts, info.host),
    offsetof(facts, info.executable),
    offsetof(facts, info.command),
    offsetof(facts, freeze.why_not_fork),
};

enum {
    NUMBERS = sizeof(numbers) / sizeof(*numbers),
    TEXTS = sizeof(texts) / sizeof(*texts),
    TEXT_MAX = 1 << 20,
};

void hf_core_facts_encode(const hf_target_info *info, const hf_freeze_info *freeze, hf_buf *ret)
{
    const facts f = {.info = *info, .freeze = *freeze};
    hf_numbers_put(ret, &f, numbers, NUMBERS);
    hf_buf_varint(ret, TEXTS);
    for (size_t i = 0; i < TEXTS; i++) {
        const char *text;
        memcpy(&text, (const char *)&f + texts[i], sizeof(text));
        hf_text_put(ret, text);
    }
    hf_buf_varint(ret, info->thread_count);
    for (size_t i = 0; i < info->thread_count; i++) {
        hf_buf_varint(ret, (uint32_t)info->threads[i].tid);
        hf_text_put(ret, info->threads[i].name);
    }
}

typedef struct text {
    const char *bytes;
    size_t length;
} text;

static text read_text(hf_cursor *c)
{
    text t = {.length = hf_cursor_varint(c)};
    t.bytes = (const char *)hf_cursor_bytes(c, t.length);
    if (t.length > TEXT_MAX)
        c->bad = true;
    return t;
}

static void read_texts(hf_cursor *c, text *ret)
{
    uint64_t count = hf_cursor_varint(c);
    for (uint64_t i = 0; i < count && !c->bad; i++) {
        text t = read_text(c);
        if (i < TEXTS)
            ret[i] = t;
    }
}

/* Names of the threads that the target knows already. */
static void read_threads(hf_cursor *c, const hf_target_info *info)
{
    hf_thread *threads = (hf_thread *)(uintptr_t)info->threads;
    uint64_t count = hf_cursor_varint(c);
    for (uint64_t i = 0; i < count && !c->bad; i++) {
        uint64_t tid = hf_cursor_varint(c);
        text name = read_text(c);
        if (c->bad || i >= info->thread_count || tid != (uint32_t)threads[i].tid)
            continue;
        size_t n =
            name.length < sizeof(threads[i].name) ? name.length : sizeof(threads[i].name) - 1;
        memcpy(threads[i].name, name.bytes, n);
        threads[i].name[n] = 0;
    }
}

/* Puts an owned text in the place of another. */
static bool set_text(facts *f, size_t i, text t)
{
    char *now, *copy = t.length ? strndup(t.bytes, t.length) : NULL;
    if (t.length && !copy)
        return false;
    memcpy(&now, (char *)f + texts[i], sizeof(now));
    if (now && *now)
        free(now);
    const char *set = copy && *copy ? copy : "";
    if (copy && !*copy)
        free(copy);
    memcpy((char *)f + texts[i], &set, sizeof(set));
    return true;
}

hf_err *hf_core_facts_apply(const hf_core_file *core, hf_target *target)
{
    if (!core->facts)
        return NULL;
    hf_cursor c = hf_cursor_over(core->facts, core->facts_size);
    facts f = {.info = target->info, .freeze = target->freeze};
    text found[TEXTS] = {0};
    hf_numbers_take(&c, &f, numbers, NUMBERS);
    read_texts(&c, found);
    if (c.bad)
        return NULL;
    bool ok = true;
    for (size_t i = 0; i < TEXTS && ok; i++)
        ok = set_text(&f, i, found[i]);
    target->info = f.info;
    target->freeze = f.freeze;
    read_threads(&c, &target->info);
    return ok ? NULL : hf_fail_memory();
}
