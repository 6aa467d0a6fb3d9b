/* Lines that allocated: added up, named, compared. */
#include "../graph/made_heap.h"
#include "analyse/drafts.h"
#include "analyse/lines.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* 10 quotes from pricing.py:42, 5 strings from the library, called by pricing.py:50; one older. */
static hf_graph *make(made_heap *h, uint64_t blocks)
{
    made_begin(h);
    uint32_t quote = made_type(h, "shop", "Quote"), str = made_type(h, "builtins", "str");
    uint32_t own = made_site(h, "/opt/shop/pricing.py", 42, blocks, blocks * 100);
    uint32_t library = made_site(h, "/usr/lib/python3.11/json/decoder.py", 353, 5, 250);
    for (uint32_t i = 0; i < 16; i++) {
        uint32_t object = made_object(h, i < 10 ? quote : str, i < 10 ? 96 : 48);
        h->objects[object].site = i < 10 ? own : i < 15 ? library : 0;
    }
    return made_graph(h);
}

static const char *text_of(const hf_graph *g, const hf_line *row, bool whole, hf_buf *text)
{
    hf_buf_clear(text);
    hf_line_text(g, row->file, row->line, whole, text);
    return hf_buf_string(text);
}

static void all_lines_add_up(void **state)
{
    (void)state;
    made_heap h;
    hf_graph *g = make(&h, 25);
    hf_lines l;
    hf_buf text = {0};
    made_check(hf_lines_compute(g, NULL, &l));
    assert_int_equal(l.count, 2);
    assert_int_equal(l.rows[0].blocks, 25);
    assert_int_equal(l.rows[0].bytes, 2500);
    assert_int_equal(l.rows[0].objects, 10);
    assert_int_equal(l.rows[0].object_bytes, 960);
    assert_int_equal(l.total.blocks, 30);
    assert_int_equal(l.total.objects, 15);
    assert_int_equal(l.unknown.objects, 1);
    assert_string_equal(text_of(g, &l.rows[0], true, &text), "/opt/shop/pricing.py:42");
    assert_string_equal(text_of(g, &l.rows[0], false, &text), "pricing.py:42");
    assert_string_equal(text_of(g, &l.rows[1], false, &text), "json/decoder.py:353");
    hf_lines_deinit(&l);
    made_check(hf_lines_compute(g, &(hf_filter){.type = "str"}, &l));
    assert_int_equal(l.count, 1);
    assert_int_equal(l.rows[0].objects, 5);
    assert_int_equal(l.total.bytes, 0);
    hf_lines_deinit(&l);
    hf_buf_deinit(&text);
    hf_graph_free(g);
    made_end(&h);
}

static void what_a_library_allocates_is_its_callers(void **state)
{
    (void)state;
    made_heap h;
    hf_graph *g = make(&h, 25);
    const hf_site_frame *frame = hf_allocated_at(g, 12);
    assert_string_equal(hf_strtab_get(&g->names, frame->file), "/opt/shop/service.py");
    assert_null(hf_allocated_at(g, 15));
    uint32_t objects[] = {0, 1, 2, 3, 12, 15};
    hf_buf site = {0}, text = {0};
    hf_buf_text(&site, "elsewhere.py:1 in f");
    made_check(hf_allocated_of(g, objects, 6, &site, &text));
    assert_string_equal(hf_buf_string(&text), "pricing.py:42 (80 %), service.py:7 (10 %)");
    assert_string_equal(hf_buf_string(&site), "pricing.py:42");
    hf_buf_deinit(&site);
    hf_buf_deinit(&text);
    hf_graph_free(g);
    made_end(&h);
}

static void lines_are_compared_by_name(void **state)
{
    (void)state;
    made_heap before, after;
    hf_graph *old = make(&before, 10), *now = make(&after, 25);
    hf_line_changes c;
    made_check(hf_lines_compare(old, now, &c));
    assert_int_equal(c.count, 1);
    assert_int_equal(c.rows[0].blocks, 15);
    assert_int_equal(c.rows[0].bytes, 1500);
    assert_int_equal(c.rows[0].bytes_now, 2500);
    assert_false(c.rows[0].gone);
    hf_line_changes_deinit(&c);
    hf_graph_free(old);
    hf_graph_free(now);
    made_end(&before);
    made_end(&after);
}

static void users_files_are_told_from_libraries(void **state)
{
    (void)state;
    assert_true(hf_line_is_users("/opt/shop/pricing.py"));
    assert_false(hf_line_is_users("/usr/lib/python3.11/json/decoder.py"));
    assert_false(hf_line_is_users("/venv/lib/python3.12/site-packages/flask/app.py"));
    assert_false(hf_line_is_users("<frozen importlib._bootstrap>"));
    assert_false(hf_line_is_users(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_lines_add_up),
        cmocka_unit_test(what_a_library_allocates_is_its_callers),
        cmocka_unit_test(lines_are_compared_by_name),
        cmocka_unit_test(users_files_are_told_from_libraries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
