/* HF601: files and the like that nobody closes. */
#include "lint/resources.h"
#include "lint/rules/rules.h"

static void visit(hf_check *c, uint32_t call)
{
    hf_module *m = c->m;
    const char *name = hf_file_opener(m, call);
    if (!name || !hf_is_never_closed(m, call))
        return;
    hf_report(c, call, "what %s opens is closed by nobody", name);
}

const hf_rule hf_rule_open_without_with = {
    .code = "HF601",
    .name = "never-closed",
    .reason = "A file that is not closed keeps its buffers and its descriptor until the collector "
              "happens to find it.",
    .bad = "def load(path):\n"
           "    return open(path).read()\n",
    .good = "def load(path):\n"
            "    with open(path) as stream:\n"
            "        return stream.read()\n",
    .fix = "with open(...) as stream: ...",
    .pattern = "native-held",
    .confidence = HF_CONFIDENCE_HIGH,
    .in_tests = true,
    .kinds = {HF_KIND_CALL},
    .visit = visit,
};
