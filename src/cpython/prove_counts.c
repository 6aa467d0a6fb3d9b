/* cpython/prove_counts.c - numbers in objects that must agree with each other. */
#include "base/page.h"
#include "cpython/decode_read.h"
#include "cpython/prove.h"
#include "cpython/prove_kinds.h"
#include "cpython/types.h"

enum {
    MANAGED_WEAKREF = 1 << 3, /* Py_TPFLAGS_MANAGED_WEAKREF, 3.12 */
    STATIC_BUILTIN = 1 << 1,  /* _Py_TPFLAGS_STATIC_BUILTIN, 3.12 */
    HEAP_TYPE = 1 << 9,       /* Py_TPFLAGS_HEAPTYPE */
    PAGE = HF_PAGE_SIZE,
    STATE_MAX = 1 << 24,
    CODES_MAX = 1 << 12,
};

static const reference_fact cached_facts[] = {
    LEADS(code_cached_co_code, BYTES | NUL),
    LEADS(code_cached_co_varnames, TUPLE | NUL),
    LEADS(code_cached_co_cellvars, TUPLE | NUL),
    LEADS(code_cached_co_freevars, TUPLE | NUL),
    {0},
};
static const reference_fact iframe_facts[] = {
    LEADS(iframe_f_func, FUNCTION | NUL),
    LEADS(iframe_f_code, CODE),
    LEADS(iframe_f_globals, DICT),
    LEADS(iframe_f_builtins, DICT),
    LEADS(iframe_f_locals, ANY | NUL),
    LEADS(iframe_frame_obj, FRAME | NUL),
    {0},
};
static const reference_fact heap_type_facts[] = {
    LEADS(type_tp_base, TYPE),
    LEADS(type_tp_dict, DICT),
    LEADS(type_tp_bases, TUPLE),
    LEADS(type_tp_mro, TUPLE),
    LEADS(heap_type_ht_name, STR),
    LEADS(heap_type_ht_qualname, STR),
    LEADS(heap_type_ht_slots, ANY | NUL),
    LEADS(heap_type_ht_module, MODULE | NUL),
    {0},
};
static const reference_fact static_state_facts[] = {
    LEADS(static_type_state_tp_dict, DICT),
    LEADS(static_type_state_tp_subclasses, DICT | NUL),
    {0},
};

/* Names and numbers of locals; what is cached of them. */
static void prove_code(hf_decode *d, const hf_type_record *type, uint64_t address)
{
    const hf_layout *l = d->layout;
    (void)type;
    uint64_t cached = hf_member(d, address, l->code_co_cached);
    if (cached)
        hf_prove_references(d, cached_facts, "code", cached);
    uint64_t names = hf_member(d, address, l->code_co_localsplusnames);
    if (HF_HAS(l, code_co_nlocalsplus) &&
        hf_item_count(d, names) != hf_member_u32(d, address, l->code_co_nlocalsplus))
        hf_contradict(d, "code_co_nlocalsplus is not the number of names");
    uint64_t extra = hf_member(d, address, l->code_co_extra);
    if (extra && (extra & 7 || hf_u64_at(d, extra) > CODES_MAX))
        hf_contradict(d, "code_co_extra has too many words");
}

/* A call that is under way, or waits: what it refers to and where it stands. */
static void prove_frame(hf_decode *d, uint64_t frame)
{
    const hf_layout *l = d->layout;
    uint64_t code = hf_decode_frame_code(d, frame);
    if (!code || !HF_HAS(l, iframe_f_code))
        return;
    hf_prove_references(d, iframe_facts, "frame", frame);
    if (hf_kind_of(d, code) != CODE)
        return;
    uint64_t start = code + (uint64_t)l->code_co_code_adaptive;
    uint64_t end = start + hf_item_count(d, code) * (uint64_t)l->code_unit_size;
    uint64_t at = HF_HAS(l, iframe_instr_ptr) ? hf_member(d, frame, l->iframe_instr_ptr)
                                              : hf_member(d, frame, l->iframe_prev_instr);
    if (at + (uint64_t)l->code_unit_size < start || at >= end)
        hf_contradict(d, "a frame stands outside of its code");
    int32_t top = (int32_t)hf_member_u32(d, frame, l->iframe_stacktop);
    if (HF_HAS(l, iframe_stacktop) &&
        top > (int64_t)hf_member_u32(d, code, l->code_co_nlocalsplus) +
                  (int64_t)hf_member_u32(d, code, l->code_co_stacksize))
        hf_contradict(d, "a frame has more on its stack than its code allows");
}

