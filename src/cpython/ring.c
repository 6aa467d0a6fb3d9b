/* Sources: Python/ceval.c (3.9 to 3.11) and Python/ceval_gil.c (3.12, 3.13) of CPython, the
 * functions _push_pending_call(), _pop_pending_call() and make_pending_calls(). */
#include "cpython/ring.h"

#include "base/cleanup.h"
#include "cpython/boot.h"

#include <stdio.h>
#include <string.h>

enum {
    SPARE = 4,        /* calls that may still be put before one meets our text */
    TEXT_AT = 7,      /* where in its first slot it begins: the top byte of a function's address */
    CALLS_BIT = 4,    /* _PY_CALLS_TO_DO_BIT of 3.13 */
    LOOPS_3_13 = 100, /* MAXPENDINGCALLSLOOP */
    THREADS_MAX = 1 << 16,
};

/* The words of a ring. */
typedef struct ring_state {
    uint32_t first, next, used;
    uint32_t count; /* slots that there are */
} ring_state;

static uint64_t at(const hf_ring *r, int32_t place)
{
    return r->interpreter + (uint64_t)place;
}

static uint64_t slot_at(const hf_ring *r, uint32_t slot)
{
    return at(r, r->pending->ring_slots) + (uint64_t)slot * (uint64_t)r->pending->ring_slot_size;
}

static bool read_u32(const hf_editor *e, uint64_t addr, uint32_t *ret)
{
    return e->read(e->context, addr, ret, sizeof(*ret));
}

static hf_err *unreadable(void)
{
    return hf_fail(HF_ERR_REFUSED, "its queue of pending calls cannot be read or written");
}

static hf_err *nonsense(const char *what)
{
    return hf_fail(HF_ERR_REFUSED, "%s is not as in any CPython of this version", what);
}

static hf_err *held(bool *ret_try_again)
{
    *ret_try_again = true;
    return hf_fail(HF_ERR_REFUSED, "its queue of pending calls was locked each time");
}

/* Up to 3.12 the lock is a semaphore of the C library in memory of its own: the number that may
 * still enter, and how many wait. From 3.13 on it is a byte. */
static hf_err *check_lock(const hf_ring *r, const hf_editor *e, bool *ret_try_again)
{
    uint64_t where = at(r, r->pending->ring_lock);
    if (HF_HAS(r->pending, ring_pending)) {
        uint8_t byte;
        if (!e->read(e->context, where, &byte, 1))
            return unreadable();
        if (byte > 3)
            return nonsense("the lock of its pending calls");
        return byte ? held(ret_try_again) : NULL;
    }
    uint32_t words[2];
    if (!e->read(e->context, where, &where, sizeof(where)))
        return unreadable();
    if (!where || where % 4 || !e->read(e->context, where, words, sizeof(words)) || words[0] > 1)
        return nonsense("the lock of its pending calls");
    return words[0] == 1 && !words[1] ? NULL : held(ret_try_again);
}

/* Switches that are off or on. */
static hf_err *check_switches(const hf_ring *r, const hf_editor *e)
{
    const hf_pending_layout *l = r->pending;
    const int32_t places[] = {l->ring_busy, l->ring_to_do, l->ring_breaker};
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        uint32_t value;
        if (places[i] == HF_ABSENT)
            continue;
        if (!read_u32(e, at(r, places[i]), &value))
            return unreadable();
        if (value > 1)
            return nonsense("a switch of its pending calls");
    }
    return NULL;
}

static hf_err *read_indices(const hf_ring *r, const hf_editor *e, ring_state *ret)
{
    const hf_pending_layout *l = r->pending;
    ring_state s = {.count = (uint32_t)l->ring_slot_count};
    if (!read_u32(e, at(r, l->ring_first), &s.first) || !read_u32(e, at(r, l->ring_next), &s.next))
        return unreadable();
    if (s.first >= s.count || s.next >= s.count)
        return nonsense("an index of its pending calls");
    s.used = (s.next + s.count - s.first) % s.count;
    if (HF_HAS(l, ring_pending)) {
        uint32_t pending, most, loops;
        if (!read_u32(e, at(r, l->ring_pending), &pending) ||
            !read_u32(e, at(r, l->ring_most), &most) || !read_u32(e, at(r, l->ring_loops), &loops))
            return unreadable();
        if (most != s.count || loops != LOOPS_3_13 || pending > most || pending % s.count != s.used)
            return nonsense("the number of its pending calls");
        s.used = pending;
    }
    *ret = s;
    return NULL;
}

