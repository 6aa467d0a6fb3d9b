/* The parsers of /proc and of ELF, on plain buffers: right ones, odd ones, hostile ones. */
#include "acquire/elf.h"
#include "acquire/footprint.h"
#include "acquire/maps.h"
#include "acquire/proc.h"

#include <elf.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static hf_maps parse(const char *text)
{
    hf_maps maps;
    assert_null(hf_maps_parse(text, strlen(text), &maps));
    return maps;
}

static void footprints_are_added_up(void **state)
{
    (void)state;
    const char *text = "00400000-00452000 ---p 00000000 00:00 0    [rollup]\n"
                       "Rss:               10 kB\n"
                       "Pss:                7 kB\n"
                       "Pss_Dirty:       1000 kB\n"
                       "Private_Clean:      1 kB\n"
                       "Private_Dirty:      2 kB\n"
                       "Swap:\n"
                       "Rss:                5 kB\n"
                       "SwapPss:           77 kB\n"
                       "Shared_Dirty:  4";
    hf_footprint f = {.rss = 1};
    assert_true(hf_footprint_parse(text, strlen(text), &f));
    assert_true(f.rss == 15 << 10 && f.pss == 7 << 10 && f.shared_dirty == 4 << 10);
    assert_true(hf_footprint_private(&f) == 3 << 10 && f.swap == 0);
    assert_false(hf_footprint_parse("", 0, &f));
    assert_false(hf_footprint_parse("Rs", 2, &f));
    assert_true(f.rss == 15 << 10); /* untouched on failure */
}

static void maps_are_read(void **state)
{
    (void)state;
    hf_maps maps =
        parse("00400000-00452000 r-xp 00001000 08:02 173521      /usr/bin/a program (deleted)\n"
              "00651000-00652000 rw-s 00000000 103:0a 9\n"
              "7ffc0000-7ffe0000 rw-p 00000000 00:00 0                          [stack]\n"
              "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0  [vsyscall]");
    assert_int_equal(maps.count, 4);
    const hf_mapping *m = maps.items;
    assert_true(m[0].start == 0x400000 && m[0].end == 0x452000 && m[0].file_offset == 0x1000);
    assert_true(m[0].readable && !m[0].writable && m[0].executable && !m[0].shared);
    assert_true(m[0].inode == 173521 && m[0].device == (UINT64_C(8) << 32 | 2));
    assert_string_equal(m[0].path, "/usr/bin/a program (deleted)");
    assert_true(m[1].writable && m[1].shared && m[1].inode == 9);
    assert_true(m[1].device == (UINT64_C(0x103) << 32 | 10));
    assert_string_equal(m[1].path, "");
    assert_string_equal(m[2].path, "[stack]");
    assert_true(m[3].end == 0xffffffffff601000);
    assert_ptr_equal(hf_maps_find(&maps, 0x451fff), &m[0]);
    assert_ptr_equal(hf_maps_find(&maps, 0x651000), &m[1]);
    assert_null(hf_maps_find(&maps, 0x452000));
    assert_null(hf_maps_find(&maps, 0));
    assert_null(hf_maps_find(&maps, UINT64_MAX));
    hf_maps_deinit(&maps);
}

static void maps_of_nonsense_are_left_out(void **state)
{
    (void)state;
    hf_maps maps = parse("\n"
                         "zz-00452000 r-xp 0 08:02 1 x\n"
                         "2000-1000 rw-p 00000000 00:00 0\n"
                         "1000-2000 rw-p 00000000 00:00 0\n"
                         "1800-3000 rw-p 00000000 00:00 0\n"
                         "11111111111111111-22222222222222222 rw-p 00000000 00:00 0\n"
                         "3000-4000 rw\n"
                         "3000-4000 rw-p 0 0:0 0 /kept");
    assert_int_equal(maps.count, 2);
    assert_true(maps.items[0].start == 0x1000 && maps.items[1].start == 0x3000);
    assert_string_equal(maps.items[1].path, "/kept");
    hf_maps_deinit(&maps);
    maps = parse("");
    assert_int_equal(maps.count, 0);
    hf_maps_deinit(&maps);
}

