/* Pages of a made-up parent and worker: which words differ, and what that is charged to. */
#include "analyse/unsharing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PAGE = HF_INHERITED_PAGE, TYPE = 0x5000 };

/* Three pages: two tracked objects in the first, one whose header ends it but which lies in the
 * second, a text in the second; nothing in the third. */
static uint64_t addresses[] = {0x10010, 0x10100, 0x11000, 0x11100};
static uint32_t flags[] = {HF_OBJECT_TRACKED, HF_OBJECT_TRACKED, HF_OBJECT_TRACKED, 0};
static uint32_t types_of[] = {0, 0, 0, 1};
static hf_type types[] = {{.flags = 1 << 14}, {.flags = 0}};

static hf_graph graph(void)
{
    return (hf_graph){
        .object_count = 4, .address = addresses, .flags = flags, .type = types_of, .types = types};
}

typedef struct memory {
    uint64_t parent[3][PAGE / 8], child[3][PAGE / 8];
} memory;

static void set_both(memory *m, uint64_t address, uint64_t value)
{
    size_t page = (address - 0x10000) / PAGE, word = address % PAGE / 8;
    m->parent[page][word] = m->child[page][word] = value;
}

static uint64_t *child_word(memory *m, uint64_t address)
{
    return &m->child[(address - 0x10000) / PAGE][address % PAGE / 8];
}

static memory *make(void)
{
    memory *m = calloc(1, sizeof(*m));
    assert_non_null(m);
    for (size_t i = 0; i < 4; i++) {
        set_both(m, addresses[i], 1);
        set_both(m, addresses[i] + 8, TYPE);
    }
    return m;
}

static hf_unsharing look(hf_graph *g, memory *m, const hf_page_state states[3])
{
    hf_unsharing u = hf_unsharing_begin(g);
    for (unsigned i = 0; i < 3; i++) {
        bool apart = states[i] == HF_PAGES_APART;
        const hf_inherited_page page = {.address = 0x10000 + (uint64_t)i * PAGE,
                                        .state = states[i],
                                        .child = apart ? (uint8_t *)m->child[i] : NULL,
                                        .parent = apart ? (uint8_t *)m->parent[i] : NULL};
        hf_unsharing_add(&u, &page);
    }
    free(m);
    return u;
}

static const hf_page_state all_apart[] = {HF_PAGES_APART, HF_PAGES_APART, HF_PAGES_APART};

static void bookkeeping_is_known(void **state)
{
    (void)state;
    hf_graph g = graph();
    hf_unsharing u = look(&g, make(), all_apart);
    assert_true(u.tracked.kept == 2 && !u.tracked.recounted && !u.tracked.relinked);
    assert_true(u.bare == 1 && u.alike == 1);

    memory *m = make();
    *child_word(m, 0x10010) = 2;       /* a count */
    *child_word(m, 0x10100 - 16) = 77; /* a header */
    *child_word(m, 0x11000 - 8) = 78;  /* the header of an object in the next page */
    *child_word(m, 0x11100) = 9;       /* the count of a text */
    u = look(&g, m, all_apart);
    assert_true(u.tracked.kept == 2 && u.tracked.recounted == 2 && !u.tracked.changed);
    assert_true(u.count_words == 2 && u.header_words == 2 && u.other_words == 0);

    m = make();
    *child_word(m, 0x10100 - 16) = 77;
    u = look(&g, m, all_apart);
    assert_true(u.tracked.kept == 2 && u.tracked.relinked == 1);
}

static void data_is_no_bookkeeping(void **state)
{
    (void)state;
    hf_graph g = graph();
    memory *m = make();
    *child_word(m, 0x10100 + 16) = 1; /* in the object */
    *child_word(m, 0x11100 - 16) = 1; /* a text has no header */
    *child_word(m, 0x12000) = 1;      /* nobody's */
    hf_unsharing u = look(&g, m, all_apart);
    assert_true(u.tracked.changed == 2 && u.tracked.kept == 0);
    assert_true(u.bare == 1 && u.alike == 0 && u.other_words == 3);

    m = make();
    *child_word(m, 0x10100) = 5; /* another object is there now: its count is none */
    *child_word(m, 0x10108) = TYPE + 8;
    u = look(&g, m, all_apart);
    assert_true(u.tracked.changed == 1 && u.count_words == 0 && u.other_words == 2);
}

