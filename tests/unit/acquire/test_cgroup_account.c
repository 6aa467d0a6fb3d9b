/* What a cgroup is charged with, from folders made by hand, and smaps, from texts. */
#include "acquire/account.h"
#include "acquire/cgroup_account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[64], group[80];

static int make_folders(void **state)
{
    (void)state;
    snprintf(root, sizeof(root), "/tmp/holdfast-cgroup-XXXXXX");
    if (!mkdtemp(root))
        return -1;
    snprintf(group, sizeof(group), "%s/service", root);
    return mkdir(group, 0700);
}

static int remove_folders(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof(command), "rm -r %s", root);
    return system(command);
}

static void put(const char *folder, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void reads_version_2(void **state)
{
    (void)state;
    hf_cgroup_account a;
    char pids[64];
    snprintf(pids, sizeof(pids), "0\n%d\n", (int)getpid());
    put(root, "memory.max", "1000000\n");
    put(group, "memory.max", "max\n");
    put(group, "memory.high", "900000\n");
    put(group, "memory.current", "700000\n");
    put(group, "memory.swap.current", "4096\n");
    put(group, "memory.stat",
        "anon 400000\nfile 200000\nkernel 50000\nshmem 80000\nsock 7\n"
        "inactive_anon 9\ninactive_file 60000\n");
    put(group, "memory.events", "low 0\nhigh 3\nmax 12\noom 2\noom_kill 1\n");
    put(group, "memory.pressure",
        "some avg10=1.25 avg60=0.40 avg300=0.05 total=99\n"
        "full avg10=0.50 avg60=0.10 avg300=0.00 total=9\n");
    put(group, "cgroup.procs", pids);
    hf_cgroup_account_of_folder(group, root, 2, &a);
    assert_int_equal(a.limit, 1000000); /* that of the folder above */
    assert_int_equal(a.soft, 900000);
    assert_int_equal(a.current, 700000);
    assert_int_equal(a.anonymous, 400000);
    assert_int_equal(a.file, 120000);
    assert_int_equal(a.shared, 80000);
    assert_int_equal(a.kernel, 50000);
    assert_int_equal(a.sockets, 7);
    assert_int_equal(a.swap, 4096);
    assert_int_equal(a.reclaimable, 60000);
    assert_int_equal(a.at_limit, 12);
    assert_int_equal(a.killed, 1);
    assert_int_equal(a.stalled10, 125);
    assert_int_equal(a.stalled60, 40);
    assert_int_equal(a.member_count, 2);
    assert_int_equal(a.members[0].pid, getpid());
    assert_true(a.members[0].anonymous > 0 && a.members[0].rss >= a.members[0].anonymous);
    assert_int_equal(a.members[1].pid, 0);
}

static void reads_version_1(void **state)
{
    (void)state;
    hf_cgroup_account a;
    put(root, "memory.limit_in_bytes", "9223372036854771712\n");
    put(group, "memory.limit_in_bytes", "5000000\n");
    put(group, "memory.usage_in_bytes", "3000000\n");
    put(group, "memory.kmem.usage_in_bytes", "70000\n");
    put(group, "memory.failcnt", "4\n");
    put(group, "memory.stat",
        "cache 1\nrss 2\nshmem 3\ntotal_cache 900000\ntotal_rss 2000000\n"
        "total_shmem 100000\ntotal_swap 8\ntotal_inactive_file 5\n");
    put(group, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 6\n");
    hf_cgroup_account_of_folder(group, root, 1, &a);
    assert_int_equal(a.limit, 5000000);
    assert_int_equal(a.current, 3000000);
    assert_int_equal(a.anonymous, 2000000);
    assert_int_equal(a.file, 800000);
    assert_int_equal(a.shared, 100000);
    assert_int_equal(a.kernel, 70000);
    assert_int_equal(a.swap, 8);
    assert_int_equal(a.at_limit, 4);
    assert_int_equal(a.killed, 6);
}

static void bears_what_is_not_there(void **state)
{
    (void)state;
    hf_cgroup_account a;
    hf_cgroup_account_of_folder("/nonexistent/group", "/nonexistent", 2, &a);
    assert_int_equal(a.limit, UINT64_MAX);
    assert_int_equal(a.current, 0);
    assert_int_equal(a.member_count, 0);
}

static void parses_smaps(void **state)
{
    (void)state;
    static const char text[] = "00400000-00402000 r-xp 00000000 08:01 5 /bin/a\n"
                               "Rss:                   8 kB\nAnonymous:             0 kB\n"
                               "7f0000000000-7f0000010000 rw-p 00000000 00:00 0\n"
                               "Rss:                  64 kB\nAnonymous:            60 kB\n"
                               "LazyFree:              4 kB\nAnonHugePages:        32 kB\n"
                               "Swap:                 12 kB\nSwapPss:              12 kB\n"
                               "nonsense\n7f-\nAnonymous:\n"
                               "7f0000020000-7f0000021000 rw-p 00000000 00:00 0\n"
                               "Anonymous:             4 kB\n";
    hf_account a = {0};
    hf_mapping_use *uses;
    size_t count;
    assert_null(hf_account_parse_smaps(text, sizeof(text) - 1, &a, &uses, &count));
    assert_true(a.known);
    assert_int_equal(a.anonymous, 64 << 10);
    assert_int_equal(a.lazy, 4 << 10);
    assert_int_equal(a.huge, 32 << 10);
    assert_int_equal(a.swap, 12 << 10);
    assert_int_equal(count, 2);
    assert_int_equal(uses[0].start, 0x7f0000000000);
    assert_int_equal(uses[0].anonymous, 60 << 10);
    assert_int_equal(uses[1].anonymous, 4 << 10);
    free(uses);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_version_2, make_folders, remove_folders),
        cmocka_unit_test_setup_teardown(reads_version_1, make_folders, remove_folders),
        cmocka_unit_test(bears_what_is_not_there),
        cmocka_unit_test(parses_smaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
