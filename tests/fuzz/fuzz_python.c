/* tests/fuzz/fuzz_python.c - any bytes as a Python file: decoded, parsed, and put to all rules. */
#include "base/cleanup.h"
#include "lint/facts.h"
#include "lint/noqa.h"
#include "lint/rule.h"
#include "lint/text.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static hf_syntax_parser *parser;
    static hf_module m;
    static bool enabled[256];
    if (!parser) {
        memset(enabled, true, sizeof(enabled));
        if (!hf_module_init(&m) || hf_syntax_parser_new(&parser))
            return 0;
        m.path = m.name = "fuzz.example";
    }
    hf_buf text HF_AUTO(hf_buf_deinit);
    hf_buf_init(&text, HF_TEXT_LARGEST);
    hf_buf_add(&text, data, size);
    if (hf_text_decode(&text))
        return 0;
    hf_findings findings = {0};
    hf_strtab facts;
    hf_err *err = hf_syntax_parse(parser, (const char *)text.data, text.length, 2, &m.syntax);
    if (!err)
        err = hf_module_build(&m);
    if (!err && hf_strtab_init(&facts)) {
        hf_check_module(&m, enabled, &findings);
        hf_noqa_apply(&m.syntax, &findings, 0);
        hf_facts_collect(&m, &facts);
        hf_strtab_deinit(&facts);
    }
    hf_err_free(err);
    hf_findings_deinit(&findings);
    return 0;
}
