/* cpython/decode_greenlet.c - greenlets, on which gevent, eventlet and SQLAlchemy's asyncio stand.
 *
 * A greenlet that is not running keeps its Python frames in a data stack of its own, which only a
 * C++ object knows. Unread, all that waiting functions hold would look as if C held it.
 *
 * In that object (greenlet/TGreenlet.hpp, 2.0 to 3.x, for CPython 3.11 to 3.13) stand,
 * among others,
 *
 *     stack_copy, _stack_saved, stack_prev, _context, _top_frame,
 *     four words that depend on versions, the last of them current_frame,
 *     datastack_chunk, datastack_top, datastack_limit,
 *     the Python object itself (2.0), the main greenlet, what is run, the parent.
 *
 * _top_frame, the frame object of the innermost call, is there only while the greenlet waits. What
 * comes before has differed, so the place is found by what the words of the data stack satisfy. */
#include "base/page.h"
#include "cpython/decode_read.h"
#include "cpython/types.h"

enum {
    INNER = 32, /* offset of the C++ object's address in PyGreenlet: greenlet.h */
    FIRST = 8,  /* behind its virtual table */
    /* Offsets at which datastack_chunk may be: it is at 136 in 2.0 and at 144 in 3.x, and behind
     * 192 the next object of the same kind may begin. */
    CHUNK_FIRST = 96,
    CHUNK_LAST = 176,
    TO_CHUNK = 5,    /* words from _top_frame to datastack_chunk */
    TO_SAVED = 3,    /* words from _stack_saved to _top_frame */
    TO_COPY = 4,     /* ... and from stack_copy, where that is */
    OWN_BEHIND = 4,  /* words behind the data stack */
    CHUNK_HEAD = 24, /* _PyStackChunk: previous, size, top: Include/cpython/pystate.h */
    CHUNK_MAX = 1 << 24,
    CHUNKS_MAX = 1 << 12,
    FRAMES_MAX = 1 << 16,
    STACK_MAX = 1 << 28,
    PAGE = HF_PAGE_SIZE,
};

typedef struct data_stack {
    uint64_t at; /* where it stands in the C++ object */
    uint64_t chunk, top, limit;
} data_stack;

static bool is_decoded_by(hf_decode *d, uint64_t object, const hf_decoder *decoder)
{
    const hf_type_record *type = object && !(object & 7) ? hf_type_of(d, object) : NULL;
    return type && type->decoder == decoder;
}

/* True where a waiting greenlet's data stack is at `at`. */
static bool is_data_stack(hf_decode *d, uint64_t at, data_stack *ret)
{
    const uint8_t *words = hf_bytes_at(d, at, 3 * HF_WORD);
    if (!words)
        return false;
    data_stack s = {at, hf_load_u64(words), hf_load_u64(words + 8), hf_load_u64(words + 16)};
    const uint8_t *chunk = s.chunk & 7 ? NULL : hf_bytes_at(d, s.chunk, CHUNK_HEAD);
    uint64_t size = chunk ? hf_load_u64(chunk + 8) : 0;
    if (size <= CHUNK_HEAD || size > CHUNK_MAX || s.limit != s.chunk + size ||
        s.top < s.chunk + CHUNK_HEAD || s.top > s.limit || s.top & 7)
        return false;
    *ret = s;
    return is_decoded_by(d, hf_u64_at(d, at - TO_CHUNK * HF_WORD), &hf_decoder_frame);
}

static uint64_t frame_size(hf_decode *d, uint64_t code)
{
    const hf_layout *l = d->layout;
    uint64_t words = (uint64_t)hf_member_u32(d, code, l->code_co_nlocalsplus) +
                     hf_member_u32(d, code, l->code_co_stacksize);
    return (uint64_t)l->iframe_localsplus + words * HF_WORD;
}

/* Frames lie one behind the other: _PyThreadState_PushFrame() in Python/pystate.c. */
static void tell_frames(hf_decode *d, uint64_t start, uint64_t end, hf_visitor *v)
{
    uint64_t frame = start;
    for (int i = 0; i < FRAMES_MAX && frame + (uint64_t)d->layout->iframe_localsplus <= end; i++) {
        if (!hf_bytes_at(d, frame, (uint64_t)d->layout->iframe_localsplus))
            return;
        uint64_t code = hf_decode_frame_code(d, frame);
        if (!is_decoded_by(d, code, &hf_decoder_code))
            return;
        uint64_t size = frame_size(d, code);
        if (size > end - frame)
            return;
        hf_decode_frame_edges(d, frame, v);
        frame += size;
    }
}