/* What waits in the ring are calls. */
static hf_err *check_slots(const hf_ring *r, const hf_editor *e, const ring_state *s)
{
    for (uint32_t i = 0; i < s->used; i++) {
        uint64_t function;
        if (!e->read(e->context, slot_at(r, (s->first + i) % s->count), &function,
                     sizeof(function)))
            return unreadable();
        if (!e->is_code(e->context, function))
            return hf_fail(HF_ERR_REFUSED, "a pending call of it leads to what is no code");
    }
    return NULL;
}

static hf_err *look(const hf_ring *r, const hf_editor *e, ring_state *ret, bool *ret_try_again)
{
    hf_err *err = check_lock(r, e, ret_try_again);
    if (!err)
        err = check_switches(r, e);
    if (!err)
        err = read_indices(r, e, ret);
    return err ? err : check_slots(r, e, ret);
}

/* How many calls may be put before one meets slot `start`. */
static uint32_t ahead_of(const ring_state *s, uint32_t start)
{
    return (start + s->count - s->next) % s->count;
}

/* Whether none of these slots is in use. */
static bool are_unused(const ring_state *s, uint32_t start, uint32_t slots)
{
    return start + slots <= s->count && ahead_of(s, start) + slots <= s->count - s->used;
}

/* The slots that a text takes. */
static uint32_t slots_for(const hf_ring *r, size_t length)
{
    size_t size = (size_t)r->pending->ring_slot_size;
    return (uint32_t)((TEXT_AT + length + size - 1) / size);
}

/* Whether a text lies as we lay it, and no call has been put there since. */
static bool is_untouched(const hf_ring *r, const ring_state *s, const hf_ring_place *place)
{
    uint32_t start =
        (uint32_t)((place->text - slot_at(r, 0)) / (uint64_t)r->pending->ring_slot_size);
    return place->text == slot_at(r, start) + TEXT_AT &&
           are_unused(s, start, slots_for(r, place->length));
}

/* The first of so many slots one behind the other that are free and would be filled last. */
static bool find_room(const ring_state *s, uint32_t slots, uint32_t *ret)
{
    uint32_t best = 0;
    for (uint32_t start = 0; start + slots <= s->count; start++) {
        uint32_t ahead = ahead_of(s, start);
        if (are_unused(s, start, slots) && ahead > best) {
            best = ahead;
            *ret = start;
        }
    }
    return best >= SPARE;
}

/* An empty ring may begin anywhere, and has most room for our text where it begins with its first
 * slot. Both indices lie side by side: one write. */
static bool rewind_ring(const hf_ring *r, const hf_editor *e, ring_state *s)
{
    const uint32_t zeros[2] = {0, 0};
    if (s->used || r->pending->ring_next != r->pending->ring_first + 4 ||
        !e->write(e->context, at(r, r->pending->ring_first), zeros, sizeof(zeros)))
        return false;
    s->first = s->next = 0;
    return true;
}

/* From 3.13 on each thread has its own word of requests; others of its bits are kept. */
static bool signal_threads(const hf_ring *r, const hf_editor *e)
{
    const hf_layout *l = r->layout;
    uint64_t state = 0, interpreter = 0;
    if (!e->read(e->context, at(r, l->interpreter_threads_head), &state, sizeof(state)))
        return false;
    for (unsigned i = 0; state && i < THREADS_MAX; i++) {
        uint64_t breaker = state + (uint64_t)r->pending->thread_breaker;
        uint8_t bits;
        if (!e->read(e->context, state + (uint64_t)l->thread_interp, &interpreter,
                     sizeof(interpreter)) ||
            interpreter != r->interpreter || !e->read(e->context, breaker, &bits, 1))
            return false;
        bits |= CALLS_BIT;
        if (!e->write(e->context, breaker, &bits, 1) ||
            !e->read(e->context, state + (uint64_t)l->thread_next, &state, sizeof(state)))
            return false;
    }
    return !state;
}

