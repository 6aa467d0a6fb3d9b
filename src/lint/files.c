/* lint/files.c - see lint/files.h. Folders wait on a stack of our own, so that no depth of folders
 * takes ours; a folder keeps its patterns until all below it are read. */
#include "lint/files.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

typedef struct folder {
    const char *real, *shown;
    const hf_ignore *ignore; /* of the folder around it */
} folder;

typedef struct walk {
    hf_lint_files *files;
    const hf_ignore *exclude;
    bool no_ignore;
    folder *waiting;
    uint32_t waiting_count, waiting_capacity;
    hf_ignore **ignores; /* all that were read, to be freed */
    uint32_t ignore_count, ignore_capacity;
} walk;

void hf_lint_files_deinit(hf_lint_files *f)
{
    free(f->items);
    free(f->notes);
    hf_arena_deinit(&f->arena);
    *f = (hf_lint_files){0};
}

hf_err *hf_lint_files_note(hf_lint_files *f, const char *path, uint32_t line, const char *text)
{
    const char *own_path = hf_arena_text(&f->arena, path, strlen(path));
    const char *own_text = hf_arena_text(&f->arena, text, strlen(text));
    if (!own_path || !own_text || !hf_array_room(&f->notes, f->note_count, &f->note_capacity))
        return hf_fail_memory();
    f->notes[f->note_count++] = (hf_lint_note){own_path, line, own_text};
    return NULL;
}

static const char *joined(hf_lint_files *f, const char *folder_path, const char *name)
{
    hf_buf path HF_AUTO(hf_buf_deinit);
    hf_buf_init(&path, 1 << 20);
    size_t length = strlen(folder_path);
    hf_buf_text(&path, folder_path);
    if (length && folder_path[length - 1] != '/')
        hf_buf_char(&path, '/');
    hf_buf_text(&path, name);
    return path.failed ? NULL : hf_arena_text(&f->arena, (const char *)path.data, path.length);
}

static bool has_ending(const char *name, const char *ending)
{
    size_t length = strlen(name), tail = strlen(ending);
    return length > tail && strcmp(name + length - tail, ending) == 0;
}

static bool is_there(const char *folder_path, const char *name)
{
    hf_buf path HF_AUTO(hf_buf_deinit);
    hf_buf_init(&path, 1 << 20);
    hf_buf_format(&path, "%s/%s", folder_path, name);
    return !path.failed && access(hf_buf_string(&path), F_OK) == 0;
}

/* "shop.pricing" for .../shop/pricing.py, where shop has an __init__.py and its folder has none. */
static const char *module_name(hf_lint_files *f, const char *real, bool *ret_package)
{
    char folder_path[PATH_MAX];
    const char *last = strrchr(real, '/');
    last = last ? last + 1 : real;
    const char *dot = strrchr(last, '.');
    int length = (int)(dot ? dot - last : (long)strlen(last));
    *ret_package = strncmp(last, "__init__.", 9) == 0;
    if (strlen(real) >= sizeof(folder_path))
        return "";
    memcpy(folder_path, real, (size_t)(last - real));
    folder_path[last - real] = 0;
    hf_buf name HF_AUTO(hf_buf_deinit);
    hf_buf_init(&name, 1 << 16);
    if (!*ret_package)
        hf_buf_format(&name, "%.*s", length, last);
    for (char *slash; (slash = strrchr(folder_path, '/'));) {
        *slash = 0; /* first the trailing one, then one folder up at a time */
        const char *own = strrchr(folder_path, '/');
        if (!own || !own[1] || !is_there(folder_path, "__init__.py"))
            break;
        hf_buf longer;
        hf_buf_init(&longer, 1 << 16);
        hf_buf_format(&longer, "%s%s%s", own + 1, name.length ? "." : "", hf_buf_string(&name));
        hf_buf_deinit(&name);
        name = longer;
    }
    return name.failed ? "" : hf_arena_text(&f->arena, hf_buf_string(&name), name.length);
}

static hf_err *add_file(hf_lint_files *f, const char *real, const char *shown)
{
    if (!hf_array_room(&f->items, f->count, &f->capacity))
        return hf_fail_memory();
    hf_lint_file file = {.shown = shown, .is_notebook = has_ending(shown, ".ipynb")};
    file.module = module_name(f, real, &file.is_package);
    if (!file.module)
        return hf_fail_memory();
    f->items[f->count++] = file;
    return NULL;
}

hf_err *hf_lint_files_add_open(hf_lint_files *f, int fd, const char *shown)
{
    const char *own = hf_arena_text(&f->arena, shown, strlen(shown));
    if (!own || !hf_array_room(&f->items, f->count, &f->capacity))
        return hf_fail_memory();
    f->items[f->count++] = (hf_lint_file){.shown = own, .module = "", .fd = fd};
    return NULL;
}

hf_err *hf_lint_files_add_input(hf_lint_files *f, const char *name)
{
    char resolved[PATH_MAX];
    const char *real = name && realpath(name, resolved) ? resolved : name;
    const char *shown = name ? name : "<stdin>";
    shown = hf_arena_text(&f->arena, shown, strlen(shown));
    if (!shown)
        return hf_fail_memory();
    hf_err *err = add_file(f, real ? real : "", shown);
    if (!err)
        f->items[f->count - 1].is_input = true;
    return err;
}

static bool is_source(const char *name)
{
    return has_ending(name, ".py") || has_ending(name, ".pyw") || has_ending(name, ".pyi") ||
           has_ending(name, ".ipynb");
}

static bool is_left_out(const walk *w, const folder *around, const char *real, const char *name,
                        bool is_folder)
{
    if (is_folder && (*name == '.' || strcmp(name, "__pycache__") == 0 ||
                      strcmp(name, "node_modules") == 0 || is_there(real, "pyvenv.cfg")))
        return true;
    return hf_ignore_matches(around->ignore, real, is_folder) ||
           hf_ignore_matches(w->exclude, real, is_folder);
}

