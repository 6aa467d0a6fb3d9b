/* Captures: what is written is read again, and no damage gets past the reader. */
#include "base/cleanup.h"
#include "made_capture.h"
#include "trace/capture.h"
#include "trace/format.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <cmocka.h>

static char folder[] = "test_capture.XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink("a.hftrace");
    return chdir("..") || rmdir(folder);
}

static size_t file_bytes(uint8_t *bytes, size_t room)
{
    int fd = open("a.hftrace", O_RDONLY);
    assert_true(fd >= 0);
    ssize_t n = read(fd, bytes, room);
    close(fd);
    assert_true(n > 0 && (size_t)n < room);
    return (size_t)n;
}

static hf_capture *written_and_read(void)
{
    hf_capture *made = made_capture(), *c = NULL;
    assert_non_null(made);
    assert_null(hf_capture_write(made, "a.hftrace"));
    hf_capture_free(made);
    assert_null(hf_capture_read("a.hftrace", &c));
    return c;
}

static void test_written_is_read(void **state)
{
    (void)state;
    hf_capture *made = made_capture(), *c = written_and_read();
    assert_memory_equal(&c->info, &made->info, sizeof(c->info));
    assert_int_equal(c->node_count, made->node_count);
    assert_memory_equal(c->nodes, made->nodes, made->node_count * sizeof(*c->nodes));
    assert_memory_equal(c->counts, made->counts, made->node_count * sizeof(*c->counts));
    assert_memory_equal(c->codes, made->codes, made->code_count * sizeof(*c->codes));
    assert_int_equal(c->process_count, made->process_count);
    for (size_t i = 0; i < c->process_count; i++) {
        assert_int_equal(c->processes[i].pid, made->processes[i].pid);
        assert_int_equal(c->processes[i].parent, made->processes[i].parent);
        assert_int_equal(c->processes[i].root, made->processes[i].root);
        assert_int_equal(c->processes[i].flags, made->processes[i].flags);
        assert_int_equal(c->processes[i].dropped, made->processes[i].dropped);
    }
    assert_int_equal(c->interval_count, made->interval_count);
    for (size_t i = 0; i < c->interval_count; i++) {
        assert_int_equal(c->intervals[i].time, made->intervals[i].time);
        assert_int_equal(c->intervals[i].live, made->intervals[i].live);
    }
    assert_int_equal(c->change_count, made->change_count);
    for (size_t i = 0; i < c->change_count; i++) {
        assert_int_equal(c->changes[i].node, made->changes[i].node);
        assert_int_equal(c->changes[i].bytes, made->changes[i].bytes);
        assert_int_equal(c->changes[i].blocks, made->changes[i].blocks);
    }
    assert_int_equal(c->resident_count, made->resident_count);
    for (size_t i = 0; i < c->resident_count; i++) {
        assert_int_equal(c->residents[i].interval, made->residents[i].interval);
        assert_int_equal(c->residents[i].process, made->residents[i].process);
        assert_int_equal(c->residents[i].bytes, made->residents[i].bytes);
    }
    assert_string_equal(hf_strtab_get(&c->texts, c->codes[1].name), "Store.load");
    assert_int_equal(hf_capture_flags(c), HF_TRACED_FREE_LISTS | HF_TRACED_CUT_OFF);
    hf_capture_free(made);
    hf_capture_free(c);
}

static void test_sums(void **state)
{
    (void)state;
    hf_capture *c = written_and_read();
    hf_counts all = hf_capture_sum(c), *sums = NULL;
    assert_int_equal(all.peak.bytes, c->info.peak);
    assert_int_equal(all.live.bytes, 1108);
    assert_null(hf_capture_add_up(c, &sums));
    assert_int_equal(sums[0].peak.bytes, 2400);
    assert_int_equal(sums[2].total.blocks, 91);
    assert_int_equal(sums[4].total.bytes, 608);
    assert_int_equal(c->counts[0].peak.bytes, 0);
    hf_count *live = NULL;
    assert_null(hf_capture_live_at(c, 2500000000, &live));
    assert_int_equal(live[2].bytes, 2000);
    assert_int_equal(live[5].blocks, 6);
    free(live);
    assert_null(hf_capture_live_at(c, 999999999, &live));
    assert_int_equal(live[2].bytes, 0);
    free(live);
    free(sums);
    hf_capture_free(c);
}

static void test_timeline(void **state)
{
    (void)state;
    hf_capture *c = written_and_read();
    static const uint64_t residents[] = {9000000, 13500000, 9500000}, lives[] = {1500, 3000, 2400};
    static const uint64_t of_second[] = {0, 4000000, 0}, live_of_second[] = {0, 600, 0};
    uint64_t *all = NULL, *one = NULL, *live = NULL, *live_of_one = NULL;
    assert_null(hf_capture_resident(c, UINT32_MAX, &all));
    assert_null(hf_capture_resident(c, 1, &one));
    assert_null(hf_capture_live(c, UINT32_MAX, &live));
    assert_null(hf_capture_live(c, 1, &live_of_one));
    assert_memory_equal(all, residents, sizeof(residents));
    assert_memory_equal(one, of_second, sizeof(of_second));
    assert_memory_equal(live, lives, sizeof(lives));
    assert_memory_equal(live_of_one, live_of_second, sizeof(live_of_second));
    free(all);
    free(one);
    free(live);
    free(live_of_one);
    hf_capture_free(c);
}

