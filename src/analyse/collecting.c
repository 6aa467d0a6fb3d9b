#include "analyse/collecting.h"

#include <string.h>

/* What waits is worth a word from here on. */
enum { NOTABLE_BYTES = 1 << 20, NOTABLE_SHARE = 20, MANY_FULL = 20, LARGE_HEAP = 100000 };

/* Thresholds that a version starts with: Modules/gcmodule.c up to 3.12, Python/gc.c
 * from 3.13 on. */
static void default_thresholds(const hf_python_info *python, uint32_t ret[3])
{
    bool incremental = python->collector.kind == HF_COLLECTOR_INCREMENTAL;
    ret[0] = python->version_hex >= 0x030d0000 ? 2000 : 700;
    ret[1] = 10;
    ret[2] = incremental ? 0 : 10;
}

static uint64_t left(uint32_t threshold, uint32_t count)
{
    return threshold >= count ? (uint64_t)threshold - count + 1 : 0;
}

/* With generations (3.9 to 3.13, 3.14.5 on): generation n + 1 is collected when more than its
 * threshold of collections of generation n have been; the last one moreover only when what has
 * survived since is more than a quarter of what survived the last time. Free-threaded: one
 * generation, and a quarter of what lives must be new. */
static void foretell(const hf_python_info *p, hf_collecting *c)
{
    const uint32_t *threshold = p->gc_threshold, *count = p->gc_count;
    const hf_collector_info *collector = &p->collector;
    c->until_young = left(threshold[0], count[0]);
    if (collector->kind == HF_COLLECTOR_INCREMENTAL || !p->gc_enabled || !threshold[0])
        return;
    c->full_is_scheduled = true;
    uint64_t quarter = collector->long_lived_total / 4;
    if (collector->kind == HF_COLLECTOR_FREE_THREADED) {
        uint64_t needed = threshold[1] && quarter > threshold[0] ? quarter : threshold[0];
        c->until_young = c->until_full = needed >= count[0] ? needed - count[0] + 1 : 0;
        return;
    }
    uint64_t young = left(threshold[1], count[1]), middle = left(threshold[2], count[2]);
    uint64_t collections = young + (middle ? middle - 1 : 0) * ((uint64_t)threshold[1] + 1);
    c->until_full =
        c->until_young + (collections ? collections - 1 : 0) * ((uint64_t)threshold[0] + 1);
    if (collector->long_lived_pending < quarter)
        c->survivors_needed = quarter - collector->long_lived_pending;
}

static hf_collecting_verdict judge(const hf_graph *g, const hf_collecting *c)
{
    const hf_python_info *p = &g->info.python;
    const hf_collection *would = &c->would_free;
    uint64_t bytes = hf_collection_bytes(would);
    const hf_collections *full = &p->collector.statistics[2];
    if (p->collector.debug & HF_GC_DEBUG_SAVEALL)
        return HF_COLLECTING_SAVE_ALL;
    if (!p->gc_enabled || !p->gc_threshold[0])
        return HF_COLLECTING_OFF;
    if (p->uncollectable)
        return HF_COLLECTING_UNCOLLECTABLE;
    if (c->until_young > would->tracked && p->gc_threshold[0] > 10 * 2000)
        return HF_COLLECTING_OUT_OF_REACH;
    if (bytes >= NOTABLE_BYTES && bytes >= would->tracked_bytes / NOTABLE_SHARE)
        return HF_COLLECTING_WAITS;
    if (would->tracked >= LARGE_HEAP && full->collections >= MANY_FULL &&
        full->collected / full->collections < would->tracked / 1000)
        return HF_COLLECTING_IN_VAIN;
    return HF_COLLECTING_WELL;
}

static uint32_t at_most(uint64_t n, uint32_t most)
{
    return n < most ? (uint32_t)n : most;
}

static void suggest(hf_collecting *c, uint32_t young, uint32_t middle, uint32_t old)
{
    c->suggested[0] = young;
    c->suggested[1] = middle;
    c->suggested[2] = old;
}

/* Counts alone decide: a full collection comes after (young + 1) * (middle + 1) * (old + 1)
 * objects. That is to be a quarter of what waits now. Where that is few young collections' worth,
 * sooner collections would only let more grow old. */
