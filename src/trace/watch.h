/* trace/watch.h - follows the processes of a traced run from outside, by their state files, and
 * makes the capture at the end.
 *
 * The owner calls hf_watch_tick() every 20 ms or so. Processes are found as their files appear in
 * the folder, read about every 100 ms (more rarely when that takes long: at most 2 % of a
 * processor), and taken up when they have ended. Nothing is stopped and nobody is asked. */
#ifndef HF_TRACE_WATCH_H
#define HF_TRACE_WATCH_H

#include "base/cleanup.h"
#include "trace/capture.h"

typedef struct hf_watch hf_watch;

/* Bytes resident of a process; 0 where that cannot be told. The process states its pid itself: what
 * is told may be nonsense, no more. */
typedef uint64_t hf_watch_resident(int64_t pid);

/* `folder` holds the states and must be private. The caller owns *ret. resident: NULL
 * tells nothing. */
hf_err *hf_watch_new(const char *folder, hf_watch_resident *resident, hf_watch **ret);
void hf_watch_free(hf_watch *w); /* NULL is fine; files that are left are left */
HF_RELEASE_BY(hf_watch, hf_watch_free)

hf_err *hf_watch_tick(hf_watch *w);

/* Takes all up, also processes that have not ended, removes their files, and hands the capture
 * over. Fails with HF_ERR_NOT_PYTHON where there was no process to be traced. */
hf_err *hf_watch_finish(hf_watch *w, hf_capture **ret);

/* What a run that goes on has recorded so far: the same capture, but nothing is removed. The watch
 * is void behind it: this is for a copy of the watcher that fork() has made. */
hf_err *hf_watch_so_far(hf_watch *w, hf_capture **ret);

/* The same from the states alone, where nobody follows them or answers: without a timeline,
 * and without processes that were taken up already. Changes nothing; processes may be of
 * another pid namespace. */
hf_err *hf_watch_look(const char *folder, hf_capture **ret);

/* Of one state alone, what its program has allocated in a block of its own (HF_STATE_BLOCK). The
 * peak is what of it was held at the peak of the process. Changes nothing. */
hf_err *hf_watch_block(int fd, const char *name, uint32_t block, hf_capture **ret);

/* Makes a capture of states that nobody follows any more, and removes them. Fails with
 * HF_ERR_REFUSED, and changes nothing, while one of their processes still runs. */
hf_err *hf_watch_recover(const char *folder, hf_capture **ret);

#endif