static void tell_data_stack(hf_decode *d, const data_stack *s, hf_visitor *v)
{
    uint64_t chunk = s->chunk, end = s->top;
    hf_chain chain = {0};
    for (int i = 0; chunk && i < CHUNKS_MAX && !hf_chain_repeats(&chain, chunk); i++) {
        const uint8_t *head = chunk & 7 ? NULL : hf_bytes_at(d, chunk, CHUNK_HEAD);
        if (!head)
            return;
        uint64_t previous = hf_load_u64(head), size = hf_load_u64(head + 8);
        uint64_t used = hf_load_u64(head + 16), start = chunk + CHUNK_HEAD;
        if (size > CHUNK_MAX || used > size / HF_WORD)
            return;
        if (!end)
            end = start + used * HF_WORD;
        /* The first word of the first chunk is left out: push_chunk() in Python/pystate.c. */
        tell_frames(d, start + (previous ? 0 : HF_WORD), end, v);
        chunk = previous;
        end = 0;
    }
}

/* The data stack of a greenlet that waits; false of one that runs, has ended or not begun. */
static bool find_data_stack(hf_decode *d, uint64_t inner, data_stack *ret)
{
    for (uint64_t i = CHUNK_FIRST; inner && !(inner & 7) && i <= CHUNK_LAST; i += HF_WORD)
        if (is_data_stack(d, inner + i, ret))
            return true;
    return false;
}

/* Of the chunks as much as is in memory is its own, though it takes more than the used part. */
static void claim_data_stack(hf_decode *d, const data_stack *s)
{
    uint64_t chunk = s->chunk;
    hf_chain chain = {0};
    for (int i = 0; chunk && i < CHUNKS_MAX && !hf_chain_repeats(&chain, chunk); i++) {
        const uint8_t *head = chunk & 7 ? NULL : hf_bytes_at(d, chunk, CHUNK_HEAD);
        uint64_t size = head ? hf_load_u64(head + 8) : 0;
        if (!head || size > CHUNK_MAX)
            return;
        hf_claims_add_stack(d->claims, chunk, size);
        chunk = hf_load_u64(head);
    }
}

static void tell_words(hf_decode *d, uint64_t self, uint64_t start, uint64_t end, hf_visitor *v)
{
    for (uint64_t at = start; at < end; at += HF_WORD) {
        const uint8_t *word = hf_bytes_at(d, at, HF_WORD);
        if (word && hf_load_u64(word) != self)
            hf_tell(v, hf_load_u64(word), HF_EDGE_OFFSET, HF_EDGE_SCANNED, at - start);
    }
}

static void visit_greenlet(hf_decode *d, const hf_type_record *type, uint64_t address,
                           hf_visitor *v)
{
    (void)type;
    uint64_t inner = hf_u64_at(d, address + INNER);
    data_stack s;
    if (!find_data_stack(d, inner, &s))
        return;
    /* The frame object is held by its frame, which lends it: PythonState::operator<<(). */
    uint64_t top = s.at - TO_CHUNK * HF_WORD;
    tell_words(d, address, inner + FIRST, top, v);
    tell_words(d, address, s.at + 3 * HF_WORD, s.at + (3 + OWN_BEHIND) * HF_WORD, v);
    tell_data_stack(d, &s, v);
}

/* What a waiting greenlet costs beside its objects: its part of the C stack, copied aside, and the
 * pages of its data stack that were used. */
static void measure_greenlet(hf_decode *d, const hf_type_record *type, uint64_t address,
                             hf_sizes *ret)
{
    (void)type;
    uint64_t inner = hf_u64_at(d, address + INNER);
    data_stack s;
    if (!find_data_stack(d, inner, &s))
        return;
    hf_claim(d, inner, 0);
    hf_claim(d, hf_u64_at(d, s.at - (TO_CHUNK + TO_COPY) * HF_WORD), 0);
    if (d->claims)
        claim_data_stack(d, &s);
    uint64_t saved = hf_u64_at(d, s.at - (TO_CHUNK + TO_SAVED) * HF_WORD);
    ret->external = (s.top - s.chunk + PAGE - 1) & ~(uint64_t)(PAGE - 1);
    if (saved && saved < STACK_MAX)
        ret->external += hf_allocated(d, saved);
}

const hf_decoder hf_decoder_greenlet = {.name = "greenlet.greenlet",
                                        .foreign = true,
                                        .visit = visit_greenlet,
                                        .measure = measure_greenlet,
                                        .scanned = true};
