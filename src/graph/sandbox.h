/* graph/sandbox.h - work on an attacker's bytes, done by a child process that has nothing to lose.
 *
 * What a target's memory says is decoded by a child with no privileges, no capabilities, no open
 * file but the one it writes to and one that memory comes from, and no system call but those for
 * memory and these files. It cannot be dumped or gain rights, dies with its parent, and offers
 * itself to the kernel first when memory runs out. One that does nothing any more is ended, and one
 * that does just enough to live on. Whatever happens to it is an error of the request, with a text:
 * HF_ERR_NO_MEMORY where it was killed, since nobody but the kernel kills it. */
#ifndef HF_GRAPH_SANDBOX_H
#define HF_GRAPH_SANDBOX_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { HF_SANDBOX_BODY_MAX = 1 << 20 };

/* Of the child, to its parent. */
typedef struct hf_sandbox_link {
    int fd;
    uint64_t last_progress; /* done, when it was last told */
} hf_sandbox_link;

typedef struct hf_sandbox {
    uid_t uid; /* whom to become when we are root and this is not */
    gid_t gid;
    int fd;            /* stays open in the child; -1: none */
    int source;        /* likewise: one that memory comes from; 0: none */
    unsigned seconds;  /* of processor time, then it is killed; 0: without limit */
    unsigned patience; /* seconds in which it does nothing, then it is killed; 0: a minute */
    unsigned life;     /* seconds, whatever it does, then it is killed; 0: without limit */
    /* What it waits for a disk is no time in which it does nothing. Not where somebody's copy waits
     * for it: a process may have mapped files of a file system of its own, which never answers. */
    bool is_of_file;
    uint64_t memory; /* bytes that it may ask for; 0: without limit */
    uint64_t file;   /* bytes that it may write into fd; 0: without limit */
    /* Runs in the child; what it appends to `answer` is handed to the parent. */
    hf_err *(*work)(void *context, hf_sandbox_link *link, hf_buf *answer);
    void (*progress)(void *context, uint64_t done, uint64_t total); /* runs in the parent */
    /* Runs in the parent, for each hf_sandbox_call(): `body` is a stranger's; what it sends by
     * hf_sandbox_send() is what the child receives. NULL: there are no calls. */
    void (*call)(void *context, int fd, const uint8_t *body, size_t length);
    /* Runs in the parent, now and then: true ends the child. NULL: never. */
    bool (*interrupted)(void *context);
    void *context;
} hf_sandbox;

/* The error is the child's own, or says how it ended. `answer` holds a stranger's bytes. */
hf_err *hf_sandbox_run(const hf_sandbox *s, hf_buf *answer);

/* Whether a thread of a process waits for what nothing but a disk gives, as for a page
 * of a file that is mapped. */
bool hf_sandbox_waits_for_disk(pid_t pid);

/* In the child: hands progress to the parent, at most every few thousand steps. */
void hf_sandbox_progress(hf_sandbox_link *link, uint64_t done, uint64_t total);

/* In the child: hands a message of at most HF_SANDBOX_BODY_MAX bytes to the parent's `call`, whose
 * answer is received piece by piece. False when the parent is gone. */
bool hf_sandbox_call(hf_sandbox_link *link, const void *body, size_t length);
bool hf_sandbox_receive(hf_sandbox_link *link, void *to, size_t length);

/* The same for what is there, at least a byte: how many; 0 when the parent is gone. */
size_t hf_sandbox_receive_some(hf_sandbox_link *link, void *to, size_t length);

/* In the parent, within `call`. False when the child is gone. */
bool hf_sandbox_send(int fd, const void *bytes, size_t length);

/* In the child, from now on: only the calls that decoding needs, EPERM for all others. Needs
 * PR_SET_NO_NEW_PRIVS. (sandbox_filter.c) */
hf_err *hf_sandbox_filter(void);

/* Whether the kernel filters calls: else a child could leave another one behind,
 * which lives on after it. */
bool hf_sandbox_has_filter(void);

#endif
