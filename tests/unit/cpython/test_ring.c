/* Requests put into a ring of pending calls, and into the door of 3.14, that a test plays: what is
 * looked at before a word is written, and what is sound after each single write. */
#include "base/cleanup.h"
#include "cpython/debugger.h"
#include "cpython/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum {
    INTERPRETER = 0x10000,
    LOCK = 0x30000,     /* of versions whose lock is elsewhere */
    THREAD_1 = 0x40000, /* states of two threads */
    THREAD_2 = 0x41000,
    CODE = 0x70000, /* to 0x71000 */
    FUNCTION = CODE + 0x100,
    OTHER = CODE + 0x200,
    MEMORY = 0x50000,
};

static const char request[] =
    "try:\n def _hfab():\n  open('/dev/shm/.holdfast-exec-1-abcdefgh/boot')\n"
    "_hfab()\ndel _hfab\n";

/* As long as the one that is sent. */
static const char long_request[] =
    "try:\n def _hfcd():\n  open('/dev/shm/.holdfast-exec-1-abcdefgh/boot')\n#23456789 123456789 "
    "123456789 "
    "12345"
    "6789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 "
    "123456789 1"
    "23456789 123456789 123456789 123456789 123456789 123456789 123456789\n_hfcd()\ndel _hfcd\n";

/* Memory from 0 on; a write fails, and all that follow, when `writes_left` are done. */
typedef struct machine {
    uint8_t memory[MEMORY];
    int writes, writes_left;
    hf_exchange_state folder; /* of the request that was put first */
    uint64_t at_work;         /* what a thread reads */
    bool plain;               /* a build without assertions */
    hf_ring ring;
    hf_debugger debugger;
    hf_editor editor;
} machine;

static bool read_memory(void *context, uint64_t addr, void *bytes, size_t n)
{
    machine *m = context;
    if (addr >= MEMORY || n > MEMORY - addr)
        return false;
    memcpy(bytes, m->memory + addr, n);
    return true;
}

static bool may_write(machine *m)
{
    if (m->writes == m->writes_left)
        return false;
    m->writes++;
    return true;
}

static bool write_memory(void *context, uint64_t addr, const void *bytes, size_t n)
{
    machine *m = context;
    assert_true(addr < MEMORY && n <= MEMORY - addr);
    if (!may_write(m))
        return false;
    memcpy(m->memory + addr, bytes, n);
    return true;
}

static bool write_pieces(void *context, const hf_edit_piece *pieces, size_t count)
{
    machine *m = context;
    if (!may_write(m))
        return false;
    for (size_t i = 0; i < count; i++)
        memcpy(m->memory + pieces[i].addr, pieces[i].bytes, pieces[i].n);
    return true;
}

static bool is_in_use(void *context, uint64_t start, uint64_t end)
{
    const machine *m = context;
    return m->at_work >= start && m->at_work < end;
}

static bool is_code(void *context, uint64_t addr)
{
    (void)context;
    return addr >= CODE && addr < CODE + 0x1000;
}

static hf_exchange_state state_of(void *context, const char *path)
{
    const machine *m = context;
    /* here all texts have one mark, so that one may go on in another */
    static const char ours[] = "/dev/shm/.holdfast-exec-1-abcdefgh";
    return strncmp(path, ours, strlen(ours)) == 0 ? m->folder : HF_EXCHANGE_GONE;
}

static void put_u64(machine *m, uint64_t addr, uint64_t value)
{
    memcpy(m->memory + addr, &value, 8);
}

static void put_u32(machine *m, uint64_t addr, uint32_t value)
{
    memcpy(m->memory + addr, &value, 4);
}

static uint32_t u32(const machine *m, uint64_t addr)
{
    uint32_t value;
    memcpy(&value, m->memory + addr, 4);
    return value;
}

static uint64_t u64(const machine *m, uint64_t addr)
{
    uint64_t value;
    memcpy(&value, m->memory + addr, 8);
    return value;
}

static uint64_t at(int32_t place)
{
    return INTERPRETER + (uint64_t)place;
}

