/* acquire/core_write.h - writes the memory of a process as a core file, compressed, as it comes.
 *
 * The file is an ELF core file in zstd frames: `zstd -d` makes of it what gdb, drgn and any other
 * reader of core files takes, and our own reader takes both. Unpacked it is
 *
 *     ELF header, program headers | memory, range after range | notes
 *
 * and the first frame, which holds the headers, is stored and not compressed: it keeps its size
 * when it is written again at the end, when it is known how long the notes are. Frames are
 * independent and hold a megabyte each; long stretches of zeros are frames made once.
 *
 * Memory: the headers (56 bytes for each mapping), a megabyte of memory, the same compressed, and
 * what zstd needs at its fastest level: less than 16 MB. */
#ifndef HF_ACQUIRE_CORE_WRITE_H
#define HF_ACQUIRE_CORE_WRITE_H

#include "acquire/maps.h"
#include "acquire/selection.h"
#include "base/buf.h"

typedef struct hf_core_writer hf_core_writer;

/* fd: an empty regular file, open for writing, the caller's. */
hf_err *hf_core_writer_new(int fd, hf_core_writer **ret);
void hf_core_writer_free(hf_core_writer *w); /* NULL is fine */

/* Begins anew, with what is mapped and what of it will be written; both must outlive
 * the writing. */
hf_err *hf_core_writer_begin(hf_core_writer *w, const hf_maps *maps, const hf_selection *selection);

/* Memory at an offset of the selection, which never goes back. What is passed over is zeros. */
hf_err *hf_core_writer_put(hf_core_writer *w, uint64_t offset, const void *bytes, size_t n);

/* Ends the memory, writes the notes and, last, the headers. auxv: the bytes of /proc/PID/auxv. */
hf_err *hf_core_writer_finish(hf_core_writer *w, const hf_target_info *info,
                              const hf_freeze_info *freeze, const hf_buf *auxv);

/* The notes alone. (core_write_notes.c) */
void hf_core_write_notes(const hf_maps *maps, const hf_target_info *info,
                         const hf_freeze_info *freeze, const hf_buf *auxv, hf_buf *ret);

#endif
