/* Graphs that come by memory in common: the same as by a file, and nothing that cannot
 * be is believed. */
#include "graph/read.h"
#include "graph/shared_inside.h"
#include "graph/write.h"
#include "made_shop.h"
#include "same_graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cmocka.h>

enum { BYTES = 1 << 20 };

static hf_err *read_back(hf_shared_graph *s, hf_graph **ret)
{
    hf_err *err = hf_snapshot_read_shared(made_path(), s, ret);
    unlink(made_path());
    hf_shared_free(s);
    return err;
}

/* As a decoder does: in a child. */
static void tell_in_child(made_heap *h, hf_shared_graph *s)
{
    char path[64];
    snprintf(path, sizeof(path), "%s", made_path()); /* ours, not the child's */
    pid_t child = fork();
    if (child == 0) {
        hf_snapshot_writer *w = NULL;
        made_check(hf_snapshot_writer_create(path, &w));
        const hf_heap_sink sink = hf_snapshot_writer_sink_sharing(w, &h->names, s);
        made_check(made_tell(h, &sink));
        made_check(hf_snapshot_writer_finish(w, &h->info));
        _exit(0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void assert_comes_back(made_heap *h)
{
    hf_graph *by_file = made_graph(h), *shared = NULL;
    hf_shared_graph *s = hf_shared_new(BYTES);
    assert_non_null(s);
    tell_in_child(h, s);
    made_check(read_back(s, &shared));
    assert_true(same_columns(by_file, shared) && same_values(by_file, shared));
    assert_int_equal(by_file->site_count, shared->site_count);
    const uint32_t *a[] = {by_file->site, by_file->born, by_file->asked};
    const uint32_t *b[] = {shared->site, shared->born, shared->asked};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(a[i] != NULL, b[i] != NULL);
        if (a[i])
            assert_memory_equal(a[i], b[i], by_file->object_count * sizeof(**a));
    }
    for (uint32_t o = 0; o < by_file->object_count; o++)
        assert_int_equal(hf_graph_bound(by_file, o), hf_graph_bound(shared, o));
    hf_graph_free(by_file);
    hf_graph_free(shared);
}

static void it_is_what_a_file_tells(void **state)
{
    (void)state;
    made_heap h;
    make_shop(&h);
    assert_comes_back(&h);
    h.objects[9].size = UINT64_C(1) << 40; /* no room in a column */
    h.objects[8].size = UINT16_MAX - 1;    /* the largest with room */
    h.objects[8].length = UINT16_MAX;
    h.objects[8].refcount = UINT16_MAX - 1; /* it is told one more */
    h.objects[12].length = UINT64_C(5) << 33;
    uint32_t site = made_site(&h, "/opt/shop/pricing.py", 12, 3, 300);
    h.objects[5].site = site;
    h.notes_born = h.notes_asked = true;
    h.objects[6].born = 77;
    h.objects[7].asked = 512;
    assert_comes_back(&h);
    made_end(&h);
}

static void a_heap_of_nothing(void **state)
{
    (void)state;
    made_heap h;
    made_begin(&h);
    assert_comes_back(&h);
    made_end(&h);
}

static void what_was_made_is_given_back(void **state)
{
    (void)state;
    made_heap h;
    make_shop(&h);
    hf_shared_graph *s = hf_shared_new(BYTES);
    tell_in_child(&h, s);
    hf_graph *g = NULL;
    made_check(read_back(s, &g));
    void *page = (void *)((uintptr_t)g->edge_target & ~(uintptr_t)4095);
    unsigned char resident;
    assert_int_equal(mincore(page, 4096, &resident), 0);
    hf_graph_free(g);
    assert_int_equal(mincore(page, 4096, &resident), -1);
    hf_shared_free(NULL);
    made_end(&h);
}

/* Two objects of one type, and an edge between them; one number of it is wrong. */
typedef struct told {
    hf_object first, second;
    hf_edge edge;
} told;

/* change: what else is done to the memory, or NULL. */
static hf_err *tell(const told *t, void (*change)(hf_shared_graph *s))
{
    made_heap h;
    made_begin(&h);
    made_type(&h, "builtins", "list");
    hf_snapshot_writer *w = NULL;
    hf_shared_graph *s = hf_shared_new(BYTES);
    made_check(hf_snapshot_writer_create(made_path(), &w));
    const hf_heap_sink sink = hf_snapshot_writer_sink_sharing(w, &h.names, s);
    made_check(sink.type(sink.context, &h.types[0]));
    made_check(hf_shared_object(s, &t->first)); /* past what the writer itself would notice */
    made_check(hf_shared_edge(s, &t->edge));
    made_check(hf_shared_object(s, &t->second));
    made_check(hf_snapshot_writer_finish(w, &h.info));
    hf_snapshot_writer_free(w);
    made_end(&h);
    if (change)
        change(s);
    hf_graph *g = NULL;
    hf_err *err = read_back(s, &g);
    hf_graph_free(g);
    return err;
}

static const told good = {.first = {.address = 0x1000},
                          .second = {.address = 0x1040, .number = 1},
                          .edge = {.target = 1, .kind = HF_EDGE_INDEX}};

static void nothing_that_cannot_be_is_believed(void **state)
{
    (void)state;
    made_check(tell(&good, NULL));
    told wrong[7] = {good, good, good, good, good, good, good};
    wrong[0].second.type = 1;
    wrong[1].second.address = 0x1000;
    wrong[2].edge.target = 2;
    wrong[3].edge.kind = 15;
    wrong[4].edge.strength = HF_EDGE_SCANNED + 1;
    wrong[5].edge = (hf_edge){.kind = HF_EDGE_ATTRIBUTE, .label = 1000};
    wrong[6].first.address = UINT64_MAX;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        hf_err *err = tell(&wrong[i], NULL);
        assert_int_equal(hf_err_code_of(err), HF_ERR_DAMAGED);
        hf_err_free(err);
    }
}

static void claim_objects(hf_shared_graph *s)
{
    s->told->objects = s->object_room + 1;
}

static void claim_edges(hf_shared_graph *s)
{
    s->told->edges = s->edge_room + 1;
}

static void claim_rare_numbers(hf_shared_graph *s)
{
    s->told->rare = s->told->objects * HF_SHARED_NUMBERS + 1;
}

static void leave_out_edges(hf_shared_graph *s)
{
    s->told->edges = 0;
}

static void take_edges_of_others(hf_shared_graph *s)
{
    s->edge_start[1] = UINT64_MAX;
}

static void name_no_object(hf_shared_graph *s)
{
    s->told->rare = 1;
    s->rare[0] = (hf_shared_rare){HF_SHARED_SIZES, 2, 1};
}

static void name_no_number(hf_shared_graph *s)
{
    s->told->rare = 1;
    s->rare[0] = (hf_shared_rare){HF_SHARED_NUMBERS, 0, 1};
}

static void leave_as_it_is(hf_shared_graph *s)
{
    s->told->rare = 1;
    s->rare[0] = (hf_shared_rare){HF_SHARED_SIZES, 1, 1};
}

/* What no sink tells, but a decoder that was taken over writes. */
static void nothing_else_that_is_there_is_believed(void **state)
{
    (void)state;
    static void (*const changes[])(hf_shared_graph *) = {
        claim_objects,        claim_edges,    claim_rare_numbers, leave_out_edges,
        take_edges_of_others, name_no_object, name_no_number};
    made_check(tell(&good, leave_as_it_is));
    for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
        hf_err *err = tell(&good, changes[i]);
        assert_int_equal(hf_err_code_of(err), HF_ERR_DAMAGED);
        hf_err_free(err);
    }
}