static const hf_layout *layout_of(uint32_t minor)
{
    for (size_t i = 0; i < hf_layout_count; i++)
        if (hf_layouts[i].first_version >> 16 == (0x300 | minor) && !hf_layouts[i].debug &&
            !hf_layouts[i].free_threaded)
            return &hf_layouts[i];
    fail();
    return NULL;
}

/* An interpreter of 3.`minor` with an empty ring that begins at slot `first`, and two threads. */
static void set_up(machine *m, uint32_t minor, uint32_t first)
{
    memset(m, 0, sizeof(*m));
    const hf_layout *l = layout_of(minor);
    const hf_pending_layout *p = hf_pending_layout_for(l, l->first_version);
    assert_non_null(p);
    m->writes_left = 1000;
    m->editor = (hf_editor){m, read_memory, write_memory, write_pieces, is_in_use, is_code};
    m->ring = (hf_ring){l, p, INTERPRETER, FUNCTION, state_of, m};
    put_u64(m, at(l->interpreter_threads_head), THREAD_1);
    put_u64(m, THREAD_1 + (uint64_t)l->thread_next, THREAD_2);
    put_u64(m, THREAD_1 + (uint64_t)l->thread_interp, INTERPRETER);
    put_u64(m, THREAD_2 + (uint64_t)l->thread_interp, INTERPRETER);
    if (p->ring_first == HF_ABSENT)
        return;
    put_u32(m, at(p->ring_first), first);
    put_u32(m, at(p->ring_next), first);
    if (HF_HAS(p, ring_pending)) {
        put_u32(m, at(p->ring_most), (uint32_t)p->ring_slot_count);
        put_u32(m, at(p->ring_loops), 100);
    } else {
        put_u64(m, at(p->ring_lock), LOCK);
        put_u32(m, LOCK, 1);
    }
}

static uint64_t slot(const machine *m, uint32_t i)
{
    return at(m->ring.pending->ring_slots) + i * (uint64_t)m->ring.pending->ring_slot_size;
}

/* What the interpreter does: puts a call of its own, if there is room. */
static bool push(machine *m, uint64_t function)
{
    const hf_pending_layout *p = m->ring.pending;
    uint32_t next = u32(m, at(p->ring_next)), count = (uint32_t)p->ring_slot_count;
    bool counted = HF_HAS(p, ring_pending);
    if (counted) {
        if (u32(m, at(p->ring_pending)) == count)
            return false;
        put_u32(m, at(p->ring_pending), u32(m, at(p->ring_pending)) + 1);
    } else if ((next + 1) % count == u32(m, at(p->ring_first))) {
        return false;
    }
    if (counted && !m->plain) /* as builds with assertions do */
        assert_int_equal(u64(m, slot(m, next)), 0);
    put_u64(m, slot(m, next), function);
    put_u64(m, slot(m, next) + 8, 0);
    put_u32(m, at(p->ring_next), (next + 1) % count);
    return true;
}

/* Takes the next call: its function, 0 where there is none. */
static uint64_t pop(machine *m, uint64_t *ret_argument)
{
    const hf_pending_layout *p = m->ring.pending;
    uint32_t first = u32(m, at(p->ring_first)), count = (uint32_t)p->ring_slot_count;
    bool counted = HF_HAS(p, ring_pending);
    if (counted ? !u32(m, at(p->ring_pending)) : first == u32(m, at(p->ring_next)))
        return 0;
    uint64_t function = u64(m, slot(m, first));
    *ret_argument = u64(m, slot(m, first) + 8);
    if (counted) {
        memset(m->memory + slot(m, first), 0, (size_t)p->ring_slot_size);
        put_u32(m, at(p->ring_pending), u32(m, at(p->ring_pending)) - 1);
    }
    put_u32(m, at(p->ring_first), (first + 1) % count);
    return function;
}

static bool is_signalled(const machine *m)
{
    const hf_pending_layout *p = m->ring.pending;
    if (HF_HAS(p, thread_breaker))
        return u32(m, THREAD_1 + (uint64_t)p->thread_breaker) & 4 &&
               u32(m, THREAD_2 + (uint64_t)p->thread_breaker) & 4;
    return u32(m, at(p->ring_to_do)) == 1 && u32(m, at(p->ring_breaker)) == 1;
}

