/* Selections, sites and profiles, against sums that are made the slow way: stack by stack. */
#include "base/cleanup.h"
#include "made_capture.h"
#include "trace/code_lines.h"
#include "trace/join.h"
#include "trace/profile.h"
#include "trace/sites.h"
#include "trace/stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

/* A random run: nodes with few codes, so that stacks recur in it. Not of malloc()ed nonsense:
 * parents come first, and each process lies in one piece. */
static hf_capture *random_capture(unsigned seed, size_t count)
{
    hf_capture *c = NULL;
    assert_null(hf_capture_new(&c));
    srand(seed);
    c->codes = calloc(5, sizeof(*c->codes));
    for (; c->code_count < 5; c->code_count++) {
        char name[16];
        snprintf(name, sizeof(name), "f%zu", c->code_count);
        c->codes[c->code_count] =
            (hf_code){made_text(c, c->code_count % 2 ? "a.py" : "<frozen importlib._bootstrap>"),
                      made_text(c, name), 1};
    }
    c->processes = calloc(2, sizeof(*c->processes));
    c->process_count = 2;
    c->processes[0].pid = 10;
    c->processes[1].pid = 11;
    c->nodes = calloc(count, sizeof(*c->nodes));
    c->counts = calloc(count, sizeof(*c->counts));
    uint32_t root = 0, process = 0;
    for (c->node_count = 0; c->node_count < count; c->node_count++) {
        hf_node *n = &c->nodes[c->node_count];
        bool is_root = c->node_count == 0 || c->node_count == count / 2;
        if (c->node_count == count / 2)
            process = 1;
        if (is_root)
            root = c->processes[process].root = (uint32_t)c->node_count;
        uint32_t parent =
            is_root ? HF_NODE_NONE : root + (uint32_t)rand() % (uint32_t)(c->node_count - root);
        while (!is_root && c->nodes[parent].kind > HF_NODE_PYTHON)
            parent = c->nodes[parent].parent;
        *n = (hf_node){parent, (uint32_t)rand() % 5, 1 + (uint32_t)rand() % 2, process,
                       HF_NODE_PYTHON};
        if (is_root || rand() % 6 == 0)
            *n = (hf_node){parent, 0, 0, process, is_root ? HF_NODE_PROCESS : HF_NODE_NATIVE};
        uint64_t blocks = (uint64_t)(rand() % 100);
        c->counts[c->node_count].total = (hf_count){blocks * 10, blocks};
        c->counts[c->node_count].peak = (hf_count){blocks * 5, blocks / 2};
    }
    return c;
}

/* A stack as text, from the outermost call; hidden frames left out. */
static void stack_text(const hf_capture *c, uint32_t node, const hf_profile_options *o, hf_buf *out)
{
    const hf_node *n = &c->nodes[node];
    if (n->parent != HF_NODE_NONE)
        stack_text(c, n->parent, o, out);
    bool import = n->kind == HF_NODE_PYTHON &&
                  hf_file_is_import(hf_strtab_get(&c->texts, c->codes[n->code].file));
    if ((n->kind == HF_NODE_PROCESS && !o->processes) || (o->hide_imports && import) ||
        (o->hide_native && n->kind == HF_NODE_NATIVE))
        return;
    hf_buf_format(out, "/%d.%u.%u.%u", (int)n->kind, n->code, o->functions ? 0 : n->line,
                  n->kind == HF_NODE_PROCESS ? n->process : 0);
}

static void path_text(const hf_profile *p, uint32_t node, hf_buf *out)
{
    if (!node)
        return;
    path_text(p, p->nodes[node].parent, out);
    const hf_frame *f = &p->frames[p->nodes[node].frame];
    hf_buf_format(out, "/%d.%u.%u.%u", (int)f->kind, f->code, f->line, f->process);
}

