#include "analyse/native_finding.h"

#include "analyse/attributes.h"
#include "base/cleanup.h"
#include "base/library_path.h"

#include <stdlib.h>
#include <string.h>

enum { MUCH_OF_IT = 3 }; /* Python's part, this often, is as much as the native one */

char *hf_native_copy(hf_buf *b)
{
    return b->failed ? NULL : strdup(hf_buf_string(b));
}

int64_t hf_native_python_bytes(const hf_graph *g)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < g->object_count; i++)
        sum += hf_graph_shallow(g, i);
    return (int64_t)sum;
}

/* Whether a module was loaded from a file of native code that is none of the standard library's. */
static bool is_foreign(hf_graph *g, uint32_t module)
{
    static const char standard[] = "lib-dynload/";
    const size_t begin = sizeof(standard) - 1;
    size_t length = 0;
    uint32_t file = hf_attribute_of(g, module, "__file__");
    const char *path = file == HF_NO_OBJECT ? NULL : hf_graph_value(g, file, &length);
    if (!path || length < 3 || memcmp(path + length - 3, ".so", 3) != 0)
        return false;
    const char *part = hf_library_part(path, length);
    return !part || (size_t)(path + length - part) < begin || memcmp(part, standard, begin) != 0;
}

bool hf_native_by_ctypes_alone(hf_graph *g)
{
    uint32_t modules = hf_global_of(g, "sys", "modules");
    if (modules == HF_NO_OBJECT || hf_dict_entry(g, modules, "ctypes") == HF_NO_OBJECT)
        return false;
    for (uint64_t e = g->edge_start[modules]; e < g->edge_start[modules + 1]; e++)
        if (hf_graph_kind(g, e) == HF_EDGE_VALUE && is_foreign(g, g->edge_target[e]))
            return false;
    return true;
}

static void say_evidence(const hf_case *c, const hf_native_finding *f, hf_buf *out)
{
    const hf_timeline *t = c->timeline;
    bool opinion = c->twice[0] != NULL;
    hf_buf_text(out, opinion ? "the process has " : "the process grew by ");
    hf_say_bytes(out,
                 hf_anonymous_bytes(t->last) - (opinion ? 0 : hf_anonymous_bytes(t->graphs[0])));
    int64_t python =
        hf_native_python_bytes(t->last) - (opinion ? 0 : hf_native_python_bytes(t->graphs[0]));
    if (!opinion)
        hf_buf_format(out, " in %s", hf_format_seconds(c->seconds).text);
    hf_buf_format(out, ", its Python objects %s", opinion ? "" : python < 0 ? "shrank by " : "by ");
    hf_say_bytes(out, python < 0 ? -python : python);
    if (f->because)
        hf_buf_format(out, "; %s", f->because);
}

/* A word that says no more than that a container grows. */
static bool is_general(const char *pattern)
{
    static const char *const words[] = {"collection-growth", "unbounded-cache", "registry-growth"};
    for (size_t k = 0; k < sizeof(words) / sizeof(*words); k++)
        if (strcmp(words[k], pattern) == 0)
            return true;
    return false;
}

static bool replace(const char **text, char *by)
{
    if (by) {
        free((char *)*text);
        *text = by;
    }
    return by != NULL;
}

/* Native memory below a holder that is a suspect already is a part of what that one holds. */
static void add_to(hf_suspect *s, const hf_native_finding *f, double seconds, const char *evidence,
                   hf_drafts *out)
{
    HF_AUTO(hf_buf_deinit) hf_buf both = {0};
    hf_buf_format(&both, "%s; %s", s->evidence, evidence);
    s->grown += f->grown;
    s->retained += (uint64_t)f->grown;
    s->weight += (double)f->grown * f->confidence;
    s->bytes_per_second += seconds > 0 ? (double)f->grown / seconds : 0;
    out->failed |= !replace(&s->evidence, hf_native_copy(&both));
    bool part = f->supposed && (s->grown - f->grown) * MUCH_OF_IT >= f->grown;
    if (*s->known || !is_general(s->pattern) || part)
        return; /* what is said of it says more */
    s->pattern = f->pattern;
    out->failed |= !replace(&s->fix, strdup(f->fix)) || !replace(&s->type, strdup(f->type));
}

void hf_native_add(const hf_case *c, const hf_native_finding *f, hf_drafts *out)
{
    const hf_timeline *t = c->timeline;
    HF_AUTO(hf_buf_deinit) hf_buf evidence = {0};
    bool opinion = c->twice[0] != NULL;
    say_evidence(c, f, &evidence);
    for (size_t k = 0; k < out->count && !opinion && f->path && f->type; k++) {
        hf_suspect *s = &out->rows[k];
        if (s->harmless || strcmp(s->path, f->path) != 0)
            continue;
        add_to(s, f, c->seconds, hf_buf_string(&evidence), out);
        free(f->path);
        free(f->type);
        return;
    }
    hf_drafts_add(out, (hf_suspect){
                           .path = f->path,
                           .type = f->type,
                           .pattern = f->pattern,
                           .evidence = hf_native_copy(&evidence),
                           .fix = strdup(f->fix),
                           .site = strdup(""),
                           .allocated = strdup(""),
                           .address = f->object == HF_NO_OBJECT ? 0 : t->last->address[f->object],
                           .retained = (uint64_t)f->grown,
                           .opinion = opinion,
                           .of_nobody = f->object == HF_NO_OBJECT,
                           .weight = (double)f->grown * f->confidence,
                           .grown = opinion ? 0 : f->grown,
                           .bytes_per_second = c->seconds > 0 ? (double)f->grown / c->seconds : 0,
                           .confidence = opinion ? f->confidence / 2 : f->confidence,
                       });
}

char *hf_native_path_to(const hf_case *c, uint32_t object)
{
    hf_path path;
    hf_err *err = hf_path_to(c->paths, object, &path);
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    if (!err) {
        err = hf_path_text(c->timeline->last, &path, &text);
        hf_path_deinit(&path);
    }
    if (err) {
        hf_err_free(err);
        return NULL;
    }
    return hf_native_copy(&text);
}
