#include "acquire/maps.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

/* A number in the given base (10 or 16) up to `stop`, and past it. */
static bool number_until(char **p, unsigned base, char stop, uint64_t *ret)
{
    uint64_t value = 0;
    char *start = *p, *q = start;
    for (;; q++) {
        unsigned digit = *q >= '0' && *q <= '9'   ? (unsigned)(*q - '0')
                         : *q >= 'a' && *q <= 'f' ? (unsigned)(*q - 'a') + 10
                                                  : 99;
        if (digit >= base)
            break;
        if (__builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    if (q == start || *q != stop)
        return false;
    *p = q + 1;
    *ret = value;
    return true;
}

/* One line, ended by a zero byte: "start-end rwxp offset major:minor inode   path". */
static bool parse_line(char *line, hf_mapping *m)
{
    uint64_t major, minor;
    char *p = line;
    if (!number_until(&p, 16, '-', &m->start) || !number_until(&p, 16, ' ', &m->end))
        return false;
    if (m->start >= m->end || strlen(p) < 5 || p[4] != ' ')
        return false;
    m->readable = p[0] == 'r';
    m->writable = p[1] == 'w';
    m->executable = p[2] == 'x';
    m->shared = p[3] == 's';
    p += 5;
    if (!number_until(&p, 16, ' ', &m->file_offset) || !number_until(&p, 16, ':', &major) ||
        !number_until(&p, 16, ' ', &minor))
        return false;
    m->device = major << 32 | minor;
    char *inode = p;
    if (!number_until(&p, 10, ' ', &m->inode)) {
        p = inode;
        if (!number_until(&p, 10, 0, &m->inode))
            return false;
        p--;
    }
    m->path = p + strspn(p, " ");
    return true;
}

hf_err *hf_maps_parse(const char *bytes, size_t length, hf_maps *ret)
{
    size_t lines = 1;
    for (size_t i = 0; i < length; i++)
        lines += bytes[i] == '\n';
    HF_AUTO(hf_freep) char *text = malloc(length + 1);
    HF_AUTO(hf_freep) hf_mapping *items = calloc(lines, sizeof(*items));
    if (!text || !items)
        return hf_fail_memory();
    if (length)
        memcpy(text, bytes, length);
    text[length] = 0;
    size_t count = 0;
    for (char *line = text, *end = text + length; line < end;) {
        char *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop)
            stop = end;
        *stop = 0;
        if (parse_line(line, &items[count]) &&
            (!count || items[count - 1].end <= items[count].start))
            count++;
        line = stop + 1;
    }
    *ret = (hf_maps){.count = count};
    ret->items = hf_take(items);
    ret->text = hf_take(text);
    return NULL;
}

void hf_maps_deinit(hf_maps *maps)
{
    free(maps->items);
    free(maps->text);
    *maps = (hf_maps){0};
}

const hf_mapping *hf_maps_find(const hf_maps *maps, uint64_t addr)
{
    size_t low = 0, high = maps->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (maps->items[middle].end <= addr)
            low = middle + 1;
        else
            high = middle;
    }
    return low < maps->count && maps->items[low].start <= addr ? &maps->items[low] : NULL;
}

bool hf_maps_same_file(const hf_mapping *a, const hf_mapping *b)
{
    return a->inode && a->inode == b->inode && a->device == b->device;
}
