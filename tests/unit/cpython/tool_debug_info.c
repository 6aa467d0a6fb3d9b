/* Holds what debug information says against what a compiler said of the same build.
 *
 *     tool_debug_info FILE HEXVERSION [debug] [free-threaded]
 *
 * FILE is the binary of that build, for which a row was made ("row NAME"), or several. Given is a
 * row all of whose members are wrong, so that nothing can be right by chance. Prints "differs NAME
 * TOLD RIGHT" for each number that is told wrongly, and last "told N left N": left are the
 * constants, and members of structs that the file does not tell. */
#include "cpython/debug_info.h"
#include "cpython/layout_entries.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { WRONG_BY = 1 << 20 };

static void set(hf_layout *row, const hf_layout_entry *e, int32_t value)
{
    memcpy((char *)row + e->place, &value, sizeof(value));
}

static hf_layout all_wrong(const hf_layout *right)
{
    hf_layout wrong = *right;
    for (size_t i = 0; i < hf_layout_entry_count; i++) {
        const hf_layout_entry *e = &hf_layout_entries[i];
        if (e->kind != HF_ENTRY_CONSTANT && hf_entry_is_for(right, e))
            set(&wrong, e, hf_entry_value(right, e) + WRONG_BY);
    }
    return wrong;
}

static void compare(const hf_layout *told, const hf_layout *right)
{
    size_t count = 0, left = 0;
    for (size_t i = 0; i < hf_layout_entry_count; i++) {
        const hf_layout_entry *e = &hf_layout_entries[i];
        int32_t value = hf_entry_value(told, e), wanted = hf_entry_value(right, e);
        if (!hf_entry_is_for(right, e))
            continue;
        bool is_left = e->kind == HF_ENTRY_CONSTANT || value == wanted + WRONG_BY;
        left += is_left;
        count += !is_left;
        if (value != wanted && (e->kind == HF_ENTRY_CONSTANT || !is_left))
            printf("differs %s %d %d\n", e->name, value, wanted);
        if (is_left && e->kind != HF_ENTRY_CONSTANT)
            printf("left %s.%s\n", e->structure, e->member);
    }
    printf("told %zu left %zu\n", count, left);
}

static int hold(const hf_layout *right, uint8_t *file, size_t size)
{
    hf_layout wrong = all_wrong(right), told;
    char why[160] = "";
    bool found = false;
    printf("row %s\n", right->name);
    hf_err *err = hf_row_from_debug_info(file, size, &wrong, &told, why, sizeof(why), &found);
    if (found)
        compare(&told, right);
    else
        printf("refused: %s\n", err ? hf_err_message(err) : why);
    hf_err_free(err);
    return !found;
}

int main(int argc, char **argv)
{
    bool debug = false, free_threaded = false;
    int fd = argc > 2 ? open(argv[1], O_RDONLY) : -1, failed = 0;
    struct stat st;
    if (fd < 0 || fstat(fd, &st))
        return 2;
    for (int i = 3; i < argc; i++) {
        debug = debug || !strcmp(argv[i], "debug");
        free_threaded = free_threaded || !strcmp(argv[i], "free-threaded");
    }
    uint32_t version = (uint32_t)strtoul(argv[2], NULL, 16);
    uint8_t *file = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    for (size_t i = 0; file != MAP_FAILED && i < hf_layout_count; i++) {
        const hf_layout *l = &hf_layouts[i];
        if (version >= l->first_version && version <= l->last_version && l->debug == debug &&
            l->free_threaded == free_threaded)
            failed += hold(l, file, (size_t)st.st_size);
    }
    return failed || file == MAP_FAILED;
}
