/* acquire/core_expand.h - unpacks a core file that is a sequence of zstd frames: ours, or one of
 * systemd-coredump. */
#ifndef HF_ACQUIRE_CORE_EXPAND_H
#define HF_ACQUIRE_CORE_EXPAND_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* Writes what the frames hold to fd, an empty file, leaving pages of zeros out of it, and at most
 * `room` bytes: what a stranger has packed may be any size. Needs no system call but lseek and
 * write. HF_ERR_DAMAGED: the frames make no sense, or end early; HF_ERR_NOT_OURS: they hold no core
 * file. */
hf_err *hf_core_expand(const uint8_t *bytes, size_t size, int fd, uint64_t room);

#endif
