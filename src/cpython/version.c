/* cpython/version.c - which version of CPython a process runs.
 *
 * From 3.11 on it is an exported number, Py_Version. Before, only sys.hexversion says it, and a
 * layout is needed to get there. So each row of those versions whose runtime has the size found is
 * followed to the dict of sys; the number there is believed only where it names the minor version
 * of the row. What is found chooses rows, and these are proved as any other. */
#include "cpython/dict_keys.h"
#include "cpython/runtime.h"

#include <string.h>

enum { HEADER_MAX = 64, ENTRIES_MAX = 4096, VERSION_3_11 = 0x030b0000 };

static uint64_t u64_or_0(hf_target *t, uint64_t address)
{
    uint64_t v;
    return hf_target_read(t, address, &v, sizeof(v)) ? v : 0;
}

static uint64_t member(hf_target *t, uint64_t address, int32_t place)
{
    return address ? u64_or_0(t, address + (uint64_t)place) : 0;
}

/* True where the str object at `address` is the ASCII text `wanted`. */
static bool says(hf_target *t, const hf_layout *l, uint64_t address, const char *wanted)
{
    char text[16];
    size_t length = strlen(wanted);
    return member(t, address, l->unicode_length) == length && length < sizeof(text) &&
           hf_target_read(t, address + (uint64_t)l->unicode_ascii_size, text, length + 1) &&
           !memcmp(text, wanted, length + 1);
}

/* The value of an int object of one digit, else 0. */
static uint32_t small_int(hf_target *t, const hf_layout *l, uint64_t address)
{
    uint32_t digit;
    return member(t, address, l->var_object_ob_size) == 1 &&
                   hf_target_read(t, address + (uint64_t)l->long_ob_digit, &digit, sizeof(digit))
               ? digit
               : 0;
}

static uint32_t hexversion(hf_target *t, const hf_layout *l, uint64_t runtime)
{
    uint64_t interpreter = member(t, runtime, l->runtime_interpreters_main);
    uint64_t keys = member(t, member(t, interpreter, l->interpreter_sysdict), l->dict_ma_keys);
    uint8_t bytes[HEADER_MAX];
    hf_keys_header header;
    if (!keys || l->dict_keys_size > HEADER_MAX ||
        !hf_target_read(t, keys, bytes, (size_t)l->dict_keys_size) ||
        !hf_keys_header_read(l, bytes, &header) || header.used > ENTRIES_MAX)
        return 0;
    uint64_t entry = keys + (uint64_t)l->dict_keys_dk_indices + header.index_bytes;
    for (uint64_t i = 0; i < header.used; i++, entry += (uint64_t)l->dict_entry_size)
        if (says(t, l, member(t, entry, l->dict_entry_me_key), "hexversion"))
            return small_int(t, l, member(t, entry, l->dict_entry_me_value));
    return 0;
}

uint32_t hf_version_find(hf_target *t, uint64_t runtime, uint64_t runtime_size)
{
    uint64_t at = hf_target_symbol(t, "Py_Version", NULL), version = 0;
    if (at)
        return hf_target_read(t, at, &version, sizeof(version)) && version >> 24 == 3
                   ? (uint32_t)version
                   : 0;
    for (size_t i = 0; i < hf_layout_count; i++) {
        const hf_layout *l = &hf_layouts[i];
        if (l->first_version >= VERSION_3_11 ||
            (runtime_size && runtime_size != (uint64_t)l->runtime_size))
            continue;
        version = hexversion(t, l, runtime);
        if (version >> 16 == l->first_version >> 16)
            return (uint32_t)version;
    }
    return 0;
}