static bool signal_calls(const hf_ring *r, const hf_editor *e)
{
    const uint32_t on = 1;
    if (HF_HAS(r->pending, thread_breaker))
        return signal_threads(r, e);
    return e->write(e->context, at(r, r->pending->ring_to_do), &on, sizeof(on)) &&
           e->write(e->context, at(r, r->pending->ring_breaker), &on, sizeof(on));
}

/* What is in the ring changes by one entry, at `slot`: `function` comes, or 0 where one goes, and
 * `next` is the next that is free. Up to 3.12 one index says what is in the ring. In 3.13 a number
 * says it too, at the other end of the ring, and builds with assertions hold that no other slot has
 * a function. With it comes the first letter of the text.
 *
 * All this is written by one system call, which looks at signals only between two pieces, when it
 * has copied one. Up to 3.12 the index is the last and makes the request. In 3.13 a SIGKILL that
 * comes in these some hundred nanoseconds may leave the index one ahead of the number. Then a
 * pending call of the process is made together with the next one after it, and we refuse to put
 * any there. */
static bool change_ring(const hf_ring *r, const hf_editor *e, const hf_ring_place *place,
                        uint64_t function, const char *first, uint32_t next, uint32_t used)
{
    const hf_pending_layout *l = r->pending;
    const hf_edit_piece pieces[] = {
        {place->text, first, 1},
        {slot_at(r, place->slot), &function, sizeof(function)},
        {at(r, l->ring_next), &next, sizeof(next)},
        {HF_HAS(l, ring_pending) ? at(r, l->ring_pending) : 0, &used, sizeof(used)}};
    return e->write_pieces(e->context, pieces, HF_HAS(l, ring_pending) ? 4 : 3);
}

/* Each write leaves a sound process behind:
 *  - the text and the argument go to slots that are not in use: nobody reads them, and whoever puts
 *    a call there writes over them; the text begins with a zero until it is asked for, so that one
 *    which a tool that was killed has left is known for that;
 *  - calls that are put while it waits fill slots in their order: they meet the text at its front,
 *    where the first of them puts the top byte of an address, which is zero: then it is empty;
 *  - the signal has threads look into a ring that has no more than before;
 *  - the index makes the request, which is then whole and signalled. */
static hf_err *write_request(const hf_ring *r, const hf_editor *e, const ring_state *s,
                             const char *text, const hf_ring_place *place)
{
    const uint64_t rest[2] = {place->text, 0}; /* the second: flags of 3.13 */
    size_t size = (size_t)r->pending->ring_slot_size - sizeof(uint64_t);
    if (e->write(e->context, place->text, "", 1) &&
        e->write(e->context, place->text + 1, text + 1, place->length - 1) &&
        e->write(e->context, slot_at(r, place->slot) + sizeof(uint64_t), rest, size) &&
        signal_calls(r, e) &&
        change_ring(r, e, place, r->function, text, (place->slot + 1) % s->count, s->used + 1))
        return NULL;
    return unreadable();
}

static hf_err *busy(bool *ret_try_again)
{
    *ret_try_again = true;
    return hf_fail(HF_ERR_REFUSED, "another request of this kind waits in it or is begun");
}

/* The path that a text of ours opens, or NULL; `text` ends with a zero, and is cut. */
static char *path_in(char *text)
{
    static const char before[] = "open('";
    char *path = strstr(text, before);
    if (!path)
        return NULL;
    path += sizeof(before) - 1;
    path[strcspn(path, "'")] = 0;
    return path;
}

/* Whether a text is there to its end: its head may be left of one that another was written over,
 * which then may never have been asked for. */
static bool is_whole(const char *text)
{
    char end[64];
    const char *mark = text + strlen(HF_BOOT_TEXT_BEGIN);
    snprintf(end, sizeof(end), "\ndel _hf%.*s\n", (int)strcspn(mark, "("), mark);
    return strlen(end) < sizeof(end) - 1 && strstr(text, end);
}

/* A text that is not in the ring any more may be one that a thread has just taken, and reads. The
 * first thing that Python does with it is to remove its folder. Where that is still there, who made
 * it may have ended, and no thread be at work on the text. */