static void put(machine *m, hf_ring_place *place)
{
    bool again;
    hf_err *err = hf_ring_put(&m->ring, &m->editor, request, place, &again);
    if (err)
        fail_msg("%s", hf_err_message(err));
}

static void refused(machine *m, const char *word, bool again_wanted)
{
    hf_ring_place place;
    bool again;
    static uint8_t before[MEMORY];
    memcpy(before, m->memory, MEMORY);
    hf_err *err = hf_ring_put(&m->ring, &m->editor, request, &place, &again);
    assert_non_null(err);
    assert_int_equal(hf_err_code_of(err), HF_ERR_REFUSED);
    if (!strstr(hf_err_message(err), word))
        fail_msg("'%s' does not say '%s'", hf_err_message(err), word);
    assert_int_equal(again, again_wanted);
    assert_int_equal(m->writes, 0);
    assert_memory_equal(before, m->memory, MEMORY);
    hf_err_free(err);
}

static machine m;
static const uint32_t minors[] = {9, 10, 11, 12, 13};

#define FOR_EACH_MINOR(minor)                                        \
    for (size_t i_ = 0; i_ < sizeof(minors) / sizeof(*minors); i_++) \
        for (uint32_t minor = minors[i_], once_ = 1; once_; once_ = 0)

static void test_a_request_is_served_from_any_place(void **state)
{
    (void)state;
    FOR_EACH_MINOR(minor)
    {
        set_up(&m, minor, 0);
        uint32_t count = (uint32_t)m.ring.pending->ring_slot_count;
        for (uint32_t first = 0; first < count; first++) {
            hf_ring_place place;
            uint64_t argument = 0;
            set_up(&m, minor, first);
            assert_true(push(&m, OTHER));
            put(&m, &place);
            assert_true(is_signalled(&m));
            assert_true(push(&m, OTHER) && push(&m, OTHER)); /* do not meet the text */
            assert_int_equal(pop(&m, &argument), OTHER);
            assert_int_equal(pop(&m, &argument), FUNCTION);
            assert_string_equal((char *)m.memory + argument, request);
            assert_int_equal(pop(&m, &argument), OTHER);
            assert_int_equal(pop(&m, &argument), OTHER);
            assert_int_equal(pop(&m, &argument), 0);
        }
    }
}

static void test_a_long_request_goes_into_an_empty_ring(void **state)
{
    (void)state;
    FOR_EACH_MINOR(minor)
    {
        set_up(&m, minor, 0);
        uint32_t count = (uint32_t)m.ring.pending->ring_slot_count;
        for (uint32_t first = 0; first < count; first++) {
            for (int left = 0; left < 10; left++) {
                hf_ring_place place;
                uint64_t argument = 0;
                bool again;
                set_up(&m, minor, first);
                m.writes_left = left;
                hf_err *err = hf_ring_put(&m.ring, &m.editor, long_request, &place, &again);
                assert_true(push(&m, OTHER) && push(&m, OTHER));
                if (!err) {
                    assert_int_equal(pop(&m, &argument), FUNCTION);
                    assert_string_equal((char *)m.memory + argument, long_request);
                }
                hf_err_free(err);
                assert_int_equal(pop(&m, &argument), OTHER);
                assert_int_equal(pop(&m, &argument), OTHER);
                assert_int_equal(pop(&m, &argument), 0);
            }
        }
    }
}

/* Whatever waits in the ring already stays as it is, and is not in the way. */
static void test_calls_that_wait_are_not_written_over(void **state)
{
    (void)state;
    FOR_EACH_MINOR(minor)
    {
        set_up(&m, minor, 0);
        uint32_t count = (uint32_t)m.ring.pending->ring_slot_count, step = count / 31;
        for (uint32_t first = 0; first < count; first += step) {
            for (uint32_t used = 0; used < count; used++) {
                hf_ring_place place;
                uint64_t argument = 0;
                bool again;
                set_up(&m, minor, first);
                for (uint32_t i = 0; i < used; i++)
                    push(&m, OTHER + i);
                hf_err *err = hf_ring_put(&m.ring, &m.editor, request, &place, &again);
                for (uint32_t i = 0; i < used && i < count - 1; i++)
                    assert_int_equal(pop(&m, &argument), OTHER + i);
                if (!err) {
                    assert_int_equal(pop(&m, &argument), FUNCTION);
                    assert_string_equal((char *)m.memory + argument, request);
                }
                hf_err_free(err);
            }
        }
    }
}