static void stat_survives_any_name(void **state)
{
    (void)state;
    const char *line =
        "12 (a) R 7 (b)) S 34 1 1 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 5678 0 0 1 0 0 0 0 0 "
        "0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 26624\n";
    hf_proc_stat stat;
    assert_true(hf_proc_parse_stat(line, strlen(line), &stat));
    assert_int_equal(stat.state, 'S');
    assert_int_equal(stat.parent, 34);
    assert_int_equal(stat.start_time, 5678);
    assert_int_equal(stat.exit_signal, 17);
    assert_int_equal(stat.exit_code, 26624);
    assert_false(hf_proc_parse_stat("12 (x", 5, &stat));
    assert_false(hf_proc_parse_stat("12 (x) S 1 2", 12, &stat));
    assert_false(hf_proc_parse_stat("", 0, &stat));
}

static void status_is_read(void **state)
{
    (void)state;
    const char *text = "Name:\tTgid: 9\nState:\tt (tracing stop)\nTgid:\t77\nTracerPid:\t5\n"
                       "Uid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nNSpid:\t77\t12\t1\nVmRSS:\t  10 kB\n"
                       "RssAnon:\t       4 kB\nVmSwap:\t 2 kB\nCapEff:\t0000000000080000\n"
                       "Seccomp:\t2\nSeccomp_filters:\t3\nx86_Thread_features:\tshstk wrss\n"
                       "x86_Thread_features_locked:\t\n";
    hf_proc_status s;
    hf_proc_parse_status(text, strlen(text), &s);
    assert_int_equal(s.state, 't');
    assert_int_equal(s.process, 77);
    assert_int_equal(s.tracer, 5);
    assert_true(s.real_uid == 1 && s.uid == 2 && s.saved_uid == 3 && s.gid == 6);
    assert_true(s.id_count == 3 && s.ids[0] == 77 && s.ids[2] == 1);
    assert_true(s.rss == 10240 && s.anonymous == 4096 && s.swap == 2048);
    assert_true(s.capabilities == 0x80000 && s.seccomp_mode == 2 && s.seccomp_filters == 3);
    assert_true(s.knows_filters && s.shadow_stack);
    hf_proc_parse_status("", 0, &s);
    assert_false(s.knows_filters || s.shadow_stack || s.id_count);
    text = "x86_Thread_features:\t\nx86_Thread_features_locked:\tshstk\n";
    hf_proc_parse_status(text, strlen(text), &s);
    assert_false(s.shadow_stack);
}

static void fields_are_found(void **state)
{
    (void)state;
    const char *text = "MemTotal:  8 kB\nMemAvailable:   42 kB\ntotal_inactive_file 77\nbad\n";
    uint64_t value = 0;
    assert_true(hf_proc_field(text, strlen(text), "MemAvailable", &value) && value == 42);
    assert_true(hf_proc_field(text, strlen(text), "total_inactive_file", &value) && value == 77);
    assert_false(hf_proc_field(text, strlen(text), "inactive_file", &value));
    assert_false(hf_proc_field(text, strlen(text), "Mem", &value));
    assert_false(hf_proc_field(text, strlen(text), "bad", &value));
}

enum { BASE = 0x40000000 };

typedef struct image {
    uint8_t *bytes;
    size_t size;
} image;

static bool read_image(void *context, uint64_t addr, void *buf, size_t n)
{
    const image *i = context;
    if (addr < BASE || addr - BASE > i->size || n > i->size - (addr - BASE))
        return false;
    memcpy(buf, i->bytes + (addr - BASE), n);
    return true;
}

/* A library with two symbols, as the linker lays one out: headers, dynamic section, tables. */
typedef struct library {
    Elf64_Ehdr header;
    Elf64_Phdr segments[2];
    Elf64_Dyn dynamic[6];
    Elf64_Sym symbols[4];
    uint32_t hash[2 + 1 + 4]; /* one bucket */
    char strings[32];
} library;

