/* HF702: an array file loaded whole where only slices are used. */
#include "lint/repeats.h"
#include "lint/rules/rules.h"

#include <string.h>

static bool is_only_sliced(hf_module *m, const hf_binding *b)
{
    const hf_syntax *s = &m->syntax;
    uint32_t slices = 0;
    for (uint32_t u = b->uses; u; u = m->next_use[u]) {
        if (u == b->node)
            continue;
        uint32_t around = hf_parent(s, u);
        if (hf_kind_of(s, around) == HF_KIND_ATTRIBUTE) {
            static const char *const names[] = {"shape", "dtype", "ndim", "size", NULL};
            if (!hf_is_one_of(hf_last_name(m, around), names))
                return false;
            continue;
        }
        if (hf_kind_of(s, around) == HF_KIND_ARGUMENTS &&
            strcmp(hf_called(m, hf_parent(s, around)), "len") == 0)
            continue;
        if (hf_kind_of(s, around) != HF_KIND_SUBSCRIPT || hf_field_of(s, u) != HF_FIELD_VALUE ||
            hf_kind_of(s, hf_child(s, around, HF_FIELD_SUBSCRIPT)) == HF_KIND_STRING)
            return false;
        slices += hf_kind_of(s, hf_child(s, around, HF_FIELD_SUBSCRIPT)) == HF_KIND_SLICE;
    }
    return slices > 0;
}

static void visit(hf_check *c, uint32_t call)
{
    hf_module *m = c->m;
    const hf_syntax *s = &m->syntax;
    uint32_t assignment = hf_parent(s, call);
    if (strcmp(hf_called(m, call), "numpy.load") != 0 || hf_keyword(m, call, "mmap_mode") ||
        hf_argument(m, call, 1) || hf_kind_of(s, assignment) != HF_KIND_ASSIGNMENT)
        return;
    const hf_binding *b = hf_meaning(m, hf_child(s, assignment, HF_FIELD_LEFT));
    if (b && b->writes == 1 && m->scopes[b->scope].kind == HF_SCOPE_FUNCTION &&
        is_only_sliced(m, b))
        hf_report(c, call, "the whole array is loaded, and only slices of it are used");
}

const hf_rule hf_rule_whole_array = {
    .code = "HF702",
    .name = "whole-array-for-slices",
    .reason = "numpy.load() reads the whole file. Mapped, only the pages that are touched take "
              "memory, and the kernel can take them back.",
    .bad = "import numpy as np\n"
           "\n"
           "def window(path, start):\n"
           "    samples = np.load(path)\n"
           "    return samples[start:start + 100].mean()\n",
    .good = "import numpy as np\n"
            "\n"
            "def window(path, start):\n"
            "    samples = np.load(path, mmap_mode='r')\n"
            "    return samples[start:start + 100].mean()\n",
    .fix = "np.load(path, mmap_mode='r').",
    .pattern = "whole-file-read",
    .confidence = HF_CONFIDENCE_HIGH,
    .kinds = {HF_KIND_CALL},
    .visit = visit,
};
