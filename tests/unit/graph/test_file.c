/* Snapshot files: what is told comes back, and nothing that is damaged is believed. */
#include "graph/block_file.h"
#include "graph/column.h"
#include "graph/read.h"
#include "graph/write.h"
#include "made_shop.h"
#include "same_graph.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>

#include <cmocka.h>

static void what_is_told_comes_back(void **state)
{
    (void)state;
    made_heap h;
    make_shop(&h);
    hf_graph *g = made_graph(&h);
    assert_int_equal(g->object_count, h.object_count);
    assert_int_equal(g->edge_count, h.edge_count);
    for (uint32_t i = 0; i < g->object_count; i++) {
        const hf_object *o = &h.objects[i];
        assert_int_equal(g->address[i], o->address);
        assert_int_equal(g->type[i], o->type);
        assert_int_equal(hf_graph_refcount(g, i), o->refcount);
        assert_int_equal(hf_graph_size(g, i), o->size);
        assert_int_equal(hf_graph_block(g, i), o->block);
        assert_int_equal(hf_graph_external(g, i), o->external);
        assert_int_equal(hf_graph_length(g, i), o->length);
        assert_int_equal(hf_graph_bound(g, i), o->bound);
        assert_int_equal(hf_graph_find(g, o->address), i);
        assert_int_equal(g->flags[i] & ~HF_OBJECT_HAS_VALUE, o->flags);
    }
    for (size_t e = 0; e < h.edge_count; e++) {
        assert_int_equal(g->edge_target[e], h.edges[e].edge.target);
        assert_int_equal(g->edge_label[e], h.edges[e].edge.label);
        assert_int_equal(hf_graph_kind(g, e), h.edges[e].edge.kind);
        assert_int_equal(hf_graph_strength(g, e), h.edges[e].edge.strength);
        uint32_t source = h.edges[e].source;
        assert_in_range(e, g->edge_start[source], g->edge_start[source + 1] - 1);
    }
    assert_int_equal(hf_graph_find(g, 1), HF_NO_OBJECT);
    assert_int_equal(g->roots[0].kind, HF_ROOT_MODULE);
    assert_int_equal(g->roots[2].kind, HF_ROOT_C_STATIC);
    assert_string_equal(hf_strtab_get(&g->names, g->roots[2].name), "libfoo.so");
    assert_int_equal(g->roots[1].thread, 0);
    assert_string_equal(hf_strtab_get(&g->names, g->threads[0].frames[0]), "main (app.py:57)");
    assert_string_equal(hf_graph_type_name(g, 1), "dict");
    assert_string_equal(hf_graph_type_name(g, 4), "shop.pricing.Quote");
    size_t length;
    assert_string_equal(hf_graph_value(g, 2, &length), "_quotes");
    assert_int_equal(length, 7);
    assert_null(hf_graph_value(g, 1, &length));
    assert_string_equal(g->info.freeze.why_not_fork, "seccomp");
    assert_string_equal(g->info.python.version, "3.11.7");
    assert_string_equal(g->info.command, "made up");
    assert_int_equal(g->info.freeze.pause, 1234567);
    assert_int_equal(g->info.python.gc_threshold[2], 10);
    hf_graph_free(g);
    made_end(&h);
}

static uint32_t version_of_file(made_heap *h)
{
    made_check(made_write(h, made_path()));
    uint8_t header[16] = {0};
    int fd = open(made_path(), O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, header, sizeof(header)), sizeof(header));
    close(fd);
    unlink(made_path());
    return hf_load_u32(header + 8);
}

static void sites_come_back_and_ask_for_version_2(void **state)
{
    (void)state;
    made_heap h;
    make_shop(&h);
    assert_int_equal(version_of_file(&h), 1);
    hf_graph *without = made_graph(&h);
    assert_null(without->site);
    hf_graph_free(without);
    uint32_t line = made_site(&h, "/opt/shop/pricing.py", 42, 30, 4000);
    uint32_t other = made_site(&h, "/opt/shop/pricing.py", 44, 2, 100);
    for (uint32_t i = 5; i < h.object_count; i++)
        h.objects[i].site = i % 3 == 0 ? 0 : i % 3 == 1 ? line : other;
    assert_int_equal(version_of_file(&h), 2);
    hf_graph *g = made_graph(&h);
    assert_int_equal(g->site_count, 2);
    for (uint32_t i = 0; i < g->object_count; i++)
        assert_int_equal(g->site[i], h.objects[i].site);
    assert_int_equal(g->sites[0].blocks, 30);
    assert_int_equal(g->sites[0].bytes, 4000);
    const hf_site_frame *frames = hf_graph_frames(g, other);
    assert_int_equal(g->sites[1].frame_count, 2);
    assert_string_equal(hf_strtab_get(&g->names, frames[0].file), "/opt/shop/pricing.py");
    assert_int_equal(frames[0].line, 44);
    assert_int_equal(frames[1].line, 7);
    hf_graph_free(g);
    made_end(&h);
}

