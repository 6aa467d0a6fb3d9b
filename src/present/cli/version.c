#include "present/cli/version.h"

#include "acquire/demangle.h"
#include "base/cleanup.h"
#include "cpython/debug_info.h"
#include "cpython/layout.h"

#include <string.h>
#include <xxhash.h>
#include <zstd.h>

/* The build tells these of itself. */
#ifndef HF_BUILD_TYPE
#define HF_BUILD_TYPE "unknown build type"
#endif
#ifndef HF_BUILD_SANITIZE
#define HF_BUILD_SANITIZE ""
#endif
#ifndef HF_BUILD_STATIC
#define HF_BUILD_STATIC 0
#endif

#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

#define TEXT_OF(number)  #number
#define VERSION_OF(a, b) TEXT_OF(a) "." TEXT_OF(b)
#ifdef __GLIBC__
#define LIBC "glibc " VERSION_OF(__GLIBC__, __GLIBC_MINOR__)
#else
#define LIBC "a libc that is not glibc"
#endif

#ifdef HF_WITH_LINT
#define LINT "with the parser of tree-sitter-python"
#else
#define LINT "left out: the sources of its parser were not there"
#endif

enum { COLUMN = 13, WIDTH = 88 };

static void print_row(hf_text *t, const char *name, const char *value)
{
    hf_text_print(t, "  %-*s", COLUMN - 2, name);
    hf_text_fill(t, value, COLUMN, WIDTH);
}

static void print_layouts(hf_text *t)
{
    hf_buf names HF_AUTO(hf_buf_deinit) = {0};
    hf_buf_text(&names, "CPython ");
    for (size_t i = 0; i < hf_layout_count; i++) {
        const hf_layout *l = &hf_layouts[i];
        if (!i || strcmp(l->name, hf_layouts[i - 1].name) != 0) /* two builds may have one name */
            hf_buf_format(&names, "%s%s", i ? ", " : "", l->name);
    }
    hf_buf_text(&names, " (d: debug, t: free-threaded)");
    print_row(t, "layouts", hf_buf_string(&names));
}

void hf_version_print(hf_text *t)
{
    hf_text_print(t, "holdfast %s\n", HF_VERSION);
    print_row(t, "source", hf_build_source);
    print_row(t, "compiler", COMPILER ", " HF_BUILD_TYPE HF_BUILD_SANITIZE);
    print_row(t, "linked", HF_BUILD_STATIC ? "statically, with " LIBC : "dynamically, with " LIBC);
    hf_buf libraries HF_AUTO(hf_buf_deinit) = {0};
    hf_buf_format(&libraries, "zstd %s, xxHash %d.%d.%d", ZSTD_versionString(), XXH_VERSION_MAJOR,
                  XXH_VERSION_MINOR, XXH_VERSION_RELEASE);
    if (hf_debug_info_reader())
        hf_buf_format(&libraries, ", %s", hf_debug_info_reader());
    if (hf_demangler())
        hf_buf_format(&libraries, ", %s", hf_demangler());
    print_row(t, "libraries", hf_buf_string(&libraries));
    print_row(t, "looks at", "processes of x86-64 Linux: by fork, live, stopped");
    print_row(t, "lint", LINT);
    print_layouts(t);
}
