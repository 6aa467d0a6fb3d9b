/* Memory that is read from a copy when somebody looks at it. */
#include "acquire/demand.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PAGE = 4096, CHUNK = 16 };

/* A process with memory that is known, and what is to be read of it. */
typedef struct made_copy {
    hf_process process;
    uint8_t *memory; /* in that process, and here */
    size_t pages;
    hf_demand *demand;
    uint8_t *bytes; /* the mapped spool file */
} made_copy;

static uint8_t byte_of(size_t page)
{
    return (uint8_t)(page * 7 + 1);
}

/* step: every so many pages one is written to; unmapped: this one is taken away before the copy
 * is looked at. */
static void make_copy(size_t pages, size_t step, size_t unmapped, made_copy *c)
{
    *c = (made_copy){.pages = pages};
    c->memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(c->memory, MAP_FAILED);
    for (size_t i = 0; i < pages; i += step)
        memset(c->memory + i * PAGE, byte_of(i), PAGE);
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG,
              SIGKILL); /* a check that fails ends the test, and nobody else would end it */
        if (unmapped < pages)
            munmap(c->memory + unmapped * PAGE, PAGE);
        (void)!write(ready[1], "", 1);
        for (;;)
            pause();
    }
    uint8_t byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    assert_null(hf_process_open(pid, &c->process));
    uint64_t start = (uint64_t)(uintptr_t)c->memory;
    hf_range range = {.start = start, .end = start + pages * PAGE, .pages = HF_PAGES_RESIDENT};
    const hf_selection selection = {.ranges = &range, .count = 1, .size = pages * PAGE};
    void *bytes;
    assert_null(hf_demand_new(&c->process, &selection, &c->demand));
    for (size_t i = 0; i < pages; i += step)
        hf_residence_add(&c->demand->pages, i);
    bytes =
        mmap(NULL, selection.size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(bytes, MAP_FAILED);
    c->bytes = c->demand->bytes = bytes;
}

static void free_copy(made_copy *c)
{
    kill(c->process.pid, SIGKILL);
    waitpid(c->process.pid, NULL, 0);
    hf_process_close(&c->process);
    hf_demand_free(c->demand);
    munmap(c->bytes, c->pages * PAGE);
    munmap(c->memory, c->pages * PAGE);
}

static bool is_full_of(const uint8_t *page, uint8_t byte)
{
    return page[0] == byte && memcmp(page, page + 1, PAGE - 1) == 0;
}

/* Lets a child look; it says by its status whether it saw what it should. Returns that
 * of waitpid(). */