static void room_has_an_end(void **state)
{
    (void)state;
    hf_shared_graph *s = hf_shared_new(0);
    const hf_object object = {.address = 16};
    const hf_edge edge = {0};
    hf_err *err = NULL;
    size_t objects = 0, edges = 0;
    for (; !err && objects < BYTES; objects++)
        err = hf_shared_object(s, &object);
    assert_true(err && objects > 1);
    hf_err_free(err);
    for (err = NULL; !err && edges < BYTES; edges++)
        err = hf_shared_edge(s, &edge);
    assert_true(err && edges > 1);
    hf_err_free(err);
    hf_shared_free(s);
    assert_null(hf_shared_new(UINT64_MAX));
}

/* How many of the pages that a column begins with have memory. */
static size_t pages_there(const void *column, size_t pages)
{
    enum { PAGE = 4096 };
    unsigned char there[64] = {0};
    size_t count = 0;
    assert_true(pages <= sizeof(there));
    assert_int_equal(
        mincore((void *)((uintptr_t)column & ~(uintptr_t)(PAGE - 1)), pages * PAGE, there), 0);
    for (size_t i = 0; i < pages; i++)
        count += there[i] & 1;
    return count;
}

/* Where the kernel gives shared memory in pages of 2 MB, all of a column has memory at once. */
static void skip_unless_pages_are_small(void)
{
    char text[128] = "";
    FILE *f = fopen("/sys/kernel/mm/transparent_hugepage/shmem_enabled", "r");
    bool said = f && fgets(text, sizeof(text), f);
    if (f)
        fclose(f);
    if (said && !strstr(text, "[never]") && !strstr(text, "[advise]") && !strstr(text, "[deny]")) {
        print_message("shared memory comes in huge pages here: %s", text);
        skip();
    }
}

