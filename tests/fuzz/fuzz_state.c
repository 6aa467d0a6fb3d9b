/* The state of a traced process that is hostile: whatever the reader believes becomes a capture
 * that can be written and read again.
 *
 * The input is what a state says, small: 16 bytes for the head, then nodes, codes, counters and
 * text, as the counts in the head tell. The sparse file around it is made here. */
#include "base/bytes.h"
#include "trace/merge.h"
#include "trace/state_read.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint32_t take_u16(hf_cursor *c)
{
    uint32_t low = hf_cursor_u8(c);
    return low | (uint32_t)hf_cursor_u8(c) << 8;
}

static void put(int fd, const void *bytes, size_t length, uint64_t at)
{
    assert(pwrite(fd, bytes, length, (off_t)at) == (ssize_t)length);
}

static hf_state_header head_of(hf_cursor *in)
{
    hf_state_header h = {
        .version = HF_STATE_VERSION, .python = 0x030c01f0, .pid = 7, .start = 1000};
    memcpy(h.magic, HF_STATE_MAGIC, sizeof(h.magic));
    h.node_count = take_u16(in) & 0x3ff;
    h.code_count = hf_cursor_u8(in);
    h.text_length = take_u16(in);
    h.lines = hf_cursor_u8(in) & 3;
    h.flags = take_u16(in);
    h.mode = hf_cursor_u8(in) & 3;
    h.sample_bytes = take_u16(in);
    h.python_live = hf_cursor_u64(in);
    h.epoch = hf_cursor_u8(in);
    memset(h.command, 'x', hf_cursor_u8(in) * 5 < 1024 ? 3 : sizeof(h.command));
    return h;
}

static int make_file(const uint8_t *data, size_t size)
{
    hf_cursor in = hf_cursor_over(data, size);
    hf_state_header h = head_of(&in);
    int fd = memfd_create("state", MFD_CLOEXEC);
    assert(fd >= 0 && ftruncate(fd, (off_t)HF_STATE_SIZE) == 0);
    put(fd, &h, sizeof(h), 0);
    for (uint32_t i = HF_STATE_FIRST; i < h.node_count && hf_cursor_left(&in); i++) {
        hf_state_node n = {.parent = take_u16(&in), .code = hf_cursor_u8(&in)};
        n.instruction = (int16_t)take_u16(&in);
        n.kind = hf_cursor_u8(&in);
        put(fd, &n, sizeof(n), HF_STATE_NODES_AT + i * sizeof(n));
    }
    for (uint32_t i = 1; i < h.code_count && hf_cursor_left(&in); i++) {
        hf_state_code c = {.first_line = hf_cursor_u32(&in), .text = take_u16(&in)};
        c.first_traceable = (int16_t)take_u16(&in);
        c.file_length = take_u16(&in);
        c.name_length = take_u16(&in);
        c.lines_length = take_u16(&in);
        put(fd, &c, sizeof(c), HF_STATE_CODES_AT + i * sizeof(c));
    }
    for (uint32_t i = 1; i < h.node_count && hf_cursor_left(&in); i++) {
        uint64_t words[8] = {0};
        for (size_t k = 0; k < 8; k++)
            words[k] = hf_cursor_varint(&in);
        put(fd, words, sizeof(words), HF_STATE_COUNTERS_AT + i * sizeof(words));
    }
    size_t left = hf_cursor_left(&in);
    const uint8_t *text = hf_cursor_bytes(&in, left);
    if (text && left)
        put(fd, text, left, HF_STATE_TEXT_AT);
    return fd;
}

static void write_and_read(const hf_capture *made)
{
    char path[64];
    snprintf(path, sizeof(path), "/tmp/fuzz_state.%d", (int)getpid());
    hf_capture *c = NULL;
    hf_err *err = hf_capture_write(made, path);
    assert(!err);
    err = hf_capture_read(path, &c);
    if (err)
        fprintf(stderr, "%s\n", hf_err_message(err));
    assert(!err && c->node_count == made->node_count);
    unlink(path);
    hf_capture_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = make_file(data, size);
    hf_state s = {0};
    hf_err *err = hf_state_read(fd, "input", &s);
    close(fd);
    if (err) {
        hf_err_free(err);
        return 0;
    }
    hf_merge *m = NULL;
    uint32_t *nodes = NULL;
    assert(!hf_merge_new(900, &m));
    assert(!hf_merge_add(m, &s, 2000, 0, &nodes));
    hf_capture *c = hf_merge_take(m);
    write_and_read(c);
    free(nodes);
    hf_capture_free(c);
    hf_merge_free(m);
    hf_state_deinit(&s);
    return 0;
}