static bool is_begun(const hf_ring *r, const hf_editor *e, char *text, uint64_t address)
{
    const char *path = path_in(text);
    hf_exchange_state state = path ? r->state_of(r->context, path) : HF_EXCHANGE_GONE;
    return state == HF_EXCHANGE_HELD ||
           (state == HF_EXCHANGE_LEFT &&
            e->is_in_use(e->context, address, address + HF_RING_TEXT_MAX));
}

/* Whether slots that are not in use are nobody's. */
static bool are_free(const hf_ring *r, const hf_editor *e)
{
    uint64_t start = slot_at(r, 0);
    size_t length = (size_t)(slot_at(r, (uint32_t)r->pending->ring_slot_count) - start);
    HF_AUTO(hf_freep) char *all = malloc(length + 1);
    if (!all || !e->read(e->context, start, all, length))
        return false;
    for (size_t i = 0; i < length; i++) /* entries hold zeros between what is text */
        all[i] = all[i] ? all[i] : '\n';
    all[length] = 0;
    for (const char *at = strstr(all, HF_BOOT_TEXT_BEGIN); at;
         at = strstr(at + 1, HF_BOOT_TEXT_BEGIN)) {
        char text[HF_RING_TEXT_MAX + 1] = "";
        strncat(text, at, HF_RING_TEXT_MAX);
        if (is_whole(text) && is_begun(r, e, text, start + (uint64_t)(at - all)))
            return false;
    }
    return true;
}

/* Builds of 3.13 with assertions hold that slots which are not in use are empty. What earlier texts
 * have left there, which nobody reads any more, is wiped before the ring comes round to it. */
static bool wipe_slots(const hf_ring *r, const hf_editor *e, const ring_state *s)
{
    static const uint8_t zeros[24];
    size_t size = (size_t)r->pending->ring_slot_size;
    for (uint32_t i = s->used; i < s->count && HF_HAS(r->pending, ring_pending); i++) {
        uint64_t slot = slot_at(r, (s->first + i) % s->count);
        uint8_t found[sizeof(zeros)];
        if (!e->read(e->context, slot, found, size) ||
            (memcmp(found, zeros, size) && !e->write(e->context, slot, zeros, size)))
            return false;
    }
    return true;
}

/* An entry of ours that waits in the ring; false where there is none. */
static bool find_ours(const hf_ring *r, const hf_editor *e, const ring_state *s, hf_ring_place *ret)
{
    uint64_t end = slot_at(r, s->count);
    for (uint32_t i = 0; i < s->used; i++) {
        uint64_t entry[2];
        uint32_t slot = (s->first + i) % s->count;
        if (!e->read(e->context, slot_at(r, slot), entry, sizeof(entry)) ||
            entry[0] != r->function || entry[1] < slot_at(r, 0) || entry[1] >= end)
            continue;
        *ret = (hf_ring_place){.slot = slot, .text = entry[1]};
        return true;
    }
    return false;
}

/* Whether a text was left by a run that has ended: it is empty, or names its folder. */
static bool is_left(const hf_ring *r, const hf_editor *e, uint64_t address)
{
    char text[HF_RING_TEXT_MAX + 1] = "";
    uint64_t room = slot_at(r, (uint32_t)r->pending->ring_slot_count) - address;
    size_t n = room < HF_RING_TEXT_MAX ? (size_t)room : HF_RING_TEXT_MAX;
    if (!e->read(e->context, address, text, n))
        return false;
    const char *path = *text ? path_in(text) : NULL;
    return !*text || (path && r->state_of(r->context, path) != HF_EXCHANGE_HELD);
}

/* Gives an entry that waits a new text. Empty from the first write to the last, it is harmless all
 * the time. */
static hf_err *adopt(const hf_ring *r, const hf_editor *e, const ring_state *s, const char *text,
                     hf_ring_place *place, bool *ret_try_again)
{
    if (!is_untouched(r, s, place) || !is_left(r, e, place->text))
        return busy(ret_try_again);
    if (e->write(e->context, place->text, "", 1) &&
        e->write(e->context, place->text + 1, text + 1, place->length - 1) && signal_calls(r, e) &&
        e->write(e->context, place->text, text, 1))
        return NULL;
    return unreadable();
}

