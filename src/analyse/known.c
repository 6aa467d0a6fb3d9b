#include "analyse/known.h"

#include "analyse/attributes.h"
#include "base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES_MAX = 255, NAME_MAX_LENGTH = 128, FAR_AWAY = 64 };

/* Objects and types by what is known of them; a row is a holder, or a leak behind all holders. */
struct hf_known {
    hf_graph *graph;
    hf_map row_of;         /* containers -> row */
    hf_map instance_of;    /* those that are the data of an instance -> that */
    uint8_t *leak_of_type; /* 1 + number in leak_rows, by row in types; 0: none */
    uint32_t *leak_rows;
};

static const hf_known_leak *leak_of(uint32_t row)
{
    return row == HF_MAP_NONE || row < hf_known_holder_count
               ? NULL
               : &hf_known_leaks[row - hf_known_holder_count];
}

static const hf_known_holder *holder_of(uint32_t row)
{
    return row != HF_MAP_NONE && row < hf_known_holder_count ? &hf_known_holders[row] : NULL;
}

uint32_t hf_known_variable(hf_graph *g, const char *module, const char *name)
{
    char part[NAME_MAX_LENGTH];
    uint32_t object = HF_NO_OBJECT;
    for (bool first = true; *name; first = false) {
        size_t length = strcspn(name, ".");
        if (length >= sizeof(part))
            return HF_NO_OBJECT;
        memcpy(part, name, length);
        part[length] = 0;
        object = first ? hf_global_of(g, module, part) : hf_attribute_of(g, object, part);
        if (object == HF_NO_OBJECT)
            return HF_NO_OBJECT;
        name += length + (name[length] == '.');
    }
    return object;
}

/* -1, 0, 1: as versions are ordered, "3.9.2" before "3.10"; what follows digits and
 * dots is ignored. */
static int compare_versions(const char *a, const char *b)
{
    for (;;) {
        char *end_a, *end_b;
        unsigned long x = strtoul(a, &end_a, 10), y = strtoul(b, &end_b, 10);
        if (x != y)
            return x < y ? -1 : 1;
        bool more_a = end_a != a && *end_a == '.', more_b = end_b != b && *end_b == '.';
        if (!more_a && !more_b)
            return 0;
        a = more_a ? end_a + 1 : "";
        b = more_b ? end_b + 1 : "";
    }
}

/* The version of a package, as it says; "" where that is not known. */
static void version_of(hf_graph *g, const char *package, char *room, size_t size)
{
    if (strcmp(package, "python") == 0) {
        snprintf(room, size, "%s", g->info.python.version);
        return;
    }
    hf_object_text(g, hf_global_of(g, package, "__version__"), room, size);
}

/* A leak of a version that is not known may be there: it is told, with its versions. */
static bool applies(hf_graph *g, const hf_known_leak *leak)
{
    char version[64];
    version_of(g, leak->package, version, sizeof(version));
    if (!*version)
        return true;
    return (!leak->from || compare_versions(version, leak->from) >= 0) &&
           (!leak->before || compare_versions(version, leak->before) < 0);
}

/* The variable, and the dict in it where it is an lru_cache or a weak dictionary. */
static bool note_variable(hf_known *k, uint32_t object, uint32_t row)
{
    if (object == HF_NO_OBJECT)
        return true;
    bool enough = hf_map_put(&k->row_of, object, row);
    static const char *const inner[] = {"cache", "data"};
    for (size_t i = 0; i < 2 && enough; i++) {
        uint32_t dict = hf_attribute_of(k->graph, object, inner[i]);
        if (dict != HF_NO_OBJECT)
            enough = hf_map_put(&k->row_of, dict, row);
    }
    return enough;
}

static bool find_variables(hf_known *k)
{
    bool enough = true;
    for (uint32_t i = 0; enough && i < hf_known_holder_count; i++)
        if (hf_known_holders[i].name)
            enough = note_variable(
                k,
                hf_known_variable(k->graph, hf_known_holders[i].holder, hf_known_holders[i].name),
                i);
    for (uint32_t i = 0; enough && i < hf_known_leak_count; i++) {
        const hf_known_leak *leak = &hf_known_leaks[i];
        if (!leak->is_class && applies(k->graph, leak))
            enough = note_variable(k, hf_known_variable(k->graph, leak->holder, leak->name),
                                   (uint32_t)hf_known_holder_count + i);
    }
    return enough;
}

