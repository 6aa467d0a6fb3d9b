/* present/cli/exec_output.c - see present/cli/exec_output.h. */
#include "present/cli/exec_output.h"

#include "base/cleanup.h"
#include "cpython/boot.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 65536, TAMED = 4096 };

void hf_exec_output_init(hf_exec_output *o, int fd, bool prints, bool keeps)
{
    *o = (hf_exec_output){.fd = fd, .at = HF_BOOT_RECORDS, .prints = prints, .keeps = keeps};
    for (size_t i = 0; i < 2; i++)
        hf_buf_init(&o->texts[i], 0);
}

void hf_exec_output_deinit(hf_exec_output *o)
{
    for (size_t i = 0; i < 2; i++)
        hf_buf_deinit(&o->texts[i]);
}

/* Bytes of a character of UTF-8 that begins like that; 0 where none does. */
static size_t length_of(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* A control character of C1, in two bytes or in more than it takes. */
static bool is_order(const uint8_t *bytes)
{
    return (bytes[0] == 0xc2 && bytes[1] < 0xa0) || (bytes[0] == 0xe0 && bytes[1] < 0xa0) ||
           (bytes[0] == 0xf0 && bytes[1] < 0x90);
}

static size_t tame_first(hf_exec_tail *tail, uint8_t byte, uint8_t *ret)
{
    size_t length = length_of(byte);
    bool order = (byte < ' ' && byte != '\n' && byte != '\t') || byte == 127;
    if (length > 1) {
        tail->bytes[tail->count++] = byte;
        return 0;
    }
    *ret = order || !length ? '?' : byte;
    return 1;
}

size_t hf_exec_output_tame(hf_exec_tail *tail, const uint8_t *bytes, size_t n, uint8_t *ret)
{
    size_t length = 0;
    for (size_t i = 0; i < n; i++) {
        if (tail->count && (bytes[i] & 0xc0) != 0x80) {
            ret[length++] = '?';
            tail->count = 0;
        }
        if (!tail->count) {
            length += tame_first(tail, bytes[i], ret + length);
            continue;
        }
        tail->bytes[tail->count++] = bytes[i];
        if (tail->count < length_of(tail->bytes[0]))
            continue;
        size_t whole = is_order(tail->bytes) ? 1 : tail->count;
        memcpy(ret + length, is_order(tail->bytes) ? (const uint8_t *)"?" : tail->bytes, whole);
        length += whole;
        tail->count = 0;
    }
    return length;
}

static void print(FILE *stream, hf_exec_tail *tail, const uint8_t *bytes, size_t n)
{
    if (stream == stderr)
        fflush(stdout); /* what came before is seen before */
    uint8_t tamed[TAMED + HF_EXEC_TAIL_MAX];
    bool terminal = isatty(fileno(stream));
    if (!terminal)
        fwrite(bytes, 1, n, stream);
    for (size_t at = 0; at < n && terminal; at += TAMED) {
        size_t some = n - at < TAMED ? n - at : TAMED;
        fwrite(tamed, 1, hf_exec_output_tame(tail, bytes + at, some, tamed), stream);
    }
}

/* A record of `length` bytes at `at`. */
static hf_err *read_record(hf_exec_output *o, uint8_t kind, uint64_t at, uint64_t length)
{
    HF_AUTO(hf_freep) uint8_t *chunk = malloc(CHUNK);
    if (!chunk)
        return hf_fail_memory();
    while (length) {
        size_t wanted = length < CHUNK ? (size_t)length : CHUNK;
        if (pread(o->fd, chunk, wanted, (off_t)at) != (ssize_t)wanted)
            return hf_fail(HF_ERR_DAMAGED, "what the process has written is cut off");
        if (o->keeps)
            hf_buf_add(&o->texts[kind - 1], chunk, wanted);
        if (o->prints)
            print(kind == 1 ? stdout : stderr, &o->tails[kind - 1], chunk, wanted);
        at += wanted;
        length -= wanted;
    }
    return NULL;
}

static hf_err *read_records(hf_exec_output *o, uint64_t end)
{
    if (end > HF_BOOT_OUTPUT_MAX || (end && end < o->at))
        return hf_fail(HF_ERR_DAMAGED, "what the process has written makes no sense");
    while (o->at < end) {
        uint8_t head[HF_BOOT_RECORD_HEAD];
        if (pread(o->fd, head, sizeof(head), (off_t)o->at) != sizeof(head))
            return hf_fail(HF_ERR_DAMAGED, "what the process has written is cut off");
        uint64_t length = hf_load_u32(head + 1);
        if (length > end - o->at - sizeof(head) || (head[0] != 1 && head[0] != 2))
            return hf_fail(HF_ERR_DAMAGED, "what the process has written makes no sense");
        hf_err *err = read_record(o, head[0], o->at + sizeof(head), length);
        if (err)
            return err;
        o->at += sizeof(head) + length;
    }
    return NULL;
}

hf_err *hf_exec_output_read(hf_exec_output *o)
{
    uint8_t state[HF_BOOT_RECORDS], first;
    /* The rest of the state is written before the byte that says so. */
    if (pread(o->fd, &first, 1, HF_BOOT_STATE) != 1 ||
        pread(o->fd, state, sizeof(state), 0) != sizeof(state))
        return hf_fail(HF_ERR_DAMAGED, "what the process has written is cut off");
    uint64_t before = o->at;
    hf_err *err = read_records(o, hf_load_u64(state + HF_BOOT_END));
    if (err)
        return err;
    o->begun = first != HF_BOOT_WAITS;
    o->done = first == HF_BOOT_DONE;
    o->dropped = hf_load_u64(state + HF_BOOT_DROPPED);
    o->status = hf_load_u32(state + HF_BOOT_STATUS);
    o->thread = hf_load_u32(state + HF_BOOT_THREAD);
    for (size_t i = 0; i < 2 && o->done; i++) {
        if (o->tails[i].count)
            fputc('?', i ? stderr : stdout);
        o->tails[i].count = 0;
    }
    if (o->prints && (o->at > before || o->done))
        fflush(stdout);
    return NULL;
}
