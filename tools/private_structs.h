/* tools/private_structs.h - structs that CPython keeps inside one of its .c files.
 *
 * Declared anew here, member for member as far as the tool needs them, so that the compiler lays
 * them out as CPython's own does. Read by the probe of gen_layouts.py only, after Python.h and the
 * internal headers. Each says which source file it mirrors; #if PY_VERSION_HEX where it changed. */

#if PY_VERSION_HEX < 0x030b0000
/* Objects/dict-common.h, 3.9 and 3.10 */
typedef struct {
    Py_hash_t me_hash;
    PyObject *me_key;
    PyObject *me_value;
} PyDictKeyEntry;
#endif
