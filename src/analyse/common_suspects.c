#include "analyse/common_suspects.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

static void free_texts(hf_suspect *s)
{
    const char *texts[] = {s->path, s->type, s->pattern,   s->evidence,
                           s->fix,  s->site, s->allocated, s->known};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        free((char *)texts[i]);
}

static bool copy_text(const char **text)
{
    *text = strdup(*text ? *text : "");
    return *text != NULL;
}

static hf_err *copy_suspect(const hf_suspect *from, hf_suspect *ret)
{
    hf_suspect s = *from;
    bool good = copy_text(&s.path);
    good &= copy_text(&s.type);
    good &= copy_text(&s.pattern);
    good &= copy_text(&s.evidence);
    good &= copy_text(&s.fix);
    good &= copy_text(&s.site);
    good &= copy_text(&s.allocated);
    good &= copy_text(&s.known);
    if (!good) {
        free_texts(&s);
        return hf_fail_memory();
    }
    *ret = s;
    return NULL;
}

static hf_common_suspect *find(hf_common_suspects *c, const hf_signature *signature)
{
    for (size_t i = 0; i < c->count; i++)
        if (!strcmp(c->rows[i].signature.text, signature->text))
            return &c->rows[i];
    return NULL;
}

/* Makes it the one that stands for all of its row. */
static hf_err *set_worst(hf_common_suspect *row, const hf_suspect *s, const char *finding)
{
    hf_suspect worst;
    char *text = finding ? strdup(finding) : NULL;
    hf_err *err = finding && !text ? hf_fail_memory() : copy_suspect(s, &worst);
    if (err) {
        free(text);
        return err;
    }
    free_texts(&row->worst);
    free(row->finding);
    row->worst = worst;
    row->finding = text;
    return NULL;
}

static hf_err *add_row(hf_common_suspects *c, const hf_signature *signature,
                       hf_common_suspect **ret)
{
    if (!hf_array_next(&c->rows, c->count))
        return hf_fail_memory();
    c->rows[c->count] = (hf_common_suspect){.signature = *signature};
    *ret = &c->rows[c->count++];
    return NULL;
}

/* One process may have two suspects of one signature, as two entries of one table: it
 * counts once. */
static hf_err *add_process(hf_common_suspect *row, size_t process)
{
    if (row->count && row->processes[row->count - 1] == process)
        return NULL;
    if (!hf_array_next(&row->processes, row->count))
        return hf_fail_memory();
    row->processes[row->count++] = process;
    return NULL;
}

static hf_err *add_suspect(hf_common_suspects *c, const hf_suspect *s, const char *finding,
                           size_t process)
{
    hf_signature signature = hf_signature_of(s);
    hf_common_suspect *row = find(c, &signature);
    hf_err *err = row ? NULL : add_row(c, &signature, &row);
    if (!err && (!row->count || s->grown > row->worst.grown))
        err = set_worst(row, s, finding);
    if (!err)
        err = add_process(row, process);
    if (err)
        return err;
    row->retained += s->retained;
    row->grown += s->grown;
    row->grown_objects += s->grown_objects;
    row->bytes_per_second += s->bytes_per_second;
    return NULL;
}

hf_err *hf_common_suspects_add(hf_common_suspects *c, const hf_diagnosis *diagnosis,
                               char *const *findings, size_t process)
{
    for (size_t i = 0; i < diagnosis->suspect_count; i++) {
        hf_err *err =
            add_suspect(c, &diagnosis->suspects[i], findings ? findings[i] : NULL, process);
        if (err)
            return err;
    }
    return NULL;
}

static int by_rate(const void *a, const void *b)
{
    const hf_common_suspect *x = a, *y = b;
    if (x->bytes_per_second != y->bytes_per_second)
        return x->bytes_per_second > y->bytes_per_second ? -1 : 1;
    return strcmp(x->signature.text, y->signature.text);
}

void hf_common_suspects_rank(hf_common_suspects *c)
{
    if (c->count)
        qsort(c->rows, c->count, sizeof(*c->rows), by_rate);
}

void hf_common_suspects_deinit(hf_common_suspects *c)
{
    for (size_t i = 0; i < c->count; i++) {
        free_texts(&c->rows[i].worst);
        free(c->rows[i].finding);
        free(c->rows[i].processes);
    }
    free(c->rows);
    *c = (hf_common_suspects){0};
}