/* Calls that the process puts meanwhile, until there is no more room; then it is served, or taken
 * back, or another wants its place. */
static void test_a_text_that_calls_meet_is_empty(void **state)
{
    (void)state;
    FOR_EACH_MINOR(minor)
    {
        set_up(&m, minor, 0);
        uint32_t count = (uint32_t)m.ring.pending->ring_slot_count, whole = 0, empty = 0;
        for (uint32_t first = 0; first < count; first += count / 10) {
            for (uint32_t n = 0; n < count; n++) {
                for (int how = 0; how < 3; how++) {
                    hf_ring_place place;
                    uint64_t argument = 0;
                    uint32_t fit = 0;
                    bool waited = false, again;
                    set_up(&m, minor, first);
                    m.plain = true;
                    put(&m, &place);
                    while (fit < n && push(&m, OTHER + fit))
                        fit++;
                    m.folder = HF_EXCHANGE_LEFT;
                    if (how == 1) {
                        assert_null(hf_ring_take_back(&m.ring, &m.editor, &place, &waited, &again));
                        assert_true(waited);
                    } else if (how == 2) {
                        hf_err_free(hf_ring_put(&m.ring, &m.editor, request, &place, &again));
                    }
                    uint64_t function = pop(&m, &argument);
                    if (function == FUNCTION) {
                        const char *text = (char *)m.memory + argument;
                        assert_true(!*text || (how != 1 && strcmp(text, request) == 0));
                        whole += *text != 0;
                        empty += *text == 0;
                        function = pop(&m, &argument);
                    }
                    for (uint32_t i = 0; i < fit; i++, function = pop(&m, &argument))
                        assert_int_equal(function, OTHER + i);
                    assert_int_equal(function, 0);
                }
            }
        }
        assert_true(whole && empty);
    }
}

/* Once a request is served, others have its slots: calls, or another request. */
static void test_wiping_spares_what_is_in_use(void **state)
{
    (void)state;
    FOR_EACH_MINOR(minor)
    {
        set_up(&m, minor, 0);
        uint32_t count = (uint32_t)m.ring.pending->ring_slot_count;
        for (uint32_t n = 0; n < count - 1; n++) {
            hf_ring_place place;
            uint64_t argument = 0;
            set_up(&m, minor, 0);
            m.plain = true;
            put(&m, &place);
            pop(&m, &argument);
            for (uint32_t i = 0; i < n; i++)
                assert_true(push(&m, OTHER + i));
            assert_null(hf_ring_wipe(&m.ring, &m.editor));
            for (uint32_t i = 0; i < n; i++)
                assert_int_equal(pop(&m, &argument), OTHER + i);
            assert_int_equal(pop(&m, &argument), 0);
        }
        for (int begun = 0; begun < 2; begun++) {
            hf_ring_place place;
            uint64_t argument = 0;
            set_up(&m, minor, 0);
            put(&m, &place);
            pop(&m, &argument);
            put(&m, &place);
            if (begun)
                pop(&m, &argument);
            m.folder = HF_EXCHANGE_HELD;
            assert_null(hf_ring_wipe(&m.ring, &m.editor));
            assert_string_equal((char *)m.memory + place.text, request);
        }
    }
}

/* Wherever it ends: the calls of the process are made, each once, and ours or none. */
static void test_each_write_leaves_a_sound_ring(void **state)
{
    (void)state;
    FOR_EACH_MINOR(minor)
    {
        set_up(&m, minor, 3);
        hf_ring_place place;
        put(&m, &place);
        int all = m.writes;
        assert_true(all >= 4);
        for (int left = 0; left <= all; left++) {
            uint64_t argument = 0, function;
            bool again;
            set_up(&m, minor, 3);
            assert_true(push(&m, OTHER));
            m.writes_left = left;
            hf_err_free(hf_ring_put(&m.ring, &m.editor, request, &place, &again));
            assert_true(push(&m, OTHER + 1));
            assert_int_equal(pop(&m, &argument), OTHER);
            function = pop(&m, &argument);
            assert_int_equal(function == FUNCTION, left == all);
            if (left == all) {
                assert_string_equal((char *)m.memory + argument, request);
                function = pop(&m, &argument);
            }
            assert_int_equal(function, OTHER + 1);
            assert_int_equal(pop(&m, &argument), 0);
        }
    }
}

