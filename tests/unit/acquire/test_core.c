/* Core files made by hand: right ones, and each header and note that cannot be. */
#include "acquire/core.h"
#include "acquire/core_file.h"
#include "acquire/core_plan.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { NOTES_AT = 1024, LOADS_AT = 4096, SIZE = LOADS_AT + 3 * 4096, TEXT_AT = 0x10000 };

/* A process with two pages of anonymous memory, one page that was not written to the file, and one
 * of which the file has the first half. */
typedef struct image {
    uint8_t bytes[SIZE];
    Elf64_Ehdr *header;
    Elf64_Phdr *notes, *load; /* load: three of them */
    size_t note_size;
} image;

static void add_note(image *i, const char *name, uint32_t type, const void *bytes, size_t size)
{
    uint8_t *p = i->bytes + NOTES_AT + i->note_size;
    uint32_t head[3] = {(uint32_t)strlen(name) + 1, (uint32_t)size, type};
    size_t name_room = (head[0] + 3) & ~(size_t)3;
    memcpy(p, head, sizeof(head));
    memcpy(p + 12, name, head[0]);
    memcpy(p + 12 + name_room, bytes, size);
    i->note_size += 12 + name_room + ((size + 3) & ~(size_t)3);
    i->notes->p_filesz = i->note_size;
}

static void add_thread(image *i, uint32_t tid)
{
    uint8_t status[112] = {0};
    memcpy(status + 32, &tid, sizeof(tid));
    add_note(i, "CORE", NT_PRSTATUS, status, sizeof(status));
}

static void add_file(image *i, uint64_t start, uint64_t end, const char *path)
{
    uint8_t note[128] = {0};
    uint64_t words[] = {1, 4096, start, end, 0};
    memcpy(note, words, sizeof(words));
    memcpy(note + sizeof(words), path, strlen(path) + 1);
    add_note(i, "CORE", NT_FILE, note, sizeof(words) + strlen(path) + 1);
}

static image *make(void)
{
    image *i = calloc(1, sizeof(*i));
    i->header = (Elf64_Ehdr *)i->bytes;
    i->notes = (Elf64_Phdr *)(i->bytes + sizeof(*i->header));
    i->load = i->notes + 1;
    memcpy(i->header->e_ident, ELFMAG, SELFMAG);
    i->header->e_ident[EI_CLASS] = ELFCLASS64;
    i->header->e_ident[EI_DATA] = ELFDATA2LSB;
    i->header->e_type = ET_CORE;
#if defined(__aarch64__)
    i->header->e_machine = EM_AARCH64;
#else
    i->header->e_machine = EM_X86_64;
#endif
    i->header->e_phoff = sizeof(*i->header);
    i->header->e_phentsize = sizeof(Elf64_Phdr);
    i->header->e_phnum = 4;
    *i->notes = (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = NOTES_AT};
    for (unsigned k = 0; k < 3; k++)
        i->load[k] = (Elf64_Phdr){.p_type = PT_LOAD,
                                  .p_flags = PF_R | PF_W,
                                  .p_offset = LOADS_AT + k * 4096,
                                  .p_vaddr = TEXT_AT + k * 4096,
                                  .p_filesz = 4096,
                                  .p_memsz = 4096};
    memset(i->bytes + LOADS_AT, 'a', 4096);
    memset(i->bytes + LOADS_AT + 4096, 'b', 4096);
    memset(i->bytes + LOADS_AT + 8192, 'c', 4096);
    return i;
}

static hf_err_code parse_code(const image *i, size_t size, const char *said)
{
    /* Of just that size, so that a sanitizer sees what is read behind it. */
    uint8_t *bytes = malloc(size ? size : 1);
    memcpy(bytes, i->bytes, size);
    hf_core_file core = {0};
    hf_err *err = hf_core_file_parse(bytes, size, &core);
    hf_err_code code = err ? hf_err_code_of(err) : 0;
    if (err && said && !strstr(hf_err_message(err), said))
        fail_msg("it said: %s", hf_err_message(err));
    if (!err)
        hf_core_file_deinit(&core);
    hf_err_free(err);
    free(bytes);
    return code;
}