static int look(made_copy *c, bool (*sees)(made_copy *c))
{
    pid_t child = fork();
    if (child == 0) {
        hf_err *err = hf_demand_begin(c->demand);
        _exit(!err && sees(c) ? 0 : 2);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* Pages of the mapping that are in memory, as the kernel says; counted in the child. */
static size_t resident(const made_copy *c)
{
    size_t sum = 0;
    uint8_t *pages = calloc(c->pages, 1);
    if (!pages || mincore(c->bytes, c->pages * PAGE, pages))
        return SIZE_MAX;
    for (size_t i = 0; i < c->pages; i++)
        sum += pages[i] & 1;
    free(pages);
    return sum;
}

static bool sees_some(made_copy *c)
{
    size_t before = resident(c);
    bool good = is_full_of(c->bytes + 3 * PAGE, byte_of(3)) &&
                is_full_of(c->bytes + 100 * PAGE, byte_of(100));
    good &= resident(c) == before + 2;
    /* A second one of a chunk loads the rest of it. These are of two chunks at most, wherever
     * chunks begin: of three, all of the window would be wanted. */
    for (size_t i = 97; i < 106; i++)
        good &= is_full_of(c->bytes + i * PAGE, byte_of(i));
    return good && resident(c) <= before + 2 + 2 * CHUNK;
}

static void what_is_looked_at_is_loaded_and_no_more(void **state)
{
    (void)state;
    made_copy c;
    make_copy(256, 1, SIZE_MAX, &c);
    assert_int_equal(look(&c, sees_some), 0);
    assert_false(atomic_load(c.demand->has_failed));
    free_copy(&c);
}

static bool sees_everything(made_copy *c)
{
    bool good = true;
    for (size_t i = c->pages; i-- > 0;)
        good &= is_full_of(c->bytes + i * PAGE,
                           hf_residence_has(&c->demand->pages, i) ? byte_of(i) : 0);
    return good;
}

static void what_the_copy_does_not_have_is_zero(void **state)
{
    (void)state;
    made_copy c;
    make_copy(1000, 3, SIZE_MAX, &c);
    assert_int_equal(look(&c, sees_everything), 0);
    assert_true(hf_demand_is_zero(c.demand, 1));
    assert_false(hf_demand_is_zero(c.demand, 3));
    free_copy(&c);
}

static bool sees_a_hole(made_copy *c)
{
    return is_full_of(c->bytes + 40 * PAGE, byte_of(40)) &&
           is_full_of(c->bytes + 42 * PAGE, byte_of(42)) && is_full_of(c->bytes + 41 * PAGE, 0) &&
           is_full_of(c->bytes + 43 * PAGE, byte_of(43));
}

static void a_page_that_cannot_be_read_is_passed_over(void **state)
{
    (void)state;
    made_copy c;
    make_copy(64, 1, 41, &c);
    assert_int_equal(look(&c, sees_a_hole), 0);
    free_copy(&c);
}

/* In an order that jumps about. */
static bool sees_all_over(made_copy *c)
{
    bool good = true;
    for (size_t i = 0; i < c->pages; i++) {
        size_t page = i * 7919 % c->pages;
        good &= c->bytes[page * PAGE + page % PAGE] == byte_of(page);
    }
    return good;
}

static void any_order_will_do(void **state)
{
    (void)state;
    made_copy c;
    make_copy(5000, 1, SIZE_MAX, &c);
    assert_int_equal(look(&c, sees_all_over), 0);
    assert_int_equal(look(&c, sees_everything), 0);
    free_copy(&c);
}

/* Each page that lies alone is a mapping of its own, of which there may not be so many. */
static void any_number_of_single_pages_can_be_loaded(void **state)
{
    (void)state;
    made_copy c;
    make_copy((size_t)20000 * 2 * CHUNK, 2 * CHUNK, SIZE_MAX, &c);
    assert_int_equal(look(&c, sees_everything), 0);
    free_copy(&c);
}

static void a_copy_that_is_gone_ends_the_look(void **state)
{
    (void)state;
    made_copy c;
    make_copy(64, 1, SIZE_MAX, &c);
    kill(c.process.pid, SIGKILL);
    waitpid(c.process.pid, NULL, 0);
    int status = look(&c, sees_everything);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    assert_true(atomic_load(c.demand->has_failed));
    free_copy(&c);
}

static bool sees_with_little_memory(made_copy *c)
{
    setrlimit(RLIMIT_DATA, &(struct rlimit){PAGE, PAGE}); /* what is there already stays */
    return sees_everything(c);
}

static void memory_that_is_denied_ends_the_look(void **state)
{
    (void)state;
    made_copy c;
    make_copy(64, 1, SIZE_MAX, &c);
    int status = look(&c, sees_with_little_memory);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    assert_true(atomic_load(c.demand->has_failed));
    free_copy(&c);
}

static bool looks_nowhere(made_copy *c)
{
    uint8_t *volatile nowhere = (uint8_t *)c->pages; /* a small number */
    return *nowhere == 0;
}

static bool runs(made_copy *c)
{
    bool (*code)(void);
    memcpy(&code, &c->bytes, sizeof(code));
    return code();
}

static void other_faults_end_it_as_ever(void **state)
{
    (void)state;
    bool (*const faults[])(made_copy *) = {looks_nowhere, runs};
    made_copy c;
    make_copy(64, 1, SIZE_MAX, &c);
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
        int status = look(&c, faults[i]);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    }
    free_copy(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_looked_at_is_loaded_and_no_more),
        cmocka_unit_test(what_the_copy_does_not_have_is_zero),
        cmocka_unit_test(a_page_that_cannot_be_read_is_passed_over),
        cmocka_unit_test(any_order_will_do),
        cmocka_unit_test(any_number_of_single_pages_can_be_loaded),
        cmocka_unit_test(a_copy_that_is_gone_ends_the_look),
        cmocka_unit_test(memory_that_is_denied_ends_the_look),
        cmocka_unit_test(other_faults_end_it_as_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