/* Taking over and taking back, wherever they end. */
static void test_each_write_of_a_change_leaves_a_sound_ring(void **state)
{
    (void)state;
    FOR_EACH_MINOR(minor)
    {
        for (int left = 0; left < 8; left++) {
            hf_ring_place place;
            uint64_t argument = 0;
            bool waited, again;
            for (int back = 0; back < 2; back++) {
                set_up(&m, minor, 3);
                put(&m, &place);
                m.writes_left = m.writes + left;
                m.folder = HF_EXCHANGE_LEFT;
                hf_err_free(back ? hf_ring_take_back(&m.ring, &m.editor, &place, &waited, &again)
                                 : hf_ring_put(&m.ring, &m.editor, request, &place, &again));
                assert_true(push(&m, OTHER));
                uint64_t function = pop(&m, &argument);
                if (function == FUNCTION) {
                    const char *text = (char *)m.memory + argument;
                    assert_true(!*text || strcmp(text, request) == 0);
                    function = pop(&m, &argument);
                }
                assert_int_equal(function, OTHER);
                assert_int_equal(pop(&m, &argument), 0);
            }
        }
    }
}

static void test_what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    FOR_EACH_MINOR(minor)
    {
        set_up(&m, minor, 0);
        const hf_pending_layout *p = m.ring.pending;
        put_u32(&m, at(p->ring_first), (uint32_t)p->ring_slot_count);
        refused(&m, "an index", false);
        set_up(&m, minor, 0);
        put_u32(&m, at(p->ring_next), UINT32_MAX);
        refused(&m, "an index", false);
        set_up(&m, minor, 0);
        m.ring.function = LOCK;
        refused(&m, "PyRun_SimpleString", false);
        set_up(&m, minor, 5);
        push(&m, LOCK); /* leads to what is no code */
        refused(&m, "no code", false);
        if (HF_HAS(p, ring_pending)) {
            set_up(&m, minor, 0);
            put_u32(&m, at(p->ring_pending), 1);
            refused(&m, "the number", false);
            set_up(&m, minor, 0);
            put_u32(&m, at(p->ring_most), 32);
            refused(&m, "the number", false);
            set_up(&m, minor, 0);
            put_u32(&m, at(p->ring_loops), 0);
            refused(&m, "the number", false);
            set_up(&m, minor, 0);
            m.memory[at(p->ring_lock)] = 77;
            refused(&m, "the lock", false);
        } else {
            set_up(&m, minor, 0);
            put_u64(&m, at(p->ring_lock), 0);
            refused(&m, "the lock", false);
            set_up(&m, minor, 0);
            put_u32(&m, LOCK, 77);
            refused(&m, "the lock", false);
            set_up(&m, minor, 0);
            put_u64(&m, at(p->ring_lock), UINT64_C(1) << 40);
            refused(&m, "the lock", false);
            set_up(&m, minor, 0);
            put_u32(&m, at(p->ring_to_do), 2);
            refused(&m, "a switch", false);
        }
    }
}

static void test_what_may_pass_is_to_be_tried_again(void **state)
{
    (void)state;
    FOR_EACH_MINOR(minor)
    {
        set_up(&m, minor, 7);
        const hf_pending_layout *p = m.ring.pending;
        if (HF_HAS(p, ring_pending))
            m.memory[at(p->ring_lock)] = 1;
        else
            put_u32(&m, LOCK, 0);
        refused(&m, "locked", true);
        set_up(&m, minor, 7);
        while (push(&m, OTHER))
            ;
        refused(&m, "full", true);
        set_up(&m, minor, 7);
        hf_ring_place place;
        put(&m, &place);
        m.writes = 0;
        m.folder = HF_EXCHANGE_HELD;
        refused(&m, "another request", true); /* its maker lives */
    }
}