static void births_and_samples_come_back_and_ask_for_version_4(void **state)
{
    (void)state;
    made_heap h;
    make_shop(&h);
    made_site(&h, "/opt/shop/pricing.py", 42, 30, 4000);
    h.notes_born = true;
    for (uint32_t i = 0; i < h.object_count; i++)
        h.objects[i].born = i % 3 ? UINT32_MAX - i : 0;
    assert_int_equal(version_of_file(&h), 4);
    hf_graph *g = made_graph(&h);
    for (uint32_t i = 0; i < g->object_count; i++)
        assert_int_equal(g->born[i], h.objects[i].born);
    assert_null(g->asked);
    hf_graph_free(g);
    h.notes_asked = true;
    for (uint32_t i = 0; i < h.object_count; i++)
        h.objects[i].asked = i * 7 % 1000;
    g = made_graph(&h);
    for (uint32_t i = 0; i < g->object_count; i++)
        assert_int_equal(g->asked[i], h.objects[i].asked);
    hf_graph_free(g);
    made_end(&h);
}

static void reverse_edges_leave_weak_ones_out(void **state)
{
    (void)state;
    made_heap h;
    make_shop(&h);
    hf_graph *g = made_graph(&h);
    assert_null(hf_graph_reverse(g));
    assert_int_equal(g->source_start[g->object_count], h.edge_count - 20);
    uint64_t found = 0;
    for (uint32_t o = 0; o < g->object_count; o++) {
        for (uint64_t i = g->source_start[o]; i < g->source_start[o + 1]; i++) {
            uint32_t source = g->source[i];
            bool there = false;
            for (uint64_t e = g->edge_start[source]; e < g->edge_start[source + 1]; e++)
                there |= g->edge_target[e] == o && hf_graph_holds(g, e);
            assert_true(there);
            found++;
        }
    }
    assert_int_equal(found, h.edge_count - 20);
    hf_graph_free(g);
    made_end(&h);
}

static void an_empty_heap_is_a_snapshot(void **state)
{
    (void)state;
    made_heap h;
    made_begin(&h);
    hf_graph *g = made_graph(&h);
    assert_int_equal(g->object_count, 0);
    assert_null(hf_graph_reverse(g));
    hf_graph_free(g);
    made_end(&h);
}

/* More rows than a block of each kind has, extreme numbers, and an object with more edges than a
 * block. */
static void blocks_join(void **state)
{
    (void)state;
    made_heap h;
    made_begin(&h);
    uint32_t type[3] = {made_type(&h, "builtins", "list"), made_type(&h, "a", "B"),
                        made_type(&h, "a", "C")};
    srand(1);
    for (uint32_t i = 0; i < HF_OBJECT_ROWS * 2 + 5; i++) {
        uint32_t o = made_object(&h, type[rand() % 3], (uint64_t)rand() % 500);
        made_at(&h, o, h.next_address + (uint64_t)(rand() % 100));
        h.objects[o].refcount = i % 1000 ? rand() % 5 : INT64_MAX - (1 << 20);
        h.objects[o].length = i % 777 ? (uint64_t)rand() % 9 : UINT64_MAX;
        h.objects[o].external = i % 555 ? 0 : (uint64_t)rand();
        if (i % 2) {
            char text[32];
            snprintf(text, sizeof(text), "value %u", i);
            made_value(&h, o, text);
        }
    }
    made_at(&h, made_object(&h, type[0], UINT64_MAX), INT64_MAX - 8);
    for (uint32_t i = 0; i < HF_EDGE_ROWS * 3; i++)
        made_edge(&h, i < HF_EDGE_ROWS * 2 ? 17 : i - HF_EDGE_ROWS * 2, HF_EDGE_INDEX, NULL,
                  i % 5000 ? i : UINT64_MAX, (uint32_t)rand() % (HF_OBJECT_ROWS * 2));
    hf_graph *g = made_graph(&h);
    assert_int_equal(g->object_count, h.object_count);
    for (uint32_t i = 0; i < g->object_count; i++) {
        assert_int_equal(g->address[i], h.objects[i].address);
        assert_int_equal(hf_graph_refcount(g, i), h.objects[i].refcount);
        assert_int_equal(hf_graph_length(g, i), h.objects[i].length);
        assert_int_equal(hf_graph_external(g, i), h.objects[i].external);
        const char *value = hf_graph_value(g, i, NULL);
        assert_true(!value == !h.values[i]);
        if (value)
            assert_string_equal(value, h.values[i]);
    }
    for (size_t e = 0; e < h.edge_count; e++) {
        uint64_t label = h.edges[e].edge.label;
        assert_int_equal(g->edge_target[e], h.edges[e].edge.target);
        assert_int_equal(g->edge_label[e], label < UINT32_MAX ? label : UINT32_MAX);
    }
    assert_int_equal(g->edge_start[18] - g->edge_start[17], HF_EDGE_ROWS * 2 + 1);
    hf_graph_free(g);
    made_end(&h);
}