static void check_profile(const hf_capture *c, const hf_profile_options *options)
{
    hf_profile p HF_AUTO(hf_profile_deinit) = {0};
    hf_profile_sums sums HF_AUTO(hf_profile_sums_deinit) = {0};
    HF_AUTO(hf_freep) hf_count *chosen = NULL;
    assert_null(hf_select(c, &(hf_selection){.measure = HF_MEASURE_TOTAL}, &chosen));
    assert_null(hf_profile_compute(c, options, &p));
    assert_null(hf_profile_add_up(&p, chosen, &sums));
    for (uint32_t i = 0; i < p.node_count; i++) {
        hf_buf path HF_AUTO(hf_buf_deinit) = {0};
        path_text(&p, i, &path);
        uint64_t own = 0, total = 0;
        for (uint32_t k = 0; k < c->node_count; k++) {
            hf_buf stack HF_AUTO(hf_buf_deinit) = {0};
            stack_text(c, k, options, &stack);
            bool begins = stack.length >= path.length &&
                          (!path.length || memcmp(stack.data, path.data, path.length) == 0);
            bool same = begins && stack.length == path.length;
            bool below = begins && !same && (!path.length || stack.data[path.length] == '/');
            own += same ? chosen[k].bytes : 0;
            total += same || below ? chosen[k].bytes : 0;
        }
        assert_int_equal(sums.own[i].bytes, own);
        assert_int_equal(sums.total[i].bytes, total);
    }
}

static void test_profiles_add_up(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 6; seed++) {
        hf_capture *c = random_capture(seed, 120);
        check_profile(c, &(hf_profile_options){0});
        check_profile(c, &(hf_profile_options){.processes = true, .functions = true});
        check_profile(c, &(hf_profile_options){.hide_imports = true, .hide_native = true});
        hf_capture_free(c);
    }
}

static void test_choices(void **state)
{
    (void)state;
    hf_capture *c = random_capture(7, 500);
    hf_profile p HF_AUTO(hf_profile_deinit) = {0};
    hf_profile_sums sums HF_AUTO(hf_profile_sums_deinit) = {0};
    HF_AUTO(hf_freep) hf_count *chosen = NULL;
    assert_null(hf_select(c, &(hf_selection){.measure = HF_MEASURE_TOTAL}, &chosen));
    assert_null(hf_profile_compute(c, &(hf_profile_options){0}, &p));
    assert_null(hf_profile_add_up(&p, chosen, &sums));
    HF_AUTO(hf_freep) double *weights = malloc(p.node_count * sizeof(*weights));
    HF_AUTO(hf_freep) bool *in = malloc(p.node_count);
    for (size_t i = 0; i < p.node_count; i++)
        weights[i] = (double)sums.total[i].bytes;
    for (size_t most = 1; most < p.node_count; most += 13) {
        hf_profile_choice choice = {0};
        assert_null(hf_profile_choose(&p, weights, most, &choice));
        assert_true(choice.count <= most);
        memset(in, 0, p.node_count);
        double least = weights[0];
        for (size_t i = 0; i < choice.count; i++) {
            uint32_t node = choice.nodes[i];
            in[node] = true;
            assert_true(in[p.nodes[node].parent]);
            least = weights[node] < least ? weights[node] : least;
        }
        size_t above = 0;
        for (size_t i = 0; i < p.node_count; i++) {
            above += weights[i] > 0;
            assert_true(in[i] || weights[i] <= least);
        }
        assert_int_equal(choice.left_out, above - choice.count);
        assert_true(choice.count == most || choice.left_out == 0);
        hf_profile_choice_deinit(&choice);
    }
    hf_capture_free(c);
}

/* A stack from the line that allocated outwards, native code without a name left out. */
static void inverted_text(const hf_capture *c, uint32_t node, hf_buf *out)
{
    for (; node != HF_NODE_NONE; node = c->nodes[node].parent) {
        const hf_node *n = &c->nodes[node];
        bool nameless = n->kind == HF_NODE_NATIVE && c->nodes[n->parent].kind == HF_NODE_PYTHON;
        if (!nameless && n->kind != HF_NODE_PROCESS)
            hf_buf_format(out, "/%d.%u.%u.0", (int)n->kind, n->code, n->line);
    }
}

static void test_inverted(void **state)
{
    (void)state;
    hf_capture *c = random_capture(11, 150);
    HF_AUTO(hf_freep) hf_count *chosen = NULL;
    assert_null(hf_select(c, &(hf_selection){.measure = HF_MEASURE_TOTAL}, &chosen));
    for (size_t most = 5; most <= 5000; most *= 10) {
        hf_profile p HF_AUTO(hf_profile_deinit) = {0};
        hf_profile_sums sums HF_AUTO(hf_profile_sums_deinit) = {0};
        assert_null(hf_profile_invert(c, &(hf_profile_options){0}, chosen, most, &p));
        assert_null(hf_profile_add_up(&p, chosen, &sums));
        assert_true(p.node_count <= most + 1);
        uint64_t least = UINT64_MAX;
        for (uint32_t i = 0; i < p.node_count; i++) {
            hf_buf path HF_AUTO(hf_buf_deinit) = {0};
            path_text(&p, i, &path);
            uint64_t total = 0;
            for (uint32_t k = 0; k < c->node_count; k++) {
                hf_buf stack HF_AUTO(hf_buf_deinit) = {0};
                inverted_text(c, k, &stack);
                if (!path.length ||
                    (stack.length >= path.length &&
                     memcmp(stack.data, path.data, path.length) == 0 &&
                     (stack.length == path.length || stack.data[path.length] == '/')))
                    total += chosen[k].bytes;
            }
            assert_int_equal(sums.total[i].bytes, total);
            assert_true(total <= least || i < 2); /* the largest first */
            least = total;
        }
    }
    hf_capture_free(c);
}