/* Taken off the ring, it is read where it lies. */
static void test_a_text_that_is_being_read_is_not_written_over(void **state)
{
    (void)state;
    FOR_EACH_MINOR(minor)
    {
        hf_ring_place place;
        uint64_t argument = 0;
        set_up(&m, minor, 0);
        put(&m, &place);
        assert_int_equal(pop(&m, &argument), FUNCTION);
        m.at_work = argument + 10;
        m.writes = 0;
        m.folder = HF_EXCHANGE_LEFT;
        refused(&m, "another request", true);
        m.folder = HF_EXCHANGE_GONE; /* what leads there is old */
        put(&m, &place);
        pop(&m, &argument);
        m.folder = HF_EXCHANGE_HELD;
        m.at_work = 0;
        m.writes = 0;
        refused(&m, "another request", true);
        m.folder = HF_EXCHANGE_LEFT; /* nobody reads it */
        put(&m, &place);

        set_up(&m, minor, 0); /* one that was never asked for, behind the head of an older one */
        put(&m, &place);
        pop(&m, &argument);
        m.memory[argument + 8] = 'x';
        m.at_work = argument + 10;
        put(&m, &place);
    }
}

/* As builds with assertions hold: push() and pop() here do too. */
static void test_texts_do_not_pile_up(void **state)
{
    (void)state;
    FOR_EACH_MINOR(minor)
    {
        set_up(&m, minor, 0);
        for (int i = 0; i < 1000; i++) {
            hf_ring_place place;
            uint64_t argument = 0;
            m.writes = 0;
            put(&m, &place);
            assert_int_equal(pop(&m, &argument), FUNCTION);
            assert_true(push(&m, OTHER));
            assert_int_equal(pop(&m, &argument), OTHER);
        }
    }
}

static void test_a_request_without_a_maker_is_taken_over(void **state)
{
    (void)state;
    FOR_EACH_MINOR(minor)
    {
        hf_ring_place first, second;
        uint64_t argument = 0;
        set_up(&m, minor, 7);
        put(&m, &first);
        push(&m, OTHER);
        m.folder = HF_EXCHANGE_LEFT;
        m.memory[first.text + 60] = '?'; /* of an earlier text */
        put(&m, &second);
        assert_int_equal(second.text, first.text);
        assert_int_equal(second.slot, first.slot);
        assert_int_equal(pop(&m, &argument), FUNCTION);
        assert_string_equal((char *)m.memory + argument, request);
        assert_int_equal(pop(&m, &argument), OTHER);
        assert_int_equal(pop(&m, &argument), 0);
    }
}

static void test_a_request_is_taken_back(void **state)
{
    (void)state;
    FOR_EACH_MINOR(minor)
    {
        hf_ring_place place;
        uint64_t argument = 0;
        bool waited, again;
        set_up(&m, minor, 7);
        push(&m, OTHER);
        put(&m, &place);
        assert_null(hf_ring_take_back(&m.ring, &m.editor, &place, &waited, &again));
        assert_true(waited);
        assert_int_equal(m.memory[place.text], 0);
        push(&m, OTHER + 1);
        assert_int_equal(pop(&m, &argument), OTHER);
        assert_int_equal(pop(&m, &argument), OTHER + 1);
        assert_int_equal(pop(&m, &argument), 0);

        set_up(&m, minor, 7); /* one that another stands behind */
        put(&m, &place);
        push(&m, OTHER);
        assert_null(hf_ring_take_back(&m.ring, &m.editor, &place, &waited, &again));
        assert_true(waited);
        assert_int_equal(pop(&m, &argument), FUNCTION);
        assert_string_equal((char *)m.memory + argument, "");
        assert_int_equal(pop(&m, &argument), OTHER);

        set_up(&m, minor, 7); /* one that a thread has taken, and reads */
        put(&m, &place);
        pop(&m, &argument);
        m.at_work = argument + 10;
        m.writes = 0;
        assert_null(hf_ring_take_back(&m.ring, &m.editor, &place, &waited, &again));
        assert_false(waited);
        assert_int_equal(m.writes, 0);
        m.folder = HF_EXCHANGE_HELD;
        refused(&m, "another request", true);
        m.at_work = 0; /* and has read */
        assert_null(hf_ring_take_back(&m.ring, &m.editor, &place, &waited, &again));
        assert_false(waited);
        hf_ring_place other;
        put(&m, &other);
        pop(&m, &argument);
        assert_string_equal((char *)m.memory + argument, request);
        other.request = long_request; /* another's text lies there now */
        m.writes = 0;
        assert_null(hf_ring_take_back(&m.ring, &m.editor, &other, &waited, &again));
        assert_false(waited);
        assert_int_equal(m.writes, 0);
    }
}

