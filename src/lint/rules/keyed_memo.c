/* HF109: a dict at the top of a module that remembers something for each key, and
 * forgets nothing. */
#include "lint/growth.h"
#include "lint/rules/rules.h"

static void visit(hf_check *c, uint32_t assignment)
{
    hf_growing found = hf_growing_global(c->m, assignment);
    if (found.growth == HF_GROWTH_BY_KEYS)
        hf_report_global(c, found.use, assignment, "has an entry for each key that ever came");
}

const hf_rule hf_rule_keyed_memo = {
    .code = "HF109",
    .name = "memo-without-limit",
    .reason = "A dict at the top of a module that remembers a result for each key grows with the "
              "keys that there "
              "are: a few fonts or types do no harm, what users send does. The source does not say "
              "which.",
    .bad = "_layouts = {}\n"
           "\n"
           "def layout_for(shape, style):\n"
           "    key = (shape, style)\n"
           "    if key not in _layouts:\n"
           "        _layouts[key] = shape.arrange(style)\n"
           "    return _layouts[key]\n",
    .good = "import functools\n"
            "\n"
            "@functools.lru_cache(maxsize=1000)\n"
            "def layout_for(shape, style):\n"
            "    return shape.arrange(style)\n",
    .fix = "Use functools.lru_cache with a limit; leave it where the keys are few.",
    .pattern = "unbounded-cache",
    .confidence = HF_CONFIDENCE_LOW,
    .whole_file = true,
    .kinds = {HF_KIND_ASSIGNMENT},
    .visit = visit,
};