static hf_err *push(walk *w, const char *real, const char *shown, const hf_ignore *ignore)
{
    if (!real || !shown || !hf_array_room(&w->waiting, w->waiting_count, &w->waiting_capacity))
        return hf_fail_memory();
    w->waiting[w->waiting_count++] = (folder){real, shown, ignore};
    return NULL;
}

static hf_err *add_entry(walk *w, const folder *around, const hf_ignore *ignore, const char *name)
{
    folder here = *around;
    here.ignore = ignore;
    const char *real = joined(w->files, around->real, name);
    const char *shown = strcmp(around->shown, ".") == 0
                            ? hf_arena_text(&w->files->arena, name, strlen(name))
                            : joined(w->files, around->shown, name);
    struct stat st;
    if (!real || !shown)
        return hf_fail_memory();
    if (lstat(real, &st) < 0)
        return NULL; /* gone meanwhile */
    bool link = S_ISLNK(st.st_mode);
    if (link && stat(real, &st) < 0)
        return is_source(name) ? hf_lint_files_note(w->files, shown, 0, "broken symbolic link")
                               : NULL;
    bool is_folder = S_ISDIR(st.st_mode);
    if ((!is_folder && !is_source(name)) || is_left_out(w, &here, real, name, is_folder))
        return NULL;
    if (is_folder && link)
        return hf_lint_files_note(w->files, shown, 0, "symbolic link to a folder: not followed");
    if (is_folder)
        return push(w, real, shown, ignore);
    return add_file(w->files, real, shown);
}

static hf_err *keep_ignore(walk *w, const char *real, bool in_repository, const hf_ignore *outer,
                           hf_ignore **ret)
{
    if (!hf_array_room(&w->ignores, w->ignore_count, &w->ignore_capacity))
        return hf_fail_memory();
    hf_err *err = hf_ignore_read(real, in_repository, outer, ret);
    if (!err)
        w->ignores[w->ignore_count++] = *ret;
    return err;
}

static hf_err *read_folder(walk *w, folder around)
{
    struct dirent **entries;
    hf_ignore *ignore = NULL;
    hf_err *err = w->no_ignore ? NULL : keep_ignore(w, around.real, true, around.ignore, &ignore);
    if (err)
        return err;
    int count = scandir(around.real, &entries, NULL, alphasort);
    if (count < 0)
        return hf_lint_files_note(w->files, around.shown, 0, "folder that cannot be read: skipped");
    /* Files first, in order; folders go on the stack backwards, so that they come off in order. */
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        if (!err && entries[i]->d_type != DT_DIR && strcmp(name, ".") && strcmp(name, ".."))
            err = add_entry(w, &around, ignore, name);
    }
    for (int i = count; i-- > 0;) {
        const char *name = entries[i]->d_name;
        if (!err && entries[i]->d_type == DT_DIR && strcmp(name, ".") && strcmp(name, ".."))
            err = add_entry(w, &around, ignore, name);
        free(entries[i]);
    }
    free(entries);
    return err;
}

/* Whether a path, of which the first `length` bytes name a folder, lies in a repository at or above
 * that folder. */
static bool is_in_repository(const char *real, size_t length)
{
    char path[PATH_MAX];
    memcpy(path, real, length);
    path[length] = 0;
    for (char *slash; *path; *slash = 0) {
        if (hf_ignore_is_top(path))
            return true;
        slash = strrchr(path, '/');
        if (!slash)
            break;
    }
    return false;
}

/* The patterns of the folders around a path, outermost first. */
static hf_err *read_outer(walk *w, const char *real, const hf_ignore **ret)
{
    char path[PATH_MAX];
    size_t length = strlen(real);
    memcpy(path, real, length + 1);
    for (size_t i = 1; i < length; i++) {
        if (path[i] != '/')
            continue;
        path[i] = 0;
        hf_ignore *ignore;
        hf_err *err = keep_ignore(w, path, is_in_repository(real, i), *ret, &ignore);
        if (err)
            return err;
        *ret = ignore;
        path[i] = '/';
    }
    return NULL;
}

static hf_err *walk_folder(walk *w, const char *real, const char *shown)
{
    const hf_ignore *outer = NULL;
    hf_err *err = w->no_ignore ? NULL : read_outer(w, real, &outer);
    if (!err)
        err = push(w, real, shown, outer);
    while (!err && w->waiting_count)
        err = read_folder(w, w->waiting[--w->waiting_count]);
    return err;
}

hf_err *hf_lint_files_add(hf_lint_files *files, const char *path, const hf_ignore *exclude,
                          bool no_ignore)
{
    char resolved[PATH_MAX];
    struct stat st;
    bool found = stat(path, &st) == 0 && realpath(path, resolved);
    if (!found && errno == ELOOP)
        return hf_lint_files_note(files, path, 0, "symbolic links in a circle: skipped");
    if (!found)
        return hf_fail_sys(errno, "cannot read '%s'", path);
    const char *real = hf_arena_text(&files->arena, resolved, strlen(resolved));
    const char *shown = hf_arena_text(&files->arena, path, strlen(path));
    if (!real || !shown)
        return hf_fail_memory();
    if (!S_ISDIR(st.st_mode))
        return add_file(files, real, shown);
    walk w = {.files = files, .exclude = exclude, .no_ignore = no_ignore};
    hf_err *err = walk_folder(&w, real, shown);
    for (uint32_t i = 0; i < w.ignore_count; i++)
        hf_ignore_free(w.ignores[i]);
    free(w.ignores);
    free(w.waiting);
    return err;
}