hf_err *hf_ring_put(const hf_ring *r, const hf_editor *e, const char *text, hf_ring_place *ret,
                    bool *ret_try_again)
{
    ring_state s;
    size_t length = strlen(text) + 1, size = (size_t)r->pending->ring_slot_size;
    *ret_try_again = false;
    if (size < 16 || size > 24 || length > HF_RING_TEXT_MAX)
        return hf_fail(HF_ERR_REFUSED, "its queue of pending calls has no room for the request");
    if (!e->is_code(e->context, r->function))
        return nonsense("PyRun_SimpleString");
    hf_err *err = look(r, e, &s, ret_try_again);
    if (err)
        return err;
    hf_ring_place place;
    if (find_ours(r, e, &s, &place)) {
        place.length = length;
        place.request = text;
        err = adopt(r, e, &s, text, &place, ret_try_again);
        if (!err)
            *ret = place;
        return err;
    }
    uint32_t start, slots = slots_for(r, length);
    if (s.used + 1 >= s.count || (!find_room(&s, slots, &start) &&
                                  !(rewind_ring(r, e, &s) && find_room(&s, slots, &start)))) {
        *ret_try_again = true;
        return hf_fail(HF_ERR_REFUSED, "its queue of pending calls is full");
    }
    if (!are_free(r, e))
        return busy(ret_try_again);
    if (!wipe_slots(r, e, &s))
        return unreadable();
    place = (hf_ring_place){
        .slot = s.next, .text = slot_at(r, start) + TEXT_AT, .length = length, .request = text};
    err = write_request(r, e, &s, text, &place);
    if (!err)
        *ret = place;
    return err;
}

static bool is_ours(const hf_ring *r, const hf_editor *e, const ring_state *s,
                    const hf_ring_place *place)
{
    uint64_t entry[2];
    return (place->slot + s->count - s->first) % s->count < s->used &&
           e->read(e->context, slot_at(r, place->slot), entry, sizeof(entry)) &&
           entry[0] == r->function && entry[1] == place->text;
}

/* What has been served may have been written over since, by calls that wait, or by another request.
 * Where there is none of these, all that is not in use is wiped. */
hf_err *hf_ring_wipe(const hf_ring *r, const hf_editor *e)
{
    ring_state s;
    hf_ring_place other;
    bool again;
    hf_err *err = look(r, e, &s, &again);
    if (err || find_ours(r, e, &s, &other) || !are_free(r, e))
        return err;
    return wipe_slots(r, e, &s) ? NULL : unreadable();
}

/* A text that led to nothing, because the process could not open a file, is not taken for one that
 * is begun. Another one may lie there by now. */
static hf_err *forget(const hf_editor *e, const hf_ring_place *place)
{
    char found[HF_RING_TEXT_MAX];
    if (place->length > sizeof(found) || !e->read(e->context, place->text, found, place->length))
        return unreadable();
    if (memcmp(found, place->request, place->length) != 0 ||
        e->is_in_use(e->context, place->text, place->text + place->length))
        return NULL;
    return e->write(e->context, place->text, "", 1) ? NULL : unreadable();
}

/* The last entry is taken off the ring by its index. One that others stand behind stays, and runs
 * an empty text: one byte, unless one of the others has made it empty already. */
hf_err *hf_ring_take_back(const hf_ring *r, const hf_editor *e, const hf_ring_place *place,
                          bool *ret_waited, bool *ret_try_again)
{
    static const uint8_t zeros[HF_RING_TEXT_MAX];
    ring_state s;
    *ret_try_again = false;
    hf_err *err = look(r, e, &s, ret_try_again);
    if (err)
        return err;
    *ret_waited = is_ours(r, e, &s, place);
    if (!is_untouched(r, &s, place))
        return NULL;
    if (!*ret_waited)
        return forget(e, place);
    if ((place->slot + 1) % s.count != s.next)
        return e->write(e->context, place->text, "", 1) ? NULL : unreadable();
    if (!change_ring(r, e, place, 0, "", place->slot, s.used - 1) ||
        !e->write(e->context, place->text, zeros, place->length))
        return unreadable();
    return NULL;
}
