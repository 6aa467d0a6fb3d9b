/* graph/relay.h - lets one thread walk the heap while another writes it down.
 *
 *     walker -> sink of the relay -> batches -> writer's own thread -> inner sink
 *
 * Objects, edges and values are told to the inner sink in their order, in a thread of the relay's;
 * everything that comes before the first object is told at once, in the caller's. The inner sink
 * is thus never called by two threads at a time. With one processor, or where no thread can be
 * had, all is told at once. */
#ifndef HF_GRAPH_RELAY_H
#define HF_GRAPH_RELAY_H

#include "base/cleanup.h"
#include "cpython/heap.h"

typedef struct hf_relay hf_relay;

/* The caller owns *ret. `inner` is copied; its context must outlive the relay. */
hf_err *hf_relay_new(const hf_heap_sink *inner, hf_relay **ret);

/* What to hand to hf_heap_walk(). A failure of the inner sink is handed on by a later call of this
 * one, or by hf_relay_finish(). */
hf_heap_sink hf_relay_sink(hf_relay *relay);

/* Waits until all has been told. The inner sink is the caller's again. */
hf_err *hf_relay_finish(hf_relay *relay);

/* NULL is fine. What has not been told is dropped. */
void hf_relay_free(hf_relay *relay);
HF_RELEASE_BY(hf_relay, hf_relay_free)

#endif
