/* cpython/decoders.c - the list that types are matched against. */
#include "cpython/decoders.h"

#define HF_ENTRY(name) &hf_decoder_##name,
const hf_decoder *const hf_decoders[] = {HF_DECODERS(HF_ENTRY) & (const hf_decoder){0}};
