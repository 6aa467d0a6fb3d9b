/* trace/native_askers.c - see trace/native_askers.h. */
#include "trace/native_askers.h"

#include "base/cleanup.h"

#include <string.h>

/* Where a thread or a program starts, what could not be followed, and functions of C libraries,
 * GLib, OpenSSL, SQLite and NumPy that allocate for whoever calls them. */
static const char *const helpers[] = {
    "?",
    "_start",
    "main",
    "start_thread",
    "clone",
    "clone3",
    "__clone",
    "__clone3",
    "__libc_start_main",
    "__libc_start_main_impl",
    "__libc_start_call_main",
    "strdup",
    "strndup",
    "__strdup",
    "__strndup",
    "g_malloc",
    "g_malloc0",
    "g_realloc",
    "CRYPTO_malloc",
    "CRYPTO_zalloc",
    "CRYPTO_realloc",
    "sqlite3MemMalloc",
    "sqlite3MemRealloc",
    "sqlite3Malloc",
    "sqlite3Realloc",
    "default_malloc",
    "default_calloc",
    "default_realloc",
    "npy_alloc_cache",
    "npy_alloc_cache_zero",
    "_npy_alloc_cache",
    "PyDataMem_NEW",
    "PyDataMem_NEW_ZEROED",
    "PyDataMem_UserNEW",
    "PyDataMem_UserNEW_ZEROED",
    "PyDataMem_UserRENEW",
};

/* Names of the linker: operator new, namespaces std, __gnu_cxx and __cxxabiv1 of C++ (Itanium
 * C++ ABI, 5.1.2). */
static const char *const cpp_libraries[] = {"_Znw",           "_Zna",           "_ZSt",
                                            "_ZNSt",          "_ZNKSt",         "_ZN9__gnu_cxx",
                                            "_ZNK9__gnu_cxx", "_ZN10__cxxabiv1"};

/* Crates of Rust's standard library, in demangled names. */
static const char *const rust_libraries[] = {
    "alloc::", "core::",       "std::",   "hashbrown::", "<alloc::",    "<core::",
    "<std::",  "<hashbrown::", "__rust_", "__rdl_",      "__rustc::__r"};

static bool starts_with_one(const char *text, const char *const *starts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(text, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

/* "_ZN...17h0123456789abcdefE", or a name of the newer kind. */
static bool is_rust(const char *symbol, size_t length)
{
    enum { HASH = 20 };
    return strncmp(symbol, "_R", 2) == 0 ||
           (length > HASH && strncmp(symbol + length - HASH, "17h", 3) == 0);
}

bool hf_is_interpreter(const char *binary)
{
    const char *slash = strrchr(binary, '/');
    const char *name = slash ? slash + 1 : binary;
    name += strncmp(name, "lib", 3) == 0 ? 3 : 0;
    return strncmp(name, "python3", 7) == 0;
}

static bool is_helper(const hf_capture *c, const hf_code *code)
{
    const char *name = hf_strtab_get(&c->texts, code->name);
    const char *symbol = hf_strtab_get(&c->texts, code->symbol);
    bool rust = is_rust(symbol, hf_strtab_length(&c->texts, code->symbol)) || !*symbol;
    for (size_t i = 0; i < sizeof(helpers) / sizeof(*helpers); i++)
        if (strcmp(name, helpers[i]) == 0)
            return true;
    if (!rust &&
        starts_with_one(symbol, cpp_libraries, sizeof(cpp_libraries) / sizeof(*cpp_libraries)))
        return true;
    if (rust &&
        starts_with_one(name, rust_libraries, sizeof(rust_libraries) / sizeof(*rust_libraries)))
        return true;
    return hf_is_interpreter(hf_strtab_get(&c->texts, hf_code_binary(code)));
}

hf_err *hf_native_askers(const hf_capture *c, uint32_t **ret)
{
    HF_AUTO(hf_freep) bool *helping = malloc((c->code_count + 1) * sizeof(*helping));
    uint32_t *askers = malloc((c->node_count + 1) * sizeof(*askers));
    if (!helping || !askers) {
        free(askers);
        return hf_fail_memory();
    }
    for (size_t i = 0; i < c->code_count; i++)
        helping[i] = is_helper(c, &c->codes[i]);
    for (uint32_t i = 0; i < c->node_count; i++) {
        const hf_node *n = &c->nodes[i];
        bool starts_anew = n->kind == HF_NODE_PYTHON || n->parent == HF_NODE_NONE;
        askers[i] = starts_anew ? HF_NODE_NONE : askers[n->parent];
        if (n->kind == HF_NODE_FUNCTION && !helping[n->code])
            askers[i] = i;
    }
    *ret = askers;
    return NULL;
}

bool hf_has_native_calls(const hf_capture *c)
{
    for (size_t i = 0; i < c->node_count; i++)
        if (c->nodes[i].kind == HF_NODE_FUNCTION)
            return true;
    return false;
}
