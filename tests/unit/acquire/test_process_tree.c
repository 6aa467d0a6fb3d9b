/* Trees of processes: who belongs to whom, and passes that disagree. */
#include "acquire/process_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST = 8 };

/* One pass after the other; the last one for ever. */
typedef struct passes {
    hf_process_seen seen[MOST][MOST];
    size_t counts[MOST], count, made;
    bool restless; /* each pass sees another process */
} passes;

static hf_err *next_pass(void *context, hf_process_seen **ret, size_t *ret_count)
{
    passes *p = context;
    size_t pass = p->made < p->count ? p->made : p->count - 1;
    hf_process_seen *seen = calloc(MOST + 1, sizeof(*seen));
    assert_non_null(seen);
    size_t count = p->counts[pass];
    memcpy(seen, p->seen[pass], count * sizeof(*seen));
    if (p->restless)
        seen[count++] = (hf_process_seen){(pid_t)(1000 + p->made), 10, 99};
    p->made++;
    *ret = seen;
    *ret_count = count;
    return NULL;
}

static void assert_tree(const hf_process_tree *tree, size_t count, const pid_t *pids,
                        const uint32_t *depths)
{
    assert_int_equal(tree->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(tree->rows[i].pid, pids[i]);
        assert_int_equal(tree->rows[i].depth, depths[i]);
    }
}

static void places_children_by_age_behind_their_parent(void **state)
{
    (void)state;
    /* Numbers have wrapped: 7 is younger than 300. */
    const hf_process_seen seen[] = {
        {7, 10, 50}, {10, 1, 20}, {300, 10, 40}, {301, 300, 45}, {1, 0, 1}};
    hf_process_tree tree;
    assert_null(hf_process_tree_of(seen, 5, 10, &tree));
    assert_tree(&tree, 4, (pid_t[]){10, 300, 301, 7}, (uint32_t[]){0, 1, 2, 1});
    assert_int_equal(tree.rows[2].parent, 1);
    assert_int_equal(hf_process_tree_end(&tree, 1), 3);
    hf_process_tree_deinit(&tree);
    assert_null(hf_process_tree_of(seen, 5, 0, &tree));
    assert_tree(&tree, 5, (pid_t[]){1, 10, 300, 301, 7}, (uint32_t[]){0, 1, 2, 3, 2});
    hf_process_tree_deinit(&tree);
}

static void believes_no_parent_that_is_younger(void **state)
{
    (void)state;
    const hf_process_seen seen[] = {{10, 1, 60}, {11, 10, 50}, {12, 12, 5}};
    hf_process_tree tree;
    assert_null(hf_process_tree_of(seen, 3, 10, &tree));
    assert_tree(&tree, 1, (pid_t[]){10}, (uint32_t[]){0});
    hf_process_tree_deinit(&tree);
    assert_null(hf_process_tree_of(seen, 3, 12, &tree)); /* its own parent */
    assert_tree(&tree, 1, (pid_t[]){12}, (uint32_t[]){0});
    hf_process_tree_deinit(&tree);
}

static void ends_for_processes_in_a_ring(void **state)
{
    (void)state;
    const hf_process_seen seen[] = {{10, 11, 5}, {11, 10, 5}};
    hf_process_tree tree;
    assert_null(hf_process_tree_of(seen, 2, 11, &tree));
    assert_tree(&tree, 2, (pid_t[]){11, 10}, (uint32_t[]){0, 1});
    hf_process_tree_deinit(&tree);
}

static void sees_a_child_whose_parent_ended_within_a_pass(void **state)
{
    (void)state;
    /* 30 was read while 20 was its parent, and 20 when it was gone; then the kernel gave
     * 30 to 10. */
    passes p = {.seen = {{{10, 1, 5}, {30, 20, 7}}, {{10, 1, 5}, {30, 10, 7}}},
                .counts = {2, 2},
                .count = 2};
    hf_process_tree tree;
    assert_null(hf_process_tree_settle(next_pass, &p, 10, &tree));
    assert_tree(&tree, 2, (pid_t[]){10, 30}, (uint32_t[]){0, 1});
    assert_int_equal(p.made, 3);
    hf_process_tree_deinit(&tree);
}

static void sees_a_child_that_was_forked_behind_a_pass(void **state)
{
    (void)state;
    passes p = {.seen = {{{10, 1, 5}}, {{10, 1, 5}, {30, 10, 7}}}, .counts = {1, 2}, .count = 2};
    hf_process_tree tree;
    assert_null(hf_process_tree_settle(next_pass, &p, 10, &tree));
    assert_tree(&tree, 2, (pid_t[]){10, 30}, (uint32_t[]){0, 1});
    hf_process_tree_deinit(&tree);
}

static void does_not_wait_for_processes_elsewhere(void **state)
{
    (void)state;
    passes p = {
        .seen = {{{10, 1, 5}, {40, 1, 6}}, {{10, 1, 5}, {41, 1, 7}}}, .counts = {2, 2}, .count = 2};
    hf_process_tree tree;
    assert_null(hf_process_tree_settle(next_pass, &p, 10, &tree));
    assert_tree(&tree, 1, (pid_t[]){10}, (uint32_t[]){0});
    assert_int_equal(p.made, 2);
    hf_process_tree_deinit(&tree);
}

static void gives_up_on_a_tree_that_never_settles(void **state)
{
    (void)state;
    passes p = {.seen = {{{10, 1, 5}}}, .counts = {1}, .count = 1, .restless = true};
    hf_process_tree tree;
    assert_null(hf_process_tree_settle(next_pass, &p, 10, &tree));
    assert_int_equal(p.made, HF_PROCESS_PASSES);
    assert_tree(&tree, 2, (pid_t[]){10, 1000 + HF_PROCESS_PASSES - 1}, (uint32_t[]){0, 1});
    hf_process_tree_deinit(&tree);
}

static void says_that_a_root_is_gone(void **state)
{
    (void)state;
    passes p = {.seen = {{{10, 1, 5}}, {{11, 1, 5}}}, .counts = {1, 1}, .count = 2};
    hf_process_tree tree;
    hf_err *err = hf_process_tree_settle(next_pass, &p, 10, &tree);
    assert_non_null(err);
    assert_int_equal(hf_err_code_of(err), HF_ERR_NO_PROCESS);
    hf_err_free(err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_children_by_age_behind_their_parent),
        cmocka_unit_test(believes_no_parent_that_is_younger),
        cmocka_unit_test(ends_for_processes_in_a_ring),
        cmocka_unit_test(sees_a_child_whose_parent_ended_within_a_pass),
        cmocka_unit_test(sees_a_child_that_was_forked_behind_a_pass),
        cmocka_unit_test(does_not_wait_for_processes_elsewhere),
        cmocka_unit_test(gives_up_on_a_tree_that_never_settles),
        cmocka_unit_test(says_that_a_root_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