static void test_private_file(void **state)
{
    (void)state;
    struct stat facts;
    hf_capture_free(written_and_read());
    assert_int_equal(stat("a.hftrace", &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    assert_true(hf_capture_is("a.hftrace"));
    assert_false(hf_capture_is("."));
    hf_capture *made = made_capture();
    hf_err *err = hf_capture_write(made, "no/such/folder");
    assert_non_null(err);
    hf_err_free(err);
    hf_capture_free(made);
}

/* The error of reading these bytes as a file, freed: only its code. */
static hf_err_code code_of(const uint8_t *bytes, size_t length)
{
    int fd = memfd_create("capture", MFD_CLOEXEC);
    assert_true(fd >= 0 && write(fd, bytes, length) == (ssize_t)length);
    hf_capture *c = NULL;
    hf_err *err = hf_capture_read_fd(fd, "bytes", &c);
    assert_true((c == NULL) == (err != NULL));
    hf_err_code code = err ? hf_err_code_of(err) : 0;
    hf_err_free(err);
    hf_capture_free(c);
    return code;
}

/* The same of a file of two gigabytes that begins so, and takes no room on the disk. */
static hf_err_code code_of_large(const char *begin)
{
    int fd = memfd_create("large", MFD_CLOEXEC);
    size_t length = strlen(begin);
    assert_true(fd >= 0 && write(fd, begin, length) == (ssize_t)length);
    assert_int_equal(ftruncate(fd, INT64_C(2) << 30), 0);
    hf_capture *c = NULL;
    hf_err *err = hf_capture_read_fd(fd, "large", &c);
    assert_non_null(err);
    hf_err_code code = hf_err_code_of(err);
    hf_err_free(err);
    return code;
}

/* More than is read of a capture: what it is has to be known before. */
static void test_large_files(void **state)
{
    (void)state;
    assert_int_equal(code_of_large("a line of a log\n"), HF_ERR_NOT_OURS);
    assert_int_equal(code_of_large(""), HF_ERR_NOT_OURS);
    assert_int_equal(code_of_large(HF_TRACE_MAGIC), HF_ERR_NO_MEMORY);
}

static void test_every_damage(void **state)
{
    (void)state;
    hf_capture_free(written_and_read());
    uint8_t bytes[4096];
    size_t length = file_bytes(bytes, sizeof(bytes));
    assert_int_equal(code_of(bytes, length), 0);
    for (size_t cut = 0; cut < length; cut++)
        assert_int_not_equal(code_of(bytes, cut), 0);
    for (size_t i = 12; i < length; i++) {
        if (i < HF_TRACE_HEADER_SIZE)
            continue; /* reserved */
        bytes[i] ^= 0x41;
        assert_int_not_equal(code_of(bytes, length), 0);
        bytes[i] ^= 0x41;
    }
    bytes[8] = HF_TRACE_VERSION + 1;
    assert_int_equal(code_of(bytes, length), HF_ERR_NEWER);
    bytes[0] = 'X';
    assert_int_equal(code_of(bytes, length), HF_ERR_NOT_OURS);
}

/* Files of the first version have no column of residents. */
static void test_first_version(void **state)
{
    (void)state;
    hf_capture_free(written_and_read());
    uint8_t bytes[4096];
    size_t length = file_bytes(bytes, sizeof(bytes)), at = HF_TRACE_HEADER_SIZE, whole = 0;
    uint32_t kind = 0;
    for (; at < length; at += whole) {
        uint64_t stored = 0;
        memcpy(&kind, bytes + at, sizeof(kind));
        memcpy(&stored, bytes + at + 16, sizeof(stored));
        whole = HF_TRACE_COLUMN_HEADER + stored;
        if (kind == HF_TRACE_RESIDENT)
            break;
    }
    assert_int_equal(kind, HF_TRACE_RESIDENT);
    memmove(bytes + at, bytes + at + whole, length - at - whole);
    assert_int_equal(code_of(bytes, length - whole), HF_ERR_DAMAGED);
    bytes[8] = 1;
    assert_int_equal(code_of(bytes, length - whole), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_written_is_read), cmocka_unit_test(test_sums),
        cmocka_unit_test(test_timeline),        cmocka_unit_test(test_private_file),
        cmocka_unit_test(test_every_damage),    cmocka_unit_test(test_first_version),
        cmocka_unit_test(test_large_files),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
