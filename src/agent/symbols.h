/* agent/symbols.h - functions and variables of the process by name.
 *
 * Not dlsym(): that may allocate, while we are looking for the allocator; and it has moved from one
 * library to another in glibc 2.34, so that what is built there would not load in older ones. */
#ifndef HF_AGENT_SYMBOLS_H
#define HF_AGENT_SYMBOLS_H

/* In the order in which the loader looks; NULL where there is none. */
void *hf_symbol(const char *name);

/* The same without what is before us and ourselves: what we stand in for. */
void *hf_symbol_under(const char *name);

#endif