/* The bytes of a small snapshot. */
static uint8_t *shop_file(size_t *ret_size)
{
    made_heap h;
    make_shop(&h);
    made_check(made_write(&h, made_path()));
    made_end(&h);
    FILE *f = fopen(made_path(), "rb");
    static uint8_t bytes[1 << 16];
    *ret_size = fread(bytes, 1, sizeof(bytes), f);
    fclose(f);
    unlink(made_path());
    return bytes;
}

static hf_err *read_bytes(const uint8_t *bytes, size_t size, bool trust, hf_graph **ret)
{
    int fd = memfd_create("snapshot", MFD_CLOEXEC);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
        abort();
    return hf_snapshot_read_fd(fd, "bytes", trust, NULL, ret);
}

static void a_cut_file_is_an_error_at_every_byte(void **state)
{
    (void)state;
    size_t size;
    const uint8_t *bytes = shop_file(&size);
    for (size_t cut = 0; cut < size; cut++) {
        hf_graph *g = NULL;
        hf_err *err = read_bytes(bytes, cut, false, &g);
        assert_non_null(err);
        assert_null(g);
        assert_int_equal(hf_err_code_of(err), cut ? HF_ERR_DAMAGED : HF_ERR_NOT_OURS);
        hf_err_free(err);
    }
}

static void a_flipped_bit_is_an_error(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = shop_file(&size);
    for (size_t bit = 0; bit < size * 8; bit++) {
        hf_graph *g = NULL;
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        hf_err *err = read_bytes(bytes, size, false, &g);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_non_null(err);
        hf_err_code code = hf_err_code_of(err);
        assert_int_equal(code, bit < 64   ? HF_ERR_NOT_OURS
                               : bit < 96 ? (code == HF_ERR_NEWER ? HF_ERR_NEWER : HF_ERR_DAMAGED)
                                          : HF_ERR_DAMAGED);
        hf_err_free(err);
    }
}

/* Behind wrong checksums, as a file made on purpose would be: whatever is believed can be used. */
static void what_gets_past_checksums_is_safe_to_use(void **state)
{
    (void)state;
    size_t size, believed = 0;
    uint8_t *bytes = shop_file(&size);
    for (size_t bit = 0; bit < size * 8; bit++) {
        hf_graph *g = NULL;
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        hf_err *err = read_bytes(bytes, size, true, &g);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        hf_err_free(err);
        if (err)
            continue;
        believed++;
        assert_null(hf_graph_reverse(g));
        for (uint32_t i = 0; i < g->object_count; i++) {
            hf_graph_value(g, i, NULL);
            assert_non_null(hf_graph_type_name(g, i));
        }
        hf_graph_free(g);
    }
    assert_true(believed > 0);
}

static void the_right_file_is_read_twice_the_same(void **state)
{
    (void)state;
    size_t size;
    const uint8_t *bytes = shop_file(&size);
    hf_graph *a = NULL, *b = NULL;
    made_check(read_bytes(bytes, size, false, &a));
    made_check(read_bytes(bytes, size, true, &b));
    assert_true(same_columns(a, b));
    assert_true(same_values(a, b));
    hf_graph_free(a);
    hf_graph_free(b);
}