static void kinds_of_pages_are_told_apart(void **state)
{
    (void)state;
    hf_graph g = graph();
    static const hf_page_state some[] = {HF_PAGES_COMMON, HF_PAGES_OTHERS, HF_PAGES_NEW};
    hf_unsharing u = look(&g, make(), some);
    assert_true(u.tracked.common == 1 && u.tracked.kept == 0 && u.bare == 0);
    /* Frozen objects are out of the collector's sight. */
    uint32_t before[4];
    memcpy(before, flags, sizeof(before));
    for (size_t i = 0; i < 3; i++)
        flags[i] |= HF_OBJECT_FROZEN;
    u = look(&g, make(), all_apart);
    memcpy(flags, before, sizeof(before));
    assert_true(u.plain.kept == 2 && u.tracked.kept == 0);
}

/* Of 100 tracked pages all are apart, of 100 others 30: 70 are the collector's, if it ran. */
static void collector_is_charged_with_the_rest(void **state)
{
    (void)state;
    const hf_unsharing u = {
        .tracked = {.kept = 100, .relinked = 2}, .plain = {.common = 70, .kept = 30}, .bare = 5};
    const hf_inherited pages = {.pages = {[HF_PAGES_COMMON] = 70, [HF_PAGES_APART] = 135}};
    hf_collector_info parent = {.kind = HF_COLLECTOR_GENERATIONS}, worker = parent;
    hf_unsharing_verdict v = hf_unsharing_conclude(&u, &pages, &parent, &worker);
    assert_true(!v.collected && v.collector == 2 * PAGE && v.counts == 128 * PAGE);
    worker.statistics[1].collections = 4; /* of younger objects only */
    assert_false(hf_unsharing_conclude(&u, &pages, &parent, &worker).collected);
    parent.kind = worker.kind = HF_COLLECTOR_INCREMENTAL;
    assert_true(hf_unsharing_conclude(&u, &pages, &parent, &worker).collected);
    worker.statistics[2].collections = 1;
    v = hf_unsharing_conclude(&u, &pages, &parent, &worker);
    assert_true(v.touched_known && v.collector == 70 * PAGE && v.counts == 60 * PAGE);
    assert_true(v.bare == 5 * PAGE && v.apart == 135 * PAGE && v.common == 70 * PAGE);
}

static bool is_cause(uint64_t private_after, uint64_t shared_after, int64_t heap_grown)
{
    const hf_footprint first = {.private_dirty = 10 << 20, .shared_dirty = 40 << 20};
    const hf_footprint last = {.private_clean = 1 << 20,
                               .private_dirty = private_after - (1 << 20),
                               .shared_dirty = shared_after};
    return hf_unsharing_growth_of(&first, &last, heap_grown).is_cause;
}

static void growth_without_new_objects_is_unsharing(void **state)
{
    (void)state;
    assert_true(is_cause(30 << 20, 20 << 20, 0));
    assert_true(is_cause(30 << 20, 20 << 20, -(1 << 20)));
    assert_false(is_cause(30 << 20, 20 << 20, 15 << 20)); /* objects */
    assert_false(is_cause(30 << 20, 40 << 20, 0));        /* buffers: as much is shared as before */
    assert_false(is_cause(10 << 20, 20 << 20, 0)); /* less is shared, but nothing became ours */
    assert_false(is_cause((10 << 20) + 4096, (40 << 20) - 4096, 0)); /* a page */
    assert_false(is_cause(4 << 20, 40 << 20, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bookkeeping_is_known),
        cmocka_unit_test(data_is_no_bookkeeping),
        cmocka_unit_test(kinds_of_pages_are_told_apart),
        cmocka_unit_test(collector_is_charged_with_the_rest),
        cmocka_unit_test(growth_without_new_objects_is_unsharing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
