/* lint/files.h - the Python files below some paths. */
#ifndef HF_LINT_FILES_H
#define HF_LINT_FILES_H

#include "base/err.h"
#include "lint/arena.h"
#include "lint/ignore.h"

#include <stdatomic.h>

typedef struct hf_lint_file {
    const char *shown;  /* as the user wrote the path, plus what is below it */
    const char *module; /* dotted name, as far as __init__.py files reach up; "pricing" elsewhere */
    bool is_package;    /* an __init__.py */
    bool is_notebook;
    bool is_input; /* its text comes by standard input */
    int fd;        /* 0: opened by its name; else read from this descriptor of the caller's */
} hf_lint_file;

/* Something that was not looked at, and why. */
typedef struct hf_lint_note {
    const char *path;
    uint32_t line; /* or 0 */
    const char *text;
} hf_lint_note;

typedef struct hf_lint_files {
    hf_lint_file *items;
    uint32_t count, capacity;
    hf_lint_note *notes;
    uint32_t note_count, note_capacity;
    hf_arena arena;
} hf_lint_files;

/* Adds the files of a path: itself, or of a folder those that end in .py, .pyw, .pyi or .ipynb, in
 * the order of their names. Left out are what .ignore and .gitignore files say, also those of
 * folders around (not with `no_ignore`), `exclude` (or NULL), hidden folders, virtual environments,
 * __pycache__ and node_modules. Symbolic links to folders are told in a note, not followed. A path
 * that is not there fails. */
hf_err *hf_lint_files_add(hf_lint_files *files, const char *path, const hf_ignore *exclude,
                          bool no_ignore);

/* Adds a file that is open already; its folder is not looked at, so that its module is
 * not known. */
hf_err *hf_lint_files_add_open(hf_lint_files *files, int fd, const char *shown);

/* Adds what standard input has. name: of the file that it is the text of, which need not be there;
 * NULL: not known. */
hf_err *hf_lint_files_add_input(hf_lint_files *files, const char *name);
void hf_lint_files_deinit(hf_lint_files *files);

hf_err *hf_lint_files_note(hf_lint_files *files, const char *path, uint32_t line, const char *text);

#endif
