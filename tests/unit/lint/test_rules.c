/* Each rule finds its own bad example, is silent about its good one, and says all that it must. */
#include "lint/rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static uint32_t findings_of(const char *text, const char *code, const bool *enabled)
{
    hf_syntax_parser *parser = NULL;
    hf_module m;
    hf_findings findings = {0};
    assert_true(hf_module_init(&m));
    assert_null(hf_syntax_parser_new(&parser));
    m.path = m.name = "example";
    assert_null(hf_syntax_parse(parser, text, strlen(text), 0, &m.syntax));
    if (m.syntax.damaged)
        fail_msg("%s: syntax error in line %u of its example", code, m.syntax.damaged_line);
    assert_null(hf_module_build(&m));
    hf_check_module(&m, enabled, &findings);
    assert_false(findings.failed);
    uint32_t own = 0;
    for (uint32_t i = 0; i < findings.count; i++)
        own += strcmp(findings.items[i].rule->code, code) == 0;
    hf_findings_deinit(&findings);
    hf_module_deinit(&m);
    hf_syntax_parser_free(parser);
    return own;
}

static void only(unsigned i, bool *enabled)
{
    memset(enabled, 0, hf_rule_count);
    enabled[i] = true;
}

static void test_bad_examples_are_found(void **state)
{
    (void)state;
    bool enabled[256];
    for (unsigned i = 0; i < hf_rule_count; i++) {
        only(i, enabled);
        if (findings_of(hf_rules[i]->bad, hf_rules[i]->code, enabled) == 0)
            fail_msg("%s does not find its bad example", hf_rules[i]->code);
    }
}

static void test_good_examples_are_not(void **state)
{
    (void)state;
    bool enabled[256];
    for (unsigned i = 0; i < hf_rule_count; i++) {
        only(i, enabled);
        if (findings_of(hf_rules[i]->good, hf_rules[i]->code, enabled))
            fail_msg("%s accuses its good example", hf_rules[i]->code);
    }
}

static void test_table_is_complete(void **state)
{
    (void)state;
    assert_in_range(hf_rule_count, 1, 256);
    for (unsigned i = 0; i < hf_rule_count; i++) {
        const hf_rule *r = hf_rules[i];
        assert_int_equal(strlen(r->code), 5);
        assert_memory_equal(r->code, "HF", 2);
        if (i)
            assert_true(strcmp(hf_rules[i - 1]->code, r->code) < 0);
        assert_ptr_equal(hf_rule_find(r->code), r);
        assert_true(*r->name && *r->reason && *r->fix && *r->pattern && r->visit && r->kinds[0]);
        assert_null(strchr(r->reason, '\n'));
        assert_null(strchr(r->fix, '\n'));
    }
    assert_null(hf_rule_find("HF000"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_examples_are_found),
        cmocka_unit_test(test_good_examples_are_not),
        cmocka_unit_test(test_table_is_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
