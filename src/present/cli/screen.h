/* present/cli/screen.h - a terminal that is drawn on again and again.
 *
 * While it is begun, the terminal shows another page than before, without a cursor, and keys come
 * one by one. It is as it was again when the program ends, in whatever way but SIGKILL, and while
 * it is stopped (Ctrl-Z). */
#ifndef HF_CLI_SCREEN_H
#define HF_CLI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

/* True where standard output is a terminal that can be drawn on. */
bool hf_screen_is_one(void);

/* Once; hf_screen_end() may be called without. */
void hf_screen_begin(void);
void hf_screen_end(void);

typedef struct hf_screen_size {
    size_t rows, columns; /* 0: not known */
} hf_screen_size;

hf_screen_size hf_screen_size_now(void);

/* Replaces what is shown: lines, of which those that have no room are left out. */
void hf_screen_draw(const char *text, size_t length, size_t rows);

/* True once after the terminal has got another size, or was given back to us. */
bool hf_screen_was_resized(void);

/* The next key, or 0 after so many milliseconds, or when something else has happened. */
int hf_screen_key(int milliseconds);

#endif
