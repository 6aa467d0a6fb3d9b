/* present/cli/exec_output.c - see present/cli/exec_output.h. */
#include "present/cli/exec_output.h"

#include "base/cleanup.h"
#include "cpython/boot.h"

#include <stdio.h>
#include <unistd.h>

enum { CHUNK = 65536 };

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

/* What a terminal would take as an order to itself becomes '?'; lines, tabs and text stay. */
static void tame(uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool order = (bytes[i] < ' ' && bytes[i] != '\n' && bytes[i] != '\t') || bytes[i] == 127;
        bool second = bytes[i] >= 0x80 && bytes[i] < 0xa0 && i && bytes[i - 1] == 0xc2;
        if (order || second)
            bytes[i] = '?';
    }
}

static void print(FILE *stream, uint8_t *bytes, size_t n)
{
    if (stream == stderr)
        fflush(stdout); /* what came before is seen before */
    if (isatty(fileno(stream)))
        tame(bytes, n);
    fwrite(bytes, 1, n, stream);
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
            print(kind == 1 ? stdout : stderr, chunk, wanted);
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
    if (o->prints && o->at > before)
        fflush(stdout);
    return NULL;
}