static void prove_frame_object(hf_decode *d, const hf_type_record *type, uint64_t address)
{
    const hf_layout *l = d->layout;
    (void)type;
    uint64_t frame = hf_member(d, address, l->frame_f_frame);
    bool own = frame == address + (uint64_t)l->frame_f_frame_data;
    bool says_so = hf_member_u8(d, frame, l->iframe_owner) == l->frame_owned_by_frame_object;
    if (!HF_HAS(l, iframe_owner))
        return;
    if (frame & 7 || !hf_bytes_at(d, frame, (uint64_t)l->iframe_localsplus))
        hf_contradict(d, "frame_f_frame leads nowhere");
    else if (own != says_so)
        hf_contradict(d, "iframe_owner tells another owner than frame_f_frame");
    else if (own)
        prove_frame(d, frame);
}

static void prove_generator(hf_decode *d, const hf_type_record *type, uint64_t address)
{
    const hf_layout *l = d->layout;
    (void)type;
    if (!HF_HAS(l, generator_gi_iframe))
        return;
    int32_t state = (int8_t)hf_member_u8(d, address, l->generator_gi_frame_state);
    const int32_t states[] = {l->frame_created,   l->frame_suspended, l->frame_suspended_yield_from,
                              l->frame_executing, l->frame_completed, l->frame_cleared};
    bool known = false;
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        known = known || state == states[i];
    if (!known)
        hf_contradict(d, "a generator is in state %d", (int)state);
    uint64_t frame = address + (uint64_t)l->generator_gi_iframe;
    if (state < l->frame_cleared) {
        if (hf_member_u8(d, frame, l->iframe_owner) != l->frame_owned_by_generator)
            hf_contradict(d, "iframe_owner of a generator is another");
        prove_frame(d, frame);
    }
    uint64_t item = address + (uint64_t)l->generator_gi_exc_state;
    if (!(hf_kind_of(d, hf_member(d, item, l->exc_stack_item_exc_value)) &
          (EXCEPTION | NONE | NUL)))
        hf_contradict(d, "a generator handles what is no exception");
}

/* The dict that leads to a weak reference keeps it in a list of the referent. */
static void prove_weakref(hf_decode *d, const hf_type_record *type, uint64_t address)
{
    (void)type;
    uint64_t referent = hf_member(d, address, d->layout->weakref_wr_object);
    uint32_t kind = hf_kind_of(d, referent);
    const hf_type_record *of = kind ? hf_type_of(d, referent) : NULL;
    if (referent == d->none_address)
        return;
    if (!of || (!of->weaklistoffset && !(of->flags & MANAGED_WEAKREF)))
        hf_contradict(d, "a weak reference leads to what cannot be referred to weakly");
}

/* The definition of a module in C names it, and says how much state it has. */
static void prove_module(hf_decode *d, const hf_type_record *type, uint64_t address)
{
    const hf_layout *l = d->layout;
    (void)type;
    uint64_t definition = hf_member(d, address, l->module_md_def);
    if (!definition)
        return;
    uint64_t name = hf_member(d, definition, l->module_def_m_name);
    int64_t size = (int64_t)hf_member(d, definition, l->module_def_m_size);
    const uint8_t *text = name ? hf_bytes_at(d, name, 1) : NULL;
    for (int i = 0; text && *text > ' ' && *text < 0x7f && i < PAGE; i++)
        text = hf_bytes_at(d, ++name, 1);
    if (!text || *text)
        hf_contradict(d, "module_def_m_name is no name");
    else if (size < -1 || size > STATE_MAX)
        hf_contradict(d, "module_def_m_size is %lld", (long long)size);
}

/* tp_name of a class made by Python is the UTF-8 of its __name__, which an ASCII str keeps behind
 * its header; __mro__ begins with the class; the keys that its instances share are few. */
