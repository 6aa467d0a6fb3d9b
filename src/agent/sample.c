/* agent/sample.c - see agent/sample.h. The library of mathematics is not ours to load. */
#include "agent/sample.h"

#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LN2 0.6931471805599453

/* The natural logarithm of 0 < x <= 1: of the power of two, and a series for the rest. */
static double logarithm(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof(bits));
    int exponent = (int)(bits >> 52) - 1022;
    bits = (bits & 0xfffffffffffff) | (uint64_t)1022 << 52;
    double m; /* from 0.5 to 1 */
    memcpy(&m, &bits, sizeof(m));
    if (m < 0.7071067811865476) {
        m *= 2;
        exponent--;
    }
    double s = (m - 1) / (m + 1), square = s * s, power = s, sum = 0;
    for (int i = 1; i < 20; i += 2, power *= square)
        sum += power / i;
    return exponent * LN2 + 2 * sum;
}

/* 1 - exp(-x) of x >= 0. */
static double chance(double x)
{
    if (x > 40)
        return 1;
    double term = 1, sum = 0;
    if (x < 0.5) { /* 1 would swallow it */
        for (int i = 1; i < 14; i++) {
            term *= -x / i;
            sum -= term;
        }
        return sum;
    }
    int halvings = 0;
    for (; x >= 0.5; halvings++)
        x /= 2;
    double inverse = 1 - chance(x);
    for (; halvings; halvings--)
        inverse *= inverse;
    return 1 - inverse;
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1d;
}

static int64_t draw(hf_countdown *c)
{
    double x = ((double)(next_random(&c->random) >> 11) + 0.5) / 9007199254740992.0;
    return (int64_t)(-logarithm(x) * (double)hf_hot.sample) + 1;
}

static void start(hf_countdown *c)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    uint64_t seed = (uint64_t)t.tv_nsec * 0x9e3779b97f4a7c15 ^ (uint64_t)(uintptr_t)c ^
                    (uint64_t)getpid() << 32 ^ (uint64_t)t.tv_sec << 20;
    *c = (hf_countdown){.random = seed ? seed : 1, .started = 1};
    for (int i = 0; i < 8; i++)
        next_random(&c->random);
    c->left = draw(c) - 1;
}

bool hf_sample_takes(hf_countdown *c, size_t size)
{
    if (!c->started)
        start(c);
    int64_t bytes = size < 1 ? 1 : size > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)size;
    c->really = (c->watched ? c->really : c->left + 1) - bytes;
    bool takes = c->really <= 0;
    if (takes) {
        c->really = draw(c);
        c->watched = HF_WATCHED;
    } else if (c->watched) {
        c->watched--;
    }
    c->left = (c->watched ? 0 : c->really) - 1;
    return takes;
}

hf_weight hf_sample_weight(uint64_t size, uintptr_t block)
{
    double p = chance((double)(size ? size : 1) / (double)hf_hot.sample), blocks = 1 / p;
    uint64_t whole = (uint64_t)blocks, mixed = (block >> 4) * 0x9e3779b97f4a7c15;
    bool more = (double)(mixed >> 11) / 9007199254740992.0 < blocks - (double)whole;
    return (hf_weight){(uint64_t)((double)size / p + 0.5), whole + more};
}
