/* base/err.h - why a request failed.
 *
 * A function that can fail returns `hf_err *`: NULL is success, and its result goes through the
 * last parameter, `ret`, which is untouched on failure. The message names the thing that failed:
 * a path, a pid, an address. Running out of memory needs no memory to be reported.
 *
 * This is for requests only. One unreadable object in a heap is data: it is counted, not raised.
 * A mistake of ours is an assert(). */
#ifndef HF_BASE_ERR_H
#define HF_BASE_ERR_H

typedef enum hf_err_code {
    HF_ERR_NO_MEMORY = 1,
    HF_ERR_SYSTEM,      /* a system call failed; see hf_err_errno() */
    HF_ERR_USAGE,       /* nonsense arguments */
    HF_ERR_NO_PROCESS,  /* no such pid */
    HF_ERR_PERMISSION,  /* we may not look at it */
    HF_ERR_NOT_PYTHON,  /* the process runs no CPython */
    HF_ERR_UNPROVEN,    /* a CPython whose layout could not be proved */
    HF_ERR_TARGET_GONE, /* the process ended while we looked */
    HF_ERR_REFUSED,     /* it could be done, but not within what the user allowed */
    HF_ERR_NOT_OURS,    /* a file that is no snapshot, no capture, no core file */
    HF_ERR_NEWER,       /* a file of a newer format */
    HF_ERR_DAMAGED,     /* a file that is cut off or altered */
    HF_ERR_NOT_FOUND,   /* no such object, type or path in a snapshot */
    HF_ERR_INTERRUPTED, /* the user asked us to stop */
} hf_err_code;

typedef struct hf_err hf_err;

/* Returns an error that the caller owns; never NULL. The message is cut at 1,023 bytes. */
hf_err *hf_fail(hf_err_code code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for a failed system call: appends strerror(errnum). ESRCH becomes HF_ERR_NO_PROCESS,
 * EPERM and EACCES HF_ERR_PERMISSION, ENOMEM HF_ERR_NO_MEMORY, all others HF_ERR_SYSTEM. */
hf_err *hf_fail_sys(int errnum, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The static out-of-memory error; hf_err_free() leaves it alone. */
hf_err *hf_fail_memory(void);

hf_err_code hf_err_code_of(const hf_err *err);
int hf_err_errno(const hf_err *err);           /* 0 where no system call was involved */
const char *hf_err_message(const hf_err *err); /* lives as long as the error */
void hf_err_free(hf_err *err);                 /* NULL is fine */

#endif