static void prove_heap_type(hf_decode *d, uint64_t address)
{
    const hf_layout *l = d->layout;
    hf_prove_references(d, heap_type_facts, "class", address);
    uint64_t mro = hf_member(d, address, l->type_tp_mro);
    if (hf_kind_of(d, mro) == TUPLE && hf_u64_at(d, mro + (uint64_t)l->tuple_ob_item) != address)
        hf_contradict(d, "a class is not the first in its own __mro__");
    hf_str name = hf_str_at(d, hf_member(d, address, l->heap_type_ht_name));
    uint64_t text = hf_member(d, address, l->type_tp_name);
    const uint8_t *p = name.unit == 1 ? hf_bytes_at(d, text, name.length) : NULL;
    const uint8_t *last = p;
    for (uint64_t i = 0; p && i < PAGE; i++) {
        const uint8_t *c = hf_bytes_at(d, text + i, 1);
        if (!c || !*c)
            break;
        if (*c == '.')
            last = c + 1;
        if (*c >= 0x80)
            return;
    }
    if (p && name.length && last && memcmp(last, name.data, name.length) != 0 &&
        memcmp(p, name.data, name.length) != 0)
        hf_contradict(d, "tp_name of a class is another than its __name__");
    uint64_t keys = hf_member(d, address, l->heap_type_ht_cached_keys), room = 0;
    if (keys)
        room = hf_member(d, keys, l->dict_keys_dk_nentries) +
               hf_member(d, keys, l->dict_keys_dk_usable);
    if (keys && HF_HAS(l, dict_shared_keys_max) && room > (uint64_t)l->dict_shared_keys_max)
        hf_contradict(d, "instances share more keys than they may");
}

/* From 3.12 on the number of a builtin type is its place in a table of the interpreter, which leads
 * back to it. */
static void prove_type_object(hf_decode *d, const hf_type_record *type, uint64_t address)
{
    const hf_layout *l = d->layout;
    (void)type;
    uint64_t flags = hf_member(d, address, l->type_tp_flags);
    if (flags & HEAP_TYPE) {
        prove_heap_type(d, address);
        return;
    }
    if (!HF_HAS(l, interpreter_static_types) || !(flags & STATIC_BUILTIN) || !d->interpreter)
        return;
    uint64_t state = hf_static_type_state(d, address);
    if (state)
        hf_prove_references(d, static_state_facts, "builtin type", state);
    else if (hf_member(d, address, l->type_tp_subclasses))
        hf_contradict(d, "the interpreter has no state of a builtin type");
}

/* Modules/_struct.c: the codes of a format, ended by one without a function. */
static void prove_struct(hf_decode *d, const hf_type_record *type, uint64_t address)
{
    const hf_layout *l = d->layout;
    (void)type;
    uint64_t code = hf_member(d, address, l->struct_s_codes);
    for (int i = 0; code && i < CODES_MAX; i++, code += (uint64_t)l->struct_code_size) {
        uint64_t definition = hf_u64_at(d, code);
        if (!definition)
            return;
        if (code & 7 || definition & 7 || !hf_bytes_at(d, definition, HF_WORD)) {
            hf_contradict(d, "a code of a Struct leads nowhere");
            return;
        }
    }
}

static void prove_array(hf_decode *d, const hf_type_record *type, uint64_t address)
{
    static const char *const codes[] = {"bB", "hHu", "", "iIlLfuw", "", "", "", "lLqQd"};
    const hf_layout *l = d->layout;
    (void)type;
    uint64_t description = hf_member(d, address, l->array_ob_descr);
    uint32_t size = hf_member_u32(d, description, l->array_description_itemsize);
    uint8_t code = description ? hf_u8_at(d, description) : 0;
    if (!code || !size || size > 8 || !strchr(codes[size - 1], code))
        hf_contradict(d, "items of an array have %u bytes", size);
    else if (hf_item_count(d, address) > hf_member(d, address, l->array_allocated))
        hf_contradict(d, "an array has more items than room");
}

static bool is_power_of_2(uint64_t n)
{
    return n && !(n & (n - 1));
}

static void prove_pickler(hf_decode *d, const hf_type_record *type, uint64_t address)
{
    const hf_layout *l = d->layout;
    (void)type;
    uint64_t memo = hf_member(d, address, l->pickler_memo);
    uint64_t table = memo ? hf_member(d, memo, l->memo_table_table) : 0;
    if (!memo || memo & 7 || !is_power_of_2(hf_member(d, memo, l->memo_table_allocated)) ||
        table & 7 || !hf_bytes_at(d, table, HF_WORD))
        hf_contradict(d, "the memo of a Pickler is none");
}

