/* agent/mappings.c - mmap and its family, and dlclose(), in place of the C library's: private
 * memory that a program takes from the kernel itself. Files that are mapped are no memory of the
 * program, and what may not be written to is none yet: neither is counted. Nor are address ranges
 * that an allocator of its own reserves and fills as it needs (MAP_NORESERVE), as mimalloc does for
 * the objects of free-threaded CPython, a gigabyte at once. What malloc maps is counted there,
 * since the C library does not come here.
 *
 * A mapping is known by its start. What is unmapped from its start on is counted as freed; a hole
 * in its middle is not noticed. */
#include "agent/live.h"
#include "agent/symbols.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>

#define EXPORT __attribute__((visibility("default")))

static struct {
    void *(*mmap)(void *address, size_t length, int rights, int flags, int fd, off_t offset);
    int (*munmap)(void *address, size_t length);
    void *(*mremap)(void *address, size_t length, size_t wanted, int flags, void *place);
} under;

static bool is_begun(void)
{
    if (HF_LIKELY(__atomic_load_n(&under.mmap, __ATOMIC_ACQUIRE) != NULL))
        return true;
    *(void **)&under.munmap = hf_symbol_under("munmap");
    *(void **)&under.mremap = hf_symbol_under("mremap");
    void *found = hf_symbol_under("mmap");
    __atomic_store_n((void **)&under.mmap, found, __ATOMIC_RELEASE);
    return found != NULL;
}

static void note(void *start, size_t length)
{
    int saved = errno;
    hf_busy = 1;
    if (hf_native_takes(length))
        hf_native_note(hf_native_node(HF_STATE_MAPPING), start, length);
    hf_busy = 0;
    errno = saved;
}

EXPORT void *mmap(void *address, size_t length, int rights, int flags, int fd, off_t offset)
{
    if (!is_begun()) {
        errno = ENOSYS;
        return MAP_FAILED;
    }
    void *start = under.mmap(address, length, rights, flags, fd, offset);
    bool memory = (flags & MAP_ANONYMOUS) && (rights & PROT_WRITE);
    if (start == MAP_FAILED || !memory || !hf_is_on() || hf_busy)
        return start;
    if (flags & MAP_NORESERVE)
        hf_raise_flag(1 << 9); /* HF_TRACED_RESERVED */
    else
        note(start, length);
    return start;
}

EXPORT void *mmap64(void *address, size_t length, int rights, int flags, int fd, off_t offset)
{
    return mmap(address, length, rights, flags, fd, offset);
}

EXPORT int munmap(void *address, size_t length)
{
    if (!is_begun()) {
        errno = ENOSYS;
        return -1;
    }
    uint32_t node = 0;
    uint64_t size = 0;
    bool known = hf_is_on() && !hf_is_over() && hf_live_take((uintptr_t)address, &node, &size);
    int status = under.munmap(address, length);
    if (!known)
        return status;
    if (status) {
        hf_live_set((uintptr_t)address, node, size); /* it is still there */
        return status;
    }
    hf_native_forget(node, size, (uintptr_t)address);
    uint64_t gone = (length + 4095) & ~(uint64_t)4095;
    if (gone < size && !hf_busy) { /* the rest starts behind */
        hf_busy = 1;
        hf_native_note(node, (char *)address + gone, size - gone);
        hf_busy = 0;
    }
    return status;
}

/* A library that goes leaves its addresses to others. */
EXPORT int dlclose(void *library)
{
    static int (*under_dlclose)(void *library);
    int (*go_on)(void *) = __atomic_load_n(&under_dlclose, __ATOMIC_RELAXED);
    if (!go_on) {
        *(void **)&go_on = hf_symbol_under("dlclose");
        __atomic_store_n(&under_dlclose, go_on, __ATOMIC_RELAXED);
    }
    int status = go_on ? go_on(library) : -1;
    if (hf_is_on() && hf_hot.native)
        hf_tree_forget_modules();
    return status;
}

EXPORT void *mremap(void *address, size_t length, size_t wanted, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    void *place = flags & MREMAP_FIXED ? va_arg(more, void *) : NULL;
    va_end(more);
    if (!is_begun() || !under.mremap) {
        errno = ENOSYS;
        return MAP_FAILED;
    }
    uint32_t node = 0;
    uint64_t size = 0;
    bool known = hf_is_on() && !hf_is_over() && hf_live_take((uintptr_t)address, &node, &size);
    void *start = under.mremap(address, length, wanted, flags, place);
    if (known && start == MAP_FAILED) {
        hf_live_set((uintptr_t)address, node, size);
    } else if (known) {
        if (!hf_busy)
            note(start, wanted);
        hf_native_forget(node, size, (uintptr_t)address);
    }
    return start;
}