/* The instance, and what it keeps its entries in: that may be held by somebody else as well. */
static bool note_instance(hf_known *k, uint32_t instance, uint32_t row)
{
    const char *attribute = hf_known_holders[row].data;
    uint32_t data = attribute ? hf_attribute_of(k->graph, instance, attribute) : HF_NO_OBJECT;
    bool enough =
        hf_map_get(&k->row_of, instance) != HF_MAP_NONE || hf_map_put(&k->row_of, instance, row);
    if (enough && data != HF_NO_OBJECT && hf_map_get(&k->row_of, data) == HF_MAP_NONE)
        enough = hf_map_put(&k->row_of, data, row) && hf_map_put(&k->instance_of, data, instance);
    return enough;
}

static bool find_instances(hf_known *k)
{
    const char *titles[CLASSES_MAX];
    uint32_t rows[CLASSES_MAX];
    size_t count = 0;
    for (uint32_t i = 0; i < hf_known_holder_count && count < CLASSES_MAX; i++) {
        if (hf_known_holders[i].name)
            continue;
        rows[count] = i;
        titles[count++] = hf_known_holders[i].holder;
    }
    HF_AUTO(hf_freep) uint8_t *of_type = hf_types_named(k->graph, titles, count);
    bool enough = of_type != NULL;
    for (uint32_t i = 0; enough && i < k->graph->object_count; i++) {
        uint8_t number = of_type[k->graph->type[i]];
        enough = !number || note_instance(k, i, rows[number - 1]);
    }
    return enough;
}

static bool find_classes_that_leak(hf_known *k)
{
    const char *titles[CLASSES_MAX];
    size_t count = 0;
    k->leak_rows = calloc(CLASSES_MAX, sizeof(*k->leak_rows));
    for (uint32_t i = 0; k->leak_rows && i < hf_known_leak_count && count < CLASSES_MAX; i++) {
        if (!hf_known_leaks[i].is_class || !applies(k->graph, &hf_known_leaks[i]))
            continue;
        k->leak_rows[count] = (uint32_t)hf_known_holder_count + i;
        titles[count++] = hf_known_leaks[i].holder;
    }
    k->leak_of_type = k->leak_rows ? hf_types_named(k->graph, titles, count) : NULL;
    return k->leak_of_type != NULL;
}

hf_err *hf_known_find(hf_graph *g, hf_known **ret)
{
    hf_known *k = calloc(1, sizeof(*k));
    if (!k)
        return hf_fail_memory();
    k->graph = g;
    hf_map_init(&k->row_of);
    hf_map_init(&k->instance_of);
    if (!find_variables(k) || !find_instances(k) || !find_classes_that_leak(k)) {
        hf_known_free(k);
        return hf_fail_memory();
    }
    *ret = k;
    return NULL;
}

void hf_known_free(hf_known *k)
{
    if (!k)
        return;
    hf_map_deinit(&k->row_of);
    hf_map_deinit(&k->instance_of);
    free(k->leak_of_type);
    free(k->leak_rows);
    free(k);
}

/* Whether the path goes on from this step through one of the attributes: "filelist|NameToInfo". */
static bool passes_attribute(hf_graph *g, const hf_path *path, size_t step, const char *names)
{
    char name[NAME_MAX_LENGTH];
    while (*names) {
        size_t length = strcspn(names, "|");
        snprintf(name, sizeof(name), "%.*s", (int)length, names);
        uint32_t attribute = hf_attribute_of(g, path->steps[step].object, name);
        for (size_t i = step + 1; attribute != HF_NO_OBJECT && i < path->count; i++)
            if (path->steps[i].object == attribute)
                return true;
        names += length + (names[length] == '|');
    }
    return false;
}