static void test_right_one(void **state)
{
    (void)state;
    image *i = make();
    add_thread(i, 4711);
    add_thread(i, 4712);
    uint8_t names[136] = {0};
    names[24] = 77;
    memcpy(names + 40, "python3", 7);
    memset(names + 56, 'x', 80); /* no zero byte */
    add_note(i, "CORE", NT_PRPSINFO, names, sizeof(names));
    uint64_t vector[] = {AT_ENTRY, TEXT_AT + 8, AT_RANDOM, TEXT_AT + 16, AT_NULL, 0};
    add_note(i, "CORE", NT_AUXV, vector, sizeof(vector));
    add_file(i, TEXT_AT, TEXT_AT + 4096, "/usr/bin/python3");
    hf_core_input in = {.bytes = i->bytes, .size = SIZE, .modified = 5};
    hf_target *t;
    assert_null(hf_target_open_core(&in, &t));
    const hf_target_info *info = hf_target_describe(t);
    assert_int_equal(info->pid, 77);
    assert_int_equal(info->thread_count, 2);
    assert_int_equal(info->threads[1].tid, 4712);
    assert_string_equal(info->executable, "/usr/bin/python3");
    assert_int_equal(strlen(info->command), 80);
    assert_int_equal(info->rss, 3 * 4096);
    assert_string_equal(info->missing, "");
    assert_int_equal(hf_target_freeze_info(t)->taken_at, 5);
    /* Neighbours are one segment, across the end of a load. */
    const char *over = hf_target_view(t, TEXT_AT + 4090, 12);
    assert_non_null(over);
    assert_memory_equal(over, "aaaaaabbbbbb", 12);
    assert_null(hf_target_view(t, TEXT_AT + 3 * 4096 - 4, 8));
    assert_null(hf_target_view(t, TEXT_AT - 1, 1));
    size_t count;
    const hf_mapping *m = hf_target_mappings(t, &count);
    assert_int_equal(count, 3);
    assert_string_equal(m[0].path, "/usr/bin/python3");
    assert_string_equal(m[1].path, "");
    hf_target_free(t);
    free(i);
}

static void test_cut_off_anywhere(void **state)
{
    (void)state;
    image *i = make();
    add_thread(i, 1);
    add_file(i, TEXT_AT, TEXT_AT + 4096, "/a");
    for (size_t size = 0; size <= SIZE; size += size < 2048 ? 1 : 97) {
        hf_err_code code = parse_code(i, size, NULL);
        if (size < 18)
            assert_int_equal(code, HF_ERR_NOT_OURS);
        else if (size < 64 + 4 * 56)
            assert_true(code == HF_ERR_DAMAGED || code == HF_ERR_NOT_OURS);
        else
            assert_int_equal(code, 0);
    }
    hf_core_input in = {.bytes = i->bytes, .size = SIZE - 4096 - 100};
    hf_target *t;
    assert_null(hf_target_open_core(&in, &t));
    assert_non_null(strstr(hf_target_describe(t)->missing, "cut off"));
    assert_non_null(hf_target_view(t, TEXT_AT + 8000, 1));
    assert_null(hf_target_view(t, TEXT_AT + 8191, 1));
    assert_null(hf_target_view(t, TEXT_AT + 8192, 1));
    hf_target_free(t);
    free(i);
}

