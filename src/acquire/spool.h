/* acquire/spool.h - the unnamed file that copied memory goes to.
 *
 * It has no name from the start (O_TMPFILE; else it loses it at once), mode 0600, and so vanishes
 * with the tool however that ends. It is sparse: what was not resident takes no room. */
#ifndef HF_ACQUIRE_SPOOL_H
#define HF_ACQUIRE_SPOOL_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hf_spool {
    int fd;
    char *folder; /* for messages */
    bool is_written;
} hf_spool;

/* Where temporary files go: $TMPDIR; else the first that we may write of /var/tmp, /tmp (which is
 * often memory), the current folder and /dev/shm, since a bare container may have few of them. */
const char *hf_spool_folder(void);

/* folder NULL: hf_spool_folder(). `expected`: bytes about to
 * be written; fails early where they cannot fit. The caller calls hf_spool_close(). */
hf_err *hf_spool_open(const char *folder, uint64_t expected, hf_spool *ret);
void hf_spool_close(hf_spool *s);

/* Empties it, so that what an earlier try wrote does not shine through the holes. */
hf_err *hf_spool_clear(hf_spool *s);

hf_err *hf_spool_write(hf_spool *s, uint64_t offset, const void *bytes, size_t n);

/* Sets the size, then maps it all for reading; it may then be closed. The caller unmaps *ret. */
hf_err *hf_spool_map(hf_spool *s, uint64_t size, void **ret);

#endif