/* Whether the owner is one of the attributes of an object. */
static bool is_attribute(hf_graph *g, uint32_t object, const char *names, uint32_t owner)
{
    char name[NAME_MAX_LENGTH];
    while (*names) {
        size_t length = strcspn(names, "|");
        snprintf(name, sizeof(name), "%.*s", (int)length, names);
        if (hf_attribute_of(g, object, name) == owner)
            return true;
        names += length + (names[length] == '|');
    }
    return false;
}

static const hf_known_leak *leak_above(const hf_known *k, const hf_path *path, uint32_t owner,
                                       size_t step)
{
    uint32_t object = path->steps[step].object;
    const hf_known_leak *leak = leak_of(hf_map_get(&k->row_of, object));
    uint8_t number = leak ? 0 : k->leak_of_type[k->graph->type[object]];
    if (!number)
        return leak;
    leak = leak_of(k->leak_rows[number - 1]);
    if (leak->itself)
        return is_attribute(k->graph, object, leak->name, owner) ? leak : NULL;
    return !leak->name || passes_attribute(k->graph, path, step, leak->name) ? leak : NULL;
}

static void read_bound(const hf_known *k, uint32_t object, hf_known_match *m)
{
    hf_graph *g = k->graph;
    const hf_known_holder *h = m->holder;
    int64_t bound = -1;
    uint32_t instance = hf_map_get(&k->instance_of, object);
    instance = instance == HF_MAP_NONE ? object : instance;
    if (g->flags[instance] & HF_OBJECT_BOUNDED) {
        m->bound = hf_graph_bound(g, instance);
        m->bounded = true;
    } else if (h->bound && (h->name ? hf_object_int(g, hf_global_of(g, h->holder, h->bound), &bound)
                                    : hf_attribute_int(g, instance, h->bound, &bound))) {
        m->bounded = bound >= 0;
        m->bound = bound >= 0 ? (uint64_t)bound : 0;
    }
}

hf_known_match hf_known_of(const hf_known *k, const hf_path *path, uint32_t owner)
{
    hf_known_match m = {0};
    uint32_t last = path->count ? path->steps[path->count - 1].object : owner;
    uint32_t candidates[] = {owner, last}; /* the path may lead to a part of the owner */
    for (size_t i = 0; i < 2 && !m.holder; i++) {
        m.holder = holder_of(hf_map_get(&k->row_of, candidates[i]));
        if (m.holder)
            read_bound(k, candidates[i], &m);
    }
    for (size_t i = path->count; i-- > 0 && !m.leak;)
        m.leak = leak_above(k, path, owner, i);
    return m;
}

bool hf_known_fills_up(const hf_known_match *m, uint64_t entries)
{
    /* SQLAlchemy's cache goes half above its capacity before it is pruned. */
    return m->holder && !m->leak && m->holder->grows == HF_GROWS_TO_A_BOUND && m->bounded &&
           m->bound && entries <= m->bound + m->bound / 2 + 1 && m->bound / FAR_AWAY < entries;
}

void hf_known_say(const hf_known_match *m, uint64_t entries, hf_buf *out)
{
    static const char *const grows[] = {
        [HF_GROWS_TO_A_BOUND] = "",
        [HF_GROWS_WEAKLY] = "",
        [HF_GROWS_WITH_CODE] = "; ends when all code has run once",
        [HF_GROWS_WITH_INPUT] = "; ends only where inputs are limited",
    };
    if (m->leak) {
        hf_buf_format(out, "%s", m->leak->says);
        if (m->leak->from || m->leak->before) {
            hf_buf_format(out, "; %s", m->leak->package);
            if (m->leak->from)
                hf_buf_format(out, " from %s", m->leak->from);
            if (m->leak->before)
                hf_buf_format(out, " before %s", m->leak->before);
        }
        hf_buf_format(out, " (%s)", m->leak->source);
    } else if (m->holder) {
        hf_buf_format(out, "%s%s", m->holder->says, grows[m->holder->grows]);
        if (m->bounded)
            hf_buf_format(out, "; has %llu entries, its bound is %llu", (unsigned long long)entries,
                          (unsigned long long)m->bound);
        else if (m->holder->grows == HF_GROWS_TO_A_BOUND && m->holder->bound)
            hf_buf_format(out, "; but its %s is no limit here", m->holder->bound);
        hf_buf_format(out, " (%s)", m->holder->source);
    }
}