static void test_headers_that_cannot_be(void **state)
{
    (void)state;
    image *i = make();
    image whole = *i;
#define WITH(change, code, said)                           \
    do {                                                   \
        change;                                            \
        assert_int_equal(parse_code(i, SIZE, said), code); \
        memcpy(i->bytes, whole.bytes, SIZE);               \
    } while (0)
    WITH((void)0, 0, NULL);
    WITH(i->bytes[0] = 'X', HF_ERR_NOT_OURS, "no core file");
    WITH(i->header->e_type = ET_DYN, HF_ERR_NOT_OURS, "no core file");
    WITH(i->header->e_ident[EI_CLASS] = ELFCLASS32, HF_ERR_NOT_OURS, "another kind of machine");
    WITH(i->header->e_ident[EI_DATA] = ELFDATA2MSB, HF_ERR_NOT_OURS, "no core file");
    WITH(i->header->e_machine = EM_S390, HF_ERR_NOT_OURS, "another kind of machine");
    WITH(i->header->e_phnum = 0, HF_ERR_DAMAGED, "no program headers");
    WITH(i->header->e_phnum = PN_XNUM - 1, HF_ERR_DAMAGED, "ends within");
    WITH(i->header->e_phentsize = 32, HF_ERR_DAMAGED, "another size");
    WITH(i->header->e_phoff = UINT64_MAX - 8, HF_ERR_DAMAGED, "ends within");
    WITH(i->header->e_phoff = SIZE - 10, HF_ERR_DAMAGED, "ends within");
    WITH((i->header->e_phnum = PN_XNUM, i->header->e_shoff = SIZE - 8), HF_ERR_DAMAGED, "number");
    WITH((i->header->e_phnum = PN_XNUM, i->header->e_shoff = UINT64_MAX), HF_ERR_DAMAGED, "number");
    /* Three headers that share one page could make of a small file a large process. */
    WITH(
        (i->load[0].p_filesz = i->load[0].p_memsz = i->load[1].p_filesz = i->load[1].p_memsz = SIZE,
         i->load[0].p_offset = i->load[1].p_offset = 0, i->load[1].p_vaddr = UINT64_C(1) << 32),
        HF_ERR_DAMAGED, "share");
    WITH(i->load[0].p_type = i->load[1].p_type = i->load[2].p_type = PT_NULL, HF_ERR_DAMAGED,
         "no memory");
    WITH(i->load[0].p_memsz = i->load[1].p_memsz = i->load[2].p_memsz = 0, HF_ERR_DAMAGED,
         "no memory");
    /* One that contradicts others is left out, and the others are read. */
    WITH(i->load[1].p_filesz = 8192, 0, NULL);
    WITH(i->load[1].p_vaddr = UINT64_MAX - 5, 0, NULL);
    WITH(i->load[1].p_vaddr = TEXT_AT + 8, 0, NULL);
    WITH(i->load[1].p_offset = UINT64_MAX - 5, 0, NULL);
    WITH(i->notes->p_offset = UINT64_MAX - 5, 0, NULL);
    WITH(i->notes->p_filesz = UINT64_MAX - 5, 0, NULL);
#undef WITH
    free(i);
}

/* More program headers than a half word counts stand in the first section header. */
static void test_extended_number(void **state)
{
    (void)state;
    image *i = make();
    Elf64_Shdr first = {.sh_info = 4};
    memcpy(i->bytes + 2048, &first, sizeof(first));
    i->header->e_shoff = 2048;
    i->header->e_phnum = PN_XNUM;
    hf_core_file core;
    assert_null(hf_core_file_parse(i->bytes, SIZE, &core));
    assert_int_equal(core.load_count, 3);
    hf_core_file_deinit(&core);
    first.sh_info = UINT32_MAX;
    memcpy(i->bytes + 2048, &first, sizeof(first));
    assert_int_equal(parse_code(i, SIZE, "ends within"), HF_ERR_DAMAGED);
    free(i);
}

static hf_core_file with_files(image *i, const void *note, size_t size)
{
    i->note_size = 0;
    add_note(i, "CORE", NT_FILE, note, size);
    hf_core_file core;
    assert_null(hf_core_file_parse(i->bytes, SIZE, &core));
    return core;
}

static void test_file_notes_that_cannot_be(void **state)
{
    (void)state;
    image *i = make();
    struct {
        uint64_t words[8];
        char paths[8];
    } note = {{2, 4096, 0x1000, 0x2000, 0, 0x2000, 0x3000, 7}, "/a\0/b"};
    const struct {
        size_t word;
        uint64_t value;
        size_t files;
    } changes[] = {
        {0, 2, 2},      {0, 3, 0},          {0, UINT64_MAX, 0}, {0, UINT64_MAX / 24, 0},
        {0, 0, 0},      {1, UINT64_MAX, 1},                 /* the offset of the second cannot be */
        {3, 0x1000, 1}, {3, 0, 1},          {3, 0x2800, 1}, /* reaches into the second */
    };
    for (size_t k = 0; k < sizeof(changes) / sizeof(*changes); k++) {
        __typeof__(note) changed = note;
        changed.words[changes[k].word] = changes[k].value;
        hf_core_file core = with_files(i, &changed, sizeof(changed));
        assert_int_equal(core.mapped_count, changes[k].files);
        hf_core_file_deinit(&core);
    }
    memset(note.paths, 'x', sizeof(note.paths)); /* they never end */
    hf_core_file core = with_files(i, &note, sizeof(note));
    assert_int_equal(core.mapped_count, 0);
    hf_core_file_deinit(&core);
    core = with_files(i, &note, 12);
    assert_int_equal(core.mapped_count, 0);
    hf_core_file_deinit(&core);
    free(i);
}

