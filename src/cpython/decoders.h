/* cpython/decoders.h - the decoders by name, for decoders.c and for those that look into others. */
#ifndef HF_CPYTHON_DECODERS_H
#define HF_CPYTHON_DECODERS_H

#include "cpython/decode.h"

/* clang-format off */
#define HF_DECODERS(X) \
    X(dict) X(frozen_dict) X(odict) X(stgdict) X(list) X(tuple) X(set) X(frozenset) X(deque) \
    X(str) X(bytes) X(bytearray) X(bool) X(int) X(float) X(complex) X(none) \
    X(type) X(ctype) X(code) X(function) X(method) X(instance_method) X(builtin) X(builtin_method) \
    X(frame) X(generator) X(coroutine) X(async_generator) X(traceback) \
    X(frame_object) X(frame_generator) X(frame_coroutine) X(frame_async_generator) \
    X(cython_function) X(greenlet) X(cell) X(weakref) X(proxy) X(callable_proxy) X(module) \
    X(exception) \
    X(method_descriptor) X(class_method_descriptor) X(member_descriptor) X(getset_descriptor) \
    X(wrapper_descriptor) \
    X(slice) X(property) X(mapping_proxy) X(context) X(context_variable) X(context_token) X(hamt) \
    X(hamt_bitmap_node) X(hamt_collision_node) X(memoryview) X(managed_buffer) \
    X(lru_cache) X(lru_link) X(partial) X(tee_data) X(product) X(combinations) \
    X(combinations_repeated) X(permutations) X(groupby) \
    X(future) X(task) X(element) X(element_iterator) X(pickler) X(unpickler) X(pickle_stack) \
    X(simple_queue) X(cdata) X(local) X(local_dummy) X(sqlite_connection) X(sqlite_node) \
    X(sqlite_node_old) X(sqlite_cache) \
    X(datetime) X(time) X(date) X(timedelta) X(random) \
    X(array) X(ndarray) X(mmap) X(pickle_buffer) X(pillow_image) X(bytesio) X(stringio) \
    X(buffered_reader) X(buffered_writer) X(buffered_random) X(struct) \
    X(zlib_compress) X(zlib_decompress) X(zlib_decompressor) X(bz2_compressor) X(bz2_decompressor) \
    X(lzma_compressor) X(lzma_decompressor) X(symtable_entry) X(hamt_items) X(hamt_keys) \
    X(hamt_values) X(decimal) X(lock) X(hash) X(hmac) X(rlock) X(c_argument) X(heap_c_argument) \
    X(match) X(csv_reader) X(method_caller) \
    X(format_iterator) X(field_name_iterator) X(expat) \
    X(md5) X(sha1) X(sha224) X(sha256) X(sha384) X(sha512) X(sha3_224) X(sha3_256) X(sha3_384) \
    X(sha3_512) X(shake_128) X(shake_256) X(blake2b) X(blake2s) \
    X(awaited_send) X(awaited_throw) X(awaited_value) X(coroutine_wrapper) \
    X(template) X(profiler) X(flat_iterator) X(scandir) X(zstd_compressor) X(zstd_decompressor) \
    X(ssl_socket)
/* clang-format on */

#define HF_DECLARE(name) extern const hf_decoder hf_decoder_##name;
HF_DECODERS(HF_DECLARE)
#undef HF_DECLARE

#endif
