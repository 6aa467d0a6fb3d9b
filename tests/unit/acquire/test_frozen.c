/* What is chosen to be copied, how it is laid out, and looking into it. */
#include "acquire/freeze.h"
#include "acquire/frozen.h"
#include "acquire/selection.h"
#include "acquire/spool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static hf_selection select_from(const char *text)
{
    hf_maps maps;
    hf_selection s;
    assert_null(hf_maps_parse(text, strlen(text), &maps));
    assert_null(hf_selection_of(&maps, &s));
    hf_maps_deinit(&maps);
    return s;
}

static void chooses_what_may_hold_objects(void **state)
{
    (void)state;
    hf_selection s = select_from("1000-2000 r--p 00000000 08:01 5 /lib/a.so\n"
                                 "2000-3000 r-xp 00001000 08:01 5 /lib/a.so\n"
                                 "3000-4000 rw-p 00002000 08:01 5 /lib/a.so\n"
                                 "4000-5000 rw-p 00000000 00:00 0\n"
                                 "6000-7000 r--p 00000000 08:01 6 /data/table\n"
                                 "7000-8000 rw-p 00000000 08:01 7 /data/private\n"
                                 "8000-9000 rw-s 00000000 08:01 7 /data/shared\n"
                                 "9000-a000 ---p 00000000 00:00 0\n"
                                 "a000-b000 r-xp 00000000 00:00 0\n"
                                 "b000-c000 r--p 00000000 00:00 0 [vvar]\n"
                                 "c000-d000 r-xp 00000000 08:01 8 /lib/old.so\n"
                                 "d000-e000 rw-p 00000000 00:00 0 [stack]\n"
                                 "10000-20000010000 rw-p 00000000 00:00 0\n");
    static const struct {
        uint64_t start, offset;
        hf_pages pages;
    } wanted[] = {{0x1000, 0, HF_PAGES_ALL},           {0x3000, 0x1000, HF_PAGES_ALL},
                  {0x4000, 0x2000, HF_PAGES_RESIDENT}, {0x7000, 0x3000, HF_PAGES_PRIVATE},
                  {0xc000, 0x4000, HF_PAGES_ALL},      {0xd000, 0x5000, HF_PAGES_RESIDENT}};
    assert_int_equal(s.count, sizeof(wanted) / sizeof(*wanted));
    for (size_t i = 0; i < s.count; i++) {
        assert_int_equal(s.ranges[i].start, wanted[i].start);
        assert_int_equal(s.ranges[i].offset, wanted[i].offset);
        assert_int_equal(s.ranges[i].pages, wanted[i].pages);
    }
    assert_int_equal(s.size, 0x6000);
    static uint8_t bytes[0x6000];
    hf_segment *segments;
    size_t count;
    assert_null(hf_selection_segments(&s, bytes, &segments, &count));
    assert_int_equal(count, 4); /* neighbours are one */
    assert_true(segments[1].start == 0x3000 && segments[1].end == 0x5000);
    assert_ptr_equal(segments[1].bytes, bytes + 0x1000);
    free(segments);
    hf_selection_deinit(&s);
}

/* Random segments; each look must agree with a plain search. */
static void views_agree_with_a_plain_search(void **state)
{
    (void)state;
    enum { SEGMENTS = 300, LOOKS = 200000 };
    static uint8_t bytes[1];
    hf_segment *segments = calloc(SEGMENTS, sizeof(*segments));
    uint64_t at = 0x1000;
    srandom(7);
    for (size_t i = 0; i < SEGMENTS; i++) {
        at += 4096 * (uint64_t)(1 + random() % (i % 10 ? 700 : 1 << 22));
        segments[i].start = at;
        at += 4096 * (uint64_t)(1 + random() % (i % 3 ? 3 : 5000));
        segments[i].end = at;
        segments[i].bytes = bytes + (i << 32); /* never read */
    }
    hf_frozen f;
    assert_null(hf_frozen_init(&f, segments, SEGMENTS, NULL, 0));
    for (size_t i = 0; i < LOOKS; i++) {
        const hf_segment *near = &segments[random() % SEGMENTS];
        uint64_t size = near->end - near->start;
        uint64_t addr = near->start - 4096 + (uint64_t)random() % (size + 8192);
        size_t n = (size_t)random() % 9000;
        const void *wanted = NULL;
        for (size_t k = 0; k < SEGMENTS; k++)
            if (addr >= segments[k].start && addr < segments[k].end && n <= segments[k].end - addr)
                wanted = segments[k].bytes + (addr - segments[k].start);
        assert_ptr_equal(hf_frozen_view(&f, addr, n), wanted);
    }
    assert_null(hf_frozen_view(&f, UINT64_MAX, SIZE_MAX));
    assert_null(hf_frozen_view(&f, segments[0].start, SIZE_MAX));
    hf_frozen_deinit(&f);
    assert_null(hf_frozen_view(&(hf_frozen){0}, 0x1000, 1));
}