static void set_up_door(uint32_t minor)
{
    set_up(&m, minor, 0);
    m.debugger = (hf_debugger){.layout = m.ring.layout,
                               .interpreter = INTERPRETER,
                               .breaker = 24,
                               .asked = 400,
                               .script = 404,
                               .script_size = 512};
}

static void test_the_door_takes_one_request(void **state)
{
    (void)state;
    const char *path = "/dev/shm/.holdfast-exec-1-abcdefgh/run";
    bool again, waited;
    set_up_door(14);
    m.memory[THREAD_2 + 24] = 0x81;
    assert_null(hf_debugger_put(&m.debugger, &m.editor, THREAD_2, path, &again));
    assert_int_equal(u32(&m, THREAD_2 + 400), 1);
    assert_int_equal(m.memory[THREAD_2 + 24], 0x81 | 0x20);
    assert_string_equal((char *)m.memory + THREAD_2 + 404, path);
    hf_err *err = hf_debugger_put(&m.debugger, &m.editor, THREAD_2, path, &again);
    assert_non_null(err);
    assert_true(again);
    hf_err_free(err);
    assert_null(hf_debugger_take_back(&m.debugger, &m.editor, THREAD_2, "/other", &waited));
    assert_false(waited);
    assert_null(hf_debugger_take_back(&m.debugger, &m.editor, THREAD_2, path, &waited));
    assert_true(waited);
    assert_int_equal(u32(&m, THREAD_2 + 400), 0);
}

static void test_the_door_is_asked_by_its_last_write(void **state)
{
    (void)state;
    bool again;
    for (int left = 0; left < 3; left++) {
        set_up_door(15);
        m.writes_left = left;
        hf_err *err = hf_debugger_put(&m.debugger, &m.editor, THREAD_1, "/x/run", &again);
        assert_non_null(err);
        hf_err_free(err);
        assert_int_equal(u32(&m, THREAD_1 + 400), 0);
    }
    set_up_door(15);
    put_u64(&m, THREAD_1 + (uint64_t)m.debugger.layout->thread_interp, LOCK);
    hf_err *err = hf_debugger_put(&m.debugger, &m.editor, THREAD_1, "/x/run", &again);
    assert_non_null(err); /* no thread of this interpreter */
    hf_err_free(err);
    assert_int_equal(m.writes, 0);
}

/* Each proved layout of a build with a GIL that the tool knows has a row beside it. */
static void test_each_layout_has_a_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < hf_layout_count; i++) {
        const hf_layout *l = &hf_layouts[i];
        if (l->free_threaded)
            continue;
        if (!hf_pending_layout_for(l, l->first_version))
            fail_msg("%s has none", l->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request_is_served_from_any_place),
        cmocka_unit_test(test_a_long_request_goes_into_an_empty_ring),
        cmocka_unit_test(test_calls_that_wait_are_not_written_over),
        cmocka_unit_test(test_a_text_that_calls_meet_is_empty),
        cmocka_unit_test(test_wiping_spares_what_is_in_use),
        cmocka_unit_test(test_each_write_leaves_a_sound_ring),
        cmocka_unit_test(test_each_write_of_a_change_leaves_a_sound_ring),
        cmocka_unit_test(test_what_makes_no_sense_is_refused),
        cmocka_unit_test(test_what_may_pass_is_to_be_tried_again),
        cmocka_unit_test(test_a_text_that_is_being_read_is_not_written_over),
        cmocka_unit_test(test_texts_do_not_pile_up),
        cmocka_unit_test(test_a_request_without_a_maker_is_taken_over),
        cmocka_unit_test(test_a_request_is_taken_back),
        cmocka_unit_test(test_the_door_takes_one_request),
        cmocka_unit_test(test_the_door_is_asked_by_its_last_write),
        cmocka_unit_test(test_each_layout_has_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
