/* present/cli/cmd_lines.c - functions of a traced run line by line. */
#include "acquire/source_file.h"
#include "base/cleanup.h"
#include "present/cli/traced.h"
#include "present/show_code_lines.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { SOURCE_MAX = 16 << 20, STEP = 1 << 16 };

static void free_source(hf_source_text *s)
{
    hf_buf_deinit(&s->bytes);
    free(s->starts);
}

static bool read_all(int fd, hf_buf *ret)
{
    for (;;) {
        uint8_t *room = hf_buf_reserve(ret, STEP);
        ssize_t n = room ? read(fd, room, STEP) : -1;
        if (n < 0 && room && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        ret->length += (size_t)n;
    }
}

static bool is_python(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot && (strcmp(dot, ".py") == 0 || strcmp(dot, ".pyw") == 0);
}

/* A file that a capture names is opened as one that a snapshot names; without it there
 * is no source. */
static void read_source(const char *path, uint64_t end, hf_source_text *ret)
{
    HF_AUTO(hf_closep) int fd = is_python(path) ? hf_source_open(0, 0, path) : -1;
    struct stat facts;
    hf_buf_init(&ret->bytes, SOURCE_MAX);
    if (fd < 0 || fstat(fd, &facts) || !read_all(fd, &ret->bytes))
        return;
    ret->newer = (uint64_t)facts.st_mtim.tv_sec > end / 1000000000;
    size_t lines = 1;
    for (size_t i = 0; i < ret->bytes.length; i++)
        lines += ret->bytes.data[i] == '\n';
    ret->starts = malloc((lines + 1) * sizeof(*ret->starts));
    if (!ret->starts)
        return;
    ret->starts[0] = 0;
    for (size_t i = 0; i < ret->bytes.length; i++)
        if (ret->bytes.data[i] == '\n')
            ret->starts[++ret->line_count] = i + 1;
    ret->starts[++ret->line_count] = ret->bytes.length;
}

hf_err *hf_cmd_lines(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    size_t top = a->top ? a->top : 3;
    HF_AUTO(hf_capture_freep) hf_capture *c = NULL;
    hf_code_lines lines HF_AUTO(hf_code_lines_deinit) = {0};
    int64_t pid = 0;
    hf_err *err = hf_traced_open(s, a->operands[0], &c, &pid);
    if (!err)
        err = hf_code_lines_compute(c, a->function, a->file, pid, &lines);
    if (!err && !lines.function_count)
        err = hf_fail(HF_ERR_NOT_FOUND, "no such function allocated in '%s'", a->operands[0]);
    if (err)
        return err;
    for (size_t i = 0; s->text && i < lines.function_count && i < top; i++) {
        const hf_code_function *f = &lines.functions[i];
        hf_source_text source HF_AUTO(free_source) = {0};
        read_source(hf_strtab_get(&c->texts, c->codes[f->code].file),
                    c->info.start + c->info.length, &source);
        if (i)
            hf_text_print(s->text, "\n");
        hf_show_code_lines_text(s->text, c, &lines, f, &source);
    }
    if (s->text && lines.function_count > top)
        hf_text_print(s->text, "\n%s other function%s; --top shows more, --function chooses.\n",
                      hf_format_count(lines.function_count - top).text,
                      lines.function_count - top == 1 ? "" : "s");
    if (s->json)
        hf_show_code_lines_json(s->json, c, &lines, top);
    return NULL;
}
