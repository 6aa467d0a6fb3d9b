/* cpython/decoders.h - the decoders by name, for decoders.c and for those that look into others. */
#ifndef HF_CPYTHON_DECODERS_H
#define HF_CPYTHON_DECODERS_H

#include "cpython/decode.h"

#define HF_DECODERS(X)                                                                           \
    X(dict)                                                                                      \
    X(odict) X(list) X(tuple) X(set) X(frozenset) X(deque) X(str) X(bytes) X(bytearray) X(bool)  \
        X(int) X(float) X(complex) X(none) X(type) X(code) X(function) X(method)                 \
            X(instance_method) X(builtin_method) X(builtin) X(frame) X(generator) X(coroutine)   \
                X(async_generator) X(traceback) X(cell) X(weakref) X(proxy) X(callable_proxy)    \
                    X(module) X(exception) X(method_descriptor) X(class_method_descriptor)       \
                        X(member_descriptor) X(getset_descriptor) X(wrapper_descriptor) X(slice) \
                            X(context) X(context_variable) X(context_token) X(memoryview)        \
                                X(managed_buffer)

#define HF_DECLARE(name) extern const hf_decoder hf_decoder_##name;
HF_DECODERS(HF_DECLARE)
#undef HF_DECLARE

#endif
