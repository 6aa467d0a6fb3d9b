/* What of acquire/core.h opens files, and parses none. */
#include "acquire/core.h"

#include "acquire/binary_file.h"
#include "acquire/core_file.h"
#include "acquire/source_file.h"
#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum {
    NEEDS_MAX = 4096,      /* a process has some hundred */
    CANDIDATES_MAX = 8192, /* all mapped at a time; the kernel allows some 65 thousand mappings */
    SYSROOTS_MAX = 16,
};

hf_file_kind hf_file_kind_of(const uint8_t *bytes, size_t size)
{
    static const struct {
        const char *magic;
        size_t size;
        hf_file_kind kind;
    } kinds[] = {{"\x28\xb5\x2f\xfd", 4, HF_FILE_ZSTD},
                 {"\x04\x22\x4d\x18", 4, HF_FILE_LZ4},
                 {"\xfd"
                  "7zXZ",
                  6, HF_FILE_XZ},
                 {"\x1f\x8b", 2, HF_FILE_GZIP}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (size >= kinds[i].size && !memcmp(bytes, kinds[i].magic, kinds[i].size))
            return kinds[i].kind;
    return hf_core_is(bytes, size) ? HF_FILE_CORE : HF_FILE_OTHER;
}

static hf_err *map_file(int fd, int rights, uint8_t **ret, size_t *ret_size, struct stat *st)
{
    if (fstat(fd, st))
        return hf_fail_sys(errno, "cannot read it");
    if (!S_ISREG(st->st_mode) || st->st_size <= 0)
        return hf_fail(HF_ERR_NOT_OURS, "it is empty or no regular file");
    void *bytes = mmap(NULL, (size_t)st->st_size, rights, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
    if (bytes == MAP_FAILED)
        return hf_fail_sys(errno, "cannot map it");
    madvise(bytes, (size_t)st->st_size, MADV_DONTDUMP);
    *ret = bytes;
    *ret_size = (size_t)st->st_size;
    return NULL;
}

hf_err *hf_core_input_open(int fd, hf_core_input *ret)
{
    hf_core_input in = {0};
    struct stat st;
    uint8_t *bytes = NULL;
    hf_err *err = map_file(fd, PROT_READ, &bytes, &in.size, &st);
    if (err)
        return err;
    in.bytes = bytes;
    in.modified = (uint64_t)st.st_mtim.tv_sec * UINT64_C(1000000000) + (uint64_t)st.st_mtim.tv_nsec;
    *ret = in;
    return NULL;
}

static void unmap(const uint8_t *bytes, size_t size)
{
    if (bytes)
        munmap((void *)(uintptr_t)bytes, size);
}

void hf_core_input_deinit(hf_core_input *in)
{
    unmap(in->bytes, in->size);
    for (size_t i = 0; i < in->candidate_count; i++) {
        unmap(in->candidates[i].bytes, in->candidates[i].size);
        free(in->candidates[i].name);
    }
    free(in->candidates);
    *in = (hf_core_input){0};
}

/* One place to look below: a descriptor, and the name that goes in front of what is found. */
typedef struct root {
    int fd;
    const char *name;
    size_t name_length;
    bool vouched;
} root;

typedef struct finding {
    hf_core_input *in;
    root roots[SYSROOTS_MAX + 1];
    size_t root_count;
    const char *debuginfod;
} finding;

static void close_roots(finding *f)
{
    for (size_t i = 0; i < f->root_count; i++)
        hf_closep(&f->roots[i].fd);
}

static hf_err *open_root(finding *f, const char *name, size_t length, bool vouched)
{
    char folder[4096];
    if (length >= sizeof(folder) || f->root_count > SYSROOTS_MAX)
        return hf_fail(HF_ERR_USAGE, "--sysroot names too many folders, or one too long");
    memcpy(folder, name, length);
    folder[length] = 0;
    int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return hf_fail_sys(errno, "cannot look for binaries below '%s'", folder);
    while (length && name[length - 1] == '/')
        length--;
    f->roots[f->root_count++] =
        (root){.fd = fd, .name = name, .name_length = length, .vouched = vouched};
    return NULL;
}

static hf_err *open_roots(finding *f, const char *sysroots)
{
    hf_err *err = NULL;
    for (const char *at = sysroots ? sysroots : ""; *at && !err;) {
        size_t length = strcspn(at, ":");
        if (length)
            err = open_root(f, at, length, true);
        at += length + (at[length] == ':');
    }
    return err ? err : open_root(f, "/", 1, false);
}

static char *name_below(const root *r, const char *path)
{
    hf_buf name HF_AUTO(hf_buf_deinit);
    hf_buf_init(&name, 0);
    hf_buf_add(&name, r->name, r->name_length);
    hf_buf_text(&name, path);
    return strdup(hf_buf_string(&name));
}

/* A candidate more, where there is such a file. Only want of memory is a failure. */
static hf_err *try_path(finding *f, size_t need, const root *r, const char *path)
{
    hf_core_input *in = f->in;
    if (in->candidate_count == CANDIDATES_MAX)
        return NULL;
    HF_AUTO(hf_closep) int fd = hf_open_below(r->fd, path);
    hf_candidate c = {.need = need, .vouched = r->vouched};
    struct stat st;
    if (fd < 0)
        return NULL;
    /* Writable, for a reader of debug information that unpacks sections where they are. */
    hf_err *err = map_file(fd, PROT_READ | PROT_WRITE, &c.bytes, &c.size, &st);
    if (err) {
        hf_err_free(err);
        return NULL;
    }
    c.name = name_below(r, path);
    if (!c.name || !hf_array_next(&in->candidates, in->candidate_count)) {
        unmap(c.bytes, c.size);
        free(c.name);
        return hf_fail_memory();
    }
    in->candidates[in->candidate_count++] = c;
    return NULL;
}

static hf_err *try_build_id(finding *f, size_t need, const root *r, const char *id)
{
    static const char *const places[] = {"/usr/lib/debug/.build-id/%.2s/%s",
                                         "/usr/lib/debug/.build-id/%.2s/%s.debug",
                                         "/usr/lib/.build-id/%.2s/%s", "/.build-id/%.2s/%s"};
    hf_err *err = NULL;
    for (size_t i = 0; i < sizeof(places) / sizeof(*places) && !err; i++) {
        char path[256];
        snprintf(path, sizeof(path), places[i], id, id + 2);
        err = try_path(f, need, r, path);
    }
    return err;
}

/* What is mapped and has lost its name is told so by the kernel. */
static void strip_deleted(char *path)
{
    static const char suffix[] = " (deleted)";
    size_t length = strlen(path), n = sizeof(suffix) - 1;
    if (length > n && !strcmp(path + length - n, suffix))
        path[length - n] = 0;
}

static hf_err *try_need(finding *f, size_t need, char *path, const char *id)
{
    hf_err *err = NULL;
    strip_deleted(path);
    for (size_t i = 0; i < f->root_count && !err; i++) {
        if (*path == '/')
            err = try_path(f, need, &f->roots[i], path);
        if (!err && strlen(id) > 2)
            err = try_build_id(f, need, &f->roots[i], id);
    }
    if (err || !f->debuginfod || *f->debuginfod != '/' || !*id)
        return err;
    char cached[4096];
    int n = snprintf(cached, sizeof(cached), "%s/%s/executable", f->debuginfod, id);
    const root own = {.fd = f->roots[f->root_count - 1].fd, .name = ""};
    return n < (int)sizeof(cached) ? try_path(f, need, &own, cached) : NULL;
}

static hf_err *read_survey(finding *f, const uint8_t *survey, size_t size)
{
    hf_cursor c = hf_cursor_over(survey, size);
    uint64_t count = hf_cursor_varint(&c);
    hf_err *err = NULL;
    for (uint64_t i = 0; i < count && i < NEEDS_MAX && !err; i++) {
        size_t length = hf_cursor_varint(&c);
        const char *text = (const char *)hf_cursor_bytes(&c, length);
        hf_build_id id = {.length = hf_cursor_u8(&c)};
        const uint8_t *bytes = hf_cursor_bytes(&c, id.length);
        if (c.bad || id.length > HF_BUILD_ID_MAX)
            return hf_fail(HF_ERR_DAMAGED, "the survey of the core file cannot be");
        memcpy(id.bytes, bytes, id.length);
        char hex[HF_BUILD_ID_TEXT];
        hf_build_id_text(&id, hex);
        HF_AUTO(hf_freep) char *path = strndup(text, length);
        err = path ? try_need(f, i, path, hex) : hf_fail_memory();
    }
    return err;
}

hf_err *hf_core_input_find(hf_core_input *in, const uint8_t *survey, size_t size,
                           const hf_core_places *places)
{
    HF_AUTO(close_roots)
    finding f = {.in = in, .debuginfod = places ? places->debuginfod : NULL};
    hf_err *err = open_roots(&f, places ? places->sysroots : NULL);
    return err ? err : read_survey(&f, survey, size);
}