static library make_library(uint64_t relocated)
{
    library l = {
        .header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB},
                   .e_type = ET_DYN,
                   .e_phoff = offsetof(library, segments),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 2},
        .segments = {{.p_type = PT_LOAD, .p_memsz = sizeof(library)},
                     {.p_type = PT_DYNAMIC,
                      .p_vaddr = offsetof(library, dynamic),
                      .p_memsz = sizeof(l.dynamic)}},
        .symbols = {{0},
                    {.st_name = 1,
                     .st_shndx = 1,
                     .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT),
                     .st_value = 0x123,
                     .st_size = 8},
                    {.st_name = 7, .st_shndx = SHN_UNDEF},
                    {.st_name = 13, .st_shndx = 1, .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_TLS)}},
        .hash = {1, 4, 1, 0, 2, 3, 0},
        .strings = "\0first\0other\0local"};
    l.dynamic[0] = (Elf64_Dyn){DT_SYMTAB, {relocated + offsetof(library, symbols)}};
    l.dynamic[1] = (Elf64_Dyn){DT_STRTAB, {relocated + offsetof(library, strings)}};
    l.dynamic[2] = (Elf64_Dyn){DT_STRSZ, {sizeof(l.strings)}};
    l.dynamic[3] = (Elf64_Dyn){DT_HASH, {relocated + offsetof(library, hash)}};
    return l;
}

static void elf_symbols_are_found(void **state)
{
    (void)state;
    for (int relocated = 0; relocated < 2; relocated++) {
        library l = make_library(relocated ? BASE : 0);
        image bytes = {(uint8_t *)&l, sizeof(l)};
        hf_elf_memory memory = {read_image, &bytes};
        hf_elf_image opened;
        hf_elf_symbol symbol;
        assert_true(hf_elf_open(memory, BASE, &opened));
        assert_true(opened.bias == BASE && opened.start == BASE);
        assert_true(hf_elf_find(memory, &opened, "first", &symbol));
        assert_true(symbol.address == BASE + 0x123 && symbol.size == 8);
        assert_false(hf_elf_find(memory, &opened, "other", &symbol)); /* only used here */
        assert_false(hf_elf_find(memory, &opened, "local", &symbol)); /* thread-local */
        assert_false(hf_elf_find(memory, &opened, "firs", &symbol));
        assert_false(hf_elf_find(memory, &opened, "", &symbol));
    }
}

static void elf_chains_end(void **state)
{
    (void)state;
    library l = make_library(0);
    l.hash[2 + 1 + 3] = 1; /* the chain is a ring */
    image bytes = {(uint8_t *)&l, sizeof(l)};
    hf_elf_memory memory = {read_image, &bytes};
    hf_elf_image opened;
    hf_elf_symbol symbol;
    assert_true(hf_elf_open(memory, BASE, &opened));
    assert_false(hf_elf_find(memory, &opened, "nowhere", &symbol));
}

/* Every byte of a good library, set to odd values: no crash (under sanitizers), no endless loop. */
static void elf_survives_any_byte(void **state)
{
    (void)state;
    static const uint8_t odd[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    size_t found = 0;
    for (size_t at = 0; at < sizeof(library); at++) {
        for (size_t k = 0; k < sizeof(odd); k++) {
            library l = make_library(0);
            ((uint8_t *)&l)[at] = odd[k];
            image bytes = {(uint8_t *)&l, sizeof(l)};
            hf_elf_memory memory = {read_image, &bytes};
            hf_elf_image opened;
            hf_elf_symbol symbol;
            if (hf_elf_open(memory, BASE, &opened))
                found += hf_elf_find(memory, &opened, "first", &symbol);
        }
    }
    assert_in_range(found, 1, 5 * sizeof(library) - 1); /* some bytes matter, some do not */
    for (size_t size = 0; size < sizeof(library); size++) {
        library l = make_library(0);
        image bytes = {(uint8_t *)&l, size};
        hf_elf_image opened;
        hf_elf_open((hf_elf_memory){read_image, &bytes}, BASE, &opened);
    }
}

static void elf_tells_its_machine(void **state)
{
    (void)state;
    uint8_t header[64];
    int fd = open("/proc/self/exe", O_RDONLY);
    assert_int_equal(read(fd, header, sizeof(header)), sizeof(header));
    close(fd);
    assert_true(hf_elf_is_native(header, sizeof(header)));
    assert_false(hf_elf_is_native(header, 10));
    header[EI_CLASS] = ELFCLASS32;
    assert_false(hf_elf_is_native(header, sizeof(header)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_are_read),          cmocka_unit_test(maps_of_nonsense_are_left_out),
        cmocka_unit_test(stat_survives_any_name), cmocka_unit_test(status_is_read),
        cmocka_unit_test(fields_are_found),       cmocka_unit_test(elf_symbols_are_found),
        cmocka_unit_test(elf_chains_end),         cmocka_unit_test(elf_survives_any_byte),
        cmocka_unit_test(elf_tells_its_machine),  cmocka_unit_test(footprints_are_added_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