static void suggest_generations(const uint32_t *now, uint64_t waiting, hf_collecting *c)
{
    enum { WORTH = 10 };
    uint64_t young = (uint64_t)now[0] + 1;
    uint32_t side = 1;
    if (waiting < WORTH * young)
        return;
    while ((uint64_t)(side + 2) * (side + 2) * young <= waiting / 4)
        side++;
    if (side < now[1] || side < now[2])
        suggest(c, now[0], at_most(side, now[1]), at_most(side, now[2]));
}

/* What would have it wait for less long depends on how the collector of the version decides. */
static void advise_waiting(const hf_python_info *p, hf_collecting *c)
{
    const uint32_t *now = p->gc_threshold;
    uint64_t waiting = c->would_free.collected, tracked = c->would_free.tracked;
    if (p->collector.kind == HF_COLLECTOR_INCREMENTAL) {
        /* Each young collection looks at as many old objects as there are new ones,
         * and at a tenth of all divided by the second threshold, at most twice the new
         * ones (assess_work_to_do()). */
        enum { DIVISOR = 10, LEAST = 2 };
        if (now[1] > LEAST && tracked / DIVISOR / now[1] < 2 * (uint64_t)now[0])
            suggest(c, now[0], LEAST, now[2]);
        else
            c->cure =
                "Break the cycles that 'holdfast garbage' names, or call gc.collect() after the "
                "work that makes them: thresholds do not help, each step already looks at as "
                "many objects as it may.";
    } else if (p->collector.kind == HF_COLLECTOR_GENERATIONS && c->survivors_needed) {
        c->cure =
            "Break the cycles that 'holdfast garbage' names, or call gc.collect() after the work "
            "that makes them. Thresholds do not help while a full collection waits until a quarter "
            "as much is new as survived the last one; gc.freeze() when the process has started "
            "makes that quarter one of what came later.";
    } else if (p->collector.kind == HF_COLLECTOR_GENERATIONS) {
        suggest_generations(now, waiting, c);
    }
}

static void advise(const hf_python_info *p, hf_collecting *c)
{
    static const char *const cures[] = {
        [HF_COLLECTING_WELL] = "",
        [HF_COLLECTING_OFF] =
            "Call gc.enable(), or gc.collect() at a quiet moment of each request or job; or break "
            "the cycles ('holdfast garbage' names the references), so that nothing is left to "
            "collect.",
        [HF_COLLECTING_OUT_OF_REACH] = "Call gc.set_threshold() with numbers that are reached.",
        [HF_COLLECTING_SAVE_ALL] =
            "Call gc.set_debug(0) and gc.garbage.clear(): DEBUG_SAVEALL puts all that is found "
            "into gc.garbage instead of freeing it.",
        [HF_COLLECTING_UNCOLLECTABLE] =
            "Find out what filled gc.garbage ('holdfast objects' lists its members), then call "
            "gc.garbage.clear().",
        [HF_COLLECTING_WAITS] =
            "Break the cycles that 'holdfast garbage' names, or call gc.collect() after the work "
            "that makes them: a full collection is far away.",
        [HF_COLLECTING_IN_VAIN] =
            "Call gc.freeze() when the process has started and higher thresholds, so that "
            "collections no longer go through what lives for ever.",
    };
    c->cure = cures[c->verdict];
    if (c->verdict == HF_COLLECTING_OUT_OF_REACH ||
        (c->verdict == HF_COLLECTING_OFF && !p->gc_threshold[0]))
        default_thresholds(p, c->suggested);
    if (c->verdict == HF_COLLECTING_WAITS)
        advise_waiting(p, c);
    if (c->verdict == HF_COLLECTING_IN_VAIN) {
        uint32_t young = 10000;
        while (young < c->would_free.tracked / 100 && young < 100000)
            young += 10000;
        c->suggested[0] = young;
        c->suggested[1] = 20;
        c->suggested[2] = p->collector.kind == HF_COLLECTOR_INCREMENTAL ? 0 : 50;
    }
}

hf_err *hf_collecting_judge(hf_graph *g, hf_collecting *ret)
{
    hf_collecting c = {0};
    hf_err *err = hf_collection_predict(g, &c.would_free);
    if (err)
        return err;
    foretell(&g->info.python, &c);
    c.verdict = judge(g, &c);
    advise(&g->info.python, &c);
    *ret = c;
    return NULL;
}

void hf_collecting_deinit(hf_collecting *c)
{
    hf_collection_deinit(&c->would_free);
}
