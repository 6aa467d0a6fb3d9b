/* present/lint_heap.c - see present/lint_heap.h. */
#include "present/lint_heap.h"

#include "acquire/source_file.h"
#include "analyse/attributes.h"
#include "base/cleanup.h"

#include <string.h>

/* The parts of a holder: "shop.pricing:Report.section". */
typedef struct holder {
    char *module;
    const char *class_name, *name; /* "" for globals and functions; both in the memory of module */
} holder;

static void free_holder(holder *h)
{
    free(h->module);
}

static bool split_holder(const char *text, holder *ret)
{
    char *copy = strdup(text);
    char *colon = copy ? strchr(copy, ':') : NULL;
    if (!colon) {
        free(copy);
        return false;
    }
    *colon = 0;
    char *dot = strrchr(colon + 1, '.');
    *ret = (holder){.module = copy, .class_name = "", .name = colon + 1};
    if (dot) {
        *dot = 0;
        ret->class_name = colon + 1;
        ret->name = dot + 1;
    }
    return true;
}

/* Whether one dotted name is the other, or ends in it: the folder that was linted need not be the
 * one from which the program was imported. */
static bool is_same_module(const char *one, const char *other)
{
    size_t a = strlen(one), b = strlen(other);
    const char *longer = a > b ? one : other, *shorter = a > b ? other : one;
    size_t most = a > b ? a : b, least = a > b ? b : a;
    if (!least || strcmp(longer + most - least, shorter) != 0)
        return false;
    return most == least || longer[most - least - 1] == '.';
}

/* What a module of the heap has under a global name, or HF_NO_OBJECT. */
static uint32_t global_of(hf_graph *g, uint32_t module, const char *name)
{
    uint32_t dict = hf_object_field(g, module, "__dict__");
    return dict == HF_NO_OBJECT ? HF_NO_OBJECT : hf_dict_entry(g, dict, name);
}

/* The module itself, or the one that runs as __main__ and has such a name. */
static uint32_t find_global(hf_graph *g, const char *module, const char *name)
{
    uint32_t in_main = HF_NO_OBJECT;
    for (uint32_t i = 0; i < g->object_count; i++) {
        if (!hf_graph_is(g, i, "module"))
            continue;
        size_t length = 0;
        const char *value = hf_graph_value(g, i, &length);
        HF_AUTO(hf_freep) char *own = value ? strndup(value, length) : NULL;
        bool is_main = own && strcmp(own, "__main__") == 0;
        if (!own || (!is_main && !is_same_module(own, module)))
            continue;
        uint32_t found = global_of(g, i, name);
        if (found != HF_NO_OBJECT && !is_main)
            return found;
        if (found != HF_NO_OBJECT)
            in_main = found;
    }
    return in_main;
}

static bool is_class(const hf_graph *g, uint32_t type, const holder *h)
{
    const char *title = hf_graph_type_title(g, type);
    const char *dot = strrchr(title, '.');
    if (!dot || strcmp(dot + 1, h->class_name) != 0)
        return false;
    HF_AUTO(hf_freep) char *module = strndup(title, (size_t)(dot - title));
    return module && (strcmp(module, "__main__") == 0 || is_same_module(module, h->module));
}

static void count(const hf_dominators *d, uint32_t object, hf_finding *f)
{
    if (object == HF_NO_OBJECT)
        return;
    f->bytes += d->retained[object];
    f->objects++;
}

static uint32_t attribute_of(hf_graph *g, uint32_t object, const char *name)
{
    uint32_t found = hf_object_field(g, object, name);
    uint32_t dict = found == HF_NO_OBJECT ? hf_object_field(g, object, "__dict__") : HF_NO_OBJECT;
    return dict == HF_NO_OBJECT ? found : hf_dict_entry(g, dict, name);
}

static void join_class(hf_graph *g, const hf_dominators *d, const holder *h, hf_finding *f)
{
    for (uint32_t type = 0; type < g->type_count; type++) {
        if (!is_class(g, type, h))
            continue;
        if (f->holder_kind != HF_HOLDER_INSTANCE) {
            uint32_t object = hf_graph_find(g, g->types[type].address);
            if (object != HF_NO_OBJECT)
                count(d, attribute_of(g, object, h->name), f);
            continue;
        }
        for (uint32_t i = 0; i < g->object_count; i++)
            if (g->type[i] == type)
                count(d, attribute_of(g, i, h->name), f);
    }
}

static void join_finding(hf_graph *g, const hf_dominators *d, hf_finding *f)
{
    holder h HF_AUTO(free_holder) = {0};
    if (!f->holder || !split_holder(f->holder, &h))
        return;
    if (*h.class_name)
        join_class(g, d, &h, f);
    else
        count(d, find_global(g, h.module, h.name), f);
}