static void other_files_are_not_ours(void **state)
{
    (void)state;
    hf_graph *g = NULL;
    hf_err *err = hf_snapshot_read("/dev/null", &g);
    assert_int_equal(hf_err_code_of(err), HF_ERR_NOT_OURS);
    hf_err_free(err);
    err = hf_snapshot_read("/proc/self/exe", &g);
    assert_int_equal(hf_err_code_of(err), HF_ERR_NOT_OURS);
    hf_err_free(err);
    err = hf_snapshot_read("/", &g);
    assert_int_equal(hf_err_code_of(err), HF_ERR_NOT_OURS);
    hf_err_free(err);
    err = hf_snapshot_read("/nowhere/at/all", &g);
    assert_int_equal(hf_err_errno(err), ENOENT);
    hf_err_free(err);
}

static size_t files_in(const char *folder)
{
    char command[128];
    snprintf(command, sizeof(command), "ls -A '%s' | wc -l", folder);
    FILE *f = popen(command, "r");
    size_t n = 999;
    assert_int_equal(fscanf(f, "%zu", &n), 1);
    pclose(f);
    return n;
}

static void files_are_private_and_appear_only_when_whole(void **state)
{
    (void)state;
    char folder[] = "/tmp/holdfast-file-XXXXXX", path[64], other[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/a.hf", folder);
    snprintf(other, sizeof(other), "%s/link", folder);

    hf_snapshot_writer *w = NULL;
    made_check(hf_snapshot_writer_create(path, &w));
    assert_int_not_equal(access(path, F_OK), 0);
    hf_snapshot_writer_free(w);
    assert_int_equal(files_in(folder), 0);

    made_heap h;
    make_shop(&h);
    made_check(made_write(&h, path));
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(files_in(folder), 1);
    made_check(made_write(&h, path)); /* over a snapshot of before */
    assert_int_equal(files_in(folder), 1);

    assert_int_equal(symlink(path, other), 0);
    hf_err *err = made_write(&h, other);
    assert_int_equal(hf_err_code_of(err), HF_ERR_REFUSED);
    hf_err_free(err);
    err = made_write(&h, "/dev/full");
    assert_int_equal(hf_err_code_of(err), HF_ERR_REFUSED);
    hf_err_free(err);
    err = made_write(&h, "/nowhere/a.hf");
    assert_int_equal(hf_err_errno(err), ENOENT);
    hf_err_free(err);
    err = made_write(&h, folder);
    assert_int_equal(hf_err_code_of(err), HF_ERR_REFUSED);
    hf_err_free(err);
    made_end(&h);
    unlink(other);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

/* In a child with a file system of its own: 1 MB, that a heap does not fit. 0: as it must be;
 * 77: a file system cannot be had here. */
static int write_to_a_full_folder(const char *folder)
{
    if (unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNS : CLONE_NEWNS) ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("none", folder, "tmpfs", 0, "size=1m"))
        return 77;
    made_heap h;
    made_begin(&h);
    uint32_t type = made_type(&h, "m", "T");
    srand(1);
    for (int i = 0; i < 400000; i++) {
        uint32_t o = made_object(&h, type, (uint64_t)rand());
        h.objects[o].length = (uint64_t)rand();
    }
    char path[64];
    snprintf(path, sizeof(path), "%s/a.hf", folder);
    hf_err *err = made_write(&h, path);
    bool clear = err && hf_err_errno(err) == ENOSPC && strstr(hf_err_message(err), path) &&
                 strstr(hf_err_message(err), "No space left on device");
    hf_err_free(err);
    made_end(&h);
    return clear && files_in(folder) == 0 ? 0 : 1;
}

static void a_full_disk_is_told_and_left_clean(void **state)
{
    (void)state;
    char folder[] = "/tmp/holdfast-full-XXXXXX";
    assert_non_null(mkdtemp(folder));
    pid_t child = fork();
    if (child == 0)
        _exit(write_to_a_full_folder(folder));
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(rmdir(folder), 0);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("a small file system cannot be mounted here\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* Blocks of empty columns, of which the index says that they have as many rows as blocks may. */
static void add_hollow_blocks(hf_block_file *f, hf_block_kind kind, uint64_t rows, size_t blocks)
{
    for (size_t i = 0; i < blocks; i++) {
        for (size_t column = 0; column < hf_block_columns[kind]; column++)
            hf_block_file_column(f, NULL, 0);
        assert_null(hf_block_file_end(f, kind, rows, 0));
    }
}

/* Bytes that this machine could give to anybody. */
static uint64_t memory_and_swap(void)
{
    struct sysinfo now;
    assert_int_equal(sysinfo(&now), 0);
    return ((uint64_t)now.totalram + now.totalswap) * now.mem_unit;
}

/* A small file that promises 110 GB of objects, and with its references more than this machine has,
 * is not even begun with. */
static void a_file_that_unpacks_to_more_than_there_is_is_refused(void **state)
{
    (void)state;
    enum { OBJECT_BLOCKS = 65000, BYTES_OF_EDGE = 9 };
    char folder[] = "/tmp/holdfast-large-XXXXXX", path[64], objects[64], references[64];
    const size_t edge_blocks = 1 + memory_and_swap() / BYTES_OF_EDGE / HF_EDGE_ROWS;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/a.hf", folder);
    hf_block_file f;
    assert_null(hf_block_file_create(&f, path, true));
    add_hollow_blocks(&f, HF_BLOCK_INFO, 1, 1);
    add_hollow_blocks(&f, HF_BLOCK_OBJECTS, HF_OBJECT_ROWS, OBJECT_BLOCKS);
    add_hollow_blocks(&f, HF_BLOCK_EDGES, HF_EDGE_ROWS, edge_blocks);
    assert_null(hf_block_file_seal(&f));
    assert_null(hf_block_file_publish(&f));
    hf_block_file_close(&f);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_true((uint64_t)st.st_size < 200 * (OBJECT_BLOCKS + edge_blocks));
    hf_graph *g = NULL;
    hf_err *err = hf_snapshot_read(path, &g);
    assert_non_null(err);
    assert_int_equal(hf_err_code_of(err), HF_ERR_NO_MEMORY);
    assert_non_null(strstr(hf_err_message(err), path));
    snprintf(objects, sizeof(objects), "unpacks to %zu objects",
             (size_t)OBJECT_BLOCKS * HF_OBJECT_ROWS);
    snprintf(references, sizeof(references), "with %zu references", edge_blocks * HF_EDGE_ROWS);
    assert_non_null(strstr(hf_err_message(err), objects));
    assert_non_null(strstr(hf_err_message(err), references));
    hf_err_free(err);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* A target would have paused for it, and its heap been walked, before the file got its name. */
static void a_name_that_is_too_long_is_told_at_once(void **state)
{
    (void)state;
    char path[400] = "/tmp/";
    memset(path + strlen(path), 'a', 300);
    hf_block_file f;
    hf_err *err = hf_block_file_create(&f, path, true);
    assert_non_null(err);
    assert_int_equal(hf_err_errno(err), ENAMETOOLONG);
    assert_non_null(strstr(hf_err_message(err), path));
    hf_err_free(err);
}

/* What tables keep counts, too. */
static void room_is_taken_until_there_is_none(void **state)
{
    (void)state;
    hf_reader r = {.path = "a.hf", .room = 1000};
    assert_null(hf_reader_take_room(&r, 600));
    hf_err *err = hf_reader_take_room(&r, 600);
    assert_int_equal(hf_err_code_of(err), HF_ERR_NO_MEMORY);
    hf_err_free(err);
    assert_null(hf_reader_take_room(&r, 400));
    assert_int_equal(r.room, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told_comes_back),
        cmocka_unit_test(sites_come_back_and_ask_for_version_2),
        cmocka_unit_test(births_and_samples_come_back_and_ask_for_version_4),
        cmocka_unit_test(reverse_edges_leave_weak_ones_out),
        cmocka_unit_test(an_empty_heap_is_a_snapshot),
        cmocka_unit_test(blocks_join),
        cmocka_unit_test(the_right_file_is_read_twice_the_same),
        cmocka_unit_test(a_cut_file_is_an_error_at_every_byte),
        cmocka_unit_test(a_flipped_bit_is_an_error),
        cmocka_unit_test(what_gets_past_checksums_is_safe_to_use),
        cmocka_unit_test(other_files_are_not_ours),
        cmocka_unit_test(a_full_disk_is_told_and_left_clean),
        cmocka_unit_test(a_name_that_is_too_long_is_told_at_once),
        cmocka_unit_test(a_file_that_unpacks_to_more_than_there_is_is_refused),
        cmocka_unit_test(room_is_taken_until_there_is_none),
        cmocka_unit_test(files_are_private_and_appear_only_when_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
