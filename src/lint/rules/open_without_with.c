/* HF601: files and the like that nobody closes. */
#include "lint/resources.h"
#include "lint/rules/rules.h"

#include <string.h>

/* Reads an archive out of a file that is open already, or out of memory: who has that closes it. */
static bool is_inside_another(hf_module *m, uint32_t call, const char *name)
{
    static const char *const buffers[] = {"io.BytesIO", "tempfile.TemporaryFile", NULL};
    bool tar = strcmp(name, "tarfile.open") == 0;
    if (!tar && strcmp(name, "zipfile.ZipFile") != 0)
        return false;
    uint32_t mode = hf_argument(m, call, 1), file = hf_keyword(m, call, "fileobj");
    if (mode && hf_kind_of(&m->syntax, mode) == HF_KIND_STRING &&
        m->syntax.text[m->syntax.nodes[mode].start + 1] != 'r')
        return false; /* what is written is whole when it is closed */
    if (!file)
        file = tar ? 0 : hf_argument(m, call, 0);
    const hf_binding *b = file ? hf_meaning(m, file) : NULL;
    if (b && b->writes == 1 && b->value)
        file = b->value;
    return file &&
           (tar || (hf_kind_of(&m->syntax, file) == HF_KIND_CALL &&
                    (hf_is_one_of(hf_called(m, file), buffers) || hf_file_opener(m, file))));
}

static void visit(hf_check *c, uint32_t call)
{
    hf_module *m = c->m;
    const char *name = hf_file_opener(m, call);
    if (!name || !hf_is_never_closed(m, call) || is_inside_another(m, call, name))
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
