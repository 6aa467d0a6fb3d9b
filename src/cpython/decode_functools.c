/* cpython/decode_functools.c - caches of functools, and what itertools keeps beside its objects. */
#include "cpython/decode_read.h"
#include "cpython/heap.h"

#include <inttypes.h>
#include <stdio.h>

/* The wrapper is also the head of the ring of links; the ring is borrowed, since the cache dict
 * holds each link as a value. What gc.get_referents() tells of the wrapper, the contents of its
 * links, is told of the links here. Modules/_functoolsmodule.c, lru_cache_tp_traverse. */
static const hf_reference lru_references[] = {
    HF_REFERENCE(lru_cache_cache, "cache"),
    HF_REFERENCE(lru_cache_func, "__wrapped__"),
    HF_REFERENCE(lru_cache_kwd_mark, "kwd_mark"),
    HF_REFERENCE(lru_cache_link_type, "lru_list_elem_type"),
    HF_REFERENCE(lru_cache_info_type, "cache_info_type"),
    {0},
};

static void measure_lru(hf_decode *d, const hf_type_record *type, uint64_t address, hf_sizes *ret)
{
    (void)type;
    const hf_layout *l = d->layout;
    uint64_t cache = hf_member(d, address, l->lru_cache_cache);
    if (cache)
        ret->length = hf_member(d, cache, l->dict_ma_used);
    int64_t maxsize = (int64_t)hf_member(d, address, l->lru_cache_maxsize);
    if (maxsize >= 0) {
        ret->bound = (uint64_t)maxsize;
        ret->flags |= HF_OBJECT_BOUNDED;
    }
}

/* As repr(cache_info()); the function behind it is an object of its own. */
static bool value_lru(hf_decode *d, uint64_t address, size_t limit, hf_buf *out)
{
    const hf_layout *l = d->layout;
    int64_t maxsize = (int64_t)hf_member(d, address, l->lru_cache_maxsize);
    uint64_t cache = hf_member(d, address, l->lru_cache_cache);
    char text[160], bound[24] = "None";
    if (maxsize >= 0)
        snprintf(bound, sizeof(bound), "%" PRId64, maxsize);
    int length = snprintf(text, sizeof(text),
                          "CacheInfo(hits=%" PRId64 ", misses=%" PRId64
                          ", maxsize=%s, currsize=%" PRIu64 ")%s",
                          (int64_t)hf_member(d, address, l->lru_cache_hits),
                          (int64_t)hf_member(d, address, l->lru_cache_misses), bound,
                          cache ? hf_member(d, cache, l->dict_ma_used) : 0,
                          hf_member_u32(d, address, l->lru_cache_typed) ? " typed" : "");
    hf_buf_add(out, text, (size_t)length < limit ? (size_t)length : limit);
    return true;
}

const hf_decoder hf_decoder_lru_cache = {.name = "functools._lru_cache_wrapper",
                                         .references = lru_references,
                                         .measure = measure_lru,
                                         .value = value_lru};

static const hf_reference lru_link_references[] = {
    HF_REFERENCE(lru_link_key, "key"),
    HF_REFERENCE(lru_link_result, "result"),
    {0},
};

/* 3.9 never calls PyType_Ready() for its type. */
const hf_decoder hf_decoder_lru_link = {.name = "functools._lru_list_elem",
                                        .references = lru_link_references};

static const hf_reference partial_references[] = {
    HF_REFERENCE(partial_fn, "func"),
    HF_REFERENCE(partial_args, "args"),
    HF_REFERENCE(partial_kw, "keywords"),
    {0},
};

const hf_decoder hf_decoder_partial = {.name = "functools.partial",
                                       .references = partial_references};

/* Only the first numread values are set: Modules/itertoolsmodule.c, teedataobject_traverse. */
static const hf_reference tee_references[] = {
    HF_REFERENCE(tee_data_it, "it"),
    HF_REFERENCE(tee_data_nextlink, "next"),
    {0},
};

static void visit_tee(hf_decode *d, const hf_type_record *type, uint64_t address, hf_visitor *v)
{
    (void)type;
    const hf_layout *l = d->layout;
    uint32_t count = hf_member_u32(d, address, l->tee_data_numread);
    uint32_t most = (uint32_t)l->tee_data_items;
    hf_tell_items(d, address + (uint64_t)l->tee_data_values, count < most ? count : most, v);
}

const hf_decoder hf_decoder_tee_data = {
    .name = "itertools._tee_dataobject", .references = tee_references, .visit = visit_tee};

/* The iterators over choices keep indices in C memory: Modules/itertoolsmodule.c. The scan finds
 * the pool and the last result. */
static void add_indices(hf_decode *d, uint64_t address, int32_t count_at, hf_sizes *ret)
{
    uint64_t count = hf_member(d, address, count_at);
    if (count < 1 << 20) {
        ret->size += count * HF_WORD;
        ret->block += hf_allocated(d, count * HF_WORD);
    }
}

static void measure_product(hf_decode *d, const hf_type_record *type, uint64_t address,
                            hf_sizes *ret)
{
    (void)type;
    uint64_t pools = hf_member(d, address, d->layout->product_pools);
    if (pools)
        add_indices(d, pools, d->layout->var_object_ob_size, ret);
}

static void measure_combinations(hf_decode *d, const hf_type_record *type, uint64_t address,
                                 hf_sizes *ret)
{
    (void)type;
    add_indices(d, address, d->layout->combinations_r, ret);
}

static void measure_permutations(hf_decode *d, const hf_type_record *type, uint64_t address,
                                 hf_sizes *ret)
{
    (void)type;
    uint64_t pool = hf_member(d, address, d->layout->permutations_pool);
    if (pool)
        add_indices(d, pool, d->layout->var_object_ob_size, ret);
    add_indices(d, address, d->layout->permutations_r, ret);
}

const hf_decoder hf_decoder_product = {
    .name = "itertools.product", .measure = measure_product, .scanned = true};
const hf_decoder hf_decoder_combinations = {
    .name = "itertools.combinations", .measure = measure_combinations, .scanned = true};
const hf_decoder hf_decoder_combinations_repeated = {.name =
                                                         "itertools.combinations_with_replacement",
                                                     .measure = measure_combinations,
                                                     .scanned = true};
const hf_decoder hf_decoder_permutations = {
    .name = "itertools.permutations", .measure = measure_permutations, .scanned = true};

static const hf_reference groupby_references[] = {
    HF_REFERENCE(groupby_it, "it"),
    HF_REFERENCE(groupby_keyfunc, "keyfunc"),
    HF_REFERENCE(groupby_tgtkey, "tgtkey"),
    HF_REFERENCE(groupby_currkey, "currkey"),
    HF_REFERENCE(groupby_currvalue, "currvalue"),
    {0}, /* currgrouper is borrowed, and may have gone */
};

const hf_decoder hf_decoder_groupby = {.name = "itertools.groupby",
                                       .references = groupby_references};
