/* lint/text.c - see lint/text.h. */
#include "lint/text.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <string.h>
#include <sys/stat.h>

enum { ENCODING_MAX = 40, CHUNK = 65536 };

static const char too_large[] = "larger than 8 MB: skipped";

static hf_err *read_all(const char *path, int fd, hf_buf *text)
{
    for (;;) {
        uint8_t *room = hf_buf_reserve(text, CHUNK);
        if (!room)
            return NULL; /* past the limit: seen by the caller */
        ssize_t got = read(fd, room, CHUNK);
        if (got < 0 && errno != EINTR)
            return hf_fail_sys(errno, "cannot read '%s'", path);
        if (got == 0)
            return NULL;
        if (got > 0)
            text->length += (size_t)got;
    }
}

static hf_err *read_and_decode(int fd, const char *path, hf_buf *text, const char **ret_note)
{
    hf_err *err = read_all(path, fd, text);
    if (!err)
        *ret_note = text->failed ? too_large : hf_text_decode(text);
    return err;
}

hf_err *hf_text_read(const char *path, hf_buf *text, const char **ret_note)
{
    HF_AUTO(hf_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    return hf_text_read_open(fd, path, text, ret_note);
}

hf_err *hf_text_read_open(int fd, const char *path, hf_buf *text, const char **ret_note)
{
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return hf_fail_sys(errno, "cannot read '%s'", path);
    hf_buf_clear(text);
    *ret_note = NULL;
    if (!S_ISREG(st.st_mode)) {
        *ret_note = "no regular file: skipped";
        return NULL;
    }
    if (st.st_size > HF_TEXT_LARGEST) {
        *ret_note = too_large;
        return NULL;
    }
    return read_and_decode(fd, path, text, ret_note);
}

hf_err *hf_text_read_input(hf_buf *text, const char **ret_note)
{
    hf_buf_clear(text);
    *ret_note = NULL;
    return read_and_decode(STDIN_FILENO, "standard input", text, ret_note);
}

static bool is_utf8(const uint8_t *p, size_t length)
{
    const uint8_t *end = p + length;
    while (p < end) {
        if (*p < 0x80) {
            p++;
            continue;
        }
        unsigned more = *p >= 0xf0 && *p < 0xf5 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc2 ? 1 : 0;
        if (!more || *p >= 0xf5 || (size_t)(end - p) <= more)
            return false;
        for (unsigned i = 1; i <= more; i++)
            if ((p[i] & 0xc0) != 0x80)
                return false;
        p += more + 1;
    }
    return true;
}

/* PEP 263: a comment in one of the first two lines with "coding: NAME" or "coding=NAME". */
static bool declared_encoding(const hf_buf *text, char name[ENCODING_MAX])
{
    const char *p = (const char *)text->data, *end = p + text->length;
    for (unsigned line = 0; line < 2 && p < end; line++) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        const char *here = stop ? stop : end;
        const char *hash = memchr(p, '#', (size_t)(here - p));
        const char *word = hash ? memmem(hash, (size_t)(here - hash), "coding", 6) : NULL;
        if (word && word + 6 < here && (word[6] == ':' || word[6] == '=')) {
            const char *q = word + 7;
            size_t used = 0;
            while (q < here && (*q == ' ' || *q == '\t'))
                q++;
            while (q < here && used + 1 < ENCODING_MAX &&
                   (isalnum((unsigned char)*q) || strchr("-_.", *q)))
                name[used++] = (char)tolower((unsigned char)*q++);
            name[used] = 0;
            return used > 0;
        }
        p = here + 1;
    }
    return false;
}

/* Python's own names of encodings that iconv calls otherwise. */
static const char *iconv_name(const char *name)
{
    static const char *const pairs[][2] = {
        {"latin-1", "ISO-8859-1"},   {"latin1", "ISO-8859-1"},      {"latin_1", "ISO-8859-1"},
        {"iso8859-1", "ISO-8859-1"}, {"iso-latin-1", "ISO-8859-1"}, {"ascii", "ISO-8859-1"},
        {"us-ascii", "ISO-8859-1"},  {"euc_jp", "EUC-JP"},          {"euc_kr", "EUC-KR"},
        {"shift_jis", "SHIFT_JIS"},  {"iso2022-jp", "ISO-2022-JP"}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
        if (strcmp(name, pairs[i][0]) == 0)
            return pairs[i][1];
    return name;
}

static void take_over(hf_buf *text, hf_buf *converted)
{
    hf_buf swap = *text;
    *text = *converted;
    *converted = swap;
}

/* By hand: in a static program iconv knows only Unicode. */
static const char *convert_latin1(hf_buf *text)
{
    hf_buf out HF_AUTO(hf_buf_deinit);
    hf_buf_init(&out, (size_t)2 * HF_TEXT_LARGEST);
    for (size_t i = 0; i < text->length; i++) {
        uint8_t byte = text->data[i];
        if (byte >= 0x80)
            hf_buf_char(&out, (char)(0xc0 | byte >> 6));
        hf_buf_char(&out, (char)(byte < 0x80 ? byte : 0x80 | (byte & 0x3f)));
    }
    if (out.failed)
        return too_large;
    take_over(text, &out);
    return NULL;
}

static const char *convert(hf_buf *text, const char *encoding)
{
    iconv_t how = iconv_open("UTF-8", encoding);
    if (how == (iconv_t)-1)
        return "encoding that is not known here: skipped";
    hf_buf out HF_AUTO(hf_buf_deinit);
    hf_buf_init(&out, (size_t)4 * HF_TEXT_LARGEST);
    char *from = (char *)text->data;
    size_t left = text->length, failed = 0;
    while (left && failed != (size_t)-1) {
        char *to = (char *)hf_buf_reserve(&out, CHUNK);
        size_t room = CHUNK;
        if (!to)
            break;
        failed = iconv(how, &from, &left, &to, &room);
        out.length += CHUNK - room;
        if (failed == (size_t)-1 && errno == E2BIG)
            failed = 0;
    }
    iconv_close(how);
    if (left || out.failed)
        return "not in the encoding that it declares: skipped";
    take_over(text, &out);
    return NULL;
}

const char *hf_text_decode(hf_buf *text)
{
    if (text->length >= 4 &&
        (memcmp(text->data, "\xff\xfe\0\0", 4) == 0 || memcmp(text->data, "\0\0\xfe\xff", 4) == 0))
        return convert(text, "UTF-32");
    if (text->length >= 2 &&
        (memcmp(text->data, "\xff\xfe", 2) == 0 || memcmp(text->data, "\xfe\xff", 2) == 0))
        return convert(text, "UTF-16");
    if (text->length && memchr(text->data, 0, text->length))
        return "binary: skipped";
    if (text->length >= 3 && memcmp(text->data, "\xef\xbb\xbf", 3) == 0) {
        memmove(text->data, text->data + 3, text->length - 3);
        text->length -= 3;
    }
    if (!text->length || is_utf8(text->data, text->length))
        return NULL;
    char encoding[ENCODING_MAX];
    if (!declared_encoding(text, encoding) || strncmp(encoding, "utf", 3) == 0)
        return convert_latin1(text);
    const char *name = iconv_name(encoding);
    return strcmp(name, "ISO-8859-1") == 0 ? convert_latin1(text) : convert(text, name);
}
