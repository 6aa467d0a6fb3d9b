/* present/name.c - see present/name.h. */
#include "present/name.h"

#include "present/format.h"

#include <string.h>

void hf_name_object(const hf_graph *g, uint32_t object, hf_buf *out)
{
    hf_buf_text(out, hf_graph_type_name(g, object));
    if (hf_graph_length(g, object))
        hf_buf_format(out, " of %s", hf_format_count(hf_graph_length(g, object)).text);
    hf_buf_format(out, " at %s", hf_format_address(g->address[object]).text);
}

bool hf_name_is_plain(const hf_graph *g, uint32_t object)
{
    static const char *const plain[] = {"str",  "int",     "float",   "bytes",
                                        "bool", "complex", "NoneType"};
    const char *type = hf_graph_type_name(g, object);
    for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
        if (strcmp(type, plain[i]) == 0)
            return true;
    return false;
}

bool hf_name_value(hf_graph *g, uint32_t object, hf_buf *out)
{
    size_t length;
    const char *text = g->info.has_values ? hf_graph_value(g, object, &length) : NULL;
    if (!text)
        return false;
    const char *type = hf_graph_type_name(g, object);
    bool is_str = strcmp(type, "str") == 0;
    if (is_str)
        hf_buf_char(out, '\'');
    hf_buf_add(out, text, length);
    if (is_str)
        hf_buf_char(out, '\'');
    return true;
}

void hf_name_edge(hf_graph *g, uint64_t edge, hf_buf *out)
{
    uint32_t label = g->edge_label[edge], key;
    const char *name = hf_strtab_get(&g->names, label);
    switch (hf_graph_kind(g, edge)) {
    case HF_EDGE_FIELD:
    case HF_EDGE_ATTRIBUTE:
        hf_buf_format(out, ".%s", name);
        break;
    case HF_EDGE_VALUE:
        key = hf_graph_key(g, edge);
        hf_buf_char(out, '[');
        if (key == HF_NO_OBJECT || !hf_name_value(g, key, out)) {
            hf_buf_text(out, key == HF_NO_OBJECT ? "…" : hf_graph_type_name(g, key));
        }
        hf_buf_char(out, ']');
        break;
    case HF_EDGE_INDEX:
        hf_buf_format(out, "[%u]", label);
        break;
    case HF_EDGE_LOCAL:
        hf_buf_format(out, "local %s", name);
        break;
    case HF_EDGE_OFFSET:
        hf_buf_format(out, "at byte %u", label);
        break;
    case HF_EDGE_TOLD:
        hf_buf_format(out, "told as its reference %u", label);
        break;
    case HF_EDGE_STACK:
        hf_buf_format(out, "stack slot %u", label);
        break;
    case HF_EDGE_KEY:
        hf_buf_text(out, "a key");
        break;
    case HF_EDGE_MEMBER:
        hf_buf_text(out, "a member");
        break;
    case HF_EDGE_CELL:
        hf_buf_text(out, "cell contents");
        break;
    case HF_EDGE_KIND_COUNT:
        break;
    }
}

void hf_name_label(hf_graph *g, uint64_t edge, hf_buf *out)
{
    hf_edge_kind kind = hf_graph_kind(g, edge);
    uint32_t label = g->edge_label[edge];
    if (hf_edge_label_is_name(kind)) {
        hf_buf_add(out, hf_strtab_get(&g->names, label), hf_strtab_length(&g->names, label));
    } else if (kind == HF_EDGE_VALUE) {
        uint32_t key = hf_graph_key(g, edge);
        size_t length;
        const char *text =
            key == HF_NO_OBJECT || !g->info.has_values ? NULL : hf_graph_value(g, key, &length);
        if (text)
            hf_buf_add(out, text, length);
    } else if (kind == HF_EDGE_INDEX || kind == HF_EDGE_OFFSET || kind == HF_EDGE_STACK ||
               kind == HF_EDGE_TOLD) {
        hf_buf_format(out, "%u", label);
    }
}

const char *hf_name_edge_kind(const hf_graph *g, uint64_t edge)
{
#define KINDS(prefix)                                                                        \
    {                                                                                        \
        prefix "field", prefix "attribute", prefix "key", prefix "value", prefix "index",    \
            prefix "member", prefix "local", prefix "stack", prefix "cell", prefix "offset", \
            prefix "told"                                                                    \
    }
    static const char *const names[3][HF_EDGE_KIND_COUNT] = {KINDS(""), KINDS("weak:"),
                                                             KINDS("scanned:")};
#undef KINDS
    unsigned strength = hf_graph_strength(g, edge), kind = hf_graph_kind(g, edge);
    return strength < 3 && kind < HF_EDGE_KIND_COUNT ? names[strength][kind] : "unknown";
}

void hf_name_root(const hf_graph *g, uint32_t root, hf_buf *out)
{
    static const char *const kinds[HF_ROOT_KIND_COUNT] = {
        "module", "local", "thread", "interpreter", "static type", "C data of"};
    if (root >= g->root_count) {
        hf_buf_text(out, "no root");
        return;
    }
    const hf_root *r = &g->roots[root];
    hf_buf_format(out, "%s %s", r->kind < HF_ROOT_KIND_COUNT ? kinds[r->kind] : "root",
                  hf_strtab_get(&g->names, r->name));
    if (r->place)
        hf_buf_format(out, " in %s", hf_strtab_get(&g->names, r->place));
    if (r->interpreter)
        hf_buf_format(out, " of interpreter %u", r->interpreter);
}

void hf_name_flags(uint32_t flags, hf_buf *out)
{
    static const struct {
        uint32_t flag;
        const char *word;
    } words[] = {
        {HF_OBJECT_TRACKED, "tracked"},       {HF_OBJECT_FROZEN, "frozen"},
        {HF_OBJECT_STATIC, "static"},         {HF_OBJECT_IMMORTAL, "immortal"},
        {HF_OBJECT_INTERNED, "interned"},     {HF_OBJECT_FINALIZED, "finalized"},
        {HF_OBJECT_SUSPENDED, "suspended"},   {HF_OBJECT_BOUNDED, "bounded"},
        {HF_OBJECT_SMALL_VIEW, "small-view"}, {HF_OBJECT_QUEUE, "queue"},
    };
    const char *between = "";
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (flags & words[i].flag) {
            hf_buf_format(out, "%s%s", between, words[i].word);
            between = "|";
        }
}