static int by_bytes(const void *a, const void *b)
{
    const hf_finding *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    return x->start < y->start ? -1 : x->start > y->start;
}

void hf_lint_join(hf_graph *g, const hf_dominators *dominators, hf_lint_report *report)
{
    hf_findings *all = &report->findings;
    for (uint32_t i = 0; i < all->count; i++)
        join_finding(g, dominators, &all->items[i]);
    if (all->count)
        qsort(all->items, all->count, sizeof(*all->items), by_bytes);
}

/* -- Suspects -- */

/* "pricing.py:23 in Desk.quote_for" */
typedef struct place {
    char *file; /* owns all texts */
    char *function;
} place;

static void free_place(place *p)
{
    free(p->file);
}

static bool split_site(const char *site, place *ret)
{
    char *copy = strdup(site);
    char *in = copy ? strstr(copy, " in ") : NULL;
    char *colon = in ? memrchr(copy, ':', (size_t)(in - copy)) : NULL;
    if (!colon) {
        free(copy);
        return false;
    }
    *in = *colon = 0;
    *ret = (place){.file = copy, .function = in + 4};
    return true;
}

/* The full path of a file that code of the heap comes from. */
static char *full_path(hf_graph *g, const char *file)
{
    size_t wanted = strlen(file);
    for (uint32_t i = 0; i < g->object_count; i++) {
        if (!hf_graph_is(g, i, "code"))
            continue;
        uint32_t name = hf_object_field(g, i, "co_filename");
        size_t length = 0;
        const char *path = name == HF_NO_OBJECT ? NULL : hf_graph_value(g, name, &length);
        if (path && length > wanted && path[length - wanted - 1] == '/' &&
            memcmp(path + length - wanted, file, wanted) == 0)
            return strndup(path, length);
    }
    return NULL;
}

/* Whether a finding is about the suspect: its holder is in the path, or it stands in the function
 * where the members are made. */
static bool is_about(const hf_finding *f, const hf_suspect *suspect, const place *p)
{
    const char *dot = f->holder ? strrchr(f->holder, '.') : NULL;
    const char *colon = f->holder ? strrchr(f->holder, ':') : NULL;
    const char *name = dot && dot > colon ? dot + 1 : colon ? colon + 1 : NULL;
    const char *found = name && *name ? strstr(suspect->path, name) : NULL;
    char behind = found ? found[strlen(name)] : 'x';
    if (found && found > suspect->path && found[-1] == '.' && strchr(" .[", behind))
        return true; /* strchr() finds the end of the text too */
    return *f->function && strcmp(f->function, p->function) == 0 &&
           strcmp(f->pattern, suspect->pattern) == 0;
}

enum { CONFIRMED_BYTES = 100000 }; /* a table of a few entries is smaller */

void hf_lint_drop_unconfirmed(hf_lint_report *report)
{
    hf_findings *all = &report->findings;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < all->count; i++) {
        hf_finding *f = &all->items[i];
        if (f->rule->confidence == HF_CONFIDENCE_LOW && f->bytes < CONFIRMED_BYTES)
            hf_finding_deinit(f);
        else
            all->items[kept++] = *f;
    }
    all->count = kept;
}

hf_err *hf_lint_suspect(hf_graph *g, const hf_suspect *suspect, pid_t pid, char **ret)
{
    *ret = NULL;
    place p HF_AUTO(free_place) = {0};
    if (!split_site(suspect->site, &p))
        return NULL;
    HF_AUTO(hf_freep) char *path = full_path(g, p.file);
    size_t length = path ? strlen(path) : 0;
    if (length < 3 || strcmp(path + length - 3, ".py") != 0)
        return NULL;
    HF_AUTO(hf_closep) int fd = hf_source_open(pid, g->info.start_time, path);
    if (fd < 0)
        return NULL;
    HF_AUTO(hf_lint_report_freep) hf_lint_report *report = NULL;
    hf_err *err = hf_lint_run_open(fd, path, &report);
    if (err) {
        bool fatal = hf_err_code_of(err) == HF_ERR_NO_MEMORY;
        if (!fatal)
            hf_err_free(err); /* gone meanwhile: nothing to say */
        return fatal ? err : NULL;
    }
    for (uint32_t i = 0; i < report->findings.count; i++) {
        const hf_finding *f = &report->findings.items[i];
        if (!is_about(f, suspect, &p))
            continue;
        hf_buf text HF_AUTO(hf_buf_deinit);
        hf_buf_init(&text, 1 << 16);
        hf_buf_format(&text, "%s:%u: %s %s", path, f->line, f->rule->code, f->message);
        *ret = strdup(hf_buf_string(&text));
        return *ret ? NULL : hf_fail_memory();
    }
    return NULL;
}
