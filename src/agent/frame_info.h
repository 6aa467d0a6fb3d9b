/* agent/frame_info.h - what a compiler has written down of one instruction: where its
 * caller's registers are. */
#ifndef HF_AGENT_FRAME_INFO_H
#define HF_AGENT_FRAME_INFO_H

#include "agent/modules.h"
#include "agent/rules.h"

/* The rule of the instruction at `address`, of a module that has it; *ret_start is where its
 * function starts, 0 where nothing is known. */
hf_rule hf_frame_info(const hf_module *m, uintptr_t address, uintptr_t *ret_start);

#endif
