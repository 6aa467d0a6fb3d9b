#include "acquire/core_write.h"

#include "base/page.h"

#include <assert.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

enum {
    PAGE = HF_PAGE_SIZE,
    LEVEL = 1,
    FRAME = 1 << 20,
    ZEROS = 64 << 20,         /* of zeros in one frame */
    ZEROS_ROOM = 16 << 10,    /* such a frame, compressed: 4 bytes for each 128 KiB */
    STORED_BLOCK = 128 << 10, /* most that a block of a zstd frame may hold */
    STORED_HEAD = 4 + 1 + 8,  /* magic, descriptor, size of the content */
    STORED_BLOCK_HEAD = 3,
};

struct hf_core_writer {
    int fd;
    const hf_maps *maps;
    const hf_selection *selection;
    ZSTD_CCtx *compressor;
    uint8_t *frame, *packed; /* FRAME bytes, and room for them compressed */
    size_t packed_room;
    size_t filled;   /* of the frame */
    uint64_t offset; /* in the selection: of the end of what is filled */
    uint64_t at;     /* in the file */
    uint8_t *zeros;  /* a frame of ZEROS zeros */
    size_t zeros_size, zero_frame_size;
    uint8_t zero_frame[256]; /* a frame of FRAME zeros */
};

static hf_err *write_at(int fd, uint64_t offset, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    while (n) {
        ssize_t done = pwrite(fd, p, n, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return hf_fail_sys(done ? errno : ENOSPC, "cannot write the memory");
        p += done;
        offset += (uint64_t)done;
        n -= (size_t)done;
    }
    return NULL;
}

static hf_err *append(hf_core_writer *w, const void *bytes, size_t n)
{
    hf_err *err = write_at(w->fd, w->at, bytes, n);
    w->at += n;
    return err;
}

static hf_err *append_packed(hf_core_writer *w, const void *bytes, size_t n)
{
    size_t size = ZSTD_compressCCtx(w->compressor, w->packed, w->packed_room, bytes, n, LEVEL);
    return ZSTD_isError(size) ? hf_fail_memory() : append(w, w->packed, size);
}

/* A frame of many zeros, made from few at a time. */
static bool make_zeros(hf_core_writer *w)
{
    ZSTD_outBuffer out = {w->zeros, ZEROS_ROOM, 0};
    ZSTD_CCtx_reset(w->compressor, ZSTD_reset_session_and_parameters);
    ZSTD_CCtx_setParameter(w->compressor, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setPledgedSrcSize(w->compressor, ZEROS);
    size_t left = 1;
    for (size_t done = 0; done < ZEROS; done += FRAME) {
        ZSTD_inBuffer in = {w->frame, FRAME, 0};
        ZSTD_EndDirective end = done + FRAME < ZEROS ? ZSTD_e_continue : ZSTD_e_end;
        left = ZSTD_compressStream2(w->compressor, &out, &in, end);
        if (ZSTD_isError(left) || in.pos != in.size)
            return false;
    }
    w->zeros_size = out.pos;
    w->zero_frame_size = ZSTD_compressCCtx(w->compressor, w->zero_frame, sizeof(w->zero_frame),
                                           w->frame, FRAME, LEVEL);
    return left == 0 && !ZSTD_isError(w->zero_frame_size);
}

hf_err *hf_core_writer_new(int fd, hf_core_writer **ret)
{
    hf_core_writer *w = calloc(1, sizeof(*w));
    if (!w)
        return hf_fail_memory();
    w->fd = fd;
    w->compressor = ZSTD_createCCtx();
    w->frame = calloc(1, FRAME);
    w->packed_room = ZSTD_compressBound(FRAME);
    w->packed = malloc(w->packed_room);
    w->zeros = malloc(ZEROS_ROOM);
    if (!w->compressor || !w->frame || !w->packed || !w->zeros || !make_zeros(w)) {
        hf_core_writer_free(w);
        return hf_fail_memory();
    }
    *ret = w;
    return NULL;
}

void hf_core_writer_free(hf_core_writer *w)
{
    if (!w)
        return;
    ZSTD_freeCCtx(w->compressor);
    free(w->frame);
    free(w->packed);
    free(w->zeros);
    free(w);
}

/* How many program headers there are: one for the notes, one for each mapping. */
static uint64_t header_count(const hf_core_writer *w)
{
    return w->maps->count + (uint64_t)1;
}

/* Bytes of the headers: those of ELF, and a section header for a number that is too
 * large for it. */
static uint64_t headers_size(const hf_core_writer *w)
{
    uint64_t size = sizeof(Elf64_Ehdr) + header_count(w) * sizeof(Elf64_Phdr) + sizeof(Elf64_Shdr);
    return (size + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

static Elf64_Ehdr elf_header(const hf_core_writer *w)
{
    uint64_t count = header_count(w);
    Elf64_Ehdr h = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_CORE,
#if defined(__aarch64__)
        .e_machine = EM_AARCH64,
#else
        .e_machine = EM_X86_64,
#endif
        .e_version = EV_CURRENT,
        .e_ehsize = sizeof(h),
        .e_phoff = sizeof(h),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = (Elf64_Half)count
    };
    if (count < PN_XNUM)
        return h;
    h.e_phnum = PN_XNUM;
    h.e_shoff = sizeof(h) + count * sizeof(Elf64_Phdr);
    h.e_shentsize = sizeof(Elf64_Shdr);
    h.e_shnum = 1;
    return h;
}

static Elf64_Phdr header_of(const hf_mapping *m)
{
    return (Elf64_Phdr){.p_type = PT_LOAD,
                        .p_flags = (m->readable ? PF_R : 0U) | (m->writable ? PF_W : 0U) |
                                   (m->executable ? PF_X : 0U),
                        .p_vaddr = m->start,
                        .p_memsz = m->end - m->start,
                        .p_align = PAGE};
}

/* All headers, to be freed by the caller; NULL without memory. */
static uint8_t *make_headers(const hf_core_writer *w, uint64_t notes_at, uint64_t notes_size)
{
    uint64_t data = headers_size(w);
    uint8_t *bytes = calloc(1, data);
    if (!bytes)
        return NULL;
    Elf64_Ehdr header = elf_header(w);
    memcpy(bytes, &header, sizeof(header));
    uint8_t *to = bytes + sizeof(header);
    Elf64_Phdr notes = {
        .p_type = PT_NOTE, .p_offset = notes_at, .p_filesz = notes_size, .p_align = 4};
    memcpy(to, &notes, sizeof(notes));
    const hf_range *range = w->selection->ranges, *end = range + w->selection->count;
    for (size_t i = 0; i < w->maps->count; i++) {
        Elf64_Phdr load = header_of(&w->maps->items[i]);
        if (range < end && range->start == load.p_vaddr) {
            load.p_offset = data + range->offset;
            load.p_filesz = range->end - range->start;
            range++;
        }
        to += sizeof(load);
        memcpy(to, &load, sizeof(load));
    }
    Elf64_Shdr first = {.sh_info = (Elf64_Word)header_count(w)};
    memcpy(to + sizeof(Elf64_Phdr), &first, sizeof(first));
    return bytes;
}

/* Puts the bytes into a zstd frame as they are, so that its size depends on theirs alone (RFC 8878,
 * 3.1.1: a frame with its size in 8 bytes, one segment, no checksum; raw blocks). */
static hf_err *store(hf_core_writer *w, const uint8_t *bytes, uint64_t size, uint64_t *ret_end)
{
    uint8_t head[STORED_HEAD] = {0x28, 0xb5, 0x2f, 0xfd, 0xe0};
    memcpy(head + 5, &size, sizeof(size));
    uint64_t at = 0;
    hf_err *err = write_at(w->fd, at, head, sizeof(head));
    at += sizeof(head);
    for (uint64_t done = 0; done < size && !err;) {
        uint64_t n = size - done < STORED_BLOCK ? size - done : STORED_BLOCK;
        uint32_t block = (uint32_t)n << 3 | (done + n == size);
        err = write_at(w->fd, at, &block, STORED_BLOCK_HEAD);
        if (!err)
            err = write_at(w->fd, at + STORED_BLOCK_HEAD, bytes + done, n);
        at += STORED_BLOCK_HEAD + n;
        done += n;
    }
    *ret_end = at;
    return err;
}

hf_err *hf_core_writer_begin(hf_core_writer *w, const hf_maps *maps, const hf_selection *selection)
{
    w->maps = maps;
    w->selection = selection;
    w->filled = 0;
    w->offset = 0;
    if (ftruncate(w->fd, 0))
        return hf_fail_sys(errno, "cannot empty the file");
    uint8_t *headers = make_headers(w, 0, 0);
    hf_err *err = headers ? store(w, headers, headers_size(w), &w->at) : hf_fail_memory();
    free(headers);
    return err;
}

static hf_err *flush(hf_core_writer *w)
{
    hf_err *err = w->filled ? append_packed(w, w->frame, w->filled) : NULL;
    w->filled = 0;
    return err;
}

static hf_err *put_zeros(hf_core_writer *w, uint64_t n)
{
    hf_err *err = NULL;
    while (n && !err) {
        uint64_t step = FRAME - w->filled;
        if (!w->filled && n >= ZEROS) {
            step = ZEROS;
            err = append(w, w->zeros, w->zeros_size);
        } else if (!w->filled && n >= FRAME) {
            step = FRAME;
            err = append(w, w->zero_frame, w->zero_frame_size);
        } else {
            step = n < step ? n : step;
            memset(w->frame + w->filled, 0, step);
            w->filled += step;
            if (w->filled == FRAME)
                err = flush(w);
        }
        w->offset += step;
        n -= step;
    }
    return err;
}

hf_err *hf_core_writer_put(hf_core_writer *w, uint64_t offset, const void *bytes, size_t n)
{
    assert(offset >= w->offset && offset + n <= w->selection->size);
    const uint8_t *from = bytes;
    hf_err *err = put_zeros(w, offset - w->offset);
    while (n && !err) {
        size_t step = FRAME - w->filled;
        step = n < step ? n : step;
        memcpy(w->frame + w->filled, from, step);
        w->filled += step;
        w->offset += step;
        from += step;
        n -= step;
        if (w->filled == FRAME)
            err = flush(w);
    }
    return err;
}

static hf_err *append_notes(hf_core_writer *w, const hf_buf *notes)
{
    hf_err *err = NULL;
    for (size_t done = 0; done < notes->length && !err; done += FRAME) {
        size_t n = notes->length - done < FRAME ? notes->length - done : FRAME;
        err = append_packed(w, notes->data + done, n);
    }
    return err;
}

hf_err *hf_core_writer_finish(hf_core_writer *w, const hf_target_info *info,
                              const hf_freeze_info *freeze, const hf_buf *auxv)
{
    hf_err *err = put_zeros(w, w->selection->size - w->offset);
    if (!err)
        err = flush(w);
    hf_buf notes;
    hf_buf_init(&notes, 0);
    hf_core_write_notes(w->maps, info, freeze, auxv, &notes);
    if (!err)
        err = notes.failed ? hf_fail_memory() : append_notes(w, &notes);
    uint64_t end, size = notes.length, at = headers_size(w) + w->selection->size;
    hf_buf_deinit(&notes);
    if (err)
        return err;
    uint8_t *headers = make_headers(w, at, size);
    err = headers ? store(w, headers, headers_size(w), &end) : hf_fail_memory();
    free(headers);
    return err;
}