static void prove_unpickler(hf_decode *d, const hf_type_record *type, uint64_t address)
{
    const hf_layout *l = d->layout;
    (void)type;
    uint64_t memo = hf_member(d, address, l->unpickler_memo);
    uint64_t size = hf_member(d, address, l->unpickler_memo_size);
    if (memo & 7 || !size || size >> 40 || !hf_bytes_at(d, memo, size * HF_WORD))
        hf_contradict(d, "the memo of an Unpickler is none");
}

static void prove_builtin(hf_decode *d, const hf_type_record *type, uint64_t address)
{
    const hf_layout *l = d->layout;
    (void)type;
    uint64_t definition = hf_member(d, address, l->cfunction_m_ml);
    uint64_t name = definition ? hf_member(d, definition, l->method_def_name) : 0;
    const uint8_t *text = name ? hf_bytes_at(d, name, 1) : NULL;
    /* Libraries make functions without a name, and a page of a binary that nobody has touched is
     * not there: names are seldom touched. */
    bool is_name =
        text ? !*text || (*text > ' ' && *text < 0x7f) : hf_target_image_end(d->target, name) != 0;
    if (!is_name)
        hf_contradict(d, "a function in C has no name");
}

/* Modules/mmapmodule.c: what is mapped begins with a page. */
static void prove_mmap(hf_decode *d, const hf_type_record *type, uint64_t address)
{
    const hf_layout *l = d->layout;
    (void)type;
    uint64_t data = hf_member(d, address, l->mmap_data), size = hf_member(d, address, l->mmap_size);
    if (data && data != UINT64_MAX && (data % PAGE || data < PAGE || !size || size >> 47))
        hf_contradict(d, "an mmap begins in the middle of a page");
}

static void prove_list(hf_decode *d, const hf_type_record *type, uint64_t address)
{
    const hf_layout *l = d->layout;
    (void)type;
    int64_t room = (int64_t)hf_member(d, address, l->list_allocated);
    int64_t size = (int64_t)hf_member(d, address, l->var_object_ob_size);
    if (room != -1 && (size < 0 || size > room)) /* -1 while it is sorted */
        hf_contradict(d, "a list has %lld items and room for %lld", (long long)size,
                      (long long)room);
}

static void prove_product(hf_decode *d, const hf_type_record *type, uint64_t address)
{
    (void)type;
    if (!(hf_kind_of(d, hf_member(d, address, d->layout->product_pools)) & (TUPLE | NUL)))
        hf_contradict(d, "product_pools is no tuple");
}

static void prove_permutations(hf_decode *d, const hf_type_record *type, uint64_t address)
{
    (void)type;
    if (!(hf_kind_of(d, hf_member(d, address, d->layout->permutations_pool)) & (TUPLE | NUL)))
        hf_contradict(d, "permutations_pool is no tuple");
}

hf_counts *hf_counts_of(const char *type)
{
    static const struct {
        const char *type;
        hf_counts *prove;
    } all[] = {
        {"code", prove_code},
        {"frame", prove_frame_object},
        {"generator", prove_generator},
        {"coroutine", prove_generator},
        {"async_generator", prove_generator},
        {"weakref.ReferenceType", prove_weakref},
        {"module", prove_module},
        {"type", prove_type_object},
        {"_ctypes.CType_Type", prove_type_object},
        {"_struct.Struct", prove_struct},
        {"array.array", prove_array},
        {"_pickle.Pickler", prove_pickler},
        {"_pickle.Unpickler", prove_unpickler},
        {"builtin_function_or_method", prove_builtin},
        {"builtin_method", prove_builtin},
        {"mmap.mmap", prove_mmap},
        {"list", prove_list},
        {"itertools.product", prove_product},
        {"itertools.permutations", prove_permutations},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (!strcmp(all[i].type, type))
            return all[i].prove;
    return NULL;
}

bool hf_counts_prove(size_t place)
{
    static const reference_fact *const all[] = {cached_facts, iframe_facts, heap_type_facts,
                                                static_state_facts};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        for (const reference_fact *f = all[i]; f->kinds; f++)
            if (f->place == place)
                return true;
    return false;
}