static void test_selections(void **state)
{
    (void)state;
    hf_capture *c = made_capture();
    hf_count *chosen = NULL;
    assert_null(hf_select(c, &(hf_selection){.measure = HF_MEASURE_PEAK, .pid = 11}, &chosen));
    assert_int_equal(hf_count_sum(chosen, c->node_count).bytes, 600);
    free(chosen);
    assert_null(
        hf_select(c, &(hf_selection){.measure = HF_MEASURE_TOTAL, .function = "Store.*"}, &chosen));
    assert_int_equal(hf_count_sum(chosen, c->node_count).bytes, 9000 + 300 + 600);
    free(chosen);
    assert_null(
        hf_select(c, &(hf_selection){.measure = HF_MEASURE_HELD, .to = 3000000000}, &chosen));
    assert_int_equal(hf_count_sum(chosen, c->node_count).bytes, 2400);
    free(chosen);
    const hf_selection between = {HF_MEASURE_HELD, 1500000000, 2500000000, 0, NULL, NULL};
    assert_null(hf_select(c, &between, &chosen));
    assert_int_equal(hf_count_sum(chosen, c->node_count).bytes, 1500);
    assert_int_equal(chosen[1].bytes, 0);
    free(chosen);
    hf_err *err = hf_select(c, &(hf_selection){.pid = 12}, &chosen);
    assert_int_equal(hf_err_code_of(err), HF_ERR_USAGE);
    hf_err_free(err);
    c->interval_count = 0;
    err = hf_select(c, &(hf_selection){.measure = HF_MEASURE_HELD, .to = 1}, &chosen);
    assert_int_equal(hf_err_code_of(err), HF_ERR_USAGE);
    hf_err_free(err);
    hf_capture_free(c);
}

static void test_sites(void **state)
{
    (void)state;
    hf_capture *c = random_capture(3, 300);
    HF_AUTO(hf_freep) hf_count *chosen = NULL;
    assert_null(hf_select(c, &(hf_selection){.measure = HF_MEASURE_PEAK}, &chosen));
    hf_count all = hf_count_sum(chosen, c->node_count);
    for (hf_by by = HF_BY_LINE; by <= HF_BY_STACK; by++) {
        hf_sites sites HF_AUTO(hf_sites_deinit) = {0};
        assert_null(hf_sites_compute(c, &(hf_sites_options){.by = by, .order = HF_ORDER_BLOCKS},
                                     chosen, NULL, &sites));
        hf_count sum = {0};
        for (size_t i = 0; i < sites.count; i++) {
            sum.bytes += sites.rows[i].chosen.bytes;
            sum.blocks += sites.rows[i].chosen.blocks;
            assert_true(!i || sites.rows[i].chosen.blocks <= sites.rows[i - 1].chosen.blocks);
            assert_int_equal(sites.rows[i].counts.peak.bytes, sites.rows[i].chosen.bytes);
        }
        assert_int_equal(sum.bytes, all.bytes);
        assert_int_equal(sum.blocks, all.blocks);
        assert_int_equal(sites.all.chosen.bytes, all.bytes);
        assert_true(by != HF_BY_FILE || sites.count <= 3);
        assert_true(by != HF_BY_FUNCTION || sites.count <= 6);
        assert_true(by != HF_BY_LINE || sites.count <= 11);
        assert_true(by != HF_BY_STACK || sites.count > 50);
    }
    hf_capture_free(c);
}

