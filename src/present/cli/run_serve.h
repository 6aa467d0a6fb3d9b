/* present/cli/run_serve.h - `holdfast run` tells others what it has recorded so far.
 *
 * In the private folder of the run lies a socket. Whoever connects gets a capture, which a
 * copy of the runner writes (fork), so that the run is watched on meanwhile. Nothing is read
 * from whoever asks. */
#ifndef HF_CLI_RUN_SERVE_H
#define HF_CLI_RUN_SERVE_H

#include "trace/watch.h"

#include <sys/types.h>

#define HF_RUN_SOCKET "live"

enum { HF_RUN_ANSWERS = 4 };

typedef struct hf_run_server {
    int folder, fd;                /* -1: nobody can ask */
    pid_t answers[HF_RUN_ANSWERS]; /* copies at work; 0: none */
} hf_run_server;

/* `folder` is open, and stays the caller's. Without a socket the run goes on as well. */
hf_run_server hf_run_server_begin(int folder);
void hf_run_server_end(hf_run_server *s);

/* Answers whoever has asked meanwhile; never waits. */
void hf_run_server_tick(hf_run_server *s, hf_watch *w);

/* Asks the run of an open folder, and waits for at most some seconds for each piece. Fails with
 * HF_ERR_NOT_FOUND where nobody answers. The caller owns *ret. */
hf_err *hf_run_ask(int folder, const char *name, hf_capture **ret);

#endif
