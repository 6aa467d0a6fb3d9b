/* present/cli/discretion.h - heaps hold secrets: no core dump of ours, nobody else may read our
 * memory, and no file that we make is for others. A program that we start is none of ours: it gets
 * back what we were given. */
#ifndef HF_PRESENT_CLI_DISCRETION_H
#define HF_PRESENT_CLI_DISCRETION_H

void hf_discretion_begin(void);

/* In a child that is about to become another program. */
void hf_discretion_undo(void);

#endif
