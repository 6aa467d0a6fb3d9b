/* present/cli/progress.c - see present/cli/progress.h. */
#include "present/cli/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BAR_WIDTH = 30, PATIENCE = 1 /* seconds without a bar */ };

/* There is one terminal, so there is one bar. */
static struct {
    const char *label;
    double begun, drawn_at;
    bool drawn;
} bar;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

void hf_progress_begin(const char *label)
{
    hf_progress_clear();
    bar.label = label;
    bar.begun = now();
    bar.drawn_at = 0;
}

void hf_progress_at_once(void)
{
    bar.begun -= PATIENCE;
}

static bool on_terminal(void)
{
    static int known = -1;
    if (known < 0)
        known = isatty(STDERR_FILENO);
    return known;
}

void hf_progress_update(uint64_t done, uint64_t total)
{
    if (!bar.label || !on_terminal())
        return;
    double time = now();
    if (time - bar.begun < PATIENCE || time - bar.drawn_at < 0.1)
        return;
    bar.drawn_at = time;
    bar.drawn = true;
    if (!total) {
        fprintf(stderr, "\r\033[K%s ...", bar.label);
        return;
    }
    double share = done < total ? (double)done / (double)total : 1;
    char filled[BAR_WIDTH + 1];
    memset(filled, '.', BAR_WIDTH);
    memset(filled, '#', (size_t)(share * BAR_WIDTH));
    filled[BAR_WIDTH] = 0;
    fprintf(stderr, "\r\033[K%-28s [%s] %3.0f %%", bar.label, filled, share * 100);
}

void hf_progress_clear(void)
{
    if (bar.drawn)
        fputs("\r\033[K", stderr);
    bar.drawn = false;
}