static bool count_note(void *context, const hf_note *note)
{
    (void)note;
    ++*(int *)context;
    return true;
}

static void test_notes_that_cannot_be(void **state)
{
    (void)state;
    uint32_t notes[] = {4, 4, 1, 0x00554e47, 7, 4, 4, 1, 0x00554e47, 7};
    int count = 0;
    hf_notes_walk((const uint8_t *)notes, sizeof(notes), 4, count_note, &count);
    assert_int_equal(count, 2);
    for (size_t k = 0; k < 2; k++) { /* a name, a description that are too long */
        uint32_t changed[10];
        memcpy(changed, notes, sizeof(notes));
        changed[5 + k] = UINT32_MAX;
        count = 0;
        hf_notes_walk((const uint8_t *)changed, sizeof(changed), 4, count_note, &count);
        assert_int_equal(count, 1);
    }
    image *i = make();
    uint8_t shorts[8] = {0};
    add_note(i, "CORE", NT_PRSTATUS, shorts, sizeof(shorts));
    add_note(i, "CORE", NT_PRPSINFO, shorts, sizeof(shorts));
    add_note(i, "CORE", NT_AUXV, shorts, sizeof(shorts));
    add_note(i, "HOLDFAST", 1, shorts, 0);
    hf_core_input in = {.bytes = i->bytes, .size = SIZE};
    hf_target *t;
    assert_null(hf_target_open_core(&in, &t));
    assert_int_equal(hf_target_describe(t)->thread_count, 0);
    assert_int_equal(hf_target_describe(t)->pid, 0);
    hf_target_free(t);
    free(i);
}

/* A binary of which the core file has the first page, with a build-id, and lacks the second. */
static void make_binary(uint8_t bytes[8192], uint8_t build)
{
    Elf64_Ehdr *h = (Elf64_Ehdr *)bytes;
    memset(bytes, 0, 8192);
    memset(bytes + 4096, 'r', 4096);
    image *i = make();
    *h = *i->header;
    free(i);
    h->e_type = ET_DYN;
    h->e_phnum = 2;
    Elf64_Phdr *p = (Elf64_Phdr *)(bytes + sizeof(*h));
    p[0] = (Elf64_Phdr){.p_type = PT_LOAD, .p_flags = PF_R, .p_filesz = 8192, .p_memsz = 8192};
    p[1] = (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = 512, .p_filesz = 20, .p_align = 4};
    const uint32_t note[] = {4, 4, NT_GNU_BUILD_ID, 0x00554e47, build};
    memcpy(bytes + 512, note, sizeof(note));
}