static void test_stats(void **state)
{
    (void)state;
    hf_capture *c = made_capture();
    hf_stats stats;
    assert_null(hf_stats_compute(c, 0, &stats));
    assert_int_equal(stats.stacks, 5);
    assert_int_equal(stats.depth, 2);
    assert_int_equal(stats.malloc.total.bytes, 300);
    assert_int_equal(stats.mmap.total.blocks, 0);
    assert_int_equal(stats.sizes[6].total.blocks, 5 + 90 + 6); /* of 100 bytes each */
    assert_int_equal(stats.sizes[8].total.bytes, 300);
    assert_int_equal(stats.sizes[3].total.blocks, 1);
    hf_capture_free(c);
}

/* A run joined with itself is the same twice: each row before and now. */
static void test_joined(void **state)
{
    (void)state;
    hf_capture *c = random_capture(5, 200), *same = random_capture(5, 200), *other = made_capture();
    hf_capture *joined = NULL;
    assert_null(hf_capture_join(c, same, &joined));
    assert_int_equal(joined->code_count, c->code_count);
    assert_int_equal(joined->node_count, 400);
    HF_AUTO(hf_freep) hf_count *before = calloc(401, sizeof(*before));
    HF_AUTO(hf_freep) hf_count *now = calloc(401, sizeof(*now));
    for (size_t i = 0; i < 200; i++) {
        before[i] = joined->counts[i].total;
        now[200 + i] = joined->counts[200 + i].total;
        assert_int_equal(joined->nodes[200 + i].code, joined->nodes[i].code);
        assert_true(joined->nodes[200 + i].parent == HF_NODE_NONE ||
                    joined->nodes[200 + i].parent >= 200);
    }
    for (hf_by by = HF_BY_LINE; by <= HF_BY_STACK; by++) {
        hf_sites sites HF_AUTO(hf_sites_deinit) = {0};
        assert_null(hf_sites_compute(
            joined, &(hf_sites_options){.by = by, .order = HF_ORDER_CHANGE}, now, before, &sites));
        for (size_t i = 0; i < sites.count; i++)
            assert_int_equal(sites.rows[i].before.bytes, sites.rows[i].chosen.bytes);
    }
    hf_capture_free(joined);
    assert_null(hf_capture_join(c, other, &joined));
    assert_int_equal(joined->code_count, 7);
    assert_string_equal(hf_strtab_get(&joined->texts, joined->codes[joined->nodes[202].code].name),
                        "Store.load");
    assert_int_equal(joined->processes[2].root, 200);
    assert_int_equal(joined->processes[3].parent, 2);
    hf_capture_free(joined);
    hf_capture_free(c);
    hf_capture_free(same);
    hf_capture_free(other);
}

/* Bytes below the outermost calls of a function, or of a line of it, the slow way. */
static uint64_t bytes_below(const hf_capture *c, uint32_t code, uint32_t line)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < c->node_count; i++) {
        bool below = false;
        for (uint32_t at = i; at != HF_NODE_NONE; at = c->nodes[at].parent)
            below = below || (c->nodes[at].kind == HF_NODE_PYTHON && c->nodes[at].code == code &&
                              (!line || c->nodes[at].line == line));
        sum += below ? c->counts[i].total.bytes : 0;
    }
    return sum;
}

static void test_code_lines(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed < 6; seed++) {
        hf_capture *c = random_capture(seed, 300);
        hf_code_lines l HF_AUTO(hf_code_lines_deinit) = {0};
        assert_null(hf_code_lines_compute(c, NULL, "a.*", 0, &l));
        assert_int_equal(l.function_count, 2);
        assert_int_equal(l.line_count, 4);
        for (size_t i = 0; i < l.function_count; i++) {
            const hf_code_function *f = &l.functions[i];
            assert_int_equal(f->counts.total.bytes, bytes_below(c, f->code, 0));
            assert_int_equal(f->count, 2);
            for (size_t k = f->first; k < f->first + f->count; k++) {
                assert_int_equal(l.lines[k].line, k - f->first + 1);
                assert_int_equal(l.lines[k].counts.total.bytes,
                                 bytes_below(c, f->code, l.lines[k].line));
            }
        }
        assert_true(l.functions[0].counts.peak.bytes >= l.functions[1].counts.peak.bytes);
        hf_code_lines_deinit(&l);
        assert_null(hf_code_lines_compute(c, "nothing", NULL, 0, &l));
        assert_int_equal(l.function_count, 0);
        hf_capture_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_profiles_add_up), cmocka_unit_test(test_choices),
        cmocka_unit_test(test_inverted),        cmocka_unit_test(test_selections),
        cmocka_unit_test(test_sites),           cmocka_unit_test(test_stats),
        cmocka_unit_test(test_joined),          cmocka_unit_test(test_code_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