static void the_spool_file_is_sparse_and_empty_again(void **state)
{
    (void)state;
    hf_spool s;
    void *bytes;
    assert_null(hf_spool_open("/tmp", 1 << 20, &s));
    assert_null(hf_spool_write(&s, 1 << 20, "old", 3));
    assert_null(hf_spool_clear(&s));
    assert_null(hf_spool_write(&s, 4096, "new", 3));
    assert_null(hf_spool_map(&s, 2 << 20, &bytes));
    hf_spool_close(&s);
    assert_memory_equal((uint8_t *)bytes + 4096, "new", 3);
    assert_memory_equal((uint8_t *)bytes + (1 << 20), "\0\0\0", 3);
    munmap(bytes, 2 << 20);
    hf_err *err = hf_spool_open("/nowhere/at/all", 0, &s);
    assert_non_null(strstr(hf_err_message(err), "/nowhere/at/all"));
    hf_err_free(err);
    err = hf_spool_open("/tmp", UINT64_MAX / 2, &s);
    assert_non_null(strstr(hf_err_message(err), "/tmp"));
    hf_err_free(err);
}

static hf_target *freeze(pid_t pid, bool live)
{
    hf_target *target, *frozen;
    hf_err *err = hf_target_open_pid(pid, &target);
    if (err)
        fail_msg("%s", hf_err_message(err));
    hf_freeze_options options = {.force_live = live, .max_pause_ms = 10000};
    err = hf_freeze(target, &options, &frozen);
    if (err)
        fail_msg("%s", hf_err_message(err));
    hf_target_free(target);
    return frozen;
}

/* A child whose memory is known, frozen in each way. */
static void frozen_bytes_are_those_of_the_process(void **state)
{
    (void)state;
    enum { PAGES = 64 };
    uint8_t *memory =
        mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint8_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; i < PAGES; i += 2) /* every other page stays untouched */
        memset(memory + i * 4096, (int)i + 1, 4096);
    shared[0] = 1;
    mprotect(memory + 10 * 4096, 4096, PROT_READ); /* two mappings more */
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    for (int live = 0; live < 2; live++) {
        hf_target *frozen = freeze(child, live);
        const uint8_t *seen = hf_target_view(frozen, (uintptr_t)memory, PAGES * 4096);
        assert_non_null(seen); /* straddles three mappings */
        assert_memory_equal(seen, memory, PAGES * 4096);
        assert_null(hf_target_view(frozen, (uintptr_t)shared, 1));
        assert_true(hf_target_symbol(frozen, "getpid", NULL) == (uintptr_t)&getpid);
        const char *text = hf_target_view(frozen, (uintptr_t) "read-only data of this program", 31);
        assert_string_equal(text, "read-only data of this program");
        assert_int_equal(hf_target_describe(frozen)->pid, child);
        assert_int_equal(hf_target_freeze_info(frozen)->way, live ? HF_WAY_LIVE : HF_WAY_FORK);
        hf_target_free(frozen);
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    munmap(memory, PAGES * 4096);
    munmap(shared, 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chooses_what_may_hold_objects),
        cmocka_unit_test(views_agree_with_a_plain_search),
        cmocka_unit_test(the_spool_file_is_sparse_and_empty_again),
        cmocka_unit_test(frozen_bytes_are_those_of_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
