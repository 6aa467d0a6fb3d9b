/* present/cli/track.h - types over several snapshots. */
#ifndef HF_PRESENT_CLI_TRACK_H
#define HF_PRESENT_CLI_TRACK_H

#include "present/cli/session.h"

/* Whether the command line asks for it. */
bool hf_track_is_asked(const hf_arguments *a);
hf_err *hf_track(hf_session *s);

#endif