static void test_binaries(void **state)
{
    (void)state;
    uint8_t wanted[8192], file[8192];
    make_binary(wanted, 1);
    make_binary(file, 1);
    assert_int_equal(hf_binary_compare(file, 8192, wanted, 4096, false), HF_BINARY_SAME);
    assert_int_equal(hf_binary_compare(file, 4096, wanted, 4096, false), HF_BINARY_STRIPPED);
    assert_int_equal(hf_binary_compare(file, 20, wanted, 4096, false), HF_BINARY_NONE);
    assert_int_equal(hf_binary_compare(file, 8192, NULL, 0, false), HF_BINARY_UNPROVEN);
    make_binary(file, 2);
    assert_int_equal(hf_binary_compare(file, 8192, wanted, 4096, false), HF_BINARY_OTHER);
    hf_build_id id = hf_build_id_of(file, 8192);
    char text[HF_BUILD_ID_TEXT];
    hf_build_id_text(&id, text);
    assert_string_equal(text, "02000000");
    /* Without build-ids the first page decides. */
    memset(wanted + 512, 0, 20);
    memset(file + 512, 0, 20);
    assert_int_equal(hf_binary_compare(file, 8192, wanted, 4096, false), HF_BINARY_SAME);
    file[1000] = 1;
    assert_int_equal(hf_binary_compare(file, 8192, wanted, 4096, true), HF_BINARY_ALIKE);
    assert_int_equal(hf_binary_compare(file, 8192, wanted, 4096, false), HF_BINARY_OTHER);
    ((Elf64_Ehdr *)file)->e_entry = 8;
    assert_int_equal(hf_binary_compare(file, 8192, wanted, 4096, true), HF_BINARY_OTHER);
    /* Notes that lead out of the file. */
    make_binary(file, 1);
    ((Elf64_Phdr *)(file + sizeof(Elf64_Ehdr)))[1].p_offset = UINT64_MAX - 4;
    assert_int_equal(hf_build_id_of(file, 8192).length, 0);
    ((Elf64_Ehdr *)file)->e_phoff = UINT64_MAX;
    assert_false(hf_binary_is(file, 8192));
}

static void test_pages_of_a_binary(void **state)
{
    (void)state;
    image *i = make();
    uint8_t binary[8192];
    make_binary(binary, 1);
    memcpy(i->bytes + LOADS_AT, binary, 4096);
    i->load[0].p_memsz = 8192;
    i->load[0].p_flags = PF_R | PF_X;
    i->load[1].p_vaddr = TEXT_AT + 8192;
    i->load[2].p_vaddr = TEXT_AT + 3 * 4096;
    add_file(i, TEXT_AT, TEXT_AT + 8192, "/lib/libpython3.so");
    hf_core_input in = {.bytes = i->bytes, .size = SIZE};
    hf_buf survey;
    hf_buf_init(&survey, 0);
    assert_null(hf_core_survey(&in, &survey));
    assert_non_null(memmem(survey.data, survey.length, "/lib/libpython3.so\4\1", 20));
    hf_err *cut_off = hf_core_input_find(&in, survey.data, survey.length - 1, NULL);
    assert_non_null(cut_off);
    hf_err_free(cut_off);
    hf_core_input_deinit(
        &(hf_core_input){.candidates = in.candidates, .candidate_count = in.candidate_count});
    hf_buf_deinit(&survey);
    in.candidates = NULL;
    in.candidate_count = 0;
    hf_target *t;
    assert_null(hf_target_open_core(&in, &t));
    assert_non_null(strstr(hf_target_describe(t)->missing,
                           "/lib/libpython3.so (build-id 01000000): not found"));
    assert_null(hf_target_view(t, TEXT_AT + 4096, 1));
    hf_target_free(t);

    hf_candidate right = {.name = (char *)(uintptr_t) "x", .bytes = binary, .size = 8192};
    in.candidates = &right;
    in.candidate_count = 1;
    assert_null(hf_target_open_core(&in, &t));
    assert_string_equal(hf_target_describe(t)->missing, "");
    const char *bytes = hf_target_view(t, TEXT_AT + 4090, 4000);
    assert_non_null(bytes); /* across the end of what the core file has */
    assert_int_equal(bytes[6], 'r');
    hf_target_free(t);

    uint8_t other[8192];
    make_binary(other, 9);
    right.bytes = other;
    assert_null(hf_target_open_core(&in, &t));
    assert_non_null(strstr(hf_target_describe(t)->missing, "x is another build"));
    assert_null(hf_target_view(t, TEXT_AT + 4096, 1));
    hf_target_free(t);
    free(i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right_one),
        cmocka_unit_test(test_cut_off_anywhere),
        cmocka_unit_test(test_headers_that_cannot_be),
        cmocka_unit_test(test_extended_number),
        cmocka_unit_test(test_file_notes_that_cannot_be),
        cmocka_unit_test(test_notes_that_cannot_be),
        cmocka_unit_test(test_binaries),
        cmocka_unit_test(test_pages_of_a_binary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