static void zeros_take_no_memory(void **state)
{
    (void)state;
    enum { OBJECTS = 16384, PAGES = 8 }; /* numbers of 2 bytes */
    skip_unless_pages_are_small();
    hf_shared_graph *s = hf_shared_new(BYTES);
    hf_object object = {.size = 1, .external = 5};
    assert_non_null(s);
    for (; object.number < OBJECTS; object.number++, object.external = 0)
        made_check(hf_shared_object(s, &object));
    assert_int_equal(s->numbers[HF_SHARED_EXTERNALS][0], 5);
    assert_int_equal(s->numbers[HF_SHARED_SIZES][OBJECTS - 1], 1);
    assert_int_equal(pages_there(s->numbers[HF_SHARED_SIZES], PAGES), PAGES);
    assert_int_equal(pages_there(s->numbers[HF_SHARED_EXTERNALS], PAGES), 1);
    hf_shared_free(s);
}

/* Not a page at a time, each with a fault of its own; and not for more than comes. */
static void memory_comes_in_stretches(void **state)
{
    (void)state;
    enum { POPULATE_WRITE = 23, PAGES = 8 }; /* Linux 5.14 */
    skip_unless_pages_are_small();
    uint64_t *probe = hf_column_share(1 << 16, sizeof(*probe));
    assert_non_null(probe);
    void *start = (void *)((uintptr_t)probe & ~(uintptr_t)4095);
    bool can = madvise(start, 4096, POPULATE_WRITE) == 0;
    hf_column_unshare(probe, 1 << 16, sizeof(*probe));
    if (!can) {
        print_message("the kernel cannot give memory in stretches here (before Linux 5.14)\n");
        skip();
    }
    hf_shared_graph *s = hf_shared_new(BYTES);
    assert_non_null(s);
    hf_object object = {.address = 4096};
    hf_edge edge = {.target = 0};
    assert_null(hf_shared_object(s, &object));
    assert_null(hf_shared_edge(s, &edge));
    assert_int_equal(pages_there(s->address, PAGES), PAGES);
    assert_int_equal(pages_there(s->edge_target, PAGES / 2), PAGES / 2);
    assert_int_equal(pages_there(s->address, 2 * PAGES), PAGES);
    assert_int_equal(pages_there(s->site, PAGES), 0);
    hf_shared_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_what_a_file_tells),
        cmocka_unit_test(a_heap_of_nothing),
        cmocka_unit_test(what_was_made_is_given_back),
        cmocka_unit_test(nothing_that_cannot_be_is_believed),
        cmocka_unit_test(nothing_else_that_is_there_is_believed),
        cmocka_unit_test(room_has_an_end),
        cmocka_unit_test(zeros_take_no_memory),
        cmocka_unit_test(memory_comes_in_stretches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
