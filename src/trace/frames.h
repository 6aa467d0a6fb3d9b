/* trace/frames.h - each frame once, named by a number: for what makes profiles of nodes. */
#ifndef HF_TRACE_FRAMES_H
#define HF_TRACE_FRAMES_H

#include "base/map.h"
#include "trace/profile.h"

typedef struct hf_frames {
    const hf_capture *capture;
    hf_profile_options options;
    hf_map numbers;
    hf_frame *rows;  /* number 0 is the frame that is not shown */
    bool *imports;   /* of each code: it is of the import system */
    uint32_t *codes; /* of each code: the first of its file and name, where frames are functions */
    size_t count, room;
} hf_frames;

/* The options are copied. Released with hf_frames_deinit(), after failure too. */
hf_err *hf_frames_init(hf_frames *f, const hf_capture *c, const hf_profile_options *options);
void hf_frames_deinit(hf_frames *f);

/* The number of a node's frame; 0 where it is not to be seen. False without memory. */
bool hf_frames_of(hf_frames *f, const hf_node *n, uint32_t *ret);

#endif
